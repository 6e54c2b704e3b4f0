package evidence

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"assent/evidence/sdjwt"
)

// Keys are the public keys that a verifier trusts for an issuer.
type Keys interface {
	// Key returns the key of a kid, and whether it is known.
	Key(id string) (ed25519.PublicKey, bool)
}

// Verified is an event that holds: signed by a known key, each disclosure where
// it belongs.
type Verified struct {
	Event
	KeyID  string
	Signed Signed
	Hidden int // digests whose disclosure is not here
	// HiddenChoices are those of the choices that are not disclosed here.
	HiddenChoices int
}

// Discloses reports whether a claim (ClaimSeq …, ClaimChoice for any choice) is
// disclosed. If not, it is hidden, or was never there.
func (v *Verified) Discloses(name string) bool {
	return slices.ContainsFunc(v.Signed.Disclosures, func(d Disclosure) bool {
		return d.Element && name == ClaimChoice || !d.Element && d.Name == name
	})
}

// Parse splits a compact event and reads its disclosures, without checking
// anything of their truth. Errors wrap sdjwt.ErrMalformed.
func Parse(compact string) (Signed, error) { return sdjwt.Parse(compact) }

var algorithms = []jose.SignatureAlgorithm{jose.EdDSA}

// Verify checks an event by its issuer's keys and reads it. Errors wrap
// sdjwt.ErrMalformed, sdjwt.ErrSignature or sdjwt.ErrUnknownKey.
func Verify(s Signed, keys Keys) (*Verified, error) {
	got, err := sdjwt.Verify(s, sdjwt.Policy{
		Algorithms: algorithms,
		Type:       Type,
		Key: func(id string) (any, error) {
			if key, ok := keys.Key(id); ok {
				return key, nil
			}
			return nil, sdjwt.ErrUnknownKey
		},
	})
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	v := &Verified{KeyID: got.KeyID, Signed: s, Hidden: got.Hidden}
	if err := v.readClear(got.Payload); err != nil {
		return nil, fmt.Errorf("evidence: %w: %w", sdjwt.ErrMalformed, err)
	}
	for in := range got.HiddenIn {
		if in != "" && in != "/choices" {
			return nil, fmt.Errorf("evidence: %w: digests stand at %q, where an event has none", sdjwt.ErrMalformed, in)
		}
	}
	for i := range got.Placed {
		if err := v.readDisclosed(&got.Placed[i]); err != nil {
			return nil, fmt.Errorf("evidence: %w: %w", sdjwt.ErrMalformed, err)
		}
	}
	return v, nil
}

// Clear reads what an event's JWT says in the clear without checking its
// signature, for indexing what one signed oneself.
func Clear(jwt string) (Event, error) {
	jws, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return Event{}, fmt.Errorf("evidence: %w: %w", sdjwt.ErrMalformed, err)
	}
	var v Verified
	if err := v.readClear(jws.UnsafePayloadWithoutVerification()); err != nil {
		return Event{}, fmt.Errorf("evidence: %w: %w", sdjwt.ErrMalformed, err)
	}
	return v.Event, nil
}

func (v *Verified) readClear(payload []byte) error {
	if !v.readPlain(payload) {
		if err := v.readAny(payload); err != nil {
			return err
		}
	}
	return v.check()
}

// readAny reads the payload of any event.
func (v *Verified) readAny(payload []byte) error {
	var c struct {
		Issuer            string   `json:"iss"`
		IssuedAt          int64    `json:"iat"`
		ID                string   `json:"jti"`
		Name              Name     `json:"event"`
		Notice            *Digest  `json:"notice"`
		Simulated         bool     `json:"sim"`
		Suppressions      []Digest `json:"suppressions"`
		SuppressionsEnded []Digest `json:"suppressions_ended"`
		Choices           []any    `json:"choices"`
	}
	if err := Unmarshal(payload, &c); err != nil {
		return errors.New("the payload is not that of an event")
	}
	v.Event = Event{Issuer: c.Issuer, IssuedAt: time.Unix(c.IssuedAt, 0).UTC(), ID: c.ID, Name: c.Name,
		Simulated: c.Simulated, Suppressions: c.Suppressions, SuppressionsEnded: c.SuppressionsEnded}
	v.HiddenChoices = len(c.Choices)
	if c.Notice != nil {
		v.Notice = *c.Notice
	}
	return nil
}

// readDisclosed puts one disclosed value into its field. An event discloses
// properties of the payload and elements of choices, nothing deeper.
func (v *Verified) readDisclosed(p *sdjwt.Placed) error {
	if p.Element {
		index, ok := strings.CutPrefix(p.Pointer, "/choices/")
		if _, err := strconv.Atoi(index); !ok || err != nil {
			return fmt.Errorf("an array element is disclosed at %q", p.Pointer)
		}
		var c Choice
		if err := decodeClaim(p.Value, &c); err != nil {
			return errors.New("a choice cannot be read")
		}
		v.Choices = append(v.Choices, c)
		v.HiddenChoices--
		return nil
	}
	if strings.Count(p.Pointer, "/") != 1 {
		return fmt.Errorf("a claim is disclosed at %q", p.Pointer)
	}
	if slices.Contains(inClear, p.Name) {
		return fmt.Errorf("the claim %q is disclosed and belongs in the clear", p.Name)
	}
	field, ok := fieldOf[p.Name]
	if !ok {
		if v.Extra == nil {
			v.Extra = make(map[string]RawJSON)
		}
		v.Extra[p.Name] = p.Value
		return nil
	}
	if err := decodeClaim(p.Value, field(&v.Event)); err != nil || string(p.Value) == "null" {
		return fmt.Errorf("the claim %q cannot be read", p.Name)
	}
	return nil
}
