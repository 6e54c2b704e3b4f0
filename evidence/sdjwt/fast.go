package sdjwt

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"

	jose "github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"
)

// What is read here is read the quick way: it has the plain form that Assent
// writes, and whatever has not goes the long way, which alone refuses. What the
// two make of the same bytes is the same; a fuzz test compares them.

// header is what the protected header of a JWS says.
type header struct {
	algorithm jose.SignatureAlgorithm
	typ, key  string
}

// headers remembers plain headers by their encoded form: a business's events
// share one for each of its keys.
var headers struct {
	sync.RWMutex
	known map[string]header
}

const maxHeaders = 1000

// plainHeader reads a header that has an algorithm, a type and a key id, and
// nothing else.
func plainHeader(encoded string) (h header, ok bool) {
	headers.RLock()
	h, ok = headers.known[encoded]
	headers.RUnlock()
	if ok {
		return h, true
	}
	raw, err := decodeSegment(encoded)
	if err != nil {
		return h, false
	}
	var members map[string]any
	if !json.Valid(raw) || josejson.Unmarshal(raw, &members) != nil || len(members) != 3 {
		return h, false
	}
	algorithm, isAlgorithm := members["alg"].(string)
	typ, isType := members["typ"].(string)
	key, isKey := members["kid"].(string)
	if !isAlgorithm || !isType || !isKey {
		return h, false
	}
	h = header{jose.SignatureAlgorithm(algorithm), typ, key}
	headers.Lock()
	defer headers.Unlock()
	if headers.known == nil || len(headers.known) >= maxHeaders {
		headers.known = map[string]header{}
	}
	headers.known[strings.Clone(encoded)] = h
	return h, true
}

// verifyPlain verifies a JWS with a plain header that Ed25519 signed and whose
// type and algorithm the policy takes. False says that it must go the long way.
func verifyPlain(jwt string, p Policy) (v *Verified, ok bool) {
	first, last := strings.IndexByte(jwt, '.'), strings.LastIndexByte(jwt, '.')
	if first < 0 || first == last || strings.Count(jwt, ".") != 2 {
		return nil, false
	}
	h, ok := plainHeader(jwt[:first])
	if !ok || h.algorithm != jose.EdDSA || len(p.Algorithms) != 1 || p.Algorithms[0] != jose.EdDSA || h.typ != p.Type {
		return nil, false
	}
	key, err := p.Key(h.key)
	public, isEd25519 := key.(ed25519.PublicKey)
	if err != nil || !isEd25519 || len(public) != ed25519.PublicKeySize {
		return nil, false
	}
	var signature [ed25519.SignatureSize]byte
	if base64.RawURLEncoding.DecodedLen(len(jwt)-last-1) != len(signature) || strings.ContainsAny(jwt, "\r\n") {
		return nil, false
	}
	strict := base64.RawURLEncoding.Strict()
	if n, err := strict.Decode(signature[:], []byte(jwt[last+1:])); err != nil || n != len(signature) {
		return nil, false
	}
	payload, err := strict.DecodeString(jwt[first+1 : last])
	if err != nil || !ed25519.Verify(public, []byte(jwt[:last]), signature[:]) {
		return nil, false
	}
	return &Verified{KeyID: h.key, Payload: payload}, true
}

// plainDisclosure reads a disclosure whose salt and name need no decoding.
func plainDisclosure(encoded string, raw []byte) (d Disclosure, ok bool) {
	if len(raw) < 2 || raw[0] != '[' || raw[len(raw)-1] != ']' {
		return d, false
	}
	_, rest, ok := plainString(raw[1 : len(raw)-1])
	if !ok || len(rest) == 0 || rest[0] != ',' {
		return d, false
	}
	d = Disclosure{Encoded: encoded, Element: true, Value: rest[1:]}
	if name, value, ok := plainString(rest[1:]); ok && len(value) > 0 {
		if value[0] != ',' || name == "_sd" || name == "..." {
			return d, false
		}
		d.Element, d.Name, d.Value = false, name, value[1:]
	}
	// A space before or after would not be part of the value.
	n := len(d.Value)
	return d, n > 0 && d.Value[0] > ' ' && d.Value[n-1] > ' ' && json.Valid(d.Value)
}

// plainDepth is how far what is read the quick way nests at most.
const plainDepth = 8

// plainString reads a JSON string that needs no decoding from the beginning of b.
func plainString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return "", nil, false
	}
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return string(b[1:i]), b[i+1:], true
		case c < 0x20 || c == '\\' || c >= 0x7f:
			return "", nil, false
		}
	}
	return "", nil, false
}

// plainObject reads a JSON object without space whose members are plain strings,
// integers, booleans, and arrays of plain strings or of objects of the same kind:
// the payload of an event. depth bounds how far they nest.
func plainObject(b []byte, depth int) (m map[string]any, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != '{' || depth == 0 {
		return nil, nil, false
	}
	m = map[string]any{}
	for rest = b; ; {
		var name string
		if name, rest, ok = plainString(rest[1:]); !ok || len(rest) < 2 || rest[0] != ':' {
			return nil, nil, false
		}
		if _, twice := m[name]; twice {
			return nil, nil, false
		}
		var value any
		if value, rest, ok = plainValue(rest[1:], depth-1); !ok || len(rest) == 0 {
			return nil, nil, false
		}
		m[name] = value
		switch rest[0] {
		case '}':
			return m, rest[1:], true
		case ',':
		default:
			return nil, nil, false
		}
	}
}

func plainValue(b []byte, depth int) (v any, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	switch c := b[0]; {
	case c == '"':
		return plainString(b)
	case c == '{':
		return plainObject(b, depth)
	case c == '[':
		return plainArray(b, depth)
	case c >= '1' && c <= '9':
		n := 1
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		return josejson.Number(b[:n]), b[n:], true
	case strings.HasPrefix(string(b[:min(len(b), 4)]), "true"):
		return true, b[4:], true
	}
	return nil, nil, false
}

func plainArray(b []byte, depth int) (list []any, rest []byte, ok bool) {
	if depth == 0 {
		return nil, nil, false
	}
	for rest = b; ; {
		var v any
		if v, rest, ok = plainValue(rest[1:], depth-1); !ok || len(rest) == 0 {
			return nil, nil, false
		}
		list = append(list, v)
		switch rest[0] {
		case ']':
			return list, rest[1:], true
		case ',':
		default:
			return nil, nil, false
		}
	}
}
