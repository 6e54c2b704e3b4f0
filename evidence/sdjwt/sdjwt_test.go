package sdjwt_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"assent/evidence/sdjwt"
)

type vectors struct {
	Key struct {
		JWK jose.JSONWebKey `json:"jwk"`
	} `json:"key"`
	Examples []struct {
		Name, Section string
		SDJWT         string         `json:"sd_jwt"`
		Claims        map[string]any `json:"claims"`
	} `json:"examples"`
}

func load(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/rfc9901.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// plain turns processed claims into what encoding/json makes of the same text.
func plain(t testing.TB, claims map[string]any) map[string]any {
	t.Helper()
	b, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRFC9901Examples(t *testing.T) {
	v := load(t)
	for _, ex := range v.Examples {
		t.Run(ex.Section+" "+ex.Name, func(t *testing.T) {
			token, err := sdjwt.Parse(ex.SDJWT)
			if err != nil {
				t.Fatal(err)
			}
			if token.Compact() != ex.SDJWT {
				t.Error("the token does not come back as it was")
			}
			policy := sdjwt.Policy{Algorithms: []jose.SignatureAlgorithm{jose.ES256}, Type: "example+sd-jwt",
				Key: func(string) (any, error) { return v.Key.JWK.Key, nil }}
			if ex.Section == "A.3" {
				policy.Type = "dc+sd-jwt"
			}
			got, err := sdjwt.Verify(token, policy)
			if err != nil {
				t.Fatal(err)
			}
			if ex.Claims != nil {
				if d := cmp.Diff(ex.Claims, plain(t, got.Claims())); d != "" {
					t.Errorf("processed payload (-want +got):\n%s", d)
				}
			}
			for _, p := range got.Placed {
				if p.Pointer == "" {
					t.Errorf("%s has no place", p.Name)
				}
			}
			policy.Type = "JWT"
			if _, err := sdjwt.Verify(token, policy); !errors.Is(err, sdjwt.ErrMalformed) {
				t.Errorf("another type: %v", err)
			}
		})
	}
}

func TestRFC9901Digests(t *testing.T) {
	// Section 4.2.3 and 5.1.
	tests := []struct{ encoded, digest, name, value string }{
		{"WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd", "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4", "given_name", `"John"`},
		{"WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd", "TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo", "family_name", `"Doe"`},
		{"WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0", "pFndjkZ_VCzmyTa6UjlZo3dh-ko8aIKQc9DlGzhaVYo", "", `"US"`},
	}
	for _, tt := range tests {
		d, err := sdjwt.ParseDisclosure(tt.encoded)
		if err != nil || d.Digest() != tt.digest || d.Name != tt.name || string(d.Value) != tt.value || d.Element != (tt.name == "") {
			t.Errorf("%s: %+v, %v, digest %s", tt.encoded, d, err, d.Digest())
		}
	}
}

// issue signs a payload with a fixed Ed25519 key.
func issue(t testing.TB, payload string) (string, sdjwt.Policy) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, (&jose.SignerOptions{}).WithType("t"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := s.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact, sdjwt.Policy{Algorithms: []jose.SignatureAlgorithm{jose.EdDSA}, Type: "t",
		Key: func(string) (any, error) { return key.Public(), nil }}
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestRules(t *testing.T) {
	d := func(s string) string { return b64(s) }
	g := func(s string) string { p, _ := sdjwt.ParseDisclosure(b64(s)); p.Encoded = b64(s); return p.Digest() }
	const a, e, inner = `["s","a",1]`, `["s",{"x":true}]`, `["s","inner",2]`
	outer := `["s","outer",{"_sd":["` + g(inner) + `"],"y":3}]`
	nested := `["s","a",` + strings.Repeat("[", 300_000) + strings.Repeat("]", 300_000) + `]`
	tests := []struct {
		name        string
		payload     string
		disclosures []string
		want        string // the processed payload; empty if refused
		hidden      int
	}{
		{"a property", `{"_sd":["` + g(a) + `"],"_sd_alg":"sha-256"}`, []string{d(a)}, `{"a":1}`, 0},
		{"the default hash", `{"_sd":["` + g(a) + `"]}`, []string{d(a)}, `{"a":1}`, 0},
		{"an element", `{"l":[1,{"...":"` + g(e) + `"}]}`, []string{d(e)}, `{"l":[1,{"x":true}]}`, 0},
		{"an element hidden", `{"l":[1,{"...":"` + g(e) + `"}]}`, nil, `{"l":[1]}`, 1},
		{"decoys", `{"_sd":["abc","` + g(a) + `"]}`, []string{d(a)}, `{"a":1}`, 1},
		{"nested in an object", `{"o":{"_sd":["` + g(a) + `"]}}`, []string{d(a)}, `{"o":{"a":1}}`, 0},
		{"recursive", `{"_sd":["` + g(outer) + `"]}`, []string{d(outer), d(inner)}, `{"outer":{"inner":2,"y":3}}`, 0},
		{"empty object stays", `{"o":{"_sd":["abc"]}}`, nil, `{"o":{}}`, 1},
		{"recursive without its parent", `{"_sd":["` + g(outer) + `"]}`, []string{d(inner)}, "", 0},
		{"not referenced", `{"x":1}`, []string{d(a)}, "", 0},
		{"disclosed twice", `{"_sd":["` + g(a) + `"]}`, []string{d(a), d(a)}, "", 0},
		{"digest twice in one _sd", `{"_sd":["` + g(a) + `","` + g(a) + `"]}`, []string{d(a)}, "", 0},
		{"digest twice, hidden", `{"_sd":["x"],"o":{"_sd":["x"]}}`, nil, "", 0},
		{"digest in the payload and in a disclosure", `{"_sd":["` + g(outer) + `","` + g(inner) + `"]}`, []string{d(outer)}, "", 0},
		{"name there already", `{"a":0,"_sd":["` + g(a) + `"]}`, []string{d(a)}, "", 0},
		{"two of one name", `{"_sd":["` + g(a) + `","` + g(`["t","a",1]`) + `"]}`, []string{d(a), d(`["t","a",1]`)}, "", 0},
		{"an element's disclosure in _sd", `{"_sd":["` + g(e) + `"]}`, []string{d(e)}, "", 0},
		{"a property's disclosure in an array", `{"l":[{"...":"` + g(a) + `"}]}`, []string{d(a)}, "", 0},
		{"name _sd_alg", `{"_sd_alg":"sha-256","_sd":["` + g(`["s","_sd_alg","x"]`) + `"]}`, []string{d(`["s","_sd_alg","x"]`)}, "", 0},
		{"another hash", `{"_sd":["` + g(a) + `"],"_sd_alg":"sha-512"}`, []string{d(a)}, "", 0},
		{"_sd no array", `{"_sd":"abc"}`, nil, "", 0},
		{"_sd null", `{"_sd":null}`, nil, "", 0},
		{"digest no string", `{"_sd":[1]}`, nil, "", 0},
		{"... no string", `{"l":[{"...":1}]}`, nil, "", 0},
		{"... outside an array", `{"...":"abc"}`, nil, "", 0},
		{"... beside another", `{"l":[{"...":"abc","x":1}]}`, nil, "", 0},
		{"repeated member", `{"a":1,"a":2}`, nil, "", 0},
		{"endless nesting", `{"a":` + strings.Repeat("[", 300_000) + strings.Repeat("]", 300_000) + `}`, nil, "", 0},
		{"deep nesting", `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, nil, "", 0},
		{"endless nesting in a disclosure", `{"_sd":["` + g(nested) + `"]}`, []string{d(nested)}, "", 0},
		{"no object", `[1]`, nil, "", 0},
		{"null", `null`, nil, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			jwt, policy := issue(t, tt.payload)
			var got *sdjwt.Verified
			token, err := sdjwt.Parse(strings.Join(append([]string{jwt}, tt.disclosures...), "~") + "~")
			if err == nil {
				got, err = sdjwt.Verify(token, policy)
			}
			if tt.want == "" {
				if !errors.Is(err, sdjwt.ErrMalformed) {
					t.Errorf("err = %v, want malformed", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			b, _ := json.Marshal(got.Claims())
			if string(b) != tt.want || got.Hidden != tt.hidden {
				t.Errorf("claims %s, %d hidden, want %s, %d", b, got.Hidden, tt.want, tt.hidden)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	jwt, _ := issue(t, `{}`)
	tests := []struct{ name, in string }{
		{"empty", ""},
		{"no tilde", jwt},
		{"key binding", jwt + "~" + jwt},
		{"empty disclosure", jwt + "~~"},
		{"two parts", "a.b~"},
		{"padding", jwt + "~" + base64.URLEncoding.EncodeToString([]byte(`["s","ab",1]`)) + "=~"},
		{"stray bits", jwt + "~WyJzIiwxXR~"},
		{"line break", jwt + "~WyJz\nIiwxXQ~"},
		{"no array", jwt + "~" + b64(`{"a":1}`) + "~"},
		{"one", jwt + "~" + b64(`["s"]`) + "~"},
		{"four", jwt + "~" + b64(`["s","a",1,2]`) + "~"},
		{"salt no string", jwt + "~" + b64(`[1,"a",1]`) + "~"},
		{"salt null", jwt + "~" + b64(`[null,"a",1]`) + "~"},
		{"name no string", jwt + "~" + b64(`["s",2,1]`) + "~"},
		{"name null", jwt + "~" + b64(`["s",null,1]`) + "~"},
		{"name _sd", jwt + "~" + b64(`["s","_sd",[]]`) + "~"},
		{"name ...", jwt + "~" + b64(`["s","...",1]`) + "~"},
		{"too many", jwt + "~" + strings.Repeat("WyJzIiwxXQ~", sdjwt.MaxDisclosures+1)},
		{"too long", jwt + "~" + strings.Repeat("A", sdjwt.MaxSize) + "~"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := sdjwt.Parse(tt.in); !errors.Is(err, sdjwt.ErrMalformed) {
				t.Errorf("err = %v, want malformed", err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	jwt, policy := issue(t, `{"a":1}`)
	parts := strings.Split(jwt, ".")
	none := b64(`{"alg":"none","typ":"t"}`) + "." + parts[1] + "."
	other := policy
	other.Key = func(string) (any, error) {
		return ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32))).Public(), nil
	}
	unknown := policy
	unknown.Key = func(string) (any, error) { return nil, sdjwt.ErrUnknownKey }
	tests := []struct {
		name   string
		jwt    string
		policy sdjwt.Policy
		want   error
	}{
		{"good", jwt, policy, nil},
		{"another key", jwt, other, sdjwt.ErrSignature},
		{"unknown key", jwt, unknown, sdjwt.ErrUnknownKey},
		{"alg none", none, policy, sdjwt.ErrMalformed},
		{"another payload", parts[0] + "." + b64(`{"a":2}`) + "." + parts[2], policy, sdjwt.ErrSignature},
		{"no base64", "a*.b.c", policy, sdjwt.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := sdjwt.Verify(sdjwt.Token{JWT: tt.jwt}, tt.policy); !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestNewDisclosuresReadBack(t *testing.T) {
	salt := []byte("0123456789abcdef")
	p := sdjwt.NewProperty(salt, "näme\"", []byte(`{"x":[1,"é"]}`))
	e := sdjwt.NewElement(salt, []byte(`"v"`))
	for _, want := range []sdjwt.Disclosure{p, e} {
		got, err := sdjwt.ParseDisclosure(want.Encoded)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-made +read):\n%s", d)
		}
	}
	token := sdjwt.Token{JWT: "a.b.c", Disclosures: []sdjwt.Disclosure{p, e}}
	if got := token.Select(func(d sdjwt.Disclosure) bool { return d.Element }); len(got.Disclosures) != 1 || got.JWT != "a.b.c" {
		t.Errorf("Select = %+v", got)
	}
}

func FuzzVerify(f *testing.F) {
	v := load(f)
	for _, ex := range v.Examples {
		f.Add(ex.SDJWT)
	}
	_, policy := issue(f, `{}`)
	f.Fuzz(func(t *testing.T, s string) {
		token, err := sdjwt.Parse(s)
		if err != nil {
			return
		}
		if token.Compact() != s {
			t.Errorf("%q comes back as %q", s, token.Compact())
		}
		if got, err := sdjwt.Verify(token, policy); err == nil {
			t.Errorf("%q verifies as %v", s, got.Claims())
		}
	})
}

func FuzzProcess(f *testing.F) {
	f.Add(`{"_sd":["x"],"l":[{"...":"y"}]}`, `["s","a",{"_sd":["z"]}]`)
	f.Fuzz(func(t *testing.T, payload, disclosure string) {
		jwt, policy := issue(t, payload)
		token := sdjwt.Token{JWT: jwt}
		if d, err := sdjwt.ParseDisclosure(b64(disclosure)); err == nil {
			token.Disclosures = append(token.Disclosures, d)
		}
		got, err := sdjwt.Verify(token, policy)
		if err != nil {
			return
		}
		if _, ok := got.Claims()["_sd"]; ok {
			t.Errorf("%q keeps _sd", payload)
		}
	})
}
