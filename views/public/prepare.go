package public

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
)

// Prepared is a landing page rendered ahead: most visitors get the same bytes
// but for the signed field and the code of their entry point. It is immutable
// and safe for concurrent use.
type Prepared struct {
	canonical []byte
	plain     [2][]byte // around shown
	entered   [3][]byte // around shown and the entry point's code
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
	var ok [3]bool
	out.plain[0], out.plain[1], ok[0] = bytes.Cut(plain, []byte(shownHere))
	var rest []byte
	out.entered[0], rest, ok[1] = bytes.Cut(entered, []byte(shownHere))
	out.entered[1], out.entered[2], ok[2] = bytes.Cut(rest, []byte(entryHere))
	if !ok[0] || !ok[1] || !ok[2] {
		return nil, fmt.Errorf("public: the landing page has no place for its hidden fields")
	}
	return out, nil
}

// Canonical returns the bytes that are evidence of the page. They are shared:
// do not change them.
func (p *Prepared) Canonical() []byte { return p.canonical }

// Write writes the page with the signed field and, unless it is empty, the
// code of the entry point: the same bytes as LandingPage with that Entry. Only
// a canonical page has neither, so a code never comes without the signed field.
func (p *Prepared) Write(w io.Writer, shown, entryCode string) error {
	var b bytes.Buffer
	b.Grow(len(p.canonical) + len(shown) + len(entryCode) + 128)
	switch {
	case shown == "" && entryCode == "":
		b.Write(p.canonical)
	case entryCode == "":
		b.Write(p.plain[0])
		b.WriteString(html.EscapeString(shown))
		b.Write(p.plain[1])
	default:
		b.Write(p.entered[0])
		b.WriteString(html.EscapeString(shown))
		b.Write(p.entered[1])
		b.WriteString(html.EscapeString(entryCode))
		b.Write(p.entered[2])
	}
	_, err := w.Write(b.Bytes())
	return err
}
