package optin

import (
	"context"
	"slices"
	"time"

	"assent/chat"
	"assent/consent"
	"assent/funnel"
	"assent/tenant"
)

// What is counted is counted in the transaction of the act, at the time of the
// act: so a webhook that comes twice counts once, and what an act did to figures
// stays where it was, whatever the person does later. docs/numbers.md.

// countOf names a figure of a request's.
func (s *Service) countOf(r *funnel.Request, kind funnel.CountKind, at time.Time) (funnel.Count, bool) {
	v, ok := s.directory.Version(r.Version)
	if !ok {
		return funnel.Count{}, false
	}
	return funnel.Count{Funnel: v.Funnel, Entry: r.Entry, Lang: r.Lang, Hour: funnel.HourOf(at), Kind: kind}, true
}

// countRequest adds one to a figure of a request's.
func (s *Service) countRequest(ctx context.Context, w Writer, r *funnel.Request, kind funnel.CountKind, at time.Time) error {
	c, ok := s.countOf(r, kind, at)
	if !ok {
		return nil
	}
	return w.AddCounts(ctx, map[funnel.Count]int{c: 1})
}

// count adds one to a figure with the deed.
func (d *deed) count(v *tenant.Version, entry, lang string, kind funnel.CountKind) {
	d.counts[funnel.Count{Funnel: v.Funnel, Entry: entry, Lang: lang, Hour: funnel.HourOf(d.at), Kind: kind}]++
}

// countYes counts a yes that gave something: once for a sign-up, however many
// questions it answers.
func (d *deed) countYes(y yes, again bool) {
	switch {
	case y.request == nil && !again:
		d.count(y.v, y.entry, y.lang, funnel.CountConfirmed)
	case y.request != nil && y.request.State != funnel.Confirmed:
		d.count(y.v, y.entry, y.lang, funnel.CountConfirmed)
		d.count(y.v, y.entry, y.lang, funnel.PaceOf(d.at.Sub(y.request.CreatedAt)))
	}
}

// goesOn reports whether the person said yes to other words of the version a
// moment ago: what they answer without a form is then still the same sign-up.
func (d *deed) goesOn(v *tenant.Version) bool {
	return slices.ContainsFunc(v.Purposes, func(p funnel.Purpose) bool {
		c := d.p.consents[p.Key]
		return c.Version == v.ID && c.Position.InForce() && d.at.Sub(c.Position.GivenAt).Abs() < chat.Life
	})
}

// countStop counts an act that ended what was given, where it was given: once
// for each funnel, entry point and language, however many purposes it ends.
func (d *deed) countStop(was, is consent.Consent) {
	if !was.Position.InForce() || is.Position.InForce() {
		return
	}
	v, ok := d.s.directory.Version(was.Version)
	if !ok {
		return
	}
	c := funnel.Count{Funnel: v.Funnel, Entry: was.Entry, Lang: was.Lang, Hour: funnel.HourOf(d.at), Kind: funnel.CountStopped}
	d.counts[c] = 1
}

// countUnsent counts a message that the person had asked for and that now comes
// to nothing, if it had not before.
func (s *Service) countUnsent(ctx context.Context, w Writer, m *chat.Message) error {
	if m.Kind != chat.KindTemplate {
		return nil
	}
	before, ok, err := w.Message(ctx, m.ID)
	if err != nil || !ok || !chat.Failed.After(before.State) {
		return err
	}
	q, ok, err := w.Question(ctx, m.About)
	if err != nil || !ok || q.Request == "" {
		return err
	}
	r, err := w.Request(ctx, q.Request)
	if err != nil {
		return err
	}
	return s.countRequest(ctx, w, &r, funnel.CountNotSent, s.now())
}
