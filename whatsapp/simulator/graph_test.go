package simulator_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

func TestTemplateSend(t *testing.T) {
	w := newWorld(t, nil)
	id := w.send(wire.NewTemplate("confirm", "de", []wire.Parameter{{Text: "Bäckerei"}, {Text: "Angebote"}}, "yes:1", "no:1").ToNumber(anna).WithCallback("outbox:1"))
	got := w.flush()
	if s := statuses(got); s != "sent, delivered, read" {
		t.Errorf("statuses: %s", s)
	}
	for _, e := range got {
		s := e.Status
		if s.ID != id || s.Callback != "outbox:1" || s.RecipientID != "491701234567" || !strings.HasPrefix(s.RecipientUserID, "DE.") || e.Contact.WAID != "491701234567" || e.Contact.UserID != s.RecipientUserID {
			t.Errorf("status %+v, contact %+v", s, e.Contact)
		}
		if (s.Pricing != nil) != (s.Status != "read") || s.Pricing != nil && s.Pricing.Category != "utility" {
			t.Errorf("%s: pricing %+v", s.Status, s.Pricing)
		}
	}
	status, chat := w.call("GET", "/sim/chats/"+anna, "", "")
	want := `[{"id":"` + id + `","type":"template","text":"Bäckerei: Angebote bestätigen?","buttons":[{"title":"Ja","payload":"yes:1"},{"title":"Nein","payload":"no:1"},{"title":"Nicht ich","payload":"Nicht ich"}],` +
		`"sender":"1001","at":"2026-11-23T12:00:00Z","state":"read","template":"confirm","category":"utility"}]`
	if diff := cmp.Diff(want, strings.TrimSpace(chat)); status != 200 || diff != "" {
		t.Errorf("%d %s", status, diff)
	}
}

func TestWamidHoldsTheNumber(t *testing.T) {
	w := newWorld(t, nil)
	in := w.act(simulator.Inbound{From: anna, Text: "hi"})
	out := w.send(wire.NewText("hi").ToNumber(anna))
	for _, id := range []string{in, out} {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(id, "wamid."))
		if err != nil || !strings.Contains(string(raw), "491701234567") {
			t.Errorf("%s: %q %v", id, raw, err)
		}
	}
	if in == out {
		t.Error("one id twice")
	}
}

// TestRefusals: what Meta refuses in its answer.
func TestRefusals(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "hi"})
	to := `"messaging_product":"whatsapp","to":"` + anna + `",`
	template := func(name, lang, components string) string {
		return `{` + to + `"type":"template","template":{"name":"` + name + `","language":{"code":"` + lang + `"},"components":[` + components + `]}}`
	}
	buttons := func(list string) string {
		return `{` + to + `"type":"interactive","interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[` + list + `]}}}`
	}
	button := func(id, title string) string {
		return `{"type":"reply","reply":{"id":"` + id + `","title":"` + title + `"}}`
	}
	text2 := `{"type":"body","parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`
	tests := []struct {
		name, body string
		code       wire.Code
	}{
		{"not JSON", `{`, 100},
		{"no product", `{"to":"` + anna + `","type":"text","text":{"body":"x"}}`, 100},
		{"nobody", `{"messaging_product":"whatsapp","type":"text","text":{"body":"x"}}`, 100},
		{"not a number", `{"messaging_product":"whatsapp","to":"+49abc","type":"text","text":{"body":"x"}}`, 131009},
		{"a foreign BSUID", `{"messaging_product":"whatsapp","recipient":"DE.Nobody1","type":"text","text":{"body":"x"}}`, 131009},
		{"itself", `{"messaging_product":"whatsapp","to":"` + number + `","type":"text","text":{"body":"x"}}`, 131021},
		{"a group", `{` + to + `"recipient_type":"group","type":"text","text":{"body":"x"}}`, 100},
		{"no content", `{` + to + `"type":"text"}`, 131008},
		{"another type", `{` + to + `"type":"sticker","sticker":{"id":"1"}}`, 131051},
		{"an empty text", `{` + to + `"type":"text","text":{"body":""}}`, 100},
		{"a long text", `{` + to + `"type":"text","text":{"body":"` + strings.Repeat("x", 4097) + `"}}`, 100},
		{"no button", buttons(``), 131009},
		{"four buttons", buttons(button("1", "1") + "," + button("2", "2") + "," + button("3", "3") + "," + button("4", "4")), 131009},
		{"a long title", buttons(button("1", strings.Repeat("x", 21))), 131009},
		{"a long id", buttons(button(strings.Repeat("x", 257), "x")), 131009},
		{"one id twice", buttons(button("1", "a") + "," + button("1", "b")), 131009},
		{"a list", `{` + to + `"type":"interactive","interactive":{"type":"list"}}`, 131051},
		{"an unknown template", template("nothing", "de", ""), 132001},
		{"an unknown language", template("confirm", "fr", ""), 132001},
		{"a template not approved", template("young", "de", ""), 132001},
		{"a paused template", template("sick", "de", ""), 132015},
		{"a disabled template", template("dead", "de", ""), 132016},
		{"too few parameters", template("confirm", "de", `{"type":"body","parameters":[{"type":"text","text":"a"}]}`), 132000},
		{"a parameter too many", template("offer", "de", `{"type":"body","parameters":[{"type":"text","text":"a"}]}`), 132000},
		{"another name", template("confirm", "ar", `{"type":"body","parameters":[{"type":"text","parameter_name":"store","text":"a"}]}`), 132012},
		{"a new line", template("confirm", "de", `{"type":"body","parameters":[{"type":"text","text":"a\n"},{"type":"text","text":"b"}]}`), 132018},
		{"a button that is not there", template("confirm", "de", text2+`,{"type":"button","sub_type":"quick_reply","index":"3","parameters":[{"type":"payload","payload":"x"}]}`), 132018},
		{"a header that is not there", template("confirm", "de", text2+`,{"type":"header","parameters":[]}`), 132018},
		{"a long payload", template("confirm", "de", text2+`,{"type":"button","sub_type":"quick_reply","index":0,"parameters":[{"type":"payload","payload":"`+strings.Repeat("x", 257)+`"}]}`), 131009},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if id, code := w.post(tt.body); code != tt.code {
				t.Errorf("%q %d, want %d", id, code, tt.code)
			}
		})
	}
	if status, raw := w.call("POST", "/sim/graph/v25.0/1001/messages", "wrong", `{}`); status != 401 || !strings.Contains(raw, `"code":190`) {
		t.Errorf("a wrong token: %d %s", status, raw)
	}
	if status, raw := w.call("POST", "/sim/graph/v25.0/1001/messages", "", `{}`); status != 401 || !strings.Contains(raw, `"code":190`) {
		t.Errorf("no token: %d %s", status, raw)
	}
	if status, raw := w.call("POST", "/sim/graph/v25.0/2002/messages", token, `{}`); status != 400 || !strings.Contains(raw, `"code":100,"error_subcode":33`) {
		t.Errorf("another's number: %d %s", status, raw)
	}
	if status, raw := w.call("POST", "/sim/graph/v25.0/1001/marketing_messages", token, `{}`); status != 400 || !strings.Contains(raw, `"code":100`) {
		t.Errorf("another path: %d %s", status, raw)
	}
	if status, _ := w.call("POST", "/sim/graph/v25.0/1001/messages", token, strings.Repeat(" ", 300<<10)); status != 413 {
		t.Errorf("a large body: %d", status)
	}
	for _, e := range w.flush() {
		if e.Status != nil {
			t.Errorf("a refused message has a status: %s", e.Status.Status)
		}
	}
}

func TestAddresses(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "hi"})
	p, err := w.sim.Person(anna)
	if err != nil {
		t.Fatal(err)
	}
	bsuid := p.UserIDs["acme"]
	if !wire.IsBSUID(bsuid) {
		t.Fatalf("user id %q", bsuid)
	}
	w.flush()
	body := func(address string) string {
		return `{"messaging_product":"whatsapp",` + address + `,"type":"text","text":{"body":"x"}}`
	}
	arrives := func(name, address string, want bool) {
		t.Helper()
		before, _ := w.sim.Messages(anna, "1001")
		if _, code := w.post(body(address)); code != 0 {
			t.Fatalf("%s: %d", name, code)
		}
		after, _ := w.sim.Messages(anna, "1001")
		if (len(after) > len(before)) != want {
			t.Errorf("%s: arrived %v", name, !want)
		}
	}
	arrives("e164", `"to":"`+anna+`"`, true)
	arrives("written with spaces", `"to":"+49 (170) 123-4567"`, true)
	arrives("BSUID", `"recipient":"`+bsuid+`"`, true)
	arrives("both: to wins", `"to":"`+anna+`","recipient":"DE.Wrong1"`, true)
	w.flush()
	arrives("BSUID in to", `"to":"`+bsuid+`"`, false)
	if got := w.flush(); len(got) != 0 {
		t.Errorf("a BSUID in `to` got %s", statuses(got))
	}
	arrives("no plus", `"to":"491701234567"`, false)
	if got := w.flush(); statuses(got) != "failed 131047" || got[0].Status.RecipientID != "49491701234567" {
		t.Errorf("without a plus: %s to %+v", statuses(got), got[0].Status)
	}
	_, raw := w.call("POST", "/sim/graph/v25.0/1001/messages", token, body(`"recipient":"`+bsuid+`"`))
	if want := `"contacts":[{"input":"` + bsuid + `","user_id":"` + bsuid + `"}]`; !strings.Contains(raw, want) {
		t.Errorf("answer %s", raw)
	}
	if _, code := w.post(`{"messaging_product":"whatsapp","recipient":"` + bsuid + `","type":"template","template":{"name":"code","language":{"code":"de"},"components":[{"type":"body","parameters":[{"type":"text","text":"1"}]}]}}`); code != 131062 {
		t.Errorf("an authentication template to a BSUID: %d", code)
	}
	w.flush()
}

// TestBrazil: the number dialled, WhatsApp's spelling, and one person.
func TestBrazil(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: "+5531987654321", Text: "oi"})
	_, raw := w.call("POST", "/sim/graph/v25.0/1001/messages", token, `{"messaging_product":"whatsapp","to":"+5531987654321","type":"text","text":{"body":"x"}}`)
	if !strings.Contains(raw, `"input":"+5531987654321","wa_id":"553187654321"`) {
		t.Errorf("answer %s", raw)
	}
	got := w.flush()
	if got[0].Message.From != "553187654321" || got[1].Status.RecipientID != "553187654321" {
		t.Errorf("%+v %+v", got[0].Message, got[1].Status)
	}
	if len(w.sim.People()) != 1 {
		t.Errorf("%d people", len(w.sim.People()))
	}
}

func TestWindow(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		w := newWorld(t, func(o *simulator.Options) { o.WindowAtOnce = atOnce })
		try := func() string {
			_, code := w.post(`{"messaging_product":"whatsapp","to":"` + anna + `","type":"text","text":{"body":"x"}}`)
			if code != 0 {
				return fmt.Sprintf("refused %d", code)
			}
			return statuses(w.flush())
		}
		closed := map[bool]string{false: "failed 131047", true: "refused 131047"}[atOnce]
		if got := try(); got != closed {
			t.Errorf("before the person wrote: %s", got)
		}
		w.act(simulator.Inbound{From: anna, Text: "hi"})
		w.pass(24*time.Hour - time.Second)
		if got := try(); got != "sent, delivered, read" {
			t.Errorf("in the window: %s", got)
		}
		w.pass(time.Second)
		if got := try(); got != closed {
			t.Errorf("after the window: %s", got)
		}
		w.send(wire.NewTemplate("offer", "de", nil).ToNumber(anna))
		if got := statuses(w.flush()); got != "sent, delivered, read" {
			t.Errorf("a template after the window: %s", got)
		}
		_, chat := w.call("GET", "/sim/chats/491701234567", "", "")
		if n := strings.Count(chat, `"id"`); n != 2 {
			t.Errorf("%d messages are on the phone: %s", n, chat)
		}
	}
}

func TestSpecialNumbers(t *testing.T) {
	tests := []struct{ number, want string }{
		{"+4917001131026", "failed 131026"},
		{"+4917007131026", "refused 131026"},
		{"+4917001131047", "failed 131047"},
		{"+4917001131049", "failed 131049"},
		{"+4917001131050", "failed 131050"},
		{"+4917001130472", "failed 130472"},
		{"+4917001130429", "refused 130429"},
		{"+4917007130429", "failed 130429"},
		{"+4917001131056", "refused 131056"},
		{"+4917001131000", "refused 131000"},
		{"+4917001131031", "refused 131031"},
		{"+4917001900190", "refused 190"},
		{"+4917001900368", "refused 368"},
		{"+4917001900004", "refused 4"},
		{"+4917001980007", "refused 80007"},
		{"+4917001990001", ""},
		{"+4917001990002", "sent, read"},
		{"+4917001990003", "read, delivered, sent"},
		{"+4917001990004", "failed 132015"},
		{"+4917001990007", "sent, failed 131000, delivered"},
		{"+4917001990008", "sent"},
		{"+4917001139999", "sent, delivered, read"},
		{"+4917001900000", "sent, delivered, read"},
		{"+4917001999999", "sent, delivered, read"},
		{"+4917001000190", "sent, delivered, read"},
	}
	w := newWorld(t, nil)
	for _, tt := range tests {
		t.Run(tt.number, func(t *testing.T) {
			_, code := w.post(`{"messaging_product":"whatsapp","to":"` + tt.number + `","type":"template","template":{"name":"offer","language":{"code":"de"}}}`)
			got := statuses(w.flush())
			if code != 0 {
				got = fmt.Sprintf("refused %d", code)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestWithClient drives the simulator with Assent's own client.
func TestWithClient(t *testing.T) {
	w := newWorld(t, nil)
	c, err := whatsapp.New(whatsapp.Options{BaseURL: w.server.URL + "/sim/graph"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, from := context.Background(), whatsapp.Sender{PhoneNumberID: "1001", WABA: "9001", Token: token}
	offer := wire.NewTemplate("offer", "de", nil).WithCallback("outbox:9")
	a, err := c.Send(ctx, from, offer.ToNumber(anna))
	if err != nil || a.Status != "accepted" || a.WAID != "491701234567" {
		t.Errorf("%+v %v", a, err)
	}
	var api *whatsapp.APIError
	if _, err := c.Send(ctx, from, offer.ToNumber("+4917001130429")); !errors.As(err, &api) || !api.Behaviour().Retry() {
		t.Errorf("throttled: %v", err)
	}
	var lost *whatsapp.UnclearError
	if _, err := c.Send(ctx, from, offer.ToNumber("+4917001990005")); !errors.As(err, &lost) || lost.HTTP != 500 {
		t.Errorf("a proxy's page: %v", err)
	}
	w.flush()
	if _, err := c.Send(ctx, from, offer.ToNumber("+4917001990006")); !errors.As(err, &lost) {
		t.Errorf("no answer: %v", err)
	}
	got := w.flush()
	if statuses(got) != "sent, delivered, read" || got[0].Status.Callback != "outbox:9" {
		t.Errorf("the message without an answer: %s", statuses(got))
	}
	info, err := c.Template(ctx, from, "confirm", "ar")
	if err != nil || info.Category != "UTILITY" || info.Status != "APPROVED" {
		t.Errorf("%+v %v", info, err)
	}
	all, err := c.Templates(ctx, from, "")
	if err != nil || len(all) != 7 {
		t.Errorf("%d templates, %v", len(all), err)
	}
	if err := w.sim.SetTemplate("1001", simulator.Template{Name: "confirm", Language: "ar", Category: "MARKETING", Body: "x"}); err != nil {
		t.Fatal(err)
	}
	if e := w.flush(); len(e) != 1 || e[0].Template == nil || e[0].Template.PreviousCategory != "UTILITY" || e[0].Template.NewCategory != "MARKETING" {
		t.Errorf("a changed category: %+v", e)
	}
	if info, err := c.Template(ctx, from, "confirm", "ar"); err != nil || info.Category != "MARKETING" {
		t.Errorf("read back: %+v %v", info, err)
	}
}

func TestTemplatePages(t *testing.T) {
	w := newWorld(t, nil)
	seen, after := 0, ""
	for range 10 {
		_, raw := w.call("GET", "/sim/graph/v25.0/9001/message_templates?limit=3&after="+after, token, "")
		seen += strings.Count(raw, `"name"`)
		_, rest, ok := strings.Cut(raw, `"after":"`)
		if !ok || !strings.Contains(raw, `"next"`) {
			break
		}
		after, _, _ = strings.Cut(rest, `"`)
	}
	if seen != 7 {
		t.Errorf("%d templates in pages", seen)
	}
	if status, _ := w.call("GET", "/sim/graph/v25.0/9002/message_templates", token, ""); status != 400 {
		t.Errorf("another's WABA: %d", status)
	}
}
