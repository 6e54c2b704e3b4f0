package optin_test

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/locale"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

// became is a status of a message that other software sent.
type became struct {
	wamid, number, id string
	status            string
	category          string        // in which it was charged; empty where the status does not say
	ago               time.Duration // before now
}

// becomes posts statuses in one body, in their order.
func (h *house) becomes(list ...became) {
	h.Helper()
	var all []any
	for _, b := range list {
		all = append(all, b.json(h.clock.now()))
	}
	h.webhook(map[string]any{"statuses": all})
}

func (b *became) json(now time.Time) map[string]any {
	st := map[string]any{"id": b.wamid, "status": b.status, "timestamp": strconv.FormatInt(now.Add(-b.ago).Unix(), 10)}
	if b.number != "" {
		st["recipient_id"] = strings.TrimPrefix(b.number, "+")
	}
	if b.id != "" {
		st["recipient_user_id"] = b.id
	}
	if b.category != "" {
		st["pricing"] = map[string]any{"billable": true, "pricing_model": "PMP", "type": "regular", "category": b.category}
	}
	if b.status == "failed" {
		st["errors"] = []any{map[string]any{"code": 131050}}
	}
	return st
}

// statusTo posts a status as a number's own webhook brings it.
func (h *house) statusTo(number, sender string, b became) {
	h.Helper()
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "209", "changes": []any{map[string]any{"field": "messages", "value": map[string]any{
		"messaging_product": "whatsapp", "metadata": map[string]any{"phone_number_id": number}, "statuses": []any{b.json(h.clock.now())},
	}}}}}})
	h.must(err)
	h.must(h.optin.Accept(h.Context(), body, "", []string{sender}))
	h.settle()
}

// flag returns what is kept of WhatsApp's own stop of whoever has the number or id.
func (h *house) flag(who string) (flag consent.PlatformFlag) {
	h.Helper()
	h.must(h.store.ReadOnly(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		sub, err := tx.Subject(ctx, h.whose(who))
		flag = sub.Platform
		return err
	}))
	return flag
}

func (h *house) flagged(who string, want consent.PlatformFlag) {
	h.Helper()
	if got := h.flag(who); got != want {
		h.Errorf("flag %q, want %q", got, want)
	}
}

// doubtful lets somebody stop marketing in WhatsApp and say yes again, and a minute
// pass.
func (h *house) doubtful(number, id string) {
	h.Helper()
	h.says(number, id, h.prefilled(h.offers()), 0)
	h.refuses131050(number, id)
	h.says(number, id, h.prefilled(h.offers()), 0)
	h.flagged(cmp.Or(number, id), consent.PlatformUnsure)
	h.clock.pass(time.Minute)
}

const aID = "DE.A1"

func TestRule19DeliveryClearsUnsure(t *testing.T) {
	sent := became{wamid: "wamid.c1", number: anna, id: aID, status: "sent", category: "marketing", ago: 20 * time.Second}
	arrived := became{wamid: "wamid.c1", number: anna, id: aID, status: "delivered", category: "marketing", ago: 10 * time.Second}
	as := func(b became, fn func(*became)) became { fn(&b); return b }
	for name, tt := range map[string]struct {
		statuses []became
		want     consent.PlatformFlag
	}{
		"delivered":                          {[]became{sent, arrived}, consent.PlatformClear},
		"read, of which alone WhatsApp told": {[]became{sent, as(arrived, func(b *became) { b.status = "read" })}, consent.PlatformClear},
		"played":                             {[]became{sent, as(arrived, func(b *became) { b.status = "played" })}, consent.PlatformClear},
		"in reverse":                         {[]became{arrived, sent}, consent.PlatformClear},
		"the marketing endpoint's":           {[]became{as(sent, func(b *became) { b.category = "marketing_lite" }), as(arrived, func(b *became) { b.category = "marketing_lite" })}, consent.PlatformClear},
		"each twice":                         {[]became{sent, sent, arrived, arrived, sent}, consent.PlatformClear},
		"by the number alone":                {[]became{as(sent, func(b *became) { b.id = "" }), as(arrived, func(b *became) { b.id = "" })}, consent.PlatformClear},
		"by the account alone":               {[]became{as(sent, func(b *became) { b.number = "" }), as(arrived, func(b *became) { b.number = "" })}, consent.PlatformClear},
		"only sent":                          {[]became{sent, sent}, consent.PlatformUnsure},
		"only delivered":                     {[]became{arrived, arrived}, consent.PlatformUnsure},
		"sent before the yes":                {[]became{as(sent, func(b *became) { b.ago = 65 * time.Second }), arrived}, consent.PlatformUnsure},
		"sent within the margin of the yes":  {[]became{as(sent, func(b *became) { b.ago = 57 * time.Second }), arrived}, consent.PlatformUnsure},
		"utility":                            {[]became{as(sent, func(b *became) { b.category = "utility" }), as(arrived, func(b *became) { b.category = "utility" })}, consent.PlatformUnsure},
		"a category that is not told":        {[]became{as(sent, func(b *became) { b.category = "" }), as(arrived, func(b *became) { b.category = "" })}, consent.PlatformUnsure},
		"one sent, another delivered":        {[]became{sent, as(arrived, func(b *became) { b.wamid = "wamid.c2" })}, consent.PlatformUnsure},
		"to somebody else":                   {[]became{as(sent, func(b *became) { b.number, b.id = clara, "DE.C1" }), as(arrived, func(b *became) { b.number, b.id = clara, "DE.C1" })}, consent.PlatformUnsure},
		"to who has the number now":          {[]became{as(sent, func(b *became) { b.id = "DE.C1" }), as(arrived, func(b *became) { b.id = "DE.C1" })}, consent.PlatformUnsure},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.doubtful(anna, aID)
			n := len(h.events(anna))
			h.becomes(tt.statuses...)
			h.flagged(anna, tt.want)
			h.wants(anna, "offers", "")
			more := 0
			if tt.want == consent.PlatformClear {
				more = 1
			}
			if got := h.events(anna); len(got) != n+more || more > 0 && got[n] != "platform.resumed" {
				t.Errorf("events %q", got[n:])
			}
			h.audited()
			h.proves(h.whose(anna))
		})
	}
}

// What WhatsApp refuses after it delivered counts again, also where its word of it
// comes late.
func TestRule19RefusalAfterADelivery(t *testing.T) {
	for name, tt := range map[string]struct {
		ago   time.Duration
		flag  consent.PlatformFlag
		check consent.Reason
	}{
		"after it":                        {0, consent.PlatformStop, consent.ReasonPlatformStop},
		"of a newer message, told late":   {15 * time.Second, consent.PlatformStop, consent.ReasonPlatformStop},
		"of one that is older than a yes": {70 * time.Second, consent.PlatformUnsure, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.doubtful(anna, aID)
			h.becomes(became{"wamid.c1", anna, aID, "sent", "marketing", 20 * time.Second}, became{"wamid.c1", anna, aID, "delivered", "marketing", 10 * time.Second})
			h.flagged(anna, consent.PlatformClear)
			h.becomes(became{wamid: "wamid.c2", number: anna, id: aID, status: "failed", ago: tt.ago})
			h.flagged(anna, tt.flag)
			h.wants(anna, "offers", tt.check)
			h.audited()
		})
	}
}

// A message that was sent after one yes tells nothing after the next stop, and what
// WhatsApp told before the yes came is told by the next message.
func TestRule19DeliveryAcrossAnotherStop(t *testing.T) {
	h := newHouse(t)
	h.doubtful(anna, aID)
	h.becomes(became{"wamid.c1", anna, aID, "sent", "marketing", 0})
	h.refuses131050(anna, aID)
	h.says(anna, aID, h.prefilled(h.offers()), 0)
	h.clock.pass(time.Minute)
	h.becomes(became{"wamid.c1", anna, aID, "delivered", "marketing", 0})
	h.flagged(anna, consent.PlatformUnsure)
	h.becomes(became{"wamid.c2", anna, aID, "sent", "marketing", 0}, became{"wamid.c2", anna, aID, "read", "marketing", 0})
	h.flagged(anna, consent.PlatformClear)
	h.audited()
}

func TestRule19DeliveryHandledBeforeTheYes(t *testing.T) {
	h := newHouse(t)
	h.says(anna, aID, h.prefilled(h.offers()), 0)
	h.refuses131050(anna, aID)
	h.clock.pass(time.Minute)
	again := h.prefilled(h.offers())
	h.becomes(became{"wamid.c1", anna, aID, "sent", "marketing", 20 * time.Second}, became{"wamid.c1", anna, aID, "delivered", "marketing", 10 * time.Second})
	h.flagged(anna, consent.PlatformStop)
	h.says(anna, aID, again, 40*time.Second)
	h.becomes(became{"wamid.c1", anna, aID, "read", "", 0})
	h.flagged(anna, consent.PlatformUnsure)
	h.becomes(became{"wamid.c2", anna, aID, "sent", "marketing", 5 * time.Second}, became{"wamid.c2", anna, aID, "delivered", "marketing", 0})
	h.flagged(anna, consent.PlatformClear)
	h.audited()
}

func TestRule19DeliveryKnownByTheAccountAlone(t *testing.T) {
	h := newHouse(t)
	h.doubtful("", aID)
	h.becomes(became{"wamid.c1", "", aID, "sent", "marketing", 20 * time.Second}, became{"wamid.c1", "", aID, "delivered", "marketing", 10 * time.Second})
	h.flagged(aID, consent.PlatformClear)
	h.audited()
}

// Another business's campaign tells nothing of this one's: neither from its own
// number, nor by an account id that another portfolio happens to give somebody.
func TestRule19DeliveryOfAnotherBusiness(t *testing.T) {
	h := newHouse(t)
	h.doubtful(anna, aID)
	h.kin("neighbour", "100200400", "token", "210")
	other, _, ok := h.manage.Directory().Sender("100200400")
	if !ok {
		t.Fatal("no other number")
	}
	h.elsewhere()
	here, _, _ := h.manage.Directory().Sender(elsewhere)
	for number, tt := range map[string]struct {
		sender string
		status became
	}{
		"100200400": {other.ID, became{wamid: "wamid.n1", number: anna, id: aID}},
		elsewhere:   {here.ID, became{wamid: "wamid.n2", id: aID}},
	} {
		for _, status := range []string{"sent", "delivered"} {
			tt.status.status, tt.status.category = status, "marketing"
			h.statusTo(number, tt.sender, tt.status)
		}
		h.flagged(anna, consent.PlatformUnsure)
	}
	h.audited()
}

// A status with another system's callback data is looked at one by one.
func TestRule19DeliveryWithCallbackData(t *testing.T) {
	h := newHouse(t)
	h.doubtful(anna, aID)
	for _, status := range []string{"sent", "delivered"} {
		b := became{wamid: "wamid.c1", number: anna, id: aID, status: status, category: "marketing"}
		st := b.json(h.clock.now())
		st["biz_opaque_callback_data"] = "row 7 of theirs"
		h.webhook(map[string]any{"statuses": []any{st}})
	}
	h.flagged(anna, consent.PlatformClear)
	h.audited()
}

// The simulator's WhatsApp tells the same, from a stop in the phone to a campaign.
func TestRule19DoubtInTheCheck(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	if h.answer(anna, "offers").Unsure {
		t.Error("unsure without a stop")
	}
	h.act(simulator.Inbound{From: anna, Marketing: "stop"})
	h.act(simulator.Inbound{From: anna, Text: h.bothTicked()})
	if a := h.answer(anna, "offers"); !a.Allowed || !a.Unsure {
		t.Errorf("the check does not tell of the doubt: %+v", a)
	}
	if a := h.answer(anna, "orders"); !a.Allowed || a.Unsure {
		t.Errorf("orders are no marketing: %+v", a)
	}
	h.clock.pass(time.Minute)
	h.becomes(became{"wamid.c1", anna, "", "sent", "marketing", 20 * time.Second}, became{"wamid.c1", anna, "", "delivered", "marketing", 10 * time.Second})
	if a := h.answer(anna, "offers"); !a.Allowed || a.Unsure {
		t.Errorf("still in doubt: %+v", a)
	}
	if !slices.Contains(h.events(anna), "platform.resumed") {
		t.Error("no event")
	}
}

// Whoever says yes after WhatsApp's own stop is told where its control is, in each
// language that people are spoken to. Where the funnel has no words in a script of its
// own, its receipt is not looked at.
func TestRule19TellsWhereTheControlIs(t *testing.T) {
	h := newHouse(t)
	_, v, _ := h.manage.Directory().Funnel("offers")
	next := *v.Version
	next.Texts = maps.Clone(v.Texts)
	for _, lang := range locale.Tags() {
		if _, ok := next.Texts[lang]; !ok && !slices.Contains([]string{"bn", "he", "hi", "ja"}, lang) {
			next.Texts[lang] = v.Texts["en"]
		}
	}
	h.must(h.manage.PublishFunnel(t.Context(), &next))
	said := map[string]string{}
	for _, lang := range locale.Tags() {
		want := locale.For(lang).T("chat.platform_stop", "Business", h.tenant.BrandName)
		if other, twice := said[want]; twice {
			t.Errorf("%s says it in the words of %s", lang, other)
		}
		said[want] = lang
		if _, ok := next.Texts[lang]; !ok {
			continue
		}
		h.act(simulator.Inbound{From: anna, Marketing: "stop"})
		token := h.submit(optin.Submission{Slug: "offers", Lang: lang, Purposes: []string{"offers"}, Shown: h.shown("offers", lang)})
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		if got := h.last(anna).Text; !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", lang, got, want)
		}
		h.act(simulator.Inbound{From: anna, Marketing: "resume"})
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.submit(optin.Submission{Slug: "offers", Lang: lang, Purposes: []string{"offers"}, Shown: h.shown("offers", lang)}))})
		if got := h.last(anna).Text; strings.Contains(got, want) {
			t.Errorf("%s: told without a stop: %q", lang, got)
		}
	}
	if len(said) != 15 {
		t.Errorf("%d languages", len(said))
	}
}
