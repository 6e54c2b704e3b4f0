package admin_test

import (
	"strings"
	"testing"

	"assent/internal/apptest"
)

// An operator enters what was said by telephone or letter, for somebody in the
// records and for somebody who is not, and ends what only an operator ends.
func TestEnteringAStop(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	sub := o.subject(person)
	page := "/admin/people/" + sub
	if a := o.get(page); !strings.Contains(a.body, page+"/stop") {
		t.Error("the person's page does not lead there")
	}
	entry := form("what", "purpose "+apptest.Offers, "source", "letter", "reason", "complaint", "words", "never again, <b>please</b>")
	for field, wrong := range map[string]string{"what": "purpose nothing", "source": "hearsay", "reason": "erased", "words": " "} {
		bad := form()
		for k, v := range entry {
			bad[k] = v
		}
		bad.Set(field, wrong)
		if a := o.do("POST", page+"/stop", bad); a.status != 422 || !strings.Contains(a.body, `id="`+field+`-error"`) {
			t.Errorf("%s = %q: %d", field, wrong, a.status)
		}
	}
	if a := o.do("POST", page+"/stop", entry); a.status != 303 || a.header.Get("Location") != page {
		t.Fatalf("%d %s", a.status, a.text())
	}
	shown := o.get(page).text()
	for _, want := range []string{"complaint", "Offers", "never again, <b>please</b>", "rosa", "Letter"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	if a := o.get(page + "/stop"); !strings.Contains(a.text(), "End a stop") {
		t.Error("the stop cannot be ended")
	}
	if a := o.do("POST", page+"/lift", form("note", "")); a.status != 422 {
		t.Errorf("without a note: %d", a.status)
	}
	if a := o.do("POST", page+"/lift", form("note", "settled")); a.status != 303 {
		t.Errorf("lift: %d %s", a.status, a.text())
	}
	if a := o.do("POST", page+"/lift", form("note", "settled")); a.status != 422 {
		t.Errorf("lifted twice: %d", a.status)
	}
	// Somebody who is not known.
	if a := o.do("POST", "/admin/stop", form("to", "0170", "what", "all", "source", "telephone", "reason", "operator", "words", "said so")); a.status != 422 || !strings.Contains(a.body, `id="to-error"`) {
		t.Errorf("no number: %d", a.status)
	}
	a := o.do("POST", "/admin/stop", form("to", "+49 151 12345678", "what", "all", "source", "telephone", "reason", "operator", "words", "said so"))
	if a.status != 303 || strings.Contains(a.header.Get("Location"), "151") {
		t.Fatalf("%d %s", a.status, a.header.Get("Location"))
	}
	if reason := o.Check(other, apptest.Offers).Reason; reason != "suppressed" {
		t.Errorf("the check says %q", reason)
	}
	if a := o.get("/admin/stop?done=1"); !strings.Contains(a.text(), "It counts from now on") {
		t.Error("the page does not say that it is done")
	}
	if a := o.get("/admin/people/nobody/stop"); a.status != 404 {
		t.Errorf("nobody: %d", a.status)
	}
	if a := o.do("POST", page+"/stop?lang=de", form("what", "all", "source", "letter", "words", "")); !strings.Contains(a.text(), "was gesagt wurde: Es steht in der Akte") {
		t.Errorf("the fault is not in the operator's language: %s", a.text())
	}
	if strings.Contains(o.log.String(), "15112345678") || strings.Contains(o.log.String(), "never again") {
		t.Error("the log has what is personal")
	}
}
