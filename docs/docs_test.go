package docs

import (
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"assent/locale"
)

// shape is what a document has in every language: its headings, its blocks of code,
// and, in any order, the code within its sentences.
type shape struct {
	headings []int
	blocks   []string
	code     []string
	rows     int
}

func shapeOf(t *testing.T, raw []byte) (s shape) {
	t.Helper()
	root := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(raw))
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			s.headings = append(s.headings, n.Level)
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			s.blocks = append(s.blocks, string(n.Lines().Value(raw)))
		case *ast.CodeSpan:
			var b strings.Builder
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				b.Write(c.(*ast.Text).Value(raw))
			}
			s.code = append(s.code, b.String())
		}
		if n.Kind().String() == "TableRow" {
			s.rows++
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(s.code)
	return s
}

// missing lists what is in a and not in b, each as often as it lacks.
func missing(a, b []string) (list []string) {
	b = slices.Clone(b)
	for _, one := range a {
		if i := slices.Index(b, one); i >= 0 {
			b = slices.Delete(b, i, i+1)
		} else {
			list = append(list, one)
		}
	}
	return list
}

// The guide says the same in every language that operators read: what changes in one
// changes in the others, or this fails.
func TestGuidesSayTheSame(t *testing.T) {
	raw, in, ok := Guide("embed", "en")
	if !ok || in != "en" {
		t.Fatalf("%q, %v", in, ok)
	}
	want := shapeOf(t, raw)
	if len(want.headings) < 8 || len(want.blocks) < 3 || len(want.code) < 50 || want.rows < 8 {
		t.Fatalf("the English guide has %d headings, %d blocks, %d pieces of code, %d rows", len(want.headings), len(want.blocks), len(want.code), want.rows)
	}
	for _, tag := range locale.OperatorTags() {
		raw, in, ok := Guide("embed", tag)
		if !ok || in != tag {
			t.Errorf("%s: the guide is in %q", tag, in)
			continue
		}
		got := shapeOf(t, raw)
		if !slices.Equal(got.headings, want.headings) {
			t.Errorf("%s: headings %v, want %v", tag, got.headings, want.headings)
		}
		if !slices.Equal(got.blocks, want.blocks) {
			t.Errorf("%s: blocks of code %q, want %q", tag, got.blocks, want.blocks)
		}
		if got.rows != want.rows {
			t.Errorf("%s: %d rows in tables, want %d", tag, got.rows, want.rows)
		}
		if less, more := missing(want.code, got.code), missing(got.code, want.code); len(less)+len(more) > 0 {
			t.Errorf("%s: code in sentences: missing %q, not in English %q", tag, less, more)
		}
	}
}

func TestGuideNames(t *testing.T) {
	for _, tt := range []struct{ name, tag, in string }{
		{"embed", "ar", "ar"}, {"embed", "fr", "en"}, {"embed", "", "en"}, {"embed", "../de", "en"},
		{"embed.de", "en", ""}, {"embed.md", "en", ""}, {"rules", "en", ""}, {"../docs/embed", "en", ""}, {"", "", ""},
	} {
		if _, in, ok := Guide(tt.name, tt.tag); ok != (tt.in != "") || ok && in != tt.in {
			t.Errorf("%q in %q: %q, %v", tt.name, tt.tag, in, ok)
		}
	}
}
