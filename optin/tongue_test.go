package optin_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assent/locale"
	"assent/optin"
	"assent/whatsapp/simulator"
)

// Everything that a person reads in the chat is in their language: in Arabic no
// Latin word stands but the business's own and what is written so everywhere.
func TestChatMixesNoLanguages(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "offers", Lang: "ar", Purposes: []string{"offers"}, Shown: h.shown("offers", "ar")})
	yes := h.prefilled(token)
	h.act(simulator.Inbound{From: anna, To: shop, Text: yes})
	for _, text := range []string{yes, "0000000000", "HELP", "STOP", "STOP offers", yes} {
		h.act(simulator.Inbound{From: anna, To: shop, Text: text})
	}
	_, v, _ := h.manage.Directory().Funnel("offers")
	said, _ := v.Text("ar")
	own := []string{h.tenant.BrandName, h.tenant.Human, h.tenant.Contact, v.Controller.LegalName, v.Controller.BrandName, v.Controller.Contact, "STOP"}
	for _, p := range said.Purposes {
		own = append(own, p.Words, p.Title)
	}
	slices.SortFunc(own, func(a, b string) int { return len(b) - len(a) }) // a name may stand in the words
	// The person's link, a record's id, and a checkpoint's short hash.
	mark := regexp.MustCompile(`https://consent\.example/p/[0-9a-z]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9+/]*[0-9+/][A-Za-z0-9+/]*`)
	latin := regexp.MustCompile(`[A-Za-z]{2,}`)
	n := 0
	for _, m := range h.chat(anna) {
		n++
		texts := []string{m.Text}
		for _, b := range m.Buttons {
			texts = append(texts, b.Title)
		}
		for _, text := range texts {
			rest := text
			for _, w := range own {
				if w != "" {
					rest = strings.ReplaceAll(rest, w, "")
				}
			}
			if words := latin.FindAllString(mark.ReplaceAllString(rest, ""), -1); len(words) > 0 {
				t.Errorf("%q in:\n%s", words, text)
			}
		}
	}
	if n < 4 {
		t.Errorf("the business said only %d things", n)
	}
}

// Words in a language that the chat does not speak are framed in the business's.
func TestChatFramesForeignWords(t *testing.T) {
	h := newHouse(t)
	_, v, _ := h.manage.Directory().Funnel("offers")
	next := *v.Version
	next.Texts = maps.Clone(v.Texts)
	next.Texts["ca"] = v.Texts["en"]
	h.must(h.manage.PublishFunnel(t.Context(), &next))
	business, _ := h.manage.Directory().TenantBySlug("morgenrot")
	business.Language = "de"
	token := h.submit(optin.Submission{Slug: "offers", Lang: "ca", Purposes: []string{"offers"}, Shown: h.shown("offers", "ca")})
	h.act(simulator.Inbound{From: anna, To: shop, Text: h.prefilled(token)})
	if want := locale.For("de").T("chat.receipt.stop"); !strings.Contains(h.last(anna).Text, want) {
		t.Errorf("%q lacks %q", h.last(anna).Text, want)
	}
}
