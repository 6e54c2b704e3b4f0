package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"assent/static"
)

func get(t *testing.T, method, url, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = url
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestServes(t *testing.T) {
	for name, kind := range map[string]string{
		"css/public.css":   "text/css; charset=utf-8",
		"css/admin.css":    "text/css; charset=utf-8",
		"css/sim.css":      "text/css; charset=utf-8",
		"js/live.js":       "text/javascript; charset=utf-8",
		"img/icon.svg":     "image/svg+xml",
		"font/serif.woff2": "font/woff2",
		"font/OFL.txt":     "text/plain; charset=utf-8",
	} {
		t.Run(name, func(t *testing.T) {
			url := static.URL(name)
			if !regexp.MustCompile(`^/static/[a-z]+/[A-Za-z]+\.[0-9a-f]{12}\.[a-z0-9]+$`).MatchString(url) {
				t.Errorf("URL %q carries no hash", url)
			}
			plain := get(t, "GET", url, "")
			if plain.StatusCode != 200 || plain.Header.Get("Content-Type") != kind {
				t.Errorf("%d %s", plain.StatusCode, plain.Header.Get("Content-Type"))
			}
			if c := plain.Header.Get("Cache-Control"); !strings.Contains(c, "immutable") || !strings.Contains(c, "max-age=31536000") {
				t.Errorf("Cache-Control %q", c)
			}
			if plain.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Error("the type may be guessed at")
			}
			want := body(t, plain)
			zipped := get(t, "GET", url, "br;q=1, gzip;q=0.5")
			got := body(t, zipped)
			if zipped.Header.Get("Content-Encoding") == "gzip" {
				r, err := gzip.NewReader(bytes.NewReader(got))
				if err != nil {
					t.Fatal(err)
				}
				if got, err = io.ReadAll(r); err != nil {
					t.Fatal(err)
				}
			} else if strings.HasPrefix(kind, "text/css") {
				t.Error("a style sheet goes out uncompressed")
			}
			if !bytes.Equal(got, want) {
				t.Error("compressed and plain differ")
			}
			if head := get(t, "HEAD", url, ""); head.StatusCode != 200 || len(body(t, head)) != 0 || head.ContentLength <= 0 {
				t.Errorf("HEAD: %d, %d bytes", head.StatusCode, head.ContentLength)
			}
			if asset, ok := static.Lookup(url); !ok || asset.Name != name || !bytes.Equal(asset.Body, want) {
				t.Error("Lookup does not find what is served")
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	brand := static.BrandURL("#b4481e")
	if static.EmbedBrandURL("#b4481e") == brand || static.EmbedBrandURL("red") != "" {
		t.Error("the sheets of a colour are mixed up")
	}
	for _, url := range []string{"/static/", "/static/css", "/static/css/", "/static/css/public.css", "/static/css/tokens.css",
		"/static/css/public.000000000000.css", "/static/../static.go", "/static/js/../css/public.css", "/", "",
		"/static/brand/", "/static/brand/zzzzzz.css", "/static/brand/b4481e.css", "/static/brand/B4481E" + brand[len("/static/brand/b4481e"):],
		brand + "/", "/static/brand/\x00"} {
		if r := get(t, "GET", url, "gzip"); r.StatusCode != http.StatusNotFound {
			t.Errorf("GET %q: %d", url, r.StatusCode)
		}
	}
	if r := get(t, "POST", static.URL("css/public.css"), ""); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") == "" {
		t.Errorf("POST: %d", r.StatusCode)
	}
	for _, refuse := range []string{"identity", "gzip;q=0", "gzip; q=0.0", "br"} {
		if r := get(t, "GET", static.URL("css/public.css"), refuse); r.Header.Get("Content-Encoding") != "" {
			t.Errorf("Accept-Encoding %q is answered with gzip", refuse)
		}
	}
}

func TestUnknownNamePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	static.URL("css/none.css")
}

// The sheets are whole: every brace closes, every property that is asked for
// is set, and files are named by their hashes.
func TestSheets(t *testing.T) {
	set := regexp.MustCompile(`(--[a-z0-9-]+):`)
	asked := regexp.MustCompile(`var\((--[a-z0-9-]+)\)`)
	for _, name := range []string{"css/public.css", "css/admin.css", "css/sim.css"} {
		asset, _ := static.Lookup(static.URL(name))
		css := string(asset.Body)
		if o, c := strings.Count(css, "{"), strings.Count(css, "}"); o != c || o < 50 {
			t.Errorf("%s: %d braces open, %d close", name, o, c)
		}
		if !strings.HasPrefix(css, "@layer tokens,base,components,pages;") {
			t.Errorf("%s does not begin with the order of its layers: %.60s", name, css)
		}
		known := make(map[string]bool)
		for _, m := range set.FindAllStringSubmatch(css, -1) {
			known[m[1]] = true
		}
		for _, m := range asked.FindAllStringSubmatch(css, -1) {
			if !known[m[1]] {
				t.Errorf("%s asks for %s, which nothing sets", name, m[1])
			}
		}
		if strings.Contains(css, "/*") || strings.Contains(css, "http:") || strings.Contains(css, "https:") {
			t.Errorf("%s holds a comment or a foreign address", name)
		}
		if !strings.Contains(css, `url("`+static.URL("font/serif.woff2")+`")`) {
			t.Errorf("%s does not name the typeface by its hash", name)
		}
	}
}

// Left and right are for the reader's language to decide.
func TestLogicalPropertiesOnly(t *testing.T) {
	physical := regexp.MustCompile(`(?m)(?:[{;\s])((?:margin|padding|border)-(?:left|right|top|bottom)|(?:left|right|top|bottom|width|height|min-width|max-width|min-height|max-height)|text-align: (?:left|right)|float|inset: [^;]+ [^;]+)\s*:`)
	for _, part := range []string{"tokens", "base", "components", "public", "admin", "sim", "embed"} {
		css, err := os.ReadFile("css/" + part + ".css")
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`@media[^{]*\{`).ReplaceAllString(string(css), "")
		for _, m := range physical.FindAllStringSubmatch(text, -1) {
			t.Errorf("%s.css: %s", part, m[1])
		}
	}
}

func TestNoScriptReachesOut(t *testing.T) {
	for _, name := range []string{"js/live.js", "js/admin.js", "js/sim.js", "js/frame.js"} {
		asset, _ := static.Lookup(static.URL(name))
		for _, bad := range []string{"http://", "https://", "eval(", "innerHTML", "document.write", "import "} {
			if strings.Contains(string(asset.Body), bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
}

func TestSerifIsSmall(t *testing.T) {
	asset, _ := static.Lookup(static.URL("font/serif.woff2"))
	if n := len(asset.Body); n > 12<<10 {
		t.Errorf("%d bytes, at most 12 KiB", n)
	}
}
