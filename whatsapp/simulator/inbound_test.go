package simulator_test

import (
	"strings"
	"testing"
	"time"

	"assent/fault"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

// TestInbound goes through every act of a person, and every body that the
// simulator sends passes wire.Parse on its way (see world.receive).
func TestInbound(t *testing.T) {
	w := newWorld(t, nil)
	one := func() wire.Element {
		t.Helper()
		all := w.flush()
		if len(all) != 1 {
			t.Fatalf("%d elements", len(all))
		}
		return all[0]
	}
	text := w.act(simulator.Inbound{From: anna, Text: "JA, ich möchte 👍 <b>50 %</b> / نعم", Name: "Anna 🌻", Username: "@anna.k"})
	e := one()
	if e.Kind != wire.KindMessage || e.Message.ID != text || e.Message.Text.Body != "JA, ich möchte 👍 <b>50 %</b> / نعم" || e.Message.From != "491701234567" ||
		!strings.HasPrefix(e.Message.FromUserID, "DE.") || e.Contact.Profile.Name != "Anna 🌻" || e.Contact.Profile.Username != "@anna.k" || e.Message.Timestamp.Time() != w.now() {
		t.Errorf("text: %+v %+v", e.Message, e.Contact)
	}
	if !strings.Contains(string(e.Slice.Bytes), `m\u00f6chte \ud83d\udc4d \u003cb>50 \u0025\u003c\/b>`) {
		t.Errorf("escapes: %s", e.Slice.Bytes)
	}

	question := w.send(wire.NewButtons("Offers?", wire.Choice{Payload: "yes:1", Title: "Yes"}, wire.Choice{Payload: "no:1", Title: "No"}).ToNumber(anna))
	w.flush()
	w.act(simulator.Inbound{From: anna, Button: "no:1"})
	if m := one().Message; m.Type != "interactive" || m.Interactive.ButtonReply.ID != "no:1" || m.Interactive.ButtonReply.Title != "No" || m.Context.ID != question {
		t.Errorf("reply button: %+v", m)
	}
	template := w.send(wire.NewTemplate("confirm", "de", []wire.Parameter{{Text: "a"}, {Text: "b"}}, "yes:2").ToNumber(anna))
	w.flush()
	w.act(simulator.Inbound{From: anna, Button: "yes:2"})
	if m := one().Message; m.Type != "button" || m.Button.Payload != "yes:2" || m.Button.Text != "Ja" || m.Context.ID != template {
		t.Errorf("quick reply: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Button: "Nein", NoContext: true})
	if m := one().Message; m.Button.Payload != "Nein" || m.Context != nil {
		t.Errorf("quick reply without payload and context: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Text: "Hi", Referral: &simulator.Referral{SourceType: "ad", SourceID: "120210", SourceURL: "https://fb.me/1", Headline: "Brötchen <b>", ClickID: "ARA"}})
	if r := one().Message.Referral; r == nil || r.SourceType != "ad" || r.SourceID != "120210" || r.SourceURL != "https://fb.me/1" || r.Headline != "Brötchen <b>" || r.CTWAClickID != "ARA" {
		t.Errorf("from an ad: %+v", r)
	}
	w.act(simulator.Inbound{From: anna, Edit: text, Text: "STOP"})
	if m := one().Message; m.Edit.OriginalMessageID != text || m.Edit.Message.Text.Body != "STOP" {
		t.Errorf("edit: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Delete: text})
	if m := one().Message; m.Revoke.OriginalMessageID != text {
		t.Errorf("delete: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Reaction: "👍", Context: question})
	if m := one().Message; m.Reaction.Emoji != "👍" || m.Reaction.MessageID != question {
		t.Errorf("reaction: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Reaction: "-", Context: question})
	if m := one().Message; m.Reaction.Emoji != "" || m.Reaction.MessageID != question {
		t.Errorf("reaction taken back: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Text: "about that", Context: question})
	if m := one().Message; m.Context.ID != question || m.Context.From != number[1:] {
		t.Errorf("answer: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Text: "and about this", Context: text})
	if m := one().Message; m.Context.ID != text || m.Context.From != "491701234567" {
		t.Errorf("answer to an own message: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, ShareNumber: true})
	if m := one().Message; m.Contacts[0].Origin != "contact_request" || m.Contacts[0].Phones[0].WAID != "491701234567" {
		t.Errorf("shared number: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, Unsupported: "poll"})
	if m := one().Message; m.Type != "unsupported" || m.Errors[0].Code != 131051 {
		t.Errorf("unsupported: %+v", m)
	}
	w.act(simulator.Inbound{From: anna, NewIdentity: true})
	if e := one(); e.Kind != wire.KindSystem || e.Message.System.Type != wire.IdentityChanged || e.Message.Identity.Hash == "" {
		t.Errorf("identity: %+v", e.Message)
	}
	when := w.now().Add(-9 * 24 * time.Hour)
	w.act(simulator.Inbound{From: anna, Text: "late", Timestamp: when})
	if m := one().Message; m.Timestamp.Time() != when {
		t.Errorf("timestamp: %v", m.Timestamp.Time())
	}
	w.act(simulator.Inbound{From: anna, Text: "again", Duplicates: 2})
	if all := w.flush(); len(all) != 3 || all[0].Message.ID != all[2].Message.ID || string(all[0].Slice.Bytes) != string(all[1].Slice.Bytes) {
		t.Errorf("duplicates: %d", len(all))
	}
	messages, err := w.sim.Messages(anna, number)
	if err != nil || messages[0].Text != "late" {
		t.Errorf("the oldest is %q, %v", messages[0].Text, err)
	}
	for _, m := range messages {
		if m.ID == text && (m.Text != "STOP" || !m.Edited || !m.Deleted) {
			t.Errorf("the phone shows %+v", m)
		}
		if m.ID == template && m.Tapped != "Nein" {
			t.Errorf("the template's last tap is %q", m.Tapped)
		}
	}
}

func TestActRefuses(t *testing.T) {
	w := newWorld(t, nil)
	out := w.send(wire.NewTemplate("offer", "de", nil).ToNumber(anna))
	w.flush()
	tests := []struct {
		name string
		in   simulator.Inbound
		kind fault.Kind
	}{
		{"nobody", simulator.Inbound{Text: "x"}, fault.Invalid},
		{"no number", simulator.Inbound{From: "hello", Text: "x"}, fault.Invalid},
		{"no user id", simulator.Inbound{UserID: "hello", Text: "x"}, fault.Invalid},
		{"nothing", simulator.Inbound{From: anna}, fault.Invalid},
		{"an unknown business", simulator.Inbound{From: anna, To: "777", Text: "x"}, fault.NotFound},
		{"an unknown button", simulator.Inbound{From: anna, Button: "x"}, fault.NotFound},
		{"another's message", simulator.Inbound{From: anna, Edit: out, Text: "x"}, fault.Invalid},
		{"nobody's message", simulator.Inbound{From: anna, Delete: "wamid.x"}, fault.Invalid},
		{"a reaction to nothing", simulator.Inbound{From: anna, Reaction: "x"}, fault.Invalid},
		{"another control", simulator.Inbound{From: anna, Marketing: "perhaps"}, fault.Invalid},
		{"not UTF-8", simulator.Inbound{From: anna, Text: "\xff"}, fault.Invalid},
		{"too long", simulator.Inbound{From: anna, Text: strings.Repeat("x", 70000)}, fault.Invalid},
		{"too many duplicates", simulator.Inbound{From: anna, Text: "x", Duplicates: 21}, fault.Invalid},
		{"no number to share", simulator.Inbound{UserID: "DE.Hidden1", ShareNumber: true}, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if id, err := w.sim.Act(tt.in); fault.KindOf(err) != tt.kind || err == nil || id != "" {
				t.Errorf("%q %v", id, err)
			}
		})
	}
	if got := w.flush(); len(got) != 0 {
		t.Errorf("%d webhooks of refused acts", len(got))
	}
}

// TestUserIDOnly: a person whose number nobody knows, and one who withholds it.
func TestUserIDOnly(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{UserID: "EG.Hidden1", Text: "مرحبا", Name: "ليلى"})
	e := w.flush()[0]
	if e.Message.From != "" || e.Message.FromUserID != "EG.Hidden1" || e.Contact.WAID != "" || strings.Contains(string(e.Slice.Bytes), `"from":`) {
		t.Errorf("%s", e.Slice.Bytes)
	}
	w.send(wire.NewText("hello").ToUser("EG.Hidden1"))
	for _, e := range w.flush() {
		if e.Status.RecipientID != "" || e.Status.RecipientUserID != "EG.Hidden1" {
			t.Errorf("%s", e.Slice.Bytes)
		}
	}
	if _, chat := w.call("GET", "/sim/chats/EG.Hidden1", "", ""); !strings.Contains(chat, `"text":"hello"`) {
		t.Errorf("chat: %s", chat)
	}

	if id := w.act(simulator.Inbound{From: anna, Withheld: yes()}); id != "" || len(w.flush()) != 0 {
		t.Error("a setting alone made a message")
	}
	w.act(simulator.Inbound{From: anna, Text: "hi"})
	if e := w.flush()[0]; e.Message.From != "" || e.Message.FromUserID == "" {
		t.Errorf("withheld: %s", e.Slice.Bytes)
	}
	// A message to the number arrives, and its statuses do not name the number.
	w.send(wire.NewTemplate("offer", "de", nil).ToNumber(anna))
	for _, e := range w.flush() {
		if e.Status.RecipientID != "" || e.Status.RecipientUserID == "" {
			t.Errorf("withheld: %s", e.Slice.Bytes)
		}
	}
	w.act(simulator.Inbound{From: anna, Text: "hi", Withheld: no()})
	if e := w.flush()[0]; e.Message.From != "491701234567" {
		t.Errorf("shown again: %s", e.Slice.Bytes)
	}
}

func TestMarketingControl(t *testing.T) {
	w := newWorld(t, nil)
	preference := func(value string) {
		t.Helper()
		w.act(simulator.Inbound{From: anna, Marketing: value, SignupID: "s1"})
		all := w.flush()
		if len(all) != 1 || all[0].Preference == nil || all[0].Preference.Value != value || all[0].Preference.WAID != "491701234567" || all[0].Preference.Category != "marketing_messages" || all[0].Contact.UserID != all[0].Preference.UserID {
			t.Fatalf("%s: %+v", value, all)
		}
	}
	marketing := func() string {
		w.send(wire.NewTemplate("offer", "de", nil).ToNumber(anna))
		return statuses(w.flush())
	}
	if got := marketing(); got != "sent, delivered, read" {
		t.Errorf("before: %s", got)
	}
	preference("stop")
	if got := marketing(); got != "failed 131050" {
		t.Errorf("stopped: %s", got)
	}
	w.send(wire.NewTemplate("confirm", "de", []wire.Parameter{{Text: "a"}, {Text: "b"}}).ToNumber(anna))
	if got := statuses(w.flush()); got != "sent, delivered, read" {
		t.Errorf("utility while stopped: %s", got)
	}
	if p, _ := w.sim.Person(anna); len(p.Stopped) != 1 {
		t.Errorf("the phone shows %+v", p)
	}
	preference("resume")
	if got := marketing(); got != "sent, delivered, read" {
		t.Errorf("resumed: %s", got)
	}
	preference("signup")
	w.send(wire.NewTemplate("offer", "de", nil).ToNumber("+12015550123"))
	if got := statuses(w.flush()); got != "failed 131049" {
		t.Errorf("marketing to the United States: %s", got)
	}
}

func TestBlock(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "hi"})
	w.act(simulator.Inbound{From: anna, Block: yes()})
	if got := w.flush(); len(got) != 1 {
		t.Errorf("the business heard of the block: %d", len(got))
	}
	w.send(wire.NewText("x").ToNumber(anna))
	if got := statuses(w.flush()); got != "failed 131026" {
		t.Errorf("blocked: %s", got)
	}
	w.act(simulator.Inbound{From: anna, Block: no()})
	w.send(wire.NewText("x").ToNumber(anna))
	if got := statuses(w.flush()); got != "sent, delivered, read" {
		t.Errorf("unblocked: %s", got)
	}
}

func TestChangeNumber(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "hi"})
	before, _ := w.sim.Person(anna)
	w.flush()
	w.act(simulator.Inbound{From: anna, ChangeNumber: "+491517654321"})
	after, err := w.sim.Person("+491517654321")
	if err != nil || after.ID != before.ID || after.UserIDs["acme"] == before.UserIDs["acme"] {
		t.Errorf("%+v %+v %v", before, after, err)
	}
	e := w.flush()[0]
	s := e.Message.System
	if e.Kind != wire.KindSystem || s.Type != wire.NumberChanged || s.PreviousWAID != "491701234567" || s.WAID != "491517654321" || s.PreviousUserID != before.UserIDs["acme"] || s.UserID != after.UserIDs["acme"] || !e.ContactSlice.IsZero() {
		t.Errorf("%+v", s)
	}
	if _, err := w.sim.Person(anna); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the old number still has somebody: %v", err)
	}
	w.act(simulator.Inbound{From: "+491517654321", Withheld: yes(), Text: "x"})
	w.flush()
	w.act(simulator.Inbound{From: "+491517654321", ChangeNumber: anna})
	if s := w.flush()[0].Message.System; s.Type != wire.UserIDChanged || s.WAID != "" || s.PreviousWAID != "" || s.UserID == before.UserIDs["acme"] || s.UserID == "" {
		t.Errorf("withheld: %+v", s)
	}
	w.act(simulator.Inbound{From: "+491700000001", Text: "x"})
	if _, err := w.sim.Act(simulator.Inbound{From: "+491700000001", ChangeNumber: anna}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a number that is taken: %v", err)
	}
	w.flush()
}

func TestPhonePage(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.ManualRead = true })
	changes, cancel := w.sim.Subscribe()
	if _, err := w.sim.AddPerson(anna, "Anna", "", false); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changes:
	case <-time.After(time.Second):
		t.Error("no word of a new person")
	}
	draft, err := w.sim.Open("4930900100", "Ja, K7Q2M-4XW9R")
	if err != nil || draft.SenderID != "1001" || draft.SenderName != "Acme" || draft.Text != "Ja, K7Q2M-4XW9R" {
		t.Errorf("%+v %v", draft, err)
	}
	if _, err := w.sim.Open("4930900199", "x"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown business: %v", err)
	}
	if chats := w.sim.Chats(anna); len(chats) != 0 {
		t.Errorf("opening a link made a chat: %v", chats)
	}
	w.act(simulator.Inbound{From: anna, To: draft.SenderID, Text: draft.Text})
	w.send(wire.NewText("thanks").ToNumber(anna))
	if got := statuses(w.flush()); got != "sent, delivered" {
		t.Errorf("unread: %s", got)
	}
	if err := w.sim.MarkRead(anna, "1001"); err != nil {
		t.Fatal(err)
	}
	if err := w.sim.MarkRead(anna, "1001"); err != nil {
		t.Fatal(err)
	}
	if got := statuses(w.flush()); got != "read" {
		t.Errorf("opened: %s", got)
	}
	select {
	case <-changes:
	default:
		t.Error("no word of the ticks")
	}
	cancel()
	w.act(simulator.Inbound{From: anna, Text: "x"})
	select {
	case <-changes:
		t.Error("word after cancel")
	default:
	}
	if chats := w.sim.Chats(anna); len(chats) != 1 || chats[0] != "1001" {
		t.Errorf("chats %v", chats)
	}
	if s := w.sim.Senders(); len(s) != 1 || s[0].Token != "" || s[0].AppSecret != "" || s[0].Name != "Acme" {
		t.Errorf("senders %+v", s)
	}
	w.flush()
}

func TestSendersRefused(t *testing.T) {
	w := newWorld(t, nil)
	good := simulator.Sender{PhoneNumberID: "1", WABA: "2", Portfolio: "p", Number: "+4930900300", Token: "t", AppSecret: "s"}
	for name, change := range map[string]func(*simulator.Sender){
		"id taken":     func(s *simulator.Sender) { s.PhoneNumberID = "1001" },
		"number taken": func(s *simulator.Sender) { s.Number = number },
		"no number":    func(s *simulator.Sender) { s.Number = "x" },
		"no token":     func(s *simulator.Sender) { s.Token = "" },
		"no secret":    func(s *simulator.Sender) { s.AppSecret = "" },
		"odd id":       func(s *simulator.Sender) { s.WABA = "../x" },
	} {
		bad := good
		change(&bad)
		if err := w.sim.AddSender(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := w.sim.AddSender(good); err != nil {
		t.Error(err)
	}
}

// TestTwoBusinesses: one user id per portfolio, and a tap goes where the button
// is.
func TestTwoBusinesses(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.sim.AddSender(simulator.Sender{PhoneNumberID: "1002", WABA: "9002", Portfolio: "other", Number: "+4930900200", Token: "t2", AppSecret: "s2"}); err != nil {
		t.Fatal(err)
	}
	w.act(simulator.Inbound{From: anna, Text: "hi", To: "1001"})
	w.send(wire.NewButtons("Q", wire.Choice{Payload: "a:1", Title: "A"}).ToNumber(anna))
	w.pass(time.Minute)
	w.act(simulator.Inbound{From: anna, Text: "hi", To: "+4930900200"})
	w.act(simulator.Inbound{From: anna, Button: "a:1"})
	w.act(simulator.Inbound{From: anna, Text: "to whom I wrote last"})
	p, _ := w.sim.Person(anna)
	if len(p.UserIDs) != 2 || p.UserIDs["acme"] == p.UserIDs["other"] {
		t.Errorf("user ids %v", p.UserIDs)
	}
	first, _ := w.sim.Messages(anna, "1001")
	second, _ := w.sim.Messages(anna, "1002")
	all, _ := w.sim.Messages(anna, "")
	if len(first) != 4 || len(second) != 1 || len(all) != 5 || first[2].Type != "interactive" {
		t.Errorf("%d and %d messages", len(first), len(second))
	}
	w.flush()
}
