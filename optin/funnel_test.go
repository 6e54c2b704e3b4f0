package optin_test

import (
	"slices"
	"strings"
	"testing"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/optin"
	"assent/whatsapp/simulator"
)

// rich publishes the sample's offers with all that a version can hold.
func (h *house) rich(welcome funnel.Welcome) {
	h.Helper()
	_, old, _ := h.manage.Directory().Funnel("offers")
	v := *old.Version
	v.MinAge, v.Welcome = 18, welcome
	v.Fields = []funnel.Field{{Key: "city", Kind: funnel.AskText, Required: true}}
	texts := map[string]funnel.Text{}
	for lang, t := range v.Texts {
		t.Age, t.Welcome = "I am at least 18 years old.", "Welcome to Morgenrot."
		t.Fields = map[string]funnel.FieldText{"city": {Label: "City"}}
		texts[lang] = t
	}
	v.Texts = texts
	h.must(h.manage.PublishFunnel(h.Context(), &v))
}

func TestAgeAndFields(t *testing.T) {
	h := newHouse(t)
	h.rich(funnel.WelcomeService)
	in := optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: h.shown("offers", "en"), Fields: map[string]string{"city": "Ulm"}}
	if _, err := h.optin.Submit(t.Context(), in); fault.FieldOf(err) != "age" {
		t.Errorf("an age that is not stated: %v", err)
	}
	in.OfAge, in.Fields = true, nil
	if _, err := h.optin.Submit(t.Context(), in); fault.FieldOf(err) != "city" {
		t.Errorf("a field left empty: %v", err)
	}
	in.Fields = map[string]string{"city": "Ulm"}
	token := h.submit(in)
	text := h.prefilled(token)
	if !strings.Contains(text, "I am at least 18 years old.") {
		t.Errorf("the message does not state the age: %s", text)
	}
	h.act(simulator.Inbound{From: anna, Text: text})
	h.wants(anna, "offers", "")
	if msgs := h.chat(anna); len(msgs) != 2 || msgs[1].Text != "Welcome to Morgenrot." || !strings.Contains(msgs[0].Text, "Record ") {
		t.Errorf("want the receipt, then the welcome: %+v", msgs)
	}
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.submit(in))})
	if n := len(h.chat(anna)); n != 3 {
		t.Errorf("%d messages: a second yes is welcomed again", n)
	}
}

func TestAgeInTheChat(t *testing.T) {
	h := newHouse(t)
	h.rich(funnel.WelcomeNone)
	h.act(simulator.Inbound{From: bernd, Text: "MRG7K2Q"})
	if q := h.last(bernd); !strings.Contains(q.Text, "By answering Yes you also say: I am at least 18 years old.") || len(q.Buttons) != 3 {
		t.Errorf("the question does not ask for the age: %+v", q)
	}
	h.wants(bernd, "offers", consent.ReasonUnknown)
	h.tap(bernd, "Yes")
	h.wants(bernd, "offers", "")
}

func TestWelcomeThatPromotes(t *testing.T) {
	for _, tt := range []struct {
		purpose string
		comes   bool
	}{{"orders", false}, {"offers", true}} {
		t.Run(tt.purpose, func(t *testing.T) {
			h := newHouse(t)
			h.rich(funnel.WelcomePromotion)
			token := h.submit(optin.Submission{
				Slug: "offers", Lang: "en", Purposes: []string{tt.purpose}, Shown: h.shown("offers", "en"), OfAge: true, Fields: map[string]string{"city": "Ulm"},
			})
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
			got := slices.ContainsFunc(h.chat(anna), func(m simulator.Message) bool { return m.Text == "Welcome to Morgenrot." })
			if got != tt.comes {
				t.Errorf("sent: %v, want %v", got, tt.comes)
			}
		})
	}
}
