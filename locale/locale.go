// Package locale holds the strings of Assent's interface in every language
// that it speaks, and says countries, times and numbers in them.
//
// Consent words are not here: they are versioned content of a notice, shown
// byte for byte in the language that they were published in. What frames them
// (labels, buttons, errors, the sentences of the chat) is.
//
// Message ids are dotted; their first part names who uses them or what they are
// about. What people outside see stands in messages/{tag}.json, one file for each
// language. What operators alone see, in the admin pages and on the simulated
// phone, stands in messages/operator and in fewer languages.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

const (
	peoplesFiles   = "messages/*.json"
	operatorsFiles = "messages/operator/*.json"
)

//go:embed messages/*.json messages/operator/*.json
var files embed.FS

// tongues are languages to choose from.
type tongues struct {
	tags    []language.Tag // the default, English, first
	matcher language.Matcher
}

var (
	people    = tonguesOf(peoplesFiles)
	operators = tonguesOf(operatorsFiles)
	byTag     = load()
)

// tonguesOf returns the languages that have a file.
func tonguesOf(pattern string) tongues {
	tags := []language.Tag{language.English}
	for _, name := range named(pattern) {
		if tag := language.MustParse(tagOf(name)); tag != language.English {
			tags = append(tags, tag)
		}
	}
	return tongues{tags, language.NewMatcher(tags)}
}

func named(pattern string) []string {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		panic(err)
	}
	return names
}

func tagOf(name string) string { return strings.TrimSuffix(path.Base(name), ".json") }

func (t tongues) names() []string {
	out := make([]string, len(t.tags))
	for i, tag := range t.tags {
		out[i] = tag.String()
	}
	return out
}

// tables is what one language needs, built once.
type tables struct {
	tag       string
	dir       string
	name      string
	ids       map[string]bool
	plain     map[string]string // messages without parameters: no template, no allocation
	marked    bool
	localizer *i18n.Localizer
	regions   display.Namer
	collator  func() *collate.Collator
}

func load() map[string]*tables {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	all := make(map[string]*tables, len(people.tags))
	for _, tag := range people.tags {
		all[tag.String()] = &tables{
			tag: tag.String(), dir: dirOf(tag), name: capital(display.Self.Name(tag)),
			ids: map[string]bool{}, plain: map[string]string{},
			localizer: i18n.NewLocalizer(bundle, tag.String()),
			regions:   display.Regions(tag),
			collator:  func() *collate.Collator { return collate.New(tag, collate.IgnoreCase) },
		}
	}
	for _, name := range append(named(peoplesFiles), named(operatorsFiles)...) {
		file, err := bundle.LoadMessageFileFS(files, name)
		if err != nil {
			panic(fmt.Sprintf("locale: %s: %v", name, err))
		}
		t := all[tagOf(name)] // operators' languages are people's too
		for _, m := range file.Messages {
			t.ids[m.ID] = true
			if m.One == "" && m.Zero == "" && !strings.Contains(m.Other, "{{") {
				t.plain[m.ID] = m.Other
			}
		}
	}
	return all
}

func dirOf(tag language.Tag) string {
	if script, _ := tag.Script(); script.String() == "Arab" || script.String() == "Hebr" {
		return "rtl"
	}
	return "ltr"
}

// capital is s as it stands alone: CLDR writes "français" as inside a sentence.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToTitle(r)) + s[n:]
}

// Localizer says things in one language. It is small, copied freely and safe
// for concurrent use. The zero value speaks English.
type Localizer struct{ t *tables }

// For returns the Localizer for the first of the wishes that Assent speaks with
// people. A wish is a language tag ("de-AT") or a whole Accept-Language header;
// empty and malformed ones are passed over. Without any that fits, it is English.
// The usual order is: asked for by ?lang=, the header, the funnel's default.
func For(wishes ...string) Localizer { return people.first(wishes) }

// ForOperator is For among the languages of the admin pages and the simulated
// phone.
func ForOperator(wishes ...string) Localizer { return operators.first(wishes) }

func (t tongues) first(wishes []string) Localizer {
	for _, wish := range wishes {
		if len(wish) > 200 { // a header this long is no reader's choice
			continue
		}
		want, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(want) == 0 {
			continue
		}
		for _, w := range want {
			if found := t.match(w); found != "" {
				return Localizer{byTag[found]}
			}
		}
	}
	return Localizer{}
}

// match returns the language for a wish: itself, or the same language as it is
// spoken elsewhere (Portuguese is spoken as in Brazil, which Portugal reads).
func (t tongues) match(wish language.Tag) string {
	_, i, confidence := t.matcher.Match(wish)
	base, _ := wish.Base()
	if near, _ := t.tags[i].Base(); confidence >= language.High || confidence == language.Low && base == near {
		return t.tags[i].String()
	}
	return ""
}

// Speaks reports whether tag names a language that Assent speaks with people.
func Speaks(tag string) bool { return people.speak(tag) }

// SpeaksToOperators reports whether tag names a language of the admin pages.
func SpeaksToOperators(tag string) bool { return operators.speak(tag) }

func (t tongues) speak(tag string) bool {
	base, confidence := language.Make(tag).Base()
	return tag != "" && confidence > language.No && slices.ContainsFunc(t.tags, func(x language.Tag) bool {
		b, _ := x.Base()
		return b == base
	})
}

// Tags returns the tags of all languages that Assent speaks with people, the
// default first.
func Tags() []string { return people.names() }

// OperatorTags returns those of the admin pages and the simulated phone.
func OperatorTags() []string { return operators.names() }

func (l Localizer) tables() *tables {
	if l.t == nil {
		return byTag["en"]
	}
	return l.t
}

// Tag returns the language's tag, for lang="".
func (l Localizer) Tag() string { return l.tables().tag }

// Dir returns "ltr" or "rtl", for dir="".
func (l Localizer) Dir() string { return l.tables().dir }

// Name returns the language's own name for itself: "Deutsch".
func (l Localizer) Name() string { return l.tables().name }

// T returns the message id. The arguments are pairs of a parameter's name and
// its value: T("error.phone_short", "Country", "Germany"). An id that does not
// exist comes back in brackets, so that it is seen; a test finds those first.
func (l Localizer) T(id string, pairs ...any) string {
	if s, ok := l.tables().plain[id]; ok {
		return s
	}
	return l.localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: dataOf(pairs)})
}

// Text is T with the parameters in a map or struct.
func (l Localizer) Text(id string, data any) string {
	return l.localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data})
}

// N returns the message id in the plural form for n, which is its parameter
// Count; further parameters come as in T.
func (l Localizer) N(id string, n int, pairs ...any) string {
	data := dataOf(pairs)
	data["Count"] = l.Number(n)
	return l.localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: n, TemplateData: data})
}

// Has reports whether the message exists in this very language.
func (l Localizer) Has(id string) bool { return l.tables().ids[id] }

func (l Localizer) localize(c *i18n.LocalizeConfig) string {
	t := l.tables()
	if !t.ids[c.MessageID] { // another language's word would go unseen
		return "[" + c.MessageID + "]"
	}
	s, err := t.localizer.Localize(c)
	if err != nil && s == "" {
		return "[" + c.MessageID + "]"
	}
	if t.marked {
		return mark(s)
	}
	return s
}

func dataOf(pairs []any) map[string]any {
	data := make(map[string]any, len(pairs)/2+1)
	for i := 0; i+1 < len(pairs); i += 2 {
		if key, ok := pairs[i].(string); ok {
			data[key] = pairs[i+1]
		}
	}
	return data
}

// renamed are countries whose names have changed since the tables of
// golang.org/x/text were made (CLDR 32): North Macedonia in 2019, Eswatini in
// 2018, Türkiye in English in 2022.
var renamed = map[string]map[string]string{
	"en":    {"MK": "North Macedonia", "SZ": "Eswatini", "TR": "Türkiye"},
	"de":    {"MK": "Nordmazedonien", "SZ": "Eswatini"},
	"ar":    {"MK": "مقدونيا الشمالية", "SZ": "إسواتيني"},
	"bn":    {"MK": "উত্তর ম্যাসেডোনিয়া", "SZ": "ইসওয়াতিনি"},
	"es":    {"MK": "Macedonia del Norte", "SZ": "Esuatini"},
	"fr":    {"MK": "Macédoine du Nord", "SZ": "Eswatini"},
	"he":    {"MK": "מקדוניה הצפונית", "SZ": "אסוואטיני"},
	"hi":    {"MK": "उत्तरी मकदूनिया", "SZ": "एस्वातिनी"},
	"id":    {"MK": "Makedonia Utara", "SZ": "Eswatini"},
	"it":    {"MK": "Macedonia del Nord", "SZ": "Eswatini"},
	"ja":    {"MK": "北マケドニア", "SZ": "エスワティニ"},
	"nl":    {"MK": "Noord-Macedonië", "SZ": "Eswatini"},
	"pl":    {"MK": "Macedonia Północna", "SZ": "Eswatini"},
	"pt-BR": {"MK": "Macedônia do Norte", "SZ": "Essuatíni"},
	"tr":    {"MK": "Kuzey Makedonya", "SZ": "Esvatini"},
}

// Country returns the name of the ISO 3166-1 region, or the code itself where
// it names none.
func (l Localizer) Country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	t := l.tables()
	name, ok := renamed[t.tag][region.String()]
	if !ok {
		name = t.regions.Name(region)
	}
	switch {
	case name == "":
		return code
	case t.marked:
		return mark(name)
	}
	return name
}

// SortByName sorts items by their names as a dictionary of the language would.
func SortByName[T any](l Localizer, items []T, name func(T) string) {
	c := l.tables().collator() // a Collator is not safe for concurrent use
	slices.SortStableFunc(items, func(a, b T) int { return c.CompareString(name(a), name(b)) })
}
