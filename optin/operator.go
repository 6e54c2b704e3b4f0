package optin

import (
	"context"
	"time"

	"assent/business"
	"assent/evidence"
	"assent/fault"
	"assent/tenant"
)

// LiftStops ends the stops of a person that no act of theirs ends: those for a
// complaint, a minor, a legal reason (rule 18). What was withdrawn stays so
// until they say yes again. The note says why, and is kept with the event.
func (s *Service) LiftStops(ctx context.Context, businessID, subjectID, note, operator string) (err error) {
	defer fault.Wrap(&err, "optin.LiftStops")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return errNotFound
	}
	if note == "" {
		return fault.Field("note", "Say why: it stands in the record.")
	}
	sender := t.Sender("")
	if sender == nil {
		sender = &business.Sender{Business: t.ID}
	}
	return s.deed(ctx, t, sender, tenant.Account{}, time.Time{}, inbound{subject: subjectID}, func(_ context.Context, d *deed) error {
		return d.lift(note, operator)
	})
}

// lift ends what an operator alone may end.
func (d *deed) lift(note, operator string) error {
	type end struct{ id, purpose string }
	var ends []end
	e := evidence.Event{Name: evidence.SuppressionEnded, Method: "operator", Act: evidence.Act{Kind: "operator"}, Reason: note, Operator: operator}
	for _, sup := range d.p.suppressions {
		if sup.Reason.EndsByAct() {
			continue
		}
		for _, p := range d.t.Purposes {
			if !sup.Covers(p.Consent()) {
				continue
			}
			ends = append(ends, end{sup.ID, p.Key})
			e.SuppressionsEnded = append(e.SuppressionsEnded, commitEnd(sup.Salt, sup.ID, p.Key))
			e.Effects = append(e.Effects, "ended the stop "+sup.ID+" for "+p.Key)
		}
	}
	if len(ends) == 0 {
		return fault.New(fault.Conflict, "No stop stands here that an operator has to end.")
	}
	id, err := d.event(e)
	if err != nil {
		return err
	}
	d.later(func(ctx context.Context, w Writer) error {
		for _, end := range ends {
			if err := w.EndSuppression(ctx, end.id, end.purpose, id); err != nil {
				return err
			}
		}
		return nil
	})
	return nil
}
