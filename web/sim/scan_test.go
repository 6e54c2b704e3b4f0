package sim

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
	"unicode/utf8"

	"assent/fault"
	"assent/qr"
)

// drawn is a code as a picture of the format.
func drawn(t testing.TB, text, format string) []byte {
	t.Helper()
	code, err := qr.New(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const scale, quiet = 6, 4
	n := (code.Size() + 2*quiet) * scale
	img := image.NewGray(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			light := color.Gray{Y: 255}
			if mx, my := x/scale-quiet, y/scale-quiet; mx >= 0 && my >= 0 && mx < code.Size() && my < code.Size() && code.Dark(mx, my) {
				light.Y = 0
			}
			img.SetGray(x, y, light)
		}
	}
	var b bytes.Buffer
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const link = "https://wa.me/494055501234?text=Hello"

func TestReadCode(t *testing.T) {
	for _, format := range []string{"png", "jpeg", "gif"} {
		if text, err := readCode(drawn(t, link, format)); err != nil || text != link {
			t.Errorf("%s: %q, %v", format, text, err)
		}
	}
	for name, raw := range map[string][]byte{"nothing": nil, "words": []byte("no picture"), "too many bytes": append(drawn(t, link, "png"), make([]byte, MaxPicture)...), "cut": drawn(t, link, "png")[:200]} {
		if text, err := readCode(raw); fault.FieldOf(err) != "picture" || text != "" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	// A picture that unfolds to more than a picture has is not decoded: the header alone says so.
	huge := drawn(t, link, "png")
	copy(huge[16:], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff})
	if _, err := readCode(huge); fault.FieldOf(err) != "picture" {
		t.Errorf("a picture of 65535 by 65535: %v", err)
	}
}

// Whatever a file holds, it is a text, or one of two sentences.
func FuzzReadCode(f *testing.F) {
	for _, format := range []string{"png", "jpeg", "gif"} {
		raw := drawn(f, link, format)
		f.Add(raw)
		f.Add(raw[:len(raw)/2])
	}
	f.Add([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := readCode(raw)
		switch {
		case err == nil && (text == "" || !utf8.ValidString(text)):
			t.Errorf("read %q", text)
		case err != nil && fault.FieldOf(err) != "picture" && fault.FieldOf(err) != "code":
			t.Errorf("%v", err)
		}
	})
}
