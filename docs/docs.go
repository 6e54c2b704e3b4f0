// Package docs holds those documents that the admin UI shows.
package docs

import (
	"embed"
	"strings"
)

// guides are the documents, by the names of their files: NAME.md in English, and
// NAME.TAG.md in another language.
//
//go:embed embed.md embed.de.md embed.ar.md
var guides embed.FS

// Guide returns a document in the language of the tag, or else in English, and the
// language that it is in. It reports false for a name that is none.
func Guide(name, tag string) (text []byte, in string, ok bool) {
	if strings.Contains(name, ".") {
		return nil, "", false
	}
	if text, err := guides.ReadFile(name + "." + tag + ".md"); err == nil {
		return text, tag, true
	}
	text, err := guides.ReadFile(name + ".md")
	return text, "en", err == nil
}
