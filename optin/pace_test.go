package optin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"assent/business"
	"assent/chat"
	"assent/job"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

// A number keeps to its rate: no second holds more than 5 % over it, and it is
// used, whatever number of jobs run at once.
func TestRateOfANumber(t *testing.T) {
	h := openHouse(t, false)
	const n, rate = 120, 80
	var refs []string
	for i := range n {
		h.must(h.optin.AskTemplate(t.Context(), h.submit(optin.Submission{
			Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: fmt.Sprintf("+4917212%05d", i), Shown: h.shown("tasting", "en"),
		}), ""))
	}
	now := h.clock.now()
	jobs, err := h.store.Queue().Claim(t.Context(), now, now.Add(time.Hour), 2*n)
	h.must(err)
	var mu sync.Mutex
	var at []time.Time
	began := time.Now()
	h.clock.run()
	slots := make(chan struct{}, 32)
	var wg sync.WaitGroup
	for _, j := range jobs {
		refs = append(refs, j.Ref)
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			for {
				err := h.optin.Deliver(t.Context(), j)
				var wait job.Snooze
				if errors.As(err, &wait) {
					time.Sleep(time.Duration(wait))
					continue
				}
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Now())
				if err != nil {
					t.Error(err)
				}
				return
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	for _, ref := range refs {
		if s := h.messageState(ref); s != chat.Sent {
			t.Errorf("a message is %s", s)
		}
	}
	// The turns that were taken are what is held to the rate; when the answer came
	// is the machine's matter.
	var turns int64
	h.must(h.db.Raw(t).QueryRow(`SELECT at FROM send_turns WHERE about LIKE 'sender/%'`).Scan(&turns))
	spent := time.UnixMicro(turns).Sub(now)
	if least := time.Duration(n) * time.Second / rate; spent < least {
		t.Errorf("%d turns took %s, want at least %s", n, spent, least)
	}
	slices.SortFunc(at, time.Time.Compare)
	if took < time.Duration(n-1)*time.Second/rate*95/100 {
		t.Errorf("%d messages went in %s", n, took)
	}
	t.Logf("%d messages in %s: %.1f a second", n, took, n/took.Seconds())
}

// The messages of a pair may lie ahead of their time by so many, and then come
// one in six seconds.
func TestPaceOfAPair(t *testing.T) {
	h := newHouse(t)
	var times []time.Duration
	began := h.clock.now()
	for len(times) < 14 {
		at := h.turn("pair/x", 6*time.Second, 9)
		if wait := at.Sub(h.clock.now()); wait > 0 {
			h.clock.pass(wait)
		}
		times = append(times, h.clock.now().Sub(began))
	}
	want := []time.Duration{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6 * time.Second, 12 * time.Second, 18 * time.Second, 24 * time.Second}
	if !slices.Equal(times, want) {
		t.Errorf("turns at %v", times)
	}
}

func (h *house) turn(about string, pace time.Duration, burst int) (at time.Time) {
	h.Helper()
	h.must(h.store.ReadWrite(h.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		at, err = tx.TakeTurn(ctx, about, pace, burst, h.clock.now())
		return err
	}))
	return at
}

// A person who is answered more often than the pace allows gets the rest later,
// and nothing twice.
func TestPairWaits(t *testing.T) {
	h := newHouse(t)
	for range 25 {
		h.clock.pass(10 * time.Millisecond)
		_, err := h.sim.Act(simulator.Inbound{From: anna, Text: "help"})
		h.must(err)
	}
	h.settle()
	if n := len(h.chat(anna)); n < 9 || n > 11 {
		t.Fatalf("%d answers at once", n)
	}
	for range 30 {
		h.clock.pass(6 * time.Second)
		h.settle()
	}
	if n := len(h.chat(anna)); n != 25 {
		t.Errorf("%d answers in the end", n)
	}
}

// A stop between queueing and sending drops the message.
func TestStopWhileWaiting(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "en")})
	h.must(h.optin.AskTemplate(t.Context(), token, ""))
	now := h.clock.now()
	jobs, err := h.store.Queue().Claim(t.Context(), now, now.Add(time.Minute), 10)
	h.must(err)
	_, err = h.sim.Act(simulator.Inbound{From: anna, Text: "STOP"})
	h.must(err)
	h.must(h.sim.Flush(t.Context()))
	_, err = h.optin.HandleInbox(t.Context())
	h.must(err)
	h.must(h.optin.Deliver(t.Context(), jobs[0]))
	if s := h.messageState(jobs[0].Ref); s != chat.Dropped {
		t.Errorf("the message is %s", s)
	}
}

// The portfolio's limit is counted before a template is spent, once for each
// person in 24 hours; what is over it waits and raises one alarm.
func TestPortfolioLimit(t *testing.T) {
	h := newHouse(t)
	h.must(h.store.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SetAccountState(ctx, h.tenant.Senders[0].AboutPortfolio(), []byte(`{"limit":"2"}`), h.clock.now())
	}))
	for i := range 4 {
		h.must(h.optin.AskTemplate(t.Context(), h.submit(optin.Submission{
			Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: fmt.Sprintf("+4917212%05d", i), Shown: h.shown("tasting", "en"),
		}), ""))
		h.clock.pass(time.Minute)
	}
	h.settle()
	reached := func() (n int) {
		for i := range 4 {
			if msgs, err := h.sim.Messages(fmt.Sprintf("+4917212%05d", i), shopID); err == nil {
				n += len(msgs)
			}
		}
		return n
	}
	if n := reached(); n != 2 {
		t.Fatalf("%d templates went, want 2", n)
	}
	if open := h.alarms(); len(open) != 1 || open[0].Kind != business.AlarmLimit || open[0].Holds != "" {
		t.Fatalf("alarms: %+v", open)
	}
	for range 26 {
		h.clock.pass(time.Hour)
		h.settle()
	}
	if n := reached(); n != 4 {
		t.Errorf("%d templates went in the end", n)
	}
	if open := h.alarms(); len(open) != 0 {
		t.Errorf("alarms: %+v", open)
	}
}

// A template is not sent so late that it might arrive after its request.
func TestTemplateLifeWithinTheRequest(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "en")})
	h.clock.pass(72*time.Hour - optin.TemplateLife + time.Second)
	if h.optin.AskTemplate(t.Context(), token, "") == nil || h.pending(token).CanAsk {
		t.Error("a template can be asked for that may come too late")
	}
	token = h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "en")})
	h.must(h.optin.AskTemplate(t.Context(), token, ""))
	h.clock.pass(72*time.Hour - optin.TemplateLife + time.Second)
	h.settle()
	if len(h.chat(anna)) != 0 {
		t.Error("it went out late")
	}
}
