package certificate

import (
	"io"
	"strconv"
	"strings"

	"assent/certificate/pdf"
	"assent/certificate/typeset"
	"assent/consent"
	"assent/fault"
	"assent/locale"
)

var errTooLong = fault.New(fault.Invalid, "The texts of this certificate are too long for one.")

// Write writes the certificate as a PDF. It is Invalid where the texts are
// longer than MaxText together; other errors are w's.
func Write(w io.Writer, c Certificate) error {
	if textSize(&c) > MaxText {
		return errTooLong
	}
	l := locale.For(c.Language)
	d := deed{c: &c, w: wordsOf(l.Tag()), l: l}
	d.rtl = l.Dir() == "rtl"
	d.dir = typeset.LeftToRight
	if d.rtl {
		d.dir = typeset.RightToLeft
	}
	if c.Simulated {
		d.mark = d.w.Simulated
	}
	title := d.w.Title + " · " + c.Business.LegalName
	d.doc = pdf.New(pdf.Info{Title: title, Subject: c.ID, Author: c.Business.LegalName, Creator: "Assent", Lang: l.Tag(), Created: c.AsOf, RightToLeft: d.rtl})
	if len(c.Record) > 0 {
		d.doc.Attach("record.json", d.w.Attached, "application/json", c.Record)
	}
	d.newPage()
	d.head()
	d.parties()
	d.agreed()
	d.form()
	d.confirmed()
	d.history()
	d.log()
	d.prints()
	d.end()
	d.footers()
	return d.doc.Write(w)
}

// textSize counts the bytes of all texts.
func textSize(c *Certificate) (n int) {
	count := func(all ...string) {
		for _, s := range all {
			n += len(s)
		}
	}
	count(c.ID, c.Audience, c.Business.LegalName, c.Business.BrandName, c.Business.Address, c.Business.Contact, c.Business.NoticeURL, c.Business.Issuer)
	count(c.Person.Number, c.Person.BSUID, c.Person.Name, c.Log.Origin, c.Log.Root, c.Log.Short)
	for _, x := range c.Consents {
		count(x.Title, x.Words, x.Language, string(x.State), string(x.Scope))
	}
	if c.Form != nil {
		count(c.Form.Title, c.Form.Intro, c.Form.Address, c.Form.Button)
		count(c.Form.Links...)
		for _, b := range c.Form.Boxes {
			count(b.Title, b.Words)
		}
	}
	for _, a := range c.Acts {
		count(a.Kind, a.Text, a.Sender, a.MessageID, a.Match)
	}
	for _, e := range c.History {
		count(e.Name, e.LeafHash)
		count(e.Outcomes...)
		n += 64 // a row costs room too
	}
	for _, a := range c.Log.Anchors {
		count(a.Name)
	}
	for _, p := range c.Prints {
		count(p.Kind, p.SHA256)
	}
	return n
}

// deed is a certificate on its way to paper.
type deed struct {
	sheet
	c *Certificate
	w *words
	l locale.Localizer
}

// term returns the interface's word for a value, or the value itself.
func (d *deed) term(family, value string) string {
	if id := family + "." + value; d.l.Has(id) {
		return d.l.T(id)
	}
	return value
}

func (d *deed) head() {
	at := d.doc.Root().Add("H1", "")
	d.put(at, typeset.Set([]typeset.Span{{Text: d.w.Title, Style: typeset.Style{Size: 25}}}, column, d.dir), 0, column, false)
	d.field(d.w.Sheet, stamp(d.c.AsOf), body, nil)
	if d.c.Simulated {
		d.paragraph(d.w.SimulatedMeans, typeset.Style{Size: 10, Bold: true})
	}
}

func (d *deed) parties() {
	b, p := d.c.Business, d.c.Person
	d.heading(d.w.Business)
	for _, f := range [][2]string{{d.w.Legal, b.LegalName}, {d.w.Brand, b.BrandName}, {d.w.Address, b.Address}, {d.w.Contact, b.Contact}, {d.w.Privacy, b.NoticeURL}, {"iss", b.Issuer}} {
		d.field(f[0], f[1], body, nil)
	}
	d.heading(d.w.Person)
	number := p.Number
	if number == "" {
		number = d.w.Hidden
	}
	d.field(d.w.Number, number, body, nil)
	d.field(d.w.Account, p.BSUID, body, nil)
	d.field(d.w.Name, p.Name, body, nil)
}

func (d *deed) agreed() {
	d.heading(d.w.Agreed)
	for _, c := range d.c.Consents {
		d.need(120)
		d.field(d.w.Purpose, c.Title, typeset.Style{Size: 10.5, Bold: true}, nil)
		state := d.term("state", string(c.State))
		if c.State == consent.Revoked {
			state = d.w.Revoked
		}
		if c.Held {
			state += " · " + d.w.Held
		}
		d.field(d.w.State, state, body, func(x, y float64) { sign(d.page, c, x, y) })
		d.field(d.w.Kind, d.term("scope", string(c.Scope)), body, nil)
		d.field(d.w.Basis, map[consent.Basis]string{consent.ByConsent: d.w.ByConsent, consent.ByContract: d.w.ByContract}[c.Basis], body, nil)
		means := map[consent.Grade]string{consent.GradeA: d.w.GradeA, consent.GradeB: d.w.GradeB, consent.GradeC: d.w.GradeC, consent.GradeD: d.w.GradeD, consent.GradeE: d.w.GradeE}[c.Grade]
		if means != "" {
			d.field(d.w.Grade, d.term("grade", string(c.Grade))+". "+means, body, nil)
		}
		d.field(d.w.Given, stamp(c.GivenAt), body, nil)
		d.field(d.w.Refused, stamp(c.RefusedAt), body, nil)
		d.field(d.w.Ended, stamp(c.EndedAt), body, nil)
		until := stamp(c.ValidUntil)
		if until == "" && c.State.Permits() {
			until = d.w.NoEnd
		}
		d.field(d.w.Until, until, body, nil)
		if c.Words != "" {
			d.need(40)
			d.paragraph(d.w.Words+" · "+fill(d.w.WordsIn, c.Language), label)
			d.verbatim(c.Words, c.Language)
		}
		d.at += 6
	}
}

func (d *deed) confirmed() {
	if len(d.c.Acts) == 0 {
		return
	}
	d.heading(d.w.Confirmed)
	for _, a := range d.c.Acts {
		d.field(d.w.How, d.term("how", a.Kind), body, nil)
		d.field(d.w.Sent, stamp(a.At), body, nil)
		d.field(d.w.Arrived, stamp(a.ArrivedAt), body, nil)
		d.field(d.w.To, a.Sender, body, nil)
		d.field(d.w.Message, a.MessageID, mono, nil)
		if a.Match != "" {
			d.field(d.w.Match, d.term("match", a.Match), body, nil)
		}
		if a.Text != "" {
			d.need(40)
			d.paragraph(d.w.WordForWord, label)
			d.verbatim(a.Text, a.Language)
		}
	}
}

func (d *deed) history() {
	if len(d.c.History) == 0 {
		return
	}
	d.heading(d.w.History)
	table, widths := d.doc.Root().Add("Table", ""), []float64{106, 140, 159, 50}
	bold := typeset.Style{Size: 8.5, Bold: true}
	d.row(table, "TH", widths, []typeset.Span{{Text: d.w.Time, Style: bold}, {Text: d.w.Event, Style: bold}, {Text: d.w.Did, Style: bold}, {Text: d.w.Place, Style: bold}})
	for _, e := range d.c.History {
		when := strings.TrimSuffix(stamp(e.At), " UTC")
		d.row(table, "TD", widths, []typeset.Span{{Text: when, Style: small}, {Text: d.term("event", e.Name), Style: small},
			{Text: strings.Join(e.Outcomes, "\n"), Style: small}, {Text: "#" + strconv.FormatInt(e.Leaf, 10), Style: small}})
	}
}

func (d *deed) log() {
	l := d.c.Log
	d.heading(d.w.Log)
	d.field(d.w.Origin, l.Origin, body, nil)
	d.field(d.w.Size, strconv.FormatInt(l.Size, 10), body, nil)
	d.field(d.w.Root, l.Root, mono, nil)
	d.field(d.w.Checkpoint, strings.TrimSuffix(l.Short+" · "+stamp(l.SignedAt), " · "), body, nil)
	for _, a := range l.Anchors {
		d.field(d.w.Anchors, a.Name+" · "+stamp(a.At), body, nil)
	}
	if len(l.Anchors) == 0 {
		d.paragraph(d.w.NoAnchors, body)
	}
}

func (d *deed) prints() {
	d.heading(d.w.Prints)
	for _, p := range d.c.Prints {
		kind := map[string]string{"notice": d.w.Notice, "page": d.w.PagePrint, "form": d.w.Form, "message": d.term("fact", "message")}[p.Kind]
		if kind == "" {
			kind = p.Kind
		}
		d.field(kind, groups(p.SHA256), mono, nil)
	}
	for _, e := range d.c.History {
		d.field(fill(d.w.EventPrint, "#"+strconv.FormatInt(e.Leaf, 10)), groups(e.LeafHash), mono, nil)
	}
}

func (d *deed) end() {
	d.heading(d.w.Verify)
	for i, s := range []string{d.w.Verify1, d.w.Verify2, d.w.Verify3} {
		d.paragraph(strconv.Itoa(i+1)+". "+s, body)
	}
	d.heading(d.w.Not)
	for _, s := range []string{d.w.Not1, d.w.Not2, d.w.Not3, d.w.Not4} {
		d.paragraph("– "+s, body)
	}
}

// footers adds what can be said once all pages are there.
func (d *deed) footers() {
	for i := range d.doc.Pages() {
		page := d.doc.Page(i)
		left, right := d.c.ID, fill(d.w.Page, strconv.Itoa(i+1), strconv.Itoa(d.doc.Pages()))
		if d.mark != "" {
			right += " · " + d.mark
		}
		page.Artifact(func() {
			page.Line(margin, 52, pageWidth-margin, 52, 0.3)
			for j, text := range []string{left, right} {
				lines := typeset.Set([]typeset.Span{{Text: text, Style: typeset.Style{Size: 8, Gray: 0.25}}}, column*0.6, typeset.Auto)
				if len(lines) == 0 {
					continue
				}
				x := d.x(0, lines[0].Width)
				if j == 1 {
					x = d.x(column-lines[0].Width, lines[0].Width)
				}
				lines[0].Draw(d.doc, page, x, 47)
			}
		})
	}
}
