package subject

import (
	"time"

	"assent/consent"
)

// Seed returns where a person stands on a purpose that they never met: a stop
// that was said before the purpose was ever offered counts (rule 18), also one
// that a later act ended for other purposes.
//
// What was said before an erasure is forgotten but for this: a yes older than
// the erasure gives nothing, and the first one after it is given and not renewed.
func Seed(purpose consent.Purpose, suppressions []Suppression) consent.Position {
	var pos consent.Position
	var erased time.Time
	for _, s := range suppressions {
		if s.Reason == ByErasure && s.At.After(erased) {
			erased = s.At
			pos = consent.Position{EndedAt: s.At, EndedEvent: s.Event, End: consent.Withdrawn}
		}
	}
	for _, s := range suppressions {
		if act := s.act(); act.Touches(purpose) && s.At.After(erased) {
			pos = pos.Apply(act)
		}
	}
	return pos
}

// Bears reports whether Seed makes anything of the suppression for the purpose.
func (s *Suppression) Bears(purpose consent.Purpose) bool {
	return s.Reason == ByErasure || s.act().Touches(purpose)
}

// act is what the suppression did.
func (s *Suppression) act() consent.Act {
	return consent.Act{Event: s.Event, Purpose: s.Purpose, Scope: s.Scope, Outcome: consent.OutcomeWithdrawn, At: s.At}
}

// AfterStop reports whether a yes at the time, which ends suppressions, follows
// an erasure: the person is new, and had said stop before (rule 18).
func AfterStop(p consent.Purpose, suppressions []Suppression, at time.Time) bool {
	for _, s := range suppressions {
		if s.Reason == ByErasure && s.Covers(p) && at.After(s.At.Add(consent.TieMargin)) {
			return true
		}
	}
	return false
}
