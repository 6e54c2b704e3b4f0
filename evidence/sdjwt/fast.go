package sdjwt

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"

	jose "github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"

	"assent/evidence/plain"
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
	if base64.RawURLEncoding.DecodedLen(len(jwt)-last-1) != len(signature) || hasBreak(jwt) {
		return nil, false
	}
	if n, err := strictBase64.Decode(signature[:], []byte(jwt[last+1:])); err != nil || n != len(signature) {
		return nil, false
	}
	payload, err := strictBase64.DecodeString(jwt[first+1 : last])
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
	_, rest, ok := plain.CutName(raw[1 : len(raw)-1])
	if !ok || len(rest) == 0 || rest[0] != ',' {
		return d, false
	}
	d = Disclosure{Encoded: encoded, Element: true, Value: rest[1:]}
	if name, value, ok := plain.CutName(rest[1:]); ok && len(value) > 0 {
		if value[0] != ',' || string(name) == "_sd" || string(name) == "..." {
			return d, false
		}
		d.Element, d.Name, d.Value = false, string(name), value[1:]
	}
	if plain.Is(d.Value) {
		return d, true
	}
	// A space before or after would not be part of the value.
	n := len(d.Value)
	return d, n > 0 && d.Value[0] > ' ' && d.Value[n-1] > ' ' && json.Valid(d.Value)
}

// maxFlat bounds how many digests are looked for by comparing each with each.
const maxFlat = 64

// flat puts the disclosures of a plain payload into their places, where all
// digests stand at its top: in _sd, or in an array there.
type flat struct {
	disclosures []Disclosure
	digests     [maxFlat][digestLength]byte // of the disclosures
	placed      []Placed
	left        int // disclosures not yet placed
	met         [maxFlat][]byte
	count       int // of met
	names       [maxFlat][]byte
	named       int // of names: the payload's members
	hidden      int
	hiddenIn    map[string]int
}

// processPlain is process for what is in plain form and flat. False says that it
// must go the long way.
func (v *Verified) processPlain(disclosures []Disclosure) bool {
	if len(disclosures) > maxFlat {
		return false
	}
	f := flat{disclosures: disclosures, placed: make([]Placed, len(disclosures)), left: len(disclosures)}
	var room [512]byte // most fit in, and need no memory of their own
	for i := range disclosures {
		d := &disclosures[i]
		sum := sha256.Sum256(append(room[:0], d.Encoded...))
		base64.RawURLEncoding.Encode(f.digests[i][:], sum[:])
		if !d.whole() || slices.Contains(f.digests[:i], f.digests[i]) {
			return false
		}
	}
	if !plain.Object(v.Payload, f.member) || f.left > 0 || !f.apart() {
		return false
	}
	v.Placed, v.Hidden, v.HiddenIn = f.placed, f.hidden, f.hiddenIn
	return true
}

// whole reports whether nothing is disclosed inside the disclosure's value.
func (d *Disclosure) whole() bool {
	if plain.Is(d.Value) {
		return !digestsIn(d.Value)
	}
	depth := 0
	if d.Element {
		depth = 1
	}
	w := walker{seen: map[string]bool{}, hiddenIn: map[string]int{}}
	_, err := w.disclosed(&Placed{Disclosure: *d}, depth)
	return err == nil && len(w.seen) == 0
}

// member reads one member of the payload.
func (f *flat) member(name, value []byte) bool {
	switch string(name) {
	case "...":
		return false
	case "_sd":
		return plain.Array(value, func(digest []byte) bool {
			p, ok := f.take(digest, false, "")
			if p != nil {
				p.Pointer = "/" + escape(p.Name)
			}
			return ok
		})
	case "_sd_alg":
		if string(value) != `"sha-256"` {
			return false
		}
	}
	if f.named == maxFlat {
		return false
	}
	f.names[f.named] = name
	f.named++
	if value[0] == '[' {
		return f.array("/"+escape(string(name)), value)
	}
	return !digestsIn(value)
}

// digestsIn reports whether digests may stand in a plain value.
func digestsIn(value []byte) bool {
	return bytes.Contains(value, []byte(`"_sd"`)) || bytes.Contains(value, []byte(`"..."`))
}

// array reads a member that is an array, some of whose elements may be digests.
func (f *flat) array(at string, value []byte) bool {
	i := 0
	return plain.Array(value, func(element []byte) bool {
		digest, is := bytes.CutPrefix(element, []byte(`{"...":`))
		if !is {
			i++
			return !digestsIn(element)
		}
		p, ok := f.take(bytes.TrimSuffix(digest, []byte("}")), true, at)
		if p != nil {
			p.Pointer = at + "/" + strconv.Itoa(i)
		}
		i++
		return ok
	})
}

// take returns the disclosure of a quoted digest, or nil where it is hidden.
func (f *flat) take(quoted []byte, element bool, in string) (p *Placed, ok bool) {
	digest, ok := plain.Text(quoted)
	if !ok || f.count == maxFlat {
		return nil, false
	}
	for _, other := range f.met[:f.count] {
		if bytes.Equal(other, digest) {
			return nil, false
		}
	}
	f.met[f.count] = digest
	f.count++
	for i := range f.disclosures {
		if string(digest) == string(f.digests[i][:]) {
			f.placed[i].Disclosure = f.disclosures[i]
			f.left--
			return &f.placed[i], f.disclosures[i].Element == element
		}
	}
	f.hidden++
	if f.hiddenIn == nil {
		f.hiddenIn = map[string]int{}
	}
	f.hiddenIn[in]++
	return nil, true
}

// apart reports whether no claim stands twice.
func (f *flat) apart() bool {
	for i := range f.disclosures {
		d := &f.disclosures[i]
		if d.Element {
			continue
		}
		for _, name := range f.names[:f.named] {
			if d.Name == string(name) {
				return false
			}
		}
		for j := range f.disclosures[:i] {
			if other := &f.disclosures[j]; !other.Element && other.Name == d.Name {
				return false
			}
		}
	}
	return true
}
