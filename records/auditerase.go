package records

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// destructions checks every destroyed data key: an event of the business says
// that it was destroyed, the key is gone, and the rows that it sealed are those
// that the event saw.
func (a *audit) destructions(ctx context.Context) error {
	after := ""
	var last *opened // one event destroys many keys
	for {
		var list []vault.Destruction
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			if list, err = r.DestructionsAfter(ctx, after, 100); err != nil {
				return err
			}
			for _, d := range list {
				after = d.Key
				if last == nil || last.ID != d.Event {
					if last, err = a.destroyer(ctx, r, d); err != nil {
						return err
					}
				}
				if err := a.destruction(ctx, r, d, last); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(list) == 0 {
			return err
		}
	}
}

// destroyer opens the event that a destruction names, or returns nil.
func (a *audit) destroyer(ctx context.Context, r Reader, d vault.Destruction) (*opened, error) {
	record, ok, err := r.FindEvent(ctx, d.Event)
	if err != nil || !ok {
		return nil, err
	}
	o, ok, err := a.open(ctx, map[string]*keyring{}, r, evidence.Logged{Record: record})
	if err != nil || !ok || o.gone {
		return nil, err
	}
	if o.v, err = evidence.Verify(o.signed, o.t.Keys); err != nil || o.v.ID != d.Event {
		return nil, nil //nolint:nilerr // the event was found to be wrong in its own place
	}
	return o, nil
}

func (a *audit) destruction(ctx context.Context, r Reader, d vault.Destruction, o *opened) error {
	claim, ok := erasing(o)
	i := slices.Index(claim.Keys, d.Key)
	if !ok || i < 0 {
		a.found.add(CheckErasures, "key %s is said to be destroyed by event %s, which says nothing of it", d.Key, d.Event)
		return nil
	}
	if !d.At.Equal(o.At) {
		a.found.add(CheckErasures, "key %s was destroyed at another time than its row says", d.Key)
	}
	wrapped, err := r.WrappedKey(ctx, d.Key)
	if err != nil {
		return err
	}
	if len(wrapped) > 0 {
		a.found.add(CheckErasures, "key %s was destroyed by event %s, and is there", d.Key, d.Event)
	}
	if i >= len(claim.Rows) {
		return nil
	}
	rows, err := rowsUnder(ctx, r, d.Key)
	if err != nil || rows != claim.Rows[i] {
		a.found.add(CheckErasures, "what is left under key %s is not what event %s saw", d.Key, d.Event)
	}
	return nil //nolint:nilerr // a row that is missing is the finding
}

// erasing returns what an event says that it destroyed.
func erasing(o *opened) (claim Destroyed, ok bool) {
	if o == nil || o.v == nil || o.v.Extra[claimErased] == nil || o.Name != string(evidence.SubjectErased) && o.Name != string(evidence.OperatorActed) {
		return claim, false
	}
	return claim, json.Unmarshal(o.v.Extra[claimErased], &claim) == nil
}

// carriedOut checks that what an event says that it destroyed is noted as such.
func (a *audit) carriedOut(ctx context.Context, r Reader, o *opened) error {
	claim, _ := erasing(o)
	for _, key := range claim.Keys {
		_, ok, err := r.Destruction(ctx, key)
		if err != nil {
			return err
		}
		if !ok {
			a.found.add(CheckErasures, "event %s destroyed key %s, and that is not noted", o.ID, key)
		}
	}
	return nil
}

// erasedOf checks what is left of an erased person.
func (a *audit) erasedOf(ctx context.Context, r Reader, l *life) error {
	var last *opened
	for _, o := range l.events {
		if o.Name == string(evidence.SubjectErased) && !o.gone {
			last = o
			if err := a.carriedOut(ctx, r, o); err != nil {
				return err
			}
		}
	}
	for id, sub := range l.members {
		if sub.Erased() != l.root.Erased() {
			a.found.add(CheckErasures, "person %s: one key is gone and another is not", l.root.ID)
		}
		if !sub.Erased() {
			continue
		}
		d, ok, err := r.Destruction(ctx, sub.KeyID())
		if err != nil {
			return err
		}
		if !ok || last == nil || d.Event != last.ID || last.Subject != l.root.ID {
			a.found.add(CheckErasures, "person %s: their key is gone, and no event of theirs destroyed it", id)
		}
		if err := a.blank(ctx, r, sub); err != nil {
			return err
		}
	}
	if !l.root.Erased() {
		return nil
	}
	claim, _ := erasing(last)
	return a.leftOf(ctx, r, l, claim.Consents)
}

// blank checks that nothing else is kept of an erased subject.
func (a *audit) blank(ctx context.Context, r Reader, sub *subject.Subject) error {
	bare := subject.Subject{ID: sub.ID, Business: sub.Business, Seq: sub.Seq, Head: sub.Head, MergedInto: sub.MergedInto, CreatedAt: sub.CreatedAt}
	is := *sub
	is.Wrapped = nil
	ids, err := r.IdentifiersOf(ctx, sub.ID)
	if err != nil {
		return err
	}
	if len(ids) > 0 || !same(is, bare) {
		a.found.add(CheckErasures, "person %s was erased, and something of them is kept", sub.ID)
	}
	return nil
}

func same(x, y subject.Subject) bool {
	zero := x.PlatformAt.IsZero() && x.WindowAt.IsZero() && x.LockedUntil.IsZero()
	return zero && x.ID == y.ID && x.Lang == y.Lang && x.Country == y.Country && x.Platform == y.Platform && x.Reassigned == y.Reassigned &&
		x.Sender == y.Sender && x.Held == y.Held
}

// leftOf checks that the consents of an erased person are what the event left.
func (a *audit) leftOf(ctx context.Context, r Reader, l *life, left []Left) error {
	met := 0
	for id := range l.members {
		rows, err := r.ConsentsOf(ctx, id)
		if err != nil {
			return err
		}
		states, err := r.ConsentStates(ctx, id)
		if err != nil {
			return err
		}
		for _, c := range rows {
			is := Left{ID: c.ID, Purpose: c.Purpose, Scope: string(c.Scope), State: string(states[c.ID])}
			bare := consent.Consent{ID: c.ID, Business: l.root.Business, Subject: l.root.ID, Purpose: c.Purpose, Scope: c.Scope, Hidden: true}
			if c != bare || !slices.Contains(left, is) {
				a.found.add(CheckErasures, "consent %s is not what the erasure of person %s left", c.ID, l.root.ID)
			}
			met++
		}
	}
	if met != len(left) {
		a.found.add(CheckErasures, "the erasure of person %s left %d consents, and there are %d", l.root.ID, len(left), met)
	}
	return nil
}

// forgotten reports whether an account that is known to nobody was erased, or
// locked, since an event showed it: then that event may be of whoever had the
// number before. An erasure that is older takes nothing from those who came after.
func (a *audit) forgotten(ctx context.Context, r Reader, t *tenant.Tenant, known tenant.Account, since time.Time) (bool, error) {
	stops, err := r.SuppressionsByHash(ctx, t.ID, a.s.inst.Secrets.SuppressionHashes(known))
	return slices.ContainsFunc(stops, func(s subject.Suppression) bool { return s.Reason == subject.ByErasure && !s.At.Before(since) }), err
}

// only returns the account with what the look-up is of, and nothing else.
func only(a tenant.Account, up tenant.LookUp) tenant.Account {
	switch up.Kind {
	case subject.Line:
		return tenant.Account{Number: a.Number}
	case subject.BSUID:
		return tenant.Account{BSUID: a.BSUID}
	}
	return tenant.Account{Parent: a.Parent}
}

// lockSaid follows locks and legal holds.
func (st *standings) lockSaid(o *opened) {
	var lock Locked
	var held bool
	if raw := o.v.Extra[claimLock]; raw != nil && o.v.Name == evidence.SubjectLocked && json.Unmarshal(raw, &lock) == nil {
		st.lockedUntil = lock.Until.Time
		for _, c := range st.consents {
			c.Hidden = true
		}
	}
	if raw := bytes.TrimSpace(o.v.Extra[claimHold]); raw != nil && (o.v.Name == evidence.OperatorActed || o.parted()) && json.Unmarshal(raw, &held) == nil {
		st.held = held
	}
}
