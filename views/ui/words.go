package ui

import (
	"context"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// Words shows words of consent byte for byte. An address of a page in them is a
// link, so that what is agreed to can be read: its text is the address as it
// stands there, and nothing else is a link.
func Words(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, linked(text))
		return err
	})
}

// secure is what every address begins with that becomes a link.
const secure = "https://"

// linked returns the text as HTML.
func linked(text string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, secure)
		if at < 0 {
			return b.String() + templ.EscapeString(text)
		}
		address := addressIn(text[at:])
		b.WriteString(templ.EscapeString(text[:at]))
		if address == "" {
			address = text[at : at+len(secure)]
			b.WriteString(templ.EscapeString(address))
		} else {
			said := templ.EscapeString(address)
			b.WriteString(`<a href="` + said + `" target="_blank" rel="noopener noreferrer">` + said + `</a>`)
		}
		text = text[at+len(address):]
	}
}

// addressIn returns the address that the text begins with: up to a space or a
// bracket, without the punctuation of the sentence behind it. It is empty where that
// names no page, hides which one, or would be cut within a word.
func addressIn(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>\"'`\\{}|^[]", r)
	})
	if end >= 0 {
		behind, _ := utf8.DecodeRuneInString(text[end:])
		text = text[:end]
		if within(behind, strings.Contains(text[len(secure):], "/")) {
			return ""
		}
	}
	text = strings.TrimRight(text, ".,;:!?)(")
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || !strings.Contains(u.Hostname(), ".") || strings.HasPrefix(u.Hostname(), ".") {
		return ""
	}
	return text
}

// within reports that the character goes on with the address before it. Languages
// that write no spaces go on with their sentence behind a path.
func within(r rune, path bool) bool {
	if path && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
		return false
	}
	return r > unicode.MaxASCII && (unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.Cf) || r == utf8.RuneError)
}
