package funnel

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/consent"
	"assent/fault"
)

// The bounds of what a version holds.
const (
	maxFields  = 8
	maxOptions = 30
	maxLabel   = 80
	maxTitle   = 120
	maxLine    = 300  // greeting, ask, thanks
	maxBody    = 6000 // Markdown
	maxWelcome = 1000 // a plain WhatsApp message holds 4,096
	maxAge     = 100
	minMinAge  = 13
	maxMinAge  = 21

	// maxWordsWithAge leaves room in the message for the statement of age.
	maxWordsWithAge = MaxWords - maxAge - 60
)

// Plain returns the text without characters that play tricks with what stands
// around it: controls, and marks that change the direction of writing. Line
// breaks stay.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

func plain(s string) bool { return Plain(s) == s }

var (
	fieldKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	colour   = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	digest   = regexp.MustCompile(`^[0-9a-f]{64}$`)
	secrets  = regexp.MustCompile(`(?i)pass(word|code|wort)|kennwort|\bpin\b|\btan\b|credit ?card|kreditkarte|\bcvv\b|\biban\b|كلمة (ال)?(سر|مرور)|بطاقة (ال)?ائتمان|رمز التحقق`)
)

// reserved are the names under which the form posts what is its own.
var reserved = []string{"phone", "country", "purpose", "name", "shown", "e", "website", "lang", "age"}

// Check returns what keeps the version from being published, or nil: of each
// part the first fault, all of them joined.
func (v *Version) Check() error {
	var list []error
	for _, check := range []func() error{v.checkPurposes, v.checkFields, v.checkAge, v.checkLook, v.checkWelcome, v.checkTexts} {
		list = append(list, check())
	}
	return errors.Join(list...)
}

func (v *Version) checkFields() error {
	if len(v.Fields) > maxFields {
		return fault.Field("fields", "Ask for %d things at most: each field loses people.", maxFields)
	}
	seen := map[string]bool{}
	for _, f := range v.Fields {
		switch {
		case !fieldKey.MatchString(f.Key) || slices.Contains(reserved, f.Key):
			return fault.Field("fields", "Name the field with small letters, digits and _, for example birthday. The name %q cannot be used.", f.Key)
		case seen[f.Key]:
			return fault.Field("fields", "Two fields are named %s. Rename one.", f.Key)
		case f.Kind == AskChoice && (len(f.Options) < 2 || len(f.Options) > maxOptions):
			return fault.Field("fields", "The list of field %s needs 2 to %d choices.", f.Key, maxOptions)
		case f.Kind != AskEmail && f.Kind != AskChoice && f.Kind != AskText && f.Kind != AskDate:
			return fault.Field("fields", "Say what field %s takes: e-mail, list, text or date.", f.Key)
		}
		seen[f.Key] = true
		for _, lang := range v.Languages() {
			if err := f.checkText(lang, v.Texts[lang].Fields[f.Key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f Field) checkText(lang string, t FieldText) error {
	texts := []string{t.Label, t.Hint}
	for _, o := range f.Options {
		if t.Options[o] == "" {
			return fault.Field("fields", "Choice %s of field %s has no words in %s.", o, f.Key, lang)
		}
		texts = append(texts, t.Options[o])
	}
	if t.Label == "" {
		return fault.Field("fields", "Field %s has no label in %s.", f.Key, lang)
	}
	for _, s := range texts {
		switch {
		case utf8.RuneCountInString(s) > maxLabel:
			return fault.Field("fields", "The words of field %s in %s are too long. Use up to %d characters.", f.Key, lang, maxLabel)
		case !plain(s) || strings.Contains(s, "\n"):
			return fault.Field("fields", "The words of field %s in %s hold characters that cannot be seen. Type them anew.", f.Key, lang)
		case secrets.MatchString(s):
			return fault.Field("fields", "Field %s asks for a secret. A sign-up never asks for passwords, codes or payment details.", f.Key)
		}
	}
	return nil
}

func (v *Version) checkAge() error {
	if v.MinAge == 0 {
		return nil
	}
	if v.MinAge < minMinAge || v.MinAge > maxMinAge {
		return fault.Field("min_age", "Ask for an age from %d to %d, or for none.", minMinAge, maxMinAge)
	}
	for _, lang := range v.Languages() {
		switch n := utf8.RuneCountInString(v.Texts[lang].Age); {
		case n == 0:
			return fault.Field("min_age", "Write the statement of age in %s, for example: I am at least %d years old.", lang, v.MinAge)
		case n > maxAge:
			return fault.Field("min_age", "The statement of age in %s is too long. Use up to %d characters.", lang, maxAge)
		}
		for key, p := range v.Texts[lang].Purposes {
			if utf8.RuneCountInString(p.Words) > maxWordsWithAge {
				return fault.Field("texts", "The words of purpose %s in %s are too long beside a statement of age. Use up to %d characters.", key, lang, maxWordsWithAge)
			}
		}
	}
	return nil
}

func (v *Version) checkLook() error {
	l := v.Look
	switch {
	case l.Colour != "" && !colour.MatchString(l.Colour):
		return fault.Field("colour", "Give the colour as # and six digits, for example #23418f.")
	case l.Radius != RadiusHouse && l.Radius != RadiusSquare && l.Radius != RadiusRound:
		return fault.Field("radius", "Choose one of the corners offered.")
	case l.Font != FontHouse && l.Font != FontSystem && l.Font != FontSerif && l.Font != FontMono:
		return fault.Field("font", "Choose one of the fonts offered.")
	}
	for _, p := range []Picture{l.Logo, l.Hero} {
		if p != (Picture{}) && (!digest.MatchString(p.SHA256) || p.Extension() == "" || p.Width < 1 || p.Height < 1) {
			return fault.Field("picture", "That picture is not one of those uploaded here. Upload it again.")
		}
	}
	return nil
}

func (v *Version) checkWelcome() error {
	switch v.Welcome {
	case WelcomeNone:
		return nil
	case WelcomePromotion:
		if !slices.ContainsFunc(v.Asked(), func(p Purpose) bool { return p.Scope == consent.Marketing }) {
			return fault.Field("welcome", "A welcome message that promotes needs a purpose for marketing.")
		}
	case WelcomeService:
	default:
		return fault.Field("welcome", "Say whether the welcome message is service or promotion.")
	}
	for _, lang := range v.Languages() {
		if n := utf8.RuneCountInString(v.Texts[lang].Welcome); n == 0 || n > maxWelcome {
			return fault.Field("welcome", "Write the welcome message in %s, with up to %d characters.", lang, maxWelcome)
		}
	}
	return nil
}

// checkTexts looks at what every language says, whatever the purposes are.
func (v *Version) checkTexts() error {
	for _, lang := range v.Languages() {
		t := v.Texts[lang]
		if t.Title == "" || t.Greeting == "" || t.Ask == "" || t.Code == "" {
			return fault.Field("texts", "Write the headline and the sentences of the message in %s.", lang)
		}
		for _, x := range []struct {
			what, text string
			most       int
		}{
			{"headline", t.Title, maxTitle}, {"introduction", t.Intro, maxBody}, {"text", t.Body, maxBody}, {"small print", t.SmallPrint, maxBody},
			{"greeting", t.Greeting, maxLine}, {"question", t.Ask, maxLine}, {"word before the code", t.Code, maxLabel}, {"thanks", t.Thanks, maxLine},
			{"statement of age", t.Age, maxAge}, {"welcome message", t.Welcome, maxWelcome}, {"description of the picture", t.HeroAlt, maxLine},
		} {
			if utf8.RuneCountInString(x.text) > x.most {
				return fault.Field("texts", "The %s in %s is too long. Use up to %d characters.", x.what, lang, x.most)
			}
			if !plain(x.text) {
				return fault.Field("texts", "The %s in %s holds characters that cannot be seen. Type it anew.", x.what, lang)
			}
		}
		if t.Next != "" && !webAddress(t.Next) {
			return fault.Field("next", "Give the next address in %s in full, beginning with https://.", lang)
		}
	}
	return nil
}

// webAddress reports whether s is an address that a page may lead to.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(s) <= 500 && plain(s)
}
