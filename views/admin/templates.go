package admin

import (
	"time"

	"assent/views/layout"
)

// Template is a message template in one language, as it stands at Meta.
type Template struct {
	Lang      string // the language's own name
	Code      string // Meta's code
	Tag       string // BCP 47, for the page
	Category  Word
	Announced Word
	Status    Word
	Good      bool   // it may be sent
	Waiting   bool   // Meta is looking at it
	Moved     bool   // Meta has it in another category than was asked for
	Quality   Word   // empty where there is none yet
	Rated     string // the kind of badge that the quality gets
	Reason    Word   // why it is not good; empty where Meta named none
	Phone     PhonePreview
	Checked   time.Time
}

// PhonePreview is a message as a person's phone shows it.
type PhonePreview struct {
	From    string // the business
	Body    string
	Tag     string // BCP 47
	Replies []string
	Link    string // label of a button that opens a page; may be empty
}

// TemplateGroup is a template in all its languages.
type TemplateGroup struct {
	Name  string
	Langs []Template
}

// TemplateAccount is a WhatsApp account with the numbers that share its templates.
type TemplateAccount struct {
	Sender  string // id of a number of it, posted along
	WABA    string
	Numbers []string
	Groups  []TemplateGroup
}

// PieceAt is how much of a text of the library an account has.
type PieceAt struct {
	Sender string
	Number string // the account's first
	Have   int    // languages
	Usable int    // of those, how many may be sent now
}

// Piece is a text of the library.
type Piece struct {
	Key   string // admin.template.… has its name, and when it is sent
	Langs int
	Phone PhonePreview
	At    []PieceAt
}

// Templates is the page of the templates of a business's accounts.
type Templates struct {
	Frame    layout.Admin
	Now      time.Time
	Act      string // posts to …/submit, …/delete, …/refresh
	Pieces   []Piece
	Accounts []TemplateAccount
	Problem  string
}
