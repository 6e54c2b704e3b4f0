package typeset

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// char is one character of a paragraph.
type char struct {
	r    rune
	span int32
	box  bool // shown as its code point
}

// maxMarks is how many marks may stand on one letter before they are shown
// as code points: more than any language writes, and few enough to stay on
// their line.
const maxMarks = 6

// clean reads the spans and decides what is shown as a code point.
func clean(spans []Span) []char {
	n := 0
	for _, s := range spans {
		n += len(s.Text)
	}
	out := make([]char, 0, n)
	for i, s := range spans {
		out = cleanSpan(out, s.Text, int32(i))
	}
	return out
}

func cleanSpan(out []char, text string, span int32) []char {
	marks, previous := 0, rune(0)
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		at += size
		switch {
		case r == '\r' && at < len(text) && text[at] == '\n':
			continue // the line feed that follows says it
		case r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			r = '\n'
		case r == '\t':
			r = ' '
		}
		next, _ := utf8.DecodeRuneInString(text[at:])
		c := char{r: r, span: span, box: hidden(r, previous, next)}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks || previous == 0 || previous == '\n' {
				c.box = true
			}
		} else {
			marks = 0
		}
		if r == utf8.RuneError && size == 1 {
			c.box = true
		}
		out = append(out, c)
		previous = r
	}
	return out
}

// hidden reports whether a character shows nothing by itself and might hide
// something: controls, formats, fillers. Joiners pass where a script needs them,
// direction marks everywhere, as they turn nothing round.
func hidden(r, previous, next rune) bool {
	switch {
	case r == '\n' || r == ' ':
		return false
	case r == '\u200e', r == '\u200f', r == '\u061c':
		return false
	case r == '\u200c', r == '\u200d':
		return !joins(previous) || r == '\u200d' && !joins(next) && !unicode.In(previous, unicode.Mn)
	case r == '\ufe0e', r == '\ufe0f':
		return !emoji(previous) && previous != '\u200d'
	case r >= 0x600 && r <= 0x605, r == 0x6dd, r == 0x8e2:
		return false // Arabic number signs, which are seen
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp, unicode.Variation_Selector):
		return true
	case r == '\u034f', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u17b4', r == '\u17b5', r == '\u2800', r == '\ufffc':
		return true
	}
	return false
}

// joins reports whether a joiner beside the character can be seen to act.
func joins(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Devanagari, unicode.Bengali) || emoji(r)
}

func emoji(r rune) bool {
	return r >= 0x1f000 && r < 0x1fb00 || r >= 0x2600 && r < 0x2800 || r == 0x2b50 || r == 0x2b55 || r == 0xa9 || r == 0xae || r == '\ufe0f' ||
		r >= 0x2190 && r < 0x2200 || r >= 0x2300 && r < 0x2400 || r == '#' || r == '*' || r >= '0' && r <= '9'
}

// codePoint is what stands in the box.
func codePoint(r rune) string { return fmt.Sprintf("U+%04X", r) }
