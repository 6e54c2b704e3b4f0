package records

import (
	"context"
	"slices"

	"assent/evidence"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
)

// accountOf returns who an event says that acted.
func accountOf(e *evidence.Event) tenant.Account {
	a := tenant.Account{BSUID: e.BSUID, Parent: e.ParentBSUID}
	if e.E164 != "" {
		if n, err := phone.ParseE164(e.E164); err == nil {
			a.Number = n
		}
	}
	return a
}

// identifiers checks what the person is known by: every row was shown by an
// event of theirs, and what their events showed is kept.
func (a *audit) identifiers(ctx context.Context, r Reader, l *life) error {
	shown := map[string]bool{} // hashes
	for _, o := range l.events {
		for _, up := range l.shows(o) {
			known := shown[string(up.Hash)]
			shown[string(up.Hash)] = true
			if known || o.v.Method == "error 131050" { // whom a status is about is not learned from it
				continue
			}
			_, ok, err := r.IdentifierByHash(ctx, l.t.ID, up.Hash)
			if err != nil {
				return err
			}
			if !ok && l.root.Locked() {
				continue // what they were known by is gone already
			}
			if !ok {
				if ok, err = a.forgotten(ctx, r, l.t, only(accountOf(&o.v.Event), up), o.Arrived); err != nil {
					return err
				}
			}
			if !ok {
				a.found.add(CheckIdentifiers, "person %s: a %s that event %s shows is missing", l.root.ID, up.Kind, o.ID)
			}
		}
	}
	for id, sub := range l.members {
		rows, err := r.IdentifiersOf(ctx, id)
		if err != nil {
			return err
		}
		key, err := l.ring.unwrap(sub.KeyID(), sub.Wrapped)
		if err != nil {
			a.found.add(CheckDisclosures, "person %s: their key does not open", id)
			continue
		}
		if len(rows) > 0 && l.root.Locked() {
			a.found.add(CheckErasures, "person %s is locked, and something that they are known by is kept", id)
		}
		for _, i := range rows {
			value, err := key.Open(subject.SealContext(id, i.Kind), i.Sealed)
			if err != nil {
				a.found.add(CheckIdentifiers, "person %s: a %s does not open", id, i.Kind)
				continue
			}
			a.identifier(l, i, string(value), shown)
		}
	}
	return nil
}

// shows returns what an event showed the person by.
func (l *life) shows(o *opened) []tenant.LookUp {
	portfolio := ""
	if s := l.t.Known(o.v.Sender); s != nil {
		portfolio = s.Portfolio
	}
	return l.t.LookUps(accountOf(&o.v.Event), portfolio)
}

// identifier checks one row.
func (a *audit) identifier(l *life, i subject.Identifier, value string, shown map[string]bool) {
	known := tenant.Account{}
	switch i.Kind {
	case subject.Line:
		known.Number, _ = phone.ParseE164(value)
	case subject.BSUID:
		known.BSUID = value
	case subject.ParentBSUID:
		known.Parent = value
	}
	if !l.leaving(&i) {
		a.found.add(CheckIdentifiers, "person %s: no event says when they gave up a %s", i.Subject, i.Kind)
	}
	ups := l.t.LookUps(known, i.Scope)
	joined := slices.IndexFunc(l.events, func(o *opened) bool { return o.ID == i.Event && o.Subject == i.Subject })
	switch {
	case i.Business != l.t.ID || len(ups) != 1 || string(ups[0].Hash) != string(i.Hash) || ups[0].Scope != i.Scope:
		a.found.add(CheckIdentifiers, "person %s: a %s is looked up by another hash than its own", i.Subject, i.Kind)
	case !shown[string(i.Hash)]:
		a.found.add(CheckIdentifiers, "person %s: no event shows a %s that they are known by", i.Subject, i.Kind)
	case joined < 0:
		a.found.add(CheckIdentifiers, "person %s: event %s, which joined a %s, is none of theirs", i.Subject, i.Event, i.Kind)
	case !l.events[joined].Arrived.Equal(i.SeenAt):
		a.found.add(CheckIdentifiers, "person %s: a %s is dated otherwise than the event that joined it", i.Subject, i.Kind)
	}
}

// leaving reports whether an event of the person's says that they gave the
// identifier up when its row says so.
func (l *life) leaving(i *subject.Identifier) bool {
	if i.LeftAt.IsZero() || i.LeftEvent == "" {
		return i.LeftAt.IsZero() && i.LeftEvent == ""
	}
	return slices.ContainsFunc(l.events, func(o *opened) bool {
		return o.ID == i.LeftEvent && o.v.Name == evidence.IdentityChanged && o.v.Time.Equal(i.LeftAt)
	})
}
