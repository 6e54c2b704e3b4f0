package admin

import (
	"assent/locale"
	"assent/views/layout"
)

// Embed is the page that puts a funnel's form on the business's own site.
type Embed struct {
	Frame    layout.Admin
	Name     string
	Back     string // the funnel
	Guide    string // how to put it into common site builders
	Action   string // posts the sites
	Sites    string // as typed, or as they are: one on a line
	Problem  string // what is wrong with them; empty: nothing
	Saved    bool
	Open     bool // there is a site that may show the form
	Local    bool // sites of this machine are taken too
	Snippets []Snippet
	Script   string // for the preview; empty: there is none yet
	Slug     string
}

// Snippet is a piece of HTML for the business's pages.
type Snippet struct {
	Kind string // script, element, frame or form
	Code string
}

// Guide is a page of the documentation. It is in English.
type Guide struct {
	Frame layout.Admin
	In    locale.Localizer // of the guide, which may be in another language than the page
	HTML  Documentation
}

// Documentation is markup that goes onto a page as it is.
type Documentation struct{ markup string }

// Documented returns the markup of a file that is compiled in; nothing else may be
// given to it.
func Documented(markup string) Documentation { return Documentation{markup} }
