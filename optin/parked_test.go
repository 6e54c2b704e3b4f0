package optin_test

import (
	"testing"

	"assent/business"
	"assent/fault"
)

// parkedAlarms counts the open alarms about parked bodies.
func (h *house) parkedAlarms() (n int) {
	h.Helper()
	for _, a := range h.alarms() {
		if a.Kind == business.AlarmParked {
			n++
		}
	}
	return n
}

// What is put away is gone with its key, and the alarm ends with the last: one that
// nothing here would ever know kept its alarm and its personal data for good.
func TestParkedIsPutAway(t *testing.T) {
	h := newHouse(t)
	h.raw("brand_new", `{"from":"4917012345699"}`)
	h.raw("other_new", `{"from":"4917012345699"}`)
	list, err := h.manage.ListParked(t.Context(), h.tenant.ID, 9)
	h.must(err)
	if len(list) != 2 || h.parkedAlarms() != 1 {
		t.Fatalf("%+v, %d alarms", list, h.parkedAlarms())
	}
	away := func(of, id string) error {
		return h.manage.DiscardParked(t.Context(), of, id, "not ours", "eve")
	}
	if err := away("another", list[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("by another business: %v", err)
	}
	h.must(h.manage.ReplayParked(t.Context(), h.tenant.ID, list[0].ID, "eve"))
	if err := away(h.tenant.ID, list[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("while it is handled again: %v", err)
	}
	h.settle()
	for i, d := range list {
		if h.parkedAlarms() != 1 {
			t.Errorf("%d alarms before %d", h.parkedAlarms(), i)
		}
		h.must(away(h.tenant.ID, d.ID))
	}
	if h.parkedAlarms() != 0 || len(h.parkedReasons()) != 0 {
		t.Errorf("left: %d alarms, %q", h.parkedAlarms(), h.parkedReasons())
	}
	var bodies, keys int
	h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM inbox WHERE state <> 'done'`).Scan(&bodies))
	h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM day_keys WHERE id LIKE 'parked/%'`).Scan(&keys))
	if bodies != 0 || keys != 0 {
		t.Errorf("%d bodies and %d keys are left", bodies, keys)
	}
	h.must(h.optin.AlarmParked(t.Context()))
	h.settle()
	if h.parkedAlarms() != 0 {
		t.Error("the alarm is back")
	}
	h.audited()
}
