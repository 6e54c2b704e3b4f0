package optin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/job"
	"assent/optin"
	"assent/records"
	"assent/subject"
)

// errands returns how many wait, and what they say in the clear.
func (h *house) errands() (n int, said string) {
	h.Helper()
	rows, err := h.db.Raw(h).Query(`SELECT id, subject, CAST(sealed AS TEXT) FROM errands`)
	h.must(err)
	defer func() { h.must(rows.Close()) }()
	for rows.Next() {
		var id, about, sealed string
		h.must(rows.Scan(&id, &about, &sealed))
		n, said = n+1, said+id+about+sealed
	}
	h.must(rows.Err())
	return n, said
}

// runs lets the jobs run that are due after the time.
func (h *house) runs(after time.Duration) {
	h.Helper()
	h.clock.pass(after)
	h.settle()
}

// Whoever is erased is taken out of the contact book that Meta keeps, and
// whoever is locked: later nobody knows any more whom to name (rule 31).
func TestRule31ContactBook(t *testing.T) {
	for name, remove := range map[string]func(h *house) error{
		"erased": func(h *house) error {
			_, err := h.records.Erase(h.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"})
			return err
		},
		"locked": func(h *house) error {
			_, err := h.records.Lock(h.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"}, h.clock.now().Add(365*24*time.Hour))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.both(anna)
			id := h.userID(anna)
			h.runs(time.Hour)
			if !h.sim.InContactBook(anna, "300") {
				t.Fatal("she is not in it")
			}
			h.must(remove(h))
			h.settle()
			if n, said := h.errands(); n != 1 || strings.Contains(said, id) || strings.Contains(said, strings.TrimPrefix(anna, "+")) {
				t.Errorf("%d errands, or they name her", n)
			}
			h.runs(2 * time.Minute)
			if h.sim.InContactBook(anna, "300") {
				t.Error("she is in it")
			}
			if n, _ := h.errands(); n != 0 {
				t.Errorf("%d errands wait", n)
			}
			if open := h.alarms(); len(open) != 0 {
				t.Errorf("alarms: %+v", open)
			}
			h.audited()
		})
	}
}

// failing is a transport whose errands fail.
type failing struct {
	optin.Transport
	err error
}

func (f *failing) Forget(context.Context, *business.Sender, string) error { return f.err }

// What fails is shown, tried again for a week where that can help, and forgotten
// then: nobody's id is kept for ever.
func TestErrandsThatFail(t *testing.T) {
	h := newHouse(t)
	h.both(anna)
	_, err := h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"})
	h.must(err)
	var ref string
	h.must(h.db.Raw(t).QueryRow(`SELECT id FROM errands`).Scan(&ref))
	j := job.Job{ID: ref, Kind: optin.JobErrand, Ref: ref}
	carrier := &failing{h.transport, nil}
	h.reopen(carrier)
	try := func(refused *optin.SendError) error {
		carrier.err = refused
		return h.optin.RunErrand(t.Context(), j)
	}
	alarm := func(want int) {
		t.Helper()
		n := 0
		for _, a := range h.alarms() {
			if a.Kind == business.AlarmForget {
				n++
				if a.Holds != business.HoldsNothing || strings.Contains(a.Detail+a.Name+a.About, "DE.") || strings.Contains(a.Detail, "1701234567") {
					t.Errorf("%+v", a)
				}
			}
		}
		if n != want {
			t.Errorf("%d alarms, want %d", n, want)
		}
	}
	for _, refused := range []*optin.SendError{{Retry: true}, {Unclear: true}, {Code: 190}} {
		if err := try(refused); !errors.As(err, new(*optin.SendError)) {
			t.Errorf("%+v is not tried again: %v", refused, err)
		}
	}
	alarm(1)
	carrier.err = nil
	h.must(h.optin.RunErrand(t.Context(), j))
	alarm(0)
	if n, _ := h.errands(); n != 0 {
		t.Error("it was done, and waits")
	}
	h.must(h.optin.RunErrand(t.Context(), j)) // twice does no harm

	h.both(bernd)
	_, err = h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(bernd), Reason: "asked", Method: "test"})
	h.must(err)
	h.must(h.db.Raw(t).QueryRow(`SELECT id FROM errands`).Scan(&ref))
	j.Ref = ref
	h.clock.pass(8 * 24 * time.Hour)
	h.must(try(&optin.SendError{Retry: true}))
	alarm(1)
	if n, _ := h.errands(); n != 0 {
		t.Error("it was given up, and waits")
	}
}

// A refusal that no further try can change ends it.
func TestErrandRefusedForGood(t *testing.T) {
	h := newHouse(t)
	h.both(anna)
	_, err := h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"})
	h.must(err)
	h.reopen(&failing{h.transport, &optin.SendError{Code: 131009, Details: "The id 491701234567 is of another portfolio"}})
	h.runs(2 * time.Minute)
	if n, _ := h.errands(); n != 0 {
		t.Error("it waits")
	}
	open := h.alarms()
	if len(open) != 1 || open[0].Kind != business.AlarmForget || open[0].Code != 131009 || strings.Contains(open[0].Detail, "1701234567") {
		t.Errorf("%+v", open)
	}
}

// Where the business wants it, whoever says that it was not they is blocked, once
// they were told.
func TestNotMeBlocks(t *testing.T) {
	for name, wants := range map[string]bool{"as set": true, "not by itself": false} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.tenant.BlockNotMe = wants
			h.both(anna)
			h.tap(anna, "This wasn't me")
			if h.sim.BlockedBy(anna, shopID) {
				t.Error("blocked before she was told")
			}
			if told := h.last(anna).Text; strings.Contains(told, "blocked") != wants || !strings.Contains(told, "Thank you for telling us") {
				t.Errorf("told %q", told)
			}
			h.runs(time.Minute)
			if h.sim.BlockedBy(anna, shopID) != wants {
				t.Errorf("blocked: %v", !wants)
			}
			if n, _ := h.errands(); n != 0 {
				t.Errorf("%d errands wait", n)
			}
			h.audited()
		})
	}
	t.Run("by a template's button", func(t *testing.T) {
		h := newHouse(t)
		h.tenant.BlockNotMe = true
		h.tasting(h.shown("tasting", "en"))
		h.tap(anna, "This wasn't me")
		h.runs(time.Minute)
		if !h.sim.BlockedBy(anna, shopID) {
			t.Error("not blocked")
		}
	})
	t.Run("forgotten with who is erased first", func(t *testing.T) {
		h := newHouse(t)
		h.tenant.BlockNotMe = true
		h.both(anna)
		h.tap(anna, "This wasn't me")
		_, err := h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Account: h.account(anna), Reason: "asked", Method: "test"})
		h.must(err)
		n := 0
		h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM errands WHERE kind = '` + string(subject.Block) + `'`).Scan(&n))
		if n != 0 {
			t.Error("whom to block is kept")
		}
	})
}

// Who said that it was not they, and wants to be heard again, is unblocked by an operator:
// durably, as an event, and without any stop's end.
func TestUnblock(t *testing.T) {
	h := newHouse(t)
	h.tenant.BlockNotMe = true
	h.both(anna)
	var id string
	h.must(h.db.Raw(t).QueryRow(`SELECT id FROM subjects`).Scan(&id))
	if err := h.optin.Unblock(t.Context(), h.tenant.ID, id, "rosa"); !fault.Is(err, fault.Conflict) {
		t.Errorf("who never said so: %v", err)
	}
	h.tap(anna, "This wasn't me")
	h.runs(time.Minute)
	if !h.sim.BlockedBy(anna, shopID) {
		t.Fatal("not blocked")
	}
	h.reopen(unreached{h.transport})
	h.must(h.optin.Unblock(t.Context(), h.tenant.ID, id, "rosa"))
	var ref string
	h.must(h.db.Raw(t).QueryRow(`SELECT id FROM errands`).Scan(&ref))
	if err := h.optin.RunErrand(t.Context(), job.Job{ID: ref, Kind: optin.JobErrand, Ref: ref}); err == nil {
		t.Error("what failed is done with")
	}
	if open := h.alarms(); len(open) != 1 || open[0].Kind != business.AlarmUnblock {
		t.Errorf("%+v", open)
	}
	h.reopen(h.transport)
	h.runs(2 * time.Hour)
	if n, _ := h.errands(); h.sim.BlockedBy(anna, shopID) || n != 0 || len(h.alarms()) != 0 {
		t.Errorf("blocked: %v; %d errands; alarms %+v", h.sim.BlockedBy(anna, shopID), n, h.alarms())
	}
	h.wants(anna, "offers", consent.ReasonSuppressed)
	if names := h.events(anna); names[len(names)-1] != "operator.acted" {
		t.Errorf("%v", names)
	}
	h.audited()
}

// unreached does not reach WhatsApp for the end of a block.
type unreached struct{ optin.Transport }

func (unreached) Unblock(context.Context, *business.Sender, string, string) error {
	return &optin.SendError{Retry: true, Err: errors.New("no way")}
}

// reopen lets the house send by another transport.
func (h *house) reopen(carrier optin.Transport) {
	h.Helper()
	h.optin = h.with(carrier)
}
