package optin

import (
	"context"
	"errors"
	"slices"
	"time"

	"assent/business"
	"assent/chat"
	"assent/evidence"
	"assent/fault"
	"assent/job"
	"assent/locale"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// JobErase is the kind of the jobs that erase who asked for it. Their Ref is the
// question whose tap it was.
const JobErase = "erase"

// Eraser erases people who ask for it themselves (rule 31).
type Eraser interface {
	// Prospect returns until when the person would be locked first, or the zero
	// time where they would be erased at once. It is a Conflict where nothing of
	// them may be erased now.
	Prospect(ctx context.Context, business, subject string) (time.Time, error)
	// EraseAsked erases or locks the person, and returns what Prospect did.
	EraseAsked(ctx context.Context, business, subject string) (time.Time, error)
	// EraseYounger erases or locks a person who said that they are too young. It
	// reports nothing where they were only asked, so that not even a stop is kept.
	EraseYounger(ctx context.Context, business, subject string) (until time.Time, nothing bool, err error)
}

// AskInChat asks the person in the chat whether it was they who asked, and
// reports false where no message can go there: then they have to write first
// (Link.Codes).
func (s *Service) AskInChat(ctx context.Context, token string, w Wish, lang string) (asked bool, err error) {
	defer fault.Wrap(&err, "optin.AskInChat")
	l, t, err := s.openSettings(ctx, token)
	if err != nil || !l.WindowOpen {
		return false, err
	}
	err = s.deed(ctx, t, t.Sender(l.sender), tenant.Account{}, time.Time{}, inbound{subject: l.Subject}, func(ctx context.Context, d *deed) error {
		return d.askWish(ctx, w, lang)
	})
	return err == nil, err
}

// Outcome says in words what becomes of a person who asks to be erased, given
// what Prospect returned; it is empty for other errors.
func Outcome(loc locale.Localizer, brand, human string, until time.Time, err error) string {
	switch {
	case fault.Is(err, fault.Conflict):
		return loc.T("prefs.erase.held", "Business", brand, "Contact", human)
	case err != nil:
		return ""
	case !until.IsZero():
		return loc.T("prefs.erase.locked", "Business", brand, "Date", loc.Date(until))
	}
	return loc.T("prefs.erase.at_once", "Business", brand)
}

// askWish sends the question with its button. It says what an erasure does before
// the person decides.
func (d *deed) askWish(ctx context.Context, w Wish, lang string) error {
	loc := locale.For(lang)
	row := chat.Question{Business: d.t.ID, Subject: d.p.subject.ID, Lang: loc.Tag(), Kind: chat.Settings, AskedAt: d.now, ExpiresAt: d.now.Add(chat.SettingsLife)}
	var err error
	if row.ID, err = d.s.newID(d.now); err != nil {
		return err
	}
	outcome := ""
	if w == WantsErasure {
		until, err := d.s.eraser.Prospect(ctx, d.t.ID, d.p.subject.ID)
		if outcome = Outcome(loc, d.t.BrandName, d.t.Helper(), until, err); outcome == "" {
			return err
		}
	}
	payload := func(a chat.Answer) string {
		return chat.Payload{Answer: a, Question: row.ID}.Seal(d.s.inst.Secrets.Payload)
	}
	c := chat.Content{Text: loc.T("chat.settings."+string(w), "Business", d.t.BrandName, "Outcome", outcome), Buttons: []chat.Button{
		{Title: loc.T("chat.button." + string(w)), Payload: payload(chat.Answer(w))},
		{Title: loc.T("chat.button.no"), Payload: payload(chat.No)},
	}}
	d.later(func(ctx context.Context, w Writer) error { return w.InsertQuestion(ctx, row) })
	_, err = d.say(chat.KindQuestion, row.Lang, row.ID, c)
	return err
}

// wishCode returns the code by which a person asks in the chat for what they asked
// for on the page. It is derived from who they are and the day, so that it counts
// from their account alone, for two days and what is left of the third.
func (s *Service) wishCode(subjectID string, w Wish, at time.Time) string {
	return vault.Code(s.inst.Secrets.Code, "settings/"+string(w)+"/"+subjectID, int(at.Unix()/(24*60*60)))
}

// wishIn returns what the codes in a message of the person ask for, or nothing.
func (d *deed) wishIn(ctx context.Context, codes []string) (Wish, error) {
	if len(codes) == 0 {
		return "", nil
	}
	members, err := d.members(ctx)
	for _, id := range members {
		for _, w := range []Wish{WantsRecord, WantsErasure} {
			for day := range 3 {
				if slices.Contains(codes, d.s.wishCode(id, w, d.now.AddDate(0, 0, -day))) {
					return w, err
				}
			}
		}
	}
	return "", err
}

// wishTap handles the answer to a question of the settings' page.
func (d *deed) wishTap(q chat.Question, p chat.Payload, act evidence.Act) error {
	if q.Closed || !d.now.Before(q.ExpiresAt) {
		c := chat.Content{Text: locale.For(q.Lang).T("chat.settings.late")}
		if _, err := d.addLink(q.Lang, &c); err != nil {
			return err
		}
		_, err := d.say(chat.KindAnswer, q.Lang, "", c)
		return err
	}
	switch p.Answer {
	case chat.No:
		d.close(q)
		return d.answer(q.Lang, "chat.settings.no")
	case chat.Record:
		return d.grant(q)
	case chat.Erase:
		d.close(q)
		return d.eraseTap(q, act)
	}
	return nil
}

func (d *deed) close(q chat.Question) {
	q.Closed = true
	d.later(func(ctx context.Context, w Writer) error { return w.AnswerQuestion(ctx, q) })
}

// grant sends the link behind which the record is, for a short while.
func (d *deed) grant(q chat.Question) error {
	row := chat.Question{Business: d.t.ID, Subject: d.p.subject.ID, Lang: q.Lang, Kind: chat.Grant, AskedAt: d.now, ExpiresAt: d.now.Add(chat.GrantLife)}
	var err error
	if row.ID, err = d.s.newID(d.now); err != nil {
		return err
	}
	d.later(func(ctx context.Context, w Writer) error { return w.InsertQuestion(ctx, row) })
	token := d.s.linkToken(row.ID)
	c := chat.Content{Secret: token, Text: locale.For(q.Lang).T("chat.settings.granted", "Link", d.s.linkAddress(token), "Minutes", int(chat.GrantLife.Minutes()))}
	_, err = d.say(chat.KindAnswer, q.Lang, "", c)
	return err
}

// eraseTap stops everything at once, which is the record that it was the person
// who asked, and leaves the erasure to a job.
func (d *deed) eraseTap(q chat.Question, act evidence.Act) error {
	d.later(func(ctx context.Context, w Writer) error {
		return w.Enqueue(ctx, job.Job{ID: q.ID, Kind: JobErase, Ref: q.ID, RunAt: d.now})
	})
	return d.stop(stop{reason: subject.ByPerson, method: "button", act: act, lang: q.Lang, why: "asked that everything about them be erased", silent: true})
}

// EraseWhoAsked is the handler of JobErase. The answer goes out from memory: of
// who is erased nothing is kept that it could be sent by. A second run finds the
// question gone.
func (s *Service) EraseWhoAsked(ctx context.Context, j job.Job) error {
	return s.eraseAsker(ctx, j, func(a asker) (string, error) {
		until, err := s.eraser.EraseAsked(ctx, a.t.ID, a.subject)
		return a.erased(until), err
	})
}

// eraseAsker lets erase do it, and tells the person what it says.
func (s *Service) eraseAsker(ctx context.Context, j job.Job, erase func(asker) (told string, err error)) error {
	a, err := s.asker(ctx, j.Ref)
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil {
		return err
	}
	told, err := erase(a)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case fault.Is(err, fault.Conflict):
		s.log.Warn("a person is to be erased, and may not be now: their messages are stopped, and the business has to decide", "subject", a.subject)
		told = a.loc().T("chat.erased.held", "Business", a.t.BrandName, "Contact", a.t.Helper())
	case err != nil:
		return err
	}
	a.content.Text = told
	if _, err := s.transport.Send(ctx, a.sender, j.Ref, a.lang, a.content); err != nil {
		s.log.Warn("a person was erased as they asked, and could not be told", "code", codeOf(err))
	}
	return nil
}

func codeOf(err error) int {
	var refused *SendError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return 0
}

// asker is who tapped on a question, and where an answer goes.
type asker struct {
	t       *tenant.Tenant
	sender  *business.Sender
	subject string
	lang    string
	content chat.Content
}

func (a asker) loc() locale.Localizer { return locale.For(a.lang) }

// erased says what became of them, given until when they are locked.
func (a asker) erased(until time.Time) string {
	if until.IsZero() {
		return a.loc().T("chat.erased.done", "Business", a.t.BrandName)
	}
	return a.loc().T("chat.erased.locked", "Business", a.t.BrandName, "Date", a.loc().Date(until))
}

// asker returns who was asked the question; errNothing where they are gone.
func (s *Service) asker(ctx context.Context, question string) (a asker, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		q, ok, err := r.Question(ctx, question)
		if err != nil || !ok {
			return errors.Join(err, errNothing)
		}
		if a.t, ok = s.directory.Tenant(q.Business); !ok {
			return errLagging
		}
		sub, err := r.Subject(ctx, q.Subject)
		if err != nil {
			return err
		}
		if a.sender = a.t.Sender(sub.Sender); a.sender == nil {
			return errNothing
		}
		p, err := s.person(ctx, r, a.t, a.sender, tenant.Account{}, inbound{subject: q.Subject}, s.now(), s.now())
		if err != nil {
			return err
		}
		a.subject, a.lang = p.subject.ID, q.Lang
		a.content.To, a.content.BSUID, err = s.address(p)
		return err
	})
	return a, err
}
