package phone

import (
	"errors"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"assent/fault"
)

// Reason is why an input is no number. The codes are stable; the web shows its
// own sentence for each, in the reader's language.
type Reason string

// The reasons.
const (
	Empty              Reason = "empty"                // nothing was typed
	InputTooLong       Reason = "input_too_long"       // far more than a number
	NotANumber         Reason = "not_a_number"         // letters or signs that no number has
	Extension          Reason = "extension"            // an extension, which WhatsApp cannot dial
	NoCountry          Reason = "no_country"           // a national number, and no country chosen
	UnknownCountryCode Reason = "unknown_country_code" // no country has this calling code
	TooShort           Reason = "too_short"
	TooLong            Reason = "too_long"
	WrongLength        Reason = "wrong_length"
	NoAreaCode         Reason = "no_area_code" // only dialled within a town
	Unassigned         Reason = "unassigned"   // right length, but the country gives out none like it
	NotE164            Reason = "not_e164"     // of ParseE164 and FromWAID: not of the form
)

// sentences are the English texts; %s is the country's name.
var sentences = map[Reason][2]string{
	Empty:              {"Enter a phone number."},
	InputTooLong:       {"That is too long for a phone number. Enter one number only."},
	NotANumber:         {"That is not a phone number. Use digits, with a + and the country code if the number is from abroad."},
	Extension:          {"WhatsApp cannot reach an extension. Enter the number without it."},
	NoCountry:          {"The country is missing. Begin the number with + and the country code, or choose the country."},
	UnknownCountryCode: {"No country has this country code. Check the digits after the +."},
	TooShort: {"That number has too few digits. Check the end of it.",
		"That number has too few digits for %s. Check the end of it."},
	TooLong: {"That number has too many digits. Check that it is one number only.",
		"That number has too many digits for %s. Check that it is one number only."},
	WrongLength: {"No number has that many digits. Check it.",
		"No number in %s has that many digits. Check it."},
	NoAreaCode: {"The area code is missing. Put it in front.",
		"The area code is missing for %s. Put it in front."},
	Unassigned: {"There are no numbers like that. Check the country and the first digits.",
		"There are no numbers like that in %s. Check the country and the first digits."},
	NotE164: {"Write the number as + and digits only, with the country code."},
}

// cause is the reason and the region as an error, for ReasonOf.
type cause struct {
	reason Reason
	region string
}

func (c *cause) Error() string { return string(c.reason) }

// ReasonOf returns the reason of an error of this package and the region that
// it speaks of (ISO 3166-1 alpha-2, or empty). ok is false for other errors.
func ReasonOf(err error) (reason Reason, region string, ok bool) {
	var c *cause
	if !errors.As(err, &c) {
		return "", "", false
	}
	return c.reason, c.region, true
}

// refuse makes the fault. It never holds what was typed.
func refuse(reason Reason, region string) error {
	texts := sentences[reason]
	c := &cause{reason: reason, region: region}
	if texts[1] == "" || region == "" {
		return fault.Field("phone", "%s", texts[0]).Because(c)
	}
	return fault.Field("phone", texts[1], countryName(region)).Because(c)
}

// withArticle lists the countries whose English names take "the".
const withArticle = "AE BS CC CF FK FO GB GM KM KY MH MP MV NL PH SB SC TC US VG VI"

func countryName(region string) string {
	r, err := language.ParseRegion(region)
	if err != nil {
		return region
	}
	name := display.English.Regions().Name(r)
	switch {
	case name == "":
		return region
	case strings.Contains(withArticle, region):
		return "the " + name
	}
	return name
}
