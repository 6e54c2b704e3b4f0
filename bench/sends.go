package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"assent/business"
	"assent/chat"
	"assent/evidence"
	"assent/job"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

// paceMargin is how far the pace of a number may be from what it is set to.
const paceMargin = 0.05

// warmUp is how long a number sends before its pace is measured.
const warmUp = 3 * time.Second

// benchSends lets so many numbers send more than they may, to the simulator, and
// measures how many messages arrive in each second.
func benchSends(dir string, o options, numbers int) (err error) {
	sim := simulator.New(simulator.Options{Now: time.Now, Seed: 1, Parallel: 4, Webhooks: simulator.Webhooks{Batch: 50}})
	defer sim.Close()
	arrived := &arrivals{next: sim.Graph(), at: map[string][]time.Time{}}
	s, err := openShop(dir, o, numbers, arrived)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	each := int((o.sends + warmUp + 5*time.Second).Seconds() * business.DefaultRate)
	for n := range numbers {
		add := simulator.Sender{PhoneNumberID: shopID(n), WABA: shopWABA, Portfolio: "700000000000300", Number: shopNumber(n), Token: shopToken, AppSecret: shopSecret}
		if err := sim.AddSender(add); err != nil {
			return err
		}
		if err := s.queue(sim, n, each); err != nil {
			return err
		}
	}
	if err := s.start(); err != nil {
		return err
	}
	for n := range numbers {
		if err := sim.SetWebhook(shopID(n), s.server.Base+"/webhooks/whatsapp", ""); err != nil {
			return err
		}
	}
	time.Sleep(warmUp)
	from, before := time.Now(), s.server.processor()
	time.Sleep(o.sends)
	to, spent := time.Now(), s.server.processor()-before
	fmt.Printf("%d numbers, %d messages queued for each, %d a second wanted, %s\n", numbers, each, business.DefaultRate, o.sends)
	fmt.Printf("  processors      %8.2f used\n", spent/to.Sub(from).Seconds())
	var missed error
	for n := range numbers {
		count, most := arrived.between(shopID(n), from, to)
		rate := float64(count) / to.Sub(from).Seconds()
		fmt.Printf("  number %d        %8.1f/s in all, %d in the fullest second\n", n+1, rate, most)
		if math.Abs(rate/business.DefaultRate-1) > paceMargin {
			missed = errors.Join(missed, fmt.Errorf("number %d sent %.1f a second", n+1, rate))
		}
	}
	return errors.Join(missed, s.stop())
}

// queue queues messages to so many people, who have written a moment ago.
func (s *shop) queue(sim *simulator.Simulator, number, messages int) error {
	t := s.t
	var sender *business.Sender
	for _, one := range t.Senders {
		if one.PhoneNumberID == shopID(number) {
			sender = one
		}
	}
	who := func(i int) string { return fmt.Sprintf("+49155%d%07d", number, i) }
	for i := range messages {
		if _, err := sim.Act(simulator.Inbound{From: who(i), To: shopID(number), Text: "Hello"}); err != nil {
			return err
		}
	}
	return slices100(messages, func(from, to int) error {
		now := time.Now().UTC().Truncate(time.Millisecond)
		return s.db.ReadWrite(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < to; i++ {
				id, err := evidence.NewID(now, rand.Reader)
				if err != nil {
					return err
				}
				content, err := json.Marshal(chat.Content{To: who(i), Text: "A message of the benchmark."})
				if err != nil {
					return err
				}
				m := chat.Message{ID: id, Business: t.ID, Sender: sender.ID, Kind: chat.KindAnswer, Lang: "en", Key: t.KeyID(), Sealed: t.Key.Seal("message/"+id, content), State: chat.Queued, CreatedAt: now}
				if err := tx.InsertMessage(ctx, m); err != nil {
					return err
				}
				if err := tx.Enqueue(ctx, job.Job{ID: id, Kind: optin.JobSend, Ref: id, RunAt: now}); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// arrivals notes when which number sent, before the simulator answers.
type arrivals struct {
	next http.Handler
	mu   sync.Mutex
	at   map[string][]time.Time // by phone_number_id
}

func (a *arrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path, ok := strings.CutSuffix(r.URL.Path, "/messages"); ok && r.Method == http.MethodPost {
		a.mu.Lock()
		id := path[strings.LastIndexByte(path, '/')+1:]
		a.at[id] = append(a.at[id], time.Now())
		a.mu.Unlock()
	}
	a.next.ServeHTTP(w, r)
}

// between returns how many messages of a number came in the time, and how many in
// the fullest second of it.
func (a *arrivals) between(id string, from, to time.Time) (n, most int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	seconds := map[int]int{}
	for _, at := range a.at[id] {
		if !at.Before(from) && at.Before(to) {
			n++
			second := int(at.Sub(from).Seconds())
			seconds[second]++
			most = max(most, seconds[second])
		}
	}
	return n, most
}
