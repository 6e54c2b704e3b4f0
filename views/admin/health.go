package admin

import (
	"time"

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
	Facts     []Fact  // in Meta's words
	Limits    []Limit
	Templates []Fact // how many stand how
	Rung      int    // of Meta's ladder; 0 for none
	Spans     []Span
	Codes     []Failure
	History   []Happened // newest first
}

// Limit is something that Meta does not allow, until a time or without an end.
type Limit struct {
	What  string
	Until time.Time
}

// Span is what became of messages in the last days.
type Span struct {
	Days                        int
	Sent, Arrived, Read, Failed int
	Templates, TemplatesFailed  int
}

// Failure is why messages failed, and how many.
type Failure struct {
	Code    int
	Meaning string
	N       int
}

// Happened is a change in how a number stood: an alarm, or something that Meta told.
type Happened struct {
	When  time.Time
	Ended time.Time
	Alarm string // admin.alarm.… has its words; empty for Meta's own
	Words string
}

// FunnelHealth is how many stopped what they had said yes to in a funnel.
type FunnelHealth struct {
	Name               string
	URL                string
	Confirmed, Stopped int
}

// rungs are those of Meta's ladder.
var rungs = []int{1, 2, 3, 4, 5}
