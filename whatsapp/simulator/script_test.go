package simulator_test

import (
	"strings"
	"testing"

	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

func TestScript(t *testing.T) {
	w := newWorld(t, nil)
	status, raw := w.call("POST", "/sim/inbound", "", `{"from":"`+anna+`","text":"Hallo"}`)
	if status != 200 || !strings.HasPrefix(raw, `{"id":"wamid.`) {
		t.Errorf("%d %s", status, raw)
	}
	if _, raw := w.call("GET", "/sim/chats/"+anna, "", ""); compact(raw) != "[]" {
		t.Errorf("what the person wrote is not what was sent: %s", raw)
	}
	if status, raw := w.call("GET", "/sim/chats/+491709999999", "", ""); status != 200 || compact(raw) != "[]" {
		t.Errorf("a number that nobody knows: %d %s", status, raw)
	}
	w.send(wire.NewButtons("Angebote?", wire.Choice{Payload: "ja:1", Title: "Ja"}).ToNumber(anna))
	w.send(wire.NewText("Danke").ToNumber(anna))
	_, raw = w.call("GET", "/sim/chats/%2B491701234567?sender=1001", "", "")
	for _, part := range []string{`"type":"interactive","text":"Angebote?","buttons":[{"title":"Ja","payload":"ja:1"}]`, `"type":"text","text":"Danke","buttons":[]`} {
		if !strings.Contains(raw, part) {
			t.Errorf("%s lacks %s", raw, part)
		}
	}
	if strings.Index(raw, "Danke") < strings.Index(raw, "Angebote") {
		t.Error("the newest is not last")
	}
	if status, raw := w.call("POST", "/sim/inbound", "", `{"from":"`+anna+`","button":"ja:1"}`); status != 200 {
		t.Errorf("%d %s", status, raw)
	}
	if status, raw := w.call("POST", "/sim/inbound", "", `{"from":"`+anna+`","marketing":"stop"}`); status != 200 || compact(raw) != `{"id":""}` {
		t.Errorf("%d %s", status, raw)
	}
	if status, raw := w.call("POST", "/sim/flush", "", ""); status != 200 || compact(raw) != `{"dropped":0}` {
		t.Errorf("%d %s", status, raw)
	}
	if got := w.flush(); len(got) != 1+6+1+1 {
		t.Errorf("%d elements", len(got))
	}
}

func TestScriptRefuses(t *testing.T) {
	w := newWorld(t, nil)
	tests := []struct {
		name, method, path, body string
		status                   int
		detail                   string
	}{
		{"not JSON", "POST", "/sim/inbound", `{`, 422, "cannot be read"},
		{"a misspelled field", "POST", "/sim/inbound", `{"form":"+49"}`, 422, `unknown field \"form\"`},
		{"two values", "POST", "/sim/inbound", `{"from":"+49"}{}`, 422, "cannot be read"},
		{"too large", "POST", "/sim/inbound", `{"text":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "too large"},
		{"no number", "POST", "/sim/inbound", `{"from":"x","text":"x"}`, 422, `"field":"phone"`},
		{"no such button", "POST", "/sim/inbound", `{"from":"` + anna + `","button":"x"}`, 404, "No message"},
		{"no such business", "GET", "/sim/chats/" + anna + "?sender=7", "", 404, "no such"},
		{"a batch too large", "PUT", "/sim/webhooks", `{"batch":1001}`, 422, "batch"},
		{"a long delay", "PUT", "/sim/webhooks", `{"delay_ms":99999999}`, 422, "Times"},
		{"a negative delay", "PUT", "/sim/webhooks", `{"delay_ms":-1}`, 422, "Times"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, raw := w.call(tt.method, tt.path, "", tt.body); status != tt.status || !strings.Contains(raw, tt.detail) {
				t.Errorf("%d %s", status, raw)
			}
		})
	}
}

func TestScriptWebhooks(t *testing.T) {
	w := newWorld(t, nil)
	status, raw := w.call("PUT", "/sim/webhooks", "", `{"batch":50,"duplicate":0.25,"forged":0,"shuffle":true,"outage":false,"delay_ms":5}`)
	want := `{"batch":50,"linger_ms":0,"duplicate":0.25,"forged":0,"shuffle":true,"outage":false,"delay_ms":5,"jitter_ms":0,"attempts":0,"backoff_ms":0,"parents":false,"conversations":false,"no_context":false,"loose":false,"strange":false}`
	if status != 200 || compact(raw) != want {
		t.Errorf("%d %s", status, raw)
	}
	if _, raw := w.call("GET", "/sim/webhooks", "", ""); compact(raw) != want {
		t.Errorf("%s", raw)
	}
	if got := w.sim.Webhooks(); got.Batch != 50 || got.Delay.Milliseconds() != 5 {
		t.Errorf("%+v", got)
	}
	w.sim.SetWebhooks(simulator.Webhooks{})
}
