package public_test

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/records"
	"assent/store"
	"assent/web/public"
	"assent/whatsapp/simulator"
)

// linkTo returns the path in the newest message to the person that has a link.
func (s *site) linkTo(number string) string {
	s.T.Helper()
	list := s.Received(number)
	for i := len(list) - 1; i >= 0; i-- {
		if path := regexp.MustCompile(`/p/[0-9a-z]{26}`).FindString(list[i].Text); path != "" {
			return path
		}
	}
	s.T.Fatalf("no link in %d messages", len(list))
	return ""
}

// events counts what is in the log.
func (s *site) events() (n int64) {
	s.T.Helper()
	err := s.Store.ReadOnly(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		h, err := tx.LogHead(ctx)
		n = h.Size
		return err
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return n
}

// press presses a button of the page as a person does, and returns the page that
// follows.
func (s *site) press(path string, pairs ...string) answer {
	s.T.Helper()
	f := form(append([]string{"lang", "en"}, pairs...)...)
	f.Set("shown", s.shownOn(s.get(path+"?lang=en")))
	a := s.post(path, f)
	if a.status != http.StatusSeeOther {
		s.T.Fatalf("%v was answered with %d: %s", pairs, a.status, a.text())
	}
	s.Settle()
	return s.get(a.header.Get("Location"))
}

func TestPreferencesShow(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.OptIn(person, "offers", "orders")
	path, before := s.linkTo(person), s.events()
	a := s.get(path, "Accept-Language", "de-AT,de;q=0.9")
	for _, want := range []string{"Sie haben zugestimmt", "+49 170 ····· 67", "Bestätigt durch Ihre Nachricht"} {
		if !strings.Contains(a.text(), want) {
			t.Errorf("the page lacks %q: %s", want, a.text())
		}
	}
	for _, never := range []string{"1701234567", "170 1234567", "DE."} {
		if strings.Contains(a.body, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if a := s.get(path+"?lang=ar", "Accept-Language", "de"); !strings.Contains(a.body, `dir="rtl"`) {
		t.Error("the language that is chosen comes first")
	}
	s.do("HEAD", path, "")
	s.get(path+"?act=stop_all&stopped=stop_all&wish=erase&sent=1", "Sec-Purpose", "prefetch")
	s.Settle()
	if s.events() != before || len(s.Received(person)) != 1 || s.State(person, "offers") != consent.Given {
		t.Error("looking does something")
	}
	if strings.Contains(s.log.String(), strings.TrimPrefix(path, "/p/")) {
		t.Error("the log holds the token")
	}
}

// Words that mean something else by now stand below those that were agreed to,
// with where to agree to them (rule 12).
func TestPreferencesShowChangedWords(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.OptIn(person, "offers")
	path := s.linkTo(person)
	_, now, _ := s.Manage.Directory().Funnel(apptest.Chat)
	next := *now.Version
	next.ID, next.Number, next.Change, next.Texts = "", 0, funnel.ChangeMeaning, maps.Clone(now.Texts)
	for lang, text := range next.Texts {
		text.Purposes = maps.Clone(text.Purposes)
		p := text.Purposes["offers"]
		p.Words += " " + "Also: " + lang + "."
		text.Purposes["offers"] = p
		next.Texts[lang] = text
	}
	if err := s.Manage.PublishFunnel(t.Context(), &next); err != nil {
		t.Fatal(err)
	}
	a := s.get(path + "?lang=en")
	for _, want := range []string{"The words have changed since then.", now.Texts["en"].Purposes["offers"].Words, "Also: en.", "Write START to"} {
		if !strings.Contains(a.text(), want) {
			t.Errorf("the page lacks %q: %s", want, a.text())
		}
	}
	if !s.Check(person, "offers").Allowed {
		t.Error("the old consent does not permit what it did")
	}
}

func TestPreferencesStop(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.OptIn(person, "offers", "orders")
	path, before := s.linkTo(person), s.events()
	s.Clock.Advance(time.Minute)
	after := s.press(path, "act", "stop", "purpose", "offers")
	if !strings.Contains(after.text(), "It took effect today") || strings.Contains(after.text(), "START") {
		t.Errorf("acknowledged by %s", after.text())
	}
	if s.Check(person, "offers").Reason != consent.ReasonSuppressed || !s.Check(person, "orders").Allowed {
		t.Error("it stops what was asked and no more")
	}
	if s.events() != before+1 || len(s.Received(person)) != 1 {
		t.Errorf("%d events, %d messages", s.events()-before, len(s.Received(person)))
	}
	link, err := s.Optin.OpenLink(t.Context(), strings.TrimPrefix(path, "/p/"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Records.Person(t.Context(), s.Business, link.Subject)
	if err != nil {
		t.Fatal(err)
	}
	e := p.Events[0]
	if e.Name != evidence.ConsentWithdrawn || e.Method != "preference page" || len(e.Shown) != 1 {
		t.Fatalf("the event is %+v", e)
	}
	// What is kept of the page is nobody's.
	kept := string(s.kept(e.Shown[0].SHA256).Body)
	if !strings.Contains(kept, "You said yes") || strings.Contains(kept, "·····") || strings.Contains(kept, strings.TrimPrefix(path, "/p/")) || strings.Contains(kept, "<time") {
		t.Errorf("kept: %s", kept)
	}
	if again := s.get(path); !strings.Contains(again.text(), "Write START to") {
		t.Errorf("how to say yes again: %s", again.text())
	}
	// A page that cannot be told counts all the same, and proves nothing.
	a := s.post(path, form("act", "stop_all", "shown", strings.Repeat("0", 64)))
	if a.status != http.StatusSeeOther || s.Check(person, "orders").Allowed {
		t.Errorf("a stop of an old page is answered with %d", a.status)
	}
	if p, err = s.Records.Person(t.Context(), s.Business, link.Subject); err != nil || len(p.Events[0].Shown) != 0 {
		t.Errorf("%+v, %v", p.Events[0].Shown, err)
	}
	if report, err := s.Records.Audit(t.Context(), records.AuditOptions{}); err != nil || report.ExitCode() != 0 {
		t.Errorf("the audit: %+v, %v", report, err)
	}
}

func TestPreferencesPlatformFlag(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.OptIn(person, "offers")
	s.Act(simulator.Inbound{From: person, To: apptest.PhoneNumberID, Marketing: "stop"})
	if a := s.get(s.linkTo(person) + "?lang=en"); !strings.Contains(a.text(), "In WhatsApp itself you have stopped marketing") {
		t.Error(a.text())
	}
}

// Every token that does not work is answered alike.
func TestPreferencesOfNobody(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.OptIn(person, "offers")
	path := s.linkTo(person)
	s.press(path, "act", "erase")
	list := s.Received(person)
	s.Act(simulator.Inbound{From: person, To: apptest.PhoneNumberID, Button: list[len(list)-1].Buttons[0].Payload})
	want := s.get("/p/00000000000000000000000000")
	if want.status != http.StatusNotFound || !strings.Contains(want.text(), "This link does not work") {
		t.Fatalf("%d %s", want.status, want.text())
	}
	for _, dead := range []string{path, "/p/x", "/p/zzzzzzzzzzzzzzzzzzzzzzzzzz", "/p/x/receipt.json"} {
		if a := s.get(dead); a.status != want.status || a.body != want.body {
			t.Errorf("%s is answered otherwise: %d", dead, a.status)
		}
	}
	one, other := s.post(path, form("act", "stop_all")), s.post("/p/00000000000000000000000000", form("act", "stop_all"))
	if one.status != http.StatusNotFound || one.body != other.body {
		t.Errorf("posts are answered by %d and %d", one.status, other.status)
	}
}

func TestPreferencesRecord(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.OptIn(person, "offers")
	path := s.linkTo(person)
	if a := s.press(path, "act", "record"); !strings.Contains(a.text(), "Tap the button in it") {
		t.Fatal(a.text())
	}
	list := s.Received(person)
	s.Act(simulator.Inbound{From: person, To: apptest.PhoneNumberID, Button: list[len(list)-1].Buttons[0].Payload})
	grant := s.linkTo(person)
	for _, file := range []string{"/receipt.json", "/record.jsonld"} {
		a := s.get(grant + file)
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || !strings.Contains(a.body, "offers") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", file, a.status, a.body)
		}
		if a := s.get(path + file); a.status != http.StatusNotFound {
			t.Errorf("without a tap %s is answered with %d", file, a.status)
		}
	}
	if a := s.get(grant + "/proof.zip"); a.status != http.StatusNotFound {
		t.Errorf("another file: %d", a.status)
	}
	s.Clock.Advance(16 * time.Minute)
	if a := s.get(grant + "/receipt.json"); a.status != http.StatusNotFound {
		t.Errorf("after 16 minutes: %d", a.status)
	}
	s.Clock.Advance(25 * time.Hour)
	a := s.press(path, "act", "erase")
	if !strings.Contains(a.text(), "Please erase my data. Code: ") || !strings.Contains(a.body, "Please%20erase%20my%20data") {
		t.Errorf("outside the window: %s", a.text())
	}
}

func TestPreferencesLimits(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.OptIn(person, "offers")
	path := s.linkTo(person)
	count := func(act string, tries int) (taken int) {
		for range tries {
			if s.post(path, form("act", act)).status == http.StatusSeeOther {
				taken++
			}
		}
		return taken
	}
	if got := count("record", 6); got != 3 {
		t.Errorf("%d messages into one chat at once", got)
	}
	if got := count("stop_all", 15); got != 10 {
		t.Errorf("%d stops by one link at once", got)
	}
	for _, bad := range []string{"", "act=nonsense", "act=stop", "act=%zz"} {
		if a := s.do("POST", path, bad, "Content-Type", formType); a.status < 400 || a.status >= 500 {
			t.Errorf("%q is answered with %d", bad, a.status)
		}
	}
}
