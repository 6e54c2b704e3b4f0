package optin

import (
	"sync"
	"time"

	"assent/business"
)

// Jobs have places, and one that asks a provider who does not answer has its place for as
// long as that takes. So a number has some of the places at once, and not all: others go on.
const (
	leastSlots = 64  // enough for 80 messages a second where an answer takes half a second
	mostSlots  = 192 // of 256
	busy       = time.Second
)

// slots counts what each number asks WhatsApp now.
type slots struct {
	mu    sync.Mutex
	taken map[string]int
}

// slotsOf is how much a number may ask at once.
func slotsOf(s *business.Sender) int { return min(max(s.Rate, leastSlots), mostSlots) }

// take takes one of the sender's places, if one is free, which release gives back.
func (x *slots) take(sender *business.Sender) (release func(), free bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.taken[sender.ID] >= slotsOf(sender) {
		return nil, false
	}
	if x.taken == nil {
		x.taken = map[string]int{}
	}
	x.taken[sender.ID]++
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.taken[sender.ID]--; x.taken[sender.ID] == 0 {
			delete(x.taken, sender.ID)
		}
	}, true
}
