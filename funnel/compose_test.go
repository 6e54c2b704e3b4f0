package funnel_test

import (
	"strings"
	"testing"

	"assent/consent"
	"assent/funnel"
)

func TestCompose(t *testing.T) {
	c := funnel.Controller{LegalName: "Example GmbH", BrandName: "Exa", Address: "Street 1", NoticeURL: "https://exa.example/privacy"}
	offers := funnel.Purpose{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4}
	words, say, ok := funnel.Compose("en", c, offers, funnel.Slots{Kind: "offers and news", NotCondition: true})
	want := "I agree to receive WhatsApp messages from Example GmbH with offers and news, at most 4 a month. I can stop at any time, free of charge, by replying STOP. This is not required to buy anything. Messages are delivered through WhatsApp. Privacy notice: https://exa.example/privacy"
	if !ok || words != want || say != "Yes, send me offers and news on WhatsApp, at most 4 a month." {
		t.Errorf("%v\n%s\n%s", ok, words, say)
	}
	bill := funnel.Purpose{Key: "bill", Scope: consent.Transactional, Basis: consent.ByContract}
	words, _, _ = funnel.Compose("de", c, bill, funnel.Slots{Kind: "Rechnungen", NotCondition: true, Automated: true, Provider: "Bote AG", MailAddress: true, Complaint: "die Aufsicht"})
	for _, part := range []string{"Example GmbH sendet per WhatsApp Rechnungen", "STOPP", "automatisch", "Bote AG", "Street 1", "die Aufsicht"} {
		if !strings.Contains(words, part) {
			t.Errorf("the words lack %q: %s", part, words)
		}
	}
	if strings.Contains(words, "Kauf") {
		t.Error("what rests on a contract is no condition of one")
	}
	if _, _, ok := funnel.Compose("fr", c, offers, funnel.Slots{}); ok {
		t.Error("a language without sentences")
	}
	for _, lang := range []string{"en", "de", "ar"} {
		words, say, ok := funnel.Compose(lang, c, offers, funnel.Slots{Kind: "x", NotCondition: true, Automated: true, Provider: "y", MailAddress: true, Complaint: "z"})
		if !ok || strings.ContainsAny(words+say, "{}") {
			t.Errorf("%s leaves a slot open: %s %s", lang, words, say)
		}
		if consent.SameText(words, "STOP") {
			t.Errorf("%s reads as a stop", lang)
		}
	}
}
