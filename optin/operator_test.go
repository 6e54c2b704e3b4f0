package optin_test

import (
	"context"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/optin"
	"assent/store"
	"assent/subject"
	"assent/whatsapp/simulator"
)

// Rule 18: what a complaint stopped is ended by an operator only. A later yes of
// the person gives nothing before that, and gives after it.
func TestOnlyAnOperatorEndsAComplaint(t *testing.T) {
	for _, reason := range []subject.Reason{subject.Complaint, subject.Minor, subject.Legal} {
		t.Run(string(reason), func(t *testing.T) {
			h := newHouse(t)
			yes := func() { h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())}) }
			yes()
			h.wants(anna, "offers", "")
			var sub string
			h.must(h.store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				i, _, err := tx.IdentifierByHash(ctx, h.tenant.ID, h.tenant.LineHash(h.account(anna).Number))
				sub = i.Subject
				return err
			}))
			h.clock.pass(time.Hour)
			if _, err := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: h.tenant.ID, Subject: sub, Reason: reason, Channel: "letter", Words: "never again", Operator: "rosa"}); err != nil {
				t.Fatal(err)
			}
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.clock.pass(time.Hour)
			yes()
			h.wants(anna, "offers", consent.ReasonSuppressed)
			if err := h.optin.LiftStops(t.Context(), h.tenant.ID, sub, "", "rosa"); fault.FieldOf(err) != "note" {
				t.Errorf("without a note: %v", err)
			}
			h.must(h.optin.LiftStops(t.Context(), h.tenant.ID, sub, "the authority closed the case", "rosa"))
			h.clock.pass(time.Hour)
			yes()
			h.wants(anna, "offers", "")
			if err := h.optin.LiftStops(t.Context(), h.tenant.ID, sub, "again", "rosa"); !fault.Is(err, fault.Conflict) {
				t.Errorf("lifted twice: %v", err)
			}
			h.audited()
		})
	}
	h := newHouse(t)
	if _, err := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: h.tenant.ID, Subject: "x", Reason: subject.ByErasure, Operator: "rosa"}); fault.FieldOf(err) != "reason" {
		t.Errorf("a reason that is not an operator's: %v", err)
	}
}

// An operator of one business does nothing to the people of another, whatever id
// is named.
func TestOperatorsReachTheirOwnPeopleOnly(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "")
	id := h.idOf(anna)
	other, err := h.manage.AddBusiness(t.Context(), business.Business{Slug: "sister", LegalName: "Sister", Purposes: h.tenant.Purposes})
	h.must(err)
	_, withdraw := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: other, Subject: id, Channel: "letter", Words: "stop", Operator: "rosa"})
	for what, err := range map[string]error{
		"a stop": withdraw, "a lift": h.optin.LiftStops(t.Context(), other, id, "closed", "rosa"), "under age": h.optin.UnderAge(t.Context(), other, id, "told", "rosa"),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h.wants(anna, "offers", "")
}
