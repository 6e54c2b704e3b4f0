package admin

import "assent/views/ui"

// Reach is what an operator can send to a person on the person's word.
type Reach struct {
	Link    string      // where the link to their settings is sent by a post of source; empty where none can go
	LinkWhy string      // how it goes, or why none can; empty: nothing is said of it
	Sources []ui.Option // where the person asked for it
	Stop    string      // where a post confirms a stop in the open chat
	StopWhy string
	Unblock string // where a post ends a block in WhatsApp; empty where nobody can be blocked
	Done    string // what was sent a moment ago
}
