package records

import (
	"bytes"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// Parting asks to take back a join: something that a person is known by is
// somebody else's (rule 22).
type Parting struct {
	Business   string
	Subject    string
	Identifier []byte // its look-up hash
	Reason     string
	Actor      string
}

// Part makes two people of one record, and returns the id of the other one. Each
// act stays with the account that did it: somebody who was joined to this record
// gets their own back, with what they had given before, and else the record stays
// with those whose acts it holds. A yes that came while a webhook showed both, so
// that nobody can tell whose it was, waits until it is confirmed. Stops stay on
// both sides, each with a copy of its own that only its own yes ends.
func (s *Service) Part(ctx context.Context, p Parting) (other string, err error) {
	defer fault.Wrap(&err, "records.Part")
	t, err := s.tenant(p.Business)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(p.Reason) == "" {
		return "", fault.Field("reason", "Say why: it stands in the record.")
	}
	for attempt := 0; ; attempt++ {
		var x *parting
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			x, err = s.parting(ctx, r, t, p)
			return err
		})
		if err != nil {
			return "", err
		}
		err = s.store.ReadWrite(ctx, x.write)
		if fault.Is(err, fault.Stale) && attempt < 50 {
			continue
		}
		return x.goes.life.root.ID, err
	}
}

// known is something that a person is known by, opened.
type known struct {
	subject.Identifier
	value   string
	account tenant.Account // with this and nothing else
}

// parting is a record on its way to be two.
type parting struct {
	whole         *life
	before        *standings // of the whole
	rows          []consent.Consent
	stays, goes   *side
	wasGone       bool    // the other had a record of their own before
	former        []known // what the person gave up
	row           subject.Parting
	identifiers   []subject.Identifier // as they are when they have gone
	fromSubjectID string
}

// parting reads the record and decides what becomes of it.
func (s *Service) parting(ctx context.Context, r Reader, t *tenant.Tenant, p Parting) (*parting, error) {
	sub, err := s.subject(ctx, r, t, p.Subject)
	switch {
	case err != nil:
		return nil, err
	case sub.Erased(), sub.Locked():
		return nil, errNothingKept
	}
	l, err := s.lifeOf(ctx, r, sub)
	if err != nil {
		return nil, err
	}
	ids, former, err := s.knownBy(ctx, r, l)
	if err != nil {
		return nil, err
	}
	var accounts []tenant.Account
	for _, k := range slices.Concat(ids, former) { // the reason stands in both records, also when one is erased
		accounts = append(accounts, k.account)
	}
	if err := namesNobody(p.Reason, accounts); err != nil {
		return nil, err
	}
	mine, rest, err := sides(ids, p.Identifier)
	if err != nil {
		return nil, err
	}
	l.replay()
	x := &parting{whole: l, before: l.portrait[sub.ID], former: former, fromSubjectID: sub.ID}
	if x.rows, err = r.ConsentsOf(ctx, sub.ID); err != nil {
		return nil, err
	}
	if err := s.split(x, mine, rest); err != nil {
		return nil, err
	}
	return x, s.sign(x, p)
}

// lifeOf reads a person's events, and the stops under which they fall, as an
// audit does. What does not hold is not parted.
func (s *Service) lifeOf(ctx context.Context, r Reader, sub subject.Subject) (*life, error) {
	a := &audit{s: s, found: &findings{}, met: newMet(0), shown: map[string]string{}}
	l, err := a.gather(ctx, r, sub)
	if err != nil {
		return nil, err
	}
	if l == nil || len(a.found.list) > 0 {
		return nil, fault.New(fault.Conflict, "This record is not as it was signed. Run an audit.")
	}
	if err := a.readStops(ctx, r, l); err != nil {
		return nil, err
	}
	for i := range l.stops {
		if l.stops[i].Hashes, _, err = r.SuppressionDetail(ctx, l.stops[i].ID); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// knownBy opens what the person is known by now, and what they gave up: that is
// nobody's to part, for it permits nothing, and goes with whoever gave it up.
func (s *Service) knownBy(ctx context.Context, r Reader, l *life) (list, former []known, err error) {
	key, err := l.ring.unwrap(l.root.KeyID(), l.root.Wrapped)
	if err != nil {
		return nil, nil, err
	}
	rows, err := r.IdentifiersOf(ctx, l.root.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range rows {
		value, err := key.Open(subject.SealContext(l.root.ID, i.Kind), i.Sealed)
		if err != nil {
			return nil, nil, err
		}
		k := known{Identifier: i, value: string(value)}
		switch i.Kind {
		case subject.Line:
			if k.account.Number, err = phone.ParseE164(k.value); err != nil {
				return nil, nil, err
			}
		case subject.BSUID:
			k.account.BSUID = k.value
		case subject.ParentBSUID:
			k.account.Parent = k.value
		}
		if i.LeftAt.IsZero() {
			list = append(list, k)
		} else {
			former = append(former, k)
		}
	}
	return list, former, nil
}

// sides returns what is somebody else's, and what is left. The parent id of an
// account goes with the account.
func sides(ids []known, hash []byte) (mine, rest []known, err error) {
	accounts := 0
	for _, k := range ids {
		if k.Kind == subject.BSUID {
			accounts++
		}
	}
	for _, k := range ids {
		if bytes.Equal(k.Hash, hash) && k.Kind != subject.ParentBSUID {
			mine = append(mine, k)
		} else {
			rest = append(rest, k)
		}
	}
	if len(mine) == 0 {
		return nil, nil, fault.Field("identifier", "This person is not known by that any more.")
	}
	if mine[0].Kind == subject.BSUID && accounts == 1 {
		if i := slices.IndexFunc(rest, func(k known) bool { return k.Kind == subject.ParentBSUID }); i >= 0 {
			mine, rest = append(mine, rest[i]), slices.Delete(rest, i, i+1)
		}
	}
	if !slices.ContainsFunc(rest, func(k known) bool { return k.Kind != subject.ParentBSUID }) {
		return nil, nil, fault.New(fault.Conflict, "This person is known by nothing else, so there is nothing to part.")
	}
	return mine, rest, nil
}

// split finds who goes: somebody who was joined to the record and is known by
// nothing but the one side, or else somebody new.
func (s *Service) split(x *parting, mine, rest []known) error {
	l := x.whole
	for _, id := range slices.Sorted(maps.Keys(l.members)) {
		if id == l.root.ID {
			continue
		}
		tree := l.tree(id)
		switch shown := l.shownBy(tree, append(slices.Clone(mine), rest...)); {
		case sameKnown(shown, mine):
		case sameKnown(shown, rest):
			mine, rest = rest, mine
		default:
			continue
		}
		root := *l.members[id]
		root.MergedInto = ""
		x.wasGone = true
		x.goes = &side{life: l.of(root, func(id string) bool { return slices.Contains(tree, id) }), ids: mine, was: root.Seq}
		x.stays = &side{life: l.of(l.root, func(id string) bool { return !slices.Contains(tree, id) }), ids: rest, was: l.root.Seq}
		return nil
	}
	if x.onlyFrom(mine, rest) && representable(rest) {
		mine, rest = rest, mine
	}
	now := s.now()
	fresh := subject.Subject{Business: l.t.ID, CreatedAt: now, Country: accountOfAll(mine).Country()}
	var err error
	if fresh.ID, err = evidence.NewID(now, s.rand); err != nil {
		return err
	}
	if _, fresh.Wrapped, err = s.inst.Master.NewDataKey(s.rand, fresh.KeyID()); err != nil {
		return err
	}
	x.stays = &side{life: l.of(l.root, func(string) bool { return true }), ids: rest, was: l.root.Seq}
	x.goes = &side{life: l.of(fresh, func(string) bool { return false }), ids: mine}
	return nil
}

// goesToo returns what the other had given up before they were joined to the
// record: the event that says so is in the chain that they get back.
func (x *parting) goesToo() (list []known) {
	for _, k := range x.former {
		if slices.ContainsFunc(x.goes.life.events, func(o *opened) bool { return o.ID == k.LeftEvent }) {
			list = append(list, k)
		}
	}
	return list
}

// onlyFrom reports whether everything that is in force was given by the one side
// and nothing by the other: the record is theirs.
func (x *parting) onlyFrom(mine, rest []known) bool {
	some := false
	for _, c := range x.before.consents {
		if !c.Position.InForce() {
			continue
		}
		if x.whole.whose(c.Position.GivenEvent, mine, rest) {
			some = true
		} else if x.whole.whose(c.Position.GivenEvent, rest, mine) {
			return false
		}
	}
	return some
}

// tree returns the ids of somebody who was joined, and of those who had turned
// out to be them.
func (l *life) tree(id string) []string {
	ids := []string{id}
	for i := 0; i < len(ids); i++ {
		for other, m := range l.members {
			if m.MergedInto == ids[i] && !slices.Contains(ids, other) {
				ids = append(ids, other)
			}
		}
	}
	return ids
}

// shownBy returns what of the list the events of some members showed.
func (l *life) shownBy(members []string, list []known) (shown []known) {
	for _, k := range list {
		if slices.ContainsFunc(l.events, func(o *opened) bool { return slices.Contains(members, o.Subject) && l.names(o, k.Hash) }) {
			shown = append(shown, k)
		}
	}
	return shown
}

// names reports whether the event showed the person by the identifier.
func (l *life) names(o *opened, hash []byte) bool {
	return slices.ContainsFunc(l.shows(o), func(up tenant.LookUp) bool { return bytes.Equal(up.Hash, hash) })
}

// whose reports whether the event shows something of the one side and nothing of
// the other.
func (l *life) whose(event string, mine, rest []known) bool {
	i := slices.IndexFunc(l.events, func(o *opened) bool { return o.ID == event })
	if i < 0 {
		return false
	}
	shows := func(k known) bool { return l.names(l.events[i], k.Hash) }
	return slices.ContainsFunc(mine, shows) && !slices.ContainsFunc(rest, shows)
}

// of returns the life as somebody lived it who is the root of some of its members.
func (l *life) of(root subject.Subject, member func(id string) bool) *life {
	part := &life{t: l.t, secrets: l.secrets, ring: l.ring, root: root, members: map[string]*subject.Subject{root.ID: &root}, stops: l.stops}
	for id, sub := range l.members {
		if member(id) && id != root.ID {
			part.members[id] = sub
		}
	}
	for _, o := range l.events {
		if part.members[o.Subject] != nil {
			part.events = append(part.events, o)
		}
	}
	return part
}

func sameKnown(a, b []known) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(k known) bool {
		return !slices.ContainsFunc(b, func(o known) bool { return bytes.Equal(k.Hash, o.Hash) })
	})
}

// representable reports whether one account is all of the list, so that one event
// can show it.
func representable(list []known) bool {
	kinds := map[subject.Kind]int{}
	for _, k := range list {
		if kinds[k.Kind]++; kinds[k.Kind] > 1 {
			return false
		}
	}
	return true
}

// accountOfAll returns the account that is all of the list.
func accountOfAll(list []known) (a tenant.Account) {
	for _, k := range list {
		switch k.Kind {
		case subject.Line:
			a.Number = k.account.Number
		case subject.BSUID:
			a.BSUID = k.value
		case subject.ParentBSUID:
			a.Parent = k.value
		}
	}
	return a
}

// sign signs the event of each side and works out where each stands.
func (s *Service) sign(x *parting, p Parting) error {
	now := s.now()
	for _, half := range []struct{ side, other *side }{{x.stays, x.goes}, {x.goes, x.stays}} {
		e := evidence.Event{
			Name: evidence.IdentityChanged, Method: evidence.MethodParted, Act: evidence.Act{Kind: "operator"}, Operator: p.Actor, Reason: strings.TrimSpace(p.Reason),
			Time: now, Effects: []string{evidence.EffectParted(half.other.life.root.ID)},
		}
		if half.side == x.goes && representable(half.side.ids) { // what comes to them is shown by this event
			half.side.fill(&e)
		}
		if err := s.settle(x, half.side, half.other, e); err != nil {
			return err
		}
	}
	for _, k := range slices.Concat(x.goes.ids, x.goesToo()) {
		i := k.Identifier
		i.Subject, i.Event, i.SeenAt = x.goes.life.root.ID, x.goes.event.ID, x.goes.event.Arrived
		i.Sealed = x.goes.key.Seal(subject.SealContext(i.Subject, i.Kind), []byte(k.value))
		x.identifiers = append(x.identifiers, i)
	}
	x.row = subject.Parting{Business: x.whole.t.ID, Subject: x.stays.life.root.ID, Other: x.goes.life.root.ID, Event: x.stays.event.ID, OtherEvent: x.goes.event.ID, At: now}
	return nil
}

// write writes both halves in one go.
func (x *parting) write(ctx context.Context, w Writer) error {
	for _, half := range []*side{x.stays, x.goes} {
		var err error
		if half == x.goes && !x.wasGone {
			err = w.InsertSubject(ctx, half.next)
		} else {
			err = w.AdvanceSubject(ctx, half.next, half.was)
		}
		if err != nil {
			return err
		}
		if err := w.InsertEvent(ctx, half.event); err != nil {
			return err
		}
		if err := w.DeleteConsents(ctx, half.next.ID); err != nil {
			return err
		}
		for _, c := range half.consents {
			if err := w.PutConsent(ctx, c); err != nil {
				return err
			}
		}
		for _, stop := range half.stops {
			if err := w.InsertSuppression(ctx, stop); err != nil {
				return err
			}
		}
	}
	for _, i := range x.identifiers {
		if err := w.JoinIdentifier(ctx, i, x.fromSubjectID); err != nil {
			return err
		}
	}
	return w.InsertParting(ctx, x.row)
}

// notYet is the place of an event that is not in the log yet: behind all others.
const notYet = math.MaxInt64

// keyOf opens a side's key.
func (s *Service) keyOf(x *side) (vault.DataKey, error) {
	return s.inst.Master.OpenDataKey(x.life.root.KeyID(), x.life.root.Wrapped)
}
