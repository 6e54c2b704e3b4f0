package optin

import (
	"cmp"
	"context"
	"encoding/hex"
	"strings"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
)

// stop is an act that ends messages: how far it reaches, and how it was said.
type stop struct {
	scope    consent.Scope // empty for everything
	purpose  string        // set where it names one purpose
	reason   subject.Reason
	act      evidence.Act
	method   string
	why      string // the words of an operator or another system
	operator string
	unsure   bool   // of WhatsApp's own: a yes was said since
	silent   bool   // no acknowledgement in the chat
	lang     string // in which it was said; empty for the person's
	shown    []evidence.Shown
}

// outcome is what the stop does to a consent: what somebody said who was too
// young was none.
func (st stop) outcome() consent.Outcome {
	if st.reason == subject.Minor {
		return consent.OutcomeInvalidated
	}
	return consent.OutcomeWithdrawn
}

// covers reports whether the stop reaches the purpose.
func (st stop) covers(p consent.Purpose) bool {
	return consent.Act{Purpose: st.purpose, Scope: st.scope}.Touches(p)
}

// stop ends what it covers, at once and in any state (rule 15), also for
// somebody never seen. What was said after it by Meta's clock stands (rule 16).
func (d *deed) stop(st stop) error {
	d.no = true
	if !d.p.apart.IsZero() && !d.from.shown && st.reason != subject.ByPlatform {
		return alsoStop{d.p.apart, st}
	}
	sup := subject.Suppression{Business: d.t.ID, Scope: st.scope, Purpose: st.purpose, Reason: st.reason, At: d.at}
	e := evidence.Event{Name: evidence.SuppressionAdded, Method: st.method, Act: st.act, Reason: st.why, Operator: st.operator, Language: cmp.Or(st.lang, d.language()), Shown: st.shown}
	changed := d.p.fresh
	for _, p := range d.t.Purposes {
		if !st.covers(p.Consent()) {
			continue
		}
		pos := d.p.position(p.Consent())
		e.Choices = append(e.Choices, evidence.Choice{Purpose: p.Key, Scope: string(p.Scope), Basis: string(p.Basis), Outcome: string(st.outcome())})
		later := pos.GivenAt.After(d.at.Add(consent.TieMargin))
		if later {
			sup.Ended = append(sup.Ended, p.Key)
		} else if pos.End != consent.Withdrawn || pos.InForce() || !d.suppressed(p.Consent()) {
			changed = true
		}
		if pos.InForce() && !later {
			e.Name = evidence.ConsentWithdrawn
			if st.reason == subject.Minor {
				e.Name = evidence.ConsentInvalidated
			}
		}
	}
	if st.reason == subject.ByPlatform { // the platform's flag stands for it, and can be lifted there
		if e.Name == evidence.SuppressionAdded {
			e.Name = evidence.PlatformStopped
		}
		e.Effects = append(e.Effects, string(evidence.PlatformStopped))
		if st.unsure {
			e.Effects = append(e.Effects, evidence.EffectUnsure)
		}
	} else if err := d.suppressAll(&sup, &e); err != nil {
		return err
	}
	id, err := d.event(e)
	if err != nil {
		return err
	}
	sup.Event, sup.Subject = id, d.p.subject.ID
	for _, p := range d.t.Purposes {
		if st.covers(p.Consent()) {
			d.apply(consent.Act{Event: id, Purpose: p.Key, Scope: p.Scope, Outcome: st.outcome(), At: d.at}, p.Consent(), nil)
		}
	}
	d.later(func(ctx context.Context, w Writer) error {
		if st.reason == subject.ByPlatform {
			return nil
		}
		if err := w.InsertSuppression(ctx, sup); err != nil {
			return err
		}
		return d.closeOpen(ctx, w)
	})
	if st.silent || !changed {
		return nil
	}
	return d.acknowledge(st, id)
}

// alsoStop says that the number is to be stopped too which an account shows that
// an operator said it is not: if the operator was wrong, whoever writes STOP there
// means what is sent to it (rule 22).
type alsoStop struct {
	number phone.Number
	stop   stop
}

func (alsoStop) Error() string { return "the number that the account shows is to be stopped too" }

// stopShown stops that number in a deed of its own, before the account's.
func (s *Service) stopShown(ctx context.Context, t *tenant.Tenant, sender *business.Sender, at time.Time, seen []byte, x alsoStop) error {
	from := inbound{}
	if seen != nil {
		mark := t.Index.Hash("shown", hex.EncodeToString(seen))
		from.seen = mark[:]
	}
	return s.deed(ctx, t, sender, tenant.Account{Number: x.number}, at, from, func(_ context.Context, d *deed) error {
		return d.stopNumber(numberStop{
			number: x.number, scope: x.stop.scope, purpose: x.stop.purpose, text: x.stop.act.Text, method: "shown number",
			effect: "the number was shown by an account that an operator said is another's, with its own stop",
		})
	})
}

// suppressed reports whether a stop in force covers the purpose already.
func (d *deed) suppressed(p consent.Purpose) bool {
	for _, sup := range d.p.suppressions {
		if sup.Covers(p) {
			return true
		}
	}
	return false
}

// suppressAll is suppress for everything that the person is known by.
func (d *deed) suppressAll(sup *subject.Suppression, e *evidence.Event) error {
	known, err := d.s.knownAs(d.p)
	if err != nil {
		return err
	}
	return d.suppress(sup, e, known...)
}

// suppress fills in the suppression's row for the accounts, and what the event
// says of it in the clear: digests that can be checked when the person's key is
// gone.
func (d *deed) suppress(sup *subject.Suppression, e *evidence.Event, known ...tenant.Account) (err error) {
	if sup.ID, err = d.s.newID(d.now); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, a := range known {
		for _, h := range d.s.inst.Secrets.SuppressionHashes(a) {
			if !seen[string(h)] {
				seen[string(h)] = true
				sup.Hashes = append(sup.Hashes, h)
			}
		}
	}
	salt, err := evidence.NewSalt(d.s.rand)
	if err != nil {
		return err
	}
	sup.Salt = salt[:]
	e.Suppressions = append(e.Suppressions, evidence.Commit(salt, sup.Fields()...))
	for _, purpose := range sup.Ended {
		e.SuppressionsEnded = append(e.SuppressionsEnded, commitEnd(sup.Salt, sup.ID, purpose))
	}
	return nil
}

// commitEnd commits to the end of a suppression, with the suppression's salt.
func commitEnd(salt []byte, id, purpose string) evidence.Digest {
	var s [16]byte
	copy(s[:], salt)
	return evidence.Commit(s, subject.EndFields(id, purpose)...)
}

// closeOpen closes every open request and question of the person that is not younger
// than the stop (rule 16): those for which their number was typed, and those that they
// were asked about.
func (d *deed) closeOpen(ctx context.Context, w Writer) error {
	ids, err := membersOf(ctx, w, d.p.subject.ID) // whom this webhook joined are among them by now
	if err != nil {
		return err
	}
	var open []funnel.Request
	for _, id := range ids {
		asked, err := w.OpenRequestsOf(ctx, id)
		if err != nil {
			return err
		}
		open = append(open, asked...)
		if err := w.CloseQuestions(ctx, id, d.at.Add(consent.TieMargin)); err != nil {
			return err
		}
	}
	known, err := d.s.knownAs(d.p)
	if err != nil {
		return err
	}
	for _, a := range known {
		if a.Number.IsZero() {
			continue
		}
		typed, err := w.OpenRequestsByLine(ctx, d.t.ID, d.t.LineHash(a.Number))
		if err != nil {
			return err
		}
		open = append(open, typed...)
	}
	closed := map[string]bool{}
	for _, r := range open {
		if closed[r.ID] || r.CreatedAt.After(d.at.Add(consent.TieMargin)) {
			continue
		}
		closed[r.ID] = true
		if err := w.SetRequest(ctx, r.ID, funnel.Requested, funnel.Closed, ""); err != nil {
			return err
		}
		if err := d.s.countRequest(ctx, w, &r, funnel.CountClosed, d.at); err != nil {
			return err
		}
	}
	return nil
}

// title returns the name by which people know a purpose.
func (d *deed) title(key string) string {
	p, _ := d.t.Purpose(key)
	if title := p.Titles[d.language()]; title != "" {
		return title
	}
	return p.Key
}

// acknowledge tells the person once, without promotion, that it has stopped: the
// purposes with the titles, where there are any, or else what the stop says.
func (d *deed) acknowledge(st stop, event string, titles ...string) error {
	lang := d.language()
	loc := d.speak(lang)
	id := "chat.stopped.all"
	switch {
	case st.reason == subject.NotMe:
		id = "chat.stopped.not_me"
		if d.t.BlockNotMe {
			id = "chat.stopped.blocked"
		}
	case st.purpose != "":
		id = "chat.stopped.purpose"
		if len(titles) == 0 {
			titles = []string{d.title(st.purpose)}
		}
	case st.scope == consent.Marketing:
		id = "chat.stopped.marketing"
	}
	c := chat.Content{
		Text: loc.T(id, "Business", d.t.BrandName, "Purpose", strings.Join(titles, ", ")), Event: event,
		Record: loc.T("chat.receipt.record", "Record", event, "Checkpoint", checkpointMark),
	}
	if st.purpose != "" || st.scope != "" { // narrow: offer the rest
		qid, err := d.s.newID(d.now)
		if err != nil {
			return err
		}
		q := chat.Question{ID: qid, Business: d.t.ID, Subject: d.p.subject.ID, Lang: lang, Kind: chat.StopMore, AskedAt: d.now, ExpiresAt: d.now.Add(60 * 24 * time.Hour)}
		d.later(func(ctx context.Context, w Writer) error { return w.InsertQuestion(ctx, q) })
		c.Buttons = []chat.Button{{Title: loc.T("chat.button.stop_all"), Payload: chat.Payload{Answer: chat.StopAll, Question: qid}.Seal(d.s.inst.Secrets.Payload)}}
	}
	ask, err := d.lacksNumber()
	if err != nil {
		return err
	}
	switch {
	case ask && len(c.Buttons) == 0:
		c.AskNumber = true
		c.Text += "\n\n" + loc.T("chat.stopped.share", "Business", d.t.BrandName)
	case ask: // WhatsApp's own button stands beside no other
		c.Text += "\n\n" + loc.T("chat.stopped.type", "Business", d.t.BrandName)
	}
	if _, err := d.addLink(lang, &c); err != nil {
		return err
	}
	_, err = d.say(chat.KindAck, lang, event, c)
	return err
}

// Withdrawal is a stop that reached the business some other way: a call, a
// letter, its own shop.
type Withdrawal struct {
	Business string
	Account  tenant.Account
	Subject  string         // the id of the person, where it is not an account that is named
	Scope    consent.Scope  // empty for everything
	Purpose  string         // the purpose's key, or empty
	Reason   subject.Reason // of an operator's entry, where it is more than that they were asked to stop
	Channel  string         // where it was said
	Words    string         // as the person said it
	At       time.Time      // when; zero for now
	Operator string         // who entered it, or empty for the API
}

// Withdrawn is what a withdrawal did.
type Withdrawn struct {
	Event    string
	Purposes []string // keys of the purposes that it covers
}

// Withdraw stops messages to an account, effective when it returns. It tells
// nobody whether the account was known.
func (s *Service) Withdraw(ctx context.Context, wd Withdrawal) (out Withdrawn, err error) {
	defer fault.Wrap(&err, "optin.Withdraw")
	t, ok := s.directory.Tenant(wd.Business)
	if !ok {
		return out, errNotFound
	}
	st := stop{scope: wd.Scope, purpose: wd.Purpose, reason: subject.ByAPI, method: "api", why: wd.Words, operator: wd.Operator, silent: true}
	st.act = evidence.Act{Kind: "api", Text: wd.Channel}
	if wd.Operator != "" {
		st.reason, st.method, st.act.Kind = subject.ByOperator, "operator", "operator"
		switch wd.Reason {
		case "", subject.ByOperator:
		case subject.Complaint, subject.Minor, subject.Legal:
			st.reason = wd.Reason
		default:
			return out, fault.Field("reason", "An operator enters a stop for a wish, a complaint, a minor or a legal reason.")
		}
	}
	if wd.Purpose != "" {
		p, ok := t.Purpose(wd.Purpose)
		if !ok {
			return out, fault.Field("purpose", "There is no purpose %q. Use one of the business's purposes.", wd.Purpose)
		}
		st.scope = p.Scope
	}
	now := s.now()
	at := wd.At.UTC().Truncate(time.Millisecond) // as it is signed
	if wd.At.IsZero() || at.After(now) {
		at = now
	}
	sender := t.Sender("")
	if sender == nil {
		sender = &business.Sender{Business: t.ID}
	}
	err = s.deed(ctx, t, sender, wd.Account, at, inbound{subject: wd.Subject}, func(ctx context.Context, d *deed) error {
		if err := d.stop(st); err != nil {
			return err
		}
		out = Withdrawn{Event: d.records[len(d.records)-1].ID}
		for _, p := range t.Purposes {
			if st.covers(p.Consent()) {
				out.Purposes = append(out.Purposes, p.Key)
			}
		}
		return nil
	})
	return out, err
}
