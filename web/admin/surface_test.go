package admin_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
	"assent/whatsapp/wire"
)

// An operator makes a sign-up link, people sign up by it, and it is changed and
// switched off; the page says how it stands at WhatsApp.
func TestSignupLinks(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/funnels/" + apptest.Chat + "/signups"
	if page := o.get(at).text(); !strings.Contains(page, "No link yet") || !strings.Contains(page, "South Korea") {
		t.Fatalf("the page: %s", page)
	}
	_, v, _ := o.Directory().Funnel(apptest.Chat)
	words := v.Texts[v.Language].Purposes[apptest.Offers].Words
	values := form("label", "Shop window", "sender", o.Sender, "purpose", apptest.Offers, "lang", v.Language, "privacy", "https://sonnentor.example/privacy", "message", words, "confirmation", "Welcome.")
	for field, wrong := range map[string]string{"message": "Anything", "label": "", "purpose": apptest.Orders, "privacy": "x", "confirmation": ""} {
		bad := url.Values{}
		for k, v := range values {
			bad[k] = v
		}
		bad.Set(field, wrong)
		if a := o.do("POST", at, bad); a.status != 422 {
			t.Errorf("%s = %q: %d", field, wrong, a.status)
		}
	}
	if a := o.do("POST", at, values); a.status != 422 || !strings.Contains(a.text(), "terms of marketing messages were not accepted") || !strings.Contains(a.body, "Shop window") {
		t.Errorf("without the terms: %d %s", a.status, a.text())
	}
	values.Set("accepted", "yes")
	for range 2 { // the second is made without saying so again
		if a := o.do("POST", at, values); a.status != 303 {
			t.Fatalf("%d %s", a.status, a.text())
		}
	}
	su := o.Tenant().Signups[0]
	e, _ := o.Directory().EntryByID(su.Entry)
	if e.Kind != funnel.EntrySignup || su.Now().Author == "" || su.Now().Event == "" {
		t.Errorf("%+v %+v", e, su)
	}
	if a := o.get("/q/" + e.Code); a.status != 302 || a.header.Get("Location") != "/sim/signup?id="+su.MetaID+"&phone="+apptest.SenderNumber[1:] {
		t.Errorf("our link leads to %d %s", a.status, a.header.Get("Location"))
	}
	page := o.get(at + "?ask").text()
	for _, want := range []string{"Shop window", "At WhatsApp it says the same", "wa.me/" + apptest.SenderNumber[1:] + "/signup/" + su.MetaID, "Welcome."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	o.Clock.Advance(time.Hour)
	o.Act(simulator.Inbound{From: "+491701234567", To: apptest.PhoneNumberID, Marketing: wire.PreferenceSignup, SignupID: su.MetaID})
	if got := o.State("+491701234567", apptest.Offers); got != consent.Given {
		t.Errorf("who signed up stands at %s", got)
	}
	person := o.get("/admin/people/" + o.subject("+491701234567")).text()
	if !strings.Contains(person, "Signed up inside WhatsApp") || !strings.Contains(person, "Shop window") {
		t.Errorf("the person: %s", person)
	}
	one := at + "/" + e.Code
	change := form("message", "Sonnentor: "+words, "confirmation", "Welcome.")
	if a := o.do("POST", one, change); a.status != 303 {
		t.Fatalf("change: %d %s", a.status, a.text())
	}
	change.Set("off", "yes")
	if a := o.do("POST", one, change); a.status != 303 {
		t.Fatalf("off: %d %s", a.status, a.text())
	}
	su, _ = o.Tenant().SignupOf(su.Entry)
	if len(su.Versions) != 4 || !su.Now().Off || su.Versions[1].Message != "Sonnentor: "+words || su.Versions[1].Off {
		t.Errorf("%+v", su.Versions)
	}
	if a := o.get("/q/" + e.Code); a.status != 410 {
		t.Errorf("a link that is off leads to %d", a.status)
	}
	if _, err := o.Simulator.Act(simulator.Inbound{From: "+491709999999", To: apptest.PhoneNumberID, Marketing: wire.PreferenceSignup, SignupID: su.MetaID}); err == nil {
		t.Error("a disabled link signs up")
	}
	if a := o.do("POST", at+"/NOSUCH", change); a.status != 404 {
		t.Errorf("no such link: %d", a.status)
	}
}

// WhatsApp's own link of a printed code is made, follows the code's text, and ends.
func TestShortLinkOfACode(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/codes/" + apptest.PrintedCode
	post := func(f url.Values, want int) answer {
		t.Helper()
		a := o.do("POST", at+"/short", f)
		if a.status != want {
			t.Fatalf("%d, want %d: %s", a.status, want, a.text())
		}
		return a
	}
	e, _ := o.Directory().Entry(apptest.PrintedCode)
	change := func(text string) {
		t.Helper()
		f, _, _ := o.Directory().FunnelByID(e.Funnel)
		if a := o.do("POST", at, form("label", e.Label, "funnel", f.Slug, "chat", "yes", "text", text)); a.status != 303 {
			t.Fatalf("%d %s", a.status, a.text())
		}
	}
	change("Hello from the window.")
	post(nil, 303)
	link := func() funnel.ShortLink {
		t.Helper()
		l, _, err := o.Surfaces.ShortLink(t.Context(), o.Business, apptest.PrintedCode)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	made := link()
	number, text, err := o.Simulator.ShortLink(made.Code)
	if err != nil || number != apptest.SenderNumber || !strings.HasPrefix(text, "Hello from the window.") || !strings.Contains(text, apptest.PrintedCode) {
		t.Errorf("%q %q %v", number, text, err)
	}
	if page := o.get(at).text(); !strings.Contains(page, "wa.me/message/"+made.Code) || !strings.Contains(page, "nobody counts its scans") {
		t.Errorf("the page: %s", page)
	}
	change("Hello from the door.")
	if _, text, _ := o.Simulator.ShortLink(made.Code); !strings.HasPrefix(text, "Hello from the door.") || link().Text != text {
		t.Errorf("after a change: %q, %q", text, link().Text)
	}
	change(strings.Repeat("long ", 31) + "text")
	if page := o.get(at).text(); !strings.Contains(page, "It holds another text") {
		t.Error("the page does not say that the link is behind")
	}
	if a := post(nil, 422); !strings.Contains(a.text(), "more than 140 characters") {
		t.Errorf("%s", a.text())
	}
	// It is deleted in Meta's own pages: it can be made anew, and ended here.
	graph, err := whatsapp.New(whatsapp.Options{BaseURL: "http://sim.test", Transport: transport.InProcess(o.Simulator.Graph())})
	if err != nil {
		t.Fatal(err)
	}
	deleted := func() {
		t.Helper()
		s := o.Tenant().Senders[0]
		if err := graph.DeleteShortLink(t.Context(), whatsapp.Sender{PhoneNumberID: s.PhoneNumberID, WABA: s.WABA, Token: s.Secrets.Token}, link().Code); err != nil {
			t.Fatal(err)
		}
	}
	deleted()
	change("Hello from the gate.")
	post(nil, 303)
	if again := link(); again.Code == made.Code || again.Code == "" || !strings.HasPrefix(again.Text, "Hello from the gate.") {
		t.Errorf("not made anew: %+v", again)
	}
	deleted()
	post(form("delete", "yes"), 303)
	if link().Code != "" {
		t.Error("it sticks")
	}
	post(nil, 303)
	made = link()
	post(form("delete", "yes"), 303)
	if _, _, err := o.Simulator.ShortLink(made.Code); err == nil || link().Code != "" {
		t.Error("it is not deleted")
	}
}

// What a chat offers is proposed in the business's languages, set and taken away.
func TestChatMenu(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/senders/" + o.Sender + "/menu"
	page := o.get(at)
	for _, want := range []string{"Nothing is set", "stop: ", "help: ", "settings: "} {
		if !strings.Contains(page.text(), want) {
			t.Errorf("the page lacks %q: %s", want, page.text())
		}
	}
	for _, c := range o.Surfaces.ProposeMenu(o.Tenant()).Commands {
		if word := consent.Keyword("/" + c.Name); word == consent.NoWord || c.Hint == "" {
			t.Errorf("/%s is no keyword", c.Name)
		}
	}
	if err := (business.Menu{Commands: o.Surfaces.ProposeMenu(o.Tenant()).Commands}).Check(); err != nil {
		t.Error(err)
	}
	if a := o.do("POST", at, form("commands", "two words: x")); a.status != 422 || !strings.Contains(a.body, "two words") {
		t.Errorf("a bad one: %d", a.status)
	}
	if a := o.do("POST", at, form("commands", "/stop: Stop all messages\r\nmenu: What we bake", "prompts", "What do you bake?")); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	got, err := o.Simulator.Automation(apptest.PhoneNumberID)
	if err != nil || len(got.Commands) != 2 || got.Commands[0] != (wire.Command{Name: "stop", Description: "Stop all messages"}) || len(got.Prompts) != 1 {
		t.Errorf("%+v %v", got, err)
	}
	page = o.get(at)
	for _, want := range []string{"Assent stops messages", "Assent is silent", "What do you bake?"} {
		if !strings.Contains(page.text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if a := o.do("POST", at, form("remove", "yes")); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	if got, _ := o.Simulator.Automation(apptest.PhoneNumberID); len(got.Commands)+len(got.Prompts) != 0 {
		t.Errorf("%+v", got)
	}
	if a := o.get("/admin/senders/" + o.Sender); !strings.Contains(a.body, `href="`+at+`"`) {
		t.Error("the number's page does not lead there")
	}
}
