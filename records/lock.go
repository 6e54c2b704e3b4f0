package records

import (
	"context"
	"encoding/json"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// Lock stops all messages to a person who asked to be erased, and keeps what
// they agreed to until the time, in case it must be shown; then retention erases
// it. What they are known by and what was said to them is destroyed at once, and
// so is every form that they did not confirm. They are in no list, and Reveal
// alone shows them.
func (s *Service) Lock(ctx context.Context, e Erasure, until time.Time) (out Erased, err error) {
	defer fault.Wrap(&err, "records.Lock")
	t, err := s.tenant(e.Business)
	if err != nil {
		return out, err
	}
	until = until.UTC().Truncate(time.Millisecond)
	if !until.After(s.now()) {
		return out, fault.Field("until", "A lock ends on a day to come.")
	}
	id := e.Subject
	if id == "" {
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			id, err = s.byAccount(ctx, s.keyring(r, t), e.Account)
			return err
		})
		if err != nil || id == "" {
			return out, errOr(err, errNothingKept)
		}
	}
	return s.lock(ctx, t, e, id, until)
}

// locking is a lock on its way into the record.
type locking struct {
	f        *fate
	events   []evidence.Record // the lock, and what was destroyed with it
	next     subject.Subject
	stop     *subject.Suppression
	consents []consent.Consent
}

func (s *Service) lock(ctx context.Context, t *tenant.Tenant, e Erasure, id string, until time.Time) (out Erased, err error) {
	e.Subject, e.Account = id, tenant.Account{}
	for attempt := 0; ; attempt++ {
		f, err := s.fateOf(ctx, t, e)
		if err != nil {
			return out, err
		}
		if f.root.Locked() {
			return out, fault.New(fault.Conflict, "This person is locked already, until %s.", f.root.LockedUntil.Format("2006-01-02"))
		}
		l, err := s.locking(ctx, f, e, until)
		if err != nil {
			return out, err
		}
		err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return l.write(ctx, w) })
		if fault.Is(err, fault.Stale) && attempt < 50 {
			continue
		}
		if err != nil {
			return out, err
		}
		out = Erased{Subject: l.next.ID, Event: l.events[0].ID, Requests: len(f.requests), LockedUntil: until, Keys: f.keys}
		if len(l.events) > 1 {
			err = s.remember(ctx, f.keys, l.events[1].ID)
		}
		return out, err
	}
}

// Locked is the claim "lock" of the event that locks a person.
type Locked struct {
	Until evidence.Time `json:"until"`
}

const claimLock = "lock"

// locking signs what a lock does.
func (s *Service) locking(ctx context.Context, f *fate, e Erasure, until time.Time) (*locking, error) {
	now := s.now()
	l := &locking{f: f}
	var key vault.DataKey
	var confirmed []string
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		if key, err = s.personKey(s.keyring(r, f.t), &f.root); err != nil {
			return err
		}
		if l.consents, err = r.ConsentsOf(ctx, f.root.ID); err != nil {
			return err
		}
		confirmed, err = f.confirmed(ctx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.spare(confirmed)
	claim, err := json.Marshal(Locked{evidence.Time{Time: until}})
	if err != nil {
		return nil, err
	}
	ev := evidence.Event{
		Name: evidence.SubjectLocked, Time: now, Operator: e.Actor, Act: e.act(), Method: e.Method, Reason: e.Reason,
		Extra: map[string]evidence.RawJSON{claimLock: claim},
	}
	for _, c := range l.consents {
		ev.Choices = append(ev.Choices, evidence.Choice{Purpose: c.Purpose, Scope: string(c.Scope), Basis: string(c.Position.Basis), Outcome: string(consent.OutcomeWithdrawn)})
	}
	var digest evidence.Digest
	if l.stop, digest, err = s.erasedStop(f, now); err != nil {
		return nil, err
	}
	ev.Suppressions = []evidence.Digest{digest}
	locked, next, err := s.issue(f.t, &f.root, ev, f.root.KeyID(), key, now)
	if err != nil {
		return nil, err
	}
	l.events, l.next, l.stop.Event = []evidence.Record{locked}, next, locked.ID
	l.next.LockedUntil = until
	for i, c := range l.consents {
		act := consent.Act{Event: locked.ID, Purpose: c.Purpose, Scope: c.Scope, Outcome: consent.OutcomeWithdrawn, At: now}
		c.Position, c.ChangedAt, c.Hidden = c.Position.Apply(act), now, true
		l.consents[i] = c
	}
	if len(f.keys) == 0 {
		return l, nil
	}
	w, err := s.verdict(&fate{t: f.t, requests: f.requests, keys: f.keys, rows: f.rows}, e, now)
	l.events = append(l.events, w.event)
	return l, err
}

// confirmed returns the forms that the person confirmed: they are what the
// consents rest on.
func (f *fate) confirmed(ctx context.Context, r Reader) (ids []string, err error) {
	for _, m := range f.members {
		list, err := r.RequestsOf(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		for _, q := range list {
			ids = append(ids, q.ID)
		}
	}
	return ids, nil
}

// spare takes the person's own key and the forms with the ids out of a fate.
func (f *fate) spare(ids []string) {
	kept := map[string]bool{}
	for _, m := range f.members {
		kept[m.KeyID()] = true
	}
	for _, id := range ids {
		kept["r/"+id] = true
	}
	var keys, rows, requests []string
	for i, key := range f.keys {
		if !kept[key] {
			keys, rows, requests = append(keys, key), append(rows, f.rows[i]), append(requests, key[len("r/"):])
		}
	}
	f.keys, f.rows, f.requests = keys, rows, requests
}

// write carries a lock out. It may run several times.
func (l *locking) write(ctx context.Context, w Writer) error {
	if err := w.AdvanceSubject(ctx, l.next, l.f.root.Seq); err != nil {
		return err
	}
	for _, m := range l.f.members {
		if err := w.DropIdentifiers(ctx, m.ID); err != nil {
			return err
		}
		if err := w.EmptyChat(ctx, m.ID); err != nil {
			return err
		}
	}
	if err := l.f.destroyForms(ctx, w); err != nil {
		return err
	}
	if err := l.f.askToForget(ctx, w); err != nil {
		return err
	}
	for i, key := range l.f.keys {
		if rows, err := rowsUnder(ctx, w, key); err != nil || rows != l.f.rows[i] {
			return staleUnless(err)
		}
	}
	for _, e := range l.events {
		if err := w.InsertEvent(ctx, e); err != nil {
			return err
		}
	}
	for _, key := range l.f.keys {
		if err := w.InsertDestruction(ctx, vault.Destruction{Key: key, Event: l.events[1].ID, At: l.events[1].At}); err != nil {
			return err
		}
	}
	for _, c := range l.consents {
		if err := w.PutConsent(ctx, c); err != nil {
			return err
		}
	}
	return w.InsertSuppression(ctx, *l.stop)
}

// claimHold is the claim of the event that sets or lifts a legal hold.
const claimHold = "hold"

// Hold sets a legal hold on a person, or lifts it: while it stands neither an
// erasure nor retention takes anything of them. The reason is kept with the
// person.
func (s *Service) Hold(ctx context.Context, businessID, subjectID string, held bool, reason, actor string) (err error) {
	defer fault.Wrap(&err, "records.Hold")
	t, err := s.tenant(businessID)
	if err != nil {
		return err
	}
	if reason == "" {
		return fault.Field("reason", "Say why: it is kept with the hold.")
	}
	effect := "a legal hold stands"
	if !held {
		effect = "the legal hold was lifted"
	}
	for attempt := 0; ; attempt++ {
		var sub, next subject.Subject
		var record evidence.Record
		now := s.now()
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			if sub, err = s.subject(ctx, r, t, subjectID); err != nil {
				return err
			}
			if sub.Erased() {
				return errNothingKept
			}
			if sub.Held == held {
				return fault.New(fault.Conflict, "That is so already: %s.", effect)
			}
			key, err := s.personKey(s.keyring(r, t), &sub)
			if err != nil {
				return err
			}
			claim, err := json.Marshal(held)
			if err != nil {
				return err
			}
			e := evidence.Event{
				Name: evidence.OperatorActed, Time: now, Operator: actor, Act: evidence.Act{Kind: "operator"}, Method: "legal hold", Reason: reason,
				Effects: []string{effect}, Extra: map[string]evidence.RawJSON{claimHold: claim},
			}
			record, next, err = s.issue(t, &sub, e, sub.KeyID(), key, now)
			return err
		})
		if err != nil {
			return err
		}
		next.Held = held
		err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
			if err := w.AdvanceSubject(ctx, next, sub.Seq); err != nil {
				return err
			}
			return w.InsertEvent(ctx, record)
		})
		if fault.Is(err, fault.Stale) && attempt < 50 {
			continue
		}
		return err
	}
}
