package lint

import (
	"maps"
	"slices"
)

// Source is who wants something, and where.
type Source struct {
	Law  string `json:"law"`
	In   string `json:"in,omitempty"` // jurisdiction; empty: everywhere
	must bool   // an error where a country of this jurisdiction is named
}

// Rule is what can be found, and who wants it otherwise.
type Rule struct {
	Code     string
	Severity Severity // where no source raises it
	Sources  []Source
}

// Jurisdictions are those whose wishes are known, with their countries.
var jurisdictions = []struct {
	code      string
	countries []string
}{
	{"EU", []string{"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}},
	{"DE", []string{"DE"}}, {"FR", []string{"FR"}}, {"UK", []string{"GB"}}, {"US", []string{"US"}}, {"CA", []string{"CA"}}, {"BR", []string{"BR"}},
	{"IN", []string{"IN"}}, {"ZA", []string{"ZA"}}, {"SG", []string{"SG"}}, {"SA", []string{"SA"}}, {"AE", []string{"AE"}},
}

// reach is where a funnel is published for.
type reach struct {
	named   map[string]bool // jurisdictions of countries that the funnel names
	all     bool            // it names none: every jurisdiction
	unknown []string        // countries whose wishes are not known
}

func reachOf(countries []string) reach {
	r := reach{named: make(map[string]bool), all: len(countries) == 0}
	for _, country := range countries {
		known := false
		for _, j := range jurisdictions {
			if slices.Contains(j.countries, country) {
				r.named[j.code], known = true, true
			}
		}
		if !known {
			r.unknown = append(r.unknown, country)
		}
	}
	return r
}

// covers reports whether people of the jurisdiction may come.
func (r reach) covers(code string) bool { return code == "" || r.all || r.named[code] }

// weigh returns how grave a breach of the rule is here, and who says so. What
// one jurisdiction demands stops a funnel that names its country; one that is
// open to the world and may never meet it is warned.
func (r reach) weigh(rule Rule) (Severity, []Source) {
	severity := rule.Severity
	var sources []Source
	for _, s := range rule.Sources {
		if !r.covers(s.In) {
			continue
		}
		sources = append(sources, s)
		if s.must && r.named[s.In] {
			severity = Error
		}
	}
	return severity, sources
}

const (
	everywhere = ""
	policy     = "WhatsApp Business Messaging Policy, opt-in"
	tcpa       = "47 CFR 64.1200(f)(9) (TCPA)"
	darkEDPB   = "EDPB Guidelines 03/2022 (dark patterns)"
	darkCPPA   = "CCPA, CPPA advisory on dark patterns (2024)"
	planet49   = "CJEU C-673/17 (Planet49)"
	orange     = "CJEU C-61/19 (Orange Romania)"
	dpdpNotice = "DPDP Rules 2025, rule 3"
	click      = "WhatsApp click to chat"
)

func anywhere(law string) Source           { return Source{Law: law, In: everywhere} }
func in(jurisdiction, law string) Source   { return Source{Law: law, In: jurisdiction} }
func must(jurisdiction, law string) Source { return Source{Law: law, In: jurisdiction, must: true} }

// rules is everything that can be found. docs/lint.md prints it.
var rules = index([]Rule{
	// what consent words say
	{"words.business_missing", Error, []Source{anywhere(policy), in("EU", "GDPR art. 4(11), 13"), in("UK", "ICO, consent: name your organisation"), in("US", tcpa), in("CA", "CASL: name of who seeks consent"), in("ZA", "POPIA s 69, Form 4"), in("SA", "PDPL IR art. 28")}},
	{"words.legal_name_missing", Warning, []Source{in("EU", "GDPR art. 13"), must("CA", "CASL: name of who seeks consent"), in("UK", "ICO, consent: name your organisation"), in("ZA", "POPIA s 69, Form 4")}},
	{"words.channel_missing", Error, []Source{anywhere("Assent: consent is for one channel"), in("EU", "GDPR art. 4(11) (specific)"), in("DE", "BGH I ZR 164/09 (one channel proves nothing for another)"), in("ZA", "POPIA regulations of 17 April 2025 (channel)"), in("AE", "Cabinet Decision 56/2024")}},
	{"words.agree_missing", Warning, []Source{anywhere(policy), must("US", tcpa), in("EU", "GDPR art. 4(11)"), in("SG", "PDPA, DNC: clear and unambiguous consent"), in("CA", "CASL: positive act"), in("AE", "Cabinet Decision 56/2024 (prior approval)")}},
	{"words.stop_missing", Error, []Source{anywhere(policy), in("EU", "GDPR art. 7(3), 13(2)(c)"), in("US", "47 CFR 64.1200(a)(10)"), in("CA", "CASL: consent can be withdrawn"), in("BR", "LGPD art. 8"), in("IN", "DPDP Act s 6(4)"), in("SG", "PDPA s 47"), in("ZA", "POPIA s 69"), in("SA", "PDPL art. 25"), in("AE", "Cabinet Decision 56/2024")}},
	{"words.free_missing", Warning, []Source{in("EU", "ePrivacy Directive art. 13"), in("BR", "LGPD art. 8 (free withdrawal)"), in("ZA", "POPIA s 69 (free)"), must("SA", "PDPL IR art. 28, 29 (easy, free stop)")}},
	{"words.condition_missing", Warning, []Source{must("US", "47 CFR 64.1200(f)(9)(i)(B) (TCPA)"), in("EU", "GDPR art. 7(4)")}},
	{"words.automated_missing", Warning, []Source{must("US", "47 CFR 64.1200(f)(9)(i)(A) (TCPA)")}},
	{"words.number_missing", Warning, []Source{must("US", tcpa)}},
	{"words.kind_missing", Warning, []Source{anywhere("WhatsApp, getting opt-in: name the kinds of messages"), in("EU", "GDPR art. 4(11) (specific)"), in("BR", "LGPD art. 8 (a generic consent is void)"), in("SA", "PDPL IR art. 11"), in("CA", "CASL: purpose"), in("ZA", "POPIA s 69, Form 4 (goods or services)"), in("IN", dpdpNotice)}},
	{"words.frequency_missing", Warning, []Source{anywhere("Assent rule 14"), in("US", "Hudson v. Ralph Lauren (a stated frequency is part of the scope)")}},
	{"words.frequency_differs", Error, []Source{anywhere("Assent rule 14"), in("US", "Hudson v. Ralph Lauren (a stated frequency is part of the scope)")}},
	{"words.frequency_unkept", Error, []Source{anywhere("Assent rule 14"), in("US", "Hudson v. Ralph Lauren (a stated frequency is part of the scope)")}},
	{"words.notice_missing", Warning, []Source{in("EU", "GDPR art. 13; EDPB Guidelines 03/2022"), in("IN", dpdpNotice), in("CA", "CASL: web address")}},
	{"words.recipient_missing", Warning, []Source{in("EU", "GDPR art. 13 (recipients)")}},
	{"words.provider_missing", Warning, []Source{must("EU", "GDPR art. 13 (recipients)")}},
	{"words.bundled", Error, []Source{anywhere("Assent rule 1"), in("EU", "GDPR art. 7(2)"), in("FR", "A separate box for marketing"), in("CA", "CASL: not bundled"), in("SA", "PDPL IR art. 11 (consent per purpose)")}},
	{"words.mixed", Warning, []Source{anywhere("Assent rule 1"), in("EU", "GDPR art. 7(2); EDPB Guidelines 03/2022"), in("SA", "PDPL IR art. 11 (consent per purpose)")}},
	{"words.contract_asks", Warning, []Source{anywhere("Assent rule 1: what rests on a contract is stated, not asked")}},
	{"words.complaint_missing", Warning, []Source{must("IN", dpdpNotice)}},
	{"words.too_long", Error, []Source{anywhere("WhatsApp: a message with buttons holds 1,024 characters")}},
	{"words.twins", Warning, []Source{anywhere("Assent rule 1"), in("EU", "GDPR art. 4(11) (specific)")}},

	// patterns that spoil a consent, in any text
	{"text.preticked", Error, []Source{anywhere("Assent rule 1"), in("EU", planet49), in("CA", "CASL: no pre-ticked box"), in("US", darkCPPA)}},
	{"text.implied", Error, []Source{anywhere("Assent rule 1"), in("EU", "GDPR art. 4(11); "+orange), in("CA", "CASL: positive act"), in("ZA", "POPIA regulations of 17 April 2025 (opt-out is no consent)")}},
	{"text.condition", Warning, []Source{must("EU", "GDPR art. 7(4)"), must("US", "47 CFR 64.1200(f)(9)(i)(B) (TCPA)"), anywhere("Assent: a welcome is never the condition of consent")}},

	// readable
	{"text.hard", Warning, []Source{in("UK", "ICO, consent: plain words"), in("US", darkCPPA), anywhere("Assent: plain language, grade 6 to 8")}},
	{"text.sentence_long", Hint, []Source{anywhere("Assent: sentences under 20 words"), in("UK", "ICO, consent: concise")}},
	{"text.unscored", Hint, []Source{anywhere("Assent: plain language, grade 6 to 8")}},

	// texts as such
	{"text.empty", Error, []Source{anywhere("WCAG 2.2, 2.4.6 and 3.3.2"), in("EU", "GDPR art. 4(11) (informed)")}},
	{"text.placeholder", Error, []Source{anywhere("Assent: what is shown is what is agreed to"), in("EU", "GDPR art. 4(11) (informed)")}},
	{"text.control", Error, []Source{anywhere("Assent: what is shown is what is agreed to"), anywhere("Unicode Technical Report 36")}},
	{"text.html", Warning, []Source{anywhere("Assent: texts are shown as they are")}},
	{"text.sample", Hint, []Source{anywhere("Assent: words of your own")}},
	{"name.mixed_script", Error, []Source{anywhere("Unicode Technical Standard 39")}},
	{"language.missing", Error, []Source{anywhere("Assent: every purpose in every language"), in("EU", "GDPR art. 4(11) (informed)")}},
	{"language.script", Error, []Source{anywhere("WCAG 2.2, 3.1.1"), in("EU", "GDPR art. 4(11) (informed)")}},
	{"language.guess", Hint, []Source{anywhere("WCAG 2.2, 3.1.1")}},
	{"language.same", Warning, []Source{anywhere("WCAG 2.2, 3.1.1"), in("EU", "GDPR art. 4(11) (informed)")}},
	{"language.copied", Hint, []Source{anywhere("WCAG 2.2, 3.1.1")}},
	{"language.unchecked", Hint, []Source{anywhere("Assent: no word lists for this language")}},
	{"language.interface", Hint, []Source{anywhere("WCAG 2.2, 3.1.2")}},
	{"language.india", Warning, []Source{must("IN", dpdpNotice+": English or a language of the Eighth Schedule")}},

	// settings
	{"country.us_marketing", Warning, []Source{in("US", "WhatsApp, marketing templates: none to US numbers since 2025-04-01")}},
	{"country.unknown", Hint, []Source{anywhere("Assent: no rules known for this country")}},
	{"sender.missing", Error, []Source{anywhere(click + ": who confirms writes to a number"), anywhere("Assent rule 1: a form alone gives nothing")}},
	{"purpose.frequency_none", Hint, []Source{anywhere("Assent rule 14")}},
	{"controller.name_missing", Error, []Source{anywhere(policy)}},
	{"controller.address_missing", Warning, []Source{must("CA", "CASL: mailing address"), in("EU", "GDPR art. 13")}},
	{"controller.contact_missing", Warning, []Source{must("CA", "CASL: telephone, e-mail or web address"), must("IN", "DPDP Rules 2025: contact of a person who answers"), in("EU", "GDPR art. 13"), in("ZA", "POPIA s 69, Form 4 (contact)")}},
	{"controller.human_missing", Warning, []Source{anywhere("WhatsApp Business Messaging Policy: a way to reach a person"), anywhere("Assent rule 27: HELP names a human")}},
	{"controller.notice_missing", Error, []Source{anywhere("Assent: a link to the notice where people choose"), in("EU", darkEDPB+"; GDPR art. 13"), in("IN", dpdpNotice)}},
	{"controller.notice_insecure", Warning, []Source{anywhere("Assent: addresses are https")}},
	{"age.missing", Warning, []Source{must("IN", "DPDP Act: 18 and over for marketing (Assent rule 8)")}},
	{"age.text_missing", Error, []Source{anywhere("Assent rule 8")}},
	{"age.text_differs", Error, []Source{anywhere("Assent rule 8")}},

	// short names
	{"purpose.name_same", Warning, []Source{anywhere("Assent rule 15: STOP and a name ends one purpose")}},
	{"purpose.name_near", Warning, []Source{anywhere("Assent rule 15: STOP and a name ends one purpose")}},
	{"funnel.slug_near", Warning, []Source{anywhere("Assent: an address is read aloud and typed")}},
	{"entry.label_same", Warning, []Source{anywhere("Assent: a label says where a code hangs")}},

	// look
	{"look.colour", Error, []Source{anywhere("WCAG 2.2, 1.4.3")}},
	{"look.contrast", Warning, []Source{anywhere("WCAG 2.2, 1.4.3 and 1.4.11")}},
	{"look.alt_missing", Hint, []Source{anywhere("WCAG 2.2, 1.1.1")}},

	// chat, and what comes after
	{"chat.entry_long", Warning, []Source{anywhere("WhatsApp, message_qrdls: 140 characters")}},
	{"chat.code_dense", Warning, []Source{anywhere(click)}},
	{"chat.title_long", Hint, []Source{anywhere("WhatsApp: a button holds 20 characters")}},
	{"welcome.promotes", Error, []Source{anywhere("Assent rule 33")}},
	{"next.insecure", Error, []Source{anywhere("Assent: addresses are https")}},

	// labels and utm values
	{"label.identifies", Error, []Source{anywhere("Assent rule 29")}},
	{"label.html", Error, []Source{anywhere("Assent rule 29")}},
	{"label.control", Error, []Source{anywhere("Unicode Technical Report 36")}},
	{"label.mixed_script", Error, []Source{anywhere("Unicode Technical Standard 39")}},
})

func index(list []Rule) map[string]Rule {
	m := make(map[string]Rule, len(list))
	for _, r := range list {
		if _, twice := m[r.Code]; twice {
			panic("lint: two rules " + r.Code)
		}
		m[r.Code] = r
	}
	return m
}

// Rules returns everything that can be found, in the order of the codes.
func Rules() []Rule {
	var list []Rule
	for _, code := range slices.Sorted(maps.Keys(rules)) {
		list = append(list, rules[code])
	}
	return list
}

// Must reports whether what the source wants is an error where the funnel names
// a country of its jurisdiction.
func (s Source) Must() bool { return s.must }
