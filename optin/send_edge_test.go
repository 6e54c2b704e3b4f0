package optin_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"assent/business"
	"assent/job"
	"assent/optin"
	"assent/store"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
)

// The cap on templates holds for a number across businesses.
func TestRule10CapAcrossBusinesses(t *testing.T) {
	h := newHouse(t)
	_, v, _ := h.manage.Directory().Funnel("tasting")
	sent := 0
	for i := range 5 {
		other := h.tenant.Business
		other.Slug, other.ID = fmt.Sprintf("other-%d", i), ""
		id, err := h.manage.AddBusiness(t.Context(), other)
		h.must(err)
		sender := simulator.Sender{
			PhoneNumberID: fmt.Sprintf("90010%d", i), WABA: fmt.Sprintf("80010%d", i), Portfolio: "300", Number: fmt.Sprintf("+49405550123%d", i),
			Name: "Other", Token: "token", AppSecret: appSecret, WebhookURL: "http://assent.test/webhooks/whatsapp", Templates: templates("UTILITY"),
		}
		h.sim.AddSender(sender)
		_, err = h.manage.AddSender(t.Context(), business.Sender{
			Business: id, PhoneNumberID: sender.PhoneNumberID, WABA: sender.WABA, Portfolio: "300", Number: sender.Number, Simulated: true,
			Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}, VerifyToken: "verify"},
		})
		h.must(err)
		next := *v.Version
		next.Business, next.Slug = id, fmt.Sprintf("tasting-%d", i)
		h.must(h.manage.PublishFunnel(t.Context(), &next))
		token := h.submit(optin.Submission{Slug: next.Slug, Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown(next.Slug, "en")})
		h.must(h.optin.AskTemplate(t.Context(), token, ""))
		h.settle()
		if msgs, err := h.sim.Messages(anna, sender.PhoneNumberID); err == nil {
			sent += len(msgs)
		}
	}
	if sent != 3 {
		t.Errorf("%d businesses asked the number, want 3", sent)
	}
}

// nested delivers the same job once more while the first run is under way.
type nested struct {
	optin.Transport
	again func()
}

func (n *nested) TemplateCategory(ctx context.Context, from *business.Sender, name, lang string) (string, bool, error) {
	if again := n.again; again != nil {
		n.again = nil
		again()
	}
	return n.Transport.TemplateCategory(ctx, from, name, lang)
}

// A job whose lease ran out runs twice at once; the message goes once.
func TestDeliverTwiceAtOnceSendsOnce(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "en")})
	h.must(h.optin.AskTemplate(t.Context(), token, ""))
	now := h.clock.now()
	jobs, err := h.store.Queue().Claim(t.Context(), now, now.Add(time.Minute), 10)
	h.must(err)
	if len(jobs) != 1 {
		t.Fatalf("%d jobs", len(jobs))
	}
	client, err := whatsapp.New(whatsapp.Options{BaseURL: "http://sim.test", Transport: transport.InProcess(h.sim.Graph())})
	h.must(err)
	svc := optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](h.store), Directory: h.manage.Directory(), Installation: h.manage.Installation(),
		Transport: &nested{transport.New(nil, client), func() { h.must(h.optin.Deliver(t.Context(), job.Job{Ref: jobs[0].Ref})) }},
		Log:       slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
	})
	h.must(svc.Deliver(t.Context(), jobs[0]))
	if n := len(h.chat(anna)); n != 1 {
		t.Errorf("the template went out %d times", n)
	}
}
