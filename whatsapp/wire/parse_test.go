package wire_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assent/fault"
	"assent/whatsapp/wire"
)

var update = flag.Bool("update", false, "write what Parse makes of the fixtures to testdata/*.want")

// fixtureSecret signs the fixtures: testdata/NAME.sig holds the signature of
// the exact bytes of testdata/NAME.json.
const fixtureSecret = "fixture-app-secret"

func fixtures(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) < 60 {
		t.Fatalf("%d fixtures, %v", len(names), err)
	}
	return names
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dump writes the elements as one JSON object a line, without what is empty.
func dump(t testing.TB, b wire.Batch) string {
	t.Helper()
	var out strings.Builder
	for _, e := range b.Elements {
		e.Slice.Bytes, e.ContactSlice.Bytes = nil, nil
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(prune(tree))
		if err != nil {
			t.Fatal(err)
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.String()
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			if m = prune(m); m == nil {
				delete(v, k)
			} else {
				v[k] = m
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

// checkSlices verifies that slices are places in the body and hold JSON.
func checkSlices(t testing.TB, body []byte, b wire.Batch) {
	t.Helper()
	for _, e := range b.Elements {
		for _, s := range []wire.Slice{e.Slice, e.ContactSlice} {
			if s.IsZero() {
				continue
			}
			if s.Offset+len(s.Bytes) > len(body) || !bytes.Equal(body[s.Offset:s.Offset+len(s.Bytes)], s.Bytes) {
				t.Fatalf("%s: the slice is not where it says", e.Kind)
			}
			if !json.Valid(s.Bytes) {
				t.Fatalf("%s: the slice is not a JSON value: %q", e.Kind, s.Bytes)
			}
		}
		if e.Slice.IsZero() {
			t.Fatalf("%s: no slice", e.Kind)
		}
	}
}

func TestFixtures(t *testing.T) {
	for _, name := range fixtures(t) {
		base := strings.TrimSuffix(name, ".json")
		t.Run(filepath.Base(base), func(t *testing.T) {
			body := read(t, name)
			header := strings.TrimSpace(string(read(t, base+".sig")))
			if i, ok := wire.VerifySignature(header, body, "another", fixtureSecret); !ok || i != 1 {
				t.Errorf("signature: %d %v", i, ok)
			}
			b, err := wire.Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			checkSlices(t, body, b)
			got := dump(t, b)
			if *update {
				if err := os.WriteFile(base+".want", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(read(t, base+".want")), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func parseFixture(t testing.TB, name string) wire.Batch {
	t.Helper()
	b, err := wire.Parse(read(t, "testdata/"+name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestMeaning states in code what matters most in the golden files.
func TestMeaning(t *testing.T) {
	e := parseFixture(t, "button").Elements[0]
	if e.Kind != wire.KindMessage || e.Message.Button.Payload != "doi:7f3a" || e.Message.Context.ID == "" || e.Message.Text != nil {
		t.Errorf("button: %+v", e.Message)
	}
	if e.PhoneNumberID != "1002003" || e.WABA != "900100" || e.Contact.Profile.Name != "Anna" || e.Message.Timestamp.Time() != time.Unix(1790000000, 0).UTC() {
		t.Errorf("envelope: %+v", e)
	}
	if e := parseFixture(t, "button_no_context").Elements[0]; e.Kind != wire.KindMessage || e.Message.Context != nil {
		t.Error("a button without context")
	}
	if e := parseFixture(t, "text_bsuid_only").Elements[0]; e.Message.From != "" || e.Message.FromUserID == "" || e.Contact.UserID != e.Message.FromUserID {
		t.Error("a message without a number")
	}
	if a, b := parseFixture(t, "text_arabic").Elements[0], parseFixture(t, "text_arabic_utf8").Elements[0]; a.Message.Text.Body != b.Message.Text.Body || !strings.HasPrefix(a.Message.Text.Body, "نعم") || bytes.Equal(a.Slice.Bytes, b.Slice.Bytes) {
		t.Error("escaped and plain UTF-8 are one text and two slices")
	}
	for name, want := range map[string]wire.System{
		"system_number":      {Type: wire.NumberChanged, WAID: "491517654321", PreviousWAID: "491701234567", UserID: "DE.NEW1", PreviousUserID: "DE.1A2B3C4D5E6F"},
		"system_number_2025": {Type: wire.NumberChanged, WAID: "491517654321", PreviousWAID: "491701234567"},
		"system_number_old":  {Type: wire.NumberChanged, WAID: "491517654321", PreviousWAID: "491701234567", NewWAID: "491517654321", Customer: "491701234567"},
		"system_user_id":     {Type: wire.UserIDChanged, UserID: "CO.NEW2", PreviousUserID: "DE.1A2B3C4D5E6F", ParentUserID: "CO.ENT.1", PreviousParentUserID: "DE.ENT.77A8"},
		"user_id_update":     {Type: wire.UserIDChanged, UserID: "DE.NEW3", PreviousUserID: "DE.1A2B3C4D5E6F", WAID: "491701234567"},
		"system_identity":    {Type: wire.IdentityChanged, PreviousWAID: "491701234567"},
	} {
		e := parseFixture(t, name).Elements[0]
		got := *e.Message.System
		got.Body = ""
		if e.Kind != wire.KindSystem || got != want {
			t.Errorf("%s: %s %s", name, e.Kind, cmp.Diff(want, got))
		}
	}
	if e := parseFixture(t, "status_failed").Elements[0]; e.Status.Errors[0].Code != wire.CodePlatformStop || e.Status.Callback != "outbox:01J9" {
		t.Error("a failed status")
	}
	if e := parseFixture(t, "status_old_parent").Elements[0]; e.Status.RecipientParentUserID != "DE.ENT.77A8" {
		t.Error("the older name of the parent's id")
	}
	if e := parseFixture(t, "poison").Elements[0]; e.Kind != wire.KindMessage || !strings.Contains(e.Message.Text.Body, "a\x00b") {
		t.Error("U+0000 in a text")
	}
	if e := parseFixture(t, "numbers_for_strings").Elements[0]; e.Message.From != "491701234567" || e.Message.Text.Body != "4711" || e.PhoneNumberID != "1002003" || e.WABA != "900100" || e.Contact.WAID != "491701234567" {
		t.Errorf("integers for strings: %+v", e)
	}
	if e := parseFixture(t, "template_status").Elements[0]; e.Template.Language != "en_US" || e.Template.ID != "594425479261596" || e.Template.Category != "MARKETING" {
		t.Errorf("template: %+v", e.Template)
	}
}

// TestNeighbours: one bad element leaves the others as they are.
func TestNeighbours(t *testing.T) {
	b := parseFixture(t, "wrong_types")
	var good, bad []string
	for _, e := range b.Elements {
		switch {
		case e.Kind == wire.KindMessage:
			good = append(good, e.Message.Text.Body)
		case e.Reason == "":
			t.Errorf("%s without a reason", e.Kind)
		default:
			bad = append(bad, e.Reason)
		}
		if strings.Contains(e.Reason, "yesterday") || strings.Contains(e.Reason, "4917") {
			t.Errorf("the reason repeats a value: %s", e.Reason)
		}
	}
	if diff := cmp.Diff([]string{"good", "last"}, good); diff != "" {
		t.Error(diff)
	}
	if len(bad) != 12 {
		t.Errorf("%d bad elements: %q", len(bad), bad)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name string
		body []byte
		kind fault.Kind
	}{
		{"nothing", nil, fault.Invalid},
		{"not JSON", []byte("hello"), fault.Invalid},
		{"cut off", []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1"`), fault.Invalid},
		{"an array", []byte("[]"), fault.Invalid},
		{"two values", []byte("{}{}"), fault.Invalid},
		{"too large", bytes.Repeat([]byte(" "), wire.MaxBody+1), fault.TooLarge},
		{"nested without end", bytes.Repeat([]byte(`{"entry":[`), 300_000), fault.Invalid},
		{"too many elements", body(strings.TrimSuffix(strings.Repeat("{},", 20_000), ",")), fault.TooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := wire.Parse(tt.body); fault.KindOf(err) != tt.kind || err == nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

func body(messages string) []byte {
	return []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"2"},"messages":[` + messages + `]}}]}]}`)
}

func TestDeepNeighbour(t *testing.T) {
	deep := `{"id":"a","type":"text","timestamp":"1","text":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`
	good := `{"id":"b","type":"text","timestamp":"1790000000","text":{"body":"x"}}`
	b, err := wire.Parse(body(deep + "," + good))
	if err != nil || len(b.Elements) != 2 || b.Elements[0].Kind != wire.KindMalformed || b.Elements[1].Kind != wire.KindMessage {
		t.Fatalf("%v, %+v", err, b.Elements)
	}
}

func TestNothingVanishes(t *testing.T) {
	for _, s := range []string{`{}`, `{"object":"whatsapp_business_account"}`, `{"object":"whatsapp_business_account","entry":[]}`,
		`{"object":"whatsapp_business_account","entry":{}}`, `{"object":"whatsapp_business_account","entry":[{"changes":[]}]}`,
		`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":[]}]}]}`,
		`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages"}]}]}`,
		`{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"messages":[]}}]}]}`,
		`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"messages":[]}}]}]}`} {
		b, err := wire.Parse([]byte(s))
		if err != nil || len(b.Elements) != 1 || b.Elements[0].Kind == wire.KindMessage {
			t.Errorf("%s: %v %+v", s, err, b.Elements)
			continue
		}
		checkSlices(t, []byte(s), b)
	}
}

// large returns a body of n elements that fills about three megabytes.
func large(n int) []byte {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"from":"4917000%05d","from_user_id":"DE.U%d","id":"wamid.L%d","timestamp":"1790000000","type":"text","text":{"body":"%s"}}`,
			i, i, i, strings.Repeat(`\u0646\u0639 \ud83d\udc4d `, 100))
	}
	return body(b.String())
}

func TestLargeBatch(t *testing.T) {
	raw := large(1000)
	if len(raw) < 2_500_000 {
		t.Fatalf("%d bytes only", len(raw))
	}
	b, err := wire.Parse(raw)
	if err != nil || len(b.Elements) != 1000 {
		t.Fatalf("%d elements, %v", len(b.Elements), err)
	}
	checkSlices(t, raw, b)
	for i, e := range b.Elements {
		if e.Kind != wire.KindMessage || e.Index != i || e.Message.FromUserID != fmt.Sprintf("DE.U%d", i) {
			t.Fatalf("element %d: %+v", i, e)
		}
	}
}

// TestGenerated builds envelopes of any number of entries, changes and
// elements, and expects each element back once, in order.
func TestGenerated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		n := 0
		element := func(status bool) map[string]any {
			n++
			id := fmt.Sprintf("wamid.%d", n)
			want = append(want, id)
			m := map[string]any{"id": id, "timestamp": rapid.SampledFrom([]any{"1790000000", 1790000000}).Draw(t, "time")}
			if status {
				m["status"] = "sent"
				return m
			}
			m["type"], m["text"] = "text", map[string]any{"body": rapid.String().Draw(t, "text")}
			return m
		}
		entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) any {
			return map[string]any{"id": "1", "changes": rapid.SliceOfN(rapid.Custom(func(t *rapid.T) any {
				array, status := "messages", rapid.Bool().Draw(t, "status")
				if status {
					array = "statuses"
				}
				var all []any
				for range rapid.IntRange(1, 4).Draw(t, "n") {
					all = append(all, element(status))
				}
				return map[string]any{"field": "messages", "value": map[string]any{array: all, "x": rapid.String().Draw(t, "x")}}
			}), 1, 3).Draw(t, "changes")}
		}), 1, 3).Draw(t, "entries")
		raw, err := json.MarshalIndent(map[string]any{"object": "whatsapp_business_account", "entry": entries}, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := wire.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range b.Elements {
			switch e.Kind {
			case wire.KindMessage:
				got = append(got, e.Message.ID)
			case wire.KindStatus:
				got = append(got, e.Status.ID)
			default:
				t.Fatalf("%s: %s", e.Kind, e.Reason)
			}
			if !bytes.Equal(raw[e.Slice.Offset:e.Slice.Offset+len(e.Slice.Bytes)], e.Slice.Bytes) {
				t.Fatal("a slice is elsewhere")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, name := range fixtures(f) {
		f.Add(read(f, name))
	}
	f.Add([]byte(`{"entry":[{"changes":[{"field":"messages","value":{"messages":[{"edit":{"message":{"edit":{"message":{}}}}}]}}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := wire.Parse(raw)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		if len(b.Elements) == 0 {
			t.Fatal("everything vanished")
		}
		checkSlices(t, raw, b)
		for _, e := range b.Elements {
			if (e.Kind == wire.KindMalformed) && e.Reason == "" {
				t.Fatal("malformed without a reason")
			}
			if e.Kind == wire.KindMessage && (e.Message.ID == "" || e.Message.Timestamp == 0) {
				t.Fatal("a message without what makes it one")
			}
		}
	})
}

func BenchmarkParse3MB(b *testing.B) {
	raw := large(1000)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := wire.Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// What Named sees in passing is what Parse reads, where no key is written in escapes.
func TestNamed(t *testing.T) {
	for _, name := range fixtures(t) {
		body := read(t, name)
		b, err := wire.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		seen := wire.Named(body, 100)
		for _, e := range b.Elements {
			if bytes.Contains(body, []byte(`phone_number_id`)) && e.PhoneNumberID != "" && !slices.Contains(seen, e.PhoneNumberID) && !strings.Contains(name, "escaped") {
				t.Errorf("%s: %q are seen, not %s", name, seen, e.PhoneNumberID)
			}
		}
	}
	for body, want := range map[string]string{
		`{"phone_number_id":"1"}`:                                               "1",
		`{"phone_number_id" : ` + "\n\t" + `"12" `:                              "12",
		`"phone_number_id":12`:                                                  "12",
		`"phone_number_id":"1","phone_number_id":"1"`:                           "1",
		`"phone_number_id":"1","phone_number_id":"2"`:                           "1 2",
		`"phone_number_id"`:                                                     "",
		`"phone_number_id":`:                                                    "",
		`"phone_number_id":"`:                                                   "",
		`"phone_number_id":"x"`:                                                 "",
		`{"text":"\"phone_number_id\":\"1\""}`:                                  "",
		`"phone_number_id":` + strings.Repeat("9", 100):                         strings.Repeat("9", 64),
		`"phone_number_id""phone_number_id":"3"`:                                "3",
		strings.Repeat(`"phone_number_id":"1",`, 200) + `"phone_number_id":"2"`: "1 2",
	} {
		if got := strings.Join(wire.Named([]byte(body), 8), " "); got != want {
			t.Errorf("%.60s names %q, want %q", body, got, want)
		}
	}
	many := ""
	for i := range 100 {
		many += fmt.Sprintf(`"phone_number_id":"%d",`, i)
	}
	if got := len(wire.Named([]byte(many), 8)); got != 8 {
		t.Errorf("%d numbers, want 8", got)
	}
}

func FuzzNamed(f *testing.F) {
	f.Add([]byte(`{"metadata":{"phone_number_id": "100"}}`))
	f.Add([]byte(`"phone_number_id":`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ids := wire.Named(body, 8)
		if len(ids) > 8 {
			t.Errorf("%d ids", len(ids))
		}
		for _, id := range ids {
			if id == "" || len(id) > 64 || strings.Trim(id, "0123456789") != "" || !bytes.Contains(body, []byte(id)) {
				t.Errorf("%q is no id", id)
			}
		}
	})
}

// Refused bodies are many, if somebody wants: what is looked for in one costs no more
// than reading it.
func BenchmarkNamed(b *testing.B) {
	body := []byte(strings.Repeat(`{"phone_number_id":[`, 64<<10/20))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		wire.Named(body, 8)
	}
}
