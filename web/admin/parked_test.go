package admin_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// A stop that came while the number's app secret was wrong is handled by itself when the
// secret is right, each signature checked anew; what still fits nothing waits on, and is
// said to under Alarms until nothing waits.
func TestParkedForAWrongSecretAreHandledWhenItIsRight(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b, err := o.Manage.AddBusiness(t.Context(), business.Business{Slug: "fresh", LegalName: "Fresh GmbH", BrandName: "Fresh", Language: "en", Country: "DE", Purposes: o.Tenant().Purposes})
	if err != nil {
		t.Fatal(err)
	}
	// The app's secret is known here, by a number of another business that is of the same app.
	if err := o.Manage.AddAppSecret(t.Context(), o.Business, o.Sender, realSecret, "rosa"); err != nil {
		t.Fatal(err)
	}
	o.get("/admin/senders?business=fresh")
	a := o.do("POST", "/admin/senders/new", form("number", realNumber, "phone_number_id", realID, "waba", realWABA, "app", realApp, "app_secret", "wrongsecret", "token", realToken))
	if a.status != 303 {
		t.Fatalf("connect: %d %s", a.status, a.text())
	}
	page := a.header.Get("Location")
	callback := o.Server.URL + "/webhooks/whatsapp"
	tt, _ := o.Directory().Tenant(b)
	if got := m.click("PUT", "/sim/app", map[string]any{"sender": realID, "registered": true, "callback_url": callback, "verify_token": tt.Senders[0].Secrets.VerifyToken, "fields": business.Fields}); got != 200 {
		t.Fatal(got)
	}
	if a := o.do("POST", page+"/subscribe", nil); a.status != 303 {
		t.Fatalf("subscribe: %d %s", a.status, a.text())
	}
	if _, err := m.Act(simulator.Inbound{From: person, To: realID, Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	o.settle(m)
	// One that nothing here signed, as if a thief had got hold of the other number's secret once.
	forged := []byte(`{"object":"whatsapp_business_account","entry":[{"id":"` + realWABA + `","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"` + realID + `"},
		"messages":[{"from":"4917012345699","id":"wamid.forged","timestamp":"1764000000","type":"text","text":{"body":"STOP"}}]}}]}]}`)
	if err := o.Optin.Accept(t.Context(), forged, wire.Sign("thirdsecret", forged), []string{o.Sender}); err != nil {
		t.Fatal(err)
	}
	o.settle(m)
	o.get("/admin/senders?business=" + o.Tenant().Slug)
	alarms := o.get("/admin/alarms").text()
	for _, want := range []string{"WhatsApp's messages wait that could not be handled", "Webhooks that wait: 2", "A stop may be among them"} {
		if !strings.Contains(alarms, want) {
			t.Errorf("alarms lack %q: %s", want, alarms)
		}
	}
	if strings.Contains(alarms, "Mark as resolved") {
		t.Error("the alarm can be clicked away while webhooks wait")
	}
	waits := func(want int) (ids []string) {
		t.Helper()
		list, err := o.Manage.ListParked(t.Context(), o.Business, 9)
		if err != nil || len(list) != want {
			t.Fatalf("parked: %+v, %v, want %d", list, err, want)
		}
		for _, d := range list {
			ids = append(ids, d.ID)
		}
		return ids
	}
	ids := waits(2)
	// Handled again while the secret is wrong: it says why it waits on.
	at := "/admin/inbox/" + ids[0] + "/replay"
	a = o.do("POST", at, nil)
	if text := o.get(a.header.Get("Location")); !strings.Contains(text.text(), "It is being handled again") || !strings.Contains(text.body, `http-equiv="refresh"`) {
		t.Errorf("%s", text.text())
	}
	o.settle(m)
	if text := o.get(a.header.Get("Location")); !strings.Contains(text.text(), "It still cannot be handled: It is signed by another app secret") || strings.Contains(text.body, `http-equiv="refresh"`) {
		t.Errorf("%s", text.text())
	}
	// The right secret beside the wrong one.
	o.get("/admin/senders?business=fresh")
	if a := o.do("POST", page+"/secrets", form("app_secret", realSecret)); a.status != 303 {
		t.Fatalf("the secret: %d %s", a.status, a.text())
	}
	o.settle(m)
	record, err := o.Records.Person(t.Context(), b, o.onlyPerson(b))
	if err != nil || len(record.Stops) == 0 {
		t.Errorf("the stop is not in force: %+v, %v", record.Stops, err)
	}
	left := waits(1)
	o.get("/admin/senders?business=" + o.Tenant().Slug)
	if text := o.get("/admin/alarms").text(); !strings.Contains(text, "Webhooks that wait: 1") {
		t.Errorf("the forged one is not spoken of: %s", text)
	}
	for _, id := range ids {
		if text := o.get("/admin/inbox?again=" + id).text(); (id == left[0]) == strings.Contains(text, "It was handled") {
			t.Errorf("%s: %s", id, text)
		}
	}
	// Were its secret the app's, it would be right: then nothing waits, and the alarm ends.
	o.get("/admin/senders?business=fresh")
	if a := o.do("POST", page+"/secrets", form("app_secret", "thirdsecret")); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	o.settle(m)
	waits(0)
	if open, err := o.Manage.OpenAlarms(t.Context(), o.Business); err != nil || len(open) != 0 {
		t.Errorf("open alarms: %+v, %v", open, err)
	}
	for _, s := range []string{realSecret, "wrongsecret"} {
		if strings.Contains(o.log.String(), s) {
			t.Error("a secret is in the log")
		}
	}
}

// All that waits is handled again by one button, and by the same code as the command.
func TestHandleAllAgain(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	for range 3 {
		body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"brand_new","value":{}}]}]}`
		if err := o.Optin.Accept(t.Context(), []byte(body), "", []string{o.Sender}); err != nil {
			t.Fatal(err)
		}
	}
	o.Settle()
	if page := o.get("/admin/inbox"); !strings.Contains(page.body, `action="/admin/inbox/replay"`) {
		t.Fatalf("no button: %s", page.text())
	}
	a := o.do("POST", "/admin/inbox/replay", nil)
	if a.status != 303 {
		t.Fatal(a.status)
	}
	if text := o.get(a.header.Get("Location")).text(); !strings.Contains(text, "Handled again, the oldest first: 3") || !strings.Contains(text, "Nothing waits") {
		t.Errorf("%s", text)
	}
	o.Settle()
	if text := o.get("/admin/inbox").text(); strings.Count(text, "brand_new") != 4 { // each, and what they wait for together
		t.Errorf("%s", text)
	}
	if text := o.get("/admin/alarms").text(); !strings.Contains(text, "Webhooks that wait: 3") {
		t.Errorf("%s", text)
	}
}

// What nothing here will ever know is put away with a reason: what it said is gone, the
// events keep who did it and why, and with the last the alarm ends.
func TestParkedIsPutAway(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	for _, field := range []string{"brand_new", "other_new"} {
		body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"` + field + `","value":{"from":"4917012345699"}}]}]}`
		if err := o.Optin.Accept(t.Context(), []byte(body), "", []string{o.Sender}); err != nil {
			t.Fatal(err)
		}
		o.Settle()
		o.Clock.Advance(time.Second) // within a millisecond, the newest is anyone's guess
	}
	list, err := o.Manage.ListParked(t.Context(), o.Business, 9)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	newest, at := list[0], "/admin/inbox/"+list[0].ID+"/discard"
	if page := o.get("/admin/inbox"); !strings.Contains(page.body, `action="`+at+`"`) || !strings.Contains(page.text(), "that stop is lost") {
		t.Fatalf("it is not asked for: %s", page.text())
	}
	for _, reason := range []string{"", " \t"} {
		a := o.do("POST", at, form("reason", reason))
		if a.status != 422 || !strings.Contains(a.text(), "Say why you put this message away") || strings.Count(a.body, "<details class=\"a-discard\" open>") != 1 {
			t.Errorf("put away for %q: %d %s", reason, a.status, a.text())
		}
	}
	if a := o.do("POST", "/admin/inbox/nosuch/discard", form("reason", "ticket 7")); a.status != 404 {
		t.Errorf("what there is not: %d", a.status)
	}
	a := o.do("POST", at, form("reason", " a product that is not ours "))
	if a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if text := o.get(a.header.Get("Location")).text(); !strings.Contains(text, "It was put away") || strings.Contains(text, "other_new") || !strings.Contains(text, "brand_new") {
		t.Errorf("%s", text)
	}
	if a := o.do("POST", at, form("reason", "again")); a.status != 404 {
		t.Errorf("twice: %d", a.status)
	}
	for _, said := range []string{`"reason":"a product that is not ours"`, `"delivery":"` + newest.ID, `"parked_for":"a field that is not known here: other_new"`, `"received":"` + newest.ReceivedAt.UTC().Format("2006-01-02T15:04:05Z")} {
		if !o.logged(o.Business, "parked webhook put away", said) {
			t.Errorf("no event says %s", said)
		}
	}
	if text := o.get("/admin/alarms").text(); !strings.Contains(text, "Webhooks that wait: 1") {
		t.Errorf("%s", text)
	}
	if a := o.do("POST", "/admin/inbox/"+list[1].ID+"/discard", form("reason", "the same")); a.status != 303 {
		t.Errorf("the last: %d", a.status)
	}
	if open, err := o.Manage.OpenAlarms(t.Context(), o.Business); err != nil || len(open) != 0 {
		t.Errorf("open alarms: %+v, %v", open, err)
	}
	if strings.Contains(o.log.String(), "not ours") {
		t.Error("the reason is in the log")
	}
}

// What was parked for a number that was removed since is still listed with its business,
// and can be put away: nobody knew of it but the command, and it stayed for good.
func TestParkedForARemovedNumberIsPutAway(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	sender := business.Sender{Business: o.Business, PhoneNumberID: "100200399", WABA: "299", Portfolio: "399", Number: "+494055501277", Simulated: true, Secrets: business.Secrets{Token: "other", AppSecrets: []string{realSecret}}}
	var err error
	if sender.ID, err = o.Manage.AddSender(t.Context(), sender); err != nil {
		t.Fatal(err)
	}
	body := `{"object":"whatsapp_business_account","entry":[{"id":"299","changes":[{"field":"brand_new","value":{}}]}]}`
	if err := o.Optin.Accept(t.Context(), []byte(body), "", []string{sender.ID}); err != nil {
		t.Fatal(err)
	}
	o.Settle()
	if a := o.do("POST", "/admin/senders/"+sender.ID+"/remove", form("sure", "yes")); a.status != 303 {
		t.Fatalf("remove: %d %s", a.status, a.text())
	}
	if err := o.Optin.AlarmParked(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := o.Manage.ListParked(t.Context(), o.Business, 9)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if text := o.get("/admin/alarms").text(); !strings.Contains(text, "Webhooks that wait: 1") {
		t.Errorf("%s", text)
	}
	if a := o.do("POST", "/admin/inbox/"+list[0].ID+"/discard", form("reason", "the number is gone")); a.status != 303 {
		t.Errorf("%d", a.status)
	}
	if open, err := o.Manage.OpenAlarms(t.Context(), o.Business); err != nil || len(open) != 0 {
		t.Errorf("open alarms: %+v, %v", open, err)
	}
}

// What waits for the same reason had to be put away one by one. It goes together, with one
// reason and an event for each; nothing else, nothing of another business, and nothing that
// came after the page was made.
func TestParkedIsPutAwayTogether(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	other := business.Sender{Business: o.fresh(), PhoneNumberID: "100200388", WABA: "288", Portfolio: "388", Number: "+494055501288", Simulated: true, Secrets: business.Secrets{Token: "other", AppSecrets: []string{realSecret}}}
	var err error
	if other.ID, err = o.Manage.AddSender(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	o.signIn()
	park := func(field string, signed ...string) {
		t.Helper()
		body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"` + field + `","value":{"n":"` + o.Clock.Now().String() + `"}}]}]}`
		if err := o.Optin.Accept(t.Context(), []byte(body), "", signed); err != nil {
			t.Fatal(err)
		}
		o.Settle()
		o.Clock.Advance(time.Second)
	}
	many := 53 // more than one transaction
	for range many {
		park("brand_new", o.Sender)
	}
	park("other_new", o.Sender)
	park("brand_new", other.ID)
	at := "/admin/inbox?business=" + o.Tenant().Slug
	page := o.get(at)
	if strings.Count(page.body, `action="/admin/inbox/discard"`) != 1 || !strings.Contains(page.text(), "Webhooks that wait for this reason: 53") || !strings.Contains(page.text(), "that stop is lost: look into some of them first") {
		t.Fatalf("it is not offered once: %s", page.text())
	}
	hidden := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page.body)
		if m == nil {
			t.Fatalf("no %s", name)
		}
		return m[1]
	}
	park("brand_new", o.Sender)
	with := func(more ...string) url.Values {
		return form(append([]string{"parked_for", hidden("parked_for"), "until", hidden("until")}, more...)...)
	}
	for name, bad := range map[string]url.Values{"not sure": with("reason", "ticket 7"), "without a reason": with("reason", " ", "sure", "yes")} {
		a := o.do("POST", "/admin/inbox/discard", bad)
		if list, err := o.Manage.ListParked(t.Context(), o.Business, 100); a.status != 422 || strings.Count(a.body, `<details class="a-discard" open>`) != 1 || err != nil || len(list) != many+2 {
			t.Errorf("%s: %d, %d left, %v", name, a.status, len(list), err)
		}
	}
	a := o.do("POST", "/admin/inbox/discard", with("reason", "ticket 7", "sure", "yes"))
	if a.status != 303 || !strings.Contains(o.get(a.header.Get("Location")).text(), "Put away: 53.") {
		t.Fatalf("%d %s", a.status, a.text())
	}
	left, err := o.Manage.ListParked(t.Context(), "", 100)
	if err != nil || len(left) != 3 {
		t.Errorf("%d are left, %v", len(left), err)
	}
	events := 0
	for _, said := range o.acts(o.Business, "parked webhook put away") {
		if strings.Contains(said, `"reason":"ticket 7"`) && strings.Contains(said, `"parked_for":"a field that is not known here: brand_new"`) {
			events++
		}
	}
	if events != many {
		t.Errorf("%d events, want %d", events, many)
	}
	if text := o.get("/admin/alarms").text(); !strings.Contains(text, "Webhooks that wait: 2") {
		t.Errorf("%s", text)
	}
	if a := o.do("POST", "/admin/inbox/discard", with("reason", "ticket 7", "sure", "yes")); a.status != 303 || !strings.HasSuffix(a.header.Get("Location"), "away=0") {
		t.Errorf("a second click: %d %s", a.status, a.header.Get("Location"))
	}
}
