package sdjwt

import (
	"crypto/ed25519"
	"encoding/base64"
	"reflect"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// What the quick way reads, the long way reads in the same way.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{
		`["c2FsdA","name","value"]`, `["c2FsdA",{"purpose":"offers"}]`, `["s","_sd",1]`, `["s","a",1,2]`, `["s", "a"]`, `["s","x"]`, `["s","a" ,1]`, `["s","a",1 ]`, `["s"]`, `[]`,
		`["\u0061","b",1]`, `["s","é",1]`, `["s","a",]`, `["s",""]`, `["s","","x"]`, `["s","a",{"a":1,"a":2}]`,
		`{"iss":"i","iat":17,"choices":[{"...":"x"}],"_sd":["a","b"],"sim":true}`, `{"a":1,"a":2}`, `{"a":01}`, `{"a":-1}`, `{"a":[]}`, `{"a":1e3}`, `{}`, `{"a":true}x`, `{"a":truex}`, `{"a":1,}`,
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
		if quick, rest, ok := plainObject(raw, plainDepth); ok && len(rest) == 0 {
			var long map[string]any
			if err := decodeAny(raw, &long); err != nil || !reflect.DeepEqual(quick, long) {
				t.Errorf("%q: quick %#v, long %#v, %v", s, quick, long, err)
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
