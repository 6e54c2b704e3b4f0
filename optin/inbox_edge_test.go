package optin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"assent/chat"
	"assent/consent"
	"assent/fault"
	"assent/optin"
	"assent/store"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// Bodies that fail for now hold up nobody, and are not tried in a tight loop.
func TestInboxIsNotStarvedByBodiesThatFail(t *testing.T) {
	h := newHouse(t)
	h.must(h.store.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.FixDayKey(ctx, "day/damaged", []byte("no key"), h.clock.now()); err != nil {
			return err
		}
		for i := range 70 {
			d := chat.Delivery{ID: fmt.Sprintf("00000000-%04d", i), Key: "day/damaged", Sealed: []byte{1}, ReceivedAt: h.clock.now()}
			if err := tx.InsertDelivery(ctx, d); err != nil {
				return err
			}
		}
		return nil
	}))
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	n, err := h.optin.HandleInbox(t.Context())
	h.must(err)
	if n != 0 {
		t.Errorf("%d bodies were taken, none was handled", n)
	}
}

// What was answered to somebody of whom nothing is kept goes after a week.
func TestRule27AnswersToStrangersAreDropped(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: "help"})
	h.act(simulator.Inbound{From: anna, Text: "Code 7K2MQ9X4TB"})
	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(h.offers())})
	h.clock.pass(9 * 24 * time.Hour)
	h.must(h.optin.DropInbox(t.Context()))
	for query, want := range map[string]int{
		"SELECT count(*) FROM messages WHERE subject = ''":  0,
		"SELECT count(*) FROM messages WHERE subject <> ''": 1,
		"SELECT count(*) FROM wrong_codes":                  0,
	} {
		var n int
		h.must(h.db.Raw(t).QueryRow(query).Scan(&n))
		if n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

// A country is two letters, or not known: it is a column of its own, and
// PostgreSQL keeps no U+0000 in text.
func TestCountryOfAStrangeUserID(t *testing.T) {
	for id, want := range map[string]string{"DE.123": "DE", "\x00\x00.123": "", "1.": "", "é.12": "", "": ""} {
		if got := (tenant.Account{BSUID: id}).Country(); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

// shaky is a store of which some writes fail.
type shaky struct {
	optin.Store
	fails func() error
	calls int // that fail
}

func (s *shaky) ReadWrite(ctx context.Context, fn func(context.Context, optin.Writer) error) error {
	if s.calls--; s.calls < 0 {
		return s.Store.ReadWrite(ctx, fn)
	}
	return s.Store.ReadWrite(ctx, func(ctx context.Context, w optin.Writer) error {
		if err := s.fails(); err != nil {
			return err
		}
		return fn(ctx, w)
	})
}

// What the database cannot take now is handled again, whether a number is told of
// or an account, and what cannot be handled at all is parked and not tried for ever.
func TestInboxTellsForNowFromForGood(t *testing.T) {
	message := `{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"` + shopID + `"},"messages":[{"id":"wamid.shaky","from":"491701234567","timestamp":"1795428000","type":"text","text":{"body":"STOP"}}]}}`
	account := `{"field":"account_review_update","value":{"decision":"REJECTED"}}`
	template := `{"field":"message_template_status_update","value":{"event":"PAUSED","message_template_id":1,"message_template_name":"x","message_template_language":"en"}}`
	forNow := map[string]func(h *house) error{
		"unavailable": func(*house) error { return fault.New(fault.Unavailable, "Not now.") },
		"too late":    func(*house) error { return context.DeadlineExceeded },
	}
	if os.Getenv("ASSENT_TEST_ON") == "postgres" {
		forNow["ended"] = func(h *house) error {
			raw := h.db.Raw(h)
			defer raw.Close() //nolint:errcheck // of a test
			_, err := raw.Exec(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			return err
		}
	}
	open := func(t *testing.T) (*house, *shaky, func(change string) int) {
		h := newHouse(t)
		st := &shaky{Store: store.As[optin.Reader, optin.Writer](h.store)}
		s := optin.New(optin.Config{
			Store: st, Directory: h.manage.Directory(), Installation: h.manage.Installation(), Transport: h.transport, Eraser: h.records,
			Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
		})
		return h, st, func(change string) int {
			if change != "" {
				if !json.Valid([]byte(change)) {
					t.Fatal("no JSON")
				}
				body := `{"object":"whatsapp_business_account","entry":[{"id":"200","time":1795428000,"changes":[` + change + `]}]}`
				h.must(h.optin.Accept(t.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
			}
			n, err := s.HandleInbox(t.Context())
			h.must(err)
			return n
		}
	}
	parked := func(h *house) string {
		list, err := h.manage.ListParked(h.Context(), "", 9)
		h.must(err)
		var why []string
		for _, p := range list {
			why = append(why, p.Reason)
		}
		return strings.Join(why, "; ")
	}
	for what, change := range map[string]string{"message": message, "account": account, "template": template} {
		for name, fails := range forNow {
			t.Run(what+" "+name, func(t *testing.T) {
				h, st, handle := open(t)
				st.fails, st.calls = func() error { return fails(h) }, 1
				if n := handle(change); n != 0 || parked(h) != "" {
					t.Errorf("%d done, parked %q", n, parked(h))
				}
				if n := handle(""); n != 1 || parked(h) != "" {
					t.Errorf("then %d done, parked %q", n, parked(h))
				}
			})
		}
		t.Run(what+" for good", func(t *testing.T) {
			h, st, handle := open(t)
			st.fails, st.calls = func() error { return errors.New("a bug of ours") }, 1
			if n := handle(change); n != 1 || !strings.Contains(parked(h), "failed") {
				t.Errorf("%d done, parked %q", n, parked(h))
			}
		})
	}
}

// What somebody did later does not overtake what waits to be handled again, however
// many bodies lie between them.
func TestInboxKeepsAnAccountsOrderBehindWhatWaits(t *testing.T) {
	h := newHouse(t)
	st := &shaky{Store: store.As[optin.Reader, optin.Writer](h.store)}
	s := optin.New(optin.Config{
		Store: st, Directory: h.manage.Directory(), Installation: h.manage.Installation(), Transport: h.transport, Eraser: h.records,
		Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
	})
	accept := func(what string) {
		h.clock.pass(time.Second)
		body := `{"object":"whatsapp_business_account","entry":[{"id":"200","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"` + shopID + `"},` + what + `}}]}]}`
		h.must(h.optin.Accept(t.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
	}
	wrote := func(id, words string) {
		accept(fmt.Sprintf(`"messages":[{"id":%q,"from":"491701234567","timestamp":"%d","type":"text","text":{"body":%q}}]`, id, h.clock.now().Unix(), words))
	}
	const between = 70 // more than are handled together
	yes := h.prefilled(h.offers())
	wrote("wamid.first", "STOP")
	for i := range between {
		accept(fmt.Sprintf(`"statuses":[{"id":"wamid.other%d","recipient_id":"49170%d","status":"sent","timestamp":"1795428000"}]`, i, i))
	}
	wrote("wamid.last", yes)
	st.fails, st.calls = func() error { return fault.New(fault.Unavailable, "Not now.") }, 1
	if n, err := s.HandleInbox(t.Context()); err != nil || n != between {
		t.Errorf("%d handled, %v; want %d", n, err, between)
	}
	if n, err := s.HandleInbox(t.Context()); err != nil || n != 2 {
		t.Errorf("then %d handled, %v; want 2", n, err)
	}
	if got := strings.Join(h.events(anna), " "); !strings.HasPrefix(got, "suppression.added consent.") {
		t.Errorf("in the order %s", got)
	}
}
