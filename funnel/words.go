package funnel

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"strconv"
	"strings"

	"assent/consent"
)

// Document is something that a person was shown, byte for byte.
type Document struct {
	Kind        string // notice, page, form or message
	ContentType string
	Body        []byte
	SHA256      string // lower-case hex of the hash of Body
}

// The kinds of what is served: pages, forms on other people's pages, and what
// both load, which are style sheets, scripts and pictures.
const (
	KindPage  = "page"
	KindForm  = "form"
	KindAsset = "asset"
)

// NewDocument returns the document with its hash.
func NewDocument(kind, contentType string, body []byte) Document {
	sum := sha256.Sum256(body)
	return Document{Kind: kind, ContentType: contentType, Body: body, SHA256: hex.EncodeToString(sum[:])}
}

// Notice returns the exact consent words of the version in the language: a
// small HTML file that reads alone, without style or script. Its bytes depend
// on nothing but the version, so its hash names the words.
func (v *Version) Notice(lang string) Document {
	t, lang := v.Text(lang)
	var b strings.Builder
	line := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	esc := html.EscapeString
	line(`<!doctype html>`)
	line(`<html lang="`, esc(lang), `" dir="auto">`)
	line(`<meta charset="utf-8">`)
	line(`<title>`, esc(t.Title), `</title>`)
	line(`<h1>`, esc(t.Title), `</h1>`)
	line(`<p>`, esc(t.Intro), `</p>`)
	for _, p := range v.Purposes {
		pt := t.Purposes[p.Key]
		line(`<section id="`, esc(p.Key), `" data-scope="`, esc(string(p.Scope)), `" data-basis="`, esc(string(p.Basis)), `" data-per-month="`, strconv.Itoa(p.PerMonth), `">`)
		line(`<h2>`, esc(pt.Title), `</h2>`)
		line(`<p>`, esc(pt.Words), `</p>`)
		line(`</section>`)
	}
	if v.MinAge > 0 {
		line(`<p data-min-age="`, strconv.Itoa(v.MinAge), `">`, esc(t.Age), `</p>`)
	}
	if t.SmallPrint != "" {
		line(`<p>`, esc(t.SmallPrint), `</p>`)
	}
	c := v.Controller
	line(`<address>`, esc(c.LegalName), ` · `, esc(c.Address), ` · `, esc(c.Contact), ` · <a href="`, esc(c.Notice(lang)), `">`, esc(c.Notice(lang)), `</a></address>`)
	return NewDocument("notice", "text/html; charset=utf-8", []byte(b.String()))
}

// Prefilled is the text that a click-to-chat link puts into the person's
// composer, and its sentences one by one.
type Prefilled struct {
	Sentences []string
}

// Text returns the whole prefilled text.
func (p Prefilled) Text() string { return strings.Join(p.Sentences, " ") }

// Same reports whether the person sent the text as it was.
func (p Prefilled) Same(message string) bool { return consent.SameText(message, p.Text()) }

// StopIn reports whether there is a stop word in what the person added to the
// text or left of it. The names are those of the business and its purposes,
// which are no stop though they may hold such a word.
func (p Prefilled) StopIn(message string, names ...string) bool {
	return consent.StopBeside(message, p.Sentences, names)
}

// Prefill returns the text that confirms a request: the greeting, one sentence
// for each purpose ticked or stated, and the code. The text itself carries the
// consent words, in short and in the person's mouth.
func (v *Version) Prefill(lang string, ticked []string, code string) Prefilled {
	t, _ := v.Text(lang)
	p := Prefilled{Sentences: []string{t.Greeting}}
	said := false
	for _, purpose := range v.Purposes {
		if purpose.Basis == consent.ByContract || contains(ticked, purpose.Key) {
			p.Sentences = append(p.Sentences, t.Purposes[purpose.Key].Say)
			said = true
		}
	}
	switch {
	case !said:
		p.Sentences = append(p.Sentences, t.Ask)
	case v.MinAge > 0:
		p.Sentences = append(p.Sentences, t.Age)
	}
	p.Sentences = append(p.Sentences, t.Code+" "+code)
	return p
}

// EntryPrefill returns the text behind a printed code that opens the chat. It
// only ever asks: nothing is ticked yet.
func (v *Version) EntryPrefill(lang, entryCode string) Prefilled {
	t, _ := v.Text(lang)
	return Prefilled{Sentences: []string{t.Greeting, t.Ask, t.Code + " " + entryCode}}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
