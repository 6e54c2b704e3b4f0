package admin_test

import (
	"strings"
	"testing"

	"assent/internal/apptest"
	"assent/whatsapp/simulator"
)

// An operator submits the library's texts, sees how they stand and are changed,
// and deletes them.
func TestTemplatesPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if a := o.get("/admin/templates"); a.status != 200 || !strings.Contains(a.text(), "0 of 15 languages") {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if a := o.do("POST", "/admin/templates/submit", form("library", "opt_in", "lang", "de", "lang", "pt_BR")); a.status != 303 {
		t.Fatalf("submit: %d %s", a.status, a.text())
	}
	page := o.get("/admin/templates").text()
	for _, want := range []string{"2 of 15 languages", "confirm_opt_in", "Being reviewed", "Sie haben Sonnentor um eine Nachricht gebeten", "Não fui eu"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	if strings.Contains(page, "Something needs your attention") {
		t.Error("an alarm for nothing")
	}
	// Meta approves it as something else than was asked for.
	tpl := simulator.Template{Name: "confirm_opt_in", Language: "de", Category: "MARKETING", Body: "x"}
	if err := o.Simulator.SetTemplate(apptest.PhoneNumberID, tpl); err != nil {
		t.Fatal(err)
	}
	o.Settle()
	page = o.get("/admin/templates").text()
	for _, want := range []string{"Category Marketing", "de Approved", "in another category", "Something needs your attention"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page = o.get("/admin/alarms").text(); !strings.Contains(page, "Meta changes a template's category") || !strings.Contains(page, "confirm_opt_in · de") {
		t.Errorf("alarms: %s", page)
	}
	open, err := o.Manage.OpenAlarms(t.Context(), o.Business)
	if err != nil || len(open) != 1 {
		t.Fatalf("%+v, %v", open, err)
	}
	if a := o.do("POST", "/admin/alarms/"+open[0].ID+"/resolve", nil); a.status != 303 {
		t.Errorf("resolve: %d", a.status)
	}
	if page = o.get("/admin/alarms").text(); !strings.Contains(page, "rosa") || strings.Contains(page, "Mark as resolved") {
		t.Errorf("alarms: %s", page)
	}
	if a := o.do("POST", "/admin/templates/submit", form("library", "nosuch")); a.status != 422 || !strings.Contains(a.text(), "no such text") {
		t.Errorf("an unknown text: %d", a.status)
	}
	if a := o.do("POST", "/admin/templates/submit", form("library", "opt_in", "lang", "xx")); a.status != 422 {
		t.Errorf("an unknown language: %d", a.status)
	}
	if a := o.do("POST", "/admin/templates/delete", form("name", "nosuch")); a.status != 422 || !strings.Contains(a.text(), "WhatsApp refused") {
		t.Errorf("delete what there is not: %d %s", a.status, a.text())
	}
	if a := o.do("POST", "/admin/templates/delete", form("name", "confirm_opt_in")); a.status != 303 {
		t.Errorf("delete: %d", a.status)
	}
	if a := o.do("POST", "/admin/templates/refresh", nil); a.status != 303 {
		t.Errorf("refresh: %d", a.status)
	}
	o.Settle()
	if page = o.get("/admin/templates").text(); strings.Contains(page, "PENDING") {
		t.Error("what was deleted is there")
	}
}

// A parked webhook is shown with a reason only, and handled again.
func TestParkedPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if a := o.get("/admin/inbox"); a.status != 200 || !strings.Contains(a.text(), "Nothing waits") {
		t.Fatalf("%d %s", a.status, a.text())
	}
	body := `{"object":"whatsapp_business_account","entry":[{"id":"` + apptest.WABA + `","changes":[{"field":"brand_new","value":{"a":"<b>"}}]}]}`
	if err := o.Optin.Accept(t.Context(), []byte(body), "", []string{o.Sender}); err != nil {
		t.Fatal(err)
	}
	o.Settle()
	page := o.get("/admin/inbox")
	if !strings.Contains(page.text(), "A field that is not known here: \u2066brand_new\u2069") || strings.Contains(page.body, "whatsapp_business_account") {
		t.Fatalf("the list: %s", page.text())
	}
	list, err := o.Manage.ListParked(t.Context(), o.Business, 9)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	at := "/admin/inbox/" + list[0].ID
	if a := o.do("POST", at+"/show", form("reason", "")); a.status != 422 || strings.Contains(a.body, "whatsapp_business_account") {
		t.Errorf("shown without a reason: %d", a.status)
	}
	if a := o.do("POST", at+"/show", form("reason", "ticket 7")); a.status != 200 || !strings.Contains(a.text(), "whatsapp_business_account") {
		t.Errorf("not shown: %d %s", a.status, a.text())
	}
	if a := o.do("POST", at+"/replay", nil); a.status != 303 {
		t.Errorf("replay: %d", a.status)
	}
	if a := o.do("POST", at+"/replay", nil); a.status != 404 {
		t.Errorf("a second replay while it waits: %d", a.status)
	}
	o.Settle()
	if a := o.get("/admin/inbox"); !strings.Contains(a.text(), "brand_new") {
		t.Error("it is not parked again")
	}
	if strings.Contains(o.log.String(), "ticket 7") {
		t.Error("the reason is in the log")
	}
}
