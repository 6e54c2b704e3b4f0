package certificate

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func marked(list []piece) string {
	var b strings.Builder
	for _, p := range list {
		switch {
		case p.gone:
			b.WriteString("-" + p.text + "-")
		case p.new:
			b.WriteString("+" + p.text + "+")
		default:
			b.WriteString(p.text)
		}
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	for _, c := range []struct{ old, now, want string }{
		{"", "", ""},
		{"the same words.", "the same words.", "the same words."},
		{"at most four a month.", "at most five a month.", "at most- four-+ five+ a month."},
		{"I agree.", "I agree. And more.", "I agree+. And more+."},
		{"One two three.", "Two three.", "-One two-+Two+ three."},
		{"أربعة في الشهر", "خمسة في الشهر", "-أربعة-+خمسة+ في الشهر"},
		{"月に4回まで送ります", "月に5回まで送ります", "月に-4-+5+回まで送ります"},
	} {
		t.Run(c.old, func(t *testing.T) {
			if got := marked(compare(c.old, c.now)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// Without what was put in the first text is left, and without what was taken out
// the second.
func FuzzCompare(f *testing.F) {
	f.Add("at most four a month", "at most five a month")
	f.Add("月に4回", "4 times\x00a month")
	f.Add(strings.Repeat("a b ", 600), "c")
	f.Fuzz(func(t *testing.T, old, now string) {
		if !utf8.ValidString(old) || !utf8.ValidString(now) {
			t.Skip()
		}
		var a, b strings.Builder
		for _, p := range compare(old, now) {
			if !p.new {
				a.WriteString(p.text)
			}
			if !p.gone {
				b.WriteString(p.text)
			}
			if p.gone && p.new || p.text == "" {
				t.Errorf("%+v", p)
			}
		}
		if a.String() != old || b.String() != now {
			t.Errorf("%q %q", a.String(), b.String())
		}
	})
}
