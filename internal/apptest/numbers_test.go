package apptest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/manage"
	"assent/optin"
	"assent/phone"
	"assent/records"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// numbers returns the figures of a funnel of the days around the clock.
func numbers(a *apptest.App, slug string, narrow ...func(*funnel.CountQuery)) manage.Numbers {
	a.T.Helper()
	f, _, _ := a.Directory().Funnel(slug)
	day := funnel.DayOf(a.Clock.Now())
	q := funnel.CountQuery{Funnel: f.ID, From: day - 9, Until: day + 1}
	for _, fn := range narrow {
		fn(&q)
	}
	n, err := a.Manage.Numbers(a.T.Context(), q)
	if err != nil {
		a.T.Fatal(err)
	}
	return n
}

// again lets a person act, and WhatsApp tell it three times.
func again(a *apptest.App, in simulator.Inbound) {
	a.T.Helper()
	in.To, in.Duplicates = apptest.PhoneNumberID, 2
	a.Act(in)
}

// confirmAgain confirms a request, three times over.
func confirmAgain(a *apptest.App, token, number string) {
	a.T.Helper()
	p, err := a.Optin.Pending(a.T.Context(), token)
	if err != nil {
		a.T.Fatal(err)
	}
	again(a, simulator.Inbound{From: number, Text: p.Text})
}

func accountOf(t *testing.T, number string) tenant.Account {
	t.Helper()
	n, err := phone.ParseE164(number)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.Account{Number: n}
}

func phoneOf(n int) string { return fmt.Sprintf("+4917012345%02d", n) }

// What happened, and what the figures say of it: every webhook comes three
// times, and every closure runs twice.
func TestNumbersAreWhatHappened(t *testing.T) {
	a := apptest.New(t)
	f, _, _ := a.Directory().Funnel(apptest.Chat)
	entry, err := a.Manage.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryLink, Code: "NEWS7", Label: "newsletter"})
	if err != nil {
		t.Fatal(err)
	}
	submit := func(lang, code string) string {
		return a.Submit(optin.Submission{Slug: apptest.Chat, Lang: lang, Entry: code, Purposes: []string{apptest.Offers, apptest.Orders}})
	}
	var tokens []string
	for _, s := range []struct{ lang, code string }{{"de", "NEWS7"}, {"de", "NEWS7"}, {"en", ""}, {"en", ""}, {"ar", "NEWS7"}} {
		tokens = append(tokens, submit(s.lang, s.code))
	}
	a.Clock.Advance(30 * time.Second)
	confirmAgain(a, tokens[0], phoneOf(0))
	confirmAgain(a, tokens[0], phoneOf(0)) // a second time, by the person: answered, not counted
	a.Clock.Advance(30 * time.Minute)
	confirmAgain(a, tokens[1], phoneOf(1))
	confirmAgain(a, tokens[2], phoneOf(2))
	again(a, simulator.Inbound{From: phoneOf(0), Text: "STOP"})
	again(a, simulator.Inbound{From: phoneOf(0), Text: "STOP"}) // ends nothing more
	again(a, simulator.Inbound{From: phoneOf(9), Text: "STOP"}) // nobody ever gave this
	a.Clock.Advance(funnel.RequestLife + time.Hour)
	for range 2 {
		if _, err := a.Optin.ExpireRequests(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := funnel.Figures{
		funnel.CountSubmitted: 5, funnel.CountConfirmed: 3, funnel.CountMinute: 1, funnel.CountHour: 2, funnel.CountStopped: 1, funnel.CountExpired: 2,
	}
	n := numbers(a, apptest.Chat)
	if diff := cmp.Diff(want, n.Now); diff != "" {
		t.Errorf("all: %s", diff)
	}
	// The stop counts where the yes came from, in its language.
	if diff := cmp.Diff([]funnel.CountRow{
		{Entry: entry.ID, Figures: funnel.Figures{funnel.CountSubmitted: 3, funnel.CountConfirmed: 2, funnel.CountMinute: 1, funnel.CountHour: 1, funnel.CountStopped: 1, funnel.CountExpired: 1}},
		{Figures: funnel.Figures{funnel.CountSubmitted: 2, funnel.CountConfirmed: 1, funnel.CountHour: 1, funnel.CountExpired: 1}},
	}, n.Entries); diff != "" {
		t.Errorf("by entry point: %s", diff)
	}
	arabic := numbers(a, apptest.Chat, func(q *funnel.CountQuery) { q.Lang = "ar" })
	if diff := cmp.Diff(funnel.Figures{funnel.CountSubmitted: 1, funnel.CountExpired: 1}, arabic.Now); diff != "" {
		t.Errorf("in Arabic: %s", diff)
	}
	german := slices.IndexFunc(n.Languages, func(r funnel.CountRow) bool { return r.Lang == "de" })
	if got := n.Languages[german].Figures[funnel.CountStopped]; got != 1 {
		t.Errorf("stopped in German: %d", got)
	}
	// What is done later changes no figure of before.
	day := funnel.DayOf(a.Clock.Now())
	a.Clock.Advance(48 * time.Hour)
	if _, err := a.Optin.Withdraw(t.Context(), optin.Withdrawal{Business: a.Business, Account: accountOf(t, phoneOf(1)), Channel: "call"}); err != nil {
		t.Fatal(err)
	}
	before := func(q *funnel.CountQuery) { q.From, q.Until = day-9, day+1 }
	if diff := cmp.Diff(want, numbers(a, apptest.Chat, before).Now); diff != "" {
		t.Errorf("the time before has changed: %s", diff)
	}
	if got := numbers(a, apptest.Chat).Now[funnel.CountStopped]; got != 2 {
		t.Errorf("%d stopped in all, want 2", got)
	}
}

// A printed code: one sign-up, however many questions it has.
func TestNumbersOfAPrintedCode(t *testing.T) {
	a := apptest.New(t)
	answer := func(number string, buttons ...int) {
		again(a, simulator.Inbound{From: number, Text: "Hello Sonnentor! I would like to hear from you. Code " + apptest.PrintedCode})
		for _, b := range buttons {
			said := a.Received(number)
			slices.Reverse(said) // the newest question
			asked := slices.IndexFunc(said, func(m simulator.Message) bool { return len(m.Buttons) == 2 })
			again(a, simulator.Inbound{From: number, Button: said[asked].Buttons[b].Payload})
		}
	}
	answer(phoneOf(0), 0, 0) // yes, yes
	answer(phoneOf(1), 1, 0) // no, yes
	answer(phoneOf(2), 0, 1) // yes, no
	answer(phoneOf(3), 1, 1) // no, no
	answer(phoneOf(4), 1)    // no, and then silence
	if diff := cmp.Diff(funnel.Figures{funnel.CountWrote: 5, funnel.CountConfirmed: 3, funnel.CountRefused: 1}, numbers(a, apptest.Printed).Now); diff != "" {
		t.Error(diff)
	}
	again(a, simulator.Inbound{From: phoneOf(0), Text: "STOP"})
	if got := numbers(a, apptest.Printed).Now[funnel.CountStopped]; got != 1 {
		t.Errorf("%d stopped, want 1", got)
	}
}

// The message that a form asked for: a no, a stop before the answer, and one
// that does not arrive.
func TestNumbersOfATemplate(t *testing.T) {
	a := apptest.New(t)
	ask := func(number string) {
		token := a.Submit(optin.Submission{Slug: apptest.Asking, Lang: "de", Phone: number, Purposes: []string{apptest.Orders}})
		if err := a.Optin.AskTemplate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		a.Settle()
	}
	for n, button := range []int{0, 1, 2} { // yes, no, not me
		ask(phoneOf(n))
		again(a, simulator.Inbound{From: phoneOf(n), Button: a.Received(phoneOf(n))[0].Buttons[button].Payload})
	}
	ask(phoneOf(3))
	again(a, simulator.Inbound{From: phoneOf(3), Text: "STOP"})
	ask("+4917001131026") // the simulator says later that it did not arrive
	got := numbers(a, apptest.Asking).Now
	want := funnel.Figures{funnel.CountSubmitted: 5, funnel.CountConfirmed: 1, funnel.CountMinute: 1, funnel.CountRefused: 1, funnel.CountClosed: 2, funnel.CountNotSent: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An erasure needs to touch no figure: they name nobody.
func TestNumbersOutliveAnErasure(t *testing.T) {
	a := apptest.New(t)
	a.OptIn(person, apptest.Offers)
	before := numbers(a, apptest.Chat).Now
	if before[funnel.CountConfirmed] != 1 {
		t.Fatalf("%v", before)
	}
	if _, err := a.Records.Erase(t.Context(), records.Erasure{Business: a.Business, Account: accountOf(t, person), Reason: "asked", Method: "command", Actor: "mia"}); err != nil {
		t.Fatal(err)
	}
	if got := a.Check(person, apptest.Offers).State; got == consent.Given {
		t.Errorf("not erased: %s", got)
	}
	after := numbers(a, apptest.Chat).Now
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}
