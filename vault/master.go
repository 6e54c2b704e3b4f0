package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"assent/fault"
)

// KeySize is the size in bytes of every symmetric key here.
const KeySize = 32

// keysetContext is bound to the sealed keyset, so that no other ciphertext
// under the same master key passes for one.
const keysetContext = "assent keyset v1"

// Master wraps data keys and secrets. It is safe for concurrent use; Adopt
// exchanges its keys while others use it.
type Master struct {
	keys atomic.Pointer[masterKeys]
}

// masterKeys are an opened keyset.
type masterKeys struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// ParseMasterKey reads ASSENT_MASTER_KEY: 32 bytes in base64, standard or
// URL-safe, padded or not, with space around it. The error is an Invalid fault.
func ParseMasterKey(text string) (key [KeySize]byte, err error) {
	s := strings.TrimRight(strings.TrimSpace(text), "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(b) != KeySize {
		return key, fault.Field("master-key",
			"The master key is not 32 bytes in base64. Make one with: openssl rand -base64 32")
	}
	return [KeySize]byte(b), nil
}

// NewKey reads a fresh key from rand: a master key, an index key, a code key.
func NewKey(rand io.Reader) (key [KeySize]byte, err error) {
	if _, err := io.ReadFull(rand, key[:]); err != nil {
		return key, fmt.Errorf("vault: read random key: %w", err)
	}
	return key, nil
}

// NewMaster makes a fresh keyset and returns it, with its bytes sealed by the
// wrapper for the caller to store.
func NewMaster(ctx context.Context, w Wrapper) (*Master, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("vault: make keyset: %w", err)
	}
	m, err := newMaster(handle)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := m.Seal(ctx, w)
	return m, sealed, err
}

// OpenMaster opens a keyset that NewMaster or Seal sealed. With another master
// key, or with damaged bytes, the error is an Invalid fault that says what to do.
func OpenMaster(ctx context.Context, w Wrapper, sealedKeyset []byte) (*Master, error) {
	opener := &wrapperAEAD{w: w}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(sealedKeyset)), opener, []byte(keysetContext))
	if err != nil {
		if fault.Is(opener.err, fault.Unavailable) { // a service that holds the key does not answer
			return nil, opener.err
		}
		return nil, fault.New(fault.Invalid, "The master key does not open this installation's keys. "+
			"Set ASSENT_MASTER_KEY or ASSENT_MASTER_KEY_FILE to the key that the installation was set up with.").Because(err)
	}
	return newMaster(handle)
}

func newMaster(handle *keyset.Handle) (*Master, error) {
	a, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("vault: keyset: %w", err)
	}
	m := &Master{}
	m.keys.Store(&masterKeys{handle, a})
	return m, nil
}

// NewDataKey reads a fresh data key from rand and returns it with its wrapped
// form. The id (of the subject, the request or the day) is bound to the wrapped
// bytes: they open under no other id.
func (m *Master) NewDataKey(rand io.Reader, id string) (DataKey, []byte, error) {
	raw, err := NewKey(rand)
	if err != nil {
		return DataKey{}, nil, err
	}
	defer clear(raw[:])
	wrapped, err := m.keys.Load().aead.Encrypt(raw[:], associated("data-key", id))
	if err != nil {
		return DataKey{}, nil, fmt.Errorf("vault: wrap data key: %w", err)
	}
	k, err := newDataKey(raw[:])
	return k, wrapped, err
}

// OpenDataKey unwraps the data key of the id. The error says nothing of the
// bytes: they are damaged, of another id, or of another installation.
func (m *Master) OpenDataKey(id string, wrapped []byte) (DataKey, error) {
	raw, err := m.keys.Load().aead.Decrypt(wrapped, associated("data-key", id))
	if err != nil {
		return DataKey{}, fmt.Errorf("vault: data key does not open: %w", err)
	}
	defer clear(raw)
	return newDataKey(raw)
}

// WrapSecret seals a small secret (a signing key, an access token, an app
// secret) under the keyset, bound to its context, such as "sender/<id>/token".
func (m *Master) WrapSecret(context string, secret []byte) ([]byte, error) {
	b, err := m.keys.Load().aead.Encrypt(secret, associated("secret", context))
	if err != nil {
		return nil, fmt.Errorf("vault: wrap secret %s: %w", context, err)
	}
	return b, nil
}

// UnwrapSecret opens what WrapSecret sealed for the same context.
func (m *Master) UnwrapSecret(context string, wrapped []byte) ([]byte, error) {
	b, err := m.keys.Load().aead.Decrypt(wrapped, associated("secret", context))
	if err != nil {
		return nil, fmt.Errorf("vault: secret %s does not open: %w", context, err)
	}
	return b, nil
}

// String keeps key material out of logs.
func (m *Master) String() string { return "vault.Master" }

// GoString keeps key material out of %#v.
func (m *Master) GoString() string { return m.String() }

// associated names a kind and an id without ambiguity: kinds hold no NUL.
func associated(kind, id string) []byte {
	b := make([]byte, 0, len(kind)+1+len(id))
	b = append(b, kind...)
	b = append(b, 0)
	return append(b, id...)
}
