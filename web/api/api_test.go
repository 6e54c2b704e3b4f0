package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/labstack/echo/v4"

	"assent/account"
	"assent/consent"
	"assent/fault"
	"assent/internal/apptest"
	"assent/proof"
	"assent/store"
	"assent/web/api"
	"assent/web/respond"
)

var update = flag.Bool("update", false, "write openapi.json anew")

func describe(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDescriptionIsCurrent(t *testing.T) {
	raw, err := json.MarshalIndent(describe(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want := append(raw, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.json is not what openapi.yaml says: run go generate ./web/api")
	}
}

// rig is an API over a real installation, whose every answer is compared
// with openapi.yaml.
type rig struct {
	t      testing.TB
	app    *apptest.App
	server http.Handler
	router routers.Router
}

func newRig(t testing.TB, change func(*api.Config)) *rig {
	t.Helper()
	a := apptest.New(t)
	c := api.Config{
		Keys: a.Manage, Check: a.Permit, Optin: a.Optin, Proof: a.Records,
		Replays: store.As[api.ReplayReader, api.ReplayWriter](a.Store), Secret: a.Manage.Installation().Secrets.Limit, Now: a.Clock.Now, Rand: rand.Reader,
	}
	if change != nil {
		change(&c)
	}
	router, err := gorillamux.NewRouter(describe(t))
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t, a, routes(api.New(c)), router}
}

func routes(h *api.Handler) *echo.Echo {
	e := echo.New()
	e.JSONSerializer = api.Serializer{}
	e.HTTPErrorHandler = respond.ErrorHandler(slog.New(slog.DiscardHandler), respond.Surface{Prefix: "/", Render: respond.Problem})
	e.Use(respond.RequestIDs(rand.Reader), respond.Recover())
	g := e.Group("/api/v1", respond.BodyLimit(1<<20))
	g.POST("/consents/check", h.Check, h.Checks)
	g.POST("/withdrawals", h.Withdraw, h.Writes, h.Idempotent)
	g.GET("/consents/:id/proof", h.GetProof, h.Exports)
	g.GET("/consents/:id/receipt", h.GetReceipt, h.Reads)
	g.DELETE("/subjects/:identifier", h.EraseSubject, h.Erases)
	g.GET("/openapi.json", h.Description)
	return e
}

// call makes a request and fails the test where the answer is not one that the
// description allows.
func (r *rig) call(method, path, key string, header http.Header, body string) *httptest.ResponseRecorder {
	r.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, "/api/v1"+path, reader)
	for name, values := range header {
		req.Header[name] = values
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	route, params, err := r.router.FindRoute(req)
	if err != nil {
		return w // an address that is not described
	}
	options := &openapi3filter.Options{}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options},
		Status:                 w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())), Options: options,
	})
	if err != nil {
		r.t.Errorf("%s %s: the answer is not as described: %v", method, path, err)
	}
	return w
}

const person = "+491701234567"

type results struct {
	Results []struct {
		Allowed    bool    `json:"allowed"`
		Reason     string  `json:"reason"`
		State      string  `json:"state"`
		Grade      string  `json:"grade"`
		ConsentID  string  `json:"consent_id"`
		ValidUntil *string `json:"valid_until"`
	} `json:"results"`
}

func (r *rig) check(key, body string) (out results) {
	r.t.Helper()
	w := r.call("POST", "/consents/check", key, nil, body)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
		r.t.Fatalf("%d %s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		r.t.Fatal(err)
	}
	return out
}

func TestCheck(t *testing.T) {
	r := newRig(t, nil)
	r.app.OptIn(person, apptest.Offers)
	key := r.app.APIKey(account.Check)
	got := r.check(key, `{"items":[
		{"to":"+491701234567","purpose":"offers"}, {"to":"+491701234567","purpose":"orders"}, {"to":"+491701234567","scope":"marketing"},
		{"to":"+491709999999","purpose":"offers"}, {"to":"0170 1234567","purpose":"offers"}, {"to":"+491701234567","purpose":"nothing"},
		{"purpose":"offers"}, {"to":"+491701234567","recipient":"DE.1","purpose":"offers"}, {"recipient":"DE.123456","scope":"transactional"}, {"to":"+4917012345\u000067","purpose":"offers"}]}`)
	want := []string{"true  given C", "false refused refused C", "true  given C", "false unknown unknown ", "false invalid_identifier unknown ", "false unknown_purpose unknown ",
		"false invalid_identifier unknown ", "false invalid_identifier unknown ", "false unknown unknown ", "false invalid_identifier unknown "}
	for i, a := range got.Results {
		line := fmt.Sprintf("%v %s %s %s", a.Allowed, a.Reason, a.State, a.Grade)
		if i != 1 && line != want[i] || i == 1 && !strings.HasPrefix(line, "false refused refused") {
			t.Errorf("item %d: %q, want %q", i, line, want[i])
		}
	}
	if got.Results[0].ConsentID == "" || got.Results[0].ValidUntil != nil || got.Results[3].ConsentID != "" {
		t.Errorf("results %+v", got.Results)
	}
}

func TestKeys(t *testing.T) {
	r := newRig(t, nil)
	all := map[account.Scope]string{}
	for _, s := range account.Scopes {
		all[s] = r.app.APIKey(s)
	}
	calls := []struct {
		method, path, body string
		scope              account.Scope
	}{
		{"POST", "/consents/check", `{"items":[{"to":"+491701234567","purpose":"offers"}]}`, account.Check},
		{"POST", "/withdrawals", `{"to":"+491701234567"}`, account.Write},
		{"GET", "/consents/019cadc6-9a80-7d23-aad9-c0fcaba29d06/proof", "", account.Export},
		{"GET", "/consents/019cadc6-9a80-7d23-aad9-c0fcaba29d06/receipt", "", account.Read},
	}
	for _, c := range calls {
		for scope, key := range all {
			w := r.call(c.method, c.path, key, nil, c.body)
			if allowed := w.Code != 403; allowed != (scope == c.scope) {
				t.Errorf("%s %s with scope %s: %d", c.method, c.path, scope, w.Code)
			}
			if w.Code == 403 && !strings.Contains(w.Header().Get("WWW-Authenticate"), `scope="`+string(c.scope)+`"`) {
				t.Errorf("403 with %q", w.Header().Get("WWW-Authenticate"))
			}
		}
		for _, header := range []string{"", "Bearer", "Bearer ", "Basic " + all[c.scope], "Bearer assent_unknown", "Bearer " + strings.Repeat("x", 100000), "Bearer " + all[c.scope] + "x", "Bearer \xff\x00"} {
			w := r.call(c.method, c.path, "", http.Header{"Authorization": {header}}, c.body)
			if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") || strings.Contains(w.Body.String(), all[c.scope]) {
				t.Errorf("%s %s with %.30q: %d %s", c.method, c.path, header, w.Code, w.Body)
			}
		}
		if w := r.call(c.method, c.path, "", http.Header{"Authorization": {"bearer  " + all[c.scope]}}, c.body); w.Code == 401 {
			t.Errorf("the scheme in small letters: %d", w.Code)
		}
	}
	if w := r.call("GET", "/openapi.json", "", nil, ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"openapi": "3.1.0"`) {
		t.Errorf("the description: %d", w.Code)
	}
	keys, err := r.app.Manage.APIKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if err := r.app.Manage.RevokeAPIKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
	}
	if w := r.call("POST", "/withdrawals", all[account.Write], nil, `{"to":"+491701234567"}`); w.Code != 401 {
		t.Errorf("a revoked key: %d", w.Code)
	}
}

func TestLimits(t *testing.T) {
	r := newRig(t, func(c *api.Config) { c.Limits = api.Limits{Checks: 2, Calls: 1} })
	one, other := r.app.APIKey(account.Check), r.app.APIKey(account.Check)
	const body = `{"items":[{"to":"+491701234567","purpose":"offers"}]}`
	for i := range 5 {
		if w := r.call("POST", "/consents/check", one, nil, body); (w.Code == 429) != (i == 4) {
			t.Errorf("call %d: %d", i, w.Code)
		}
	}
	if w := r.call("POST", "/consents/check", other, nil, body); w.Code != 200 {
		t.Errorf("another key: %d", w.Code)
	}
	r.app.Clock.Advance(time.Second)
	if w := r.call("POST", "/consents/check", one, nil, body); w.Code != 200 {
		t.Errorf("a second later: %d", w.Code)
	}
}

func TestHostileInput(t *testing.T) {
	r := newRig(t, nil)
	key := r.app.APIKey(account.Scopes...)
	long := strings.Repeat("9", 2<<20)
	for _, tt := range []struct {
		name, path, body string
		status           int
		code, field      string
	}{
		{"check: empty", "/consents/check", "", 400, "invalid", ""},
		{"check: wrong type", "/consents/check", `{"items":[{"to":491701234567,"purpose":"offers"}]}`, 400, "invalid", "items[0].to"},
		{"check: too many", "/consents/check", `{"items":[` + strings.Repeat(`{"to":"1","purpose":"a"},`, 1001) + `{}]}`, 400, "invalid", "items"},
		{"check: too large", "/consents/check", `{"items":[{"to":"` + long + `"}]}`, 413, "too_large", ""},
		{"check: not UTF-8", "/consents/check", "{\"items\":[{\"to\":\"\xff\"}]}", 400, "invalid", ""},
		{"check: markup", "/consents/check", `<script>alert(1)</script>`, 400, "invalid", ""},
		{"withdrawals: empty", "/withdrawals", "", 400, "invalid", "to"},
		{"withdrawals: null", "/withdrawals", "null", 400, "invalid", "to"},
		{"withdrawals: a list", "/withdrawals", "[]", 400, "invalid", ""},
		{"withdrawals: broken", "/withdrawals", `{"to":"+49170`, 400, "invalid", ""},
		{"withdrawals: two values", "/withdrawals", `{"to":"+491701234567"}{}`, 400, "invalid", ""},
		{"withdrawals: wrong type", "/withdrawals", `{"to":491701234567}`, 400, "invalid", "to"},
		{"withdrawals: words of another type", "/withdrawals", `{"to":"+491701234567","words":{"a":1}}`, 400, "invalid", "words"},
		{"withdrawals: nobody", "/withdrawals", `{"scope":"marketing"}`, 400, "invalid", "to"},
		{"withdrawals: both", "/withdrawals", `{"to":"+491701234567","recipient":"DE.123"}`, 400, "invalid", "to"},
		{"withdrawals: no number", "/withdrawals", `{"to":"<b>+491701234567</b>"}`, 400, "invalid", "to"},
		{"withdrawals: a control character", "/withdrawals", `{"to":"+491701234567\u0000"}`, 400, "invalid", "to"},
		{"withdrawals: turned round", "/withdrawals", `{"to":"\u202e+491701234567"}`, 400, "invalid", "to"},
		{"withdrawals: no account", "/withdrawals", `{"recipient":"DE.1 OR 1=1"}`, 400, "invalid", "recipient"},
		{"withdrawals: unknown purpose", "/withdrawals", `{"to":"+491701234567","purpose":"x"}`, 400, "invalid", "purpose"},
		{"withdrawals: empty purpose", "/withdrawals", `{"to":"+491701234567","purpose":""}`, 400, "invalid", "purpose"},
		{"withdrawals: long purpose", "/withdrawals", `{"to":"+491701234567","purpose":"` + strings.Repeat("x", 101) + `"}`, 400, "invalid", "purpose"},
		{"withdrawals: other scope", "/withdrawals", `{"to":"+491701234567","scope":"all"}`, 400, "invalid", "scope"},
		{"withdrawals: purpose and scope", "/withdrawals", `{"to":"+491701234567","scope":"marketing","purpose":"offers"}`, 400, "invalid", "scope"},
		{"withdrawals: long channel", "/withdrawals", `{"to":"+491701234567","channel":"` + strings.Repeat("ü", 101) + `"}`, 400, "invalid", "channel"},
		{"withdrawals: long words", "/withdrawals", `{"to":"+491701234567","words":"` + strings.Repeat("ü", 2001) + `"}`, 400, "invalid", "words"},
		{"withdrawals: NUL in words", "/withdrawals", `{"to":"+491701234567","words":"a\u0000b"}`, 400, "invalid", "words"},
		{"withdrawals: no time", "/withdrawals", `{"to":"+491701234567","at":"yesterday"}`, 400, "invalid", "at"},
		{"withdrawals: a time of old", "/withdrawals", `{"to":"+491701234567","at":"0001-01-01T00:00:00Z"}`, 400, "invalid", "at"},
		{"withdrawals: too large", "/withdrawals", `{"words":"` + long + `"}`, 413, "too_large", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := r.call("POST", tt.path, key, nil, tt.body)
			var p struct{ Code, Field, Detail string }
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || p.Code != tt.code || p.Field != tt.field || p.Detail == "" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			for _, not := range []string{"4917", "491701234567", "<", "9999", "json:", "Go value", "SQL"} {
				if strings.Contains(strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Request-Id"), ""), not) {
					t.Errorf("the answer holds %q: %s", not, w.Body)
				}
			}
		})
	}
	if got := r.app.Check(person, apptest.Offers); got.Reason != consent.ReasonUnknown {
		t.Errorf("a refused withdrawal left a trace: %+v", got)
	}
}

func TestWithdraw(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		purposes   string
		offers     consent.State
		orders     consent.State
	}{
		{"everything, but before the yes", `{"to":"+491701234567","channel":"telephone","words":"Bitte\nnichts mehr!","at":"2026-03-02T08:59:00+01:00"}`, "[offers orders]", "renewed", "renewed"},
		{"everything", `{"to":"+491701234567"}`, "[offers orders]", "withdrawn", "withdrawn"},
		{"a purpose", `{"to":"+491701234567","purpose":"offers"}`, "[offers]", "withdrawn", "given"},
		{"a scope", `{"to":"+491701234567","scope":"transactional"}`, "[orders]", "given", "withdrawn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.app.OptIn(person, apptest.Offers, apptest.Orders)
			r.app.Clock.Advance(time.Minute)
			w := r.call("POST", "/withdrawals", r.app.APIKey(account.Write), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, tt.body)
			var out struct {
				EventID  string   `json:"event_id"`
				Purposes []string `json:"purposes"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 201 || out.EventID == "" || fmt.Sprint(out.Purposes) != tt.purposes {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "1701234567") {
				t.Errorf("the answer names the number: %s", w.Body)
			}
			if a, b := r.app.State(person, apptest.Offers), r.app.State(person, apptest.Orders); a != tt.offers || b != tt.orders {
				t.Errorf("offers %s, orders %s", a, b)
			}
			r.app.Settle()
			if n := len(r.app.Received(person)); n != 1 {
				t.Errorf("%d messages on the phone, want the receipt alone", n)
			}
		})
	}
	r := newRig(t, nil)
	key := r.app.APIKey(account.Write, account.Check)
	if w := r.call("POST", "/withdrawals", key, nil, `{"recipient":"DE.13491208655302741918"}`); w.Code != 201 {
		t.Errorf("an account never seen: %d %s", w.Code, w.Body)
	}
	if got := r.check(key, `{"items":[{"recipient":"DE.13491208655302741918","purpose":"offers"}]}`); got.Results[0].Reason != "suppressed" {
		t.Errorf("after it: %+v", got.Results[0])
	}
}

// TestAMisspeltFieldStopsNothing: a stop of offers alone, with the purpose
// misspelt, must not become a stop of everything.
func TestAMisspeltFieldStopsNothing(t *testing.T) {
	r := newRig(t, nil)
	r.app.OptIn(person, apptest.Offers, apptest.Orders)
	key := r.app.APIKey(account.Write)
	for _, tt := range []struct{ body, field, detail string }{
		{`{"to":"+491701234567","purpos":"offers"}`, "purpos", "There is no field purpos here. Known are at, channel, purpose, recipient, scope, to and words."},
		{`{"to":"+491701234567","Purpose":"offers"}`, "Purpose", "There is no field Purpose here."},
		{`{"to":"+491701234567","purpose":"offers","dry-run":true}`, "dry-run", "There is no field dry-run here."},
		{`{"to":"+491701234567","+491701234568":"offers"}`, "", "A field here is not known."},
	} {
		w := r.call("POST", "/withdrawals", key, nil, tt.body)
		var p struct{ Code, Field, Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if w.Code != 400 || w.Header().Get("Content-Type") != "application/problem+json" || p.Code != "invalid" || p.Field != tt.field || !strings.HasPrefix(p.Detail, tt.detail) {
			t.Errorf("%s: %d %s", tt.body, w.Code, w.Body)
		}
	}
	if a, b := r.app.State(person, apptest.Offers), r.app.State(person, apptest.Orders); a != consent.Given || b != consent.Given {
		t.Errorf("offers %s, orders %s", a, b)
	}
}

func TestIdempotency(t *testing.T) {
	r := newRig(t, nil)
	one, other := r.app.APIKey(account.Write), r.app.APIKey(account.Write)
	post := func(key, idempotency, body string) *httptest.ResponseRecorder {
		return r.call("POST", "/withdrawals", key, http.Header{"Idempotency-Key": {idempotency}}, body)
	}
	const body, changed = `{"to":"+491701234567"}`, `{"to":"+491701234568"}`
	first := post(one, "k1", body)
	again := post(one, "k1", body)
	if first.Code != 201 || first.Body.Len() == 0 || first.Header().Get("Idempotent-Replayed") != "" {
		t.Fatalf("%d %s", first.Code, first.Body)
	}
	if again.Code != 201 || again.Body.String() != first.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("again: %d %s %v", again.Code, again.Body, again.Header())
	}
	if w := post(one, "k1", changed); w.Code != 409 || strings.Contains(w.Body.String(), "event_id") {
		t.Errorf("another body: %d %s", w.Code, w.Body)
	}
	if w := post(other, "k1", body); w.Code != 201 || w.Body.String() == first.Body.String() {
		t.Errorf("another key's answer was given away: %d %s", w.Code, w.Body)
	}
	if w := post(one, "k2", body); w.Code != 201 || w.Body.String() == first.Body.String() {
		t.Errorf("another idempotency key: %d %s", w.Code, w.Body)
	}
	if w := post(one, "k3", `{"to":"x"}`); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	if w := post(one, "k3", body); w.Code != 201 {
		t.Errorf("a failure was kept: %d %s", w.Code, w.Body)
	}
	for _, bad := range []string{"", "a\x00b", "ключ", strings.Repeat("k", 256)} {
		if w := post(one, bad, body); w.Code != 400 || !strings.Contains(w.Body.String(), `"field":"Idempotency-Key"`) {
			t.Errorf("key %.20q: %d %s", bad, w.Code, w.Body)
		}
	}
	if w := r.call("POST", "/withdrawals", one, http.Header{"Idempotency-Key": {"a", "b"}}, body); w.Code != 400 {
		t.Errorf("two keys: %d", w.Code)
	}
}

// brokenReplays cannot be written.
type brokenReplays struct{ api.Replays }

func (brokenReplays) ReadWrite(context.Context, func(context.Context, api.ReplayWriter) error) error {
	return errors.New("SQL: disk full")
}

func TestAnAnswerThatCannotBeKeptIsNotGiven(t *testing.T) {
	r := newRig(t, func(c *api.Config) { c.Replays = brokenReplays{c.Replays} })
	w := r.call("POST", "/withdrawals", r.app.APIKey(account.Write), http.Header{"Idempotency-Key": {"k"}}, `{"to":"+491701234567"}`)
	if w.Code != 500 || strings.Contains(w.Body.String(), "event_id") || strings.Contains(w.Body.String(), "SQL") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// prover writes what it is told to.
type prover struct {
	api.Prover // nothing else is asked of it
	pieces     []string
	err        error
	asked      []string
}

func (p *prover) Proof(_ context.Context, business, id string, audience proof.Audience, actor string, w io.Writer) error {
	p.asked = []string{business, id, string(audience), actor}
	for _, piece := range p.pieces {
		if _, err := io.WriteString(w, piece); err != nil {
			return err
		}
	}
	return p.err
}

const someID = "019cadc6-9a80-7d23-aad9-c0fcaba29d06"

func TestProofErrors(t *testing.T) {
	p := &prover{pieces: []string{"PK", "rest"}}
	r := newRig(t, func(c *api.Config) { c.Proof = p })
	key := r.app.APIKey(account.Export)
	w := r.call("GET", "/consents/"+someID+"/proof", key, nil, "")
	if w.Code != 200 || w.Body.String() != "PKrest" || w.Header().Get("Content-Type") != "application/zip" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	name := w.Header().Get("Content-Disposition")
	if !strings.HasPrefix(name, `attachment; filename="proof-`) || !strings.HasSuffix(name, `.zip"`) || strings.Contains(name, someID) {
		t.Errorf("Content-Disposition %q", name)
	}
	if p.asked[0] != r.app.Business || p.asked[1] != someID || p.asked[2] != "court" || !strings.HasPrefix(p.asked[3], "api key ") || strings.Contains(p.asked[3], key) {
		t.Errorf("asked %q", p.asked)
	}
	if next := r.call("GET", "/consents/"+someID+"/proof?audience=subject", key, nil, "").Header().Get("Content-Disposition"); next == name || p.asked[2] != "subject" {
		t.Errorf("a second file has the name %q, audience %q", next, p.asked[2])
	}
	p.asked = nil
	for path, status := range map[string]int{
		"/consents/x/proof": 404, "/consents/%00/proof": 404, "/consents/+491701234567/proof": 404, "/consents/" + strings.Repeat("a", 5000) + "/proof": 404,
		"/consents/" + someID + "/proof?audience=everybody": 400, "/consents/" + someID + "/proof?audience=%ff": 400,
	} {
		if w := r.call("GET", path, key, nil, ""); w.Code != status || p.asked != nil || strings.Contains(strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Request-Id"), ""), "4917") {
			t.Errorf("%.60s: %d %s, asked %v", path, w.Code, w.Body, p.asked)
		}
	}
	p.pieces, p.err = nil, fault.New(fault.NotFound, "There is no such consent.")
	if w := r.call("GET", "/consents/"+someID+"/proof", key, nil, ""); w.Code != 404 || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("an unknown consent: %d %v", w.Code, w.Header())
	}
	p.pieces, p.err = []string{"PK"}, errors.New("disk")
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("half a bundle was sent as a whole one")
		}
	}()
	r.call("GET", "/consents/"+someID+"/proof", key, nil, "")
}

func TestProof(t *testing.T) {
	r := newRig(t, nil)
	r.app.OptIn(person, apptest.Offers)
	r.app.RunCheckpoints()
	key := r.app.APIKey(account.Export, account.Check)
	id := r.check(key, `{"items":[{"to":"+491701234567","purpose":"offers"}]}`).Results[0].ConsentID
	w := r.call("GET", "/consents/"+id+"/proof?audience=court", key, nil, "")
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	report, err := proof.Verify(t.Context(), bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()), proof.Pins{})
	if err != nil || report.Verdict != proof.Consistent {
		t.Errorf("the bundle does not verify: %+v, %v", report, err)
	}
	if w := r.call("GET", "/consents/"+someID+"/proof", key, nil, ""); w.Code != 404 {
		t.Errorf("an unknown consent: %d %s", w.Code, w.Body)
	}
}

// BenchmarkCheck is to be compared with BenchmarkConstant: both are whole
// requests without a network.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, func(c *api.Config) { c.Limits.Checks = 1 << 30 })
			r.app.OptIn(person, apptest.Offers)
			key := "Bearer " + r.app.APIKey(account.Check)
			body := `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"to":"+491701234567","purpose":"offers"},`, n), ",") + `]}`
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					req := httptest.NewRequest("POST", "/api/v1/consents/check", strings.NewReader(body))
					req.Header.Set("Authorization", key)
					w := httptest.NewRecorder()
					r.server.ServeHTTP(w, req)
					if w.Code != 200 {
						b.Fatal(w.Body)
					}
				}
			})
		})
	}
}

// BenchmarkConstant answers a constant.
func BenchmarkConstant(b *testing.B) {
	e := echo.New()
	e.POST("/api/v1/consents/check", func(c echo.Context) error { return c.String(200, "ok") })
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req := httptest.NewRequest("POST", "/api/v1/consents/check", strings.NewReader("{}"))
			e.ServeHTTP(httptest.NewRecorder(), req)
		}
	})
}
