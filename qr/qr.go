// Package qr makes QR codes (ISO/IEC 18004) and draws them as SVG and PNG.
//
// Each module is drawn on whole units, never resampled, and every drawing has
// the quiet zone of four modules that the standard asks for (section 9.1):
// codes without it are the commonest that do not scan. Making a code costs
// some milliseconds (all eight masks are tried, section 7.8.3); callers keep
// the drawings by the hash of what went into them.
package qr

import (
	"bufio"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"strconv"

	"assent/fault"

	"github.com/boombuler/barcode/qr"
)

// QuietZone is the width of the empty border, in modules.
const QuietZone = 4

// MaxPixels bounds a PNG's edge.
const MaxPixels = 4096

// Level is how much of a code may be lost and still be read.
type Level uint8

// The levels: about 7, 15, 25 and 30 % of the code words can be restored. M
// suits screens, H print that gets dirty or carries a logo.
const (
	L Level = iota
	M
	Q
	H
)

// ParseLevel reads "L", "M", "Q" or "H", in either case. An unknown level is a
// fault of the kind Invalid.
func ParseLevel(s string) (Level, error) {
	switch s {
	case "L", "l":
		return L, nil
	case "M", "m":
		return M, nil
	case "Q", "q":
		return Q, nil
	case "H", "h":
		return H, nil
	}
	return M, fault.Field("ec", "The error correction level is one of L, M, Q and H.")
}

// Code is the matrix of one QR code. It is immutable.
type Code struct {
	size int
	dark []bool
}

// New encodes text. Text that does not fit the largest symbol (version 40) is
// a fault of the kind TooLarge; empty text one of the kind Invalid.
func New(text string, level Level) (*Code, error) {
	if text == "" {
		return nil, fault.Field("text", "A QR code needs something to say.")
	}
	symbol, err := qr.Encode(text, [...]qr.ErrorCorrectionLevel{qr.L, qr.M, qr.Q, qr.H}[level&3], qr.Auto)
	if err != nil {
		// Auto has no mode left to try only when the text is too long: every
		// string can be written as bytes.
		return nil, fault.New(fault.TooLarge, "The text is too long for a QR code.").Because(err)
	}
	n := symbol.Bounds().Dx()
	c := &Code{size: n, dark: make([]bool, n*n)}
	for y := range n {
		for x := range n {
			r, _, _, _ := symbol.At(x, y).RGBA()
			c.dark[y*n+x] = r == 0
		}
	}
	return c, nil
}

// Size is the number of modules along an edge, without the quiet zone.
func (c *Code) Size() int { return c.size }

// Dark reports whether the module is dark; all outside the symbol is light.
func (c *Code) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.dark[y*c.size+x]
}

// runs calls f for every horizontal run of dark modules, rows from the top.
func (c *Code) runs(f func(x, y, length int)) {
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			start := x
			for c.Dark(x, y) {
				x++
			}
			if x > start {
				f(start, y, x-start)
			}
		}
	}
}

// SVG draws the code as one path on white, in units of a module: it has no
// size of its own and scales without loss. The title is its accessible name.
// The colours are fixed, black on white in dark mode too: scanners need it.
func (c *Code) SVG(title string) []byte {
	edge := c.size + 2*QuietZone
	out := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path fill="#000" d="`, edge, edge, html.EscapeString(title))
	c.runs(func(x, y, length int) {
		out = append(out, 'M')
		out = strconv.AppendInt(out, int64(x+QuietZone), 10)
		out = append(out, ' ')
		out = strconv.AppendInt(out, int64(y+QuietZone), 10)
		out = append(out, 'h')
		out = strconv.AppendInt(out, int64(length), 10)
		out = append(out, "v1h-"...)
		out = strconv.AppendInt(out, int64(length), 10)
		out = append(out, 'z')
	})
	return append(out, `"/></svg>`...)
}

// PNG draws the code on exactly pixels × pixels, each module a whole number of
// pixels, what is left over shared out as border. Fewer pixels than one a
// module, or more than MaxPixels, are a fault of the kind Invalid.
func (c *Code) PNG(w io.Writer, pixels int) error {
	edge := c.size + 2*QuietZone
	if pixels < edge || pixels > MaxPixels {
		return fault.Field("size", "The size of this code is from %d to %d pixels.", edge, MaxPixels)
	}
	scale := pixels / edge
	offset := (pixels - scale*c.size) / 2
	img := image.NewPaletted(image.Rect(0, 0, pixels, pixels), color.Palette{color.White, color.Black})
	c.runs(func(x, y, length int) {
		for row := range scale {
			start := img.PixOffset(offset+x*scale, offset+y*scale+row)
			line := img.Pix[start : start+length*scale]
			for i := range line {
				line[i] = 1
			}
		}
	})
	buf := bufio.NewWriter(w)
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(buf, img); err != nil {
		return fmt.Errorf("drawing a QR code: %w", err)
	}
	return buf.Flush()
}

// capacities are how many bytes a symbol of each version holds, at the levels
// L, M, Q and H (section 7.4.10, table 7).
var capacities = [4][40]int{
	{17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858, 929, 1003, 1091, 1171, 1273, 1367, 1465, 1528, 1628, 1732, 1840, 1952, 2068, 2188, 2303, 2431, 2563, 2699, 2809, 2953},
	{14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666, 711, 779, 857, 911, 997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911, 1989, 2099, 2213, 2331},
	{11, 20, 32, 46, 60, 74, 86, 108, 130, 151, 177, 203, 241, 258, 292, 322, 364, 394, 442, 482, 509, 565, 611, 661, 715, 751, 805, 868, 908, 982, 1030, 1112, 1168, 1228, 1283, 1351, 1423, 1499, 1579, 1663},
	{7, 14, 24, 34, 44, 58, 64, 84, 98, 119, 137, 155, 177, 194, 220, 250, 280, 310, 338, 382, 403, 439, 461, 511, 535, 593, 625, 658, 698, 742, 790, 842, 898, 958, 983, 1051, 1093, 1139, 1219, 1273},
}

// Capacity returns how many bytes a symbol of the version, from 1 to 40, holds.
func Capacity(version int, level Level) int { return capacities[level&3][version-1] }

// VersionFor returns the version of the symbol for so many bytes, without making
// it; 41 where none is large enough.
func VersionFor(bytes int, level Level) int {
	for i, c := range capacities[level&3] {
		if bytes <= c {
			return i + 1
		}
	}
	return 41
}
