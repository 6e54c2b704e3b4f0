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

// Somebody whom an audit has met as one who turned out to be another is parted
// from that other before it meets them: nothing is wrong with that.
func TestAuditComplainedOfWhoWasPartedMeanwhile(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // one crowd after the other
	h := newHouse(t)
	h.says(anna, "", h.prefilled(h.offers()), 0)
	const crowd = 128      // so many people are read at once
	for i := range crowd { // others between them
		h.clock.pass(time.Second)
		_, err := h.optin.Withdraw(t.Context(), optin.Withdrawal{Business: h.tenant.ID, Account: h.account(fmt.Sprintf("+49151200%05d", i)), Channel: "letter"})
		h.must(err)
	}
	h.says("", "DE.R1", "STOP", 0)
	h.says(anna, "DE.R1", "STOP", 0)
	h.settle()

	parted := false
	s := records.New(store.As[records.Reader, records.Writer](h.store), h.manage.Directory(), h.manage.Installation(), h.clock.now, rand.Reader)
	report, err := s.Audit(t.Context(), records.AuditOptions{Progress: func(done, _ int64) {
		if parted || done < crowd { // people come first
			return
		}
		parted = true
		h.part(anna)
		time.Sleep(300 * time.Millisecond) // the next crowd is of the state after this
	}})
	h.must(err)
	for _, c := range report.Checks {
		if !c.OK {
			t.Errorf("%s: %s", c.Name, strings.Join(c.Detail, "; "))
		}
	}
	if !parted {
		t.Error("nobody was parted")
	}
	h.audited()
}

// keep copies what the tables hold, and returns what puts it back.
func (h *house) keep(tables ...string) (restore func()) {
	h.Helper()
	raw := h.db.Raw(h)
	defer raw.Close() //nolint:errcheck // of a test
	for _, table := range tables {
		_, err := raw.Exec(`CREATE TABLE kept_` + table + ` AS SELECT * FROM ` + table)
		h.must(err)
	}
	return func() {
		h.Helper()
		raw := h.db.Raw(h)
		defer raw.Close() //nolint:errcheck // of a test
		for _, table := range tables {
			for _, query := range []string{`DELETE FROM ` + table, `INSERT INTO ` + table + ` SELECT * FROM kept_` + table} {
				_, err := raw.Exec(query)
				h.must(err)
			}
		}
	}
}

// Rows that were put back to how they were before a join, or before a parting,
// follow from the chains of two people and of one, but the events say otherwise.
func TestAuditPassedRowsFromBeforeAJoin(t *testing.T) {
	both := func(h *house, number string) {
		h.clock.pass(10 * time.Second)
		pref := map[string]any{"user_id": "DE.A1", "value": "resume", "category": "marketing_messages", "timestamp": h.clock.now().Unix()}
		if number != "" {
			pref["wa_id"] = strings.TrimPrefix(number, "+")
		}
		h.webhook(map[string]any{"user_preferences": []any{pref}})
	}
	tampered := func(t *testing.T, h *house, query string, want string, args ...any) {
		raw := h.db.Raw(t)
		_, err := raw.Exec(query, args...)
		h.must(err)
		h.must(raw.Close())
		s := records.New(store.As[records.Reader, records.Writer](h.store), h.manage.Directory(), h.manage.Installation(), h.clock.now, rand.Reader)
		report, err := s.Audit(t.Context(), records.AuditOptions{})
		h.must(err)
		i := slices.IndexFunc(report.Checks, func(c records.Check) bool { return c.Name == records.CheckChains })
		if found := strings.Join(report.Checks[i].Detail, "; "); !strings.Contains(found, want) {
			t.Errorf("found only %q", found)
		}
	}
	t.Run("before a join", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		both(h, "")
		restore, joined := h.keep("identifiers", "consents"), h.whose(anna)
		both(h, anna)
		if h.whose(anna) == joined {
			t.Fatal("not joined")
		}
		h.audited()
		restore()
		tampered(t, h, `UPDATE subjects SET merged_into = '' WHERE id = $1`, "says that \""+joined+"\" turned out to be them", joined)
	})
	t.Run("before a parting", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		both(h, "")
		joined := h.whose(anna)
		both(h, anna)
		whole := h.whose(anna)
		h.part(anna)
		if h.whose(anna) != joined {
			t.Fatal("they did not get their record back")
		}
		h.audited()
		tampered(t, h, `UPDATE subjects SET merged_into = $2 WHERE id = $1`, "no event says that they turned out to be "+whole, joined, whole)
	})
}
