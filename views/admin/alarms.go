package admin

import (
	"time"

	"assent/views/layout"
)

// Alarm is one alarm of the page.
type Alarm struct {
	Kind    string // admin.alarm.… has its words
	Name    string // the number, template or account that it is about
	Holds   string // all, templates or empty
	Code    int
	Meaning Word // of the code
	Detail  Word
	Count   int
	Since   time.Time
	Seen    time.Time
	Ended   time.Time // zero while it is open
	By      string    // who ended it; empty: its cause is gone
	Resolve string    // posts the end of an open one; empty where it ends by itself
	Waits   int       // how many webhooks wait, where it is about those
	More    bool      // and there are more
}

// Alarms is the page of what needs an operator.
type Alarms struct {
	Frame  layout.Admin
	Now    time.Time
	List   []Alarm
	Parked string // the page of webhooks that could not be handled
	Health string // how the numbers stand
}

// Parked is a webhook body that could not be handled.
type Parked struct {
	ID     string
	When   time.Time
	Reason string
	Place  string // where in the body, as the log names it; may be empty
	Act    string // posts to …/replay, …/show and …/discard
}

// ParkedList is the page of parked bodies; Body is what one of them says.
type ParkedList struct {
	Frame   layout.Admin
	Now     time.Time
	List    []Parked
	Shown   string // the id of the one that is shown
	Body    string
	Away    string // the id of the one that was to be put away without a reason
	Problem string
	More    bool   // there are more than are listed
	All     string // posts that all are handled again
	Groups  []ParkedGroup
	Unsure  string // what is wrong with the box of the group that was to be put away
}

// ParkedGroup are webhooks that wait for the same reason, which can be put away together.
type ParkedGroup struct {
	Reason  string // as it is kept
	Why     string // in words
	Place   string // where in the body, as the log names it; may be empty
	N, Most int    // how many there are, and go at once
	Newest  string // the id of the newest: what comes later stays
	Act     string
	Open    bool // it was to be put away, and something was missing
}

// unsure is what is wrong with the box of the group, if it was to be put away.
func (p ParkedList) unsure(g ParkedGroup) string {
	if g.Open {
		return p.Unsure
	}
	return ""
}
