package sim

import (
	"cmp"
	"strconv"

	"assent/locale"
	"assent/phone"
	"assent/views/ui"
)

// What a form of the controls asks for, in the field act.
const (
	ControlDelivery = "delivery" // batch, linger, delay, jitter, duplicate, forged, attempts, backoff, shuffle, outage
	ControlLook     = "look"     // the Looks that are ticked
	ControlNumber   = "number"   // who, what, later, times
	ControlReplay   = "replay"   // last
	ControlFlood    = "flood"    // business, events, hours, people, text
	ControlTemplate = "template" // template, change, reason
	ControlNews     = "news"     // business, who, news; show: to be changed before it is sent
	ControlOwn      = "own"      // business, field, value
)

// ControlID stands before the name of a form in the id of its part of the page.
const ControlID = "control-"

// Looks are the forms that webhooks can take, as the form ControlLook names them.
var Looks = []string{"parents", "conversations", "no_context", "loose", "strange"}

// Code is an error of Meta's table, or a row of codes that mean the same.
type Code struct {
	Code, Last int // Last is 0 for one code
	Meaning    string
	Class      string // one of wire's classes
}

// Business is a number that messages are sent from.
type Business struct{ Number, Name string }

// Standing is a script that still has a step to come.
type Standing struct {
	Who  string // number or user id
	Name string
	What string // a code, or one of Quirks; empty: as usual
	// Times is of how many messages; -1 for all from now on. More is how many steps follow.
	Times, More int
}

// Template is a template that can be changed.
type Template struct {
	Value            string // what the form says to mean it
	Name, Lang       string
	Status, Category string // in the operator's words
	OfBusiness       string // the name where there are several
}

// News is an example of a webhook.
type News struct{ Name, Label, Group string }

// Change is what can become of a template, in a group of its own kind.
type Change struct{ Value, Label, Group string }

// Own is a webhook that is written by hand.
type Own struct{ Business, Field, Value string }

// Controls is the page of what Meta and the network do.
type Controls struct {
	Loc     locale.Localizer
	Me      string
	Home    string
	Action  string
	DoneBy  string // the form that did something
	Done    string // what was done
	Wrong   string // the form that could not be followed
	Problem string
	Typed   func(field string) string // what stood in that form; nil where none is wrong

	Batch, Linger, Delay, Jitter, Attempts, Backoff int // updates in a webhook; milliseconds; tries
	Duplicate, Forged                               int // in a hundred
	Shuffle, Outage                                 bool
	Looks                                           []string // those of Looks that are on

	Who        string
	Codes      []Code
	Quirks     []string
	Businesses []Business
	Standing   []Standing
	Templates  []Template
	Changes    []Change
	Reasons    []ui.Option
	News       []News
	Own        Own
}

// number is the field of a number.
func (p Controls) number(id, label string, value int) ui.Field {
	return ui.Field{ID: id, Name: id, Label: label, Value: p.typed(id, strconv.Itoa(value)), Inputmode: "numeric", Autocomplete: "off", LTR: true}
}

// typed is what stood in a field of a form that could not be followed, or else the value.
func (p Controls) typed(field, value string) string {
	if p.Typed == nil {
		return value
	}
	return cmp.Or(p.Typed(field), value)
}

// open reports whether a form is to be seen at once: it has something to say.
func (p Controls) open(act string) bool {
	return p.Wrong == act || p.DoneBy == act || act == ControlOwn && p.Own.Value != "" || act == ControlNumber && len(p.Standing) > 0
}

// group is some options under one label.
type group struct {
	label   string
	options []ui.Option
}

// grouped puts options under the labels of their groups, in their order.
func grouped[T any](list []T, label func(T) string, option func(T) ui.Option) (all []group) {
	for _, one := range list {
		if l := label(one); len(all) == 0 || all[len(all)-1].label != l {
			all = append(all, group{label: l})
		}
		last := &all[len(all)-1]
		last.options = append(last.options, option(one))
	}
	return all
}

// fates are what can become of messages to a number, or from it.
func (p Controls) fates() []group {
	list := []ui.Option{{Value: "", Label: p.Loc.T("sim.number.ordinary")}}
	for _, q := range p.Quirks {
		list = append(list, ui.Option{Value: q, Label: p.Loc.T("sim.quirk." + q)})
	}
	for i := range list {
		list[i].Selected = list[i].Value == p.typed("what", "")
	}
	all := []group{{label: p.Loc.T("sim.codes.none"), options: list}}
	return append(all, grouped(p.Codes, func(c Code) string { return p.Loc.T("sim.codes." + c.Class) }, func(c Code) ui.Option {
		n := strconv.Itoa(c.Code)
		label := n
		if c.Last != 0 {
			label += "–" + strconv.Itoa(c.Last)
		}
		return ui.Option{Value: n, Label: label + " · " + c.Meaning, Selected: n == p.typed("what", "")}
	})...)
}

// fate says what becomes of the next message of a script.
func (p Controls) fate(s Standing) string {
	what := p.Loc.T("sim.number.ordinary")
	if _, err := strconv.Atoi(s.What); err == nil {
		what = s.What
	} else if s.What != "" {
		what = p.Loc.T("sim.quirk." + s.What)
	}
	if s.Times < 0 {
		what += " · " + p.Loc.T("sim.script.all")
	} else {
		what += " · " + p.Loc.N("sim.script.count", s.Times)
	}
	if s.More > 0 {
		what += " · " + p.Loc.N("sim.script.more", s.More)
	}
	return what
}

func (p Controls) businesses() []ui.Option {
	list := businesses(p.Businesses)
	for i := range list {
		list[i].Selected = list[i].Value == p.typed("business", p.Own.Business)
	}
	return list
}

func businesses(all []Business) (list []ui.Option) {
	for _, b := range all {
		list = append(list, ui.Option{Value: b.Number, Label: b.Name + " · " + phone.Grouped(b.Number)})
	}
	return list
}

func (p Controls) templates() (list []ui.Option) {
	for _, t := range p.Templates {
		label := t.Name + " · " + t.Lang + " · " + t.Status + " · " + t.Category
		if t.OfBusiness != "" {
			label = t.OfBusiness + " · " + label
		}
		list = append(list, ui.Option{Value: t.Value, Label: label, Selected: t.Value == p.typed("template", "")})
	}
	return list
}

func (p Controls) changes() []group {
	return grouped(p.Changes, func(c Change) string { return p.Loc.T("sim.review." + c.Group) }, func(c Change) ui.Option {
		return ui.Option{Value: c.Value, Label: c.Label, Selected: c.Value == p.typed("change", "")}
	})
}

func (p Controls) news() []group {
	return grouped(p.News, func(n News) string { return p.Loc.T("sim.news.group." + n.Group) }, func(n News) ui.Option {
		return ui.Option{Value: n.Name, Label: n.Label, Selected: n.Name == p.typed("news", "")}
	})
}
