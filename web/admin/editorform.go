package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assent/funnel"
	"assent/locale"
	"assent/manage"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
	"assent/web/landing"
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

// in is the place of a language among those of the version.
func (f former) in(lang string) string { return strconv.Itoa(slices.Index(f.v.Languages(), lang)) }

// text is one line that a language says.
func (f former) text(name, label, value, lang string) views.Control {
	c := f.line(name, label, value)
	c.Lang, c.In = lang, f.in(lang)
	return c
}

// area is several lines that a language says.
func (f former) area(name, label, value, lang string) views.Control {
	c := f.text(name, label, value, lang)
	c.Kind, c.Rows = "area", "3"
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
	said := f.v.Texts[lang].Purposes[p.Key]
	n := fmt.Sprintf("t.%s.p.%d.", lang, i)
	label := func(what string) string { return f.loc.T("editor.purpose." + what) }
	text := func(what, value string) views.Control { return f.text(n+what, label(what), value, lang) }
	g.Controls = append(g.Controls, text("title", said.Title))
	if said.Slots == nil {
		g.Controls = append(g.Controls, f.area(n+"words", label("words"), said.Words, lang), text("say", said.Say))
		return
	}
	g.Controls = append(g.Controls, text("kind", said.Slots.Kind), text("provider", said.Slots.Provider), text("complaint", said.Slots.Complaint))
	g.Words = append(g.Words, views.Words{Name: label("words"), Lang: lang, In: f.in(lang), Text: said.Words})
}

func (f former) texts() views.Section {
	s := f.section("texts")
	for _, lang := range f.v.Languages() {
		t, n := f.v.Texts[lang], "t."+lang+"."
		title := func(what string) string { return f.loc.T("editor.text." + what) }
		body := f.area(n+"body", title("body"), t.Body, lang)
		body.Rows, body.Hint = "6", f.loc.T("editor.text.body.hint")
		s.Groups = append(s.Groups, f.spoken(n+"texts", lang,
			f.text(n+"title", title("title"), t.Title, lang), f.area(n+"intro", title("intro"), t.Intro, lang), body, f.area(n+"small_print", title("small_print"), t.SmallPrint, lang),
			f.text(n+"greeting", title("greeting"), t.Greeting, lang), f.text(n+"ask", title("ask"), t.Ask, lang), f.text(n+"code", title("code"), t.Code, lang),
		))
	}
	return s
}

// spoken is a group of what one language says.
func (f former) spoken(name, lang string, controls ...views.Control) views.Group {
	return views.Group{ID: id(name), Legend: languageName(lang), In: f.in(lang), Controls: controls}
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
		own.Controls = append(own.Controls, f.text("t."+lang+".age", f.loc.T("editor.age"), v.Texts[lang].Age, lang))
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
			g.Controls = append(g.Controls, f.text(m+"label", f.loc.T("editor.field.label"), said.Label, lang))
			if x.Kind == funnel.AskChoice {
				var lines []string
				for _, o := range x.Options {
					lines = append(lines, said.Options[o])
				}
				g.Controls = append(g.Controls, f.area(m+"options", f.loc.T("editor.field.options"), strings.Join(lines, "\n"), lang))
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
		next := f.text(n+"next", f.loc.T("editor.next"), t.Next, lang)
		next.LTR, next.Type = true, "url"
		s.Groups = append(s.Groups, f.spoken(n+"after", lang,
			f.text(n+"thanks", f.loc.T("editor.thanks"), t.Thanks, lang), next, f.area(n+"welcome", f.loc.T("editor.welcome.message"), t.Welcome, lang),
		))
	}
	return s
}

func (f former) look() views.Section {
	l := f.v.Look
	colour := f.line("colour", f.loc.T("editor.colour"), cmp.Or(l.Colour, f.v.Controller.Colour, funnel.UsualColour))
	colour.Type, colour.LTR, colour.Hint = "color", true, f.loc.T("editor.colour.hint")
	g := views.Group{Controls: []views.Control{
		colour, f.choose("radius", f.loc.T("editor.radius"), string(l.Radius), []string{"", "square", "round"}, f.words("editor.radius.")),
		f.choose("font", f.loc.T("editor.font"), string(l.Font), []string{"", "system", "serif", "mono"}, f.words("editor.font.")),
	}}
	for _, lang := range f.v.Languages() {
		g.Controls = append(g.Controls, f.text("t."+lang+".hero_alt", f.loc.T("editor.hero_alt"), f.v.Texts[lang].HeroAlt, lang))
	}
	s := f.section("look", g)
	for _, slot := range pictureSlots {
		s.Pictures = append(s.Pictures, views.Upload{Slot: slot, Label: f.loc.T("editor.picture." + slot), URL: landing.PictureURL(*pictureOf(f.v, slot))})
	}
	return s
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
