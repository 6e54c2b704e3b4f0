package optin

import (
	"context"
	"strings"
	"time"
	"unicode"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// Whoever stopped from an account that shows no number may type it (rule 20). A
// number that is typed may be anybody's: it is stopped, and nothing else follows
// from it.

const (
	typedTime = 24 * time.Hour // after the stop: as long as its window is open
	maxTyped  = 3              // numbers that an account may type in a day
	maxInText = 64             // characters of an answer that is a number
	fewDigits = 6              // of what is no number at all
)

// numberStop is a stop of a number and of nothing else that its person is known by.
type numberStop struct {
	number  phone.Number
	scope   consent.Scope
	purpose string
	text    string
	method  string
	effect  string // how it came to be this number
}

// typedStop says that a number is to be stopped that somebody typed.
type typedStop struct{ numberStop }

func (typedStop) Error() string { return "a number was typed" }

// typedNumber handles a number that is typed after a stop from an account without
// one. Where there is one it returns a typedStop.
func (d *deed) typedNumber(ctx context.Context, text string) (done bool, err error) {
	digits := numberIn(text)
	sup := d.newestStop()
	if digits == "" || sup == nil || d.at.After(sup.At.Add(typedTime)) {
		return false, nil
	}
	if unknown, err := d.numberUnknown(); err != nil || !unknown {
		return false, err
	}
	hash := d.typedHash()
	n, err := d.read.WrongCodes(ctx, hash, dayOf(d.now))
	if err != nil || n >= maxTyped {
		return true, err
	}
	country := d.p.account.Country()
	if country == "" {
		if of, err := phone.ParseE164(d.sender.Number); err == nil {
			country = of.Region()
		}
	}
	number, err := phone.Parse(digits, country)
	if err != nil {
		d.noteTyped()
		return true, d.answer(d.language(), "chat.stopped.unread")
	}
	return true, typedStop{numberStop{
		number: number, scope: sup.Scope, purpose: sup.Purpose, text: bounded(text), method: "typed number",
		effect: "the number was typed by an account that shows none, after its own stop",
	}}
}

// newestStop returns the newest stop that the person said themselves.
func (d *deed) newestStop() (newest *subject.Suppression) {
	for i := range d.p.suppressions {
		sup := &d.p.suppressions[i]
		if sup.Subject == d.p.subject.ID && sup.Reason.EndsByAct() && sup.Reason != subject.ByErasure && (newest == nil || sup.At.After(newest.At)) {
			newest = sup
		}
	}
	return newest
}

// typedHash is that under which is counted what an account typed in a day.
func (d *deed) typedHash() []byte {
	h := d.t.Index.Hash("typed", d.p.subject.ID)
	return h[:]
}

func dayOf(t time.Time) int64 { return hourOf(t) / 24 * 24 }

func (d *deed) noteTyped() {
	hash, day := d.typedHash(), dayOf(d.now)
	d.later(func(ctx context.Context, w Writer) error {
		_, err := w.NoteWrongCode(ctx, hash, day)
		return err
	})
}

// numberIn returns the part of a text that may be a telephone number, where the
// text is one, with a few words round it at most.
func numberIn(text string) string {
	if text = strings.TrimSpace(text); len([]rune(text)) > maxInText {
		return ""
	}
	number := ""
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || r == '\n' || r == ',' || r == ':' || r == ';' }) {
		digits := 0
		for _, r := range part {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		switch {
		case digits < fewDigits && digits > 0, digits > 0 && number != "":
			return "" // more than a number
		case digits > 0:
			number = strings.TrimSpace(part)
		}
	}
	return number
}

// stopTyped stops the number in a deed of its own, and tells the account that
// typed it.
func (s *Service) stopTyped(ctx context.Context, t *tenant.Tenant, sender *business.Sender, a tenant.Account, m *wire.Message, from inbound, x typedStop) error {
	seen := t.Index.Hash("typed", m.ID)
	err := s.deed(ctx, t, sender, tenant.Account{Number: x.number}, m.Timestamp.Time(), inbound{seen: seen[:]}, func(_ context.Context, d *deed) error {
		return d.stopNumber(x.numberStop)
	})
	if err != nil {
		return err
	}
	return s.deed(ctx, t, sender, a, m.Timestamp.Time(), from, func(ctx context.Context, d *deed) error {
		d.noteTyped()
		if err := d.answer(d.language(), "chat.stopped.number"); err != nil {
			return err
		}
		return d.wrote(ctx, m)
	})
}

// stopNumber adds a stop of the number and of nothing else that its person is
// known by. It withdraws nothing: who stopped it need not be who gave.
func (d *deed) stopNumber(x numberStop) error {
	d.no = true
	sup := subject.Suppression{Business: d.t.ID, Scope: x.scope, Purpose: x.purpose, Reason: subject.ByPerson, At: d.at}
	e := evidence.Event{Name: evidence.SuppressionAdded, Method: x.method, Act: evidence.Act{Kind: "message", Text: x.text}, Effects: []string{x.effect}}
	for _, p := range d.t.Purposes { // what was said yes to since, by Meta's time, stands
		covered := consent.Act{Purpose: x.purpose, Scope: x.scope}.Touches(p.Consent())
		if covered && d.p.position(p.Consent()).GivenAt.After(d.at.Add(consent.TieMargin)) {
			sup.Ended = append(sup.Ended, p.Key)
		}
	}
	if err := d.suppress(&sup, &e, tenant.Account{Number: x.number}); err != nil {
		return err
	}
	id, err := d.event(e)
	if err != nil {
		return err
	}
	sup.Event, sup.Subject = id, d.p.subject.ID
	d.later(func(ctx context.Context, w Writer) error { return w.InsertSuppression(ctx, sup) })
	return nil
}
