package qr

import (
	"image"
	"image/color"
)

// photoSides are the sizes in which a picture is looked at, in pixels of its longer
// side: a camera's grain disappears in the smaller one.
var photoSides = []int{1400, 700}

// Read reads the code in a picture that somebody took or saved: a photograph of
// a poster, or a picture of a screen.
func Read(picture image.Image) (text string, ok bool) {
	for _, side := range photoSides {
		if text, ok := photo(picture, side).decode(); ok {
			return text, true
		}
	}
	return "", false
}

// photo returns the picture in grey on a white square, its longer side at most so
// long, each pixel the mean of what it covers.
func photo(picture image.Image, side int) *gray {
	b := picture.Bounds()
	longer := max(b.Dx(), b.Dy(), 1)
	side = min(side, longer)
	g := newGray(side)
	for y := range side {
		for x := range side {
			g.pix[y*side+x] = mean(picture, b, x*longer/side, y*longer/side, (x+1)*longer/side, (y+1)*longer/side)
		}
	}
	return g
}

// mean returns how light a part of the picture is; white where it is outside.
func mean(picture image.Image, b image.Rectangle, left, top, right, bottom int) byte {
	sum, n := 0, 0
	for y := b.Min.Y + top; y < min(b.Min.Y+bottom, b.Max.Y); y++ {
		for x := b.Min.X + left; x < min(b.Min.X+right, b.Max.X); x++ {
			sum += int(lightness(picture, x, y))
			n++
		}
	}
	if n == 0 {
		return 0xff
	}
	return byte(sum / n)
}

// lightness is that of a pixel as it looks on white paper.
func lightness(picture image.Image, x, y int) byte {
	switch p := picture.(type) {
	case *image.Gray:
		return p.GrayAt(x, y).Y
	case *image.YCbCr: // as cameras write it: no need to mix colours
		return p.Y[p.YOffset(x, y)]
	}
	r, g, b, a := picture.At(x, y).RGBA()
	white := 0xffff - a
	return color.GrayModel.Convert(color.RGBA64{R: uint16(r + white), G: uint16(g + white), B: uint16(b + white), A: 0xffff}).(color.Gray).Y
}
