package typeset

import (
	"unicode"

	"assent/paper/fonts"
	"assent/paper/pdf"
)

// fit returns where the line that begins at start ends.
func (t *analysed) fit(start int, width float64) int {
	used, solid := 0.0, 0.0 // with and without the spaces at the end
	last := start           // the newest place to break
	for i := start; i < len(t.text); i++ {
		used += t.widths[i]
		if !unicode.IsSpace(t.runes[i]) {
			solid = used
		}
		if solid > width {
			if last > start {
				return last
			}
			return t.tear(start, i, width)
		}
		if t.breaks[i+1] {
			last = i + 1
		}
	}
	return len(t.text)
}

// tear breaks a word that is wider than the line, where the character at i goes
// over its end: before the grapheme that i is of, or, where that one is wider than
// the line itself, within it.
func (t *analysed) tear(start, i int, width float64) int {
	over := i
	for i > start && (!t.starts[i] || t.widths[i] == 0) {
		i--
	}
	if i > start {
		return i
	}
	end, whole := start+1, t.widths[start]
	for ; end < len(t.text) && !t.starts[end]; end++ {
		whole += t.widths[end]
	}
	if whole <= width || end == start+1 {
		return end
	}
	if t.widths[start] > width { // one cluster of many letters, such as a conjunct without end
		over = start + max(1, int(0.9*width/whole*float64(end-start)))
	}
	over = max(over, start+1)
	// Cut letters are shaped otherwise than in their cluster, and may be wider.
	for over > start+1 && (unicode.Is(unicode.M, t.runes[over]) || t.line(start, over).Width > width) {
		over--
	}
	if t.widths[over] == 0 { // the rest of a torn cluster has its share of the width
		t.widths[over] = whole * float64(end-over) / float64(end-start)
	}
	return over
}

// line shapes the characters of a line and puts its runs in visual order.
func (t *analysed) line(start, end int) Line {
	stop := end
	for stop > start && unicode.IsSpace(t.runes[stop-1]) {
		stop-- // spaces at the end take no room
	}
	l := Line{RightToLeft: t.rtl}
	type part struct {
		start, end int
		level      int8
	}
	var parts []part
	for i := start; i < stop; {
		n := t.runEnd(i, stop)
		parts = append(parts, part{i, n, t.levels[i]})
		i = n
	}
	for level := int8(2); level >= 1; level-- { // rule L2
		for i := 0; i < len(parts); i++ {
			j := i
			for j < len(parts) && parts[j].level >= level {
				j++
			}
			for a, b := i, j-1; a < b; a, b = a+1, b-1 {
				parts[a], parts[b] = parts[b], parts[a]
			}
			i = max(i, j)
		}
	}
	for _, p := range parts {
		r := t.run(p.start, p.end)
		r.X = l.Width
		l.Width += r.Width
		l.Runs = append(l.Runs, r)
	}
	t.heights(&l, start)
	return l
}

// heights sets the distance of the line from the next.
func (t *analysed) heights(l *Line, start int) {
	size := t.style(start).Size
	for _, r := range l.Runs {
		if !r.Boxed {
			size = max(size, r.Size)
		}
	}
	l.Height = 1.42 * size
	for _, r := range l.Runs {
		if !r.Boxed {
			l.Height = max(l.Height, leading(r.Face)*r.Size)
		}
	}
	l.Base = 1.05*size + (l.Height-1.42*size)/2
}

func (t *analysed) run(start, end int) Run {
	s := t.style(start)
	if t.faces[start] == nil {
		return boxRun(t.text[start].r, s)
	}
	r := Run{Face: t.faces[start], Size: s.Size, Gray: s.Gray}
	if s.Bold && !r.Face.Bold {
		r.Stroke = s.Size / 28
	}
	shaped := t.shape(start, end)
	t.spell(shaped, start, end)
	units := 0
	r.Glyphs = make([]pdf.Glyph, len(shaped))
	for i, g := range shaped {
		r.Glyphs[i] = g.Glyph
		units += g.Advance
	}
	r.Width = float64(units) * s.Size / float64(r.Face.Font().UnitsPerEm)
	return r
}

// spell says for each glyph which characters it stands for, so that the text
// can be searched and copied.
func (t *analysed) spell(shaped []glyph, start, end int) {
	ends := map[int]int{} // of each cluster
	next := func(cluster, other int) {
		if e, ok := ends[cluster]; !ok || other < e {
			ends[cluster] = other
		}
	}
	previous := -1
	for _, g := range shaped {
		switch {
		case previous < 0, g.cluster == previous:
		case g.cluster > previous:
			next(previous, g.cluster)
		default:
			next(g.cluster, previous)
		}
		previous = g.cluster
	}
	for i := 0; i < len(shaped); {
		n := i + 1
		for n < len(shaped) && shaped[n].cluster == shaped[i].cluster {
			n++
		}
		stop, ok := ends[shaped[i].cluster]
		if !ok {
			stop = end
		}
		shaped[i].Text = string(t.runes[shaped[i].cluster:stop])
		shaped[i].Follow = n - i - 1
		i = n
	}
}

// The box of a code point: smaller letters, and room beside them.
const (
	boxScale = 0.68
	boxPad   = 1.6
)

func boxWidth(r rune, s Style) float64 {
	units := 0
	for _, c := range codePoint(r) {
		g, _ := fonts.Mono.Font().Glyph(c)
		units += fonts.Mono.Font().Advance(g)
	}
	return float64(units)*s.Size*boxScale/float64(fonts.Mono.Font().UnitsPerEm) + 2*boxPad
}

func boxRun(r rune, s Style) Run {
	run := Run{Face: fonts.Mono, Size: s.Size * boxScale, Gray: s.Gray, Width: boxWidth(r, s), Boxed: true}
	for _, c := range codePoint(r) {
		g, _ := fonts.Mono.Font().Glyph(c)
		run.Glyphs = append(run.Glyphs, pdf.Glyph{ID: g, Advance: fonts.Mono.Font().Advance(g), Text: string(c)})
	}
	return run
}
