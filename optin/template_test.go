package optin_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/funnel"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

// templates returns how many templates reached a person.
func (h *house) templatesTo(who string) (n int) {
	h.Helper()
	for _, m := range h.chat(who) {
		if m.Template != "" {
			n++
		}
	}
	return n
}

// askedAfter lets the time pass, has anna's number asked by template again, and
// wants so many templates in all. The page never tells which it was (rule 28).
func (h *house) askedAfter(d time.Duration, want int) {
	h.Helper()
	h.clock.pass(d)
	token := h.tasting(h.shown("tasting", "en"))
	if got := h.templatesTo(anna); got != want {
		h.Errorf("%d templates, want %d", got, want)
	}
	if p := h.pending(token); !p.Asked || !p.CanAsk || p.State != funnel.Requested {
		h.Errorf("the page tells: %+v", p)
	}
}

const month = 31 * 24 * time.Hour

func TestRule10NeverAgainAfterNo(t *testing.T) {
	h := newHouse(t)
	h.askedAfter(0, 1)
	h.tap(anna, "No")
	h.askedAfter(month, 1)
	h.act(simulator.Inbound{From: anna, Reaction: "👍", Context: h.last(anna).ID}) // is no message
	h.askedAfter(month, 1)
	h.act(simulator.Inbound{From: bernd, Text: "hello"}) // is not her account
	h.askedAfter(month, 1)
	h.act(simulator.Inbound{From: anna, Text: "hello"})
	h.askedAfter(month, 2)
}

func TestRule10NeverAgainAfterSilence(t *testing.T) {
	h := newHouse(t)
	h.askedAfter(0, 1)
	h.clock.pass(73 * time.Hour)
	_, err := h.optin.ExpireRequests(t.Context())
	h.must(err)
	h.askedAfter(month, 1)
	h.act(simulator.Inbound{From: anna, Text: "hello"})
	h.askedAfter(0, 2)
}

// A stop asks for nothing, though it is a message.
func TestRule10StopIsNoAsking(t *testing.T) {
	h := newHouse(t)
	h.askedAfter(0, 1)
	h.tap(anna, "No")
	h.act(simulator.Inbound{From: anna, Text: "stop orders"})
	h.askedAfter(month, 1)
}

// A template that another number's confirmation left without an answer.
func TestRule10SilenceWhereAnotherNumberConfirmed(t *testing.T) {
	h := newHouse(t)
	token := h.tasting(h.shown("tasting", "en"))
	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(token)})
	h.requestState(token, funnel.Deferred)
	h.askedAfter(month, 1)
}

// A template that reached nobody was not answered by silence.
func TestRule10TemplateThatNeverWent(t *testing.T) {
	h := newHouse(t)
	for _, tpl := range templates("MARKETING") {
		h.must(h.sim.SetTemplate(shopID, tpl))
	}
	h.askedAfter(0, 0)
	h.clock.pass(73 * time.Hour)
	_, err := h.optin.ExpireRequests(t.Context())
	h.must(err)
	for _, tpl := range templates("UTILITY") {
		h.must(h.sim.SetTemplate(shopID, tpl))
	}
	h.askedAfter(month, 1)
}

// A No to everything that the template named is one act, answered once.
func TestRule10NoToAllIsAcknowledgedOnce(t *testing.T) {
	h := newHouse(t)
	both := optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers", "orders"}, Shown: h.shown("offers", "en")}
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.submit(both))})
	h.wants(anna, "orders", "")
	both.Slug, both.Phone, both.Shown = "tasting", anna, h.shown("tasting", "en")
	h.must(h.optin.AskTemplate(t.Context(), h.submit(both), ""))
	h.settle()
	n := len(h.chat(anna))
	h.tap(anna, "No")
	h.wants(anna, "offers", consent.ReasonWithdrawn)
	h.wants(anna, "orders", consent.ReasonWithdrawn)
	if got := h.chat(anna)[n:]; len(got) != 1 || !strings.Contains(got[0].Text, "Stopped: Offers, Order updates") {
		t.Errorf("%d answers: %+v", len(got), got)
	}
	acts := slices.DeleteFunc(h.events(anna), func(name string) bool { return strings.HasPrefix(name, "receipt.") })
	if diff := cmp.Diff([]string{"consent.given", "consent.withdrawn"}, acts); diff != "" {
		t.Error(diff)
	}
}

// meanwhile does something between what is read and what is written.
type meanwhile struct {
	optin.Store
	do func()
}

func (m *meanwhile) ReadWrite(ctx context.Context, fn func(context.Context, optin.Writer) error) error {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.Store.ReadWrite(ctx, fn)
}

// A request that gets a new code while the sweep is about to end it stays open.
func TestRenewAgainstTheSweep(t *testing.T) {
	h := newHouse(t)
	token := h.offers()
	h.clock.pass(73 * time.Hour)
	s := &meanwhile{Store: store.As[optin.Reader, optin.Writer](h.store)}
	s.do = func() { h.must(h.optin.Renew(t.Context(), token)) }
	sweeper := optin.New(optin.Config{Store: s, Directory: h.manage.Directory(), Installation: h.manage.Installation(), Log: slog.Default(), Now: h.clock.now, Rand: rand.Reader})
	n, err := sweeper.ExpireRequests(t.Context())
	h.must(err)
	if n != 0 {
		t.Errorf("%d requests were ended", n)
	}
	h.requestState(token, funnel.Requested)
	var deferred int
	h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM events WHERE name = 'consent.deferred'`).Scan(&deferred))
	if deferred != 0 {
		t.Error("it is recorded as ended, and was renewed")
	}
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
	h.wants(anna, "offers", "")
}
