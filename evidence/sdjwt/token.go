package sdjwt

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	josejson "github.com/go-jose/go-jose/v4/json"
)

// Bounds of what is read. An event has some thirty disclosures of a few hundred
// bytes.
const (
	MaxSize        = 1 << 20 // bytes of a compact SD-JWT
	MaxDisclosures = 1000
	maxDepth       = 32 // nested disclosures
)

// ErrMalformed is wrapped by every error about the form of an SD-JWT, before
// anything is said about its truth.
var ErrMalformed = errors.New("malformed SD-JWT")

// Disclosure is one disclosure, kept as it was signed.
type Disclosure struct {
	Encoded string          // base64url, the bytes that the digest is over
	Name    string          // the property's name; empty for an array element
	Value   json.RawMessage // the value, as signed
	Element bool            // an array element's
}

// Digest returns the base64url SHA-256 that stands in the payload.
func (d Disclosure) Digest() string { return digestOf(d.Encoded) }

func digestOf(encoded string) string {
	sum := sha256.Sum256([]byte(encoded))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// NewProperty makes the disclosure of an object's property. The value is JSON;
// the salt holds at least 128 random bits.
func NewProperty(salt []byte, name string, value []byte) Disclosure {
	quoted, _ := json.Marshal(name) // a string always marshals
	return encode(salt, quoted, name, value)
}

// NewElement makes the disclosure of an array element.
func NewElement(salt, value []byte) Disclosure {
	d := encode(salt, nil, "", value)
	d.Element = true
	return d
}

func encode(salt, quotedName []byte, name string, value []byte) Disclosure {
	b := make([]byte, 0, 64+len(quotedName)+len(value))
	b = append(b, '[', '"')
	b = base64.RawURLEncoding.AppendEncode(b, salt)
	b = append(b, '"', ',')
	if quotedName != nil {
		b = append(b, quotedName...)
		b = append(b, ',')
	}
	b = append(b, value...)
	b = append(b, ']')
	return Disclosure{Encoded: base64.RawURLEncoding.EncodeToString(b), Name: name, Value: value}
}

// ParseDisclosure reads one disclosure (section 4.2): canonical base64url of a
// JSON array of salt, name and value, or of salt and value.
func ParseDisclosure(encoded string) (Disclosure, error) {
	raw, err := decodeSegment(encoded)
	if err != nil {
		return Disclosure{}, fmt.Errorf("%w: disclosure: %w", ErrMalformed, err)
	}
	var parts []json.RawMessage
	if err := strictUnmarshal(raw, &parts); err != nil {
		return Disclosure{}, fmt.Errorf("%w: disclosure is no JSON array", ErrMalformed)
	}
	var salt string
	if (len(parts) != 2 && len(parts) != 3) || strictUnmarshal(parts[0], &salt) != nil || isNull(parts[0]) {
		return Disclosure{}, fmt.Errorf("%w: disclosure is no array of salt, name and value", ErrMalformed)
	}
	d := Disclosure{Encoded: encoded, Element: len(parts) == 2, Value: parts[len(parts)-1]}
	if !d.Element {
		if strictUnmarshal(parts[1], &d.Name) != nil || isNull(parts[1]) {
			return Disclosure{}, fmt.Errorf("%w: a disclosure's name is no string", ErrMalformed)
		}
		if d.Name == "_sd" || d.Name == "..." {
			return Disclosure{}, fmt.Errorf("%w: a disclosure has the reserved name %q", ErrMalformed, d.Name)
		}
	}
	return d, nil
}

// Token is an SD-JWT: the issuer-signed JWT with some of its disclosures.
type Token struct {
	JWT         string
	Disclosures []Disclosure
}

// Compact returns the token's serialization, with a tilde after each part.
func (t Token) Compact() string {
	n := len(t.JWT) + 1
	for _, d := range t.Disclosures {
		n += len(d.Encoded) + 1
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteString(t.JWT)
	b.WriteByte('~')
	for _, d := range t.Disclosures {
		b.WriteString(d.Encoded)
		b.WriteByte('~')
	}
	return b.String()
}

// Parse splits a compact SD-JWT and reads its disclosures. It says nothing of
// the signature.
func Parse(compact string) (Token, error) {
	if len(compact) > MaxSize {
		return Token{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	jwt, rest, ok := strings.Cut(compact, "~")
	if !ok || rest != "" && !strings.HasSuffix(rest, "~") {
		return Token{}, fmt.Errorf("%w: it must end with a tilde and carry no key binding JWT", ErrMalformed)
	}
	if strings.Count(jwt, ".") != 2 {
		return Token{}, fmt.Errorf("%w: a JWT has three parts", ErrMalformed)
	}
	t := Token{JWT: jwt}
	for rest != "" {
		var encoded string
		encoded, rest, _ = strings.Cut(rest, "~")
		if len(t.Disclosures) == MaxDisclosures {
			return Token{}, fmt.Errorf("%w: more than %d disclosures", ErrMalformed, MaxDisclosures)
		}
		d, err := ParseDisclosure(encoded)
		if err != nil {
			return Token{}, err
		}
		t.Disclosures = append(t.Disclosures, d)
	}
	return t, nil
}

// Select returns the token with those disclosures only that keep says yes to,
// in their order. It does not look whether one needs another (section 4.2.6).
func (t Token) Select(keep func(Disclosure) bool) Token {
	out := Token{JWT: t.JWT}
	for _, d := range t.Disclosures {
		if keep(d) {
			out.Disclosures = append(out.Disclosures, d)
		}
	}
	return out
}

var errBase64 = errors.New("not canonical base64url")

// decodeSegment decodes base64url and refuses padding, stray bits and line
// breaks, which the standard decoder forgives.
func decodeSegment(s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil, errBase64
	}
	return b, nil
}

// strictUnmarshal refuses repeated and differently spelled member names.
func strictUnmarshal(b []byte, v any) error { return josejson.Unmarshal(b, v) }

func isNull(b []byte) bool { return strings.TrimSpace(string(b)) == "null" }
