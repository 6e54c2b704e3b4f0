package typeset_test

import (
	"strings"
	"testing"

	"assent/paper/typeset"
)

// seen returns what stands on each line, from left to right.
func seen(text string, width float64, dir typeset.Direction) (lines []string) {
	for _, l := range typeset.Set([]typeset.Span{{Text: text, Style: typeset.Style{Size: 10}}}, width, dir) {
		var b strings.Builder
		for _, r := range l.Runs {
			for _, g := range r.Glyphs {
				b.WriteString(g.Text)
			}
		}
		lines = append(lines, b.String())
	}
	return lines
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		dir              typeset.Direction
	}{
		{"left to right", "abc def", "abc def", typeset.Auto},
		{"right to left", "אבג דה", "הד גבא", typeset.Auto},
		{"a number after Hebrew", "abc אבג 123 def", "abc 123 גבא def", typeset.Auto},
		{"a number that touches letters", "אבג 12def", "12 גבאdef", typeset.LeftToRight},
		{"Latin in Hebrew", "אבג STOP 12 דה", "הד STOP 12 גבא", typeset.Auto},
		{"a number alone", "+49 30 1", "+49 30 1", typeset.Auto},
		{"an override is seen and does nothing", "a\u202ebc", "aU+202Ebc", typeset.Auto},
		{"no font", "a\U00013000b", "aU+13000b", typeset.Auto},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(seen(c.text, 1000, c.dir), "|"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Lines are no wider than asked and lose nothing.
func TestLines(t *testing.T) {
	for name, text := range map[string]string{"words": strings.Repeat("agreed words ", 40), "one word": strings.Repeat("x", 500), "Chinese": strings.Repeat("我同意", 80), "Thai": strings.Repeat("ข้าพเจ้ายินยอม", 30)} {
		lines := typeset.Set([]typeset.Span{{Text: text, Style: typeset.Style{Size: 10}}}, 200, typeset.Auto)
		for _, l := range lines {
			if l.Width > 200.01 {
				t.Errorf("%s: a line of %v", name, l.Width)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := squeeze(strings.Join(seen(text, 200, typeset.Auto), "")); got != squeeze(text) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
