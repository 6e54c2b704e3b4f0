package sim_test

import (
	"bufio"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"assent/consent"
	"assent/internal/apptest"
	"assent/optin"
	views "assent/views/sim"
	"assent/web/respond"
	"assent/web/sim"
	"assent/whatsapp/simulator"
)

const (
	person = sim.DefaultNumber
	other  = "+491701234568"
	sender = "4915735990000"
)

type rig struct {
	t      *testing.T
	app    *apptest.App
	phone  *sim.Handler
	server http.Handler
}

func newRig(t *testing.T) *rig {
	a := apptest.New(t)
	h := sim.New(sim.Config{Simulator: a.Simulator, BaseURL: apptest.BaseURL, Now: a.Clock.Now})
	t.Cleanup(h.Close)
	e := echo.New()
	e.HTTPErrorHandler = respond.ErrorHandler(slog.New(slog.DiscardHandler))
	e.Use(respond.RequestIDs(rand.Reader), respond.Recover())
	e.GET("/sim", h.Home)
	e.GET("/sim/chat", h.Chat)
	e.GET("/sim/open", h.Open)
	e.POST("/sim/act", h.Act)
	e.GET("/sim/events", h.Events)
	e.GET("/sim/controls", h.Controls)
	e.POST("/sim/controls", h.Control)
	e.POST("/sim/scan", h.Scan)
	e.Any("/sim/*", h.Programs())
	return &rig{t, a, h, e}
}

func (r *rig) get(path string) *httptest.ResponseRecorder {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func (r *rig) act(act string, fields url.Values) *httptest.ResponseRecorder {
	r.t.Helper()
	w := r.acts(act, fields)
	r.app.Settle()
	return w
}

// acts is act without waiting for what follows.
func (r *rig) acts(act string, fields url.Values) *httptest.ResponseRecorder {
	r.t.Helper()
	form := url.Values{"act": {act}, "phone": {"+" + sender}, "me": {person}, "next": {"/sim/chat?phone=" + sender}}
	for name, v := range fields {
		form[name] = v
	}
	req := httptest.NewRequest("POST", "/sim/act", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	return w
}

func (r *rig) want(w *httptest.ResponseRecorder, status int, must, mustNot []string) {
	r.t.Helper()
	if w.Code != status {
		r.t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, s := range must {
		if !strings.Contains(w.Body.String(), s) {
			r.t.Errorf("the page lacks %q", s)
		}
	}
	for _, s := range mustNot {
		if strings.Contains(w.Body.String(), s) {
			r.t.Errorf("the page holds %q", s)
		}
	}
}

// TestJourney is the phone's part of the main journey.
func TestJourney(t *testing.T) {
	r := newRig(t)
	token := r.app.Submit(optin.Submission{Slug: apptest.Chat, Purposes: []string{apptest.Offers}})
	p, err := r.app.Optin.Pending(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	link := "/sim/chat?" + url.Values{"phone": {sender}, "text": {p.Text}}.Encode()
	r.want(r.get(link), 200, []string{"Hello Sonnentor!", "Sonnentor", `action="/sim/act"`}, nil)
	if got := r.app.State(person, apptest.Offers); got != consent.Unknown {
		t.Fatalf("opening the link gave %s", got)
	}
	w := r.act(views.ActSend, url.Values{"text": {strings.ReplaceAll(p.Text, "\n", "\r\n")}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sim/chat?phone="+sender {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	if got := r.app.Check(person, apptest.Offers); !got.Allowed {
		t.Fatalf("after sending: %+v", got)
	}
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{"send me offers", "This wasn&#39;t me"}, nil)
	r.want(r.get("/sim"), 200, []string{"Sonnentor", "/sim/chat?"}, nil)
	r.want(r.get("/sim/chat?phone="+sender+"&me="+url.QueryEscape(other)), 200, nil, []string{"send me offers"})

	buttons := r.app.Received(person)[0].Buttons
	r.act(views.ActTap, url.Values{"payload": {buttons[0].Payload}, "message": {r.app.Received(person)[0].ID}})
	if got := r.app.Check(person, apptest.Offers); got.Allowed {
		t.Errorf("after This wasn't me: %+v", got)
	}
}

func TestActs(t *testing.T) {
	r := newRig(t)
	r.app.OptIn(person, apptest.Offers)
	own, err := r.app.Simulator.Messages(person, "")
	if err != nil {
		t.Fatal(err)
	}
	r.act(views.ActEdit, url.Values{"message": {own[0].ID}, "text": {"something else"}})
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{"something else", "edited"}, nil)
	r.act(views.ActDelete, url.Values{"message": {own[0].ID}})
	r.want(r.get("/sim/chat?phone="+sender), 200, nil, []string{"something else"})
	r.act(views.ActStopMarketing, nil)
	if got := r.app.Check(person, apptest.Offers); got.Allowed {
		t.Errorf("after WhatsApp's own stop: %+v", got)
	}
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{`value="resume_marketing"`}, []string{`value="stop_marketing"`})
	r.act(views.ActResumeMarketing, nil)
	r.act(views.ActBlock, nil)
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{`value="stop_marketing"`, `value="unblock"`}, nil)
	r.act(views.ActUnblock, nil)

	w := r.act(views.ActChangeNumber, url.Values{"number": {"+49 170 7654321"}})
	if w.Code != 303 || !strings.Contains(w.Header().Get("Location"), "me=%2B491707654321") {
		t.Errorf("changing the number: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if p, err := r.app.Simulator.Person("+491707654321"); err != nil || p.ID != "p1" {
		t.Errorf("the person at the new number: %+v, %v", p, err)
	}
	w = r.act(views.ActBecome, url.Values{"number": {other}, "name": {"Bea"}, "hidden": {"1"}})
	cookie := w.Result().Cookies()
	if w.Code != 303 || len(cookie) != 1 || !cookie[0].HttpOnly {
		t.Fatalf("becoming somebody else: %d, cookies %v", w.Code, cookie)
	}
	if p, err := r.app.Simulator.Person(other); err != nil || p.Name != "Bea" || !p.Withheld {
		t.Errorf("the other person: %+v, %v", p, err)
	}
	req := httptest.NewRequest("GET", "/sim", nil)
	req.AddCookie(cookie[0])
	rec := httptest.NewRecorder()
	r.server.ServeHTTP(rec, req)
	r.want(rec, 200, []string{`value="` + other + `"`}, []string{`value="+491707654321"`})
}

func TestOpen(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct{ link, to string }{
		{"https://wa.me/" + sender + "?text=Hi%20there", "/sim/chat?phone=" + sender + "&text=Hi+there&me=%2B49"},
		{"https://api.whatsapp.com/send?phone=" + sender + "&text=Hi", "/sim/chat?phone=" + sender + "&text=Hi&me=%2B49"},
		{apptest.BaseURL + "/q/SHOP01", "/q/SHOP01"},
		{apptest.BaseURL + "/sim/chat?phone=1", "/sim/chat?phone=1&me=%2B49"},
		{"/r/abc/chat", "/r/abc/chat"},
		{"https://evil.example/", ""}, {"//evil.example/", ""}, {"/\\evil.example", ""}, {"javascript:alert(1)", ""}, {"", ""}, {"http://127.0.0.1:9999/q/x", ""}, {"https://127.0.0.1:8080//evil.example", ""}, {"%zz", ""}, {"\x00", ""},
	} {
		w := r.get("/sim/open?" + url.Values{"link": {tt.link}, "me": {"+49"}}.Encode())
		if tt.to == "" && w.Code != 400 || tt.to != "" && (w.Code != 302 || w.Header().Get("Location") != tt.to) {
			t.Errorf("%q: %d to %q", tt.link, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestHostileInput(t *testing.T) {
	r := newRig(t)
	r.app.Say(person, "Hi")
	evil := "<script>alert(1)</script>\u202e\x00"
	for _, path := range []string{
		"/sim?me=" + url.QueryEscape(evil), "/sim?me=%ff%fe", "/sim?lang=" + strings.Repeat("x", 5000), "/sim?me=" + strings.Repeat("9", 5000),
		"/sim/chat?phone=" + sender + "&text=" + url.QueryEscape(evil), "/sim/chat?phone=" + sender + "&me=" + url.QueryEscape(evil) + "&text=%ff",
	} {
		r.want(r.get(path), 200, nil, []string{"<script>alert", "\u202e", "\x00"})
	}
	for path, status := range map[string]int{"/sim/chat": 404, "/sim/chat?phone=1": 404, "/sim/chat?phone=" + url.QueryEscape(evil): 404, "/sim/chat?phone=%ff": 404} {
		r.want(r.get(path), status, nil, []string{"<script>"})
	}
	for _, tt := range []struct {
		name, act string
		fields    url.Values
		status    int
	}{
		{"no act", "", nil, 400}, {"unknown act", "fly", nil, 400}, {"an empty text", views.ActSend, url.Values{"text": {" \r\n"}}, 400},
		{"not UTF-8", views.ActSend, url.Values{"text": {"\xff"}}, 400}, {"too long", views.ActSend, url.Values{"text": {strings.Repeat("ü", 65537)}}, 400},
		{"no such button", views.ActTap, url.Values{"payload": {"x"}}, 404}, {"no button", views.ActTap, nil, 400},
		{"a message of nobody", views.ActEdit, url.Values{"message": {evil}, "text": {"x"}}, 400}, {"nobody", views.ActSend, url.Values{"me": {evil}, "text": {"x"}}, 404},
		{"no such business", views.ActSend, url.Values{"phone": {"1"}, "text": {"x"}}, 404}, {"become nobody", views.ActBecome, url.Values{"number": {evil}}, 400},
		{"become with a name not UTF-8", views.ActBecome, url.Values{"number": {other}, "name": {"\xff"}}, 400}, {"a long name", views.ActBecome, url.Values{"number": {other}, "name": {strings.Repeat("x", 201)}}, 400},
		{"a new number that is none", views.ActChangeNumber, url.Values{"number": {"x"}}, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := r.act(tt.act, tt.fields)
			if w.Code != tt.status || strings.Contains(w.Body.String(), "<script>") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	for _, next := range []string{"https://evil.example/", "//evil.example/sim", "/admin", "/sim/../admin", "\x00"} {
		if w := r.act(views.ActSend, url.Values{"text": {"x"}, "next": {next}}); w.Code != 303 || w.Header().Get("Location") != "/sim" {
			t.Errorf("next %q leads to %q", next, w.Header().Get("Location"))
		}
	}
	if n := len(r.app.Simulator.People()); n != 1 {
		t.Errorf("hostile input left %d people, want one", n)
	}
}

func TestPrograms(t *testing.T) {
	r := newRig(t)
	req := httptest.NewRequest("POST", "/sim/inbound", strings.NewReader(`{"from":"`+other+`","text":"Code `+apptest.PrintedCode+`"}`))
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "wamid.") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	r.app.Settle()
	r.want(r.get("/sim/chats/"+url.PathEscape(other)), 200, []string{`"type":"interactive"`, `"payload":`}, nil)
	r.want(r.get("/sim/nothing"), 404, nil, nil)
}

func TestEvents(t *testing.T) {
	r := newRig(t)
	srv := httptest.NewServer(r.server)
	defer srv.Close()
	res, err := http.Get(srv.URL + "/sim/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("Content-Type %q", res.Header.Get("Content-Type"))
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	if first := <-lines; first != ": open" {
		t.Fatalf("the stream begins with %q", first)
	}
	if _, err := r.app.Simulator.Act(simulator.Inbound{From: person, Text: "Hi"}); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(10 * time.Second)
	for seen := false; !seen; {
		select {
		case line := <-lines:
			seen = line == "data: changed"
		case <-deadline:
			t.Fatal("no event after a change")
		}
	}
	r.phone.Close()
	r.phone.Close()
	for {
		select {
		case _, open := <-lines:
			if !open {
				if _, err := io.ReadAll(res.Body); err != nil {
					t.Errorf("the stream did not end in order: %v", err)
				}
				return
			}
		case <-deadline:
			t.Fatal("the stream outlives the server")
		}
	}
}
