package qr

import (
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"assent/fault"
)

// The resolutions at which codes are read again: of a screen that shows a page of
// its true size, and of print.
const (
	screenDPI = 72
	printDPI  = 300
)

// blurModules is how far a picture that is out of focus is smeared, in modules.
const blurModules = 0.6

// sight is one way in which a code is looked at.
type sight struct {
	blur   bool
	damage *blot
}

var (
	clear   = []sight{{}, {blur: true}}
	damaged = []sight{{damage: &blot{shade: 255}}, {damage: &blot{bottom: true, shade: 40}}}
)

// Scan reads the symbol again as it looks when it is printed so many millimetres
// wide, the quiet zone with it: at 72 and at 300 dots an inch, sharp, blurred, and
// with a tenth of it hidden. A symbol that any of these does not give back
// letter for letter is a fault of the kind Invalid that says what to change.
func (s *Symbol) Scan(mm float64) error {
	for _, dpi := range []float64{printDPI, screenDPI} {
		pixels := int(math.Round(mm / 25.4 * dpi))
		if pixels < s.Edge() {
			return s.tooSmall()
		}
		sights := clear
		if dpi == printDPI {
			sights = append(sights[:2:2], damaged...)
		}
		if why, ok := s.survives(pixels, sights); !ok {
			return s.refusal(why, dpi)
		}
	}
	return nil
}

// ScanPixels reads the symbol again as it looks on so many pixels, sharp and
// blurred. Nobody spills coffee on a screen, so nothing is hidden.
func (s *Symbol) ScanPixels(pixels int) error {
	if pixels < s.Edge() {
		return fault.Field("size", "The size of this code is from %d to %d pixels.", s.Edge(), MaxPixels)
	}
	if why, ok := s.survives(pixels, clear); !ok {
		return s.refusal(why, screenDPI)
	}
	return nil
}

// distances are from how far a code is looked at, in pixels a module: who holds a
// phone moves it until it reads.
var distances = []int{4, 6, 5, 8, 3}

// survives looks at the symbol on so many pixels in each way; if one fails it
// returns which.
func (s *Symbol) survives(pixels int, sights []sight) (sight, bool) {
	pictures := map[int]*gray{}
	at := func(w int) *gray {
		if pictures[w] == nil {
			pictures[w] = s.raster(w)
		}
		return pictures[w]
	}
	for _, look := range sights {
		if !slices.ContainsFunc(distances, func(d int) bool { return s.read(at(min(pixels, d*s.Edge())), look, d) }) {
			return look, false
		}
	}
	return sight{}, true
}

// read reports whether the picture, seen so, says what it should.
func (s *Symbol) read(picture *gray, look sight, distance int) bool {
	seen := picture.enlarged(max(1, (distance*s.Edge()+picture.w-1)/picture.w))
	if look.damage != nil {
		seen = seen.damaged(s, *look.damage)
	}
	if look.blur {
		module := float64(seen.w) / float64(s.Edge())
		seen = seen.blurred(int(math.Round(blurModules * module / 2)))
	}
	text, ok := seen.decode()
	return ok && text == s.text
}

// refusal says what to change about a symbol that did not survive.
func (s *Symbol) refusal(why sight, dpi float64) error {
	switch {
	case s.Logo != nil:
		return fault.Field("share", "With this logo the code does not scan any more where it is dirty or out of focus. Make the logo smaller, or leave it out.")
	case why.damage != nil:
		return fault.Field("ec", "At this level the code does not scan once a tenth of it is torn off. Choose H.")
	case why.blur || dpi == screenDPI:
		return s.tooSmall()
	}
	return fault.Field("ink", "The code does not scan in this design. Take black on white.")
}

// tooSmall names the width at which a module is two dots of a screen wide, which
// is enough for every camera.
func (s *Symbol) tooSmall() error {
	mm := math.Ceil(float64(s.Edge()) * 2 * 25.4 / screenDPI)
	return fault.Field("size", "The code is too small to scan. Print it at least %d mm wide.", int(mm))
}

// decode reads a picture with another program's decoder.
func (g *gray) decode() (string, bool) {
	for _, binarize := range []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer} {
		bitmap, err := gozxing.NewBinaryBitmap(binarize(luminance{g}))
		if err != nil {
			return "", false
		}
		for _, hints := range []map[gozxing.DecodeHintType]any{
			{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"},
			{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8", gozxing.DecodeHintType_TRY_HARDER: true},
			{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8", gozxing.DecodeHintType_PURE_BARCODE: true},
		} {
			if result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil {
				return result.GetText(), true
			}
		}
	}
	return "", false
}

// luminance hands a picture to the decoder without a copy.
type luminance struct{ *gray }

func (l luminance) GetRow(y int, row []byte) ([]byte, error) {
	return append(row[:0], l.pix[y*l.w:(y+1)*l.w]...), nil
}

func (l luminance) GetMatrix() []byte     { return append([]byte(nil), l.pix...) }
func (l luminance) GetWidth() int         { return l.w }
func (l luminance) GetHeight() int        { return l.w }
func (l luminance) IsCropSupported() bool { return false }
func (l luminance) Crop(_, _, _, _ int) (gozxing.LuminanceSource, error) {
	return nil, errNoCrop
}
func (l luminance) IsRotateSupported() bool { return false }
func (l luminance) RotateCounterClockwise() (gozxing.LuminanceSource, error) {
	return nil, errNoCrop
}
func (l luminance) RotateCounterClockwise45() (gozxing.LuminanceSource, error) {
	return nil, errNoCrop
}
func (l luminance) Invert() gozxing.LuminanceSource { return gozxing.LuminanceSourceInvert(l) }
func (l luminance) String() string                  { return "a QR code" }

var errNoCrop = fault.New(fault.Internal, "The picture of a code is read as a whole.")
