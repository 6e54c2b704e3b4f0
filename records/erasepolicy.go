package records

import (
	"strconv"
	"strings"
	"time"

	"assent/business"
	"assent/fault"
	"assent/phone"
	"assent/tenant"
)

// namesNobody refuses a reason that names the person: it is kept when they are
// forgotten.
func namesNobody(reason string, accounts []tenant.Account) error {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, reason)
	for _, a := range accounts {
		for _, id := range []string{a.BSUID, a.Parent} {
			if id != "" && strings.Contains(reason, id) {
				return errNamesPerson
			}
		}
		if a.Number.IsZero() {
			continue
		}
		for _, spelling := range phone.Spellings(a.Number.E164()) {
			national := strings.TrimPrefix(strings.TrimPrefix(spelling, "+"), strconv.Itoa(a.Number.CallingCode()))
			if len(national) >= 6 && strings.Contains(digits, national) {
				return errNamesPerson
			}
		}
	}
	return nil
}

var errNamesPerson = fault.Field("reason", "The reason is kept when the person is forgotten, so it must not name them. Leave the number and the account id out.")

// AfterErasure returns until when a person who asks to be erased is locked, or
// the zero time where they are erased at once (rule 31).
func AfterErasure(set business.Keeping, f Facts, now time.Time) time.Time {
	if set.AfterErasure != business.LockFirst || !f.Used {
		return time.Time{}
	}
	return now.Add(set.LockFor())
}

// Facts are what AfterErasure weighs.
type Facts struct {
	// Used says that a message rested on a consent of the person. Receipts, and
	// questions that the person asked for, are none.
	Used bool
}
