package qr

import (
	"image"
	"image/color"
	"testing"
)

// A code is read from a photograph: off the middle, of any shape, grainy, on a
// coloured ground, and not where there is none.
func TestRead(t *testing.T) {
	const text = "https://wa.me/494055501234?text=Hello"
	made, err := New(text, M)
	if err != nil {
		t.Fatal(err)
	}
	symbol := made.plain()
	code := symbol.raster(symbol.Edge() * 9)
	tests := map[string]struct {
		size image.Point
		at   image.Point
		with color.Color
	}{
		"alone":             {image.Pt(code.w, code.w), image.Point{}, color.White},
		"in a corner":       {image.Pt(2400, 1700), image.Pt(2400-code.w-3, 1700-code.w-5), color.White},
		"upright":           {image.Pt(900, 2600), image.Pt(100, 1500), color.RGBA{0xee, 0xe0, 0xc0, 0xff}},
		"nothing behind it": {image.Pt(800, 800), image.Pt(60, 90), color.Transparent},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			picture := image.NewRGBA(image.Rectangle{Max: tt.size})
			for i := range tt.size.X * tt.size.Y {
				picture.Set(i%tt.size.X, i/tt.size.X, tt.with)
			}
			for i, v := range code.pix {
				grain := byte(i * 7919 % 23)
				picture.Set(tt.at.X+i%code.w, tt.at.Y+i/code.w, color.Gray{Y: min(v, 0xe0) + grain})
			}
			if got, ok := Read(picture); !ok || got != text {
				t.Errorf("read %q, %v", got, ok)
			}
		})
	}
	for name, empty := range map[string]image.Image{"white": image.NewRGBA(image.Rect(0, 0, 300, 200)), "nothing": image.NewGray(image.Rectangle{}), "one pixel": image.NewYCbCr(image.Rect(3, 3, 4, 4), image.YCbCrSubsampleRatio420)} {
		if got, ok := Read(empty); ok {
			t.Errorf("%s: read %q", name, got)
		}
	}
}
