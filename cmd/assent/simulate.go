package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"assent/template"
	"assent/tenant"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
)

// newSimulator plays WhatsApp's side for every simulated sender of the installation
// at base. Webhooks reach the server's own handler without a connection.
func newSimulator(d *tenant.Directory, base string, hook http.Handler) *simulator.Simulator {
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
				Token: s.Secrets.Token, AppSecret: s.Secrets.AppSecrets[0], WebhookURL: "http://assent.invalid/webhooks/whatsapp", Templates: sampleTemplates(base),
			})
		}
	}
	return sim
}

// sampleTemplates are the texts of the library that are sent, as Meta would have
// approved them.
func sampleTemplates(base string) (list []simulator.Template) {
	for _, key := range []string{template.OptIn, template.Preferences} {
		piece, _ := template.Find(key)
		for _, lang := range slices.Sorted(maps.Keys(piece.Texts)) {
			text := piece.Texts[lang]
			list = append(list, simulator.Template{
				Name: piece.Name, Language: lang, Category: template.Utility, Body: text.Body, Buttons: text.Replies, Link: text.Link, Address: template.SettingsAddress(base),
			})
		}
	}
	return list
}

// newTransport carries messages of real senders to Meta, and those of simulated
// ones to the simulator, if there is one.
func newTransport(graphURL, graphVersion string, sim *simulator.Simulator) (*transport.Transport, error) {
	real, err := whatsapp.New(whatsapp.Options{BaseURL: strings.TrimRight(graphURL, "/"), Version: graphVersion, Private: sim != nil})
	if err != nil || sim == nil {
		return transport.New(real, nil), err
	}
	played, err := whatsapp.New(whatsapp.Options{BaseURL: "http://simulator.invalid", Transport: transport.InProcess(sim.Graph())})
	return transport.New(real, played), err
}
