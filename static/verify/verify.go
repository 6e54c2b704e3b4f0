// Package verify holds the style and the script of the page /verify, made of
// the product's own style sheet and of the verifier in docs/verify, so that the
// page is one file that works from a disk.
package verify

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"regexp"
	"strings"
	"sync"

	verifier "assent/docs/verify"
	"assent/static"
)

//go:embed page.css
var sheet string

//go:embed page.mjs
var script string

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	space   = regexp.MustCompile(`\s+`)
	font    = regexp.MustCompile(`url\("(` + static.Prefix + `font/[^"]+)"\)`)
)

// Style returns the style sheet: that of public pages, its typeface inside.
var Style = sync.OnceValue(func() string {
	public, _ := static.Lookup(static.URL("css/public.css"))
	css := font.ReplaceAllStringFunc(string(public.Body), func(m string) string {
		file, _ := static.Lookup(font.FindStringSubmatch(m)[1])
		return `url("data:font/woff2;base64,` + base64.StdEncoding.EncodeToString(file.Body) + `")`
	})
	return css + strings.TrimSpace(space.ReplaceAllString(comment.ReplaceAllString(sheet, ""), " "))
})

// Script returns the script, a module.
var Script = sync.OnceValue(func() string { return verifier.Source() + "\n" + script })

// Policy returns the Content-Security-Policy of the page: its own script and
// style by their hashes, and no way out.
var Policy = sync.OnceValue(func() string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + hash(Script()) + "; style-src " + hash(Style()) +
		"; font-src data:; img-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
})
