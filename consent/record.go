package consent

import "time"

// Consent is one person's standing on one purpose: a projection of events,
// kept so that the question "may I send?" is one look-up.
type Consent struct {
	ID        string
	Business  string
	Subject   string
	Purpose   string // the purpose's key
	Scope     Scope
	Simulated bool   // the newest yes came through a simulated sender
	Version   string // the funnel version of the newest yes or no
	Lang      string
	Entry     string // id of the entry point of the newest yes; not evidence, for figures alone
	Position  Position
	ChangedAt time.Time
	Hidden    bool // the person is locked or erased: in no list
}

// Agreed is how many people's consents to a purpose, in force, rest on the words
// of one funnel version.
type Agreed struct {
	Version string // id
	Purpose string // key
	People  int
}

// Filter chooses consents for a list. Empty fields choose all.
type Filter struct {
	Business string // required
	State    State
	Scope    Scope
	Purpose  string
	Funnel   string   // id
	InForce  bool     // only those by which something may be sent: given or renewed, and not held
	Subjects []string // ids, at most 100; nil for all, empty for none

	// After continues a list behind the last row that was shown.
	AfterTime time.Time
	AfterID   string
	Limit     int
}
