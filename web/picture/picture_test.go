package picture_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"assent/fault"
	"assent/web/picture"
)

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMake(t *testing.T) {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 3000, 1500)), nil); err != nil {
		t.Fatal(err)
	}
	// An APP1 segment, in which cameras write where they were.
	exif := append([]byte("\xff\xd8\xff\xe1\x00\x0aExif\x00\x00GP"), photo.Bytes()[2:]...)
	huge := pngOf(t, 1, 1)
	copy(huge[16:24], []byte{0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff})
	for _, tt := range []struct {
		name  string
		raw   []byte
		logo  bool
		kind  string
		w, h  int
		field string
	}{
		{"a logo", pngOf(t, 960, 240), true, "image/png", 480, 120, ""},
		{"a small logo", pngOf(t, 20, 10), true, "image/png", 20, 10, ""},
		{"a photo", exif, false, "image/jpeg", 1184, 592, ""},
		{"an SVG", []byte("<svg/>"), true, "", 0, 0, "kind"},
		{"a GIF", []byte("GIF89a"), true, "", 0, 0, "kind"},
		{"nothing", nil, true, "", 0, 0, "kind"},
		{"half a PNG", pngOf(t, 9, 9)[:40], true, "", 0, 0, "kind"},
		{"more pixels than memory", huge, true, "", 0, 0, "kind"}, // its checksum is wrong
		{"very many pixels", pngOf(t, 13_000, 1), true, "", 0, 0, "pixels"},
		{"very many bytes", make([]byte, picture.MaxBytes+1), true, "", 0, 0, "bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := picture.Make(tt.raw, tt.logo)
			if fault.FieldOf(err) != tt.field || m.Type != tt.kind || m.Width != tt.w || m.Height != tt.h {
				t.Errorf("%s %d×%d, %v", m.Type, m.Width, m.Height, err)
			}
			if bytes.Contains(m.Body, []byte("Exif")) {
				t.Error("what the camera wrote is kept")
			}
		})
	}
}

func FuzzMake(f *testing.F) {
	f.Add(pngOf(f, 3, 3), true)
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "), false)
	f.Fuzz(func(t *testing.T, raw []byte, logo bool) {
		m, err := picture.Make(raw, logo)
		if err != nil {
			return
		}
		if _, kind, err := image.DecodeConfig(bytes.NewReader(m.Body)); err != nil || "image/"+kind != m.Type {
			t.Errorf("made a %s that is %s: %v", m.Type, kind, err)
		}
	})
}
