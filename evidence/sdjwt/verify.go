package sdjwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"
)

// ErrSignature is wrapped by the error for a JWT that its issuer's key did not
// sign.
var ErrSignature = errors.New("the issuer's key did not sign this")

// ErrUnknownKey is wrapped by the error for a JWT of a key that the verifier
// does not know.
var ErrUnknownKey = errors.New("signed by a key that is not known here")

// Policy says what a verifier accepts.
type Policy struct {
	Algorithms []jose.SignatureAlgorithm
	Type       string                          // the header's typ
	Key        func(keyID string) (any, error) // the public key of a kid; wraps ErrUnknownKey
}

// Placed is a disclosure with the place where its digest stood.
type Placed struct {
	Disclosure
	// Pointer is the JSON pointer (RFC 6901) of the disclosed value, with an
	// array element's index as in the signed payload.
	Pointer string
}

// Verified is what an SD-JWT says, after all of section 7.1 held.
type Verified struct {
	KeyID   string
	Payload []byte   // the signed JSON
	Placed  []Placed // in the order of the token's disclosures
	Hidden  int      // digests without a disclosure
	// HiddenIn counts them by the JSON pointer (RFC 6901) of the object or array
	// that they stand in.
	HiddenIn map[string]int
}

// Verify checks the signature, then enforces section 7.1: every disclosure is
// referenced by exactly one digest, no digest stands twice, no name is reserved
// or already there, and the hash is SHA-256. Digests without a disclosure are
// only counted. Validity in time (exp, nbf) is left to the caller.
func Verify(t Token, p Policy) (*Verified, error) {
	v, ok := verifyPlain(t.JWT, p)
	if !ok {
		var err error
		if v, err = verify(t, p); err != nil {
			return nil, err
		}
	}
	if !v.processPlain(t.Disclosures) {
		_, err := v.process(t.Disclosures)
		return v, err
	}
	return v, nil
}

// Claims returns the processed payload: the signed JSON with what is disclosed in
// its place. Numbers are json.Number.
func (v *Verified) Claims() map[string]any {
	disclosures := make([]Disclosure, len(v.Placed))
	for i, p := range v.Placed {
		disclosures[i] = p.Disclosure
	}
	again := Verified{Payload: v.Payload}
	claims, _ := again.process(disclosures) // which held
	return claims
}

// verify checks the signature of any JWS that the policy takes.
func verify(t Token, p Policy) (*Verified, error) {
	for segment := range strings.SplitSeq(t.JWT, ".") {
		if _, err := decodeSegment(segment); err != nil {
			return nil, fmt.Errorf("%w: JWT: %w", ErrMalformed, err)
		}
	}
	jws, err := jose.ParseSignedCompact(t.JWT, p.Algorithms)
	var other *jose.ErrUnexpectedSignatureAlgorithm
	if errors.As(err, &other) {
		return nil, fmt.Errorf("%w: the algorithm is %q, not %s", ErrMalformed, other.Got, p.Algorithms[0])
	}
	if err != nil {
		return nil, fmt.Errorf("%w: JWT: %w", ErrMalformed, err)
	}
	header := jws.Signatures[0].Protected
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); typ != p.Type {
		return nil, fmt.Errorf("%w: the type is %q, not %q", ErrMalformed, typ, p.Type)
	}
	key, err := p.Key(header.KeyID)
	if err != nil {
		return nil, err
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, ErrSignature
	}
	return &Verified{KeyID: header.KeyID, Payload: payload}, nil
}

// process is section 7.1, step 3 on. It returns the processed payload.
func (v *Verified) process(disclosures []Disclosure) (claims map[string]any, err error) {
	if err := decodeNumbers(v.Payload, &claims); err != nil || claims == nil {
		return nil, fmt.Errorf("%w: the payload is no JSON object", ErrMalformed)
	}
	if alg, ok := claims["_sd_alg"]; ok && alg != "sha-256" {
		return nil, fmt.Errorf("%w: the hash algorithm is %v, not sha-256", ErrMalformed, alg)
	}
	w := walker{open: make(map[string]int, len(disclosures)), seen: map[string]bool{}, hiddenIn: map[string]int{}, placed: make([]Placed, len(disclosures))}
	for i, d := range disclosures {
		digest := d.Digest()
		if _, ok := w.open[digest]; ok {
			return nil, fmt.Errorf("%w: a disclosure stands twice", ErrMalformed)
		}
		w.open[digest] = i
		w.placed[i].Disclosure = d
	}
	if err := w.object(claims, "", 0); err != nil {
		return nil, err
	}
	// Only now, so that no disclosure can take its name.
	delete(claims, "_sd_alg")
	if len(w.open) > 0 {
		return nil, fmt.Errorf("%w: %d of %d disclosures belong to no digest", ErrMalformed, len(w.open), len(disclosures))
	}
	v.Placed, v.Hidden, v.HiddenIn = w.placed, w.hidden, w.hiddenIn
	return claims, nil
}

// walker puts disclosures into their places.
type walker struct {
	open   map[string]int  // digest → index of a disclosure not yet placed
	seen   map[string]bool // every digest met
	placed []Placed
	hidden int
	// hiddenIn counts the hidden digests by the pointer of what they stand in.
	hiddenIn map[string]int
}

// take looks up the disclosure of a digest, which must not have stood elsewhere.
func (w *walker) take(digest any, element bool, in string) (*Placed, error) {
	s, ok := digest.(string)
	if !ok {
		return nil, fmt.Errorf("%w: a digest is no string", ErrMalformed)
	}
	if w.seen[s] {
		return nil, fmt.Errorf("%w: a digest stands twice", ErrMalformed)
	}
	w.seen[s] = true
	i, ok := w.open[s]
	if !ok {
		w.hidden++
		w.hiddenIn[in]++
		return nil, nil
	}
	delete(w.open, s)
	if w.placed[i].Element != element {
		return nil, fmt.Errorf("%w: a disclosure is of the wrong kind for its place", ErrMalformed)
	}
	return &w.placed[i], nil
}

func (w *walker) value(v any, pointer string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested too deep", ErrMalformed)
	}
	switch v := v.(type) {
	case map[string]any:
		return v, w.object(v, pointer, depth)
	case []any:
		return w.array(v, pointer, depth)
	case josejson.Number:
		return json.Number(v), nil
	}
	return v, nil
}

func (w *walker) object(m map[string]any, pointer string, depth int) error {
	sd, has := m["_sd"]
	delete(m, "_sd")
	if _, ok := m["..."]; ok {
		return fmt.Errorf("%w: the reserved name \"...\" outside an array", ErrMalformed)
	}
	for name, v := range m {
		nv, err := w.value(v, pointer+"/"+escape(name), depth+1)
		if err != nil {
			return err
		}
		m[name] = nv
	}
	digests, ok := sd.([]any)
	if has && !ok {
		return fmt.Errorf("%w: _sd is no array", ErrMalformed)
	}
	for _, digest := range digests {
		p, err := w.take(digest, false, pointer)
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		if _, ok := m[p.Name]; ok {
			return fmt.Errorf("%w: the claim %q stands twice", ErrMalformed, p.Name)
		}
		p.Pointer = pointer + "/" + escape(p.Name)
		if m[p.Name], err = w.disclosed(p, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) array(a []any, pointer string, depth int) ([]any, error) {
	out := make([]any, 0, len(a))
	for i, v := range a {
		at := pointer + "/" + strconv.Itoa(i)
		if m, ok := v.(map[string]any); ok && len(m) == 1 {
			if digest, ok := m["..."]; ok {
				p, err := w.take(digest, true, pointer)
				if err != nil {
					return nil, err
				}
				if p == nil {
					continue
				}
				p.Pointer = at
				if v, err = w.disclosed(p, depth); err != nil {
					return nil, err
				}
				out = append(out, v)
				continue
			}
		}
		nv, err := w.value(v, at, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, nv)
	}
	return out, nil
}

// disclosed returns a disclosure's value with what is disclosed inside it.
func (w *walker) disclosed(p *Placed, depth int) (any, error) {
	if len(p.Value) > 0 && p.Value[0] == '"' { // nothing is disclosed inside a string
		s, err := unquote(p.Value)
		if err != nil {
			return nil, fmt.Errorf("%w: a disclosed value: %w", ErrMalformed, err)
		}
		return s, nil
	}
	var v any
	if err := decodeNumbers(p.Value, &v); err != nil {
		return nil, fmt.Errorf("%w: a disclosed value: %w", ErrMalformed, err)
	}
	return w.value(v, p.Pointer, depth+1)
}

func escape(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// decodeNumbers decodes strictly and keeps numbers as they are written.
func decodeNumbers(b []byte, v any) error {
	// The decoder stops after one value; the rest must be nothing.
	if !json.Valid(b) {
		return errors.New("not one JSON value")
	}
	d := josejson.NewDecoder(bytes.NewReader(b))
	d.SetNumberType(josejson.UnmarshalJSONNumber)
	return d.Decode(v)
}
