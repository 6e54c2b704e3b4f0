package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

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
	case f.quirk == played:
		s.advance(from, p, m, Sent, Delivered, Read, "played")
		m.State = Read
	case f.quirk == chargedMarketing:
		m.price = pricingJSON{Billable: true, Model: "PMP", Type: "regular", Category: "marketing"}
		s.advance(from, p, m, Sent, Delivered, Read)
	case f.quirk == unheardOf:
		s.fail(from, p, m, UnknownCode)
	case f.quirk == codeless:
		s.fail(from, p, m, 0)
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

// freeEntry is how long all is free after a business has answered somebody whom an ad
// led to it.
const freeEntry = 72 * time.Hour

// price says what a message costs at Meta: nothing after an ad that was answered within a
// day, nothing for what is no template, and nothing for a utility template while the
// person's own message is not older than a day. The answer to an ad opens its free time.
func (c *chat) price(m *Message, at time.Time) pricingJSON {
	if at.Sub(c.fromAd) < window && !at.Before(c.freeUntil) {
		c.freeUntil = at.Add(freeEntry)
	}
	open := at.Sub(c.lastInbound) < window
	switch {
	case at.Before(c.freeUntil):
		return pricingJSON{Model: "PMP", Type: "free_entry_point", Category: "referral_conversion"}
	case m.Template == "":
		return pricingJSON{Model: "PMP", Type: "free_customer_service", Category: "service"}
	case m.Category == "utility" && open:
		return pricingJSON{Model: "PMP", Type: "free_customer_service", Category: m.Category}
	}
	return pricingJSON{Billable: true, Model: "PMP", Type: "regular", Category: m.Category}
}

// conversation is what Graph v23 and before tell of a message, and all of a free entry.
func (s *Simulator) conversation(p *person, from *Sender, m *Message, state string) *conversationJSON {
	free := m.price.Type == "free_entry_point"
	if !free && !s.Webhooks().Conversations {
		return nil
	}
	sum := sha256.Sum256([]byte(m.ID))
	c := &conversationJSON{ID: hex.EncodeToString(sum[:16])}
	c.Origin.Type = m.price.Category
	if state == Sent {
		ends := m.At.Add(window)
		if free {
			ends = s.chat(p, from).freeUntil
		}
		c.Expires = strconv.FormatInt(ends.Unix(), 10)
	}
	return c
}

// status tells the business. Contacts come with every status but failed, the username
// with delivered and read; the price comes with sent and with the first of those two; when
// a message to a number fails, its user id is left out.
func (s *Simulator) status(from *Sender, p *person, m *Message, state string, code wire.Code) {
	st := statusJSON{
		ID: m.ID, Status: state, Timestamp: s.unix(), Callback: m.callback,
		RecipientID: p.shownWAID(), RecipientUserID: s.userID(p, from.Portfolio), RecipientParent: s.parentID(p),
	}
	e := event{field: "messages", array: "statuses", contact: s.contact(p, from)}
	switch {
	case state == Failed:
		e.contact = nil
		meaning := code.Behaviour().Meaning
		if code != 0 {
			st.Errors = []errorJSON{{
				Code: int(code), Title: meaning, Message: meaning, Data: errorDataJSON{Details: meaning},
				Href: "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
			}}
		}
		if m.toNumber {
			st.RecipientUserID, st.RecipientParent = "", ""
		}
	case state == Sent:
		e.contact.Profile.Username = ""
		st.Pricing, st.Conversation = &m.price, s.conversation(p, from, m, state)
	case !m.priced && (state == Delivered || state == Read):
		m.priced = true
		st.Pricing, st.Conversation = &m.price, s.conversation(p, from, m, state)
	}
	e.element = st
	s.emit(from, e)
}
