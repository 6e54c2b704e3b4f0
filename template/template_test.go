package template_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"assent/template"
)

var languages = []string{"ar", "bn", "de", "en", "es", "fr", "he", "hi", "id", "it", "ja", "nl", "pl", "pt_BR", "tr"}

var place = regexp.MustCompile(`\{\{[0-9]+\}\}`)

// Every text keeps Meta's limits, has the places of its samples, and none at its
// beginning or end; none advertises.
func TestLibrary(t *testing.T) {
	advertising := regexp.MustCompile(`(?i)%|€|\$|!|！|offer|discount|angebot|rabatt|gratis|free|gutschein|coupon|https?:`)
	for _, p := range template.Library() {
		var have []string
		for lang, text := range p.Texts {
			have = append(have, lang)
			places := place.FindAllString(text.Body, -1)
			slices.Sort(places)
			if places = slices.Compact(places); len(places) != len(p.Samples) {
				t.Errorf("%s %s: places %v, samples %v", p.Key, lang, places, p.Samples)
			}
			if n := utf8.RuneCountInString(text.Body); n == 0 || n > 1024 || strings.HasPrefix(text.Body, "{{") || strings.HasSuffix(text.Body, "}}") {
				t.Errorf("%s %s: Meta would refuse %q", p.Key, lang, text.Body)
			}
			labels := append(slices.Clone(text.Replies), text.Link)
			for _, l := range labels {
				if utf8.RuneCountInString(l) > 25 {
					t.Errorf("%s %s: the label %q is too long", p.Key, lang, l)
				}
			}
			if s := advertising.FindString(text.Body + strings.Join(labels, " ")); s != "" {
				t.Errorf("%s %s: %q advertises", p.Key, lang, s)
			}
			if p.Key == template.OptIn && len(text.Replies) != 3 || p.Key == template.Preferences && text.Link == "" {
				t.Errorf("%s %s: buttons %v %q", p.Key, lang, text.Replies, text.Link)
			}
			if filled := text.Fill(p.Samples...); strings.Contains(filled, "{{") || !strings.Contains(filled, p.Samples[0]) {
				t.Errorf("%s %s: filled in it says %q", p.Key, lang, filled)
			}
		}
		slices.Sort(have)
		if !slices.Equal(have, languages) {
			t.Errorf("%s is in %v", p.Key, have)
		}
		if by, ok := template.Find(p.Key); !ok || by.Name != p.Name {
			t.Errorf("%s is not found", p.Key)
		}
		if by, ok := template.Named(p.Name); !ok || by.Key != p.Key {
			t.Errorf("%s is not found by its name", p.Key)
		}
	}
	if _, ok := template.Find("none"); ok {
		t.Error("none is found")
	}
	if _, ok := template.Named("none"); ok {
		t.Error("none is found by name")
	}
}

func TestFillTakesNoPlaceFromAValue(t *testing.T) {
	if got := (template.Text{Body: "a {{1}} b {{2}} c"}).Fill("{{2}}", "x"); got != "a {{2}} b x c" {
		t.Errorf("%q", got)
	}
}

func TestPick(t *testing.T) {
	have := map[string]int{"en": 0, "de": 0, "pt_BR": 0, "es_MX": 0, "es_AR": 0}
	for wishes, want := range map[string]string{"de": "de", "de-AT": "de", "pt": "pt_BR", "pt-PT": "pt_BR", "es": "es_AR", "es-MX": "es_MX", "fr en": "en", "fr": "", "": "", "xx de en": "de"} {
		got, ok := template.Pick(have, strings.Fields(wishes)...)
		if got != want || ok != (want != "") {
			t.Errorf("Pick(%q) = %q, %v", wishes, got, ok)
		}
	}
}

func TestUsableAndMoved(t *testing.T) {
	for _, tt := range []struct {
		t             template.Template
		usable, moved bool
	}{
		{template.Template{Status: "APPROVED", Category: "UTILITY", Wanted: "UTILITY"}, true, false},
		{template.Template{Status: "APPROVED", Category: "MARKETING", Wanted: "UTILITY"}, false, true},
		{template.Template{Status: "APPROVED", Category: "UTILITY", Wanted: "UTILITY", Announced: "MARKETING"}, true, true},
		{template.Template{Status: "PAUSED", Category: "UTILITY", Wanted: "UTILITY"}, false, false},
		{template.Template{Status: "APPROVED", Category: "MARKETING"}, false, false},
	} {
		if tt.t.Usable() != tt.usable || tt.t.Moved() != tt.moved {
			t.Errorf("%+v: usable %v, moved %v", tt.t, tt.t.Usable(), tt.t.Moved())
		}
	}
}

func TestCode(t *testing.T) {
	for tag, want := range map[string]string{
		"de": "de", "pt-BR": "pt_BR", "pt-PT": "pt_PT", "pt": "pt_BR", "en-US": "en_US", "ar": "ar", "zh": "zh_CN",
		"zh-Hant": "zh_TW", "zh-Hans": "zh_CN", "zh-Hant-HK": "zh_HK", "zh-TW": "zh_TW", "sr-Latn": "sr", "es-MX": "es_MX", "fil": "fil", "??": "??", "": "",
	} {
		if got := template.Code(tag); got != want {
			t.Errorf("Code(%q) = %q, want %q", tag, got, want)
		}
	}
}
