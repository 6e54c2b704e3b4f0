package optin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/fault"
	"assent/manage"
	"assent/optin"
	"assent/subject"
	"assent/template"
	"assent/whatsapp/simulator"
)

// approved has the text of the library approved in all its languages.
func (h *house) approved(key, category string) {
	h.Helper()
	piece, _ := template.Find(key)
	for lang, text := range piece.Texts {
		h.must(h.sim.SetTemplate(shopID, simulator.Template{Name: piece.Name, Language: lang, Category: category, Body: text.Body, Link: text.Link, Address: template.SettingsAddress("https://consent.example")}))
	}
	h.must(h.manage.Templates(h.transport.(manage.Graph)).Poll(h.Context(), h.tenant, h.tenant.Senders[0]))
}

// linked returns the token of the link in a text.
func linked(text string) string {
	if m := linkIn.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func (h *house) reach(who string) optin.Reach {
	h.Helper()
	r, err := h.optin.Reach(h.Context(), h.tenant.ID, h.idOf(who))
	h.must(err)
	return r
}

func (h *house) sendLink(who string) error {
	h.Helper()
	h.clock.pass(10 * time.Second)
	err := h.optin.SendLink(h.Context(), h.tenant.ID, h.idOf(who), "telephone", "rosa")
	h.settle()
	return err
}

// The link goes in the open chat, else by template once a day; it is an event with
// its author, and evidence never holds the link.
func TestOperatorSendsTheLink(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	token := h.link(anna)
	if got := h.reach(anna); got.Link != optin.WayChat || got.Stop != optin.WayNone {
		t.Fatalf("in the open chat: %+v", got)
	}
	h.must(h.sendLink(anna))
	if m := h.last(anna); m.Template != "" || linked(m.Text) != token {
		t.Errorf("in the open chat: %+v", m)
	}
	h.clock.pass(25 * time.Hour)
	if got := h.reach(anna).Link; got != optin.WayUnready {
		t.Errorf("without a template: %q", got)
	}
	h.approved(template.Preferences, "MARKETING")
	if got := h.reach(anna).Link; got != optin.WayUnready {
		t.Errorf("as marketing: %q", got)
	}
	if err := h.sendLink(anna); !fault.Is(err, fault.Conflict) {
		t.Errorf("as marketing: %v", err)
	}
	h.approved(template.Preferences, "UTILITY")
	h.must(h.sendLink(anna))
	m := h.last(anna)
	if m.Template != "preference_link" || m.Category != "utility" || linked(m.Text) != token || !strings.Contains(m.Text, "Morgenrot") {
		t.Errorf("by template: %+v", m)
	}
	if got := h.reach(anna).Link; got != optin.WayRecent {
		t.Errorf("again: %q", got)
	}
	h.clock.pass(25 * time.Hour)
	if got := h.reach(anna).Link; got != optin.WayTemplate {
		t.Errorf("the next day: %q", got)
	}
	acts := 0
	for _, e := range h.opened(anna) {
		if e.Method != optin.MethodLink {
			continue
		}
		acts++
		if e.Name != "operator.acted" || e.Operator != "rosa" || e.Act.Text != "telephone" || len(e.Effects) != 1 {
			t.Errorf("%+v", e)
		}
	}
	if acts != 2 {
		t.Errorf("%d events", acts)
	}
	if err := h.optin.SendLink(t.Context(), h.tenant.ID, h.idOf(anna), "", "rosa"); fault.FieldOf(err) != "source" {
		t.Errorf("asked by nothing: %v", err)
	}
	h.audited()
}

// Rule 17: the business starts nothing with who has stopped everything, and a stop
// that overtakes the message drops it.
func TestRule17NoLinkAfterAStop(t *testing.T) {
	h := newHouse(t)
	h.approved(template.Preferences, "UTILITY")
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.clock.pass(25 * time.Hour)
	h.must(h.optin.SendLink(t.Context(), h.tenant.ID, h.idOf(anna), "telephone", "rosa"))
	h.stoppedByLetter(anna)
	n := len(h.chat(anna))
	h.settle()
	if len(h.chat(anna)) != n {
		t.Error("a link went out after a stop")
	}
	h.clock.pass(25 * time.Hour)
	if got := h.reach(anna).Link; got != optin.WayStopped {
		t.Errorf("%q", got)
	}
	h.act(simulator.Inbound{From: anna, Text: "stop"})
	if got := h.reach(anna).Link; got != optin.WayStopped { // that message is the stop, and asks for nothing
		t.Errorf("after STOP: %q", got)
	}
	h.act(simulator.Inbound{From: anna, Text: "how do I see what you have of me?"})
	if got := h.reach(anna).Link; got != optin.WayChat {
		t.Errorf("in an open chat: %q", got)
	}
}

// stoppedByLetter enters a stop for everything.
func (h *house) stoppedByLetter(who string) {
	h.Helper()
	h.clock.pass(10 * time.Second)
	_, err := h.optin.Withdraw(h.Context(), optin.Withdrawal{Business: h.tenant.ID, Subject: h.idOf(who), Reason: subject.ByOperator, Channel: "letter", Words: "no more", Operator: "rosa"})
	h.must(err)
}

// Rule 15: a stop that was entered is confirmed in an open chat and nowhere else,
// once, as an answer to what was written after it.
func TestRule15StopIsConfirmedInAnOpenChatOnly(t *testing.T) {
	h := newHouse(t)
	h.approved(template.OptOut, "UTILITY")
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	confirm := func() error {
		h.clock.pass(10 * time.Second)
		err := h.optin.ConfirmStop(t.Context(), h.tenant.ID, h.idOf(anna), "rosa")
		h.settle()
		return err
	}
	if err := confirm(); !fault.Is(err, fault.Conflict) {
		t.Errorf("without a stop: %v", err)
	}
	h.stoppedByLetter(anna)
	if got := h.reach(anna).Stop; got != optin.WayClosed { // what she wrote was before it
		t.Errorf("%q", got)
	}
	h.clock.pass(25 * time.Hour)
	if err := confirm(); !fault.Is(err, fault.Conflict) {
		t.Errorf("in a closed chat: %v", err)
	}
	h.act(simulator.Inbound{From: anna, Text: "did you get my letter?"})
	if got := h.reach(anna).Stop; got != optin.WayChat {
		t.Fatalf("%q", got)
	}
	h.must(confirm())
	m := h.last(anna)
	if m.Template != "" || !strings.HasPrefix(m.Text, "As you asked, Morgenrot will send you no more WhatsApp messages of this kind: Offers") {
		t.Errorf("%+v", m)
	}
	if names := h.events(anna); !slices.Equal(names[len(names)-3:], []string{"operator.acted", "receipt.sent", "receipt.delivered"}) {
		t.Errorf("%v", names)
	}
	if got := h.reach(anna).Stop; got != optin.WayRecent {
		t.Errorf("again: %q", got)
	}
	if err := confirm(); !fault.Is(err, fault.Conflict) {
		t.Errorf("again: %v", err)
	}
	h.audited()
}

// Nobody else's people, and nobody who is gone, are reached.
func TestReachIsOfOnesOwn(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	other, err := h.manage.AddBusiness(t.Context(), business.Business{Slug: "sister", LegalName: "Sister", Purposes: h.tenant.Purposes})
	h.must(err)
	for _, id := range []string{h.idOf(anna), "nobody"} {
		if _, err := h.optin.Reach(t.Context(), other, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("reach: %v", err)
		}
		if err := h.optin.SendLink(t.Context(), other, id, "letter", "rosa"); !fault.Is(err, fault.NotFound) {
			t.Errorf("link: %v", err)
		}
		if err := h.optin.ConfirmStop(t.Context(), other, id, "rosa"); !fault.Is(err, fault.NotFound) {
			t.Errorf("stop: %v", err)
		}
	}
}
