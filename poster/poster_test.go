package poster_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"assent/fault"
	"assent/poster"
	"assent/qr"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

const link = "https://opt.example/q/7KX2M9Q"

var said = map[string]poster.Poster{
	"en": {
		Headline: "Fresh bread, and a word before it sells out",
		Call:     "Scan the code with your phone’s camera. WhatsApp opens with a message: send it, and choose what you want to hear about.",
		Or:       "Or open this address:",
		Small: []string{
			"I agree that Rosa Bakery GmbH sends me offers and news on WhatsApp, at most 4 a month. I can stop at any time by replying STOP.",
			"I agree that Rosa Bakery GmbH tells me on WhatsApp when my order is ready or late. I can stop at any time by replying STOP.",
			"Rosa Bakery GmbH, Musterstraße 1, 10115 Berlin · https://rosa.example/privacy",
		},
	},
	"de": {
		Headline: "Frisches Brot, und eine Nachricht, bevor es ausverkauft ist",
		Call:     "Scannen Sie den Code mit der Kamera Ihres Telefons. WhatsApp öffnet sich mit einer Nachricht: Senden Sie sie und wählen Sie, worüber wir Ihnen schreiben.",
		Or:       "Oder öffnen Sie diese Adresse:",
		Small: []string{
			"Ich stimme zu, dass die Rosa Bakery GmbH mir über WhatsApp Angebote und Neuigkeiten sendet, höchstens 4 im Monat. Ich kann das jederzeit beenden, indem ich STOP antworte.",
			"Ich stimme zu, dass die Rosa Bakery GmbH mir über WhatsApp sagt, wenn meine Bestellung fertig ist oder sich verspätet. Ich kann das jederzeit beenden, indem ich STOP antworte.",
			"Rosa Bakery GmbH, Musterstraße 1, 10115 Berlin · https://rosa.example/privacy",
		},
	},
	"ar": {
		RTL:      true,
		Headline: "خبز طازج، ورسالة قبل أن ينفد",
		Call:     "امسح الرمز بكاميرا هاتفك. يُفتح واتساب برسالة جاهزة: أرسلها واختر ما تود أن يصلك.",
		Or:       "أو افتح هذا العنوان:",
		Small: []string{
			"أوافق على أن ترسل لي شركة مخبز روزا عروضًا وأخبارًا عبر واتساب، بحد أقصى 4 رسائل في الشهر. يمكنني إيقافها في أي وقت بإرسال STOP.",
			"أوافق على أن تخبرني شركة مخبز روزا عبر واتساب عندما يجهز طلبي أو يتأخر. يمكنني إيقافها في أي وقت بإرسال STOP.",
			"Rosa Bakery GmbH, Musterstraße 1, 10115 Berlin · https://rosa.example/privacy",
		},
	},
}

func symbol(t testing.TB, change func(*qr.Design)) *qr.Symbol {
	t.Helper()
	d := qr.Plain(qr.H)
	d.Ink = color.RGBA{122, 31, 61, 255}
	if change != nil {
		change(&d)
	}
	s, err := qr.Compose(link, d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func lay(t testing.TB, template, lang string) *poster.Sheet {
	t.Helper()
	p := said[lang]
	p.Template, p.Lang, p.Business, p.Link, p.Symbol = template, lang, "Rosa Bakery", strings.TrimPrefix(link, "https://"), symbol(t, nil)
	s, err := poster.Lay(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every template in three languages becomes a PDF that other programs read, at
// its size, whose code another program's decoder reads from a picture of the page.
func TestPosters(t *testing.T) {
	for _, template := range poster.Templates() {
		for lang := range said {
			t.Run(template+" "+lang, func(t *testing.T) {
				t.Parallel()
				s := lay(t, template, lang)
				var b bytes.Buffer
				if err := s.PDF(&b); err != nil {
					t.Fatal(err)
				}
				for _, page := range raster(t, b.Bytes(), "150", template+"-"+lang)[:1] {
					if got := decode(t, page); got != link {
						t.Errorf("the page says %q", got)
					}
				}
				b.Reset()
				if err := s.PNG(&b, 0, 150); err != nil {
					t.Fatal(err)
				}
				img, err := png.Decode(&b)
				if err != nil {
					t.Fatal(err)
				}
				if got := decode(t, img); got != link {
					t.Errorf("the picture says %q", got)
				}
				if svg, err := s.SVG(0); err != nil || !bytes.Contains(svg, []byte("<path")) {
					t.Errorf("%v", err)
				}
				if _, err := s.SVG(s.Sides()); !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			})
		}
	}
}

func decode(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("no code is found: %v", err)
	}
	return result.GetText()
}

// raster has poppler draw the pages; qpdf, where it is there, checks the file.
func raster(t *testing.T, file []byte, dpi, name string) (pages []image.Image) {
	t.Helper()
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip("pdftoppm (Debian: poppler-utils) is not installed")
	}
	dir := t.TempDir()
	if keep := os.Getenv("ASSENT_TEST_KEEP"); keep != "" {
		dir = keep
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".pdf", file, 0o600); err != nil {
		t.Fatal(err)
	}
	if qpdf, err := exec.LookPath("qpdf"); err == nil {
		if out, err := exec.Command(qpdf, "--check", path+".pdf").CombinedOutput(); err != nil {
			t.Errorf("qpdf: %s", out)
		}
	}
	if out, err := exec.Command(tool, "-r", dpi, "-png", path+".pdf", path).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %s", out)
	}
	files, err := filepath.Glob(path + "-*.png")
	if err != nil || len(files) == 0 {
		t.Fatalf("no page: %v", err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, img)
	}
	return pages
}

// What does not fit, or does not scan, is refused with the field to change.
func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*poster.Poster)
		field  string
	}{
		"no such size":    {func(p *poster.Poster) { p.Template = "b5" }, "template"},
		"no headline":     {func(p *poster.Poster) { p.Headline = "" }, "headline"},
		"a long headline": {func(p *poster.Poster) { p.Headline = strings.Repeat("Bread ", 90) }, "headline"},
		"too many words":  {func(p *poster.Poster) { p.Small = []string{strings.Repeat("words and words ", 400)} }, "template"},
		"a long address":  {func(p *poster.Poster) { p.Symbol = longSymbol(t) }, "size"},
		"level L":         {func(p *poster.Poster) { p.Symbol = symbol(t, func(d *qr.Design) { d.Level = qr.L }) }, "ec"},
	} {
		p := said["en"]
		p.Template, p.Lang, p.Business, p.Link, p.Symbol = "card", "en", "Rosa", "opt.example/q/7KX2M9Q", symbol(t, nil)
		tt.change(&p)
		if _, err := poster.Lay(p); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != tt.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func longSymbol(t *testing.T) *qr.Symbol {
	s, err := qr.Compose("https://"+strings.Repeat("long.", 40)+"example/q/7KX2M9Q", qr.Plain(qr.H))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The same poster makes the same bytes.
func TestReproducible(t *testing.T) {
	var a, b bytes.Buffer
	if err := lay(t, "a5", "de").PDF(&a); err != nil {
		t.Fatal(err)
	}
	if err := lay(t, "a5", "de").PDF(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two runs differ")
	}
}
