package vault

import (
	"crypto/aes"
	"encoding/binary"
	"strings"
)

// A link token is a record's id of 128 bits, enciphered as one block of AES-256
// (FIPS 197): a permutation, so that no two ids share a token, and without the
// key a token tells nothing of the id and is as hard to guess as a random one.
// It is kept nowhere. There is nothing to authenticate: any token opens to some
// id, and whether that is a record's is for the database to say.

// SealID returns the token of a record's id.
func SealID(key [KeySize]byte, id [16]byte) string {
	block, err := aes.NewCipher(key[:])
	if err != nil { // a key of 32 bytes is a key of AES
		panic(err)
	}
	block.Encrypt(id[:], id[:])
	return tokenOf(id)
}

// OpenID returns the id behind a token, and whether the token has the form of one.
func OpenID(key [KeySize]byte, token string) (id [16]byte, ok bool) {
	if !ValidToken(token) {
		return id, false
	}
	var hi, lo uint64
	for i := range len(token) {
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(strings.IndexByte(crockfordLower, token[i]))
	}
	binary.BigEndian.PutUint64(id[:8], hi)
	binary.BigEndian.PutUint64(id[8:], lo)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	block.Decrypt(id[:], id[:])
	return id, true
}
