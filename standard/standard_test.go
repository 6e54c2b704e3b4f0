package standard_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assent/fault"
	"assent/standard"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(minute int) time.Time { return time.Date(2026, 11, 23, 10, minute, 12, 345e6, time.UTC) }

// example is a person who said yes to one thing and no to another, stopped, and
// has an order.
func example() standard.Record {
	return standard.Record{
		ID: standard.UUID("example", "1"), Created: at(40), Language: "de", Recipient: "WhatsApp",
		Principal: standard.Principal{ID: standard.UUID("example", "person"), Number: "+491701234567", Account: "DE.7FK3", Name: "Ada Ünlü"},
		Business: standard.Business{
			ID: "https://assent.example/b/sonnentor", LegalName: "Sonnentor GmbH & Co. KG", Address: "Musterweg 1, 20457 Hamburg", Contact: "Lea Brandt",
			Email: "hallo@sonnentor.example", Phone: "+494012345", Country: "DE", PolicyURL: "https://sonnentor.example/datenschutz",
			StopAt: "https://wa.me/494012345", StopWords: "Write STOP to +494012345 on WhatsApp.",
		},
		Notices: []standard.Notice{{SHA256: strings.Repeat("0f", 32), Language: "de", Version: "offers 7", Published: at(0)}},
		Purposes: []standard.Purpose{
			{Key: "offers", Title: "Angebote", Words: "Ja, Sonnentor darf mir „Angebote“ schreiben <höchstens 4 im Monat>.", Language: "de", Marketing: true,
				Data: []standard.Data{standard.Telephone, standard.Account, standard.FullName}, State: standard.Withdrawn,
				History: []standard.Status{
					{State: standard.Requested, Event: standard.UUID("event", "1"), At: at(1), Method: "form", Business: true},
					{State: standard.Given, Event: standard.UUID("event", "2"), At: at(2), Method: "prefilled message"},
					{State: standard.Withdrawn, Event: standard.UUID("event", "3"), At: at(30), Method: "keyword"},
				}},
			{Key: "news", Title: "Neues", Words: "Ja, Neues.", Language: "de", Marketing: true, Data: []standard.Data{standard.Telephone}, State: standard.Refused,
				History: []standard.Status{{State: standard.Refused, Event: standard.UUID("event", "2"), At: at(2), Method: "prefilled message"}}},
			{Key: "orders", Title: "Bestellinfos", Words: "Ja, Bestellinfos.", Language: "de", Data: []standard.Data{standard.Telephone}, State: standard.Given,
				History: []standard.Status{{State: standard.Given, Event: standard.UUID("event", "2"), At: at(2), Until: at(59), Method: "prefilled message"}}},
			{Key: "delivery", Title: "Lieferung", Words: "Wir schreiben Ihnen zur Lieferung.", Language: "de", Contract: true, State: standard.Given,
				History: []standard.Status{{State: standard.Given, Event: standard.UUID("event", "2"), At: at(2)}}},
		},
	}
}

// foreign is what little is left elsewhere: another law, a simulated sender, no
// address, hidden number.
func foreign() standard.Record {
	r := example()
	r.Simulated, r.Recipient, r.Language = true, "", ""
	r.Principal = standard.Principal{ID: r.Principal.ID}
	r.Business = standard.Business{LegalName: "Kapoor Textiles", Country: "IN", PolicyURL: "https://kapoor.example/privacy notice"}
	r.Purposes = r.Purposes[2:3]
	r.Purposes[0].Data, r.Purposes[0].Language = nil, ""
	return r
}

// erased is what is left of an erased person: the clear parts of their events.
func erased() standard.Record {
	return standard.Record{ID: standard.UUID("example", "2"), Created: at(50), Principal: standard.Principal{ID: standard.UUID("example", "nobody")},
		Business: example().Business}
}

var examples = []struct {
	name   string
	record standard.Record
}{{"example", example()}, {"foreign", foreign()}, {"erased", erased()}}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestGolden(t *testing.T) {
	for _, tt := range examples {
		t.Run(tt.name, func(t *testing.T) {
			record, err := standard.DPV(tt.record)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name+".jsonld", record)
			receipt, err := standard.Kantara(tt.record)
			if tt.name == "erased" {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("a receipt for nothing: %s", receipt)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name+".receipt.json", receipt)
		})
	}
}

// terms are the terms that DPV 2.3 and the other vocabularies define, as far as
// they are used here.
func terms(t testing.TB) map[string]bool {
	t.Helper()
	b, err := os.ReadFile("testdata/terms.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known[line] = true
		}
	}
	return known
}

// Every word of a record's vocabulary is a term that exists.
func TestTermsExist(t *testing.T) {
	known, used := terms(t), map[string]bool{}
	for _, tt := range examples {
		record, err := standard.DPV(tt.record)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(record, &doc); err != nil {
			t.Fatal(err)
		}
		w := walk{prefixes: map[string]string{}, links: map[string]bool{}, used: used}
		for name, v := range doc["@context"].(map[string]any) {
			if s, ok := v.(string); ok {
				w.prefixes[name] = s
			} else {
				w.links[name] = v.(map[string]any)["@type"] == "@id"
			}
		}
		delete(doc, "@context")
		w.value("", doc)
	}
	for term := range used {
		if !known[term] {
			t.Errorf("<%s> is no known term", term)
		}
	}
	if len(used) < 60 {
		t.Errorf("only %d terms are in use", len(used))
	}
}

// walk collects the terms of a JSON-LD document that has one inline context.
type walk struct {
	prefixes map[string]string
	links    map[string]bool // members whose text is an address
	used     map[string]bool
}

func (w walk) term(s string) {
	prefix, rest, _ := strings.Cut(s, ":")
	if base, ok := w.prefixes[prefix]; ok {
		w.used[base+rest] = true
	} else if strings.HasPrefix(s, "https://w3id.org/") {
		w.used[s] = true
	} else if strings.HasPrefix(rest, "//") || prefix == "urn" {
		return // an address of the record's own
	} else {
		w.used["no prefix: "+s] = true
	}
}

func (w walk) value(member string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, inside := range v {
			if !strings.HasPrefix(name, "@") {
				w.term(name)
			}
			w.value(name, inside)
		}
	case []any:
		for _, one := range v {
			w.value(member, one)
		}
	case string:
		if member == "@type" || w.links[member] || member == "dct:conformsTo" {
			w.term(v)
		}
	}
}

// All states are terms.
func TestStatesAreTerms(t *testing.T) {
	known := terms(t)
	for _, s := range []standard.State{standard.Unknown, standard.Requested, standard.Deferred, standard.Refused, standard.Given, standard.Renewed,
		standard.Withdrawn, standard.Expired, standard.Revoked, standard.Invalidated} {
		if !known["https://w3id.org/dpv#"+string(s)] {
			t.Errorf("%s is no term", s)
		}
	}
}

func genText(extra ...string) *rapid.Generator[string] {
	hostile := append([]string{"", "@id", "_:b0", "urn:x", "\"quoted\"\\", "a\nb\rc\t", "<script>&amp;", "عربي\u202e", "\x00\x01\x7f", "\ufffd", "日本語", "dpv:Purpose"}, extra...)
	return rapid.OneOf(rapid.SampledFrom(hostile), rapid.String())
}

func genRecord() *rapid.Generator[standard.Record] {
	return rapid.Custom(func(t *rapid.T) standard.Record {
		text, when := genText(), rapid.Int64Range(-1, 4e9)
		moment := func(label string) time.Time { return time.Unix(when.Draw(t, label), 0) }
		link := genText("https://a.example/x y", "https://a.example/ü?q=1#f", "javascript:alert(1)", "https://", "https://[::1]/", "http://a/%zz")
		r := standard.Record{
			ID: standard.UUID("p", text.Draw(t, "id")), Created: moment("created"), Simulated: rapid.Bool().Draw(t, "simulated"), Language: text.Draw(t, "language"),
			Recipient: text.Draw(t, "recipient"), Principal: standard.Principal{ID: text.Draw(t, "pid"), Number: text.Draw(t, "number"), Account: text.Draw(t, "account"), Name: text.Draw(t, "name")},
			Business: standard.Business{ID: link.Draw(t, "bid"), LegalName: text.Draw(t, "legal"), Address: text.Draw(t, "address"), Contact: text.Draw(t, "contact"),
				Email: text.Draw(t, "email"), Phone: text.Draw(t, "phone"), Country: rapid.SampledFrom([]string{"", "DE", "IN", "de", "X<"}).Draw(t, "country"),
				PolicyURL: link.Draw(t, "policy"), StopAt: link.Draw(t, "stop"), StopWords: text.Draw(t, "stopwords")},
		}
		for range rapid.IntRange(0, 2).Draw(t, "notices") {
			r.Notices = append(r.Notices, standard.Notice{SHA256: genText(strings.Repeat("0a", 32)).Draw(t, "sum"), Language: text.Draw(t, "nl"), Version: text.Draw(t, "nv"), Published: moment("np")})
		}
		states := []standard.State{standard.Unknown, standard.Requested, standard.Refused, standard.Given, standard.Renewed, standard.Withdrawn, standard.Expired, standard.Revoked, standard.Invalidated}
		for range rapid.IntRange(0, 3).Draw(t, "purposes") {
			p := standard.Purpose{Key: text.Draw(t, "key"), Title: text.Draw(t, "title"), Words: text.Draw(t, "words"), Language: genText("de", "zh-Hant", "x").Draw(t, "pl"),
				Marketing: rapid.Bool().Draw(t, "marketing"), Contract: rapid.Bool().Draw(t, "contract"), State: rapid.SampledFrom(states).Draw(t, "state"),
				Data: rapid.SliceOfNDistinct(rapid.SampledFrom([]standard.Data{standard.Telephone, standard.Account, standard.FullName}), 0, 3, rapid.ID).Draw(t, "data")}
			for range rapid.IntRange(0, 3).Draw(t, "history") {
				p.History = append(p.History, standard.Status{State: rapid.SampledFrom(states).Draw(t, "s"), Event: text.Draw(t, "e"), At: moment("at"), Until: moment("until"),
					Method: text.Draw(t, "m"), Business: rapid.Bool().Draw(t, "b"), Note: text.Draw(t, "n")})
			}
			r.Purposes = append(r.Purposes, p)
		}
		return r
	})
}

// Any record is JSON that says what it holds, the same each time, and its receipt
// keeps the constraints.
func TestAnyRecord(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := genRecord().Draw(rt, "record")
		record, err := standard.DPV(r)
		if err != nil {
			rt.Fatal(err)
		}
		if again, err := standard.DPV(r); err != nil || !bytes.Equal(record, again) {
			rt.Fatalf("not the same twice: %v", err)
		}
		var doc any
		if err := json.Unmarshal(record, &doc); err != nil {
			rt.Fatal(err)
		}
		said := map[string]bool{}
		texts(doc, said)
		for _, s := range spoken(r) {
			if s != "" && !said[s] {
				rt.Fatalf("%q is lost in\n%s", s, record)
			}
		}
		receipt, err := standard.Kantara(r)
		if fault.Is(err, fault.NotFound) {
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if err := checkReceipt(receipt); err != nil {
			rt.Fatalf("%v\n%s", err, receipt)
		}
	})
}

func texts(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, one := range v {
			texts(one, into)
		}
	case []any:
		for _, one := range v {
			texts(one, into)
		}
	case string:
		into[v] = true
	}
}

// spoken are the texts that a record must not lose.
func spoken(r standard.Record) []string {
	all := []string{r.Language, r.Recipient, r.Principal.ID, r.Principal.Number, r.Principal.Name, r.Business.LegalName, r.Business.Address, r.Business.Contact}
	for _, p := range r.Purposes {
		all = append(all, p.Key, p.Title, p.Words)
		for _, s := range p.History {
			all = append(all, s.Event, s.Method, s.Note)
		}
	}
	return all
}

func TestUUID(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, names := range [][]string{{}, {""}, {"a"}, {"a", "b"}, {"ab"}, {"b", "a"}} {
		id := standard.UUID("space", names...)
		if !form.MatchString(id) || seen[id] {
			t.Errorf("%q: %s", names, id)
		}
		seen[id] = true
	}
}

func TestFormat(t *testing.T) {
	for name, want := range map[string]standard.Format{"": standard.FormatKantara, "kantara": standard.FormatKantara, "dpv": standard.FormatDPV} {
		f, err := standard.ParseFormat(name)
		if err != nil || f != want {
			t.Errorf("%q: %q, %v", name, f, err)
		}
		b, err := f.Write(example())
		if err != nil || !json.Valid(b) || !strings.HasPrefix(f.MediaType(), "application/") {
			t.Errorf("%q writes no JSON: %v", name, err)
		}
	}
	if _, err := standard.ParseFormat("DPV"); !fault.Is(err, fault.Invalid) {
		t.Error("DPV is a format")
	}
}
