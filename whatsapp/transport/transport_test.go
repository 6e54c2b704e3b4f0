package transport_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/business"
	"assent/chat"
	"assent/optin"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
)

// graph answers every send alike and keeps what was posted.
type graph struct {
	status int
	answer string
	path   string
	token  string
	body   map[string]any
	hits   int
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.hits++
	g.path, g.token = r.URL.Path, r.Header.Get("Authorization")
	g.body = nil
	_ = json.NewDecoder(r.Body).Decode(&g.body)
	w.WriteHeader(g.status)
	_, _ = io.WriteString(w, g.answer)
}

const accepted = `{"messaging_product":"whatsapp","contacts":[{"input":"x"}],"messages":[{"id":"wamid.1"}]}`

func client(t *testing.T, h http.Handler) *whatsapp.Client {
	t.Helper()
	c, err := whatsapp.New(whatsapp.Options{BaseURL: "http://graph.test/sim/graph", Transport: transport.InProcess(h)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var sender = business.Sender{PhoneNumberID: "1001", WABA: "2002", Secrets: business.Secrets{Token: "tok"}}

func TestSendWritesTheBody(t *testing.T) {
	tests := []struct {
		name, lang string
		content    chat.Content
		want       string
	}{
		{"text to a number", "de", chat.Content{To: "+491701234567", BSUID: "DE.1", Text: "Hallo"},
			`{"messaging_product":"whatsapp","to":"+491701234567","type":"text","text":{"body":"Hallo"},"biz_opaque_callback_data":"m1"}`},
		{"text to an account", "de", chat.Content{BSUID: "DE.13491208655302741918", Text: "Hallo"},
			`{"messaging_product":"whatsapp","recipient":"DE.13491208655302741918","type":"text","text":{"body":"Hallo"},"biz_opaque_callback_data":"m1"}`},
		{"buttons", "ar", chat.Content{To: "+491701234567", Text: "هل توافق؟", Buttons: []chat.Button{{Title: "نعم", Payload: "p1"}, {Title: "لا", Payload: "p2"}}},
			`{"messaging_product":"whatsapp","to":"+491701234567","type":"interactive","biz_opaque_callback_data":"m1","interactive":{"type":"button","body":{"text":"هل توافق؟"},
			"action":{"buttons":[{"type":"reply","reply":{"id":"p1","title":"نعم"}},{"type":"reply","reply":{"id":"p2","title":"لا"}}]}}}`},
		{"template", "pt-BR", chat.Content{To: "+5511912345678", Template: "confirm", Params: []string{"Loja", "Ofertas"}, Buttons: []chat.Button{{Title: "Sim", Payload: "p1"}, {Title: "Não", Payload: "p2"}}},
			`{"messaging_product":"whatsapp","to":"+5511912345678","type":"template","biz_opaque_callback_data":"m1","template":{"name":"confirm","language":{"code":"pt_BR"},"components":[
			{"type":"body","parameters":[{"type":"text","text":"Loja"},{"type":"text","text":"Ofertas"}]},
			{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"p1"}]},
			{"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"p2"}]}]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &graph{status: 200, answer: accepted}
			wamid, err := transport.New(client(t, g), nil).Send(t.Context(), &sender, "m1", tt.lang, tt.content)
			if err != nil || wamid != "wamid.1" {
				t.Fatalf("Send = %q, %v", wamid, err)
			}
			if g.path != "/sim/graph/"+whatsapp.DefaultVersion+"/1001/messages" || g.token != "Bearer tok" {
				t.Errorf("posted to %s with %q", g.path, g.token)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, g.body); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSendTellsWhatBecameOfIt(t *testing.T) {
	text := chat.Content{To: "+491701234567", Text: "Hallo"}
	refused := func(code string) string { return `{"error":{"message":"secret words","code":` + code + `}}` }
	tests := []struct {
		name    string
		status  int
		answer  string
		content chat.Content
		want    optin.SendError
	}{
		{"slow down", 400, refused("131056"), text, optin.SendError{Code: 131056, Retry: true, After: time.Second}},
		{"trouble there may have sent it", 500, refused("131000"), text, optin.SendError{Code: 131000, Unclear: true, After: 10 * time.Second}},
		{"outside the window", 400, refused("131047"), text, optin.SendError{Code: 131047}},
		{"a person's stop", 400, refused("131050"), text, optin.SendError{Code: 131050}},
		{"an unknown code is final", 400, refused("999999"), text, optin.SendError{Code: 999999}},
		{"a proxy's page", 502, "<html>", text, optin.SendError{Unclear: true}},
		{"an answer without an id", 200, "{}", text, optin.SendError{Unclear: true}},
		{"a text over the limit", 200, accepted, chat.Content{To: "+491701234567", Text: strings.Repeat("x", 4097)}, optin.SendError{}},
		{"nobody to write to", 200, accepted, chat.Content{Text: "Hallo"}, optin.SendError{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &graph{status: tt.status, answer: tt.answer}
			_, err := transport.New(client(t, g), nil).Send(t.Context(), &sender, "m1", "de", tt.content)
			var got *optin.SendError
			if !errors.As(err, &got) {
				t.Fatalf("Send = %v, want a *SendError", err)
			}
			if got.Err == nil || strings.Contains(got.Error(), "secret words") || strings.Contains(got.Error(), "4917") {
				t.Errorf("error %q lacks its cause or says too much", got)
			}
			bare := *got
			bare.Err = nil
			if d := cmp.Diff(tt.want, bare); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSendersAreKeptApart(t *testing.T) {
	real, played := &graph{status: 200, answer: accepted}, &graph{status: 200, answer: accepted}
	simulated := sender
	simulated.Simulated = true
	text := chat.Content{To: "+491701234567", Text: "Hallo"}
	both := transport.New(client(t, real), client(t, played))
	for _, s := range []*business.Sender{&sender, &simulated} {
		if _, err := both.Send(t.Context(), s, "m1", "de", text); err != nil {
			t.Fatal(err)
		}
	}
	if real.hits != 1 || played.hits != 1 {
		t.Errorf("real %d, simulated %d messages; want one each", real.hits, played.hits)
	}
	onlyReal, onlyPlayed := transport.New(client(t, real), nil), transport.New(nil, client(t, played))
	for name, send := range map[string]func() error{
		"simulated without a simulator": func() error { _, err := onlyReal.Send(t.Context(), &simulated, "m1", "de", text); return err },
		"real without a client":         func() error { _, err := onlyPlayed.Send(t.Context(), &sender, "m1", "de", text); return err },
	} {
		var got *optin.SendError
		if err := send(); !errors.As(err, &got) || got.Retry || got.Unclear {
			t.Errorf("%s: %v, want a refusal for good", name, err)
		}
	}
	if _, _, err := onlyReal.TemplateCategory(t.Context(), &simulated, "confirm", "de"); err == nil {
		t.Error("the category of a simulated sender's template came from nowhere")
	}
	if real.hits != 1 || played.hits != 1 {
		t.Errorf("real %d, simulated %d messages after refusals; want one each", real.hits, played.hits)
	}
}

func TestWithTheSimulator(t *testing.T) {
	sim := simulator.New(simulator.Options{Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }})
	t.Cleanup(sim.Close)
	err := sim.AddSender(simulator.Sender{
		PhoneNumberID: "1001", WABA: "2002", Portfolio: "3003", Number: "+4915735990000", Token: "tok", AppSecret: "s",
		Templates: []simulator.Template{
			{Name: "confirm", Language: "de", Category: "UTILITY", Body: "{{1}}: {{2}}", Buttons: []string{"Ja", "Nein"}},
			{Name: "confirm", Language: "pt_BR", Category: "MARKETING", Status: "PAUSED", Body: "{{1}}: {{2}}"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	played := sender
	played.Simulated = true
	tr := transport.New(nil, client(t, sim.Handler()))
	wamid, err := tr.Send(t.Context(), &played, "m1", "de", chat.Content{To: "+491701234567", Template: "confirm", Params: []string{"Laden", "Angebote"}, Buttons: []chat.Button{{Title: "Ja", Payload: "p1"}, {Title: "Nein", Payload: "p2"}}})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := sim.Messages("+491701234567", "")
	if err != nil || len(seen) != 1 || seen[0].ID != wamid || seen[0].Text != "Laden: Angebote" || len(seen[0].Buttons) != 2 || seen[0].Buttons[1].Payload != "p2" {
		t.Errorf("the phone shows %+v, %v", seen, err)
	}
	// A number that ends so is taken, and the connection dies before the answer.
	_, err = tr.Send(t.Context(), &played, "m2", "de", chat.Content{To: "+491701990006", Template: "confirm", Params: []string{"Laden", "Angebote"}})
	var lost *optin.SendError
	if !errors.As(err, &lost) || !lost.Unclear {
		t.Errorf("a lost answer is %v, want unclear", err)
	}
	for _, tt := range []struct {
		lang, category string
		approved       bool
	}{{"de", "utility", true}, {"pt-BR", "marketing", false}, {"fr", "", false}} {
		category, approved, err := tr.TemplateCategory(t.Context(), &played, "confirm", tt.lang)
		if err != nil || category != tt.category || approved != tt.approved {
			t.Errorf("TemplateCategory(%s) = %q, %v, %v", tt.lang, category, approved, err)
		}
	}
	wrong := played
	wrong.Secrets.Token = "other"
	if _, _, err := tr.TemplateCategory(t.Context(), &wrong, "confirm", "de"); err == nil {
		t.Error("a wrong token reads templates")
	}
}

func TestInProcess(t *testing.T) {
	c := http.Client{Transport: transport.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/abort":
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		case "/empty":
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Host", r.Host)
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
		w.Header().Set("X-Late", "1")
		_, _ = w.Write(append([]byte(r.Method+" "+r.RequestURI+" "), body...))
	}))}
	res, err := c.Post("http://inside.test/a?b=c", "text/plain", strings.NewReader("words"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusTeapot || string(body) != "POST /a?b=c words" || res.Header.Get("X-Host") != "inside.test" || res.Header.Get("X-Late") != "" {
		t.Errorf("answer %d %q %v", res.StatusCode, body, res.Header)
	}
	if res, err := c.Get("http://inside.test/empty"); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("a handler that writes nothing: %v, %v", res, err)
	}
	if _, err := c.Get("http://inside.test/abort"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an aborted answer: %v", err)
	}
}

// A category that cannot be looked up for now is asked for again, whatever the trouble:
// nothing can have gone out by the question.
func TestCategoryThatCannotBeAskedForNow(t *testing.T) {
	for _, tt := range []struct {
		status int
		answer string
	}{
		{500, `{"error":{"code":131000}}`}, {500, `{"error":{"code":2}}`}, {503, `<html>`}, {502, ``}, {200, `{`}, {400, `{"error":{"code":1}}`},
	} {
		tr := transport.New(client(t, &graph{status: tt.status, answer: tt.answer}), nil)
		_, _, err := tr.TemplateCategory(t.Context(), &sender, "confirm", "de")
		var failed *optin.SendError
		if !errors.As(err, &failed) || !failed.Retry || failed.Unclear || failed.Code != 0 {
			t.Errorf("%d %s: %+v", tt.status, tt.answer, err)
		}
	}
	tr := transport.New(client(t, &graph{status: 401, answer: `{"error":{"code":190}}`}), nil)
	_, _, err := tr.TemplateCategory(t.Context(), &sender, "confirm", "de")
	if failed := (*optin.SendError)(nil); !errors.As(err, &failed) || failed.Code != 190 {
		t.Errorf("a bad token: %+v", err)
	}
}

// What a chat offers goes with the welcome message in one call, which is left as it is.
func TestMenuLeavesTheWelcomeMessage(t *testing.T) {
	for _, on := range []bool{true, false} {
		g := &graph{status: 200, answer: `{"conversational_automation":{"enable_welcome_message":` + strconv.FormatBool(on) + `}}`}
		tr := transport.New(client(t, g), nil)
		if err := tr.SetMenu(t.Context(), &sender, business.Menu{Prompts: []string{"Hello"}}); err != nil {
			t.Fatal(err)
		}
		if g.hits != 2 || g.body["enable_welcome_message"] != on {
			t.Errorf("%v: %+v", on, g.body)
		}
	}
}
