package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// Index hashes identifiers for look-up: whoever holds the database without the
// key can neither read them nor try out numbers. It is safe for concurrent use
// and allocates nothing once warm.
type Index struct {
	hashers sync.Pool
}

type hasher struct {
	mac hash.Hash
	buf []byte
}

// NewIndex returns the index of a key. Hashes under one key tell nothing about
// those under another, so that each business has its own.
func NewIndex(key [KeySize]byte) *Index {
	x := &Index{}
	x.hashers.New = func() any {
		return &hasher{mac: hmac.New(sha256.New, key[:]), buf: make([]byte, 0, 128)}
	}
	return x
}

// Hash returns the look-up hash of a value of a kind, such as ("e164",
// "+49…"). The same value of another kind hashes differently.
func (x *Index) Hash(kind, value string) (sum [sha256.Size]byte) {
	h := x.hashers.Get().(*hasher)
	h.mac.Reset()
	h.buf = binary.AppendUvarint(h.buf[:0], uint64(len(kind)))
	h.buf = append(h.buf, kind...)
	h.buf = append(h.buf, value...)
	h.mac.Write(h.buf)
	h.buf = h.mac.Sum(h.buf[:0])
	copy(sum[:], h.buf)
	x.hashers.Put(h)
	return sum
}

// String keeps key material out of logs.
func (x *Index) String() string { return "vault.Index" }

// GoString keeps key material out of %#v.
func (x *Index) GoString() string { return x.String() }
