package lint_test

import (
	"testing"

	"assent/consent"
	"assent/funnel"
	"assent/funnel/lint"
)

func findWith(v *funnel.Version, o lint.Options, code string) (lint.Finding, bool) {
	for _, f := range lint.Check(v, o) {
		if f.Code == code {
			return f, true
		}
	}
	return lint.Finding{}, false
}

// Two short names that people take for one another are a warning at the name: of
// purposes, where STOP and the name ends one of them, of addresses, and of codes.
func TestAlike(t *testing.T) {
	title := func(s string) spoil {
		return func(_ *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) { p.Title = s }
	}
	named := func(names ...string) lint.Options {
		return lint.Options{Purposes: map[string][]string{"offers": {"Kwiz"}, "news": names}}
	}
	for _, c := range []struct {
		name  string
		code  string
		o     lint.Options
		spoil spoil
		at    lint.Where
	}{
		{"the title of another", "purpose.name_same", named("Flower days"), title("flower-days"), lint.Where{Lang: "en", Purpose: "offers", Slot: "title"}},
		{"the key of another", "purpose.name_same", named(), title("NEWS"), lint.Where{Lang: "en", Purpose: "offers", Slot: "title"}},
		{"its key is another's title", "purpose.name_same", named("Offers"), title("Bouquets"), lint.Where{Purpose: "offers", Slot: "key"}},
		{"one letter more", "purpose.name_near", named("Flower day"), title("Flower days"), lint.Where{Lang: "en", Purpose: "offers", Slot: "title"}},
		{"letters that look alike", "purpose.name_near", named("Tu1ips"), title("Tulips"), lint.Where{Lang: "en", Purpose: "offers", Slot: "title"}},
		{"two of one version", "purpose.name_same", lint.Options{}, func(v *funnel.Version, x *funnel.Text, p *funnel.PurposeText) {
			v.Purposes = append(v.Purposes, funnel.Purpose{Key: "more", Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4})
			x.Purposes["more"] = funnel.PurposeText{Title: "kwiz", Words: "x", Say: "x"}
		}, lint.Where{Lang: "en", Purpose: "more", Slot: "title"}},
		{"an address", "funnel.slug_near", lint.Options{Slugs: []string{"winter", "sprlng"}}, title("Kwiz"), lint.Where{Slot: "slug"}},
		{"labels", "entry.label_same", lint.Options{Entries: []string{"Window, Berlin", "Till", "window berlin"}}, title("Kwiz"), lint.Where{Slot: "entries"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, ok := findWith(with(t, "en", c.spoil), c.o, c.code)
			if !ok || f.Severity != lint.Warning || f.Where != c.at {
				t.Errorf("found %v: %+v", ok, f)
			}
		})
	}
	for name, c := range map[string]struct {
		o     lint.Options
		spoil spoil
	}{
		"its own names":         {lint.Options{Purposes: map[string][]string{"offers": {"Kwiz", "Offers"}}}, title("Kwiz")},
		"short ones":            {named("Rose"), title("Rows")},
		"numbers":               {named("Spring 2026"), title("Spring 2027")},
		"two letters":           {named("Flower"), title("Flavour")},
		"a copy's address":      {lint.Options{Slugs: []string{"spring-2"}}, title("Kwiz")},
		"tables with a number":  {lint.Options{Entries: []string{"Table 12", "Table 13"}}, title("Kwiz")},
		"nothing stands beside": {lint.Options{}, title("Kwiz")},
	} {
		t.Run(name, func(t *testing.T) {
			v := with(t, "en", c.spoil)
			for _, code := range []string{"purpose.name_same", "purpose.name_near", "funnel.slug_near", "entry.label_same"} {
				if f, ok := findWith(v, c.o, code); ok {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// A text that is still that of a funnel to begin with, or of the version's own
// language, is said where it stands; one word may be the same in two languages.
func TestBorrowed(t *testing.T) {
	v := worded(t, "en")
	text := v.Texts["en"]
	text.Title, text.Intro, text.Greeting = "Flowers every week", "We bind what grows.", "Hello"
	text.Purposes = map[string]funnel.PurposeText{"offers": {Title: "Weekly flowers", Words: "x", Say: "x", Slots: &funnel.Slots{Kind: "flowers of the week"}}}
	v.Texts["en"] = text
	other := text
	other.Intro = "Wir binden, was wächst."
	v.Texts["de"] = other
	v.Texts["en-GB"] = text
	o := lint.Options{Samples: map[string]bool{"We bind what grows.": true, "flowers of the week": true}}
	got := map[lint.Where]string{}
	for _, f := range lint.Check(v, o) {
		if f.Code == "language.copied" || f.Code == "text.sample" {
			got[f.Where] += f.Code + " "
		}
		if f.Code == "language.copied" && (f.Severity != lint.Hint || f.Params["Other"] != "en") {
			t.Errorf("%+v", f)
		}
	}
	for at, want := range map[lint.Where]string{
		{Lang: "en", Slot: "intro"}:                     "text.sample ",
		{Lang: "en", Purpose: "offers", Slot: "kind"}:   "text.sample ",
		{Lang: "de", Slot: "title"}:                     "language.copied ",
		{Lang: "de", Slot: "intro"}:                     "",
		{Lang: "de", Slot: "greeting"}:                  "",
		{Lang: "de", Purpose: "offers", Slot: "title"}:  "language.copied ",
		{Lang: "de", Purpose: "offers", Slot: "kind"}:   "text.sample language.copied ",
		{Lang: "en-GB", Slot: "title"}:                  "",
		{Lang: "en-GB", Purpose: "offers", Slot: "say"}: "",
	} {
		if got[at] != want {
			t.Errorf("%s: %q, want %q", at, got[at], want)
		}
	}
}
