package locale

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Address returns a postal address with the country at its end in the language.
// One that ends in no country's name stays as it is.
func (l Localizer) Address(address string) string {
	at := strings.LastIndexAny(address, ",،\n") // the Arabic comma has two bytes; what is cut with it is trimmed
	if at < 0 {
		return address
	}
	last := strings.TrimLeft(address[at:], ",،\n ")
	code, ok := countryNamed(last)
	if !ok {
		return address
	}
	return strings.TrimSuffix(address, last) + l.Country(code)
}

// countryNamed returns the region of which the text is the name, in any language
// of the interface.
func countryNamed(name string) (code string, ok bool) {
	code, ok = countryNames()[strings.ToLower(strings.Trim(name, " ."))]
	return code, ok
}

// countryNames holds the regions by their names. A name that two have in different
// languages is of neither.
var countryNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, tag := range Tags() {
		l := For(tag)
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				region, err := language.ParseRegion(string(a) + string(b))
				if err != nil || !region.IsCountry() || region.Canonicalize() != region {
					continue
				}
				name := strings.ToLower(strings.Trim(l.Country(region.String()), "\u2068\u2069\u200e\u200f"))
				if code, known := names[name]; known && code != region.String() {
					names[name] = ""
				} else {
					names[name] = region.String()
				}
			}
		}
	}
	for name, code := range names {
		if code == "" || len(name) < 3 {
			delete(names, name)
		}
	}
	return names
})
