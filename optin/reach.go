package optin

import (
	"context"
	"slices"
	"strings"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/phone"
	"assent/subject"
	"assent/template"
	"assent/tenant"
)

// What an operator sends to a person on the person's word: the link to their
// settings, and that a stop stands which was not said in the chat.
//
// In an open chat both are answers. Outside it the link goes by template, as what
// the business starts: only while something that the person agreed to is in force
// and not stopped (rule 17), and once a day. A stop is never confirmed by template:
// it is acknowledged in an open chat or on the page where it was made (rule 15), and
// who has stopped everything is written to by nobody.

// Way is how a message can go to a person, or why none can.
type Way string

// The ways, and what stands in them.
const (
	WayNone     Way = ""         // there is nothing to send
	WayChat     Way = "chat"     // as an answer in the open chat
	WayTemplate Way = "template" // by template
	WayStopped  Way = "stopped"  // nothing that they agreed to is in force
	WayClosed   Way = "closed"   // it may go in an open chat only
	WayUnknown  Way = "unknown"  // no number is known, or it is doubtful whose it is
	WayUnready  Way = "unready"  // no number of the business is in use, or no template is approved as utility
	WayRecent   Way = "recent"   // it went a short while ago
)

// Goes reports whether a message can go.
func (w Way) Goes() bool { return w == WayChat || w == WayTemplate }

// Reach is how an operator can reach a person.
type Reach struct {
	Link Way // with the link to their settings
	Stop Way // with the confirmation of a stop that was not said in the chat
	// Unblock says that they said that it was not they, by which WhatsApp may block them.
	Unblock bool
}

// How often each goes: the link by template once a day, a confirmation once.
const (
	linkEvery = day
	stopOnce  = 10 * 365 * day
)

// Reach returns how the person can be reached now.
func (s *Service) Reach(ctx context.Context, businessID, subjectID string) (out Reach, err error) {
	defer fault.Wrap(&err, "optin.Reach")
	t, sender, err := s.reached(ctx, businessID, subjectID)
	if err != nil {
		return out, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		now := s.now()
		p, err := s.person(ctx, r, t, sender, tenant.Account{}, inbound{subject: subjectID}, now, now)
		if err != nil {
			return errOr(err, errNotFound)
		}
		d := &deed{s: s, read: r, t: t, sender: sender, p: p, at: now, now: now}
		if out.Link, _, err = d.linkWay(ctx); err != nil {
			return err
		}
		out.Unblock = d.saidNotMe() && sender.ID != "" && sender.RemovedAt.IsZero() && sender.Host == ""
		out.Stop, _, err = d.stopWay(ctx)
		return err
	})
	return out, err
}

// reached returns the business, and the number through which it speaks with the
// person.
func (s *Service) reached(ctx context.Context, businessID, subjectID string) (*tenant.Tenant, *business.Sender, error) {
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return nil, nil, errNotFound
	}
	var sub subject.Subject
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		sub, err = whoNow(ctx, r, subjectID)
		return err
	})
	if fault.Is(err, fault.NotFound) || err == nil && (sub.Business != t.ID || sub.Erased() || sub.Locked()) {
		return nil, nil, errNotFound
	}
	if err != nil {
		return nil, nil, err
	}
	sender := t.Known(sub.Sender)
	if sender == nil {
		sender = t.Sender("")
	}
	if sender == nil {
		sender = &business.Sender{Business: t.ID}
	}
	return t, sender, nil
}

// SendLink sends a person the link to their settings, for which they asked an
// operator by the channel. It is a Conflict where no message can go.
func (s *Service) SendLink(ctx context.Context, businessID, subjectID, channel, operator string) (err error) {
	defer fault.Wrap(&err, "optin.SendLink")
	if channel == "" {
		return fault.Field("source", "Choose how it was said.")
	}
	return s.reaching(ctx, businessID, subjectID, func(ctx context.Context, d *deed) error {
		way, lang, err := d.linkWay(ctx)
		if err != nil {
			return err
		}
		if !way.Goes() {
			return errUnreached
		}
		e := evidence.Event{Name: evidence.OperatorActed, Method: MethodLink, Act: evidence.Act{Kind: "operator", Text: channel}, Operator: operator}
		c := chat.Content{}
		if way == WayChat {
			e.Effects = []string{"the link to the settings goes in the open chat"}
			if _, err := d.addLink(lang, &c); err != nil {
				return err
			}
		} else {
			linkID, err := d.linkID()
			if err != nil {
				return err
			}
			piece, _ := template.Find(template.Preferences)
			c.Template, c.Params, c.Link = piece.Name, []string{d.t.BrandName}, d.s.linkToken(linkID)
			e.Effects = []string{"the link to the settings goes by the template " + piece.Name + " in " + lang}
			about := d.aboutLink()
			d.later(func(ctx context.Context, w Writer) error {
				_, err := w.TakeTurn(ctx, about, linkEvery, 0, d.now)
				return err
			})
		}
		id, err := d.event(e)
		if err != nil {
			return err
		}
		_, err = d.say(chat.KindLink, lang, id, c)
		return err
	})
}

// ConfirmStop tells a person in the open chat that a stop stands which they did not
// say there. It is a Conflict where no message can go.
func (s *Service) ConfirmStop(ctx context.Context, businessID, subjectID, operator string) (err error) {
	defer fault.Wrap(&err, "optin.ConfirmStop")
	return s.reaching(ctx, businessID, subjectID, func(ctx context.Context, d *deed) error {
		way, sup, err := d.stopWay(ctx)
		if err != nil {
			return err
		}
		if !way.Goes() {
			return errUnreached
		}
		e := evidence.Event{Name: evidence.OperatorActed, Method: MethodConfirmStop, Act: evidence.Act{Kind: "operator"}, Operator: operator, Effects: []string{"the stop " + sup.ID + " is confirmed in the open chat"}}
		if _, err := d.event(e); err != nil {
			return err
		}
		lang := d.language()
		piece, _ := template.Find(template.OptOut)
		words, _ := template.Pick(piece.Texts, lang, d.t.Language, "en")
		c := chat.Content{
			Text: piece.Texts[words].Fill(d.t.BrandName, strings.Join(d.stopTitles(sup), ", ")), Event: sup.Event,
			Record: d.speak(lang).T("chat.receipt.record", "Record", sup.Event, "Checkpoint", checkpointMark),
		}
		if _, err := d.addLink(lang, &c); err != nil {
			return err
		}
		about := aboutStop(sup)
		d.later(func(ctx context.Context, w Writer) error {
			_, err := w.TakeTurn(ctx, about, stopOnce, 0, d.now)
			return err
		})
		_, err = d.say(chat.KindAck, lang, sup.Event, c)
		return err
	})
}

// The methods of what an operator sends on a person's word.
const (
	MethodLink        = "settings link"
	MethodConfirmStop = "stop confirmed"
)

var errUnreached = fault.New(fault.Conflict, "No message can go to this person now. Look at the page again: it says why.")

// reaching does a deed for a person that exists and is neither erased nor locked.
func (s *Service) reaching(ctx context.Context, businessID, subjectID string, fn func(context.Context, *deed) error) error {
	t, sender, err := s.reached(ctx, businessID, subjectID)
	if err != nil {
		return err
	}
	return s.deed(ctx, t, sender, tenant.Account{}, time.Time{}, inbound{subject: subjectID}, fn)
}

// linkWay returns how the link can go to the person now, and in which language.
func (d *deed) linkWay(ctx context.Context) (way Way, lang string, err error) {
	to, bsuid, err := d.s.address(d.p)
	sub := &d.p.subject
	switch {
	case err != nil:
		return WayNone, "", err
	case sub.Reassigned, to == "" && bsuid == "":
		return WayUnknown, "", nil
	case d.sender.ID == "" || !d.sender.InUse():
		return WayUnready, "", nil
	case sub.WindowOpen(d.now) && !stoppedSince(d.p.suppressions, sub.WindowAt):
		return WayChat, d.language(), nil
	case !d.agrees():
		return WayStopped, "", nil
	case to == "":
		return WayUnknown, "", nil
	}
	next, err := d.read.NextTurn(ctx, d.aboutLink(), 0, linkEvery)
	if err != nil {
		return WayNone, "", err
	}
	if next.After(d.now) {
		return WayRecent, "", nil
	}
	piece, _ := template.Find(template.Preferences)
	texts, err := usableTexts(ctx, d.read, d.sender, piece.Name)
	if err != nil {
		return WayNone, "", err
	}
	if lang, ok := template.Pick(texts, d.language(), d.t.Language, "en"); ok {
		return WayTemplate, lang, nil
	}
	return WayUnready, "", nil
}

// stopWay returns how the newest stop that was not said in the chat can be
// confirmed there. An answer is to a message that was written after it (rule 17).
func (d *deed) stopWay(ctx context.Context) (way Way, newest *subject.Suppression, err error) {
	for i := range d.p.suppressions {
		sup := &d.p.suppressions[i]
		told := sup.Reason == subject.ByOperator || sup.Reason == subject.ByAPI || sup.Reason == subject.Complaint || sup.Reason == subject.Legal
		if told && sup.Business == d.t.ID && len(d.stopTitles(sup)) > 0 && (newest == nil || sup.At.After(newest.At)) {
			newest = sup
		}
	}
	if newest == nil {
		return WayNone, nil, nil
	}
	sub := &d.p.subject
	if !sub.WindowOpen(d.now) || stoppedSince(d.p.suppressions, sub.WindowAt) || d.sender.ID == "" || !d.sender.InUse() || sub.Reassigned {
		return WayClosed, nil, nil
	}
	next, err := d.read.NextTurn(ctx, aboutStop(newest), 0, stopOnce)
	if err != nil {
		return WayNone, nil, err
	}
	if next.After(d.now) {
		return WayRecent, nil, nil
	}
	return WayChat, newest, nil
}

// aboutLink and aboutStop are the keys under which is kept when each went.
func (d *deed) aboutLink() string               { return "link/" + d.p.subject.ID }
func aboutStop(sup *subject.Suppression) string { return "stop/" + sup.ID }

// stopTitles returns the names of the purposes for which the stop is in force.
func (d *deed) stopTitles(sup *subject.Suppression) (titles []string) {
	for _, p := range d.t.Purposes {
		if sup.Covers(p.Consent()) {
			titles = append(titles, d.title(p.Key))
		}
	}
	return titles
}

// agrees reports whether anything that the person agreed to is in force.
func (d *deed) agrees() bool {
	list := make([]consent.Consent, 0, len(d.p.consents))
	for _, c := range d.p.consents {
		list = append(list, c)
	}
	return inForce(d.t, list, d.p.suppressions)
}

// inForce reports whether any of the consents is in force and not stopped.
func inForce(t *tenant.Tenant, list []consent.Consent, stops []subject.Suppression) bool {
	return slices.ContainsFunc(list, func(c consent.Consent) bool {
		p, ok := t.Purpose(c.Purpose)
		return ok && c.Position.InForce() && !slices.ContainsFunc(stops, func(s subject.Suppression) bool { return s.Covers(p.Consent()) })
	})
}

// stoppedSince reports whether a stop came at the time or after it.
func stoppedSince(stops []subject.Suppression, at time.Time) bool {
	return slices.ContainsFunc(stops, func(s subject.Suppression) bool { return !s.At.Before(at) })
}

// linkOvertaken returns why a link that waits must not go any more, or nothing.
func (s *Service) linkOvertaken(ctx context.Context, r Reader, o *outgoing) (string, error) {
	stops, err := r.SuppressionsOf(ctx, o.m.Subject)
	if err != nil {
		return "", err
	}
	if o.content.To != "" {
		n, err := phone.ParseE164(o.content.To)
		if err != nil {
			return "", err
		}
		more, err := s.stopsOf(ctx, r, o.t, n)
		if err != nil {
			return "", err
		}
		stops = append(stops, more...)
	}
	if stoppedSince(stops, o.m.CreatedAt) {
		return "the person said stop", nil
	}
	if o.content.Template == "" {
		return "", nil
	}
	list, err := r.ConsentsOf(ctx, o.m.Subject)
	if err != nil || inForce(o.t, list, stops) {
		return "", err
	}
	return "nothing that the person agreed to is in force", nil
}
