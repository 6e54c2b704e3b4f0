package optin_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/funnel"
	"assent/manage"
	"assent/optin"
	"assent/store"
	"assent/tenant"
	"assent/vault"
	"assent/whatsapp/simulator"
)

// behind is a house whose sign-ups run in another process than the one in which
// its funnels are published: its Directory is as it was when it started.
type behind struct {
	*house
	elsewhere *manage.Service
	reloads   int
}

func newBehind(t *testing.T) *behind {
	h := &behind{house: newHouse(t)}
	h.elsewhere = h.house.manage
	mine, err := manage.Open(t.Context(), vault.MasterKey{1}, "https://consent.example", manage.Config{
		Store: store.As[manage.Reader, manage.Writer](h.store), Directory: &tenant.Directory{}, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil)), Now: h.clock.now, Rand: rand.Reader,
	})
	h.must(err)
	h.optin = optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](h.store), Directory: mine.Directory(), Installation: mine.Installation(), Transport: h.transport,
		Log: slog.New(slog.NewTextHandler(testWriter{t}, nil)), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
		Refresh: func(ctx context.Context) error { h.reloads++; return mine.Reload(ctx) },
	})
	return h
}

// publish publishes a funnel as it is under another slug, or anew.
func (h *behind) publish(slug, as string) {
	h.Helper()
	_, v, _ := h.elsewhere.Directory().Funnel(slug)
	next := *v.Version
	next.Slug = as
	h.must(h.elsewhere.PublishFunnel(h.Context(), &next))
}

// A yes to words that another process has just published is not lost.
func TestAnotherProcessPublishedMeanwhile(t *testing.T) {
	posted := func(h *behind, slug string) optin.Submission {
		return optin.Submission{Slug: slug, Lang: "en", Purposes: []string{"offers"}, Shown: h.shown(slug, "en")}
	}
	t.Run("a version: the form", func(t *testing.T) {
		h := newBehind(t)
		h.publish("offers", "offers")
		token := h.submit(posted(h, "offers"))
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		h.wants(anna, "offers", "") // the page was proven: nothing is asked again
	})
	t.Run("a version: the message", func(t *testing.T) {
		h := newBehind(t)
		mine := h.optin
		h.publish("offers", "offers")
		here := *h.house
		here.optin = optin.New(optin.Config{
			Store: store.As[optin.Reader, optin.Writer](h.store), Directory: h.elsewhere.Directory(), Installation: h.elsewhere.Installation(), Transport: h.transport,
			Log: slog.New(slog.NewTextHandler(testWriter{t}, nil)), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
		})
		text := here.prefilled(here.submit(posted(h, "offers"))) // posted where it was published
		h.optin = mine
		h.act(simulator.Inbound{From: anna, Text: text})
		h.wants(anna, "offers", "")
		if h.reloads != 1 {
			t.Errorf("read anew %d times", h.reloads)
		}
	})
	t.Run("a funnel", func(t *testing.T) {
		h := newBehind(t)
		h.publish("offers", "spring")
		token := h.submit(posted(h, "spring"))
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		h.wants(anna, "offers", "")
	})
	t.Run("an entry point: the chat", func(t *testing.T) {
		h := newBehind(t)
		f, v, _ := h.elsewhere.Directory().Funnel("window")
		e, err := h.elsewhere.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryQR, Code: "NEWDOOR", Label: "new", Chat: true})
		h.must(err)
		h.act(simulator.Inbound{From: anna, Text: v.EntryPrefill("en", e.Code).Text()})
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
	})
	t.Run("an entry point: the form", func(t *testing.T) {
		h := newBehind(t)
		f, _, _ := h.elsewhere.Directory().Funnel("offers")
		e, err := h.elsewhere.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryQR, Label: "new"})
		h.must(err)
		in := posted(h, "offers")
		in.Entry = e.Code
		h.submit(in)
		var entry string
		h.must(h.db.Raw(t).QueryRow(`SELECT entry FROM requests`).Scan(&entry))
		if entry != e.ID {
			t.Errorf("the request came by %q, want %q", entry, e.ID)
		}
	})
	t.Run("a template", func(t *testing.T) {
		h := newBehind(t)
		h.publish("tasting", "tasting")
		h.tasting(h.shown("tasting", "en"))
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
	})
	t.Run("a sender", func(t *testing.T) {
		h := newBehind(t)
		id, err := h.elsewhere.AddSender(t.Context(), business.Sender{
			Business: h.tenant.ID, PhoneNumberID: "100200399", WABA: "200", Portfolio: "300", Number: "+494055501239", Simulated: true,
			Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}, VerifyToken: "verify"},
		})
		h.must(err)
		h.clock.pass(time.Minute)
		body := `{"object":"whatsapp_business_account","entry":[{"id":"200","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"100200399"},` +
			`"messages":[{"from":"` + anna[1:] + `","id":"wamid.s","timestamp":"1795428060","type":"text","text":{"body":"STOP"}}]}}]}]}`
		h.must(h.optin.Accept(t.Context(), []byte(body), "", []string{id}))
		h.settle()
		h.wants(anna, "offers", consent.ReasonSuppressed)
	})
}

// Nobody can have the directory read anew by naming what is nowhere.
func TestUnknownNamesReadNothingAnew(t *testing.T) {
	h := newBehind(t)
	for _, slug := range []string{"none", "", "\x00", strings.Repeat("x", 100_000)} {
		if _, err := h.optin.Submit(t.Context(), optin.Submission{Slug: slug, Entry: "NOWHERE", Shown: "forged"}); err == nil {
			t.Errorf("%.20q was taken", slug)
		}
	}
	h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Entry: "NOWHERE", Shown: "forged"})
	for _, text := range []string{"hello", "Code NOWHERE", "Code 7K2MQ9X4TB", strings.Repeat("MRG ", 1000), "Code \x00"} {
		h.act(simulator.Inbound{From: anna, Text: text})
	}
	body := `{"object":"whatsapp_business_account","entry":[{"id":"200","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"not ours"},"messages":[{"from":"49170","id":"wamid.n","timestamp":"1795428060","type":"text","text":{"body":"STOP"}}]}}]}]}`
	h.must(h.optin.Accept(t.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
	h.settle()
	if h.reloads != 0 {
		t.Errorf("the directory was read anew %d times", h.reloads)
	}
}
