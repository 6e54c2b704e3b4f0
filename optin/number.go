package optin

import (
	"context"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// A stop can come from an account that shows no number, while the business knows
// the person by one (rule 20).

// stopAnswered stops, too, whom a message of ours went to that a stop without a
// number answers: by context.id. It reports whether there is such a message. The
// accounts are not joined by it.
func (s *Service) stopAnswered(ctx context.Context, t *tenant.Tenant, sender *business.Sender, m *wire.Message, a tenant.Account) (matched bool, err error) {
	if !a.Number.IsZero() || m.Context == nil || m.Context.ID == "" { // most: what they say need not be read twice
		return false, nil
	}
	words := stopWords(m)
	if words == "" {
		return false, nil
	}
	var to chat.Message
	account := tenant.Account{}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		matched = false
		msg, ok, err := r.MessageByWAMID(ctx, wamidHash(t, m.Context.ID))
		if err != nil || !ok || msg.Business != t.ID {
			return err
		}
		to = msg
		if to.Subject == "" && to.Kind == chat.KindTemplate {
			if account.Number, err = s.typedFor(ctx, r, to.About); err != nil {
				return err
			}
		}
		matched = to.Subject != "" || !account.Number.IsZero()
		return nil
	})
	if err != nil || !matched {
		return false, err
	}
	seen := t.Index.Hash("answered", m.ID)
	from := inbound{subject: to.Subject, seen: seen[:]}
	st := stop{reason: subject.ByPerson, method: "answer to a message", act: evidence.Act{Kind: "message", Text: bounded(words)}, silent: true}
	return true, s.deed(ctx, t, sender, account, m.Timestamp.Time(), from, func(_ context.Context, d *deed) error {
		st := st
		st.scope = d.t.BareStopFor(account.Number.CallingCode(), d.at).Scope()
		known, err := d.s.knownAs(d.p)
		for _, k := range known {
			if k.BSUID != "" && k.BSUID == a.BSUID { // it is the very account: its own stop follows
				return err
			}
		}
		if err != nil {
			return err
		}
		return d.stop(st)
	})
}

// stopWords returns the words of a message that is a bare stop.
func stopWords(m *wire.Message) string {
	words := ""
	switch {
	case m.Text != nil:
		words = m.Text.Body
	case m.Button != nil:
		words = m.Button.Text
	}
	if consent.Keyword(words) == consent.Stop || consent.AsksToStop(words) {
		return words
	}
	return ""
}

// typedFor returns the number to which a template went, by its question; zero
// where its request was erased.
func (s *Service) typedFor(ctx context.Context, r Reader, questionID string) (n phone.Number, err error) {
	q, ok, err := r.Question(ctx, questionID)
	if err != nil || !ok || q.Request == "" {
		return n, err
	}
	req, err := r.Request(ctx, q.Request)
	if err != nil || len(req.WrappedKey) == 0 {
		return n, err
	}
	typed, _, err := s.openTyped(&req)
	if err != nil {
		return n, err
	}
	return phone.ParseE164(typed.E164)
}

// lacksNumber reports whether no number of the person is known, and they were
// not asked for one before: the first acknowledgement of a stop asks.
func (d *deed) lacksNumber() (bool, error) {
	if d.from.matched || len(d.p.suppressions) > 0 {
		return false, nil
	}
	known, err := d.s.knownAs(d.p)
	for _, a := range known {
		if !a.Number.IsZero() {
			return false, err
		}
	}
	return true, err
}

// contact handles the answer to a request for the account's own number: it
// joins the number to the person, and what they stopped is stopped for it too
// (rules 20 and 22). Without a stop it is no act.
func (d *deed) contact(cards []wire.SharedContact) error {
	if len(cards) != 1 || cards[0].Origin != "contact_request" || len(cards[0].Phones) != 1 || d.p.fresh || len(d.p.suppressions) == 0 {
		return nil
	}
	card := cards[0].Phones[0]
	n, err := phone.FromWAID(card.WAID)
	if err != nil {
		if n, err = phone.ParseE164(card.Phone); err != nil {
			return nil //nolint:nilerr // it is no number that could be stopped
		}
	}
	switch shown := d.p.account.Number; {
	case shown.IsZero():
		return widened{n}
	case shown.Line() != n.Line(): // not the account's own
		return nil
	}
	if len(d.p.keep) == 0 && len(d.p.absorbed) == 0 {
		return nil
	}
	e := evidence.Event{Name: evidence.IdentityLinked, Method: "contact", Act: evidence.Act{Kind: "message"}, Effects: []string{"the person shared the number of this account"}}
	if _, err := d.event(e); err != nil {
		return err
	}
	return d.answer(d.language(), "chat.stopped.number")
}
