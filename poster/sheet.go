package poster

import (
	"context"
	"io"
	"runtime"
	"sync"

	"assent/fault"
	"assent/paper/pdf"
	"assent/paper/typeset"
	"assent/qr"
)

// Label is one code of a sheet of many.
type Label struct {
	Text   string // what stands under the code
	Link   string // the short link in letters
	Symbol *qr.Symbol
}

// The sheet of many codes: A4, each code 36 mm wide with its quiet zone.
const (
	sheetColumns = 4
	sheetRows    = 5
	sheetCode    = 36 * mm
	sheetMargin  = 12 * mm
)

// Check reads every code again as it will be printed, on all processors, before
// the first byte of a sheet leaves.
func Check(ctx context.Context, symbols []*qr.Symbol) error {
	work := make(chan *qr.Symbol)
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := range work {
				if err := s.Scan(sheetCode / mm); err != nil {
					once.Do(func() { first = err; stop() })
				}
			}
		})
	}
	for _, s := range symbols {
		if ctx.Err() != nil {
			break
		}
		work <- s
	}
	close(work)
	wg.Wait()
	if first != nil {
		return first
	}
	return ctx.Err()
}

// WriteSheet writes a PDF with many codes, page by page: its memory does not grow
// with their number. The codes are to be checked before.
func WriteSheet(w io.Writer, title, lang string, labels []Label) error {
	if len(labels) == 0 {
		return fault.Field("labels", "Give at least one label.")
	}
	doc := pdf.New(pdf.Info{Title: title, Creator: "Assent", Lang: lang})
	doc.Stream(w)
	a4, err := formatOf("a4")
	if err != nil {
		return err
	}
	width, height := a4.width*mm, a4.height*mm
	cell, row := (width-2*sheetMargin)/sheetColumns, (height-2*sheetMargin)/sheetRows
	var page *pdf.Page
	for i, l := range labels {
		n := i % (sheetColumns * sheetRows)
		if n == 0 {
			page = doc.AddPage(width, height)
		}
		x, y := sheetMargin+float64(n%sheetColumns)*cell, sheetMargin+float64(n/sheetColumns)*row
		sheetCell(doc, page, l, x, height-y, cell)
	}
	return doc.Write(w)
}

// sheetCell draws a code, its label and its link, in a cell whose top left corner
// is at x, y.
func sheetCell(doc *pdf.Document, page *pdf.Page, l Label, x, y, width float64) {
	page.Artifact(func() { drawSymbol(doc, page, l.Symbol, x+(width-sheetCode)/2, y, sheetCode) })
	y -= sheetCode
	write := func(text string, s typeset.Style, most int) {
		lines := typeset.Set([]typeset.Span{{Text: text, Style: s}}, width-8, typeset.Auto)
		for _, line := range lines[:min(most, len(lines))] {
			page.Mark(doc.Root().Add("P", ""), func() { line.Draw(doc, page, x+(width-line.Width)/2, y) })
			y -= line.Height
		}
	}
	fill(page, black)
	write(l.Text, typeset.Style{Size: 8.5, Bold: true}, 2)
	write(l.Link, typeset.Style{Size: 6.5}, 1)
}

// WriteCode writes a PDF that is one code and nothing else, so many millimetres
// wide. A code that does not scan at that size is refused.
func WriteCode(w io.Writer, s *qr.Symbol, width float64) error {
	if err := s.Scan(width); err != nil {
		return err
	}
	doc := pdf.New(pdf.Info{Title: s.Text(), Creator: "Assent", Lang: "en"})
	page := doc.AddPage(width*mm, width*mm)
	page.Artifact(func() { drawSymbol(doc, page, s, 0, width*mm, width*mm) })
	return doc.Write(w)
}
