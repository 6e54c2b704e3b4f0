// Package metaword says what Meta's words and error codes mean in an operator's language.
package metaword

import (
	"regexp"
	"strings"

	"assent/locale"
	"assent/whatsapp/wire"
)

// Word says one of Meta's words, and reports whether there are words for it. The family
// is what the word is about, for one word may mean two things.
func Word(loc locale.Localizer, family, word string) (says string, ok bool) {
	id := "admin.meta." + family + "." + strings.ToLower(word)
	if !loc.Has(id) {
		return word, false
	}
	return loc.T(id), true
}

// Code says what an error code means, in English where there are no other words for it.
func Code(loc locale.Localizer, code wire.Code) (says string, ok bool) {
	meaning := code.Behaviour().Meaning
	id := "admin.meta.code." + Key(meaning)
	if !loc.Has(id) {
		return meaning, false
	}
	return loc.T(id), true
}

var (
	verbs = regexp.MustCompile(`%[a-z]`)
	gaps  = regexp.MustCompile(`[^a-z0-9]+`)
)

// Key names a message after the English sentence, or format, that it says.
func Key(format string) string {
	return strings.Trim(gaps.ReplaceAllString(verbs.ReplaceAllString(strings.ToLower(format), ""), "_"), "_")
}
