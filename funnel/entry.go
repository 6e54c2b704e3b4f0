package funnel

import (
	"strings"
	"time"

	"assent/consent"
	"assent/fault"
)

// EntryKind is the way in that an entry point is.
type EntryKind string

// The kinds of entry point in use.
const (
	EntryPage EntryKind = "page"
	EntryQR   EntryKind = "qr"
	EntryLink EntryKind = "link"
	EntryAPI  EntryKind = "api"

	// EntryEmbed is a form on the business's own site. What it shows is kept as
	// documents of KindForm, and only such forms name this kind in their Shown.
	EntryEmbed EntryKind = "embed"

	// EntrySignup is a link of WhatsApp's own: a Signup.
	EntrySignup EntryKind = "signup"
)

// EntryPoint is a way into a funnel, for example one printed code. What it leads
// to can change after it was printed; EntryVersion keeps what it was.
type EntryPoint struct {
	ID     string
	Funnel string
	Kind   EntryKind
	Code   string // short, Crockford, unique in the installation
	Label  string // "shop window, Berlin"; must not identify a person
	Chat   bool   // leads to the chat, else to the page
	Text   string // said in the chat before the code; empty: the funnel's own sentences
	Off    bool   // leads nowhere: whoever scans it is told that it has ended
}

// ShortLink is WhatsApp's own link to the chat with an entry point's text behind
// it, which can be printed in place of ours. Nothing of its scans is told.
type ShortLink struct {
	Entry  string
	Sender string // id of the number
	Code   string // of WhatsApp's
	Link   string
	Text   string // behind it now
}

// MaxShortText is the most characters that WhatsApp keeps behind a short link.
const MaxShortText = 140

// Address is what the entry point's code says: the short link.
func (e *EntryPoint) Address(base string) string { return base + "/q/" + e.Code }

// Bounds on what people write of an entry point.
const (
	MaxEntryLabel = 80
	MaxEntryText  = 160
)

// Check returns what keeps the entry point from being used, or nil. Its code only
// ever asks (rule 3), so a text of its own gives nothing; but one that holds a
// stop word would end what people agreed to before.
func (e *EntryPoint) Check() error {
	switch {
	case e.Label == "" || len([]rune(e.Label)) > MaxEntryLabel:
		return fault.Field("label", "Say where the code will be, in at most %d characters.", MaxEntryLabel)
	case len([]rune(e.Text)) > MaxEntryText || strings.Contains(e.Text, "\n") || !plain(e.Text):
		return fault.Field("text", "The chat's text is one line of at most %d plain characters.", MaxEntryText)
	case consent.StopBeside(e.Text, nil, nil):
		return fault.Field("text", "Whoever sends this text would be taken to say stop. Leave that word out.")
	}
	return nil
}

// ClaimEntries names, in an operator's event, what entry points lead to from then
// on, as versions of them. An audit compares it with what is kept.
const ClaimEntries = "entries"

// EntryVersion is what an entry point led to from a moment on, until the next.
type EntryVersion struct {
	Entry  string    `json:"entry"`
	Number int       `json:"number"`
	Funnel string    `json:"funnel"`
	Label  string    `json:"label"`
	Chat   bool      `json:"chat"`
	Text   string    `json:"text,omitempty"`
	Off    bool      `json:"off,omitempty"`
	Event  string    `json:"-"` // that says it; empty for the first of a code that came with a sample, or before versions were kept
	Author string    `json:"-"`
	At     time.Time `json:"-"`
}

// Version returns what the entry point leads to now.
func (e *EntryPoint) Version(number int) EntryVersion {
	return EntryVersion{Entry: e.ID, Number: number, Funnel: e.Funnel, Label: e.Label, Chat: e.Chat, Text: e.Text, Off: e.Off}
}

// EntryText returns the text behind the entry point's code where that opens the
// chat.
func (v *Version) EntryText(lang string, e *EntryPoint) Prefilled {
	p := v.EntryPrefill(lang, e.Code)
	if e.Text != "" {
		p.Sentences = []string{e.Text, p.Sentences[len(p.Sentences)-1]}
	}
	return p
}
