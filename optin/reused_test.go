package optin_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/optin"
)

// refuses131050 is the platform's word that an account stopped marketing.
func (h *house) refuses131050(number, id string) {
	h.Helper()
	h.clock.pass(10 * time.Second)
	now := h.clock.now()
	h.webhook(map[string]any{"statuses": []any{map[string]any{
		"id": "wamid.refused." + strconv.FormatInt(now.UnixNano(), 36), "timestamp": strconv.FormatInt(now.Unix(), 10), "status": "failed",
		"recipient_id": strings.TrimPrefix(number, "+"), "recipient_user_id": id, "errors": []any{map[string]any{"code": 131050}},
	}}})
}

// bothTicked is the prefilled text of a form on which both boxes are ticked.
func (h *house) bothTicked() string {
	h.Helper()
	return h.prefilled(h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers", "orders"}, Shown: h.shown("offers", "en")}))
}

// A number that was given up leads a stop of who has it now to nobody else: the
// audit held it for one of the former owner too.
func TestAuditBlamedTheFormerOwnerForAnothersStop(t *testing.T) {
	t.Run("by a status", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", "please don't message me any more", 0)
		h.refuses131050(bernd, "DE.B1") // of orders, nothing is known
		h.moves(bernd, "DE.B1", clara, "DE.B2", 0)
		h.moves(anna, "DE.A1", bernd, "DE.A2", 0) // her stop goes along, to his number
		h.says("", "DE.B2", h.bothTicked(), 0)
		h.wants(clara, "orders", "")
		h.wants(bernd, "orders", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("and under a stop that came with the number", func(t *testing.T) {
		h := newHouse(t)
		h.says(bernd, "DE.C1", "STOP", 0)
		h.refuses131050(bernd, "DE.B1") // he has the number now, and falls under that stop
		h.moves(bernd, "DE.B1", clara, "DE.B2", 0)
		h.says(bernd, "DE.D1", "STOP", 0)
		h.says("", "DE.B2", h.bothTicked(), 0)
		h.wants(clara, "orders", "")
		h.wants(bernd, "orders", consent.ReasonSuppressed)
		h.audited()
	})
}

// A change message ties the number to who had it before: it is theirs again, as
// any new number would be (rule 23), and nobody else's (rule 24).
func TestRule23BackToTheirOwnNumber(t *testing.T) {
	t.Run("marketing waits, transactional follows", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.bothTicked(), 0)
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		h.moves(clara, "DE.A2", anna, "DE.A3", 0)
		h.wants(anna, "offers", consent.ReasonPending)
		h.wants(anna, "orders", "")
		h.wants(clara, "orders", consent.ReasonReassigned)
		h.says(anna, "DE.A3", h.prefilled(h.offers()), 0)
		h.wants(anna, "offers", "")
		h.audited()
	})
	t.Run("who gave nothing took it from nobody", func(t *testing.T) {
		h := newHouse(t)
		h.refuses131050(anna, "DE.A1")
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		h.moves(clara, "DE.A2", anna, "DE.A3", 0)
		h.wants(anna, "offers", consent.ReasonPlatformStop)
		h.wants(anna, "orders", consent.ReasonUnknown)
		h.audited()
	})
	t.Run("the number is shown again after a change without one", func(t *testing.T) {
		h := newHouse(t)
		h.refuses131050(anna, "DE.A1")
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		h.moves("", "DE.A2", "", "DE.A3", 0)
		h.says(anna, "DE.A3", "STOP orders", 0)
		h.wants(anna, "offers", consent.ReasonPlatformStop)
		h.audited()
	})
	t.Run("a stop goes along", func(t *testing.T) {
		h := newHouse(t)
		h.refuses131050(anna, "DE.A1")
		h.moves(anna, "DE.A1", clara, "DE.A2", 0)
		h.says("", "DE.A2", "STOP", 0)
		h.moves(clara, "DE.A2", anna, "DE.A3", 0)
		h.wants(anna, "offers", consent.ReasonSuppressed) // which comes before platform_stop
		h.audited()
	})
}

// Somebody of whom nothing is known moves to a number whose owner of before had
// said stop: the stop stays on it, and still nothing of them is kept.
func TestRule23UnknownToAStoppedNumber(t *testing.T) {
	h := newHouse(t)
	h.says(anna, "DE.A1", "STOP", 0)
	h.moves(anna, "DE.A1", clara, "DE.A2", 0)
	before := len(h.events(anna))
	h.moves(bernd, "DE.B1", anna, "DE.B2", 0)
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants("DE.B2", "offers", consent.ReasonUnknown)
	if n := len(h.events(anna)); n != before {
		t.Errorf("%d events, then %d", before, n)
	}
	h.says(anna, "DE.B2", "STOP", 0)
	h.wants("DE.B2", "offers", consent.ReasonSuppressed)
	h.audited()
}
