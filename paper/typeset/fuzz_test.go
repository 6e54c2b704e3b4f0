package typeset_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"assent/paper/typeset"
)

// spoken returns the characters that the glyphs of the lines stand for, without
// spaces, and how often each occurs: the order on a line is the eye's.
func spoken(lines []typeset.Line) map[rune]int {
	count := map[rune]int{}
	for _, l := range lines {
		for _, r := range l.Runs {
			var whole strings.Builder
			for _, g := range r.Glyphs {
				whole.WriteString(g.Text)
			}
			for _, c := range whole.String() {
				if !unicode.IsSpace(c) && !r.Boxed {
					count[c]++
				}
			}
		}
	}
	return count
}

// FuzzSet: whatever somebody calls themselves stays within the column and is
// wholly there, as it is or as code points in boxes.
func FuzzSet(f *testing.F) {
	for _, name := range []string{
		"Ana Müller", "Ελένη Παπαδοπούλου", "Екатерина Щукина", "محمد علي", "שָׁלוֹם כהן", "श्रीमती क्षेत्रपाल", "রবীন্দ্রনাথ", "ข้าพเจ้ายินยอม", "山田 太郎 様", "김민수", "李小龍", "Nguyễn Thị Hậu",
		"a\u202eb\u2066c\u2069\u202c", "\u200f\u200e\u061c", "a\u0301\u0301\u0301\u0301\u0301\u0301", "\u0301", "👩‍👩‍👧‍👦🏳️‍🌈", "\x00\x1b[2J\r\n\t", "\xff\xfe", "\U000e0041\ufeff\u00ad", strings.Repeat("x", 3000),
		strings.Repeat("ﷺ", 200), strings.Repeat("ക", 100), "שלום 123 abc مرحبا 456", strings.Repeat("क्", 300), "\u1100\u1161\u11a8", "𓀀𝕬",
	} {
		f.Add(name, uint16(200), uint8(0))
		f.Add(name, uint16(20), uint8(7))
	}
	f.Fuzz(func(t *testing.T, text string, wide uint16, how uint8) {
		if len(text) > 4000 {
			return
		}
		width := 20 + float64(wide%500)
		style := typeset.Style{Size: 6 + float64(how%8), Bold: how&1 > 0, Italic: how&2 > 0, Mono: how&4 > 0}
		set := func(text string) []typeset.Line {
			return typeset.Set([]typeset.Span{{Text: text, Style: style}}, width, typeset.Direction(how%3))
		}
		lines := set(text)
		boxes := 0
		for _, l := range lines {
			clusters := 0
			x := 0.0
			for _, r := range l.Runs {
				if r.X < x-0.01 {
					t.Fatalf("runs overlap in %q", text)
				}
				x = r.X + r.Width
				for _, g := range r.Glyphs {
					if !utf8.ValidString(g.Text) {
						t.Fatalf("%q is said to be a letter of %q", g.Text, text)
					}
					if g.Text != "" {
						clusters++
					}
				}
				if r.Boxed {
					boxes++
					clusters = clusters - len(r.Glyphs) + 1
				}
			}
			if l.Width > width+0.01 && clusters > 1 || l.Height <= 0 {
				t.Fatalf("a line %v wide and %v high in a column of %v: %q", l.Width, l.Height, width, text)
			}
		}
		got := spoken(lines)
		want := map[rune]int{}
		lost := 0
		for _, c := range strings.ToValidUTF8(text, "") {
			// What only steers the letter beside it may go with that into a box.
			if !unicode.IsSpace(c) && !strings.ContainsRune("\u200c\u200d\u200e\u200f\u061c\ufe0e\ufe0f", c) {
				want[c]++
			}
		}
		for c, n := range want {
			if got[c] > n && n > 0 {
				t.Fatalf("%q stands %d times and should %d times: %q", c, got[c], n, text)
			}
			lost += n - got[c]
		}
		// What is not there as itself stands in a box each.
		if lost > boxes {
			t.Fatalf("%d characters are lost, and there are %d boxes: %q", lost, boxes, text)
		}
	})
}
