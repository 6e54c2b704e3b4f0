package certificate

import (
	"io"
	"strconv"
	"strings"

	"assent/consent"
	"assent/fault"
	"assent/locale"
	"assent/paper/pdf"
	"assent/paper/typeset"
)

var errTooLong = fault.New(fault.Invalid, "The texts of this certificate are too long for one.")

// Write writes the certificate as a PDF. It is Invalid where the texts are
// longer than MaxText together; other errors are w's.
func Write(w io.Writer, c Certificate) error {
	if textSize(&c) > MaxText {
		return errTooLong
	}
	l := locale.For(c.Language)
	d := deed{c: &c, l: l}
	d.rtl = l.Dir() == "rtl"
	d.dir = typeset.LeftToRight
	if d.rtl {
		d.dir = typeset.RightToLeft
	}
	if c.Simulated {
		d.mark = d.l.T("certificate.simulated")
	}
	title := d.l.T("certificate.title") + " · " + c.Business.LegalName
	d.doc = pdf.New(pdf.Info{Title: title, Subject: c.ID, Author: c.Business.LegalName, Creator: "Assent", Lang: l.Tag(), Created: c.AsOf, RightToLeft: d.rtl})
	if len(c.Record) > 0 {
		d.doc.Attach("record.json", d.l.T("certificate.attached"), "application/json", c.Record)
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
		if x.Later != nil {
			count(x.Later.Words)
		}
	}
	if c.Form != nil {
		count(c.Form.Title, c.Form.Intro, c.Form.Address, c.Form.Button, c.Form.Name, c.Form.Doubts)
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
	d.put(at, typeset.Set([]typeset.Span{{Text: d.l.T("certificate.title"), Style: typeset.Style{Size: 25}}}, column, d.dir), 0, column, false)
	d.field(d.l.T("certificate.sheet"), stamp(d.c.AsOf), body, nil)
	if d.c.Simulated {
		d.paragraph(d.l.T("certificate.simulated_means"), typeset.Style{Size: 10, Bold: true})
	}
}

func (d *deed) parties() {
	b, p := d.c.Business, d.c.Person
	d.heading(d.l.T("certificate.business"))
	for _, f := range [][2]string{{d.l.T("certificate.legal"), b.LegalName}, {d.l.T("certificate.brand"), b.BrandName}, {d.l.T("certificate.address"), b.Address}, {d.l.T("certificate.contact"), b.Contact}, {d.l.T("certificate.privacy"), b.NoticeURL}, {"iss", b.Issuer}} {
		d.field(f[0], f[1], body, nil)
	}
	d.heading(d.l.T("certificate.person"))
	number := p.Number
	if number == "" {
		number = d.l.T("certificate.hidden")
	}
	d.field(d.l.T("certificate.number"), number, body, nil)
	d.field(d.l.T("certificate.account"), p.BSUID, body, nil)
	d.field(d.l.T("certificate.name"), p.Name, body, nil)
}

func (d *deed) agreed() {
	d.heading(d.l.T("certificate.agreed"))
	for _, c := range d.c.Consents {
		d.need(120)
		d.field(d.l.T("certificate.purpose"), c.Title, typeset.Style{Size: 10.5, Bold: true}, nil)
		state := d.term("state", string(c.State))
		if c.Held {
			state += " · " + d.l.T("certificate.held")
		}
		d.field(d.l.T("certificate.state"), state, body, func(x, y float64) { sign(d.page, c, x, y) })
		d.field(d.l.T("certificate.kind"), d.term("scope", string(c.Scope)), body, nil)
		d.field(d.l.T("certificate.basis"), map[consent.Basis]string{consent.ByConsent: d.l.T("certificate.by_consent"), consent.ByContract: d.l.T("certificate.by_contract")}[c.Basis], body, nil)
		if means := d.grade(c.Grade); means != "" {
			d.field(d.l.T("certificate.grade"), means, body, nil)
		}
		d.field(d.l.T("certificate.given"), stamp(c.GivenAt), body, nil)
		d.field(d.l.T("certificate.refused"), stamp(c.RefusedAt), body, nil)
		d.field(d.l.T("certificate.ended"), stamp(c.EndedAt), body, nil)
		until := stamp(c.ValidUntil)
		if until == "" && c.State.Permits() {
			until = d.l.T("certificate.no_end")
		}
		d.field(d.l.T("certificate.until"), until, body, nil)
		if c.Words != "" {
			d.need(40)
			d.paragraph(d.l.T("certificate.words")+" · "+d.l.T("certificate.words_in", "Language", c.Language), label)
			d.verbatim(c.Words, c.Language)
			d.later(c)
		}
		d.at += 6
	}
}

// grade says what a grade means; of what was simulated, that alone.
func (d *deed) grade(g consent.Grade) string {
	if id := "certificate.grade." + string(g); !d.l.Has(id) {
		return ""
	}
	if d.c.Simulated && g == consent.GradeC {
		return d.term("grade", string(g)) + ". " + d.l.T("certificate.grade.simulated")
	}
	return d.term("grade", string(g)) + ". " + d.term("certificate.grade", string(g))
}

func (d *deed) confirmed() {
	if len(d.c.Acts) == 0 {
		return
	}
	d.heading(d.l.T("certificate.confirmed"))
	for _, a := range d.c.Acts {
		d.field(d.l.T("certificate.how"), d.term("how", a.Kind), body, nil)
		d.field(d.l.T("certificate.sent"), stamp(a.At), body, nil)
		d.field(d.l.T("certificate.arrived"), stamp(a.ArrivedAt), body, nil)
		d.field(d.l.T("certificate.to"), a.Sender, body, nil)
		d.field(d.l.T("certificate.message"), a.MessageID, mono, nil)
		if a.Match != "" {
			d.field(d.l.T("certificate.match"), d.term("match", a.Match), body, nil)
		}
		if a.Text != "" {
			d.need(40)
			d.paragraph(d.l.T("certificate.word_for_word"), label)
			d.verbatim(a.Text, a.Language)
		}
	}
}

func (d *deed) history() {
	if len(d.c.History) == 0 {
		return
	}
	d.heading(d.l.T("certificate.history"))
	table, widths := d.doc.Root().Add("Table", ""), []float64{106, 140, 159, 50}
	bold := typeset.Style{Size: 8.5, Bold: true}
	d.row(table, "TH", widths, []typeset.Span{{Text: d.l.T("certificate.time"), Style: bold}, {Text: d.l.T("certificate.event"), Style: bold}, {Text: d.l.T("certificate.did"), Style: bold}, {Text: d.l.T("certificate.place"), Style: bold}})
	for _, e := range d.c.History {
		when := strings.TrimSuffix(stamp(e.At), " UTC")
		d.row(table, "TD", widths, []typeset.Span{{Text: when, Style: small}, {Text: d.term("event", e.Name), Style: small},
			{Text: strings.Join(e.Outcomes, "\n"), Style: small}, {Text: "#" + strconv.FormatInt(e.Leaf, 10), Style: small}})
	}
}

func (d *deed) log() {
	l := d.c.Log
	d.heading(d.l.T("certificate.log"))
	d.field(d.l.T("certificate.origin"), l.Origin, body, nil)
	d.field(d.l.T("certificate.size"), strconv.FormatInt(l.Size, 10), body, nil)
	d.field(d.l.T("certificate.root"), l.Root, mono, nil)
	d.field(d.l.T("certificate.checkpoint"), strings.TrimSuffix(l.Short+" · "+stamp(l.SignedAt), " · "), body, nil)
	for _, a := range l.Anchors {
		d.field(d.l.T("certificate.anchors"), a.Name+" · "+stamp(a.At), body, nil)
	}
	if len(l.Anchors) == 0 {
		d.paragraph(d.l.T("certificate.no_anchors"), body)
	}
}

func (d *deed) prints() {
	d.heading(d.l.T("certificate.prints"))
	for _, p := range d.c.Prints {
		kind := map[string]string{"notice": d.l.T("certificate.notice"), "page": d.l.T("certificate.page_print"), "form": d.l.T("certificate.form"), "message": d.l.T("certificate.message_print")}[p.Kind]
		if kind == "" {
			kind = p.Kind
		}
		d.field(kind, groups(p.SHA256), mono, nil)
	}
	for _, e := range d.c.History {
		d.field(d.l.T("certificate.event_print", "Place", "#"+strconv.FormatInt(e.Leaf, 10)), groups(e.LeafHash), mono, nil)
	}
}

func (d *deed) end() {
	d.heading(d.l.T("certificate.verify"))
	for i, s := range []string{d.l.T("certificate.verify.assent"), d.l.T("certificate.verify.browser"), d.l.T("certificate.verify.tools")} {
		d.paragraph(strconv.Itoa(i+1)+". "+s, body)
	}
	d.heading(d.l.T("certificate.not"))
	for _, s := range []string{d.l.T("certificate.not.phone"), d.l.T("certificate.not.law"), d.l.T("certificate.not.page"), d.l.T("certificate.not.received")} {
		d.paragraph("– "+s, body)
	}
}

// footers adds what can be said once all pages are there.
func (d *deed) footers() {
	for i := range d.doc.Pages() {
		page := d.doc.Page(i)
		left, right := d.c.ID, d.l.T("certificate.page", "Page", i+1, "Pages", d.doc.Pages())
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
