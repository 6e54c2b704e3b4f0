// Package chat holds what is said in a WhatsApp chat: questions with buttons
// that wait for their answer, the payloads behind those buttons, and outbound
// messages on their way.
package chat

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"assent/fault"
)

// QuestionKind is what a question's buttons are about.
type QuestionKind string

// The kinds of question.
const (
	Buttons  QuestionKind = "buttons"  // the words of one purpose after another, Yes and No each
	Template QuestionKind = "template" // the confirmation template: Yes, No, Not me
	Receipt  QuestionKind = "receipt"  // a receipt: This wasn't me
	StopMore QuestionKind = "stop"     // an acknowledged narrow stop: Stop everything
	Settings QuestionKind = "settings" // was it you who asked for this on your settings' page?
	Grant    QuestionKind = "grant"    // no question: a tap was given, and its link works until ExpiresAt
)

// Match says how the number that was typed compares with the one that
// confirmed (rule 4).
type Match string

// The matches. None means that no number was typed.
const (
	MatchNone    Match = ""
	MatchSame    Match = "same"
	MatchDiffers Match = "differs"
	MatchUnknown Match = "unknown" // the confirming account shows no number
)

// Question is words with buttons that were sent to an account and wait for its
// answer. An answer counts from the account that was asked and from no other.
type Question struct {
	ID        string
	Business  string
	Subject   string // the account that was asked
	Version   string // of the funnel
	Lang      string
	Purposes  []string // still to be answered, the one that was asked first
	Request   string
	Entry     string
	Kind      QuestionKind
	Match     Match
	Shown     string // SHA-256 of the message as it was shown, hex
	Campaign  []byte // sealed: what led to it; nil for none. See CampaignContext
	Closed    bool
	AskedAt   time.Time
	ExpiresAt time.Time
}

// CampaignContext is the place to which what led to a question is bound, under the
// business's key: whoever is asked may turn out to be somebody else by then.
func CampaignContext(question string) string { return "question/" + question + "/campaign" }

// Arrival is what led to a message that was no act of consent: nothing of the
// message, but the advertisement or post that WhatsApp names with it alone.
type Arrival struct {
	Business string
	Hash     []byte    // under which the account is looked up
	Campaign []byte    // sealed under the business's key; see Context
	At       time.Time // of the message
}

// ArrivalLife is how long an act comes from an Arrival: as long as the message's
// service window is open. Nothing of one is kept for longer.
const ArrivalLife = 24 * time.Hour

// Context is the place to which the campaign is bound.
func (a *Arrival) Context() string { return "arrival/" + hex.EncodeToString(a.Hash) }

// LedTo reports whether an act at the time came from the arrival.
func (a *Arrival) LedTo(at time.Time) bool {
	return !at.Before(a.At) && at.Before(a.At.Add(ArrivalLife))
}

// Waits reports whether the question still takes an answer about the purpose.
func (q *Question) Waits(purpose string, now time.Time) bool {
	return !q.Closed && now.Before(q.ExpiresAt) && slices.Contains(q.Purposes, purpose)
}

// How long the buttons of a question work, and what a tap on one opens.
const (
	Life         = 72 * time.Hour
	SettingsLife = time.Hour        // of a question about what was asked for on the settings' page
	GrantLife    = 15 * time.Minute // of the link that its answer brings
)

// MessageState is where an outbound message stands. The order is that of
// their rank: a later state never falls back to an earlier one, and failed is
// final.
type MessageState string

// The states of an outbound message.
const (
	Queued    MessageState = "queued"
	Unclear   MessageState = "unclear" // it may have gone out; a status will tell
	Sent      MessageState = "sent"
	Delivered MessageState = "delivered"
	Read      MessageState = "read"
	Failed    MessageState = "failed"
	Dropped   MessageState = "dropped" // not sent, for a stop or a closed window came first
)

var ranks = map[MessageState]int{Queued: 0, Unclear: 1, Sent: 2, Delivered: 3, Read: 4, Dropped: 5, Failed: 5}

// After reports whether s may follow the state before: statuses come in any
// order, and a late one changes nothing.
func (s MessageState) After(before MessageState) bool { return ranks[s] > ranks[before] }

// MessageKind is what an outbound message is for.
type MessageKind string

// The kinds of message that Assent sends.
const (
	KindQuestion MessageKind = "question"
	KindTemplate MessageKind = "template"
	KindReceipt  MessageKind = "receipt"
	KindAck      MessageKind = "ack"     // of a stop
	KindWelcome  MessageKind = "welcome" // of the funnel, behind the receipt of a yes
	KindAnswer   MessageKind = "answer"  // HELP, an expired code, a country that is not served
	KindLink     MessageKind = "link"    // to the person's settings, which they asked for elsewhere
)

// Proves reports whether a message of the kind answers an act with its record,
// so that its sending and arrival are events themselves (rule 11).
func (k MessageKind) Proves() bool { return k == KindReceipt || k == KindAck }

// Message is an outbound message. Whom it goes to and what it says are sealed.
type Message struct {
	ID        string
	Business  string
	Sender    string
	Subject   string // empty for a template to a number that has not answered yet
	Kind      MessageKind
	Lang      string
	Key       string // id of the data key that seals Sealed
	Sealed    []byte // Content as JSON
	About     string // the event that it tells of, or the question that it asks
	State     MessageState
	Code      int // the error code of a failure; 0 for none
	CreatedAt time.Time
	ChangedAt time.Time
	TurnAt    time.Time // its place in its number's line; zero where it stands in none
}

// Content is what a message says and to whom.
type Content struct {
	To       string   `json:"to,omitempty"`    // E.164
	BSUID    string   `json:"bsuid,omitempty"` // used where no number is known
	Text     string   `json:"text,omitempty"`
	Buttons  []Button `json:"buttons,omitempty"`
	Template string   `json:"template,omitempty"`
	// Secret is a part of Text that evidence of the message leaves out: whoever is
	// shown a proof must not be able to act for the person.
	Secret string   `json:"secret,omitempty"`
	Params []string `json:"params,omitempty"` // of the template's body, in order
	Link   string   `json:"link,omitempty"`   // what the template's button adds to its address

	// AskNumber adds WhatsApp's own button by which the person shares the number
	// of their account (rule 20).
	AskNumber bool `json:"ask_number,omitempty"`

	// After is a message that has to go first: the platform keeps no order of
	// its own between two sends.
	After string `json:"after,omitempty"`
	// Event is the act that a receipt is for. Its last lines (the record and
	// the log's checkpoint) are added when the receipt is sent, by Record, a
	// text with a verb for the checkpoint.
	Event  string `json:"event,omitempty"`
	Record string `json:"record,omitempty"`
}

// Public returns the text without its Secret.
func (c Content) Public() string {
	if c.Secret == "" {
		return c.Text
	}
	return strings.ReplaceAll(c.Text, c.Secret, "…")
}

// Button is a reply button or a template's quick reply.
type Button struct {
	Title   string `json:"title"`
	Payload string `json:"payload"`
}

// Limits of the platform (Cloud API, interactive reply buttons).
const (
	MaxBody   = 1024
	MaxTitle  = 20
	MaxButton = 3
)

// Check returns what the platform would refuse, or nil.
func (c Content) Check() error {
	if (c.To == "") == (c.BSUID == "") {
		return fault.New(fault.Internal, "A message goes to a number or to a BSUID, and to one of them.")
	}
	if c.Template != "" {
		return nil
	}
	body := len([]rune(c.Text))
	if body == 0 || (len(c.Buttons) > 0 || c.AskNumber) && body > MaxBody || body > 4096 {
		return fault.New(fault.Internal, "A message of %d characters cannot be sent.", body)
	}
	if c.AskNumber && len(c.Buttons) > 0 {
		return fault.New(fault.Internal, "A message that asks for a number holds no other button.")
	}
	if len(c.Buttons) > MaxButton {
		return fault.New(fault.Internal, "A message holds three buttons at most.")
	}
	for _, b := range c.Buttons {
		if n := len([]rune(b.Title)); n == 0 || n > MaxTitle {
			return fault.New(fault.Internal, "A button's title has 1 to 20 characters.")
		}
	}
	return nil
}

// SendCount is how many messages of a kind came to a state, and with which error.
type SendCount struct {
	Kind  MessageKind
	State MessageState
	Code  int
	N     int
}

// Sends is what became of the messages of a time.
type Sends struct {
	Left    int // went out, or may have, or were refused
	Arrived int
	Read    int // of those that arrived
	Failed  int
	Codes   map[int]int // why they failed
}

// Tally adds up what became of messages, those of the kind only where one is given.
// What waits or was not sent for a stop is none.
func Tally(list []SendCount, kind MessageKind) Sends {
	s := Sends{Codes: map[int]int{}}
	for _, c := range list {
		if kind != "" && c.Kind != kind {
			continue
		}
		switch c.State {
		case Queued, Dropped:
			continue
		case Read:
			s.Read += c.N
			s.Arrived += c.N
		case Delivered:
			s.Arrived += c.N
		case Failed:
			s.Failed += c.N
			s.Codes[c.Code] += c.N
		}
		s.Left += c.N
	}
	return s
}
