//go:build !harfbuzz

package typeset

import (
	"slices"

	"github.com/go-text/typesetting/language"

	"assent/certificate/fonts"
	"assent/certificate/pdf"
)

// shaped returns the faces that need no shaping. Letters of the others are shown
// as code points by this build, for unjoined or unordered they would be wrong.
func shaped(faces ...*fonts.Face) (out []*fonts.Face) {
	for _, f := range faces {
		if f.Script != "Arab" && f.Script != "Deva" && f.Script != "Beng" {
			out = append(out, f)
		}
	}
	return out
}

// shape puts one glyph for each character, in visual order.
func shape(f *fonts.Face, text []rune, start, end int, rtl bool, _ language.Script, _ string) []glyph {
	font := f.Font()
	out := make([]glyph, 0, end-start)
	for i := start; i < end; i++ {
		if invisible(text[i]) && len(out) > 0 {
			continue // stands with the letter before it
		}
		g, ok := font.Glyph(text[i])
		if !ok {
			g, _ = font.Glyph(' ')
			out = append(out, glyph{pdf.Glyph{ID: g}, i})
			continue
		}
		out = append(out, glyph{pdf.Glyph{ID: g, Advance: font.Advance(g)}, i})
	}
	if rtl {
		slices.Reverse(out)
	}
	return out
}
