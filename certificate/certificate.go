// Package certificate writes the certificate of consent: the part of a proof
// that is for people, as a PDF with the JSON record attached.
//
// The same Certificate makes the same bytes. Text of others is shown verbatim, in
// its script and order; what would hide in it is shown as code points.
package certificate

import (
	"time"

	"assent/consent"
)

// MaxText is how many bytes all texts of a certificate may have together.
const MaxText = 2 << 20

// Certificate is all that a certificate says. Empty fields are left out; times
// are shown in UTC.
type Certificate struct {
	ID        string // of the bundle or record; no identifier of the person
	Language  string // of the labels (BCP 47): en, de or ar; else English
	Audience  string // court, regulator, meta or subject
	AsOf      time.Time
	Simulated bool // from the simulator: every page says so
	Business  Business
	Person    Person
	Consents  []Consent
	Form      *Form // nil where the words were shown in a chat only
	Acts      []Act // by which it was confirmed
	History   []Event
	Log       Log
	Prints    []Print // fingerprints of what was shown
	Record    []byte  // attached as record.json; none if empty
}

// Business is who asked.
type Business struct {
	LegalName, BrandName, Address, Contact, NoticeURL string
	Issuer                                            string // the iss of its events
}

// Person is who answered, as far as the audience may know.
type Person struct {
	Number string // E.164 or masked; empty is said to be hidden
	BSUID  string
	Name   string // as the WhatsApp profile gave it
}

// Consent is where the person stands on one purpose, and the words.
type Consent struct {
	Title      string
	Scope      consent.Scope
	Basis      consent.Basis
	State      consent.State
	Grade      consent.Grade
	Held       bool // nothing may be sent until the person answers anew
	GivenAt    time.Time
	EndedAt    time.Time
	RefusedAt  time.Time
	ValidUntil time.Time // zero is no end
	Words      string    // verbatim
	Language   string    // BCP 47, of Title and Words
	Later      *Later    // nil where the words are as they were
}

// Form is the page as the person saw and left it.
type Form struct {
	Title, Intro, Address, Language string
	ShownAt                         time.Time
	Boxes                           []Box
	Button                          string // what was pressed
	Links                           []string
	Name                            string // as typed
	Doubts                          string // what made it look like abuse when it came
}

// Box is a box of the form. A statement has none (basis contract).
type Box struct {
	Title, Words string
	Statement    bool
	First        bool // ticked when the page was shown
	Ticked       bool // ticked when it was sent
}

// Act is the message or tap that confirmed.
type Act struct {
	Kind      string // as in evidence.Act: message, button, post …
	Text      string // word for word
	Language  string
	Sender    string // the business's number
	MessageID string // empty where the audience may not see it
	At        time.Time
	ArrivedAt time.Time
	Match     string // same, differs or unknown; empty where nothing was typed
}

// Event is one line of the history, oldest first.
type Event struct {
	At       time.Time
	Name     string   // as in evidence.Name
	Outcomes []string // what it did, in words: "Offers: given"
	Leaf     int64    // place in the log
	LeafHash string   // hexadecimal
}

// Log is where the events are held to.
type Log struct {
	Origin   string
	Size     int64
	Root     string // hexadecimal or base64, as the reader will meet it
	Short    string // of the checkpoint, as receipts print it
	SignedAt time.Time
	Anchors  []Anchor
}

// Anchor is an outside party that vouched for the log.
type Anchor struct {
	Name string
	At   time.Time
}

// Print is a fingerprint: SHA-256 in hexadecimal.
type Print struct {
	Kind   string // notice, page, form or message
	SHA256 string
}
