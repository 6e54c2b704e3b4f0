package admin

import (
	"assent/views/layout"
	"assent/views/ui"
)

// MenuItem is something that a chat offers to tap, and what Assent does about it.
type MenuItem struct {
	Text string
	Hint string
	Does string // stop, help, settings, start, or none
}

// Menu is the page of what a chat with a number offers to tap.
type Menu struct {
	Frame    layout.Admin
	Number   string
	Back     string
	Act      string
	Commands []MenuItem // as they stand at Meta
	Prompts  []MenuItem
	Controls []Control
	Proposed bool   // the form holds what is proposed, and nothing stands at Meta
	Unknown  string // why Meta does not say; empty where it does
	Problems ui.Problems
	Saved    bool
}

// Empty reports whether nothing stands at Meta.
func (m Menu) Empty() bool { return len(m.Commands) == 0 && len(m.Prompts) == 0 }
