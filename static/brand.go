package static

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Color is an sRGB colour.
type Color struct{ R, G, B uint8 }

// ParseColor reads "#0b57d0" or "0b57d0"; ok is false for anything else.
func ParseColor(s string) (c Color, ok bool) {
	s = strings.TrimPrefix(s, "#")
	if len(s) != 6 {
		return Color{}, false
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return Color{}, false
	}
	return Color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

// String returns "#0b57d0".
func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// luminance is WCAG 2.2's relative luminance.
func (c Color) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// Contrast is WCAG 2.2's contrast ratio, from 1 to 21.
func Contrast(a, b Color) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// towards mixes c with t, from 0 (c) to 100 (t).
func (c Color) towards(t Color, percent int) Color {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*(100-percent) + int(b)*percent + 50) / 100) }
	return Color{mix(c.R, t.R), mix(c.G, t.G), mix(c.B, t.B)}
}

// The paper of tokens.css, light and dark, and what is written on a colour. A
// test compares them with the sheet.
var (
	paperLight = Color{0xfd, 0xfc, 0xfa}
	paperDark  = Color{0x17, 0x16, 0x14}
	inkOn      = Color{0x1b, 0x1a, 0x17}
	white      = Color{0xff, 0xff, 0xff}
	black      = Color{}
)

// readable is WCAG's least contrast for text (1.4.3).
const readable = 4.5

// perceptible is WCAG's least contrast for the edge of a control (1.4.11).
const perceptible = 3

// legible moves c towards t until it can be read on paper.
func (c Color) legible(paper, t Color) Color {
	for percent := range 101 {
		if m := c.towards(t, percent); Contrast(m, paper) >= readable {
			return m
		}
	}
	return t
}

// Brand is a business's colour made usable.
type Brand struct {
	Act   Color // the button's ground: the colour as given
	OnAct Color // what is written on it
	Light Color // the colour for text and ticks on light paper
	Dark  Color // the same on dark paper
	Edge  bool  // the button's ground is lost on dark or light paper: it needs an edge
	Weak  bool  // the colour as given cannot be read on light paper: tell the marketer
}

// NewBrand checks the colour and darkens or lightens it where text needs it.
func NewBrand(c Color) Brand {
	b := Brand{Act: c, OnAct: white, Light: c.legible(paperLight, black), Dark: c.legible(paperDark, white)}
	if Contrast(c, white) < readable {
		b.OnAct = inkOn
	}
	if Contrast(c, b.OnAct) < readable { // the greys between: neither reads
		b.Act, b.OnAct = b.Light, white
	}
	b.Weak = b.Light != c
	b.Edge = Contrast(b.Act, paperLight) < perceptible || Contrast(b.Act, paperDark) < perceptible
	return b
}

// BrandURL returns the address of the small sheet that gives public pages the
// business's colour, or the empty string for what is no colour: the pages then
// keep ours. A page links it after css/public.css; a style attribute would need
// a weaker Content-Security-Policy.
func BrandURL(color string) string { return brandURL("brand/", color) }

// EmbedBrandURL is BrandURL for forms on other people's pages, after
// css/embed.css.
func EmbedBrandURL(color string) string { return brandURL("brand-embed/", color) }

// brandSheets makes the sheets with a business's colour, by where they are.
var brandSheets = map[string]func(Color) []byte{
	"brand/":       brandSheet,
	"brand-embed/": func(c Color) []byte { return overDark(shadowed(brandSheet(c))) },
}

func brandURL(folder, color string) string {
	c, ok := ParseColor(color)
	if !ok {
		return ""
	}
	return hashedURL(folder+c.String()[1:]+".css", brandSheets[folder](c))
}

func brandSheet(c Color) []byte {
	b := NewBrand(c)
	var out bytes.Buffer
	fmt.Fprintf(&out, `@layer tokens{:root{--act:%s;--on-act:%s;--accent:%s}@media(prefers-color-scheme:dark){:root{--accent:%s}}}`,
		b.Act, b.OnAct, b.Light, b.Dark)
	if b.Edge {
		out.WriteString(`@layer tokens{:root{--act-edge:var(--accent)}}`)
	}
	return out.Bytes()
}

// brandAsset makes the sheet that the address names; any colour has one.
func brandAsset(url string) (Asset, bool) {
	for folder, sheet := range brandSheets {
		rest, ok := strings.CutPrefix(url, Prefix+folder)
		if !ok {
			continue
		}
		hexColor, _, _ := strings.Cut(rest, ".")
		c, ok := ParseColor(hexColor)
		if !ok || brandURL(folder, hexColor) != url {
			return Asset{}, false
		}
		name := folder + hexColor + ".css"
		body := sheet(c)
		return Asset{Name: name, URL: url, Type: contentType(name), Body: body}, true
	}
	return Asset{}, false
}
