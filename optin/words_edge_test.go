package optin_test

import (
	"strings"
	"testing"

	"assent/consent"
	"assent/funnel"
	"assent/whatsapp/simulator"
)

// A template names purposes, not words: where the page proved nothing, Yes asks.
func TestRule2TemplateAfterAnUnprovenPage(t *testing.T) {
	h := newHouse(t)
	token := h.tasting("")
	h.tap(anna, "Yes")
	if h.check(anna, "offers") == "" {
		t.Error("given, and no words were shown")
	}
	h.tap(anna, "Yes")
	h.wants(anna, "offers", "")
	h.requestState(token, funnel.Confirmed)
}

// Words found defective are never agreed to, however the Yes comes.
func TestRule2DefectiveWords(t *testing.T) {
	t.Run("replaced: the new words are shown", func(t *testing.T) {
		h := newHouse(t)
		token := h.offers()
		_, v, _ := h.manage.Directory().Funnel("offers")
		next := *v.Version
		h.must(h.manage.SetFunnelState(t.Context(), "offers", funnel.Defective))
		next.Texts = map[string]funnel.Text{}
		for lang, words := range v.Texts {
			purposes := map[string]funnel.PurposeText{}
			for key, p := range words.Purposes {
				p.Words = "Mended. " + p.Words
				purposes[key] = p
			}
			words.Purposes = purposes
			next.Texts[lang] = words
		}
		h.must(h.manage.PublishFunnel(t.Context(), &next))
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(token)})
		if !strings.Contains(h.last(anna).Text, "Mended.") {
			t.Errorf("asked with the defective words: %q", h.last(anna).Text)
		}
		h.tap(anna, "Yes")
		h.wants(anna, "offers", "")
	})
	t.Run("found after the question", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Text: h.entry()})
		h.must(h.manage.SetFunnelState(t.Context(), "window", funnel.Defective))
		h.tap(anna, "Yes")
		h.wants(anna, "offers", consent.ReasonUnknown)
	})
	t.Run("found after the template", func(t *testing.T) {
		h := newHouse(t)
		h.tasting(h.shown("tasting", "en"))
		h.must(h.manage.SetFunnelState(t.Context(), "tasting", funnel.Defective))
		h.tap(anna, "Yes")
		if h.check(anna, "offers") == "" {
			t.Error("a Yes to a defective version gives")
		}
	})
}

// A brand whose name holds a stop word is no stop, where the prefilled text was
// edited; a stop that the person adds is.
func TestRule3BrandWithAStopWordInItsName(t *testing.T) {
	for add, want := range map[string]consent.Reason{"": consent.ReasonUnknown, " stop": consent.ReasonSuppressed} {
		h := newHouse(t)
		_, v, _ := h.manage.Directory().Funnel("offers")
		next := *v.Version
		next.Controller.BrandName = "Stop & Shop"
		next.Texts = map[string]funnel.Text{}
		for lang, words := range v.Texts {
			words.Greeting = "Hello Stop & Shop."
			next.Texts[lang] = words
		}
		h.must(h.manage.PublishFunnel(t.Context(), &next))
		text := strings.Replace(h.prefilled(h.offers()), "Hello", "Good morning to", 1)
		h.act(simulator.Inbound{From: anna, Text: text + add})
		h.wants(anna, "offers", want)
	}
}
