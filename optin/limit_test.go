package optin_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"assent/consent"
	"assent/fault"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

// beside returns the use cases of another process on the same database.
func (h *house) beside(limits optin.Limits) *optin.Service {
	h.Helper()
	return optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](h.db.Open(h.TB, store.Options{RunTwice: true})), Directory: h.manage.Directory(), Installation: h.manage.Installation(),
		Transport: h.transport, Eraser: h.records, Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader, Limits: &limits,
	})
}

// Forms are counted in all processes together, and taken again when the window
// has ended. What is refused is not kept, and says when to come again.
func TestLimitsHoldAcrossProcesses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		bind  func(*optin.Limits)
		other string // a network that another form comes from
		free  bool   // and is taken
	}{
		{"network", func(l *optin.Limits) { l.Network.Max = 6 }, "198.51.100.0/24", true},
		{"funnel", func(l *optin.Limits) { l.Funnel.Max = 6 }, "198.51.100.0/24", false},
		{"business", func(l *optin.Limits) { l.Business.Max = 6 }, "198.51.100.0/24", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			limits := optin.DefaultLimits()
			tt.bind(&limits)
			processes := []*optin.Service{h.beside(limits), h.beside(limits)}
			post := func(i int, network string) error {
				h.clock.pass(time.Second) // within which a process may keep a count to itself
				_, err := processes[i%2].Submit(t.Context(), optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: h.shown("offers", "en"), Network: network})
				return err
			}
			for i := range 6 {
				h.must(post(i, "203.0.113.0/24"))
			}
			for i := range 4 {
				err := post(i, "203.0.113.0/24")
				if wait := fault.RetryOf(err); !fault.Is(err, fault.TooMany) || wait <= 0 || wait > time.Hour {
					t.Fatalf("process %d: %v, again after %v", i%2, err, wait)
				}
			}
			if err := post(0, tt.other); (err == nil) != tt.free {
				t.Errorf("from another network: %v", err)
			}
			var kept int
			h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM requests`).Scan(&kept))
			if want := 6 + map[bool]int{true: 1}[tt.free]; kept != want {
				t.Errorf("%d requests are kept, want %d", kept, want)
			}
			h.clock.pass(time.Hour)
			h.must(post(1, "203.0.113.0/24"))
			h.must(h.optin.DropInbox(t.Context()))
			h.clock.pass(time.Hour)
			h.must(h.optin.DropInbox(t.Context()))
			var counts int
			h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM limit_counts`).Scan(&counts))
			if counts != 0 {
				t.Errorf("%d counts are kept after their windows", counts)
			}
		})
	}
}

// Of many forms from one network that come at once to two processes, exactly as
// many are taken as the limit says.
func TestLimitsTogether(t *testing.T) {
	h := newHouse(t)
	limits := optin.DefaultLimits()
	limits.Network.Max = 25
	processes := []*optin.Service{h.beside(limits), h.beside(limits)}
	taken := make(chan bool)
	for i := range 60 {
		go func() {
			_, err := processes[i%2].Submit(t.Context(), optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Network: "203.0.113.0/24"})
			if err != nil && !fault.Is(err, fault.TooMany) {
				t.Error(err)
			}
			taken <- err == nil
		}()
	}
	n := 0
	for range 60 {
		if <-taken {
			n++
		}
	}
	if n != 25 {
		t.Errorf("%d were taken", n)
	}
}

// Messages are counted in all processes together too: by network, funnel and
// business. Whoever is over a limit writes first.
func TestTemplateLimitsHoldAcrossProcesses(t *testing.T) {
	for name, bind := range map[string]func(*optin.Limits){
		"network":             func(l *optin.Limits) { l.Templates.Network.Max = 3 },
		"funnel":              func(l *optin.Limits) { l.Templates.Funnel.Max = 3 },
		"business":            func(l *optin.Limits) { l.Templates.Business.Max = 3 },
		"doubtful of network": func(l *optin.Limits) { l.Doubtful.Network.Max = 3 },
		"doubtful of funnel":  func(l *optin.Limits) { l.Doubtful.Funnel.Max = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			limits := optin.DefaultLimits()
			bind(&limits)
			processes := []*optin.Service{h.beside(limits), h.beside(limits)}
			shown := h.shown("tasting", "en") // and sent at once, which is doubtful
			var last string
			for i := range 5 {
				token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: fmt.Sprintf("+4917212%05d", i), Shown: shown})
				err := processes[i%2].AskTemplate(t.Context(), token, "203.0.113.0/24")
				if refused := fault.Is(err, fault.TooMany) && fault.RetryOf(err) > 0; refused != (i >= 3) || !refused && err != nil {
					t.Errorf("message %d: %v", i, err)
				}
				last = token
			}
			h.settle()
			if p := h.pending(last); p.Asked || !p.CanAsk {
				t.Errorf("the page of one that was refused: %+v", p)
			}
			h.act(simulator.Inbound{From: "+491721200004", Text: h.prefilled(last)})
			h.wants("+491721200004", "offers", "")
			h.clock.pass(24 * time.Hour)
			h.must(processes[0].AskTemplate(t.Context(), h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: "+491721200009", Shown: shown}), "203.0.113.0/24"))
		})
	}
}

// No message to a number that has one already, whose person said no of late, or
// that stopped; the page of each says the same.
func TestNoTemplateWhereItIsUnwelcome(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(h *house)
		want   int // templates after another request
	}{
		{"unknown", func(*house) {}, 1},
		{"pending", func(h *house) { h.askedAfter(0, 1) }, 1},
		{"no in the chat", func(h *house) { h.refuseInChat() }, 0},
		{"no in the chat, long ago", func(h *house) { h.refuseInChat(); h.clock.pass(month) }, 1},
		{"stopped", func(h *house) { h.act(simulator.Inbound{From: anna, Text: "STOP"}) }, 0},
		{"not me", func(h *house) { h.askedAfter(0, 1); h.tap(anna, "This wasn't me"); h.clock.pass(month) }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			tt.before(h)
			h.askedAfter(time.Minute, tt.want)
		})
	}
}

// refuseInChat lets anna say no to what the tasting asks for.
func (h *house) refuseInChat() {
	h.Helper()
	h.act(simulator.Inbound{From: anna, Text: "START"})
	h.tap(anna, "No")
	h.wants(anna, "offers", consent.ReasonRefused)
}
