package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assent/whatsapp/simulator"
)

// The endpoints of templates: created within Meta's limits, listed, reviewed by a
// script, deleted.
func TestTemplateEndpoints(t *testing.T) {
	sim := simulator.New(simulator.Options{Now: time.Now})
	t.Cleanup(sim.Close)
	if err := sim.AddSender(simulator.Sender{PhoneNumberID: "1", WABA: "2", Portfolio: "3", Number: "+494055501234", Token: "tok", AppSecret: "s", Limit: "TIER_250"}); err != nil {
		t.Fatal(err)
	}
	h := sim.Handler()
	ask := func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer tok")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const at = "/sim/graph/v25.0/2/message_templates"
	good := `{"name":"ask","language":"de","category":"UTILITY","message_send_ttl_seconds":43200,"components":[{"type":"BODY","text":"Von {{1}} x","example":{"body_text":[["M"]]}},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Ja"},{"type":"URL","text":"Seite","url":"https://x/{{1}}"}]}]}`
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"a bad name", "POST", at, strings.Replace(good, `"ask"`, `"Ask me"`, 1), 400, `"code":100`},
		{"no category", "POST", at, strings.Replace(good, "UTILITY", "NEWS", 1), 400, "category"},
		{"a place at the start", "POST", at, strings.Replace(good, "Von {{1}} x", "{{1}} x", 1), 400, "start or end"},
		{"no example", "POST", at, strings.Replace(good, `,"example":{"body_text":[["M"]]}`, "", 1), 400, "example"},
		{"too long alive", "POST", at, strings.Replace(good, "43200", "86400", 1), 400, "ttl"},
		{"a long label", "POST", at, strings.Replace(good, `"Ja"`, `"`+strings.Repeat("x", 26)+`"`, 1), 400, "25 characters"},
		{"no JSON", "POST", at, "{", 400, `"code":100`},
		{"good", "POST", at, good, 200, `"status":"PENDING","category":"UTILITY"`},
		{"twice", "POST", at, good, 400, "already"},
		{"listed", "GET", at, "", 200, `"text":"Von {{1}} x"`},
		{"reviewed", "PUT", "/sim/templates", `{"name":"ask","language":"de","status":"APPROVED","quality":"GREEN"}`, 200, `"status":"APPROVED"`},
		{"reviewed what there is not", "PUT", "/sim/templates", `{"name":"x","language":"de"}`, 404, "no such template"},
		{"of nobody", "PUT", "/sim/templates", `{"sender":"9","name":"ask","language":"de"}`, 404, "sender"},
		{"misspelled", "PUT", "/sim/templates", `{"nam":"x"}`, 422, "unknown field"},
		{"a field", "POST", "/sim/fields", `{"field":"account_update","value":{"event":"X"}}`, 200, "success"},
		{"a field of no object", "POST", "/sim/fields", `{"field":"x","value":1}`, 422, "object"},
		{"the number", "GET", "/sim/graph/v25.0/1", "", 200, `"TIER_250"`},
		{"another's number", "GET", "/sim/graph/v25.0/7", "", 400, `"code":100`},
		{"deleted", "DELETE", at + "?name=ask", "", 200, "success"},
		{"deleted twice", "DELETE", at + "?name=ask", "", 400, `"code":100`},
	} {
		if status, body := ask(tt.method, tt.path, tt.body); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
	}
	r := httptest.NewRequest(http.MethodDelete, at+"?name=ask", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", w.Code)
	}
}
