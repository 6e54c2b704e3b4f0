package optin_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/funnel"
	"assent/optin"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// Error 131050 comes for messages that other software sent from the number.
func TestRule19PlatformStopOfAForeignMessage(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers", "orders"}, Shown: h.shown("offers", "en")})
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.clock.pass(time.Minute)
	h.webhook(map[string]any{"statuses": []any{map[string]any{
		"id": "wamid.campaign", "status": "failed", "timestamp": strconv.FormatInt(h.clock.now().Unix(), 10), "recipient_id": strings.TrimPrefix(anna, "+"),
		"errors": []any{map[string]any{"code": 131050, "title": "stopped"}},
	}}})
	h.wants(anna, "offers", consent.ReasonPlatformStop)
	h.wants(anna, "orders", "")
}

// A yes from the future, by a clock ahead of ours, outlives no later stop.
func TestRule15StopAfterAYesFromTheFuture(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers()), Timestamp: h.clock.now().Add(240 * time.Hour)})
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	h.wants(anna, "offers", consent.ReasonSuppressed)
}

// A stop is kept also where no answer can be addressed.
func TestRule15StopThatCannotBeAnswered(t *testing.T) {
	h := newHouse(t)
	h.inbound("wamid.a", map[string]any{"from_parent_user_id": "DE.ENT.11815799212886844830", "type": "text", "text": text("STOP")})
	h.wants("DE.ENT.11815799212886844830", "offers", consent.ReasonSuppressed)
}

// No and Not me to a template count from the account that it reached.
func TestRule10OtherAccountDeclinesTemplate(t *testing.T) {
	for button, want := range map[int]consent.Reason{1: consent.ReasonRefused, 2: consent.ReasonSuppressed} {
		h := newHouse(t)
		token := h.tasting(h.shown("tasting", "en"))
		b := h.last(anna).Buttons[button]
		h.inbound("wamid.other", map[string]any{"from": strings.TrimPrefix(bernd, "+"), "type": "button", "button": map[string]any{"payload": b.Payload, "text": b.Title}})
		h.wants(bernd, "offers", want)
		h.requestState(token, funnel.Closed)
	}
}

// A yes that was overtaken by a stop is recorded, gives nothing, and asks nothing.
func TestRule16OvertakenYes(t *testing.T) {
	for _, slug := range []string{"offers", "checkout"} {
		t.Run(slug, func(t *testing.T) {
			h := newHouse(t)
			token := h.submit(optin.Submission{Slug: slug, Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown(slug, "en")})
			yes := h.clock.now()
			h.clock.pass(time.Minute)
			h.act(simulator.Inbound{From: anna, Text: "STOP"})
			n := len(h.events(anna))
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(token), Timestamp: yes})
			h.wants(anna, "offers", consent.ReasonSuppressed)
			want := funnel.Closed
			if slug == "checkout" { // the stop closed it, for her number was typed; its page does not tell
				want = funnel.Requested
			}
			h.requestState(token, want)
			if len(h.events(anna)) != n+1 {
				t.Error("it is not recorded")
			}
			if len(h.chat(anna)) != 1 {
				t.Errorf("somebody who said stop is asked: %q", h.last(anna).Text)
			}
		})
	}
	t.Run("a tap", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Text: h.entry()})
		q := h.last(anna)
		yes := h.clock.now()
		h.clock.pass(time.Minute)
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		h.act(simulator.Inbound{From: anna, Button: q.Buttons[0].Payload, Context: q.ID, Timestamp: yes})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		if len(h.chat(anna)) != 2 {
			t.Errorf("somebody who said stop is asked: %q", h.last(anna).Text)
		}
	})
}

// After a stop, a used code or button does not claim that the answer stands.
func TestRule16UsedCodeAfterStop(t *testing.T) {
	t.Run("code", func(t *testing.T) {
		h := newHouse(t)
		token := h.offers()
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
	})
	t.Run("template", func(t *testing.T) {
		h := newHouse(t)
		h.tasting(h.shown("tasting", "en"))
		h.tap(anna, "Yes")
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		h.tap(anna, "Yes")
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
	})
}

// A No that withdraws is answered once.
func TestRule11WithdrawingNoIsAcknowledged(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.entry()})
	q := h.last(anna)
	h.act(simulator.Inbound{From: anna, Button: q.Buttons[0].Payload, Context: q.ID})
	h.wants(anna, "offers", "")
	n := len(h.chat(anna))
	h.act(simulator.Inbound{From: anna, Button: q.Buttons[1].Payload, Context: q.ID})
	h.wants(anna, "offers", consent.ReasonWithdrawn)
	if len(h.chat(anna)) != n+1 || !strings.Contains(h.last(anna).Text, "Stopped: Offers") {
		t.Errorf("%d answers, the last %q", len(h.chat(anna))-n, h.last(anna).Text)
	}
}

// A stop also answers what was asked before two accounts turned out to be one.
func TestRule16StopClosesQuestionsOfAMergedPerson(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: "hello"})
	id, number := h.userID(anna), strings.TrimPrefix(anna, "+")
	h.inbound("wamid.1", map[string]any{"from": number, "type": "text", "text": text(h.entry())})
	payload := h.last(anna).Buttons[0].Payload
	h.inbound("wamid.2", map[string]any{"from_user_id": id, "type": "text", "text": text(h.entry())})
	h.inbound("wamid.3", map[string]any{"from": number, "from_user_id": id, "type": "text", "text": text("stop")})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.inbound("wamid.4", map[string]any{"from": number, "from_user_id": id, "type": "interactive", "interactive": map[string]any{
		"type": "button_reply", "button_reply": map[string]any{"id": payload, "title": "Yes"},
	}})
	h.wants(anna, "offers", consent.ReasonSuppressed)
}

// A stop in the very webhook that shows two people to be one also bars the id by
// which the other was known in another portfolio.
func TestRule22StopInTheMergingWebhook(t *testing.T) {
	h := newHouse(t)
	const otherID, elsewhere, here = "100200301", "DE.11815799212886844831", "DE.13491208655302741918"
	other, err := h.manage.AddSender(t.Context(), business.Sender{
		Business: h.tenant.ID, PhoneNumberID: otherID, WABA: "201", Portfolio: "301", Number: "+494055501235", Simulated: true,
		Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}, VerifyToken: "verify"},
	})
	h.must(err)
	number := strings.TrimPrefix(anna, "+")
	h.clock.pass(time.Minute)
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "201", "changes": []any{map[string]any{"field": "messages", "value": map[string]any{
		"messaging_product": "whatsapp", "metadata": map[string]any{"phone_number_id": otherID},
		"messages": []any{map[string]any{"id": "wamid.0", "timestamp": strconv.FormatInt(h.clock.now().Unix(), 10), "from": number, "from_user_id": elsewhere, "type": "text", "text": text(h.entry())}},
	}}}}}})
	h.must(err)
	h.must(h.optin.Accept(t.Context(), body, "", []string{other}))
	h.settle()
	h.inbound("wamid.1", map[string]any{"from_user_id": here, "type": "text", "text": text(h.entry())})
	h.inbound("wamid.2", map[string]any{"from": number, "from_user_id": here, "type": "text", "text": text("stop")})
	for _, who := range []string{anna, here, elsewhere} {
		h.wants(who, "offers", consent.ReasonSuppressed)
	}
	if !slices.Contains(h.events(anna), "identity.linked") {
		t.Error("nobody was joined")
	}
	for _, id := range []string{here, elsewhere} {
		var n int
		hash := h.manage.Installation().Secrets.SuppressionHashes(tenant.Account{BSUID: id})[0]
		h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM suppression_hashes WHERE hash = $1`, hash).Scan(&n))
		if n != 1 {
			t.Errorf("%s is under %d suppressions", id, n)
		}
	}
}
