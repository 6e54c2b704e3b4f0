package static

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"sync"
)

// EmbedVersion is the version of the script for other people's pages that new
// pages get. Older ones are served for ever: they stand in people's HTML, and the
// bytes behind an address are frozen. What is better comes as the next version,
// beside them.
const EmbedVersion = 2

// Embeds returns the scripts for other people's pages by their version, from 1 on:
// the addresses without a hash.
var Embeds = sync.OnceValue(func() map[int]Asset {
	all := make(map[int]Asset)
	for v := 1; v <= EmbedVersion; v++ {
		name := fmt.Sprintf("embed/v%d.js", v)
		body, err := tree.ReadFile(name)
		if err != nil {
			panic("static: " + err.Error()) // the tree is compiled in
		}
		all[v] = Asset{Name: name, URL: fmt.Sprintf("/embed/v%d/assent.js", v), Type: contentType(name), Body: body, Gzip: compress(name, body)}
	}
	return all
})

// Embed returns the script that new pages get.
func Embed() Asset { return Embeds()[EmbedVersion] }

// Integrity is a file's hash as the attribute integrity has it (Subresource
// Integrity, section 3.1).
func (a Asset) Integrity() string {
	sum := sha512.Sum384(a.Body)
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

// embedParts are the parts of the sheet for forms on other people's pages.
var embedParts = []string{"tokens", "base", "components", "embed"}

var (
	shadowFont = regexp.MustCompile(`@font-face\{[^}]*\}`)
	shadowRoot = regexp.MustCompile(`:root\b|\bhtml(?:[,{])`)
	shadowDark = regexp.MustCompile(`@media ?\(prefers-color-scheme: ?dark\)\{\.e-root\{([^}]*)\}\}`)
	shadowRem  = regexp.MustCompile(`(\d*\.?\d+)rem\b`)
	shadowVar  = regexp.MustCompile(`(^|[{;])--(act|on-act|accent|paper|sheet|ink|soft|muted|line|edge|radius|text|display):([^;}]+)`)
)

// embedProperties are the custom properties by which a page changes the look of
// a form, by ours. They are documented in docs/embed.md and never renamed.
var embedProperties = map[string]string{
	"act": "accent", "accent": "accent", "on-act": "on-accent", "paper": "background", "sheet": "field", "ink": "text", "soft": "text", "muted": "muted",
	"line": "line", "edge": "border", "radius": "radius", "text": "font", "display": "heading-font",
}

// overDark gives what a sheet says of the form's outermost element the weight of
// what the sheet before says of it in the dark: the business's colour holds in both.
func overDark(css []byte) []byte {
	return bytes.ReplaceAll(css, []byte("@layer tokens{.e-root{"), []byte("@layer tokens{.e-root.e-root.e-root{"))
}

// shadowed makes a sheet of ours one for a shadow root: what is said of the
// document is said of the form's outermost element; lengths no longer hang on the
// page's type; dark only where the element says so; and the page's own custom
// properties come before ours.
func shadowed(css []byte) []byte {
	css = shadowFont.ReplaceAll(css, nil) // fonts of a shadow root are not loaded
	css = shadowRoot.ReplaceAllFunc(css, func(m []byte) []byte {
		if m[0] == ':' {
			return []byte(".e-root")
		}
		return append([]byte(".e-root"), m[len(m)-1])
	})
	css = shadowDark.ReplaceAll(css, []byte(`:host([theme="dark"]) .e-root{$1}@media(prefers-color-scheme:dark){:host([theme="auto"]) .e-root{$1}}`))
	css = shadowRem.ReplaceAllFunc(css, func(m []byte) []byte {
		n, _ := strconv.ParseFloat(string(bytes.TrimSuffix(m, []byte("rem"))), 64) // the expression lets numbers through only
		return append(strconv.AppendFloat(nil, n*16, 'f', -1, 64), "px"...)
	})
	return shadowVar.ReplaceAllFunc(css, func(m []byte) []byte {
		p := shadowVar.FindSubmatch(m)
		return []byte(string(p[1]) + "--" + string(p[2]) + ":var(--assent-" + embedProperties[string(p[2])] + "," + string(p[3]) + ")")
	})
}
