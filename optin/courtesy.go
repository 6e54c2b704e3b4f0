package optin

import (
	"context"
	"sync"
	"time"
)

// What comes from WhatsApp gives way to people who wait for a page: a flood of
// webhooks after an outage is to be felt little by who signs up (docs/benchmarks.md).
const (
	// courtesy is how long a webhook pauses while a form is being handled, which takes
	// a few milliseconds where nothing else does. It never pauses longer, so that a
	// flood of forms holds up no stop.
	courtesy = 20 * time.Millisecond

	// besideVisitors is how many webhooks and lanes are at work at once while forms
	// come in: whoever waits for a page finds the processors and the writer freer.
	besideVisitors = 2

	// visit is how long after a form the next one is expected.
	visit = time.Second
)

// door counts the people who wait for an answer.
type door struct {
	few    chan struct{} // has a place for each that may be at work beside visitors
	mu     sync.Mutex
	inside int
	empty  chan struct{} // closed when the last one leaves; nil while nobody is inside
	last   time.Time     // when somebody left last
}

func newDoor() door { return door{few: make(chan struct{}, besideVisitors)} }

// enter counts somebody in, until leave is called.
func (d *door) enter() (leave func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside++; d.inside == 1 {
		d.empty = make(chan struct{})
	}
	return d.leave
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = time.Now()
	if d.inside--; d.inside == 0 {
		close(d.empty)
		d.empty = nil
	}
}

// yield returns when nobody is inside, or after the time that courtesy allows.
func (d *door) yield(ctx context.Context) {
	d.mu.Lock()
	empty := d.empty
	d.mu.Unlock()
	if empty == nil {
		return
	}
	t := time.NewTimer(courtesy)
	defer t.Stop()
	select {
	case <-empty:
	case <-t.C:
	case <-ctx.Done():
	}
}

// visited reports whether somebody is inside, or was a moment ago.
func (d *door) visited() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inside > 0 || time.Since(d.last) < visit
}

// pass lets work begin that gives way to visitors, until done is called: after a
// pause while somebody is inside, and while people come only a few at a time. Where
// ctx ends it returns at once.
func (d *door) pass(ctx context.Context) (done func()) {
	d.yield(ctx)
	if !d.visited() {
		return func() {}
	}
	select {
	case d.few <- struct{}{}:
		return func() { <-d.few }
	case <-ctx.Done():
		return func() {}
	}
}
