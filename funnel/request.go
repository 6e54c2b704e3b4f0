package funnel

import "time"

// RequestState is where an opt-in under way stands.
type RequestState string

// The states of a request.
const (
	Requested RequestState = "requested"
	Deferred  RequestState = "deferred" // confirmation never came, or came from elsewhere
	Confirmed RequestState = "confirmed"
	Closed    RequestState = "closed" // by a stop, or by a no
)

// Request is an opt-in under way: what was shown and chosen. A form post makes
// one and proves nothing about a number (rule 1); it touches no consent.
type Request struct {
	ID         string
	TokenHash  []byte // of the random token in its public address
	Business   string
	Version    string
	Lang       string
	Entry      string // the entry point's id, or empty
	State      RequestState
	Ticked     []string // keys of the purposes ticked
	Shown      bool     // the page proved what it showed
	Notice     string   // SHA-256 of the notice, hex
	Page       string   // SHA-256 of the page, hex; empty where not proven
	Line       []byte   // keyed hash of the typed number's line; empty where none was typed
	WrappedKey []byte   // the request's own data key
	Sealed     []byte   // Typed as JSON, under that key
	CodeHash   []byte   // keyed hash of the code in force
	Attempt    int      // which code of this request is in force, from 0
	CreatedAt  time.Time
	ExpiresAt  time.Time
	Event      string   // its consent.requested
	Subject    string   // who confirmed; empty until then
	Message    string   // the template message, if the person asked for one
	Agreed     []string // keys of the purposes that were said yes to, once confirmed
}

// Typed is what the person typed into the form.
type Typed struct {
	Number string `json:"number,omitempty"` // as typed
	E164   string `json:"e164,omitempty"`
	Name   string `json:"name,omitempty"`

	Fields map[string]string `json:"fields,omitempty"` // by the field's key
	Doubts []string          `json:"doubts,omitempty"` // why it may not be a person's
}

// RequestLife is how long a code works (rule 28).
const RequestLife = 72 * time.Hour

// Open reports whether the request still waits for its confirmation.
func (r *Request) Open(now time.Time) bool {
	return r.State == Requested && now.Before(r.ExpiresAt)
}

// Overheard reports that the request was closed by a stop which was no answer to
// it: the person said stop to something else, and their number had been typed
// here by whoever. Its public page must not tell (rule 28), so to the public it
// looks as it did before, until its time is over.
func (r *Request) Overheard() bool { return r.State == Closed && r.Subject == "" }

// LooksOpen is Open as the public page sees it.
func (r *Request) LooksOpen(now time.Time) bool {
	return (r.State == Requested || r.Overheard()) && now.Before(r.ExpiresAt)
}
