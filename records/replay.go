package records

import (
	"cmp"
	"slices"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/proof"
	"assent/subject"
	"assent/tenant"
)

// life is everything that made one person's record: their own events and those
// of the subjects that turned out to be the same.
type life struct {
	t        *tenant.Tenant
	secrets  *tenant.Secrets
	ring     *keyring
	root     subject.Subject
	members  map[string]*subject.Subject // the root included
	events   []*opened                   // verified, in the order of the log
	stops    []stopRow                   // under which the person may fall
	portrait map[string]*standings       // by member
	hashed   map[tenant.Account][][]byte // what suppressionHashes returned
}

// suppressionHashes returns the hashes under which stops of an account are kept,
// each account's made once.
func (l *life) suppressionHashes(a tenant.Account) [][]byte {
	hashes, ok := l.hashed[a]
	if !ok {
		if l.hashed == nil {
			l.hashed = map[tenant.Account][][]byte{}
		}
		hashes = l.secrets.SuppressionHashes(a)
		l.hashed[a] = hashes
	}
	return hashes
}

// stopRow is a suppression with its place in the log.
type stopRow struct {
	subject.Suppression
	leaf int64
}

// standings is where a subject stood while it was one.
type standings struct {
	consents    map[string]*standing
	platform    consent.PlatformFlag
	platformAt  time.Time
	lockedUntil time.Time
	held        bool
	reassigned  bool
}

// standing is a consent as the events make it, and the event that made its row.
type standing struct {
	consent.Consent
	made string
}

// replay lives the events again, in the order of the log, as package optin
// applied them when they came.
func (l *life) replay() {
	l.portrait = map[string]*standings{}
	for id := range l.members {
		l.portrait[id] = &standings{consents: map[string]*standing{}}
	}
	for _, o := range l.events {
		st := l.portrait[o.Subject]
		if o.v.Seq == 0 || st == nil {
			continue
		}
		l.join(st, o)
		for _, act := range proof.ActsOf(&o.v.Event) {
			if act.Outcome != consent.OutcomeRequested { // a question touches no consent
				l.apply(st, act, o)
			}
		}
		if o.parted() { // its consents are written anew
			for _, c := range st.consents {
				c.ChangedAt = o.Arrived
			}
		}
		st.platformSaid(o)
		st.doubted(o)
		st.lockSaid(o)
	}
}

// join merges those whom the event shows to be the same person.
func (l *life) join(st *standings, o *opened) {
	if o.v.Name != evidence.IdentityLinked {
		return
	}
	for _, id := range o.joins() {
		other := l.portrait[id]
		if other == nil || id == o.Subject || l.actsAfter(id, o) {
			continue
		}
		for key, theirs := range other.consents {
			mine, ok := st.consents[key]
			switch {
			case !ok:
				copied := *theirs
				copied.Subject, copied.made = o.Subject, o.ID
				st.consents[key] = &copied
				continue
			default:
				mine.Position = mine.Position.Merge(theirs.Position)
			}
			if mine.Position.GivenEvent == theirs.Position.GivenEvent {
				mine.Simulated, mine.Version, mine.Lang, mine.Entry = theirs.Simulated, theirs.Version, theirs.Lang, theirs.Entry
			}
		}
		st.held = st.held || other.held
		if other.platformAt.After(st.platformAt) {
			st.platform, st.platformAt = other.platform, other.platformAt
		}
		other.consents = map[string]*standing{}
	}
	for _, c := range st.consents {
		c.ChangedAt = o.Arrived
	}
}

// actsAfter reports whether somebody who was joined by the event has events of
// their own after it: then an operator took the join back, and it never counted.
func (l *life) actsAfter(id string, joined *opened) bool {
	return slices.ContainsFunc(l.events, func(o *opened) bool { return o.Subject == id && o.v.Seq != 0 && o.Leaf > joined.Leaf })
}

// parted reports whether the event says that an operator took back a join.
func (o *opened) parted() bool {
	return o.v.Name == evidence.IdentityChanged && o.v.Method == evidence.MethodParted
}

// apply lets an act change where the subject stands.
func (l *life) apply(st *standings, act consent.Act, o *opened) {
	c, ok := st.consents[act.Purpose]
	if !ok {
		p := consent.Purpose{Key: act.Purpose, Scope: act.Scope, Basis: act.Basis}
		c = &standing{made: o.ID, Consent: consent.Consent{Business: l.t.ID, Subject: o.Subject, Purpose: act.Purpose, Scope: act.Scope, Position: l.seed(p, o)}}
		st.consents[act.Purpose] = c
	}
	c.Position = c.Position.Apply(act)
	if o.v.FunnelVersion != "" && (c.Position.GivenEvent == act.Event || !c.Position.InForce()) {
		c.Version, c.Lang, c.Entry = o.v.FunnelVersion, o.v.Language, o.v.EntryPoint
	}
	if c.Position.GivenEvent == act.Event {
		c.Simulated = o.v.Simulated
	}
	c.ChangedAt = o.Arrived
}

// seed returns where the subject stood on a purpose that it meets for the first
// time: under the stops that the event names.
func (l *life) seed(p consent.Purpose, o *opened) consent.Position {
	var before []subject.Suppression
	for i := range l.stops {
		if s := &l.stops[i]; s.leaf < o.Leaf && slices.Contains(o.v.Effects, evidence.EffectUnder(s.ID, p.Key)) {
			before = append(before, s.Suppression)
		}
	}
	return subject.Seed(p, before)
}

// doubted follows whether what was given waits for the account to confirm it.
func (st *standings) doubted(o *opened) {
	if slices.Contains(o.v.Effects, evidence.EffectReassigned) {
		st.reassigned = true
	}
	for _, c := range o.v.Choices {
		if c.Outcome == string(consent.OutcomeGiven) || c.Outcome == string(consent.OutcomeRenewed) {
			st.reassigned = false
		}
	}
}

// platformSaid follows WhatsApp's own control over marketing.
func (st *standings) platformSaid(o *opened) {
	at := o.v.Time
	switch {
	case slices.Contains(o.v.Effects, evidence.EffectDelivered):
		if st.platform == consent.PlatformUnsure {
			st.platform = consent.PlatformClear
		}
	case o.v.Name == evidence.PlatformResumed:
		st.platform, st.platformAt = consent.PlatformClear, at
	case slices.Contains(o.v.Effects, string(evidence.PlatformStopped)) && !st.platformAt.After(at):
		st.platform, st.platformAt = consent.PlatformStop, at
	}
	if st.platform == consent.PlatformStop && slices.Contains(o.v.Effects, evidence.EffectUnsure) {
		st.platform = consent.PlatformUnsure
	}
}

// differs returns the columns in which a consent's row is not what the events
// make it.
func (want *standing) differs(row consent.Consent, state consent.State) (columns []string) {
	p, q := row.Position, want.Position
	made, _ := evidence.TimeOf(want.made)
	id, ok := evidence.TimeOf(row.ID)
	for _, c := range []struct {
		name string
		same bool
	}{
		{"id", ok && id.Equal(made)}, {"business", row.Business == want.Business}, {"scope", row.Scope == want.Scope}, {"state", state == q.State()},
		{"simulated", row.Simulated == want.Simulated}, {"version", row.Version == want.Version}, {"lang", row.Lang == want.Lang},
		{"first_at", p.FirstAt.Equal(q.FirstAt)}, {"given_at", p.GivenAt.Equal(q.GivenAt)}, {"given_event", p.GivenEvent == q.GivenEvent},
		{"grade", p.Grade == q.Grade}, {"basis", p.Basis == q.Basis}, {"until_at", p.Until.Equal(q.Until)}, {"ended_at", p.EndedAt.Equal(q.EndedAt)},
		{"ended_event", p.EndedEvent == q.EndedEvent}, {"end_state", p.End == q.End}, {"refused_at", p.RefusedAt.Equal(q.RefusedAt)},
		{"held_at", p.HeldAt.Equal(q.HeldAt)}, {"changed_at", row.ChangedAt.Equal(want.ChangedAt)}, {"hidden", row.Hidden == want.Hidden},
	} {
		if !c.same {
			columns = append(columns, c.name)
		}
	}
	return columns
}

// inOrder sorts events as the log has them.
func inOrder(events []*opened) {
	slices.SortFunc(events, func(x, y *opened) int { return cmp.Compare(x.Leaf, y.Leaf) })
}
