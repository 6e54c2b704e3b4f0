package qr_test

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"assent/fault"
	"assent/qr"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"pgregory.net/rapid"
)

var texts = map[string]string{
	"short link":      "https://opt.example/q/7KX2",
	"request link":    "https://opt.example/r/8f14e45fceea167a5a36dedd4bea2543/chat",
	"click to chat":   "https://wa.me/4915112345678?text=Yes%2C%20send%20me%20offers%20%287KX2M9QD4T%29",
	"arabic":          "نعم، أوافق على تلقي العروض 7KX2M9QD4T",
	"digits":          "0123456789012345",
	"upper case only": "HTTPS://OPT.EXAMPLE/Q/7KX2",
}

// decode reads a picture as a telephone does: it looks from one distance after
// the other and tries each way of telling dark from light.
func decode(t *testing.T, img image.Image) string {
	t.Helper()
	var last error
	for _, away := range []int{1, 2, 3, 5} {
		source := gozxing.NewLuminanceSourceFromImage(smaller(img, away))
		for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
			bitmap, err := gozxing.NewBinaryBitmap(binarizer)
			if err != nil {
				t.Fatal(err)
			}
			hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true, gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"}
			for range 2 {
				result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
				if err == nil {
					return result.GetText()
				}
				last = err
				hints[gozxing.DecodeHintType_PURE_BARCODE] = true
			}
		}
	}
	t.Fatalf("decode: %v", last)
	return ""
}

// smaller averages squares of n pixels into one.
func smaller(src image.Image, n int) image.Image {
	b := src.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dx()/n, b.Dy()/n))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sum := 0
			for dy := range n {
				for dx := range n {
					v, _, _, _ := src.At(b.Min.X+x*n+dx, b.Min.Y+y*n+dy).RGBA()
					sum += int(v >> 8)
				}
			}
			out.SetGray(x, y, color.Gray{Y: uint8(sum / (n * n))})
		}
	}
	return out
}

func drawPNG(t *testing.T, c *qr.Code, pixels int) image.Image {
	t.Helper()
	var buf bytes.Buffer
	if err := c.PNG(&buf, pixels); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Dx(); got != pixels {
		t.Fatalf("width %d, want %d", got, pixels)
	}
	return img
}

func TestDecodes(t *testing.T) {
	for name, text := range texts {
		for level, letter := range map[qr.Level]string{qr.L: "L", qr.M: "M", qr.Q: "Q", qr.H: "H"} {
			t.Run(name+" "+letter, func(t *testing.T) {
				c, err := qr.New(text, level)
				if err != nil {
					t.Fatal(err)
				}
				if got := decode(t, drawPNG(t, c, 512)); got != text {
					t.Errorf("PNG says %q, want %q", got, text)
				}
				if got := decode(t, blur(drawPNG(t, c, 600), 3)); got != text {
					t.Errorf("blurred PNG says %q, want %q", got, text)
				}
				if got := decode(t, raster(t, c.SVG("t"), 6)); got != text {
					t.Errorf("SVG says %q, want %q", got, text)
				}
			})
		}
	}
}

// At level H a tenth of the modules, spread as dirt is, may be wrong.
func TestDecodesDamaged(t *testing.T) {
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			c, err := qr.New(text, qr.H)
			if err != nil {
				t.Fatal(err)
			}
			edge := c.Size() + 2*qr.QuietZone
			img := image.NewGray(image.Rect(0, 0, edge*8, edge*8))
			rnd := rand.New(rand.NewPCG(1, 2))
			// A blot that hides a tenth of the symbol's area, clear of the
			// three finder patterns.
			side := c.Size() * 316 / 1000
			bx, by := c.Size()/2-side/2+rnd.IntN(3), c.Size()/2-side/2+rnd.IntN(3)
			for y := range edge * 8 {
				for x := range edge * 8 {
					mx, my := x/8-qr.QuietZone, y/8-qr.QuietZone
					hidden := mx >= bx && mx < bx+side && my >= by && my < by+side
					if hidden || !c.Dark(mx, my) {
						img.SetGray(x, y, color.Gray{Y: 255})
					}
				}
			}
			if got := decode(t, img); got != text {
				t.Errorf("says %q, want %q", got, text)
			}
		})
	}
}

func TestQuietZone(t *testing.T) {
	c, err := qr.New(texts["short link"], qr.M)
	if err != nil {
		t.Fatal(err)
	}
	edge := c.Size() + 2*qr.QuietZone
	img := drawPNG(t, c, edge*3+2)
	for i := range edge*3 + 2 {
		for _, p := range []image.Point{{X: i, Y: 12}, {X: 12, Y: i}, {X: i, Y: edge*3 - 11}, {X: edge*3 - 11, Y: i}} {
			if r, _, _, _ := img.At(p.X, p.Y).RGBA(); r != 0xffff {
				t.Fatalf("dark pixel in the quiet zone at %v", p)
			}
		}
	}
}

func TestSVGIsWellFormedAndEscapes(t *testing.T) {
	c, err := qr.New("x", qr.M)
	if err != nil {
		t.Fatal(err)
	}
	svg := c.SVG(`<b>"&'`)
	if bytes.Contains(svg, []byte("<b>")) {
		t.Error("the title is not escaped")
	}
	if err := xml.Unmarshal(svg, new(struct{ XMLName xml.Name })); err != nil {
		t.Errorf("not XML: %v", err)
	}
	if !bytes.Contains(svg, []byte(`crispEdges`)) {
		t.Error("edges are not crisp")
	}
}

func TestRefuses(t *testing.T) {
	if _, err := qr.New("", qr.M); !fault.Is(err, fault.Invalid) {
		t.Errorf("empty: %v", err)
	}
	if _, err := qr.New(strings.Repeat("ä", 3000), qr.L); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too long: %v", err)
	}
	c, err := qr.New("x", qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for _, pixels := range []int{-1, 0, 20, qr.MaxPixels + 1} {
		if err := c.PNG(new(bytes.Buffer), pixels); !fault.Is(err, fault.Invalid) {
			t.Errorf("%d pixels: %v", pixels, err)
		}
	}
	if _, err := qr.ParseLevel("X"); !fault.Is(err, fault.Invalid) {
		t.Errorf("level: %v", err)
	}
	if l, err := qr.ParseLevel("h"); err != nil || l != qr.H {
		t.Errorf("level h: %v, %v", l, err)
	}
}

// Whatever fits is drawn, and the SVG and the matrix agree.
func TestSVGEqualsMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := qr.New(rapid.StringN(1, 60, 200).Draw(t, "text"), qr.Level(rapid.IntRange(0, 3).Draw(t, "level")))
		if err != nil {
			t.Fatal(err)
		}
		cells := cells(c.SVG(""))
		for y := -qr.QuietZone; y < c.Size()+qr.QuietZone; y++ {
			for x := -qr.QuietZone; x < c.Size()+qr.QuietZone; x++ {
				if cells[image.Pt(x+qr.QuietZone, y+qr.QuietZone)] != c.Dark(x, y) {
					t.Fatalf("module %d,%d differs", x, y)
				}
			}
		}
	})
}

var (
	run     = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`)
	viewBox = regexp.MustCompile(`viewBox="0 0 (\d+) `)
)

func cells(svg []byte) map[image.Point]bool {
	dark := make(map[image.Point]bool)
	for _, m := range run.FindAllSubmatch(svg, -1) {
		x, y, n := atoi(m[1]), atoi(m[2]), atoi(m[3])
		for i := range n {
			dark[image.Pt(x+i, y)] = true
		}
	}
	return dark
}

func raster(t *testing.T, svg []byte, scale int) image.Image {
	t.Helper()
	edge := atoi(viewBox.FindSubmatch(svg)[1])
	dark := cells(svg)
	img := image.NewGray(image.Rect(0, 0, edge*scale, edge*scale))
	for y := range edge * scale {
		for x := range edge * scale {
			if !dark[image.Pt(x/scale, y/scale)] {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return img
}

func atoi(b []byte) int { n, _ := strconv.Atoi(string(b)); return n }

// blur averages squares of 2r+1 pixels, as a lens out of focus does.
func blur(src image.Image, r int) image.Image {
	b := src.Bounds()
	out := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			sum, n := 0, 0
			for dy := -r; dy <= r; dy++ {
				for dx := -r; dx <= r; dx++ {
					if p := image.Pt(x+dx, y+dy); p.In(b) {
						v, _, _, _ := src.At(p.X, p.Y).RGBA()
						sum, n = sum+int(v>>8), n+1
					}
				}
			}
			out.SetGray(x, y, color.Gray{Y: uint8(sum / n)})
		}
	}
	return out
}

func FuzzNew(f *testing.F) {
	for _, text := range texts {
		f.Add(text, uint8(1))
	}
	f.Add("\x00\xff", uint8(3))
	f.Fuzz(func(t *testing.T, text string, level uint8) {
		if len(text) > 300 {
			t.Skip()
		}
		c, err := qr.New(text, qr.Level(level))
		if err != nil {
			return
		}
		if n := c.Size(); n < 21 || n > 177 || (n-21)%4 != 0 {
			t.Errorf("size %d is no QR code's", n)
		}
	})
}
