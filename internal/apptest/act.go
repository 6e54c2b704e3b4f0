package apptest

import (
	"context"
	"errors"
	"time"

	"assent/consent"
	"assent/funnel"
	"assent/job"
	"assent/optin"
	"assent/permit"
	"assent/whatsapp/simulator"
)

// Settle does all that waits: webhooks, the inbox, checkpoints and due jobs,
// until nothing is left. Where a job comes again within a second, the clock is
// moved there.
func (a *App) Settle() {
	a.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for range 1000 {
		worked, err := a.step(ctx)
		if err != nil {
			a.T.Fatal(err)
		}
		if !worked {
			return
		}
	}
	a.T.Fatal("the installation does not come to rest")
}

func (a *App) step(ctx context.Context) (worked bool, err error) {
	if err := a.Simulator.Flush(ctx); err != nil {
		return false, err
	}
	n, err := a.Optin.HandleInbox(ctx)
	if err != nil {
		return false, err
	}
	signed, err := a.Manage.SignCheckpoint(ctx)
	if err != nil {
		return false, err
	}
	ran, err := a.runJobs(ctx)
	if err != nil || n > 0 || signed || ran {
		return n > 0 || signed || ran, err
	}
	at, ok, err := a.queue.Next(ctx)
	if wait := at.Sub(a.Clock.Now()); err == nil && ok && wait > 0 && wait <= time.Second {
		a.Clock.Advance(wait)
		return true, nil
	}
	return false, err
}

func (a *App) handle(ctx context.Context, j job.Job) error {
	switch j.Kind {
	case optin.JobSend:
		return a.Optin.Deliver(ctx, j)
	case optin.JobErase:
		return a.Optin.EraseWhoAsked(ctx, j)
	case optin.JobYounger:
		return a.Optin.EraseYounger(ctx, j)
	case optin.JobErrand:
		return a.Optin.RunErrand(ctx, j)
	}
	a.T.Errorf("a job of kind %q, which nobody handles", j.Kind)
	return nil
}

// runJobs runs what is due, one after another.
func (a *App) runJobs(ctx context.Context) (ran bool, err error) {
	now := a.Clock.Now()
	jobs, err := a.queue.Claim(ctx, now, now.Add(time.Minute), 100)
	if err != nil {
		return false, err
	}
	for _, j := range jobs {
		err := a.handle(ctx, j)
		var snooze job.Snooze
		switch {
		case err == nil:
			err = a.queue.Finish(ctx, j.ID)
		case errors.As(err, &snooze):
			err = a.queue.Retry(ctx, j.ID, now.Add(time.Duration(snooze)), "")
		default:
			a.T.Logf("job %s: %v", j.Kind, err)
			err = a.queue.Retry(ctx, j.ID, now.Add(job.Backoff(j.Attempts)), err.Error())
		}
		if err != nil {
			return true, err
		}
	}
	return len(jobs) > 0, nil
}

// Act lets a person do something on the phone, and settles. It returns the
// message's wamid.
func (a *App) Act(in simulator.Inbound) string {
	a.T.Helper()
	id, err := a.Simulator.Act(in)
	if err != nil {
		a.T.Fatal(err)
	}
	a.Settle()
	return id
}

// Say writes a text to the business from the number.
func (a *App) Say(number, text string) string {
	a.T.Helper()
	return a.Act(simulator.Inbound{From: number, To: PhoneNumberID, Text: text})
}

// Received returns what the business's messages to the number say, oldest
// first.
func (a *App) Received(number string) (messages []simulator.Message) {
	a.T.Helper()
	all, err := a.Simulator.Messages(number, PhoneNumberID)
	if err != nil {
		a.T.Fatal(err)
	}
	for _, m := range all {
		if !m.Inbound && m.State != simulator.Failed {
			messages = append(messages, m)
		}
	}
	return messages
}

// Submit posts a form of the funnel as its own page does, with proof of what
// was shown, and returns the request's token.
func (a *App) Submit(s optin.Submission) string {
	a.T.Helper()
	if s.Shown == "" {
		s.Shown = a.Shown(s.Slug, s.Lang)
	}
	out, err := a.Optin.Submit(context.Background(), s)
	if err != nil {
		a.T.Fatal(err)
	}
	return out.Token
}

// Shown returns the signed field of a page of the funnel that was served now.
func (a *App) Shown(slug, lang string) string {
	a.T.Helper()
	f, v, ok := a.Directory().Funnel(slug)
	if !ok {
		a.T.Fatalf("there is no funnel %s", slug)
	}
	if lang == "" {
		lang = v.Language
	}
	page := funnel.NewDocument("page", "text/html; charset=utf-8", []byte("<!doctype html><title>"+f.Slug+"</title>"))
	if err := a.Manage.KeepPage(context.Background(), page); err != nil {
		a.T.Fatal(err)
	}
	return funnel.Shown{
		Version: v.ID, Lang: lang, Notice: v.Notices[lang].SHA256, Page: page.SHA256, At: a.Clock.Now(),
	}.Seal(a.Manage.Installation().Secrets.Shown)
}

// Confirm sends the prefilled text of a request from the number.
func (a *App) Confirm(token, number string) {
	a.T.Helper()
	p, err := a.Optin.Pending(context.Background(), token)
	if err != nil {
		a.T.Fatal(err)
	}
	a.Say(number, p.Text)
}

// OptIn lets the number give consent to the purposes, by page and chat.
func (a *App) OptIn(number string, purposes ...string) {
	a.T.Helper()
	a.Confirm(a.Submit(optin.Submission{Slug: Chat, Purposes: purposes}), number)
	for _, p := range purposes {
		if got := a.Check(number, p); !got.Allowed {
			a.T.Fatalf("after opting in to %s: %+v", p, got)
		}
	}
}

// Check asks whether a message of the purpose may go to the number.
func (a *App) Check(number, purpose string) permit.Answer {
	a.T.Helper()
	answers, err := a.Permit.Check(context.Background(), a.Business, []permit.Item{{To: number, Purpose: purpose}})
	if err != nil {
		a.T.Fatal(err)
	}
	return answers[0]
}

// State returns where the number stands on the purpose.
func (a *App) State(number, purpose string) consent.State {
	a.T.Helper()
	return a.Check(number, purpose).State
}
