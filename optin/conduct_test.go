package optin_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

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

func TestRule28WrongCodes(t *testing.T) {
	h := newHouse(t)
	for range 8 {
		h.act(simulator.Inbound{From: anna, Text: "Code 7K2MQ9X4TB"})
	}
	if n := len(h.chat(anna)); n != 5 {
		t.Errorf("%d answers, want 5", n)
	}
}

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
		h.must(h.optin.Accept(t.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
	}
	h.settle()
	h.wants(anna, "orders", consent.ReasonSuppressed)
}

func TestUnauthorisedElementIsParked(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	h.act(simulator.Inbound{From: bernd, Text: "hello"})
	body := []byte(strings.ReplaceAll(string(h.bodies[0]), "hello", h.prefilled(token)))
	h.must(h.optin.Accept(t.Context(), []byte(strings.ReplaceAll(string(body), "wamid", "wamidX")), "", []string{"another sender"}))
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
			h.must(h.optin.AskTemplate(t.Context(), watched, ""))
			h.settle()
		}
	}
	if n := len(h.chat(anna)); n != 1 {
		t.Errorf("%d messages, want the acknowledgement alone", n)
	}
}
