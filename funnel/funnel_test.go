package funnel_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
)

func version() *funnel.Version {
	text := func(hello, ask string) funnel.Text {
		return funnel.Text{Title: "Sign up", Intro: "Intro & more", Greeting: hello, Ask: ask, Code: "Code", Purposes: map[string]funnel.PurposeText{
			"offers": {Title: "Offers", Words: "I agree to <offers>.", Say: "Yes, send me offers."},
			"orders": {Title: "Orders", Words: "I agree to order updates.", Say: "Yes, send me order updates."},
			"bill":   {Title: "Bills", Words: "We send bills.", Say: "Send me my bills."},
		}}
	}
	return &funnel.Version{
		ID: "v1", Slug: "shop", Mode: funnel.ModeChat, NumberField: funnel.NumberNone, Language: "en",
		Purposes: []funnel.Purpose{
			{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4},
			{Key: "orders", Scope: consent.Transactional, Basis: consent.ByConsent},
			{Key: "bill", Scope: consent.Transactional, Basis: consent.ByContract},
		},
		Texts: map[string]funnel.Text{"en": text("Hello.", "Ask me."), "de": text("Hallo.", "Fragen Sie mich."), "ar": text("مرحبا.", "اسألني.")},
	}
}

func TestPrefill(t *testing.T) {
	v := version()
	tests := []struct {
		name   string
		ticked []string
		want   string
	}{
		{"one ticked", []string{"offers"}, "Hello. Yes, send me offers. Send me my bills. Code 7K2MQ9X4TB"},
		{"contract only", nil, "Hello. Send me my bills. Code 7K2MQ9X4TB"},
		{"order of the version, not of the form", []string{"orders", "offers"}, "Hello. Yes, send me offers. Yes, send me order updates. Send me my bills. Code 7K2MQ9X4TB"},
		{"a key that is not offered says nothing", []string{"evil"}, "Hello. Send me my bills. Code 7K2MQ9X4TB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := v.Prefill("en", tt.ticked, "7K2MQ9X4TB")
			if diff := cmp.Diff(tt.want, p.Text()); diff != "" {
				t.Error(diff)
			}
			if !p.Same(strings.ToLower(tt.want)) || p.StopIn(tt.want) || !p.StopIn(tt.want+" stop") {
				t.Error("the text as sent is not recognised")
			}
		})
	}
	if got := v.EntryPrefill("ar", "Q7K2MQ").Text(); got != "مرحبا. اسألني. Code Q7K2MQ" {
		t.Errorf("entry text %q", got)
	}
}

func TestNoticeIsStableAndEscaped(t *testing.T) {
	v := version()
	n := v.Notice("en")
	if again := v.Notice("en"); !bytes.Equal(n.Body, again.Body) || n.SHA256 != again.SHA256 {
		t.Error("the same words have two hashes")
	}
	if n.SHA256 == v.Notice("de").SHA256 {
		t.Error("two languages have one hash")
	}
	if strings.Contains(string(n.Body), "<offers>") || !strings.Contains(string(n.Body), "I agree to &lt;offers&gt;.") {
		t.Errorf("words are not escaped:\n%s", n.Body)
	}
	if v.Notice("fr").SHA256 != n.SHA256 {
		t.Error("a language that is not offered falls back to the funnel's own")
	}
	changed := version()
	changed.Purposes[0].PerMonth = 5
	if changed.Notice("en").SHA256 == n.SHA256 {
		t.Error("another frequency is another notice")
	}
}

func TestShown(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	s := funnel.Shown{Version: "v1", Lang: "de", Notice: strings.Repeat("a", 64), Page: strings.Repeat("b", 64), At: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	field := s.Seal(key)
	got, ok := funnel.OpenShown(key, field)
	if !ok || got != s {
		t.Fatalf("opened %+v, %v", got, ok)
	}
	for i := range field {
		bad := []byte(field)
		bad[i] ^= 1
		if _, ok := funnel.OpenShown(key, string(bad)); ok && string(bad) != field {
			// base64 of the last character has spare bits: the same bytes may be spelled twice
			if i != len(field)-1 && i != strings.IndexByte(field, '.')-1 {
				t.Errorf("byte %d changed and still ours", i)
			}
		}
	}
	if _, ok := funnel.OpenShown(bytes.Repeat([]byte{8}, 32), field); ok {
		t.Error("another key's field is ours")
	}
}

func FuzzOpenShown(f *testing.F) {
	key := []byte("k")
	f.Add("")
	f.Add(funnel.Shown{Version: "v"}.Seal(key))
	f.Add("e30.AAAA")
	f.Fuzz(func(t *testing.T, field string) {
		if s, ok := funnel.OpenShown(key, field); ok && s.Seal(key) == "" {
			t.Error("opened what cannot be sealed")
		}
	})
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*funnel.Version)
		field string
	}{
		{"good", func(*funnel.Version) {}, ""},
		{"no purpose", func(v *funnel.Version) { v.Purposes = nil }, "purposes"},
		{"own language missing", func(v *funnel.Version) { v.Language = "fr" }, "language"},
		{"marketing on a contract", func(v *funnel.Version) { v.Purposes[0].Basis = consent.ByContract }, "purposes"},
		{"template without number", func(v *funnel.Version) { v.Mode = funnel.ModeTemplate; v.Template = "t" }, "mode"},
		{"words missing in one language", func(v *funnel.Version) { delete(v.Texts["de"].Purposes, "offers") }, "texts"},
		{"words too long for a message", func(v *funnel.Version) {
			v.Texts["ar"].Purposes["offers"] = funnel.PurposeText{Title: "x", Say: "x", Words: strings.Repeat("ك", funnel.MaxWords+1)}
		}, "texts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := version()
			tt.spoil(v)
			err := v.Check()
			if fault.FieldOf(err) != tt.field || (err == nil) != (tt.field == "") {
				t.Errorf("got %v, want a fault of %q", err, tt.field)
			}
		})
	}
}

func TestServes(t *testing.T) {
	v := version()
	if !v.Serves("DE") || !v.Serves("") {
		t.Error("a funnel for every country serves all")
	}
	v.Countries = []string{"DE", "AT"}
	if !v.Serves("AT") || v.Serves("US") || v.Serves("") {
		t.Error("a funnel for some countries serves those, and nobody unknown")
	}
}
