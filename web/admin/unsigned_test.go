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
