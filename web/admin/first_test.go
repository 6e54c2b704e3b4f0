package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"assent/internal/apptest"
)

// Whoever opened a fresh installation found a form that nobody could fill in, pages that
// "are not there" before there was a business, and no way on once there was one.
func TestFirstSteps(t *testing.T) {
	o := officeOf(t, apptest.NewWith(t, apptest.Options{Empty: true}))
	const nobody = "Nobody can sign in yet"
	if text := o.get("/admin/sign-in").text(); !strings.Contains(text, nobody) || !strings.Contains(text, "assent user add") {
		t.Errorf("a fresh installation: %s", text)
	}
	o.addRosa()
	if text := o.get("/admin/sign-in").text(); strings.Contains(text, nobody) {
		t.Errorf("somebody can: %s", text)
	}
	o.signIn()
	for _, path := range []string{"/admin/senders", "/admin/senders/new", "/admin/alarms", "/admin/inbox", "/admin/stop"} {
		if a := o.get(path); a.status != http.StatusSeeOther || a.header.Get("Location") != "/admin/consents" {
			t.Errorf("%s: %d %s", path, a.status, a.text())
		}
	}
	if a := o.get("/admin/consents"); a.status != 200 || !strings.Contains(a.body, `href="/admin/business/new"`) {
		t.Errorf("what comes first: %d %s", a.status, a.text())
	}
	if a := o.do("POST", "/admin/senders/new", form()); a.status != 404 {
		t.Errorf("a post: %d", a.status)
	}
}

// What comes after a business is its number. The addresses of privacy notices by language,
// which few need, are closed unless one says something.
func TestABusinessThatIsAddedLeadsToItsNumber(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if body := o.get("/admin/business/new").body; !strings.Contains(body, `<details class="a-more">`) || !strings.Contains(body, `name="notice_url_de"`) {
		t.Error("the addresses by language are not folded")
	}
	a := o.do("POST", "/admin/business/new", form("slug", "fresh", "legal_name", "Fresh GmbH", "language", "en", "country", "DE", "bare_stop", "all", "notice_url_de", "https://fresh.example/datenschutz"))
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text())
	}
	page := o.get(a.header.Get("Location"))
	if !strings.Contains(page.text(), "Next, the number with which people confirm: Connect a number") || !strings.Contains(page.body, `<details class="a-more" open>`) {
		t.Errorf("%s", page.text())
	}
	if text := o.get("/admin/business?saved&business=" + o.Tenant().Slug).text(); strings.Contains(text, "Next, the number") {
		t.Errorf("it has a number: %s", text)
	}
}
