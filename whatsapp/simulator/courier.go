package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"assent/whatsapp/wire"
)

// Webhooks say how updates reach the business. The zero value delivers each
// alone, at once, once, in order, and tries four times.
type Webhooks struct {
	Batch     int           `json:"batch"`     // most updates in one POST; at least 1
	Linger    time.Duration `json:"linger"`    // how long to wait for more of them
	Duplicate float64       `json:"duplicate"` // chance that a POST comes again, byte for byte
	Forged    float64       `json:"forged"`    // chance that a POST with a wrong signature comes before a genuine one
	Shuffle   bool          `json:"shuffle"`   // updates that wait together change places
	Outage    bool          `json:"outage"`    // nothing is delivered, and all of it once the outage is over
	Delay     time.Duration `json:"delay"`     // before each update
	Jitter    time.Duration `json:"jitter"`    // up to this much more, which also changes their order
	Attempts  int           `json:"attempts"`  // tries of a POST that is not answered with 200; 0 means 4
	Backoff   time.Duration `json:"backoff"`   // before the second try, twice as long before each further; 0 means 100 ms

	Look
}

// Look says what webhooks are like from now on, where businesses meet several forms.
type Look struct {
	Parents       bool `json:"parents"`       // with parent user ids, as for businesses of several portfolios
	Conversations bool `json:"conversations"` // statuses name a conversation, as Graph v23 and before had it
	NoContext     bool `json:"no_context"`    // taps do not say which message they answer
	Loose         bool `json:"loose"`         // numbers as strings, and strings of digits as numbers
	Strange       bool `json:"strange"`       // with members that nobody knows yet
}

// What holds where Webhooks say 0.
const (
	DefaultAttempts = 4
	DefaultBackoff  = 100 * time.Millisecond
)

// webhookTimeout is how long an answer to a webhook may take.
const webhookTimeout = 10 * time.Second

// post is a signed body on its way.
type post struct {
	app       app
	body      []byte
	signature string
	attempt   int
	forged    bool // somebody else's try comes first
}

// courier carries events to the businesses. What is under way is counted in
// pending, from enqueue until delivered or given up.
type courier struct {
	client  *http.Client
	owned   bool
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	wake    chan struct{}

	mu     sync.Mutex
	set    Webhooks
	rng    *rand.Rand
	events []event
	posts  []post

	delivered []post // the newest, for Replay

	timers  map[*time.Timer]struct{}
	pending int
	idle    []chan struct{}
	paused  bool
	closed  bool
	dropped int
}

func newCourier(o Options) *courier {
	c := &courier{
		client: o.Client, set: o.Webhooks, rng: rand.New(rand.NewPCG(o.Seed, 2)),
		wake: make(chan struct{}, 1), timers: make(map[*time.Timer]struct{}),
	}
	if c.client == nil {
		c.client = &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		c.owned = true
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	for range max(1, o.Parallel) {
		c.workers.Add(1)
		go c.work()
	}
	return c
}

// enqueue takes an event on. All chance is drawn here and in take, under the
// lock, so that one order of acts gives one order of webhooks.
func (c *courier) enqueue(e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending++
	wait := c.set.Delay
	if c.set.Jitter > 0 {
		wait += time.Duration(c.rng.Int64N(int64(c.set.Jitter)))
	}
	c.after(wait, func() { c.events = append(c.events, e) })
}

// after runs f under the lock when wait is over, now if it is zero, and wakes a
// worker. The caller holds the lock.
func (c *courier) after(wait time.Duration, f func()) {
	if c.closed {
		return
	}
	if wait <= 0 {
		f()
		c.signal()
		return
	}
	var t *time.Timer
	t = time.AfterFunc(wait, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, t)
		if !c.closed {
			f()
			c.signal()
		}
	})
	c.timers[t] = struct{}{}
}

func (c *courier) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *courier) work() {
	defer c.workers.Done()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.wake:
		}
		if !c.linger() {
			return
		}
		for {
			p, ok := c.take()
			if !ok {
				break
			}
			c.signal() // there may be more for the other workers
			c.deliver(p)
		}
	}
}

// linger waits for a batch to fill. It reports false if the courier is closed.
func (c *courier) linger() bool {
	c.mu.Lock()
	wait := c.set.Linger
	c.mu.Unlock()
	if wait <= 0 {
		return true
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-c.ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// take returns the next POST: one that comes again, or a batch of the first
// updates that wait and go to one app.
func (c *courier) take() (post, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused || c.set.Outage || c.closed {
		return post{}, false
	}
	if len(c.posts) > 0 {
		p := c.posts[0]
		c.posts = c.posts[1:]
		return p, true
	}
	if len(c.events) == 0 {
		return post{}, false
	}
	if c.set.Shuffle {
		c.rng.Shuffle(len(c.events), func(i, j int) { c.events[i], c.events[j] = c.events[j], c.events[i] })
	}
	to := c.events[0].app
	n := 1
	for n < len(c.events) && n < c.set.Batch && c.events[n].app == to {
		n++
	}
	batch := c.events[:n:n]
	c.events = c.events[n:]
	p := post{app: to, body: c.set.dress(body(batch))}
	p.signature = wire.Sign(to.secret, p.body)
	p.forged = c.set.Forged > 0 && c.rng.Float64() < c.set.Forged
	c.pending -= len(batch) - 1 // the batch is one thing under way from here on
	if c.set.Duplicate > 0 && c.rng.Float64() < c.set.Duplicate {
		c.pending++
		again := p
		c.after(c.set.Delay+time.Millisecond, func() { c.posts = append(c.posts, again) })
	}
	return p, true
}

// deliver posts once. What is not answered with 200 comes again later, until
// the attempts are used up.
func (c *courier) deliver(p post) {
	if p.forged && p.attempt == 0 {
		other := p
		other.signature = wire.Sign("not "+p.app.secret, p.body)
		_ = c.post(other) // whatever it is answered: Meta knows nothing of it
	}
	ok := c.post(p) == nil
	c.mu.Lock()
	defer c.mu.Unlock()
	p.attempt++
	attempts, backoff := c.set.Attempts, c.set.Backoff
	if attempts <= 0 {
		attempts = DefaultAttempts
	}
	if backoff <= 0 {
		backoff = DefaultBackoff
	}
	if !ok && p.attempt < attempts && !c.closed {
		c.after(backoff<<min(p.attempt-1, 16), func() { c.posts = append(c.posts, p) })
		return
	}
	if ok {
		c.keep(p)
	} else {
		c.dropped++
	}
	c.done()
}

// keep keeps a delivered POST, so that it can be replayed. The caller holds the lock.
func (c *courier) keep(p post) {
	p.attempt, p.forged = 0, false
	if c.delivered = append(c.delivered, p); len(c.delivered) > keptPosts {
		c.delivered = append(c.delivered[:0], c.delivered[1:]...)
	}
}

// done counts one thing less under way. The caller holds the lock.
func (c *courier) done() {
	c.pending--
	if c.pending > 0 {
		return
	}
	for _, idle := range c.idle {
		close(idle)
	}
	c.idle = nil
}

func (c *courier) post(p post) error {
	ctx, cancel := context.WithTimeout(c.ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.app.url, bytes.NewReader(p.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "facebookexternalua")
	req.Header.Set(wire.SignatureHeader, p.signature)
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("simulator: the webhook was answered with %d", res.StatusCode)
	}
	return nil
}

func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	for t := range c.timers {
		t.Stop()
	}
	clear(c.timers)
	c.mu.Unlock()
	c.cancel()
	c.workers.Wait()
	if c.owned {
		c.client.CloseIdleConnections()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, idle := range c.idle {
		close(idle)
	}
	c.idle = nil
}

// SetWebhooks changes how updates reach the businesses from now on.
func (s *Simulator) SetWebhooks(w Webhooks) {
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	s.courier.set = w
	s.courier.signal() // an outage may be over
}

// Webhooks returns how updates reach the businesses.
func (s *Simulator) Webhooks() Webhooks {
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	return s.courier.set
}

// Pause holds all webhooks back until Resume, so that they gather in one batch
// or change places.
func (s *Simulator) Pause() {
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	s.courier.paused = true
}

// Resume ends Pause.
func (s *Simulator) Resume() {
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	s.courier.paused = false
	s.courier.signal()
}

// Dropped returns how many POSTs were given up after the last attempt.
func (s *Simulator) Dropped() int {
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	return s.courier.dropped
}

// Flush waits until every webhook that is under way is delivered or given up.
// It returns the context's error if that takes too long, as it does while
// paused.
func (s *Simulator) Flush(ctx context.Context) error {
	c := s.courier
	c.mu.Lock()
	if c.pending == 0 || c.closed {
		c.mu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	c.idle = append(c.idle, idle)
	c.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
