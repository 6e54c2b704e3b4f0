package optin

import (
	"context"
	"slices"

	"assent/business"
	"assent/chat"
	"assent/evidence"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// A stop can come from an account that shows no number, while the business knows
// the person by one (rule 20).

// stopAnswered stops, too, whom a message of ours went to that a stop without a
// number answers: by context.id, and else by what the statuses of templates said,
// which number has the account. It reports whether there is such a message. The
// accounts are not joined by it.
func (s *Service) stopAnswered(ctx context.Context, t *tenant.Tenant, sender *business.Sender, m *wire.Message, a tenant.Account) (matched bool, err error) {
	if !a.Number.IsZero() { // most: what they say need not be read twice
		return false, nil
	}
	words := stopWords(m)
	if words == "" {
		return false, nil
	}
	var answered []addressee
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		answered, err = s.addressees(ctx, r, t, sender, m, a)
		return err
	})
	for _, to := range answered {
		if err != nil {
			return false, err
		}
		err = s.stopAddressee(ctx, t, sender, m, a, to, words)
	}
	return len(answered) > 0, err
}

// addressee is whom a message of ours went to.
type addressee struct {
	subject string
	number  phone.Number
	mark    string // keeps what is done for it apart from what is done for others
}

// addressees returns whom the messages went to that a stop answers.
func (s *Service) addressees(ctx context.Context, r Reader, t *tenant.Tenant, sender *business.Sender, m *wire.Message, a tenant.Account) (list []addressee, err error) {
	if m.Context != nil && m.Context.ID != "" {
		to, ok, err := r.MessageByWAMID(ctx, wamidHash(t, m.Context.ID))
		if err != nil {
			return nil, err
		}
		if ok && to.Business == t.ID {
			x := addressee{subject: to.Subject}
			if to.Subject == "" && to.Kind == chat.KindTemplate {
				if x.number, err = s.typedFor(ctx, r, to.About); err != nil {
					return nil, err
				}
			}
			if x.subject != "" || !x.number.IsZero() {
				return []addressee{x}, nil
			}
		}
	}
	if a.BSUID == "" {
		return nil, nil
	}
	sent, err := r.MessagesTo(ctx, t.ID, recipientHash(t, sender, a.BSUID))
	if err != nil {
		return nil, err
	}
	for _, to := range sent {
		n, err := s.typedFor(ctx, r, to.About)
		if err != nil {
			return nil, err
		}
		known := slices.ContainsFunc(list, func(x addressee) bool { return x.number.Line() == n.Line() })
		if n.IsZero() || known {
			continue
		}
		others, err := anothers(ctx, r, t, n, a.BSUID, sender.Portfolio)
		if err != nil {
			return nil, err
		}
		if others {
			continue
		}
		list = append(list, addressee{number: n, mark: "/" + n.Line()})
	}
	return list, nil
}

// anothers reports whether the number is by now that of another account of the
// portfolio.
func anothers(ctx context.Context, r Reader, t *tenant.Tenant, n phone.Number, bsuid, portfolio string) (bool, error) {
	line, ok, err := r.IdentifierByHash(ctx, t.ID, t.LineHash(n))
	if err != nil || !ok || !line.LeftAt.IsZero() {
		return false, err
	}
	ids, err := r.IdentifiersOf(ctx, line.Subject)
	own := t.LookUps(tenant.Account{BSUID: bsuid}, portfolio)[0].Hash
	has := func(mine bool) bool {
		return slices.ContainsFunc(ids, func(i subject.Identifier) bool {
			return i.Kind == subject.BSUID && i.Scope == portfolio && i.LeftAt.IsZero() && slices.Equal(i.Hash, own) == mine
		})
	}
	return has(false) && !has(true), err
}

// stopAddressee stops one whom a message went to.
func (s *Service) stopAddressee(ctx context.Context, t *tenant.Tenant, sender *business.Sender, m *wire.Message, a tenant.Account, to addressee, words string) error {
	account := tenant.Account{Number: to.number}
	seen := t.Index.Hash("answered", m.ID+to.mark)
	from := inbound{subject: to.subject, seen: seen[:]}
	st := stop{reason: subject.ByPerson, method: "answer to a message", act: evidence.Act{Kind: "message", Text: bounded(words)}, silent: true}
	return s.deed(ctx, t, sender, account, m.Timestamp.Time(), from, func(_ context.Context, d *deed) error {
		known, err := d.s.knownAs(d.p)
		for _, k := range known {
			if k.BSUID != "" && k.BSUID == a.BSUID { // it is the very account: its own stop follows
				return err
			}
		}
		if err != nil {
			return err
		}
		st := st
		if st.scope, err = d.bareScope(); err != nil {
			return err
		}
		return d.stop(st)
	})
}

// recipientHash is the hash under which a business knows an account id.
func recipientHash(t *tenant.Tenant, sender *business.Sender, bsuid string) []byte {
	return t.LookUps(tenant.Account{BSUID: bsuid}, sender.Portfolio)[0].Hash
}

// noteRecipient keeps which account a template reached, of which the number alone
// was known.
func (s *Service) noteRecipient(ctx context.Context, t *tenant.Tenant, sender *business.Sender, m chat.Message, bsuid string) error {
	if bsuid == "" || m.Subject != "" {
		return nil
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		return w.NoteRecipient(ctx, m.ID, recipientHash(t, sender, bsuid))
	})
}

// stopWords returns the words of a message that is a bare stop, however it was said.
func stopWords(m *wire.Message) string {
	words := wordsOf(&m.Content)
	if i := slices.IndexFunc(words, saysStop); i >= 0 {
		return words[i]
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
	if d.from.matched || d.from.shown || len(d.p.suppressions) > 0 {
		return false, nil
	}
	return d.numberUnknown()
}

// numberUnknown reports whether no number of the person is known.
func (d *deed) numberUnknown() (bool, error) {
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
	case !d.p.apart.IsZero() && d.p.apart.Line() != n.Line(): // not the account's own
		return nil
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
