package optin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/funnel"
	"assent/optin"
	"assent/store"
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
	if ack := h.last(anna).Text; !strings.Contains(ack, "Stopped") || len(h.chat(anna)) != 2 {
		t.Errorf("the stop is acknowledged by %q, %d messages", ack, len(h.chat(anna)))
	}
}

func TestJourneyTemplate(t *testing.T) {
	setup := func(t *testing.T) (*house, string) {
		h := newHouse(t)
		token := h.submit(optin.Submission{Slug: "tasting", Lang: "de", Purposes: []string{"offers"}, Phone: "0170 1234567", Country: "DE", Shown: h.shown("tasting", "de")})
		h.must(h.optin.AskTemplate(t.Context(), token))
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
		h.must(h.optin.AskTemplate(t.Context(), again))
		h.settle()
		if len(h.chat(anna)) != n {
			t.Error("a template went to a number that said not me")
		}
	})
	t.Run("once in 30 days", func(t *testing.T) {
		h, _ := setup(t)
		again := h.submit(optin.Submission{Slug: "tasting", Lang: "de", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "de")})
		h.must(h.optin.AskTemplate(t.Context(), again))
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
		h.must(h.optin.AskTemplate(t.Context(), token))
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

// Rule 1: a form post proves nothing about a number.
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

// Rule 1: an unticked box never withdraws.
func TestRule1UntickedBoxNeverWithdraws(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"orders"}, Shown: h.shown("offers", "en")})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.wants(anna, "offers", "")
	h.wants(anna, "orders", "")
}

// Rule 2: what was seen is proven, not assumed.
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

// Rule 2: the version that was seen is the evidence, even if archived since.
func TestRule2ArchivedVersionStillCounts(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	h.must(h.manage.SetFunnelState(t.Context(), "offers", funnel.Archived))
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.wants(anna, "offers", "")
}

// Rule 3: the prefilled text itself gives, nothing near it.
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

// Rule 3: an edited message is a new act, a reaction is none, a deleted yes waits.
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

// Rule 4: the typed and the confirming number differ, or cannot be compared.
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
		h.must(h.optin.AskTemplate(t.Context(), token))
		h.settle()
		h.act(simulator.Inbound{From: anna, Withheld: &withheld, Reaction: "👍", Context: h.last(anna).ID})
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
		h.wants(h.userID(anna), "offers", "")
	})
}

// Rule 7: the confirming account's country decides.
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

// Rule 9: scans of an ended funnel are told so.
func TestRule9EndedFunnel(t *testing.T) {
	h := newHouse(t)
	_, v, _ := h.manage.Directory().Funnel("window")
	h.must(h.manage.SetFunnelState(t.Context(), "window", funnel.Archived))
	h.act(simulator.Inbound{From: anna, Text: v.EntryPrefill("en", "MRG2W6H").Text()})
	if !strings.Contains(h.last(anna).Text, "ended") {
		t.Errorf("told %q", h.last(anna).Text)
	}
}

// Rule 11: This wasn't me, on the receipt.
func TestRule11NotMe(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.tap(anna, "This wasn't me")
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(anna, "orders", consent.ReasonSuppressed)
}

// Rule 15: stop wins, in any state, also for somebody never seen.
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

// Rule 16: the fold orders by Meta's time.
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
		h.must(h.optin.Accept(t.Context(), body, []string{h.tenant.Senders[0].ID}))
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

// Rule 18: a later confirmed act ends the stop for what it confirms.
func TestRule18OptInAgain(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "")
	h.stands(anna, "offers", consent.Renewed)
	h.wants(anna, "orders", consent.ReasonSuppressed)
}

// Rule 19: WhatsApp's own stop.
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

// Rule 27: silent otherwise.
func TestRule27Silence(t *testing.T) {
	h := newHouse(t)
	for _, text := range []string{"hello", "when do you open?", "🙂", "ok thanks", "1234567890", "ABCDEFGHJK"} {
		h.act(simulator.Inbound{From: anna, Text: text})
	}
	if n := len(h.chat(anna)); n != 0 {
		t.Errorf("%d answers: %q", n, h.last(anna).Text)
	}
	if len(h.events(anna)) != 0 {
		t.Error("small talk is kept")
	}
	h.act(simulator.Inbound{From: anna, Text: "help"})
	if !strings.Contains(h.last(anna).Text, "Lea Brandt") {
		t.Error("HELP names a human")
	}
}

// Rule 28: wrong codes are answered five times an hour, then not.
func TestRule28WrongCodes(t *testing.T) {
	h := newHouse(t)
	for range 8 {
		h.act(simulator.Inbound{From: anna, Text: "Code 7K2MQ9X4TB"})
	}
	if n := len(h.chat(anna)); n != 5 {
		t.Errorf("%d answers, want 5", n)
	}
}

// Rule 28: a spent code shows its outcome to its owner, and a question to others.
func TestRule28SpentCode(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	events := h.events(anna)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	if !strings.Contains(h.last(anna).Text, "recorded") {
		t.Errorf("told %q", h.last(anna).Text)
	}
	if diff := cmp.Diff(len(events), len(h.events(anna))); diff != "" {
		t.Error("a spent code is no act", diff)
	}
	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(token)})
	h.wants(bernd, "offers", consent.ReasonUnknown)
	h.tap(bernd, "Yes")
	h.wants(bernd, "offers", "")
	h.wants(anna, "offers", "")
}

// Rule 28: an expired or replaced code leads to the question.
func TestRule28OldCodes(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	old := h.prefilled(token)
	h.must(h.optin.Renew(t.Context(), token))
	if h.prefilled(token) == old {
		t.Fatal("a new code was asked for")
	}
	h.act(simulator.Inbound{From: anna, Text: old})
	h.wants(anna, "offers", consent.ReasonUnknown)
	h.tap(anna, "Yes")
	h.wants(anna, "offers", "")

	late := h.offers()
	h.clock.pass(80 * time.Hour)
	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(late)})
	h.wants(bernd, "offers", consent.ReasonUnknown)
	h.tap(bernd, "Yes")
	h.wants(bernd, "offers", "")
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

func TestDuplicateAndReorderedWebhooks(t *testing.T) {
	h := newHouse(t)
	h.sim.SetWebhooks(simulator.Webhooks{Batch: 10, Duplicate: 1, Shuffle: true})
	token := h.offers()
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token), Duplicates: 3})
	h.wants(anna, "offers", "")
	want := []string{"consent.given", "receipt.sent", "receipt.delivered"}
	if diff := cmp.Diff(want, h.events(anna)); diff != "" {
		t.Error(diff)
	}
	if n := len(h.chat(anna)); n != 1 {
		t.Errorf("%d receipts", n)
	}
}

// One bad element, or a body that holds what a database refuses, harms nobody.
func TestPoisonedWebhooks(t *testing.T) {
	stop := func(from, id, text string) map[string]any {
		return map[string]any{"from": from, "id": id, "timestamp": "1764000000", "type": "text", "text": map[string]any{"body": text}}
	}
	h := newHouse(t)
	h.webhook(map[string]any{"messages": []any{
		map[string]any{"id": 7, "timestamp": "never", "type": 3},
		stop("491701234567", "wamid.1", "STOP"),
		stop("491709876543", "wamid.2", "\x00 STOP \u0000\u202e"),
		stop("49170", "wamid.3", strings.Repeat("stop ", 3000)),
		stop(strings.Repeat("9", 400), "wamid.4", "STOP"),
	}})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(bernd, "offers", consent.ReasonSuppressed)
	for _, body := range []string{"", "null", "[]", "{", strings.Repeat("[", 100000), `{"entry":"x"}`, "\x00\xff"} {
		h.must(h.optin.Accept(t.Context(), []byte(body), []string{h.tenant.Senders[0].ID}))
	}
	h.settle()
	h.wants(anna, "orders", consent.ReasonSuppressed)
}

// A secret speaks only for the senders that carry it.
func TestUnauthorisedElementIsParked(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	h.act(simulator.Inbound{From: bernd, Text: "hello"})
	body := []byte(strings.ReplaceAll(string(h.bodies[0]), "hello", h.prefilled(token)))
	h.must(h.optin.Accept(t.Context(), []byte(strings.ReplaceAll(string(body), "wamid", "wamidX")), []string{"another sender"}))
	h.settle()
	h.wants(bernd, "offers", consent.ReasonUnknown)
	var parked int
	h.must(h.store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		parked, err = tx.CountParked(ctx)
		return err
	}))
	if parked != 1 {
		t.Errorf("%d bodies are parked", parked)
	}
}

// Messages that are no act of consent are not kept beyond 7 days (rule 27).
func TestInboxIsEmptiedAfterAWeek(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: "hello"})
	h.clock.pass(9 * 24 * time.Hour)
	h.must(h.optin.DropInbox(t.Context()))
	var wrapped []byte
	h.must(h.store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		wrapped, err = tx.DayKey(ctx, "day/2026-11-23")
		return err
	}))
	if wrapped != nil {
		t.Error("the key of the day is still there")
	}
}

// Rule 22: one webhook names both identifiers of two that were two persons so
// far. What either of them stopped stays stopped, WhatsApp's own stop included.
func TestRule22MergeKeepsEveryStop(t *testing.T) {
	withheld, visible := true, false
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Withheld: &withheld, Text: h.prefilled(h.offers())})
	id := h.userID(anna)
	h.wants(id, "offers", "")
	// the number is known from elsewhere: as one that stopped orders
	_, err := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: h.tenant.ID, Account: h.account(anna), Purpose: "orders", Channel: "letter"})
	h.must(err)
	h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": strings.TrimPrefix(anna, "+"), "category": "marketing_messages", "value": "stop", "timestamp": h.clock.now().Unix()}}})
	h.wants(anna, "offers", consent.ReasonPlatformStop)
	h.act(simulator.Inbound{From: anna, Withheld: &visible, Text: "stop orders"})
	for _, who := range []string{anna, id} {
		h.wants(who, "offers", consent.ReasonPlatformStop)
		h.wants(who, "orders", consent.ReasonSuppressed)
	}
	if !slices.Contains(h.events(anna), "identity.linked") {
		t.Error("the join is not recorded")
	}
}

// Rule 28: whoever typed a stranger's number does not learn that its owner said
// stop to something else.
func TestRule28PageDoesNotTellOfAStop(t *testing.T) {
	h := newHouse(t)
	typed := func() string {
		return h.submit(optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("checkout", "en")})
	}
	watched, other := typed(), h.offers()
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	for _, step := range []string{"at once", "after a new code", "after asking for the message"} {
		a, b := h.pending(watched), h.pending(other)
		if a.State != b.State || a.Expired != b.Expired {
			t.Errorf("%s: %s, and a request that nobody stopped is %s", step, a.State, b.State)
		}
		switch step {
		case "at once":
			h.must(h.optin.Renew(t.Context(), watched))
			h.act(simulator.Inbound{From: anna, Text: "STOP"})
		case "after a new code":
			h.must(h.optin.AskTemplate(t.Context(), watched))
			h.settle()
		}
	}
	if n := len(h.chat(anna)); n != 1 {
		t.Errorf("%d messages, want the acknowledgement alone", n)
	}
}

// Rule 15: a stop without a usable time is a stop all the same, and parked for
// somebody to look at.
func TestRule15StopWithoutATime(t *testing.T) {
	h := newHouse(t)
	h.webhook(map[string]any{"messages": []any{
		map[string]any{"from": strings.TrimPrefix(anna, "+"), "id": "wamid.t1", "type": "text", "text": map[string]any{"body": "stop"}},
		map[string]any{"from": strings.TrimPrefix(bernd, "+"), "id": "wamid.t2", "timestamp": "soon", "type": "text", "text": map[string]any{"body": "hello"}},
	}})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(bernd, "offers", consent.ReasonUnknown)
}
