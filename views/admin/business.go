package admin

import (
	"assent/views/layout"
	"assent/views/ui"
)

// Business is the page with what a business says of itself, how far its stops
// reach and how long it keeps what; or the form that adds one.
type Business struct {
	Frame    layout.Admin
	New      bool   // it is to be added
	Action   string // posts what it says
	Keep     string // posts how long it keeps what; empty on the form that adds one
	Add      string // the form that adds another
	Keeping  string // the page with what was erased
	Said     []Group
	Kept     Group
	Problems ui.Problems
	Saved    bool
	Next     layout.NavItem // what comes next; may be empty
}
