package public

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/optin"
	"assent/web/respond"
)

const (
	maxStreams  = 3      // of one request
	maxWaiting  = 20_000 // streams in all
	heartbeat   = 15 * time.Second
	pollFast    = time.Second
	pollSlow    = 5 * time.Second
	fastFor     = 2 * time.Minute // after that few are still at it
	topicPrefix = "request/"      // as store.TopicRequest
)

// hub wakes the streams of a request when it has changed.
type hub struct {
	done chan struct{}

	mu     sync.Mutex
	closed bool
	n      int
	by     map[string]map[chan struct{}]struct{} // of the request's id
}

func newHub() *hub {
	return &hub{done: make(chan struct{}), by: map[string]map[chan struct{}]struct{}{}}
}

// announce wakes those who wait for the topics. It never blocks.
func (h *hub) announce(topics []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.n == 0 {
		return
	}
	for _, topic := range topics {
		id, ok := strings.CutPrefix(topic, topicPrefix)
		if !ok {
			continue
		}
		for c := range h.by[id] {
			select {
			case c <- struct{}{}:
			default: // it is awake
			}
		}
	}
}

var errStreams = fault.New(fault.TooMany, "This page is open too often. Close some of its windows.")

// join returns a channel that tells of changes of the request.
func (h *hub) join(id string) (wake chan struct{}, leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.n >= maxWaiting {
		return nil, nil, fault.New(fault.Unavailable, "Too many pages wait here now.")
	}
	if len(h.by[id]) >= maxStreams {
		return nil, nil, errStreams
	}
	if h.by[id] == nil {
		h.by[id] = map[chan struct{}]struct{}{}
	}
	wake = make(chan struct{}, 1)
	h.by[id][wake] = struct{}{}
	h.n++
	return wake, func() { h.leave(id, wake) }, nil
}

func (h *hub) leave(id string, wake chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.by[id], wake)
	if len(h.by[id]) == 0 {
		delete(h.by, id)
	}
	h.n--
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

// mark names what a request's page shows: it differs after each change that the
// page would tell of.
func mark(p optin.Pending) string {
	m := stateOf(p) + "." + strconv.FormatInt(p.Expires.Unix(), 36)
	if p.Asked {
		m += ".asked"
	}
	return m
}

// ConfirmEvents answers GET /r/{request}/events with server-sent events (HTML,
// section 9.2): one named state at each change. It is told of changes by the
// store, and looks by itself for those that another process made. ?seen= holds
// the mark of what the page shows already.
func (h *Handler) ConfirmEvents(c echo.Context) error {
	personal(c)
	token, ctx := c.Param("request"), c.Request().Context()
	p, err := h.Optin.Pending(ctx, token)
	if err != nil {
		return err
	}
	wake, leave, err := h.streams.join(p.ID)
	if err != nil {
		return err
	}
	defer leave()
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // a proxy before us must not gather
	c.Response().WriteHeader(http.StatusOK)
	seen := c.Request().Header.Get("Last-Event-ID")
	if seen == "" {
		seen = c.QueryParam("seen")
	}
	s := stream{c, seen}
	if err := s.write(": waiting\n\n"); err != nil {
		return nil // the reader has gone
	}
	beat, poll := time.NewTicker(heartbeat), time.NewTicker(pollFast)
	defer beat.Stop()
	defer poll.Stop()
	slow := time.NewTimer(fastFor)
	defer slow.Stop()
	for {
		if p, err = h.Optin.Pending(ctx, token); err == nil {
			err = s.tell(p)
		}
		if err != nil || ctx.Err() != nil {
			return nil // the reader connects again
		}
	wait:
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-h.streams.done:
				return nil
			case <-wake:
				break wait
			case <-poll.C:
				break wait
			case <-slow.C:
				poll.Reset(pollSlow)
			case <-beat.C:
				if err := s.write(":\n\n"); err != nil {
					return nil
				}
			}
		}
	}
}

// stream is one open answer.
type stream struct {
	c    echo.Context
	seen string
}

// tell writes an event if the page does not show the state yet.
func (s *stream) tell(p optin.Pending) error {
	m := mark(p)
	if m == s.seen {
		return nil
	}
	s.seen = m
	return s.write(fmt.Sprintf("event: state\nid: %s\ndata: %s\n\n", m, stateJSON(p)))
}

// write writes a piece. Who has stopped reading is cut off before the next one.
func (s *stream) write(text string) error {
	if err := respond.Extend(s.c, heartbeat+10*time.Second); err != nil {
		return err
	}
	if _, err := s.c.Response().Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(s.c.Response()).Flush()
}
