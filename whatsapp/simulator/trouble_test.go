package simulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// An outage of three days: nothing comes, and then all of it, with the times at
// which it was done.
func TestOutage(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Webhooks.Batch = 1000 })
	if status, raw := w.call("PUT", "/sim/webhooks", "", `{"outage":true,"batch":1000}`); status != http.StatusOK {
		t.Fatal(raw)
	}
	began := w.now()
	for i := range 3 {
		w.act(simulator.Inbound{From: anna, Text: fmt.Sprint(i)})
		w.pass(24 * time.Hour)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.sim.Flush(ctx); err == nil || w.posts != 0 {
		t.Fatalf("%d webhooks came during the outage", w.posts)
	}
	w.call("PUT", "/sim/webhooks", "", `{"outage":false}`)
	got := w.flush()
	if texts(got) != "0 1 2" || w.posts != 1 {
		t.Errorf("%q in %d webhooks", texts(got), w.posts)
	}
	for i, e := range got {
		if want := began.Add(time.Duration(i) * 24 * time.Hour); !e.Message.Timestamp.Time().Equal(want) {
			t.Errorf("message %d is of %s, want %s", i, e.Message.Timestamp.Time(), want)
		}
	}
}

func TestFlood(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Webhooks.Batch = 500 })
	if status, raw := w.call("POST", "/sim/flood", "", `{"events":1200,"people":40,"hours":72,"text":"STOP"}`); status != http.StatusOK || compact(raw) != `{"events":1200}` {
		t.Fatalf("%d %s", status, raw)
	}
	got := w.flush()
	people := map[string]int{}
	for i, e := range got {
		people[e.Message.From]++
		if at := e.Message.Timestamp.Time(); at.After(w.now()) || w.now().Sub(at) > 72*time.Hour || i > 0 && at.Before(got[i-1].Message.Timestamp.Time()) || e.Message.Text.Body != "STOP" {
			t.Fatalf("message %d of %s says %q", i, at, e.Message.Text.Body)
		}
	}
	if len(got) != 1200 || len(people) != 40 || len(w.bodies) < 3 {
		t.Errorf("%d messages of %d people in %d webhooks", len(got), len(people), len(w.bodies))
	}
	for _, body := range []string{`{}`, `{"events":0}`, `{"events":100001}`, `{"events":1,"people":-1}`, `{"events":1,"hours":169}`, `{"events":1,"hours":-1}`, `{"events":1,"to":"nobody"}`, `{"events":1,"hour":1}`} {
		if status, raw := w.call("POST", "/sim/flood", "", body); status != 422 && status != 404 {
			t.Errorf("%s: %d %s", body, status, raw)
		}
	}
	if rest := w.flush(); len(rest) > 0 {
		t.Errorf("%d messages of floods that were refused", len(rest))
	}
}

// What was delivered comes again byte for byte, the newest, in its order.
func TestReplay(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 4 {
		w.act(simulator.Inbound{From: anna, Text: fmt.Sprint(i)})
		w.flush()
	}
	if status, raw := w.call("POST", "/sim/replay", "", `{"last":2}`); status != http.StatusOK || compact(raw) != `{"replayed":2}` {
		t.Fatalf("%d %s", status, raw)
	}
	if got := texts(w.flush()); got != "2 3" {
		t.Errorf("%q came again", got)
	}
	if string(w.bodies[4]) != string(w.bodies[2]) || string(w.bodies[5]) != string(w.bodies[3]) {
		t.Error("the bytes differ")
	}
	if n := w.sim.Replay(1000); n != 6 || len(w.flush()) != 6 {
		t.Errorf("%d came again", n)
	}
	for _, body := range []string{`{}`, `{"last":0}`, `{"last":-1}`, `{"last":201}`, `{"last":"x"}`} {
		if status, _ := w.call("POST", "/sim/replay", "", body); status != 422 {
			t.Errorf("%s: %d", body, status)
		}
	}
}

// A forged webhook comes before the genuine one, and is not tried again.
func TestForged(t *testing.T) {
	w := newWorld(t, nil)
	w.forgeries = true
	if status, raw := w.call("PUT", "/sim/webhooks", "", `{"forged":1}`); status != http.StatusOK {
		t.Fatal(raw)
	}
	w.act(simulator.Inbound{From: anna, Text: "a"})
	w.act(simulator.Inbound{From: anna, Text: "b"})
	if got := texts(w.flush()); got != "a b" || w.forged != 2 || w.sim.Dropped() != 0 {
		t.Errorf("%q, %d forged, %d dropped", got, w.forged, w.sim.Dropped())
	}
	for _, body := range []string{`{"forged":1.1}`, `{"forged":-1}`} {
		if status, _ := w.call("PUT", "/sim/webhooks", "", body); status != 422 {
			t.Errorf("%s: %d", body, status)
		}
	}
}

// script sets the steps of somebody's script.
func (w *world) script(who string, steps ...simulator.Step) {
	w.t.Helper()
	body, err := json.Marshal(map[string][]simulator.Step{"steps": steps})
	if err != nil {
		w.t.Fatal(err)
	}
	if status, raw := w.call("PUT", "/sim/numbers/"+who, "", string(body)); status != http.StatusOK {
		w.t.Fatalf("%d %s", status, raw)
	}
}

// Step by step, each message meets what its script says; then the number is as it
// was.
func TestScriptOfANumber(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "hi"})
	w.flush()
	w.script(anna, simulator.Step{Code: 131026, Later: true, Times: 2}, simulator.Step{Quirk: "only_read"}, simulator.Step{Code: 130429}, simulator.Step{})
	text, err := wire.NewText("x").ToNumber(anna).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 6 {
		_, code := w.post(string(text))
		got = append(got, fmt.Sprintf("%d: %s", code, statuses(w.flush())))
	}
	want := []string{"0: failed 131026", "0: failed 131026", "0: sent, read", "130429: ", "0: sent, delivered, read", "0: sent, delivered, read"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if status, raw := w.call("GET", "/sim/numbers/"+anna, "", ""); status != http.StatusOK || compact(raw) != `{"steps":[]}` {
		t.Errorf("%d %s is left", status, raw)
	}
}

// A business's script holds for whoever it writes to, until it is taken away; a
// person's own goes first, and before what their digits say.
func TestScriptOfABusiness(t *testing.T) {
	w := newWorld(t, nil)
	const special = "+49170990130429"
	for _, who := range []string{anna, special} {
		w.act(simulator.Inbound{From: who, Text: "hi"})
	}
	w.script("1001", simulator.Step{Code: 131031, Times: -1})
	w.script(special, simulator.Step{})
	code := func(who string) wire.Code {
		text, err := wire.NewText("x").ToNumber(who).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		_, code := w.post(string(text))
		return code
	}
	if got := []wire.Code{code(anna), code(special), code(special), code(anna)}; !slices.Equal(got, []wire.Code{131031, 0, 131031, 131031}) {
		t.Errorf("%v", got)
	}
	w.script(number)
	if got := []wire.Code{code(anna), code(special)}; !slices.Equal(got, []wire.Code{0, 130429}) {
		t.Errorf("without a script %v", got)
	}
	w.flush()
}

func TestScriptIsChecked(t *testing.T) {
	w := newWorld(t, nil)
	for _, body := range []string{
		`{"steps":[{"code":1234567}]}`, `{"steps":[{"quirk":"odd"}]}`, `{"steps":[{"code":131026,"quirk":"silent"}]}`, `{"steps":[{"times":-2}]}`, `{"steps":[{"times":100001}]}`, `{"step":[]}`,
		`{"steps":[` + strings.TrimSuffix(strings.Repeat(`{},`, 101), ",") + `]}`,
	} {
		if status, raw := w.call("PUT", "/sim/numbers/"+anna, "", body); status != 422 {
			t.Errorf("%.60s: %d %s", body, status, raw)
		}
	}
	if status, _ := w.call("PUT", "/sim/numbers/nobody", "", `{"steps":[]}`); status != 404 {
		t.Errorf("a script of nobody: %d", status)
	}
	if status, _ := w.call("GET", "/sim/numbers/nobody", "", ""); status != 404 {
		t.Errorf("the script of nobody: %d", status)
	}
}

// Each example comes as what its group says: of the account as such, of people as
// something that can be read, and the odd ones as what cannot.
func TestExamples(t *testing.T) {
	w := newWorld(t, nil)
	w.oddities = true
	for _, e := range simulator.Examples() {
		if status, raw := w.call("POST", "/sim/fields", "", `{"example":"`+e.Name+`","person":"`+anna+`"}`); status != http.StatusOK {
			t.Fatalf("%s: %d %s", e.Name, status, raw)
		}
		got := w.flush()
		if len(got) == 0 || got[0].Field != e.Field || got[0].WABA != "9001" {
			t.Errorf("%s came as %+v", e.Name, got)
			continue
		}
		el := got[0]
		switch e.Group {
		case simulator.AboutAccount, simulator.AboutNumber:
			if _, err := wire.ParseAccount(el.Slice.Bytes); err != nil || !slices.Contains(wire.AccountFields, e.Field) || el.EntryTime == 0 {
				t.Errorf("%s: %v, at %d", e.Name, err, el.EntryTime)
			}
		case simulator.AboutPerson:
			if el.Reason != "" || el.Kind == wire.KindUnknown || el.PhoneNumberID != "1001" {
				t.Errorf("%s: %s %s", e.Name, el.Kind, el.Reason)
			}
		case simulator.AboutOther:
			if el.Kind != wire.KindField {
				t.Errorf("%s: %s", e.Name, el.Kind)
			}
		}
	}
	if err := w.sim.Tell("nobody", "security", []byte(`{}`)); err == nil {
		t.Error("nobody was told")
	}
	for _, body := range []string{`{"example":"none"}`, `{"field":"x","value":[]}`, `{"field":"","value":{}}`, `{"example":"order","person":"nobody"}`} {
		if status, raw := w.call("POST", "/sim/fields", "", body); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", body, status, raw)
		}
	}
	if status, raw := w.call("GET", "/sim/examples", "", ""); status != http.StatusOK || !strings.Contains(raw, `{"name":"PIN_CHANGED","group":"number","field":"security"}`) {
		t.Errorf("%d %s", status, raw)
	}
}

// Of somebody who shows no number an example names none.
func TestExampleOfSomebodyWithoutANumber(t *testing.T) {
	w := newWorld(t, nil)
	_, value, err := w.sim.Example("list_reply", "", "DE.1349820477261")
	if err != nil {
		t.Fatal(err)
	}
	if text := string(value); strings.Contains(text, `"from"`) || strings.Contains(text, `"wa_id"`) || !strings.Contains(text, `"from_user_id": "DE.1349820477261"`) {
		t.Errorf("%s", text)
	}
}
