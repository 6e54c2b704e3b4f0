package apptest

import (
	"context"

	"assent/business"
	"assent/consent"
	"assent/funnel"
	"assent/whatsapp/simulator"
)

// What the sample sender is known by.
const (
	SenderNumber  = "+4915735990000"
	PhoneNumberID = "106540352242922"
	WABA          = "102290129340398"
	AppSecret     = "app-secret-of-tests"
	VerifyToken   = "verify-token-of-tests"
	Template      = "assent_confirm"
)

// The slugs of the published funnels, one for each way in.
const (
	Chat     = "spring"  // page, then chat; no number
	Numbered = "club"    // page, then chat; a number is required
	Asking   = "orders"  // page, then template
	Printed  = "counter" // printed code, then chat
)

// PrintedCode is the code of the entry point of Printed.
const PrintedCode = "SHOP01"

// The purposes of the sample business.
const (
	Offers = "offers" // marketing
	Orders = "orders" // transactional
)

// found makes the sample business, its simulated sender and its funnels.
func (a *App) found() {
	a.T.Helper()
	ctx := context.Background()
	must := func(err error) {
		a.T.Helper()
		if err != nil {
			a.T.Fatal(err)
		}
	}
	var err error
	a.Business, err = a.Manage.AddBusiness(ctx, business.Business{
		Slug: "sonnentor", LegalName: "Sonnentor Naturkost GmbH", BrandName: "Sonnentor", Address: "Hauptstraße 1, 10115 Berlin",
		Contact: "hallo@sonnentor.example", Human: "Mia Kern, +49 30 1234567", NoticeURL: "https://sonnentor.example/privacy",
		Language: "en", Country: "DE", Colour: "#0b6b3a", BareStop: business.StopAll,
		Purposes: []business.Purpose{
			{Key: Offers, Scope: consent.Marketing, Basis: consent.ByConsent, Titles: map[string]string{"en": "Offers", "de": "Angebote", "ar": "عروض"}},
			{Key: Orders, Scope: consent.Transactional, Basis: consent.ByConsent, Titles: map[string]string{"en": "Order updates", "de": "Bestellungen", "ar": "الطلبات"}},
		},
	})
	must(err)
	a.Sender, err = a.Manage.AddSender(ctx, business.Sender{
		Business: a.Business, PhoneNumberID: PhoneNumberID, WABA: WABA, Portfolio: "506914307656634", Number: SenderNumber, Simulated: true,
		Secrets: business.Secrets{Token: "token-of-tests", AppSecrets: []string{AppSecret}, VerifyToken: VerifyToken},
	})
	must(err)
	var templates []simulator.Template
	for lang, buttons := range map[string][]string{"en": {"Yes", "No", "Not me"}, "de": {"Ja", "Nein", "Ich nicht"}, "ar": {"نعم", "لا", "لست أنا"}} {
		templates = append(templates, simulator.Template{Name: Template, Language: lang, Category: "UTILITY", Body: "{{1}}: {{2}}?", Buttons: buttons})
	}
	must(a.Simulator.AddSender(simulator.Sender{
		PhoneNumberID: PhoneNumberID, WABA: WABA, Portfolio: "506914307656634", Number: SenderNumber, Name: "Sonnentor",
		Token: "token-of-tests", AppSecret: AppSecret, WebhookURL: BaseURL + "/webhooks/whatsapp", Templates: templates,
	}))
	for _, f := range []struct {
		slug   string
		mode   funnel.Mode
		number funnel.NumberField
	}{
		{Chat, funnel.ModeChat, funnel.NumberNone}, {Numbered, funnel.ModeChat, funnel.NumberRequired},
		{Asking, funnel.ModeTemplate, funnel.NumberRequired}, {Printed, funnel.ModeQR, funnel.NumberNone},
	} {
		v := a.Version(f.slug)
		v.Mode, v.NumberField = f.mode, f.number
		if f.mode == funnel.ModeTemplate {
			v.Template = Template
		}
		must(a.Manage.PublishFunnel(ctx, v))
	}
	printed, _, _ := a.Directory().Funnel(Printed)
	_, err = a.Manage.AddEntryPoint(ctx, funnel.EntryPoint{Funnel: printed.ID, Kind: funnel.EntryQR, Code: PrintedCode, Label: "shop window, Berlin", Chat: true})
	must(err)
}

// Version returns a version that can be published under the slug: page, then
// chat, without a number, both purposes, in three languages.
func (a *App) Version(slug string) *funnel.Version {
	a.T.Helper()
	b := a.Tenant().Business
	return &funnel.Version{
		Business: b.ID, Slug: slug, Mode: funnel.ModeChat, NumberField: funnel.NumberNone, Language: "en",
		Purposes: []funnel.Purpose{
			{Key: Offers, Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4},
			{Key: Orders, Scope: consent.Transactional, Basis: consent.ByConsent},
		},
		Texts: map[string]funnel.Text{
			"en": {
				Title: "Fresh news from Sonnentor", Intro: "Choose what you would like to get on WhatsApp.", Greeting: "Hello Sonnentor!", Ask: "I would like to hear from you.", Code: "Code", Thanks: "Thank you!",
				Purposes: map[string]funnel.PurposeText{
					Offers: {Title: "Offers", Words: "Yes, send me offers on WhatsApp, at most four a month. They come from Sonnentor Naturkost GmbH. I can stop at any time by replying STOP.", Say: "I want offers"},
					Orders: {Title: "Order updates", Words: "Yes, tell me on WhatsApp where my orders are. The messages come from Sonnentor Naturkost GmbH. I can stop at any time.", Say: "I want order updates"},
				},
			},
			"de": {
				Title: "Frisches von Sonnentor", Intro: "Wähle, was du über WhatsApp bekommen möchtest.", Greeting: "Hallo Sonnentor!", Ask: "Ich möchte von euch hören.", Code: "Code", Thanks: "Danke!",
				Purposes: map[string]funnel.PurposeText{
					Offers: {Title: "Angebote", Words: "Ja, schickt mir Angebote über WhatsApp, höchstens vier im Monat. Sie kommen von der Sonnentor Naturkost GmbH. Ich kann sie jederzeit mit STOPP beenden.", Say: "Ich möchte Angebote"},
					Orders: {Title: "Bestellungen", Words: "Ja, sagt mir über WhatsApp, wo meine Bestellungen sind. Die Nachrichten kommen von der Sonnentor Naturkost GmbH. Ich kann sie jederzeit mit STOPP beenden.", Say: "Ich möchte Nachrichten zu Bestellungen"},
				},
			},
			"ar": {
				Title: "جديد زوننتور", Intro: "اختر ما تود استلامه على واتساب.", Greeting: "مرحبا زوننتور!", Ask: "أود أن أسمع منكم.", Code: "الرمز", Thanks: "شكرا!",
				Purposes: map[string]funnel.PurposeText{
					Offers: {Title: "عروض", Words: "نعم، أرسلوا لي العروض من Sonnentor Naturkost GmbH على واتساب، أربعة في الشهر على الأكثر. يمكنني إيقافها في أي وقت بكلمة STOP.", Say: "أريد العروض"},
					Orders: {Title: "الطلبات", Words: "نعم، أخبروني على واتساب أين طلباتي من Sonnentor Naturkost GmbH. يمكنني إيقاف ذلك في أي وقت بكلمة STOP.", Say: "أريد أخبار الطلبات"},
				},
			},
		},
		Controller: funnel.Controller{LegalName: b.LegalName, BrandName: b.BrandName, Address: b.Address, Contact: b.Contact, NoticeURL: b.NoticeURL, Colour: b.Colour},
	}
}
