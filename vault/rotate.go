package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// KeyInfo names a key of the keyset, and never its material.
type KeyInfo struct {
	ID      uint32 // stands in the first bytes of what the key wrapped
	Primary bool   // what is wrapped now is wrapped by it
}

// Keys returns the keys of the keyset, oldest first.
func (m *Master) Keys() (list []KeyInfo) {
	h := m.keys.Load().handle
	for i := range h.Len() {
		if e, err := h.Entry(i); err == nil {
			list = append(list, KeyInfo{e.KeyID(), e.IsPrimary()})
		}
	}
	return list
}

// Seal returns the keyset sealed by the wrapper, for the caller to store.
func (m *Master) Seal(ctx context.Context, w Wrapper) ([]byte, error) {
	var sealed bytes.Buffer
	err := m.keys.Load().handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&sealed), &wrapperAEAD{w: w}, []byte(keysetContext))
	if err != nil {
		return nil, fmt.Errorf("vault: seal keyset: %w", err)
	}
	return sealed.Bytes(), nil
}

// WithNewKey returns a Master that also has a fresh key, which wraps nothing yet:
// others that share the keyset must know it before anything is wrapped by it.
func (m *Master) WithNewKey() (*Master, uint32, error) {
	km := keyset.NewManagerFromHandle(m.keys.Load().handle)
	id, err := km.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, 0, fmt.Errorf("vault: add a key: %w", err)
	}
	return rotated(km, id)
}

// WithPrimary returns a Master that wraps by the key with the id, and still opens
// what the others wrapped.
func (m *Master) WithPrimary(id uint32) (*Master, error) {
	km := keyset.NewManagerFromHandle(m.keys.Load().handle)
	if err := km.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("vault: make key %d the primary one: %w", id, err)
	}
	next, _, err := rotated(km, id)
	return next, err
}

func rotated(km *keyset.Manager, id uint32) (*Master, uint32, error) {
	h, err := km.Handle()
	if err != nil {
		return nil, 0, fmt.Errorf("vault: keyset: %w", err)
	}
	m, err := newMaster(h)
	return m, id, err
}

// Adopt takes over the keys of another Master of the same installation.
func (m *Master) Adopt(other *Master) { m.keys.Store(other.keys.Load()) }

// Current reports whether wrapped bytes are of the primary key.
func (m *Master) Current(wrapped []byte) bool {
	for _, k := range m.Keys() {
		if k.Primary {
			return WrappedBy(wrapped) == k.ID
		}
	}
	return false
}

// WrappedBy returns the id of the keyset's key that wrapped the bytes, or 0.
func WrappedBy(wrapped []byte) uint32 {
	if len(wrapped) < 5 || wrapped[0] != 1 { // Tink's prefix: 0x01, the id
		return 0
	}
	return binary.BigEndian.Uint32(wrapped[1:5])
}

// RewrapDataKey wraps the data key of the id by the primary key.
func (m *Master) RewrapDataKey(id string, wrapped []byte) ([]byte, error) {
	return m.rewrap(associated("data-key", id), wrapped)
}

// RewrapSecret wraps a secret of the context by the primary key.
func (m *Master) RewrapSecret(context string, wrapped []byte) ([]byte, error) {
	return m.rewrap(associated("secret", context), wrapped)
}

func (m *Master) rewrap(associated, wrapped []byte) ([]byte, error) {
	a := m.keys.Load().aead
	raw, err := a.Decrypt(wrapped, associated)
	if err != nil {
		return nil, fmt.Errorf("vault: what should be wrapped anew does not open: %w", err)
	}
	defer clear(raw)
	b, err := a.Encrypt(raw, associated)
	if err != nil {
		return nil, fmt.Errorf("vault: wrap anew: %w", err)
	}
	return b, nil
}

// Wrapped is a data key or a secret as it is kept.
type Wrapped struct {
	ID    string // of its row
	Bytes []byte
}
