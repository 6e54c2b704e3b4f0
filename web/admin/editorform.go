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
	"assent/locale"
	"assent/manage"
	"assent/phone"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
)

// The form of a draft names its controls thus: what is of the whole version by
// its own name; purposes p.0.key, fields f.0.key; what a language says
// t.de.title, of a purpose t.de.p.0.words, of a field t.de.f.0.label.

// sectionOf returns the part of the editor that an act belongs to.
func sectionOf(do string) string {
	switch do {
	case "add-purpose", "remove-purpose":
		return "purposes"
	case "add-field", "remove-field":
		return "fields"
	}
	return "languages"
}

// controlOf returns the part of the editor in which a fault of the field is
// mended.
func controlOf(field string) string {
	switch field {
	case "slug", "mode", "template":
		return "basics"
	case "min_age":
		return "fields"
	case "colour", "radius", "font", "picture":
		return "look"
	case "welcome", "next":
		return "after"
	case "language":
		return "languages"
	}
	return field // purposes, texts, fields, change
}

// sections is the draft as the editor shows it.
func sections(loc locale.Localizer, t *tenant.Tenant, v *funnel.Version, published bool) []views.Section {
	f := former{loc, t, v}
	return []views.Section{f.purposes(), f.texts(), f.fields(), f.after(), f.look(), f.languages(), f.basics(published)}
}

type former struct {
	loc locale.Localizer
	t   *tenant.Tenant
	v   *funnel.Version
}

func (f former) line(name, label, value string) views.Control {
	return views.Control{Field: ui.Field{ID: id(name), Name: name, Label: label, Value: value}}
}

func (f former) area(name, label, value, lang string) views.Control {
	c := f.line(name, label, value)
	c.Kind, c.Lang, c.Rows = "area", lang, "3"
	return c
}

func (f former) check(name, label string, checked bool) views.Control {
	c := f.line(name, label, "")
	c.Kind, c.Checked = "check", checked
	return c
}

func (f former) choose(name, label, chosen string, values []string, word func(string) string) views.Control {
	c := f.line(name, label, "")
	c.Kind = "select"
	for _, v := range values {
		c.Options = append(c.Options, ui.Option{Value: v, Label: word(v), Selected: v == chosen})
	}
	return c
}

// id makes a control's id of its name.
func id(name string) string { return strings.ReplaceAll(name, ".", "-") }

func (f former) words(prefix string) func(string) string {
	return func(v string) string {
		if v == "" {
			v = "none"
		}
		return f.loc.T(prefix + v)
	}
}

func (f former) section(id string, groups ...views.Group) views.Section {
	return views.Section{ID: id, Title: f.loc.T("editor.part." + id), Text: f.loc.T("editor.part." + id + ".text"), Groups: groups}
}

func (f former) basics(published bool) views.Section {
	v := f.v
	var cs []views.Control
	if !published {
		slug := f.line("slug", f.loc.T("editor.slug"), v.Slug)
		slug.Hint, slug.LTR, slug.MaxLength = f.loc.T("editor.slug.hint"), true, "64"
		cs = append(cs, slug)
	}
	mode := func(m string) string { return views.ModeWord(f.loc, m) }
	cs = append(cs, f.choose("mode", f.loc.T("admin.mode"), string(v.Mode), []string{"chat", "template", "qr"}, mode))
	template := f.line("template", f.loc.T("editor.template"), v.Template)
	template.LTR, template.Hint = true, f.loc.T("editor.template.hint")
	return f.section("basics", views.Group{Controls: append(cs, template)})
}

func (f former) purposes() views.Section {
	s := f.section("purposes")
	for i, p := range f.v.Purposes {
		n := "p." + strconv.Itoa(i) + "."
		g := views.Group{ID: id(n + "group"), Remove: "remove-purpose:" + strconv.Itoa(i)}
		text, _ := f.v.Text(f.v.Language)
		g.Legend = text.Purposes[p.Key].Title
		key := f.line(n+"key", f.loc.T("editor.purpose.key"), p.Key)
		key.LTR, key.MaxLength, key.Hint = true, "32", f.loc.T("editor.purpose.key.hint")
		g.Controls = append(g.Controls, key)
		if _, known := f.t.Purpose(p.Key); !known { // a purpose that is used never changes scope or basis
			g.Controls = append(g.Controls, f.choose(n+"scope", f.loc.T("admin.scope"), string(p.Scope), []string{"marketing", "transactional"}, f.words("scope.")),
				f.choose(n+"basis", f.loc.T("editor.basis"), string(p.Basis), []string{"consent", "contract"}, f.words("editor.basis.")))
		}
		often := ""
		if p.PerMonth > 0 {
			often = strconv.Itoa(p.PerMonth)
		}
		month := f.line(n+"per_month", f.loc.T("editor.per_month"), often)
		month.Inputmode, month.MaxLength = "numeric", "3"
		g.Controls = append(g.Controls, month)
		slots := text.Purposes[p.Key].Slots
		free := slots == nil
		g.Controls = append(g.Controls, f.check(n+"free", f.loc.T("editor.free"), free))
		if !free {
			g.Controls = append(g.Controls, f.check(n+"not_condition", f.loc.T("editor.slot.not_condition"), slots.NotCondition),
				f.check(n+"automated", f.loc.T("editor.slot.automated"), slots.Automated), f.check(n+"mail_address", f.loc.T("editor.slot.mail_address"), slots.MailAddress))
		}
		for _, lang := range f.v.Languages() {
			f.purposeIn(&g, lang, i, p)
		}
		s.Groups = append(s.Groups, g)
	}
	s.Adds = []views.Add{{Value: "add-purpose", Label: f.loc.T("editor.purpose.add")}}
	return s
}

// purposeIn adds what one language says of a purpose.
func (f former) purposeIn(g *views.Group, lang string, i int, p funnel.Purpose) {
	said, name := f.v.Texts[lang].Purposes[p.Key], languageName(lang)
	n := fmt.Sprintf("t.%s.p.%d.", lang, i)
	label := func(what string) string { return f.loc.T("editor.purpose."+what) + " · " + name }
	g.Controls = append(g.Controls, f.line(n+"title", label("title"), said.Title))
	if said.Slots == nil {
		g.Controls = append(g.Controls, f.area(n+"words", label("words"), said.Words, lang), f.line(n+"say", label("say"), said.Say))
		return
	}
	g.Controls = append(g.Controls, f.line(n+"kind", label("kind"), said.Slots.Kind), f.line(n+"provider", label("provider"), said.Slots.Provider), f.line(n+"complaint", label("complaint"), said.Slots.Complaint))
	g.Words = append(g.Words, views.Words{Name: name, Lang: lang, Text: said.Words})
}

func (f former) texts() views.Section {
	s := f.section("texts")
	for _, lang := range f.v.Languages() {
		t, n := f.v.Texts[lang], "t."+lang+"."
		title := func(what string) string { return f.loc.T("editor.text." + what) }
		body := f.area(n+"body", title("body"), t.Body, lang)
		body.Rows, body.Hint = "6", f.loc.T("editor.text.body.hint")
		s.Groups = append(s.Groups, views.Group{ID: id(n + "texts"), Legend: languageName(lang), Controls: []views.Control{
			f.line(n+"title", title("title"), t.Title), f.area(n+"intro", title("intro"), t.Intro, lang), body, f.area(n+"small_print", title("small_print"), t.SmallPrint, lang),
			f.line(n+"greeting", title("greeting"), t.Greeting), f.line(n+"ask", title("ask"), t.Ask), f.line(n+"code", title("code"), t.Code),
		}})
	}
	return s
}

func (f former) fields() views.Section {
	v := f.v
	number := f.choose("number", f.loc.T("editor.number"), string(v.NumberField), []string{"none", "optional", "required"}, f.words("editor.number."))
	country := f.line("default_country", f.loc.T("editor.default_country"), v.DefaultCountry)
	country.LTR, country.MaxLength = true, "2"
	age := ""
	if v.MinAge > 0 {
		age = strconv.Itoa(v.MinAge)
	}
	minimum := f.line("min_age", f.loc.T("editor.min_age"), age)
	minimum.Inputmode, minimum.MaxLength, minimum.Hint = "numeric", "2", f.loc.T("editor.min_age.hint")
	proof := f.check("proof", f.loc.T("editor.proof"), v.Proof)
	proof.Hint = f.loc.T("editor.proof.hint")
	own := views.Group{Controls: []views.Control{number, country, f.check("name", f.loc.T("editor.name"), v.NameField), minimum, proof}}
	for _, lang := range v.Languages() {
		own.Controls = append(own.Controls, f.line("t."+lang+".age", f.loc.T("editor.age")+" · "+languageName(lang), v.Texts[lang].Age))
	}
	s := f.section("fields", own)
	for i, x := range v.Fields {
		n := "f." + strconv.Itoa(i) + "."
		key := f.line(n+"key", f.loc.T("editor.field.key"), x.Key)
		key.LTR, key.MaxLength = true, "32"
		g := views.Group{ID: id(n + "group"), Legend: x.Key, Remove: "remove-field:" + strconv.Itoa(i), Controls: []views.Control{
			key, f.choose(n+"kind", f.loc.T("editor.field.kind"), string(x.Kind), []string{"text", "email", "date", "choice"}, f.words("editor.field.")),
			f.check(n+"required", f.loc.T("editor.field.required"), x.Required),
		}}
		for _, lang := range v.Languages() {
			said := v.Texts[lang].Fields[x.Key]
			m := fmt.Sprintf("t.%s.f.%d.", lang, i)
			g.Controls = append(g.Controls, f.line(m+"label", f.loc.T("editor.field.label")+" · "+languageName(lang), said.Label))
			if x.Kind == funnel.AskChoice {
				var lines []string
				for _, o := range x.Options {
					lines = append(lines, said.Options[o])
				}
				g.Controls = append(g.Controls, f.area(m+"options", f.loc.T("editor.field.options")+" · "+languageName(lang), strings.Join(lines, "\n"), lang))
			}
		}
		s.Groups = append(s.Groups, g)
	}
	s.Adds = []views.Add{{Value: "add-field", Label: f.loc.T("editor.field.add")}}
	return s
}

func (f former) after() views.Section {
	s := f.section("after", views.Group{Controls: []views.Control{
		f.choose("welcome", f.loc.T("editor.welcome"), string(f.v.Welcome), []string{"", "service", "promotion"}, f.words("editor.welcome.")),
	}})
	for _, lang := range f.v.Languages() {
		t, n := f.v.Texts[lang], "t."+lang+"."
		next := f.line(n+"next", f.loc.T("editor.next"), t.Next)
		next.LTR, next.Type = true, "url"
		s.Groups = append(s.Groups, views.Group{ID: id(n + "after"), Legend: languageName(lang), Controls: []views.Control{
			f.line(n+"thanks", f.loc.T("editor.thanks"), t.Thanks), next, f.area(n+"welcome", f.loc.T("editor.welcome.message"), t.Welcome, lang),
		}})
	}
	return s
}

func (f former) look() views.Section {
	l := f.v.Look
	colour := f.line("colour", f.loc.T("editor.colour"), l.Colour)
	colour.LTR, colour.MaxLength, colour.Hint = true, "7", f.loc.T("editor.colour.hint")
	g := views.Group{Controls: []views.Control{
		colour, f.choose("radius", f.loc.T("editor.radius"), string(l.Radius), []string{"", "square", "round"}, f.words("editor.radius.")),
		f.choose("font", f.loc.T("editor.font"), string(l.Font), []string{"", "system", "serif", "mono"}, f.words("editor.font.")),
	}}
	for _, lang := range f.v.Languages() {
		g.Controls = append(g.Controls, f.line("t."+lang+".hero_alt", f.loc.T("editor.hero_alt")+" · "+languageName(lang), f.v.Texts[lang].HeroAlt))
	}
	return f.section("look", g)
}

func (f former) languages() views.Section {
	name := func(tag string) string { return languageName(tag) }
	countries := f.line("countries", f.loc.T("editor.countries"), strings.Join(f.v.Countries, " "))
	countries.LTR, countries.Hint = true, f.loc.T("editor.countries.hint")
	s := f.section("languages", views.Group{Controls: []views.Control{f.choose("language", f.loc.T("editor.language"), f.v.Language, f.v.Languages(), name), countries}})
	for _, lang := range f.v.Languages()[1:] {
		s.Adds = append(s.Adds, views.Add{Value: "remove-language:" + lang, Label: f.loc.T("editor.language.remove", "Language", languageName(lang))})
	}
	tag := f.line("add_language", f.loc.T("editor.language.tag"), "")
	tag.LTR, tag.MaxLength = true, "12"
	s.Adds = append(s.Adds, views.Add{Value: "add-language", Label: f.loc.T("editor.language.add"), Control: &tag})
	return s
}

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

// differences are those of two versions, in words.
func differences(loc locale.Localizer, t *tenant.Tenant, old, new *funnel.Version) (list []views.Difference) {
	for _, d := range manage.Differences(old, new, false) {
		what := loc.T("differs." + d.What)
		if d.Key != "" {
			what += " · " + titleOf(loc, t, d.Key, d.Key)
		}
		list = append(list, views.Difference{What: what, Lang: d.Lang, Old: d.Old, New: d.New})
	}
	return list
}
