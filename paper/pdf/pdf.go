// Package pdf writes PDF 1.7 (ISO 32000-1) with what a document of record
// needs and nothing else: text in embedded subsets of TrueType fonts that can be
// searched and copied in any script, lines and shapes, a structure tree for
// people who listen, one attached file that the document is about (/AF), and
// metadata that say the same twice (Info and XMP).
//
// The same calls make the same bytes: there is no clock and nothing random. The
// file's /ID is the hash of its content.
//
// Shaping is not done here. Text comes as glyphs, each with the characters that
// it stands for. Units are points of 1/72 inch, from the bottom left.
package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// Info is what a document says of itself.
type Info struct {
	Title   string
	Subject string
	Author  string
	Creator string
	Lang    string // BCP 47, of the document as a whole
	Created time.Time
	// RightToLeft says that pages are read from right to left.
	RightToLeft bool
}

// Document is a PDF in the making. It is for one goroutine.
type Document struct {
	info     Info
	objects  [][]byte // objects[i] is object i+1
	pages    []*Page
	fonts    []*Font
	byFace   map[*TrueType]*Font
	root     *element
	attached *attachment
	outline  []heading
	images   []*Image
	out      *sink // where finished pages go at once; nil: they wait for Write
}

type attachment struct {
	name, description, mime string
	data                    []byte
}

type heading struct {
	title string
	page  *Page
	top   float64
}

// New returns an empty document.
func New(info Info) *Document {
	return &Document{info: info, byFace: map[*TrueType]*Font{}, root: &element{tag: "Document"}}
}

// Attach puts the file into the document that it was made from
// (/AFRelationship /Data). There is one at most: the last call counts.
func (d *Document) Attach(name, description, mime string, data []byte) {
	d.attached = &attachment{name: name, description: description, mime: mime, data: data}
}

// Bookmark adds an entry to the outline that viewers show beside the pages.
func (d *Document) Bookmark(title string, page *Page, top float64) {
	d.outline = append(d.outline, heading{title, page, top})
}

// Pages returns how many pages there are.
func (d *Document) Pages() int { return len(d.pages) }

// Page returns the page at i, from 0, to add what can be known only at the
// end, such as how many pages there are.
func (d *Document) Page(i int) *Page { return d.pages[i] }

// add keeps an object and returns its number.
func (d *Document) add(body string) int {
	d.objects = append(d.objects, []byte(body))
	return len(d.objects)
}

// reserve returns the number of an object that is set later.
func (d *Document) reserve() int { return d.add("null") }

func (d *Document) set(n int, body string) { d.objects[n-1] = []byte(body) }

// stream keeps a compressed stream and returns its number.
func (d *Document) stream(dict string, data []byte) int {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(data) //nolint:errcheck // a bytes.Buffer takes everything
	z.Close()     //nolint:errcheck // the same
	return d.plainStream(dict+" /Filter /FlateDecode", packed.Bytes())
}

func (d *Document) plainStream(dict string, data []byte) int {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<< %s /Length %d >>\nstream\n", strings.TrimSpace(dict), len(data))
	b.Write(data)
	b.WriteString("\nendstream")
	d.objects = append(d.objects, b.Bytes())
	return len(d.objects)
}

// Write finishes the document and writes it, to where Stream said, if it did. It
// may be called once.
func (d *Document) Write(w io.Writer) error {
	if d.out == nil {
		d.Stream(w)
	}
	catalog := d.finish()
	info := d.add(d.infoDict())
	for n := range d.objects {
		d.out.object(n+1, d.objects[n])
	}
	return d.out.end(len(d.objects), catalog, info)
}

// finish turns all that was collected into objects; it returns the catalog's.
func (d *Document) finish() int {
	catalog, tree := d.reserve(), d.reserve()
	for _, p := range d.pages {
		p.object = d.reserve()
	}
	fonts := d.embed()
	images := d.drawImages()
	kids := make([]string, len(d.pages))
	for i, p := range d.pages {
		content := p.written
		if content == 0 {
			content = d.stream("", p.content.Bytes())
		}
		d.set(p.object, fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources << /Font << %s>>%s >> /Contents %d 0 R /StructParents %d /Tabs /S >>",
			tree, num(p.Width), num(p.Height), fonts, images, content, i))
		kids[i] = ref(p.object)
	}
	d.set(tree, fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " ")))
	direction := ""
	if d.info.RightToLeft {
		direction = " /Direction /R2L"
	}
	parts := fmt.Sprintf("/Type /Catalog /Pages %d 0 R /Lang %s /MarkInfo << /Marked true >> /StructTreeRoot %d 0 R /ViewerPreferences << /DisplayDocTitle true%s >> /Metadata %d 0 R",
		tree, text(d.info.Lang), d.structure(), direction, d.plainStream("/Type /Metadata /Subtype /XML", d.xmp()))
	if n := d.outlines(); n > 0 {
		parts += fmt.Sprintf(" /Outlines %d 0 R", n)
	}
	if d.attached != nil {
		file := d.embedFile()
		parts += fmt.Sprintf(" /AF [%d 0 R] /Names << /EmbeddedFiles << /Names [%s %d 0 R] >> >>", file, text(d.attached.name), file)
	}
	d.set(catalog, "<< "+parts+" >>")
	return catalog
}

func (d *Document) outlines() int {
	if len(d.outline) == 0 {
		return 0
	}
	root := d.reserve()
	first := len(d.objects) + 1
	for i, h := range d.outline {
		links := ""
		if i > 0 {
			links += fmt.Sprintf(" /Prev %d 0 R", first+i-1)
		}
		if i < len(d.outline)-1 {
			links += fmt.Sprintf(" /Next %d 0 R", first+i+1)
		}
		d.add(fmt.Sprintf("<< /Title %s /Parent %d 0 R /Dest [%d 0 R /XYZ 0 %s null]%s >>", text(h.title), root, h.page.object, num(h.top), links))
	}
	d.set(root, fmt.Sprintf("<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>", first, first+len(d.outline)-1, len(d.outline)))
	return root
}

// num writes a number as PDF wants it: no exponent, no more digits than matter.
func num(f float64) string {
	s := strconv.FormatFloat(f, 'f', 3, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

func ref(n int) string { return strconv.Itoa(n) + " 0 R" }

// text writes a text string (ISO 32000-1, 7.9.2.2): UTF-16 with its mark, in
// hexadecimal, so that nothing in it can end it.
func text(s string) string {
	return "<FEFF" + hex16(s) + ">"
}

func hex16(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}
