package optin_test

import (
	"testing"

	"assent/consent"
	"assent/whatsapp/simulator"
)

// The deletion of a message names the message as it was first sent, whatever
// edit of it was the yes.
func TestRule3DeletedYesOfAnEditedMessage(t *testing.T) {
	h := newHouse(t)
	first := h.act(simulator.Inbound{From: anna, Text: "hello"})
	h.act(simulator.Inbound{From: anna, Edit: first, Text: "hello there"})
	h.act(simulator.Inbound{From: anna, Edit: first, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "")
	n := len(h.chat(anna))
	h.act(simulator.Inbound{From: anna, Delete: first})
	h.wants(anna, "offers", consent.ReasonPending)
	if len(h.chat(anna)) != n+1 || len(h.last(anna).Buttons) != 2 {
		t.Fatalf("asked %d times", len(h.chat(anna))-n)
	}
	h.tap(anna, "Yes")
	h.wants(anna, "offers", "")
}

// A yes that was edited into another yes is taken back as well.
func TestRule3DeletedYesThatWasEditedTwice(t *testing.T) {
	h := newHouse(t)
	first := h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: anna, Edit: first, Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: anna, Edit: first, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "")
	h.act(simulator.Inbound{From: anna, Delete: first})
	h.wants(anna, "offers", consent.ReasonPending)
	h.wants(bernd, "offers", consent.ReasonUnknown)
}

// Who deletes twice is asked once.
func TestRule3DeletionIsAskedAboutOnce(t *testing.T) {
	h := newHouse(t)
	wamid := h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	n := len(h.chat(anna))
	for _, id := range []string{"wamid.delete.1", "wamid.delete.2"} {
		h.inbound(id, map[string]any{"from": anna[1:], "type": "revoke", "revoke": map[string]any{"original_message_id": wamid}})
	}
	h.wants(anna, "offers", consent.ReasonPending)
	if len(h.chat(anna)) != n+1 {
		t.Errorf("asked %d times", len(h.chat(anna))-n)
	}
}
