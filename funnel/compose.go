package funnel

import (
	"strconv"
	"strings"

	"assent/consent"
)

// Speaks reports whether consent words can be built from slots in the language.
func Speaks(lang string) bool { _, ok := sentences[lang]; return ok }

// Compose builds the words of a purpose from their parts, and the sentence that
// says the same in the person's mouth. The parts stand in an order that reads;
// those that are empty are left out. ok is false for a language without
// sentences of ours: there the words are written freely.
func Compose(lang string, c Controller, p Purpose, s Slots) (words, say string, ok bool) {
	in, ok := sentences[lang]
	if !ok {
		return "", "", false
	}
	often := ""
	if p.PerMonth > 0 {
		often = strings.ReplaceAll(in.often, "{n}", strconv.Itoa(p.PerMonth))
	}
	fill := strings.NewReplacer("{legal}", c.LegalName, "{brand}", c.BrandName, "{kind}", strings.TrimSpace(s.Kind), "{often}", often,
		"{provider}", s.Provider, "{address}", c.Address, "{complaint}", s.Complaint, "{notice}", c.Notice(lang))
	var parts []string
	add := func(when bool, sentence string) {
		if when {
			parts = append(parts, fill.Replace(sentence))
		}
	}
	contract := p.Basis == consent.ByContract
	add(!contract, in.agree)
	add(contract, in.contract)
	add(true, in.stop)
	add(s.NotCondition && !contract, in.notCondition)
	add(s.Automated, in.automated)
	add(s.Provider == "", in.through)
	add(s.Provider != "", in.throughProvider)
	add(s.MailAddress && c.Address != "", in.address)
	add(c.Notice(lang) != "", in.notice)
	add(s.Complaint != "", in.complaint)
	say = in.say
	if contract {
		say = in.sayContract
	}
	return strings.Join(parts, " "), fill.Replace(say), true
}

// ComposeAll builds the words of every purpose that has slots, in every language.
func (v *Version) ComposeAll() {
	for lang, t := range v.Texts {
		for _, p := range v.Purposes {
			said := t.Purposes[p.Key]
			if said.Slots == nil {
				continue
			}
			if words, say, ok := Compose(lang, v.Controller, p, *said.Slots); ok {
				said.Words, said.Say = words, say
				t.Purposes[p.Key] = said
			}
		}
	}
}

// sentence holds how one language says each part.
type sentence struct {
	agree, contract, often, stop, notCondition, automated, through, throughProvider, address, notice, complaint, say, sayContract string
}

var sentences = map[string]sentence{
	"en": {
		agree:    "I agree to receive WhatsApp messages from {legal} with {kind}{often}.",
		contract: "{legal} sends WhatsApp messages with {kind}{often}, because they belong to what you ordered or booked.",
		often:    ", at most {n} a month", stop: "I can stop at any time, free of charge, by replying STOP.",
		notCondition: "This is not required to buy anything.", automated: "The messages are sent by automated means.",
		through: "Messages are delivered through WhatsApp.", throughProvider: "Messages are delivered through WhatsApp and {provider}.",
		address: "Postal address: {address}.", notice: "Privacy notice: {notice}", complaint: "Complaints: {complaint}",
		say: "Yes, send me {kind} on WhatsApp{often}.", sayContract: "Please send me {kind} on WhatsApp.",
	},
	"de": {
		agree:    "Ich bin einverstanden, dass {legal} mir per WhatsApp {kind} sendet{often}.",
		contract: "{legal} sendet per WhatsApp {kind}{often}, weil das zu Ihrer Bestellung oder Buchung gehört.",
		often:    ", höchstens {n} Nachrichten im Monat", stop: "Ich kann das jederzeit kostenlos beenden, indem ich mit STOPP antworte.",
		notCondition: "Für einen Kauf ist das nicht nötig.", automated: "Die Nachrichten werden automatisch versendet.",
		through: "Die Nachrichten werden über WhatsApp zugestellt.", throughProvider: "Die Nachrichten werden über WhatsApp und {provider} zugestellt.",
		address: "Postanschrift: {address}.", notice: "Datenschutzhinweise: {notice}", complaint: "Beschwerden: {complaint}",
		say: "Ja, senden Sie mir {kind} per WhatsApp{often}.", sayContract: "Bitte senden Sie mir {kind} per WhatsApp.",
	},
	"ar": {
		agree:    "أوافق على أن أتلقى من {legal} رسائل واتساب تتضمن {kind}{often}.",
		contract: "ترسل {legal} رسائل واتساب تتضمن {kind}{often}، لأنها جزء من طلبك أو حجزك.",
		often:    "، بحد أقصى {n} في الشهر", stop: "يمكنني إيقافها في أي وقت مجانًا بالرد بكلمة STOP.",
		notCondition: "لا يُشترط ذلك لشراء أي شيء.", automated: "تُرسل الرسائل آليًا.",
		through: "تُرسل الرسائل عبر واتساب.", throughProvider: "تُرسل الرسائل عبر واتساب و{provider}.",
		address: "العنوان البريدي: {address}.", notice: "إشعار الخصوصية: {notice}", complaint: "الشكاوى: {complaint}",
		say: "نعم، أرسلوا إليّ على واتساب {kind}{often}.", sayContract: "أرسلوا إليّ من فضلكم على واتساب {kind}.",
	},
}
