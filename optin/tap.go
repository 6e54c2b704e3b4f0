package optin

import (
	"context"
	"slices"

	"assent/chat"
	"assent/evidence"
	"assent/funnel"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
)

// tap handles a tap on one of our buttons. The payload tells what it answers;
// it counts only from the account that was asked.
func (d *deed) tap(ctx context.Context, payload, title string) error {
	p, ok := chat.OpenPayload(d.s.inst.Secrets.Payload, payload)
	if !ok {
		return d.foreign(ctx, payload, title)
	}
	q, ok, err := d.read.Question(ctx, p.Question)
	if err != nil || !ok || q.Business != d.t.ID {
		return err
	}
	act := evidence.Act{Kind: "button", Payload: payload, Title: title}
	if q.Kind == chat.Template {
		return d.templateTap(ctx, q, p, act)
	}
	asked, err := d.isThem(ctx, q.Subject)
	if err != nil || !asked {
		return err
	}
	if q.Kind == chat.Settings {
		return d.wishTap(q, p, act)
	}
	switch p.Answer {
	case chat.NotMe:
		return d.notMe("button", act)
	case chat.StopAll:
		return d.stop(stop{reason: subject.ByPerson, method: "button", act: act})
	case chat.Younger:
		return d.younger(q, act)
	case chat.Yes, chat.No:
		return d.answerTap(ctx, q, p, act)
	}
	return nil
}

// isThem reports whether the person is the subject, or has turned out to be, if
// only in this very webhook.
func (d *deed) isThem(ctx context.Context, subjectID string) (bool, error) {
	if subjectID == d.p.subject.ID {
		return true, nil
	}
	members, err := d.members(ctx)
	return slices.Contains(members, subjectID), err
}

// members returns the ids of all whom the person is by now, their own first.
func (d *deed) members(ctx context.Context) (ids []string, err error) {
	roots := []string{d.p.subject.ID}
	for _, other := range d.p.absorbed {
		roots = append(roots, other.ID)
	}
	for _, root := range roots {
		tree, err := membersOf(ctx, d.read, root)
		if err != nil {
			return nil, err
		}
		ids = append(ids, tree...)
	}
	return ids, nil
}

// answerTap handles Yes and No to the words of one purpose.
func (d *deed) answerTap(ctx context.Context, q chat.Question, p chat.Payload, act evidence.Act) error {
	v, ok, err := d.version(q.Version)
	if err != nil || !ok {
		return err
	}
	purpose, ok := v.Purpose(p.Purpose)
	if !ok {
		return nil
	}
	d.recallCampaign(&q)
	y := yes{v: v, lang: q.Lang, match: q.Match, act: act, method: "button", entry: q.Entry}
	if y.shown, err = shownDigests(evidence.ShownMessage, q.Shown, evidence.ShownNotice, v.Notices[q.Lang].SHA256); err != nil {
		return err
	}
	if y.request, err = d.requestOf(ctx, q); err != nil {
		return err
	}
	if p.Answer == chat.No { // a no counts whenever it comes
		if err := d.decline(y, purpose); err != nil {
			return err
		}
		return d.next(q, v, p.Purpose, y.request, true)
	}
	y.said = []string{p.Purpose}
	if d.overtaken(y) {
		return d.give(y)
	}
	if why := d.lateTap(q); why != "" || v.Defective {
		return d.askPurpose(q, v, p.Purpose, why)
	}
	if !slices.Contains(q.Purposes, p.Purpose) && d.p.position(purpose.Consent()).InForce() {
		return d.already(q.Lang)
	}
	if !v.Serves(d.p.account.Country()) {
		return d.answer(q.Lang, "chat.country", "Country", d.speak(q.Lang).Country(d.p.account.Country()))
	}
	_, y.stated = split(v, q.Purposes)
	if err := d.give(y); err != nil {
		return err
	}
	return d.next(q, v, p.Purpose, y.request, false)
}

// askPurpose shows the words of one purpose again, as they are now where those
// that were shown turned out to be defective.
func (d *deed) askPurpose(q chat.Question, v *tenant.Version, purpose, why string) error {
	now, ok := d.s.sound(v)
	if ok {
		_, ok = now.Purpose(purpose)
	}
	if !ok {
		return d.answer(q.Lang, "chat.ended")
	}
	request := ""
	if why == "" {
		why, request = "chat.why.unseen", q.Request
	}
	_, lang := now.Text(q.Lang)
	return d.ask(question{v: now, lang: lang, purposes: []string{purpose}, request: request, entry: q.Entry, match: q.Match, why: why})
}

// lateTap returns why a Yes does not count any more, or nothing.
func (d *deed) lateTap(q chat.Question) string {
	switch {
	case q.Closed:
		return "chat.why.stopped"
	case !d.now.Before(q.ExpiresAt):
		return "chat.why.expired"
	}
	return ""
}

// requestOf returns the request that the question is about, if it is still open
// or was confirmed by this question's first answer.
func (d *deed) requestOf(ctx context.Context, q chat.Question) (*funnel.Request, error) {
	if q.Request == "" {
		return nil, nil
	}
	r, err := d.read.Request(ctx, q.Request)
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// next takes an answered purpose off the question and asks the next one.
func (d *deed) next(q chat.Question, v *tenant.Version, answered string, r *funnel.Request, declined bool) error {
	if q.Closed || !slices.Contains(q.Purposes, answered) {
		return nil
	}
	asked, stated := split(v, q.Purposes)
	rest := slices.DeleteFunc(asked, func(k string) bool { return k == answered })
	if declined { // what rests on a contract is not yet stated to somebody who said yes
		rest = append(rest, stated...)
	}
	row := q
	row.Purposes = rest
	d.later(func(ctx context.Context, w Writer) error { return w.AnswerQuestion(ctx, row) })
	left, _ := split(v, rest)
	if len(left) == 0 {
		switch {
		case !declined:
		case r != nil:
			d.closeRequest(r, funnel.CountRefused)
		case !d.goesOn(v):
			d.count(v, q.Entry, q.Lang, funnel.CountRefused)
		}
		return nil
	}
	if v.Defective {
		return nil
	}
	return d.ask(question{v: v, lang: q.Lang, purposes: rest, request: q.Request, entry: q.Entry, match: q.Match, after: d.queued})
}

// templateTap handles the confirmation template's buttons (rule 10). Its
// payload was sent to the typed number, so a tap joins that number to the
// account (rule 22).
func (d *deed) templateTap(ctx context.Context, q chat.Question, p chat.Payload, act evidence.Act) error {
	r, err := d.read.Request(ctx, q.Request)
	if err != nil {
		return err
	}
	v, ok, err := d.version(r.Version)
	if err != nil || !ok {
		return err
	}
	match, err := d.match(&r)
	if err != nil {
		return err
	}
	if match == chat.MatchDiffers && p.Answer == chat.Yes { // the payload reached another account: it proves nothing for this one
		return d.askAgain(r, v, match, "chat.why.other_number")
	}
	if match == chat.MatchUnknown {
		return d.joinTyped(&r)
	}
	y := yes{v: v, lang: r.Lang, said: r.Ticked, request: &r, match: match, act: act, method: "template", entry: r.Entry}
	if y.shown, err = shownDigests(evidence.ShownMessage, q.Shown, d.s.pageKind(r.Entry), r.Page, evidence.ShownNotice, r.Notice); err != nil {
		return err
	}
	switch p.Answer {
	case chat.NotMe:
		d.closeRequest(&r, funnel.CountClosed)
		d.p.subject.Lang = r.Lang // in which they were just written to
		return d.notMe("template", act)
	case chat.No:
		return d.declineAll(y, &r)
	case chat.Yes:
		if r.State == funnel.Confirmed {
			if d.holds(&r, v) {
				return d.already(r.Lang)
			}
			return d.askAgain(r, v, chat.MatchSame, "chat.why.stopped")
		}
		if d.overtaken(y) {
			return d.give(y)
		}
		if r.State == funnel.Closed || q.Closed {
			return d.askAgain(r, v, chat.MatchSame, "chat.why.stopped")
		}
		if !r.Open(d.now) {
			return d.askAgain(r, v, chat.MatchSame, "chat.why.expired")
		}
		if !r.Shown || v.Defective { // the template names the purposes, and not their words (rule 2)
			return d.askAgain(r, v, chat.MatchSame, "chat.why.unseen")
		}
		if !v.Serves(d.p.account.Country()) {
			return d.answer(r.Lang, "chat.country", "Country", d.speak(r.Lang).Country(d.p.account.Country()))
		}
		for _, s := range v.Stated() {
			y.stated = append(y.stated, s.Key)
		}
		return d.give(y)
	}
	return nil
}

// joinTyped starts the deed again with the number that the template was sent
// to: it always returns an error.
func (d *deed) joinTyped(r *funnel.Request) error {
	typed, _, err := d.s.openTyped(r)
	if err != nil {
		return err
	}
	n, err := phone.ParseE164(typed.E164)
	if err != nil {
		return err
	}
	return widened{n}
}

// declineAll records a No to everything that the template named.
func (d *deed) declineAll(y yes, r *funnel.Request) error {
	var purposes []funnel.Purpose
	for _, key := range r.Ticked {
		if p, ok := y.v.Purpose(key); ok {
			purposes = append(purposes, p)
		}
	}
	if err := d.decline(y, purposes...); err != nil {
		return err
	}
	d.closeRequest(r, funnel.CountRefused)
	return d.refuseTemplates(r)
}

// closeRequest closes an open request, for it was answered, and counts how.
func (d *deed) closeRequest(r *funnel.Request, kind funnel.CountKind) {
	if r.State != funnel.Requested {
		return
	}
	row := *r
	d.later(func(ctx context.Context, w Writer) error {
		if err := w.SetRequest(ctx, row.ID, funnel.Requested, funnel.Closed, d.p.subject.ID); err != nil {
			return err
		}
		return d.s.countRequest(ctx, w, &row, kind, d.at)
	})
}
