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
	"assent/records"
	"assent/whatsapp/simulator"
)

// What WhatsApp tells comes in any order, with more or less of who it is about.

// reply is a tap on a button of ours in a webhook of our own making.
func reply(payload, title string) map[string]any {
	return map[string]any{"type": "button_reply", "button_reply": map[string]any{"id": payload, "title": title}}
}

// A tap in the very message that shows a number and an account to be one answers
// the question that the number was asked.
func TestTapInTheMessageThatJoinsCounts(t *testing.T) {
	h := newHouse(t)
	h.says(anna, "", h.entry(), 0)
	payload := h.last(anna).Buttons[0].Payload
	h.says("", "DE.A1", h.prefilled(h.offers()), 0)
	h.inbound("wamid.tap", map[string]any{"from": "491701234567", "from_user_id": "DE.A1", "type": "interactive", "interactive": reply(payload, "Yes")})
	if got := h.events(anna); got[len(got)-1] != "receipt.sent" && got[len(got)-1] != "consent.renewed" {
		t.Errorf("the tap did nothing: %q", got)
	}
	h.wants(anna, "offers", "")
	h.audited()
	h.proves(h.whose(anna))
}

// Who turned out to be somebody who turned out to be somebody else was asked, too.
func TestTapOnAQuestionOfSomebodyJoinedTwice(t *testing.T) {
	h := newHouse(t)
	h.says(anna, "", h.entry(), 0)
	payload := h.last(anna).Buttons[0].Payload
	h.says("", "DE.A1", h.prefilled(h.offers()), 0)
	h.says(anna, "DE.A1", "hello", 0)                  // the number's is the account's
	h.says(clara, "DE.A2", h.prefilled(h.offers()), 0) // from the new number, before WhatsApp tells of it
	h.moves(anna, "DE.A1", clara, "DE.A2", 15*time.Second)
	if h.whose("DE.A1") != h.whose("DE.A2") {
		t.Fatal("not joined")
	}
	h.says(clara, "DE.A2", "STOP", 0)
	h.inbound("wamid.tap", map[string]any{"from": strings.TrimPrefix(clara, "+"), "from_user_id": "DE.A2", "type": "interactive", "interactive": reply(payload, "Yes")})
	h.wants(clara, "offers", consent.ReasonSuppressed) // the stop closed that question too
	if got := h.last(clara).Text; !strings.Contains(got, "STOP") {
		t.Errorf("answered with %q", got)
	}
	h.audited()
}

// WhatsApp's own stop that comes after a yes which was said later leaves the flag
// unsure, and the events say so.
func TestLatePlatformStopIsInTheEvents(t *testing.T) {
	h := newHouse(t)
	h.both(anna)
	at := h.clock.now().Add(-30 * time.Second).Unix()
	h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": "491701234567", "value": "stop", "category": "marketing_messages", "timestamp": at}}})
	h.wants(anna, "offers", "")
	h.audited()
	h.proves(h.whose(anna))
}

// A stop and a resume of the same second leave the stop, in either order.
func TestResumeOfTheSameSecondLiftsNoStop(t *testing.T) {
	for _, order := range [][]string{{"stop", "resume"}, {"resume", "stop"}} {
		h := newHouse(t)
		h.both(anna)
		h.clock.pass(time.Minute)
		at := h.clock.now().Unix()
		for _, value := range order {
			h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": "491701234567", "value": value, "category": "marketing_messages", "timestamp": at}}})
		}
		h.wants(anna, "offers", consent.ReasonPlatformStop)
		h.audited()
	}
}

// The table of +1 numbers counts where the account shows none: by its id's country,
// and by the number that is known.
func TestBareStopOfAnAmericanWhoShowsNoNumber(t *testing.T) {
	const american = "+12025550143"
	for name, tt := range map[string]struct {
		before func(h *house)
		id     string
		want   consent.Reason
	}{
		"by the country of the id":    {func(*house) {}, "US.A1", consent.ReasonSuppressed},
		"by a Caribbean country":      {func(*house) {}, "JM.A1", consent.ReasonSuppressed},
		"by the number that is known": {func(h *house) { h.says(american, "XX.A1", h.prefilled(h.offers()), 0) }, "XX.A1", consent.ReasonSuppressed},
		"not elsewhere":               {func(*house) {}, "DE.A1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.tenant.BareStop = business.StopMarketing
			h.clock.pass(time.Date(2027, 1, 31, 0, 0, 10, 0, time.UTC).Sub(h.clock.now()))
			tt.before(h)
			h.says("", tt.id, "STOP", 0)
			h.wants(tt.id, "offers", consent.ReasonSuppressed)
			got := h.check(tt.id, "orders")
			if (got == consent.ReasonSuppressed) != (tt.want == consent.ReasonSuppressed) {
				t.Errorf("orders: %q, want %q", got, tt.want)
			}
		})
	}
}

// A stop in answer to a message stops whom that went to, however it was said.
func TestStopInAnswerToAMessageHoweverSaid(t *testing.T) {
	for name, said := range map[string]map[string]any{
		"text":       {"type": "text", "text": text("stop")},
		"button":     {"type": "button", "button": map[string]any{"payload": "STOP", "text": "No, thanks"}},
		"a reply":    {"type": "interactive", "interactive": reply("x", "Stop promotions")},
		"a list row": {"type": "interactive", "interactive": map[string]any{"type": "list_reply", "list_reply": map[string]any{"id": "x", "title": "Stop"}}},
		"an edit":    {"type": "edit", "edit": map[string]any{"original_message_id": "wamid.x", "message": map[string]any{"type": "text", "text": text("stop")}}},
		"a caption":  {"type": "image", "image": map[string]any{"caption": "STOP"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.act(simulator.Inbound{From: anna, Text: "hello"})
			h.says(anna, "", h.prefilled(h.offers()), 0)
			m := map[string]any{"from_user_id": "DE.OTHER1", "context": map[string]any{"id": h.last(anna).ID}}
			for k, v := range said {
				m[k] = v
			}
			h.inbound("wamid.stop", m)
			h.wants("DE.OTHER1", "offers", consent.ReasonSuppressed)
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.audited()
		})
	}
}

// A failure whose status names nobody and whose contact does is that person's.
func TestPlatformStopOfAStatusWhoseContactAloneNamesThem(t *testing.T) {
	h := newHouse(t)
	h.both(anna)
	h.clock.pass(time.Minute)
	h.webhook(map[string]any{
		"contacts": []any{map[string]any{"wa_id": "491701234567", "user_id": h.userID(anna)}},
		"statuses": []any{map[string]any{"id": "wamid.of.other.software", "status": "failed", "timestamp": strconv.FormatInt(h.clock.now().Unix(), 10), "errors": []any{map[string]any{"code": 131050}}}},
	})
	h.wants(anna, "offers", consent.ReasonPlatformStop)
	h.audited()
}

// A yes whose deletion came first waits like one that was deleted after it.
func TestDeletionThatComesBeforeTheYes(t *testing.T) {
	h := newHouse(t)
	yes := h.prefilled(h.offers())
	h.act(simulator.Inbound{From: anna, Text: "hello"})
	h.clock.pass(time.Minute)
	said := h.clock.now().Unix()
	h.inbound("wamid.revoke", map[string]any{"from": "491701234567", "type": "revoke", "revoke": map[string]any{"original_message_id": "wamid.yes"}})
	h.inbound("wamid.yes", map[string]any{"from": "491701234567", "type": "text", "text": text(yes), "timestamp": strconv.FormatInt(said, 10)})
	h.wants(anna, "offers", consent.ReasonPending)
	if got := h.last(anna); len(got.Buttons) != 2 || !strings.Contains(got.Text, "deleted") {
		t.Errorf("the last word is %q", got.Text)
	}
	h.audited()
	h.tap(anna, "Yes")
	h.wants(anna, "offers", "")
	h.audited()
}

// A text that somebody passes on is not the one that they were shown.
func TestForwardedTextGivesNothingByItself(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: "hello"})
	h.inbound("wamid.fwd", map[string]any{"from": "491701234567", "type": "text", "text": text(h.prefilled(h.offers())), "context": map[string]any{"forwarded": true}})
	h.wants(anna, "offers", consent.ReasonUnknown)
	h.tap(anna, "Yes")
	h.wants(anna, "offers", "")
	h.audited()
}

// A stop that comes late closes nothing that was asked after it was said.
func TestLateStopClosesNoYoungerQuestion(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.entry()})
	h.says(anna, h.userID(anna), "STOP", 17*time.Second)
	h.tap(anna, "Yes")
	h.wants(anna, "offers", "")
	h.audited()
}

// A no that was said before a later yes withdraws nothing, and nobody is told that it
// did.
func TestLateNoWithdrawsNothing(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.entry()})
	no, said := h.last(anna).Buttons[1].Payload, h.seconds()
	h.says(anna, h.userID(anna), h.prefilled(h.offers()), 0)
	h.inbound("wamid.no", map[string]any{"from": "491701234567", "timestamp": said, "type": "interactive", "interactive": reply(no, "No")})
	h.wants(anna, "offers", "")
	for _, m := range h.chat(anna) {
		if strings.HasPrefix(m.Text, "Stopped") {
			t.Errorf("told %q", m.Text)
		}
	}
	if slices.Contains(h.events(anna), "consent.withdrawn") {
		t.Error("recorded as withdrawn")
	}
	h.audited()
}

// What was said by the receipt of a number counts in the message that joins it.
func TestNotMeInTheMessageThatJoinsStops(t *testing.T) {
	h := newHouse(t)
	h.says(anna, "", h.prefilled(h.offers()), 0)
	receipt := h.last(anna).Buttons[0]
	h.says("", "DE.A1", "STOP orders", 0)
	h.inbound("wamid.tap", map[string]any{"from": "491701234567", "from_user_id": "DE.A1", "type": "interactive", "interactive": reply(receipt.Payload, receipt.Title)})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants("DE.A1", "offers", consent.ReasonSuppressed)
	h.audited()
}

// What becomes of a message whose person was locked since is no reason to keep the
// body that tells it.
func TestStatusOfALockedPersonIsNotParked(t *testing.T) {
	h := newHouse(t)
	h.both(anna)
	var receipt string
	raw := h.db.Raw(h)
	h.must(raw.QueryRow(`SELECT id FROM messages WHERE kind = 'receipt'`).Scan(&receipt))
	h.must(raw.Close())
	_, err := h.records.Lock(t.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"}, h.clock.now().AddDate(1, 0, 0))
	h.must(err)
	for _, status := range []string{"delivered", "failed"} {
		h.clock.pass(time.Minute)
		st := map[string]any{"id": "wamid.late", "status": status, "timestamp": h.seconds(), "recipient_id": "491701234567", "biz_opaque_callback_data": receipt}
		if status == "failed" {
			st["errors"] = []any{map[string]any{"code": 131050}}
		}
		h.webhook(map[string]any{"statuses": []any{st}})
	}
	h.parkedFor("")
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.audited()
}

// Who sends a used code again after a join is told what became of it.
func TestUsedCodeShowsItsOutcomeAfterAJoin(t *testing.T) {
	h := newHouse(t)
	yes := h.prefilled(h.offers())
	h.says(anna, "", yes, 0)
	h.says("", "DE.A1", "STOP orders", 0)
	h.says(anna, "DE.A1", "hello", 0)
	h.says(anna, "DE.A1", yes, 0)
	if got := h.last(anna); len(got.Buttons) != 0 {
		t.Errorf("asked again: %q", got.Text)
	}
	h.wants(anna, "offers", "")
	h.audited()
}

// One parent id in two portfolios is one person.
func TestStopUnderAParentReachesTheOtherPortfolio(t *testing.T) {
	h := newHouse(t)
	h.inbound("wamid.1", map[string]any{"from": "491701234567", "from_user_id": "DE.A1", "from_parent_user_id": "DE.ENT.1", "type": "text", "text": text(h.prefilled(h.offers()))})
	h.inbound("wamid.2", map[string]any{"from_user_id": "DE.Z9", "from_parent_user_id": "DE.ENT.1", "type": "text", "text": text("STOP")})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants("DE.A1", "offers", consent.ReasonSuppressed)
	h.wants("DE.Z9", "offers", consent.ReasonSuppressed)
	h.audited()
}

// Two that were known apart show one parent: they are one person from then on, and a
// stop of either reaches both.
func TestStopUnderAParentThatShowsLater(t *testing.T) {
	h := newHouse(t)
	h.elsewhere()
	yes := func() map[string]any { return text(h.prefilled(h.offers())) }
	h.inbound("wamid.1", map[string]any{"from": "491701234567", "from_user_id": "DE.A1", "type": "text", "text": yes()})
	h.inboundTo(elsewhere, "wamid.2", map[string]any{"from_user_id": "DE.Z9", "type": "text", "text": yes()})
	h.inbound("wamid.3", map[string]any{"from": "491701234567", "from_user_id": "DE.A1", "from_parent_user_id": "DE.ENT.1", "type": "text", "text": text("STOP orders")})
	h.inboundTo(elsewhere, "wamid.4", map[string]any{"from_user_id": "DE.Z9", "from_parent_user_id": "DE.ENT.1", "type": "text", "text": text("STOP")})
	h.wants("DE.Z9", "offers", consent.ReasonSuppressed)
	h.wants("DE.A1", "offers", consent.ReasonSuppressed)
	h.wants(anna, "offers", consent.ReasonSuppressed)
	if got := h.events(anna); !slices.Contains(got, "identity.linked") {
		t.Errorf("they are not one person: %q", got)
	}
	h.audited()
	h.proves(h.whose(anna))
}

// A parent's id makes nobody somebody who is known by another account there.
func TestParentOfTwoAccountsOfOnePortfolioJoinsNobody(t *testing.T) {
	h := newHouse(t)
	h.inbound("wamid.1", map[string]any{"from_user_id": "DE.A1", "type": "text", "text": text(h.prefilled(h.offers()))})
	h.inbound("wamid.2", map[string]any{"from_user_id": "DE.B1", "type": "text", "text": text("STOP orders")})
	h.inbound("wamid.3", map[string]any{"from_user_id": "DE.A1", "from_parent_user_id": "DE.ENT.1", "type": "text", "text": text("STOP orders")})
	h.inbound("wamid.4", map[string]any{"from_user_id": "DE.B1", "from_parent_user_id": "DE.ENT.1", "type": "text", "text": text("STOP offers")})
	h.wants("DE.A1", "offers", "")
	if h.whose("DE.A1") == h.whose("DE.B1") {
		t.Error("joined")
	}
	h.audited()
}

// elsewhere is a number of the business in another portfolio.
const elsewhere = "100200399"

func (h *house) elsewhere() {
	h.Helper()
	_, err := h.manage.AddSender(h.Context(), business.Sender{
		Business: h.tenant.ID, PhoneNumberID: elsewhere, WABA: "209", Portfolio: "309", Number: "+494055501239", Simulated: true,
		Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}, VerifyToken: "verify"},
	})
	h.must(err)
}

// inboundTo is a message to one of the business's numbers.
func (h *house) inboundTo(number, id string, m map[string]any) {
	h.Helper()
	h.clock.pass(10 * time.Second)
	m["id"], m["timestamp"] = id, h.seconds()
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "209", "changes": []any{map[string]any{"field": "messages", "value": map[string]any{
		"messaging_product": "whatsapp", "metadata": map[string]any{"phone_number_id": number}, "messages": []any{m},
	}}}}}})
	h.must(err)
	sender, _, ok := h.manage.Directory().Sender(number)
	if !ok {
		h.Fatalf("no number %s", number)
	}
	h.must(h.optin.Accept(h.Context(), body, "", []string{sender.ID}))
	_, err = h.optin.HandleInbox(h.Context())
	h.must(err)
}
