package pdf

import (
	"crypto/md5" //nolint:gosec // the checksum that ISO 32000-1 asks for; nothing rests on it
	"encoding/xml"
	"fmt"
	"strings"
)

// infoDict writes the document information dictionary.
func (d *Document) infoDict() string {
	date := ""
	if !d.info.Created.IsZero() {
		date = d.info.Created.UTC().Format("20060102150405")
		date = fmt.Sprintf(" /CreationDate (D:%sZ) /ModDate (D:%sZ)", date, date)
	}
	return fmt.Sprintf("<< /Title %s /Subject %s /Author %s /Creator %s /Producer %s%s >>",
		text(d.info.Title), text(d.info.Subject), text(d.info.Author), text(d.info.Creator), text(d.info.Creator), date)
}

// xmp writes the same as XMP (ISO 16684-1).
func (d *Document) xmp() []byte {
	date := ""
	if !d.info.Created.IsZero() {
		t := d.info.Created.UTC().Format("2006-01-02T15:04:05Z")
		date = "<xmp:CreateDate>" + t + "</xmp:CreateDate><xmp:ModifyDate>" + t + "</xmp:ModifyDate>"
	}
	lang := d.info.Lang
	return []byte("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">` +
		`<dc:format>application/pdf</dc:format>` +
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + escape(d.info.Title) + `</rdf:li></rdf:Alt></dc:title>` +
		`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">` + escape(d.info.Subject) + `</rdf:li></rdf:Alt></dc:description>` +
		`<dc:creator><rdf:Seq><rdf:li>` + escape(d.info.Author) + `</rdf:li></rdf:Seq></dc:creator>` +
		`<dc:language><rdf:Bag><rdf:li>` + escape(lang) + `</rdf:li></rdf:Bag></dc:language>` +
		`<xmp:CreatorTool>` + escape(d.info.Creator) + `</xmp:CreatorTool>` + date +
		`<pdf:Producer>` + escape(d.info.Creator) + `</pdf:Producer>` +
		"</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
}

// escape writes text for XML; what XML cannot hold becomes U+FFFD.
func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) //nolint:errcheck // a strings.Builder takes everything
	return b.String()
}

// embedFile writes the attached file and returns its specification.
func (d *Document) embedFile() int {
	a := d.attached
	date := ""
	if !d.info.Created.IsZero() {
		date = fmt.Sprintf(" /ModDate (D:%sZ)", d.info.Created.UTC().Format("20060102150405"))
	}
	sum := md5.Sum(a.data) //nolint:gosec // see the import
	file := d.stream(fmt.Sprintf("/Type /EmbeddedFile /Subtype /%s /Params << /Size %d%s /CheckSum <%x> >>", name(a.mime), len(a.data), date, sum), a.data)
	return d.add(fmt.Sprintf("<< /Type /Filespec /F %s /UF %s /Desc %s /AFRelationship /Data /EF << /F %d 0 R /UF %d 0 R >> >>",
		text(a.name), text(a.name), text(a.description), file, file))
}

// name writes a name object's characters (7.3.5).
func name(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("()<>[]{}/%#", rune(c)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "#%02x", c)
		}
	}
	return b.String()
}
