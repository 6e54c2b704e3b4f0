package records

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/tenant"
)

// Retained is what retention did for one business. It is the claim "retention"
// of its event, and names nobody.
type Retained struct {
	Forms  int `json:"forms"`  // that nobody confirmed
	People int `json:"people"` // for whom everything ended
	Locks  int `json:"locks"`  // that ended
	Failed int `json:"failed,omitempty"`
}

const claimRetention = "retention"

// retainSlice is how many forms or people retention takes at a time: others
// write in between.
const retainSlice = 20

// retentionActor is whose deed retention is.
const retentionActor = "retention"

// Retain erases what its time has come for (rule 32): forms that nobody
// confirmed, people for whom everything ended, and those whose lock ends. Who is
// under a legal hold is left alone, and so is who is locked until later. What
// was done is an event of the business's with the counts; where there was
// nothing to do there is none.
func (s *Service) Retain(ctx context.Context, businessID string) (done Retained, err error) {
	defer fault.Wrap(&err, "records.Retain")
	t, err := s.tenant(businessID)
	if err != nil {
		return done, err
	}
	now := s.now()
	if done.Forms, err = s.retainForms(ctx, t, now.Add(-t.Unconfirmed())); err != nil {
		return done, err
	}
	ended := func(ctx context.Context, r Reader, after string) ([]string, error) {
		return r.EndedBefore(ctx, t.ID, now.Add(-t.Ended()), after, retainSlice)
	}
	if done.People, err = s.retainPeople(ctx, t, "the time to keep what had ended was over", &done.Failed, ended); err != nil {
		return done, err
	}
	unlocked := func(ctx context.Context, r Reader, after string) ([]string, error) {
		return r.LockedBefore(ctx, t.ID, now, after, retainSlice)
	}
	if done.Locks, err = s.retainPeople(ctx, t, "the lock ended", &done.Failed, unlocked); err != nil {
		return done, err
	}
	if done == (Retained{}) {
		return done, nil
	}
	return done, s.noteRetention(ctx, t, done)
}

// retainForms destroys forms that were made before the time and never confirmed.
func (s *Service) retainForms(ctx context.Context, t *tenant.Tenant, before time.Time) (n int, err error) {
	e := Erasure{Method: "retention", Actor: retentionActor, Reason: "nobody confirmed it in the time for which it is kept"}
	after := ""
	for {
		var ids []string
		var last string
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			ids, last = nil, ""
			list, err := r.UnconfirmedBefore(ctx, t.ID, before, after, retainSlice)
			for _, q := range list {
				held, e := heldLine(ctx, r, &q)
				if last, err = q.ID, errors.Join(err, e); !held {
					ids = append(ids, q.ID)
				}
			}
			return err
		})
		if err != nil || last == "" {
			return n, err
		}
		if after = last; len(ids) == 0 {
			continue
		}
		if _, err := s.eraseForms(ctx, t, e, ids); fault.Is(err, fault.Stale) {
			continue // one was erased meanwhile; the others' turn comes with the next run
		} else if err != nil {
			return n, err
		}
		n += len(ids)
	}
}

// heldLine reports whether the number that was typed is that of somebody under a
// legal hold.
func heldLine(ctx context.Context, r Reader, q *funnel.Request) (bool, error) {
	if len(q.Line) == 0 {
		return false, nil
	}
	i, ok, err := r.IdentifierByHash(ctx, q.Business, q.Line)
	if err != nil || !ok {
		return false, err
	}
	sub, err := r.Subject(ctx, i.Subject)
	return sub.Held, err
}

// retainPeople erases the people that a list gives in pieces. One who cannot be
// erased is counted and stands in nobody's way.
func (s *Service) retainPeople(ctx context.Context, t *tenant.Tenant, reason string, failed *int, next func(context.Context, Reader, string) ([]string, error)) (n int, err error) {
	after := ""
	for {
		var ids []string
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			ids, err = next(ctx, r, after)
			return err
		})
		if err != nil || len(ids) == 0 {
			return n, err
		}
		for _, id := range ids {
			after = id
			_, err := s.Erase(ctx, Erasure{Business: t.ID, Subject: id, Method: "retention", Actor: retentionActor, Reason: reason, due: true})
			switch {
			case err == nil:
				n++
			case fault.Is(err, fault.Unavailable), ctx.Err() != nil:
				return n, err
			case !fault.Is(err, fault.NotFound): // held, or not exported yet
				*failed++
			}
		}
	}
}

// noteRetention records what was done.
func (s *Service) noteRetention(ctx context.Context, t *tenant.Tenant, done Retained) error {
	claim, err := json.Marshal(done)
	if err != nil {
		return err
	}
	now := s.now()
	e := evidence.Event{Name: evidence.OperatorActed, Time: now, Operator: retentionActor, Act: evidence.Act{Kind: "operator"}, Method: "retention",
		Extra: map[string]evidence.RawJSON{claimRetention: claim}}
	record, _, err := s.issue(t, nil, e, t.KeyID(), t.Key, now)
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertEvent(ctx, record) })
}

// RetainAll runs retention for every business. What fails for one does not hold
// up the others.
func (s *Service) RetainAll(ctx context.Context) (err error) {
	for _, t := range s.directory.Tenants() {
		if _, e := s.Retain(ctx, t.ID); e != nil && err == nil {
			err = e
		}
	}
	return err
}

// Find returns the id of the person with the id, or known by the account. It is
// NotFound where there is nobody, or nobody any more.
func (s *Service) Find(ctx context.Context, businessID, subjectID string, a tenant.Account) (id string, err error) {
	defer fault.Wrap(&err, "records.Find")
	t, err := s.tenant(businessID)
	if err != nil {
		return "", err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		if id = subjectID; id == "" {
			if id, err = s.byAccount(ctx, s.keyring(r, t), a); err != nil || id == "" {
				return errOr(err, errNothingKept)
			}
		}
		sub, err := s.subject(ctx, r, t, id)
		if err == nil && sub.Erased() {
			err = errNothingKept
		}
		id = sub.ID
		return err
	})
	return id, err
}
