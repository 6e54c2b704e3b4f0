package pdf

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// Image is a picture in a document (ISO 32000-1, 8.9), embedded once however
// often it is drawn.
type Image struct {
	name string
	w, h int
	rgb  []byte
}

// Image puts a picture into the document. What it does not cover shows the
// ground: PDF's own transparency is more than printers' software can be trusted
// with.
func (d *Document) Image(img image.Image, ground color.Color) *Image {
	b := img.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	draw.Draw(flat, flat.Rect, img, b.Min, draw.Over)
	i := &Image{name: fmt.Sprintf("I%d", len(d.images)), w: b.Dx(), h: b.Dy(), rgb: make([]byte, 0, 3*b.Dx()*b.Dy())}
	for at := 0; at+3 < len(flat.Pix); at += 4 {
		i.rgb = append(i.rgb, flat.Pix[at:at+3]...)
	}
	d.images = append(d.images, i)
	return i
}

// drawImages writes all pictures and returns their part of the resources.
func (d *Document) drawImages() string {
	if len(d.images) == 0 {
		return ""
	}
	entries := ""
	for _, i := range d.images {
		n := d.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8", i.w, i.h), i.rgb)
		entries += fmt.Sprintf("/%s %d 0 R ", i.name, n)
	}
	return " /XObject << " + entries + ">>"
}
