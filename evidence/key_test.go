package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"assent/evidence"
)

// RFC 8037, appendix A.
const (
	rfc8037X          = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	rfc8037D          = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
	rfc8037Thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
)

func TestKeyIDIsTheThumbprint(t *testing.T) {
	seed, err := base64.RawURLEncoding.DecodeString(rfc8037D)
	if err != nil {
		t.Fatal(err)
	}
	s, err := evidence.NewSigner(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	if s.KeyID() != rfc8037Thumbprint {
		t.Errorf("kid %s, want %s", s.KeyID(), rfc8037Thumbprint)
	}
	if _, err := evidence.KeyID(nil); err == nil {
		t.Error("a kid of no key")
	}
}

func TestKeySet(t *testing.T) {
	a, _ := newSigner(t, 1)
	b, _ := newSigner(t, 2)
	set, err := evidence.NewKeySet(a.Public(), b.Public(), a.Public())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(`"d"`)) {
		t.Fatalf("the set holds a private key: %s", text)
	}
	got, err := evidence.ParseKeySet(append(text, '\n'))
	if err != nil || got.Len() != 2 {
		t.Fatalf("ParseKeySet = %d keys, %v", got.Len(), err)
	}
	for _, s := range []*evidence.Signer{a, b} {
		if key, ok := got.Key(s.KeyID()); !ok || !key.Equal(s.Public()) {
			t.Errorf("the key %s does not come back", s.KeyID())
		}
	}
	if again, _ := json.Marshal(got); !bytes.Equal(again, text) {
		t.Error("the set is not stable")
	}
	if empty, _ := json.Marshal(evidence.KeySet{}); string(empty) != `{"keys":[]}` {
		t.Errorf("no keys: %s", empty)
	}
}

func TestParseKeySet(t *testing.T) {
	good := `{"kty":"OKP","crv":"Ed25519","kid":"` + rfc8037Thumbprint + `","x":"` + rfc8037X + `"}`
	tests := []struct {
		name, in string
		keys     int // -1: refused
	}{
		{"good", `{"keys":[` + good + `]}`, 1},
		{"other kinds are passed over", `{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b"},` + good + `]}`, 1},
		{"none", `{"keys":[]}`, 0},
		{"private", `{"keys":[` + strings.Replace(good, `"x"`, `"d":"`+rfc8037D+`","x"`, 1) + `]}`, -1},
		{"another kid", `{"keys":[` + strings.Replace(good, rfc8037Thumbprint, "main", 1) + `]}`, -1},
		{"no kid", `{"keys":[` + strings.Replace(good, `"kid":"`+rfc8037Thumbprint+`",`, "", 1) + `]}`, -1},
		{"short x", `{"keys":[` + strings.Replace(good, rfc8037X, "AAAA", 1) + `]}`, -1},
		{"no keys", `{}`, -1},
		{"one key", good, -1},
		{"key no object", `{"keys":[1]}`, -1},
		{"no JSON", `x`, -1},
		{"empty", ``, -1},
		{"endless", strings.Repeat(" ", 10) + `{"keys":["` + strings.Repeat("a", 1<<20) + `"]}`, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := evidence.ParseKeySet([]byte(tt.in))
			if (err != nil) != (tt.keys < 0) || err == nil && got.Len() != tt.keys {
				t.Errorf("ParseKeySet = %d keys, %v, want %d", got.Len(), err, tt.keys)
			}
		})
	}
}

func FuzzParseKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"` + rfc8037Thumbprint + `","x":"` + rfc8037X + `"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := evidence.ParseKeySet(b)
		if err != nil {
			return
		}
		text, err := json.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := evidence.ParseKeySet(text); err != nil || again.Len() != set.Len() {
			t.Errorf("%s does not come back: %v", text, err)
		}
	})
}

func TestNewID(t *testing.T) {
	id, err := evidence.NewID(time.UnixMilli(0x017F22E279B0), bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if want := "017f22e2-79b0-7fff-bfff-ffffffffffff"; err != nil || id != want {
		t.Errorf("NewID = %q, %v, want %q", id, err, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 1<<47).Draw(t, "a")
		b := rapid.Int64Range(a+1, 1<<48-1).Draw(t, "b")
		first, err := evidence.NewID(time.UnixMilli(a), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		second, err := evidence.NewID(time.UnixMilli(b), rand.Reader)
		if err != nil || first >= second {
			t.Fatalf("%s (%d) does not sort before %s (%d): %v", first, a, second, b, err)
		}
		if at, ok := evidence.TimeOf(first); !ok || at.UnixMilli() != a {
			t.Fatalf("TimeOf(%s) = %v, %v", first, at, ok)
		}
	})
	for _, bad := range []time.Time{time.UnixMilli(-1), time.UnixMilli(1 << 48)} {
		if _, err := evidence.NewID(bad, rand.Reader); err == nil {
			t.Errorf("an id of %v", bad)
		}
	}
	if _, err := evidence.NewID(now, bytes.NewReader(nil)); err == nil {
		t.Error("an id without random bits")
	}
	if _, ok := evidence.TimeOf("no"); ok {
		t.Error("the time of no id")
	}
}

func TestCommit(t *testing.T) {
	salt, err := evidence.NewSalt(bytes.NewReader(make([]byte, 16)))
	if err != nil {
		t.Fatal(err)
	}
	base := evidence.Commit(salt, "marketing", "complaint")
	if base != evidence.Commit(salt, "marketing", "complaint") {
		t.Error("a commitment does not repeat")
	}
	for name, other := range map[string]evidence.Digest{
		"another salt": evidence.Commit([16]byte{1}, "marketing", "complaint"), "other bounds": evidence.Commit(salt, "marketingc", "omplaint"),
		"one field": evidence.Commit(salt, "marketingcomplaint"), "one more": evidence.Commit(salt, "marketing", "complaint", ""),
	} {
		if other == base {
			t.Errorf("%s commits alike", name)
		}
	}
	if _, err := evidence.NewSalt(bytes.NewReader(make([]byte, 15))); err == nil {
		t.Error("a salt of too few random bytes")
	}
}

func TestParseDigest(t *testing.T) {
	d := evidence.Sum([]byte("x"))
	if got, err := evidence.ParseDigest(d.String()); err != nil || got != d {
		t.Errorf("ParseDigest = %v, %v", got, err)
	}
	for _, bad := range []string{"", "ab", strings.ToUpper(d.String()), d.String() + "0", strings.Repeat("g", 64)} {
		if _, err := evidence.ParseDigest(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestTimesHaveMilliseconds(t *testing.T) {
	b, err := json.Marshal(evidence.Time{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))})
	if err != nil || string(b) != `"2026-01-02T02:04:05.000Z"` {
		t.Errorf("a time is written %s, %v", b, err)
	}
	var got evidence.Time
	if got.UnmarshalJSON([]byte(`"yesterday"`)) == nil {
		t.Error("a time that is none was read")
	}
}
