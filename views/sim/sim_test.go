package sim

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPieces(t *testing.T) {
	for _, c := range []struct {
		name, in string
		links    []string
	}{
		{"none", "STOP", nil},
		{"at the end of a sentence", "Look at https://a.example/p/1.", []string{"https://a.example/p/1"}},
		{"two", "http://a.example http://b.example/x?y=1&z=2", []string{"http://a.example", "http://b.example/x?y=1&z=2"}},
		{"in brackets", "(https://a.example/x)", []string{"https://a.example/x"}},
		{"no other scheme", "javascript:evil() data:text/html,x", nil},
		{"markup ends it", `https://a.example/"><b>`, []string{"https://a.example/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var links []string
			for _, p := range pieces(c.in) {
				if p.link {
					links = append(links, p.text)
				}
			}
			if strings.Join(links, "|") != strings.Join(c.links, "|") {
				t.Errorf("%q, want %q", links, c.links)
			}
		})
	}
}

// Nothing of a message is lost or added by finding its links.
func TestPiecesKeepAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`([a-z .:/?<"]|https?://[a-z./]+){0,20}`).Draw(t, "text")
		var b strings.Builder
		for _, p := range pieces(s) {
			if p.text == "" {
				t.Fatal("an empty piece")
			}
			b.WriteString(p.text)
		}
		if b.String() != s {
			t.Fatalf("%q became %q", s, b.String())
		}
	})
}

func TestInitial(t *testing.T) {
	for in, want := range map[string]string{"rosa": "R", " روزا": "ر", "": "?", "\u202e\x00x": "X", "🍞 bread": "🍞"} {
		if got := initial(in); got != want {
			t.Errorf("initial(%q) = %q, want %q", in, got, want)
		}
	}
}
