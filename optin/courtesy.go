package optin

import (
	"context"
	"sync"
	"time"
)

// courtesy is how long what comes from WhatsApp waits for somebody who waits for a
// page. A form takes a few milliseconds where nothing else does; while one is being
// handled, webhooks pause, so that a flood of them after an outage is felt less by who
// signs up (docs/benchmarks.md). They never pause longer than this, so that a flood of
// forms holds up no stop.
const courtesy = 20 * time.Millisecond

// door counts the people who wait for an answer.
type door struct {
	mu     sync.Mutex
	inside int
	empty  chan struct{} // closed when the last one leaves; nil while nobody is inside
}

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
