package pdf

import (
	"encoding/binary"
	"errors"
	"slices"
)

// TrueType is a font file with quadratic outlines, read once and shared: it is
// safe for use by many documents at once.
type TrueType struct {
	// Name is the font's PostScript name, for the PDF's font descriptor.
	Name string
	// UnitsPerEm, Ascent, Descent and CapHeight are the font's measures;
	// Descent is negative.
	UnitsPerEm, Ascent, Descent, CapHeight int

	tables   map[string][]byte
	glyphs   int
	hMetrics int
	longLoca bool
	box      [4]int
	cmap     map[rune]uint16
}

var errFont = errors.New("pdf: not a TrueType font that can be embedded")

// ParseTrueType reads a font. For a collection, index chooses the font in it;
// else it is 0. The bytes must not change afterwards.
func ParseTrueType(name string, data []byte, index int) (*TrueType, error) {
	offset := 0
	if len(data) >= 16 && string(data[:4]) == "ttcf" {
		if at := 12 + 4*index; index >= 0 && at+4 <= len(data) {
			offset = int(binary.BigEndian.Uint32(data[at:]))
		}
	}
	if offset+12 > len(data) {
		return nil, errFont
	}
	f := &TrueType{Name: name, tables: map[string][]byte{}}
	count := int(binary.BigEndian.Uint16(data[offset+4:]))
	for i := range count {
		at := offset + 12 + 16*i
		if at+16 > len(data) {
			return nil, errFont
		}
		start, size := int(binary.BigEndian.Uint32(data[at+8:])), int(binary.BigEndian.Uint32(data[at+12:]))
		if start > len(data) || size > len(data)-start {
			return nil, errFont
		}
		f.tables[string(data[at:at+4])] = data[start : start+size]
	}
	return f, f.read()
}

func (f *TrueType) read() error {
	head, hhea, maxp, os2 := f.tables["head"], f.tables["hhea"], f.tables["maxp"], f.tables["OS/2"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 6 || f.tables["glyf"] == nil {
		return errFont
	}
	f.UnitsPerEm, f.longLoca = u16(head, 18), u16(head, 50) == 1
	for i := range f.box {
		f.box[i] = i16(head, 36+2*i)
	}
	f.Ascent, f.Descent, f.hMetrics, f.glyphs = i16(hhea, 4), i16(hhea, 6), u16(hhea, 34), u16(maxp, 4)
	f.CapHeight = f.Ascent
	if len(os2) >= 90 && u16(os2, 0) >= 2 {
		f.CapHeight = i16(os2, 88)
	}
	size := 2
	if f.longLoca {
		size = 4
	}
	if f.UnitsPerEm == 0 || f.hMetrics == 0 || len(f.tables["hmtx"]) < 4*f.hMetrics || len(f.tables["loca"]) < size*(f.glyphs+1) {
		return errFont
	}
	return f.readCmap()
}

// readCmap reads the Unicode subtable: format 12 if there is one, else 4.
func (f *TrueType) readCmap() error {
	t := f.tables["cmap"]
	if len(t) < 4 {
		return errFont
	}
	var best []byte
	format := 0
	for i := range u16(t, 2) {
		if 4+8*i+8 > len(t) {
			return errFont
		}
		at := int(binary.BigEndian.Uint32(t[4+8*i+4:]))
		if at+4 > len(t) {
			return errFont
		}
		if got := u16(t, at); (got == 4 || got == 12) && got > format {
			best, format = t[at:], got
		}
	}
	f.cmap = map[rune]uint16{}
	if format == 12 {
		return f.readCmap12(best)
	}
	return f.readCmap4(best)
}

func (f *TrueType) readCmap4(t []byte) error {
	if len(t) < 16 {
		return errFont
	}
	segments := u16(t, 6) / 2
	if 16+8*segments > len(t) {
		return errFont
	}
	for i := range segments {
		end, start := u16(t, 14+2*i), u16(t, 16+2*segments+2*i)
		delta, at := u16(t, 16+4*segments+2*i), 16+6*segments+2*i
		offset := u16(t, at)
		for c := start; c <= end && c < 0xffff; c++ {
			g := c
			if offset != 0 {
				p := at + offset + 2*(c-start)
				if p+2 > len(t) {
					return errFont
				}
				if g = u16(t, p); g == 0 {
					continue
				}
			}
			f.mapRune(rune(c), (g+delta)&0xffff)
		}
	}
	return nil
}

func (f *TrueType) readCmap12(t []byte) error {
	if len(t) < 16 {
		return errFont
	}
	groups := int(binary.BigEndian.Uint32(t[12:]))
	if groups > (len(t)-16)/12 {
		return errFont
	}
	for i := range groups {
		start, end, g := be32(t, 16+12*i), be32(t, 20+12*i), be32(t, 24+12*i)
		if start > end || end > 0x10ffff {
			return errFont
		}
		for c := start; c <= end; c++ {
			f.mapRune(rune(c), g+c-start)
		}
	}
	return nil
}

func (f *TrueType) mapRune(r rune, g int) {
	if g > 0 && g < f.glyphs {
		f.cmap[r] = uint16(g)
	}
}

// Glyph returns the glyph that shows a character by itself, and whether the
// font has one.
func (f *TrueType) Glyph(r rune) (uint16, bool) {
	g, ok := f.cmap[r]
	return g, ok
}

// Advance returns a glyph's width in units of the em.
func (f *TrueType) Advance(g uint16) int {
	return u16(f.tables["hmtx"], 4*min(int(g), f.hMetrics-1))
}

func (f *TrueType) bearing(g uint16) int {
	t, i := f.tables["hmtx"], int(g)
	at := 4*i + 2
	if i >= f.hMetrics {
		at = 4*f.hMetrics + 2*(i-f.hMetrics)
	}
	if at+2 > len(t) {
		return 0
	}
	return i16(t, at)
}

// outline returns the bytes of a glyph in the glyf table; none for a space.
func (f *TrueType) outline(g uint16) []byte {
	loca, glyf, i := f.tables["loca"], f.tables["glyf"], int(g)
	if i >= f.glyphs {
		return nil
	}
	var start, end int
	if f.longLoca {
		start, end = be32(loca, 4*i), be32(loca, 4*i+4)
	} else {
		start, end = 2*u16(loca, 2*i), 2*u16(loca, 2*i+2)
	}
	if start >= end || end > len(glyf) {
		return nil
	}
	return glyf[start:end]
}

// parts returns where in a composite glyph's bytes its components' ids stand.
func parts(outline []byte) (at []int) {
	if len(outline) < 10 || i16(outline, 0) >= 0 {
		return nil
	}
	const words, scale, more, xyScale, twoByTwo = 1, 1 << 3, 1 << 5, 1 << 6, 1 << 7
	for p := 10; p+4 <= len(outline); {
		flags := u16(outline, p)
		at = append(at, p+2)
		p += 6
		if flags&words != 0 {
			p += 2
		}
		switch {
		case flags&scale != 0:
			p += 2
		case flags&xyScale != 0:
			p += 4
		case flags&twoByTwo != 0:
			p += 8
		}
		if flags&more == 0 {
			break
		}
	}
	return at
}

// subset returns a font file with the given glyphs of f in the given order,
// and behind them the components that they need. It has no cmap: a PDF names
// glyphs by their number.
func (f *TrueType) subset(glyphs []uint16) []byte {
	order := slices.Clone(glyphs)
	index := map[uint16]uint16{}
	for i, g := range order {
		if _, ok := index[g]; !ok {
			index[g] = uint16(i)
		}
	}
	var glyf, loca, hmtx []byte
	for i := 0; i < len(order); i++ {
		outline := slices.Clone(f.outline(order[i]))
		for _, at := range parts(outline) {
			part := uint16(u16(outline, at))
			if _, ok := index[part]; !ok {
				index[part] = uint16(len(order))
				order = append(order, part)
			}
			binary.BigEndian.PutUint16(outline[at:], index[part])
		}
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, outline...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(f.Advance(order[i])))
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(f.bearing(order[i])))
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := slices.Clone(f.tables["head"]), slices.Clone(f.tables["hhea"]), slices.Clone(f.tables["maxp"])
	binary.BigEndian.PutUint16(head[50:], 1)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(order)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(order)))
	return sfnt(map[string][]byte{"glyf": glyf, "head": head, "hhea": hhea, "hmtx": hmtx, "loca": loca, "maxp": maxp})
}

// sfnt puts tables together into a font file (OpenType 1.9, "Organization of an
// OpenType Font").
func sfnt(tables map[string][]byte) []byte {
	tags := make([]string, 0, len(tables))
	for tag := range tables {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	search, selector := 16, 0
	for search*2 <= 16*len(tags) {
		search, selector = search*2, selector+1
	}
	out := []byte{0, 1, 0, 0}
	for _, n := range []int{len(tags), search, selector, 16*len(tags) - search} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	at := len(out) + 16*len(tags)
	binary.BigEndian.PutUint32(tables["head"][8:], 0)
	for _, tag := range tags {
		t := tables[tag]
		out = append(out, tag...)
		for _, n := range []uint32{checksum(t), uint32(at), uint32(len(t))} {
			out = binary.BigEndian.AppendUint32(out, n)
		}
		at += (len(t) + 3) &^ 3
	}
	headAt := 0
	for _, tag := range tags {
		if tag == "head" {
			headAt = len(out)
		}
		out = append(out, tables[tag]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.BigEndian.PutUint32(out[headAt+8:], 0xb1b0afba-checksum(out))
	return out
}

func checksum(t []byte) (sum uint32) {
	for ; len(t) >= 4; t = t[4:] {
		sum += binary.BigEndian.Uint32(t)
	}
	var last [4]byte
	copy(last[:], t)
	return sum + binary.BigEndian.Uint32(last[:])
}

func u16(b []byte, at int) int  { return int(binary.BigEndian.Uint16(b[at:])) }
func i16(b []byte, at int) int  { return int(int16(binary.BigEndian.Uint16(b[at:]))) }
func be32(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }
