// Package template holds the message templates that WhatsApp approves: how one
// stands at Meta, and a library of texts that are shipped, free of advertising,
// in the languages of library.json.
package template

import (
	_ "embed" // library.json
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Categories and statuses of Meta that decide.
const (
	Utility   = "UTILITY"
	Marketing = "MARKETING"
	Approved  = "APPROVED"
	Pending   = "PENDING"
)

// Template is a message template as Meta has it.
type Template struct {
	WABA      string
	Name      string
	Lang      string // Meta's code: "de", "pt_BR"
	MetaID    string
	Library   string    // key of the text that it was made of; empty for one that was made elsewhere
	Wanted    string    // the category that was asked for
	Category  string    // the one that Meta has it in
	Announced string    // the one to which Meta will move it; empty for none
	Status    string    // APPROVED, PENDING, REJECTED, PAUSED, …
	Quality   string    // GREEN, YELLOW, RED, UNKNOWN
	Reason    string    // of a refusal or a pause
	Text      Text      // as it was submitted, or as Meta has it
	CreatedAt time.Time // when it was first seen here
	CheckedAt time.Time // when Meta last told of it
}

// Usable reports whether a question may be asked by the template: Meta has
// approved it, and as utility (rule 10).
func (t *Template) Usable() bool { return t.Status == Approved && t.Category == Utility }

// Moved reports whether Meta has, or will have, the template in another category
// than the one that was asked for.
func (t *Template) Moved() bool {
	return t.Wanted != "" && (t.Category != "" && t.Category != t.Wanted || t.Announced != "" && t.Announced != t.Wanted)
}

// Text is what a template says in one language. {{1}}, {{2}} … are its places.
type Text struct {
	Body    string   `json:"body"`
	Replies []string `json:"replies,omitempty"` // labels of quick replies
	Link    string   `json:"link,omitempty"`    // label of a button that opens a page
}

// Fill puts values in the places of the body.
func (t Text) Fill(values ...string) string {
	pairs := make([]string, 0, 2*len(values))
	for i, v := range values {
		pairs = append(pairs, "{{"+strconv.Itoa(i+1)+"}}", v)
	}
	return strings.NewReplacer(pairs...).Replace(t.Body)
}

// Piece is a text of the library in all its languages, by Meta's code.
type Piece struct {
	Key     string          `json:"key"`
	Name    string          `json:"name"` // the template's, at Meta
	Samples []string        `json:"samples"`
	Texts   map[string]Text `json:"texts"`
}

// The pieces of the library.
const (
	OptIn       = "opt_in"      // asks to confirm what was chosen on a page
	OptOut      = "opt_out"     // confirms a stop
	Preferences = "preferences" // sends the link of the preference page
)

// Life is the time to live of a template of the library: Meta delivers it within
// this time or not at all.
const Life = 12 * time.Hour

// SettingsAddress is what the button of Preferences opens, with the place of the
// person's token, in the installation at base.
func SettingsAddress(base string) string { return base + "/p/{{1}}" }

//go:embed library.json
var libraryJSON []byte

var library = func() (list []Piece) {
	if err := json.Unmarshal(libraryJSON, &list); err != nil {
		panic(err) // it is part of the program, and tested
	}
	return list
}()

// Library returns the pieces, in order.
func Library() []Piece { return library }

// Find returns the piece with the key.
func Find(key string) (Piece, bool) {
	for _, p := range library {
		if p.Key == key {
			return p, true
		}
	}
	return Piece{}, false
}

// Named returns the piece whose templates have the name.
func Named(name string) (Piece, bool) {
	for _, p := range library {
		if p.Name == name {
			return p, true
		}
	}
	return Piece{}, false
}

// Pick returns the first of the wished languages that there is: as it is, by its
// language alone, or in another region. The wishes are Meta's codes or BCP 47
// tags.
func Pick[T any](have map[string]T, wishes ...string) (lang string, ok bool) {
	for _, w := range wishes {
		w = strings.ReplaceAll(w, "-", "_")
		base, _, _ := strings.Cut(w, "_")
		for _, try := range []string{w, base} {
			if _, ok := have[try]; ok && try != "" {
				return try, true
			}
		}
		best := ""
		for code := range have {
			if b, _, _ := strings.Cut(code, "_"); b == base && base != "" && (best == "" || code < best) {
				best = code
			}
		}
		if best != "" {
			return best, true
		}
	}
	return "", false
}
