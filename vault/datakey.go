package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"time"
)

// sealedV1 is the format byte of AES-256-GCM with a random 96-bit nonce.
const sealedV1 = 0x01

// Overhead is how many bytes longer a sealed field is than what it seals.
const Overhead = 1 + 12 + 16

var errSealed = errors.New("vault: sealed field does not open: damaged, moved, or under another key")

// DataKey seals the fields of one person, request or day. The zero value seals
// nothing: it panics. It is safe for concurrent use and cheap to copy.
//
// A data key seals at most 2^32 fields (NIST SP 800-38D, 8.3: random nonces).
type DataKey struct {
	aead cipher.AEAD
}

func newDataKey(raw []byte) (DataKey, error) {
	if len(raw) != KeySize {
		return DataKey{}, fmt.Errorf("vault: data key of %d bytes", len(raw))
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return DataKey{}, fmt.Errorf("vault: data key: %w", err)
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return DataKey{}, fmt.Errorf("vault: data key: %w", err)
	}
	return DataKey{aead: a}, nil
}

// IsZero reports whether k is no key at all, for example because it was
// destroyed.
func (k DataKey) IsZero() bool { return k.aead == nil }

// Seal encrypts the field and binds it to the context, the place where it
// belongs, such as "event/<id>/disclosures".
func (k DataKey) Seal(context string, plaintext []byte) []byte {
	return k.AppendSeal(make([]byte, 0, len(plaintext)+Overhead), context, plaintext)
}

// AppendSeal is Seal that appends to dst. The two must not overlap.
func (k DataKey) AppendSeal(dst []byte, context string, plaintext []byte) []byte {
	return k.aead.Seal(append(dst, sealedV1), nil, plaintext, []byte(context))
}

// Open decrypts what Seal sealed for the same context. Damaged bytes, another
// context and another key are one error.
func (k DataKey) Open(context string, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != sealedV1 {
		return nil, errSealed
	}
	b, err := k.aead.Open(nil, nil, sealed[1:], []byte(context))
	if err != nil {
		return nil, errSealed
	}
	return b, nil
}

// String keeps key material out of logs.
func (k DataKey) String() string { return "vault.DataKey" }

// GoString keeps key material out of %#v.
func (k DataKey) GoString() string { return k.String() }

// Destruction says that a data key is gone for good, and which event says why.
type Destruction struct {
	Key   string // the key's id, such as "s/<subject>"
	Event string
	At    time.Time
}
