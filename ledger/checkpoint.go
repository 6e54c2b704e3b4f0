package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxCheckpoint bounds a checkpoint with its signatures, in bytes.
const maxCheckpoint = 64 << 10

// Verifier checks a log's signatures. ParseVerifier makes one.
type Verifier = note.Verifier

// GenerateKey makes a log's Ed25519 note key from rand. The origin is the log's
// name for ever; it holds no space and no plus sign. The signing key is secret.
func GenerateKey(rand io.Reader, origin string) (signingKey, verifierKey string, err error) {
	if origin == "" || strings.ContainsFunc(origin, func(r rune) bool { return r <= ' ' || r == '+' || r == 0x7f }) {
		return "", "", fmt.Errorf("ledger: %q is no origin for a log", origin)
	}
	// The seed is read here: ed25519.GenerateKey does not promise to use rand.
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return "", "", fmt.Errorf("ledger: read random key: %w", err)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return "", "", fmt.Errorf("ledger: key: %w", err)
	}
	if _, err := note.NewVerifier(vkey); err != nil {
		return "", "", fmt.Errorf("ledger: key: %w", err)
	}
	id := strings.Split(vkey, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)) // 1 is Ed25519 in signed-note
	return "PRIVATE+KEY+" + origin + "+" + id + "+" + secret, vkey, nil
}

// ParseVerifier reads a verifier key ("vkey") of a log, as /log/vkey serves it.
func ParseVerifier(vkey string) (Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return nil, fmt.Errorf("ledger: verifier key: %w", err)
	}
	return v, nil
}

// Signer signs checkpoints.
type Signer struct {
	signer note.Signer
	vkey   string
}

// NewSigner reads a signing key that GenerateKey made.
func NewSigner(signingKey string) (*Signer, error) {
	s, err := note.NewSigner(signingKey)
	if err != nil {
		return nil, fmt.Errorf("ledger: signing key: %w", err)
	}
	// The last part is the algorithm's byte and the seed; NewSigner checked it.
	parts := strings.Split(signingKey, "+")
	raw, err := base64.StdEncoding.DecodeString(strings.Join(parts[4:], "+"))
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, errors.New("ledger: signing key: malformed")
	}
	vkey, err := note.NewEd25519VerifierKey(s.Name(), ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("ledger: signing key: %w", err)
	}
	return &Signer{signer: s, vkey: vkey}, nil
}

// Origin returns the log's name, the first line of its checkpoints.
func (s *Signer) Origin() string { return s.signer.Name() }

// VerifierKey returns the public half, as text.
func (s *Signer) VerifierKey() string { return s.vkey }

// String keeps key material out of logs.
func (s *Signer) String() string { return "ledger.Signer(" + s.Origin() + ")" }

// GoString keeps key material out of %#v.
func (s *Signer) GoString() string { return s.String() }

// Sign returns a signed checkpoint over a tree. The caller answers for it that
// the tree is durable: a signed head can never be taken back.
func (s *Signer) Sign(size int64, root Hash) ([]byte, error) {
	if size < 0 {
		return nil, fmt.Errorf("ledger: checkpoint over %d entries", size)
	}
	c := Checkpoint{Origin: s.Origin(), Size: size, Root: root}
	b, err := note.Sign(&note.Note{Text: c.text()}, s.signer)
	if err != nil {
		return nil, fmt.Errorf("ledger: sign checkpoint: %w", err)
	}
	return b, nil
}

// Checkpoint is a signed tree head.
type Checkpoint struct {
	Origin    string
	Size      int64
	Root      Hash
	Extension string // empty, or further lines, each ended by a newline
	// Others counts signature lines by keys that the opener did not know, such
	// as witnesses' cosignatures. Nothing is known of them.
	Others int
}

func (c Checkpoint) text() string {
	return torchwood.Checkpoint{Origin: c.Origin, Tree: tlog.Tree{N: c.Size, Hash: c.Root}, Extension: c.Extension}.String()
}

// Short returns the first 8 hexadecimal digits of the root: enough to compare
// by eye what a receipt says.
func (c Checkpoint) Short() string { return hex.EncodeToString(c.Root[:4]) }

// OpenCheckpoint checks a checkpoint's signature by the log's key, that its
// origin is the key's name, and that it is spelled canonically.
func OpenCheckpoint(signed []byte, log Verifier) (Checkpoint, error) {
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != log.Name() {
		return Checkpoint{}, fmt.Errorf("ledger: checkpoint: it is of the log %s, not %s", short(c.Origin), log.Name())
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.SingleVerifierPolicy(log), torchwood.OriginPolicy(log.Name()))
	_, n, err := torchwood.VerifyCheckpoint(signed, policy)
	var forged *note.InvalidSignatureError
	if errors.As(err, &forged) {
		return Checkpoint{}, errors.New("ledger: checkpoint: the log's signature does not hold")
	}
	if err != nil {
		return Checkpoint{}, errors.New("ledger: checkpoint: the log did not sign it")
	}
	c.Others -= len(n.Sigs)
	return c, nil
}

// short cuts a name that somebody else chose, for a message.
func short(name string) string {
	if r := []rune(name); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return name
}

// ParseCheckpoint reads a checkpoint without checking any signature, for
// display and for finding the right key. Others counts all signature lines.
func ParseCheckpoint(signed []byte) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, errors.New("ledger: checkpoint: too long")
	}
	text, signatures, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return Checkpoint{}, errors.New("ledger: checkpoint: no signature")
	}
	text += "\n"
	t, err := torchwood.ParseCheckpoint(text)
	if err != nil || t.String() != text || t.Origin == "" {
		return Checkpoint{}, errors.New("ledger: checkpoint: malformed head")
	}
	c := Checkpoint{Origin: t.Origin, Size: t.N, Root: t.Hash, Extension: t.Extension}
	c.Others, err = countSignatures(signatures)
	return c, err
}

// countSignatures checks the spelling of signature lines: canonical base64, no
// line twice. note.Open skips repeated lines, which would leave bytes that
// nobody checks.
func countSignatures(lines string) (int, error) {
	seen := map[string]bool{}
	for lines != "" {
		line, rest, ok := strings.Cut(lines, "\n")
		name, signature, ok2 := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		raw, canonical := decodeBase64(signature)
		if !ok || !ok2 || !strings.HasPrefix(line, "— ") || !canonical || len(raw) < 5 {
			return 0, errors.New("ledger: checkpoint: malformed signature line")
		}
		signer := name + " " + string(raw[:4])
		if seen[signer] {
			return 0, errors.New("ledger: checkpoint: two signatures by one key")
		}
		seen[signer] = true
		lines = rest
	}
	if len(seen) == 0 {
		return 0, errors.New("ledger: checkpoint: no signature")
	}
	return len(seen), nil
}

// decodeBase64 decodes and reports whether s is the one canonical spelling.
func decodeBase64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil && base64.StdEncoding.EncodeToString(b) == s
}
