package main

import (
	"net/http"
	"strings"
	"time"

	"assent/locale"
	"assent/manage"
	"assent/tenant"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
)

// newSimulator plays WhatsApp's side for every simulated sender. Webhooks reach
// the server's own handler without a connection.
func newSimulator(d *tenant.Directory, hook http.Handler) *simulator.Simulator {
	sim := simulator.New(simulator.Options{
		Now: time.Now, Seed: uint64(time.Now().UnixNano()), Parallel: 4, Webhooks: simulator.Webhooks{Batch: 20},
		Client: &http.Client{Transport: transport.InProcess(hook)},
	})
	for _, t := range d.Tenants() {
		for _, s := range t.Senders {
			if !s.Simulated || len(s.Secrets.AppSecrets) == 0 {
				continue
			}
			sim.AddSender(simulator.Sender{
				PhoneNumberID: s.PhoneNumberID, WABA: s.WABA, Portfolio: s.Portfolio, Number: s.Number, Name: t.BrandName,
				Token: s.Secrets.Token, AppSecret: s.Secrets.AppSecrets[0], WebhookURL: "http://assent.invalid/webhooks/whatsapp", Templates: sampleTemplates(),
			})
		}
	}
	return sim
}

// sampleTemplates are the confirmation template as Meta would have approved it.
func sampleTemplates() (list []simulator.Template) {
	for _, tag := range locale.Tags() {
		loc := locale.For(tag)
		list = append(list, simulator.Template{
			Name: manage.SampleTemplate, Language: transport.Language(tag), Category: "UTILITY",
			Body:    loc.T("chat.template", "Business", "{{1}}", "Purposes", "{{2}}"),
			Buttons: []string{loc.T("chat.button.yes"), loc.T("chat.button.no"), loc.T("chat.button.not_me")},
		})
	}
	return list
}

// newTransport carries messages of real senders to Meta, and those of simulated
// ones to the simulator, if there is one.
func newTransport(graphURL, graphVersion string, sim *simulator.Simulator) (*transport.Transport, error) {
	real, err := whatsapp.New(whatsapp.Options{BaseURL: strings.TrimRight(graphURL, "/"), Version: graphVersion})
	if err != nil || sim == nil {
		return transport.New(real, nil), err
	}
	played, err := whatsapp.New(whatsapp.Options{BaseURL: "http://simulator.invalid", Transport: transport.InProcess(sim.Graph())})
	return transport.New(real, played), err
}
