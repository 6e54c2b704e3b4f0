package admin

import (
	"time"

	"assent/views/layout"
)

// Erase is the page that says what erasing a person takes and leaves, and asks
// once. It also sets legal holds and locks.
type Erase struct {
	Frame       layout.Admin
	Now         time.Time
	Number      string // the number, or the account id where none is known
	Held        bool   // a legal hold stands: nothing is erased
	ExportFirst bool   // the business keeps a proof of everybody before
	Locked      time.Time
	Act         string // address under which the forms are: /erase, /lock, /hold
	Back        string // the person
	Problem     string // why the last try was refused; empty for none
	Unsure      string // what is said beside the box where it was not ticked
	Reason      string // as it was typed
	Export      string // where the proof export posts to; empty where there is none to make
	Audience    string // for whom that is
}
