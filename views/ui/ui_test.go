package ui_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"assent/locale"
	"assent/views/ui"

	"github.com/a-h/templ"
	"pgregory.net/rapid"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Rosa & Söhne", "Rosa & Söhne"},
		{"lines stay, returns go", "a\r\nb\tc", "a\nb\tc"},
		{"override", "abc\u202ecba", "abccba"},
		{"isolates and marks", "\u2066a\u2069\u200f\u200e\u061c", "a"},
		{"control", "a\x00\x1b\x7f\u0085b", "ab"},
		{"no UTF-8", "a\xffb", "a\ufffdb"},
		{"emoji joiners stay", "👩\u200d🚀", "👩\u200d🚀"},
		{"Persian non-joiner stays", "می\u200cخواهم", "می\u200cخواهم"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ui.Clean(c.in); got != c.want {
				t.Errorf("%+q, want %+q", got, c.want)
			}
		})
	}
}

func TestCleanHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		got := ui.Clean(s)
		if !utf8.ValidString(got) || ui.Clean(got) != got {
			t.Fatalf("%+q", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Fatalf("%+q holds %U", got, r)
			}
		}
	})
}

// Each state has its word and a drawing; no two that differ in what may be
// sent look alike without colour.
func TestSigns(t *testing.T) {
	l := locale.For("en")
	drawing := func(state string) string {
		s := render(t, ui.Sign(state, ""))
		return s[strings.Index(s, ">"):]
	}
	for _, same := range [][2]string{{"given", "renewed"}, {"withdrawn", "revoked"}, {"unknown", "never heard of"}} {
		if drawing(same[0]) != drawing(same[1]) {
			t.Errorf("%s and %s differ", same[0], same[1])
		}
	}
	seen := make(map[string]string)
	for _, state := range []string{"given", "requested", "refused", "withdrawn", "expired", "unknown"} {
		if other, ok := seen[drawing(state)]; ok {
			t.Errorf("%s looks like %s", state, other)
		}
		seen[drawing(state)] = state
		if s := render(t, ui.State(l, state)); !strings.Contains(s, l.T("state."+state)) || !strings.Contains(s, l.T("state."+state+".meaning")) {
			t.Errorf("%s is not said in words: %s", state, s)
		}
	}
	if s := render(t, ui.State(l, "<b>")); strings.Contains(s, "&lt;b&gt;</span>") || !strings.Contains(s, "Unknown") {
		t.Errorf("an unknown state: %s", s)
	}
}

func TestInputTiesItsError(t *testing.T) {
	s := render(t, ui.Input(ui.Field{ID: "x", Name: "x", Label: "L", Hint: "H", Error: "E", Type: "tel", LTR: true}))
	for _, want := range []string{`for="x"`, `id="x-hint"`, `id="x-error"`, `aria-describedby="x-hint x-error"`, `aria-invalid="true"`, `dir="ltr"`, `type="tel"`} {
		if !strings.Contains(s, want) {
			t.Errorf("no %s in %s", want, s)
		}
	}
	if s := render(t, ui.Input(ui.Field{ID: "x", Name: "x", Label: "L"})); strings.Contains(s, "aria-") || !strings.Contains(s, `type="text"`) {
		t.Errorf("a field without error: %s", s)
	}
}

// A number inside a sentence of ours keeps its order; what is not closed goes.
func TestSentencesKeepIsolates(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ours", "a " + locale.Isolate("+49 170") + " b", "a \u2066+49 170\u2069 b"},
		{"left open", "a \u2066b", "a b"},
		{"closed before it is open", "\u2069a\u2066", "a"},
		{"with an override inside", "\u2066a\u202eb\u2069", "\u2066ab\u2069"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if s := render(t, ui.FieldError("x", c.in)); !strings.Contains(s, "<span>"+c.want+"</span>") {
				t.Errorf("%+q is not in %+q", c.want, s)
			}
		})
	}
}

func TestTime(t *testing.T) {
	now := time.Date(2026, 3, 12, 15, 30, 0, 0, time.FixedZone("CET", 3600))
	s := render(t, ui.Time(locale.For("en"), now.Add(-time.Hour), now))
	for _, want := range []string{`datetime="2026-03-12T13:30:00.000Z"`, `title="12 March 2026, 14:30:00 UTC+1:00"`, ">today 14:30<"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %s in %s", want, s)
		}
	}
	if s := render(t, ui.Time(locale.For("en"), time.Time{}, now)); strings.Contains(s, "datetime") {
		t.Errorf("the zero time: %s", s)
	}
}

func TestProblems(t *testing.T) {
	p := ui.Problems{{Field: "a", Text: "first"}, {Field: "b", Text: "second"}}
	if p.For("b") != "second" || p.For("c") != "" {
		t.Errorf("%q, %q", p.For("b"), p.For("c"))
	}
}

func TestPageKind(t *testing.T) {
	l := locale.For("en")
	for status, want := range map[int]string{400: "invalid", 401: "forbidden", 403: "forbidden", 404: "not_found", 405: "not_found", 409: "invalid",
		410: "gone", 413: "invalid", 429: "too_many", 500: "internal", 502: "internal", 503: "unavailable"} {
		if got := ui.PageKind(status); got != want || !l.Has("page."+got+".title") {
			t.Errorf("%d is %s, want %s", status, got, want)
		}
	}
}
