package business

import "time"

// Rung is how far Meta has gone against an account that breaks its policy: 0 for
// not at all, then from a warning to the end of the account.
type Rung int

// The rungs of Meta's enforcement.
const (
	RungNone      Rung = iota
	RungWarned         // a violation was named
	RungTemplates      // no messages by template for some days
	RungAll            // no messages at all for some days
	RungLocked         // locked without an end, until an appeal is heard
	RungEnded          // disabled for good
)

// Rung returns where an account stands on the ladder at the time.
func (s *AccountState) Rung(now time.Time) Rung {
	rung := RungNone
	if s.Violation != "" {
		rung = RungWarned
	}
	for _, r := range s.Restrictions {
		if !r.Until.IsZero() && !now.Before(r.Until) {
			continue
		}
		switch r.Type {
		case "RESTRICTED_CUSTOMER_INITIATED_MESSAGING":
			rung = max(rung, RungAll)
		default:
			rung = max(rung, RungTemplates)
		}
	}
	if s.Ban == "DISABLE" || s.Ban == "SCHEDULE_FOR_DISABLE" {
		rung = RungLocked
	}
	if s.Status == "ACCOUNT_DELETED" {
		rung = RungEnded
	}
	return rung
}

// At which figures a number's templates pause by themselves. Fewer than enough say
// nothing.
const (
	EnoughSends   = 50
	MostFailed    = 10 // in 100 messages by template of a day
	EnoughYeses   = 50
	MostStopped   = 20 // to 100 yeses of a week
	FailedWithin  = 24 * time.Hour
	StoppedWithin = 7 // days
)

// TooMany reports whether n of all are more than a threshold in percent, where there
// are enough to tell.
func TooMany(n, all int64, percent, enough int64) bool {
	return all >= enough && n*100 > all*percent
}
