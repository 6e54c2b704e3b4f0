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
