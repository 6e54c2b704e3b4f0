package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

// Witness checks the cosignatures of one outside party, which vouches that it
// never saw two versions of the log (c2sp.org/tlog-cosignature, version 1).
type Witness = *torchwood.CosignatureVerifier

// ParseWitness reads a witness's verifier key.
func ParseWitness(vkey string) (Witness, error) {
	w, err := torchwood.NewCosignatureVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return nil, fmt.Errorf("ledger: witness key: %w", err)
	}
	return w, nil
}

// Cosignature is one witness's signature under a checkpoint.
type Cosignature struct {
	Witness string
	At      time.Time // when it was made, as the witness says, to the second
}

// OpenCosigned is OpenCheckpoint that also checks the cosignatures of the
// witnesses; an invalid one is an error. Others counts the lines of nobody known.
func OpenCosigned(signed []byte, log Verifier, witnesses ...Witness) (Checkpoint, []Cosignature, error) {
	c, err := OpenCheckpoint(signed, log)
	if err != nil {
		return c, nil, err
	}
	list := make([]note.Verifier, len(witnesses))
	for i, w := range witnesses {
		list[i] = w
	}
	n, err := note.Open(signed, note.VerifierList(append(list, log)...))
	if err != nil {
		return c, nil, fmt.Errorf("ledger: checkpoint: %w", err)
	}
	var cosigned []Cosignature
	for _, sig := range n.Sigs {
		if sig.Name == log.Name() && sig.Hash == log.KeyHash() {
			continue
		}
		at, err := torchwood.CosignatureTimestamp(sig)
		if err != nil {
			return c, nil, fmt.Errorf("ledger: cosignature: %w", err)
		}
		cosigned = append(cosigned, Cosignature{sig.Name, time.Unix(at, 0).UTC()})
	}
	c.Others = len(n.UnverifiedSigs)
	return c, cosigned, nil
}

// AddCosignature returns the checkpoint with the witness's signature line behind
// it, as the witness answered with it, after having checked it.
func AddCosignature(signed, line []byte, log Verifier, w Witness) ([]byte, Cosignature, error) {
	prefix := fmt.Sprintf("— %s ", w.Name())
	for _, l := range bytes.SplitAfter(line, []byte("\n")) {
		if !bytes.HasPrefix(l, []byte(prefix)) || !bytes.HasSuffix(l, []byte("\n")) {
			continue
		}
		both := append(bytes.Clone(signed), l...)
		_, cosigned, err := OpenCosigned(both, log, w)
		if err != nil {
			return nil, Cosignature{}, err
		}
		if len(cosigned) == 1 {
			return both, cosigned[0], nil
		}
	}
	return nil, Cosignature{}, errors.New("ledger: the witness did not sign the checkpoint with the key that is known of it")
}

// WithoutCosignatures returns the checkpoint with the log's own signature alone:
// what time-stamps are over.
func WithoutCosignatures(signed []byte, log Verifier) ([]byte, error) {
	n, err := note.Open(signed, note.VerifierList(log))
	if err != nil {
		return nil, fmt.Errorf("ledger: checkpoint: %w", err)
	}
	n.UnverifiedSigs = nil
	out := append([]byte(n.Text), '\n')
	for _, sig := range n.Sigs {
		out = fmt.Appendf(out, "— %s %s\n", sig.Name, sig.Base64)
	}
	return out, nil
}
