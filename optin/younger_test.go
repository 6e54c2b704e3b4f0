package optin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/phone"
	"assent/store"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// stopsOn returns why messages to the number are stopped.
func (h *house) stopsOn(number string) (reasons []subject.Reason) {
	h.Helper()
	n, err := phone.ParseE164(number)
	h.must(err)
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, r *store.Tx) error {
		list, err := r.SuppressionsByHash(ctx, h.tenant.ID, h.manage.Installation().Secrets.SuppressionHashes(tenant.Account{Number: n}))
		for _, s := range list {
			reasons = append(reasons, s.Reason)
		}
		return err
	}))
	return reasons
}

// Of who only scanned a code and said that they are too young, nothing is kept,
// not even a stop: when they are old enough they begin as anybody.
func TestRule8YoungerAndOnlyAsked(t *testing.T) {
	h := newHouse(t)
	h.rich(funnel.WelcomeNone)
	h.tenant.ExportFirst = true // there is nothing to export
	h.act(simulator.Inbound{From: bernd, Text: "MRG7K2Q"})
	h.act(simulator.Inbound{From: bernd, Text: "MRG7K2Q"}) // twice asked is asked
	h.clock.pass(time.Minute)
	h.tap(bernd, "I am younger")
	if told := h.last(bernd); !strings.Contains(told.Text, "Nothing about you is kept") || len(told.Buttons) != 0 {
		t.Errorf("told %q", told.Text)
	}
	if stops := h.stopsOn(bernd); len(stops) != 0 || len(h.events(bernd)) != 0 {
		t.Errorf("kept: stops %v, events %v", stops, h.events(bernd))
	}
	h.wants(bernd, "offers", consent.ReasonUnknown)

	h.clock.pass(time.Minute)
	h.act(simulator.Inbound{From: bernd, Text: "MRG7K2Q"})
	h.clock.pass(time.Minute)
	h.tap(bernd, "Yes")
	h.stands(bernd, "offers", consent.Given)
}

// Who had agreed before and says now that they are too young had given nothing:
// it is invalidated, they are erased, and an operator alone ends the stop.
func TestRule8YoungerAndKnown(t *testing.T) {
	h := newHouse(t)
	h.given()
	h.rich(funnel.WelcomeNone)
	h.act(simulator.Inbound{From: anna, Text: "MRG7K2Q"})
	h.clock.pass(time.Minute)
	h.tap(anna, "I am younger")
	h.wants(anna, "offers", consent.ReasonSuppressed)
	if told := h.last(anna); !strings.Contains(told.Text, "has been erased") || len(told.Buttons) != 0 || len(h.events(anna)) != 0 {
		t.Errorf("told %q, still known by %v", told.Text, h.events(anna))
	}
	h.clock.pass(time.Minute)
	h.act(simulator.Inbound{From: anna, Text: "MRG7K2Q"})
	h.clock.pass(time.Minute)
	h.tap(anna, "Yes")
	h.wants(anna, "offers", consent.ReasonSuppressed)
}

// What may not be erased is stopped, and that is what the person is told.
func TestRule8YoungerUnderAHold(t *testing.T) {
	h := newHouse(t)
	h.given()
	h.rich(funnel.WelcomeNone)
	h.must(h.records.Hold(t.Context(), h.tenant.ID, h.idOf(anna), true, "case 1", "o1"))
	h.act(simulator.Inbound{From: anna, Text: "MRG7K2Q"})
	h.clock.pass(time.Minute)
	h.tap(anna, "I am younger")
	h.stands(anna, "offers", consent.Invalidated)
	if told := h.last(anna); !strings.Contains(told.Text, "has to keep your record for now") {
		t.Errorf("told %q", told.Text)
	}
}

// What an operator learns later has the same end, and is said once.
func TestRule8LearnedLater(t *testing.T) {
	h := newHouse(t)
	h.given()
	id := h.idOf(anna)
	for range 2 {
		h.must(h.optin.UnderAge(t.Context(), h.tenant.ID, id, "told by a parent", "o1"))
	}
	h.stands(anna, "offers", consent.Invalidated)
	h.wants(anna, "offers", consent.ReasonSuppressed)
	if stops := h.stopsOn(anna); len(stops) != 1 || stops[0] != subject.Minor {
		t.Errorf("stopped for %v", stops)
	}
	h.clock.pass(time.Minute)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())}) // a later yes does not end it
	h.wants(anna, "offers", consent.ReasonSuppressed)

	if err := h.optin.UnderAge(t.Context(), "nobody", id, "", "o1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a business that is none: %v", err)
	}
}

// idOf returns the id of who has the number.
func (h *house) idOf(number string) (id string) {
	h.Helper()
	n, err := phone.ParseE164(number)
	h.must(err)
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, r *store.Tx) error {
		i, _, err := r.IdentifierByHash(ctx, h.tenant.ID, h.tenant.LineHash(n))
		id = i.Subject
		return err
	}))
	return id
}
