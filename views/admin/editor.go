package admin

import (
	"slices"
	"strings"
	"time"

	"assent/views/layout"
	"assent/views/ui"
)

// Control is one control of the editor.
type Control struct {
	ui.Field
	Kind    string // empty for one line, area, select or check
	In      string // the place of its language among those of the draft; empty: it is of the whole version
	Options []ui.Option
	Checked bool
	Rows    string
	Notes   []Note
}

// Note is one thing that the check of a draft found.
type Note struct {
	Severity string   // error, warning or hint
	Text     string   // what is wrong, and what to do
	Sources  string   // who wants it so
	Who      []string // the jurisdictions among them
	Abroad   bool     // the funnel names no countries, and nobody but some countries' law wants it
	Field    string   // id of the control or the part that it is about; empty: on another page
	Places   []Place  // where it is mended
	Fix      string   // what could stand there; empty where a person must write it
	Lang     string   // of Fix
}

// Place is where something is mended.
type Place struct{ Label, URL string }

// apart parts the notes that hold anywhere from those of some countries.
func apart(notes []Note) (here, abroad []Note) {
	for _, n := range notes {
		if n.Abroad {
			abroad = append(abroad, n)
		} else {
			here = append(here, n)
		}
	}
	return here, abroad
}

// ofWhom are the jurisdictions of the notes, each once.
func ofWhom(notes []Note) string {
	var list []string
	for _, n := range notes {
		for _, in := range n.Who {
			if !slices.Contains(list, in) {
				list = append(list, in)
			}
		}
	}
	return strings.Join(list, ", ")
}

// severityKind is the kind of a severity's badge.
func severityKind(s string) string {
	return map[string]string{"error": "stop", "warning": "wait"}[s]
}

// Group is controls that belong together: a purpose, a field, a language.
type Group struct {
	ID       string
	Legend   string
	In       string // as of a control
	Controls []Control
	Words    []Words // what is built from them
	Remove   string  // the button's value that takes the group away; empty: none
	Error    string
	Notes    []Note    // about the whole of it
	More     []Control // that few need: closed unless one says something
	MoreSays string    // what they are
}

func (g Group) moreOpen() bool {
	return slices.ContainsFunc(g.More, func(c Control) bool { return c.Value != "" || c.Error != "" })
}

// Words are what a language says, built from their parts.
type Words struct{ Name, Lang, In, Text string }

// Tongue is one of the languages in which a draft speaks. The editor shows the
// texts of one at a time.
type Tongue struct {
	Tag, Name string
	Chosen    bool
	Kind      string // the gravest of what was found in its texts: a severity; empty: nothing
	Found     int    // how much that is
}

// Section is one part of the editor, under a heading of its own.
type Section struct {
	ID, Title, Text string
	Groups          []Group
	Adds            []Add
	Pictures        []Upload
	Open            bool // it was worked on, or something in it wants attention
	Opened          bool // it was worked on
	Notes           []Note
}

// Add is a button that adds something to the draft. With options it stands
// behind a choice of what.
type Add struct {
	Value, Label string
	Control      *Control
}

// Editor is the page on which a draft is written.
type Editor struct {
	Frame    layout.Admin
	Now      time.Time
	Name     string
	Action   string // posts the whole form; do says what else
	Revision string
	Saved    time.Time
	By       string
	Sections []Section
	Found    []Note // by the check, whatever is at its field
	Problems ui.Problems
	Conflict bool   // somebody else has saved since: what was typed is shown, and can be saved over it
	Preview  string // the preview's address begins with it
	Tongues  []Tongue
	Chosen   string // tag of the one whose texts are shown
	Back     string
	Change   bool // the words differ from those in force: say how
	Changed  string
	Uploads  string // posts a picture
}

// preview is the address of one of the previews, in the language that is chosen.
func (p Editor) preview(view string) string { return p.Preview + view + "?lang=" + p.Chosen }

// opened names the parts that were worked on, so that the form brings them back open.
func (p Editor) opened() string {
	var list []string
	for _, s := range p.Sections {
		if s.Opened {
			list = append(list, s.ID)
		}
	}
	return strings.Join(list, " ")
}

func (p Editor) uploads() (list []Upload) {
	for _, s := range p.Sections {
		list = append(list, s.Pictures...)
	}
	return list
}

// Upload is a picture that the page can have.
type Upload struct{ Slot, Label, URL, Problem string }

// previews are the ways in which a draft can be looked at.
var previews = []string{"page", "chat", "print"}

// Review is the page that says what publishing a draft makes, and asks once.
type Review struct {
	Frame     layout.Admin
	Name      string
	Action    string // posts the revision
	Back      string // the editor
	Revision  string
	URL       string // of the page
	Mode      string
	Number    int    // of the version
	Change    string // typo, meaning or empty
	Purposes  []string
	Languages []string
	Warnings  []Note // recorded with the version
	Hints     []Note
}

// Starters is the page on which a funnel begins.
type Starters struct {
	Frame    layout.Admin
	Action   string
	Starters []Starter
}

// Starter is one of the funnels to begin with.
type Starter struct {
	Name     string
	Preview  string   // address of what people would meet first; empty: there is none
	Purposes []string // titles
	Mode     string   // how people confirm
}

// Difference is one thing that two versions say differently.
type Difference struct{ What, Lang, Old, New string }

// VersionRow is a published version in the list.
type VersionRow struct {
	Number      int
	When        time.Time
	Change      string // typo, meaning or empty
	Current     bool
	Defective   bool
	Differences []Difference // from the version before
	Republish   string       // where publishing it anew posts to; empty: not offered
}

// Behind is how many people agreed to earlier words of a purpose only.
type Behind struct {
	Purpose string
	People  int
}

// Versions is the page with what a funnel has said.
type Versions struct {
	Frame    layout.Admin
	Now      time.Time
	Name     string
	Status   string
	Versions []VersionRow // newest first
	Behind   []Behind     // who agreed to what meant something else
	Edit     string
	Act      string // posts archive, unarchive, defective, duplicate
	Entry    string // posts a new entry point
	URL      string // of the page
	Embed    string // the page that puts it on other sites
	// Published says that a version was published a moment ago.
	Published bool
	Sheet     string // posts a list of labels for a sheet of codes
	Entries   []EntryPoint
	Problems  ui.Problems
	Back      string
	Numbers   string // address of its figures
}

// poster is where a poster of the funnel is made: of its first code, else where
// one is added.
func (p Versions) poster() string {
	for _, e := range p.Entries {
		if e.Poster != "" {
			return e.Poster
		}
	}
	return "#ways"
}

// Bubble is one message of a chat's preview.
type Bubble struct {
	Text    string
	Inbound bool // from the person
	Buttons []string
}

// Chat is the preview of what is said in WhatsApp.
type Chat struct {
	Public  layout.Public
	Bubbles []Bubble
}

// Print is the preview of a printed code.
type Print struct {
	Public   layout.Public
	Headline string
	Text     string
	QR       []byte
	Code     string
}
