package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	anna   = "+491701234567"
	number = "+4930900100"
	token  = "token-1"
	secret = "app-secret-1"
)

// world is a simulator with one business, whose webhooks are checked as they
// come: each must be signed, parse whole, and be of known kinds.
type world struct {
	t      *testing.T
	sim    *simulator.Simulator
	server *httptest.Server // the simulator's Handler

	mu       sync.Mutex
	clock    time.Time
	bodies   [][]byte
	elements []wire.Element
	answer   func(n int) int // status of the n-th webhook's answer; nil means 200
	posts    int

	oddities  bool // what cannot be read is expected
	forgeries bool // wrong signatures are expected
	forged    int
}

func newWorld(t *testing.T, change func(*simulator.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	hook := httptest.NewServer(http.HandlerFunc(w.receive))
	o := simulator.Options{Now: w.now, Seed: 7}
	if change != nil {
		change(&o)
	}
	w.sim = simulator.New(o)
	w.server = httptest.NewServer(w.sim.Handler())
	t.Cleanup(func() {
		w.server.Close()
		w.sim.Close()
		hook.Close()
	})
	err := w.sim.AddSender(simulator.Sender{
		PhoneNumberID: "1001", WABA: "9001", Portfolio: "acme", Number: number, Name: "Acme", Token: token, AppSecret: secret,
		WebhookURL: hook.URL, Templates: []simulator.Template{
			{Name: "confirm", Language: "de", Category: "UTILITY", Body: "{{1}}: {{2}} bestätigen?", Buttons: []string{"Ja", "Nein", "Nicht ich"}},
			{Name: "confirm", Language: "ar", Category: "UTILITY", Body: "تأكيد {{shop}}؟", Buttons: []string{"نعم", "لا"}},
			{Name: "offer", Language: "de", Category: "MARKETING", Body: "Neu!"},
			{Name: "code", Language: "de", Category: "AUTHENTICATION", Body: "Code {{1}}"},
			{Name: "sick", Language: "de", Category: "UTILITY", Status: "PAUSED", Body: "x"},
			{Name: "dead", Language: "de", Category: "UTILITY", Status: "DISABLED", Body: "x"},
			{Name: "young", Language: "de", Category: "UTILITY", Status: "PENDING", Body: "x"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts++
	if _, ok := wire.VerifySignature(r.Header.Get(wire.SignatureHeader), body, secret); !ok {
		if !w.forgeries {
			w.t.Errorf("a webhook is not signed: %s", body)
		}
		w.forged++
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	b, err := wire.Parse(body)
	if err != nil {
		w.t.Errorf("a webhook does not parse: %v", err)
	}
	for _, c := range body {
		if c >= 0x80 {
			w.t.Errorf("a webhook is not escaped: %s", body)
			break
		}
	}
	status := http.StatusOK
	if w.answer != nil {
		status = w.answer(w.posts)
	}
	rw.WriteHeader(status)
	if status != http.StatusOK {
		return
	}
	w.bodies = append(w.bodies, body)
	for _, e := range b.Elements {
		if !w.oddities && (e.Reason != "" || e.Kind == wire.KindUnknown || e.Kind == wire.KindMalformed || e.WABA != "9001" || e.Kind != wire.KindTemplate && e.Kind != wire.KindField && e.PhoneNumberID != "1001") {
			w.t.Errorf("a webhook's element is odd: %s %s %s", e.Kind, e.Reason, e.Slice.Bytes)
		}
		w.elements = append(w.elements, e)
	}
}

// flush waits for the webhooks and returns their elements since the last call.
func (w *world) flush() []wire.Element {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.sim.Flush(ctx); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.elements
	w.elements = nil
	return all
}

func (w *world) act(in simulator.Inbound) string {
	w.t.Helper()
	id, err := w.sim.Act(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// call makes a request to the simulator and returns status and body.
func (w *world) call(method, path, token, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	defer http.DefaultClient.CloseIdleConnections()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// post sends a body to the Graph API and returns the wamid, or the code.
func (w *world) post(body string) (wamid string, code wire.Code) {
	w.t.Helper()
	status, raw := w.call("POST", "/sim/graph/v25.0/1001/messages", token, body)
	if status == http.StatusOK {
		var a wire.SendAnswer
		if err := json.Unmarshal([]byte(raw), &a); err != nil || len(a.Messages) != 1 || !strings.HasPrefix(a.Messages[0].ID, "wamid.") {
			w.t.Fatalf("answer %s", raw)
		}
		return a.Messages[0].ID, 0
	}
	var e wire.ErrorAnswer
	if err := json.Unmarshal([]byte(raw), &e); err != nil || e.Error.Type == "" {
		w.t.Fatalf("answer %d %s", status, raw)
	}
	return "", e.Error.Code
}

func (w *world) send(m wire.Send) string {
	w.t.Helper()
	raw, err := m.Marshal()
	if err != nil {
		w.t.Fatal(err)
	}
	id, code := w.post(string(raw))
	if code != 0 {
		w.t.Fatalf("refused with %d", code)
	}
	return id
}

// statuses lists what the statuses among the elements say, in order.
func statuses(elements []wire.Element) string {
	var all []string
	for _, e := range elements {
		if e.Status == nil {
			continue
		}
		s := e.Status.Status
		if len(e.Status.Errors) > 0 {
			s += fmt.Sprintf(" %d", e.Status.Errors[0].Code)
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func compact(s string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return s
	}
	return b.String()
}
