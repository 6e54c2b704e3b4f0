package web_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/account"
	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/ledger"
	"assent/optin"
	"assent/static"
	"assent/store"
	"assent/web"
	"assent/web/api"
	"assent/web/hook"
	"assent/web/public"
	"assent/web/respond"
	"assent/web/sim"
	"assent/whatsapp/wire"
)

// site is the whole program over a real database.
type site struct {
	t   testing.TB
	app *apptest.App
	web *web.Site
	log *bytes.Buffer
}

func newSite(t testing.TB, change func(*web.Config)) *site {
	t.Helper()
	s := &site{t: t, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a := apptest.New(t)
	inst := a.Manage.Installation()
	c := web.Config{
		BaseURL: apptest.BaseURL, Logger: log, Now: a.Clock.Now, Rand: rand.Reader, Directory: a.Directory(),
		Public: public.New(public.Config{Optin: a.Optin, Manage: a.Manage, Records: a.Records, Directory: a.Directory(), Installation: inst, Log: log, Now: a.Clock.Now, Watch: a.Store.Watch}),
		Hook:   hook.New(hook.Config{Directory: a.Directory(), Inbox: a.Optin}),
		API: api.New(api.Config{
			Keys: a.Manage, Check: a.Permit, Optin: a.Optin, Proof: a.Records, Replays: store.As[api.ReplayReader, api.ReplayWriter](a.Store),
			Secret: inst.Secrets.Limit, Now: a.Clock.Now, Rand: rand.Reader,
		}),
		Sim: sim.New(sim.Config{Simulator: a.Simulator, BaseURL: apptest.BaseURL, Now: a.Clock.Now}),
		Log: a.Manage, PublicLog: true,
		VerifierKey: inst.Log.VerifierKey(), Ready: a.Store.Ping,
	}
	if change != nil {
		change(&c)
	}
	s.app, s.web = a, web.New(c)
	t.Cleanup(s.web.Stop)
	return s
}

func (s *site) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.web.ServeHTTP(w, r)
	return w
}

const formType = "application/x-www-form-urlencoded"

func TestEveryRouteAnswers(t *testing.T) {
	s := newSite(t, nil)
	token := s.app.Submit(optin.Submission{Slug: apptest.Chat, Purposes: []string{apptest.Offers}})
	if _, err := s.app.Manage.SignCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.app.Clock.Advance(time.Minute)
	key := "Bearer " + s.app.APIKey(account.Scopes...)
	hook := `{"object":"whatsapp_business_account","entry":[]}`
	for _, tt := range []struct {
		method, path, body string
		headers            []string
		status             int
		kind               string
	}{
		{"GET", "/", "", nil, 302, ""},
		{"GET", "/f/" + apptest.Chat, "", nil, 200, "text/html"},
		{"HEAD", "/f/" + apptest.Chat, "", nil, 200, "text/html"},
		{"POST", "/f/" + apptest.Chat, "purpose=offers", []string{"Content-Type", formType}, 303, ""},
		{"GET", "/r/" + token, "", nil, 200, "text/html"},
		{"GET", "/r/" + token + "/chat", "", nil, 302, ""},
		{"GET", "/r/" + token + "/state", "", nil, 200, "application/json"},
		{"POST", "/r/" + token + "/code", "", nil, 303, ""},
		{"POST", "/r/" + token + "/template", "", nil, 409, "text/html"},
		{"GET", "/q/" + apptest.PrintedCode, "", nil, 302, ""},
		{"GET", "/q/" + apptest.PrintedCode + ".svg", "", nil, 200, "image/svg+xml"},
		{"GET", static.URL("css/public.css"), "", nil, 200, "text/css"},
		{"GET", "/b/sonnentor/.well-known/jwks.json", "", nil, 200, "application/jwk-set+json"},
		{"GET", "/log/checkpoint", "", nil, 200, "text/plain"},
		{"GET", "/log/tile/0/000.p/1", "", nil, 200, "application/octet-stream"},
		{"GET", "/log/vkey", "", nil, 200, "text/plain"},
		{"GET", "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + apptest.VerifyToken, "", nil, 200, "text/plain"},
		{"GET", "/webhooks/whatsapp/" + apptest.PhoneNumberID + "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + apptest.VerifyToken, "", nil, 200, "text/plain"},
		{"POST", "/webhooks/whatsapp", hook, []string{wire.SignatureHeader, wire.Sign(apptest.AppSecret, []byte(hook))}, 200, ""},
		{"POST", "/webhooks/whatsapp/" + apptest.PhoneNumberID, hook, []string{wire.SignatureHeader, wire.Sign(apptest.AppSecret, []byte(hook))}, 200, ""},
		{"POST", "/api/v1/consents/check", `{"items":[{"to":"+491701234567","scope":"marketing"}]}`, []string{"Authorization", key}, 200, "application/json"},
		{"POST", "/api/v1/withdrawals", `{"to":"+491701234567"}`, []string{"Authorization", key}, 201, "application/json"},
		{"GET", "/api/v1/consents/019cadc6-9a80-7d23-aad9-c0fcaba29d06/proof", "", []string{"Authorization", key}, 404, "application/problem+json"},
		{"GET", "/api/v1/consents/019cadc6-9a80-7d23-aad9-c0fcaba29d06/receipt?format=dpv", "", []string{"Authorization", key}, 404, "application/problem+json"},
		{"GET", "/api/v1/openapi.json", "", nil, 200, "application/json"},
		{"GET", "/healthz", "", nil, 200, "text/plain"},
		{"GET", "/readyz", "", nil, 200, "text/plain"},
		{"GET", "/sim", "", nil, 200, "text/html"},
		{"GET", "/sim/chat?phone=4915735990000", "", nil, 200, "text/html"},
		{"GET", "/sim/chats/491701234567", "", nil, 200, "application/json"},
		{"POST", "/sim/act", "act=send&text=Hi&me=%2B491701234567", []string{"Content-Type", formType}, 303, ""},
	} {
		w := s.do(tt.method, tt.path, tt.body, tt.headers...)
		if w.Code != tt.status || !strings.HasPrefix(w.Header().Get("Content-Type"), tt.kind) {
			t.Errorf("%s %s: %d %s %.200s", tt.method, tt.path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Request-Id"} {
			if w.Header().Get(name) == "" {
				t.Errorf("%s %s: no %s", tt.method, tt.path, name)
			}
		}
	}
}

func TestFailuresBySurface(t *testing.T) {
	s := newSite(t, nil)
	for _, tt := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/nothing", 404, "text/html"}, {"GET", "/f/nothing", 404, "text/html"}, {"GET", "/r/nothing", 404, "text/html"}, {"GET", "/q/nothing", 404, "text/html"},
		{"GET", "/p/nothing", 404, "text/html"}, {"GET", "/f/%00", 404, "text/html"}, {"GET", "/f/" + strings.Repeat("x", 8000), 404, "text/html"}, {"GET", "/f/%ff%fe", 404, "text/html"},
		{"GET", "/f/..%2f..%2fetc", 404, "text/html"}, {"PUT", "/f/" + apptest.Chat, 405, "text/html"}, {"GET", "/sim/chat?phone=1", 404, "text/html"},
		{"GET", "/b/nobody/.well-known/jwks.json", 404, "application/problem+json"}, {"GET", "/b/%00/.well-known/jwks.json", 404, "application/problem+json"},
		{"GET", "/log/nothing", 404, "application/problem+json"}, {"GET", "/log/tile/entries/000.p/1", 404, "application/problem+json"}, {"GET", "/log/tile/0/999", 404, "application/problem+json"}, {"POST", "/log/vkey", 405, "application/problem+json"},
		{"GET", "/api/v1/nothing", 404, "application/problem+json"}, {"GET", "/api/v1/consents/check", 405, "application/problem+json"}, {"DELETE", "/api/v1/withdrawals", 405, "application/problem+json"},
		{"POST", "/api/v1/consents/check", 401, "application/problem+json"}, {"POST", "/webhooks/whatsapp", 401, "application/problem+json"}, {"GET", "/webhooks/whatsapp", 403, "application/problem+json"},
		{"GET", "/static/css/public.css", 404, "text/plain"}, {"GET", "/static/..%2fweb.go", 404, "text/plain"}, {"GET", "/static/", 404, "text/plain"},
		{"POST", "/healthz", 405, "text/plain"}, {"GET", "/metrics", 404, "text/plain"},
	} {
		r := httptest.NewRequest(tt.method, "http://assent.example"+tt.path, nil)
		r.Header.Set("Accept", "image/png")
		w := httptest.NewRecorder()
		s.web.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.HasPrefix(w.Header().Get("Content-Type"), tt.kind) {
			t.Errorf("%s %.60s: %d %s", tt.method, tt.path, w.Code, w.Header().Get("Content-Type"))
		}
		for _, not := range []string{"goroutine", "assent/", "sql", "\x00", "echo"} {
			if strings.Contains(w.Body.String(), not) {
				t.Errorf("%s %.60s: the answer holds %q", tt.method, tt.path, not)
			}
		}
	}
	for _, not := range []string{"xxxxxxxxxx", "etc"} {
		if strings.Contains(s.log.String(), not) {
			t.Errorf("the log repeats an address: %q", not)
		}
	}
}

func TestBodiesAreLimited(t *testing.T) {
	s := newSite(t, nil)
	key := "Bearer " + s.app.APIKey(account.Scopes...)
	big := strings.Repeat("a", 5<<20)
	for _, path := range []string{"/f/" + apptest.Chat, "/r/x/code", "/r/x/template", "/webhooks/whatsapp", "/api/v1/consents/check", "/api/v1/withdrawals", "/sim/act"} {
		w := s.do("POST", path, "purpose="+big, "Content-Type", formType, "Authorization", key)
		if w.Code != 413 {
			t.Errorf("%s with 5 MiB: %d", path, w.Code)
		}
	}
}

func TestWithoutASimulator(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Sim = nil })
	for _, path := range []string{"/sim", "/sim/chat", "/sim/inbound", "/sim/graph/v25.0/1/messages", "/sim/chats/1", "/sim/events"} {
		for _, method := range []string{"GET", "POST"} {
			if w := s.do(method, path, ""); w.Code != 404 {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
	s.web.Stop() // and again by the test's end
}

func TestHTTPS(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.BaseURL = "https://consent.example" })
	if w := s.do("GET", "/healthz", ""); !strings.HasPrefix(w.Header().Get("Strict-Transport-Security"), "max-age=") {
		t.Errorf("no HSTS: %v", w.Header())
	}
}

func TestKeysAndLog(t *testing.T) {
	s := newSite(t, nil)
	if w := s.do("GET", "/log/checkpoint", ""); w.Code != 404 {
		t.Errorf("before anything was signed: %d", w.Code)
	}
	if _, err := s.app.Manage.SignCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.app.Clock.Advance(time.Minute)
	keys, err := evidence.ParseKeySet(s.do("GET", "/b/sonnentor/.well-known/jwks.json", "").Body.Bytes())
	if err != nil || keys.Len() != 1 || keys.IDs()[0] != s.app.Tenant().Signer.KeyID() {
		t.Errorf("keys %v, %v", keys.IDs(), err)
	}
	vkey := s.do("GET", "/log/vkey", "").Body.String()
	verifier, err := ledger.ParseVerifier(strings.TrimSuffix(vkey, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	w := s.do("GET", "/log/checkpoint", "")
	if _, err := ledger.OpenCheckpoint(w.Body.Bytes(), verifier); err != nil {
		t.Errorf("the checkpoint does not verify under the key served: %v", err)
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("headers %v", w.Header())
	}
}

func TestReady(t *testing.T) {
	down := error(nil)
	s := newSite(t, func(c *web.Config) { c.Ready = func(context.Context) error { return down } })
	if w := s.do("GET", "/readyz", ""); w.Code != 200 {
		t.Errorf("ready: %d", w.Code)
	}
	down = errors.New("SQL: no connection to db.internal")
	if w := s.do("GET", "/readyz", ""); w.Code != 503 || strings.Contains(w.Body.String(), "SQL") || !strings.Contains(s.log.String(), "db.internal") {
		t.Errorf("without a database: %d %s", w.Code, w.Body)
	}
	down = fault.New(fault.Conflict, "The newest checkpoint is too old.")
	if w := s.do("GET", "/readyz", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "too old") {
		t.Errorf("with a reason: %d %s", w.Code, w.Body)
	}
	down = nil
	s.web.Stop()
	if w := s.do("GET", "/readyz", ""); w.Code != 503 || s.do("GET", "/healthz", "").Code != 200 {
		t.Errorf("stopping: ready %d", w.Code)
	}
}

func TestMetrics(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.MetricsToken = "metrics-token" })
	s.do("GET", "/f/"+apptest.Chat, "")
	s.do("GET", "/f/491701234567", "")
	s.do("GET", "/491701234567?phone=491701234567", "")
	s.do("BREW", "/healthz", "")
	for _, tt := range []struct {
		name, remote, host string
		headers            []string
		status             int
	}{
		{"the token", "203.0.113.5:1", "assent.example", []string{"Authorization", "Bearer metrics-token"}, 200},
		{"another token", "127.0.0.1:1", "localhost", []string{"Authorization", "Bearer other"}, 401},
		{"this machine", "127.0.0.1:1", "127.0.0.1:8080", nil, 200}, {"this machine, IPv6", "[::1]:1", "[::1]:8080", nil, 200}, {"this machine by name", "127.0.0.1:1", "localhost", nil, 200},
		{"elsewhere", "203.0.113.5:1", "127.0.0.1:8080", nil, 401}, {"through a proxy here", "127.0.0.1:1", "127.0.0.1:8080", []string{"X-Forwarded-For", "203.0.113.5"}, 401},
		{"through a silent proxy", "127.0.0.1:1", "assent.example", nil, 401}, {"nobody", "@", "localhost", nil, 401},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		for i := 0; i+1 < len(tt.headers); i += 2 {
			r.Header.Set(tt.headers[i], tt.headers[i+1])
		}
		w := httptest.NewRecorder()
		s.web.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s: %d", tt.name, w.Code)
		}
		if tt.status != 200 {
			if strings.Contains(w.Body.String(), "assent_http") {
				t.Errorf("%s: metrics were told", tt.name)
			}
			continue
		}
		for _, must := range []string{
			`assent_http_requests_total{method="GET",route="/f/:funnel",status="200"} 1`, `assent_http_requests_total{method="GET",route="/f/:funnel",status="404"} 1`,
			`assent_http_requests_total{method="other",`, `assent_http_request_seconds_bucket{route="/f/:funnel"`, "go_goroutines",
		} {
			if !strings.Contains(w.Body.String(), must) {
				t.Errorf("%s: no %s", tt.name, must)
			}
		}
		if strings.Contains(w.Body.String(), "491701234567") || strings.Contains(w.Body.String(), "BREW") {
			t.Errorf("%s: a label holds what a caller sent", tt.name)
		}
	}
}

// TestJourney opts in, proves and stops over a real server.
func TestJourney(t *testing.T) {
	const person = "+491701234567"
	s := newSite(t, nil)
	srv := httptest.NewUnstartedServer(s.web)
	respond.DefaultDeadlines.Apply(srv.Config)
	srv.Start()
	defer srv.Close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(path, kind, body, key string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequest("POST", srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer "+key)
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(b)
	}
	res, body := post("/f/"+apptest.Chat, formType, url.Values{"purpose": {"offers"}, "shown": {s.app.Shown(apptest.Chat, "en")}}.Encode(), "")
	request := res.Header.Get("Location")
	if res.StatusCode != 303 || !strings.HasPrefix(request, "/r/") {
		t.Fatalf("the form: %d %s", res.StatusCode, body)
	}
	stream, err := client.Get(srv.URL + request + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	s.app.Confirm(strings.TrimPrefix(request, "/r/"), person)
	events := bufio.NewScanner(stream.Body)
	for told := false; !told; told = strings.Contains(events.Text(), "confirmed") {
		if !events.Scan() {
			t.Fatal("the page was not told of the confirmation")
		}
	}
	key := s.app.APIKey(account.Check, account.Write)
	var checked struct {
		Results []struct{ Allowed bool }
	}
	const question = `{"items":[{"to":"+491701234567","purpose":"offers"}]}`
	_, body = post("/api/v1/consents/check", "application/json", question, key)
	if err := json.Unmarshal([]byte(body), &checked); err != nil || len(checked.Results) != 1 || !checked.Results[0].Allowed {
		t.Fatalf("the check after the confirmation: %s", body)
	}
	if res, body := post("/api/v1/withdrawals", "application/json", `{"to":"+491701234567","channel":"telephone"}`, key); res.StatusCode != 201 {
		t.Fatalf("the withdrawal: %d %s", res.StatusCode, body)
	}
	if _, body = post("/api/v1/consents/check", "application/json", question, key); !strings.Contains(body, `"allowed":false,"reason":"suppressed"`) {
		t.Errorf("the check after the withdrawal: %s", body)
	}
	waiting, err := client.Get(srv.URL + "/sim/events")
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Body.Close()
	s.web.Stop() // or the server would wait for the stream
	if _, err := io.ReadAll(waiting.Body); err != nil {
		t.Errorf("an open phone at the end: %v", err)
	}
}
