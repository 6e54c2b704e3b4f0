package admin_test

import (
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/whatsapp/simulator"
)

// A wrong app secret, by which everything that WhatsApp sends is refused, is said where
// the number is connected and, when it goes on, by an alarm; both end by themselves
// when something comes that the secret fits.
func TestWrongSecretLostMessagesUnseen(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b := o.fresh()
	page := o.connect("app_secret", "wrongsecret")
	tt, _ := o.Directory().Tenant(b)
	hook := map[string]any{"sender": realID, "registered": true, "callback_url": o.Server.URL + "/webhooks/whatsapp", "verify_token": tt.Senders[0].Secrets.VerifyToken, "fields": business.Fields}
	if got := m.click("PUT", "/sim/app", hook); got != 200 {
		t.Fatal(got)
	}
	if a := o.do("POST", page+"/subscribe", nil); a.status != 303 {
		t.Fatal(a.status)
	}
	const said = "whose signature the app secret here does not fit"
	if text := o.get(page).text(); strings.Contains(text, said) {
		t.Errorf("before anything came: %s", text)
	}
	write := func() {
		t.Helper()
		if _, err := m.Act(simulator.Inbound{From: person, To: realID, Text: "STOP"}); err != nil {
			t.Fatal(err)
		}
		o.settle(m)
	}
	write()
	if text := o.get(page).text(); !strings.Contains(text, said) {
		t.Errorf("the number's page is silent: %s", text)
	}
	const alarm = "Messages come in this number's name that its app secret did not sign"
	if text := o.get("/admin/alarms").text(); strings.Contains(text, alarm) {
		t.Error("one minute of it is an alarm already: anybody can send that")
	}
	for range 2 {
		o.Clock.Advance(2 * time.Minute)
		write()
	}
	if text := o.get("/admin/alarms").text(); !strings.Contains(text, alarm) {
		t.Errorf("no alarm: %s", text)
	}
	if a := o.do("POST", page+"/secrets", form("app_secret", realSecret)); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	o.Clock.Advance(2 * time.Minute)
	write()
	if text := o.get(page).text(); strings.Contains(text, said) {
		t.Errorf("after the secret was put right: %s", text)
	}
	alarms, err := o.Manage.Alarms(t.Context(), b, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alarms {
		if a.Kind == business.AlarmSignature && a.Open() {
			t.Errorf("the alarm stays: %+v", a)
		}
	}
}

// Nobody could tell which of several app secrets Meta signs with, and so which is safe to
// remove. Each says when it last signed, and what comes of removing it.
func TestSecretsSayWhichSignedLast(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b := o.fresh()
	page := o.connect("app_secret", "wrongsecret")
	tt, _ := o.Directory().Tenant(b)
	id := tt.Senders[0].ID
	if a := o.do("POST", page+"/secrets", form("app_secret", realSecret)); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if text := o.get(page).text(); strings.Contains(text, "signs with") || strings.Contains(text, "has signed nothing") {
		t.Errorf("before anything came: %s", text)
	}
	hook := map[string]any{"sender": realID, "registered": true, "callback_url": o.Server.URL + "/webhooks/whatsapp", "verify_token": tt.Senders[0].Secrets.VerifyToken, "fields": business.Fields}
	if got := m.click("PUT", "/sim/app", hook); got != 200 {
		t.Fatal(got)
	}
	if a := o.do("POST", page+"/subscribe", nil); a.status != 303 {
		t.Fatal(a.status)
	}
	o.Clock.Advance(3 * time.Minute)
	if _, err := m.Act(simulator.Inbound{From: person, To: realID, Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	o.settle(m)
	text := o.get(page).text()
	for _, want := range []string{"Meta signs with app secret 2. Remove it only when Meta signs with another.", "App secret 1", "has signed nothing since", "App secret 2", "last signed a webhook"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing: %s", want, text)
		}
	}
	if strings.Index(text, "has signed nothing since") > strings.Index(text, "last signed a webhook") {
		t.Errorf("the wrong one: %s", text)
	}
	if text := o.get(page + "/secrets/0/remove").text(); !strings.Contains(text, "signed with app secret 2, not with this one") {
		t.Errorf("the old one: %s", text)
	}
	if text := o.get(page + "/secrets/1/remove").text(); !strings.Contains(text, "Meta signs with this one") {
		t.Errorf("the one in use: %s", text)
	}
	// The other one within the same minute is noted as well, and a removed one forgotten.
	if err := o.Numbers.Heard(t.Context(), []string{id}, business.SecretMark("wrongsecret")); err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(time.Second)
	if a := o.do("POST", page+"/secrets/1/remove", form("of", "2", "sure", "yes")); a.status != 303 {
		t.Fatal(a.status)
	}
	o.Clock.Advance(2 * time.Minute)
	if err := o.Numbers.Heard(t.Context(), []string{id}, business.SecretMark("wrongsecret")); err != nil {
		t.Fatal(err)
	}
	state, err := o.Numbers.Standing(t.Context(), b, id)
	if _, there := state.Signed[business.SecretMark("wrongsecret")]; err != nil || !there || len(state.Signed) != 1 {
		t.Errorf("%v, %v", state.Signed, err)
	}
}
