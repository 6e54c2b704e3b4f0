package evidence

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
)

// NewSalt reads the 128-bit salt of a commitment from rand.
func NewSalt(rand io.Reader) (salt [saltSize]byte, err error) {
	if _, err := io.ReadFull(rand, salt[:]); err != nil {
		return salt, fmt.Errorf("evidence: read random salt: %w", err)
	}
	return salt, nil
}

// Commit returns the salted digest of a row: SHA-256 over the 16 bytes of the
// salt and, for each field, its length as 8 bytes, big-endian, and its bytes.
//
// A suppression outlives the person's key, so the event that adds or ends it
// names it by such a digest in the clear. Who holds the row and its salt can
// check it; who holds the event alone learns nothing.
func Commit(salt [saltSize]byte, fields ...string) Digest {
	h := sha256.New()
	h.Write(salt[:])
	var n [8]byte
	for _, f := range fields {
		binary.BigEndian.PutUint64(n[:], uint64(len(f)))
		h.Write(n[:])
		h.Write([]byte(f))
	}
	return Digest(h.Sum(nil))
}
