package certificate

import (
	"assent/consent"
	"assent/paper/pdf"
	"assent/paper/typeset"
)

// sign draws the sign of a state, which tells it without colour.
func sign(p *pdf.Page, c Consent, x, y float64) {
	const r = 4.2
	switch {
	case c.Held:
		p.Circle(x, y, r, 0.9)
		p.Half(x, y, r)
	case c.State == consent.Given, c.State == consent.Renewed:
		p.Circle(x, y, r, 0)
	case c.State == consent.Refused:
		p.Circle(x, y, r, 0.9)
		p.Line(x-r, y, x+r, y, 1.2)
	case c.State == consent.Withdrawn, c.State == consent.Revoked, c.State == consent.Invalidated:
		p.Rect(x-r, y-r, 2*r, 2*r, 0.9)
		p.Line(x-r, y, x+r, y, 1.2)
	case c.State == consent.Expired:
		p.Dash(1.2, 1.4)
		p.Circle(x, y, r, 0.9)
		p.Dash()
	default:
		p.Circle(x, y, r, 0.9)
	}
}

// form shows the page as text and boxes, as they stood when it was sent.
func (d *deed) form() {
	f := d.c.Form
	if f == nil {
		return
	}
	d.heading(d.l.T("certificate.shown"))
	d.field(d.l.T("certificate.page_print"), f.Address, body, nil)
	d.field(d.l.T("certificate.shown_at"), stamp(f.ShownAt), body, nil)
	d.field(d.l.T("certificate.typed_name"), f.Name, body, nil)
	d.field(d.l.T("certificate.doubts"), f.Doubts, body, nil)
	d.at += 4
	d.need(60)
	d.rule()
	d.pad(5)
	if f.Title != "" {
		d.framed(f.Title, typeset.Style{Size: 12, Bold: true}, f.Language, 12)
	}
	d.framed(f.Intro, body, f.Language, 12)
	d.pad(3)
	for _, b := range f.Boxes {
		d.box(b, f.Language)
	}
	if f.Button != "" {
		d.framed("[ "+f.Button+" ]", typeset.Style{Size: 10.5, Bold: true}, f.Language, 12)
		d.framed("↑ "+d.l.T("certificate.pressed"), small, d.c.Language, 12)
	}
	for _, link := range f.Links {
		d.framed("→ "+link, small, "", 12)
	}
	d.pad(5)
	d.rule()
	d.at += 4
}

// pad leaves room between the sides of the frame.
func (d *deed) pad(height float64) {
	d.need(height)
	page, y := d.page, d.y()
	page.Artifact(func() {
		page.Line(margin, y, margin, y-height, 0.6)
		page.Line(pageWidth-margin, y, pageWidth-margin, y-height, 0.6)
	})
	d.at += height
}

// rule draws the frame's upper or lower side.
func (d *deed) rule() {
	page, y := d.page, d.y()
	page.Artifact(func() { page.Line(margin, y, pageWidth-margin, y, 0.6) })
}

func (d *deed) box(b Box, lang string) {
	d.need(44)
	note := d.l.T("certificate.statement")
	if !b.Statement {
		note = d.l.T("certificate.first_empty")
		if b.First {
			note = d.l.T("certificate.first_ticked")
		}
		then := " → "
		if d.rtl {
			then = " ← " // bidi turns no arrows round
		}
		if b.Ticked {
			note += then + d.l.T("certificate.ticked")
		} else {
			note += then + d.l.T("certificate.unticked")
		}
		x, y := d.x(14, 10), d.y()-13
		page := d.page
		page.Artifact(func() {
			page.Rect(x, y, 10, 10, 0.9)
			if b.Ticked {
				page.Line(x+2, y+5, x+4.3, y+2.2, 1.5)
				page.Line(x+4.3, y+2.2, x+8.4, y+8.4, 1.5)
			}
		})
	}
	d.framed(b.Title, typeset.Style{Size: 10, Bold: true}, lang, 32)
	d.framed(b.Words, body, lang, 32)
	d.framed(note, small, d.c.Language, 32)
	d.pad(3)
}

// framed shows text between the two sides of the form's frame.
func (d *deed) framed(text string, style typeset.Style, lang string, indent float64) {
	if text == "" {
		return
	}
	at := d.doc.Root().Add("P", lang)
	width := column - indent - 12
	for _, l := range typeset.Set([]typeset.Span{{Text: text, Style: style, Lang: lang}}, width, typeset.Auto) {
		d.need(l.Height)
		page, y := d.page, d.y()
		page.Artifact(func() {
			page.Line(margin, y, margin, y-l.Height, 0.6)
			page.Line(pageWidth-margin, y, pageWidth-margin, y-l.Height, 0.6)
		})
		d.draw(at, l, indent, width, false)
		d.at += l.Height
	}
}
