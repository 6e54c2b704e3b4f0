package lint

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/consent"
)

// leastName is how many letters a name must have before one letter more or less
// makes it another's double.
const leastName = 5

// alike finds short names that people take for one another.
func (c *check) alike() {
	c.purposeNames()
	for _, other := range c.o.Slugs {
		if near(other, c.v.Slug) {
			c.add("funnel.slug_near", Where{Slot: "slug"}, params{"Other", other}, nil)
			break
		}
	}
	first := make(map[string]string)
	for _, label := range c.o.Entries {
		other, twice := first[skeleton(label)]
		if twice {
			c.add("entry.label_same", Where{Slot: "entries"}, params{"Name", label, "Other", other}, nil)
			return
		}
		first[skeleton(label)] = label
	}
}

// purposeNames finds purposes whose names are like another's: STOP and such a
// name ends one of them, and nobody can tell which (rule 15). Of two in this
// version the later is named.
func (c *check) purposeNames() {
	others := maps.Clone(c.o.Purposes)
	if others == nil {
		others = make(map[string][]string)
	}
	for _, p := range c.v.Purposes {
		delete(others, p.Key) // known by the business already: it is compared under its names here
	}
	for _, p := range c.v.Purposes {
		names := []string{p.Key}
		c.named(Where{Purpose: p.Key, Slot: "key"}, p.Key, others)
		for _, lang := range c.languages() {
			title := c.v.Texts[lang].Purposes[p.Key].Title
			c.named(Where{lang, p.Key, "title"}, title, others)
			names = append(names, title)
		}
		others[p.Key] = append(names, c.o.Purposes[p.Key]...)
	}
}

// named says of a name whether another purpose has one like it.
func (c *check) named(at Where, name string, others map[string][]string) {
	folded := consent.FoldText(name)
	if folded == "" {
		return // said as an empty text
	}
	alike := ""
	for _, key := range slices.Sorted(maps.Keys(others)) {
		for _, other := range append([]string{key}, others[key]...) {
			if consent.FoldText(other) == folded {
				c.add("purpose.name_same", at, params{"Name", name, "Other", key}, nil)
				return
			}
			if alike == "" && near(name, other) {
				alike = other
			}
		}
	}
	if alike != "" {
		c.add("purpose.name_near", at, params{"Name", name, "Other", alike}, nil)
	}
}

// near reports that one name is easily taken for the other: it looks the same,
// or has a letter more, less or changed. Names that differ in a number are told
// apart by it.
func near(a, b string) bool {
	x, y := skeleton(a), skeleton(b)
	if x == y {
		return x != ""
	}
	if numbers(a) != numbers(b) || min(utf8.RuneCountInString(x), utf8.RuneCountInString(y)) < leastName {
		return false
	}
	return oneLetter([]rune(x), []rune(y))
}

// skeleton is what is left of a name for an eye that reads in haste.
func skeleton(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ':
			return -1
		case '0':
			return 'o'
		case '1', 'i':
			return 'l'
		}
		return r
	}, consent.FoldText(name))
}

func numbers(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, consent.FoldText(s))
}

// oneLetter reports that the words differ in one letter.
func oneLetter(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	rest := b[i+1:]
	return len(b)-len(a) < 2 && (slices.Equal(a[i:], rest) || len(a) == len(b) && slices.Equal(a[i+1:], rest))
}
