package static_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"assent/static"
)

// frozen are the hashes of the embed scripts by version. Pages of others name them
// in their integrity attributes, so none ever changes: what is better is the next
// version.
var frozen = map[int]string{
	1: "sha384-cq+yH+LYOaefCCdvUcyxRN1Gsf8noPsh7SHiPvQYKlATIqmE7HwkbY+2i1GLQajl",
	2: "sha384-pP2QDJElHi1YhRHKZeV4y1QOYh1QNOWcMlmcTVvarcvimnx0+A4OQpfoP2x0s8Ji",
}

func TestEmbedIsFrozen(t *testing.T) {
	all := static.Embeds()
	if len(all) != len(frozen) || static.Embed().URL != all[static.EmbedVersion].URL {
		t.Errorf("%d versions", len(all))
	}
	for v, script := range all {
		if got := script.Integrity(); got != frozen[v] {
			t.Errorf("version %d: the script's hash is %s, and pages out there expect %s", v, got, frozen[v])
		}
	}
}

// The budget of architecture: 8 kB compressed.
func TestEmbedIsSmall(t *testing.T) {
	for v, script := range static.Embeds() {
		if n := len(script.Gzip); n == 0 || n > 8000 {
			t.Errorf("version %d: %d bytes compressed", v, n)
		} else {
			t.Logf("version %d: %d bytes compressed", v, n)
		}
		if script.URL != fmt.Sprintf("/embed/v%d/assent.js", v) || script.Type != "text/javascript; charset=utf-8" {
			t.Errorf("%s %s", script.URL, script.Type)
		}
	}
}

func TestEmbedAsksNobodyElse(t *testing.T) {
	for v, script := range static.Embeds() {
		code := regexp.MustCompile(`(?s)/\*.*?\*/|(?m:^\s*//.*$)`).ReplaceAllString(string(script.Body), "")
		for _, bad := range []string{"http://", "https://", "eval(", "innerHTML", "document.write", "import ", "fetch(", "cookie", "localStorage", "sessionStorage", "window.assent", "JSON."} {
			if strings.Contains(code, bad) {
				t.Errorf("version %d holds %q", v, bad)
			}
		}
	}
}

// The sheet of a shadow root says nothing of a document, hangs on no type of the
// page, and lets the page's own properties come first.
func TestEmbedSheet(t *testing.T) {
	asset, _ := static.Lookup(static.URL("css/embed.css"))
	css := string(asset.Body)
	if o, c := strings.Count(css, "{"), strings.Count(css, "}"); o != c || o < 50 {
		t.Errorf("%d braces open, %d close", o, c)
	}
	for _, bad := range []string{":root", "@font-face", "url(", "/*", "@media (prefers-color-scheme: dark){.e-root"} {
		if strings.Contains(css, bad) {
			t.Errorf("it holds %q", bad)
		}
	}
	if m := regexp.MustCompile(`[0-9]rem`).FindString(css); m != "" {
		t.Errorf("a length hangs on the page's type: %s", m)
	}
	for _, must := range []string{
		"--act:var(--assent-accent, var(--blue-6))", "--on-act:var(--assent-on-accent, #ffffff)", "--radius:var(--assent-radius, 6px)", "--text:var(--assent-font, system-ui", "--paper:var(--assent-background,",
		`:host([theme="dark"]) .e-root{--paper:var(--assent-background, var(--night-1))`, `@media(prefers-color-scheme:dark){:host([theme="auto"]) .e-root{`, "--s6: 24px",
	} {
		if !strings.Contains(css, must) {
			t.Errorf("it lacks %s", must)
		}
	}
	brand, ok := static.Lookup(static.EmbedBrandURL("#0b57d0"))
	if !ok || !strings.HasPrefix(string(brand.Body), "@layer tokens{.e-root.e-root.e-root{--act:var(--assent-accent,#0b57d0)") || !strings.Contains(string(brand.Body), `:host([theme="auto"]) .e-root{--accent`) {
		t.Errorf("the sheet of a colour: %s", brand.Body)
	}
}
