package optin_test

import (
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/optin"
	"assent/subject"
	"assent/whatsapp/simulator"
)

// A number that is typed after a stop from an account that shows none is stopped
// too, and nothing else follows from it.
func TestRule20TypedNumber(t *testing.T) {
	for name, typed := range map[string]string{
		"international": "+49 170 1234567", "with zeros": "0049 (170) 123-45-67", "national": "0170 1234567", "in a sentence": "my number is 0170/1234567",
		"in other digits": "٠١٧٠١٢٣٤٥٦٧", "as WhatsApp has it": "+491701234567.",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.says(anna, "DE.OTHER", h.prefilled(h.offers()), 0)
			h.says("", "DE.A1", "STOP", 0)
			h.says("", "DE.A1", typed, 0)
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.wants(anna, "orders", consent.ReasonSuppressed)
			h.wants("DE.OTHER", "offers", "") // typing joins nothing, and takes nothing else from whom it is of
			h.stands("DE.OTHER", "offers", consent.Given)
			if h.whose(anna) == h.whose("DE.A1") {
				t.Error("joined")
			}
			h.says("", "DE.A1", h.prefilled(h.offers()), 0)
			h.wants("DE.A1", "offers", "")
			h.wants(anna, "offers", consent.ReasonSuppressed) // her own yes ends it, and nobody else's
			h.says(anna, "DE.OTHER", h.prefilled(h.offers()), 0)
			h.wants(anna, "offers", "")
			h.audited()
		})
	}
	t.Run("of nobody known", func(t *testing.T) {
		h := newHouse(t)
		h.says("", "DE.A1", "STOP", 0)
		h.says("", "DE.A1", "+49 170 1234567", 0)
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.says(anna, "DE.B1", "hello", 0)
		h.says(anna, "DE.B1", h.prefilled(h.offers()), 0)
		h.wants(anna, "offers", "")
		h.audited()
	})
	t.Run("as far as the stop reached", func(t *testing.T) {
		h := newHouse(t)
		h.says("", "DE.A1", "STOP orders", 0)
		h.says("", "DE.A1", "+49 170 1234567", 0)
		h.wants(anna, "orders", consent.ReasonSuppressed)
		h.wants(anna, "offers", consent.ReasonUnknown)
		h.audited()
	})
	for name, tt := range map[string]func(h *house){
		"without a stop":          func(h *house) { h.says("", "DE.A1", h.prefilled(h.offers()), 0) },
		"a day later":             func(h *house) { h.says("", "DE.A1", "STOP", 0); h.clock.pass(25 * time.Hour) },
		"from a number":           func(h *house) { h.says(bernd, "DE.A1", "STOP", 0) },
		"after somebody's letter": func(h *house) { h.stopByLetter("DE.A1", subject.Complaint) },
	} {
		t.Run(name+" a number is no act", func(t *testing.T) {
			h := newHouse(t)
			tt(h)
			h.says("", "DE.A1", "+49 170 1234567", 0)
			h.wants(anna, "offers", consent.ReasonUnknown)
			h.audited()
		})
	}
	t.Run("a few a day, and no more", func(t *testing.T) {
		h := newHouse(t)
		h.says("", "DE.A1", "STOP", 0)
		for _, n := range []string{"+491701110001", "+491701110002", "+491701110003"} {
			h.says("", "DE.A1", n, 0)
			h.wants(n, "offers", consent.ReasonSuppressed)
		}
		h.says("", "DE.A1", "+49 170 1234567", 0)
		h.wants(anna, "offers", consent.ReasonUnknown)
	})
	t.Run("what is no number is asked for again, and what is no answer meets silence", func(t *testing.T) {
		h := newHouse(t)
		yes := true
		h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: "STOP"})
		n := len(h.chat(anna))
		h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: "0170 12345678901234"})
		if got := h.last(anna).Text; len(h.chat(anna)) != n+1 || !strings.Contains(got, "country code") {
			t.Errorf("told %q", got)
		}
		for _, text := range []string{"thanks", "order 1234567 of 2026-11-23", "see you at 8", strings.Repeat("1234567 ", 20)} {
			h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: text})
		}
		if len(h.chat(anna)) != n+1 {
			t.Errorf("answered: %q", h.last(anna).Text)
		}
	})
	t.Run("told twice by WhatsApp, done once", func(t *testing.T) {
		h := newHouse(t)
		h.says("", "DE.A1", "STOP", 0)
		for range 2 {
			h.inbound("wamid.typed", map[string]any{"from_user_id": "DE.A1", "type": "text", "text": text("+49 170 1234567")})
		}
		if got := h.events(anna); len(got) != 1 {
			t.Errorf("%v", got)
		}
		h.audited()
	})
}

// stopByLetter enters a stop for an account.
func (h *house) stopByLetter(id string, why subject.Reason) {
	h.Helper()
	h.says("", id, h.prefilled(h.offers()), 0)
	_, err := h.optin.Withdraw(h.Context(), optin.Withdrawal{Business: h.tenant.ID, Subject: h.whose(id), Reason: why, Channel: "letter", Words: "x", Operator: "o"})
	h.must(err)
}

// Which account a template reached is known from its status: a stop from that
// account is one of the number, before anybody is asked for it.
func TestRule20StatusOfATemplate(t *testing.T) {
	yes := true
	h := newHouse(t)
	h.tasting(h.shown("tasting", "en"))
	h.wants(anna, "offers", consent.ReasonPending)
	h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: "STOP"})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	if strings.Contains(h.last(anna).Text, "share it") {
		t.Error("asked for what is known")
	}
	if h.whose(anna) == h.whose(h.userID(anna)) {
		t.Error("joined")
	}
	h.audited()
}

// Where the number has another account by now, its stop is not that one's.
func TestRule20StatusOfATemplateToANumberThatMovedOn(t *testing.T) {
	yes := true
	h := newHouse(t)
	h.tasting(h.shown("tasting", "en"))
	h.says(anna, "DE.NEW", h.prefilled(h.offers()), 0)
	h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: "STOP"})
	h.wants(anna, "offers", "")
	h.wants(h.userID(anna), "offers", consent.ReasonSuppressed)
	h.audited()
}
