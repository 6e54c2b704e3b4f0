package optin_test

import (
	"crypto/rand"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/optin"
	"assent/records"
	"assent/store"
)

// Somebody whom an audit has not met yet turns out to be one whom it has checked
// already: nobody looked at what was theirs.
func TestAuditMissedWhoMergedMeanwhile(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // one crowd after the other
	h := newHouse(t)
	h.says("", "DE.R1", "STOP", 0)
	const crowd = 128      // so many people are read at once
	for i := range crowd { // others between them
		h.clock.pass(time.Second)
		_, err := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: h.tenant.ID, Account: h.account(fmt.Sprintf("+49151200%05d", i)), Channel: "letter"})
		h.must(err)
	}
	h.says(anna, "", "STOP", 0)
	h.settle()
	raw := h.db.Raw(t)
	_, err := raw.Exec(`UPDATE subjects SET created_at = created_at + 86400000000 WHERE id = (SELECT max(id) FROM subjects)`)
	h.must(err)
	h.must(raw.Close())

	merged := false
	s := records.New(store.As[records.Reader, records.Writer](h.store), h.manage.Directory(), h.manage.Installation(), h.clock.now, rand.Reader)
	report, err := s.Audit(t.Context(), records.AuditOptions{Progress: func(done, _ int64) {
		if merged || done < crowd { // people come first
			return
		}
		merged = true
		h.says(anna, "DE.R1", "STOP", 0)
		time.Sleep(300 * time.Millisecond) // the next crowd is of the state after this
	}})
	h.must(err)
	i := slices.IndexFunc(report.Checks, func(c records.Check) bool { return c.Name == records.CheckChains })
	if found := strings.Join(report.Checks[i].Detail, "; "); !merged || !strings.Contains(found, "another day of its making") {
		t.Errorf("merged: %v; a changed row was not found: %q", merged, found)
	}
	if want := int64(crowd + 1); report.People != want {
		t.Errorf("%d people, want %d, each counted once", report.People, want)
	}
}
