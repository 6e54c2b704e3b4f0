package admin

import (
	"time"

	"assent/views/layout"
	"assent/views/ui"
)

// Signup is a sign-up link of WhatsApp's own.
type Signup struct {
	Anchor   string
	Label    string
	Purpose  string
	Language string
	Off      bool
	Stale    bool   // the funnel's words have changed since
	Meta     string // how it stands at Meta, where that was asked: same, differs, gone
	Link     string // WhatsApp's
	Short    string // ours, which counts and leads there
	QR       []byte
	Screen   PhonePreview
	Reply    PhonePreview // the confirmation
	Controls []Control
	Act      string
	History  []SignupRow // newest first
	Problems ui.Problems
}

// SignupRow is what a link showed from a moment on.
type SignupRow struct {
	When   time.Time
	By     string
	Off    bool
	Text   string
	Lang   string
	Number int
}

// Signups is the page of a funnel's sign-up links.
type Signups struct {
	Frame     layout.Admin
	Now       time.Time
	Name      string // of the funnel
	Back      string
	Act       string // posts a new one
	Ask       string // shows the page with what Meta says
	List      []Signup
	Foreign   []SignupForeign // links of the account that were made elsewhere
	Countries []string        // in which there are none
	Without   string          // a number of the business in such a country; may be empty
	Why       string          // why no link can be made; empty where one can
	Controls  []Control
	Accept    string // address of the terms
	Problems  ui.Problems
	Saved     bool
	Problem   string
}

// SignupForeign is a link at Meta that was not made here.
type SignupForeign struct {
	ID   string
	Text string
	Off  bool
}
