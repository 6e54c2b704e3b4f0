package funnel

import (
	"bytes"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
)

// bodyPolicy lets through what a sign-up page needs of Markdown and nothing
// that looks, loads or acts by itself: no pictures, styles, ids or raw HTML.
// Headings begin at the second level, under the page's own.
var bodyPolicy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "hr", "h2", "h3")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "mailto", "tel")
	p.RequireNoFollowOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

var headings = strings.NewReplacer("<h1>", "<h2>", "</h1>", "</h2>", "<h4>", "<h3>", "</h4>", "</h3>", "<h5>", "<h3>", "</h5>", "</h3>", "<h6>", "<h3>", "</h6>", "</h3>")

// RenderBody returns Markdown as it is shown on the page.
func RenderBody(markdown string) (string, error) {
	if strings.TrimSpace(markdown) == "" {
		return "", nil
	}
	var b bytes.Buffer
	if err := goldmark.Convert([]byte(markdown), &b); err != nil {
		return "", err
	}
	return strings.TrimSpace(bodyPolicy.Sanitize(headings.Replace(b.String()))), nil
}

// RenderBodies makes what is shown of every text's body.
func (v *Version) RenderBodies() (err error) {
	for lang, t := range v.Texts {
		if t.BodyHTML, err = RenderBody(t.Body); err != nil {
			return err
		}
		v.Texts[lang] = t
	}
	return nil
}
