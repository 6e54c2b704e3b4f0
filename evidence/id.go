package evidence

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

// NewID returns a UUIDv7 (RFC 9562, section 5.7) of the time, in milliseconds,
// with 74 random bits from rand. Ids of later milliseconds sort later.
func NewID(now time.Time, rand io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(rand, b[6:]); err != nil {
		return "", fmt.Errorf("evidence: read random id: %w", err)
	}
	ms := now.UnixMilli()
	if ms < 0 || ms >= 1<<48 {
		return "", fmt.Errorf("evidence: no id has the time %s", now)
	}
	var t [8]byte
	binary.BigEndian.PutUint64(t[:], uint64(ms))
	copy(b[:6], t[2:])
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return uuid.UUID(b).String(), nil
}

// ValidID reports whether s is a UUIDv7 in its canonical, lower-case form.
func ValidID(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && u.Version() == 7 && u.Variant() == uuid.RFC4122 && u.String() == s
}

// TimeOf returns the time in a UUIDv7, to the millisecond, and whether s is one.
func TimeOf(s string) (time.Time, bool) {
	if !ValidID(s) {
		return time.Time{}, false
	}
	u := uuid.MustParse(s)
	var t [8]byte
	copy(t[2:], u[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(t[:]))).UTC(), true
}
