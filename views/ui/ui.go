// Package ui holds the components that pages are made of. Each is right in
// both directions of writing, in light and dark, in print, at 320 px and
// without JavaScript, and says its state in words as well as in shape and
// colour. Their looks stand in static/css/components.css; views/gallery shows
// them all.
package ui

import (
	"strings"
	"time"
	"unicode"

	"assent/locale"
)

// Problem is what is wrong with one field of a form.
type Problem struct {
	Field string // the id of the control that is to be mended
	Text  string // what is wrong and what to do, in the page's language
	URL   string // of where it is mended, if that is another page; empty: Field is on this one
}

// href leads to where the problem is mended.
func (e Problem) href() string {
	if e.URL != "" {
		return e.URL
	}
	return "#" + e.Field
}

// Problems are the errors of one form, in the order of its fields.
type Problems []Problem

// For returns the text for the field, or the empty string. A control without an
// id has none.
func (e Problems) For(field string) string {
	for _, err := range e {
		if err.Field == field && field != "" {
			return err.Text
		}
	}
	return ""
}

// Field describes one labelled control.
type Field struct {
	ID, Name     string
	Label        string
	Optional     string // the word for "optional", where the field is
	Hint         string
	Error        string
	Type         string // text, tel, search, password …; text if empty
	Value        string
	Autocomplete string // WCAG 1.3.5
	Inputmode    string
	Placeholder  string
	Required     bool
	LTR          bool   // numbers, addresses, codes: left to right in every language
	Lang         string // of what is typed; empty: the page's
	MaxLength    string
	Described    string // id of what else describes it
}

// DescribedBy names the hint and the error that belong to the control.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	if f.Described != "" {
		ids = append(ids, f.Described)
	}
	return strings.Join(ids, " ")
}

func (f Field) inputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Option is one of a select's choices.
type Option struct {
	Value, Label string
	Selected     bool
}

// Choice is one box that can be ticked, for one purpose. It starts unticked.
type Choice struct {
	Value   string
	Title   string
	Words   string // the exact words of consent
	Note    string // what is promised beside, such as how often
	Ticked  bool
	Control string // the control's id
	Lang    string // of the words, where the page is in another; see Foreign
}

// Foreign returns lang, for lang="", where it is another language than the
// page's, else the empty string. A business may write in a language that the
// interface does not speak.
func Foreign(lang string, page locale.Localizer) string {
	if lang == page.Tag() {
		return ""
	}
	return lang
}

// Clean takes out of text what could change the order or the look of the words
// around it: control characters and the marks that override the direction of
// writing. Line breaks and tabs stay. What comes from outside passes through it
// before it stands on a page; consent words do not, they are checked when they
// are published and shown byte for byte.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', unicode.IsControl(r):
			return -1
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == '\u061c':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// sentence is Clean for sentences of ours, in which locale.Isolate keeps
// numbers in their order: isolates stay where each is closed.
func sentence(s string) string {
	if !isolatesClosed(s) {
		return Clean(s)
	}
	var b strings.Builder
	rest := s
	for {
		at := strings.IndexAny(rest, "\u2066\u2067\u2068\u2069")
		if at < 0 {
			return b.String() + Clean(rest)
		}
		b.WriteString(Clean(rest[:at]))
		b.WriteString(rest[at : at+len("\u2066")])
		rest = rest[at+len("\u2066"):]
	}
}

// isolatesClosed reports whether every isolate is closed and none is closed
// that is not open (UAX #9, section 2.4).
func isolatesClosed(s string) bool {
	depth := 0
	for _, r := range s {
		switch {
		case r >= '\u2066' && r <= '\u2068':
			depth++
		case r == '\u2069':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// machine writes a time for the datetime attribute (RFC 3339, UTC).
func machine(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// states that have a sign of their own; the others borrow one.
var signs = map[string]string{
	"given": "given", "renewed": "given", "confirmed": "given",
	"requested": "requested", "pending": "requested", "held": "requested",
	"refused": "refused", "invalidated": "refused",
	"withdrawn": "withdrawn", "revoked": "withdrawn", "closed": "withdrawn", "stopped": "withdrawn",
	"expired": "expired", "deferred": "expired",
}

// signOf names the drawing for a state; a state that it does not know is
// unknown.
func signOf(state string) string {
	if s, ok := signs[state]; ok {
		return s
	}
	return "unknown"
}

// StateWord is the state in the language, or what is known of it otherwise.
func StateWord(l locale.Localizer, state string) string {
	if id := "state." + state; l.Has(id) {
		return l.T(id)
	}
	return l.T("state.unknown")
}

func stateMeaning(l locale.Localizer, state string) string {
	if id := "state." + state + ".meaning"; l.Has(id) {
		return l.T(id)
	}
	return l.T("state.unknown.meaning")
}

func scopeWord(l locale.Localizer, scope string) string {
	if scope == "marketing" {
		return l.T("scope.marketing")
	}
	return l.T("scope.transactional")
}
