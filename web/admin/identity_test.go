package admin_test

import (
	"regexp"
	"strings"
	"testing"

	"assent/internal/apptest"
)

var partForm = regexp.MustCompile(`name="identifier" value="([0-9a-f]+)"`)

// Beside each identifier stands how it came to be this person's, with the event;
// an operator takes it back, and why stands in the record (rules 22 and 30).
func TestPartingFromThePage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	sub := o.subject(person)
	page := "/admin/people/" + sub
	a := o.get(page)
	hashes := partForm.FindAllStringSubmatch(a.body, -1)
	if len(hashes) != 2 || !strings.Contains(a.text(), "One message from WhatsApp showed this") {
		t.Fatalf("%d identifiers: %s", len(hashes), a.text())
	}
	if event := regexp.MustCompile(`href="#(event-[0-9a-f-]+)"`).FindStringSubmatch(a.body); event == nil || !strings.Contains(a.body, `id="`+event[1]+`"`) {
		t.Error("it does not lead to the event")
	}
	for name, bad := range map[string][]string{
		"no reason": {"identifier", hashes[0][1], "reason", " "}, "no identifier": {"identifier", "zz", "reason", "x"}, "another's": {"identifier", "00ff", "reason", "x"},
	} {
		if a := o.do("POST", page+"/part", form(bad...)); a.status != 422 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	for name, reason := range map[string]string{"names them": "it is " + person, "too long": strings.Repeat("long ", 500)} {
		for lang, want := range map[string]string{"de": "Der Grund", "ar": "السبب", "en": "The reason is"} {
			if a := o.do("POST", page+"/part?lang="+lang, form("identifier", hashes[0][1], "reason", reason)); a.status != 422 || !strings.Contains(a.text(), want) || lang != "en" && strings.Contains(a.text(), "The reason") {
				t.Errorf("%s, in %s: %d %s", name, lang, a.status, a.text())
			}
		}
	}
	if a := o.do("POST", page+"/part", form("identifier", hashes[1][1], "reason", "she <b>called</b>")); a.status != 303 || a.header.Get("Location") != page {
		t.Fatalf("%d %s", a.status, a.text())
	}
	a = o.get(page + "?lang=en") // whichever was asked for last
	for _, want := range []string{"Said to be two people", "she <b>called</b>", "rosa"} {
		if !strings.Contains(a.text(), want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	if partForm.MatchString(a.body) {
		t.Error("what is known by one thing can be parted")
	}
	if got := o.Check(person, apptest.Offers); got.Allowed {
		t.Error("what nobody can tell whose it is permits")
	}
}
