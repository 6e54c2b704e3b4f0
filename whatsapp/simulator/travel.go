package simulator

import (
	"strings"

	"assent/whatsapp/wire"
)

// fate says what becomes of a message that is well formed: what a script says,
// what the special number asks for, else what the state of person and chat asks
// for.
func (s *Simulator) fate(from *Sender, p *person, m wire.Send, t *Template) fate {
	for _, key := range []string{personKey(p), senderKey(from)} {
		if f, ok := s.scriptedFate(key); ok {
			return f
		}
	}
	if f := fateOf(p.number); f != (fate{}) {
		return f
	}
	marketing := t != nil && strings.EqualFold(t.Category, "MARKETING")
	switch {
	case p.blocked[from.PhoneNumberID]:
		return fate{code: wire.CodeUndeliverable}
	case marketing && p.stopped[from.Portfolio]:
		return fate{code: wire.CodePlatformStop}
	case marketing && p.number.Region() == "US":
		return fate{code: wire.CodeCapReached} // not delivered there since April 2025
	case t == nil && s.now().Sub(s.chat(p, from).lastInbound) >= window:
		return fate{code: wire.CodeWindowClosed, atOnce: s.windowAtOnce}
	}
	return fate{}
}

// travel takes an accepted message to the phone and sends its statuses.
func (s *Simulator) travel(from *Sender, p *person, m *Message, f fate) {
	switch {
	case f.code != 0:
		s.fail(from, p, m, f.code)
	case f.quirk == silent:
		m.State = Delivered
		s.changed()
	case f.quirk == onlyRead:
		s.advance(from, p, m, Sent, Read)
	case f.quirk == backwards:
		s.advance(from, p, m, Read, Delivered, Sent)
		m.State = Read
	case f.quirk == held:
		s.fail(from, p, m, 132015)
	case f.quirk == lateSuccess:
		s.advance(from, p, m, Sent)
		s.fail(from, p, m, 131000)
		s.status(from, p, m, Delivered, 0)
	case f.quirk == sentOnly:
		s.advance(from, p, m, Sent)
	case s.manualRead:
		s.advance(from, p, m, Sent, Delivered)
	default:
		s.advance(from, p, m, Sent, Delivered, Read)
	}
}

func (s *Simulator) advance(from *Sender, p *person, m *Message, states ...string) {
	for _, state := range states {
		m.State = state
		s.status(from, p, m, state, 0)
	}
}

func (s *Simulator) fail(from *Sender, p *person, m *Message, code wire.Code) {
	m.State, m.ErrorCode = Failed, int(code)
	s.status(from, p, m, Failed, code)
}

// status tells the business. Contacts come with every status but failed; the
// price comes with sent and delivered; when a message to a number fails, its
// user id is left out.
func (s *Simulator) status(from *Sender, p *person, m *Message, state string, code wire.Code) {
	st := statusJSON{
		ID: m.ID, Status: state, Timestamp: s.unix(), Callback: m.callback,
		RecipientID: p.shownWAID(), RecipientUserID: s.userID(p, from.Portfolio),
	}
	e := event{field: "messages", array: "statuses", contact: s.contact(p, from)}
	switch {
	case state == Failed:
		e.contact = nil
		meaning := code.Behaviour().Meaning
		st.Errors = []errorJSON{{
			Code: int(code), Title: meaning, Message: meaning, Data: errorDataJSON{Details: meaning},
			Href: "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
		}}
		if m.toNumber {
			st.RecipientUserID = ""
		}
	case state == Sent || state == Delivered:
		st.Pricing = &pricingJSON{Billable: m.Template != "", Model: "PMP", Type: "regular", Category: m.Category}
		if m.Template == "" {
			st.Pricing.Type, st.Pricing.Category = "free_customer_service", "service"
		}
	}
	e.element = st
	s.emit(from, e)
}
