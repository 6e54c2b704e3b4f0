package admin

import (
	"time"

	"assent/views/layout"
)

// Template is a message template as it stands at Meta.
type Template struct {
	Name      string
	Lang      string // Meta's code
	Tag       string // BCP 47, for the page
	Category  string // in Meta's words, as is the rest
	Announced string
	Status    string
	Good      bool // a question may be asked by it
	Moved     bool // Meta has it in another category than was asked for
	Quality   string
	Reason    string
	Body      string // filled in with samples
	Buttons   []string
	Checked   time.Time
}

// Piece is a text of the library.
type Piece struct {
	Key   string // admin.template.… has its name
	Langs int
	Have  int // languages that the account has
	Body  string
	Tag   string
	Marks []string // labels of its buttons
}

// Templates is the page of the templates of one account.
type Templates struct {
	Frame   layout.Admin
	Now     time.Time
	Sender  string // the number whose account it is
	Act     string // posts to …/submit, …/delete, …/refresh
	Pieces  []Piece
	List    []Template
	Names   []string // each once, to delete
	Problem string
}
