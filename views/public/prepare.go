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
}

// Values that no signer and no code makes: they mark the places to fill.
const (
	shownHere = "\u2318shown\u2318"
	entryHere = "\u2318entry\u2318"
)

// Prepare renders the page without what differs from serving to serving.
func Prepare(ctx context.Context, p Landing) (*Prepared, error) {
	draw := func(e Entry) ([]byte, error) {
		q := p
		q.Entry = e
		var b bytes.Buffer
		err := LandingPage(q).Render(ctx, &b)
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
	if out.plain, err = pieces(plain, shownHere); err != nil {
		return nil, err
	}
	out.entered, err = pieces(entered, shownHere, entryHere)
	return out, err
}

// pieces cuts a page at the marks.
func pieces(page []byte, marks ...string) (out []piece, err error) {
	for _, mark := range marks {
		before, after, ok := bytes.Cut(page, []byte(mark))
		if !ok {
			return nil, fmt.Errorf("public: the landing page has no place for its hidden fields")
		}
		out, page = append(out, piece{text: before}), after
	}
	out = append(out, piece{text: page})
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
func (p *Prepared) fill(shown, entryCode string) ([]piece, [2]string) {
	shown = html.EscapeString(shown)
	if entryCode == "" {
		return p.plain, [2]string{shown}
	}
	return p.entered, [2]string{shown, html.EscapeString(entryCode)}
}

// Append appends the page with the signed field and, unless it is empty, the
// code of the entry point: the same bytes as LandingPage with that Entry. Only
// a canonical page has neither, so a code never comes without the signed field.
func (p *Prepared) Append(b []byte, shown, entryCode string) []byte {
	if shown == "" && entryCode == "" {
		return append(b, p.canonical...)
	}
	parts, values := p.fill(shown, entryCode)
	for i, part := range parts {
		b = append(b, part.text...)
		if i < len(parts)-1 {
			b = append(b, values[i]...)
		}
	}
	return b
}

// gzipHeader is that of a file without name and time (RFC 1952, section 2.3).
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255}

// AppendGzip is Append, compressed (RFC 1952). The pieces were compressed when
// the page was prepared, the values between them stand in stored blocks, so a
// visit costs a checksum only. Shown must not be empty, and each value has at
// most 65,535 bytes.
func (p *Prepared) AppendGzip(b []byte, shown, entryCode string) []byte {
	parts, values := p.fill(shown, entryCode)
	b = append(b, gzipHeader...)
	sum, size := uint32(0), 0
	for i, part := range parts {
		b = append(b, part.deflated...)
		sum, size = crc32.Update(sum, crc32.IEEETable, part.text), size+len(part.text)
		if i == len(parts)-1 {
			break
		}
		value := values[i][:min(len(values[i]), math.MaxUint16)]
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
func (p *Prepared) Write(w io.Writer, shown, entryCode string) error {
	_, err := w.Write(p.Append(nil, shown, entryCode))
	return err
}
