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
	ControlDelivery = "delivery" // batch, delay, duplicate, forged, shuffle, outage
	ControlNumber   = "number"   // who, what, later, times
	ControlReplay   = "replay"   // last
	ControlFlood    = "flood"    // business, events, hours
	ControlNews     = "news"     // business, news
)

// Code is an error of Meta's table.
type Code struct {
	Code    int
	Meaning string
}

// Business is a number that messages are sent from.
type Business struct{ Number, Name string }

// Controls is the page of what Meta and the network do.
type Controls struct {
	Loc     locale.Localizer
	Me      string
	Home    string
	Action  string
	Done    string // what was done
	Wrong   string // the form that could not be followed
	Problem string
	Typed   func(field string) string // what stood in that form; nil where none is wrong

	Batch, Delay      int // updates in a webhook; milliseconds
	Duplicate, Forged int // in a hundred
	Shuffle, Outage   bool

	Who        string
	Codes      []Code
	Quirks     []string
	Businesses []Business
	News       []string // names of Meta's own
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

// fates are what can become of messages to a number, or from it.
func (p Controls) fates() []ui.Option {
	list := []ui.Option{{Value: "", Label: p.Loc.T("sim.number.ordinary")}}
	for _, q := range p.Quirks {
		list = append(list, ui.Option{Value: q, Label: p.Loc.T("sim.quirk." + q)})
	}
	for _, c := range p.Codes {
		n := strconv.Itoa(c.Code)
		list = append(list, ui.Option{Value: n, Label: n + " · " + c.Meaning})
	}
	return list
}

func (p Controls) businesses() (list []ui.Option) {
	for _, b := range p.Businesses {
		list = append(list, ui.Option{Value: b.Number, Label: b.Name + " · " + phone.Grouped(b.Number)})
	}
	return list
}

func (p Controls) news() (list []ui.Option) {
	for _, name := range p.News {
		list = append(list, ui.Option{Value: name, Label: name})
	}
	return list
}
