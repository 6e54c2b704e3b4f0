package lint_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"assent/consent"
	"assent/funnel"
	"assent/funnel/lint"
)

// The languages of the interface that have word lists.
var languages = []string{"ar", "bn", "de", "en", "es", "fr", "he", "hi", "id", "it", "ja", "nl", "pl", "pt-BR", "tr"}

const business = "Rosa Blumen GmbH"

// phrases are the sentences that fixes offer in a language.
func phrases(t testing.TB, lang string) map[string]string {
	t.Helper()
	body, err := os.ReadFile("speech/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Fix    map[string]string `json:"fix"`
		Topics []string          `json:"topics"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	replace := strings.NewReplacer("{business}", business, "{provider}", "Bridge Ltd", "{url}", "https://rosa.example/privacy", "{n}", "4")
	for k, s := range doc.Fix {
		doc.Fix[k] = replace.Replace(s)
	}
	doc.Fix["topics"] = doc.Topics[0] + "."
	return doc.Fix
}

// parts is what good words say, in order.
var parts = []string{"agree", "topics", "from", "recipient", "provider", "number", "frequency", "stop", "free", "optional", "automated", "complaint", "notice"}

// worded returns a version whose marketing words in the language consist of the
// sentences of its fixes, without some.
func worded(t testing.TB, lang string, without ...string) *funnel.Version {
	t.Helper()
	fix := phrases(t, lang)
	var words []string
	for _, part := range parts {
		if !slices.Contains(without, part) {
			words = append(words, fix[part])
		}
	}
	v := &funnel.Version{
		Slug: "spring", Mode: funnel.ModeChat, NumberField: funnel.NumberRequired, Language: lang, MinAge: 18,
		Countries:  []string{"DE", "FR", "GB", "US", "CA", "BR", "IN", "ZA", "SG", "SA", "AE"},
		Purposes:   []funnel.Purpose{{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4}},
		Controller: funnel.Controller{LegalName: business, BrandName: "Rosa", Address: "Am Markt 1, Bonn", Contact: "hallo@rosa.example", NoticeURL: "https://rosa.example/privacy", Colour: "#0b6b3a"},
		Texts: map[string]funnel.Text{lang: {
			Title: fix["topics"], Intro: fix["from"], Greeting: fix["topics"], Ask: fix["topics"], Code: fix["topics"], Thanks: fix["topics"],
			Age:      strings.ReplaceAll(fix["adult"], "4", "18"),
			Purposes: map[string]funnel.PurposeText{"offers": {Title: "Kwiz", Words: strings.Join(words, " "), Say: fix["agree"]}},
		}},
	}
	return v
}

var bsp = lint.Options{Provider: "Bridge Ltd", Number: "+4915735990000"}

func codes(findings []lint.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.Code)
	}
	return list
}

// What the fixes say is what the lint looks for, in every language and for
// every jurisdiction.
func TestGoodWords(t *testing.T) {
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			for _, f := range lint.Check(worded(t, lang), bsp) {
				if f.Code == "language.india" && !slices.Contains([]string{"bn", "en", "hi"}, lang) {
					continue
				}
				if f.Severity == lint.Error || strings.HasPrefix(f.Code, "words.") || f.Code == "language.guess" {
					t.Errorf("%s: %s %s %v", f.Severity, f.Code, f.Where, f.Params)
				}
			}
		})
	}
}

// Each thing that the words must say is missed when it is not said, and found
// again with the fix.
func TestMissing(t *testing.T) {
	for _, c := range []struct {
		code    string
		without []string
	}{
		{"words.business_missing", []string{"from"}},
		{"words.channel_missing", []string{"from", "recipient", "provider"}},
		{"words.agree_missing", []string{"agree"}},
		{"words.stop_missing", []string{"stop", "free"}},
		{"words.free_missing", []string{"free"}},
		{"words.condition_missing", []string{"optional"}},
		{"words.automated_missing", []string{"automated"}},
		{"words.number_missing", []string{"number"}},
		{"words.kind_missing", []string{"topics"}},
		{"words.frequency_missing", []string{"frequency"}},
		{"words.notice_missing", []string{"notice"}},
		{"words.recipient_missing", []string{"from", "recipient", "provider"}},
		{"words.provider_missing", []string{"provider"}},
		{"words.complaint_missing", []string{"complaint"}},
	} {
		for _, lang := range languages {
			t.Run(c.code+"/"+lang, func(t *testing.T) {
				v := worded(t, lang, c.without...)
				i := slices.IndexFunc(lint.Check(v, bsp), func(f lint.Finding) bool { return f.Code == c.code })
				if i < 0 {
					t.Fatalf("not found in %q", v.Texts[lang].Purposes["offers"].Words)
				}
				f := lint.Check(v, bsp)[i]
				fixed, ok := lint.Apply(v, f)
				if !ok {
					t.Fatal("no fix")
				}
				if slices.Contains(codes(lint.Check(fixed, bsp)), c.code) {
					t.Errorf("still found in %q", fixed.Texts[lang].Purposes["offers"].Words)
				}
			})
		}
	}
}
