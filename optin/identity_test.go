package optin_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/optin"
	"assent/records"
	"assent/store"
	"assent/whatsapp/simulator"
)

const clara = "+491511112222"

// audited wants that everything kept follows from the events, and returns what
// does not.
func (h *house) audited() (findings []string) {
	h.Helper()
	h.settle()
	return h.audits()
}

// audits is audited with what is under way left alone.
func (h *house) audits() (findings []string) {
	h.Helper()
	_, err := h.manage.SignCheckpoint(h.Context())
	h.must(err)
	s := records.New(store.As[records.Reader, records.Writer](h.store), h.manage.Directory(), h.manage.Installation(), h.clock.now, rand.Reader)
	report, err := s.Audit(h.Context(), records.AuditOptions{})
	h.must(err)
	for _, c := range report.Checks {
		if !c.OK {
			h.Errorf("audit: %s: %s: %s", c.Name, c.Words, strings.Join(c.Detail, "; "))
			findings = append(findings, c.Detail...)
		}
	}
	return findings
}

// both signs a person up for offers and orders.
func (h *house) both(from string) {
	h.Helper()
	token := h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers", "orders"}, Shown: h.shown("offers", "en")})
	h.act(simulator.Inbound{From: from, Text: h.prefilled(token)})
	h.wants(from, "offers", "")
	h.wants(from, "orders", "")
}

// says is a text in a webhook of our own making: from a number, an account id,
// or both, at a time before now.
func (h *house) says(number, id, words string, ago time.Duration) {
	h.Helper()
	h.clock.pass(10 * time.Second)
	m := map[string]any{"id": "wamid.says." + strconv.FormatInt(h.clock.now().UnixNano(), 36), "timestamp": strconv.FormatInt(h.clock.now().Add(-ago).Unix(), 10), "type": "text", "text": text(words)}
	if number != "" {
		m["from"] = strings.TrimPrefix(number, "+")
	}
	if id != "" {
		m["from_user_id"] = id
	}
	h.webhook(map[string]any{"messages": []any{m}})
}

// moves is a change message in a webhook of our own making.
func (h *house) moves(was, wasID, is, isID string, ago time.Duration) {
	h.Helper()
	h.clock.pass(10 * time.Second)
	sys := map[string]any{"type": "user_changed_user_id", "body": "changed", "user_id": isID, "previous_user_id": wasID}
	m := map[string]any{"id": "wamid.moves." + strconv.FormatInt(h.clock.now().UnixNano(), 36), "timestamp": strconv.FormatInt(h.clock.now().Add(-ago).Unix(), 10), "type": "system", "system": sys}
	if is != "" {
		sys["type"], sys["wa_id"] = "user_changed_number", strings.TrimPrefix(is, "+")
	}
	if was != "" {
		m["from"] = strings.TrimPrefix(was, "+")
	}
	h.webhook(map[string]any{"messages": []any{m}})
}

func TestRule22Joins(t *testing.T) {
	t.Run("one webhook naming both", func(t *testing.T) {
		h := newHouse(t)
		h.says("", "DE.B1", "STOP", 0)
		h.wants(bernd, "offers", consent.ReasonUnknown)
		h.says(bernd, "DE.B1", "stop", 0)
		h.wants(bernd, "offers", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("a stop follows what is joined later, whatever its reason", func(t *testing.T) {
		h := newHouse(t)
		h.says("", "DE.B1", "STOP", 0)
		h.says(bernd, "DE.B1", h.prefilled(h.offers()), 0)
		h.wants(bernd, "offers", "")
		h.wants(bernd, "orders", consent.ReasonSuppressed) // the check finds the stop under the number, too
		h.wants("DE.B1", "orders", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("per portfolio, and nothing by a code", func(t *testing.T) {
		h := newHouse(t)
		token := h.submit(optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("checkout", "en")})
		h.act(simulator.Inbound{UserID: "DE.B1", Text: h.prefilled(token)})
		h.tapLast("DE.B1", "Yes")
		h.wants("DE.B1", "offers", "")
		h.wants(anna, "offers", consent.ReasonUnknown)
		h.audited()
	})
}

// Somebody writes under an account id while the business knows their number.
func TestRule20StopWithoutANumber(t *testing.T) {
	yes := true
	t.Run("a status of before named both", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Text: "hello"}) // opens the window; nothing is kept
		h.says(anna, "", h.prefilled(h.offers()), 0)        // from before account ids came; the receipt's status has both
		h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: "STOP"})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		if strings.Contains(h.last(anna).Text, "share it") {
			t.Error("asked for what is known")
		}
		h.audited()
	})
	t.Run("shared in answer to the acknowledgement", func(t *testing.T) {
		const anna = "+491705990001" // of whose messages no status ever comes
		h := newHouse(t)
		h.says(anna, "", h.prefilled(h.offers()), 0) // from before account ids came
		h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: "STOP"})
		h.wants(anna, "offers", "") // nothing tells yet that it is her
		asked := h.last(anna)
		if !strings.Contains(asked.Text, "share it with the button") {
			t.Fatalf("not asked: %q", asked.Text)
		}
		h.act(simulator.Inbound{From: anna, ShareNumber: true, Context: asked.ID})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		if got := h.last(anna).Text; !strings.Contains(got, "Your number is stopped too") {
			t.Errorf("told %q", got)
		}
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		if strings.Contains(h.last(anna).Text, "share it") {
			t.Error("asked again")
		}
		h.audited()
	})
	t.Run("in answer to a message of ours", func(t *testing.T) {
		h := newHouse(t)
		h.tasting(h.shown("tasting", "en"))
		template := h.last(anna)
		h.inbound("wamid.reply", map[string]any{"from_user_id": "DE.Z9", "type": "text", "text": text("stop"), "context": map[string]any{"id": template.ID, "from": strings.TrimPrefix(shop, "+")}})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.wants("DE.Z9", "offers", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("a card of somebody else's stops nobody", func(t *testing.T) {
		h := newHouse(t)
		h.says(bernd, "", h.prefilled(h.offers()), 0)
		h.act(simulator.Inbound{From: anna, Withheld: &yes, Text: "STOP"})
		card := map[string]any{"name": map[string]any{"formatted_name": "B"}, "phones": []any{map[string]any{"phone": bernd, "wa_id": strings.TrimPrefix(bernd, "+")}}, "origin": "other"}
		h.inbound("wamid.card", map[string]any{"from_user_id": h.userID(anna), "type": "contacts", "contacts": []any{card}})
		h.wants(bernd, "offers", "")
		card["origin"] = "contact_request" // and shown with another number than the account's
		h.inbound("wamid.card2", map[string]any{"from": strings.TrimPrefix(anna, "+"), "from_user_id": h.userID(anna), "type": "contacts", "contacts": []any{card}})
		h.wants(bernd, "offers", "")
		h.audited()
	})
	t.Run("without a stop a card is no act", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Withheld: &yes, ShareNumber: true})
		if n := len(h.events(anna)); n != 0 {
			t.Errorf("%d events", n)
		}
	})
}

func TestRule21SharedStops(t *testing.T) {
	h := newHouse(t)
	other, err := h.manage.AddBusiness(t.Context(), business.Business{Slug: "sister", LegalName: "Sister", Entity: "Morgenrot Holding", Purposes: h.tenant.Purposes})
	h.must(err)
	h.tenant, _ = h.manage.Directory().TenantBySlug("morgenrot") // read anew
	h.tenant.Entity = "Morgenrot Holding"
	_, err = h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: other, Account: h.account(anna), Channel: "letter"})
	h.must(err)
	_, err = h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: other, Account: h.account(bernd), Purpose: "offers", Channel: "letter"})
	h.must(err)
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(bernd, "offers", consent.ReasonUnknown) // that was about a purpose of theirs
	h.tasting(h.shown("tasting", "en"))
	if n := len(h.chat(anna)); n != 0 {
		t.Errorf("%d templates to a number that said stop to the entity", n)
	}
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "") // she says yes here
	h.wants(anna, "orders", consent.ReasonSuppressed)
	h.tenant.Entity = ""
	h.wants(anna, "orders", consent.ReasonRefused)
	h.audited()
}

// A stop wins whenever it comes: before the confirmation, after it, and between
// the claim of a message and its send (rules 15 and 16).
func TestRule16StopRacesASend(t *testing.T) {
	for _, first := range []string{"stop", "yes"} {
		t.Run(first+" first", func(t *testing.T) {
			h := newHouse(t)
			h.clock.pass(10 * time.Second)
			words := []string{h.prefilled(h.offers()), "STOP"}
			if first == "stop" {
				slices.Reverse(words)
			}
			for _, w := range words { // of the same second
				h.act2(anna, w)
			}
			h.settle()
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.audited()
		})
	}
	t.Run("between claim and send", func(t *testing.T) {
		h := newHouse(t)
		h.must(h.optin.AskTemplate(t.Context(), h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "en")}), ""))
		now := h.clock.now()
		jobs, err := h.store.Queue().Claim(t.Context(), now, now.Add(time.Minute), 10)
		h.must(err)
		slow := optin.New(optin.Config{
			Store: store.As[optin.Reader, optin.Writer](h.store), Directory: h.manage.Directory(), Installation: h.manage.Installation(),
			Transport: stopping{h.transport, func() {
				_, err := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: h.tenant.ID, Account: h.account(anna), Channel: "call"})
				h.must(err)
			}}, Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
		})
		for _, j := range jobs {
			h.must(slow.Deliver(t.Context(), j))
		}
		h.settle()
		if n := len(h.chat(anna)); len(jobs) != 1 || n != 0 {
			t.Errorf("%d jobs, %d messages after the stop", len(jobs), n)
		}
	})
}

// act2 lets somebody write without the clock going on.
func (h *house) act2(from, words string) {
	h.Helper()
	_, err := h.sim.Act(simulator.Inbound{From: from, Text: words})
	h.must(err)
	h.settle()
}

// stopping is a transport during whose last look before a send a stop comes.
type stopping struct {
	optin.Transport
	stop func()
}

func (s stopping) TemplateCategory(ctx context.Context, from *business.Sender, name, lang string) (string, bool, error) {
	s.stop()
	return s.Transport.TemplateCategory(ctx, from, name, lang)
}

// tapLast answers the newest question to an account without a number.
func (h *house) tapLast(id, title string) {
	h.Helper()
	msgs, err := h.sim.Messages(id, shopID)
	h.must(err)
	for i := len(msgs) - 1; i >= 0; i-- {
		for _, b := range msgs[i].Buttons {
			if b.Title == title {
				h.act(simulator.Inbound{UserID: id, Button: b.Payload})
				return
			}
		}
	}
	h.Fatalf("no button %q", title)
}

func TestRule23ChangeOfNumber(t *testing.T) {
	for _, withheld := range []bool{false, true} {
		t.Run("withheld "+strconv.FormatBool(withheld), func(t *testing.T) {
			h := newHouse(t)
			h.both(anna)
			old := h.userID(anna)
			h.act(simulator.Inbound{From: anna, Withheld: &withheld})
			h.act(simulator.Inbound{From: anna, ChangeNumber: clara})
			is := h.userID(clara)
			h.wants(old, "orders", consent.ReasonReassigned)
			h.wants(anna, "orders", consent.ReasonReassigned) // the number is nobody's that we know
			h.wants(is, "orders", "")                         // transactional goes along
			h.wants(is, "offers", consent.ReasonPending)      // marketing waits
			shown := false
			h.act(simulator.Inbound{From: clara, Withheld: &shown, Text: h.prefilled(h.offers())})
			h.wants(clara, "offers", "")
			h.wants(anna, "offers", consent.ReasonReassigned)
			h.audited()
		})
	}
	t.Run("stops go along, and stay", func(t *testing.T) {
		h := newHouse(t)
		h.both(anna)
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		h.act(simulator.Inbound{From: anna, ChangeNumber: clara})
		for _, who := range []string{anna, clara, h.userID(clara)} {
			h.wants(who, "offers", consent.ReasonSuppressed)
		}
		h.says(anna, "DE.NEW", h.prefilled(h.offers()), 0) // who has the number now says yes for themselves
		h.wants(anna, "offers", "")
		h.wants(clara, "offers", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("the old form, without ids, and in any order", func(t *testing.T) {
		h := newHouse(t)
		h.both(anna)
		h.says(clara, "DE.NEW", h.prefilled(h.offers()), 0) // overtakes the change
		h.inbound("wamid.old", map[string]any{"from": strings.TrimPrefix(anna, "+"), "type": "system", "timestamp": strconv.FormatInt(h.clock.now().Add(-time.Minute).Unix(), 10),
			"system": map[string]any{"type": "customer_changed_number", "new_wa_id": strings.TrimPrefix(clara, "+"), "customer": strings.TrimPrefix(anna, "+"), "body": "changed"}})
		h.wants(clara, "offers", "") // given from the new number, after the change
		h.audited()
	})
	t.Run("to a number that was another's", func(t *testing.T) {
		h := newHouse(t)
		h.both(bernd)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.moves(anna, "DE.A1", bernd, "DE.A2", 0)
		h.wants(bernd, "orders", consent.ReasonRefused) // what he gave is not hers
		h.wants(h.userID(bernd), "orders", consent.ReasonReassigned)
		h.audited()
	})
	t.Run("of somebody unknown nothing is kept", func(t *testing.T) {
		h := newHouse(t)
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		if n := len(h.events(clara)); n != 0 {
			t.Errorf("%d events", n)
		}
	})
	t.Run("the business lets marketing go along", func(t *testing.T) {
		h := newHouse(t)
		h.tenant.NewNumberFollows = true
		h.both(anna)
		h.act(simulator.Inbound{From: anna, ChangeNumber: clara})
		h.wants(clara, "offers", "")
		h.wants(anna, "offers", consent.ReasonReassigned)
		h.audited()
	})
	t.Run("a stop from the old number that comes late", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.clock.pass(time.Hour)
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		h.says(anna, "DE.A1", "STOP", 30*time.Minute)
		h.wants(clara, "offers", consent.ReasonSuppressed)
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("twice, once for each sender", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		before := len(h.events(clara))
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		if n := len(h.events(clara)); n != before {
			t.Errorf("%d events, then %d", before, n)
		}
	})
}

func TestRule24Reassigned(t *testing.T) {
	t.Run("a known number with another account", func(t *testing.T) {
		h := newHouse(t)
		h.both(anna)
		old := h.userID(anna)
		h.says(anna, "DE.OTHER", "hello", 0) // no act: of who writes nothing is kept
		for _, who := range []string{anna, old} {
			h.wants(who, "offers", consent.ReasonReassigned)
			h.wants(who, "orders", consent.ReasonReassigned)
		}
		h.says(anna, "DE.OTHER", h.prefilled(h.offers()), 0)
		h.wants(anna, "offers", "") // confirmed by the new account
		h.wants(anna, "orders", consent.ReasonRefused)
		h.wants(old, "offers", consent.ReasonReassigned)
		h.audited()
	})
	t.Run("stops stay", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		h.says(anna, "DE.OTHER", "hello", 0)
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.says(anna, "DE.OTHER", h.prefilled(h.offers()), 0)
		h.wants(anna, "offers", "")
		h.wants(anna, "orders", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("what comes late takes no number back", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.clock.pass(time.Hour)
		h.says(anna, "DE.A2", h.prefilled(h.offers()), 0)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 30*time.Minute)
		h.wants(anna, "offers", "")
		h.says("", "DE.A2", "STOP", 0)
		h.wants(anna, "offers", consent.ReasonSuppressed) // it is still the second account's
		h.audited()
	})
	t.Run("another key", func(t *testing.T) {
		h := newHouse(t)
		h.both(anna)
		h.act(simulator.Inbound{From: anna, NewIdentity: true})
		h.wants(anna, "offers", consent.ReasonReassigned)
		h.wants(anna, "orders", consent.ReasonReassigned)
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		h.wants(anna, "offers", "")
		h.wants(anna, "orders", consent.ReasonPending) // that was not confirmed yet
		h.audited()
	})
	t.Run("another key, told late", func(t *testing.T) {
		h := newHouse(t)
		h.both(anna)
		h.act(simulator.Inbound{From: anna, NewIdentity: true, Timestamp: h.clock.now().Add(-time.Hour)})
		h.wants(anna, "offers", "")
		h.audited()
	})
}

func TestRule25LinesAreMatchedAndNeverRewritten(t *testing.T) {
	h := newHouse(t)
	h.says("+553187654321", "BR.A1", h.prefilled(h.offers()), 0)
	h.wants("+5531987654321", "offers", h.check("+553187654321", "offers"))
	events := h.opened("+5531987654321")
	if e := events[0]; e.E164 != "+553187654321" || e.WAID != "553187654321" {
		t.Errorf("kept as %s and %s", e.E164, e.WAID)
	}
	h.says("+5531987654321", "BR.A1", "STOP", 0)
	h.wants("+553187654321", "offers", consent.ReasonSuppressed)
	h.audited()
}

func TestRule26TheAccountAndNotTheName(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Name: "Anna", Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: anna, Name: "Somebody else", Text: "STOP"})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.act(simulator.Inbound{From: bernd, Name: "Anna", Text: "hello"})
	h.wants(bernd, "offers", consent.ReasonUnknown)
	if first := h.opened(anna)[0]; first.PersonName != "Anna" {
		t.Errorf("the first name is now %q", first.PersonName)
	}
}
