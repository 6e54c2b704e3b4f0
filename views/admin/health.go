package admin

import (
	"time"

	"assent/locale"
	"assent/views/layout"
)

// Health is the page of how a business stands with WhatsApp.
type Health struct {
	Frame   layout.Admin
	Now     time.Time
	Senders []SenderHealth
	Funnels []FunnelHealth
	Alarms  string // the page of alarms
	// At which figures templates pause, in percent, and how many it takes to tell.
	Failed, EnoughSends, Stopped, EnoughYeses int
}

// SenderHealth is how one number stands.
type SenderHealth struct {
	Number    string
	URL       string
	Ended     bool    // it is not used any more
	Offline   bool    // WhatsApp does not have it connected
	Unused    bool    // nothing was sent by it, nor came
	Quiet     bool    // nothing was sent by it in the longest time of Spans
	Held      []Alarm // open ones that keep something from being sent
	Facts     []Fact
	Limits    []Limit
	Templates []TemplateCount
	Rung      int // of Meta's ladder; 0 for none
	Spans     []Span
	Codes     []Failure
	History   []Happened // newest first
}

// Limit is something that Meta does not allow, until a time or without an end.
type Limit struct {
	What  Word
	Until time.Time
}

// TemplateCount is how many templates stand alike.
type TemplateCount struct {
	State Word
	N     int
}

// Word is something that Meta says.
type Word struct {
	Says string // in the operator's words, or as it came where there are none for it
	Meta string // as it came; empty where the words are none of Meta's
}

// Known reports whether there are words of the operator's for it.
func (w Word) Known() bool { return w.Says != w.Meta }

// Span is what became of messages in the last days.
type Span struct {
	Days                        int
	Sent, Arrived, Read, Failed int
	Templates, TemplatesFailed  int
}

// figure is a row of the table of what became of messages.
type figure struct {
	name string // admin.health.… has its words
	of   func(Span) int
	all  func(Span) int // of which it is a part worth telling; nil for none
}

var spanFigures = []figure{
	{"sent", func(x Span) int { return x.Sent }, nil},
	{"arrived", func(x Span) int { return x.Arrived }, nil},
	{"read", func(x Span) int { return x.Read }, nil},
	{"failed", func(x Span) int { return x.Failed }, func(x Span) int { return x.Sent }},
	{"templates", func(x Span) int { return x.Templates }, nil},
	{"templates_failed", func(x Span) int { return x.TemplatesFailed }, func(x Span) int { return x.Templates }},
}

// share says which part of all it is, where there is any.
func (f figure) share(l locale.Localizer, x Span) string {
	if f.all == nil || f.of(x) == 0 || f.all(x) == 0 {
		return ""
	}
	return rate(l, f.of(x), f.all(x))
}

// Failure is why messages failed, and how many.
type Failure struct {
	Code    int
	Meaning Word
	N       int
}

// Happened is a change in how a number stood: an alarm, or something that Meta told.
type Happened struct {
	When  time.Time
	Ended time.Time
	Alarm string // admin.alarm.… has its words; empty for what Meta told
	Words Word
}

// FunnelHealth is how many stopped what they had said yes to in a funnel.
type FunnelHealth struct {
	Name               string
	URL                string
	Confirmed, Stopped int
}

// rungs are those of Meta's ladder.
var rungs = []int{1, 2, 3, 4, 5}
