// Package layout holds the frames around pages: the document, its head, the
// head and foot of each surface.
package layout

import (
	"regexp"

	"assent/locale"
)

// Language is one choice of the language switch.
type Language struct {
	Tag     string // "de"
	Name    string // its own name: "Deutsch"
	URL     string
	Current bool
}

// Business is what public pages show of the business.
type Business struct {
	Brand      string // the name that people know
	Legal      string // the name of the controller
	Address    string // postal address, lines kept
	Contact    string // a human to reach: an e-mail address or a telephone number
	PrivacyURL string
	LogoURL    string // same origin or data:, as the Content-Security-Policy asks; may be empty
	Color      string // "#0b57d0"; made legible by package static; empty: ours
	Radius     string // square or round; empty: ours
	Font       string // system, serif or mono, for headings; empty: ours
}

// Card is what a page says of itself to programs that show a link to it (the
// Open Graph protocol). Without a title it says nothing.
type Card struct {
	Title, Text, URL, Image, Site string
}

// Public is the frame of a page for the person.
type Public struct {
	Loc       locale.Localizer
	Title     string
	Business  Business
	Languages []Language
	NoIndex   bool // personal pages
	Framed    bool // in a frame on the business's own site: without head and foot
	Card      Card
	Refresh   int // seconds after which a browser without JavaScript asks again; 0: never
}

// NavItem is an entry of the admin navigation.
type NavItem struct {
	Label, URL string
	Current    bool
}

// Admin is the frame of a page for a signed-in operator.
type Admin struct {
	Loc        locale.Localizer
	Title      string
	Nav        []NavItem
	Business   string    // the business at work
	Businesses []NavItem // all of them; a switch is shown where there are several
	User       string    // who is signed in; empty on the sign-in page
	SignOut    string    // where the sign-out form posts to
	Languages  []Language
	Simulated  bool   // the WhatsApp simulator runs: say so on every page
	Alarms     string // where open alarms are shown; empty for none
	Flash      string
	FlashKind  string // ok, wait, stop or empty
	Refresh    int    // seconds after which the page asks again how things stand; 0: never
}

// mailbox is an e-mail address as businesses have them. Quoted ones, and those with
// what an address of a page would read otherwise, are left as text.
var mailbox = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$`)

// mail returns the address that writes to the business, where its contact is an
// e-mail address.
func (b Business) mail() string {
	if !mailbox.MatchString(b.Contact) {
		return ""
	}
	return "mailto:" + b.Contact
}
