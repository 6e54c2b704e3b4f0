// Package consent holds what Assent exists for: purposes that a person can say
// yes or no to, the acts by which they do, and the state that follows.
//
// # States
//
// The names are those of the W3C Data Privacy Vocabulary. Only given and
// renewed permit sending.
//
//	            yes                          yes
//	unknown ────────▶ given ──stop──▶ withdrawn ────▶ renewed
//	   │ no             │ ▲ yes                          │
//	   ▼                │ └── expired, revoked, ◀────────┘
//	refused ──yes──▶ given    invalidated
//
// # The fold
//
// A consent is a projection of events: the fold of every act that touches its
// purpose. Acts are ordered by when they were done (by Meta's clock in chat,
// by ours on the web), not by when they arrived, so a webhook that comes late
// changes nothing that happened after it. Position therefore keeps only
// extremes (the first act, the newest yes, the newest end …), which makes the
// fold independent of the order of arrival and of repetition; two positions of
// one person merge without looking at the events again.
package consent

import "time"

// Scope is the kind of message that a purpose covers.
type Scope string

// The scopes. Marketing never follows from transactional.
const (
	Marketing     Scope = "marketing"
	Transactional Scope = "transactional"
)

// Valid reports whether s is one of the two scopes.
func (s Scope) Valid() bool { return s == Marketing || s == Transactional }

// Basis is the legal ground on which a purpose stands.
type Basis string

// The bases. A contract purpose has no box: it is a plain statement that is
// shown and evidenced. It is never for marketing.
const (
	ByConsent  Basis = "consent"
	ByContract Basis = "contract"
)

// Purpose is one kind of message that a person can say yes or no to.
type Purpose struct {
	Key   string // stable within the business, for example "offers"
	Scope Scope
	Basis Basis
}

// State is where a consent stands.
type State string

// The states of a consent.
const (
	Unknown     State = "unknown"
	Refused     State = "refused"
	Given       State = "given"
	Renewed     State = "renewed"
	Withdrawn   State = "withdrawn"
	Expired     State = "expired"
	Revoked     State = "revoked"     // ended by the business
	Invalidated State = "invalidated" // words or flow found defective, or a minor
)

// Permits reports whether the state allows sending, all else being well.
func (s State) Permits() bool { return s == Given || s == Renewed }

// Grade says how strong the evidence of a consent is.
type Grade string

// The grades, strongest first.
const (
	GradeA Grade = "A" // B, and an outside anchor within 24 hours
	GradeB Grade = "B" // the notice's bytes shown, and an act from the account itself
	GradeC Grade = "C" // a statement without an act from the account, or a simulated one
	GradeD Grade = "D" // an import with the words shown and the date
	GradeE Grade = "E" // an import, state only
)

// Permits reports whether evidence of this grade is enough to send messages of
// the scope.
func (g Grade) Permits(scope Scope) bool {
	switch g {
	case GradeA, GradeB:
		return true
	case GradeD:
		return scope == Transactional
	default:
		return false
	}
}

// Outcome is what an act did to one purpose.
type Outcome string

// The outcomes, as they stand in an event's choices.
const (
	OutcomeRequested   Outcome = "requested"
	OutcomeGiven       Outcome = "given"
	OutcomeRenewed     Outcome = "renewed"
	OutcomeRefused     Outcome = "refused"
	OutcomeWithdrawn   Outcome = "withdrawn"
	OutcomeExpired     Outcome = "expired"
	OutcomeRevoked     Outcome = "revoked"
	OutcomeInvalidated Outcome = "invalidated"
	OutcomeHeld        Outcome = "held"  // waits for the person to confirm anew
	OutcomeNoted       Outcome = "noted" // recorded, and gives nothing (rule 16)
)

// Act is what one event did to one purpose.
type Act struct {
	Event   string // the event's id
	Purpose string // the purpose's key; empty for a stop that names none
	Scope   Scope  // of the purpose; empty for a stop of everything
	Outcome Outcome
	Basis   Basis
	Grade   Grade
	At      time.Time // when it was done
	Until   time.Time // end of validity of a yes; zero for none
}

// Touches reports whether the act bears on the purpose: it names it, or it is
// a stop wide enough to cover it.
func (a Act) Touches(p Purpose) bool {
	if a.Purpose != "" {
		return a.Purpose == p.Key
	}
	return a.Scope == "" || a.Scope == p.Scope
}

// TieMargin is how much later than a stop a yes must be to count after it: a
// tie, or less than this between them, goes to the stop (rule 16).
const TieMargin = 5 * time.Second

// MaxAnchorDelay is how long after an act somebody outside may vouch for it so
// that its grade is A.
const MaxAnchorDelay = 24 * time.Hour

// Anchored returns the grade of an act done at an instant that somebody outside
// vouched for at another: a B becomes an A within MaxAnchorDelay.
func (g Grade) Anchored(done, vouched time.Time) Grade {
	if g == GradeB && vouched.Sub(done) <= MaxAnchorDelay {
		return GradeA
	}
	return g
}

// MaxDelay is how old a yes may be when it arrives. An older one is recorded
// and gives nothing (rule 16): Meta repeats a webhook for at most seven days.
const MaxDelay = 8 * 24 * time.Hour

// Position is what the fold keeps of the acts on one purpose of one person.
// The zero value is the position of somebody who never did anything.
type Position struct {
	FirstAt time.Time // the first yes or end

	GivenAt    time.Time // the newest yes
	GivenEvent string
	Grade      Grade
	Basis      Basis
	Until      time.Time

	EndedAt    time.Time // the newest end: a stop, an expiry …
	EndedEvent string
	End        State

	RefusedAt time.Time // the newest no
	HeldAt    time.Time // the newest reason to wait
}

// Fold returns the position after the acts that touch the purpose, in any order.
func Fold(p Purpose, acts []Act) Position {
	var pos Position
	for _, a := range acts {
		if a.Touches(p) {
			pos = pos.Apply(a)
		}
	}
	return pos
}

// Apply returns the position after one more act.
func (p Position) Apply(a Act) Position {
	return p.Merge(position(a))
}

// Yes reports whether the act gives.
func (a Act) Yes() bool { return a.Outcome == OutcomeGiven || a.Outcome == OutcomeRenewed }

// position is the fold of a single act.
func position(a Act) Position {
	switch a.Outcome {
	case OutcomeGiven, OutcomeRenewed:
		return Position{FirstAt: a.At, GivenAt: a.At, GivenEvent: a.Event, Grade: a.Grade, Basis: a.Basis, Until: a.Until}
	case OutcomeWithdrawn, OutcomeExpired, OutcomeRevoked, OutcomeInvalidated:
		return Position{FirstAt: a.At, EndedAt: a.At, EndedEvent: a.Event, End: State(a.Outcome)}
	case OutcomeRefused:
		return Position{RefusedAt: a.At}
	case OutcomeHeld:
		return Position{HeldAt: a.At}
	default:
		return Position{}
	}
}

// Merge returns the position of a person to whom the acts behind both
// positions belong. It is commutative, associative and idempotent.
func (p Position) Merge(q Position) Position {
	m := p
	m.FirstAt = earlier(p.FirstAt, q.FirstAt)
	if q.GivenAt.After(p.GivenAt) || q.GivenAt.Equal(p.GivenAt) && q.GivenEvent > p.GivenEvent {
		m.GivenAt, m.GivenEvent, m.Grade, m.Basis, m.Until = q.GivenAt, q.GivenEvent, q.Grade, q.Basis, q.Until
	}
	if q.EndedAt.After(p.EndedAt) || q.EndedAt.Equal(p.EndedAt) && q.endRank() > p.endRank() ||
		q.EndedAt.Equal(p.EndedAt) && q.endRank() == p.endRank() && q.EndedEvent > p.EndedEvent {
		m.EndedAt, m.EndedEvent, m.End = q.EndedAt, q.EndedEvent, q.End
	}
	m.RefusedAt = later(p.RefusedAt, q.RefusedAt)
	m.HeldAt = later(p.HeldAt, q.HeldAt)
	return m
}

// endRank orders ends of the same instant: the person's own word first.
func (p Position) endRank() int {
	switch p.End {
	case Withdrawn:
		return 4
	case Invalidated:
		return 3
	case Revoked:
		return 2
	case Expired:
		return 1
	default:
		return 0
	}
}

// InForce reports whether the newest yes came after every end.
func (p Position) InForce() bool {
	return !p.GivenAt.IsZero() && (p.EndedAt.IsZero() || p.GivenAt.After(p.EndedAt.Add(TieMargin)))
}

// StoppedOnly reports whether a stop reached what was never given.
func (p Position) StoppedOnly() bool { return p.End == Withdrawn && p.GivenAt.IsZero() }

// State returns the state that the position amounts to. A stop of what was never
// given ends nothing: a no stays a no, and the stop is the suppression that it is.
func (p Position) State() State {
	switch {
	case p.InForce() && p.FirstAt.Before(p.GivenAt):
		return Renewed
	case p.InForce():
		return Given
	case !p.EndedAt.IsZero() && !p.StoppedOnly():
		return p.End
	case !p.RefusedAt.IsZero():
		return Refused
	default:
		return Unknown
	}
}

// Held reports whether the yes in force waits for the person to confirm anew:
// they deleted it (rule 3), or it is of an account that changed since (rules 23
// and 24).
func (p Position) Held() bool {
	return p.InForce() && !p.HeldAt.Before(p.GivenAt) && !p.HeldAt.IsZero()
}

// ValidAt reports whether the yes in force has not run out at the time.
func (p Position) ValidAt(t time.Time) bool {
	return p.InForce() && (p.Until.IsZero() || t.Before(p.Until))
}

// Accepts returns the outcome of a yes done at the time and arriving at
// another, given what is known: given or renewed, or noted where the yes is
// older than the newest end, or too old on arrival (rule 16).
func (p Position) Accepts(at, arrived time.Time) Outcome {
	if arrived.Sub(at) > MaxDelay {
		return OutcomeNoted
	}
	if !p.EndedAt.IsZero() && !at.After(p.EndedAt.Add(TieMargin)) {
		return OutcomeNoted
	}
	if !p.FirstAt.IsZero() && p.FirstAt.Before(at) {
		return OutcomeRenewed
	}
	return OutcomeGiven
}

// Declines returns the outcome of a no said at the time: it refuses where nothing is
// in force and, said in answer to a question about this very purpose, withdraws what
// is, unless that was said after the no (rule 16).
func (p Position) Declines(at time.Time) Outcome {
	if p.InForce() && !p.GivenAt.After(at.Add(TieMargin)) {
		return OutcomeWithdrawn
	}
	return OutcomeRefused
}

// Told returns the word, of a state or an outcome, as people are told it. A yes
// after a stop is renewed, whether or not there was a yes before the stop: who
// says yes for the first time is not told that they said it again.
func Told[W ~string](word W, again bool) W {
	if string(word) == string(Renewed) && !again {
		return W(Given)
	}
	return word
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
