package public

import (
	"time"

	"assent/locale"
	"assent/views/layout"
	"assent/views/ui"
)

// Preferences is the page on which a person sees what they agreed to with one
// business, and stops it. It names nobody: of the number it shows what its owner
// knows it by.
type Preferences struct {
	Loc       locale.Localizer
	Business  layout.Business
	Languages []layout.Language
	Number    string // masked; empty where no number is known
	Rows      []Preference
	Platform  bool   // WhatsApp's own marketing stop is on
	Action    string // where all forms post to; empty: nothing can be done here
	Shown     string // SHA-256 of the page as Canonical has it; what its forms hold
	Now       time.Time

	Stopped   []string  // titles of what a stop a moment ago ended
	StoppedAt time.Time // and when it took effect
	Start     Start     // how to say yes again; the zero value is not shown

	CanReceipt bool   // anything was ever agreed to
	Outcome    string // what erasing would do
	Wish       *Wish  // what was asked for a moment ago
}

// Preference is where the person stands on one purpose.
type Preference struct {
	Key, Title string
	State      string // as ui.Sign knows it
	Words      string // what was agreed to, or declined
	Lang       string // of the words
	Facts      []Dated
	InForce    bool
	Now        string // the words by now, where they mean something else than those agreed to
	NowLang    string
}

// Dated is something that happened, in words, and when.
type Dated struct {
	Text string
	At   time.Time
}

// StartWord is what a person writes in the chat to be asked again.
const StartWord = "START"

// Start is how a person says yes again: never on the page, which proves nothing
// about the account.
type Start struct {
	Number, ChatURL string // of the business
}

// Wish is what the person asked for, and how they show in the chat that it is
// they.
type Wish struct {
	Kind    string // WishRecord or WishErase
	Sent    bool   // a message with a button waits in the chat
	ChatURL string // else this opens it, with the text that asks
	Text    string
}

// The kinds of Wish, which are also what the page's forms post.
const (
	WishRecord = "record"
	WishErase  = "erase"
)

// The names under which the page's forms post, and what they do.
const (
	FieldAct   = "act" // one of these, or a kind of wish
	FieldStop  = "purpose"
	FieldLang  = "lang"
	ActStop    = "stop"
	ActStopAll = "stop_all"
)

// Canonical returns the page without all that is of this person or this moment:
// what is kept of it as evidence is the purposes, their words and signs, and the
// buttons.
func (p Preferences) Canonical() Preferences {
	p.Number, p.Action, p.Shown, p.Now, p.Outcome, p.Wish = "", "", "", time.Time{}, "", nil
	p.Stopped, p.StoppedAt, p.Start = nil, time.Time{}, Start{}
	rows := make([]Preference, len(p.Rows))
	for i, r := range p.Rows {
		r.Facts = nil
		rows[i] = r
	}
	p.Rows = rows
	p.Languages = nil
	return p
}

func (p Preferences) frame() layout.Public {
	return layout.Public{Loc: p.Loc, Title: p.Loc.T("prefs.title", "Business", ui.Clean(p.Business.Brand)), Business: p.Business, Languages: p.Languages, NoIndex: true}
}

func (p Preferences) inForce() bool {
	for _, r := range p.Rows {
		if r.InForce {
			return true
		}
	}
	return false
}

func (r Preference) word(p Preferences) string {
	return p.Loc.T("prefs.state."+r.State, "Business", ui.Clean(p.Business.Brand))
}

// Record is the page behind a tap's link: the person's record to download.
type Record struct {
	Loc       locale.Localizer
	Business  layout.Business
	Languages []layout.Language
	Receipt   string // addresses
	DPV       string
	Back      string // of the settings
	Until     time.Time
	Now       time.Time
}

func (p Record) frame() layout.Public {
	return layout.Public{Loc: p.Loc, Title: p.Loc.T("prefs.record.title", "Business", ui.Clean(p.Business.Brand)), Business: p.Business, Languages: p.Languages, NoIndex: true}
}
