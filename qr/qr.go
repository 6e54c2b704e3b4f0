// Package qr makes QR codes (ISO/IEC 18004), draws them as SVG and PNG, and reads
// them again with a decoder that was not written here (Scan).
//
// Each module is drawn on whole units, never resampled, and every drawing has
// the quiet zone of four modules at least that the standard asks for (section 9.1):
// codes without it are the commonest that do not scan. Making a code costs
// some milliseconds (all eight masks are tried, section 7.8.3); callers keep
// the drawings by the hash of what went into them.
package qr

import (
	"io"

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

// SVG draws the code black on white, as Symbol.SVG does.
func (c *Code) SVG(title string) []byte { return c.plain().SVG(title) }

// PNG draws the code black on white, as Symbol.Image does.
func (c *Code) PNG(w io.Writer, pixels int) error { return c.plain().PNG(w, pixels) }

func (c *Code) plain() *Symbol { return &Symbol{Code: c, Design: Plain(M)} }

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
