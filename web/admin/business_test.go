package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assent/business"
	"assent/consent"
	"assent/internal/apptest"
)

// saying is the form of the business's page, with what differs from it.
func saying(pairs ...string) url.Values {
	v := url.Values{
		"legal_name": {"Sonnentor GmbH"}, "brand_name": {"Sonnentor"}, "address": {"Weg 1, Berlin"}, "contact": {"hallo@sonnentor.example"},
		"human": {"Mia Kern"}, "notice_url": {"https://sonnentor.example/privacy"}, "language": {"en"}, "country": {"DE"}, "colour": {""}, "bare_stop": {"all"},
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestBusinessPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	page := o.get("/admin/business")
	for _, must := range []string{`name="legal_name"`, `name="notice_url_de"`, `name="new_number_follows"`, `name="bare_stop"`, `name="entity"`, `name="after_erasure"`, "Mia Kern, +49 30 1234567"} {
		if page.status != http.StatusOK || !strings.Contains(page.body, must) {
			t.Errorf("%d: it lacks %s", page.status, must)
		}
	}
	a := o.do("POST", "/admin/business", saying("bare_stop", "marketing", "new_number_follows", "yes", "entity", "Tor Holding", "notice_url_de", "https://sonnentor.example/datenschutz"))
	if a.status != http.StatusSeeOther || !strings.Contains(o.get(a.header.Get("Location")).text(), "with your name") {
		t.Fatalf("%d %s", a.status, a.text())
	}
	now, _ := o.Directory().Tenant(o.Business)
	if now.Address != "Weg 1, Berlin" || now.BareStop != business.StopMarketing || !now.NewNumberFollows || now.Entity != "Tor Holding" || now.Notice("de") == now.Notice("en") {
		t.Errorf("%+v", now.Business)
	}
	wrong := o.do("POST", "/admin/business?lang=de", saying("legal_name", "", "notice_url_fr", "nowhere"))
	for _, must := range []string{"Geben Sie den rechtlichen Namen", `id="legal_name-error"`, `href="#notice_url_fr"`, `value="nowhere"`} {
		if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, must) {
			t.Errorf("%d: it lacks %s", wrong.status, must)
		}
	}
}

func TestBusinessKeeping(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	form := url.Values{"after_erasure": {"lock"}, "lock_days": {"90"}, "ended_days": {""}, "unconfirmed_days": {"14"}, "export_first": {"yes"}}
	if a := o.do("POST", "/admin/business/keeping", form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text())
	}
	want := business.Keeping{AfterErasure: business.LockFirst, LockDays: 90, UnconfirmedDays: 14, ExportFirst: true}
	if now, _ := o.Directory().Tenant(o.Business); now.Keeping != want {
		t.Errorf("%+v", now.Keeping)
	}
	for _, days := range []string{"-1", "many", "99999999"} {
		form.Set("lock_days", days)
		if a := o.do("POST", "/admin/business/keeping", form); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="lock_days-error"`) {
			t.Errorf("%s: %d", days, a.status)
		}
	}
}

// Who adds a business is at work on it from then on.
func TestAddBusinessPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if a := o.get("/admin/business/new"); a.status != http.StatusOK || !strings.Contains(a.body, `name="slug"`) {
		t.Fatalf("%d", a.status)
	}
	a := o.do("POST", "/admin/business/new", saying("slug", "Laden!", "legal_name", "Laden KG"))
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="slug-error"`) {
		t.Fatalf("%d %s", a.status, a.text())
	}
	a = o.do("POST", "/admin/business/new", saying("slug", "laden", "legal_name", "Laden KG", "brand_name", ""))
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if page := o.get(a.header.Get("Location")); !strings.Contains(page.text(), "Business: Laden KG") {
		t.Errorf("%s", page.text())
	}
	if a := o.do("POST", "/admin/business/new", saying("slug", "laden")); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.text(), "short name laden already") {
		t.Errorf("%d %s", a.status, a.text())
	}
}

// A finding about the business leads to its page, where alone it can be mended.
func TestFindingsOfTheBusinessLeadToItsPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if a := o.do("POST", "/admin/business", saying("contact", "", "notice_url", "http://sonnentor.example/privacy")); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text())
	}
	page := o.get(o.begin("newsletter"))
	for _, must := range []string{`href="/admin/business#contact"`, `href="/admin/business#notice_url"`} {
		if !strings.Contains(page.body, must) {
			t.Errorf("it lacks %s", must)
		}
	}
}

// Whoever turns out to be too young is stopped until an operator finds otherwise,
// and erased, once the operator is sure.
func TestUnderAge(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	id := o.subject(person)
	at := "/admin/people/" + id
	if a := o.do("POST", at+"/minor", url.Values{}); a.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", a.status)
	}
	if a := o.do("POST", at+"/minor", url.Values{"sure": {"yes"}, "reason": {"told by a parent"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text())
	}
	p, err := o.Records.Person(t.Context(), o.Business, id)
	if err != nil || p.ErasedAt.IsZero() {
		t.Fatalf("%v %v", p.ErasedAt, err)
	}
	for _, c := range p.Consents {
		if c.State != consent.Invalidated {
			t.Errorf("%s is %s", c.Purpose, c.State)
		}
	}
}
