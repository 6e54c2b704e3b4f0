package typeset

import (
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
)

// Pen draws outlines; y grows downwards. A vector.Rasterizer of x/image is one.
type Pen interface {
	MoveTo(x, y float32)
	LineTo(x, y float32)
	QuadTo(bx, by, x, y float32)
	CubeTo(bx, by, cx, cy, x, y float32)
	ClosePath()
}

// Outline draws the outlines of the line's glyphs, its left end at x and its top
// at y: for what embeds no fonts.
func (l Line) Outline(pen Pen, x, y float64) {
	for _, r := range l.Runs {
		at, left := l.Base+y, x+r.X
		if r.Boxed {
			left += boxPad
		}
		unit := r.Size / float64(r.Face.Font().UnitsPerEm)
		s := take(r.Face)
		for _, g := range r.Glyphs {
			if shape, ok := s.font.Face().GlyphDataOutline(font.GID(g.ID)); ok {
				trace(pen, shape.Segments, left+float64(g.DX)*unit, at-float64(g.DY)*unit, unit)
			}
			left += float64(g.Advance) * unit
		}
		s.giveBack(r.Face)
	}
}

func trace(pen Pen, segments []opentype.Segment, x, y, unit float64) {
	point := func(p opentype.SegmentPoint) (float32, float32) {
		return float32(x + float64(p.X)*unit), float32(y - float64(p.Y)*unit)
	}
	open := false
	for _, s := range segments {
		ax, ay := point(s.Args[0])
		bx, by := point(s.Args[1])
		cx, cy := point(s.Args[2])
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			if open {
				pen.ClosePath()
			}
			open = true
			pen.MoveTo(ax, ay)
		case opentype.SegmentOpLineTo:
			pen.LineTo(ax, ay)
		case opentype.SegmentOpQuadTo:
			pen.QuadTo(ax, ay, bx, by)
		case opentype.SegmentOpCubeTo:
			pen.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	if open {
		pen.ClosePath()
	}
}
