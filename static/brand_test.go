package static_test

import (
	"regexp"
	"strings"
	"testing"

	"assent/static"

	"pgregory.net/rapid"
)

func color(t interface{ Fatalf(string, ...any) }, s string) static.Color {
	c, ok := static.ParseColor(s)
	if !ok {
		t.Fatalf("%q is no colour", s)
	}
	return c
}

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		low, high  float64
	}{
		{"black on white", "000000", "ffffff", 20.99, 21.01},
		{"itself", "0b57d0", "0b57d0", 1, 1},
		{"the grey that just passes", "767676", "#ffffff", 4.53, 4.55},
		{"the grey that just fails", "777777", "ffffff", 4.47, 4.49},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := static.Contrast(color(t, c.a), color(t, c.b)); got < c.low || got > c.high {
				t.Errorf("%v", got)
			}
		})
	}
}

// tokens reads the intents of the sheet, light and dark.
func tokens(t interface{ Fatalf(string, ...any) }) (light, dark map[string]static.Color) {
	asset, _ := static.Lookup(static.URL("css/public.css"))
	css := string(asset.Body)
	at := strings.Index(css, "@media (prefers-color-scheme: dark)")
	if at < 0 {
		t.Fatalf("no dark mode")
	}
	end := at + strings.Index(css[at:], "}")
	palette := make(map[string]static.Color)
	for _, m := range regexp.MustCompile(`(--[a-z]+-\d): (#[0-9a-f]{6})`).FindAllStringSubmatch(css[:at], -1) {
		palette[m[1]] = color(t, m[2])
	}
	intents := func(part string, m map[string]static.Color) map[string]static.Color {
		for _, x := range regexp.MustCompile(`--([a-z]+(?:-act)?): (?:var\((--[a-z]+-\d)\)|(#[0-9a-f]{6}))`).FindAllStringSubmatch(part, -1) {
			if x[3] != "" {
				m[x[1]] = color(t, x[3])
			} else if c, ok := palette[x[2]]; ok {
				m[x[1]] = c
			}
		}
		return m
	}
	return intents(css[:at], map[string]static.Color{}), intents(css[at:end], map[string]static.Color{})
}

// What is read meets AA; the text of a page AAA (WCAG 2.2, 1.4.3 and 1.4.6);
// the edges of controls 3 to 1 (1.4.11).
func TestTokensAreLegible(t *testing.T) {
	light, dark := tokens(t)
	for mode, m := range map[string]map[string]static.Color{"light": light, "dark": dark} {
		for _, ground := range []string{"paper", "sheet", "shade"} {
			for ink, least := range map[string]float64{"ink": 7, "soft": 7, "muted": 4.5, "accent": 4.5, "ok": 4.5, "wait": 4.5, "stop": 4.5, "edge": 3} {
				a, ok := m[ink]
				b, okToo := m[ground]
				if !ok || !okToo {
					t.Fatalf("%s: %s or %s is not set", mode, ink, ground)
				}
				if got := static.Contrast(a, b); got < least {
					t.Errorf("%s: %s on %s is %.2f, at least %v", mode, ink, ground, got, least)
				}
			}
		}
		if got := static.Contrast(m["act"], m["on-act"]); got < 4.5 {
			t.Errorf("%s: what is written on the button is %.2f", mode, got)
		}
	}
}

func TestBrand(t *testing.T) {
	for _, c := range []struct {
		name, in, act, onAct string
		weak                 bool
	}{
		{"strong enough", "0b57d0", "#0b57d0", "#ffffff", false},
		{"yellow: dark writing, darkened for text", "ffd400", "#ffd400", "#1b1a17", true},
		{"white", "ffffff", "#ffffff", "#1b1a17", true},
		{"black", "000000", "#000000", "#ffffff", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := static.NewBrand(color(t, c.in))
			if b.Act.String() != c.act || b.OnAct.String() != c.onAct || b.Weak != c.weak {
				t.Errorf("%+v", b)
			}
		})
	}
}

// Any colour at all becomes one that can be read, light and dark.
func TestEveryBrandIsLegible(t *testing.T) {
	light, dark := tokens(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32Range(0, 0xffffff).Draw(t, "colour")
		c := static.Color{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n)}
		b := static.NewBrand(c)
		for name, got := range map[string]float64{
			"button": static.Contrast(b.Act, b.OnAct),
			"light":  static.Contrast(b.Light, light["paper"]),
			"dark":   static.Contrast(b.Dark, dark["paper"]),
		} {
			if got < 4.5 {
				t.Fatalf("%s: %s is %.2f", c, name, got)
			}
		}
		if b.Weak != (static.Contrast(c, light["paper"]) < 4.5) {
			t.Fatalf("%s: weak is %v", c, b.Weak)
		}
		url := static.BrandURL(c.String())
		asset, ok := static.Lookup(url)
		if !ok || !strings.Contains(string(asset.Body), "--act:"+b.Act.String()) {
			t.Fatalf("%s: no sheet at %s", c, url)
		}
	})
}

func TestNoColor(t *testing.T) {
	for _, s := range []string{"", "#", "red", "#12345", "#1234567", "url(x)", "#12345g", "}*{color:red"} {
		if got := static.BrandURL(s); got != "" {
			t.Errorf("BrandURL(%q) = %q", s, got)
		}
	}
}
