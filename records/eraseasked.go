package records

import (
	"context"
	"time"

	"assent/fault"
)

// Prospect returns what would become of a person who asks to be erased now: the
// time until which they would be locked first, or the zero time where they would
// be erased at once (rule 31). It is a Conflict where nothing of them may be
// erased: under a legal hold, or before the proof that the business keeps was
// exported.
func (s *Service) Prospect(ctx context.Context, businessID, subjectID string) (until time.Time, err error) {
	defer fault.Wrap(&err, "records.Prospect")
	t, err := s.tenant(businessID)
	if err != nil {
		return until, err
	}
	f, err := s.fateOf(ctx, t, Erasure{Business: businessID, Subject: subjectID})
	if err != nil {
		return until, err
	}
	return AfterErasure(t.Keeping, f.facts, s.now()), nil
}

// EraseAsked erases a person who asked for it in the chat, or locks them, and
// returns what Prospect did.
func (s *Service) EraseAsked(ctx context.Context, businessID, subjectID string) (until time.Time, err error) {
	defer fault.Wrap(&err, "records.EraseAsked")
	out, err := s.Erase(ctx, Erasure{Business: businessID, Subject: subjectID, Reason: "The person asked for it in the chat.", Method: "preference page", asked: true})
	return out.LockedUntil, err
}

// EraseYounger erases a person who said in the chat that they are younger than
// the age that the words ask for, or locks them (rule 8). It reports nothing for
// somebody who was only asked, and did nothing else: no stop is kept of them.
func (s *Service) EraseYounger(ctx context.Context, businessID, subjectID string) (until time.Time, nothing bool, err error) {
	defer fault.Wrap(&err, "records.EraseYounger")
	out, err := s.Erase(ctx, Erasure{Business: businessID, Subject: subjectID, Reason: "They are younger than the age that the words ask for.", Method: "chat", asked: true, younger: true})
	return out.LockedUntil, out.Nothing, err
}
