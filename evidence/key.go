package evidence

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
)

// maxKeySet bounds what is read of a JWK Set, in bytes.
const maxKeySet = 1 << 20

// KeyID returns the RFC 7638 thumbprint (SHA-256, base64url) of a key: its kid.
func KeyID(public ed25519.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return "", errors.New("evidence: no Ed25519 public key")
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// KeySet is a set of Ed25519 public keys by kid: those of a business, the old
// ones kept. It marshals as a JWK Set (RFC 7517, RFC 8037), in the order of
// kids.
type KeySet struct {
	keys map[string]ed25519.PublicKey
}

// NewKeySet returns the set of the keys.
func NewKeySet(keys ...ed25519.PublicKey) (KeySet, error) {
	s := KeySet{keys: make(map[string]ed25519.PublicKey, len(keys))}
	for _, key := range keys {
		id, err := KeyID(key)
		if err != nil {
			return KeySet{}, err
		}
		s.keys[id] = key
	}
	return s, nil
}

// Key returns the key of a kid.
func (s KeySet) Key(id string) (ed25519.PublicKey, bool) {
	key, ok := s.keys[id]
	return key, ok
}

// IDs returns the kids, sorted.
func (s KeySet) IDs() []string {
	ids := make([]string, 0, len(s.keys))
	for id := range s.keys {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Len returns the number of keys.
func (s KeySet) Len() int { return len(s.keys) }

// MarshalJSON writes the JWK Set.
func (s KeySet) MarshalJSON() ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, id := range s.IDs() {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: s.keys[id], KeyID: id, Algorithm: string(jose.EdDSA), Use: "sig"})
	}
	return json.Marshal(set)
}

// UnmarshalJSON reads a JWK Set. Keys of other kinds are passed over; a private
// key, or a kid that is not the key's thumbprint, is refused.
func (s *KeySet) UnmarshalJSON(b []byte) error {
	if len(b) > maxKeySet {
		return errors.New("evidence: the key set is too long")
	}
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := Unmarshal(b, &raw); err != nil || raw.Keys == nil {
		return errors.New("evidence: this is no JWK Set")
	}
	got := KeySet{keys: map[string]ed25519.PublicKey{}}
	for _, k := range raw.Keys {
		var head struct {
			Type  string  `json:"kty"`
			Curve string  `json:"crv"`
			D     RawJSON `json:"d"`
		}
		if err := json.Unmarshal(k, &head); err != nil {
			return errors.New("evidence: the key set holds something that is no key")
		}
		if head.Type != "OKP" || head.Curve != "Ed25519" {
			continue
		}
		if head.D != nil { // also null
			return errPrivate
		}
		if err := got.add(k); err != nil {
			return err
		}
	}
	*s = got
	return nil
}

var errPrivate = errors.New("evidence: the key set holds a private key")

func (s *KeySet) add(raw []byte) error {
	var k jose.JSONWebKey
	if err := json.Unmarshal(raw, &k); err != nil {
		return fmt.Errorf("evidence: the key set holds a malformed key: %w", err)
	}
	public, ok := k.Key.(ed25519.PublicKey)
	if !ok {
		return errPrivate
	}
	id, err := KeyID(public)
	if err != nil {
		return err
	}
	if k.KeyID != id {
		return errors.New("evidence: a key's kid is not its thumbprint")
	}
	s.keys[id] = public
	return nil
}

// ParseKeySet reads a JWK Set, as /b/{business}/.well-known/jwks.json serves it.
func ParseKeySet(b []byte) (KeySet, error) {
	var s KeySet
	// Not through json.Unmarshal: that would scan the whole before its length
	// is looked at.
	err := s.UnmarshalJSON([]byte(strings.TrimSpace(string(b))))
	return s, err
}
