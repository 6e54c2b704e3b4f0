package admin

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"assent/locale"
	"assent/views/layout"
	"assent/views/ui"
)

// Numbers is the page of a funnel's figures in a time.
type Numbers struct {
	Frame       layout.Admin
	Name        string
	Back        string
	Action      string // shows a time, an entry point and a language, by GET
	CSV         string // address of the figures as a file; empty: there are none
	Page        string // address of the funnel's own page, to be sent to people
	Periods     []Period
	From, Until string // first and last day, as a date field has them
	Days        int
	Entries     []ui.Option // to choose from; the first is all
	Languages   []ui.Option
	Problem     string // why what was asked for cannot be shown
	Now, Before Sums
	Never       bool // nothing has come for years: it was not shown to anybody yet
	Slots       []NumberSlot
	Weeks       bool
	Hours       bool
	ByEntry     []NumberRow
	ByLanguage  []NumberRow
}

// Period is a time that can be chosen by one click.
type Period struct {
	Days    int
	URL     string
	Current bool
}

// Sums are the figures of a time.
type Sums struct {
	Views, Scans, Reached, Begun, Confirmed    int
	Refused, Closed, Expired, NotSent, Stopped int
	Paces                                      []int // how many took less than a minute, five, an hour, a day, and longer
	Median                                     int   // in which of them half had confirmed; -1: not known
}

// None reports whether nothing was counted.
func (s Sums) None() bool {
	return s.Views+s.Scans+s.Begun+s.Confirmed+s.Refused+s.Closed+s.Expired+s.NotSent+s.Stopped == 0
}

// NumberSlot is the figures of an hour, a day or a week.
type NumberSlot struct {
	From time.Time
	Sums Sums
}

// NumberRow is the figures of an entry point or a language.
type NumberRow struct {
	Name string
	Sums Sums
}

// paces are the names of the times to confirm, the quickest first.
var paces = [...]string{"minute", "five_minutes", "hour", "day", "later"}

// rate says how many of a hundred n are of all; a dash where there are none.
func rate(l locale.Localizer, n, all int) string {
	switch {
	case all <= 0:
		return "–"
	case n > 0 && 200*n < all:
		return l.T("admin.numbers.percent_low")
	}
	return percent(l, int(math.Round(100*float64(n)/float64(all))))
}

func percent(l locale.Localizer, n int) string {
	return l.T("admin.numbers.percent", "Percent", l.Number(n))
}

// change says how a figure compares with the time before, in words.
func (p Numbers) change(now, before int) string {
	l := p.Frame.Loc
	switch {
	case now == before:
		return l.N("admin.numbers.same", p.Days)
	case before == 0:
		return l.N("admin.numbers.none_before", p.Days)
	case now > before:
		return l.N("admin.numbers.more", p.Days, "More", l.Number(now-before), "Rate", rate(l, now-before, before))
	}
	return l.N("admin.numbers.fewer", p.Days, "Fewer", l.Number(before-now), "Rate", rate(l, before-now, before))
}

// of says how many of a hundred n are of what the message names.
func (p Numbers) of(id string, n, all int) string {
	if all <= 0 {
		return ""
	}
	return p.Frame.Loc.T("admin.numbers.of."+id, "Rate", rate(p.Frame.Loc, n, all))
}

// when says when a piece of the time began.
func (p Numbers) when(t time.Time) string {
	if p.Hours {
		return t.Format("15:04")
	}
	return p.Frame.Loc.Date(t)
}

// step is one step of the way: how many got there, and how wide its bar is.
type step struct {
	id    string
	n     int
	width string
	lost  int // that did not get to the next; -1: it is the last
}

// steps are the way from seeing the page to the yes.
func (p Numbers) steps() []step {
	all := []step{{id: "reached", n: p.Now.Reached}, {id: "begun", n: p.Now.Begun}, {id: "confirmed", n: p.Now.Confirmed, lost: -1}}
	most := max(1, p.Now.Reached, p.Now.Begun, p.Now.Confirmed)
	for i := range all {
		all[i].width = decimal(100 * float64(all[i].n) / float64(most))
		if i+1 < len(all) {
			all[i].lost = max(0, all[i].n-all[i+1].n)
		}
	}
	return all
}

// reason is why a sign-up did not end in a yes, and how often.
type reason struct {
	id string
	n  int
}

func (p Numbers) reasons() (list []reason) {
	for _, r := range []reason{{"refused", p.Now.Refused}, {"closed", p.Now.Closed}, {"expired", p.Now.Expired}, {"not_sent", p.Now.NotSent}} {
		if r.n > 0 {
			list = append(list, r)
		}
	}
	return list
}

// chart is bars over the time, a second figure within the first.
type chart struct {
	id     string // of the heading
	title  string
	desc   string
	legend [2]string // the second is empty where there is one figure alone
	outer  func(Sums) int
	inner  func(Sums) int
}

func (p Numbers) charts() []chart {
	l := p.Frame.Loc
	desc := func(id string, of func(Sums) int) string {
		best := 0
		for i, s := range p.Slots {
			if of(s.Sums) > of(p.Slots[best].Sums) {
				best = i
			}
		}
		return l.T("admin.numbers.chart."+id, "Most", l.Number(of(p.Slots[best].Sums)), "When", p.when(p.Slots[best].From))
	}
	begun, reached := func(s Sums) int { return s.Begun }, func(s Sums) int { return s.Reached }
	return []chart{
		{id: "chart-begun", title: l.T("admin.numbers.begun_confirmed"), desc: desc("begun", begun), legend: [2]string{l.T("admin.numbers.begun"), l.T("admin.numbers.confirmed")}, outer: begun, inner: func(s Sums) int { return s.Confirmed }},
		{id: "chart-reached", title: l.T("admin.numbers.reached"), desc: desc("reached", reached), legend: [2]string{l.T("admin.numbers.reached")}, outer: reached, inner: func(Sums) int { return 0 }},
	}
}

// Sizes of a chart, in its own units: it is stretched to the width of the page.
const (
	chartWidth  = 1000.0
	chartHeight = 100.0
)

// bar is a rectangle of a chart.
type bar struct{ x, y, width, height, class, hint string }

// bars draws the figures of the time. A figure that is not nothing is seen.
func (p Numbers) bars(c chart) (list []bar) {
	top := float64(p.top(c))
	slot := chartWidth / float64(len(p.Slots))
	for i, s := range p.Slots {
		hint := p.when(s.From) + ": " + p.Frame.Loc.Number(c.outer(s.Sums))
		if c.legend[1] != "" {
			hint += " / " + p.Frame.Loc.Number(c.inner(s.Sums))
		}
		for j, n := range []int{c.outer(s.Sums), c.inner(s.Sums)} {
			if n == 0 {
				continue
			}
			height := max(1, chartHeight*float64(n)/top)
			part := [...]float64{.78, .42}[j]
			list = append(list, bar{
				x: decimal(slot * (float64(i) + (1-part)/2)), y: decimal(chartHeight - height), width: decimal(slot * part), height: decimal(height),
				class: [...]string{"a-bar", "a-bar a-bar--in"}[j], hint: hint,
			})
		}
	}
	return list
}

// top returns the round number up to which a chart goes.
func (p Numbers) top(c chart) int {
	most := 1
	for _, s := range p.Slots {
		most = max(most, c.outer(s.Sums), c.inner(s.Sums))
	}
	for scale := 1; ; scale *= 10 {
		for _, n := range []int{1, 2, 4, 6, 8, 10} {
			if n*scale >= most {
				return max(2, n*scale)
			}
		}
	}
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

func viewBox(width, height float64) string { return fmt.Sprintf("0 0 %g %g", width, height) }
