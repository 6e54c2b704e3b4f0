package admin

import (
	"time"

	"assent/locale"
	"assent/views/layout"
)

// Keeping is the page that says how long the business keeps what, and what
// retention has erased.
type Keeping struct {
	Frame       layout.Admin
	Now         time.Time
	Change      string // where it is changed
	Lock        bool   // who asks to be erased is locked first, where a message rested on a consent
	LockDays    int
	ExportFirst bool
	Unconfirmed int // days
	Ended       int // days
	Runs        []Run
}

// Run is one run of retention that took anything.
type Run struct {
	When                         time.Time
	Forms, People, Locks, Failed int
}

// span says a number of days as people do: whole years as years.
func span(l locale.Localizer, days int) string {
	// Leap days count, and a day more does not matter.
	if years := days / 365; years > 0 && days%365 <= years/4+1 {
		return l.N("admin.keeping.years", years)
	}
	return l.N("admin.keeping.days", days)
}
