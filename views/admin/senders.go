package admin

import (
	"slices"
	"time"

	"assent/views/layout"
	"assent/views/ui"
)

// Sender is a WhatsApp number in the list.
type Sender struct {
	URL       string
	Number    string
	Name      string // the display name; may be empty
	Host      string // of a provider; may be empty
	Simulated bool
	Ended     bool
	Missing   int // steps that are not done, as last checked
	Checked   bool
}

// Senders is the list of a business's WhatsApp numbers.
type Senders struct {
	Frame    layout.Admin
	List     []Sender
	New      string // where a number of Meta's is connected
	Provider string // where one of a provider is
	Health   string // how the numbers stand

	US        bool             // say that no marketing templates are delivered in the USA
	USFunnels []layout.NavItem // that ask for marketing there
	USSource  string           // where Meta says so
}

// Connect is the form that connects a number, or that sets right how Meta knows one.
type Connect struct {
	Frame    layout.Admin
	Act      string
	Back     string
	Number   string // of one that is connected; empty for a new one
	Provider bool
	Other    string // address of the other form
	Values   map[string]string
	Problems ui.Problems
}

// field describes a control of the form. What is secret is never filled in again.
func (c Connect) field(name string, secret bool) ui.Field {
	l := c.Frame.Loc
	f := ui.Field{
		ID: name, Name: name, Label: l.T("admin.connect." + name), Hint: l.T("admin.connect." + name + ".hint"), Error: c.Problems.For(name),
		Value: c.Values[name], Autocomplete: "off", Required: name != "portfolio", LTR: true, MaxLength: "2000",
	}
	if secret {
		f.Type, f.Value, f.Autocomplete = "password", "", "new-password"
	}
	if name == "portfolio" {
		f.Optional = l.T("form.optional")
	}
	return f
}

// Step is one step of connecting a number.
type Step struct {
	Key    string // admin.step.… has its words
	Needed bool   // it is counted while it is not done
	State  string // done, missing, unknown, waiting, optional
	Found  string // what Detail is: "In detail:", "Still missing:"
	Detail Word
	Help   string // what to click where
	Act    string // where a button does it; may be empty
	Link   string // where it is set right or seen; may be empty
	To     string // what the link says
}

// kind is the colour of the step's badge.
func (s Step) kind() string {
	switch s.State {
	case "done":
		return "ok"
	case "missing":
		return "stop"
	case "optional":
		return ""
	}
	return "wait"
}

// SenderPage is the page of one number: how it is connected, and its secrets.
type SenderPage struct {
	Frame       layout.Admin
	Now         time.Time
	Back        string
	Number      string
	IDs         []Fact
	Simulated   bool
	Provider    bool
	Ended       time.Time
	Address     string // that is pasted at Meta
	VerifyToken string // shown until the address is verified
	Unreachable bool   // nothing comes to Address from outside
	Verified    time.Time
	Steps       []Step
	Checked     time.Time
	Secrets     []AppSecret      // the oldest first
	Signer      int              // which of them signed last, from 1 on; 0 where nobody knows
	Act         string           // posts to …/check, …/subscribe, …/token, …/secrets, …/verify-token, …/end
	Menu        string           // where what its chat offers to tap is set; empty where a provider stands between
	Next        []layout.NavItem // what comes next where nothing is missing
	Problems    ui.Problems
}

// Missing returns how many steps are not done.
func (p SenderPage) Missing() (n int) {
	for _, s := range p.Steps {
		if s.State != "done" && s.Needed {
			n++
		}
	}
	return n
}

// AppSecret is a secret by which Meta may sign what it sends to a number. It is never
// shown, so its place and its date tell it apart.
type AppSecret struct {
	Since  time.Time // zero where nobody kept it
	Signed time.Time // when it last signed a webhook; zero if never
	Quiet  time.Time // since when it has signed none, where it never did; zero where nobody knows
	Remove string    // page that asks before it is removed; empty for the only one
}

// RemoveSecret is the page that asks before an app secret is taken away.
type RemoveSecret struct {
	Frame  layout.Admin
	Now    time.Time
	Number string
	Act    string
	Back   string
	N, Of  int // which it is, from 1 on, and of how many
	Secret AppSecret
	Signer int    // which one signed last, from 1 on; 0 where nobody knows
	Unsure string // what is wrong with the box
}

// whole says that nothing is missing, and whether something was left out that can be.
func (p SenderPage) whole() string {
	if slices.ContainsFunc(p.Steps, func(s Step) bool { return s.State != "done" }) {
		return "admin.sender.check.enough"
	}
	return "admin.sender.check.whole"
}

// RemoveSender is the page that asks before a number is taken away.
type RemoveSender struct {
	Frame   layout.Admin
	Number  string
	Act     string
	Back    string
	Connect string           // where another number is connected
	Funnels []layout.NavItem // that are published and lead to the number
	Next    string           // the number that they lead to then; empty where there is none
	Refused bool
	Unsure  string // what is wrong with the box
}

// refused is what was wrong with a button that was pressed, where it is no field of a form.
func (p SenderPage) refused() string {
	if len(p.Problems) == 1 && p.Problems[0].Field == "" {
		return p.Problems[0].Text
	}
	return ""
}
