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

// digestLength is the length of a digest in base64url.
const digestLength = (sha256.Size*8 + 5) / 6

func digestOf(encoded string) string {
	sum := sha256.Sum256([]byte(encoded))
	var text [digestLength]byte
	base64.RawURLEncoding.Encode(text[:], sum[:])
	return string(text[:])
}

// NewProperty makes the disclosure of an object's property. The value is JSON;
// the salt holds at least 128 random bits.
func NewProperty(salt []byte, name string, value []byte) Disclosure {
	var quoted []byte
	if isPlain(name) {
		quoted = append(append(append(make([]byte, 0, 64), '"'), name...), '"')
	} else {
		quoted, _ = json.Marshal(name) // a string always marshals
	}
	return encode(salt, quoted, name, value)
}

// NewElement makes the disclosure of an array element.
func NewElement(salt, value []byte) Disclosure {
	d := encode(salt, nil, "", value)
	d.Element = true
	return d
}

func encode(salt, quotedName []byte, name string, value []byte) Disclosure {
	// One allocation for both the JSON and its base64url.
	n := 8 + base64.RawURLEncoding.EncodedLen(len(salt)) + len(quotedName) + len(value)
	b := make([]byte, 0, n+base64.RawURLEncoding.EncodedLen(n))
	b = append(b, '[', '"')
	b = base64.RawURLEncoding.AppendEncode(b, salt)
	b = append(b, '"', ',')
	if quotedName != nil {
		b = append(b, quotedName...)
		b = append(b, ',')
	}
	b = append(b, value...)
	b = append(b, ']')
	return Disclosure{Encoded: string(base64.RawURLEncoding.AppendEncode(b[len(b):], b)), Name: name, Value: value}
}

// ParseDisclosure reads one disclosure (section 4.2): canonical base64url of a
// JSON array of salt, name and value, or of salt and value.
func ParseDisclosure(encoded string) (Disclosure, error) {
	raw, err := decodeSegment(encoded)
	if err != nil {
		return Disclosure{}, fmt.Errorf("%w: disclosure: %w", ErrMalformed, err)
	}
	return readDisclosure(encoded, raw)
}

// readDisclosure reads a disclosure that was decoded.
func readDisclosure(encoded string, raw []byte) (Disclosure, error) {
	if d, ok := plainDisclosure(encoded, raw); ok {
		return d, nil
	}
	return anyDisclosure(encoded, raw)
}

// anyDisclosure reads every disclosure that there can be.
func anyDisclosure(encoded string, raw []byte) (d Disclosure, err error) {
	var parts []json.RawMessage
	if err := strictUnmarshal(raw, &parts); err != nil {
		return Disclosure{}, fmt.Errorf("%w: disclosure is no JSON array", ErrMalformed)
	}
	if len(parts) != 2 && len(parts) != 3 {
		return Disclosure{}, fmt.Errorf("%w: disclosure is no array of salt, name and value", ErrMalformed)
	}
	if _, err := unquote(parts[0]); err != nil {
		return Disclosure{}, fmt.Errorf("%w: a disclosure's salt is no string", ErrMalformed)
	}
	d = Disclosure{Encoded: encoded, Element: len(parts) == 2, Value: parts[len(parts)-1]}
	if !d.Element {
		if d.Name, err = unquote(parts[1]); err != nil {
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
	jwt, rest, ok := strings.Cut(compact, "~")
	if !ok {
		return Token{}, errTilde
	}
	return Join(jwt, rest)
}

var errTilde = fmt.Errorf("%w: it must end with a tilde and carry no key binding JWT", ErrMalformed)

// Join is Parse for a JWT and its disclosures, each of these followed by a tilde.
func Join(jwt, disclosures string) (Token, error) {
	if len(jwt)+1+len(disclosures) > MaxSize {
		return Token{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	if disclosures != "" && !strings.HasSuffix(disclosures, "~") || strings.Contains(jwt, "~") {
		return Token{}, errTilde
	}
	if strings.Count(jwt, ".") != 2 {
		return Token{}, fmt.Errorf("%w: a JWT has three parts", ErrMalformed)
	}
	t := Token{JWT: jwt}
	if disclosures == "" {
		return t, nil
	}
	n := strings.Count(disclosures, "~")
	if n > MaxDisclosures {
		return Token{}, fmt.Errorf("%w: more than %d disclosures", ErrMalformed, MaxDisclosures)
	}
	t.Disclosures = make([]Disclosure, 0, n)
	room := make([]byte, 0, base64.RawURLEncoding.DecodedLen(len(disclosures))) // for all that is decoded
	for disclosures != "" {
		var encoded string
		encoded, disclosures, _ = strings.Cut(disclosures, "~")
		raw, err := appendSegment(room, encoded)
		if err != nil {
			return Token{}, fmt.Errorf("%w: disclosure: %w", ErrMalformed, err)
		}
		d, err := readDisclosure(encoded, raw[:len(raw):len(raw)])
		if err != nil {
			return Token{}, err
		}
		t.Disclosures = append(t.Disclosures, d)
		room = raw[len(raw):]
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

// isPlain reports whether s needs no escape in JSON.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= 0x7f {
			return false
		}
	}
	return true
}

var errBase64 = errors.New("not canonical base64url")

// decodeSegment decodes base64url and refuses padding, stray bits and line
// breaks, which the standard decoder forgives.
func decodeSegment(s string) ([]byte, error) { return appendSegment(nil, s) }

// appendSegment is decodeSegment that appends to dst.
func appendSegment(dst []byte, s string) ([]byte, error) {
	b, err := strictBase64.AppendDecode(dst, []byte(s))
	if err != nil || hasBreak(s) {
		return nil, errBase64
	}
	return b, nil
}

var strictBase64 = base64.RawURLEncoding.Strict()

// hasBreak reports a line break.
func hasBreak(s string) bool {
	return strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0
}

// strictUnmarshal refuses repeated and differently spelled member names.
func strictUnmarshal(b []byte, v any) error { return josejson.Unmarshal(b, v) }

// unquote reads a JSON string, most of which have nothing to decode.
func unquote(raw []byte) (string, error) {
	if n := len(raw); n >= 2 && raw[0] == '"' && raw[n-1] == '"' {
		if s := string(raw[1 : n-1]); isPlain(s) {
			return s, nil
		}
	}
	var s *string
	if err := strictUnmarshal(raw, &s); err != nil || s == nil {
		return "", errors.New("no JSON string")
	}
	return *s, nil
}
