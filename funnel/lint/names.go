package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"assent/funnel"
	"assent/phone"
)

// tags returns the languages with word lists, in order.
func tags() []string { return slices.Sorted(maps.Keys(speeches)) }

// confusable scripts have letters that look alike; nobody mixes them in a word.
var confusable = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee}

// mixed returns the first word that mixes scripts that look alike: "Pаypal"
// with a Cyrillic а.
func mixed(s string) string {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		scripts := 0
		for _, table := range confusable {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(table, r) }) {
				scripts++
			}
		}
		if scripts > 1 {
			return word
		}
	}
	return ""
}

var (
	email  = regexp.MustCompile(`[^\s@<>()]+@[^\s@<>()]+\.[\p{L}]{2,}`)
	digits = regexp.MustCompile(`\+?\p{Nd}[\p{Nd}\s().\-/]*\p{Nd}`)
	days   = regexp.MustCompile(`\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4})\b`)
)

// longRun is how many digits are no year, no article and no postcode any more;
// maxRuns bounds how many runs of digits are read as numbers.
const (
	longRun = 9
	maxRuns = 20
)

// identifies reports that a label identifies somebody: only clear cases, for
// "for Anna" may be a street.
func identifies(s string) bool {
	if email.MatchString(s) {
		return true
	}
	for _, run := range digits.FindAllString(days.ReplaceAllString(s, "|"), maxRuns) {
		n := 0
		for _, r := range run {
			if unicode.IsDigit(r) {
				n++
			}
		}
		if n >= longRun {
			return true
		}
		if _, err := phone.Parse(head(run, 64), ""); err == nil && strings.HasPrefix(run, "+") {
			return true
		}
	}
	return false
}

// Label returns what there is to say of an entry point's label or of a utm
// value (rule 29). Findings never repeat it.
func Label(slot, value string) []Finding {
	c := newCheck(new(funnel.Version), Options{})
	at := Where{Slot: slot}
	if plain := clean(value); plain != value || strings.ContainsAny(value, "\n\r\t") {
		c.add("label.control", at, nil, to(strings.Join(strings.Fields(plain), " ")))
	}
	if tag.MatchString(value) {
		c.add("label.html", at, nil, to(untagged(value)))
	}
	if identifies(value) {
		c.add("label.identifies", at, nil, nil)
	}
	if mixed(value) != "" {
		c.add("label.mixed_script", at, nil, nil)
	}
	return c.found
}
