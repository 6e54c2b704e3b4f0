package locale

import "maps"

// What stands around each message of a marked Localizer.
const (
	MarkOpen  = "\u27e6"
	MarkClose = "\u27e7"
)

// Marked returns the Localizer with brackets around every message. Tests render
// pages with it: words outside the brackets come from no file of messages.
func (l Localizer) Marked() Localizer {
	t := *l.tables()
	t.marked, t.plain = true, maps.Clone(t.plain)
	for id, s := range t.plain {
		t.plain[id] = mark(s)
	}
	return Localizer{&t}
}

func mark(s string) string { return MarkOpen + s + MarkClose }
