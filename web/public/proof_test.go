package public_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/altcha"
	"assent/consent"
	"assent/internal/apptest"
	"assent/store"
	"assent/web/public"
)

// working is the public pages where the funnel that asks by template wants a
// proof of work.
func working(t *testing.T) *site {
	t.Helper()
	s := newSite(t, public.Limit{})
	_, now, _ := s.Directory().Funnel(apptest.Asking)
	v := *now.Version
	v.Proof = true
	if err := s.Manage.PublishFunnel(t.Context(), &v); err != nil {
		t.Fatal(err)
	}
	return s
}

// solved returns the answer to a challenge of the funnel.
func (s *site) solved(slug string) string {
	s.T.Helper()
	a := s.get("/f/" + slug + "/challenge")
	field, err := altcha.Solve([]byte(a.body))
	if err != nil || a.header.Get("Cache-Control") != "no-store" {
		s.T.Fatalf("%d %v %s", a.status, err, a.body)
	}
	return field
}

func TestProofOfWork(t *testing.T) {
	s := working(t)
	for slug, want := range map[string]bool{apptest.Asking: true, apptest.Numbered: false} {
		page := s.get("/f/" + slug)
		if got := strings.Contains(page.body, "/static/js/proof."); got != want || strings.Contains(page.body, "data-challenge") != want || strings.Contains(page.text(), "small calculation") != want {
			t.Errorf("%s: the script is loaded: %v", slug, got)
		}
	}
	if a := s.get("/f/" + apptest.Numbered + "/challenge"); a.status != http.StatusNotFound {
		t.Errorf("a challenge where none is asked for: %d", a.status)
	}
	field := s.solved(apptest.Asking)
	old := s.solved(apptest.Asking)
	foreign, err := altcha.New(s.Manage.Installation().Secrets.Limit, "another funnel", s.Clock.Now(), strings.NewReader(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	other, err := altcha.Solve(foreign)
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct {
		name, proof string
		after       time.Duration
		sent        bool
	}{
		{"done", field, 0, true},
		{"spent", field, 0, false},
		{"none", "", 0, false},
		{"of another funnel", other, 0, false},
		{"too late", old, altcha.Life, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			who, n := somebody(i), 0
			shown := s.served(apptest.Asking, 1)[0]
			s.Clock.Advance(tt.after)
			a := s.post("/f/"+apptest.Asking, form("purpose", apptest.Offers, "phone", who, "shown", shown, "altcha", tt.proof))
			at := a.header.Get("Location")
			if a.status != http.StatusSeeOther {
				t.Fatalf("%d", a.status)
			}
			s.Settle()
			if n = len(s.Received(who)); (n == 1) != tt.sent {
				t.Errorf("%d messages", n)
			}
			if doubted := strings.Contains(s.doubts(at), "the device did not do the work"); doubted == tt.sent {
				t.Errorf("the evidence says %q", s.doubts(at))
			}
			page := s.get(at)
			if offered := strings.Contains(page.body, at+"/template"); offered {
				t.Error("a message can be asked for")
			}
			if tt.sent {
				return
			}
			_, text := s.chatLink(page) // the way round: no script, no work
			s.Say(who, text)
			if s.State(who, apptest.Offers) != consent.Given {
				t.Error("nobody can go on by writing first")
			}
		})
	}
}

// Of forms that bring one proof of work at the same time, one is believed.
func TestProofOfWorkOnce(t *testing.T) {
	s := siteOver(t, apptest.NewWith(t, apptest.Options{Store: store.Options{}}), public.Limit{})
	_, now, _ := s.Directory().Funnel(apptest.Asking)
	v := *now.Version
	v.Proof = true
	if err := s.Manage.PublishFunnel(t.Context(), &v); err != nil {
		t.Fatal(err)
	}
	shown, proof := s.served(apptest.Asking, 8), s.solved(apptest.Asking)
	done := make(chan bool)
	for i := range 8 {
		go func() {
			w := s.from("127.0.0.1", apptest.Asking, form("purpose", apptest.Offers, "phone", somebody(i), "shown", shown[i], "altcha", proof))
			done <- w.Code == http.StatusSeeOther
		}()
	}
	for range 8 {
		if !<-done {
			t.Error("a form was not taken")
		}
	}
	s.Settle()
	sent := 0
	for i := range 8 {
		sent += len(s.Received(somebody(i)))
	}
	if sent != 1 {
		t.Errorf("%d messages for one proof", sent)
	}
}
