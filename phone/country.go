package phone

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Country is a country whose numbers Parse takes.
type Country struct {
	Region      string // ISO 3166-1 alpha-2
	CallingCode int    // shared by several, as 1 is
}

// Countries returns every country with a numbering plan, by region code. It is
// what a form's list of countries is made of.
func Countries() []Country {
	var all []Country
	for region := range phonenumbers.GetSupportedRegions() {
		all = append(all, Country{region, phonenumbers.GetCountryCodeForRegion(region)})
	}
	slices.SortFunc(all, func(a, b Country) int { return strings.Compare(a.Region, b.Region) })
	return all
}

// CallingCodeOf returns the calling code of a region's numbers, or 0 for no region.
func CallingCodeOf(region string) int { return phonenumbers.GetCountryCodeForRegion(region) }

// Example returns a mobile number of the region as people there write it, for a
// form to show what it expects, or the empty string for no region. It is
// nobody's number by the regulators' word only where they keep some free.
func Example(region string) string {
	if strings.EqualFold(region, "AR") {
		return "011 15-2345-6789" // the library's formatter drops the area code
	}
	p := phonenumbers.GetExampleNumberForType(strings.ToUpper(region), phonenumbers.MOBILE)
	if p == nil {
		return ""
	}
	return phonenumbers.Format(p, phonenumbers.NATIONAL)
}

// Grouped returns a number in E.164 as people read it, "+49 170 1234567". What is no
// number, or is masked, comes back as it is.
func Grouped(e164 string) string {
	n, err := ParseE164(e164)
	if err != nil {
		return e164
	}
	return n.Grouped()
}

// Grouped returns the full number as people read it, "+49 170 1234567". Like
// E164 it is personal data.
func (n Number) Grouped() string {
	if n.IsZero() {
		return ""
	}
	return phonenumbers.Format(n.proto(), phonenumbers.INTERNATIONAL)
}
