package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assent/evidence"
	"assent/evidence/sdjwt"
)

var now = time.Date(2026, 11, 23, 10, 15, 30, 123e6, time.UTC)

func newSigner(t testing.TB, seed byte) (*evidence.Signer, evidence.KeySet) {
	t.Helper()
	key, err := evidence.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := evidence.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := evidence.NewKeySet(s.Public())
	if err != nil {
		t.Fatal(err)
	}
	return s, keys
}

// full is an event with every field set.
func full(t testing.TB) evidence.Event {
	t.Helper()
	id, err := evidence.NewID(now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return evidence.Event{
		Issuer: "https://assent.example/b/bäckerei", IssuedAt: now.Truncate(time.Second), ID: id, Name: evidence.ConsentGiven,
		Notice: evidence.Sum([]byte("words")), Simulated: true,
		Suppressions: []evidence.Digest{evidence.Commit([16]byte{1}, "a")}, SuppressionsEnded: []evidence.Digest{evidence.Commit([16]byte{2}, "b")},
		Choices: []evidence.Choice{
			{Purpose: "offers", Scope: "marketing", Outcome: "given", Basis: "consent", Grade: "B", ValidUntil: evidence.Time{Time: now.AddDate(2, 0, 0)}},
			{Purpose: "orders", Scope: "transactional", Outcome: "refused", Note: "not ticked"},
		},
		Seq: 3, Previous: evidence.Sum([]byte("before")), Requested: "019aa000-0000-7000-8000-000000000001", Match: "same",
		Presentation: json.RawMessage(`{"offers":{"first":"off","px":16}}`), Subject: "s1", Typed: "0170 1234567", E164: "+491701234567",
		WAID: "491701234567", BSUID: "DE.1234", ParentBSUID: "DE.12", PersonName: "Zoë <script> \u2028 \"q\"", Time: now,
		Act:    evidence.Act{Kind: "message", Ticked: []string{"offers"}, Unticked: []string{"orders"}, Text: "Ja, ich möchte 😀"},
		Method: "click-to-chat", Language: "de", Funnel: "f1", FunnelVersion: "v2", EntryPoint: "e1", Page: "https://x.example/f?a=1&b=2",
		ClientTime: now.Add(-time.Second), MessageID: "wamid.abc", Sender: "snd",
		Shown:   []evidence.Shown{{Kind: evidence.ShownPage, SHA256: evidence.Sum([]byte("page"))}},
		Webhook: evidence.Webhook{Slice: evidence.Sum([]byte("slice")), Body: evidence.Sum([]byte("body")), Offset: 17},
		IP:      "203.0.113.7", UserAgent: "Mozilla/5.0 (\\)", Operator: "op1", Effects: []string{"suppression.ended"}, Reason: "r",
		Export: json.RawMessage(`{"events":3}`), Extra: map[string]json.RawMessage{"utm_source": json.RawMessage(`"post"`), "a/b~c": json.RawMessage(`[1]`)},
	}
}

func sign(t testing.TB, s *evidence.Signer, e evidence.Event) evidence.Signed {
	t.Helper()
	signed, err := s.Sign(rand.Reader, e)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestEventComesBack(t *testing.T) {
	s, keys := newSigner(t, 1)
	want := full(t)
	for i := range reflect.TypeOf(want).NumField() {
		if reflect.ValueOf(want).Field(i).IsZero() {
			t.Errorf("the test's event leaves %s out", reflect.TypeOf(want).Field(i).Name)
		}
	}
	signed := sign(t, s, want)
	parsed, err := evidence.Parse(signed.Compact())
	if err != nil {
		t.Fatal(err)
	}
	got, err := evidence.Verify(parsed, keys)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.Event); d != "" {
		t.Errorf("event (-signed +read):\n%s", d)
	}
	if got.KeyID != s.KeyID() || got.Hidden != 0 || len(signed.Disclosures) != 2+31+2 {
		t.Errorf("key %s, %d hidden, %d disclosures", got.KeyID, got.Hidden, len(signed.Disclosures))
	}
	clear, err := evidence.Clear(signed.JWT)
	if err != nil || clear.ID != want.ID || clear.Name != want.Name || clear.Notice != want.Notice || clear.Seq != 0 {
		t.Errorf("Clear = %+v, %v", clear, err)
	}
}

func TestSmallestEvent(t *testing.T) {
	s, keys := newSigner(t, 1)
	e := evidence.Event{Issuer: "i", IssuedAt: now, ID: full(t).ID, Name: evidence.NoticePublished}
	signed := sign(t, s, e)
	if len(signed.Disclosures) != 0 {
		t.Errorf("%d disclosures of nothing", len(signed.Disclosures))
	}
	if _, err := evidence.Verify(signed, keys); err != nil {
		t.Error(err)
	}
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(signed.JWT, ".")[1])
	if want := fmt.Sprintf(`{"iss":"i","iat":%d,"jti":"%s","event":"notice.published","_sd_alg":"sha-256"}`, now.Unix(), e.ID); string(payload) != want {
		t.Errorf("payload %s, want %s", payload, want)
	}
}

func TestJWTHoldsNothingPersonal(t *testing.T) {
	s, _ := newSigner(t, 1)
	signed := sign(t, s, full(t))
	for i, part := range strings.Split(signed.JWT, ".")[:2] {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		for _, personal := range []string{"491701234567", "1234567", "Zoë", "wamid", "203.0.113.7", "Mozilla", "offers", "op1", "DE.12", "message"} {
			if bytes.Contains(b, []byte(personal)) {
				t.Errorf("part %d of the JWT holds %q: %s", i, personal, b)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	s, keys := newSigner(t, 1)
	signed := sign(t, s, full(t))
	shown := signed.Select(func(d evidence.Disclosure) bool { return d.Name == evidence.ClaimE164 || d.Name == evidence.ClaimSeq })
	got, err := evidence.Verify(shown, keys)
	if err != nil {
		t.Fatal(err)
	}
	if got.E164 != "+491701234567" || got.Seq != 3 || got.IP != "" || got.Choices != nil || got.Hidden != 33 {
		t.Errorf("read %+v, %d hidden", got.Event, got.Hidden)
	}
	if got.HiddenChoices != 2 {
		t.Errorf("%d choices hidden", got.HiddenChoices)
	}
	if !got.Discloses(evidence.ClaimE164) || got.Discloses(evidence.ClaimIP) || got.Discloses(evidence.ClaimChoice) {
		t.Errorf("disclosed %v", got.Signed.Disclosures)
	}
	one := signed.Select(func(d evidence.Disclosure) bool { return d.Element && bytes.Contains(d.Value, []byte(`"orders"`)) })
	if got, err := evidence.Verify(one, keys); err != nil || len(got.Choices) != 1 || got.Choices[0].Purpose != "orders" || got.HiddenChoices != 1 {
		t.Errorf("one choice alone: %+v, %v", got, err)
	}
}

func TestDisclosedBytes(t *testing.T) {
	s, keys := newSigner(t, 1)
	signed := sign(t, s, full(t))
	ours, theirs := evidence.DisclosedBytes(signed.Disclosures[:5]), evidence.DisclosedBytes(signed.Disclosures[5:])
	back, err := evidence.WithDisclosed(signed.JWT, ours, theirs)
	if err != nil || back.Compact() != signed.Compact() {
		t.Fatalf("stored disclosures do not come back: %v", err)
	}
	if _, err := evidence.Verify(back, keys); err != nil {
		t.Error(err)
	}
	if none, err := evidence.WithDisclosed(signed.JWT, evidence.DisclosedBytes(nil)); err != nil || len(none.Disclosures) != 0 {
		t.Errorf("no disclosures: %v, %v", none, err)
	}
	if _, err := evidence.WithDisclosed(signed.JWT, []byte("x")); err == nil {
		t.Error("broken disclosures are read")
	}
}

func TestAnyByteChangedIsRefused(t *testing.T) {
	s, keys := newSigner(t, 1)
	e := full(t)
	e.Extra, e.Presentation = nil, nil
	good := []byte(sign(t, s, e).Compact())
	holds := func(b []byte) bool {
		p, err := evidence.Parse(string(b))
		if err != nil {
			return false
		}
		_, err = evidence.Verify(p, keys)
		return err == nil
	}
	if !holds(good) {
		t.Fatal("the good event does not hold")
	}
	jwt := bytes.IndexByte(good, '~')
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(good)-1).Draw(t, "i")
		b := bytes.Clone(good)
		b[i] = rapid.Byte().Filter(func(c byte) bool { return c != good[i] }).Draw(t, "byte")
		if holds(b) {
			t.Fatalf("byte %d of %d (JWT %d): %q for %q holds", i, len(good), jwt, b[i], good[i])
		}
		if cut := append(bytes.Clone(good[:i]), good[i+1:]...); holds(cut) {
			t.Fatalf("without byte %d of %d it holds", i, len(good))
		}
		if more := append(append(bytes.Clone(good[:i]), b[i]), good[i:]...); holds(more) {
			t.Fatalf("with %q before byte %d it holds", b[i], i)
		}
	})
	// The last character of each base64url part has bits to spare.
	for i := range good {
		if i+1 < len(good) && (good[i+1] == '.' || good[i+1] == '~') {
			for c := range rune(256) {
				b := bytes.Clone(good)
				if b[i] = byte(c); b[i] != good[i] && holds(b) {
					t.Errorf("%q for the last character %q of a part holds", c, good[i])
				}
			}
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	s, keys := newSigner(t, 1)
	_, strangers := newSigner(t, 2)
	signed, other := sign(t, s, full(t)), sign(t, s, full(t))
	with := func(d ...evidence.Disclosure) evidence.Signed {
		return evidence.Signed{JWT: signed.JWT, Disclosures: append(cloned(signed.Disclosures), d...)}
	}
	tests := []struct {
		name   string
		signed evidence.Signed
		keys   evidence.Keys
		want   error
	}{
		{"good", signed, keys, nil},
		{"unknown key", signed, strangers, sdjwt.ErrUnknownKey},
		{"no keys", signed, evidence.KeySet{}, sdjwt.ErrUnknownKey},
		{"another event's disclosure", with(other.Disclosures[3]), keys, sdjwt.ErrMalformed},
		{"a disclosure twice", with(signed.Disclosures[3]), keys, sdjwt.ErrMalformed},
		{"an invented one", with(sdjwt.NewProperty(make([]byte, 16), "vip", []byte("true"))), keys, sdjwt.ErrMalformed},
		{"another key's signature", evidence.Signed{JWT: forge(t, s, signed.JWT)}, keys, sdjwt.ErrSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := evidence.Verify(tt.signed, tt.keys); !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
}

// An event hides properties of its payload and choices, nothing deeper: what is
// hidden elsewhere nobody would ask for.
func TestVerifyRefusesDeepDigests(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	keys, err := evidence.NewKeySet(key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := evidence.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	good := sign(t, signer, full(t))
	parts := strings.Split(good.JWT, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	digest := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for name, more := range map[string]string{"an object": `"extra":{"_sd":["` + digest + `"]}`, "an array": `"extra":[{"...":"` + digest + `"}]`} {
		text := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "{", "{"+more+",", 1)))
		signed := parts[0] + "." + text
		jwt := signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(signed)))
		if _, err := evidence.Verify(evidence.Signed{JWT: jwt}, keys); !errors.Is(err, sdjwt.ErrMalformed) || !strings.Contains(err.Error(), "where an event has none") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func cloned(d []evidence.Disclosure) []evidence.Disclosure {
	return append([]evidence.Disclosure(nil), d...)
}

// forge signs the header and payload of a JWT with a key of its own.
func forge(t testing.TB, _ *evidence.Signer, jwt string) string {
	t.Helper()
	signed := jwt[:strings.LastIndexByte(jwt, '.')]
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(signed)))
}

func TestSignRefuses(t *testing.T) {
	s, _ := newSigner(t, 1)
	tests := []struct {
		name   string
		change func(*evidence.Event)
	}{
		{"no issuer", func(e *evidence.Event) { e.Issuer = "" }},
		{"no time", func(e *evidence.Event) { e.IssuedAt = time.Time{} }},
		{"no id", func(e *evidence.Event) { e.ID = "" }},
		{"id of version 4", func(e *evidence.Event) { e.ID = "550e8400-e29b-41d4-a716-446655440000" }},
		{"upper-case id", func(e *evidence.Event) { e.ID = strings.ToUpper(e.ID) }},
		{"no such event", func(e *evidence.Event) { e.Name = "consent.assumed" }},
		{"extra of a taken name", func(e *evidence.Event) { e.Extra = map[string]json.RawMessage{"e164": json.RawMessage(`1`)} }},
		{"extra of a clear name", func(e *evidence.Event) { e.Extra = map[string]json.RawMessage{"iat": json.RawMessage(`1`)} }},
		{"extra _sd", func(e *evidence.Event) { e.Extra = map[string]json.RawMessage{"_sd": json.RawMessage(`1`)} }},
		{"extra no JSON", func(e *evidence.Event) { e.Extra = map[string]json.RawMessage{"x": json.RawMessage(`{`)} }},
		{"presentation no JSON", func(e *evidence.Event) { e.Presentation = json.RawMessage(`}`) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := full(t)
			tt.change(&e)
			if _, err := s.Sign(rand.Reader, e); err == nil {
				t.Error("signed")
			}
		})
	}
	if _, err := s.Sign(bytes.NewReader(nil), full(t)); err == nil {
		t.Error("signed without salts")
	}
	if _, err := evidence.NewSigner(nil); err == nil {
		t.Error("a signer without a key")
	}
	if !strings.HasPrefix(fmt.Sprintf("%#v", s), "evidence.Signer(") {
		t.Error("the signer prints its key")
	}
}

func TestSignIsStable(t *testing.T) {
	s, _ := newSigner(t, 1)
	e := full(t)
	random := bytes.Repeat([]byte("0123456789abcdef"), 64)
	a, err := s.Sign(bytes.NewReader(random), e)
	if err != nil {
		t.Fatal(err)
	}
	e.Presentation = json.RawMessage(" {\"offers\" : {\"first\":\"off\", \"px\":16}}\n")
	b, err := s.Sign(bytes.NewReader(random), e)
	if err != nil || a.Compact() != b.Compact() {
		t.Errorf("the same event is signed as other bytes: %v", err)
	}
}

func TestAnyTextComesBack(t *testing.T) {
	s, keys := newSigner(t, 1)
	id := full(t).ID
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		e := evidence.Event{Issuer: "i", IssuedAt: now, ID: id, Name: evidence.ConsentGiven, PersonName: text,
			Act: evidence.Act{Kind: "message", Text: text}, Choices: []evidence.Choice{{Purpose: text}}}
		signed, err := s.Sign(rand.Reader, e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := evidence.Verify(signed, keys)
		if err != nil {
			t.Fatal(err)
		}
		if got.PersonName != text || got.Act.Text != text || got.Choices[0].Purpose != text {
			t.Fatalf("%q comes back as %q", text, got.PersonName)
		}
	})
}

func FuzzVerify(f *testing.F) {
	s, keys := newSigner(f, 1)
	// The same in every process of the fuzzer.
	e := full(f)
	e.ID = "019aa000-0000-7000-8000-000000000002"
	signed, err := s.Sign(bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 64)), e)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed.Compact())
	f.Add(signed.JWT + "~")
	f.Fuzz(func(t *testing.T, compact string) {
		p, err := evidence.Parse(compact)
		if err != nil {
			return
		}
		if _, err := evidence.Verify(p, keys); err == nil && p.JWT != signed.JWT {
			t.Errorf("another event holds: %q", compact)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s, _ := newSigner(b, 1)
	e := full(b)
	b.ReportAllocs()
	for b.Loop() {
		sign(b, s, e)
	}
}

func BenchmarkVerify(b *testing.B) {
	s, keys := newSigner(b, 1)
	compact := sign(b, s, full(b)).Compact()
	b.ReportAllocs()
	for b.Loop() {
		p, err := evidence.Parse(compact)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := evidence.Verify(p, keys); err != nil {
			b.Fatal(err)
		}
	}
}

// The two below are what Sign and Verify are measured against.
func BenchmarkBareSign(b *testing.B) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	msg := make([]byte, 2500)
	for b.Loop() {
		ed25519.Sign(key, msg)
	}
}

func BenchmarkBareVerify(b *testing.B) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	msg := make([]byte, 2500)
	sig := ed25519.Sign(key, msg)
	for b.Loop() {
		ed25519.Verify(key.Public().(ed25519.PublicKey), msg, sig)
	}
}
