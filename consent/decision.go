package consent

import "time"

// Reason says why a message may not be sent. The empty reason is a yes.
type Reason string

// The reasons, in the order in which they are given: the first that applies.
const (
	ReasonInvalidIdentifier Reason = "invalid_identifier"
	ReasonUnknownPurpose    Reason = "unknown_purpose"
	ReasonSuppressed        Reason = "suppressed"
	ReasonPlatformStop      Reason = "platform_stop" // marketing only
	ReasonReassigned        Reason = "reassigned"
	ReasonCountry           Reason = "country"
	ReasonWithdrawn         Reason = "withdrawn"
	ReasonRevoked           Reason = "revoked"
	ReasonRefused           Reason = "refused"
	ReasonExpired           Reason = "expired"
	ReasonInvalidated       Reason = "invalidated"
	ReasonPending           Reason = "pending" // an open request or question names this identifier
	ReasonGradeTooLow       Reason = "grade_too_low"
	ReasonFrequencyCap      Reason = "frequency_cap"
	ReasonPurposeRequired   Reason = "purpose_required"
	ReasonUnknown           Reason = "unknown"
)

// PlatformFlag is what WhatsApp itself has told us of a person's wish about
// marketing from this business (rule 19).
type PlatformFlag string

// The flags. Unsure follows a consent confirmed after WhatsApp's stop: one
// send may try, and what becomes of it makes the flag sure.
const (
	PlatformClear  PlatformFlag = ""
	PlatformStop   PlatformFlag = "stop"
	PlatformUnsure PlatformFlag = "unsure"
)

// Facts is what is known about one identifier and one purpose when somebody
// asks whether a message may go.
type Facts struct {
	Purpose    Purpose
	Position   Position
	Simulated  bool // the yes came through a simulated sender
	Suppressed bool // a suppression in force covers the identifier and the purpose
	Platform   PlatformFlag
	Reassigned bool // it is doubtful whether who has the identifier now gave anything
	Pending    bool // an open request names the identifier
}

// Decide answers whether a message of the purpose may go now. While the
// simulator runs, a yes through a simulated sender counts as if of grade B.
func Decide(f Facts, now time.Time, simulatorRuns bool) (bool, Reason) {
	state := f.Position.State()
	switch {
	case f.Suppressed:
		return false, ReasonSuppressed
	case f.Purpose.Scope == Marketing && f.Platform == PlatformStop:
		return false, ReasonPlatformStop
	case f.Reassigned:
		return false, ReasonReassigned
	case state == Withdrawn:
		return false, ReasonWithdrawn
	case state == Revoked:
		return false, ReasonRevoked
	case state == Refused:
		return false, ReasonRefused
	case state == Expired, state.Permits() && !f.Position.ValidAt(now):
		return false, ReasonExpired
	case state == Invalidated:
		return false, ReasonInvalidated
	case state.Permits() && f.Position.Held():
		return false, ReasonPending
	case !state.Permits() && f.Pending:
		return false, ReasonPending
	case !state.Permits():
		return false, ReasonUnknown
	case !effectiveGrade(f, simulatorRuns).Permits(f.Purpose.Scope):
		return false, ReasonGradeTooLow
	}
	return true, ""
}

func effectiveGrade(f Facts, simulatorRuns bool) Grade {
	if f.Simulated && simulatorRuns && f.Position.Grade == GradeC {
		return GradeB
	}
	return f.Position.Grade
}
