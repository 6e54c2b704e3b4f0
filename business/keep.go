package business

import "time"

// AfterErasure is what becomes of consents that messages rested on when the
// person asks to be erased (rule 31).
type AfterErasure string

// What becomes of them. Forms, and consents that no message rested on, are
// always erased at once.
const (
	EraseAtOnce AfterErasure = "erase"
	LockFirst   AfterErasure = "lock"
)

// Keeping is how long a business keeps what (rules 31 and 32). The zero value is
// the default.
type Keeping struct {
	AfterErasure    AfterErasure `json:"after_erasure,omitempty"`    // empty for erase
	LockDays        int          `json:"lock_days,omitempty"`        // 0 for 3 years
	ExportFirst     bool         `json:"export_first,omitempty"`     // a proof for court is made before anything is erased
	UnconfirmedDays int          `json:"unconfirmed_days,omitempty"` // forms that nobody confirmed; 0 for 30
	EndedDays       int          `json:"ended_days,omitempty"`       // after the end of the last consent; 0 for 5 years
}

const day = 24 * time.Hour

// LockFor returns how long a person is locked who asks to be erased.
func (k Keeping) LockFor() time.Duration { return days(k.LockDays, 3*365) }

// Unconfirmed returns how long a form is kept that nobody confirmed.
func (k Keeping) Unconfirmed() time.Duration { return days(k.UnconfirmedDays, 30) }

// Ended returns how long a person is kept after the end of all their consents.
func (k Keeping) Ended() time.Duration { return days(k.EndedDays, 5*365+1) }

func days(n, standard int) time.Duration {
	if n <= 0 {
		n = standard
	}
	return time.Duration(n) * day
}
