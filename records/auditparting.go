package records

import (
	"context"
	"slices"

	"assent/evidence"
	"assent/subject"
)

// partings checks that of every two whom an operator parted both have an event
// that says so.
func (a *audit) partings(ctx context.Context) error {
	return a.eachParting(ctx, func(ctx context.Context, r Reader, p subject.Parting) error {
		for _, id := range []string{p.Subject, p.Other} {
			if err := a.parting(ctx, r, p, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachParting reads all partings, some at a time.
func (a *audit) eachParting(ctx context.Context, fn func(context.Context, Reader, subject.Parting) error) error {
	after := ""
	for {
		var list []subject.Parting
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			if list, err = r.PartingsAfter(ctx, after, 100); err != nil {
				return err
			}
			for _, p := range list {
				after = p.Event
				if err := fn(ctx, r, p); err != nil {
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

// parting checks the event of one of the two.
func (a *audit) parting(ctx context.Context, r Reader, p subject.Parting, id string) error {
	other, event := p.Of(id)
	record, ok, err := r.FindEvent(ctx, event)
	if err != nil {
		return err
	}
	if !ok || record.Subject != id || record.Business != p.Business {
		a.found.add(CheckIdentifiers, "person %s is parted from %s, and event %s, which says so, is none of theirs", id, other, event)
		return nil
	}
	o, ok, err := a.open(ctx, map[string]*keyring{}, r, evidence.Logged{Record: record})
	if err != nil || !ok || o.gone { // of somebody who was erased nothing more is known
		return err
	}
	v, err := evidence.Verify(o.signed, o.t.Keys)
	if err != nil {
		return nil //nolint:nilerr // the event is found to be wrong in its own place
	}
	if o.v = v; !o.parted() || !slices.Contains(v.Effects, evidence.EffectParted(other)) || !v.Time.Equal(p.At) {
		a.found.add(CheckIdentifiers, "person %s is parted from %s, and event %s does not say so", id, other, event)
	}
	return nil
}

// partedOf checks that whom the person's events part them from is kept.
func (a *audit) partedOf(ctx context.Context, r Reader, l *life) error {
	for _, o := range l.events {
		if o.gone || !o.parted() {
			continue
		}
		rows, err := r.PartingsOf(ctx, o.Subject)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(rows, func(p subject.Parting) bool {
			other, event := p.Of(o.Subject)
			return event == o.ID && slices.Contains(o.v.Effects, evidence.EffectParted(other))
		}) {
			a.found.add(CheckIdentifiers, "person %s: event %s parts them from somebody, and that is not kept", l.root.ID, o.ID)
		}
	}
	return nil
}
