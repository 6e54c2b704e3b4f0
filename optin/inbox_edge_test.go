package optin_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"assent/chat"
	"assent/consent"
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
