package vault

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	aeadsubtle "github.com/tink-crypto/tink-go/v2/aead/subtle"

	"assent/fault"
)

// Wrapper seals the keyset: a master key that this process holds, or a key
// management service that never shows its key. It is asked once at start, at
// each change of the keyset, and for nothing else. It is safe for concurrent
// use.
//
// What Seal returns, Open opens for the same context and for no other, also
// years later: the service keeps old versions of its key. An error of Open that
// is an Unavailable fault says that the service does not answer now; any other
// says that these bytes are not of this key.
type Wrapper interface {
	Seal(ctx context.Context, plaintext, context []byte) ([]byte, error)
	Open(ctx context.Context, sealed, context []byte) ([]byte, error)
}

// MasterKey is a Wrapper that this process holds: AES-256-GCM with a random
// nonce, which stands before the ciphertext and its tag.
type MasterKey [KeySize]byte

// Seal implements Wrapper.
func (k MasterKey) Seal(_ context.Context, plaintext, context []byte) ([]byte, error) {
	a, err := aeadsubtle.NewAESGCM(k[:])
	if err != nil {
		return nil, err
	}
	return a.Encrypt(plaintext, context)
}

// Open implements Wrapper.
func (k MasterKey) Open(_ context.Context, sealed, context []byte) ([]byte, error) {
	a, err := aeadsubtle.NewAESGCM(k[:])
	if err != nil {
		return nil, err
	}
	return a.Decrypt(sealed, context)
}

// String keeps key material out of logs.
func (k MasterKey) String() string { return "vault.MasterKey" }

// GoString keeps key material out of %#v.
func (k MasterKey) GoString() string { return k.String() }

// wrapperAEAD is a Wrapper as Tink sees it. It keeps the last error, of which
// Tink hands on the words and not the kind.
type wrapperAEAD struct {
	w   Wrapper
	err error
}

func (a *wrapperAEAD) EncryptWithContext(ctx context.Context, plaintext, associated []byte) ([]byte, error) {
	return a.w.Seal(ctx, plaintext, associated)
}

func (a *wrapperAEAD) DecryptWithContext(ctx context.Context, sealed, associated []byte) (plaintext []byte, err error) {
	plaintext, a.err = a.w.Open(ctx, sealed, associated)
	return plaintext, a.err
}

// OpenKMS returns the Wrapper that an address names:
//
//	file:PATH   a master key of 32 bytes in base64, in a file
//
// Another service becomes another scheme here, and nothing else changes. What
// the address names wrongly is an Invalid fault.
func OpenKMS(address string) (Wrapper, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	if scheme != "file" || rest == "" {
		return nil, fault.Field("kms", "The master key is kept at %q, which is no place that Assent knows. Write file:PATH.", scheme)
	}
	text, err := os.ReadFile(rest)
	if err != nil {
		why := "cannot be read"
		if errors.Is(err, fs.ErrNotExist) {
			why = "is not there"
		}
		return nil, fault.Field("kms", "The master key file %s %s.", rest, why)
	}
	key, err := ParseMasterKey(string(text))
	return MasterKey(key), err
}
