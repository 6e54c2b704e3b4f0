package records_test

import (
	"context"
	"strings"
	"testing"

	"assent/records"
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
