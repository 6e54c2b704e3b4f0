package typeset

import (
	"unicode"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	ucd "golang.org/x/text/unicode/bidi"

	"assent/paper/fonts"
	"assent/paper/pdf"
)

// analysed is a paragraph with all that is known of each of its characters.
type analysed struct {
	text   []char
	runes  []rune
	spans  []Span
	rtl    bool
	levels []int8
	faces  []*fonts.Face
	script []language.Script
	breaks []bool    // a line may end before the character
	starts []bool    // a grapheme begins here
	widths []float64 // of the cluster that begins here; 0 within one
}

// maxRun is the longest stretch that is shaped at once, so that time stays
// proportional to the text.
const maxRun = 512

func analyse(text []char, spans []Span, dir Direction) *analysed {
	t := &analysed{text: text, spans: spans, runes: make([]rune, len(text)), levels: make([]int8, len(text)),
		faces: make([]*fonts.Face, len(text)), script: make([]language.Script, len(text)),
		breaks: make([]bool, len(text)+1), starts: make([]bool, len(text)+1), widths: make([]float64, len(text))}
	choose := newChooser(text, spans)
	current := language.Common
	for i, c := range text {
		t.runes[i] = c.r
		if c.box {
			t.runes[i] = '\ufffc' // an object among letters
			continue
		}
		t.faces[i] = choose.face(c)
		if t.faces[i] == nil {
			t.runes[i] = '\ufffc'
		}
		if s := language.LookupScript(c.r); s.Strong() {
			current = s
		}
		t.script[i] = current
	}
	t.setLevels(dir)
	t.setBreaks()
	for start := 0; start < len(text); {
		end := t.runEnd(start, len(text))
		t.measure(start, end)
		start = end
	}
	return t
}

// setLevels applies UAX #9. The library returns runs of one direction; where
// numbers of level 2 stand right before letters of level 0 they are told apart
// here (rules W2 to W7). There are no deeper levels, for embeddings, overrides and
// isolates are shown as code points and do not act.
func (t *analysed) setLevels(dir Direction) {
	var p bidi.Paragraph
	base := map[Direction]bidi.Direction{Auto: bidi.Neutral, LeftToRight: bidi.LeftToRight, RightToLeft: bidi.RightToLeft}[dir]
	runs := p.Segment(t.runes, base)
	t.rtl = dir == RightToLeft || dir == Auto && firstStrong(t.runes)
	after := false // a run from right to left ends here
	for i := range runs.NumRuns() {
		r := runs.Run(i)
		level := int8(1)
		if r.IsLeftToRight() {
			level = 0
			if t.rtl {
				level = 2
			}
		}
		for j := r.Start; j < r.End && j < len(t.levels); j++ {
			t.levels[j] = level
		}
		if level == 0 && after {
			t.raise(r.Start, r.End)
		}
		after = level == 1
	}
}

// raise gives level 2 to the numbers at the start of a run of level 0.
func (t *analysed) raise(start, end int) {
	last := start
	for i := start; i < end; i++ {
		props, _ := ucd.LookupRune(t.runes[i])
		switch props.Class() {
		case ucd.EN, ucd.AN, ucd.ET:
			last = i + 1
		case ucd.ES, ucd.CS, ucd.NSM, ucd.BN:
		default:
			end = i
		}
	}
	for i := start; i < last; i++ {
		t.levels[i] = 2
	}
}

func firstStrong(text []rune) (rtl bool) {
	for _, r := range text {
		props, _ := ucd.LookupRune(r)
		switch props.Class() {
		case ucd.R, ucd.AL:
			return true
		case ucd.L:
			return false
		}
	}
	return false
}

// setBreaks finds where lines may end and where graphemes begin.
func (t *analysed) setBreaks() {
	var s segmenter.Segmenter
	s.Init(t.runes)
	for lines := s.LineIterator(); lines.Next(); {
		t.breaks[lines.Line().Offset] = true
	}
	for graphemes := s.GraphemeIterator(); graphemes.Next(); {
		t.starts[graphemes.Grapheme().Offset] = true
	}
	t.breaks[0], t.breaks[len(t.runes)], t.starts[len(t.runes)] = false, true, true
	for i := 1; i < len(t.runes); i++ {
		if unicode.Is(unicode.Thai, t.runes[i]) && unicode.Is(unicode.Thai, t.runes[i-1]) && t.starts[i] && thaiBreak(t.runes, i) {
			t.breaks[i] = true
		}
	}
}

// thaiBreak reports whether a cluster of Thai begins at i: not before what
// belongs to the letter in front of it, nor after a vowel that is written before
// its letter. Words cannot be told without a dictionary.
func thaiBreak(text []rune, i int) bool {
	r, before := text[i], text[i-1]
	switch {
	case r >= 0x0e2f && r <= 0x0e3a, r >= 0x0e45 && r <= 0x0e4e: // vowels and marks that follow
		return false
	case before >= 0x0e40 && before <= 0x0e44: // vowels that come first
		return false
	case i+1 < len(text) && text[i+1] == 0x0e4c: // a letter that is silenced ends its word
		return false
	case before == 0x0e31 || before == 0x0e37 || before == 0x0e36 || before == 0x0e47: // a final letter must follow
		return false
	}
	return true
}

// runEnd returns the end of the run that begins at start: one face, script,
// style and level; a box is a run of its own.
func (t *analysed) runEnd(start, limit int) int {
	if t.faces[start] == nil {
		return start + 1
	}
	end := start + 1
	for end < limit && t.faces[end] == t.faces[start] && t.levels[end] == t.levels[start] && t.text[end].span == t.text[start].span &&
		t.sameScript(start, end) && (end-start < maxRun || !t.starts[end]) {
		end++
	}
	return end
}

func (t *analysed) sameScript(a, b int) bool {
	return t.script[a] == t.script[b] || t.script[a] == language.Common
}

func (t *analysed) style(i int) Style { return t.spans[t.text[i].span].Style }

// measure shapes a run to know how wide each of its clusters is.
func (t *analysed) measure(start, end int) {
	if t.faces[start] == nil {
		t.widths[start] = boxWidth(t.text[start].r, t.style(start))
		return
	}
	unit := t.style(start).Size / float64(t.faces[start].Font().UnitsPerEm)
	for _, g := range t.shape(start, end) {
		t.widths[g.cluster] += float64(g.Advance) * unit
	}
}

// shape shapes a run; the clusters are counted from the paragraph's start.
func (t *analysed) shape(start, end int) []glyph {
	script := t.script[end-1] // the first letters may be common
	return shape(t.faces[start], t.runes, start, end, t.levels[start]%2 == 1, script, t.spans[t.text[start].span].Lang)
}

// glyph is a shaped glyph and the index of the first character of its cluster.
type glyph struct {
	pdf.Glyph
	cluster int
}
