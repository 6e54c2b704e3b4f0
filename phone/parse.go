package phone

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// maxInput bounds what Parse looks at, in bytes. Fifteen digits of a script
// with four bytes each, every one between marks and brackets, stay below.
const maxInput = 256

// E.164 allows 15 digits with the calling code (ITU-T E.164 §6.2); the
// shortest numbers in use have 7.
const (
	minDigits = 7
	maxDigits = 15
)

// Parse reads a number as a person writes it, in any national or
// international spelling, with digits of any script. The default region (ISO
// 3166-1 alpha-2, any case; may be empty) is where a number without a calling
// code is taken to be.
//
// A spelling that the line's country has since replaced, or that only WhatsApp
// uses (see Line), is accepted as it stands and not rewritten. An error is a
// fault of kind Invalid on the field `phone`; ReasonOf gives its reason.
func Parse(input, defaultRegion string) (Number, error) {
	region := strings.ToUpper(strings.TrimSpace(defaultRegion))
	if phonenumbers.GetCountryCodeForRegion(region) == 0 {
		region = ""
	}
	if len(input) > maxInput {
		return Number{}, refuse(InputTooLong, "")
	}
	text, reason := normalize(input)
	if reason != "" {
		return Number{}, refuse(reason, region)
	}
	if text[0] != '+' && region == "" {
		if !strings.HasPrefix(text, "00") {
			return Number{}, refuse(NoCountry, "")
		}
		text = "+" + text[2:]
	}
	n, err := parse(text, region)
	if err != nil && strings.HasPrefix(text, "00") {
		// 00 is how most of the world dials abroad, also from where it is not.
		if abroad, abroadErr := parse("+"+text[2:], region); abroadErr == nil {
			return abroad, nil
		}
	}
	return n, err
}

// parse reads text of ASCII digits with at most one plus, at its head.
func parse(text, region string) (Number, error) {
	p, err := phonenumbers.Parse(text, region)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return Number{}, refuse(UnknownCountryCode, "")
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return Number{}, refuse(TooLong, region)
	case err != nil: // of digits alone, nothing else can be wrong
		return Number{}, refuse(TooShort, region)
	}
	n, shapeErr := ParseE164(phonenumbers.Format(p, phonenumbers.E164))
	if shapeErr == nil && (phonenumbers.IsValidNumber(p) || otherSpellingValid(n)) {
		return n, nil
	}
	home := phonenumbers.GetRegionCodeForCountryCode(int(p.GetCountryCode()))
	if home == "ZZ" {
		home = ""
	}
	return Number{}, refuse(whyNot(p), home)
}

// otherSpellingValid reports whether n is a spelling of a line whose canonical
// spelling the library knows.
func otherSpellingValid(n Number) bool {
	for _, s := range Spellings(n.E164()) {
		if s != n.E164() && phonenumbers.IsValidNumber(Number{digits: s[1:]}.proto()) {
			return true
		}
	}
	return false
}

func whyNot(p *phonenumbers.PhoneNumber) Reason {
	switch phonenumbers.IsPossibleNumberWithReason(p) {
	case phonenumbers.TOO_SHORT:
		return TooShort
	case phonenumbers.TOO_LONG:
		return TooLong
	case phonenumbers.INVALID_COUNTRY_CODE:
		return UnknownCountryCode
	case phonenumbers.INVALID_LENGTH:
		return WrongLength
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return NoAreaCode
	}
	return nearMiss(p)
}

// nearMiss tells a number that was cut off, or went on too long, from one that
// is wrong in itself. Plans with lengths from 3 to 15 digits, like Germany's,
// find nearly every length possible, so it asks whether a valid number would
// come of a few digits more or fewer.
func nearMiss(p *phonenumbers.PhoneNumber) Reason {
	e164 := phonenumbers.Format(p, phonenumbers.E164)
	for n := 1; n <= 6; n++ {
		for _, filler := range []string{"2", "5"} {
			if n, err := ParseE164(e164 + strings.Repeat(filler, n)); err == nil && phonenumbers.IsValidNumber(n.proto()) {
				return TooShort
			}
		}
	}
	for n := 1; n <= 3; n++ {
		if n, err := ParseE164(e164[:max(0, len(e164)-n)]); err == nil && phonenumbers.IsValidNumber(n.proto()) {
			return TooLong
		}
	}
	return Unassigned
}

// normalize reduces what was typed to ASCII digits with an optional plus
// before them, or tells why it is not a number.
func normalize(input string) (string, Reason) {
	if !utf8.ValidString(input) {
		return "", NotANumber
	}
	rest := strings.TrimSpace(input)
	if len(rest) >= 4 && strings.EqualFold(rest[:4], "tel:") {
		rest = rest[4:]
	}
	var b strings.Builder
	for i, r := range rest {
		digit, isDigit := digitValue(r)
		switch {
		case isDigit:
			b.WriteByte('0' + digit)
		case r == '+' || r == '＋' || r == '﹢' || r == '⁺':
			if b.Len() > 0 && b.String() != "+" {
				return "", NotANumber
			}
			b.Reset()
			b.WriteByte('+')
		case startsExtension(rest[i:]) && b.Len() > 1:
			return "", Extension
		case !separates(r):
			return "", NotANumber
		}
	}
	text := b.String()
	digits := strings.TrimPrefix(text, "+")
	switch {
	case digits == "" && strings.TrimFunc(rest, separates) == "":
		return "", Empty
	case digits == "":
		return "", NotANumber
	case len(digits) > 2*maxDigits:
		return "", TooLong
	}
	return text, ""
}

// digitValue returns the value of a decimal digit of any script. Unicode lays
// the ten digits of a script out in order from zero (Unicode Standard §4.6), so
// each range of the category is whole tens.
func digitValue(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	if r < 0x80 {
		return 0, false
	}
	for _, t := range unicode.Nd.R16 {
		if uint32(r) >= uint32(t.Lo) && uint32(r) <= uint32(t.Hi) {
			return byte((uint32(r) - uint32(t.Lo)) % 10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if uint32(r) >= t.Lo && uint32(r) <= t.Hi {
			return byte((uint32(r) - t.Lo) % 10), true
		}
	}
	return 0, false
}

// separates reports whether r may stand between the digits of a number:
// spaces, marks that do not print (also those that turn the direction),
// dashes, brackets, dots and slashes.
func separates(r rune) bool {
	switch r {
	case '.', '/', '·', '•', '‧', '∙', '⋅', '~', '−', '〜', '～', '﹒', '．', '／', '\u3164':
		return true
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Zs, unicode.Pd, unicode.Ps, unicode.Pe)
}

func startsExtension(rest string) bool {
	for _, mark := range []string{"ext", "x", "#", ";", ",", "доб", "durchwahl", "dw", "int", "poste"} {
		if len(rest) >= len(mark) && strings.EqualFold(rest[:len(mark)], mark) {
			return true
		}
	}
	return false
}

// ParseE164 reads a number that a machine wrote: a plus and 7 to 15 ASCII
// digits that begin with a calling code in use. Whether such a number can
// exist is not asked; Parse does that. The error is as Parse's.
func ParseE164(s string) (Number, error) {
	if len(s) == 0 || s[0] != '+' {
		return Number{}, refuse(NotE164, "")
	}
	return fromDigits(s[1:])
}

// FromWAID reads a `wa_id` from WhatsApp: digits without a plus. WhatsApp's
// spelling is kept as it is (see Line). The error is as Parse's.
func FromWAID(waID string) (Number, error) { return fromDigits(waID) }

func fromDigits(digits string) (Number, error) {
	if len(digits) < minDigits || len(digits) > maxDigits {
		return Number{}, refuse(NotE164, "")
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return Number{}, refuse(NotE164, "")
		}
	}
	if callingCode(digits) == "" {
		return Number{}, refuse(UnknownCountryCode, "")
	}
	return Number{digits: digits}, nil
}
