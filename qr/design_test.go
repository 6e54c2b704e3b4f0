package qr_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"assent/fault"
	"assent/qr"
)

// logo is a picture that is dark and light, as logos are.
func logo() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 120, 90))
	for y := range 90 {
		for x := range 120 {
			c := color.RGBA{180, 30, 60, 255}
			if (x/15+y/15)%3 == 0 {
				c = color.RGBA{20, 20, 20, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func rgb(r, g, b uint8) color.RGBA { return color.RGBA{r, g, b, 255} }

const short = "https://opt.example/q/7KX2M9Q"

// Every design that is let out is read by the decoder at its size; those that are
// refused say which setting is to be changed.
func TestScan(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*qr.Design)
		mm     float64
		field  string // of the fault; empty: it scans
	}{
		"plain":                 {nil, 30, ""},
		"a business card":       {nil, 25, ""},
		"a poster":              {nil, 120, ""},
		"a stamp":               {nil, 12, "size"},
		"a wide quiet zone":     {func(d *qr.Design) { d.Quiet = 8 }, 60, ""},
		"no quiet zone":         {func(d *qr.Design) { d.Quiet = 1 }, 60, "quiet"},
		"dark green on cream":   {func(d *qr.Design) { d.Ink, d.Ground = rgb(12, 74, 52), rgb(255, 248, 231) }, 40, ""},
		"inverted":              {func(d *qr.Design) { d.Ink, d.Ground = d.Ground, d.Ink }, 60, "ink"},
		"grey on grey":          {func(d *qr.Design) { d.Ink, d.Ground = rgb(130, 130, 130), rgb(200, 200, 200) }, 60, "ink"},
		"orange on white":       {func(d *qr.Design) { d.Ink = rgb(255, 150, 0) }, 60, "ink"},
		"the same colour":       {func(d *qr.Design) { d.Ink = d.Ground }, 60, "ink"},
		"a logo":                {func(d *qr.Design) { d.Logo, d.Share = logo(), qr.DefaultShare }, 50, ""},
		"a large logo":          {func(d *qr.Design) { d.Logo, d.Share = logo(), qr.MaxLogo }, 50, "share"},
		"a logo on level M":     {func(d *qr.Design) { d.Logo, d.Share, d.Level = logo(), qr.DefaultShare, qr.M }, 50, "share"},
		"a logo over half":      {func(d *qr.Design) { d.Logo, d.Share = logo(), 50 }, 50, "share"},
		"level L does not last": {func(d *qr.Design) { d.Level = qr.L }, 60, "ec"},
	} {
		t.Run(name, func(t *testing.T) {
			d := qr.Plain(qr.H)
			if tt.change != nil {
				tt.change(&d)
			}
			s, err := qr.Compose(short, d)
			if err == nil {
				err = s.Scan(tt.mm)
			}
			if tt.field == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tt.field != "" && (!fault.Is(err, fault.Invalid) || fault.FieldOf(err) != tt.field) {
				t.Errorf("%v, want a fault in %s", err, tt.field)
			}
		})
	}
}

// The codes of many addresses last at level H, also where a tenth is hidden.
func TestScanMany(t *testing.T) {
	for i := range 120 {
		text := fmt.Sprintf("https://%s.example/q/%07X", strings.Repeat("a", 3+i%20), i*7919)
		s, err := qr.Compose(text, qr.Plain(qr.H))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Scan(36); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestScanPixels(t *testing.T) {
	s, err := qr.Compose(short, qr.Plain(qr.L))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ScanPixels(300); err != nil {
		t.Error(err)
	}
	if err := s.ScanPixels(20); fault.FieldOf(err) != "size" {
		t.Error(err)
	}
}

// What Image and SVG draw is what was read: the test's own decoder agrees.
func TestDesignDraws(t *testing.T) {
	d := qr.Plain(qr.H)
	d.Ink, d.Ground, d.Quiet, d.Logo, d.Share = rgb(12, 74, 52), rgb(255, 248, 231), 6, logo(), 16
	s, err := qr.Compose(short, d)
	if err != nil {
		t.Fatal(err)
	}
	img, err := s.Image(700)
	if err != nil {
		t.Fatal(err)
	}
	if got := decode(t, img); got != short {
		t.Errorf("says %q", got)
	}
	if got := color.RGBAModel.Convert(img.At(1, 1)); got != d.Ground {
		t.Errorf("the ground is %v", got)
	}
	svg := s.SVG(short)
	if err := xml.Unmarshal(svg, new(struct{ XMLName xml.Name })); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(svg, []byte(`#0c4a34`)) || !bytes.Contains(svg, []byte(`<image `)) {
		t.Errorf("%.300s", svg)
	}
}

func TestParseColour(t *testing.T) {
	if c, err := qr.ParseColour("ink", "#0c4a34"); err != nil || c != rgb(12, 74, 52) {
		t.Errorf("%v %v", c, err)
	}
	for _, s := range []string{"", "0c4a34", "#0c4", "#0c4a3g", "#0c4a345", "#-c4a34", "red"} {
		if _, err := qr.ParseColour("ink", s); fault.FieldOf(err) != "ink" {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// A second opinion, where it is installed.
func TestZbarReads(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip("zbarimg (Debian: zbar-tools) is not installed")
	}
	for _, d := range []qr.Design{qr.Plain(qr.M), qr.Plain(qr.H), {Level: qr.H, Quiet: 5, Ink: rgb(12, 74, 52), Ground: rgb(255, 248, 231), Logo: logo(), Share: 16}} {
		s, err := qr.Compose(short, d)
		if err != nil {
			t.Fatal(err)
		}
		img, err := s.Image(500)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "code.png")
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(zbar, "--raw", "-q", file).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != short {
			t.Errorf("zbar says %q, %v", got, err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	for b.Loop() {
		s, err := qr.Compose(short, qr.Plain(qr.H))
		if err == nil {
			err = s.Scan(30)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompose(b *testing.B) {
	for b.Loop() {
		if _, err := qr.Compose(short, qr.Plain(qr.H)); err != nil {
			b.Fatal(err)
		}
	}
}
