package optin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"assent/business"
	"assent/chat"
	"assent/evidence"
	"assent/fault"
	"assent/job"
	"assent/ledger"
	"assent/subject"
	"assent/template"
	"assent/tenant"
	"assent/vault"
)

// outgoing is a message that is about to be sent.
type outgoing struct {
	m       chat.Message
	t       *tenant.Tenant
	sender  *business.Sender
	key     vault.DataKey
	content chat.Content
	request string // of a template
	drop    string // why it must not go any more
	wait    time.Duration
}

// Deliver is the handler of JobSend. A message is sent at most once: it is
// marked before it leaves, and one whose fate is unclear waits for its status.
func (s *Service) Deliver(ctx context.Context, j job.Job) error {
	var o outgoing
	prepare := func(ctx context.Context, r Reader) (err error) {
		o, err = s.prepare(ctx, r, j.Ref)
		return err
	}
	err := s.store.ReadOnly(ctx, prepare)
	if errors.Is(err, errLagging) {
		if err = s.refresh(ctx); err == nil {
			err = s.store.ReadOnly(ctx, prepare)
		}
	}
	switch {
	case errors.Is(err, errNothing):
		return nil
	case errors.Is(err, errLagging):
		return job.Final{Err: err} // nothing knows its business or its words
	case err != nil:
		return err
	case o.wait > 0:
		return job.Snooze(o.wait)
	}
	release, free := s.slots.take(o.sender)
	if !free {
		return job.Snooze(busy)
	}
	defer release()
	if o.drop == "" && o.content.Template != "" {
		if err := s.fit(ctx, &o); err != nil {
			return s.refused(ctx, &o, err)
		}
	}
	if o.drop != "" {
		return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
			if err := s.countUnsent(ctx, w, &o.m); err != nil {
				return err
			}
			return w.SetMessage(ctx, o.m.ID, chat.Dropped, 0, nil, s.now())
		})
	}
	wait, mine, err := s.start(ctx, &o)
	switch {
	case err != nil:
		return err
	case wait > 0:
		return job.Snooze(wait)
	case !mine: // dropped, or another run of the job, whose lease ended, was first
		return nil
	}
	return s.send(ctx, &o)
}

// known is how long what is known of a template may be believed. Changes are told
// by webhooks, and the list is read anew within this time.
const known = 2 * time.Hour

// fit drops a template that Meta has not approved as utility.
func (s *Service) fit(ctx context.Context, o *outgoing) error {
	var t template.Template
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		t, _, err = r.Template(ctx, o.sender.WABA, o.content.Template, o.m.Lang)
		return err
	})
	if err != nil {
		return err
	}
	usable := t.Usable()
	if t.Status == "" || s.now().Sub(t.CheckedAt) > known {
		var category string
		var approved bool
		if category, approved, err = s.transport.TemplateCategory(ctx, o.sender, o.content.Template, o.m.Lang); err != nil {
			return err
		}
		usable = approved && category == "utility"
	}
	if !usable {
		s.log.Warn("a template is not approved as utility, so it is not sent", "template", o.content.Template, "lang", o.m.Lang)
		o.drop = "the template is not an approved utility template"
	}
	return nil
}

// prepare reads a message and decides whether it may still go.
func (s *Service) prepare(ctx context.Context, r Reader, id string) (o outgoing, err error) {
	var ok bool
	if o.m, ok, err = r.Message(ctx, id); err != nil || !ok || o.m.State != chat.Queued {
		return o, errors.Join(err, errNothing)
	}
	if o.t, ok = s.directory.Tenant(o.m.Business); !ok {
		return o, errLagging
	}
	if o.sender = o.t.Known(o.m.Sender); o.sender == nil {
		o.sender = o.t.Sender("")
	}
	if o.sender == nil {
		return o, errNothing
	}
	if err := s.openMessage(ctx, r, &o); err != nil {
		return o, err
	}
	now := s.now()
	if err := s.mayGo(ctx, r, &o, now); err != nil || o.drop != "" {
		return o, err
	}
	if o.content.After != "" {
		first, ok, err := r.Message(ctx, o.content.After)
		if err != nil {
			return o, err
		}
		if ok && first.State == chat.Queued && now.Sub(o.m.CreatedAt) < time.Minute {
			o.wait = 100 * time.Millisecond
			return o, nil
		}
	}
	return o, s.addRecord(ctx, r, &o)
}

// openMessage opens a message with the key of whom it names.
func (s *Service) openMessage(ctx context.Context, r Reader, o *outgoing) (err error) {
	switch {
	case len(o.m.Sealed) == 0:
		return errNothing // its person was locked since
	case o.m.Key == o.t.KeyID():
		o.key = o.t.Key
	case strings.HasPrefix(o.m.Key, "r/"):
		o.request = strings.TrimPrefix(o.m.Key, "r/")
		req, err := r.Request(ctx, o.request)
		if err != nil {
			return err
		}
		if len(req.WrappedKey) == 0 {
			return errNothing // erased since
		}
		if o.key, err = s.openRequestKey(&req); err != nil {
			return err
		}
	default:
		sub, err := r.Subject(ctx, o.m.Subject)
		if err != nil {
			return err
		}
		if sub.Erased() {
			return errNothing
		}
		if o.key, err = s.inst.Master.OpenDataKey(sub.KeyID(), sub.Wrapped); err != nil {
			return err
		}
	}
	body, err := o.key.Open(messageContext(o.m.ID), o.m.Sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, &o.content)
}

// mayGo drops what a stop or a closed window has overtaken.
func (s *Service) mayGo(ctx context.Context, r Reader, o *outgoing, now time.Time) error {
	if !o.sender.InUse() {
		o.drop = "the number is not in use any more"
		return nil
	}
	switch o.m.Kind {
	case chat.KindTemplate:
		req, err := r.Request(ctx, o.request)
		if err != nil {
			return err
		}
		v, ok := s.directory.Version(req.Version)
		if !ok {
			return errLagging
		}
		if !req.Open(now.Add(TemplateLife)) { // it may be that long on its way
			o.drop = "the request is not open any more"
			return nil
		}
		stopped, err := s.saidStop(ctx, r, o.t, v, &req, o.content.To)
		if stopped {
			o.drop = "the number said stop"
		}
		return err
	case chat.KindQuestion:
		q, ok, err := r.Question(ctx, o.m.About)
		if err != nil {
			return err
		}
		if !ok || q.Closed || !now.Before(q.ExpiresAt) {
			o.drop = "the question is closed"
			return nil
		}
	case chat.KindWelcome:
		stops, err := r.SuppressionsOf(ctx, o.m.Subject)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(stops, func(sup subject.Suppression) bool { return !sup.At.Before(o.m.CreatedAt) }) {
			o.drop = "the person said stop"
			return nil
		}
	}
	if o.m.Kind == chat.KindLink {
		var err error
		if o.drop, err = s.linkOvertaken(ctx, r, o); err != nil || o.drop != "" || o.content.Template != "" {
			return err
		}
	}
	if o.m.Subject == "" {
		if now.Sub(o.m.CreatedAt) > 20*time.Hour {
			o.drop = "the service window is closed"
		}
		return nil
	}
	sub, err := r.Subject(ctx, o.m.Subject)
	if err == nil && !sub.WindowOpen(now) {
		o.drop = "the service window is closed"
	}
	return err
}

// addRecord adds the record's id and the log's checkpoint to a receipt, once
// its event is under one: the other side then holds the proof too (rule 11).
func (s *Service) addRecord(ctx context.Context, r Reader, o *outgoing) error {
	if o.content.Record == "" {
		return nil
	}
	leaf, err := r.LeafOf(ctx, o.content.Event)
	if err != nil {
		return err
	}
	signed, ok, err := r.LastCheckpoint(ctx)
	if err != nil {
		return err
	}
	if !ok || signed.Size <= leaf {
		o.wait = 100 * time.Millisecond
		return nil
	}
	cp, err := ledger.ParseCheckpoint(signed.Note)
	if err != nil {
		return err
	}
	o.content.Text += "\n\n" + strings.ReplaceAll(o.content.Record, checkpointMark, cp.Short())
	return nil
}

// send hands the message to the platform and records what it said.
func (s *Service) send(ctx context.Context, o *outgoing) error {
	wamid, err := s.transport.Send(ctx, o.sender, o.m.ID, o.m.Lang, o.content)
	// What the platform said is kept even where this process is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err != nil {
		return s.refused(ctx, o, err)
	}
	return s.sent(ctx, o, wamid)
}

// sent records that the platform took a message, and for a receipt or a
// template as evidence.
func (s *Service) sent(ctx context.Context, o *outgoing, wamid string) error {
	if err := s.setMessage(ctx, o.m.ID, chat.Sent, 0, wamidHash(o.t, wamid)); err != nil {
		return err
	}
	switch {
	case o.m.Kind == chat.KindTemplate:
		e := evidence.Event{Name: evidence.ConfirmationSent, Method: "template " + o.content.Template, MessageID: wamid, E164: o.content.To}
		return s.requestEvent(ctx, o.t, o.sender, o.m.About, e, nil)
	case o.m.Kind.Proves() && o.m.Subject != "":
		e := evidence.Event{Name: evidence.ReceiptSent, Requested: o.content.Event, Method: "message", Act: evidence.Act{Kind: "receipt", Text: o.content.Public()}}
		return s.deed(ctx, o.t, o.sender, tenant.Account{}, s.now(), inbound{subject: o.m.Subject}, func(_ context.Context, d *deed) error {
			e := e
			e.MessageID = wamid
			_, err := d.event(e)
			return err
		})
	}
	return nil
}

func (s *Service) setMessage(ctx context.Context, id string, state chat.MessageState, code int, hash []byte) error {
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		return w.SetMessage(ctx, id, state, code, hash, s.now())
	})
}

// isStale reports that what was read has changed since.
func isStale(err error) bool { return fault.Is(err, fault.Stale) }
