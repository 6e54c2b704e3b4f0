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
	"assent/funnel"
	"assent/job"
	"assent/ledger"
	"assent/phone"
	"assent/subject"
	"assent/template"
	"assent/tenant"
	"assent/vault"
)

// Limits of the confirmation by template (rule 10).
const (
	templateEvery = 30 * 24 * time.Hour // once per number and business
	templateCap   = 3                   // per number across the installation in that time
)

// TemplateLife is how long WhatsApp tries to deliver a confirmation template:
// the time to live that the shipped templates are created with. None is sent to
// arrive after its request has ended.
const TemplateLife = template.Life

// AskTemplate sends the confirmation template to the number that was typed, on
// the person's separate act. Whether a message really goes is told to nobody:
// the answer is the same for a number that said stop, or that was asked before.
func (s *Service) AskTemplate(ctx context.Context, token string) (err error) {
	defer fault.Wrap(&err, "optin.AskTemplate")
	if !vault.ValidToken(token) {
		return errNotFound
	}
	hash := vault.HashToken(token)
	var r funnel.Request
	err = s.store.ReadOnly(ctx, func(ctx context.Context, rd Reader) error {
		r, err = rd.RequestByToken(ctx, hash[:])
		return err
	})
	if err != nil {
		return err
	}
	v, t, ok, err := s.versionOf(ctx, &r)
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	sender := t.Sender("")
	if r.Message != "" {
		return nil // asked for before
	}
	if v.Template == "" || len(r.Line) == 0 || len(r.Ticked) == 0 || sender == nil || !r.LooksOpen(s.now().Add(TemplateLife)) {
		return fault.New(fault.Conflict, "No message can be sent for this sign-up. Use the WhatsApp link instead.")
	}
	m, q, shown, number, stopped, err := s.templateMessage(ctx, t, v, sender, &r)
	if err != nil {
		return err
	}
	line := s.inst.Secrets.TemplateHash(number)
	now := s.now()
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.SetRequestMessage(ctx, r.ID, m.ID); err != nil {
			return err
		}
		if stopped || r.Overheard() {
			return nil
		}
		ok, err := w.NoteTemplateAsk(ctx, line, t.ID, now, now.Add(-templateEvery), templateCap)
		if err != nil || !ok {
			return err
		}
		if err := w.KeepShown(ctx, shown, now); err != nil {
			return err
		}
		if err := w.InsertQuestion(ctx, q); err != nil {
			return err
		}
		return enqueueSend(ctx, w, m)
	})
	if isStale(err) {
		return nil // a second click
	}
	return err
}

// templateMessage composes the template for a request, and returns to which
// number it goes, and whether that has said stop.
func (s *Service) templateMessage(ctx context.Context, t *tenant.Tenant, v *tenant.Version, sender *business.Sender, r *funnel.Request) (m chat.Message, q chat.Question, shown funnel.Document, number phone.Number, stopped bool, err error) {
	typed, key, err := s.openTyped(r)
	if err != nil {
		return m, q, shown, number, false, err
	}
	if number, err = phone.ParseE164(typed.E164); err != nil {
		return m, q, shown, number, false, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, rd Reader) (err error) {
		stopped, err = s.saidStop(ctx, rd, t, v, r, typed.E164)
		return err
	})
	if err != nil {
		return m, q, shown, number, false, err
	}
	now := s.now()
	mid, err := s.newID(now)
	if err != nil {
		return m, q, shown, number, false, err
	}
	qid, err := s.newID(now)
	if err != nil {
		return m, q, shown, number, false, err
	}
	text, lang := v.Text(r.Lang)
	words, wordsLang, err := s.templateWords(ctx, sender, v.Template, lang, t.Language)
	if err != nil {
		return m, q, shown, number, false, err
	}
	titles := make([]string, len(r.Ticked))
	for i, purpose := range r.Ticked {
		titles[i] = text.Purposes[purpose].Title
	}
	c := chat.Content{To: typed.E164, Template: v.Template, Params: []string{t.BrandName, strings.Join(titles, ", ")}}
	for i, answer := range []chat.Answer{chat.Yes, chat.No, chat.NotMe} {
		b := chat.Button{Payload: chat.Payload{Answer: answer, Question: qid}.Seal(s.inst.Secrets.Payload)}
		if i < len(words.Replies) {
			b.Title = words.Replies[i]
		}
		c.Buttons = append(c.Buttons, b)
	}
	rendered := c
	rendered.Text = words.Fill(c.Params...)
	shown = shownMessage(rendered)
	q = chat.Question{
		ID: qid, Business: t.ID, Version: v.ID, Lang: lang, Purposes: r.Ticked, Request: r.ID, Entry: r.Entry,
		Kind: chat.Template, Match: chat.MatchSame, Shown: shown.SHA256, AskedAt: now, ExpiresAt: now.Add(chat.Life),
	}
	body, err := json.Marshal(c)
	if err != nil {
		return m, q, shown, number, false, err
	}
	m = chat.Message{
		ID: mid, Business: t.ID, Sender: sender.ID, Kind: chat.KindTemplate, Lang: wordsLang, Key: requestKeyID(r.ID),
		Sealed: key.Seal(messageContext(mid), body), About: qid, State: chat.Queued, CreatedAt: now,
	}
	return m, q, shown, number, stopped, nil
}

// templateWords returns what the template says, in the language that it has of
// those wished for: as it is at Meta, else as the library has it. One that is
// known of in no language is tried in the first.
func (s *Service) templateWords(ctx context.Context, sender *business.Sender, name string, wishes ...string) (template.Text, string, error) {
	texts := map[string]template.Text{}
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err := r.Templates(ctx, sender.WABA)
		for _, t := range list {
			if t.Name == name && t.Usable() && t.Text.Body != "" {
				texts[t.Lang] = t.Text
			}
		}
		return err
	})
	if err != nil {
		return template.Text{}, "", err
	}
	wishes = append(wishes, "en")
	if lang, ok := template.Pick(texts, wishes...); ok {
		return texts[lang], lang, nil
	}
	piece, ok := template.Named(name)
	if !ok {
		piece, _ = template.Find(template.OptIn)
	}
	lang, _ := template.Pick(piece.Texts, wishes...)
	return piece.Texts[lang], template.Code(wishes[0]), nil
}

// saidStop reports whether the number has stopped any purpose that is asked for.
func (s *Service) saidStop(ctx context.Context, rd Reader, t *tenant.Tenant, v *tenant.Version, r *funnel.Request, e164 string) (stopped bool, err error) {
	n, err := phone.ParseE164(e164)
	if err != nil {
		return false, err
	}
	hashes := s.inst.Secrets.SuppressionHashes(tenant.Account{Number: n})
	list, err := rd.SuppressionsByHash(ctx, t.ID, hashes)
	if err != nil {
		return false, err
	}
	for _, id := range s.directory.Kin(t) { // of the same legal entity (rule 21)
		theirs, err := rd.SuppressionsByHash(ctx, id, hashes)
		if err != nil {
			return false, err
		}
		for _, sup := range theirs {
			if sup.Purpose == "" {
				sup.Ended = nil
				list = append(list, sup)
			}
		}
	}
	for _, sup := range list {
		for _, key := range r.Ticked {
			if p, ok := v.Purpose(key); ok && sup.Covers(p.Consent()) {
				stopped = true
			}
		}
	}
	return stopped, nil
}

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
		s.log.Warn("the confirmation template is not an approved utility template, so it is not sent", "template", o.content.Template, "lang", o.m.Lang)
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
	o.sender = o.t.Sender(o.m.Sender)
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
