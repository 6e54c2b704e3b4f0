package admin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/chat"
	"assent/funnel"
	"assent/manage"
	"assent/store"
	"assent/template"
)

// sent keeps messages by template that a number was given to send.
func (o *office) sent(prefix string, n int, state chat.MessageState, at time.Time) {
	o.T.Helper()
	err := o.Store.ReadWrite(o.T.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			m := chat.Message{ID: fmt.Sprintf("%s%d", prefix, i), Business: o.Business, Sender: o.Tenant().Senders[0].ID, Kind: chat.KindTemplate, Lang: "de", Sealed: []byte("sealed"), State: state, CreatedAt: at, ChangedAt: at}
			if state == chat.Failed {
				m.Code = 131026
			}
			if err := tx.InsertMessage(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.T.Fatal(err)
	}
}

// polled asks Meta how the number stands, and returns the kinds of what is open.
func (o *office) polled() (kinds []string) {
	o.T.Helper()
	t := o.Tenant()
	if err := o.Templates.Poll(o.T.Context(), t, t.Senders[0]); err != nil {
		o.T.Fatal(err)
	}
	open, err := o.Manage.OpenAlarms(o.T.Context(), t.ID)
	if err != nil {
		o.T.Fatal(err)
	}
	for _, a := range open {
		if a.Holds != business.HoldsTemplates {
			o.T.Errorf("%s holds %q", a.Kind, a.Holds)
		}
		kinds = append(kinds, string(a.Kind))
	}
	return kinds
}

// Templates pause where too many fail, until an operator lets them go; what came
// before is not held against the number again.
func TestTemplatesPauseWhereTheyFail(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.sent("old", 60, chat.Failed, o.Clock.Now().Add(-25*time.Hour))
	o.sent("good", 45, chat.Delivered, o.Clock.Now().Add(-time.Hour))
	o.sent("bad", 5, chat.Failed, o.Clock.Now().Add(-time.Hour))
	if got := o.polled(); len(got) != 0 {
		t.Fatalf("at the threshold: %v", got)
	}
	o.sent("worse", 1, chat.Failed, o.Clock.Now().Add(-time.Hour))
	if got := o.polled(); len(got) != 1 || got[0] != "failing" {
		t.Fatalf("over the threshold: %v", got)
	}
	a := o.get("/admin/health")
	for _, want := range []string{"6 / 51", "Paused", "131026", "No message by template is sent"} {
		if !strings.Contains(a.text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !strings.Contains(o.get("/admin/consents").body, `href="/admin/alarms"`) {
		t.Error("no page says that something needs an operator")
	}
	open, err := o.Manage.OpenAlarms(t.Context(), o.Business)
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(time.Minute)
	if a := o.do("POST", "/admin/alarms/"+open[0].ID+"/resolve", nil); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	if got := o.polled(); len(got) != 0 {
		t.Errorf("after it was lifted: %v", got)
	}
	if a := o.get("/admin/health"); strings.Contains(a.text(), "Paused") || !strings.Contains(a.text(), "Resolved") {
		t.Errorf("the page does not tell that it was lifted: %s", a.text())
	}
	o.Clock.Advance(time.Minute)
	o.sent("again", 50, chat.Failed, o.Clock.Now())
	if got := o.polled(); len(got) != 1 {
		t.Errorf("new failures: %v", got)
	}
}

// They pause where too many people stop, and where Meta's rating is the lowest.
func TestTemplatesPauseWherePeopleLeave(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	f := o.Directory().Funnels(o.Business)[0]
	w := store.As[manage.Reader, manage.Writer](o.Store)
	count := func(kind funnel.CountKind, n int) {
		err := w.ReadWrite(t.Context(), func(ctx context.Context, w manage.Writer) error {
			return w.AddCounts(ctx, map[funnel.Count]int{{Funnel: f.ID, Lang: "de", Hour: funnel.HourOf(o.Clock.Now()), Kind: kind}: n})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	count(funnel.CountConfirmed, 50)
	count(funnel.CountStopped, 10)
	if got := o.polled(); len(got) != 0 {
		t.Fatalf("at the threshold: %v", got)
	}
	count(funnel.CountStopped, 1)
	if got := o.polled(); len(got) != 1 || got[0] != "leaving" {
		t.Fatalf("over the threshold: %v", got)
	}
	if a := o.get("/admin/health"); !strings.Contains(a.text(), f.Slug) || !strings.Contains(a.text(), "22 %") && !strings.Contains(a.text(), "22%") {
		t.Errorf("%s", a.text())
	}
}

// graded is a Meta that rates the number.
type graded struct {
	manage.Graph
	quality string
}

func (g *graded) Templates(context.Context, *business.Sender) ([]template.Template, error) {
	return nil, nil
}

func (g *graded) Number(context.Context, *business.Sender) (business.AccountState, error) {
	return business.AccountState{Quality: g.quality, Limit: "TIER_2K"}, nil
}

// They pause where Meta's rating falls to the lowest, and go on where it rises or an
// operator says so. What Meta told stands in the history, and the ladder where it
// applies.
func TestTemplatesPauseAtTheLowestRating(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	meta := &graded{}
	o.App.Templates = o.Manage.Templates(meta)
	for _, step := range []struct {
		quality string
		want    int
	}{{"GREEN", 0}, {"YELLOW", 0}, {"RED", 1}, {"RED", 1}, {"GREEN", 0}, {"RED", 1}} {
		meta.quality = step.quality
		o.Clock.Advance(time.Minute)
		if got := o.polled(); len(got) != step.want || step.want > 0 && got[0] != "red" {
			t.Errorf("%s: %v", step.quality, got)
		}
	}
	open, err := o.Manage.OpenAlarms(t.Context(), o.Business)
	if err != nil {
		t.Fatal(err)
	}
	if a := o.do("POST", "/admin/alarms/"+open[0].ID+"/resolve", nil); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	if got := o.polled(); len(got) != 0 {
		t.Errorf("what an operator lifted is paused again: %v", got)
	}
	a := o.get("/admin/health")
	for _, want := range []string{"TIER_2K", "quality: GREEN → YELLOW", "quality: YELLOW → RED", "limit: TIER_2K"} {
		if !strings.Contains(a.text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(a.text(), "Meta goes step by step") {
		t.Error("the ladder stands there for nothing")
	}
	until := o.Clock.Now().Add(72 * time.Hour)
	state, err := json.Marshal(business.AccountState{Violation: "SPAM", Restrictions: []business.Restriction{{Type: "RESTRICTED_BIZ_INITIATED_MESSAGING", Until: until}}})
	if err != nil {
		t.Fatal(err)
	}
	err = o.Store.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SetAccountState(ctx, o.Tenant().Senders[0].AboutWABA(), state, o.Clock.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Meta goes step by step", "No messages by template RESTRICTED_BIZ_INITIATED_MESSAGING", "Spam"} {
		if !strings.Contains(o.get("/admin/health").text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
