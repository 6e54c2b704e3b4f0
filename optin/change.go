package optin

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/ledger"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
	"assent/whatsapp/wire"
)

// system handles what WhatsApp tells of the account itself. It opens no service
// window, and of somebody unknown nothing is kept.
func (s *Service) system(ctx context.Context, t *tenant.Tenant, sender *business.Sender, el *wire.Element, from inbound) error {
	m := el.Message
	sys := m.System
	if m.ID == "" {
		from.seen = systemHash(t, m)
	} else {
		from.id, from.seen = m.ID, wamidHash(t, m.ID)
	}
	from.quiet, from.name = true, ""
	switch sys.Type {
	case wire.NumberChanged, wire.UserIDChanged:
		was := accountOf(sys.PreviousWAID, sys.PreviousUserID, sys.PreviousParentUserID, wire.Contact{})
		is := accountOf(sys.WAID, sys.UserID, sys.ParentUserID, wire.Contact{})
		if was.IsZero() || is.IsZero() {
			return unhandled("a change of account that does not say from which to which")
		}
		from.was = &was
		return s.deed(ctx, t, sender, is, m.Timestamp.Time(), from, func(ctx context.Context, d *deed) error { return d.changed(ctx, sys.Type) })
	case wire.IdentityChanged:
		a := accountOf(m.From, m.FromUserID, m.FromParentUserID, el.Contact)
		if a.IsZero() {
			return nil
		}
		return s.deed(ctx, t, sender, a, m.Timestamp.Time(), from, func(_ context.Context, d *deed) error { return d.identityChanged() })
	}
	if m.GroupID != "" {
		return nil
	}
	return unhandled("a system message that is not known here")
}

// systemHash marks a change that came without a message's id, in the withdrawn
// form, as handled.
func systemHash(t *tenant.Tenant, m *wire.Message) []byte {
	h := t.Index.Hash("system", m.System.PreviousUserID+"/"+m.System.UserID+"/"+m.Timestamp.Time().Format(time.RFC3339))
	return h[:]
}

// formerly finds who had the account that a change message names as the old one.
func (s *Service) formerly(ctx context.Context, r Reader, t *tenant.Tenant, p *person, was tenant.Account) error {
	for _, l := range t.LookUps(was, p.portfolio) {
		i, ok, err := r.IdentifierByHash(ctx, t.ID, l.Hash)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if l.Kind != subject.Line { // an account id is never another's
			p.old = i.Subject
			break
		}
		since, err := joinedAt(ctx, r, &i)
		if err != nil {
			return err
		}
		if i.Theirs(p.at) && !since.After(p.at) && (was.BSUID == "" || !p.others(ctx, r, i.Subject)) {
			p.old = i.Subject
		}
	}
	if p.old != "" {
		return nil
	}
	var err error // a stop without a person, left by an erasure, goes with the account all the same
	p.suppressions, err = r.SuppressionsByHash(ctx, t.ID, s.inst.Secrets.SuppressionHashes(was))
	p.stopped = len(p.suppressions) > 0
	return err
}

// rejoin returns who the person is: found, whom the new account leads to, and
// who had the old one, are the same.
func (p *person) rejoin(ctx context.Context, r Reader, found string) (string, error) {
	if p.old == "" || found == p.old {
		return found, nil
	}
	if found == "" {
		return p.old, nil
	}
	other, err := r.Subject(ctx, p.old)
	if err != nil || other.Erased() {
		return found, err
	}
	if since, err := partedAt(ctx, r, p.old, found); err != nil || !since.IsZero() && !p.at.After(since) {
		return found, err
	}
	p.absorbed = slices.DeleteFunc(p.absorbed, func(a subject.Subject) bool { return a.ID == other.ID })
	p.absorbed = append(p.absorbed, other)
	return found, nil
}

// others reports whether somebody is known by an account of the portfolio: a
// number alone then says nothing of another account id.
func (p *person) others(ctx context.Context, r Reader, id string) bool {
	ids, err := r.IdentifiersOf(ctx, id)
	return err != nil || slices.ContainsFunc(ids, func(i subject.Identifier) bool { return i.Kind == subject.BSUID && i.Scope == p.portfolio })
}

// changed records a change of number (rule 23): what the person was known by is
// given up, and permits nothing; stops go along and stay; marketing waits until
// it is confirmed from the new number, where the business set it so.
func (d *deed) changed(ctx context.Context, how string) error {
	gone, err := d.givenUp(ctx)
	if err != nil {
		return err
	}
	if d.p.fresh && !d.p.stopped || !d.p.fresh && len(gone) == 0 && len(d.p.keep) == 0 {
		return nil // nobody, or told before
	}
	e := evidence.Event{Name: evidence.IdentityChanged, Method: how, Act: evidence.Act{Kind: "platform"}, Effects: []string{"the person has another account now"}}
	var held []consent.Consent
	if !d.t.NewNumberFollows {
		held = d.hold(&e, func(c consent.Consent) bool { return c.Scope == consent.Marketing })
	}
	id, err := d.event(e)
	if err != nil {
		return err
	}
	d.applyHeld(held, id)
	d.later(func(ctx context.Context, w Writer) error {
		for _, i := range gone {
			i.LeftAt, i.LeftEvent = d.at, id
			if err := w.LeaveIdentifier(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
	return nil
}

// givenUp returns what the person was known by until the change: numbers, and
// account ids of the portfolio, that they had then and that are not the new ones.
func (d *deed) givenUp(ctx context.Context) (gone []subject.Identifier, err error) {
	now := d.t.LookUps(d.p.account, d.p.portfolio)
	known := slices.Clone(d.p.identifiers)
	for _, other := range d.p.absorbed {
		theirs, err := d.read.IdentifiersOf(ctx, other.ID)
		if err != nil {
			return nil, err
		}
		known = append(known, theirs...)
	}
	for _, i := range known {
		if !i.LeftAt.IsZero() || i.Kind == subject.BSUID && i.Scope != d.p.portfolio || i.Kind == subject.ParentBSUID && d.p.account.Parent == "" {
			continue
		}
		if slices.ContainsFunc(now, func(l tenant.LookUp) bool { return bytes.Equal(l.Hash, i.Hash) }) {
			continue
		}
		since, err := joinedAt(ctx, d.read, &i)
		if err != nil {
			return nil, err
		}
		if since.After(d.at) { // they came to it later, by a change that overtook this one
			continue
		}
		i.Subject = d.p.subject.ID // as it will be when the join is written
		gone = append(gone, i)
	}
	return gone, nil
}

// identityChanged records that the account has another key, which may mean
// another person behind the same number (rule 24): everything waits until it is
// confirmed.
func (d *deed) identityChanged() error {
	if d.p.fresh {
		return nil
	}
	e := evidence.Event{Name: evidence.IdentityChanged, Method: wire.IdentityChanged, Act: evidence.Act{Kind: "platform"}}
	held := d.hold(&e, func(consent.Consent) bool { return true })
	later := false
	for _, c := range d.p.consents {
		later = later || c.Position.GivenAt.After(d.at)
	}
	if !later && !d.p.subject.Reassigned {
		d.p.subject.Reassigned = true
		e.Effects = append(e.Effects, evidence.EffectReassigned)
	}
	if len(held) == 0 && len(e.Effects) == 0 {
		return nil
	}
	id, err := d.event(e)
	if err != nil {
		return err
	}
	d.applyHeld(held, id)
	return nil
}

// hold adds to an event that the person's consents wait which are in force, are
// older than the event, and are chosen.
func (d *deed) hold(e *evidence.Event, chosen func(consent.Consent) bool) []consent.Consent {
	return holding(e, d.at, d.p.consents, chosen)
}

func holding(e *evidence.Event, at time.Time, consents map[string]consent.Consent, chosen func(consent.Consent) bool) (held []consent.Consent) {
	for _, c := range consents {
		if chosen(c) && c.Position.InForce() && !c.Position.GivenAt.After(at) {
			held = append(held, c)
		}
	}
	slices.SortFunc(held, func(a, b consent.Consent) int { return bytes.Compare([]byte(a.Purpose), []byte(b.Purpose)) })
	for _, c := range held {
		e.Choices = append(e.Choices, evidence.Choice{Purpose: c.Purpose, Scope: string(c.Scope), Outcome: string(consent.OutcomeHeld)})
	}
	return held
}

func (d *deed) applyHeld(held []consent.Consent, event string) {
	for _, c := range held {
		p := consent.Purpose{Key: c.Purpose, Scope: c.Scope}
		d.apply(consent.Act{Event: event, Purpose: c.Purpose, Scope: c.Scope, Outcome: consent.OutcomeHeld, At: d.at}, p, nil)
	}
}

// doubt marks a person whose number was another's before, and who has given
// nothing themselves.
func (p *person) doubt() {
	if !p.took || p.subject.Reassigned {
		return
	}
	for _, c := range p.consents {
		if c.Position.InForce() {
			return
		}
	}
	p.subject.Reassigned = true
}

// bystander is another person whose record an act changes too.
type bystander struct {
	was, now subject.Subject
	key      vault.DataKey
	line     subject.Identifier // the number that they lost
	consents map[string]consent.Consent
	record   evidence.Record
}

func (s *Service) bystander(ctx context.Context, r Reader, sub *subject.Subject, line *subject.Identifier) (b bystander, err error) {
	b = bystander{was: *sub, now: *sub, line: *line, consents: map[string]consent.Consent{}}
	if b.key, err = s.inst.Master.OpenDataKey(sub.KeyID(), sub.Wrapped); err != nil {
		return b, err
	}
	list, err := r.ConsentsOf(ctx, sub.ID)
	for _, c := range list {
		b.consents[c.Purpose] = c
	}
	return b, err
}

// lose signs, in the chain of who had the number before, that another account
// shows it now, so that what they gave waits (rule 24). The event tells nothing
// of who has it.
func (d *deed) lose(b *bystander) (err error) {
	value, err := b.key.Open(identifierContext(b.was.ID, b.line.Kind), b.line.Sealed)
	if err != nil {
		return err
	}
	e := evidence.Event{
		Name: evidence.IdentityChanged, Method: "webhook", Act: evidence.Act{Kind: "platform"}, E164: string(value), Subject: b.was.ID,
		IssuedAt: d.now, Time: d.at, Simulated: d.sender.Simulated, Sender: d.sender.ID, Seq: b.was.Seq + 1,
		Effects: []string{"the number was shown by another account", evidence.EffectReassigned},
	}
	if e.ID, err = d.s.newID(d.now); err != nil {
		return err
	}
	if e.Previous, err = evidence.ParseDigest(b.was.Head); err != nil {
		return err
	}
	held := holding(&e, d.at, b.consents, func(consent.Consent) bool { return true })
	if b.record, err = d.t.Issue(d.s.rand, e, b.was.KeyID(), b.key, nil); err != nil {
		return err
	}
	b.record.Subject = b.was.ID
	leaf := ledger.LeafHash(b.record.JWT)
	b.now.Seq, b.now.Head, b.now.Reassigned = e.Seq, hex.EncodeToString(leaf[:]), true
	b.consents = map[string]consent.Consent{}
	for _, c := range held {
		c.Position = c.Position.Apply(consent.Act{Event: e.ID, Purpose: c.Purpose, Scope: c.Scope, Outcome: consent.OutcomeHeld, At: d.at})
		c.ChangedAt = d.now
		b.consents[c.Purpose] = c
	}
	return nil
}

// write writes what the act changed of a bystander. Where nobody takes the
// number, it is given up.
func (b *bystander) write(ctx context.Context, w Writer, takenOver bool, at time.Time) error {
	if err := w.AdvanceSubject(ctx, b.now, b.was.Seq); err != nil {
		return err
	}
	if err := w.InsertEvent(ctx, b.record); err != nil {
		return err
	}
	for _, c := range b.consents {
		if err := w.PutConsent(ctx, c); err != nil {
			return err
		}
	}
	if takenOver {
		return nil
	}
	i := b.line
	i.LeftAt, i.LeftEvent = at, b.record.ID
	return w.LeaveIdentifier(ctx, i)
}

// followStops makes copies of the stops that the person falls under, for what
// they are known by from now on and the stops do not name yet: a stop goes with
// the person, and stays where it was (rules 18 and 23).
func (d *deed) followStops(ctx context.Context) error {
	p := d.p
	if len(p.suppressions) == 0 || len(p.keep) == 0 {
		return nil
	}
	known, err := d.s.knownAs(p)
	if err != nil {
		return err
	}
	copies := map[string]*subject.Suppression{}
	for _, a := range known {
		hashes := d.s.inst.Secrets.SuppressionHashes(a)
		under, err := d.read.SuppressionsByHash(ctx, d.t.ID, hashes)
		if err != nil {
			return err
		}
		for _, sup := range p.suppressions {
			if slices.ContainsFunc(under, func(u subject.Suppression) bool { return u.ID == sup.ID || u.Like(&sup) }) {
				continue
			}
			c := copies[sup.ID]
			if c == nil {
				c = &subject.Suppression{Business: sup.Business, Subject: p.subject.ID, Scope: sup.Scope, Purpose: sup.Purpose, Reason: sup.Reason, At: sup.At, Ended: sup.Ended}
				copies[sup.ID] = c
			}
			for _, h := range hashes {
				if !slices.ContainsFunc(c.Hashes, func(x []byte) bool { return bytes.Equal(x, h) }) {
					c.Hashes = append(c.Hashes, h)
				}
			}
		}
	}
	for _, sup := range p.suppressions {
		c := copies[sup.ID]
		if c == nil {
			continue
		}
		if c.ID, err = d.s.newID(d.now); err != nil {
			return err
		}
		salt, err := evidence.NewSalt(d.s.rand)
		if err != nil {
			return err
		}
		c.Salt = salt[:]
		d.follow = append(d.follow, *c)
	}
	return nil
}

// commitFollowed adds to an event what it says of the stops that go along.
func (d *deed) commitFollowed(e *evidence.Event) {
	for _, sup := range d.follow {
		e.Suppressions = append(e.Suppressions, evidence.Commit([16]byte(sup.Salt), sup.Fields()...))
		for _, purpose := range sup.Ended {
			e.SuppressionsEnded = append(e.SuppressionsEnded, commitEnd(sup.Salt, sup.ID, purpose))
		}
	}
}
