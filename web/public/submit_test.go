package public_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/internal/apptest"
	"assent/web/public"
	"assent/whatsapp/simulator"
)

const person = "+491701234567"

// The whole of the first journey without a line of JavaScript: the page, the
// form, the confirm page, the message, the page that has turned.
func TestPageThenChat(t *testing.T) {
	s := newSite(t, public.Limit{})
	at := s.submit(apptest.Chat, form("purpose", apptest.Offers))
	waiting := s.get(at)
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"} {
		if waiting.header.Get(name) != want {
			t.Errorf("%s is %q", name, waiting.header.Get(name))
		}
	}
	for _, must := range []string{`<noscript><meta http-equiv="refresh"`, `name="robots" content="noindex"`, "<svg", `data-live="` + at + `/events?seen=requested.`} {
		if !strings.Contains(waiting.body, must) {
			t.Errorf("the confirm page lacks %s", must)
		}
	}
	phone, text := s.chatLink(waiting)
	if phone != strings.TrimPrefix(apptest.SenderNumber, "+") || !strings.Contains(text, "I want offers") || strings.Contains(text, "order updates") {
		t.Errorf("the link leads to %s with %q", phone, text)
	}
	if got := s.get(at + "/state").body; got != `{"state":"requested"}` {
		t.Errorf("state %s", got)
	}
	s.Say(person, text)
	if got := s.get(at + "/state").body; got != `{"state":"confirmed"}` {
		t.Errorf("state %s", got)
	}
	done := s.get(at)
	if !strings.Contains(done.text(), "Yes, send me offers on WhatsApp") || strings.Contains(done.text(), "Order updates") || strings.Contains(done.body, "data-live=") {
		t.Errorf("the page says %s", done.text())
	}
	if s.State(person, apptest.Offers) != consent.Given || s.State(person, apptest.Orders) != consent.Refused {
		t.Error("the record does not say what was ticked")
	}
	if chat := s.get(at + "/chat"); chat.status != 302 || chat.header.Get("Location") != at {
		t.Errorf("the code on an old screenshot leads to %d %s", chat.status, chat.header.Get("Location"))
	}
	s.nothingPersonal(at)
}

// chatLink returns where the confirm page's link leads.
func (s *site) chatLink(page answer) (phone, text string) {
	s.T.Helper()
	_, after, ok := strings.Cut(page.body, `href="/sim/chat?`)
	link, _, _ := strings.Cut(after, `"`)
	if !ok || strings.Contains(link, "+") {
		s.T.Fatalf("no click-to-chat link, or one with a plus: %q", link)
	}
	q, err := url.ParseQuery(strings.ReplaceAll(link, "&amp;", "&"))
	if err != nil {
		s.T.Fatal(err)
	}
	return q.Get("phone"), q.Get("text")
}

// nothingPersonal checks that neither log nor address tell of anybody.
func (s *site) nothingPersonal(at string) {
	s.T.Helper()
	for _, secret := range []string{person, person[1:], "1701234567", "Zoë", strings.TrimPrefix(at, "/r/")} {
		if strings.Contains(s.log.String(), secret) {
			s.T.Errorf("the log tells %q:\n%s", secret, s.log)
		}
	}
}

func TestTypedNumber(t *testing.T) {
	s := newSite(t, public.Limit{})
	at := s.submit(apptest.Numbered, form("purpose", apptest.Offers, "phone", " 0170 / 123 45 67 ", "country", "de", "name", "Zoë"))
	page := s.get(at)
	for _, secret := range []string{"170", "Zoë"} {
		if strings.Contains(page.text(), secret) || strings.Contains(at, secret) {
			t.Errorf("the confirm page tells %q", secret)
		}
	}
	_, text := s.chatLink(page)
	s.Say("+4915112345678", text) // somebody else
	if got := s.get(at); !strings.Contains(got.text(), "Please answer in the chat") || strings.Contains(got.text(), "151") {
		t.Errorf("after another account wrote: %s", got.text())
	}
	if s.State("+4915112345678", apptest.Offers) == consent.Given || s.State(person, apptest.Offers) == consent.Given {
		t.Error("the code has joined a typed number to an account")
	}
	s.nothingPersonal(at)
}

func TestFormThenTemplate(t *testing.T) {
	s := newSite(t, public.Limit{})
	page := s.get("/f/" + apptest.Asking)
	if !strings.Contains(page.text(), "Send me one WhatsApp message") {
		t.Error("the button does not name the act")
	}
	at := s.submit(apptest.Asking, form("purpose", apptest.Orders, "phone", person))
	sent := s.get(at)
	if !strings.Contains(sent.text(), "Look for one WhatsApp message") || strings.Contains(sent.body, at+"/template") {
		t.Errorf("the page says %s", sent.text())
	}
	s.Settle()
	asked := s.Received(person)
	if len(asked) != 1 || asked[0].Template != apptest.Template {
		t.Fatalf("the phone shows %+v", asked)
	}
	if again := s.post(at+"/template", nil); again.status != 303 || again.header.Get("Location") != at {
		t.Errorf("asked twice: %d", again.status)
	}
	s.Settle()
	if n := len(s.Received(person)); n != 1 {
		t.Errorf("%d messages after asking twice", n)
	}
	s.Act(simulator.Inbound{From: person, Button: asked[0].Buttons[1].Payload}) // No
	if got := s.get(at); !strings.Contains(got.text(), "This sign-up is closed") {
		t.Errorf("after No: %s", got.text())
	}
}

func TestRenew(t *testing.T) {
	s := newSite(t, public.Limit{})
	at := s.submit(apptest.Chat, form("purpose", apptest.Offers))
	_, before := s.chatLink(s.get(at))
	s.Clock.Advance(73 * time.Hour)
	if got := s.get(at + "/state").body; got != `{"state":"expired"}` {
		t.Errorf("after 73 hours: %s", got)
	}
	for _, wait := range []string{"before the sweep", "after it"} {
		if page := s.get(at); !strings.Contains(page.text(), "This code has expired") || !strings.Contains(page.body, `action="`+at+`/code"`) {
			t.Errorf("%s: %s", wait, page.text())
		}
		if _, err := s.Optin.ExpireRequests(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if a := s.post(at+"/code", nil); a.status != 303 || a.header.Get("Location") != at {
		t.Fatalf("%d %s", a.status, a.text())
	}
	_, after := s.chatLink(s.get(at))
	if after == before {
		t.Error("the code is the old one")
	}
	s.Say(person, after)
	if got := s.get(at + "/state").body; got != `{"state":"confirmed"}` {
		t.Errorf("with the new code: %s", got)
	}
}

func TestUnknownTokens(t *testing.T) {
	s := newSite(t, public.Limit{})
	want := s.get("/r/" + strings.Repeat("0", 26)).text()
	for _, token := range []string{"x", "..", strings.Repeat("0", 26), strings.Repeat("z", 26), strings.Repeat("0", 4000), "%00", "%3Cb%3E", "+491701234567"} {
		for _, suffix := range []string{"", "/chat", "/state", "/events"} {
			a := s.get("/r/" + token + suffix)
			if a.status != 404 || a.text() != want {
				t.Errorf("/r/%.30s%s: %d %s", token, suffix, a.status, a.text())
			}
		}
		for _, suffix := range []string{"/code", "/template"} {
			if a := s.post("/r/"+token+suffix, nil); a.status != 404 {
				t.Errorf("POST %.30s%s: %d", token, suffix, a.status)
			}
		}
	}
}

func TestFormsThatComeBack(t *testing.T) {
	s := newSite(t, public.Limit{})
	long := strings.Repeat("x", 101)
	for _, tt := range []struct {
		name, funnel string
		form         url.Values
		field, says  string
		keeps        []string
	}{
		{"nothing ticked", apptest.Chat, form(), "purpose", "Nothing is ticked", nil},
		{"a purpose of another", apptest.Chat, form("purpose", "everything"), "purpose", "no longer offered", nil},
		{"no number", apptest.Numbered, form("purpose", "offers", "name", "Zoë"), "phone", "Enter your WhatsApp number", []string{`value="Zoë"`, "checked"}},
		{"too short", apptest.Numbered, form("purpose", "offers", "phone", "0170 12", "country", "DE"), "phone", "too few digits for Germany", []string{`value="0170 12"`}},
		{"too long", apptest.Numbered, form("purpose", "offers", "phone", "+4917012345678901"), "phone", "too many digits for Germany", nil},
		{"words", apptest.Numbered, form("purpose", "offers", "phone", "call me"), "phone", "not a phone number", []string{`value="call me"`}},
		{"markup", apptest.Numbered, form("purpose", "offers", "phone", `"><script>alert(1)</script>`), "phone", "not a phone number", []string{"&lt;script&gt;"}},
		{"a calling code of nobody", apptest.Numbered, form("purpose", "offers", "phone", "+999 1234567"), "phone", "which country", nil},
		{"no country of ours", apptest.Numbered, form("purpose", "offers", "phone", "0170 1234567", "country", "XX"), "country", "Choose a country", nil},
		{"a number of nobody", apptest.Numbered, form("purpose", "offers", "phone", "+49 1 111111111"), "phone", "Germany", nil},
		{"control characters", apptest.Numbered, form("purpose", "offers", "phone", "0170\x001234567"), "phone", "cannot be read", []string{`value="01701234567"`}},
		{"not UTF-8", apptest.Numbered, form("purpose", "offers", "phone", "+49170\xff1234567"), "phone", "cannot be read", nil},
		{"name not UTF-8", apptest.Numbered, form("purpose", "offers", "phone", person, "name", "Zo\xeb"), "name", "cannot be read", []string{`value="Zo"`}},
		{"long name", apptest.Numbered, form("purpose", "offers", "phone", person, "name", long), "name", "too long", []string{long}},
		{"two at once", apptest.Numbered, form("phone", "0170 12"), "phone", "Nothing is ticked", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.form.Set("shown", s.shownOn(s.get("/f/"+tt.funnel)))
			a := s.post("/f/"+tt.funnel, tt.form)
			if a.status != 422 || !strings.Contains(a.text(), tt.says) || !strings.Contains(a.body, `href="#`+tt.field+`"`) {
				t.Fatalf("%d %s", a.status, a.text())
			}
			for _, k := range tt.keeps {
				if !strings.Contains(a.body, k) {
					t.Errorf("the page has lost %s", k)
				}
			}
			if s.shownOn(a) != tt.form.Get("shown") || strings.Contains(a.body, "<script>") || strings.ContainsRune(a.body, 0) || a.header.Get("Cache-Control") != "no-store" {
				t.Error("the field shown, something unclean, or a page that is cached")
			}
		})
	}
	s.nothingPersonal("/r/-")
}

func TestTolerance(t *testing.T) {
	s := newSite(t, public.Limit{})
	// A post by a script that has never seen the page, or that forged it.
	for _, shown := range []string{"", "eyJ2IjoiMSJ9.Zm9yZ2Vk", strings.Repeat("A", 3000)} {
		a := s.post("/f/"+apptest.Numbered, form("purpose", "offers", "phone", person, "shown", shown, "e", "NOSUCH", "unknown", "x", "name", "Z\u202eo\u200bë\u2066"))
		if a.status != 303 {
			t.Fatalf("%d %s", a.status, a.text())
		}
		_, text := s.chatLink(s.get(a.header.Get("Location")))
		s.Say(person, text)
		if s.State(person, apptest.Offers) == consent.Given {
			t.Error("given, though nothing proves what was shown")
		}
	}
	// Parameters of the address are no part of the form.
	if a := s.post("/f/"+apptest.Chat+"?purpose=offers", form()); a.status != 422 {
		t.Errorf("ticked by the address: %d", a.status)
	}
	// Another language than the page's.
	if a := s.post("/f/"+apptest.Chat+"?lang=de", form()); a.status != 422 || !strings.Contains(a.body, `<html lang="de"`) {
		t.Errorf("%d", a.status)
	}
}

func TestBodiesThatAreNoForm(t *testing.T) {
	s := newSite(t, public.Limit{})
	for _, tt := range []struct {
		name, kind, body string
		status           int
	}{
		{"JSON", "application/json", `{"purpose":"offers"}`, 415},
		{"multipart", "multipart/form-data; boundary=x", "--x--", 415},
		{"no type", "", "purpose=offers", 415},
		{"broken type", ";;", "purpose=offers", 415},
		{"with parameters", formType + "; charset=UTF-8", "purpose=offers", 303},
		{"broken escapes", formType, "purpose=offers&phone=%zz170123", 400},
		{"semicolons", formType, "purpose=offers;phone=1", 400},
		{"at the limit", formType, "purpose=offers&x=" + strings.Repeat("a", public.MaxForm-17), 303},
		{"too long", formType, "purpose=offers&x=" + strings.Repeat("a", public.MaxForm), 413},
		{"empty", formType, "", 422},
	} {
		a := s.do("POST", "/f/"+apptest.Chat, tt.body, "Content-Type", tt.kind, "Accept-Language", "de")
		if a.status != tt.status {
			t.Errorf("%s: %d %s", tt.name, a.status, a.text())
		}
		if a.status >= 400 && (!strings.Contains(a.body, `<html lang="de"`) || !strings.Contains(a.text(), "Sonnentor")) {
			t.Errorf("%s: %s", tt.name, a.text())
		}
	}
	if strings.Contains(s.log.String(), "170123") {
		t.Errorf("the log quotes the form: %s", s.log)
	}
}

func TestLimits(t *testing.T) {
	s := newSite(t, public.Limit{PerMinute: 12, Loopback: true})
	shown := s.shownOn(s.get("/f/" + apptest.Chat))
	status := func(shown string) int {
		return s.post("/f/"+apptest.Chat, form("purpose", "offers", "shown", shown)).status
	}
	for i := range 6 {
		if got := status(shown); got != 303 {
			t.Fatalf("post %d: %d", i, got)
		}
	}
	last := s.post("/f/"+apptest.Chat, form("purpose", "offers", "shown", shown))
	if last.status != 429 || last.header.Get("Retry-After") == "" || !strings.Contains(last.text(), "Too many sign-ups") {
		t.Errorf("the seventh at once: %d %s", last.status, last.text())
	}
	if got := status(""); got != 303 {
		t.Errorf("the first without shown: %d", got)
	}
	if got := status(""); got != 429 {
		t.Errorf("the second without shown: %d", got)
	}
	s.Clock.Advance(10 * time.Second)
	if got := status(shown); got != 303 {
		t.Errorf("ten seconds later: %d", got)
	}
	free := newSite(t, public.Limit{PerMinute: 1})
	for range 3 {
		if a := free.post("/f/"+apptest.Chat, form("purpose", "offers")); a.status != 303 {
			t.Errorf("this machine is limited though it was not asked for: %d", a.status)
		}
	}
}
