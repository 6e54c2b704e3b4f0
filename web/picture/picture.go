// Package picture makes pictures that come from outside into pictures that are
// safe to serve: they are known by what they are and not by what they are
// called, decoded, made small enough for a page, and written anew, so that
// nothing but the pixels is left of them.
package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"assent/fault"
)

// The bounds of what is taken.
const (
	MaxBytes  = 5 << 20
	maxPixels = 24_000_000
	maxSide   = 12_000
)

// The widths and heights to which pictures are made small.
const (
	logoSide = 480
	heroSide = 1184 // the column's width on a screen with two dots per pixel
)

// What is wrong with a picture, by the fault's field: kind, bytes or pixels.
var (
	ErrKind   = fault.Field("kind", "Upload a PNG, JPEG or WebP picture.")
	errBytes  = fault.Field("bytes", "The picture has too many bytes.")
	errPixels = fault.Field("pixels", "The picture is too large.")
)

// Made is a picture as it is kept and served.
type Made struct {
	Type          string
	Body          []byte
	Width, Height int
}

// formats are what is taken, by how the bytes begin.
var formats = []struct {
	begins string
	at     int
	config func(*bytes.Reader) (image.Config, error)
	decode func(*bytes.Reader) (image.Image, error)
}{
	{"\x89PNG\r\n\x1a\n", 0, func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) }, func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }},
	{"\xff\xd8\xff", 0, func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) }, func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }},
	{"WEBP", 8, func(r *bytes.Reader) (image.Config, error) { return webp.DecodeConfig(r) }, func(r *bytes.Reader) (image.Image, error) { return webp.Decode(r) }},
}

// Make makes a picture: a logo keeps its transparency and becomes a PNG, another
// becomes a JPEG. How large it is is read before anything is decoded.
func Make(raw []byte, logo bool) (m Made, err error) {
	if len(raw) > MaxBytes {
		return m, errBytes
	}
	for _, f := range formats {
		if len(raw) < f.at+len(f.begins) || string(raw[f.at:f.at+len(f.begins)]) != f.begins {
			continue
		}
		c, err := f.config(bytes.NewReader(raw))
		if err != nil {
			return m, ErrKind.Because(err)
		}
		if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
			return m, errPixels
		}
		img, err := f.decode(bytes.NewReader(raw))
		if err != nil {
			return m, ErrKind.Because(err)
		}
		return write(img, logo)
	}
	return m, ErrKind
}

func write(img image.Image, logo bool) (m Made, err error) {
	side := heroSide
	if logo {
		side = logoSide
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if large := max(w, h); large > side {
		w, h = max(1, w*side/large), max(1, h*side/large)
	}
	small := image.NewNRGBA(image.Rect(0, 0, w, h))
	if !logo { // a JPEG has no transparency: what is clear is paper
		draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	}
	draw.CatmullRom.Scale(small, small.Bounds(), img, img.Bounds(), draw.Over, nil)
	m = Made{Type: "image/png", Width: w, Height: h}
	var b bytes.Buffer
	if logo {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small)
	} else {
		m.Type = "image/jpeg"
		err = jpeg.Encode(&b, small, &jpeg.Options{Quality: 82})
	}
	m.Body = b.Bytes()
	return m, err
}
