package subject

import "time"

// ErrandKind is what WhatsApp is asked about a person.
type ErrandKind string

// The kinds of errand.
const (
	Forget  ErrandKind = "forget"  // take them out of the contact book that Meta keeps for the portfolio (rule 31)
	Block   ErrandKind = "block"   // let nothing pass between the number and them: they said that it was not they
	Unblock ErrandKind = "unblock" // end that: an operator was told that they want to be heard again
)

// Errand is something that WhatsApp is asked about a person, until it was done.
// It outlives their key, so whom it is about is sealed under the business's.
type Errand struct {
	ID        string
	Business  string
	Sender    string // through which number
	Subject   string // empty where nothing is kept of them any more
	Kind      ErrandKind
	Sealed    []byte // Addressee as JSON
	CreatedAt time.Time
	RunAt     time.Time // when it is first tried; not read back
}

// Addressee is whom an errand is about.
type Addressee struct {
	Number string `json:"number,omitempty"` // E.164
	BSUID  string `json:"bsuid,omitempty"`
}

// Context is the place to which the sealed addressee is bound.
func (e *Errand) Context() string { return "errand/" + e.ID }
