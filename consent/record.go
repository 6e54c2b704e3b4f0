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
	Position  Position
	ChangedAt time.Time
}
