package ledger

import "time"

// Signed is a checkpoint as it is kept.
type Signed struct {
	Size     int64
	Note     []byte
	SignedAt time.Time
}
