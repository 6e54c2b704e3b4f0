package admin

import (
	"slices"
	"strings"
	"testing"
)

func TestCSVLabels(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                   nil,
		"label\nShelf 1\nShelf 2\n":          {"Shelf 1", "Shelf 2"},
		"\ufeffLabel,note\r\n\"A, B\",x\r\n": {"A, B"},
		"one\n\n , \ntwo\n":                  {"one", "two"},
		"رف 1\n":                             {"رف 1"},
	} {
		got, err := csvLabels(strings.NewReader(in))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"\"open", strings.Repeat("x\n", 2001)} {
		if _, err := csvLabels(strings.NewReader(in)); err == nil {
			t.Errorf("%.20q is taken", in)
		}
	}
}

func FuzzCSVLabels(f *testing.F) {
	f.Add("label\na,b\n")
	f.Fuzz(func(t *testing.T, in string) {
		labels, err := csvLabels(strings.NewReader(in))
		if err == nil && slices.Contains(labels, "") {
			t.Errorf("an empty label of %q", in)
		}
	})
}
