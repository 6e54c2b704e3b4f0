package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// What is wanted of the inbox (docs/benchmarks.md).
const (
	inboxRate  = 2000 // events a second
	inboxBatch = 20   // in each delivery of a steady stream
	inboxWant  = 250 * time.Millisecond
	floodBatch = 100 // in each delivery after an outage
	floodTimes = 3   // as long may a form take beside a flood as without one
	floodForms = 50  // a second
	growth     = 1.25
)

// benchInbox sends events at a steady rate, and then holds what was sent beside
// what the database has.
func benchInbox(dir string, o options) (err error) {
	platform := &taker{}
	s, err := openShop(dir, o, 1, platform)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	n := int(o.inbox.Seconds()*inboxRate) / inboxBatch * inboxBatch
	fmt.Printf("%d events a second for %s, %d in each delivery\n", inboxRate, o.inbox, inboxBatch)
	ev, err := prepareEvents(s, n)
	if err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	w, err := s.watch()
	if err != nil {
		return err
	}
	statuses := s.tell(platform)
	host := s.server.host()
	r, err := steady(host, o.connections, inboxRate/inboxBatch, o.inbox, http.StatusOK, nil, func(i int) []byte { return ev.delivery(host, i*inboxBatch, (i+1)*inboxBatch) })
	if err != nil {
		return err
	}
	behind, spent := w.behind(), s.server.processor()
	drained, err := w.drain(n)
	if err != nil {
		return err
	}
	taken, err := statuses()
	_, lastErr := w.drain(n) // of the last statuses
	w.end()
	if err = errors.Join(err, lastErr); err != nil {
		return err
	}
	fmt.Printf("  webhook         %s  of %d events\n", r, n)
	fmt.Printf("  handling        %8d events waited when the last had come, and %s later none; %d at most\n", behind*inboxBatch, drained.Round(time.Second/10), w.most*inboxBatch)
	fmt.Printf("  memory          %8.0f MB after %s, %.0f MB at the end\n", w.early, w.when.Round(time.Second), w.late)
	fmt.Printf("  answers sent    %8d, each with three statuses more\n", taken)
	fmt.Printf("  processors      %8.2f used while they came\n", spent/r.took.Seconds())
	if err := s.stop(); err != nil {
		return err
	}
	if err := ev.compare(); err != nil {
		return err
	}
	var missed error
	if r.p99 > inboxWant {
		missed = fmt.Errorf("the slowest of a hundred answers took %s", r.p99)
	}
	if w.late > growth*w.early {
		missed = errors.Join(missed, fmt.Errorf("the memory grew from %.0f MB to %.0f MB", w.early, w.late))
	}
	return missed
}

// benchFlood sends events as fast as they are taken, as after an outage, while
// forms are posted at a modest rate, and compares how long those take with before.
func benchFlood(dir string, o options) (err error) {
	platform := &taker{}
	s, err := openShop(dir, o, 1, platform)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	n := o.flood / floodBatch * floodBatch
	fmt.Printf("%d events after an outage, %d in each delivery, beside %d forms a second\n", n, floodBatch, floodForms)
	ev, err := prepareEvents(s, n)
	if err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	forms, err := s.forms()
	if err != nil {
		return err
	}
	quiet, err := forms(2*o.each, nil)
	if err != nil {
		return err
	}
	w, err := s.watch()
	if err != nil {
		return err
	}
	statuses := s.tell(platform)
	beside := make(chan result, 1)
	over := make(chan struct{})
	var formsErr error
	go func() {
		r, err := forms(time.Hour, over)
		formsErr = err
		beside <- r
	}()
	host := s.server.host()
	start, before := time.Now(), s.server.processor()
	poured, err := steady(host, 16, 1e6, time.Duration(float64(n/floodBatch)/1e6*float64(time.Second)), http.StatusOK, nil, func(i int) []byte {
		return ev.delivery(host, i*floodBatch, (i+1)*floodBatch)
	})
	if err != nil {
		return err
	}
	_, err = w.drain(n)
	took, spent := time.Since(start), s.server.processor()-before
	close(over)
	flooded := <-beside
	taken, toldErr := statuses()
	_, lastErr := w.drain(n) // of the last statuses
	w.end()
	if err = errors.Join(err, formsErr, toldErr, lastErr); err != nil {
		return err
	}
	times := float64(flooded.p99) / float64(quiet.p99)
	fmt.Printf("  taken           %8.0f events/s, all in %s\n", float64(n)/poured.took.Seconds(), poured.took.Round(time.Second/10))
	fmt.Printf("  handled         %8.0f events/s, all in %s; %d answers sent\n", float64(n)/took.Seconds(), took.Round(time.Second/10), taken)
	fmt.Printf("  processors      %8.2f used until then, %.0f µs an event\n", spent/took.Seconds(), 1e6*spent/float64(n))
	fmt.Printf("  forms, quiet    %s\n", quiet)
	fmt.Printf("  forms, flooded  %s  %.1f times\n", flooded, times)
	fmt.Printf("  memory          %8.0f MB after %s, %.0f MB at the end\n", w.early, w.when.Round(time.Second), w.late)
	if err := s.stop(); err != nil {
		return err
	}
	if err := ev.compare(); err != nil {
		return err
	}
	if times > floodTimes {
		return fmt.Errorf("the slowest of a hundred forms took %.1f times as long", times)
	}
	return nil
}

// forms returns what posts forms of new people at a modest rate until the time is
// over or stop is closed.
func (s *shop) forms() (func(d time.Duration, stop <-chan struct{}) (result, error), error) {
	fields, err := visited(s.server, "checkout", 5000)
	if err != nil {
		return nil, err
	}
	n := 0
	return func(d time.Duration, stop <-chan struct{}) (result, error) {
		first := n
		r, err := steady(s.server.host(), 16, floodForms, d, http.StatusSeeOther, stop, func(i int) []byte {
			i += first + 50_000_000 // not those who write
			return post(s.server.host(), "/f/checkout", "application/x-www-form-urlencoded",
				fmt.Sprintf("phone=%%2B49151%08d&name=Load+Test&purpose=offers&shown=%s", i, fields[i/pageUses%len(fields)]))
		})
		n += int(r.requests) + 16
		return r, err
	}, nil
}

// tell sends the statuses of what the program sent meanwhile, several times a
// second, until it is called off; it then returns how much was sent.
func (s *shop) tell(p *taker) (off func() (int64, error)) {
	stop := make(chan struct{})
	ended := make(chan error)
	host := s.server.host()
	go func() {
		ended <- func() error {
			c, err := dial(host)
			if err != nil {
				return err
			}
			defer c.Close()
			for waits(stop, 100*time.Millisecond) {
				var list []byte
				for i, one := range p.statuses() {
					if i > 0 {
						list = append(list, ',')
					}
					list = append(list, one...)
				}
				if len(list) == 0 {
					continue
				}
				if status, err := c.do(webhook(host, list, nil, nil)); err != nil || status != http.StatusOK {
					return errors.Join(err, fmt.Errorf("statuses were answered with %d", status))
				}
			}
			return nil
		}()
	}()
	return func() (int64, error) {
		close(stop)
		err := <-ended
		return p.n.Load(), err
	}
}

// watch looks at the inbox and at the program's memory each second.
type watch struct {
	db   *sql.DB
	stop chan struct{}
	over sync.WaitGroup

	mu          sync.Mutex
	now, most   int // bodies that wait
	early, late float64
	when        time.Duration
	err         error
}

func (s *shop) watch() (*watch, error) {
	driver := "sqlite"
	if s.o.database != "" {
		driver = "pgx"
	}
	db, err := sql.Open(driver, s.name())
	if err != nil {
		return nil, err
	}
	w := &watch{db: db, stop: make(chan struct{})}
	start := time.Now()
	steadyAt := min(time.Minute, max(s.o.inbox/2, 5*time.Second)) // when the caches are as full as they get
	w.over.Go(func() {
		for waits(w.stop, time.Second/2) {
			n, err := waiting(context.Background(), db)
			w.mu.Lock()
			w.err = errors.Join(w.err, err)
			w.now, w.most = n, max(w.most, n)
			w.late = s.server.memory()
			if w.when == 0 && time.Since(start) >= steadyAt {
				w.early, w.when = w.late, time.Since(start)
			}
			w.mu.Unlock()
		}
	})
	return w, nil
}

// behind returns how many bodies wait.
func (w *watch) behind() int {
	n, _ := waiting(context.Background(), w.db)
	return n
}

// drain waits until no body waits any more, or it takes longer than any machine
// should need for so many events.
func (w *watch) drain(events int) (time.Duration, error) {
	start := time.Now()
	for time.Since(start) < time.Minute+time.Duration(events)*2*time.Millisecond {
		n, err := waiting(context.Background(), w.db)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return time.Since(start), nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(start), fmt.Errorf("%d bodies still wait", w.behind())
}

func (w *watch) end() {
	close(w.stop)
	w.over.Wait()
	w.db.Close()
}
