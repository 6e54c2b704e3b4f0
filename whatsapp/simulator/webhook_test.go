package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

func texts(elements []wire.Element) string {
	var all []string
	for _, e := range elements {
		if e.Message != nil && e.Message.Text != nil {
			all = append(all, e.Message.Text.Body)
		}
	}
	return strings.Join(all, " ")
}

// gather lets ten people write while the webhooks are held back.
func gather(w *world) {
	w.sim.Pause()
	for i := range 10 {
		w.act(simulator.Inbound{From: fmt.Sprintf("+49170100%04d", i), Text: fmt.Sprint(i)})
	}
	w.sim.Resume()
}

func TestBatch(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Webhooks.Batch = 4 })
	gather(w)
	if got := texts(w.flush()); got != "0 1 2 3 4 5 6 7 8 9" {
		t.Errorf("order %s", got)
	}
	if len(w.bodies) != 3 {
		t.Errorf("%d POSTs", len(w.bodies))
	}
}

func TestMixedBatch(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Webhooks.Batch = 1000 })
	w.sim.Pause()
	w.act(simulator.Inbound{From: anna, Text: "a"})
	w.act(simulator.Inbound{From: anna, Text: "b"})
	w.send(wire.NewText("x").ToNumber(anna))
	w.act(simulator.Inbound{From: anna, Marketing: "stop"})
	if err := w.sim.SetTemplate("1001", simulator.Template{Name: "offer", Language: "de", Category: "UTILITY", Body: "x"}); err != nil {
		t.Fatal(err)
	}
	w.act(simulator.Inbound{From: anna, Text: "c"})
	w.sim.Resume()
	var kinds []wire.Kind
	for _, e := range w.flush() {
		kinds = append(kinds, e.Kind)
	}
	want := []wire.Kind{"message", "message", "status", "status", "status", "user_preference", "template", "message"}
	if diff := cmp.Diff(want, kinds); diff != "" || len(w.bodies) != 1 {
		t.Errorf("%d POSTs %s", len(w.bodies), diff)
	}
	if n := strings.Count(string(w.bodies[0]), `"profile"`); n != 4 {
		t.Errorf("%d contacts in %s", n, w.bodies[0])
	}
}

func TestLinger(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Webhooks.Batch, o.Webhooks.Linger = 100, 50*time.Millisecond })
	for range 5 {
		w.act(simulator.Inbound{From: anna, Text: "x"})
	}
	w.flush()
	if len(w.bodies) != 1 {
		t.Errorf("%d POSTs", len(w.bodies))
	}
}

// TestDisorderIsRepeatable: the same seed gives the same disorder.
func TestDisorderIsRepeatable(t *testing.T) {
	run := func(seed uint64) string {
		w := newWorld(t, func(o *simulator.Options) {
			o.Seed, o.Webhooks = seed, simulator.Webhooks{Shuffle: true, Batch: 2}
		})
		gather(w)
		return texts(w.flush())
	}
	a, b, c := run(1), run(1), run(2)
	if a != b || a == c || a == "0 1 2 3 4 5 6 7 8 9" || len(a) != len("0 1 2 3 4 5 6 7 8 9") {
		t.Errorf("%q %q %q", a, b, c)
	}
}

func TestDuplicates(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Webhooks.Duplicate = 1 })
	w.act(simulator.Inbound{From: anna, Text: "x"})
	if got := texts(w.flush()); got != "x x" || len(w.bodies) != 2 || string(w.bodies[0]) != string(w.bodies[1]) {
		t.Errorf("%s in %d POSTs", got, len(w.bodies))
	}
}

func TestDelayAndJitter(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) {
		o.Webhooks.Delay, o.Webhooks.Jitter = 20*time.Millisecond, 60*time.Millisecond
	})
	start := time.Now()
	gather(w)
	got := texts(w.flush())
	if time.Since(start) < 20*time.Millisecond || got == "0 1 2 3 4 5 6 7 8 9" || len(got) != 19 {
		t.Errorf("%q after %v", got, time.Since(start))
	}
}

func TestRetries(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Webhooks.Backoff, o.Webhooks.Attempts = time.Millisecond, 3 })
	w.answer = func(n int) int { return []int{500, 202, 200}[(n-1)%3] }
	w.act(simulator.Inbound{From: anna, Text: "x"})
	if got := texts(w.flush()); got != "x" || w.posts != 3 || w.sim.Dropped() != 0 {
		t.Errorf("%q after %d POSTs, %d dropped", got, w.posts, w.sim.Dropped())
	}
	w.answer = func(int) int { return 401 }
	w.act(simulator.Inbound{From: anna, Text: "y"})
	if got := texts(w.flush()); got != "" || w.posts != 6 || w.sim.Dropped() != 1 {
		t.Errorf("%q after %d POSTs, %d dropped", got, w.posts, w.sim.Dropped())
	}
}

func TestWebhookChanges(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.sim.SetWebhook("1001", "", ""); err != nil {
		t.Fatal(err)
	}
	w.act(simulator.Inbound{From: anna, Text: "nobody hears"})
	if got := w.flush(); len(got) != 0 {
		t.Errorf("%d webhooks to nowhere", len(got))
	}
	if err := w.sim.SetWebhook("nobody", "x", "y"); err == nil {
		t.Error("an unknown sender was changed")
	}
}

// TestCloseWhileBusy: nothing hangs on a business that does not answer.
func TestCloseWhileBusy(t *testing.T) {
	release := make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer hook.Close()
	defer close(release)
	s := simulator.New(simulator.Options{Now: time.Now, Parallel: 3, Webhooks: simulator.Webhooks{Jitter: 10 * time.Millisecond}})
	if err := s.AddSender(simulator.Sender{PhoneNumberID: "1", WABA: "2", Portfolio: "p", Number: number, Token: "t", AppSecret: "s", WebhookURL: hook.URL}); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := s.Act(simulator.Inbound{From: anna, Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Flush: %v", err)
	}
	flushed := make(chan error, 1)
	go func() { flushed <- s.Flush(context.Background()) }()
	s.Close()
	if err := <-flushed; err != nil {
		t.Errorf("Flush at the end: %v", err)
	}
	if _, err := s.Act(simulator.Inbound{From: anna, Text: "after the end"}); err != nil {
		t.Errorf("an act after Close: %v", err)
	}
	s.Close()
}

// TestManyAtOnce is for the race detector: people, sends, pages and settings
// at the same time, and no webhook lost.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, func(o *simulator.Options) { o.Parallel, o.Webhooks.Batch = 4, 10 })
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			changes, cancel := w.sim.Subscribe()
			defer cancel()
			for i := range 20 {
				from := fmt.Sprintf("+4917020%02d%03d", g, i)
				w.act(simulator.Inbound{From: from, Text: "hi"})
				w.send(wire.NewText("hello").ToNumber(from))
				_ = w.sim.People()
				_, _ = w.sim.Messages(from, "")
				w.sim.SetWebhooks(w.sim.Webhooks())
				select {
				case <-changes:
				default:
				}
			}
		}()
	}
	wg.Wait()
	if got := w.flush(); len(got) != 8*20*4 {
		t.Errorf("%d elements", len(got))
	}
}
