package typeset

import (
	"strings"
	"unicode"

	"github.com/go-text/typesetting/language"

	"assent/paper/fonts"
)

// chooser picks a face for each character of a paragraph.
type chooser struct {
	spans    []Span
	kana     bool // the paragraph has Japanese letters
	hangul   bool
	previous *fonts.Face
	span     int32
}

func newChooser(text []char, spans []Span) *chooser {
	c := &chooser{spans: spans, span: -1}
	for _, ch := range text {
		c.kana = c.kana || unicode.In(ch.r, unicode.Hiragana, unicode.Katakana)
		c.hangul = c.hangul || unicode.Is(unicode.Hangul, ch.r)
	}
	return c
}

// face returns the face for the character, or nil where there is none.
func (c *chooser) face(ch char) *fonts.Face {
	if ch.span != c.span {
		c.previous, c.span = nil, ch.span
	}
	f := c.find(ch.r, c.spans[ch.span])
	if f != nil {
		c.previous = f
	}
	return f
}

func (c *chooser) find(r rune, s Span) *fonts.Face {
	primary := primaryFace(s.Style)
	if invisible(r) {
		if c.previous != nil {
			return c.previous
		}
		return primary
	}
	script := language.LookupScript(r)
	if c.previous != nil && !script.Strong() && has(c.previous, r) && !s.Style.Mono {
		return c.previous
	}
	if has(primary, r) {
		return primary
	}
	for _, f := range c.fallbacks(script, s) {
		if has(f, r) {
			return f
		}
	}
	return nil
}

func primaryFace(s Style) *fonts.Face {
	switch {
	case s.Mono:
		return fonts.Mono
	case s.Bold:
		return fonts.SerifBold
	case s.Italic:
		return fonts.SerifItalic
	}
	return fonts.Serif
}

func (c *chooser) fallbacks(script language.Script, s Span) []*fonts.Face {
	switch script {
	case language.Arabic:
		return []*fonts.Face{pick(s.Style.Bold, fonts.ArabicBold, fonts.Arabic)}
	case language.Hebrew:
		return []*fonts.Face{pick(s.Style.Bold, fonts.HebrewBold, fonts.Hebrew)}
	case language.Devanagari:
		return []*fonts.Face{fonts.Devanagari}
	case language.Bengali:
		return []*fonts.Face{fonts.Bengali}
	case language.Thai:
		return []*fonts.Face{fonts.Thai}
	case language.Han, language.Hiragana, language.Katakana, language.Hangul, language.Bopomofo:
		return []*fonts.Face{c.region(s.Lang)}
	}
	all := []*fonts.Face{fonts.Serif, fonts.Symbols, fonts.SymbolsMore, c.region(s.Lang)}
	return append(all, fonts.Devanagari, fonts.Bengali, fonts.Arabic, fonts.Hebrew, fonts.Thai)
}

func pick(yes bool, a, b *fonts.Face) *fonts.Face {
	if yes {
		return a
	}
	return b
}

// region chooses the forms of Han characters.
func (c *chooser) region(lang string) *fonts.Face {
	lang = strings.ToLower(lang)
	switch base, _, _ := strings.Cut(lang, "-"); {
	case base == "ja":
		return fonts.Japanese
	case base == "ko":
		return fonts.Korean
	case base == "zh" && (strings.Contains(lang, "hant") || strings.Contains(lang, "-tw") || strings.Contains(lang, "-hk") || strings.Contains(lang, "-mo")):
		return fonts.Traditional
	case base == "zh":
		return fonts.Simplified
	case c.kana:
		return fonts.Japanese
	case c.hangul:
		return fonts.Korean
	}
	return fonts.Simplified
}

func has(f *fonts.Face, r rune) bool {
	_, ok := f.Font().Glyph(r)
	return ok
}

// invisible reports whether the character is for the shaper only and needs no
// glyph.
func invisible(r rune) bool {
	switch r {
	case '\u200c', '\u200d', '\u200e', '\u200f', '\u061c', '\ufe0e', '\ufe0f':
		return true
	}
	return false
}
