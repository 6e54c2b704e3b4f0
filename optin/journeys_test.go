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

func TestJourneyPageThenChat(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	h.requestState(token, funnel.Requested)
	h.wants(anna, "offers", consent.ReasonUnknown)
	h.act(simulator.Inbound{From: anna, Name: "Anna", Text: h.prefilled(token)})
	h.requestState(token, funnel.Confirmed)
	h.wants(anna, "offers", "")
	h.wants(anna, "orders", consent.ReasonRefused)
	h.stands(anna, "offers", consent.Given)
	receipt := h.last(anna)
	for _, want := range []string{"I agree to receive WhatsApp messages from Morgenrot Kaffeerösterei GmbH with offers", "STOP", "Record ", "Checkpoint "} {
		if !strings.Contains(receipt.Text, want) {
			t.Errorf("the receipt lacks %q:\n%s", want, receipt.Text)
		}
	}
	if len(h.chat(anna)) != 1 {
		t.Errorf("%d messages, want one receipt", len(h.chat(anna)))
	}
	want := []string{"consent.given", "receipt.sent", "receipt.delivered"}
	if diff := cmp.Diff(want, h.events(anna)); diff != "" {
		t.Error(diff)
	}
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.stands(anna, "offers", consent.Withdrawn)
	want = append(want, "consent.withdrawn", "receipt.sent", "receipt.delivered")
	if diff := cmp.Diff(want, h.events(anna)); diff != "" {
		t.Error(diff)
	}
	if ack := h.last(anna).Text; !strings.Contains(ack, "Stopped") || len(h.chat(anna)) != 2 {
		t.Errorf("the stop is acknowledged by %q, %d messages", ack, len(h.chat(anna)))
	}
}

func TestJourneyTemplate(t *testing.T) {
	setup := func(t *testing.T) (*house, string) {
		h := newHouse(t)
		token := h.submit(optin.Submission{Slug: "tasting", Lang: "de", Purposes: []string{"offers"}, Phone: "0170 1234567", Country: "DE", Shown: h.shown("tasting", "de")})
		h.must(h.optin.AskTemplate(t.Context(), token, ""))
		h.settle()
		return h, token
	}
	t.Run("yes", func(t *testing.T) {
		h, token := setup(t)
		h.wants(anna, "offers", consent.ReasonPending)
		if text := h.last(anna).Text; !strings.Contains(text, "Angebote") || !strings.Contains(text, "Morgenrot") {
			t.Errorf("the template names nothing: %q", text)
		}
		h.tap(anna, "Ja")
		h.requestState(token, funnel.Confirmed)
		h.wants(anna, "offers", "")
		h.wants(anna, "orders", consent.ReasonUnknown)
	})
	t.Run("no", func(t *testing.T) {
		h, token := setup(t)
		h.tap(anna, "Nein")
		h.requestState(token, funnel.Closed)
		h.wants(anna, "offers", consent.ReasonRefused)
		if len(h.chat(anna)) != 1 {
			t.Error("a no is answered by silence")
		}
	})
	t.Run("not me", func(t *testing.T) {
		h, token := setup(t)
		h.tap(anna, h.last(anna).Buttons[2].Title)
		h.requestState(token, funnel.Closed)
		h.wants(anna, "offers", consent.ReasonSuppressed)
		// and nobody can have that number asked again
		n := len(h.chat(anna))
		h.clock.pass(40 * 24 * time.Hour)
		again := h.submit(optin.Submission{Slug: "tasting", Lang: "de", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "de")})
		h.must(h.optin.AskTemplate(t.Context(), again, ""))
		h.settle()
		if len(h.chat(anna)) != n {
			t.Error("a template went to a number that said not me")
		}
	})
	t.Run("once in 30 days", func(t *testing.T) {
		h, _ := setup(t)
		again := h.submit(optin.Submission{Slug: "tasting", Lang: "de", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "de")})
		h.must(h.optin.AskTemplate(t.Context(), again, ""))
		h.settle()
		if len(h.chat(anna)) != 1 {
			t.Error("a second template went out")
		}
		if !h.pending(again).Asked {
			t.Error("the page tells that the number was asked before")
		}
	})
	t.Run("only while utility", func(t *testing.T) {
		h := newHouse(t)
		for _, tpl := range templates("MARKETING") {
			h.must(h.sim.SetTemplate(shopID, tpl))
		}
		token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "en")})
		h.must(h.optin.AskTemplate(t.Context(), token, ""))
		h.settle()
		if len(h.chat(anna)) != 0 {
			t.Error("a marketing template went out")
		}
	})
	t.Run("silence", func(t *testing.T) {
		h, token := setup(t)
		h.clock.pass(73 * time.Hour)
		n, err := h.optin.ExpireRequests(t.Context())
		h.must(err)
		if n != 1 {
			t.Errorf("%d requests expired", n)
		}
		h.requestState(token, funnel.Deferred)
		h.wants(anna, "offers", consent.ReasonUnknown)
		h.tap(anna, "Ja") // too late: the words are shown again
		h.wants(anna, "offers", consent.ReasonUnknown)
		h.tap(anna, "Ja")
		h.wants(anna, "offers", "")
	})
}

func TestJourneyPrintedCode(t *testing.T) {
	h := newHouse(t)
	_, v, _ := h.manage.Directory().Funnel("window")
	h.act(simulator.Inbound{From: anna, Text: v.EntryPrefill("de", "MRG2W6H").Text()})
	h.wants(anna, "offers", consent.ReasonUnknown)
	q := h.last(anna)
	if !strings.Contains(q.Text, "Ich bin einverstanden") || len(q.Buttons) != 2 {
		t.Fatalf("asked: %q with %d buttons", q.Text, len(q.Buttons))
	}
	h.tap(anna, "Ja")
	h.wants(anna, "offers", "")
	h.wants(anna, "orders", consent.ReasonUnknown)
	if q := h.last(anna); !strings.Contains(q.Text, "Bestellungen") {
		t.Fatalf("the second purpose is not asked: %q", q.Text)
	}
	h.tap(anna, "Nein")
	h.wants(anna, "orders", consent.ReasonRefused)
	h.wants(anna, "offers", "")
}
