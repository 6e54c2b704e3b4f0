// Package admin holds the pages for operators: signing in, the list of
// consents, one person's record with its time line, and the funnels.
//
// Masking is the caller's: what a model holds is shown.
package admin

import (
	"time"

	"assent/locale"
	"assent/views/layout"
	"assent/views/ui"
)

// SignIn is the page that asks who you are.
type SignIn struct {
	Frame  layout.Admin
	Action string // posts user, password, next
	User   string // as typed before
	Next   string // where to go then
	Failed bool   // the last try was wrong; which half of it is not told
	Locked bool   // too many tries
	Nobody bool   // there is no operator yet
}

// Filter is what the list is narrowed to; the zero value narrows nothing.
type Filter struct {
	Search  string // a whole number or identifier
	State   string
	Scope   string
	Purpose string
	Funnel  string
}

// Any reports whether the filter narrows anything.
func (f Filter) Any() bool { return f != Filter{} }

// Row is one consent in the list: one person and one purpose.
type Row struct {
	URL     string // the person's page
	State   string // of the consent, or held: a yes that waits for the person to answer anew
	Stopped bool   // a stop reached what was never given
	Person  string // number, masked where the operator may not see it, or account id
	Name    string // may be empty
	Purpose string
	Scope   string
	Grade   string
	Funnel  string // its title
	Slug    string // its short name, for the hint
	Entry   string // label of the entry point
	When    time.Time
	Sim     bool
}

// Consents is the list of consents.
type Consents struct {
	Frame     layout.Admin
	Now       time.Time // in the operator's zone
	Filter    Filter
	Purposes  []ui.Option
	Funnels   []ui.Option
	Rows      []Row
	Action    string // posts the filter, so that what is searched for comes into no address; shows all by GET
	Total     int    // that match the filter, whatever their state; -1: not counted
	InForce   int    // of these, by which something may be sent
	First     string // address of the first page, if this is a later one
	Next      string // address of the next page, if there is one
	CSV       string // addresses of the exports of what is filtered
	JSONL     string
	Proofs    string // where the archive of proofs of what is filtered posts to: audience
	Audiences []string
	Stop      string  // where an operator enters a stop, also for somebody not in the list
	Begin     []First // what to do first, while there are none
}

// First is one of the first things to do for a business.
type First struct {
	Kind string // business, number, funnel or share
	URL  string
	Done bool
	Next bool // the first that is not done
}

// act is what its link says.
func (f First) act() string {
	return map[string]string{"business": "admin.business.new", "number": "admin.senders.new", "funnel": "editor.new", "share": "admin.none_yet.act"}[f.Kind]
}

// Consent is the state of one purpose for one person.
type Consent struct {
	ID         string
	Purpose    string
	Scope      string
	Contract   bool
	State      string // or held, as in Row
	May        string // whether a message may go now, in words; empty where nobody could be asked about
	Grade      string
	Since      time.Time
	ValidUntil time.Time // zero: no end
	Words      string    // that the newest yes or no answered
	Agreed     bool      // with a yes
	Lang       string    // of the words
}

// Fact is a label and a value in an event's details.
type Fact struct {
	Label string
	Value string
	Meta  string // Meta's word for the value; may be empty
	Copy  bool   // an identifier: monospace, with a button to copy
}

// Identity is something that a person is known by, and how it came to be theirs.
type Identity struct {
	Fact  Fact
	How   string // in words
	When  time.Time
	Event string // the id of the event on this page; may be empty
	Left  time.Time
	Hash  string // what is posted where it is said to be somebody else's; empty where it cannot be
}

// Choice is what one event did to one purpose.
type Choice struct{ Purpose, State string }

// Event is one event on the time line.
type Event struct {
	ID      string
	Type    string // "consent.given"; event.… has its words
	Word    string // what happened, where the type's words do not say it
	State   string // the sign on the line
	When    time.Time
	How     string   // in words: "tapped Yes in WhatsApp"
	By      string   // which operator did it; may be empty
	Choices []Choice // what it did to each purpose
	Words   string   // what was shown, exactly
	Lang    string
	Shown   string // where the stored page or message can be seen; may be empty
	Message string // what the person sent, or what was sent to them
	Inbound bool   // Message came from the person
	Facts   []Fact
	Leaf    int64 // its place in the log; negative: none
	Sim     bool
}

// Stop is what the stops that came for one reason still cover.
type Stop struct {
	What   string // "everything", "marketing", or the titles of purposes
	Reason string // the word for it
	Source string // how it reached the business, where that was not WhatsApp
	When   time.Time
	Lifted []Lift // what they covered once
}

// Lift is a purpose for which a stop was ended by a later yes.
type Lift struct {
	Purpose string
	When    time.Time
}

// Person is the page of one person: what stands, what happened, how to prove it.
type Person struct {
	Frame      layout.Admin
	Now        time.Time
	Number     string // the number, or the account id where none is known
	Name       string
	Country    string // name of the country
	Accounts   []Identity
	Consents   []Consent
	Events     []Event // newest first
	Stops      []Stop  // in force; each a line
	Platform   string  // "", "stop" or "unsure": WhatsApp's own marketing stop
	Checkpoint Checkpoint
	Export     string // where the proof export posts to: audience
	Audiences  []string
	Back       string
	Held       bool      // a legal hold stands
	Locked     time.Time // until when, for somebody who asked to be erased; zero otherwise
	Erased     time.Time // zero for who is not
	Stop       string    // the page where an operator enters a stop, or ends one
	Part       string    // where it is posted that an identifier is somebody else's: identifier, reason
	Wrong      string    // why that was refused
	Reason     string    // as it was posted
	Erase      string    // the page that asks; empty where there is nothing to erase
	Reveal     string    // where the reason is posted for which a locked record is shown; empty where it is not locked
	Reach      Reach
}

// Checkpoint is the log's head that covers all events on the page.
type Checkpoint struct {
	Size  int64
	Short string // as it stands in receipts: the first digits of the root hash, in hexadecimal
	Root  string // base64
	When  time.Time
}

// EntryPoint is a way into a funnel.
type EntryPoint struct {
	Kind, Label, Code string
	URL               string // what is printed or linked
	QR                []byte // SVG; may be nil
	SVG, PNG, PDF     string // addresses of the QR code's files
	Page              string // where it is changed; may be empty
	Poster            string // where a poster of it is made; may be empty
}

// Funnel is a funnel in the list, read only.
type Funnel struct {
	Name, Slug string
	Status     string // published, draft, archived, defective
	Mode       string // chat, template, qr
	URL        string
	Embed      string // address of the page that puts it on other sites; may be empty
	Numbers    string // address of its figures
	Purposes   []string
	Languages  []string
	Given      int
	Entries    []EntryPoint
	Edit       string // its versions, and what can be done with it; may be empty
	Signups    string // where its links within WhatsApp are
}

// Funnels is the list of funnels with their links and codes.
type Funnels struct {
	Frame   layout.Admin
	Funnels []Funnel
	Drafts  []layout.NavItem // what is being written and not published
	New     string           // where a funnel begins; may be empty
	Connect string           // where a number is connected; empty: there is one
}

// Message is a plain page inside the admin frame.
type Message struct {
	Frame     layout.Admin
	Kind      string // as public.Message
	RequestID string
}

func (m Message) kind() string {
	if m.Frame.Loc.Has("page." + m.Kind + ".title") {
		return m.Kind
	}
	return "internal"
}

// Shown is the frame around bytes that were kept as they were shown. The frame
// speaks of them; they stand in a document of their own.
type Shown struct {
	Frame   layout.Admin
	Now     time.Time
	Bytes   string // address of the bytes; empty: no frame
	SHA256  string
	When    time.Time // when they were shown; zero where the page was not reached from an event
	Funnel  string    // title; may be empty
	Version int       // of the funnel; 0: not known
	Lang    string    // the language's name; may be empty
	Back    string    // the event; may be empty
}

// eventWord is what happened, in words; an event type without words is shown
// by its name, so that none is hidden.
func eventWord(l locale.Localizer, kind string) string {
	if id := "event." + kind; l.Has(id) {
		return l.T(id)
	}
	return ui.Clean(kind)
}

func stateOptions(l locale.Localizer, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Label: l.T("admin.filter.all_states"), Selected: chosen == ""}}
	for _, s := range []string{"given", "renewed", "refused", "withdrawn", "expired", "revoked", "invalidated"} {
		out = append(out, ui.Option{Value: s, Label: l.T("state." + s), Selected: s == chosen})
	}
	return out
}

func scopeOptions(l locale.Localizer, chosen string) []ui.Option {
	return []ui.Option{
		{Value: "", Label: l.T("admin.filter.all_scopes"), Selected: chosen == ""},
		{Value: "marketing", Label: l.T("scope.marketing"), Selected: chosen == "marketing"},
		{Value: "transactional", Label: l.T("scope.transactional"), Selected: chosen == "transactional"},
	}
}

// withAll puts the choice that narrows nothing before the others.
func withAll(label, chosen string, options []ui.Option) []ui.Option {
	out := []ui.Option{{Value: "", Label: label, Selected: chosen == ""}}
	for _, o := range options {
		o.Selected = o.Value == chosen
		out = append(out, o)
	}
	return out
}

func ModeWord(l locale.Localizer, mode string) string {
	switch mode {
	case "template":
		return l.T("admin.mode.template")
	case "qr":
		return l.T("admin.mode.qr")
	}
	return l.T("admin.mode.chat")
}

func audienceWord(l locale.Localizer, a string) string {
	if id := "audience." + a; l.Has(id) {
		return l.T(id)
	}
	return ui.Clean(a)
}

func audienceMeaning(l locale.Localizer, a string) string {
	if id := "audience." + a + ".meaning"; l.Has(id) {
		return l.T(id)
	}
	return ""
}
