package manage

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assent/business"
	"assent/consent"
	"assent/funnel"
	"assent/tenant"
)

// Starters are the names of the funnels that a business can begin with, in the
// order in which they are offered.
var Starters = []string{"newsletter", "orders", "clinic", "event", "restaurant", "agency"}

//go:embed starters.json
var starterFile []byte

// starter is a funnel to begin with, complete in three languages.
type starter struct {
	Slug     string                 `json:"slug"`
	Mode     funnel.Mode            `json:"mode"`
	Number   funnel.NumberField     `json:"number"`
	Name     bool                   `json:"name"`
	Fields   []funnel.Field         `json:"fields"`
	Purposes []funnel.Purpose       `json:"purposes"`
	Texts    map[string]starterText `json:"texts"`
}

type starterText struct {
	Title, Intro, Thanks  string
	Titles, Kinds, Fields map[string]string
}

var starters = func() (all map[string]starter) {
	if err := json.Unmarshal(starterFile, &all); err != nil {
		panic("manage: " + err.Error()) // the file is compiled in
	}
	return all
}()

// spoken is what every funnel to begin with says alike in a language.
var spoken = map[string]struct{ greeting, ask, code, adult string }{
	"en": {"Hello {brand}.", "What can you send me on WhatsApp?", "Code", "I am 18 or older."},
	"de": {"Hallo {brand}.", "Was können Sie mir auf WhatsApp senden?", "Code", "Ich bin 18 Jahre oder älter."},
	"ar": {"مرحبًا {brand}.", "ماذا يمكنكم أن ترسلوا إليّ على واتساب؟", "الرمز", "عمري 18 سنة أو أكثر."},
}

// board is where people in India complain (DPDP Rules 2025, rule 3).
const board = "Data Protection Board of India"

// Begin returns the funnel of the name, one of Starters, filled with what the
// business says of itself. A purpose that the business has already keeps its scope
// and basis.
func Begin(name string, b *business.Business) (v funnel.Version, ok bool) {
	s, ok := starters[name]
	if !ok {
		return v, false
	}
	brand := func(text string) string { return branded(text, b) }
	v = funnel.Version{
		Business: b.ID, Slug: s.Slug, Mode: s.Mode, NumberField: s.Number, NameField: s.Name, Fields: s.Fields,
		Language: b.Language, Texts: map[string]funnel.Text{}, Controller: controllerOf(b),
	}
	for _, p := range s.Purposes {
		if known, ok := b.Purpose(p.Key); ok {
			p.Scope, p.Basis = known.Scope, known.Basis
		}
		v.Purposes = append(v.Purposes, p)
	}
	for lang, t := range s.Texts {
		say := spoken[lang]
		text := funnel.Text{
			Title: brand(t.Title), Intro: brand(t.Intro), Thanks: brand(t.Thanks), Greeting: brand(say.greeting), Ask: say.ask, Code: say.code,
			Purposes: map[string]funnel.PurposeText{},
		}
		for _, p := range v.Purposes {
			text.Purposes[p.Key] = funnel.PurposeText{Title: t.Titles[p.Key], Slots: &funnel.Slots{Kind: t.Kinds[p.Key], NotCondition: p.Scope == "marketing"}}
		}
		for _, f := range s.Fields {
			if text.Fields == nil {
				text.Fields = map[string]funnel.FieldText{}
			}
			text.Fields[f.Key] = funnel.FieldText{Label: t.Fields[f.Key]}
		}
		v.Texts[lang] = text
	}
	if _, ok := v.Texts[v.Language]; !ok {
		v.Language = "en"
	}
	settle(&v, b.Country)
	v.ComposeAll()
	return v, true
}

// settle makes a funnel one for people from the business's own country, with what
// the law there wants beyond what all of them say. Others are added by whoever
// wants them, and the lint says what that needs.
func settle(v *funnel.Version, country string) {
	if country == "" {
		return
	}
	v.Countries = []string{country}
	marketing := slices.ContainsFunc(v.Purposes, func(p funnel.Purpose) bool { return p.Scope == consent.Marketing })
	if country == "IN" && marketing {
		v.MinAge = 18
	}
	for lang, t := range v.Texts {
		if v.MinAge > 0 {
			t.Age = spoken[lang].adult
			v.Texts[lang] = t
		}
		for _, p := range v.Purposes {
			slots := t.Purposes[p.Key].Slots
			slots.Automated = country == "US" && p.Scope == consent.Marketing
			if country == "IN" {
				slots.Complaint = board
			}
		}
	}
}

// samples is what the funnels to begin with say of themselves, as they are filled
// for the business. Short names and what all of them say alike are left out: they
// may well be right as they are.
func samples(b *business.Business) map[string]bool {
	said := make(map[string]bool)
	for _, s := range starters {
		for _, t := range s.Texts {
			for _, text := range []string{t.Title, t.Intro, t.Thanks} {
				said[branded(text, b)] = true
			}
			for _, kind := range t.Kinds {
				said[kind] = true
			}
		}
	}
	return said
}

// branded puts the business's name where a funnel to begin with has a gap for it.
func branded(text string, b *business.Business) string {
	return strings.ReplaceAll(text, "{brand}", b.BrandName)
}

// controllerOf returns what a business's pages say of it.
func controllerOf(b *business.Business) funnel.Controller {
	return funnel.Controller{LegalName: b.LegalName, BrandName: b.BrandName, Address: b.Address, Contact: b.Contact, NoticeURL: b.NoticeURL, NoticeURLs: b.NoticeURLs, Colour: b.Colour}
}

// freeSlug returns the slug, or the first with a number behind it that no
// funnel has.
func freeSlug(d *tenant.Directory, slug string) string {
	free := slug
	for n := 2; ; n++ {
		if _, _, taken := d.Funnel(free); !taken {
			return free
		}
		free = fmt.Sprintf("%s-%d", slug, n)
	}
}
