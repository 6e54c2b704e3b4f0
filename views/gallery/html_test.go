package gallery

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"assent/locale"

	"golang.org/x/net/html"
)

func parse(t testing.TB, page []byte) *html.Node {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func value(n *html.Node, key string) string { v, _ := attr(n, key); return v }

func elements(doc *html.Node) []*html.Node {
	var out []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

// words is what is read of an element: its text and its labels.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
		if d.Type == html.ElementNode {
			b.WriteString(value(d, "alt"))
		}
	}
	return strings.TrimSpace(b.String() + value(n, "aria-label"))
}

func inside(n *html.Node, tag string) bool {
	for p := range n.Ancestors() {
		if p.Type == html.ElementNode && p.Data == tag {
			return true
		}
	}
	return false
}

// page is what the checks need to know of a document.
type page struct {
	all    []*html.Node
	ids    map[string]bool
	labels map[string]bool // ids that a label is for
}

func examine(t *testing.T, doc *html.Node) page {
	p := page{all: elements(doc), ids: make(map[string]bool), labels: make(map[string]bool)}
	for _, n := range p.all {
		if id, ok := attr(n, "id"); ok {
			if p.ids[id] || id == "" {
				t.Errorf("id %q is there twice, or empty", id)
			}
			p.ids[id] = true
		}
		if n.Data == "label" && value(n, "for") != "" {
			if words(n) == "" {
				t.Error("a label says nothing")
			}
			p.labels[value(n, "for")] = true
		}
	}
	return p
}

func TestHTML(t *testing.T) {
	everyPage(t, func(t *testing.T, _ Exhibit, l locale.Localizer, raw []byte) {
		if !bytes.HasPrefix(bytes.ToLower(raw), []byte("<!doctype html>")) {
			t.Error("no doctype")
		}
		p := examine(t, parse(t, raw))
		headings, last := 0, 0
		for _, n := range p.all {
			checkSafe(t, n)
			checkReferences(t, p, n)
			checkControl(t, p, n)
			switch n.Data {
			case "html":
				if value(n, "lang") != l.Tag() || value(n, "dir") != l.Dir() {
					t.Errorf("lang=%q dir=%q", value(n, "lang"), value(n, "dir"))
				}
			case "title":
				if words(n) == "" || strings.HasPrefix(words(n), "·") {
					t.Errorf("title %q", words(n))
				}
			case "h1", "h2", "h3", "h4":
				level := int(n.Data[1] - '0')
				if level == 1 {
					headings++
				}
				if level > last+1 && last > 0 {
					t.Errorf("%s %q follows h%d", n.Data, words(n), last)
				}
				if last = level; words(n) == "" {
					t.Errorf("an empty %s", n.Data)
				}
			case "th":
				if value(n, "scope") == "" {
					t.Errorf("th %q has no scope", words(n))
				}
			case "main":
				if value(n, "id") != "main" {
					t.Error("main has not the id that the skip link names")
				}
			}
		}
		if headings != 1 {
			t.Errorf("%d h1", headings)
		}
	})
}

// checkSafe: nothing that the Content-Security-Policy would refuse.
func checkSafe(t *testing.T, n *html.Node) {
	t.Helper()
	if n.Data == "style" || n.Data == "script" && (value(n, "src") == "" || n.FirstChild != nil) {
		t.Errorf("inline %s", n.Data)
	}
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("%s has the attribute %s", n.Data, a.Key)
		}
		if slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key) {
			if strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s leads to %q", n.Data, a.Val)
			}
			if (a.Key == "src" || n.Data == "link") && !strings.HasPrefix(a.Val, "/static/") && !(n.Data == "img" && strings.HasPrefix(a.Val, "data:image/")) &&
				!(n.Data == "iframe" && !strings.ContainsAny(a.Val, ":/")) { // a frame shows a page beside this one
				t.Errorf("%s loads %q", n.Data, a.Val)
			}
		}
	}
	if n.Data == "a" && value(n, "target") == "_blank" && !strings.Contains(value(n, "rel"), "noopener") {
		t.Error("a link to a new window without noopener")
	}
}

// checkReferences: what an element points to is there.
func checkReferences(t *testing.T, p page, n *html.Node) {
	t.Helper()
	for _, key := range []string{"for", "aria-describedby", "aria-labelledby"} {
		for _, id := range strings.Fields(value(n, key)) {
			if !p.ids[id] {
				t.Errorf("%s: %s=%q leads nowhere", n.Data, key, id)
			}
		}
	}
	if id, ok := strings.CutPrefix(value(n, "href"), "#"); ok && n.Data == "a" && !p.ids[id] {
		t.Errorf("the link to #%s leads nowhere", id)
	}
}

// checkControl: what can be used has a name.
func checkControl(t *testing.T, p page, n *html.Node) {
	t.Helper()
	switch n.Data {
	case "input", "select", "textarea":
		if value(n, "type") == "hidden" {
			return
		}
		if !p.labels[value(n, "id")] && !inside(n, "label") && value(n, "aria-label") == "" {
			t.Errorf("%s %q has no label", n.Data, value(n, "name"))
		}
		if value(n, "name") == "" {
			t.Errorf("%s %q has no name", n.Data, value(n, "id"))
		}
		if _, on := attr(n, "checked"); on && value(n, "name") == "purpose" && value(n, "value") != "orders" {
			t.Error("a box of consent starts ticked")
		}
		if _, bad := attr(n, "aria-invalid"); bad && value(n, "aria-describedby") == "" {
			t.Errorf("%q is wrong and does not say why", value(n, "name"))
		}
	case "button", "a", "summary", "legend", "option":
		if words(n) == "" {
			t.Errorf("%s without words", n.Data)
		}
	case "form":
		if m := value(n, "method"); m != "post" && m != "get" {
			t.Errorf("form with the method %q", m)
		}
	case "img":
		if _, ok := attr(n, "alt"); !ok {
			t.Error("img without alt")
		}
	case "svg":
		if value(n, "aria-hidden") != "true" && value(n, "aria-label") == "" && value(n, "aria-labelledby") == "" && !inside(n, "svg") {
			t.Error("svg that is neither hidden nor named")
		}
	case "fieldset":
		if n.FirstChild == nil || !strings.Contains(render1(n), "<legend>") {
			t.Error("fieldset without legend")
		}
	}
}

func render1(n *html.Node) string {
	var b bytes.Buffer
	_ = html.Render(&b, n) // a bytes.Buffer takes all
	return b.String()
}

// Landing pages never start with a box ticked.
func TestBoxesStartEmpty(t *testing.T) {
	for _, name := range []string{"landing", "landing-number", "landing-errors"} {
		e, _ := Find(name)
		for _, n := range elements(parse(t, render(t, e.Render(locale.For("en"))))) {
			if _, on := attr(n, "checked"); on {
				t.Errorf("%s: %q is ticked", name, value(n, "value"))
			}
		}
	}
}

// No sentence of the English file stands on a page in another language.
func TestNoEnglishLeft(t *testing.T) {
	read := func(tag string) map[string]any {
		out := make(map[string]any)
		for _, folder := range []string{"", "operator/"} {
			raw, err := os.ReadFile("../../locale/messages/" + folder + tag + ".json")
			if errors.Is(err, fs.ErrNotExist) && folder != "" && !slices.Contains(locale.OperatorTags(), tag) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &out); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	english := read("en")
	everyPage(t, func(t *testing.T, _ Exhibit, l locale.Localizer, raw []byte) {
		if l.Tag() == "en" {
			return
		}
		ours := read(l.Tag())
		foreign := make(map[string]bool)
		for id, m := range english {
			if s, ok := m.(string); ok && ours[id] != m && !strings.Contains(s, "{{") {
				foreign[s] = true
			}
		}
		for id := range ours {
			if s, ok := ours[id].(string); ok {
				delete(foreign, s)
			}
		}
		doc := parse(t, raw)
		for n := range doc.Descendants() {
			texts := []string{n.Data}
			if n.Type == html.ElementNode {
				texts = []string{value(n, "title"), value(n, "aria-label"), value(n, "placeholder"), value(n, "alt"), value(n, "data-done"), value(n, "data-label")}
			}
			for _, s := range texts {
				if foreign[strings.TrimSpace(s)] {
					t.Errorf("%q is English", s)
				}
			}
			if strings.HasPrefix(strings.TrimSpace(n.Data), "[") && n.Type == html.TextNode {
				t.Errorf("%q is a missing message", n.Data)
			}
		}
	})
}
