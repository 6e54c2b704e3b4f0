package optin

import (
	"context"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/ledger"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
)

// deed is one act on its way into the record: what was read, what is signed,
// and what is to be written in one go.
type deed struct {
	s      *Service
	read   Reader
	t      *tenant.Tenant
	sender *business.Sender
	p      *person
	at     time.Time // when the act was done
	now    time.Time // when it is handled
	from   inbound   // what came in; zero for acts from elsewhere

	records  []evidence.Record
	touched  map[string]bool // purposes whose consent changed
	queued   string          // the message that was queued last
	writes   []func(context.Context, Writer) error
	counts   map[funnel.Count]int
	came     funnel.Campaign       // what led to the act: the message says it, or led to the question that it answers
	recalled bool                  // what led to an earlier message was looked up
	kept     bool                  // a question keeps what led to it
	heard    string                // the language of a keyword that only one has
	no       bool                  // it is a stop or a no, which asks for nothing
	follow   []subject.Suppression // stops that go along with what is joined

	refreshed bool // the Directory was read anew for it
	linkID    func() (string, error)
	led       func() (funnel.Campaign, error) // what led to an earlier message that was no act
}

// inbound is the webhook element behind a deed.
type inbound struct {
	id         string // wamid
	name       string // the profile's
	username   string // the profile's: changeable, and no identifier
	campaign   funnel.Campaign
	slice      []byte
	offset     int
	bodySHA256 evidence.Digest
	seen       []byte          // hash that marks it as handled
	subject    string          // whom it is about, where that is known without an account
	was        *tenant.Account // the account before a change of number
	matched    bool            // whom it answers is known, and was stopped too
	quiet      bool            // the person wrote nothing: no service window opens
	own        bool            // an act of the account's own shows its number
	forwarded  bool            // somebody else wrote it, and the person passed it on
	shown      bool            // the number that it shows, which an operator said is another's, was stopped too
}

// deed reads who acts, lets fn decide and sign, and writes. Where the person's
// record has changed between reading and writing, all of it is done again.
func (s *Service) deed(ctx context.Context, t *tenant.Tenant, sender *business.Sender, a tenant.Account, at time.Time, from inbound, fn func(context.Context, *deed) error) error {
	refreshed := s.lag.reload == nil
	for attempt := 0; ; attempt++ {
		var d *deed
		var wider widened
		var also alsoStop
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			if from.seen != nil {
				if _, seen, err := r.Seen(ctx, from.seen); err != nil || seen {
					return errors.Join(err, errNothing)
				}
			}
			now := s.now()
			done := at // an act without a time, or from the future, is one of now: no clock ahead of ours outlives a stop
			if done.IsZero() || done.After(now) {
				done = now
			}
			p, err := s.person(ctx, r, t, sender, a, from, done, now)
			if err != nil {
				return err
			}
			d = &deed{s: s, read: r, t: t, sender: sender, p: p, at: done, now: now, from: from, came: from.campaign, touched: map[string]bool{}, counts: map[funnel.Count]int{}, refreshed: refreshed}
			d.led = func() (funnel.Campaign, error) { return d.arrival(ctx) }
			d.linkID = func() (string, error) { return linkID(ctx, r, p.subject.ID) }
			if err := d.join(ctx); err != nil {
				return err
			}
			if err := fn(ctx, d); err != nil {
				return err
			}
			return d.name()
		})
		if errors.Is(err, errNothing) {
			return nil
		}
		if err == nil {
			err = s.store.ReadWrite(ctx, d.commit)
		}
		switch {
		case err == nil, isSeen(err):
			return nil
		case errors.As(err, &wider): // more is known of the account than it showed
			a.Number, from.own = wider.number, true
			continue
		case errors.As(err, &also):
			if err := s.stopShown(ctx, t, sender, at, from.seen, also); err != nil {
				return err
			}
			from.shown = true
			continue
		case errors.Is(err, errLagging) && !refreshed:
			if err := s.refresh(ctx); err != nil {
				return err
			}
			refreshed = true
			continue
		// A conflict is another request that made the same person a moment ago.
		case fault.Is(err, fault.Stale), fault.Is(err, fault.Conflict) && attempt < 3:
		default:
			return err
		}
		if attempt > 200 {
			return err
		}
		pause := time.Duration(1+rand.IntN(4+min(attempt, 20))) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// widened says that an account's number is known although it does not show it:
// the deed starts again with both.
type widened struct{ number phone.Number }

func (widened) Error() string { return "the account's number is known" }

// isSeen reports that another copy of the webhook was handled first.
func isSeen(err error) bool {
	return fault.Is(err, fault.Conflict) && fault.FieldOf(err) == "seen"
}

// join records what the webhook shows about who the person is.
func (d *deed) join(ctx context.Context) error {
	if err := d.followStops(ctx); err != nil {
		return err
	}
	for i := range d.p.left {
		if err := d.lose(&d.p.left[i]); err != nil {
			return err
		}
	}
	if len(d.p.absorbed) == 0 {
		return nil
	}
	e := evidence.Event{Name: evidence.IdentityLinked, Method: "webhook"}
	for _, other := range d.p.absorbed {
		e.Effects = append(e.Effects, "subject "+other.ID+" is the same person: one webhook names both identifiers")
	}
	if _, err := d.event(e); err != nil {
		return err
	}
	for purpose := range d.p.consents {
		d.touched[purpose] = true
	}
	return nil
}

// event signs an event of the person and puts it next in their chain. It
// returns the event's id.
func (d *deed) event(e evidence.Event) (string, error) {
	id, err := d.s.newID(d.now)
	if err != nil {
		return "", err
	}
	p := d.p
	e.ID, e.IssuedAt, e.Time, e.Simulated, e.Sender = id, d.now, d.at, d.sender.Simulated, d.sender.ID
	e.Seq = p.subject.Seq + 1
	if p.subject.Head != "" {
		if e.Previous, err = evidence.ParseDigest(p.subject.Head); err != nil {
			return "", err
		}
	}
	if len(d.records) == 0 { // it joins what the webhook shows
		d.commitFollowed(&e)
		if d.p.took && d.p.subject.Reassigned {
			e.Effects = append(e.Effects, evidence.EffectReassigned)
		}
	}
	p.meets(&e)
	p.fill(&e, d.from.name)
	if d.from.slice != nil {
		e.MessageID = d.from.id
		e.Webhook = evidence.Webhook{Slice: evidence.Sum(d.from.slice), Body: d.from.bodySHA256, Offset: int64(d.from.offset)}
	}
	if err := d.attribute(&e); err != nil {
		return "", err
	}
	r, err := d.t.Issue(d.s.rand, e, p.subject.KeyID(), p.key, d.from.slice)
	if err != nil {
		return "", err
	}
	r.Subject = p.subject.ID
	p.subject.Seq = e.Seq
	leaf := ledger.LeafHash(r.JWT)
	p.subject.Head = hex.EncodeToString(leaf[:])
	d.records = append(d.records, r)
	return id, nil
}

// apply changes where the person stands on a purpose. y is what was answered,
// nil for an act that answers no words.
func (d *deed) apply(a consent.Act, purpose consent.Purpose, y *yes) {
	c, ok := d.p.consents[purpose.Key]
	if !ok {
		c = consent.Consent{Business: d.t.ID, Purpose: purpose.Key, Scope: purpose.Scope, Position: d.p.position(purpose)}
	}
	c.Subject = d.p.subject.ID
	was := c
	c.Position = c.Position.Apply(a)
	d.countStop(was, c)
	if y != nil && (c.Position.GivenEvent == a.Event || !c.Position.InForce()) {
		c.Version, c.Lang, c.Entry = y.v.ID, y.lang, y.entry
	}
	if c.Position.GivenEvent == a.Event {
		c.Simulated = d.sender.Simulated
	}
	d.p.consents[purpose.Key] = c
	d.touched[purpose.Key] = true
}

// later adds to what is written with the deed.
func (d *deed) later(fn func(context.Context, Writer) error) { d.writes = append(d.writes, fn) }

// commit writes the deed. It may run several times, so it changes nothing of d.
func (d *deed) commit(ctx context.Context, w Writer) error {
	if d.from.seen != nil {
		var event string
		if len(d.records) > 0 {
			event = d.records[len(d.records)-1].ID
		}
		if err := w.MarkSeen(ctx, d.from.seen, event, d.now); err != nil {
			return err
		}
	}
	if err := d.commitPerson(ctx, w); err != nil {
		return err
	}
	for _, r := range d.records {
		if err := w.InsertEvent(ctx, r); err != nil {
			return err
		}
	}
	for _, sup := range d.follow {
		if len(d.records) == 0 {
			break
		}
		sup.Event = d.records[0].ID
		if err := w.InsertSuppression(ctx, sup); err != nil {
			return err
		}
	}
	for purpose := range d.touched {
		c := d.p.consents[purpose]
		c.ChangedAt = d.now
		if err := w.PutConsent(ctx, c); err != nil {
			return err
		}
	}
	for _, fn := range d.writes {
		if err := fn(ctx, w); err != nil {
			return err
		}
	}
	return w.AddCounts(ctx, d.counts)
}

// commitPerson writes the subject, if there is an event to its name, and what
// joins identifiers to it.
func (d *deed) commitPerson(ctx context.Context, w Writer) error {
	p := d.p
	if len(d.records) == 0 {
		if err := d.commitOthers(ctx, w); err != nil || p.fresh {
			return err // nobody is kept for a message that is no act
		}
		if d.from.id != "" && !d.from.quiet {
			return w.OpenWindow(ctx, p.subject.ID, d.sender.ID, d.at)
		}
		return nil
	}
	sub := p.subject
	if d.from.id != "" && !d.from.quiet {
		sub.Sender, sub.WindowAt = d.sender.ID, d.at
	}
	if c := p.account.Country(); c != "" {
		sub.Country = c
	}
	var err error
	if p.fresh {
		err = w.InsertSubject(ctx, sub)
	} else {
		err = w.AdvanceSubject(ctx, sub, p.wasSeq)
	}
	if err != nil {
		return err
	}
	for _, l := range p.keep {
		sealed := p.key.Seal(identifierContext(sub.ID, l.Kind), []byte(l.Value))
		i := subject.Identifier{Business: d.t.ID, Hash: l.Hash, Kind: l.Kind, Subject: sub.ID, Scope: l.Scope, Sealed: sealed, Event: d.records[0].ID, SeenAt: d.now, LeftAt: l.left.LeftAt, LeftEvent: l.left.LeftEvent}
		if err := w.JoinIdentifier(ctx, i, l.from); err != nil {
			return err
		}
	}
	return d.commitOthers(ctx, w)
}

// commitOthers closes subjects that turned out to be this person, and marks
// those whose number went to this account.
func (d *deed) commitOthers(ctx context.Context, w Writer) error {
	for _, other := range d.p.absorbed {
		closed := other
		closed.MergedInto = d.p.subject.ID
		if err := w.AdvanceSubject(ctx, closed, other.Seq); err != nil {
			return err
		}
		if err := w.DeleteConsents(ctx, other.ID); err != nil {
			return err
		}
	}
	for _, b := range d.p.left {
		if err := b.write(ctx, w, len(d.records) > 0, d.at); err != nil {
			return err
		}
	}
	return nil
}

// name gives ids to consents that are new.
func (d *deed) name() (err error) {
	for purpose := range d.touched {
		c := d.p.consents[purpose]
		if c.ID == "" {
			if c.ID, err = d.s.newID(d.now); err != nil {
				return err
			}
			d.p.consents[purpose] = c
		}
	}
	return nil
}
