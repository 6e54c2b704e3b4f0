// Package locale holds the strings of Assent's interface in every language
// that it speaks, and says countries, times and numbers in them.
//
// Consent words are not here: they are versioned content of a notice, shown
// byte for byte in the language that they were published in. What frames them
// (labels, buttons, errors, the sentences of the chat) is.
//
// Message ids are dotted, their first part names who uses them or what they are
// about: form, confirm, page, error, state, grade, scope, event, how, fact, match,
// stop, identifier, chat, admin, sim, time, lint.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

//go:embed messages/*.json
var files embed.FS

// The languages, the default first. Each has a file in messages/.
var tags = []language.Tag{language.English, language.German, language.Arabic}

var (
	matcher = language.NewMatcher(tags)
	byTag   = load()
)

// tables is what one language needs, built once.
type tables struct {
	tag       language.Tag
	base      string
	dir       string
	name      string
	ids       map[string]bool
	plain     map[string]string // messages without parameters: no template, no allocation
	localizer *i18n.Localizer
	regions   display.Namer
	collator  func() *collate.Collator
}

func load() map[string]*tables {
	bundle := i18n.NewBundle(tags[0])
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	names, err := fs.Glob(files, "messages/*.json")
	if err != nil {
		panic(err)
	}
	plain := make(map[string]map[string]string)
	ids := make(map[string]map[string]bool)
	for _, name := range names {
		file, err := bundle.LoadMessageFileFS(files, name)
		if err != nil {
			panic(fmt.Sprintf("locale: %s: %v", name, err))
		}
		simple := make(map[string]string, len(file.Messages))
		known := make(map[string]bool, len(file.Messages))
		for _, m := range file.Messages {
			known[m.ID] = true
			if m.One == "" && m.Zero == "" && !strings.Contains(m.Other, "{{") {
				simple[m.ID] = m.Other
			}
		}
		lang := strings.TrimSuffix(path.Base(name), ".json")
		plain[lang], ids[lang] = simple, known
	}
	all := make(map[string]*tables, len(tags))
	for _, tag := range tags {
		base, _ := tag.Base()
		dir := "ltr"
		if script, _ := tag.Script(); script.String() == "Arab" || script.String() == "Hebr" {
			dir = "rtl"
		}
		all[base.String()] = &tables{
			tag: tag, base: base.String(), dir: dir, name: display.Self.Name(tag),
			ids:       ids[base.String()],
			plain:     plain[base.String()],
			localizer: i18n.NewLocalizer(bundle, tag.String()),
			regions:   display.Regions(tag),
			collator:  func() *collate.Collator { return collate.New(tag, collate.IgnoreCase) },
		}
	}
	return all
}

// Localizer says things in one language. It is small, copied freely and safe
// for concurrent use. The zero value speaks English.
type Localizer struct{ t *tables }

// For returns the Localizer for the first of the wishes that Assent speaks.
// A wish is a language tag ("de-AT") or a whole Accept-Language header; empty
// and malformed ones are passed over. Without any that fits, it is English.
// The usual order is: asked for by ?lang=, the header, the funnel's default.
func For(wishes ...string) Localizer {
	for _, wish := range wishes {
		if len(wish) > 200 { // a header this long is no reader's choice
			continue
		}
		want, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(want) == 0 {
			continue
		}
		for _, w := range want {
			if _, i, confidence := matcher.Match(w); confidence >= language.High {
				base, _ := tags[i].Base()
				return Localizer{byTag[base.String()]}
			}
		}
	}
	return Localizer{}
}

// Speaks reports whether tag names a language that Assent speaks.
func Speaks(tag string) bool {
	base, _ := language.Make(tag).Base()
	_, ok := byTag[base.String()]
	return ok && tag != ""
}

// Tags returns the tags of all languages, the default first.
func Tags() []string {
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = t.String()
	}
	return out
}

func (l Localizer) tables() *tables {
	if l.t == nil {
		return byTag["en"]
	}
	return l.t
}

// Tag returns the language's tag, for lang="".
func (l Localizer) Tag() string { return l.tables().base }

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
	s, err := l.tables().localizer.Localize(c)
	if err != nil && s == "" {
		return "[" + c.MessageID + "]"
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
	"en": {"MK": "North Macedonia", "SZ": "Eswatini", "TR": "Türkiye"},
	"de": {"MK": "Nordmazedonien", "SZ": "Eswatini"},
	"ar": {"MK": "مقدونيا الشمالية", "SZ": "إسواتيني"},
}

// Country returns the name of the ISO 3166-1 region, or the code itself where
// it names none.
func (l Localizer) Country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name, ok := renamed[l.Tag()][region.String()]; ok {
		return name
	}
	if name := l.tables().regions.Name(region); name != "" {
		return name
	}
	return code
}

// SortByName sorts items by their names as a dictionary of the language would.
func SortByName[T any](l Localizer, items []T, name func(T) string) {
	c := l.tables().collator() // a Collator is not safe for concurrent use
	slices.SortStableFunc(items, func(a, b T) int { return c.CompareString(name(a), name(b)) })
}
