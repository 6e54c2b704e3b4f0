package gallery

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assent/locale"
	"assent/static"
	"assent/views/layout"
	"assent/views/public"
	"assent/views/ui"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t testing.TB, c templ.Component) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// everyPage runs f for each exhibit in each language in which it can be shown.
func everyPage(t *testing.T, f func(t *testing.T, e Exhibit, l locale.Localizer, page []byte)) {
	for _, e := range Exhibits() {
		for _, tag := range e.Tags() {
			t.Run(e.Name+"/"+tag, func(t *testing.T) {
				l := e.In(tag)
				f(t, e, l, render(t, e.Render(l)))
			})
		}
	}
}

var (
	hashed   = regexp.MustCompile(`\.[0-9a-f]{12}\.`)
	between  = regexp.MustCompile(`><`)
	drawn    = regexp.MustCompile(` d="M[^"]{200,}"`)
	mirrored = []string{"landing", "confirm", "consents", "phone"} // kept in Arabic too
)

// Golden files show in review what a change does to the pages. Names' hashes
// and the drawings of QR codes are left out; they have tests of their own.
func TestGolden(t *testing.T) {
	everyPage(t, func(t *testing.T, e Exhibit, l locale.Localizer, page []byte) {
		if l.Tag() != "en" && (l.Tag() != "ar" || !slices.Contains(mirrored, e.Name)) {
			return
		}
		got := between.ReplaceAllString(string(page), ">\n<")
		got = drawn.ReplaceAllString(hashed.ReplaceAllString(got, ".hash."), ` d="…"`) + "\n"
		name := filepath.Join("testdata", e.Name+"."+l.Tag()+".html")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("%v (run with -update)", err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", name, diff)
		}
	})
}

func TestGoldenHasNoStrangers(t *testing.T) {
	files, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, _, _ := strings.Cut(filepath.Base(f), ".")
		if _, ok := Find(name); !ok {
			t.Errorf("%s belongs to no exhibit", f)
		}
	}
}

func TestDeterministic(t *testing.T) {
	everyPage(t, func(t *testing.T, e Exhibit, l locale.Localizer, page []byte) {
		if !bytes.Equal(page, render(t, e.Render(l))) {
			t.Error("two renderings differ")
		}
	})
}

// A page as first served is its canonical rendering and one hidden input.
func TestCanonical(t *testing.T) {
	for _, tag := range locale.Tags() {
		l := locale.For(tag)
		p := landingErrors(l)
		canonical := render(t, public.LandingPage(p.Canonical()))
		q := p.Canonical()
		q.Entry.Shown = "signed.value"
		served := render(t, public.LandingPage(q))
		input := []byte(`<input type="hidden" name="shown" value="signed.value">`)
		if bytes.Count(served, input) != 1 {
			t.Fatalf("%s: the hidden input is not there once", tag)
		}
		squeeze := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("> <"), []byte("><")) }
		if !bytes.Equal(squeeze(bytes.Replace(served, input, nil, 1)), squeeze(canonical)) {
			t.Errorf("%s: served and canonical differ by more than the hidden input", tag)
		}
		for _, perRequest := range []string{"0170 123", "signed.value", "c-error", "aria-invalid", "checked"} {
			if bytes.Contains(canonical, []byte(perRequest)) {
				t.Errorf("%s: the canonical page holds %q", tag, perRequest)
			}
		}
		for _, purpose := range p.Purposes {
			if !strings.Contains(html.UnescapeString(string(canonical)), purpose.Words) {
				t.Errorf("%s: the words of %s are not verbatim", tag, purpose.Key)
			}
		}
	}
}

func zipped(t testing.TB, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// weight is what a browser loads for the page, compressed.
func weight(t testing.TB, page []byte) (all, scripts int) {
	t.Helper()
	all = zipped(t, page)
	for _, a := range static.Named(page) {
		n := len(a.Body)
		if a.Gzip != nil {
			n = len(a.Gzip)
		}
		all += n
		if ext := filepath.Ext(a.Name); ext == ".js" || ext == ".css" {
			scripts += n
		}
	}
	return all, scripts
}

// Every file that a page names is served.
func TestAssetsAreThere(t *testing.T) {
	named := regexp.MustCompile(`"(/static/[^"]+)"`)
	everyPage(t, func(t *testing.T, _ Exhibit, _ locale.Localizer, page []byte) {
		have := make(map[string]bool)
		for _, a := range static.Named(page) {
			have[a.Name] = true
		}
		if !have["font/serif.woff2"] {
			t.Error("the typeface, named by the sheet, is not found")
		}
		for _, m := range named.FindAllSubmatch(page, -1) {
			if _, ok := static.Lookup(string(m[1])); !ok {
				t.Errorf("%s is not served", m[1])
			}
		}
	})
}

// heaviest is the landing page with all that it can have, but for the work that a
// funnel may ask for: logo, picture, further text, each kind of field, an age, and
// more purposes than anybody reads. The business's own pictures are named and not
// weighed.
func heaviest(l locale.Localizer) public.Landing {
	c, p := of(l), landingFull(l)
	p.Entry.Shown = strings.Repeat(checksum, 8) // as long as it is served
	p.Business.LogoURL, p.Business.Radius, p.Business.Font = "/static/upload/picture.0123456789ab.png", "round", "serif"
	p.Hero = public.Picture{URL: "/static/upload/picture.ba9876543210.jpg", Full: "https://opt.example/static/upload/picture.ba9876543210.jpg", Alt: c.offers, Width: 1184, Height: 480}
	p.Body, p.Age, p.Languages = public.Published("<p>"+c.text+"</p><ul><li>"+c.offers+"</li><li>"+c.orders+"</li></ul>"), c.small, languages(l, []string{"en", "de", "ar"})
	for i, words := range []string{c.offersWords, c.ordersWords, c.statusWords, c.text} {
		p.Purposes = append(p.Purposes, public.Purpose{Key: fmt.Sprint("more", i), Title: c.offers, Words: words})
	}
	for i, kind := range []string{"text", "email", "date", "choice", "text", "email", "date", "choice"} {
		p.Fields = append(p.Fields, public.Field{Key: fmt.Sprint("field", i), Kind: kind, Label: c.orders, Hint: c.small, Options: []ui.Option{{Value: "o1", Label: c.offers}, {Value: "o2", Label: c.orders}}})
	}
	return p
}

// before are the files without which a browser shows nothing of a page: the page
// and its style sheets. Scripts, the typeface and pictures come while it is read.
func before(page []byte) int {
	n := 1
	for _, a := range static.Named(page) {
		if filepath.Ext(a.Name) == ".css" {
			n++
		}
	}
	return n
}

func TestBudgets(t *testing.T) {
	for _, tag := range locale.Tags() {
		l := locale.For(tag)
		p := heaviest(l)
		p.Countries = nil
		for a := 'A'; a <= 'Z'; a++ { // as many as there are, and more
			for b := 'A'; b <= 'J'; b++ {
				iso := string([]rune{a, b})
				p.Countries = append(p.Countries, public.Country{Code: iso, Name: l.Country(iso), Dial: "49"})
			}
		}
		page := render(t, public.LandingPage(p))
		if all, _ := weight(t, page); all > 30_000 {
			t.Errorf("%s: the landing page weighs %d bytes, at most 30,000", tag, all)
		} else {
			t.Logf("%s: landing page %d bytes, itself %d", tag, all, zipped(t, page))
		}
		if n := before(page); n != 3 {
			t.Errorf("%s: %d requests before it shows, want the page, its sheet and the sheet of its colour", tag, n)
		}
	}
	for _, name := range []string{"consents", "person", "phone"} {
		e, _ := Find(name)
		if _, scripts := weight(t, render(t, e.Render(locale.For("en")))); scripts > 60_000 || scripts == 0 {
			t.Errorf("%s: styles and scripts weigh %d bytes, at most 60,000", name, scripts)
		}
	}
}

func TestIndexLeadsEverywhere(t *testing.T) {
	page := string(render(t, Index(layout.Admin{Loc: locale.For("en")}, "/dev/gallery")))
	for _, e := range Exhibits() {
		if !strings.Contains(page, `href="/dev/gallery/`+e.Name+`?lang=en"`) {
			t.Errorf("no way to %s", e.Name)
		}
	}
	if _, ok := Find("none"); ok {
		t.Error("Find finds what is not there")
	}
}
