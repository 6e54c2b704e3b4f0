package locale

import (
	"maps"
	"slices"
	"strings"
)

// All returns the messages whose ids begin with one of the prefixes, for pages
// that say things in the browser. Messages with parameters or plural forms are
// left out: they need T.
func (l Localizer) All(prefixes ...string) map[string]string {
	out := maps.Clone(l.tables().plain)
	maps.DeleteFunc(out, func(id, _ string) bool {
		return !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(id, p) })
	})
	return out
}
