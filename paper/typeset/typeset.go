// Package typeset turns text in any of the scripts that the fonts know into
// lines of glyphs.
//
// # What is done with a paragraph
//
//  1. clean: characters that would hide or turn others round are shown as their
//     code points in a box (see clean.go).
//  2. Bidirectional levels (UAX #9), a face for each character, and shaping of each
//     run of one face, script and level.
//  3. Lines: broken where UAX #14 allows it; Thai, which has no spaces, between its
//     character clusters; a word that is wider than the line between graphemes.
//  4. Each line is shaped anew and put in visual order.
//
// A character that no face has is shown as its code point in a box. Nothing is
// left out in silence.
package typeset

import (
	"strings"

	"assent/paper/fonts"
	"assent/paper/pdf"
)

// Style is how text looks.
type Style struct {
	Size   float64 // points
	Bold   bool
	Italic bool
	Mono   bool
	Gray   float64 // 0 is black
}

// Span is text in one style. Lang (BCP 47) chooses among the forms that one
// character has in Chinese, Japanese and Korean; empty goes by the text.
type Span struct {
	Text  string
	Style Style
	Lang  string
}

// Direction is where a paragraph begins.
type Direction int

// The directions. Auto goes by the first letter, and left to right without any.
const (
	Auto Direction = iota
	LeftToRight
	RightToLeft
)

// Line is a line of runs in visual order.
type Line struct {
	Runs        []Run
	Width       float64
	Height      float64 // from line to line
	Base        float64 // from the top to the baseline
	RightToLeft bool
}

// Run is glyphs of one face side by side, or a box with a code point in it.
type Run struct {
	Face   *fonts.Face
	Size   float64
	Gray   float64
	X      float64 // from the line's left end
	Width  float64
	Glyphs []pdf.Glyph
	Boxed  bool
	Stroke float64 // thickens glyphs of a face that has no bold cut; 0 for none
}

// Set breaks the spans, as one paragraph or several where there are line feeds,
// into lines no wider than width.
func Set(spans []Span, width float64, dir Direction) []Line {
	all := clean(spans)
	var lines []Line
	for len(all) > 0 {
		end := 0
		for end < len(all) && all[end].r != '\n' {
			end++
		}
		lines = append(lines, paragraph(all[:end], spans, width, dir)...)
		if end == len(all) {
			break
		}
		if all = all[end+1:]; len(all) == 0 {
			break
		}
	}
	return lines
}

// Width returns how wide the text is on one line.
func Width(text string, s Style, dir Direction) float64 {
	w := 0.0
	for _, l := range Set([]Span{{Text: text, Style: s}}, 1e6, dir) {
		w = max(w, l.Width)
	}
	return w
}

// Draw draws the line on the page, its left end at x and its top at y.
func (l Line) Draw(d *pdf.Document, p *pdf.Page, x, y float64) {
	gray := 0.0
	for _, r := range l.Runs {
		if r.Gray != gray {
			p.Gray(r.Gray)
			gray = r.Gray
		}
		if r.Boxed {
			p.Rect(x+r.X+boxPad/2, y-l.Base-0.25*r.Size, r.Width-boxPad, 1.35*r.Size, 0.4)
		}
		left := x + r.X
		if r.Boxed {
			left += boxPad
		}
		p.Thick(r.Stroke, func() { p.Text(left, y-l.Base, r.Size, d.Font(r.Face.Font()), r.Glyphs) })
	}
	if gray != 0 {
		p.Gray(0)
	}
}

// paragraph sets one paragraph.
func paragraph(text []char, spans []Span, width float64, dir Direction) []Line {
	if len(text) == 0 {
		size := 10.0
		if len(spans) > 0 {
			size = spans[0].Style.Size
		}
		return []Line{{Height: size * 1.42, Base: size * 1.05}}
	}
	t := analyse(text, spans, dir)
	var lines []Line
	for start := 0; start < len(text); {
		end := t.fit(start, width)
		lines = append(lines, t.line(start, end))
		start = end
	}
	return lines
}

// leading is the distance of lines, in sizes, that a script needs.
func leading(f *fonts.Face) float64 {
	switch {
	case f.Script == "Arab", f.Script == "Deva", f.Script == "Beng", f.Script == "Thai":
		return 1.72
	case f.Script == "Hebr", strings.HasPrefix(f.Font().Name, "NotoSansCJK"):
		return 1.55
	}
	return 1.42
}
