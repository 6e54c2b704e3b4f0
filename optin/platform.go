package optin

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/job"
	"assent/subject"
	"assent/template"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// preference handles WhatsApp's own control over marketing (rule 19): a stop
// sets the platform's flag and withdraws marketing; a resume lifts the flag and
// nothing else. A yes on a sign-up link comes the same way.
func (s *Service) preference(ctx context.Context, t *tenant.Tenant, sender *business.Sender, pref *wire.Preference, c wire.Contact, from inbound) error {
	a := accountOf(pref.WAID, pref.UserID, pref.ParentUserID, c)
	if a.IsZero() {
		return nil
	}
	switch { // a stop counts whatever it is about; what permits has to be plain
	case pref.Value == wire.PreferenceStop:
	case pref.Value != wire.PreferenceResume && pref.Value != wire.PreferenceSignup:
		return unhandled("a preference that is not known here")
	case pref.Category != "" && pref.Category != wire.PreferenceMarketing:
		return unhandled("a preference about something that is not known here")
	}
	at := pref.Timestamp.Time()
	h := t.Index.Hash("preference", a.BSUID+"/"+a.WAID+"/"+pref.Value+pref.SignupID+"/"+strconv.FormatInt(at.Unix(), 10))
	from.seen = h[:]
	return s.deed(ctx, t, sender, a, at, from, func(ctx context.Context, d *deed) error {
		switch pref.Value {
		case wire.PreferenceStop:
			return d.platformStop("user_preferences")
		case wire.PreferenceResume:
			return d.platformResume()
		case wire.PreferenceSignup:
			return d.signup(ctx, pref)
		}
		return nil
	})
}

// platformStop records that the person stopped marketing in WhatsApp itself.
func (d *deed) platformStop(method string) error {
	st := stop{scope: consent.Marketing, reason: subject.ByPlatform, method: method, act: evidence.Act{Kind: "platform"}, silent: true}
	if !d.p.subject.PlatformAt.After(d.at) {
		d.p.subject.Platform, d.p.subject.PlatformAt = consent.PlatformStop, d.at
		if d.confirmedSince() { // it came late: one send may try
			d.p.subject.Platform, st.unsure = consent.PlatformUnsure, true
		}
	}
	return d.stop(st)
}

// confirmedSince reports whether the person said yes to marketing after the act.
func (d *deed) confirmedSince() bool {
	for _, p := range d.t.Purposes {
		if p.Scope == consent.Marketing && d.p.position(p.Consent()).GivenAt.After(d.at.Add(consent.TieMargin)) {
			return true
		}
	}
	return false
}

// platformResume records that WhatsApp delivers marketing again. What the
// person withdrew stays withdrawn.
func (d *deed) platformResume() error {
	if d.p.subject.PlatformAt.After(d.at) || d.p.subject.Platform != consent.PlatformClear && d.p.subject.PlatformAt.Equal(d.at) {
		return nil // older than what is known, or of the stop's own second
	}
	d.p.subject.Platform, d.p.subject.PlatformAt = consent.PlatformClear, d.at
	_, err := d.event(evidence.Event{Name: evidence.PlatformResumed, Method: "user_preferences", Act: evidence.Act{Kind: "platform"}})
	return err
}

// status handles what became of a message of ours. Statuses come in any order,
// and may come before our own record of the send.
func (s *Service) status(ctx context.Context, t *tenant.Tenant, sender *business.Sender, st *wire.Status, c wire.Contact, from inbound) error {
	a := accountOf(st.RecipientID, st.RecipientUserID, st.RecipientParentUserID, c)
	state, ok := map[string]chat.MessageState{"sent": chat.Sent, "delivered": chat.Delivered, "read": chat.Read, "played": chat.Read, "failed": chat.Failed}[st.Status]
	if !ok || st.ID == "" {
		return nil
	}
	hash := wamidHash(t, st.ID)
	var e trouble
	if state == chat.Failed || len(st.Errors) > 0 { // a failure without a code is final, and shown
		why := st.Errors.Deciding()
		e = trouble{int(why.Code), why.Data.Details}
	}
	code := e.code
	var m chat.Message
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		if m, ok, err = r.MessageByWAMID(ctx, hash); ok || err != nil || st.Callback == "" {
			return err
		}
		m, ok, err = r.Message(ctx, st.Callback)
		return err
	})
	if err != nil {
		return err
	}
	if ok && m.State == chat.Failed && state != chat.Failed { // it came late: what has failed did not arrive
		return nil
	}
	if !ok || m.Business != t.ID { // other software's; that the person stopped marketing counts all the same
		if code != int(wire.CodePlatformStop) || st.RecipientType == "group" {
			return s.tried(ctx, t, sender, st, a, from)
		}
		return s.told(ctx, t, sender, chat.Message{}, st, a, state, code, from)
	}
	if state.After(m.State) {
		if err := s.advance(ctx, t, sender, m, state, e, hash); err != nil {
			return err
		}
	}
	if err := s.charged(ctx, t, sender, m, st); err != nil {
		return err
	}
	if err := s.told(ctx, t, sender, m, st, a, state, code, from); err != nil {
		return err
	}
	return s.tried(ctx, t, sender, st, a, from)
}

// charged looks at the category in which a template was really charged. It is the only
// place where a change shows that Meta did not tell of, so it counts as one.
func (s *Service) charged(ctx context.Context, t *tenant.Tenant, sender *business.Sender, m chat.Message, st *wire.Status) error {
	if !asMarketing(st) || m.Kind != chat.KindTemplate && m.Kind != chat.KindLink {
		return nil
	}
	o := outgoing{m: m, t: t, sender: sender}
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error { return s.openMessage(ctx, r, &o) })
	if errors.Is(err, errNothing) || err == nil && o.content.Template == "" {
		return nil
	}
	if err != nil {
		return err
	}
	alarm, err := s.newID(s.now())
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		before, ok, err := w.Template(ctx, sender.WABA, o.content.Template, m.Lang)
		if err != nil || !ok || before.Category != template.Utility {
			return err
		}
		after := before
		after.Category = template.Marketing
		open, _ := business.TemplateAlarms(before, after)
		for _, a := range open {
			a.ID = alarm
			if err := s.raise(ctx, w, &o, trouble{details: a.Detail}, a); err != nil {
				return err
			}
		}
		if st.Timestamp.Time().Add(time.Minute).Before(before.CheckedAt) {
			return nil // the list, which was read since, knows better
		}
		return w.PutTemplate(ctx, after)
	})
}

// asMarketing reports whether a message was charged as marketing.
func asMarketing(st *wire.Status) bool {
	return st.Pricing != nil && strings.HasPrefix(strings.ToLower(st.Pricing.Category), "marketing")
}

// errAnother says that a status names another account than whom its message was
// for: nothing is learned from it of who they are.
var errAnother = errors.New("the status names another account")

// told records as evidence what a status tells: that a receipt or a template
// arrived, or that the person stopped marketing in WhatsApp.
func (s *Service) told(ctx context.Context, t *tenant.Tenant, sender *business.Sender, m chat.Message, st *wire.Status, a tenant.Account, state chat.MessageState, code int, from inbound) error {
	arrived := state == chat.Delivered || state == chat.Read
	from.subject = m.Subject
	at := st.Timestamp.Time()
	switch {
	case code == int(wire.CodePlatformStop):
		h := t.Index.Hash("status", st.ID+"/131050")
		from.seen = h[:]
		if from.subject == "" && a.IsZero() {
			return nil
		}
		return s.deed(ctx, t, sender, a, at, from, func(_ context.Context, d *deed) error { return d.platformStop("error 131050") })
	case arrived && m.Kind.Proves() && m.Subject != "":
		h := t.Index.Hash("status", st.ID+"/delivered")
		from.seen = h[:]
		e := evidence.Event{Name: evidence.ReceiptDelivered, Requested: m.About, Method: "status"}
		if !a.Number.IsZero() && a.BSUID != "" {
			shows := from // it names both, and may join them (rule 22)
			shows.subject = ""
			err := s.deed(ctx, t, sender, a, at, shows, func(ctx context.Context, d *deed) error {
				if asked, err := d.isThem(ctx, m.Subject); err != nil || !asked || len(d.p.left) > 0 {
					return errors.Join(err, errAnother)
				}
				_, err := d.event(e)
				return err
			})
			if !errors.Is(err, errAnother) {
				return err
			}
		}
		return s.deed(ctx, t, sender, tenant.Account{}, at, from, func(_ context.Context, d *deed) error {
			_, err := d.event(e)
			return err
		})
	case arrived && m.Kind == chat.KindTemplate:
		if err := s.noteRecipient(ctx, t, sender, m, a.BSUID); err != nil {
			return err
		}
		h := t.Index.Hash("status", st.ID+"/delivered")
		return s.requestEvent(ctx, t, sender, m.About, evidence.Event{Name: evidence.ConfirmationDelivered, Time: at, Method: "status"}, h[:])
	}
	return nil
}

// requestEvent records an event of a request that names nobody yet, under the
// request's own key.
func (s *Service) requestEvent(ctx context.Context, t *tenant.Tenant, sender *business.Sender, questionID string, e evidence.Event, seen []byte) error {
	var requestID string
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		q, ok, err := r.Question(ctx, questionID)
		if ok {
			requestID = q.Request
		}
		return err
	})
	if err != nil || requestID == "" {
		return err
	}
	err = s.recordOfRequest(ctx, t, sender, requestID, e, func(ctx context.Context, w Writer, event string) error {
		if seen == nil {
			return nil
		}
		return w.MarkSeen(ctx, seen, event, s.now())
	})
	if isSeen(err) || errors.Is(err, errErasedSince) {
		return nil
	}
	return err
}

// recordOfRequest signs an event of a request and writes it with what else fn
// writes.
func (s *Service) recordOfRequest(ctx context.Context, t *tenant.Tenant, sender *business.Sender, requestID string, e evidence.Event, fn func(ctx context.Context, w Writer, event string) error) error {
	var record evidence.Record
	err := s.store.ReadOnly(ctx, func(ctx context.Context, rd Reader) error {
		r, err := rd.Request(ctx, requestID)
		if err != nil {
			return err
		}
		if len(r.WrappedKey) == 0 {
			return errErasedSince
		}
		key, err := s.openRequestKey(&r)
		if err != nil {
			return err
		}
		now := s.now()
		if e.ID, err = s.newID(now); err != nil {
			return err
		}
		e.IssuedAt, e.Requested, e.Language, e.FunnelVersion, e.Sender, e.Simulated = now, r.Event, r.Lang, r.Version, sender.ID, sender.Simulated
		if e.Time.IsZero() {
			e.Time = now
		}
		record, err = t.Issue(s.rand, e, requestKeyID(r.ID), key, nil)
		record.Request = r.ID
		return err
	})
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if there, err := w.TouchRequest(ctx, requestID); err != nil || !there {
			return errors.Join(err, errErasedSince)
		}
		if err := w.InsertEvent(ctx, record); err != nil {
			return err
		}
		return fn(ctx, w, record.ID)
	})
}

// sweepBatch is how many requests expire in one slice, so that a sweep yields
// to those who wait.
const sweepBatch = 100

// ExpireRequests ends requests whose confirmation never came, and returns how
// many. Their silence is recorded and answered by silence.
func (s *Service) ExpireRequests(ctx context.Context) (n int, err error) {
	for {
		var batch []funnel.Request
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			batch, err = r.ExpiredRequests(ctx, s.now(), sweepBatch)
			return err
		})
		if err != nil {
			return n, err
		}
		before := n
		for i := range batch {
			ended, err := s.expire(ctx, &batch[i])
			if err != nil {
				return n, err
			}
			if ended {
				n++
			}
		}
		if len(batch) < sweepBatch || n == before { // what cannot be ended now comes again at the next sweep
			return n, nil
		}
	}
}

// expire ends a request, and reports false where it was answered, closed or
// renewed at the last moment.
func (s *Service) expire(ctx context.Context, r *funnel.Request) (ended bool, err error) {
	_, t, ok, err := s.versionOf(ctx, r)
	if err != nil || !ok {
		return false, err
	}
	line, err := s.templateLine(r)
	if err != nil {
		return false, err
	}
	sender := t.Sender("")
	if sender == nil {
		sender = &business.Sender{Business: t.ID}
	}
	e := evidence.Event{Name: evidence.ConsentDeferred, Method: "expiry", Reason: "the confirmation never came"}
	now := s.now()
	err = s.recordOfRequest(ctx, t, sender, r.ID, e, func(ctx context.Context, w Writer, _ string) error {
		if err := w.ExpireRequest(ctx, r.ID, now); err != nil {
			return err
		}
		if err := s.countRequest(ctx, w, r, funnel.CountExpired, r.ExpiresAt); err != nil {
			return err
		}
		return silent(ctx, w, r, line)
	})
	if isStale(err) {
		return false, nil
	}
	return err == nil, err
}

// keepInbox is how long a handled webhook body is kept (rule 27).
const keepInbox = 7 * 24 * time.Hour

// DropInbox deletes handled webhook bodies that are older than 7 days, with the
// keys of their days, what was answered to people of whom nothing is kept, the
// counts of wrong codes, when whom was written to, and the ads that led to nothing.
func (s *Service) DropInbox(ctx context.Context) error {
	for {
		var n int64
		err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) (err error) {
			if n, err = w.DropDeliveries(ctx, s.now().Add(-keepInbox), 200); err != nil {
				return err
			}
			if err := w.DropArrivals(ctx, s.now().Add(-chat.ArrivalLife)); err != nil {
				return err
			}
			return w.DropPace(ctx, s.now())
		})
		if err != nil || n < 200 {
			return err
		}
	}
}

// enqueueSend keeps a message and the job that sends it.
func enqueueSend(ctx context.Context, w Writer, m chat.Message) error {
	if err := w.InsertMessage(ctx, m); err != nil {
		return err
	}
	return w.Enqueue(ctx, job.Job{ID: m.ID, Kind: JobSend, Ref: m.ID, RunAt: m.CreatedAt})
}
