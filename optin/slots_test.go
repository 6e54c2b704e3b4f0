package optin_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"assent/business"
	"assent/chat"
	"assent/job"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

// hanging does not answer for one number until it is let go.
type hanging struct {
	optin.Transport
	number string
	asked  chan struct{}
	letGo  chan struct{}
}

func (x *hanging) TemplateCategory(ctx context.Context, from *business.Sender, name, lang string) (string, bool, error) {
	if from.PhoneNumberID == x.number {
		x.asked <- struct{}{}
		<-x.letGo
		return "", false, &optin.SendError{Retry: true, Err: errors.New("no answer")}
	}
	return x.Transport.TemplateCategory(ctx, from, name, lang)
}

// with is the house's use cases by another transport.
func (h *house) with(carrier optin.Transport) *optin.Service {
	return optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](h.store), Directory: h.manage.Directory(), Installation: h.manage.Installation(), Transport: carrier, Eraser: h.records,
		Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
	})
}

// askMany asks n people by the template, and returns the jobs.
func (h *house) askMany(n int) []job.Job {
	h.Helper()
	for i := range n {
		h.must(h.optin.AskTemplate(h.Context(), h.submit(optin.Submission{
			Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: fmt.Sprintf("+4917212%05d", i), Shown: h.shown("tasting", "en"),
		}), ""))
	}
	now := h.clock.now()
	jobs, err := h.store.Queue().Claim(h.Context(), now, now.Add(time.Hour), 2*n)
	h.must(err)
	return jobs
}

// A number whose provider does not answer has some of the places for jobs, and not all:
// what there is no place for waits, and other numbers go on.
func TestAHangingProviderLeavesOthersTheirPlaces(t *testing.T) {
	h := openHouse(t, false)
	const most, more = 80, 20 // of the house's number, which sends 80 a second
	jobs := h.askMany(most + more)
	carrier := &hanging{h.transport, shopID, make(chan struct{}, most+more), make(chan struct{})}
	svc := h.with(carrier)
	results := make(chan error, len(jobs))
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { results <- svc.Deliver(t.Context(), j) })
	}
	for range more { // who has no place is back at once
		var wait job.Snooze
		if err := <-results; !errors.As(err, &wait) {
			t.Errorf("%v", err)
		}
	}
	for range most {
		<-carrier.asked
	}
	// Meanwhile another number of the same installation sends.
	if n := h.sendByAnother(svc); n != 1 {
		t.Errorf("%d messages by another number", n)
	}
	close(carrier.letGo)
	wg.Wait()
	for range most {
		if err := <-results; err == nil {
			t.Error("a message whose provider did not answer is done with")
		}
	}
	svc = h.with(h.transport)
	h.must(svc.Deliver(t.Context(), jobs[0]))
	if s := h.messageState(jobs[0].Ref); s != chat.Sent {
		t.Errorf("it is %s", s)
	}
}

// sendByAnother asks somebody by a number of another business.
func (h *house) sendByAnother(svc *optin.Service) int {
	h.Helper()
	_, v, _ := h.manage.Directory().Funnel("tasting")
	other := h.tenant.Business
	other.Slug, other.ID = "other", ""
	id, err := h.manage.AddBusiness(h.Context(), other)
	h.must(err)
	h.must(h.sim.AddSender(simulator.Sender{PhoneNumberID: "900100", WABA: "800100", Portfolio: "301", Number: "+494055501230", Name: "Other", Token: "token", AppSecret: appSecret, Templates: templates("UTILITY")}))
	_, err = h.manage.AddSender(h.Context(), business.Sender{
		Business: id, PhoneNumberID: "900100", WABA: "800100", Portfolio: "301", Number: "+494055501230", Simulated: true,
		Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}, VerifyToken: "verify"},
	})
	h.must(err)
	next := *v.Version
	next.Business, next.Slug = id, "tasting-other"
	h.must(h.manage.PublishFunnel(h.Context(), &next))
	h.must(h.optin.AskTemplate(h.Context(), h.submit(optin.Submission{Slug: next.Slug, Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown(next.Slug, "en")}), ""))
	now := h.clock.now()
	jobs, err := h.store.Queue().Claim(h.Context(), now, now.Add(time.Minute), 10)
	h.must(err)
	for _, j := range jobs {
		h.must(svc.Deliver(h.Context(), j))
	}
	list, err := h.sim.Messages(anna, "900100")
	h.must(err)
	return len(list)
}

// A template that a stop overtakes between the look at it and its turn is dropped, and
// spends nobody of whom the portfolio may write to.
func TestADroppedTemplateSpendsNothingOfTheLimit(t *testing.T) {
	h := newHouse(t)
	jobs := h.askMany(1)
	carrier := &nested{Transport: h.transport, again: func() { h.act(simulator.Inbound{From: "+491721200000", Text: "STOP"}) }}
	h.must(h.with(carrier).Deliver(t.Context(), jobs[0]))
	if s := h.messageState(jobs[0].Ref); s != chat.Dropped {
		t.Errorf("it is %s", s)
	}
	var shares int
	h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM send_shares`).Scan(&shares))
	if shares != 0 {
		t.Errorf("%d people of the limit are spent", shares)
	}
}
