package admin_test

import (
	"strings"
	"testing"
	"time"

	"assent/internal/apptest"
	"assent/template"
	"assent/whatsapp/simulator"
)

// An operator sends somebody the link to their settings: as an answer while the chat
// is open, by template after that.
func TestSendTheLinkFromAPersonsPage(t *testing.T) {
	const number = "+491701234567"
	o := newOffice(t)
	o.signIn()
	o.OptIn(number, "offers")
	at := "/admin/people/" + o.subject(number)
	if page := o.get(at).text(); !strings.Contains(page, "The chat is open") || strings.Contains(page, "Confirm it in the chat") {
		t.Errorf("the page: %s", page)
	}
	if a := o.do("POST", at+"/link", form("source", "telepathy")); a.status != 400 {
		t.Errorf("from nowhere: %d", a.status)
	}
	if a := o.do("POST", at+"/link", form("source", "telephone")); a.status != 303 || !strings.HasSuffix(a.header.Get("Location"), "?sent=link") {
		t.Fatalf("%d %s", a.status, a.header.Get("Location"))
	}
	o.Settle()
	page := o.get(at + "?sent=link").text()
	for _, want := range []string{"The link is on its way", "Link to the settings sent", "Telephone"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	o.Clock.Advance(25 * time.Hour)
	o.signIn()
	if page := o.get(at).text(); !strings.Contains(page, "not approved as utility") || strings.Contains(page, "Send the link") {
		t.Errorf("without a template: %s", page)
	}
	n := len(o.Received(number))
	if a := o.do("POST", at+"/link", form("source", "letter")); a.status != 303 || strings.Contains(a.header.Get("Location"), "sent") {
		t.Errorf("without a template: %d", a.status)
	}
	o.Settle()
	if len(o.Received(number)) != n {
		t.Error("it went all the same")
	}
	piece, _ := template.Find(template.Preferences)
	if a := o.do("POST", "/admin/templates/submit", form("library", piece.Key, "sender", o.Sender, "lang", "en")); a.status != 303 {
		t.Fatalf("submit: %d %s", a.status, a.text())
	}
	approved := simulator.Template{Name: piece.Name, Language: "en", Category: "UTILITY", Body: piece.Texts["en"].Body, Link: piece.Texts["en"].Link, Address: template.SettingsAddress(apptest.BaseURL)}
	if err := o.Simulator.SetTemplate(apptest.PhoneNumberID, approved); err != nil {
		t.Fatal(err)
	}
	o.Settle()
	if page := o.get(at).text(); !strings.Contains(page, "by the approved template") {
		t.Errorf("with a template: %s", page)
	}
	if a := o.do("POST", at+"/link", form("source", "letter")); a.status != 303 {
		t.Errorf("by template: %d", a.status)
	}
	o.Settle()
	if got := o.Received(number); len(got) != n+1 || got[n].Template != piece.Name || !strings.Contains(got[n].Text, "/p/") {
		t.Errorf("%+v", got)
	}
}

// Every account of the business is on the page, and forms name theirs.
func TestTemplatesOfEveryAccount(t *testing.T) {
	o, _ := newConnected(t)
	o.signIn()
	values := form("number", realNumber, "phone_number_id", realID, "waba", realWABA, "portfolio", "600700800900", "app", realApp, "app_secret", realSecret, "token", realToken)
	if a := o.do("POST", "/admin/senders/new", values); a.status != 303 {
		t.Fatalf("connect: %d %s", a.status, a.text())
	}
	page := o.get("/admin/templates")
	for _, want := range []string{realWABA, apptest.WABA, "+49 30 12345678"} {
		if !strings.Contains(page.text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, s := range o.Tenant().Senders {
		if !strings.Contains(page.body, `name="sender" value="`+s.ID+`"`) {
			t.Errorf("no form is for %s", s.Number)
		}
	}
	if a := o.do("POST", "/admin/templates/refresh", form("sender", "nosuch")); a.status != 404 {
		t.Errorf("an account that there is not: %d", a.status)
	}
}

// The page of who said that it was not they has a button that ends their block.
func TestUnblockFromThePage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	number := "+491701110099"
	o.OptIn(number, "offers")
	at := "/admin/people/" + o.subject(number)
	if page := o.get(at).text(); strings.Contains(page, "End the block") {
		t.Error("offered for nobody")
	}
	if a := o.do("POST", at+"/unblock", nil); a.status != 303 || strings.Contains(a.header.Get("Location"), "sent=") {
		t.Errorf("who is not blocked: %d", a.status)
	}
	o.Tenant().BlockNotMe = true
	for _, m := range o.Received(number) {
		for _, b := range m.Buttons {
			if b.Title == "This wasn't me" {
				o.Act(simulator.Inbound{From: number, Button: b.Payload, Context: m.ID})
			}
		}
	}
	o.Clock.Advance(time.Minute)
	o.Settle()
	if !o.Simulator.BlockedBy(number, apptest.PhoneNumberID) {
		t.Fatalf("not blocked: %+v", o.Received(number))
	}
	if page := o.get(at).text(); !strings.Contains(page, "End the block") {
		t.Fatalf("no button: %s", page)
	}
	a := o.do("POST", at+"/unblock", nil)
	if page := o.get(a.header.Get("Location")).text(); a.status != 303 || !strings.Contains(page, "WhatsApp is asked to end the block") {
		t.Errorf("%d %s", a.status, page)
	}
	o.Settle()
	if o.Simulator.BlockedBy(number, apptest.PhoneNumberID) {
		t.Error("blocked still")
	}
}
