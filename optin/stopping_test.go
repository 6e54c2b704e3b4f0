package optin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/funnel"
	"assent/optin"
	"assent/whatsapp/simulator"
)

func TestRule15Stop(t *testing.T) {
	t.Run("never seen", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Text: "Stop."})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.wants(anna, "orders", consent.ReasonSuppressed)
		if len(h.chat(anna)) != 1 {
			t.Error("acknowledged once")
		}
		h.act(simulator.Inbound{From: anna, Text: "stop"})
		if len(h.chat(anna)) != 1 {
			t.Error("the same stop again is recorded, not answered")
		}
	})
	t.Run("every spelling of the line", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: "+553187654321", Text: "PARAR"})
		h.wants("+5531987654321", "offers", consent.ReasonSuppressed)
	})
	t.Run("one purpose, then everything", func(t *testing.T) {
		h := newHouse(t)
		token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers", "orders"}, Shown: h.shown("offers", "en")})
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		h.act(simulator.Inbound{From: anna, Text: "stop offers"})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.wants(anna, "orders", "")
		h.tap(anna, "Stop everything")
		h.wants(anna, "orders", consent.ReasonSuppressed)
	})
	t.Run("before, during, after", func(t *testing.T) {
		h := newHouse(t)
		token := h.submit(optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("checkout", "en")})
		h.act(simulator.Inbound{From: anna, Text: "STOP"})             // closes the open request for her number
		h.requestState(token, funnel.Requested)                        // which its page does not tell (rule 28)
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)}) // an older code leads to the question
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
		h.stands(anna, "offers", consent.Renewed)
	})
}

func TestRule16Times(t *testing.T) {
	t.Run("a replayed yes after a stop gives nothing", func(t *testing.T) {
		h := newHouse(t)
		token := h.offers()
		yes := h.clock.now()
		h.clock.pass(time.Minute)
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token), Timestamp: yes})
		h.wants(anna, "offers", consent.ReasonSuppressed)
	})
	t.Run("the very same body again", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		body := h.bodies[0]
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		before := h.events(anna)
		h.must(h.optin.Accept(t.Context(), body, "", []string{h.tenant.Senders[0].ID}))
		h.settle()
		if diff := cmp.Diff(before, h.events(anna)); diff != "" {
			t.Error(diff)
		}
		h.wants(anna, "offers", consent.ReasonSuppressed)
	})
	t.Run("a stop that comes late but was sent first", func(t *testing.T) {
		h := newHouse(t)
		early := h.clock.now()
		h.clock.pass(time.Hour)
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		h.act(simulator.Inbound{From: anna, Text: "STOP", Timestamp: early})
		h.wants(anna, "offers", "")
		h.wants(anna, "orders", consent.ReasonSuppressed)
	})
	t.Run("a yes over eight days old", func(t *testing.T) {
		h := newHouse(t)
		token := h.offers()
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token), Timestamp: h.clock.now().Add(-9 * 24 * time.Hour)})
		h.wants(anna, "offers", consent.ReasonUnknown)
	})
}

func TestRule18OptInAgain(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "")
	h.stands(anna, "offers", consent.Renewed)
	h.wants(anna, "orders", consent.ReasonSuppressed)
}

// A stop of everything ends also what the person never met: their first yes to it
// is renewed, and they are not told that they said it again.
func TestFirstYesAfterAStopIsNotSaidAgain(t *testing.T) {
	h := newHouse(t)
	again := "agreed again"
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	h.clock.pass(time.Minute)
	token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"orders"}, Shown: h.shown("offers", "en")})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.stands(anna, "orders", consent.Renewed)
	if last := h.chat(anna)[len(h.chat(anna))-1].Text; strings.Contains(last, again) || !strings.Contains(last, "You agreed to this") {
		t.Errorf("%s", last)
	}
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	if last := h.chat(anna)[len(h.chat(anna))-1].Text; !strings.Contains(last, again) {
		t.Errorf("a second yes: %s", last)
	}
}

func TestRule19PlatformStop(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers", "orders"}, Shown: h.shown("offers", "en")})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.act(simulator.Inbound{From: anna, Marketing: "stop"})
	h.wants(anna, "offers", consent.ReasonPlatformStop)
	h.wants(anna, "orders", "")
	h.act(simulator.Inbound{From: anna, Marketing: "resume"})
	h.wants(anna, "offers", consent.ReasonWithdrawn) // resume lifts the flag, not the withdrawal
	h.act(simulator.Inbound{From: anna, Marketing: "stop"})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "") // unsure: one send may try
	if !strings.Contains(h.last(anna).Text, "In WhatsApp itself") {
		t.Errorf("the person is not told where WhatsApp's control is: %q", h.last(anna).Text)
	}
}

func TestWithdraw(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	out, err := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: h.tenant.ID, Account: h.account(anna), Scope: consent.Marketing, Channel: "telephone", Words: "take me off"})
	h.must(err)
	if diff := cmp.Diff([]string{"offers"}, out.Purposes); diff != "" {
		t.Error(diff)
	}
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(anna, "orders", consent.ReasonRefused)
	if n := len(h.chat(anna)); n != 1 {
		t.Errorf("%d messages: a stop from elsewhere is not acknowledged in the chat", n)
	}
}

func TestRule15StopWithoutATime(t *testing.T) {
	h := newHouse(t)
	h.webhook(map[string]any{"messages": []any{
		map[string]any{"from": strings.TrimPrefix(anna, "+"), "id": "wamid.t1", "type": "text", "text": map[string]any{"body": "stop"}},
		map[string]any{"from": strings.TrimPrefix(bernd, "+"), "id": "wamid.t2", "timestamp": "soon", "type": "text", "text": map[string]any{"body": "hello"}},
	}})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(bernd, "offers", consent.ReasonUnknown)
}
