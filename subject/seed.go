package subject

import "assent/consent"

// Seed returns where a person stands on a purpose that they never met: a stop
// that was said before the purpose was ever offered counts (rule 18), also one
// that a later act ended for other purposes.
func Seed(purpose consent.Purpose, suppressions []Suppression) consent.Position {
	var pos consent.Position
	for _, s := range suppressions {
		act := consent.Act{Event: s.Event, Purpose: s.Purpose, Scope: s.Scope, Outcome: consent.OutcomeWithdrawn, At: s.At}
		if act.Touches(purpose) {
			pos = pos.Apply(act)
		}
	}
	return pos
}
