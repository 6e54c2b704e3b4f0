package poster

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strconv"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/vector"

	"assent/fault"
	"assent/paper/pdf"
	"assent/paper/typeset"
	"assent/qr"
)

// PDF writes the poster as a PDF of its true size.
func (s *Sheet) PDF(w io.Writer) error {
	p := s.poster
	doc := pdf.New(pdf.Info{Title: p.Business + ": " + p.Headline, Subject: p.Link, Author: p.Business, Creator: "Assent", Lang: p.Lang, RightToLeft: p.RTL})
	for _, side := range s.sides {
		page := doc.AddPage(side.w, side.h)
		page.Artifact(func() {
			if s.ground != white {
				fill(page, s.ground)
				page.Rect(0, 0, side.w, side.h, 0)
			}
		})
		c := &pdfCanvas{doc: doc, page: page, height: side.h}
		upper := side.things[:side.half]
		if len(upper) > 0 {
			half := side.h / 2
			page.Turned(side.w, side.h, -1, 0, func() { // the upper half stands on its head
				turned := &pdfCanvas{doc: doc, page: page, height: half}
				turned.all(upper)
			})
		}
		c.all(side.things[side.half:])
	}
	return doc.Write(w)
}

var white = color.RGBA{255, 255, 255, 255}

func fill(p *pdf.Page, c color.RGBA) {
	p.Colour(float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
}

type pdfCanvas struct {
	doc    *pdf.Document
	page   *pdf.Page
	height float64
}

func (c *pdfCanvas) all(things []thing) {
	for _, t := range things {
		if t.line != nil {
			fill(c.page, t.colour)
			c.page.Mark(c.doc.Root().Add(t.tag, t.lang), func() { t.line.Draw(c.doc, c.page, t.x, c.height-t.y) })
			continue
		}
		c.page.Artifact(func() { c.shape(t) })
	}
}

func (c *pdfCanvas) shape(t thing) {
	switch {
	case t.symbol != nil:
		drawSymbol(c.doc, c.page, t.symbol, t.x, c.height-t.y, t.w)
	case t.dashed:
		fill(c.page, t.colour)
		c.page.Dash(4, 4)
		c.page.Line(t.x, c.height-t.y, t.x+t.w, c.height-t.y, 0.5)
		c.page.Dash()
	default:
		fill(c.page, t.colour)
		c.page.Rect(t.x, c.height-t.y-t.h, t.w, t.h, 0)
	}
}

// drawSymbol draws a code of vectors, its top left corner at x, y and its quiet
// zone with it.
func drawSymbol(doc *pdf.Document, page *pdf.Page, s *qr.Symbol, x, y, width float64) {
	unit := width / float64(s.Edge())
	fill(page, s.Ground)
	page.Rect(x, y-width, width, width, 0)
	fill(page, s.Ink)
	var rects [][4]float64
	s.Runs(func(mx, my, n int) {
		rects = append(rects, [4]float64{x + float64(mx)*unit, y - float64(my+1)*unit, float64(n) * unit, unit})
	})
	page.Rects(rects)
	if s.Logo != nil {
		lx, ly, w, h := s.LogoBox()
		page.Image(doc.Image(s.Logo, s.Ground), x+lx*unit, y-(ly+h)*unit, w*unit, h*unit)
	}
}

// Sides returns how many sides the sheet has.
func (s *Sheet) Sides() int { return len(s.sides) }

func (s *Sheet) side(n int) (side, error) {
	if n < 0 || n >= len(s.sides) {
		return side{}, fault.New(fault.NotFound, "This poster has no such side.")
	}
	return s.sides[n], nil
}

// SVG draws a side, with letters as outlines: it looks the same wherever it is
// opened.
func (s *Sheet) SVG(n int) ([]byte, error) {
	side, err := s.side(n)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%smm" height="%[2]smm" viewBox="0 0 %[3]s %[4]s" role="img" aria-label="%[5]s"><path fill="%[6]s" d="M0 0H%[3]sV%[4]sH0z"/>`,
		num(side.w/mm), num(side.h/mm), num(side.w), num(side.h), html.EscapeString(s.poster.Headline), qr.Hex(s.ground))
	if side.half > 0 {
		fmt.Fprintf(&b, `<g transform="rotate(180 %s %s)">`, num(side.w/2), num(side.h/4))
	}
	for i, t := range side.things {
		if side.half > 0 && i == side.half {
			b.WriteString("</g>")
		}
		svgThing(&b, t)
	}
	b.WriteString("</svg>")
	return b.Bytes(), nil
}

func svgThing(b *bytes.Buffer, t thing) {
	switch {
	case t.line != nil:
		fmt.Fprintf(b, `<path fill="%s" d="`, qr.Hex(t.colour))
		t.line.Outline(svgPen{b}, t.x, t.y)
		b.WriteString(`"/>`)
	case t.symbol != nil:
		svg := bytes.Replace(t.symbol.SVG(t.symbol.Text()), []byte("<svg "), fmt.Appendf(nil, `<svg x="%s" y="%s" width="%s" height="%[3]s" `, num(t.x), num(t.y), num(t.w)), 1)
		b.Write(svg)
	case t.dashed:
		fmt.Fprintf(b, `<path stroke="%s" stroke-width=".5" stroke-dasharray="4 4" d="M%s %sh%s"/>`, qr.Hex(t.colour), num(t.x), num(t.y), num(t.w))
	default:
		fmt.Fprintf(b, `<path fill="%s" d="M%s %sh%sv%sh-%[4]sz"/>`, qr.Hex(t.colour), num(t.x), num(t.y), num(t.w), num(t.h))
	}
}

func num(f float64) string { return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64) }

// svgPen writes path data.
type svgPen struct{ *bytes.Buffer }

func (p svgPen) put(op byte, at ...float32) {
	p.WriteByte(op)
	for i, f := range at {
		if i > 0 {
			p.WriteByte(' ')
		}
		p.WriteString(num(float64(f)))
	}
}

func (p svgPen) MoveTo(x, y float32)                 { p.put('M', x, y) }
func (p svgPen) LineTo(x, y float32)                 { p.put('L', x, y) }
func (p svgPen) QuadTo(bx, by, x, y float32)         { p.put('Q', bx, by, x, y) }
func (p svgPen) CubeTo(bx, by, cx, cy, x, y float32) { p.put('C', bx, by, cx, cy, x, y) }
func (p svgPen) ClosePath()                          { p.WriteByte('z') }

// MaxDPI bounds how fine a PNG is.
const MaxDPI = 300

// PNG draws a side with so many dots an inch.
func (s *Sheet) PNG(w io.Writer, n int, dpi float64) error {
	side, err := s.side(n)
	if err != nil {
		return err
	}
	if dpi < 18 || dpi > MaxDPI {
		return fault.Field("dpi", "A picture has from 18 to %d dots an inch.", MaxDPI)
	}
	img := s.image(side, dpi/72)
	buf := bufio.NewWriter(w)
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(buf, img); err != nil {
		return fmt.Errorf("drawing a poster: %w", err)
	}
	return buf.Flush()
}

func (s *Sheet) image(side side, scale float64) *image.RGBA {
	c := newImageCanvas(side.w, side.h, scale, s.ground)
	if side.half == 0 {
		c.all(side.things)
		return c.img
	}
	c.all(side.things[side.half:])
	upper := newImageCanvas(side.w, side.h/2, scale, s.ground)
	upper.all(side.things[:side.half])
	b := upper.img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			c.img.SetRGBA(b.Dx()-1-x, b.Dy()-1-y, upper.img.RGBAAt(x, y))
		}
	}
	return c.img
}

type imageCanvas struct {
	img   *image.RGBA
	scale float64
}

func newImageCanvas(w, h, scale float64, ground color.RGBA) *imageCanvas {
	c := &imageCanvas{image.NewRGBA(image.Rect(0, 0, int(math.Round(w*scale)), int(math.Round(h*scale)))), scale}
	draw.Draw(c.img, c.img.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	return c
}

func (c *imageCanvas) all(things []thing) {
	for _, t := range things {
		switch {
		case t.line != nil:
			c.outline(t)
		case t.symbol != nil:
			c.symbol(t)
		case t.dashed:
			for x := 0.0; x < t.w; x += 8 {
				c.rect(t.x+x, t.y, 4, 0.5, t.colour)
			}
		default:
			c.rect(t.x, t.y, t.w, t.h, t.colour)
		}
	}
}

// outline fills a line's glyphs, on no more of the picture than the line takes.
func (c *imageCanvas) outline(t thing) {
	r := image.Rect(c.at(t.x)-4, c.at(t.y-t.line.Height), c.at(t.x+t.line.Width)+4, c.at(t.y+2*t.line.Height)).Intersect(c.img.Rect)
	if r.Empty() {
		return
	}
	raster := vector.NewRasterizer(r.Dx(), r.Dy())
	t.line.Outline(scaledPen{raster, float32(c.scale), float32(t.x*c.scale) - float32(r.Min.X), float32(t.y*c.scale) - float32(r.Min.Y)}, 0, 0)
	raster.Draw(c.img, r, image.NewUniform(t.colour), image.Point{})
}

func (c *imageCanvas) at(f float64) int { return int(math.Round(f * c.scale)) }

func (c *imageCanvas) rect(x, y, w, h float64, colour color.RGBA) {
	r := image.Rect(c.at(x), c.at(y), max(c.at(x+w), c.at(x)+1), max(c.at(y+h), c.at(y)+1))
	draw.Draw(c.img, r, image.NewUniform(colour), image.Point{}, draw.Src)
}

func (c *imageCanvas) symbol(t thing) {
	r := image.Rect(c.at(t.x), c.at(t.y), c.at(t.x+t.w), c.at(t.y+t.w))
	whole, err := t.symbol.Image(t.symbol.Edge() * max(1, (r.Dx()+t.symbol.Edge()-1)/t.symbol.Edge()))
	if err != nil {
		return // it scans at this size, so it can be drawn at it
	}
	xdraw.BiLinear.Scale(c.img, r, whole, whole.Bounds(), draw.Src, nil)
}

// scaledPen draws larger and elsewhere.
type scaledPen struct {
	typeset.Pen
	by, x, y float32
}

func (p scaledPen) MoveTo(x, y float32) { p.Pen.MoveTo(p.x+x*p.by, p.y+y*p.by) }
func (p scaledPen) LineTo(x, y float32) { p.Pen.LineTo(p.x+x*p.by, p.y+y*p.by) }
func (p scaledPen) QuadTo(bx, by, x, y float32) {
	p.Pen.QuadTo(p.x+bx*p.by, p.y+by*p.by, p.x+x*p.by, p.y+y*p.by)
}
func (p scaledPen) CubeTo(bx, by, cx, cy, x, y float32) {
	p.Pen.CubeTo(p.x+bx*p.by, p.y+by*p.by, p.x+cx*p.by, p.y+cy*p.by, p.x+x*p.by, p.y+y*p.by)
}
