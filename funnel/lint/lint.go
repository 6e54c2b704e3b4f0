// Package lint reads a version of a funnel before it is published, and finds
// what a law, WhatsApp's policy or a rule of the house wants otherwise.
//
// It looks for the things that consent words must say in lists of words, one
// for each language that it knows. A list knows what people usually write, and
// no lawyer's judgement: what it finds missing may be said in other words, and
// each finding brings the sentence that would settle it.
package lint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assent/funnel"
	"assent/locale"
)

// Severity is what a finding does to publishing.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // stops publishing
	Warning Severity = "warning" // is recorded with the version
	Hint    Severity = "hint"    // is said, and that is all
)

// Where is the text or setting that a finding is about. A field that does not
// apply is empty.
type Where struct {
	Lang    string `json:"lang,omitempty"`
	Purpose string `json:"purpose,omitempty"` // key
	Slot    string `json:"slot,omitempty"`    // the part of the text, or the setting
}

// String returns the field's path, for example "en.offers.words".
func (w Where) String() string {
	parts := slices.DeleteFunc([]string{w.Lang, w.Purpose, w.Slot}, func(s string) bool { return s == "" })
	return strings.Join(parts, ".")
}

// Finding is one thing that is wrong or could be better. Its sentences are
// messages of locale, so that it can be said in each language of the interface.
type Finding struct {
	Code     string            `json:"code"` // stable, for example "words.stop_missing"
	Severity Severity          `json:"severity"`
	Where    Where             `json:"where"`
	Params   map[string]string `json:"params,omitempty"`
	Fix      *string           `json:"fix,omitempty"` // what could stand at Where instead; nil where a person must write it
	Sources  []Source          `json:"sources"`       // who wants it so, of those that the funnel's countries bring
}

// Says returns the sentence that says what is wrong.
func (f Finding) Says(l locale.Localizer) string { return l.Text("lint."+f.Code, f.Params) }

// Offers returns the sentence that says what to do.
func (f Finding) Offers(l locale.Localizer) string { return l.Text("lint."+f.Code+".fix", f.Params) }

// WantedBy names the sources of the finding.
func (f Finding) WantedBy() string {
	var list []string
	for _, s := range f.Sources {
		list = append(list, strings.TrimSpace(s.In+" "+s.Law))
	}
	return strings.Join(list, "; ")
}

// Options is what the lint has to know beside the version.
type Options struct {
	Provider string // who carries the messages beside WhatsApp; empty for nobody
	Number   string // that the business writes from; empty where it is not known yet
	Mute     bool   // the business has no number in use
	Nobody   bool   // the business names nobody whom people could ask

	Samples  map[string]bool     // what the funnels to begin with say, word for word
	Purposes map[string][]string // names of the business's purposes, by their keys
	Slugs    []string            // of its other funnels, where this one's can still be changed
	Entries  []string            // labels of the funnel's printed codes
}

// Check returns what there is to say of the version, the errors first.
func Check(v *funnel.Version, o Options) []Finding {
	c := newCheck(v, o)
	c.settings()
	c.look()
	c.alike()
	for _, lang := range c.languages() {
		c.language(lang)
	}
	order := map[Severity]int{Error: 0, Warning: 1, Hint: 2}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return order[a.Severity] - order[b.Severity] })
	return c.found
}

// Count returns how many findings have the severity.
func Count(findings []Finding, s Severity) int {
	n := 0
	for _, f := range findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Refused is the cause of a version's refusal: everything that was found.
type Refused struct{ Findings []Finding }

func (r *Refused) Error() string {
	return fmt.Sprintf("the lint found %d errors", Count(r.Findings, Error))
}

// check is one reading of a version.
type check struct {
	v     *funnel.Version
	o     Options
	reach reach
	found []Finding
}

func newCheck(v *funnel.Version, o Options) *check {
	return &check{v: v, o: o, reach: reachOf(v.Countries)}
}

// languages returns the version's languages, its own first where it has words.
func (c *check) languages() []string {
	return slices.DeleteFunc(c.v.Languages(), func(l string) bool { _, ok := c.v.Texts[l]; return !ok })
}

// params are pairs of a name and a value.
type params []string

// add adds a finding, if anything wants it in the countries of the funnel.
func (c *check) add(code string, at Where, p params, fix *string) {
	severity, sources := c.reach.weigh(rules[code])
	if len(sources) == 0 {
		return
	}
	f := Finding{Code: code, Severity: severity, Where: at, Fix: fix, Sources: sources}
	for i := 0; i+1 < len(p); i += 2 {
		if f.Params == nil {
			f.Params = make(map[string]string)
		}
		f.Params[p[i]] = excerpt(p[i+1])
	}
	c.found = append(c.found, f)
}

// maxExcerpt is the most characters of a text that a finding repeats.
const maxExcerpt = 120

// excerpt returns the head of a text, without what does not show.
func excerpt(s string) string {
	s = strings.TrimSpace(clean(s))
	if runes := []rune(s); len(runes) > maxExcerpt {
		s = string(runes[:maxExcerpt-1]) + "…"
	}
	return s
}

// to returns the fix that puts the text there.
func to(text string) *string { return &text }

// Apply returns the version as it would be with the finding's fix, and whether
// there is one. The version itself stays as it is.
func Apply(v *funnel.Version, f Finding) (*funnel.Version, bool) {
	if f.Fix == nil {
		return v, false
	}
	doc, err := json.Marshal(v)
	if err != nil { // a version of strings and numbers always marshals
		panic(err)
	}
	fixed := new(funnel.Version)
	if err := json.Unmarshal(doc, fixed); err != nil {
		panic(err)
	}
	return fixed, set(fixed, f.Where, *f.Fix)
}
