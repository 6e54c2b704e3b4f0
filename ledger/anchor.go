package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// AnchorKind is how an outside party vouched for a checkpoint.
type AnchorKind string

// The kinds.
const (
	Cosigned AnchorKind = "witness"   // a cosignature line
	Stamped  AnchorKind = "timestamp" // an RFC 3161 response
)

// Party is an outside party as it is kept: with the key by which its word is
// checked, so that old anchors can be read after the party was replaced.
type Party struct {
	Kind AnchorKind
	Name string
	Key  []byte // a witness's verifier key, or an authority's certificates in PEM
}

// ID returns the party's id: a digest of what it is.
func (p Party) ID() string {
	sum := sha256.Sum256([]byte(string(p.Kind) + "\x00" + p.Name + "\x00" + string(p.Key)))
	return hex.EncodeToString(sum[:16])
}

// Anchor is an outside party's word for a checkpoint.
type Anchor struct {
	Party
	PartyID string    // as it is kept, for audit; ID where it is to be kept
	Size    int64     // of the checkpoint
	Proof   []byte    // the cosigned checkpoint, or the response as received
	At      time.Time // when the party vouched, by its own clock
}
