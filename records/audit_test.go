package records_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/internal/apptest"
	"assent/records"
	"assent/tenant"
)

func auditOf(t testing.TB, h *house, o records.AuditOptions) records.Report {
	t.Helper()
	report, err := h.records.Audit(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func failed(r records.Report) string {
	var b strings.Builder
	for _, c := range r.Checks {
		if !c.OK {
			b.WriteString(c.Name + ": " + c.Words + "\n  " + strings.Join(c.Detail, "\n  ") + "\n")
		}
	}
	return b.String()
}

func TestAuditOfWhatHappened(t *testing.T) {
	h := newHouse(t)
	h.story()
	report := auditOf(t, h, records.AuditOptions{})
	if !report.OK || report.ExitCode() != 0 {
		t.Errorf("%s\n%s", report.Words, failed(report))
	}
	if report.Events != report.Size || report.Events == 0 || report.People != 4 || report.Consents == 0 {
		t.Errorf("%+v", report)
	}
}

// An audit does not disturb a running server, nor is it disturbed.
func TestAuditWhileThingsHappen(t *testing.T) {
	h := newHouse(t)
	h.story()
	h.later(time.Minute)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			h.Confirm(h.form(apptest.Numbered, "0170 1234567", apptest.Offers), ada)
			h.later(10 * time.Second)
			h.Say(ada, "STOP")
			h.withdraw(tenant.Account{Number: number(t, dora)}, apptest.Orders, "mia")
			h.merge("+436649876543")
			h.later(10 * time.Second)
		}
	})
	audits := 0
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); audits++ {
		if report := auditOf(t, h, records.AuditOptions{}); !report.OK {
			t.Errorf("%s\n%s", report.Words, failed(report))
			break
		}
	}
	stop()
	wg.Wait()
	report := auditOf(t, h, records.AuditOptions{})
	t.Logf("%d audits meanwhile; %d events at the end", audits, report.Events)
	if !report.OK {
		t.Errorf("at the end: %s", failed(report))
	}
}
