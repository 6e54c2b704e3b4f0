// Package landing makes the landing page's model of a version: for the page as
// people are served it, and for the preview of a draft. Both are the same bytes
// but for what is typed.
package landing

import (
	"cmp"
	"fmt"

	"golang.org/x/text/language"

	"assent/consent"
	"assent/funnel"
	"assent/locale"
	"assent/phone"
	"assent/static"
	"assent/views/layout"
	views "assent/views/public"
	"assent/views/ui"
)

// Of returns the page of the version in one of its languages, without what
// differs from serving to serving. Country is the business's own; base is what
// the installation's addresses begin with.
func Of(v *funnel.Version, lang, country, base string) views.Landing {
	text, lang := v.Text(lang)
	loc := locale.For(lang, v.Language)
	p := views.Landing{
		Loc: loc, Lang: lang, Business: Business(v, lang), Action: "/f/" + v.Slug + "?lang=" + lang,
		Headline: text.Title, Text: text.Intro, Mode: views.ModeChat, Number: needs[v.NumberField],
		Body: views.Published(text.BodyHTML), SmallPrint: text.SmallPrint, Fields: fields(v, text), PageURL: base + "/f/" + v.Slug + "?lang=" + lang,
	}
	if hero := v.Look.Hero; hero.SHA256 != "" {
		p.Hero = views.Picture{URL: PictureURL(hero), Full: base + PictureURL(hero), Alt: text.HeroAlt, Width: hero.Width, Height: hero.Height}
	}
	if v.MinAge > 0 {
		p.Age = text.Age
	}
	if v.Mode == funnel.ModeTemplate {
		p.Mode = views.ModeTemplate
	}
	if v.Proof {
		p.Challenge = "/f/" + v.Slug + "/challenge"
	}
	if v.NameField {
		p.Name = views.Optional
	}
	for _, t := range v.Languages() {
		p.Languages = append(p.Languages, layout.Language{Tag: t, Name: LanguageName(t), URL: "?lang=" + t, Current: t == lang})
	}
	for _, x := range v.Purposes {
		said := text.Purposes[x.Key]
		p.Purposes = append(p.Purposes, views.Purpose{Key: x.Key, Title: said.Title, Words: said.Words, Contract: x.Basis != consent.ByConsent})
	}
	if p.Number != views.None {
		p.Countries, p.DefaultCountry = countries(v, loc, lang, country)
	}
	return p
}

var needs = map[funnel.NumberField]views.Need{funnel.NumberOptional: views.Optional, funnel.NumberRequired: views.Required}

// Business returns what public pages in the language show of the business behind
// the version.
func Business(v *funnel.Version, lang string) layout.Business {
	b := v.Controller
	return layout.Business{
		Brand: b.BrandName, Legal: b.LegalName, Address: locale.For(lang, v.Language).Address(b.Address), Contact: b.Contact, PrivacyURL: b.Notice(lang),
		Color: cmp.Or(v.Look.Colour, b.Colour), Radius: string(v.Look.Radius), Font: string(v.Look.Font), LogoURL: PictureURL(v.Look.Logo),
	}
}

// UploadPrefix is the path under which uploaded pictures are served.
const UploadPrefix = static.Prefix + "upload/"

// PictureURL returns the address of an uploaded picture, which names its
// content as those of all files do that pages load; the empty string for none.
func PictureURL(p funnel.Picture) string {
	if len(p.SHA256) < DigitsInURL {
		return ""
	}
	return UploadPrefix + "picture." + p.SHA256[:DigitsInURL] + "." + p.Extension()
}

// DigitsInURL is how many digits of a file's SHA-256 stand in its address.
const DigitsInURL = 12

// LanguageName returns the language's own name for itself.
func LanguageName(tag string) string {
	if locale.Speaks(tag) {
		return locale.For(tag).Name()
	}
	return tag
}

// fields returns the funnel's own fields as the page shows them.
func fields(v *funnel.Version, text funnel.Text) (list []views.Field) {
	for _, f := range v.Fields {
		said := text.Fields[f.Key]
		shown := views.Field{Key: f.Key, Kind: string(f.Kind), Label: said.Label, Hint: said.Hint, Need: views.Optional}
		if f.Required {
			shown.Need = views.Required
		}
		for _, o := range f.Options {
			shown.Options = append(shown.Options, ui.Option{Value: o, Label: said.Options[o]})
		}
		list = append(list, shown)
	}
	return list
}

// countries returns those in which the version is offered, and the preselected
// one: of the language's region, of the funnel, or of the business.
func countries(v *funnel.Version, loc locale.Localizer, lang, business string) (list []views.Country, chosen string) {
	wish := cmp.Or(v.DefaultCountry, business)
	if region, confidence := language.Make(lang).Region(); confidence == language.Exact {
		wish = region.String()
	}
	for _, c := range phone.Countries() {
		if !v.Serves(c.Region) {
			continue
		}
		list = append(list, views.Country{Code: c.Region, Name: loc.Country(c.Region), Dial: fmt.Sprint(c.CallingCode)})
		if c.Region == wish {
			chosen = wish
		}
	}
	locale.SortByName(loc, list, func(c views.Country) string { return c.Name })
	return list, chosen
}
