package admin_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"assent/funnel"
	"assent/internal/apptest"
	"assent/optin"
)

func TestNumbersPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/funnels/" + apptest.Chat + "/numbers"
	if a := o.get(at); a.status != 200 || !strings.Contains(a.text(), "Nothing to count yet") || strings.Contains(a.body, "numbers.csv") {
		t.Errorf("before anything: %d %s", a.status, a.text())
	}
	if a := o.get("/admin/funnels"); !strings.Contains(a.body, `href="`+at+`"`) {
		t.Error("the list of funnels does not lead there")
	}
	if a := o.get("/admin/funnels/" + apptest.Chat); !strings.Contains(a.body, `href="`+at+`"`) {
		t.Error("the funnel does not lead there")
	}
	f, _, _ := o.Directory().Funnel(apptest.Chat)
	entry, err := o.Manage.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryLink, Code: "NEWS7", Label: "=1+1"})
	if err != nil {
		t.Fatal(err)
	}
	o.OptIn(person, apptest.Offers)
	o.Submit(optin.Submission{Slug: apptest.Chat, Lang: "de", Entry: "NEWS7", Purposes: []string{apptest.Offers}})
	for range 4 {
		o.Manage.Count(f.ID, entry.ID, "de", funnel.CountView)
	}
	if err := o.Manage.FlushCounts(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := o.get(at)
	for _, must := range []string{
		"Page views 4", "Sign-ups begun 2", "50% of those reached", "Confirmed 1", "50% of those begun", "None in the 30 days before", "Half of them confirmed in under a minute.",
		"=1+1 · NEWS7 4 1 0 0% 0 0", "Without an entry point 0 1 1 100% 0 0", "Deutsch 4 1 0 0% 0 0", "Days are in UTC.",
	} {
		if !strings.Contains(page.text(), must) {
			t.Errorf("the page lacks %q", must)
		}
	}
	if strings.Contains(page.body, " style=") || !strings.Contains(page.body, `role="img"`) {
		t.Error("a style, or no drawing")
	}
	today := o.Clock.Now().Format(time.DateOnly)
	for _, tt := range []struct {
		query, says string
		status      int
	}{
		{"?days=1", "Hour by hour", 200}, {"?days=7", "None in the 7 days before", 200}, {"?days=365", "Week by week", 200}, {"?days=12", "Day by day", 200}, {"?days=x", "Day by day", 200},
		{"?from=" + today + "&until=" + today, "Hour by hour", 200}, {"?from=2020-01-01&until=2020-02-01", "Nothing in this time", 200},
		{"?from=2020-01-01", "at most two years apart", 422}, {"?from=" + today + "&until=2020-01-01", "at most two years apart", 422}, {"?from=0001-01-01&until=9999-12-31", "at most two years apart", 422},
		{"?entry=" + entry.ID, "Page views 4", 200}, {"?entry=none", "Sign-ups begun 1", 200}, {"?entry=other", "Sign-ups begun 2", 200}, {"?in=en", "Confirmed 1", 200}, {"?in=ar", "Nothing in this time", 200},
		{"?in=%00%22%3E%3Cb%3E", "Nothing in this time", 200},
	} {
		if a := o.get(at + tt.query); a.status != tt.status || !strings.Contains(a.text(), tt.says) {
			t.Errorf("%s: %d, lacks %q", tt.query, a.status, tt.says)
		}
	}
	if a := o.get("/admin/funnels/nothing/numbers"); a.status != 404 {
		t.Errorf("a funnel that is none: %d", a.status)
	}
}

func TestNumbersCSV(t *testing.T) {
	o := newOffice(t)
	at := "/admin/funnels/" + apptest.Chat + "/numbers.csv"
	if a := o.get(at); a.status == 200 {
		t.Fatal("given to somebody who is not signed in")
	}
	o.signIn()
	f, _, _ := o.Directory().Funnel(apptest.Chat)
	entry, err := o.Manage.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryLink, Code: "NEWS7", Label: "=1+1"})
	if err != nil {
		t.Fatal(err)
	}
	o.Submit(optin.Submission{Slug: apptest.Chat, Lang: "de", Entry: "NEWS7", Purposes: []string{apptest.Offers}})
	o.Clock.Advance(40 * 24 * time.Hour) // two pieces
	o.signIn()
	o.Manage.Count(f.ID, entry.ID, "ar", funnel.CountView)
	if err := o.Manage.FlushCounts(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := o.get(at + "?days=90")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv; charset=utf-8") || !strings.Contains(a.header.Get("Content-Disposition"), "numbers-"+apptest.Chat) {
		t.Fatalf("%d %v", a.status, a.header)
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v %q", err, rows)
	}
	if len(rows[0]) != 4+len(funnel.CountKinds) || rows[0][0] != "date" || rows[0][len(rows[0])-1] != "took_later" {
		t.Errorf("%q", rows[0])
	}
	if got := strings.Join(rows[1][:8], "|"); got != apptest.Start.Format(time.DateOnly)+"|NEWS7|'=1+1|de|0|0|0|1" {
		t.Errorf("the first row is %s", got)
	}
	if got := strings.Join(rows[2][3:8], "|"); got != "ar|1|0|0|0" {
		t.Errorf("the second row is %s", got)
	}
	if a := o.get(at + "?from=x&until=y"); a.status != 400 {
		t.Errorf("no dates: %d", a.status)
	}
}
