package pdf

import (
	"bytes"
	"fmt"
	"strings"
)

// Font is a font in a document: of its glyphs those that were used.
type Font struct {
	face   *TrueType
	name   string // of the resource
	glyphs []uint16
	texts  []string // what each stands for
	codes  map[code]uint16
}

// code is a glyph with what it stands for: a glyph that stands for two things
// is embedded twice, so that each can be copied as what it was.
type code struct {
	glyph uint16
	text  string
}

// Glyph is one glyph of a run.
type Glyph struct {
	ID uint16
	// Advance is how far the next glyph stands, DX and DY how far this one is
	// moved, in units of the font's em.
	Advance, DX, DY int
	// Text is what the glyph stands for. Where one cluster has several glyphs,
	// the first has its text and Follow counts the others, whose Text is empty.
	Text   string
	Follow int
}

// Font returns the font of the face in this document.
func (d *Document) Font(face *TrueType) *Font {
	f, ok := d.byFace[face]
	if !ok {
		f = &Font{face: face, name: fmt.Sprintf("F%d", len(d.fonts)), glyphs: []uint16{0}, texts: []string{""}, codes: map[code]uint16{}}
		d.byFace[face], d.fonts = f, append(d.fonts, f)
	}
	return f
}

// code returns the number by which the document names the glyph; 0, the
// missing glyph, once there are more than can be numbered.
func (f *Font) code(g uint16, text string) uint16 {
	k := code{g, text}
	c, ok := f.codes[k]
	if !ok {
		if len(f.glyphs) >= 1<<15 {
			return 0
		}
		c = uint16(len(f.glyphs))
		f.codes[k], f.glyphs, f.texts = c, append(f.glyphs, g), append(f.texts, text)
	}
	return c
}

// embed writes all fonts and returns the entries of the resource dictionary.
func (d *Document) embed() string {
	var entries strings.Builder
	for i, f := range d.fonts {
		data := f.face.subset(f.glyphs)
		file := d.stream(fmt.Sprintf("/Length1 %d", len(data)), data)
		name := subsetTag(i) + "+" + f.face.Name
		flags := 4 // symbolic: glyphs are named by number
		descriptor := d.add(fmt.Sprintf("<< /Type /FontDescriptor /FontName /%s /Flags %d /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R >>",
			name, flags, f.em(f.face.box[0]), f.em(f.face.box[1]), f.em(f.face.box[2]), f.em(f.face.box[3]),
			f.em(f.face.Ascent), f.em(f.face.Descent), f.em(f.face.CapHeight), file))
		descendant := d.add(fmt.Sprintf("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 1000 /W [0 [%s]] /CIDToGIDMap /Identity >>",
			name, descriptor, f.widths()))
		unicode := d.stream("", f.toUnicode())
		object := d.add(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, descendant, unicode))
		fmt.Fprintf(&entries, "/%s %d 0 R ", f.name, object)
	}
	return entries.String()
}

// subsetTag names a subset by six letters (9.6.4).
func subsetTag(i int) string {
	tag := []byte("AAAAAA")
	for p := 5; p >= 0 && i > 0; p-- {
		tag[p] += byte(i % 26)
		i /= 26
	}
	return string(tag)
}

// em turns units of the font into thousandths of the em.
func (f *Font) em(units int) int { return (units*1000 + f.face.UnitsPerEm/2) / f.face.UnitsPerEm }

func (f *Font) width(g uint16) float64 {
	return float64(f.face.Advance(g)) * 1000 / float64(f.face.UnitsPerEm)
}

func (f *Font) widths() string {
	all := make([]string, len(f.glyphs))
	for i, g := range f.glyphs {
		all[i] = num(f.width(g))
	}
	return strings.Join(all, " ")
}

// toUnicode writes the CMap that says what each glyph stands for (9.10.3).
func (f *Font) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	var lines []string
	for i, s := range f.texts {
		if s != "" {
			lines = append(lines, fmt.Sprintf("<%04X> <%s>\n", i, hex16(s)))
		}
	}
	for len(lines) > 0 {
		n := min(len(lines), 100) // as many as one section may have
		fmt.Fprintf(&b, "%d beginbfchar\n%sendbfchar\n", n, strings.Join(lines[:n], ""))
		lines = lines[n:]
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}
