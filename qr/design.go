package qr

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"
	"strings"

	"assent/fault"
)

// Bounds on a design.
const (
	MaxQuietZone = 20
	MaxLogo      = 30 // percent of the symbol's width
)

// Design is how a code looks. Its zero value is black on white at level L with
// the standard's quiet zone and without a logo.
type Design struct {
	Level  Level
	Quiet  int // modules round the symbol; less than QuietZone is more than scanners forgive
	Ink    color.RGBA
	Ground color.RGBA

	// Logo stands in the middle, on the ground; nil for none. Share is its
	// width in percent of the symbol's.
	Logo  image.Image
	Share int
}

// Plain is black on white.
func Plain(level Level) Design {
	return Design{Level: level, Quiet: QuietZone, Ink: color.RGBA{A: 255}, Ground: color.RGBA{255, 255, 255, 255}}
}

// DefaultShare is how wide a logo is where nothing else is said.
const DefaultShare = 15

// ParseColour reads #rrggbb. Anything else is a fault of the kind Invalid for
// the field.
func ParseColour(field, s string) (color.RGBA, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return color.RGBA{}, fault.Field(field, "Write a colour as # and six digits or letters from a to f, for example #1a3c34.")
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, nil
}

// minContrast is the least difference between light and dark as cameras see
// them, of all there is: grade B of ISO/IEC 15415, section 7.8.3.
const minContrast = 0.55

// Check returns what no scanner forgives, before any code is drawn.
func (d Design) Check() error {
	light, dark := luma(d.Ground), luma(d.Ink)
	switch {
	case d.Quiet < QuietZone || d.Quiet > MaxQuietZone:
		return fault.Field("quiet", "The empty border is from %d to %d modules wide. A narrower one keeps phones from finding the code.", QuietZone, MaxQuietZone)
	case dark >= light:
		return fault.Field("ink", "The code is lighter than its ground. Many phones read only dark codes on light ground: swap the colours.")
	case light-dark < minContrast*255:
		return fault.Field("ink", "These two colours are too much alike for a camera. Make the code darker or its ground lighter.")
	case d.Logo != nil && (d.Share < 1 || d.Share > MaxLogo):
		return fault.Field("share", "The logo is from 1 to %d percent as wide as the code.", MaxLogo)
	}
	return nil
}

// luma is how light a colour is to a camera, from 0 to 255 (ITU-R BT.601).
func luma(c color.RGBA) float64 {
	return 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
}

// Symbol is a code in its design.
type Symbol struct {
	*Code
	Design
	text string
	logo box // in modules; empty for none
}

// box is a square of whole modules, and where within it the picture lies.
type box struct {
	at, size float64 // of the light square, both ways
	x, y     float64 // the picture in it
	w, h     float64
}

// Compose encodes the text in the design. What the design cannot have is a
// fault of the kind Invalid that names the field. Whether the symbol scans, Scan
// says.
func Compose(text string, d Design) (*Symbol, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	code, err := New(text, d.Level)
	if err != nil {
		return nil, err
	}
	s := &Symbol{Code: code, Design: d, text: text}
	if d.Logo != nil {
		s.logo = logoBox(code.size, d)
	}
	return s, nil
}

// logoBox finds room for the logo: a square of whole modules in the middle, and
// half a module of light round the picture.
func logoBox(size int, d Design) box {
	n := int(math.Round(float64(size) * float64(d.Share) / 100))
	if (size-n)%2 != 0 {
		n--
	}
	n = max(n, 3)
	b := box{at: float64(size-n) / 2, size: float64(n)}
	r := d.Logo.Bounds()
	room, w, h := float64(n)-1, float64(max(r.Dx(), 1)), float64(max(r.Dy(), 1))
	scale := min(room/w, room/h)
	b.w, b.h = w*scale, h*scale
	b.x, b.y = b.at+(b.size-b.w)/2, b.at+(b.size-b.h)/2
	return b
}

// Edge is the width of the drawing in modules, the quiet zone with it.
func (s *Symbol) Edge() int { return s.size + 2*s.Quiet }

// Text is what the symbol says.
func (s *Symbol) Text() string { return s.text }

// Runs calls f for every horizontal run of dark modules that shows, in modules
// from the top left of the drawing.
func (s *Symbol) Runs(f func(x, y, length int)) {
	s.runs(func(x, y, length int) {
		start := x
		for i := x; i <= x+length; i++ {
			if i == x+length || s.covered(i, y) {
				if i > start {
					f(start+s.Quiet, y+s.Quiet, i-start)
				}
				start = i + 1
			}
		}
	})
}

// covered reports whether the logo's square lies over the module.
func (s *Symbol) covered(x, y int) bool {
	b := s.logo
	in := func(n int) bool { return float64(n) >= b.at && float64(n) < b.at+b.size }
	return b.size > 0 && in(x) && in(y)
}

// LogoBox returns where the logo's picture lies, in modules from the top left of
// the drawing; its width is 0 without one.
func (s *Symbol) LogoBox() (x, y, w, h float64) {
	return s.logo.x + float64(s.Quiet), s.logo.y + float64(s.Quiet), s.logo.w, s.logo.h
}

// SVG draws the symbol: one path for the ground, one for the code, and the logo
// as a picture inside. In units of a module, so it scales without loss; the
// title is its accessible name. Its colours are its own in dark mode too.
func (s *Symbol) SVG(title string) []byte {
	out := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" role="img" aria-label="%[2]s" shape-rendering="crispEdges">`+
		`<path fill="%[3]s" d="M0 0h%[1]dv%[1]dH0z"/><path fill="%[4]s" d="`, s.Edge(), html.EscapeString(title), Hex(s.Ground), Hex(s.Ink))
	s.Runs(func(x, y, length int) { out = fmt.Appendf(out, "M%d %dh%dv1h-%dz", x, y, length, length) })
	out = append(out, `"/>`...)
	if s.Logo != nil {
		x, y, w, h := s.LogoBox()
		out = fmt.Appendf(out, `<image x="%s" y="%s" width="%s" height="%s" preserveAspectRatio="none" href="data:image/png;base64,%s"/>`,
			short(x), short(y), short(w), short(h), base64.StdEncoding.EncodeToString(encoded(s.Logo)))
	}
	return append(out, `</svg>`...)
}

// Hex writes a colour as #rrggbb, or #rgb where that says the same.
func Hex(c color.RGBA) string {
	if c.R%17 == 0 && c.G%17 == 0 && c.B%17 == 0 {
		return fmt.Sprintf("#%x%x%x", c.R/17, c.G/17, c.B/17)
	}
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

func short(f float64) string { return strconv.FormatFloat(f, 'f', -1, 32) }

func encoded(img image.Image) []byte {
	var b bytes.Buffer
	png.Encode(&b, img) //nolint:errcheck // a picture that was decoded, into a buffer
	return b.Bytes()
}

// Image draws the symbol on exactly pixels × pixels, each module a whole number
// of pixels, what is left over shared out as border. Fewer pixels than one a
// module, or more than MaxPixels, are a fault of the kind Invalid.
func (s *Symbol) Image(pixels int) (image.Image, error) {
	edge := s.Edge()
	if pixels < edge || pixels > MaxPixels {
		return nil, fault.Field("size", "The size of this code is from %d to %d pixels.", edge, MaxPixels)
	}
	scale := pixels / edge
	offset := (pixels - scale*edge) / 2
	palette := image.NewPaletted(image.Rect(0, 0, pixels, pixels), color.Palette{s.Ground, s.Ink})
	s.Runs(func(x, y, length int) {
		for row := range scale {
			start := palette.PixOffset(offset+x*scale, offset+y*scale+row)
			line := palette.Pix[start : start+length*scale]
			for i := range line {
				line[i] = 1
			}
		}
	})
	if s.Logo == nil {
		return palette, nil
	}
	return s.withLogo(palette, float64(scale), float64(offset)), nil
}
