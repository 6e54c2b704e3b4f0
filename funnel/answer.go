package funnel

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"assent/fault"
)

// The bounds of what is typed into a field.
const (
	maxEmail  = 254 // RFC 5321, section 4.5.3.1.3, with the brackets taken off
	maxAnswer = 200
)

// Answers returns what was typed into the version's fields, cleaned, by key;
// what no field asks for is left out, and so is what was left empty. The error
// is a fault that names the field's key.
func (v *Version) Answers(typed map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, f := range v.Fields {
		answer, err := f.answer(typed[f.Key])
		if err != nil {
			return nil, err
		}
		if answer != "" {
			out[f.Key] = answer
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (f Field) answer(typed string) (string, error) {
	s := strings.Join(strings.Fields(Plain(typed)), " ")
	switch {
	case s == "" && f.Required:
		return "", fault.Field(f.Key, "Fill this in.")
	case s == "":
		return "", nil
	case utf8.RuneCountInString(s) > maxAnswer && f.Kind != AskEmail:
		return "", fault.Field(f.Key, "That is too long. Use up to %d characters.", maxAnswer)
	}
	switch f.Kind {
	case AskEmail:
		a, err := mail.ParseAddress(s)
		if err != nil || a.Address != s || len(s) > maxEmail || !strings.Contains(s[strings.LastIndexByte(s, '@')+1:], ".") {
			return "", fault.Field(f.Key, "Enter an e-mail address, for example name@example.com.")
		}
	case AskDate:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return "", fault.Field(f.Key, "Enter a date as year, month, day, for example 2026-05-31.")
		}
	case AskChoice:
		if !slices.Contains(f.Options, s) {
			return "", fault.Field(f.Key, "Choose one of the list.")
		}
	case AskText:
	}
	return s, nil
}

// The names under which events disclose what a form held beside boxes, number
// and name, each on its own.
const (
	ClaimForm = "form" // a Form
	ClaimAge  = "age"  // an AgeStatement
)

// Answer is what was typed into a field, with the words that asked for it.
type Answer struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Value string `json:"value"`
}

// Form is what a form held beside the boxes, as an event discloses it.
type Form struct {
	Fields []Answer `json:"fields"`
}

// Form returns the answers with the words of the language, in the order of the
// version's fields.
func (v *Version) Form(lang string, answers map[string]string) (form Form) {
	text, _ := v.Text(lang)
	for _, f := range v.Fields {
		value, ok := answers[f.Key]
		if !ok {
			continue
		}
		said := text.Fields[f.Key]
		if word := said.Options[value]; f.Kind == AskChoice && word != "" {
			value = word
		}
		form.Fields = append(form.Fields, Answer{f.Key, said.Label, value})
	}
	return form
}

// AgeStatement is what somebody stated of their age, as an event discloses it:
// the words and never a date of birth.
type AgeStatement struct {
	MinAge int    `json:"min_age"`
	Words  string `json:"words"`
}

// AgeStatement returns what a yes in the language states.
func (v *Version) AgeStatement(lang string) AgeStatement {
	text, _ := v.Text(lang)
	return AgeStatement{v.MinAge, text.Age}
}
