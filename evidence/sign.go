package evidence

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	jose "github.com/go-jose/go-jose/v4"

	"assent/evidence/sdjwt"
)

// Type is the typ of an event's header.
const Type = "consent-event+sd-jwt"

const saltSize = 16

// Signed is a signed event with some or all of its disclosures.
type Signed = sdjwt.Token

// Disclosure is one disclosed claim of an event.
type Disclosure = sdjwt.Disclosure

// Signer signs the events of one business. It is safe for concurrent use.
type Signer struct {
	signer jose.Signer
	id     string
	public ed25519.PublicKey
}

// GenerateKey reads a signing key's seed from rand.
func GenerateKey(rand io.Reader) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return nil, fmt.Errorf("evidence: read random key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// NewSigner returns the signer of a key.
func NewSigner(key ed25519.PrivateKey) (*Signer, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("evidence: the signing key is no Ed25519 key")
	}
	public := key.Public().(ed25519.PublicKey)
	id, err := KeyID(public)
	if err != nil {
		return nil, err
	}
	options := (&jose.SignerOptions{}).WithType(Type).WithHeader("kid", id)
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, options)
	if err != nil {
		return nil, fmt.Errorf("evidence: signing key: %w", err)
	}
	return &Signer{signer: s, id: id, public: public}, nil
}

// KeyID returns the kid of the events that s signs.
func (s *Signer) KeyID() string { return s.id }

// Public returns the key that verifies what s signs.
func (s *Signer) Public() ed25519.PublicKey { return s.public }

// String keeps key material out of logs.
func (s *Signer) String() string { return "evidence.Signer(" + s.id + ")" }

// GoString keeps key material out of %#v.
func (s *Signer) GoString() string { return s.String() }

// Sign signs the event, with salts from rand. The event must name its issuer,
// id, time and a known event. All disclosures are returned: first the choices,
// then the other claims in a fixed order.
func (s *Signer) Sign(rand io.Reader, e Event) (Signed, error) {
	if err := e.check(); err != nil {
		return Signed{}, err
	}
	disclosures, err := e.disclose(rand)
	if err != nil {
		return Signed{}, err
	}
	payload, err := e.payload(disclosures)
	if err != nil {
		return Signed{}, err
	}
	jws, err := s.signer.Sign(payload)
	if err != nil {
		return Signed{}, fmt.Errorf("evidence: sign: %w", err)
	}
	jwt, err := jws.CompactSerialize()
	if err != nil {
		return Signed{}, fmt.Errorf("evidence: sign: %w", err)
	}
	return Signed{JWT: jwt, Disclosures: disclosures}, nil
}

// check refuses what no verifier would accept.
func (e *Event) check() error {
	switch {
	case e.Issuer == "" || !utf8.ValidString(e.Issuer):
		return errors.New("evidence: an event needs an issuer")
	case e.IssuedAt.Unix() <= 0:
		return errors.New("evidence: an event needs a time")
	case !ValidID(e.ID):
		return errors.New("evidence: an event's id is a UUIDv7")
	case !e.Name.Known():
		return fmt.Errorf("evidence: there is no event %q", e.Name)
	}
	return nil
}

// disclose makes the disclosures: the choices first, as many as there are.
func (e *Event) disclose(rand io.Reader) ([]Disclosure, error) {
	names, values, err := e.values()
	if err != nil {
		return nil, err
	}
	salts := make([]byte, saltSize*len(values))
	if _, err := io.ReadFull(rand, salts); err != nil {
		return nil, fmt.Errorf("evidence: read random salts: %w", err)
	}
	out := make([]Disclosure, len(values))
	for i, value := range values {
		salt := salts[i*saltSize : (i+1)*saltSize]
		if i < len(e.Choices) {
			out[i] = sdjwt.NewElement(salt, value)
		} else {
			out[i] = sdjwt.NewProperty(salt, names[i], value)
		}
	}
	return out, nil
}

// values returns the names and the JSON of all that is disclosed.
func (e *Event) values() (names []string, values [][]byte, err error) {
	add := func(name string, value []byte, err error) error {
		if err != nil {
			return fmt.Errorf("evidence: claim %s: %w", name, err)
		}
		if value != nil {
			names, values = append(names, name), append(values, value)
		}
		return nil
	}
	for i := range e.Choices {
		value, err := marshal(&e.Choices[i])
		if err := add(ClaimChoice, value, err); err != nil {
			return nil, nil, err
		}
	}
	for _, c := range claims {
		value, err := encodeClaim(c.field(e))
		if err := add(c.name, value, err); err != nil {
			return nil, nil, err
		}
	}
	extra := make([]string, 0, len(e.Extra))
	for name := range e.Extra {
		extra = append(extra, name)
	}
	slices.Sort(extra)
	for _, name := range extra {
		if fieldOf[name] != nil || slices.Contains(inClear, name) || name == "" || !utf8.ValidString(name) {
			return nil, nil, fmt.Errorf("evidence: the name of the extra claim %q is taken", name)
		}
		value, err := compact(e.Extra[name])
		if err := add(name, value, err); err != nil {
			return nil, nil, err
		}
	}
	return names, values, nil
}

// payload writes the signed JSON.
func (e *Event) payload(disclosures []Disclosure) ([]byte, error) {
	issuer, err := marshal(e.Issuer)
	if err != nil {
		return nil, fmt.Errorf("evidence: issuer: %w", err)
	}
	b := make([]byte, 0, 512+64*len(disclosures))
	b = append(append(b, `{"iss":`...), issuer...)
	b = strconv.AppendInt(append(b, `,"iat":`...), e.IssuedAt.Unix(), 10)
	b = append(append(append(b, `,"jti":"`...), e.ID...), '"')
	b = append(append(append(b, `,"event":"`...), e.Name...), '"')
	if !e.Notice.IsZero() {
		b = append(append(append(b, `,"notice":"`...), e.Notice.String()...), '"')
	}
	if e.Simulated {
		b = append(b, `,"sim":true`...)
	}
	b = appendDigests(b, "suppressions", e.Suppressions)
	b = appendDigests(b, "suppressions_ended", e.SuppressionsEnded)
	if n := len(e.Choices); n > 0 {
		b = append(b, `,"choices":[`...)
		for i, d := range disclosures[:n] {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, `{"...":"`...), d.Digest()...), `"}`...)
		}
		b = append(b, ']')
	}
	b = append(b, `,"_sd_alg":"sha-256"`...)
	digests := make([]string, 0, len(disclosures))
	for _, d := range disclosures[len(e.Choices):] {
		digests = append(digests, d.Digest())
	}
	slices.Sort(digests) // so that their order tells nothing (RFC 9901, 4.2.4.1)
	return append(appendStrings(b, "_sd", digests), '}'), nil
}

func appendDigests(b []byte, name string, digests []Digest) []byte {
	list := make([]string, len(digests))
	for i, d := range digests {
		list[i] = d.String()
	}
	return appendStrings(b, name, list)
}

// appendStrings appends a member of strings that need no escape; nothing for
// none.
func appendStrings(b []byte, name string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":[`...)
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), s...), '"')
	}
	return append(b, ']')
}

// DisclosedBytes returns the disclosures as they are sealed and stored: each
// followed by a tilde.
func DisclosedBytes(disclosures []Disclosure) []byte {
	return []byte(Signed{Disclosures: disclosures}.Compact()[1:])
}

// WithDisclosed puts stored disclosures (DisclosedBytes) back to their JWT. It
// reads them and says nothing of their truth: Verify does.
func WithDisclosed(jwt string, disclosed ...[]byte) (Signed, error) {
	var all string
	for _, b := range disclosed {
		all += string(b)
	}
	return sdjwt.Join(jwt, all)
}
