package evidence

import (
	"encoding/binary"
	"encoding/hex"
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
	if len(s) != 36 || s[14] != '7' || s[19] != '8' && s[19] != '9' && s[19] != 'a' && s[19] != 'b' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return true
}

// TimeOf returns the time in a UUIDv7, to the millisecond, and whether s is one.
func TimeOf(s string) (time.Time, bool) {
	if !ValidID(s) {
		return time.Time{}, false
	}
	var t [8]byte
	hex.Decode(t[2:6], []byte(s[:8]))   //nolint:errcheck // it is valid
	hex.Decode(t[6:8], []byte(s[9:13])) //nolint:errcheck // it is valid
	return time.UnixMilli(int64(binary.BigEndian.Uint64(t[:]))).UTC(), true
}
