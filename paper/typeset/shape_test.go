package typeset_test

import (
	"testing"

	"assent/paper/typeset"
)

// Arabic letters join, and Indic ones form conjuncts, and no character is lost.
func TestShaping(t *testing.T) {
	for _, c := range []struct {
		text   string
		glyphs int // in all
	}{
		{"ببب", 3},     // beginning, middle and end differ
		{"لا", 2},      // lam and alef, each made for the other
		{"क्ष", 1},     // three characters, one conjunct
		{"한국", 2},      // syllables
		{"中文", 2},      // one glyph each
		{"ক্ষ", 1},     // Bengali conjunct
		{"e\u0301", 1}, // composed
	} {
		lines := typeset.Set([]typeset.Span{{Text: c.text, Style: typeset.Style{Size: 10}}}, 1000, typeset.Auto)
		seen, n, boxed := map[uint16]bool{}, 0, false
		for _, r := range lines[0].Runs {
			boxed = boxed || r.Boxed
			for _, g := range r.Glyphs {
				seen[g.ID] = true
				n++
			}
		}
		if boxed || n != c.glyphs || len(seen) != c.glyphs {
			t.Errorf("%q: %d glyphs, %d different, boxed %v", c.text, n, len(seen), boxed)
		}
	}
}
