package funnel

import "time"

// Draft is a version that is being written. A funnel has one at most; a funnel
// that does not exist yet begins as one. It may be wrong in any way: it is
// checked when it is published.
type Draft struct {
	ID        string
	Business  string
	Funnel    string // empty for a new one
	Version   Version
	Revision  int    // grows with each saving: who saves names the one that they read
	Author    string // operator who saved last
	ChangedAt time.Time
}
