package optin

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Webhooks wait while somebody is being served, until the last one is, and never
// longer than courtesy allows.
func TestWebhooksGiveWay(t *testing.T) {
	yielded := func(d *door, ctx context.Context) time.Duration {
		start := time.Now()
		d.yield(ctx)
		return time.Since(start)
	}
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		if got := yielded(&d, t.Context()); got != 0 {
			t.Errorf("with nobody inside they waited %s", got)
		}
		first, second := d.enter(), d.enter()
		go func() { time.Sleep(3 * time.Millisecond); first(); time.Sleep(2 * time.Millisecond); second() }()
		if got := yielded(&d, t.Context()); got != 5*time.Millisecond {
			t.Errorf("they waited %s for two who left after 5ms", got)
		}
		third := d.enter()
		if got := yielded(&d, t.Context()); got != courtesy {
			t.Errorf("they waited %s for somebody who stays", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := yielded(&d, ctx); got != 0 {
			t.Errorf("they waited %s though nobody wants them to be handled any more", got)
		}
		third()
		if got := yielded(&d, t.Context()); got != 0 {
			t.Errorf("after all had left they waited %s", got)
		}
	})
}

// While people come only a few webhooks are at work at once, a second after the last
// one left as many as like, and nobody who was let in is forgotten.
func TestFewWorkBesideVisitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		var working, most atomic.Int32
		work := func() {
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					defer d.pass(t.Context())()
					most.Store(max(most.Load(), working.Add(1)))
					time.Sleep(time.Millisecond)
					working.Add(-1)
				})
			}
			wg.Wait()
		}
		work()
		if got := most.Swap(0); got != 20 {
			t.Errorf("with nobody there %d worked at once", got)
		}
		d.enter()()
		work()
		if got := most.Swap(0); got != besideVisitors {
			t.Errorf("beside visitors %d worked at once", got)
		}
		time.Sleep(visit)
		work()
		if got := most.Swap(0); got != 20 {
			t.Errorf("a moment after the last visitor %d worked at once", got)
		}
	})
}
