package public

import (
	"strings"

	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/phone"
	"assent/tenant"
	views "assent/views/public"
	"assent/views/ui"
)

// odd returns what no person can have typed, before anything is done with it.
func (in form) odd(v *tenant.Version, loc locale.Localizer) (list ui.Problems) {
	typed := []struct{ field, value string }{{views.FieldPhone, in.phone}, {views.FieldName, in.name}}
	for _, f := range v.Fields {
		typed = append(typed, struct{ field, value string }{views.FieldPrefix + f.Key, in.values.Get(f.Key)})
	}
	for _, f := range typed {
		if !readable(f.value) {
			list = append(list, ui.Problem{Field: f.field, Text: loc.T("error.text_invalid")})
		}
	}
	return list
}

// problems returns everything that is wrong with the form, in the order of its
// fields, not only what the use case met first. It is empty where the error is
// of another kind.
func (in form) problems(err error, e *edition, lang string) (list ui.Problems) {
	v := e.version
	model := e.model(lang)
	loc := model.Loc
	known := 0
	for _, p := range v.Asked() {
		for _, key := range in.purposes {
			if key == p.Key {
				known++
			}
		}
	}
	if known == 0 && len(v.Stated()) == 0 {
		text := loc.T("error.purpose_required")
		if len(in.purposes) > 0 {
			text = loc.T("error.purpose_unknown")
		}
		list = append(list, ui.Problem{Field: views.FieldPurpose, Text: text})
	}
	if model.Number != views.None {
		list = append(list, in.phoneProblem(e, model)...)
	}
	if fault.FieldOf(err) == views.FieldName {
		list = append(list, ui.Problem{Field: views.FieldName, Text: loc.T("error.name_long", "Max", 100)})
	}
	list = append(list, in.fieldProblems(v, loc)...)
	if v.MinAge > 0 && !in.ofAge {
		list = append(list, ui.Problem{Field: views.FieldAge, Text: loc.T("error.age", "Age", v.MinAge)})
	}
	return list
}

// fieldProblems says what is wrong with each of the funnel's own fields.
func (in form) fieldProblems(v *tenant.Version, loc locale.Localizer) (list ui.Problems) {
	typed := in.fields(v)
	for _, f := range v.Fields {
		one := funnel.Version{Fields: []funnel.Field{f}}
		if _, err := one.Answers(typed); err == nil {
			continue
		}
		id := "error.field_" + string(f.Kind)
		if strings.TrimSpace(typed[f.Key]) == "" {
			id = "error.field_empty"
		}
		list = append(list, ui.Problem{Field: views.FieldPrefix + f.Key, Text: loc.T(id)})
	}
	return list
}

// phoneProblem says what is wrong with the number, and on which of its two
// fields that is mended.
func (in form) phoneProblem(e *edition, model views.Landing) ui.Problems {
	loc := model.Loc
	typed := strings.TrimSpace(in.phone)
	if typed == "" {
		if model.Number == views.Required {
			return ui.Problems{{Field: views.FieldPhone, Text: loc.T("error.phone_required")}}
		}
		return nil
	}
	region := in.country
	if len(region) != 2 {
		region = e.country
	}
	n, err := phone.Parse(typed, region)
	if err == nil {
		if !e.version.Serves(n.Region()) {
			return ui.Problems{{Field: views.FieldPhone, Text: loc.T("error.country_closed", "Business", model.Business.Brand, "Country", loc.Country(n.Region()))}}
		}
		return nil
	}
	reason, of, _ := phone.ReasonOf(err)
	if of == "" {
		of = region
	}
	return ui.Problems{phoneWords(loc, reason, of, in.country)}
}

func phoneWords(loc locale.Localizer, reason phone.Reason, region, chosen string) ui.Problem {
	id, field := "error.phone_invalid", views.FieldPhone
	switch reason {
	case phone.Empty:
		id = "error.phone_required"
	case phone.NotANumber, phone.Extension, phone.InputTooLong, phone.NotE164:
		id = "error.phone_not_a_number"
	case phone.NoCountry, phone.UnknownCountryCode:
		id = "error.phone_no_country"
		if reason == phone.NoCountry && chosen != "" {
			id, field = "error.country_unknown", views.FieldCountry
		}
	case phone.TooShort, phone.NoAreaCode:
		id = "error.phone_short"
	case phone.TooLong:
		id = "error.phone_long"
	}
	example := phone.Example(region)
	if example == "" {
		example = phone.Example("DE")
	}
	return ui.Problem{Field: field, Text: loc.T(id, "Country", loc.Country(region), "Example", locale.Isolate(example))}
}
