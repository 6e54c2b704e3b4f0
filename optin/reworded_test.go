package optin_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/funnel"
	"assent/whatsapp/simulator"
)

// reword publishes the funnel with other words for offers, which mean the same
// or not.
func (h *house) reword(words string, change funnel.Change) *funnel.Version {
	h.Helper()
	_, now, _ := h.manage.Directory().Funnel("offers")
	next := *now.Version
	next.ID, next.Number, next.Change, next.Texts = "", 0, change, maps.Clone(now.Texts)
	for lang, text := range next.Texts {
		text.Purposes = maps.Clone(text.Purposes)
		p := text.Purposes["offers"]
		p.Words, p.Slots = p.Words+" "+words, nil
		text.Purposes["offers"] = p
		next.Texts[lang] = text
	}
	h.must(h.manage.PublishFunnel(h.Context(), &next))
	return &next
}

// behind returns how many agreed to earlier words of offers only.
func (h *house) behind() int {
	h.Helper()
	list, err := h.manage.Behind(h.Context(), h.tenant.ID, "offers")
	h.must(err)
	for _, b := range list {
		if b.Purpose == "offers" {
			return b.People
		}
	}
	return 0
}

// versionOf returns the version that the person's newest act on words names.
func (h *house) versionOf(who string) (version string) {
	h.Helper()
	for _, e := range h.opened(who) {
		if e.FunnelVersion != "" {
			version = e.FunnelVersion
		}
	}
	return version
}

func TestRule12ChangedMeaningIsConfirmedAnew(t *testing.T) {
	h := newHouse(t)
	h.given()
	old := h.versionOf(anna)
	h.clock.pass(time.Minute)
	h.reword("", funnel.ChangeTypo)
	if h.behind() != 0 {
		t.Error("a typo leaves somebody behind")
	}
	next := h.reword("Also about our cafés.", funnel.ChangeMeaning)

	// nobody is written to, and the old consent permits what it did
	before := len(h.chat(anna))
	h.settle()
	if len(h.chat(anna)) != before {
		t.Error("somebody was written to")
	}
	h.wants(anna, "offers", "")
	if h.behind() != 1 || h.versionOf(anna) != old {
		t.Errorf("%d behind", h.behind())
	}

	// what they write next is answered, and the new words follow
	h.act(simulator.Inbound{From: anna, Text: "help"})
	if q := h.last(anna); !strings.Contains(q.Text, "The words have changed since you agreed") || !strings.Contains(q.Text, "Also about our cafés.") || len(q.Buttons) != 2 {
		t.Fatalf("asked with %q", q.Text)
	}
	h.wants(anna, "offers", "")
	h.clock.pass(time.Minute)
	h.tap(anna, "Yes")
	h.stands(anna, "offers", consent.Renewed)
	if h.versionOf(anna) != next.ID || h.behind() != 0 {
		t.Error("the new words did not take the place of the old")
	}
	before = len(h.chat(anna))
	h.act(simulator.Inbound{From: anna, Text: "help"})
	if len(h.chat(anna)) != before+1 {
		t.Error("who has agreed is asked again")
	}
}

// A no to the new words ends what the old ones gave; what an earlier version
// said again is no other meaning.
func TestRule12NoToChangedMeaning(t *testing.T) {
	h := newHouse(t)
	h.given()
	old := h.versionOf(anna)
	h.reword("Also about our cafés.", funnel.ChangeMeaning)
	h.act(simulator.Inbound{From: anna, Text: "settings"})
	h.clock.pass(time.Minute)
	h.tap(anna, "No")
	h.stands(anna, "offers", consent.Withdrawn)

	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(h.offers())})
	_, err := h.manage.Republish(t.Context(), h.tenant.ID, old, funnel.ChangeMeaning, "")
	h.must(err)
	if h.behind() != 1 {
		t.Errorf("%d behind who agreed to what was taken back", h.behind())
	}
}
