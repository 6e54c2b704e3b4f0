package certificate

import (
	"strings"
	"time"

	"assent/paper/pdf"
	"assent/paper/typeset"
)

// A4, with the wide margins of a deed.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
	margin     = 70.0
	top        = 74.0
	bottom     = 76.0
	column     = pageWidth - 2*margin
	labelWidth = 128.0
)

var (
	body  = typeset.Style{Size: 10}
	label = typeset.Style{Size: 9, Italic: true, Gray: 0.25}
	small = typeset.Style{Size: 8.5, Gray: 0.2}
	mono  = typeset.Style{Size: 7.3, Mono: true}
)

// sheet lays text out from the top of a page to its bottom.
type sheet struct {
	doc  *pdf.Document
	page *pdf.Page
	at   float64 // how far down the page
	rtl  bool
	dir  typeset.Direction
	mark string // the watermark; empty for none
}

func (s *sheet) newPage() {
	s.page, s.at = s.doc.AddPage(pageWidth, pageHeight), top
	if s.mark == "" {
		return
	}
	lines := typeset.Set([]typeset.Span{{Text: s.mark, Style: typeset.Style{Size: 84, Bold: true, Gray: 0.9}}}, 2*pageHeight, s.dir)
	page := s.page
	page.Artifact(func() {
		page.Turned(pageWidth/2, pageHeight/2, 0.643, 0.766, func() {
			lines[0].Draw(s.doc, page, -lines[0].Width/2, lines[0].Height/2)
		})
	})
}

func (s *sheet) y() float64 { return pageHeight - s.at }

// need begins a new page where less than height is left on this one.
func (s *sheet) need(height float64) {
	if s.at+height > pageHeight-bottom {
		s.newPage()
	}
}

// x returns where something of the width stands, start away from the margin
// where lines begin.
func (s *sheet) x(start, width float64) float64 {
	if s.rtl {
		return pageWidth - margin - start - width
	}
	return margin + start
}

// put draws lines one below the other, turning pages; own lets each line begin
// on its own side and not the sheet's.
func (s *sheet) put(at pdf.Section, lines []typeset.Line, start, width float64, own bool) {
	for i, l := range lines {
		if i == 0 && len(lines) > 1 {
			s.need(l.Height + lines[1].Height)
		}
		s.need(l.Height)
		s.draw(at, l, start, width, own)
		s.at += l.Height
	}
}

func (s *sheet) draw(at pdf.Section, l typeset.Line, start, width float64, own bool) {
	x := s.x(start, width)
	if right := s.rtl; right && !own || own && l.RightToLeft {
		x += width - l.Width
	}
	s.page.Mark(at, func() { l.Draw(s.doc, s.page, x, s.y()) })
}

func (s *sheet) heading(title string) {
	lines := typeset.Set([]typeset.Span{{Text: title, Style: typeset.Style{Size: 12.5, Bold: true}}}, column, s.dir)
	s.at += 14
	s.need(84)
	page, y := s.page, s.y()
	page.Artifact(func() { page.Line(margin, y, pageWidth-margin, y, 0.4) })
	s.doc.Bookmark(title, page, y)
	s.at += 5
	s.put(s.doc.Root().Add("H2", ""), lines, 0, column, false)
	s.at += 3
}

func (s *sheet) paragraph(text string, style typeset.Style) {
	s.put(s.doc.Root().Add("P", ""), typeset.Set([]typeset.Span{{Text: text, Style: style}}, column, s.dir), 0, column, false)
	s.at += 3
}

// verbatim shows words of others between two lines, in their own direction.
func (s *sheet) verbatim(text, lang string) {
	s.quoted([]typeset.Span{{Text: text, Style: body, Lang: lang}}, lang)
}

// quoted is verbatim with a style for each part.
func (s *sheet) quoted(spans []typeset.Span, lang string) {
	lines := typeset.Set(spans, column-24, typeset.Auto)
	at := s.doc.Root().Add("BlockQuote", lang)
	s.at += 2
	for _, l := range lines {
		s.need(l.Height)
		page, y, x := s.page, s.y(), s.x(5, 0)
		page.Artifact(func() { page.Line(x, y, x, y-l.Height, 1.1) })
		s.draw(at, l, 12, column-24, true)
		s.at += l.Height
	}
	s.at += 5
}

// field shows a label and what it is of; nothing where that is empty.
func (s *sheet) field(name, value string, style typeset.Style, before func(x, y float64)) {
	if value == "" {
		return
	}
	names := typeset.Set([]typeset.Span{{Text: name, Style: label}}, labelWidth-8, s.dir)
	indent := labelWidth
	if before != nil {
		indent += 15
	}
	values := typeset.Set([]typeset.Span{{Text: value, Style: style}}, column-indent, typeset.Auto)
	at := s.doc.Root().Add("P", "")
	s.need(2 * 14)
	begin, page := s.at, s.page
	if len(names)*14 < 200 {
		s.put(at, names, 0, labelWidth-8, false)
	}
	end := s.at
	if s.page == page {
		s.at = begin
	}
	if before != nil {
		x, y := s.x(labelWidth, 10)+5, s.y()-7.2
		s.page.Artifact(func() { before(x, y) })
	}
	s.put(at, values, indent, column-indent, false)
	if s.page == page {
		s.at = max(s.at, end)
	}
	s.at++
}

// row shows cells side by side; a cell that is longer than a page is cut into
// rows by its lines.
func (s *sheet) row(table pdf.Section, tag string, widths []float64, cells []typeset.Span) {
	tr := table.Add("TR", "")
	sets, places, longest := make([][]typeset.Line, len(cells)), make([]pdf.Section, len(cells)), 0
	for i, c := range cells {
		sets[i], places[i] = typeset.Set([]typeset.Span{c}, widths[i]-6, typeset.Auto), tr.Add(tag, "")
		longest = max(longest, len(sets[i]))
	}
	for n := range longest {
		height := 0.0
		for _, lines := range sets {
			if n < len(lines) {
				height = max(height, lines[n].Height)
			}
		}
		s.need(height)
		start := 0.0
		for i, lines := range sets {
			if n < len(lines) {
				s.draw(places[i], lines[n], start, widths[i]-6, false)
			}
			start += widths[i]
		}
		s.at += height
	}
	page, y := s.page, s.y()-1
	page.Artifact(func() { page.Gray(0.6); page.Line(margin, y, pageWidth-margin, y, 0.3); page.Gray(0) })
	s.at += 3
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// groups writes a fingerprint in groups that an eye can follow.
func groups(hash string) string {
	var b strings.Builder
	for i, r := range hash {
		if i > 0 && i%8 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
