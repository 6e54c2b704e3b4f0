package admin

import (
	"assent/views/layout"
	"assent/views/ui"
)

// EnterStop is the form by which an operator enters a stop that was said in
// another way.
type EnterStop struct {
	Frame    layout.Admin
	Act      string
	Back     string
	Person   string // as known, where the stop is for somebody in the records
	Lift     string // where stops that only an operator ends are ended; empty for none
	To       string // as typed
	Words    string
	What     []ui.Option
	Sources  []ui.Option
	Reasons  []ui.Option
	Problems ui.Problems
	Entered  bool
}
