package records_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/ledger"
	"assent/proof"
	"assent/records"
	"assent/tenant"
)

const day = 24 * time.Hour

func (h *house) retain() records.Retained {
	h.T.Helper()
	done, err := h.records.Retain(context.Background(), h.Business)
	if err != nil {
		h.T.Fatal(err)
	}
	h.Settle()
	return done
}

func TestRetain(t *testing.T) {
	h := newHouse(t)
	h.join(ada)   // stays in force
	h.join(emil)  // ends
	h.join(frida) // ends, and is held
	h.join(gita)  // is locked
	h.Say(emil, "STOP")
	h.Say(frida, "STOP")
	h.later(time.Minute)
	h.hold(frida, true)
	heldID, goneID, lockedID := h.person(frida), h.person(emil), h.person(gita)
	for range 45 { // more than a slice
		h.form(apptest.Numbered, ida, apptest.Orders)
	}
	h.form(apptest.Numbered, frida, apptest.Orders) // of somebody held
	h.lock(gita)                                    // for 1000 hours
	if done := h.retain(); done != (records.Retained{}) {
		t.Errorf("at once: %+v", done)
	}
	size := h.logSize()
	h.later(29 * day)
	if done := h.retain(); done != (records.Retained{}) || h.logSize() != size {
		t.Errorf("too early: %+v, and %d events", done, h.logSize()-size)
	}
	h.later(2 * day)
	if done := h.retain(); done != (records.Retained{Forms: 45}) {
		t.Errorf("forms: %+v", done)
	}
	h.later(20 * day)
	if done := h.retain(); done != (records.Retained{Locks: 1}) {
		t.Errorf("locks: %+v", done)
	}
	h.later(5*365*day - 51*day)
	if done := h.retain(); done != (records.Retained{}) {
		t.Errorf("a day before five years: %+v", done)
	}
	h.later(3 * day)
	if done := h.retain(); done != (records.Retained{People: 1}) {
		t.Errorf("ended: %+v", done)
	}
	for id, erased := range map[string]bool{goneID: true, lockedID: true, heldID: false, h.person(ada): false} {
		if got := !h.show(id).ErasedAt.IsZero(); got != erased {
			t.Errorf("%s erased: %v", id, got)
		}
	}
	h.hold(frida, false)
	if done := h.retain(); done != (records.Retained{People: 1, Forms: 1}) {
		t.Errorf("after the hold: %+v", done)
	}
	h.mustHold()
}

func TestLock(t *testing.T) {
	h := newHouse(t)
	h.join(frida)
	h.form(apptest.Numbered, frida, apptest.Orders)
	id := h.person(frida)
	out := h.lock(frida)
	if out.Subject != id || out.Requests != 1 || out.LockedUntil.IsZero() {
		t.Errorf("%+v", out)
	}
	h.mustHold()
	t.Run("is in no list", func(t *testing.T) {
		if got := h.Check(frida, apptest.Offers); got.Allowed || got.Reason != consent.ReasonSuppressed {
			t.Errorf("%+v", got)
		}
		for _, search := range []string{frida, id, ""} {
			if n := len(list(t, h, records.Query{Search: search}).Rows); n != 0 {
				t.Errorf("%q: %d rows", search, n)
			}
		}
		if p := h.show(id); p.LockedUntil.IsZero() || p.Number != "" || len(p.Events) != 0 || len(p.Consents) != 0 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("is shown to whoever says why", func(t *testing.T) {
		if _, err := h.records.Reveal(t.Context(), h.Business, id, " ", "mia"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
		size := h.logSize()
		p, err := h.records.Reveal(t.Context(), h.Business, id, "case 7", "mia")
		if err != nil || p.Events[0].Name != evidence.SubjectLocked || p.Events[0].Problem != "" || h.logSize() != size+1 {
			t.Errorf("%v, %+v", err, p.Events)
		}
		if p.Consents[0].State != consent.Withdrawn {
			t.Errorf("%+v", p.Consents[0])
		}
	})
	t.Run("a proof can be made", func(t *testing.T) {
		h.sign()
		var b bytes.Buffer
		h.must(h.records.ProofOfPerson(t.Context(), h.Business, id, proof.Court, "mia", &b))
		report := verified(t, h, b.Bytes())
		if report.Verdict != proof.Valid {
			t.Errorf("%+v", report)
		}
	})
	t.Run("not twice", func(t *testing.T) {
		e := records.Erasure{Business: h.Business, Subject: id}
		if _, err := h.records.Lock(t.Context(), e, h.Clock.Now().Add(day)); !fault.Is(err, fault.Conflict) {
			t.Errorf("%v", err)
		}
		if _, err := h.records.Lock(t.Context(), e, h.Clock.Now()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
	})
	h.join(frida) // is somebody new
	if h.person(frida) == id {
		t.Error("the locked record came back")
	}
	h.mustHold()
	out = h.erase(records.Erasure{Subject: id})
	if len(out.Keys) != 2 { // the person's, and that of the form that they had confirmed
		t.Errorf("%+v", out)
	}
	h.mustHold()
	if got := h.Check(frida, apptest.Offers); !got.Allowed { // the new consent stands
		t.Errorf("%+v", got)
	}
}

// verified checks a bundle with the keys of the house.
func verified(t *testing.T, h *house, bundle []byte) proof.Report {
	t.Helper()
	key, err := ledger.ParseVerifier(h.Manage.Installation().Log.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	keys := h.Tenant().Keys
	report, err := proof.Verify(t.Context(), bytes.NewReader(bundle), int64(len(bundle)), proof.Pins{LogKey: key, Keys: &keys, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestHold(t *testing.T) {
	h := newHouse(t)
	h.join(gita)
	id := h.person(gita)
	h.hold(gita, true)
	h.mustHold()
	if !h.show(id).Held {
		t.Error("the hold does not show")
	}
	for name, fn := range map[string]func() error{
		"erase": func() error {
			_, err := h.records.Erase(t.Context(), records.Erasure{Business: h.Business, Account: tenant.Account{Number: number(t, gita)}})
			return err
		},
		"lock": func() error {
			_, err := h.records.Lock(t.Context(), records.Erasure{Business: h.Business, Subject: id}, h.Clock.Now().Add(day))
			return err
		},
		"hold": func() error { return h.records.Hold(t.Context(), h.Business, id, true, "again", "mia") },
	} {
		if err := fn(); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), "legal hold") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.records.Hold(t.Context(), h.Business, id, false, "", "mia"); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	h.sign()
	var b bytes.Buffer
	h.must(h.records.ProofOfPerson(t.Context(), h.Business, id, proof.Court, "mia", &b))
	if report := verified(t, h, b.Bytes()); report.Verdict != proof.Valid {
		t.Errorf("%+v", report)
	}
	h.hold(gita, false)
	h.mustHold()
	h.eraseNumber(gita)
	h.mustHold()
}

// A legal hold follows a number to the account that it turns out to be.
func TestHoldFollowsAMerge(t *testing.T) {
	h := newHouse(t)
	h.withdraw(tenant.Account{Number: number(t, hugo)}, apptest.Offers, "mia")
	h.later(time.Minute)
	h.hold(hugo, true)
	h.merge(hugo)
	if !h.show(h.person(hugo)).Held {
		t.Error("the hold was lost")
	}
	h.mustHold()
}

func TestKeeping(t *testing.T) {
	h := newHouse(t)
	for name, k := range map[string]business.Keeping{
		"neither": {AfterErasure: "forget"}, "negative": {EndedDays: -1}, "for ever": {LockDays: 1_000_000},
	} {
		if err := h.records.SetKeeping(t.Context(), h.Business, k, "mia"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.records.SetKeeping(t.Context(), "none", business.Keeping{}, "mia"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	k := business.Keeping{AfterErasure: business.LockFirst, UnconfirmedDays: 1}
	h.must(h.records.SetKeeping(t.Context(), h.Business, k, "mia"))
	h.must(h.Manage.Reload(t.Context()))
	if h.Tenant().Keeping != k {
		t.Errorf("%+v", h.Tenant().Keeping)
	}
	h.form(apptest.Numbered, ida, apptest.Orders)
	h.later(2 * day)
	want := h.retain()
	runs, err := h.records.Retentions(t.Context(), h.Business, 9)
	if err != nil || len(runs) != 1 || runs[0].Retained != want || want.Forms != 1 || runs[0].At.IsZero() {
		t.Errorf("%v, %+v", err, runs)
	}
	h.mustHold()
}
