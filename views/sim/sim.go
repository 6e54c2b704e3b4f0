// Package sim holds the phone: a WhatsApp in the browser, plainly marked as a
// simulator, to try everything out without an account at Meta.
//
// Every form posts to one address, Phone.Action, with these fields: act (one
// of the Act constants), phone (the business's number), me (the person's),
// next (where to go after), and by act: text and context; message and payload;
// message and text; message and emoji; number, name, username and hidden.
package sim

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"assent/locale"
	"assent/views/ui"
)

// What a form of the phone asks for, in the field act.
const (
	ActSend            = "send"             // text; context: the message that it answers; attach: one of Attachments or AttachNumber; ad, ad_id, ad_title
	ActForward         = "forward"          // message: its text is passed on
	ActTap             = "tap"              // message, payload
	ActEdit            = "edit"             // message, text
	ActDelete          = "delete"           // message
	ActBlock           = "block"            //
	ActUnblock         = "unblock"          //
	ActStopMarketing   = "stop_marketing"   // WhatsApp's own stop
	ActResumeMarketing = "resume_marketing" //
	ActShareNumber     = "share_number"     // as after a request for contact information
	ActNewPhone        = "new_phone"        // a new phone or SIM with the same number
	ActReact           = "react"            // message, emoji: one of Reactions on it, or NoReaction
	ActBecome          = "become"           // number, name, username, hidden: be somebody else
	ActChangeNumber    = "change_number"    // number: the same person moves to it
)

// Attachments are what can go along with a text, or in its place.
var Attachments = []string{"image", "video", "document", "audio", "sticker", "location", "contact", "poll"}

// AttachNumber is the attachment that is the holder's own number.
const AttachNumber = "number"

// The kinds of Ad.
const (
	AdFeed   = "ad"     // on Facebook or Instagram
	AdStatus = "status" // in WhatsApp Status, whose clicks have no id
	AdPost   = "post"
)

// Ad is the advertisement or post that led to a chat.
type Ad struct{ Kind, ID, Title string }

// Reactions are what a message can be given; NoReaction takes one off.
var Reactions = []string{"👍", "❤️", "😂", "😮", "😢", "🙏"}

// NoReaction is the emoji that takes a reaction off.
const NoReaction = "-"

// Me is who holds the phone.
type Me struct {
	Number   string
	Name     string
	Username string
	Account  string // BSUID
	Hidden   bool   // the business sees the account, not the number
}

// Shown is how the phone names the holder: by number, or by account where nobody knows
// the number.
func (m Me) Shown() string {
	if strings.HasPrefix(m.Number, "+") {
		return m.Number
	}
	return cmp.Or(m.Account, m.Number)
}

// Other is somebody to whom the phone can be handed.
type Other struct {
	Name, Number string // the number may be empty
	URL          string
}

// Item is a chat in the list.
type Item struct {
	URL     string
	Name    string
	Last    string
	When    time.Time
	Unread  int
	Current bool
}

// Button is a reply button or a template's quick reply.
type Button struct {
	Title, Payload string
}

// Command is a command without its slash, and what it does.
type Command struct {
	Name, Hint string
}

// Quote is a message as one that answers it shows it.
type Quote struct {
	ID   string
	Text string // empty: it was deleted
	Mine bool
}

// Message is one bubble.
type Message struct {
	ID       string
	Text     string
	Mine     bool
	When     time.Time
	Media    string // one of Attachments; empty: a text
	Template bool
	Asks     bool // for the number, by WhatsApp's own button
	Edited   bool
	Forward  bool
	Deleted  bool
	Failed   string // why it was not delivered; empty: it was
	Buttons  []Button
	Quote    *Quote // what it answers; nil: nothing
	Reaction string // the person's, on it
	Ad       *Ad    // what led to it; nil: nothing
}

// Chat is the open chat.
type Chat struct {
	Name     string // of the business
	Number   string
	Messages []Message // oldest first
	Draft    string    // what the click-to-chat link brought along
	Blocked  bool
	Stopped  bool // WhatsApp's own marketing stop

	BlockedBy bool      // by the business: nothing can be written to it
	Prompts   []string  // offered while the chat is empty
	Commands  []Command // offered after a slash
	Reply     *Quote    // what the text answers; nil: nothing
	Ad        *Ad       // what led to the chat; nil: nothing
}

// The ids of the controls at which a Problem can be shown. FieldChat is the
// place over the field to write, or over the forms where no chat is open.
const (
	FieldChat      = ""
	FieldLink      = "link"
	FieldPicture   = "picture"
	FieldNumber    = "me-number"
	FieldName      = "me-name"
	FieldNewNumber = "new-number"
)

// Problem is what the phone could not do, with what was typed.
type Problem struct {
	Field string // one of the Field constants
	Text  string // empty: there is no problem

	Link, Number, Name, Username, NewNumber string
	Hidden                                  bool
}

// at returns the sentence for a control.
func (p Problem) at(field string) string {
	if p.Field != field {
		return ""
	}
	return p.Text
}

// Phone is the page.
type Phone struct {
	Loc    locale.Localizer
	Now    time.Time
	Me     Me
	Chats  []Item
	Others []Item // businesses without a chat
	People []Other
	Chat   *Chat  // nil: only the list
	Action string // where all forms post to
	Open   string // GET with link=: follows a click-to-chat or short link; empty: not offered
	Here   string // this page's address, for next
	Home   string // the list's address
	Events string // server-sent events: any event means that something changed

	Scan     string     // where a picture of a QR code is posted to; empty: not offered
	Ads      []Business // whose ads can be tapped; GET Writing with ad, ad_id and ad_title as well
	Controls string     // the page of what Meta and the network do; empty: not offered
	Writing  string     // GET with phone, me, text and reply: the chat, and what is being written
	Outage   bool       // nothing reaches a business at present

	Problem Problem
}

// becoming returns who the form to become somebody shows: the holder, or what
// was typed.
func (p Phone) becoming() Me {
	if p.Problem.at(FieldNumber)+p.Problem.at(FieldName) == "" {
		return p.Me
	}
	return Me{Number: p.Problem.Number, Name: p.Problem.Name, Username: p.Problem.Username, Hidden: p.Problem.Hidden}
}

// aboutMe reports whether the problem is in the forms about the holder, which
// are then open.
func (p Phone) aboutMe() bool {
	return p.Problem.at(FieldNumber)+p.Problem.at(FieldName)+p.Problem.at(FieldNewNumber) != ""
}

func (p Phone) title() string {
	if p.Chat != nil {
		return p.Chat.Name + " · " + p.Loc.T("sim.simulator")
	}
	return p.Loc.T("sim.simulator")
}

func (p Phone) class() string {
	if p.Chat != nil {
		return "s-phone s-phone--open"
	}
	return "s-phone"
}

func (p Phone) business() string {
	if p.Chat == nil {
		return ""
	}
	return p.Chat.Number
}

// writable reports whether the open chat has a field to write in: one with a business
// that the person blocked has not.
func (p Phone) writable() bool { return p.Chat != nil && !p.Chat.Blocked }

func initial(name string) string {
	for _, r := range strings.TrimSpace(ui.Clean(name)) {
		return strings.ToUpper(string(r))
	}
	return "?"
}

func clock(t, now time.Time) string { return t.In(now.Location()).Format("15:04") }

func rows(text string) string {
	return strconv.Itoa(min(6, max(1, 1+strings.Count(text, "\n")+len(text)/48)))
}

var address = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)\]]`)

// piece is a stretch of a message, a link or not.
type piece struct {
	text string
	link bool
}

// pieces finds the links in a message, as the app does.
func pieces(text string) []piece {
	var out []piece
	at := 0
	for _, m := range address.FindAllStringIndex(text, -1) {
		if m[0] > at {
			out = append(out, piece{text: text[at:m[0]]})
		}
		out = append(out, piece{text: text[m[0]:m[1]], link: true})
		at = m[1]
	}
	if at < len(text) {
		out = append(out, piece{text: text[at:]})
	}
	return out
}
