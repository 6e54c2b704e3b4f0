package locale_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"assent/locale"

	"github.com/google/go-cmp/cmp"
)

// message is one entry of a file: its forms by plural category.
type message map[string]string

func read(t *testing.T, tag string) map[string]message {
	t.Helper()
	raw, err := os.ReadFile("messages/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	out := make(map[string]message, len(entries))
	for id, entry := range entries {
		var text string
		if json.Unmarshal(entry, &text) == nil {
			out[id] = message{"": text}
			continue
		}
		forms := make(message)
		if err := json.Unmarshal(entry, &forms); err != nil {
			t.Fatalf("%s: %s: %v", tag, id, err)
		}
		out[id] = forms
	}
	return out
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// CLDR's plural categories for cardinal numbers.
var categories = map[string][]string{"en": {"one", "other"}, "de": {"one", "other"}, "ar": {"few", "many", "one", "other", "two", "zero"}}

// A parameter of ours, or a place that a page's script fills.
var parameter = regexp.MustCompile(`\{(?:\{\.(\w+)\}|\w+)\}`)

func parameters(m message) []string {
	seen := make(map[string]bool)
	for _, form := range m {
		for _, p := range parameter.FindAllStringSubmatch(form, -1) {
			seen[p[0]] = true
		}
	}
	return keys(seen)
}

func TestFilesAgree(t *testing.T) {
	english := read(t, "en")
	for _, tag := range locale.Tags() {
		other := read(t, tag)
		if diff := cmp.Diff(keys(english), keys(other)); diff != "" {
			t.Errorf("%s has other messages than en (-en +%[1]s):\n%s", tag, diff)
		}
		for id, m := range other {
			if diff := cmp.Diff(parameters(english[id]), parameters(m)); diff != "" {
				t.Errorf("%s: %s has other parameters (-en +%[1]s):\n%s", tag, id, diff)
			}
			if _, plain := m[""]; !plain {
				if diff := cmp.Diff(categories[tag], keys(m)); diff != "" {
					t.Errorf("%s: %s has other plural forms:\n%s", tag, id, diff)
				}
			}
			for _, form := range m {
				if strings.TrimSpace(form) != form && id != "number.group" || form == "" || !utf8.ValidString(form) {
					t.Errorf("%s: %s is empty or has space around it: %q", tag, id, form)
				}
				if strings.ContainsAny(form, "!¡") {
					t.Errorf("%s: %s shouts: %q", tag, id, form)
				}
			}
		}
	}
}

// Words that are the same in both languages by right.
var same = map[string][]string{
	"de": {"admin.funnel", "admin.funnels", "admin.person", "time.month.4", "time.month.8", "time.month.9", "time.month.11",
		"sim.name", "sim.simulator", "sim.chats", "time.full", "time.day", "time.date", "time.date_year",
		"starter.restaurant", "editor.picture.logo", "editor.preview.chat", "differs.name"},
	"ar": {"time.day", "time.full", "time.date", "time.date_year", "number.group"},
}

func TestNothingIsLeftInEnglish(t *testing.T) {
	english := read(t, "en")
	for _, tag := range []string{"de", "ar"} {
		for id, m := range read(t, tag) {
			for category, form := range m {
				if form == english[id][category] && !slices.Contains(same[tag], id) {
					t.Errorf("%s: %s reads as in English: %q", tag, id, form)
				}
			}
		}
	}
	// Arabic holds no Latin word but those that are written so in every
	// language.
	const technical = " Assent Ed JWT SD assent base docs format https json jwks known log md openssl proof verify vkey well zip "
	// Names of formats, and what is typed in Latin letters in every language.
	const typed = " Assent AT CH DE HTML JPEG Markdown PNG WebP com docs embed example fr http https localhost md name offers www "
	latin := regexp.MustCompile(`[A-Za-z]{2,}`)
	for id, m := range read(t, "ar") {
		for _, form := range m {
			for _, word := range latin.FindAllString(parameter.ReplaceAllString(form, ""), -1) {
				if (strings.HasPrefix(id, "editor.") || strings.HasPrefix(id, "admin.embed.") || id == "error.field_email") && strings.Contains(typed, " "+word+" ") {
					continue
				}
				if word != "STOP" && !(strings.HasPrefix(id, "verify.") && strings.Contains(technical, " "+word+" ")) {
					t.Errorf("ar: %s holds %q", id, word)
				}
			}
		}
	}
}

// WhatsApp cuts reply buttons at 20 characters.
func TestButtonsFit(t *testing.T) {
	for _, tag := range locale.Tags() {
		for id, m := range read(t, tag) {
			if !strings.HasPrefix(id, "chat.button.") {
				continue
			}
			if n := utf8.RuneCountInString(m[""]); n == 0 || n > 20 {
				t.Errorf("%s: %s has %d characters: %q", tag, id, n, m[""])
			}
		}
	}
}

// Families whose ids are put together from a prefix and a name in the code,
// with the names that can occur.
var families = map[string][]string{
	"state.":          {"unknown", "refused", "given", "renewed", "withdrawn", "expired", "revoked", "invalidated", "requested", "deferred", "confirmed", "closed", "held", "noted", "stopped"},
	"grade.":          {"A", "B", "C", "D", "E"},
	"page.":           {"not_found", "gone", "too_many", "forbidden", "invalid", "internal", "unavailable"},
	"confirm.":        {"expired", "deferred", "closed", "other"},
	"form.submit_":    {"chat", "template"},
	"form.next_":      {"chat", "template"},
	"time.month.":     {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
	"admin.status.":   {"published", "draft", "archived", "defective"},
	"admin.audience.": {"court", "regulator", "meta", "subject"},
	"admin.log.kind.": {"witness", "timestamp"},
	"identifier.":     {"line", "wa_id", "bsuid", "parent_bsuid"},
	"stop.":           {"stop", "not_me", "platform", "operator", "api", "complaint", "minor", "legal", "erased"},
	"how.":            {"post", "message", "button", "platform", "api", "operator", "deletion"},
	"match.":          {"same", "differs", "unknown"},
	"fact.":           {"number", "typed", "bsuid", "name", "sender", "match", "page", "entry", "reason", "operator", "address", "browser", "message", "hash", "age"},
	"error.field_":    {"empty", "email", "date", "choice", "text"},
	"admin.embed.":    {"script", "element", "frame", "form"},
	"starter.":        {"newsletter", "orders", "clinic", "event", "restaurant", "agency"},
	"differs.": {"purpose", "words", "title", "say", "age", "small_print", "headline", "intro", "body", "greeting", "ask", "thanks", "next", "welcome",
		"fields", "mode", "number", "name", "countries", "language", "look"},
	"editor.change.":  {"typo", "meaning"},
	"editor.preview.": {"page", "chat", "print"},
	"editor.part.":    {"purposes", "texts", "fields", "after", "look", "languages", "basics"},
	"editor.purpose.": {"title", "words", "say", "kind", "provider", "complaint"},
	"editor.text.":    {"title", "intro", "body", "small_print", "greeting", "ask", "code"},
	"editor.basis.":   {"consent", "contract"},
	"editor.number.":  {"none", "optional", "required"},
	"editor.field.":   {"text", "email", "date", "choice"},
	"editor.welcome.": {"none", "service", "promotion"},
	"editor.radius.":  {"none", "square", "round"},
	"editor.font.":    {"none", "system", "serif", "mono"},
	"editor.picture.": {"logo", "hero", "kind", "bytes", "pixels"},
	"event.": {"consent.requested", "confirmation.sent", "confirmation.delivered", "consent.given", "consent.renewed", "consent.refused",
		"consent.deferred", "consent.withdrawn", "consent.expired", "consent.revoked", "consent.invalidated", "platform.stopped", "platform.resumed",
		"identity.linked", "identity.changed", "record.imported", "subject.erased", "subject.locked", "notice.published", "funnel.published",
		"suppression.added", "suppression.ended", "receipt.sent", "receipt.delivered", "proof.exported", "operator.acted"},
}

func inFamily(id string) bool {
	for prefix, names := range families {
		rest, ok := strings.CutPrefix(id, prefix)
		if !ok {
			continue
		}
		for _, suffix := range []string{".meaning", ".title", ".text"} {
			rest = strings.TrimSuffix(rest, suffix)
		}
		if slices.Contains(names, rest) {
			return true
		}
	}
	return false
}

var literal = regexp.MustCompile(`"((?:form|confirm|embed|page|error|state|grade|scope|event|chat|admin|editor|sim|time|number)\.[a-z0-9_.]+)"`)

// call finds the messages that are surely asked for.
var call = regexp.MustCompile(`\.(?:T|N|Text)\("([a-z_]+\.[A-Za-z0-9_.]+[a-zA-Z0-9])"[,)]`)

// used reads every Go and templ source of the module.
func used(t *testing.T) (literals, calls map[string]string) {
	t.Helper()
	literals, calls = make(map[string]string), make(map[string]string)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && name != ".." || d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		source := strings.HasSuffix(name, ".templ") || strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_templ.go") && !strings.HasSuffix(name, "_test.go")
		if !source {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
			literals[m[1]] = name
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			calls[m[1]] = name
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return literals, calls
}

func TestNoneMissingNoneUnused(t *testing.T) {
	literals, calls := used(t)
	messages := read(t, "en")
	for id, name := range calls {
		if _, ok := messages[id]; !ok {
			t.Errorf("%s asks for %q, which does not exist", name, id)
		}
	}
	if len(calls) < 100 {
		t.Errorf("only %d calls found: has the way of asking changed?", len(calls))
	}
	for id := range messages {
		if strings.HasPrefix(id, "verify.") {
			continue // the page's script asks for them: see static/verify
		}
		if _, ok := literals[id]; !ok && !inFamily(id) {
			t.Errorf("%s is used nowhere", id)
		}
	}
	for prefix, names := range families {
		for _, name := range names {
			_, whole := messages[prefix+name]
			_, title := messages[prefix+name+".title"]
			if !whole && !title {
				t.Errorf("%s%s does not exist", prefix, name)
			}
		}
	}
}

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
		{"header by weight", []string{"", "fr-FR, ar;q=0.5, de-AT;q=0.8"}, "de", "ltr"},
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
		{"a parameter is no template", locale.For("en").T("chat.receipt.refused", "Purpose", "{{.X}} <b>"), "You said no to: {{.X}} <b>."},
		{"unknown id", zero.T("no.such"), "[no.such]"},
		{"one", zero.N("admin.total", 1), "1 consent"},
		{"many", zero.N("admin.total", 12345), "12,345 consents"},
		{"German thousands", locale.For("de").N("admin.total", 12345), "12.345 Einwilligungen"},
		{"Arabic zero", locale.For("ar").N("admin.total", 0), "لا موافقات"},
		{"Arabic two", locale.For("ar").N("admin.total", 2), "موافقتان"},
		{"Arabic few", locale.For("ar").N("admin.total", 3), "3 موافقات"},
		{"Arabic many", locale.For("ar").N("admin.total", 11), "11 موافقة"},
		{"country", locale.For("de").Country("EG"), "Ägypten"},
		{"country in Arabic", locale.For("ar").Country("DE"), "ألمانيا"},
		{"no country", zero.Country("not one"), "not one"},
		{"own name", locale.For("ar").Name(), "العربية"},
		{"negative", zero.Number(-1234), "-1,234"},
		{"German four digits", locale.For("de").Number(1234), "1234"},
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
