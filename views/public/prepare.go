package public

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"html"
	"io"
	"math"
	"net/url"
)

// Prepared is a landing page rendered and compressed ahead: most visitors get
// the same bytes but for the signed field and the code of their entry point. It
// is immutable and safe for concurrent use.
type Prepared struct {
	canonical []byte
	plain     []piece // around shown
	entered   []piece // around shown and the entry point's code
}

// piece is a part of the page that never differs.
type piece struct {
	text     []byte
	deflated []byte // as blocks that need nothing from the pieces before
	then     slot   // what comes behind it
}

// slot is a place to fill.
type slot int

const (
	end   slot = iota // of the page
	shown             // the signed field
	entry             // the entry point's code, in its field
	link              // the same in an address
	slots
)

// Values that no signer and no code makes: they mark the places to fill.
const (
	shownHere = "\u2318shown\u2318"
	entryHere = "\u2318entry\u2318"
)

var marks = [slots]string{shown: shownHere, entry: entryHere, link: url.QueryEscape(entryHere)}

// Prepare renders the page without what differs from serving to serving.
func Prepare(ctx context.Context, p Landing) (*Prepared, error) {
	draw := func(e Entry) ([]byte, error) {
		q := p
		q.Entry = e
		var b bytes.Buffer
		err := q.Draw().Render(ctx, &b)
		return b.Bytes(), err
	}
	canonical, err := draw(Entry{})
	if err != nil {
		return nil, err
	}
	plain, err := draw(Entry{Shown: shownHere})
	if err != nil {
		return nil, err
	}
	entered, err := draw(Entry{Shown: shownHere, EntryCode: entryHere})
	if err != nil {
		return nil, err
	}
	out := &Prepared{canonical: canonical}
	if out.plain, err = pieces(plain, shown); err != nil {
		return nil, err
	}
	out.entered, err = pieces(entered, shown, entry)
	return out, err
}

// pieces cuts a page at the marks. Each of those that must be there is there
// once.
func pieces(page []byte, must ...slot) (out []piece, err error) {
	var found [slots]int
	for {
		at, next := len(page), end
		for s := shown; s < slots; s++ {
			if i := bytes.Index(page, []byte(marks[s])); i >= 0 && i < at {
				at, next = i, s
			}
		}
		out = append(out, piece{text: page[:at], then: next})
		if next == end {
			break
		}
		found[next]++
		page = page[at+len(marks[next]):]
	}
	for _, s := range must {
		if found[s] != 1 {
			return nil, fmt.Errorf("public: the landing page has no place for its hidden fields")
		}
	}
	for i := range out {
		out[i].deflated, err = deflate(out[i].text, i == len(out)-1)
	}
	return out, err
}

// deflate compresses a piece to whole bytes (RFC 1951): the last piece ends the
// stream, the others end in an empty stored block.
func deflate(text []byte, last bool) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err = w.Write(text); err == nil && last {
		err = w.Close()
	} else if err == nil {
		err = w.Flush()
	}
	return b.Bytes(), err
}

// Canonical returns the bytes that are evidence of the page. They are shared:
// do not change them.
func (p *Prepared) Canonical() []byte { return p.canonical }

// fill returns the pieces of the page and what comes between them.
func (p *Prepared) fill(field, entryCode string) ([]piece, [slots]string) {
	values := [slots]string{shown: html.EscapeString(field)}
	if entryCode == "" {
		return p.plain, values
	}
	values[entry], values[link] = html.EscapeString(entryCode), html.EscapeString(url.QueryEscape(entryCode))
	return p.entered, values
}

// Append appends the page with the signed field and, unless it is empty, the
// code of the entry point: the same bytes as LandingPage with that Entry. Only
// a canonical page has neither, so a code never comes without the signed field.
func (p *Prepared) Append(b []byte, field, entryCode string) []byte {
	if field == "" && entryCode == "" {
		return append(b, p.canonical...)
	}
	parts, values := p.fill(field, entryCode)
	for _, part := range parts {
		b = append(b, part.text...)
		b = append(b, values[part.then]...)
	}
	return b
}

// gzipHeader is that of a file without name and time (RFC 1952, section 2.3).
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255}

// AppendGzip is Append, compressed (RFC 1952). The pieces were compressed when
// the page was prepared, the values between them stand in stored blocks, so a
// visit costs a checksum only. The field must not be empty, and each value has at
// most 65,535 bytes.
func (p *Prepared) AppendGzip(b []byte, field, entryCode string) []byte {
	parts, values := p.fill(field, entryCode)
	b = append(b, gzipHeader...)
	sum, size := uint32(0), 0
	for _, part := range parts {
		b = append(b, part.deflated...)
		sum, size = crc32.Update(sum, crc32.IEEETable, part.text), size+len(part.text)
		if part.then == end {
			break
		}
		value := values[part.then][:min(len(values[part.then]), math.MaxUint16)]
		b = append(b, 0) // a stored block that is not the last (RFC 1951, section 3.2.4)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
		b = binary.LittleEndian.AppendUint16(b, ^uint16(len(value)))
		b = append(b, value...)
		sum, size = crc32.Update(sum, crc32.IEEETable, []byte(value)), size+len(value)
	}
	b = binary.LittleEndian.AppendUint32(b, sum)
	return binary.LittleEndian.AppendUint32(b, uint32(size))
}

// Write writes what Append appends.
func (p *Prepared) Write(w io.Writer, field, entryCode string) error {
	_, err := w.Write(p.Append(nil, field, entryCode))
	return err
}
