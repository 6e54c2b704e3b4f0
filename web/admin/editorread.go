package admin

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assent/consent"
	"assent/funnel"
	"assent/phone"
)

// readDraft reads the form into the draft. What the form does not hold stays.
func readDraft(form url.Values, v *funnel.Version) {
	set := func(name string, to func(string)) {
		if form.Has(name) {
			to(strings.TrimSpace(strings.ReplaceAll(form.Get(name), "\r\n", "\n")))
		}
	}
	set("slug", func(s string) { v.Slug = s })
	set("mode", func(s string) { v.Mode = funnel.Mode(s) })
	set("template", func(s string) { v.Template = s })
	set("number", func(s string) {
		v.NumberField = funnel.NumberField(s)
		v.NameField, v.Proof = form.Has("name"), form.Has("proof")
	})
	set("default_country", func(s string) { v.DefaultCountry = countryCode(s) })
	set("min_age", func(s string) { v.MinAge = number(s) })
	set("colour", func(s string) { v.Look.Colour = strings.ToLower(s) })
	set("radius", func(s string) { v.Look.Radius = funnel.Radius(s) })
	set("font", func(s string) { v.Look.Font = funnel.Font(s) })
	set("welcome", func(s string) { v.Welcome = funnel.Welcome(s) })
	set("change", func(s string) { v.Change = funnel.Change(s) })
	set("countries", func(s string) { v.Countries = countryCodes(s) })
	set("language", func(s string) {
		if _, ok := v.Texts[s]; ok {
			v.Language = s
		}
	})
	old := *v
	v.Purposes, v.Fields = readPurposes(form, old.Purposes), readFields(form, old.Fields)
	for lang, t := range old.Texts {
		n := "t." + lang + "."
		for name, to := range map[string]*string{
			"title": &t.Title, "intro": &t.Intro, "body": &t.Body, "small_print": &t.SmallPrint, "greeting": &t.Greeting, "ask": &t.Ask, "code": &t.Code,
			"age": &t.Age, "thanks": &t.Thanks, "next": &t.Next, "welcome": &t.Welcome, "hero_alt": &t.HeroAlt,
		} {
			set(n+name, func(s string) { *to = s })
		}
		t.Purposes = readWords(form, lang, old.Purposes, v.Purposes, t.Purposes)
		t.Fields = readLabels(form, lang, v.Language, old.Fields, v.Fields, t.Fields)
		v.Texts[lang] = t
	}
}

// number reads a small number; what is none is 0.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 999 {
		return 0
	}
	return n
}

func countryCode(s string) string {
	s = strings.ToUpper(s)
	if !slices.ContainsFunc(phone.Countries(), func(c phone.Country) bool { return c.Region == s }) {
		return ""
	}
	return s
}

func countryCodes(s string) (list []string) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' }) {
		if code := countryCode(word); code != "" && !slices.Contains(list, code) {
			list = append(list, code)
		}
	}
	return list
}

func readPurposes(form url.Values, old []funnel.Purpose) (list []funnel.Purpose) {
	for i, p := range old {
		n := "p." + strconv.Itoa(i) + "."
		if form.Has(n + "key") {
			p.Key = strings.TrimSpace(form.Get(n + "key"))
			p.PerMonth = number(form.Get(n + "per_month"))
		}
		if form.Has(n + "scope") {
			p.Scope, p.Basis = consent.Scope(form.Get(n+"scope")), consent.Basis(form.Get(n+"basis"))
		}
		list = append(list, p)
	}
	return list
}

// readWords reads what a language says of the purposes. Their words follow them
// where they are named anew.
func readWords(form url.Values, lang string, before, purposes []funnel.Purpose, old map[string]funnel.PurposeText) map[string]funnel.PurposeText {
	out := map[string]funnel.PurposeText{}
	for i, p := range purposes {
		said := old[before[i].Key]
		n, whole := fmt.Sprintf("t.%s.p.%d.", lang, i), fmt.Sprintf("p.%d.", i)
		get := func(name string, to *string) {
			if form.Has(n + name) {
				*to = strings.TrimSpace(strings.ReplaceAll(form.Get(n+name), "\r\n", "\n"))
			}
		}
		get("title", &said.Title)
		get("words", &said.Words)
		get("say", &said.Say)
		switch {
		case form.Has(whole+"free") || !funnel.Speaks(lang):
			said.Slots = nil
		case form.Has(whole + "key"):
			slots := funnel.Slots{}
			if said.Slots != nil {
				slots = *said.Slots
			}
			get("kind", &slots.Kind)
			get("provider", &slots.Provider)
			get("complaint", &slots.Complaint)
			slots.NotCondition, slots.Automated, slots.MailAddress = form.Has(whole+"not_condition"), form.Has(whole+"automated"), form.Has(whole+"mail_address")
			said.Slots = &slots
		}
		out[p.Key] = said
	}
	return out
}

func readFields(form url.Values, old []funnel.Field) (list []funnel.Field) {
	for i, f := range old {
		if n := "f." + strconv.Itoa(i) + "."; form.Has(n + "key") {
			f.Key, f.Kind, f.Required = strings.TrimSpace(form.Get(n+"key")), funnel.FieldKind(form.Get(n+"kind")), form.Has(n+"required")
		}
		list = append(list, f)
	}
	return list
}

// readLabels reads what a language says of the fields. The choices of a list are
// lines; the version's own language says how many there are.
func readLabels(form url.Values, lang, own string, before, fields []funnel.Field, old map[string]funnel.FieldText) map[string]funnel.FieldText {
	out := map[string]funnel.FieldText{}
	for i := range fields {
		said := old[before[i].Key]
		n := fmt.Sprintf("t.%s.f.%d.", lang, i)
		if form.Has(n + "label") {
			said.Label = strings.TrimSpace(form.Get(n + "label"))
		}
		if list := fmt.Sprintf("t.%s.f.%d.options", own, i); form.Has(list) {
			fields[i].Options = nil
			for o := range optionLines(form.Get(list)) {
				fields[i].Options = append(fields[i].Options, "o"+strconv.Itoa(o+1))
			}
		}
		if form.Has(n + "options") {
			said.Options = map[string]string{}
			for o, line := range optionLines(form.Get(n + "options")) {
				said.Options["o"+strconv.Itoa(o+1)] = line
			}
		}
		out[fields[i].Key] = said
	}
	return out
}

func optionLines(s string) (lines []string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$`)

// maxLanguages bounds what one version speaks.
const maxLanguages = 12

// change adds to the draft, or takes away.
func change(v *funnel.Version, do, arg string, form url.Values) {
	at, err := strconv.Atoi(arg)
	within := func(n int) bool { return err == nil && at >= 0 && at < n }
	switch do {
	case "add-purpose":
		key := free("purpose", func(k string) bool { _, taken := v.Purpose(k); return taken })
		v.Purposes = append(v.Purposes, funnel.Purpose{Key: key, Scope: consent.Transactional, Basis: consent.ByConsent})
		for lang, t := range v.Texts {
			said := funnel.PurposeText{}
			if funnel.Speaks(lang) {
				said.Slots = &funnel.Slots{}
			}
			t.Purposes[key] = said
		}
	case "remove-purpose":
		if within(len(v.Purposes)) {
			v.Purposes = slices.Delete(v.Purposes, at, at+1)
		}
	case "add-field":
		key := free("field", func(k string) bool {
			return slices.ContainsFunc(v.Fields, func(f funnel.Field) bool { return f.Key == k })
		})
		v.Fields = append(v.Fields, funnel.Field{Key: key, Kind: funnel.AskText})
	case "remove-field":
		if within(len(v.Fields)) {
			v.Fields = slices.Delete(v.Fields, at, at+1)
		}
	case "add-language":
		addLanguage(v, strings.TrimSpace(form.Get("add_language")))
	case "remove-language":
		if arg != v.Language {
			delete(v.Texts, arg)
		}
	}
}

// addLanguage begins a language with what the version's own says: it is to be
// translated, and nothing is forgotten.
func addLanguage(v *funnel.Version, tag string) {
	if _, ok := v.Texts[tag]; ok || !languageTag.MatchString(tag) || len(v.Texts) >= maxLanguages {
		return
	}
	text := v.Texts[v.Language]
	purposes := map[string]funnel.PurposeText{}
	for key, said := range text.Purposes {
		if said.Slots != nil {
			slots := *said.Slots
			said.Slots = &slots
		}
		if !funnel.Speaks(tag) {
			said.Slots = nil
		}
		purposes[key] = said
	}
	text.Purposes = purposes
	v.Texts[tag] = text
}

// free returns the word, or the first with a number behind it that is not taken.
func free(word string, taken func(string) bool) string {
	out := word
	for n := 2; taken(out); n++ {
		out = word + strconv.Itoa(n)
	}
	return out
}
