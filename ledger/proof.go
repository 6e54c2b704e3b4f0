package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"filippo.io/torchwood"
)

// maxProof bounds a proof with its checkpoint, in bytes; maxPath its audit path.
const (
	maxProof = maxCheckpoint + 8<<10
	maxPath  = 63
)

var errProof = errors.New("ledger: the proof does not lead to the log's root")

// Proof says that a log holds a leaf: its index, the audit path and the signed
// checkpoint that the path leads to.
type Proof struct {
	Index      int64
	Path       []Hash
	Checkpoint []byte // signed
}

// Bytes returns the proof as C2SP tlog-proof@v1 text.
func (p Proof) Bytes() []byte { return torchwood.FormatProof(p.Index, p.Path, p.Checkpoint) }

// ParseProof reads a tlog-proof without checking it. It refuses any but the
// canonical spelling, and the optional line of extra data, which nothing would
// vouch for.
func ParseProof(b []byte) (Proof, error) {
	if len(b) > maxProof {
		return Proof{}, errors.New("ledger: proof: too long")
	}
	head, checkpoint, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		return Proof{}, errors.New("ledger: proof: no checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return Proof{}, errors.New("ledger: proof: not a c2sp.org/tlog-proof@v1")
	}
	if len(lines) < 2 || len(lines) > 2+maxPath {
		return Proof{}, errors.New("ledger: proof: malformed")
	}
	p := Proof{Checkpoint: checkpoint}
	number, ok := strings.CutPrefix(lines[1], "index ")
	index, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return Proof{}, errors.New("ledger: proof: malformed index")
	}
	p.Index = index
	for _, line := range lines[2:] {
		raw, canonical := decodeBase64(line)
		if !canonical || len(raw) != HashSize {
			return Proof{}, errors.New("ledger: proof: malformed hash")
		}
		p.Path = append(p.Path, Hash(raw))
	}
	if _, err := ParseCheckpoint(checkpoint); err != nil {
		return Proof{}, err
	}
	return p, nil
}

// Verify checks the checkpoint's signature by the log's key and that the path
// leads from the leaf's hash to its root. It returns the checkpoint.
func (p Proof) Verify(leaf Hash, log Verifier) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, log)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := CheckInclusion(p.Path, c.Size, c.Root, p.Index, leaf); err != nil {
		return Checkpoint{}, fmt.Errorf("%w (entry %d of %d)", err, p.Index, c.Size)
	}
	return c, nil
}
