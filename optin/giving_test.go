package optin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"assent/consent"
	"assent/funnel"
	"assent/optin"
	"assent/whatsapp/simulator"
)

func TestRule1StrangerTypesASubscribersNumber(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "")
	// a stranger posts her number with nothing for offers ticked, and never confirms
	stranger := h.submit(optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"orders"}, Phone: anna, Shown: h.shown("checkout", "en")})
	h.wants(anna, "offers", "")
	h.wants(anna, "orders", consent.ReasonRefused)
	// and confirming from their own account gives nothing for hers
	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(stranger)})
	h.wants(anna, "orders", consent.ReasonRefused)
	h.wants(bernd, "orders", consent.ReasonUnknown)
	h.requestState(stranger, funnel.Deferred)
}

func TestRule1NothingTickedKeepsNothing(t *testing.T) {
	h := newHouse(t)
	_, err := h.optin.Submit(t.Context(), optin.Submission{Slug: "offers", Shown: h.shown("offers", "en")})
	if !errors.Is(err, optin.ErrNothingTicked) {
		t.Errorf("got %v", err)
	}
}

func TestRule1UntickedBoxNeverWithdraws(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"orders"}, Shown: h.shown("offers", "en")})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.wants(anna, "offers", "")
	h.wants(anna, "orders", "")
}

func TestRule2ShownMissingOrForged(t *testing.T) {
	forge := func(h *house) map[string]string {
		good := h.shown("offers", "en")
		return map[string]string{
			"missing":        "",
			"not ours":       funnel.Shown{Version: "x"}.Seal([]byte("another key")),
			"changed":        "A" + good[1:],
			"another funnel": h.shown("window", "en"),
		}
	}
	for name := range forge(newHouse(t)) {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: forge(h)[name]})
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
			h.wants(anna, "offers", consent.ReasonUnknown)
			h.requestState(token, funnel.Requested)
			h.tap(anna, "Yes")
			h.wants(anna, "offers", "")
			h.requestState(token, funnel.Confirmed)
		})
	}
	t.Run("defective", func(t *testing.T) {
		h := newHouse(t)
		token := h.offers()
		h.must(h.manage.SetFunnelState(t.Context(), "offers", funnel.Defective))
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		h.wants(anna, "offers", consent.ReasonUnknown)
		if !strings.Contains(h.last(anna).Text, "has ended") {
			t.Errorf("told %q", h.last(anna).Text)
		}
	})
}

func TestRule2ArchivedVersionStillCounts(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	h.must(h.manage.SetFunnelState(t.Context(), "offers", funnel.Archived))
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.wants(anna, "offers", "")
}

func TestRule3PrefilledText(t *testing.T) {
	tests := []struct {
		name   string
		edit   func(string) string
		reason consent.Reason // of the check afterwards
		asked  bool
	}{
		{"as it was", func(s string) string { return s }, "", false},
		{"other case and space", func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, " ", "  ")) }, "", false},
		{"without full stops", func(s string) string { return strings.ReplaceAll(s, ".", "") }, "", false},
		{"with thanks", func(s string) string { return s + " Thank you" }, consent.ReasonUnknown, true},
		{"only the code", func(s string) string { return s[strings.LastIndex(s, " ")+1:] }, consent.ReasonUnknown, true},
		{"with a stop word", func(s string) string { return s + " stop" }, consent.ReasonSuppressed, false},
		{"with a stop in a sentence", func(s string) string { return "Please stop these messages. " + s }, consent.ReasonSuppressed, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			token := h.offers()
			h.act(simulator.Inbound{From: anna, Text: tt.edit(h.prefilled(token))})
			h.wants(anna, "offers", tt.reason)
			if asked := len(h.last(anna).Buttons) == 2; asked != tt.asked {
				t.Errorf("asked with buttons: %v", asked)
			}
			if tt.asked {
				h.tap(anna, "Yes")
				h.wants(anna, "offers", "")
				h.requestState(token, funnel.Confirmed)
			}
		})
	}
}

func TestRule3EditReactionDeletion(t *testing.T) {
	h := newHouse(t)
	wamid := h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: anna, Reaction: "👍", Context: h.last(anna).ID})
	n := len(h.chat(anna))
	h.act(simulator.Inbound{From: anna, Delete: wamid})
	h.wants(anna, "offers", consent.ReasonPending)
	if len(h.chat(anna)) != n+1 || len(h.last(anna).Buttons) != 2 {
		t.Fatalf("asked %d times", len(h.chat(anna))-n)
	}
	h.tap(anna, "Yes")
	h.wants(anna, "offers", "")

	first := h.act(simulator.Inbound{From: bernd, Text: "hello"})
	token := h.offers()
	h.act(simulator.Inbound{From: bernd, Edit: first, Text: h.prefilled(token)})
	h.wants(bernd, "offers", "")
	h.act(simulator.Inbound{From: bernd, Edit: first, Text: "STOP"})
	h.wants(bernd, "offers", consent.ReasonSuppressed)
}

func TestRule4AnotherNumberConfirms(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"offers", "orders"}, Phone: anna, Shown: h.shown("checkout", "en")})
	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(token)})
	h.requestState(token, funnel.Deferred)
	h.wants(bernd, "offers", consent.ReasonUnknown)
	h.tap(bernd, "Yes")
	h.wants(bernd, "offers", "")
	h.wants(anna, "offers", consent.ReasonUnknown)
	given := h.opened(bernd)
	if i := slices.IndexFunc(given, func(e *evidenceVerified) bool { return e.Name == "consent.given" }); i < 0 || given[i].Match != "differs" {
		t.Error("the evidence does not say that the numbers differ")
	}
}

func TestRule4SameNumberInAnotherSpelling(t *testing.T) {
	h := newHouse(t)
	// typed with the ninth digit; the account's wa_id has none
	token := h.submit(optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"offers"}, Phone: "+5531987654321", Shown: h.shown("checkout", "en")})
	h.act(simulator.Inbound{From: "+553187654321", Text: h.prefilled(token)})
	h.requestState(token, funnel.Confirmed)
	h.wants("+5531987654321", "offers", "")
	h.wants("+553187654321", "offers", "")
}

func TestRule4UserIDWithoutNumber(t *testing.T) {
	withheld := true
	t.Run("nothing typed: the message gives", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Withheld: &withheld, Text: h.prefilled(h.offers())})
		id := h.userID(anna)
		h.wants(id, "offers", "")
		h.wants(anna, "offers", consent.ReasonUnknown)
		h.act(simulator.Inbound{From: anna, Text: "stop"})
		h.wants(id, "offers", consent.ReasonSuppressed)
	})
	t.Run("typed: the words are shown first", func(t *testing.T) {
		h := newHouse(t)
		token := h.submit(optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("checkout", "en")})
		h.act(simulator.Inbound{From: anna, Withheld: &withheld, Text: h.prefilled(token)})
		id := h.userID(anna)
		h.wants(id, "offers", consent.ReasonUnknown)
		h.tap(anna, "Yes")
		h.wants(id, "offers", "")
		h.wants(anna, "offers", consent.ReasonUnknown) // a code never joins a typed number
	})
	t.Run("template: the payload joins", func(t *testing.T) {
		h := newHouse(t)
		token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "en")})
		h.must(h.optin.AskTemplate(t.Context(), token, ""))
		h.settle()
		h.act(simulator.Inbound{From: anna, Withheld: &withheld, Reaction: "👍", Context: h.last(anna).ID})
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
		h.wants(h.userID(anna), "offers", "")
	})
}

func TestRule7Country(t *testing.T) {
	h := newHouse(t)
	_, v, _ := h.manage.Directory().Funnel("offers")
	next := *v.Version
	next.Countries = []string{"AT"}
	h.must(h.manage.PublishFunnel(t.Context(), &next))
	token := h.offers()
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.wants(anna, "offers", consent.ReasonUnknown)
	if !strings.Contains(h.last(anna).Text, "Germany") {
		t.Errorf("told %q", h.last(anna).Text)
	}
	h.act(simulator.Inbound{From: "+436641234567", Text: h.prefilled(token)})
	h.wants("+436641234567", "offers", "")
}

func TestRule9EndedFunnel(t *testing.T) {
	h := newHouse(t)
	_, v, _ := h.manage.Directory().Funnel("window")
	h.must(h.manage.SetFunnelState(t.Context(), "window", funnel.Archived))
	h.act(simulator.Inbound{From: anna, Text: v.EntryPrefill("en", "MRG2W6H").Text()})
	if !strings.Contains(h.last(anna).Text, "ended") {
		t.Errorf("told %q", h.last(anna).Text)
	}
}

func TestRule11NotMe(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.tap(anna, "This wasn't me")
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(anna, "orders", consent.ReasonSuppressed)
}
