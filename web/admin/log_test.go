package admin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"assent/ledger"
	"assent/manage"
)

// logOf is the log of an installation, with outsiders as a test wants them.
type logOf struct {
	*manage.Service
	outsiders []manage.AnchorState
}

func (l *logOf) Outsiders(context.Context) ([]manage.AnchorState, error) { return l.outsiders, nil }

// Operators see the log's head, who outside vouches for it and how long ago, and
// an alarm where a witness saw another log.
func TestLogPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if a := o.get("/admin/log"); a.status != 200 || !strings.Contains(a.body, "Nothing is in the log yet") || !strings.Contains(a.body, "Nobody outside vouches") {
		t.Errorf("before anything: %d\n%s", a.status, a.body)
	}
	if a := o.get("/admin/log/checkpoint"); a.status != 404 {
		t.Errorf("a checkpoint before there is one: %d", a.status)
	}
	if _, err := o.Manage.SignCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := o.Clock.Now()
	o.ledger.outsiders = []manage.AnchorState{
		{Party: ledger.Party{Kind: ledger.Cosigned, Name: "witness.test/w"}, Size: 12, At: now.Add(-3 * time.Minute)},
		{Party: ledger.Party{Kind: ledger.Stamped, Name: "free"}, Failed: 2, Problem: "The time-stamp authority did not answer."},
		{Party: ledger.Party{Kind: ledger.Cosigned, Name: "<b>w2</b>"}, Size: 90, At: now, Failed: 1, Problem: "The witness has seen 90 entries.", Alarm: true},
		{Party: ledger.Party{Kind: ledger.Stamped, Name: "new"}},
	}
	signed := o.get("/admin/log/checkpoint")
	cp, err := ledger.ParseCheckpoint([]byte(signed.body))
	if err != nil {
		t.Fatal(err)
	}
	a := o.get("/admin/log")
	for _, want := range []string{cp.Short(), o.Manage.Installation().Log.VerifierKey(), "witness.test/w", "over 12 entries", "Vouches", "Does not answer", "2 times in a row",
		"did not answer", "Alarm", "has seen another log", "Is asked", "Not yet", "Private"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(a.body, "<b>w2") {
		t.Error("a name is markup")
	}
	for _, lang := range []string{"de", "ar"} {
		if a := o.get("/admin/log?lang=" + lang); a.status != 200 || strings.Contains(a.body, "admin.log") || strings.Contains(a.body, "Nobody outside") {
			t.Errorf("%s: %d", lang, a.status)
		}
	}
}
