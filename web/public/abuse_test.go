package public_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/optin"
	"assent/store"
	"assent/tenant"
	"assent/vault"
	"assent/web/public"
)

// from posts a form as somebody at the address does.
func (s *site) from(addr, funnel string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/f/"+funnel, strings.NewReader(form.Encode()))
	r.RemoteAddr = addr + ":1234"
	r.Header.Set("Content-Type", formType)
	w := httptest.NewRecorder()
	s.echo.ServeHTTP(w, r)
	return w
}

// served returns fields `shown` of a page that was served now, each of another
// visit; the clock has passed the time that a person needs.
func (s *site) served(slug string, n int) []string {
	s.T.Helper()
	key := s.Manage.Installation().Secrets.Shown
	shown, ok := funnel.OpenShown(key, s.shownOn(s.get("/f/"+slug)))
	if !ok {
		s.T.Fatal("the page's field is not ours")
	}
	list := make([]string, n)
	for i := range list {
		list[i] = shown.Seal(key)
		shown.At = shown.At.Add(-time.Millisecond)
	}
	s.Clock.Advance(10 * time.Second)
	return list
}

// bombs returns how many forms with strangers' numbers are posted, and the
// limits: all that the promise names and those of every day where nothing may be
// left out, else some, and limits that bind after few.
func bombs() (int, optin.Limits) {
	limits := optin.DefaultLimits()
	if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
		return 10_000, limits
	}
	limits.Templates.Funnel.Max, limits.Doubtful.Funnel.Max = 40, 10
	return 500, limits
}

// somebody is a number that nobody here knows.
func somebody(i int) string { return fmt.Sprintf("+49170%07d", 2_000_000+i) }

// bomb posts forms with strangers' numbers, each from another network, and
// returns to how many of the numbers anything was sent.
func (s *site) bomb(slug string, n int, forms func(i int) url.Values) (sent int) {
	s.T.Helper()
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for i := worker; i < n; i += 16 {
				f := forms(i)
				f.Set("purpose", apptest.Offers)
				f.Set("phone", somebody(i))
				if w := s.from(fmt.Sprintf("11.%d.%d.1", i/256, i%256), slug, f); w.Code != http.StatusSeeOther {
					s.T.Errorf("form %d: %d", i, w.Code)
				}
			}
		})
	}
	wg.Wait()
	for range 20 { // a number has its pace
		s.Settle()
		s.Clock.Advance(time.Minute)
	}
	for i := range n {
		sent += len(s.Received(somebody(i)))
	}
	return sent
}

// Thousands of forms with strangers' numbers, from as many networks: where people
// write first nobody is sent anything, and else no more than the limit.
func TestListBombing(t *testing.T) {
	n, limits := bombs()
	for _, tt := range []struct {
		name, funnel string
		proven       bool
		most         int
	}{
		{"chat", apptest.Numbered, true, 0},
		{"template, each form from a page of its own", apptest.Asking, true, limits.Templates.Funnel.Max},
		{"template, no form from a page", apptest.Asking, false, limits.Doubtful.Funnel.Max},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := siteOver(t, apptest.NewWith(t, apptest.Options{Limits: &limits}), public.Limit{Loopback: true})
			fields := s.served(tt.funnel, n)
			sent := s.bomb(tt.funnel, n, func(i int) url.Values {
				if tt.proven {
					return form("shown", fields[i])
				}
				return form()
			})
			if sent != tt.most {
				t.Errorf("%d messages to strangers, and the limit is %d", sent, tt.most)
			}
		})
	}
}

// One page that is sent over and over is as doubtful as none.
func TestPageSentOverAndOver(t *testing.T) {
	s := newSite(t, public.Limit{Loopback: true})
	limits := optin.DefaultLimits()
	field := s.served(apptest.Asking, 1)[0]
	sent, n := 0, limits.Page.Max+limits.Doubtful.Network.Max+3
	for i := range n {
		if w := s.from("203.0.113.7", apptest.Asking, form("purpose", apptest.Offers, "phone", somebody(i), "shown", field)); w.Code != http.StatusSeeOther {
			t.Fatalf("form %d: %d", i, w.Code)
		}
	}
	s.Settle()
	for i := range n {
		sent += len(s.Received(somebody(i)))
	}
	if want := limits.Page.Max + limits.Doubtful.Network.Max; sent != want {
		t.Errorf("%d messages, want %d", sent, want)
	}
}

// doubts returns what the evidence of a request says against it.
func (s *site) doubts(at string) (reason string) {
	s.T.Helper()
	err := s.Store.ReadOnly(s.T.Context(), func(ctx context.Context, tx *store.Tx) error {
		hash := vault.HashToken(strings.TrimPrefix(at, "/r/"))
		r, err := tx.RequestByToken(ctx, hash[:])
		if err != nil {
			return err
		}
		record, ok, err := tx.FindEvent(ctx, r.Event)
		if err != nil || !ok {
			return fmt.Errorf("no event: %w", err)
		}
		key, err := s.Manage.Installation().Master.OpenDataKey("r/"+r.ID, r.WrappedKey)
		if err != nil {
			return err
		}
		disclosed, err := key.Open(tenant.DisclosureContext(record.ID), record.Sealed)
		if err != nil {
			return err
		}
		signed, err := evidence.WithDisclosed(string(record.JWT), disclosed)
		if err != nil {
			return err
		}
		e, err := evidence.Verify(signed, s.Tenant().Keys)
		if err == nil {
			reason = e.Reason
		}
		return err
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return reason
}

// A form that a program has filled in is kept with the doubt. It is sent no
// message, and goes on where the person writes first.
func TestTrap(t *testing.T) {
	s := newSite(t, public.Limit{})
	field := s.served(apptest.Asking, 1)[0]
	a := s.post("/f/"+apptest.Asking, form("purpose", apptest.Offers, "phone", person, "shown", field, "website", "https://spam.example"))
	at := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.Contains(s.doubts(at), "a field that people do not see was filled in") {
		t.Fatalf("%d, and the evidence says %q", a.status, s.doubts(at))
	}
	page := s.get(at)
	if strings.Contains(page.body, at+"/template") || strings.Contains(page.text(), "Look for one WhatsApp message") {
		t.Errorf("the page promises a message: %s", page.text())
	}
	if got := s.post(at+"/template", nil); got.status != http.StatusConflict {
		t.Errorf("a message can be asked for: %d", got.status)
	}
	s.Settle()
	if n := len(s.Received(person)); n != 0 {
		t.Errorf("%d messages", n)
	}
	_, text := s.chatLink(page)
	s.Say(person, text)
	if s.State(person, apptest.Offers) != consent.Given {
		t.Error("the person cannot go on by writing first")
	}
}

// Suspicion is evidence: what was odd about a form stands with it, and a form
// about which nothing is odd has none.
func TestDoubtsAreEvidence(t *testing.T) {
	s := newSite(t, public.Limit{})
	slow := s.served(apptest.Chat, 1)[0]
	fast := s.shownOn(s.get("/f/" + apptest.Chat))
	for _, tt := range []struct{ name, shown, want string }{
		{"nothing odd", slow, ""},
		{"too fast", fast, "the form was sent faster than a person fills it in"},
		{"without the page", "", "the page did not prove what it showed"},
	} {
		at := s.post("/f/"+apptest.Chat, form("purpose", "offers", "shown", tt.shown)).header.Get("Location")
		if got := s.doubts(at); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// How often a number was put into forms is told to nobody: the answer stays the
// same, and nothing is sent any more.
func TestNumberSentOverAndOver(t *testing.T) {
	s := newSite(t, public.Limit{Loopback: true})
	max := optin.DefaultLimits().Number.Max
	fields := s.served(apptest.Asking, max+2)
	var at string
	for i := range max + 1 {
		w := s.from("198.51."+strconv.Itoa(i)+".7", apptest.Numbered, form("purpose", apptest.Offers, "phone", person, "shown", ""))
		if w.Code != http.StatusSeeOther {
			t.Fatalf("form %d: %d", i, w.Code)
		}
	}
	for i := range max + 2 { // by another spelling of it
		w := s.from("198.51."+strconv.Itoa(i)+".7", apptest.Asking, form("purpose", apptest.Offers, "phone", "0170 1234567", "country", "DE", "shown", fields[i]))
		if at = w.Header().Get("Location"); w.Code != http.StatusSeeOther {
			t.Fatalf("form %d: %d", i, w.Code)
		}
	}
	if got := s.doubts(at); !strings.Contains(got, "the number was sent many times that day") {
		t.Errorf("the evidence says %q", got)
	}
	if page := s.get(at); !strings.Contains(page.text(), "Look for one WhatsApp message") {
		t.Errorf("the page tells: %s", page.text())
	}
	s.Settle()
	if n := len(s.Received(person)); n != 1 { // the first of them
		t.Errorf("%d messages", n)
	}
}

// What is refused for a while says when to come again: to people on the page
// with what they typed, to programs as a problem, in the language of each.
func TestTooManySaysWhen(t *testing.T) {
	s := newSite(t, public.Limit{PerMinute: 12, Loopback: true})
	f := form("purpose", "offers", "phone", person, "name", "Zoë", "shown", s.shownOn(s.get("/f/"+apptest.Numbered+"?lang=de")))
	var a answer
	for range 7 {
		a = s.post("/f/"+apptest.Numbered, f)
	}
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "5" || !strings.Contains(a.text(), "Es wurde nichts erfasst. Versuchen Sie es in 1 Min. noch einmal.") {
		t.Fatalf("%d, after %q: %s", a.status, a.header.Get("Retry-After"), a.text())
	}
	for _, kept := range []string{`value="Zoë"`, `value="` + person + `"`, "checked", f.Get("shown")} {
		if !strings.Contains(a.body, kept) {
			t.Errorf("the page has lost %s", kept)
		}
	}
	s.allow(apptest.Numbered, "https://flowers.example")
	a = s.do("POST", "/embed/"+apptest.Numbered, `{"purpose":"offers"}`, "Content-Type", "application/json", "Origin", "https://flowers.example", "Accept-Language", "fr")
	for range 2 {
		a = s.do("POST", "/embed/"+apptest.Numbered, `{"purpose":"offers","phone":"`+person+`"}`, "Content-Type", "application/json", "Origin", "https://flowers.example", "Accept-Language", "fr")
	}
	if a.status != http.StatusTooManyRequests || a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Réessayez dans 1 min.") {
		t.Errorf("to programs: %d %v %s", a.status, a.header, a.body)
	}
}

// Codes are not guessed by the thousand. Who guesses is told nothing any more,
// also where a guess is right; others are.
func TestGuessing(t *testing.T) {
	s := newSite(t, public.Limit{Loopback: true})
	entry := apptest.PrintedCode
	get := func(addr, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = addr + ":99"
		w := httptest.NewRecorder()
		s.echo.ServeHTTP(w, r)
		return w
	}
	for _, path := range []string{"/q/%04d", "/r/%026d", "/p/%026d"} {
		addr, missed := "203.0."+strconv.Itoa(len(path))+".7", 0
		for i := range 100 {
			if w := get(addr, fmt.Sprintf(path, i)); w.Code == http.StatusNotFound {
				missed++
			} else if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
				t.Fatalf("%s: %d", path, w.Code)
			}
		}
		if missed != 30 {
			t.Errorf("%s: %d guesses were answered", path, missed)
		}
		if w := get(addr, "/q/"+entry); w.Code != http.StatusTooManyRequests {
			t.Errorf("%s: a right guess is told: %d", path, w.Code)
		}
		if w := get("192.0.2.1", "/q/"+entry); w.Code != http.StatusFound {
			t.Errorf("%s: others are kept out: %d", path, w.Code)
		}
		s.Clock.Advance(time.Minute)
		if w := get(addr, "/q/"+entry); w.Code != http.StatusFound {
			t.Errorf("%s: a minute later: %d", path, w.Code)
		}
	}
}
