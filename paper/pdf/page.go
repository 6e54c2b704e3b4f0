package pdf

import (
	"bytes"
	"fmt"
	"strings"
)

// Page is one page. What is drawn later lies above.
type Page struct {
	Width, Height float64

	doc     *Document
	object  int
	content bytes.Buffer
	written int        // the object that holds the content, once it has left
	marked  []*element // by marked-content id
}

// AddPage adds a page of the given size.
func (d *Document) AddPage(width, height float64) *Page {
	d.flush()
	p := &Page{Width: width, Height: height, doc: d}
	d.pages = append(d.pages, p)
	return p
}

// Text draws glyphs from left to right, the baseline's left end at x, y.
func (p *Page) Text(x, y, size float64, f *Font, glyphs []Glyph) {
	if len(glyphs) == 0 {
		return
	}
	fmt.Fprintf(&p.content, "BT /%s %s Tf\n", f.name, num(size))
	unit := size / float64(f.face.UnitsPerEm)
	w := tj{page: p}
	follow := 0
	for _, g := range glyphs {
		if g.Follow > 0 {
			w.end()
			fmt.Fprintf(&p.content, "/Span << /ActualText %s >> BDC\n", text(g.Text))
			follow = g.Follow + 1
		}
		at, rise := x+float64(g.DX)*unit, y+float64(g.DY)*unit
		w.put(at, rise, size, f.code(g.ID, g.Text), f.width(g.ID))
		x += float64(g.Advance) * unit
		if follow > 0 {
			if follow--; follow == 0 {
				w.end()
				p.content.WriteString("EMC\n")
			}
		}
	}
	w.end()
	p.content.WriteString("ET\n")
}

// Thick draws what draw does with letters thickened by the width of a pen; 0
// leaves them.
func (p *Page) Thick(pen float64, draw func()) {
	if pen == 0 {
		draw()
		return
	}
	fmt.Fprintf(&p.content, "2 Tr %s w 1 j\n", num(pen))
	draw()
	p.content.WriteString("0 Tr 0 j\n")
}

// tj writes glyphs into one TJ operator while they stand on one line.
type tj struct {
	page *Page
	open bool
	y    float64
	next float64 // where the viewer will put the next glyph
}

func (t *tj) put(x, y, size float64, code uint16, width float64) {
	b := &t.page.content
	gap := x - t.next
	if !t.open || y != t.y || gap > 4*size || gap < -4*size {
		t.end()
		fmt.Fprintf(b, "1 0 0 1 %s %s Tm [<", num(x), num(y))
		t.open, t.y, t.next = true, y, x
	} else if move := -gap * 1000 / size; move > 0.5 || move < -0.5 {
		s := num(move)
		fmt.Fprintf(b, "> %s <", s)
		t.next = x
	}
	fmt.Fprintf(b, "%04X", code)
	t.next += width * size / 1000
}

func (t *tj) end() {
	if t.open {
		t.page.content.WriteString(">] TJ\n")
		t.open = false
	}
}

// Gray sets how dark what follows is: 0 is black, 1 white.
func (p *Page) Gray(g float64) { fmt.Fprintf(&p.content, "%s g %s G\n", num(g), num(g)) }

// Line draws a straight line.
func (p *Page) Line(x1, y1, x2, y2, width float64) {
	fmt.Fprintf(&p.content, "%s w %s %s m %s %s l S\n", num(width), num(x1), num(y1), num(x2), num(y2))
}

// Dash sets the pattern of the lines that follow; none for solid.
func (p *Page) Dash(pattern ...float64) {
	all := make([]string, len(pattern))
	for i, f := range pattern {
		all[i] = num(f)
	}
	fmt.Fprintf(&p.content, "[%s] 0 d\n", strings.Join(all, " "))
}

// Rect draws a rectangle's outline, or fills it where width is 0.
func (p *Page) Rect(x, y, w, h, width float64) {
	fmt.Fprintf(&p.content, "%s w %s %s %s %s re %s\n", num(width), num(x), num(y), num(w), num(h), paint(width))
}

// Circle draws a circle's outline, or fills it where width is 0.
func (p *Page) Circle(x, y, r, width float64) {
	const k = 0.5523 // of a quarter circle's control points
	fmt.Fprintf(&p.content, "%s w %s %s m\n", num(width), num(x+r), num(y))
	for _, c := range [4][6]float64{{1, k, k, 1, 0, 1}, {-k, 1, -1, k, -1, 0}, {-1, -k, -k, -1, 0, -1}, {k, -1, 1, -k, 1, 0}} {
		for i, f := range c {
			base := x
			if i%2 == 1 {
				base = y
			}
			p.content.WriteString(num(base+f*r) + " ")
		}
		p.content.WriteString("c\n")
	}
	p.content.WriteString("h " + paint(width) + "\n")
}

// Half fills the left half of a circle.
func (p *Page) Half(x, y, r float64) {
	p.content.WriteString("q\n")
	fmt.Fprintf(&p.content, "%s %s %s %s re W n\n", num(x-r-1), num(y-r-1), num(r+1), num(2*r+2))
	p.Circle(x, y, r, 0)
	p.content.WriteString("Q\n")
}

func paint(width float64) string {
	if width == 0 {
		return "f"
	}
	return "S"
}

// Turned draws what f draws turned anticlockwise about x, y: the origin of
// what f draws is there.
func (p *Page) Turned(x, y, cos, sin float64, f func()) {
	fmt.Fprintf(&p.content, "q %s %s %s %s %s %s cm\n", num(cos), num(sin), num(-sin), num(cos), num(x), num(y))
	f()
	p.content.WriteString("Q\n")
}

// Colour sets the colour of what follows, each part from 0 to 1.
func (p *Page) Colour(r, g, b float64) {
	fmt.Fprintf(&p.content, "%s %s %s rg %[1]s %[2]s %[3]s RG\n", num(r), num(g), num(b))
}

// Rects fills many rectangles, of x, y, width and height each, as one shape: no
// viewer draws a hairline between those that touch.
func (p *Page) Rects(all [][4]float64) {
	for _, r := range all {
		fmt.Fprintf(&p.content, "%s %s %s %s re\n", num(r[0]), num(r[1]), num(r[2]), num(r[3]))
	}
	p.content.WriteString("f\n")
}

// Image draws a picture of the document into the rectangle.
func (p *Page) Image(i *Image, x, y, w, h float64) {
	fmt.Fprintf(&p.content, "q %s 0 0 %s %s %s cm /%s Do Q\n", num(w), num(h), num(x), num(y), i.name)
}
