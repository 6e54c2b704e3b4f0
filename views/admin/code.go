package admin

import (
	"time"

	"assent/views/layout"
	"assent/views/ui"
)

// Code is the page of one printed code: what it leads to, and what it led to.
type Code struct {
	Frame    layout.Admin
	Now      time.Time
	Name     string // its label
	Address  string
	QR       []byte // SVG
	Back     string
	Action   string
	Controls []Control
	Problems ui.Problems
	Saved    bool
	History  []CodeRow // newest first
	Poster   string
	Files    []layout.NavItem
	Short    ShortLink
}

// ShortLink is WhatsApp's own link of a code, kept there in place of ours.
type ShortLink struct {
	Act   string // posts …, with delete to end it; empty where the code leads to the page
	Link  string // empty while there is none
	Text  string // behind it
	Stale bool   // which is not the code's text any more
	QR    []byte
}

// CodeRow is what a code led to from a moment on.
type CodeRow struct {
	When   time.Time // zero: from the beginning
	By     string
	Label  string
	Funnel string
	Chat   bool
	Text   string
	Off    bool
}

// Poster is the page on which a poster is made.
type Poster struct {
	Frame    layout.Admin
	Name     string
	Back     string
	Action   string
	Controls []Control
	Problems ui.Problems
	Sides    []string // addresses of the pictures; none where something is wrong
	Files    []layout.NavItem
}
