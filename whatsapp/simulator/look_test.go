package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// look sets what webhooks are like from now on.
func (w *world) look(l simulator.Look) {
	set := w.sim.Webhooks()
	set.Look = l
	w.sim.SetWebhooks(set)
}

// Parent ids come with all that speaks of people, and a message can go to one.
func TestParents(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "Hello"})
	if el := w.flush()[0]; el.Message.FromParentUserID != "" || el.Contact.ParentUserID != "" {
		t.Errorf("a parent without being asked for: %+v", el)
	}
	w.look(simulator.Look{Parents: true})
	w.act(simulator.Inbound{From: anna, Text: "Hello"})
	el := w.flush()[0]
	parent := el.Message.FromParentUserID
	if !strings.HasPrefix(parent, "DE.ENT.") || el.Contact.ParentUserID != parent {
		t.Fatalf("%+v", el)
	}
	if _, code := w.post(`{"messaging_product":"whatsapp","recipient":"` + parent + `","type":"text","text":{"body":"x"}}`); code != 0 {
		t.Errorf("a send to the parent: %d", code)
	}
	for _, el := range w.flush() {
		if el.Status == nil || el.Status.RecipientParentUserID != parent {
			t.Errorf("%s", el.Slice.Bytes)
		}
	}
	w.act(simulator.Inbound{From: anna, Marketing: wire.PreferenceStop})
	if el := w.flush()[0]; el.Preference.ParentUserID != parent {
		t.Errorf("%s", el.Slice.Bytes)
	}
	w.act(simulator.Inbound{From: anna, ChangeNumber: "+491701239999"})
	if sys := w.flush()[0].Message.System; sys.PreviousParentUserID != parent || sys.ParentUserID == parent || sys.ParentUserID == "" {
		t.Errorf("%+v", sys)
	}
	if _, code := w.post(`{"messaging_product":"whatsapp","recipient":"` + parent + `","type":"text","text":{"body":"x"}}`); code != wire.CodeParameterInvalid {
		t.Errorf("a send to a parent that is no more: %d", code)
	}
}

// Numbers as strings, strings as numbers, and members that nobody knows are read as
// before, and what people wrote stays as they wrote it.
func TestLooseAndStrange(t *testing.T) {
	w := newWorld(t, nil)
	w.look(simulator.Look{Loose: true, Strange: true})
	const text = `{"timestamp": 1, "code":7,"billable":true} "timestamp": 5`
	w.act(simulator.Inbound{From: anna, Text: text})
	w.act(simulator.Inbound{From: anna, Marketing: wire.PreferenceStop})
	w.act(simulator.Inbound{From: anna, NewIdentity: true})
	w.send(wire.NewText("x").ToNumber("+491700131026"))
	if err := w.sim.SetTemplate("1001", simulator.Template{Name: "offer", Language: "de", Category: "UTILITY", Body: "x"}); err != nil {
		t.Fatal(err)
	}
	all := w.flush()
	now := w.now().Unix()
	if m := all[0].Message; m.Text.Body != text || m.Timestamp.Time().Unix() != now {
		t.Errorf("%+v", m)
	}
	if p := all[1].Preference; p.Timestamp.Time().Unix() != now {
		t.Errorf("%+v", p)
	}
	if got := statuses(all); got != "failed 131026" {
		t.Errorf("statuses %s", got)
	}
	if last := all[len(all)-1]; last.Template == nil || last.Template.ID == "" || last.EntryTime.Time().Unix() != now {
		t.Errorf("%s", last.Slice.Bytes)
	}
	raw := string(w.bodies[0])
	for _, body := range w.bodies[1:] {
		raw += string(body)
	}
	for _, want := range []string{`"code":"131026"`, `"message_template_id":"`, `"timestamp":1`, `"timestamp":"1`, `"not_known_yet":`, `"acknowledged":"true"`} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %s in %s", want, raw)
		}
	}
}

// With Graph v23 and before each message has a conversation; since then only those after
// an ad do, which are free for three days from the answer on.
func TestConversationsAndFreeEntry(t *testing.T) {
	w := newWorld(t, nil)
	status := func(state string) *wire.Status {
		t.Helper()
		for _, el := range w.flush() {
			if el.Status != nil && el.Status.Status == state {
				return el.Status
			}
		}
		t.Fatalf("no status %s", state)
		return nil
	}
	w.act(simulator.Inbound{From: anna, Text: "Hello"})
	w.flush()
	w.send(wire.NewText("x").ToNumber(anna))
	if st := status("sent"); st.Conversation != nil || st.Pricing.Type != "free_customer_service" {
		t.Errorf("%+v %+v", st.Conversation, st.Pricing)
	}
	w.look(simulator.Look{Conversations: true})
	w.send(wire.NewText("x").ToNumber(anna))
	if st := status("sent"); st.Conversation == nil || st.Conversation.Origin.Type != "service" || st.Conversation.ExpirationTimestamp == 0 {
		t.Errorf("%+v", st.Conversation)
	}
	w.look(simulator.Look{})
	w.act(simulator.Inbound{From: anna, Text: "Hello", Referral: &simulator.Referral{SourceType: "ad", SourceID: "1"}})
	w.flush()
	w.send(wire.NewText("x").ToNumber(anna))
	if st := status("delivered"); st.Conversation == nil || st.Pricing.Type != "free_entry_point" || st.Pricing.Category != "referral_conversion" {
		t.Errorf("%+v %+v", st.Conversation, st.Pricing)
	}
	w.pass(71 * time.Hour)
	w.act(simulator.Inbound{From: anna, Text: "Hello"})
	w.flush()
	w.send(wire.NewText("x").ToNumber(anna))
	if st := status("sent"); st.Pricing.Type != "free_entry_point" {
		t.Errorf("after 71 hours: %+v", st.Pricing)
	}
	w.pass(time.Hour)
	w.send(wire.NewText("x").ToNumber(anna))
	if st := status("sent"); st.Pricing.Type != "free_customer_service" {
		t.Errorf("after 72 hours: %+v", st.Pricing)
	}
}

// A utility template is free while the person's own message is fresh; the price comes
// with sent and once more; the username comes with delivered and read.
func TestPriceAndUsernameOfStatuses(t *testing.T) {
	w := newWorld(t, nil)
	send := func() []wire.Element {
		w.send(wire.NewTemplate("confirm", "de", []wire.Parameter{{Text: "Acme"}, {Text: "Angebote"}}).ToNumber(anna))
		return w.flush()
	}
	if st := send()[0].Status; st.Pricing.Type != "regular" || !bool(st.Pricing.Billable) || st.Pricing.Category != "utility" {
		t.Errorf("%+v", st.Pricing)
	}
	w.act(simulator.Inbound{From: anna, Text: "Hello", Username: "anna.b"})
	w.flush()
	all := send()
	if st := all[0].Status; st.Pricing.Type != "free_customer_service" || bool(st.Pricing.Billable) {
		t.Errorf("%+v", st.Pricing)
	}
	for i, el := range all {
		if priced := el.Status.Pricing != nil; priced != (i < 2) {
			t.Errorf("the price with %s: %v", el.Status.Status, priced)
		}
		if named := el.Contact.Profile.Username != ""; named != (i > 0) {
			t.Errorf("the username with %s: %v", el.Status.Status, named)
		}
	}
	if err := w.sim.SetScript(anna, []simulator.Step{{Quirk: "only_read"}}); err != nil {
		t.Fatal(err)
	}
	if all := send(); len(all) != 2 || all[1].Status.Pricing == nil {
		t.Errorf("read without delivered tells no price: %s", statuses(all))
	}
}

// The misbehaviours that came last.
func TestRareFates(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "Hello"})
	for _, c := range []struct {
		quirk, want string
	}{{"played", "sent, delivered, read, played"}, {"no_code", "failed"}, {"charged_marketing", "sent, delivered, read"}} {
		w.flush()
		if err := w.sim.SetScript(anna, []simulator.Step{{Quirk: c.quirk}}); err != nil {
			t.Fatal(err)
		}
		w.send(wire.NewTemplate("confirm", "de", []wire.Parameter{{Text: "Acme"}, {Text: "Angebote"}}).ToNumber(anna))
		all := w.flush()
		if got := statuses(all); got != c.want {
			t.Errorf("%s: %s", c.quirk, got)
		}
		if c.quirk == "charged_marketing" && all[0].Status.Pricing.Category != "marketing" {
			t.Errorf("charged as %+v", all[0].Status.Pricing)
		}
	}
	if err := w.sim.SetScript(anna, []simulator.Step{{Quirk: "code_zero"}, {Code: int(simulator.UnknownCode)}, {Code: int(simulator.UnknownCode), Later: true}}); err != nil {
		t.Fatal(err)
	}
	body := `{"messaging_product":"whatsapp","to":"` + anna + `","type":"text","text":{"body":"x"}}`
	if status, raw := w.call("POST", "/sim/graph/v25.0/1001/messages", token, body); status != http.StatusUnauthorized || !strings.Contains(raw, `"code":0`) {
		t.Errorf("%d %s", status, raw)
	}
	if _, code := w.post(body); code != simulator.UnknownCode {
		t.Errorf("%d", code)
	}
	w.post(body)
	if got := statuses(w.flush()); got != "failed 99999" {
		t.Errorf("statuses %s", got)
	}
	w.post(strings.ReplaceAll(body, anna, "+491701990013"))
	if got := statuses(w.flush()); got != "failed 99999" {
		t.Errorf("the special number: %s", got)
	}
}

// Pictures with words under them, voice messages, places, cards and what is passed on.
func TestAttachments(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		in      simulator.Inbound
		typ     string
		caption string
	}{
		{simulator.Inbound{Media: "image", Text: "STOP"}, "image", "STOP"}, {simulator.Inbound{Media: "video", Text: "STOP"}, "video", "STOP"},
		{simulator.Inbound{Media: "document", Text: "STOP"}, "document", "STOP"}, {simulator.Inbound{Media: "image"}, "image", ""},
		{simulator.Inbound{Media: "audio", Text: "STOP"}, "audio", ""}, {simulator.Inbound{Media: "sticker"}, "sticker", ""}, {simulator.Inbound{Media: "location"}, "location", ""},
	} {
		c.in.From = anna
		w.act(c.in)
		if m := w.flush()[0].Message; m.Type != c.typ || m.Caption() != c.caption {
			t.Errorf("%+v: %+v", c.in, m.Content)
		}
	}
	w.act(simulator.Inbound{From: anna, Contact: "+491701230000"})
	if card := w.flush()[0].Message.Contacts[0]; card.Origin != "other" || card.Phones[0].WAID != "491701230000" {
		t.Errorf("%+v", card)
	}
	w.act(simulator.Inbound{From: anna, Text: "Yes", Forwarded: true})
	if m := w.flush()[0].Message; m.Context == nil || !bool(m.Context.Forwarded) || m.Context.ID != "" || m.Text.Body != "Yes" {
		t.Errorf("%+v", m)
	}
	for _, in := range []simulator.Inbound{{From: anna, Media: "hologram"}, {From: anna, Contact: "nobody"}} {
		if _, err := w.sim.Act(in); err == nil {
			t.Errorf("%+v is taken", in)
		}
	}
}

// A tap says which message it answers, unless that is switched off.
func TestTapWithoutContext(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "Hello"})
	w.send(wire.NewButtons("Offers?", wire.Choice{Payload: "yes:1", Title: "Yes"}).ToNumber(anna))
	w.flush()
	w.act(simulator.Inbound{From: anna, Button: "yes:1"})
	if m := w.flush()[0].Message; m.Context == nil {
		t.Error("no context")
	}
	w.look(simulator.Look{NoContext: true})
	w.act(simulator.Inbound{From: anna, Button: "yes:1"})
	if m := w.flush()[0].Message; m.Context != nil {
		t.Errorf("%+v", m.Context)
	}
}

// What a change of a template is for comes with it.
func TestWhyTemplatesChange(t *testing.T) {
	w := newWorld(t, nil)
	for status, want := range map[string]string{"PAUSED": "FIRST_PAUSE", "DISABLED": "2026-11-23", "REJECTED": "SCAM"} {
		if _, err := w.sim.ChangeTemplate(simulator.TemplateChange{Name: "offer", Language: "de", Status: status, Reason: "SCAM"}); err != nil {
			t.Fatal(err)
		}
		el := w.flush()[0]
		if el.Template.Event != status || !strings.Contains(el.Template.Why(), want) || el.EntryTime.Time().Unix() != w.now().Unix() {
			t.Errorf("%s: %s at %d", status, el.Template.Why(), el.EntryTime)
		}
	}
	if list := w.sim.Templates("1001"); len(list) != 7 || list[0].Name != "code" {
		t.Errorf("%d templates", len(list))
	}
	if w.sim.Templates("nobody") != nil {
		t.Error("templates of nobody")
	}
	if _, err := w.sim.ChangeTemplate(simulator.TemplateChange{Name: "none", Language: "de", Status: "PAUSED"}); err == nil {
		t.Error("a template that is not there")
	}
}

// The scripts that stand are listed until they are used up.
func TestStandingScripts(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{UserID: "DE.1349820477261", Text: "Hello"})
	for _, who := range []string{"DE.1349820477261", "1001"} {
		if err := w.sim.SetScript(who, []simulator.Step{{Code: 131026, Times: 2}}); err != nil {
			t.Fatal(err)
		}
	}
	list := w.sim.Scripts()
	if len(list) != 2 || list[0].Who != number || !list[0].Sender || list[1].Who != "DE.1349820477261" || list[1].Sender || list[1].Steps[0].Times != 2 {
		t.Errorf("%+v", list)
	}
	for _, who := range []string{"DE.1349820477261", "1001"} {
		if err := w.sim.SetScript(who, nil); err != nil {
			t.Fatal(err)
		}
	}
	if list := w.sim.Scripts(); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// WhatsApp's own button that shares the number is on the message that asks for it.
func TestAskingForTheNumber(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "Hello"})
	w.send(wire.NewContactRequest("Your number?").ToNumber(anna))
	_, raw := w.call("GET", "/sim/chats/"+anna, "", "")
	if !strings.Contains(raw, `"asks_number":true`) {
		t.Errorf("%s", raw)
	}
}
