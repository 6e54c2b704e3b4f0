package whatsapp_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assent/fault"
	"assent/whatsapp"
	"assent/whatsapp/wire"
)

// The addresses and bodies are Meta's, what was accepted before is not said again,
// and a provider is not asked.
func TestChatLinks(t *testing.T) {
	var asked []string
	var bodies []string
	answers := map[string]string{
		"POST /v25.0/100/message_qrdls": `{"code":"ABC","prefilled_message":"x","deep_link_url":"https://wa.me/message/ABC"}`,
		"GET /v25.0/100":                `{"id":"100","conversational_automation":{"commands":[{"command_name":"stop","command_description":"x"}],"prompts":["y"]}}`,
		"GET /v25.0/200/signups":        `{"data":[{"id":"9","signup_message":"m","status":"DISABLED"}],"paging":{"cursors":{"after":"z"}}}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		what := r.Method + " " + r.URL.Path
		asked, bodies = append(asked, what), append(bodies, string(body))
		if what == "POST /v25.0/200/signups" && strings.Contains(string(body), `"policy":`) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"code":2494176,"message":"accepted before"}}`)
			return
		}
		if answer, ok := answers[what]; ok {
			_, _ = io.WriteString(w, answer)
			return
		}
		_, _ = io.WriteString(w, `{"id":"880","success":true,"code":"ABC","deep_link_url":"https://wa.me/message/ABC"}`)
	}))
	t.Cleanup(server.Close)
	c, err := whatsapp.New(whatsapp.Options{BaseURL: server.URL, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, from := t.Context(), whatsapp.Sender{PhoneNumberID: "100", WABA: "200", Token: "t"}
	id, err := c.CreateSignup(ctx, from, wire.Signup{Message: "m", Confirmation: "c", Privacy: "https://p"}, true)
	if err != nil || id != "880" || len(asked) != 2 || strings.Contains(bodies[1], `"policy":`) {
		t.Errorf("%q %v %v", id, err, bodies)
	}
	if err := c.UpdateSignup(ctx, from, "880", wire.Signup{Status: wire.SignupDisabled}); err != nil || asked[2] != "POST /v25.0/signups/880" || bodies[2] != `{"status":"DISABLED"}` {
		t.Errorf("%v %s %s", err, asked[2], bodies[2])
	}
	if err := c.UpdateSignup(ctx, from, "../100", wire.Signup{}); fault.FieldOf(err) != "signup" {
		t.Errorf("another object: %v", err)
	}
	list, err := c.Signups(ctx, from)
	if err != nil || len(list) != 1 || list[0].ID != "9" {
		t.Errorf("%+v %v", list, err)
	}
	made, err := c.SetShortLink(ctx, from, "", "Hello")
	if err != nil || made.Code != "ABC" || made.Link != "https://wa.me/message/ABC" {
		t.Errorf("%+v %v", made, err)
	}
	if err := c.DeleteShortLink(ctx, from, "ABC"); err != nil || asked[len(asked)-1] != "DELETE /v25.0/100/message_qrdls/ABC" {
		t.Errorf("%v %v", err, asked)
	}
	for _, code := range []string{"", "a/b"} {
		if err := c.DeleteShortLink(ctx, from, code); fault.FieldOf(err) != "code" {
			t.Errorf("%q: %v", code, err)
		}
	}
	if a, err := c.Automation(ctx, from); err != nil || len(a.Commands) != 1 || a.Prompts[0] != "y" {
		t.Errorf("%+v %v", a, err)
	}
	if err := c.SetAutomation(ctx, from, wire.Automation{Commands: []wire.Command{}, Prompts: []string{}}); err != nil || !json.Valid([]byte(bodies[len(bodies)-1])) || !strings.Contains(bodies[len(bodies)-1], `"commands":[]`) {
		t.Errorf("%v %v", err, bodies)
	}
	n := len(asked)
	hosted := whatsapp.Sender{Host: server.URL, Token: "t"}
	_, listErr := c.Signups(ctx, hosted)
	_, menuErr := c.Automation(ctx, hosted)
	for _, err := range []error{listErr, menuErr, c.DeleteShortLink(ctx, hosted, "A"), c.SetAutomation(ctx, hosted, wire.Automation{}), c.UpdateSignup(ctx, hosted, "1", wire.Signup{})} {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("a provider: %v", err)
		}
	}
	if len(asked) != n {
		t.Error("a provider was asked")
	}
	var refused *whatsapp.APIError
	if _, err := c.CreateSignup(ctx, whatsapp.Sender{PhoneNumberID: "100", Token: "t"}, wire.Signup{}, false); err == nil || errors.As(err, &refused) {
		t.Errorf("without an account: %v", err)
	}
}

// A short link is printed and drawn, so nothing is taken for one that is not WhatsApp's.
func TestShortLinkOfAnotherShape(t *testing.T) {
	for _, answer := range []string{
		`{"code":"ABC","deep_link_url":"https://evil.example/message/ABC"}`, `{"code":"ABC","deep_link_url":"https://wa.me.evil.example/message/ABC"}`,
		`{"code":"ABC","deep_link_url":"http://wa.me/message/ABC"}`, `{"code":"ABC","deep_link_url":"https://wa.me/message/XYZ"}`, `{"code":"ABC","deep_link_url":"https://wa.me@evil.example/message/ABC"}`,
		`{"code":"ABC","deep_link_url":"https://wa.me/message/ABC?x=y"}`, `{"code":"ABC","deep_link_url":"javascript:alert(1)"}`, `{"code":"ABC"}`, `{"code":"A/B","deep_link_url":"https://wa.me/message/A/B"}`, `{}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
		c, err := whatsapp.New(whatsapp.Options{BaseURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		made, err := c.SetShortLink(t.Context(), whatsapp.Sender{PhoneNumberID: "100", WABA: "200", Token: "t"}, "", "Hello")
		if !fault.Is(err, fault.Unavailable) || made.Link != "" {
			t.Errorf("%s: %+v, %v", answer, made, err)
		}
		server.Close()
	}
}
