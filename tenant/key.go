package tenant

import "time"

// SigningKey is a key that signs a business's events, as it is kept.
type SigningKey struct {
	ID       string // RFC 7638 thumbprint of the public half
	Business string
	Public   []byte
	Wrapped  []byte
	Created  time.Time
}

// Context is the place to which the wrapped private half is bound.
func (k *SigningKey) Context() string { return "signing/" + k.ID }
