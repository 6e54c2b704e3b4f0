// Package static holds the style sheets, scripts, pictures and the typeface of
// all pages, and serves them under names that carry their content's hash: an
// address never changes its bytes, so browsers keep it for ever, and the HTML
// that names it says exactly how it looked.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Prefix is the path under which Handler expects to be mounted.
const Prefix = "/static/"

//go:embed css js img font embed
var tree embed.FS

// A page loads one sheet: the parts are joined in the order of their layers.
var sheets = map[string][]string{
	"css/public.css": {"tokens", "base", "components", "public"},
	"css/admin.css":  {"tokens", "base", "components", "admin"},
	"css/sim.css":    {"tokens", "base", "components", "sim"},
}

// Asset is one file as it is served.
type Asset struct {
	Name string // as in the source tree: "css/public.css"
	URL  string // with the hash: "/static/css/public.3f2a9c01d4e5.css"
	Type string // its Content-Type
	Body []byte
	Gzip []byte // Body compressed, or nil where that saves nothing
}

type assets struct {
	byName map[string]*Asset
	byURL  map[string]*Asset
}

var all = sync.OnceValue(load)

func load() assets {
	a := assets{byName: make(map[string]*Asset), byURL: make(map[string]*Asset)}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".css" || path.Dir(name) == "embed" {
			return err
		}
		body, err := tree.ReadFile(name)
		if err != nil {
			return err
		}
		a.add(name, body)
		return nil
	})
	if err != nil {
		panic("static: " + err.Error()) // the tree is compiled in
	}
	for name, parts := range sheets {
		a.add(name, a.sheet(parts))
	}
	a.add("css/embed.css", shadowed(a.sheet(embedParts)))
	return a
}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssSpace   = regexp.MustCompile(`\s+`)
	cssAround  = regexp.MustCompile(`\s*([{};,>])\s*`)
	cssURL     = regexp.MustCompile(`url\("/static/([^"]+)"\)`)
)

// sheet joins the parts, takes out what only people need, and points url() at
// the hashed names. The sources hold no string in which white space matters.
func (a assets) sheet(parts []string) []byte {
	var b bytes.Buffer
	for _, part := range parts {
		body, err := tree.ReadFile("css/" + part + ".css")
		if err != nil {
			panic("static: " + err.Error())
		}
		b.Write(body)
	}
	css := cssComment.ReplaceAll(b.Bytes(), nil)
	css = cssSpace.ReplaceAll(css, []byte(" "))
	css = cssAround.ReplaceAll(css, []byte("$1"))
	css = bytes.ReplaceAll(css, []byte(";}"), []byte("}"))
	return cssURL.ReplaceAllFunc(bytes.TrimSpace(css), func(m []byte) []byte {
		name := string(cssURL.FindSubmatch(m)[1])
		asset, ok := a.byName[name]
		if !ok {
			panic("static: a style sheet names " + name + ", which does not exist")
		}
		return []byte(`url("` + asset.URL + `")`)
	})
}

func (a assets) add(name string, body []byte) {
	asset := &Asset{Name: name, URL: hashedURL(name, body), Type: contentType(name), Body: body, Gzip: compress(name, body)}
	a.byName[name] = asset
	a.byURL[asset.URL] = asset
}

func hashedURL(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

// contentType is a table of our own: the mime package reads the machine's.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	}
	return "text/plain; charset=utf-8"
}

func compress(name string, body []byte) []byte {
	if path.Ext(name) == ".woff2" || path.Ext(name) == ".png" {
		return nil // compressed already
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(body)                                  // a bytes.Buffer takes all
	_ = w.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// URL returns the address of the file, with its hash. It panics if there is no
// such file: names stand in the source and a test renders every page.
func URL(name string) string {
	asset, ok := all().byName[name]
	if !ok {
		panic("static: there is no " + name)
	}
	return asset.URL
}

// Lookup returns what is served at the address (a path that starts with
// Prefix), so that the files which a page named can be kept with its proof.
func Lookup(url string) (Asset, bool) {
	if asset, ok := all().byURL[url]; ok {
		return *asset, true
	}
	return brandAsset(url)
}

var named = regexp.MustCompile(`(?:href|src)="(` + Prefix + `[^"]+)"|url\("(` + Prefix + `[^"]+)"\)`)

// Named returns every file that the page names, and that those name in turn,
// in the order met: what has to be kept to show the page as it looked. Names
// that are not served now are left out.
func Named(page []byte) []Asset {
	var out []Asset
	seen := make(map[string]bool)
	var collect func([]byte)
	collect = func(text []byte) {
		for _, m := range named.FindAllSubmatch(text, -1) {
			url := string(m[1]) + string(m[2])
			if seen[url] {
				continue
			}
			seen[url] = true
			if asset, ok := Lookup(url); ok {
				out = append(out, asset)
				if path.Ext(url) == ".css" {
					collect(asset.Body)
				}
			}
		}
	}
	collect(page)
	return out
}

// Handler serves the files. Only hashed names exist; all else, directories
// included, is 404.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		asset, ok := Lookup(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", asset.Type)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // embeds on the business's own site use them
		h.Set("Access-Control-Allow-Origin", "*")             // and read the style sheets; all of it is public
		body := asset.Body
		if asset.Gzip != nil {
			h.Add("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = asset.Gzip
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the reader has gone: nobody to tell
		}
	})
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding = strings.TrimSpace(coding); !strings.EqualFold(coding, "gzip") && coding != "*" {
			continue
		}
		name, q, found := strings.Cut(strings.ReplaceAll(params, " ", ""), "=")
		if !found || !strings.EqualFold(name, "q") {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}
