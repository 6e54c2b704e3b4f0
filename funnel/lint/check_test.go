package lint_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/funnel"
	"assent/funnel/lint"
	"assent/locale"
)

// with returns good words with something changed.
func with(t testing.TB, lang string, spoil func(v *funnel.Version, t *funnel.Text, p *funnel.PurposeText)) *funnel.Version {
	t.Helper()
	v := worded(t, lang)
	text := v.Texts[lang]
	p := text.Purposes["offers"]
	spoil(v, &text, &p)
	text.Purposes["offers"] = p
	v.Texts[lang] = text
	return v
}

func find(v *funnel.Version, code string) (lint.Finding, bool) {
	all := lint.Check(v, bsp)
	i := slices.IndexFunc(all, func(f lint.Finding) bool { return f.Code == code })
	if i < 0 {
		return lint.Finding{}, false
	}
	return all[i], true
}

type spoil = func(v *funnel.Version, t *funnel.Text, p *funnel.PurposeText)

func add(text string) spoil {
	return func(_ *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) { p.Words += " " + text }
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		code, lang string
		severity   lint.Severity
		spoil      spoil
		fixes      bool
	}{
		{"words.legal_name_missing", "en", lint.Error, func(_ *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) {
			p.Words = strings.ReplaceAll(p.Words, business, "Rosa")
		}, true},
		{"words.frequency_differs", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Purposes[0].PerMonth = 6 }, true},
		{"words.frequency_unkept", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Purposes[0].PerMonth = 0 }, false},
		{"purpose.frequency_none", "en", lint.Hint, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Purposes[0].PerMonth = 0 }, false},
		{"words.bundled", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) {
			v.Purposes[0].Scope = consent.Transactional
			v.Texts["en"].Purposes["offers"] = funnel.PurposeText{}
		}, false},
		{"words.mixed", "en", lint.Warning, add("I also agree to order updates."), false},
		{"words.contract_asks", "en", lint.Warning, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) {
			v.Purposes[0].Basis, v.Purposes[0].Scope = consent.ByContract, consent.Transactional
		}, false},
		{"words.too_long", "en", lint.Error, add(strings.Repeat("long ", 200)), false},
		{"words.twins", "en", lint.Warning, func(v *funnel.Version, x *funnel.Text, p *funnel.PurposeText) {
			v.Purposes = append(v.Purposes, funnel.Purpose{Key: "more", Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4})
			x.Purposes["more"] = *p
		}, false},
		{"text.preticked", "en", lint.Error, add("The box is already ticked for you."), false},
		{"text.preticked", "de", lint.Error, add("Das Kästchen ist bereits angekreuzt."), false},
		{"text.preticked", "ar", lint.Error, add("المربع محدد مسبقًا."), false},
		{"text.preticked", "fr", lint.Error, add("La case est déjà cochée."), false},
		{"text.preticked", "ja", lint.Error, add("ボックスはあらかじめチェックされています。"), false},
		{"text.implied", "en", lint.Error, add("By continuing you agree to this."), false},
		{"text.implied", "de", lint.Error, add("Indem Sie fortfahren, stimmen Sie zu."), false},
		{"text.implied", "ar", lint.Error, add("باستخدامك للموقع توافق."), false},
		{"text.implied", "es", lint.Error, add("Al continuar, usted acepta."), false},
		{"text.implied", "hi", lint.Error, add("जारी रखकर आप सहमत होते हैं।"), false},
		{"text.condition", "en", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) {
			x.Welcome = "In return for your consent you get ten percent off."
		}, false},
		{"text.hard", "en", lint.Warning, func(v *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) {
			p.Words = "Notwithstanding aforementioned contractual considerations, communications concerning organisational transformation opportunities necessitate comprehensive authorisation."
		}, false},
		{"text.hard", "de", lint.Warning, func(v *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) {
			p.Words = "Datenschutzrechtliche Einwilligungserklärungen bezüglich elektronischer Kommunikationsdienstleistungen erfordern ausdrückliche Zustimmungsbestätigungen berechtigter Vertragspartner."
		}, false},
		{"text.sentence_long", "en", lint.Hint, add(strings.Repeat("and a word more ", 6) + "."), false},
		{"text.unscored", "ar", lint.Hint, func(*funnel.Version, *funnel.Text, *funnel.PurposeText) {}, false},
		{"text.empty", "en", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) { x.Greeting = " \u200b" }, false},
		{"text.empty", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) {
			v.Fields = []funnel.Field{{Key: "mail", Kind: funnel.AskEmail}}
		}, false},
		{"text.placeholder", "en", lint.Error, add("From [business]."), true},
		{"text.placeholder", "en", lint.Error, add("TODO write this."), false},
		{"text.placeholder", "es", lint.Error, add("TODO: escribir."), false},
		{"text.placeholder", "es", lint.Error, add("[TODO]"), false},
		{"text.placeholder", "en", lint.Error, add("Hello {{ .Name }}."), true},
		{"text.placeholder", "en", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) { x.Intro = "Lorem ipsum dolor." }, false},
		{"text.control", "en", lint.Error, add("gro.live\u202e"), true},
		{"text.html", "en", lint.Warning, add("<b>Now</b>"), true},
		{"name.mixed_script", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Controller.BrandName = "R\u043esa" }, false},
		{"language.missing", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) {
			v.Purposes = append(v.Purposes, funnel.Purpose{Key: "more", Scope: consent.Marketing, Basis: consent.ByConsent})
		}, false},
		{"language.script", "ar", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) {
			x.Intro = "You choose what you would like to get from us."
		}, false},
		{"language.script", "en", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) {
			x.Intro = "אתם בוחרים מה תרצו לקבל מאיתנו בכל שבוע."
		}, false},
		{"language.guess", "en", lint.Hint, func(_ *funnel.Version, x *funnel.Text, p *funnel.PurposeText) {
			p.Words = "Ich bin einverstanden, dass mir die Rosa Blumen GmbH Angebote und Neuigkeiten zu ihren Blumen per WhatsApp sendet. Ich kann das jederzeit beenden, und es ist nicht nötig, um mit der Firma zu handeln."
		}, false},
		{"language.same", "en", lint.Warning, func(v *funnel.Version, x *funnel.Text, p *funnel.PurposeText) {
			v.Texts["de"] = funnel.Text{Purposes: map[string]funnel.PurposeText{"offers": *p}}
		}, false},
		{"language.unchecked", "fi", lint.Hint, nil, false},
		{"language.interface", "fi", lint.Hint, nil, false},
		{"language.india", "de", lint.Error, func(*funnel.Version, *funnel.Text, *funnel.PurposeText) {}, false},
		{"country.unknown", "en", lint.Hint, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Countries = []string{"DE", "PE"} }, false},
		{"country.us_marketing", "en", lint.Warning, func(*funnel.Version, *funnel.Text, *funnel.PurposeText) {}, false},
		{"controller.name_missing", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) {
			v.Controller.LegalName, v.Controller.BrandName = "", ""
		}, false},
		{"controller.address_missing", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Controller.Address = "" }, false},
		{"controller.contact_missing", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Controller.Contact = "" }, false},
		{"controller.notice_missing", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) {
			v.Controller.NoticeURL = "javascript:alert(1)"
		}, false},
		{"controller.notice_insecure", "en", lint.Warning, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) {
			v.Controller.NoticeURL = "http://rosa.example/privacy"
		}, true},
		{"age.missing", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.MinAge = 0 }, true},
		{"age.text_missing", "en", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) { x.Age = "" }, true},
		{"age.text_differs", "de", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) { x.Age = "Ich bin 16 Jahre alt." }, true},
		{"look.colour", "en", lint.Error, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Controller.Colour = "red" }, false},
		{"look.contrast", "en", lint.Warning, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Look.Colour = "#ffd400" }, true},
		{"look.alt_missing", "en", lint.Hint, func(v *funnel.Version, _ *funnel.Text, _ *funnel.PurposeText) { v.Look.Hero.SHA256 = "aa" }, false},
		{"chat.entry_long", "en", lint.Warning, func(v *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) {
			v.Mode, x.Ask = funnel.ModeQR, strings.Repeat("What can you send me? ", 7)
		}, false},
		{"chat.code_dense", "ja", lint.Warning, func(_ *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) {
			p.Say = strings.Repeat("お知らせ", 18)
		}, false},
		{"chat.title_long", "en", lint.Hint, func(_ *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) {
			p.Title = "Offers and news of the season"
		}, false},
		{"welcome.promotes", "en", lint.Error, func(v *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) {
			v.Welcome, x.Welcome = funnel.WelcomeService, "Thank you. Here is a discount."
		}, false},
		{"next.insecure", "en", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) { x.Next = "http://rosa.example/" }, true},
		{"next.insecure", "en", lint.Error, func(_ *funnel.Version, x *funnel.Text, _ *funnel.PurposeText) { x.Next = "//rosa.example" }, false},
	} {
		t.Run(c.code+"/"+c.lang, func(t *testing.T) {
			v := worded(t, "en")
			switch {
			case c.lang == "fi":
				v.Texts["fi"] = v.Texts["en"]
			case c.code == "words.bundled":
				v = with(t, "en", func(v *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) {
					v.Purposes[0].Scope = consent.Transactional
					p.Words += " I agree to order updates, offers and discounts."
				})
			default:
				v = with(t, c.lang, c.spoil)
			}
			f, ok := find(v, c.code)
			if !ok || f.Severity != c.severity {
				t.Fatalf("found %v: %+v, want %s", ok, f, c.severity)
			}
			if len(f.Sources) == 0 {
				t.Error("nobody wants it")
			}
			fixed, ok := lint.Apply(v, f)
			if ok != c.fixes {
				t.Fatalf("a fix: %v", ok)
			}
			if again, still := find(fixed, c.code); ok && still && again.Where == f.Where {
				t.Errorf("still there after the fix: %+v", again)
			}
		})
	}
}

// What looks alike and is right is not found.
func TestLeftAlone(t *testing.T) {
	for _, c := range []struct {
		code, lang, words string
	}{
		{"text.preticked", "en", "The box is not ticked."},
		{"text.implied", "en", "You do not agree by continuing."},
		{"words.frequency_differs", "en", "At most four messages in one month."},
		{"words.frequency_differs", "en", "Founded 1998. About one message a week."},
		{"words.frequency_differs", "ja", "月に4回まで。4月1日から。"},
		{"words.frequency_differs", "bn", "মাসে সর্বোচ্চ ৪টি বার্তা।"},
		{"words.frequency_differs", "ar", "أربع رسائل في الشهر على الأكثر."},
		{"words.frequency_differs", "tr", "Ayda en çok dört mesaj."},
		{"text.placeholder", "es", "TODO A MITAD DE PRECIO."},
		{"text.placeholder", "pt-BR", "TUDO SOBRE TODO O PÃO."},
		{"text.placeholder", "es", "Todo sobre flores. [Privacidad](https://rosa.example)"},
		{"text.html", "en", "From 3 < 5 to 7 > 6."},
		{"text.control", "ar", "رسائل من \u2066Rosa\u2069."},
	} {
		t.Run(c.code+"/"+c.lang, func(t *testing.T) {
			v := with(t, c.lang, func(v *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) { p.Words = c.words })
			if f, ok := find(v, c.code); ok {
				t.Errorf("%+v", f)
			}
		})
	}
	v := with(t, "en", func(v *funnel.Version, _ *funnel.Text, p *funnel.PurposeText) {
		v.Purposes[0].Scope = consent.Transactional
		p.Words = "I agree that Rosa offers me order updates on WhatsApp, and no offers or discounts."
	})
	if f, ok := find(v, "words.bundled"); ok {
		t.Errorf("a denial is taken for an offer: %+v", f)
	}
}

// A jurisdiction's own wish stops a funnel that names it, warns one that is open
// to all, and is unknown where nobody from there can come.
func TestReach(t *testing.T) {
	for _, c := range []struct {
		name      string
		countries []string
		want      lint.Severity
	}{{"named", []string{"US"}, lint.Error}, {"open to all", nil, lint.Warning}, {"elsewhere", []string{"DE"}, ""}} {
		t.Run(c.name, func(t *testing.T) {
			v := worded(t, "en", "automated")
			v.Countries = c.countries
			if f, _ := find(v, "words.automated_missing"); f.Severity != c.want {
				t.Errorf("%q, want %q", f.Severity, c.want)
			}
		})
	}
	v := worded(t, "en", "stop", "free")
	v.Countries = []string{"FR"}
	f, _ := find(v, "words.stop_missing")
	for _, s := range f.Sources {
		if s.In != "" && s.In != "EU" && s.In != "FR" {
			t.Errorf("%s is cited in France", s.Law)
		}
	}
}

// What WhatsApp does not deliver is said where it is asked for: of marketing, in a
// funnel that names the USA.
func TestMarketingInTheUSA(t *testing.T) {
	for name, c := range map[string]struct {
		countries []string
		scope     consent.Scope
		want      bool
	}{
		"named": {[]string{"DE", "US"}, consent.Marketing, true}, "open to all": {nil, consent.Marketing, false},
		"elsewhere": {[]string{"DE", "CA"}, consent.Marketing, false}, "orders": {[]string{"US"}, consent.Transactional, false},
	} {
		v := worded(t, "en")
		v.Countries, v.Purposes[0].Scope = c.countries, c.scope
		f, got := find(v, "country.us_marketing")
		if got != c.want || got && (f.Severity != lint.Warning || f.WantedBy() == "") {
			t.Errorf("%s: %v %+v", name, got, f)
		}
	}
}

func TestLabel(t *testing.T) {
	for _, c := range []struct{ label, want string }{
		{"shop window, Berlin", ""}, {"Flyer 2026-11-27 14:00", ""}, {"Filiale 20457 Hamburg", ""}, {"for Anna", ""}, {"واجهة المتجر", ""}, {"spring_2026-03", ""}, {"", ""},
		{"mia@rosa.example", "label.identifies"}, {"call +49 30 1234567", "label.identifies"}, {"0157 3599 0000", "label.identifies"}, {"id 123456789012", "label.identifies"}, {"٠١٥٧٣٥٩٩٠٠٠", "label.identifies"},
		{"<b>now</b>", "label.html"}, {"a<<b>script>x", "label.html"}, {"evil\u202e", "label.control"}, {"two\nlines", "label.control"}, {"B\u0435rlin", "label.mixed_script"},
	} {
		t.Run(c.label, func(t *testing.T) {
			found := lint.Label("label", c.label)
			if got := strings.Join(codes(found), " "); got != c.want {
				t.Fatalf("found %q, want %q", got, c.want)
			}
			for _, f := range found {
				if len(f.Params) > 0 {
					t.Errorf("the label is repeated: %v", f.Params)
				}
				if f.Fix != nil && slices.Contains(codes(lint.Label("label", *f.Fix)), f.Code) {
					t.Errorf("%q is no fix", *f.Fix)
				}
			}
		})
	}
}

// Every finding says two whole sentences in each language of the interface.
func TestSentences(t *testing.T) {
	for _, r := range lint.Rules() {
		for _, tag := range locale.OperatorTags() {
			for _, id := range []string{"lint." + r.Code, "lint." + r.Code + ".fix"} {
				if !locale.ForOperator(tag).Has(id) {
					t.Errorf("%s: %s is missing", tag, id)
				}
			}
		}
	}
}

// What a finding fills in is what its sentences ask for.
func TestSentencesAreFilled(t *testing.T) {
	v := worded(t, "en", "from", "frequency", "notice", "topics", "provider")
	v.Texts["fi"] = v.Texts["en"]
	v.Countries, v.MinAge, v.Controller.Colour = nil, 0, "#ffd400"
	for _, f := range lint.Check(v, bsp) {
		for _, tag := range locale.OperatorTags() {
			if s := f.Says(locale.ForOperator(tag)) + f.Offers(locale.ForOperator(tag)); strings.Contains(s, "<no value>") || strings.Contains(s, "[lint") {
				t.Errorf("%s: %s: %s", tag, f.Code, s)
			}
		}
	}
}

// Hostile texts cost no more than their length, and nothing is repeated at
// length.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"", "By continuing you agree", "\x00\xff<<<b>{{{{[[[business", strings.Repeat("4 a month ", 50), "https://" + strings.Repeat("a.", 99), "\u202e\u0301\u0301", strings.Repeat("<a", 99), "٤ رسائل في الشهر", "月4回"} {
		f.Add(s, "en")
		f.Add(s, "ja")
		f.Add(s, "xx-\x00")
	}
	f.Fuzz(func(t *testing.T, s, lang string) {
		v := worded(t, "en")
		v.Texts[lang] = funnel.Text{Title: s, Intro: s, Greeting: s, Ask: s, Code: s, Body: s, Age: s, Next: s, Welcome: s, Purposes: map[string]funnel.PurposeText{"offers": {Title: s, Words: s, Say: s}}}
		v.Controller = funnel.Controller{LegalName: s, BrandName: s, Address: s, Contact: s, NoticeURL: s, Colour: s}
		for _, x := range lint.Check(v, bsp) {
			for _, p := range x.Params {
				if len([]rune(p)) > 200 {
					t.Errorf("%s repeats %d characters", x.Code, len([]rune(p)))
				}
			}
			if _, ok := lint.Apply(v, x); x.Fix != nil && !ok {
				t.Errorf("%s at %s has a fix that fits nowhere", x.Code, x.Where)
			}
		}
		lint.Label("label", s)
		lint.Readability(v)
	})
}

// Twice the text takes about twice the time: nothing is quadratic.
func TestLinear(t *testing.T) {
	cost := func(s string) time.Duration {
		best := time.Hour
		for range 3 {
			v := with(t, "en", func(_ *funnel.Version, x *funnel.Text, p *funnel.PurposeText) { p.Words, x.Intro, x.Body = s, s, s })
			start := time.Now()
			lint.Check(v, bsp)
			lint.Label("label", s)
			best = min(best, time.Since(start))
		}
		return best
	}
	for _, part := range []string{"<a", "{{", "a@", "4 a month ", "+49 ", "[business", "https://", ". "} {
		small, large := cost(strings.Repeat(part, 1_000)), cost(strings.Repeat(part, 16_000))
		if large > 64*small+100*time.Millisecond {
			t.Errorf("%q: %v, then %v for 16 times the text", part, small, large)
		}
	}
}
