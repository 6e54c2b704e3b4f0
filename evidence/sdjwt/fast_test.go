package sdjwt

import (
	"crypto/ed25519"
	"encoding/base64"
	"maps"
	"reflect"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// some are disclosures whose digests the payloads of these tests have.
var some = []Disclosure{NewProperty([]byte("salt"), "name", []byte(`"value"`)), NewElement([]byte("salt"), []byte(`{"purpose":"offers"}`))}

// same compares what two ways made of the same bytes.
func same(a, b *Verified) bool {
	return string(a.Payload) == string(b.Payload) && a.KeyID == b.KeyID && a.Hidden == b.Hidden && maps.Equal(a.HiddenIn, b.HiddenIn) &&
		reflect.DeepEqual(a.Placed, b.Placed)
}

// What the quick way reads, the long way reads in the same way.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{
		`["c2FsdA","name","value"]`, `["c2FsdA",{"purpose":"offers"}]`, `["s","_sd",1]`, `["s","a",1,2]`, `["s", "a"]`, `["s","x"]`, `["s","a" ,1]`, `["s","a",1 ]`, `["s"]`, `[]`,
		`["\u0061","b",1]`, `["s","é",1]`, `["s","a",]`, `["s",""]`, `["s","","x"]`, `["s","a",{"a":1,"a":2}]`,
		`{"iss":"i","iat":17,"choices":[{"...":"x"}],"_sd":["a","b"],"sim":true}`, `{"a":1,"a":2}`, `{"a":01}`, `{"a":-1}`, `{"a":[]}`, `{"a":1e3}`, `{}`, `{"a":true}x`, `{"a":truex}`, `{"a":1,}`,
		`{"_sd":["` + some[0].Digest() + `"],"choices":[1,{"...":"` + some[1].Digest() + `"},{"...":"x"}],"_sd_alg":"sha-256"}`,
		`{"_sd":["` + some[1].Digest() + `"],"choices":[{"...":"` + some[0].Digest() + `"}]}`, `{"_sd":["x","x"]}`, `{"_sd":[],"a":{"_sd":["x"]}}`, `{"a":[[{"...":"x"}]]}`,
		`{"_sd":["` + some[0].Digest() + `"],"choices":[{"...":"x"},{"...":"` + some[1].Digest() + `"}],"a~/b":[{"...":"y"}]}`, `{"_sd":["x"],"choices":[{"...":"x"}]}`, "{\"_sd\":[\"\xff\"]}",
		`{"name":1,"_sd":["` + some[0].Digest() + `"],"l":[{"...":"` + some[1].Digest() + `"}]}`, `{"_sd_alg":"sha-512"}`, `{"...":"x"}`, `{"a":[{"...":1}]}`, `{"a":[{"...":"x","y":1}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := []byte(s)
		if quick, ok := plainDisclosure("e", raw); ok {
			if long, err := anyDisclosure("e", raw); err != nil || !reflect.DeepEqual(quick, long) {
				t.Errorf("%q: quick %+v, long %+v, %v", s, quick, long, err)
			}
		}
		quick := Verified{Payload: raw}
		for _, disclosures := range [][]Disclosure{nil, some} {
			if !quick.processPlain(disclosures) {
				continue
			}
			long := Verified{Payload: raw}
			if _, err := long.process(disclosures); err != nil || !same(&quick, &long) {
				t.Errorf("%q: quick %+v, long %+v, %v", s, quick, long, err)
			}
		}
	})
}

// A JWT that goes the quick way goes the long way too, and what is wrong with
// one is not taken by either.
func TestPlainHeaders(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := Policy{Algorithms: []jose.SignatureAlgorithm{jose.EdDSA}, Type: "t", Key: func(id string) (any, error) {
		if id != "k" {
			return nil, ErrUnknownKey
		}
		return public, nil
	}}
	b64 := base64.RawURLEncoding.EncodeToString
	tests := []struct {
		name, header string
		change       func(string) string
		quick, long  bool
	}{
		{"plain", `{"alg":"EdDSA","kid":"k","typ":"t"}`, nil, true, true},
		{"with more", `{"alg":"EdDSA","kid":"k","typ":"t","x":"y"}`, nil, false, true},
		{"critical", `{"alg":"EdDSA","kid":"k","typ":"t","crit":["x"],"x":1}`, nil, false, false},
		{"no algorithm", `{"alg":"none","kid":"k","typ":"t"}`, nil, false, false},
		{"the public key as a secret", `{"alg":"HS256","kid":"k","typ":"t"}`, nil, false, false},
		{"another type", `{"alg":"EdDSA","kid":"k","typ":"u"}`, nil, false, false},
		{"an unknown key", `{"alg":"EdDSA","kid":"l","typ":"t"}`, nil, false, false},
		{"twice", `{"alg":"EdDSA","alg":"EdDSA","kid":"k","typ":"t"}`, nil, false, false},
		{"padded", `{"alg":"EdDSA","kid":"k","typ":"t"}`, func(s string) string { return s + "=" }, false, false},
		{"cut", `{"alg":"EdDSA","kid":"k","typ":"t"}`, func(s string) string { return s[:len(s)-4] }, false, false},
		{"a line break", `{"alg":"EdDSA","kid":"k","typ":"t"}`, func(s string) string { return s[:9] + "\n" + s[9:] }, false, false},
		{"no signature", `{"alg":"EdDSA","kid":"k","typ":"t"}`, func(s string) string { return s[:len(s)-86] }, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			input := b64([]byte(tt.header)) + "." + b64([]byte(`{"a":1}`))
			jwt := input + "." + b64(ed25519.Sign(private, []byte(input)))
			if tt.change != nil {
				jwt = tt.change(jwt)
			}
			quick, ok := verifyPlain(jwt, p)
			long, err := verify(Token{JWT: jwt}, p)
			if ok != tt.quick || (err == nil) != tt.long || ok && !reflect.DeepEqual(quick, long) {
				t.Errorf("quick %v %+v, long %+v %v", ok, quick, long, err)
			}
		})
	}
}
