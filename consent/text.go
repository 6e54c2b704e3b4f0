package consent

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxFold bounds the text that is looked at: WhatsApp's own limit is 4,096
// characters, and no keyword or prefilled text is near it.
const maxFold = 8192

// FoldText returns the text as it is compared with keywords and prefilled texts:
// compatibility forms, case, accents, punctuation, symbols, invisible and
// direction characters and runs of space make no difference. What is left are
// letters and digits in words that are parted by one space.
func FoldText(s string) string {
	if len(s) > maxFold {
		s = s[:maxFold]
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case r == 'ـ':
			// the Arabic tatweel only stretches a word
		case unicode.IsLetter(r) || unicode.IsDigit(r) || joins(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(foldRune(r))
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
			// accents, vowel signs and direction marks vanish
		default:
			space = true
		}
	}
	return b.String()
}

// joins reports marks without which scripts of South Asia cannot be read.
func joins(r rune) bool { return unicode.Is(unicode.Mc, r) }

// foldRune lower-cases r, maps digits of every script to ASCII and the
// variants of Arabic alef, teh marbuta and alef maksura to one letter.
func foldRune(r rune) rune {
	switch r {
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ة':
		return 'ه'
	case 'ى':
		return 'ي'
	case 'ß':
		return 's'
	case 'ı':
		return 'i'
	}
	if r > unicode.MaxASCII && unicode.IsDigit(r) {
		return '0' + rune(digitValue(r))
	}
	return unicode.ToLower(r)
}

// digitValue returns the value of a decimal digit of any script: Unicode lays
// each script's ten digits side by side from zero upwards.
func digitValue(r rune) int {
	zero := r
	for zero > 0 && unicode.IsDigit(zero-1) && r-zero < 9 {
		zero--
	}
	return int(r - zero)
}

// SameText reports whether two texts are equal after folding.
func SameText(a, b string) bool { return FoldText(a) == FoldText(b) }
