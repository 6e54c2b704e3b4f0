package manage

import (
	"context"

	"assent/business"
	"assent/consent"
	"assent/funnel"
	"assent/template"
)

// Sample is a business to try everything with: a coffee roaster with four
// published funnels, one for each way to confirm, in three languages.
type Sample struct {
	Business string // id
	Funnels  []SampleFunnel
}

// SampleFunnel is a funnel of the sample, with the code of its printed entry
// point.
type SampleFunnel struct {
	Slug      string
	Mode      funnel.Mode
	Number    funnel.NumberField
	EntryCode string
}

// SampleLanguages are the languages of the sample.
var SampleLanguages = []string{"en", "de", "ar"}

// AddSample adds the sample business with its funnels, written from the
// sender. A sample that is there already is found again.
func (s *Service) AddSample(ctx context.Context, sender business.Sender) (sample Sample, err error) {
	if t, ok := s.directory.TenantBySlug(sampleBusiness.Slug); ok {
		sample.Business = t.ID
	} else {
		if sample.Business, err = s.AddBusiness(ctx, sampleBusiness); err != nil {
			return sample, err
		}
		sender.Business = sample.Business
		if _, err = s.AddSender(ctx, sender); err != nil {
			return sample, err
		}
	}
	for _, def := range sampleFunnels {
		f, _, ok := s.directory.Funnel(def.slug)
		if !ok {
			if err := s.PublishFunnel(ctx, def.version(sample.Business)); err != nil {
				return sample, err
			}
			f, _, _ = s.directory.Funnel(def.slug)
		}
		entries := s.directory.Entries(f.ID)
		if len(entries) == 0 {
			e := funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryQR, Code: def.code, Label: def.label, Chat: def.mode == funnel.ModeQR}
			if _, err := s.AddEntryPoint(ctx, e); err != nil {
				return sample, err
			}
			entries = s.directory.Entries(f.ID)
		}
		sample.Funnels = append(sample.Funnels, SampleFunnel{def.slug, def.mode, def.number, entries[0].Code})
	}
	return sample, nil
}

var sampleBusiness = business.Business{
	Slug: "morgenrot", LegalName: "Morgenrot Kaffeerösterei GmbH", BrandName: "Morgenrot",
	Address: "Speicherstraße 12, 20457 Hamburg, Germany", Contact: "hallo@morgenrot.example", Human: "Lea Brandt, hallo@morgenrot.example",
	NoticeURL: "https://morgenrot.example/privacy", Language: "en", Country: "DE", Colour: "#9a3412", BareStop: business.StopAll,
	Purposes: []business.Purpose{
		{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent, Titles: map[string]string{"en": "Offers", "de": "Angebote", "ar": "العروض"}},
		{Key: "orders", Scope: consent.Transactional, Basis: consent.ByConsent, Titles: map[string]string{"en": "Order updates", "de": "Bestellinfos", "ar": "تحديثات الطلب"}},
	},
}

type sampleDef struct {
	slug, code, label string
	mode              funnel.Mode
	number            funnel.NumberField
	titles, intros    map[string]string
}

var sampleFunnels = []sampleDef{
	{
		slug: "offers", code: "MRG7K2Q", label: "Website footer", mode: funnel.ModeChat, number: funnel.NumberNone,
		titles: map[string]string{"en": "Fresh roasts, first", "de": "Frische Röstungen, zuerst", "ar": "التحميص الطازج، أولًا بأول"},
		intros: map[string]string{
			"en": "We write when a new harvest is roasted. You choose what you get, and you confirm from your own WhatsApp.",
			"de": "Wir schreiben, wenn eine neue Ernte geröstet ist. Sie wählen, was Sie bekommen, und bestätigen es in Ihrem eigenen WhatsApp.",
			"ar": "نكتب إليك عندما نحمّص محصولًا جديدًا. أنت تختار ما يصلك، وتؤكد ذلك من واتساب الخاص بك.",
		},
	},
	{
		slug: "checkout", code: "MRG4C8T", label: "Order page", mode: funnel.ModeChat, number: funnel.NumberRequired,
		titles: map[string]string{"en": "Your order on WhatsApp", "de": "Ihre Bestellung auf WhatsApp", "ar": "طلبك على واتساب"},
		intros: map[string]string{
			"en": "Know when your coffee is roasted, packed and on its way.",
			"de": "Erfahren Sie, wann Ihr Kaffee geröstet, verpackt und unterwegs ist.",
			"ar": "اعرف متى تُحمَّص قهوتك وتُغلَّف وتنطلق إليك.",
		},
	},
	{
		slug: "tasting", code: "MRG9T3V", label: "Tasting list", mode: funnel.ModeTemplate, number: funnel.NumberRequired,
		titles: map[string]string{"en": "Come to a tasting", "de": "Kommen Sie zur Verkostung", "ar": "تعال إلى جلسة تذوق"},
		intros: map[string]string{
			"en": "Leave your number and we send one WhatsApp message. Nothing is agreed until you tap Yes in it.",
			"de": "Geben Sie Ihre Nummer an, und wir senden eine WhatsApp-Nachricht. Vereinbart ist nichts, bis Sie darin auf Ja tippen.",
			"ar": "اترك رقمك ونرسل إليك رسالة واتساب واحدة. لا يُتفق على شيء قبل أن تضغط «نعم» فيها.",
		},
	},
	{
		slug: "window", code: "MRG2W6H", label: "Shop window, Hamburg", mode: funnel.ModeQR, number: funnel.NumberNone,
		titles: map[string]string{"en": "Coffee news from Morgenrot", "de": "Kaffee-Neuigkeiten von Morgenrot", "ar": "أخبار القهوة من Morgenrot"},
		intros: map[string]string{
			"en": "Scan the code, press send, and answer with one tap.",
			"de": "Code scannen, auf Senden drücken, mit einem Tipp antworten.",
			"ar": "امسح الرمز، واضغط إرسال، وأجب بلمسة واحدة.",
		},
	},
}

// version returns the funnel as it is published.
func (d sampleDef) version(businessID string) *funnel.Version {
	b := sampleBusiness
	v := &funnel.Version{
		Business: businessID, Slug: d.slug, Mode: d.mode, NumberField: d.number, NameField: d.number == funnel.NumberRequired,
		Language: "en", Texts: map[string]funnel.Text{},
		Purposes: []funnel.Purpose{
			{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4},
			{Key: "orders", Scope: consent.Transactional, Basis: consent.ByConsent},
		},
		Controller: funnel.Controller{LegalName: b.LegalName, BrandName: b.BrandName, Address: b.Address, Contact: b.Contact, NoticeURL: b.NoticeURL, Colour: b.Colour},
	}
	if d.number == funnel.NumberRequired {
		piece, _ := template.Find(template.OptIn)
		v.Template = piece.Name
	}
	for lang, text := range sampleTexts {
		text.Title, text.Intro = d.titles[lang], d.intros[lang]
		v.Texts[lang] = text
	}
	return v
}

// sampleTexts is what all funnels of the sample say alike.
var sampleTexts = map[string]funnel.Text{
	"en": {
		Greeting: "Hello Morgenrot.", Ask: "What can you send me on WhatsApp?", Code: "Code", Thanks: "Thank you. The next roast is on Thursday.",
		Purposes: map[string]funnel.PurposeText{
			"offers": {
				Title: "Offers",
				Words: "I agree to receive WhatsApp messages from Morgenrot Kaffeerösterei GmbH with offers and news about its coffee, at most 4 a month. I can stop at any time, free of charge, by replying STOP. This is not required to buy anything. Messages are delivered through WhatsApp. Privacy notice: https://morgenrot.example/privacy",
				Say:   "Yes, send me offers and news on WhatsApp, at most 4 a month.",
			},
			"orders": {
				Title: "Order updates",
				Words: "I agree to receive WhatsApp messages from Morgenrot Kaffeerösterei GmbH about my orders and their delivery. I can stop at any time, free of charge, by replying STOP. Messages are delivered through WhatsApp. Privacy notice: https://morgenrot.example/privacy",
				Say:   "Yes, send me updates about my orders on WhatsApp.",
			},
		},
	},
	"de": {
		Greeting: "Hallo Morgenrot.", Ask: "Was können Sie mir auf WhatsApp senden?", Code: "Code", Thanks: "Danke. Am Donnerstag wird wieder geröstet.",
		Purposes: map[string]funnel.PurposeText{
			"offers": {
				Title: "Angebote",
				Words: "Ich bin einverstanden, dass mir die Morgenrot Kaffeerösterei GmbH Angebote und Neuigkeiten zu ihrem Kaffee per WhatsApp sendet, höchstens 4 im Monat. Ich kann das jederzeit kostenlos beenden, indem ich mit STOPP antworte. Für einen Kauf ist das nicht nötig. Die Nachrichten werden über WhatsApp zugestellt. Datenschutzhinweise: https://morgenrot.example/privacy",
				Say:   "Ja, senden Sie mir Angebote und Neuigkeiten auf WhatsApp, höchstens 4 im Monat.",
			},
			"orders": {
				Title: "Bestellinfos",
				Words: "Ich bin einverstanden, dass mir die Morgenrot Kaffeerösterei GmbH Nachrichten zu meinen Bestellungen und ihrer Lieferung per WhatsApp sendet. Ich kann das jederzeit kostenlos beenden, indem ich mit STOPP antworte. Die Nachrichten werden über WhatsApp zugestellt. Datenschutzhinweise: https://morgenrot.example/privacy",
				Say:   "Ja, senden Sie mir Nachrichten zu meinen Bestellungen auf WhatsApp.",
			},
		},
	},
	"ar": {
		Greeting: "مرحبًا Morgenrot.", Ask: "ماذا يمكنكم أن ترسلوا إليّ على واتساب؟", Code: "الرمز", Thanks: "شكرًا لك. موعد التحميص القادم يوم الخميس.",
		Purposes: map[string]funnel.PurposeText{
			"offers": {
				Title: "العروض",
				Words: "أوافق على أن ترسل إليّ شركة Morgenrot Kaffeerösterei GmbH عبر واتساب عروضًا وأخبارًا عن قهوتها، بحد أقصى 4 رسائل في الشهر. يمكنني إيقافها في أي وقت مجانًا بالرد بكلمة STOP. هذه الموافقة ليست شرطًا للشراء. تُرسل الرسائل عبر واتساب. إشعار الخصوصية: https://morgenrot.example/privacy",
				Say:   "نعم، أرسلوا إليّ العروض والأخبار على واتساب، بحد أقصى 4 في الشهر.",
			},
			"orders": {
				Title: "تحديثات الطلب",
				Words: "أوافق على أن ترسل إليّ شركة Morgenrot Kaffeerösterei GmbH عبر واتساب رسائل عن طلباتي وتوصيلها. يمكنني إيقافها في أي وقت مجانًا بالرد بكلمة STOP. تُرسل الرسائل عبر واتساب. إشعار الخصوصية: https://morgenrot.example/privacy",
				Say:   "نعم، أرسلوا إليّ تحديثات طلباتي على واتساب.",
			},
		},
	},
}
