// Package poster draws what a business puts up: posters with one sentence, one
// code and the consent words in small print, and sheets of many codes. As PDF, with
// text that can be searched and codes of vectors; as SVG and PNG to look at.
//
// A layout is worked out once, as things in their places, and drawn by whichever
// canvas is asked for. No poster leaves whose code does not scan at the size that
// it has there (qr.Symbol.Scan).
package poster

import (
	"image/color"
	"slices"

	"assent/fault"
	"assent/paper/typeset"
	"assent/qr"
)

// Poster is what one says.
type Poster struct {
	Template string // one of Templates
	Lang     string
	RTL      bool
	Business string
	Headline string   // the call to act
	Call     string   // what to do, and what happens then
	Or       string   // leads over to the link
	Link     string   // the short link in letters
	Small    []string // the words and who says them, a paragraph each
	Symbol   *qr.Symbol
}

// format is a template: a sheet, and how things stand on it. Lengths are
// millimetres, type sizes points.
type format struct {
	name          string
	width, height float64 // of one face
	margin        float64
	wide          bool // text beside the code, else above
	code          float64
	headline      float64 // size that it begins with
	text          float64
	small, least  float64 // sizes of the small print: wanted, and the least
	back          bool    // small print on the other side
	faces         int     // on one sheet, the first upside down over the fold
}

var formats = []format{
	{name: "a4", width: 210, height: 297, margin: 20, code: 118, headline: 46, text: 16, small: 9.5, least: 7.5, faces: 1},
	{name: "a5", width: 148, height: 210, margin: 14, code: 82, headline: 32, text: 12, small: 7.5, least: 6, faces: 1},
	{name: "a6", width: 105, height: 148, margin: 9, code: 52, headline: 22, text: 8.5, small: 6.2, least: 5, faces: 1},
	{name: "letter", width: 215.9, height: 279.4, margin: 20, code: 112, headline: 46, text: 16, small: 9.5, least: 7.5, faces: 1},
	{name: "tent", width: 210, height: 148.5, margin: 14, wide: true, code: 84, headline: 30, text: 12, small: 7.5, least: 6, faces: 2},
	{name: "sticker", width: 150, height: 150, margin: 11, code: 60, headline: 25, text: 9, small: 6.5, least: 5.2, faces: 1},
	{name: "card", width: 85, height: 55, margin: 5, wide: true, code: 38, headline: 12.5, text: 6.6, small: 6.5, least: 5, back: true, faces: 1},
}

// Templates are the names of the sizes, the largest first as people know them.
func Templates() (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// CodeWidth returns how many millimetres wide the code of a template is, its
// quiet zone with it.
func CodeWidth(template string) (float64, error) {
	f, err := formatOf(template)
	return f.code, err
}

func formatOf(template string) (format, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == template })
	if i < 0 {
		return format{}, fault.Field("template", "There is no such size of poster.")
	}
	return formats[i], nil
}

// mm is a millimetre in points.
const mm = 72 / 25.4

// thing is something in its place: x and y are points from the top left.
type thing struct {
	x, y   float64
	w, h   float64 // of a box
	line   *typeset.Line
	lang   string
	tag    string // of the structure: H1, P; empty for what only decorates
	colour color.RGBA
	symbol *qr.Symbol // w wide
	dashed bool       // a line to fold at
}

// side is one side of a sheet.
type side struct {
	w, h   float64
	things []thing
	half   int // how many of the things stand upside down on the sheet's upper half
}

// Sheet is a poster in its layout.
type Sheet struct {
	poster Poster
	ground color.RGBA
	sides  []side
}

// Lay works out a poster's layout. It is Invalid, with the field, where the template
// is unknown, where what is said does not fit it, and where its code does not scan
// at that size.
func Lay(p Poster) (*Sheet, error) {
	f, err := formatOf(p.Template)
	if err != nil {
		return nil, err
	}
	if p.Headline == "" {
		return nil, fault.Field("headline", "Say in a few words why somebody should scan the code.")
	}
	l, err := face(p, f)
	if err != nil {
		return nil, err
	}
	s := &Sheet{poster: p, ground: p.Symbol.Ground, sides: []side{{w: l.w, h: l.h, things: l.things}}}
	if f.back {
		l.things = nil
		if err := l.back(); err != nil {
			return nil, err
		}
		s.sides = append(s.sides, side{w: l.w, h: l.h, things: l.things})
	}
	if f.faces == 2 {
		s.sides[0] = folded(s.sides[0])
	}
	return s, nil
}

// face lays out the face. Where the words take more room than there is, the code
// gives some of its own, as long as it scans.
func face(p Poster, f format) (l *layout, err error) {
	if err := p.Symbol.Scan(f.code); err != nil {
		return nil, err
	}
	for width := f.code; f.code >= 0.6*width; f.code *= 0.92 {
		l = &layout{p: p, f: f, w: f.width * mm, h: f.height * mm, m: f.margin * mm, ink: p.Symbol.Ink, dir: typeset.LeftToRight}
		if p.RTL {
			l.dir = typeset.RightToLeft
		}
		if f.wide {
			err = l.wide()
		} else {
			err = l.tall()
		}
		if err == nil || fault.FieldOf(err) != "headline" {
			break
		}
	}
	if err == nil {
		err = p.Symbol.Scan(f.code)
	}
	return l, err
}

// folded puts a face twice on a sheet, so that it can be folded and stood up: one
// of them upside down.
func folded(face side) side {
	out := side{w: face.w, h: 2 * face.h, half: len(face.things), things: slices.Clone(face.things)}
	for _, t := range face.things {
		t.y += face.h
		if t.tag != "" {
			t.tag = "P"
		}
		out.things = append(out.things, t)
	}
	return side{w: out.w, h: out.h, half: out.half, things: append(out.things, thing{x: 0, y: face.h, w: face.w, dashed: true, colour: gray(0.6)})}
}

func gray(g float64) color.RGBA {
	v := uint8(g * 255)
	return color.RGBA{v, v, v, 255}
}
