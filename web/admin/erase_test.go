package admin_test

import (
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/internal/apptest"
	"assent/optin"
)

func TestEraseFromTheRecord(t *testing.T) {
	o := newOffice(t)
	o.OptIn(person, apptest.Offers)
	o.signIn()
	id := o.subject(person)
	record := "/admin/people/" + id
	if a := o.get(record); !strings.Contains(a.body, record+"/erase") {
		t.Fatalf("the record has no way to erase it: %s", a.text())
	}
	asked := o.get(record + "/erase")
	for _, says := range []string{"What is destroyed", "What stays", "cannot be undone", "backups", "Erase for good"} {
		if !strings.Contains(asked.text(), says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	if got := o.Check(person, apptest.Offers); asked.status != 200 || !got.Allowed {
		t.Errorf("asking changed something: %d %+v", asked.status, got)
	}
	named := o.do("POST", record+"/erase", form("reason", "is 0170 1234567", "sure", "yes"))
	if named.status != 400 || !strings.Contains(named.text(), "must not name them") {
		t.Errorf("a reason that names the person: %d %s", named.status, named.text())
	}
	if a := o.do("POST", record+"/erase", form("reason", "asked by letter", "sure", "yes")); a.status != 303 || a.header.Get("Location") != record {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if got := o.Check(person, apptest.Offers); got.Reason != consent.ReasonSuppressed {
		t.Errorf("%+v", got)
	}
	left := o.get(record)
	for _, says := range []string{"Erased", "still shows", "asked by letter", "was destroyed"} {
		if !strings.Contains(left.text(), says) {
			t.Errorf("what is left does not say %q", says)
		}
	}
	for _, hides := range []string{"1234567", "Export proof", "/erase"} {
		if strings.Contains(left.body, hides) {
			t.Errorf("what is left shows %q", hides)
		}
	}
	if a := o.get(record + "/erase"); a.status != 303 {
		t.Errorf("asked again: %d", a.status)
	}
	if a := o.do("POST", record+"/erase", form("sure", "yes")); a.status != 404 {
		t.Errorf("erased again: %d", a.status)
	}
	if a := o.do("POST", record+"/erase", form("sure", "yes"), "Origin", "https://evil.example"); a.status != 403 {
		t.Errorf("from another site: %d", a.status)
	}
}

func TestOneTapErasesNobody(t *testing.T) {
	o := newOffice(t)
	o.OptIn(person, apptest.Offers)
	o.signIn()
	record := "/admin/people/" + o.subject(person)
	asked := o.get(record + "/erase")
	for _, must := range []string{`class="c-button c-button--stop c-button--wide">Erase for good`, `name="sure" value="yes" required`, `action="` + record + `/proof"`} {
		if !strings.Contains(asked.body, must) {
			t.Errorf("the page lacks %s", must)
		}
	}
	a := o.do("POST", record+"/erase", form("reason", "asked by letter"))
	if a.status != 422 || !strings.Contains(a.text(), "Tick the box if you are sure") || !strings.Contains(a.body, `value="asked by letter"`) {
		t.Errorf("without the box: %d %s", a.status, a.text())
	}
	if got := o.Check(person, apptest.Offers); !got.Allowed {
		t.Fatalf("it was erased all the same: %+v", got)
	}
	if a := o.do("POST", record+"/erase", form("sure", "yes")); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if got := o.Check(person, apptest.Offers); got.Allowed {
		t.Error("it was not erased")
	}
}

func TestHoldFromTheRecord(t *testing.T) {
	o := newOffice(t)
	o.OptIn(person, apptest.Offers)
	o.signIn()
	record := "/admin/people/" + o.subject(person)
	if a := o.do("POST", record+"/hold", form("held", "yes")); a.status != 400 {
		t.Errorf("without a reason: %d", a.status)
	}
	if a := o.do("POST", record+"/hold", form("held", "yes", "reason", "case 12")); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	for _, path := range []string{record, record + "/erase"} {
		if a := o.get(path); !strings.Contains(a.text(), "A legal hold stands") {
			t.Errorf("%s does not say so", path)
		}
	}
	if a := o.do("POST", record+"/erase", form("sure", "yes")); a.status != 409 || !strings.Contains(a.text(), "legal hold") {
		t.Errorf("%d %s", a.status, a.text())
	}
	if a := o.do("POST", record+"/hold", form("held", "no", "reason", "closed")); a.status != 303 {
		t.Errorf("%d %s", a.status, a.text())
	}
	if a := o.do("POST", record+"/erase", form("sure", "yes")); a.status != 303 {
		t.Errorf("%d %s", a.status, a.text())
	}
}

func TestLockFromTheRecord(t *testing.T) {
	o := newOffice(t)
	o.OptIn(person, apptest.Offers)
	o.signIn()
	record := "/admin/people/" + o.subject(person)
	for _, until := range []string{"", "tomorrow", "2020-01-01"} {
		if a := o.do("POST", record+"/lock", form("until", until)); a.status != 400 {
			t.Errorf("until %q: %d", until, a.status)
		}
	}
	if a := o.do("POST", record+"/lock", form("until", o.Clock.Now().Add(1000*time.Hour).Format(time.DateOnly))); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	locked := o.get(record)
	if !strings.Contains(locked.text(), "Locked until") || strings.Contains(locked.body, "1234567") || strings.Contains(locked.text(), "Said yes") {
		t.Errorf("%s", locked.text())
	}
	if a := o.do("POST", record+"/reveal", nil); a.status != 400 {
		t.Errorf("without a reason: %d", a.status)
	}
	shown := o.do("POST", record+"/reveal", form("reason", "case 7"))
	if shown.status != 200 || !strings.Contains(shown.text(), "Said yes") {
		t.Errorf("%d %s", shown.status, shown.text())
	}
}

func TestKeepingPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	page := o.get("/admin/keeping")
	for _, says := range []string{"30 days", "5 years", "Erased at once", "Nothing was erased yet", "Change it"} {
		if page.status != 200 || !strings.Contains(page.text(), says) {
			t.Errorf("%d: it does not say %q: %s", page.status, says, page.text())
		}
	}
	o.Submit(optin.Submission{Slug: apptest.Numbered, Phone: "+491709876543", Country: "DE", Purposes: []string{apptest.Offers}})
	o.Clock.Advance(31 * 24 * time.Hour)
	if _, err := o.Records.Retain(t.Context(), o.Business); err != nil {
		t.Fatal(err)
	}
	k := business.Keeping{AfterErasure: business.LockFirst, LockDays: 10, ExportFirst: true}
	if err := o.Records.SetKeeping(t.Context(), o.Business, k, "rosa"); err != nil {
		t.Fatal(err)
	}
	if err := o.Manage.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.signIn() // the session is over by now
	page = o.get("/admin/keeping")
	for _, says := range []string{"Locked first", "10 days", "before anybody is erased", "nobody confirmed 1 "} {
		if !strings.Contains(page.text(), says) {
			t.Errorf("it does not say %q: %s", says, page.text())
		}
	}
	if strings.Contains(page.text(), "Nothing was erased yet") {
		t.Error("the run does not show")
	}
}
