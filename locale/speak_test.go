package locale_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"assent/locale"
)

func TestFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		wishes []string
		want   string
		dir    string
	}{
		{"nothing", nil, "en", "ltr"},
		{"empty", []string{"", ""}, "en", "ltr"},
		{"asked for", []string{"de", "ar"}, "de", "ltr"},
		{"a region", []string{"ar-EG"}, "ar", "rtl"},
		{"header by weight", []string{"", "fi-FI, ar;q=0.5, de-AT;q=0.8"}, "de", "ltr"},
		{"Portuguese", []string{"pt", "de"}, "pt-BR", "ltr"},
		{"Portuguese of Portugal", []string{"pt-PT,en;q=0.5"}, "pt-BR", "ltr"},
		{"Hebrew", []string{"he-IL"}, "he", "rtl"},
		{"Hebrew by its old tag", []string{"iw"}, "he", "rtl"},
		{"Indonesian by its old tag", []string{"in-ID"}, "id", "ltr"},
		{"Spanish of the Americas", []string{"es-419"}, "es", "ltr"},
		{"Hindi in another script", []string{"hi-Latn", "de"}, "de", "ltr"},
		{"near, but another language", []string{"ca", "nb", "de"}, "de", "ltr"},
		{"not spoken, then the default", []string{"fi", "", "ar"}, "ar", "rtl"},
		{"unknown in the header, then the funnel's", []string{"", "fi,sv;q=0.9", "de"}, "de", "ltr"},
		{"any", []string{"*", "de"}, "de", "ltr"},
		{"rubbish", []string{"<script>", "\x00\xff", ";;;q=", "ar"}, "ar", "rtl"},
		{"too long", []string{strings.Repeat("de,", 100), "ar"}, "ar", "rtl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := locale.For(c.wishes...)
			if l.Tag() != c.want || l.Dir() != c.dir {
				t.Errorf("For(%q) = %s %s, want %s %s", c.wishes, l.Tag(), l.Dir(), c.want, c.dir)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	var zero locale.Localizer
	for _, c := range []struct{ name, got, want string }{
		{"zero value", zero.T("form.name"), "Your name"},
		{"parameter", locale.For("de").T("error.phone_short", "Country", "Deutschland"), "Diese Nummer hat zu wenige Ziffern für Deutschland. Prüfen Sie das Ende."},
		{"map", locale.For("en").Text("chat.country", map[string]any{"Business": "Rosa", "Country": "Chad"}), "Rosa does not offer this for numbers from Chad. Nothing was agreed."},
		{"a parameter is no template", locale.For("en").T("chat.receipt.refused", "Purpose", "{{.X}} <b>"), "Not chosen: {{.X}} <b>."},
		{"unknown id", zero.T("no.such"), "[no.such]"},
		{"one", zero.N("admin.total", 1), "1 entry"},
		{"many", zero.N("admin.total", 12345), "12,345 entries"},
		{"German thousands", locale.For("de").N("admin.total", 12345), "12.345 Einträge"},
		{"Arabic zero", locale.For("ar").N("admin.total", 0), "لا سجلات"},
		{"Arabic two", locale.For("ar").N("admin.total", 2), "سجلّان"},
		{"Arabic few", locale.For("ar").N("admin.total", 3), "3 سجلات"},
		{"Arabic many", locale.For("ar").N("admin.total", 11), "11 سجلًا"},
		{"country", locale.For("de").Country("EG"), "Ägypten"},
		{"country in Arabic", locale.For("ar").Country("DE"), "ألمانيا"},
		{"no country", zero.Country("not one"), "not one"},
		{"own name", locale.For("ar").Name(), "العربية"},
		{"negative", zero.Number(-1234), "-1,234"},
		{"German four digits", locale.For("de").Number(1234), "1234"},
		{"Polish four digits", locale.For("pl").Number(1234), "1234"},
		{"Polish", locale.For("pl").Number(1234567), "1\u00a0234\u00a0567"},
		{"French", locale.For("fr").Number(-1234), "-1\u202f234"},
		{"Hindi", locale.For("hi").Number(12345678), "1,23,45,678"},
		{"Bengali", locale.For("bn").Number(1234), "1,234"},
		{"Brazilian", locale.For("pt").Number(1234567), "1.234.567"},
		{"own name, as it stands alone", locale.For("fr").Name(), "Français"},
		{"own name of the Brazilian", locale.For("pt").Name(), "Português"},
		{"country in Japanese", locale.For("ja").Country("MK"), "北マケドニア"},
		{"an operators' message in a language of people only", locale.For("fr").T("admin.total"), "[admin.total]"},
		{"and with a number", locale.For("fr").N("admin.total", 2), "[admin.total]"},
		{"marked", locale.For("fr").Marked().T("form.country") + locale.For("fr").Marked().Country("DE"), "⟦Pays⟧⟦Allemagne⟧"},
		{"unmarked still", locale.For("fr").T("form.country"), "Pays"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("got %q, want %q", c.got, c.want)
			}
		})
	}
	if !zero.Has("admin.total") || !zero.Has("form.name") || zero.Has("no.such") {
		t.Error("Has is wrong")
	}
	if !locale.Speaks("de-CH") || locale.Speaks("fi") || locale.Speaks("") {
		t.Error("Speaks is wrong")
	}
}

func TestWhen(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	now := time.Date(2026, 3, 12, 0, 30, 0, 0, berlin)
	leap := time.Date(2024, 2, 29, 12, 0, 0, 0, berlin)
	for _, c := range []struct {
		name, tag string
		at        time.Time
		want      string
	}{
		{"now", "en", now, "today 00:30"},
		{"half an hour ago, but yesterday", "en", now.Add(-31 * time.Minute), "yesterday 23:59"},
		{"tomorrow", "de", now.Add(24 * time.Hour), "morgen 00:30"},
		{"this year, given in UTC", "de", time.Date(2026, 1, 2, 23, 15, 0, 0, time.UTC), "3. Januar, 00:15"},
		{"an earlier year", "en", time.Date(2024, 2, 29, 12, 0, 0, 0, berlin), "29 February 2024, 12:00"},
		{"Arabic", "ar", time.Date(2024, 2, 29, 12, 0, 0, 0, berlin), "29 فبراير 2024، 12:00"},
		{"never", "en", time.Time{}, "–"},
		{"Bengali", "bn", leap, "29 ফেব্রুয়ারি 2024, 12:00"},
		{"Spanish", "es", leap, "29 de febrero de 2024, 12:00"},
		{"French", "fr", leap, "29 février 2024, 12:00"},
		{"Hebrew", "he", leap, "29 בפברואר 2024, 12:00"},
		{"Hindi", "hi", leap, "29 फ़रवरी 2024, 12:00 बजे"},
		{"Indonesian", "id", leap, "29 Februari 2024 pukul 12:00"},
		{"Italian", "it", leap, "29 febbraio 2024, 12:00"},
		{"Japanese", "ja", leap, "2024年2月29日 12:00"},
		{"Dutch", "nl", leap, "29 februari 2024, 12:00"},
		{"Polish", "pl", leap, "29 lutego 2024, 12:00"},
		{"Portuguese", "pt-BR", leap, "29 de fevereiro de 2024, 12:00"},
		{"Turkish", "tr", leap, "29 Şubat 2024 12:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := locale.For(c.tag).When(c.at, now); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got, want := locale.For("en").Full(now), "12 March 2026, 00:30:00 UTC+1:00"; got != want {
		t.Errorf("Full = %q, want %q", got, want)
	}
	if got, want := locale.For("en").Full(now.UTC()), "11 March 2026, 23:30:00 UTC"; got != want {
		t.Errorf("Full = %q, want %q", got, want)
	}
	if got, want := locale.For("de").Date(now), "12. März 2026"; got != want {
		t.Errorf("Date = %q, want %q", got, want)
	}
}

func TestSortByName(t *testing.T) {
	names := []string{"Zypern", "Österreich", "Oman", "Ägypten", "Albanien"}
	locale.SortByName(locale.For("de"), names, func(s string) string { return s })
	if diff := cmp.Diff([]string{"Ägypten", "Albanien", "Oman", "Österreich", "Zypern"}, names); diff != "" {
		t.Error(diff)
	}
}

// Every language has a name for every country from which a number can come.
func TestCountriesHaveNames(t *testing.T) {
	for _, tag := range locale.Tags() {
		l := locale.For(tag)
		for _, code := range strings.Fields("AC AD AE BR CZ DE EG GB HK ID IL IN JP MK MO NL PL PS SS SZ TA TR TW US XK ZA") {
			if name := l.Country(code); name == code || name == "" {
				t.Errorf("%s in %s: %q", code, tag, name)
			}
		}
	}
}

func TestCountriesHaveTheirNewNames(t *testing.T) {
	for _, tt := range []struct{ lang, code, want string }{
		{"en", "MK", "North Macedonia"}, {"en", "SZ", "Eswatini"}, {"en", "tr", "Türkiye"}, {"de", "MK", "Nordmazedonien"}, {"de", "TR", "Türkei"},
		{"ar", "MK", "مقدونيا الشمالية"}, {"ar", "SZ", "إسواتيني"}, {"en", "CZ", "Czechia"}, {"en", "not a code", "not a code"},
	} {
		if got := locale.For(tt.lang).Country(tt.code); got != tt.want {
			t.Errorf("%s in %s: %q", tt.code, tt.lang, got)
		}
	}
}

func TestIsolate(t *testing.T) {
	got := locale.Isolate("+49 30")
	if !strings.HasPrefix(got, "\u2066") || !strings.HasSuffix(got, "\u2069") {
		t.Errorf("got %+q", got)
	}
}

func FuzzFor(f *testing.F) {
	for _, s := range []string{"", "de", "ar-EG;q=0.5, *", "\x00", "x-klingon", strings.Repeat("a-", 90)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, wish string) {
		l := locale.For(wish)
		if !slices.Contains(locale.Tags(), l.Tag()) {
			t.Errorf("For(%q) speaks %q", wish, l.Tag())
		}
		for _, r := range l.T("form.name") {
			if unicode.IsControl(r) {
				t.Errorf("control character in a message")
			}
		}
	})
}
