package optin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/records"
	"assent/store"
	"assent/table"
	"assent/whatsapp/simulator"
)

// clickID is a click's own id: personal, and nothing to keep as attribution.
const clickID = "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwFF4XvnO2E4Nx0-eM-GABDLOPaOdRMv"

var (
	ad  = &simulator.Referral{SourceType: "ad", SourceID: "120210000000", SourceURL: "https://fb.me/1", Headline: "Fresh beans", Body: "Write to us", MediaType: "image", ClickID: clickID}
	ad2 = &simulator.Referral{SourceType: "post", SourceID: "77_88", Headline: "Open day"}
)

// cameFrom lists a person's events, receipts left out, with what led to each.
func (h *house) cameFrom(who string) (list []string) {
	h.Helper()
	for _, v := range h.opened(who) {
		line := string(v.Name)
		if raw, ok := v.Extra[funnel.ClaimCampaign]; ok {
			var c funnel.Campaign
			h.must(json.Unmarshal(raw, &c))
			line += " " + c.String()
		}
		for name, raw := range v.Extra {
			if strings.Contains(string(raw), clickID) {
				h.Errorf("%s discloses the click's id", name)
			}
		}
		if v.Name != evidence.ReceiptSent && v.Name != evidence.ReceiptDelivered || line != string(v.Name) {
			list = append(list, line)
		}
	}
	return list
}

func (h *house) came(who string, want ...string) {
	h.Helper()
	if got := h.cameFrom(who); !slices.Equal(got, want) {
		h.Errorf("%s: %q, want %q", who, got, want)
	}
}

// An ad is named with the first message alone: the question that follows remembers it
// for its answers.
func TestCampaignOfWhatFollowsAnAd(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad})
	h.tap(anna, "Yes")
	h.tap(anna, "No")
	const from = " ad 120210000000: Fresh beans"
	h.came(anna, "consent.requested"+from, "consent.given"+from, "consent.refused"+from)
	h.act(simulator.Inbound{From: anna, Text: "STOP"}) // which no ad led to
	h.came(anna, "consent.requested"+from, "consent.given"+from, "consent.refused"+from, "consent.withdrawn")
	h.audited()
	h.proves(h.whose(anna))
}

func TestCampaignOfOneAct(t *testing.T) {
	const from = " ad 120210000000: Fresh beans"
	for name, tt := range map[string]struct {
		acts func(h *house)
		want []string
	}{
		"a yes": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers()), Referral: ad})
		}, []string{"consent.given" + from}},
		"a stop": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "STOP", Referral: ad})
		}, []string{"suppression.added" + from}},
		"START": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "START", Referral: ad})
			h.tap(anna, "Yes")
		}, []string{"consent.requested" + from, "consent.given" + from}},
		"of somebody known": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
			h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad})
			h.tap(anna, "Yes")
		}, []string{"consent.given", "consent.renewed" + from}},
		"the newest where there are two": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad})
			h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad2})
			h.tap(anna, "Yes")
		}, []string{"consent.requested" + from, "consent.given post 77_88: Open day"}},
		"its own before that of the question": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad2})
			q := h.last(anna)
			h.act(simulator.Inbound{From: anna, Button: q.Buttons[0].Payload, Context: q.ID, Referral: ad})
		}, []string{"consent.requested post 77_88: Open day", "consent.given" + from}},
		"a question asked without an ad": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad})
			h.act(simulator.Inbound{From: anna, Text: h.entry()})
			h.tap(anna, "Yes")
		}, []string{"consent.requested" + from, "consent.given"}},
		"a code that is answered with words": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "hello " + h.prefilled(h.offers()), Referral: ad})
			h.tap(anna, "Yes")
		}, []string{"consent.requested" + from, "consent.given" + from}},
		"of a message that is no act": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "Is this still available?", Referral: ad})
			h.act(simulator.Inbound{From: anna, Text: "hello?"})
			h.act(simulator.Inbound{From: anna, Text: h.entry()})
			h.tap(anna, "Yes")
			h.act(simulator.Inbound{From: anna, Text: "STOP"}) // which it did not lead to
		}, []string{"consent.requested" + from, "consent.given" + from, "consent.withdrawn"}},
		"of a picture, before a stop": {func(h *house) {
			h.inbound("wamid.1", map[string]any{"from": "491701234567", "type": "image", "image": map[string]any{"caption": "this?"}, "referral": ad})
			h.act(simulator.Inbound{From: anna, Text: "STOP"})
		}, []string{"suppression.added" + from}},
		"of HELP, before the form's text": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "HELP", Referral: ad})
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		}, []string{"consent.given" + from}},
		"of a message that is no act, before a tap": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: h.entry()})
			h.act(simulator.Inbound{From: anna, Text: "Can I get more info?", Referral: ad})
			h.tap(anna, "Yes")
		}, []string{"consent.requested", "consent.given" + from}},
		"not before its own": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "Can I get more info?", Referral: ad2})
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers()), Referral: ad})
			h.act(simulator.Inbound{From: anna, Text: "STOP"})
		}, []string{"consent.given" + from, "consent.withdrawn"}},
		"the newest of two that are no act": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "Can I get more info?", Referral: ad2})
			h.act(simulator.Inbound{From: anna, Text: "Hello?", Referral: ad})
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		}, []string{"consent.given" + from}},
		"not after a day": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "Can I get more info?", Referral: ad})
			h.clock.pass(chat.ArrivalLife)
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		}, []string{"consent.given"}},
		"not of what was done before": {func(h *house) {
			h.act(simulator.Inbound{From: anna, Text: "hello"})
			h.says(anna, h.userID(anna), "Can I get more info?", 0)
			h.inbound("wamid.1", map[string]any{"from": "491701234567", "type": "text", "text": text("Can I get more info?"), "referral": ad})
			h.says(anna, "", h.prefilled(h.offers()), time.Minute)
		}, []string{"consent.given"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			tt.acts(h)
			h.came(anna, tt.want...)
			h.audited()
			h.proves(h.whose(anna))
		})
	}
}

// What is remembered of an ad says nothing of the message and of whose it is, is
// found by either of the account's names, and is gone after a day, and with whoever
// is erased.
func TestCampaignOfAMessageThatIsNoAct(t *testing.T) {
	arrivals := func(h *house) (n int) {
		h.Helper()
		raw := h.db.Raw(h)
		rows, err := raw.Query(`SELECT hash, campaign FROM arrivals`)
		h.must(err)
		for rows.Next() {
			n++
			var hash, campaign []byte
			h.must(rows.Scan(&hash, &campaign))
			for _, plain := range []string{"beans", "120210", clickID, "available", "491701234567", "DE.A1"} {
				if bytes.Contains(append(hash, campaign...), []byte(plain)) {
					h.Errorf("%q is kept in the clear", plain)
				}
			}
		}
		h.must(errors.Join(rows.Err(), rows.Close(), raw.Close()))
		return n
	}
	hello := map[string]any{"from": "491701234567", "from_user_id": "DE.A1", "type": "text", "text": text("Is this still available?"), "referral": ad}
	t.Run("found by the account that shows no number", func(t *testing.T) {
		h := newHouse(t)
		h.inbound("wamid.1", hello)
		if n := arrivals(h); n != 2 {
			t.Errorf("%d rows, want one of the number and one of the account", n)
		}
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		p, err := h.records.Person(t.Context(), h.tenant.ID, h.whose("DE.A1"))
		h.must(err)
		var given []string
		for _, e := range p.Events {
			if e.Name == evidence.ConsentGiven {
				given = append(given, e.Campaign.String())
			}
		}
		if !slices.Equal(given, []string{"ad 120210000000: Fresh beans"}) {
			t.Errorf("came from %q", given)
		}
		h.audited()
	})
	t.Run("gone after a day", func(t *testing.T) {
		h := newHouse(t)
		h.inbound("wamid.1", hello)
		h.clock.pass(chat.ArrivalLife - time.Minute)
		h.must(h.optin.DropInbox(t.Context()))
		if n := arrivals(h); n != 2 {
			t.Errorf("%d rows before the day is over", n)
		}
		h.clock.pass(2 * time.Minute)
		h.must(h.optin.DropInbox(t.Context()))
		if n := arrivals(h); n != 0 {
			t.Errorf("%d rows are kept", n)
		}
	})
	t.Run("gone with whoever is erased", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.inbound("wamid.1", hello)
		_, err := h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"})
		h.must(err)
		if n := arrivals(h); n != 0 {
			t.Errorf("%d rows are kept", n)
		}
	})
	t.Run("nothing without an ad, of a group, or of what is old", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "", "Is this still available?", 0)
		group := maps.Clone(hello)
		group["group_id"] = "g1"
		h.inbound("wamid.1", group)
		old := maps.Clone(hello)
		old["timestamp"] = fmt.Sprint(h.clock.now().Add(-chat.ArrivalLife).Unix())
		h.inbound("wamid.2", old)
		if n := arrivals(h); n != 0 {
			t.Errorf("%d rows are kept", n)
		}
	})
}

// Whatever a referral holds, the act beside it counts, and nothing of it plays tricks.
func TestCampaignThatIsMalformed(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for name, tt := range map[string]struct{ referral, want string }{
		"a list":                     {`[]`, ""},
		"a string":                   {`"ad"`, ""},
		"a number":                   {`7`, ""},
		"nothing":                    {`null`, ""},
		"empty":                      {`{}`, ""},
		"numbers for strings":        {`{"source_type":"ad","source_id":120210000000123456,"headline":50}`, " ad 120210000000123456: 50"},
		"objects for strings":        {`{"source_type":{"a":[]},"source_id":"12","headline":["x"]}`, " 12"},
		"one part mistyped":          {`{"source_id":{},"source_type":"ad","headline":"Beans"}`, " ad: Beans"},
		"a welcome that is none":     {`{"source_id":"12","source_type":"ad","welcome_message":"x"}`, " ad 12"},
		"nested":                     {`{"source_id":"12","source_type":"ad","more":` + deep + `}`, " ad 12"},
		"a headline of tricks":       {`{"source_id":"12","source_type":"ad","headline":"\u202eevil\u0000\ud800\n<b>x</b>"}`, " ad 12: evil <b>x</b>"},
		"an id of tricks":            {`{"source_id":"12\u0000'; DROP TABLE events","source_type":"ad","headline":"x"}`, " ad: x"},
		"a type of tricks":           {`{"source_id":"12","source_type":"=HYPERLINK(1)"}`, " 12"},
		"far too long":               {`{"source_id":"12","source_type":"ad","headline":"` + strings.Repeat("ä", 100_000) + `"}`, " ad 12: " + strings.Repeat("ä", 120)},
		"an id that is far too long": {`{"source_id":"` + strings.Repeat("1", 100_000) + `","headline":"x"}`, " x"},
	} {
		for _, event := range []string{"consent.given", "suppression.added"} {
			t.Run(name+" beside "+event, func(t *testing.T) {
				h := newHouse(t)
				words := "STOP"
				if event == "consent.given" {
					words = h.prefilled(h.offers())
				}
				said, err := json.Marshal(words)
				h.must(err)
				h.raw("messages", h.value(`"messages":[{"referral":`+tt.referral+`,"from":"491701234567","id":"wamid.1","timestamp":"`+h.seconds()+`","text":{"body":`+string(said)+`},"type":"text"}]`))
				h.came(anna, event+tt.want)
				h.parkedFor("")
			})
		}
	}
}

// A webhook that comes twice is one act, and what it left of an ad is said once.
func TestCampaignThatComesTwice(t *testing.T) {
	h := newHouse(t)
	message := map[string]any{"from": "491701234567", "type": "text", "text": text(h.entry()), "referral": ad}
	for range 2 {
		h.inbound("wamid.1", message)
	}
	h.came(anna, "consent.requested ad 120210000000: Fresh beans")
	if n := len(h.chat(anna)); n != 1 {
		t.Errorf("asked %d times", n)
	}
	h.audited()
}

// A number that somebody types is another's record: what led to the message is not
// theirs.
func TestCampaignIsNotThatOfATypedNumber(t *testing.T) {
	h := newHouse(t)
	h.says("", "DE.A1", "STOP", 0)
	h.inbound("wamid.typed", map[string]any{"from_user_id": "DE.A1", "type": "text", "text": text("+49 170 1234567"), "referral": ad})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.came(anna, "suppression.added")
}

// A question to a number that turned out to be an account's remembers what led to it.
func TestCampaignSurvivesAJoin(t *testing.T) {
	h := newHouse(t)
	h.inbound("wamid.1", map[string]any{"from": "491701234567", "type": "text", "text": text(h.entry()), "referral": ad})
	payload := h.last(anna).Buttons[0].Payload
	h.says("", "DE.A1", h.prefilled(h.offers()), 0)
	h.says(anna, "DE.A1", "hello", 0)
	h.inbound("wamid.2", map[string]any{"from": "491701234567", "from_user_id": "DE.A1", "type": "interactive", "interactive": map[string]any{
		"type": "button_reply", "button_reply": map[string]any{"id": payload, "title": "Yes"},
	}})
	if got := h.cameFrom(anna); !slices.Contains(got, "identity.linked") || got[len(got)-1] != "consent.renewed ad 120210000000: Fresh beans" {
		t.Errorf("%q", got)
	}
	h.audited()
}

// Operators see it in the story and in exports, Meta does not in its bundle, and an
// erasure takes it.
func TestCampaignIsShownAndErased(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad})
	payload, ok := chat.OpenPayload(h.manage.Installation().Secrets.Payload, h.last(anna).Buttons[0].Payload)
	if !ok {
		t.Fatal("the button is not ours")
	}
	h.tap(anna, "Yes")
	h.settle()
	id := h.whose(anna)
	p, err := h.records.Person(t.Context(), h.tenant.ID, id)
	h.must(err)
	for _, e := range p.Events {
		if want := e.Name != evidence.ReceiptSent && e.Name != evidence.ReceiptDelivered; !e.Campaign.IsZero() != want {
			t.Errorf("%s came from %q", e.Name, e.Campaign)
		}
	}
	var out bytes.Buffer
	h.must(h.records.Export(t.Context(), records.Query{Business: h.tenant.ID, Mask: true}, table.CSV, "operator-1", &out))
	lines := strings.Split(out.String(), "\n")
	if !strings.HasSuffix(strings.TrimSpace(lines[0]), ",campaign") || !strings.HasSuffix(strings.TrimSpace(lines[1]), ",ad 120210000000: Fresh beans") {
		t.Errorf("exported\n%s", out.String())
	}
	question := func() (q chat.Question, ok bool) {
		h.must(h.store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			q, ok, err = tx.Question(ctx, payload.Question)
			return err
		}))
		return q, ok
	}
	if q, ok := question(); !ok || len(q.Campaign) == 0 || bytes.Contains(q.Campaign, []byte("beans")) {
		t.Errorf("the question keeps %q", q.Campaign)
	}
	_, err = h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"})
	h.must(err)
	if q, ok := question(); ok {
		t.Errorf("the question is kept: %q", q.Campaign)
	}
	p, err = h.records.Person(t.Context(), h.tenant.ID, id)
	h.must(err)
	for _, e := range p.Events {
		if !e.Campaign.IsZero() {
			t.Errorf("%s still says %q", e.Name, e.Campaign)
		}
	}
	h.audited()
}

// A question whose memory is damaged is answered all the same.
func TestCampaignThatCannotBeReadHoldsUpNothing(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.entry(), Referral: ad})
	raw := h.db.Raw(h)
	_, err := raw.Exec(`UPDATE questions SET campaign = $1`, []byte("damaged"))
	h.must(errors.Join(err, raw.Close()))
	h.tap(anna, "Yes")
	h.came(anna, "consent.requested ad 120210000000: Fresh beans", "consent.given")
	h.parkedFor("")
}

// Somebody who shows no number is seen with their username, and never known by it.
func TestUsernameOfWhoShowsNoNumber(t *testing.T) {
	h := newHouse(t)
	says := func(id, number, username, words string) {
		h.clock.pass(10e9)
		m := map[string]any{"id": "wamid." + h.seconds(), "timestamp": h.seconds(), "from_user_id": id, "type": "text", "text": text(words)}
		contact := map[string]any{"user_id": id, "profile": map[string]any{"name": "Kim", "username": username}}
		if number != "" {
			m["from"], contact["wa_id"] = number, number
		}
		h.webhook(map[string]any{"contacts": []any{contact}, "messages": []any{m}})
	}
	wants := func(id, want string, events ...string) {
		t.Helper()
		p, err := h.records.Person(t.Context(), h.tenant.ID, h.whose(id))
		h.must(err)
		var said []string
		for _, e := range slices.Backward(p.Events) {
			if e.Name != evidence.ReceiptSent && e.Name != evidence.ReceiptDelivered {
				said = append(said, e.Username)
			}
		}
		if p.Username != want || !slices.Equal(said, events) {
			t.Errorf("%s is %q, in the story %q", id, p.Username, said)
		}
	}
	says("DE.A1", "", "@kim.k", h.entry())
	says("DE.A1", "", "kim_2", "STOP")
	wants("DE.A1", "@kim_2", "@kim.k", "@kim_2")
	says("DE.B1", "", "@kim.k", "STOP") // who took the name since is somebody else
	wants("DE.B1", "@kim.k", "@kim.k")
	says("DE.C1", "", "\u202e<b>", "STOP")
	wants("DE.C1", "", "")
	says("DE.D1", "491701234567", "kim.d", "STOP") // whose number is known needs no other word
	wants("DE.D1", "", "")
	if h.whose("DE.A1") == h.whose("DE.B1") {
		t.Error("joined by a username")
	}
	h.audited()
	h.proves(h.whose("DE.A1"))
}
