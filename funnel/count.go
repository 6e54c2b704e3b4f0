package funnel

import "time"

// CountKind is what is counted of a funnel. What is counted is acts, and never
// who did them: docs/numbers.md says what each kind means.
type CountKind string

// The kinds of what is counted.
const (
	CountView      CountKind = "view"      // its page was shown
	CountScan      CountKind = "scan"      // the short link of an entry point was followed to the page
	CountChatScan  CountKind = "chat_scan" // the short link of an entry point was followed into the chat
	CountSubmitted CountKind = "submitted" // a form became a request
	CountWrote     CountKind = "wrote"     // the words were asked for in the chat, without a form
	CountConfirmed CountKind = "confirmed" // a first yes from the account itself
	CountRefused   CountKind = "refused"   // a no to everything
	CountClosed    CountKind = "closed"    // a stop before the yes
	CountExpired   CountKind = "expired"   // no answer in the life of the request
	CountNotSent   CountKind = "not_sent"  // the message that was asked for did not reach the account
	CountStopped   CountKind = "stopped"   // a stop that ended what was given here

	// How long it took from the form to the yes.
	CountMinute      CountKind = "minute"       // less than a minute
	CountFiveMinutes CountKind = "five_minutes" // less than five
	CountHour        CountKind = "hour"         // less than an hour
	CountDay         CountKind = "day"          // less than a day
	CountLater       CountKind = "later"
)

// CountKinds is every kind, in the order in which they are listed.
var CountKinds = []CountKind{
	CountView, CountScan, CountChatScan, CountSubmitted, CountWrote, CountConfirmed, CountRefused, CountClosed, CountExpired, CountNotSent, CountStopped,
	CountMinute, CountFiveMinutes, CountHour, CountDay, CountLater,
}

// Pace is a kind that says how long a yes took: less than so long.
type Pace struct {
	Kind  CountKind
	Under time.Duration
}

// Paces are all of them, the quickest first. The last has no end.
var Paces = []Pace{{CountMinute, time.Minute}, {CountFiveMinutes, 5 * time.Minute}, {CountHour, time.Hour}, {CountDay, 24 * time.Hour}, {CountLater, 0}}

// PaceOf returns how long a yes took. The two times are of two clocks, so it may
// have come before the form.
func PaceOf(took time.Duration) CountKind {
	for _, p := range Paces {
		if took < p.Under {
			return p.Kind
		}
	}
	return CountLater
}

// Count names a figure: how often something happened in one hour.
type Count struct {
	Funnel string
	Entry  string // id of the entry point; empty for none
	Lang   string
	Hour   int64 // hours since 1970
	Kind   CountKind
}

// HourOf numbers the hours since 1970.
func HourOf(t time.Time) int64 { return t.Unix() / 3600 }

// DayOf numbers the days since 1970, in UTC.
func DayOf(t time.Time) int64 { return HourOf(t) / 24 }

// Figures are how often each kind happened. A kind that never did may be absent.
type Figures map[CountKind]int64

// Add adds other figures.
func (f Figures) Add(other Figures) {
	for k, n := range other {
		f[k] += n
	}
}

// Scans is how often a short link was followed.
func (f Figures) Scans() int64 { return f[CountScan] + f[CountChatScan] }

// Reached is how often somebody came to where a sign-up can be begun: saw the
// page, or was led into the chat.
func (f Figures) Reached() int64 { return f[CountView] + f[CountChatScan] }

// Begun is how many sign-ups were begun: by a form, or in the chat.
func (f Figures) Begun() int64 { return f[CountSubmitted] + f[CountWrote] }

// Timed is how many of the confirmed are known by how long they took.
func (f Figures) Timed() (n int64) {
	for _, p := range Paces {
		n += f[p.Kind]
	}
	return n
}

// Median returns the time in which half of them had confirmed, as the kind that
// it falls under; false where none is known.
func (f Figures) Median() (CountKind, bool) {
	timed := f.Timed()
	n := int64(0)
	for _, p := range Paces {
		if n += f[p.Kind]; timed > 0 && 2*n >= timed {
			return p.Kind, true
		}
	}
	return "", false
}

// CountQuery chooses figures: of a funnel, from a day up to and without another.
type CountQuery struct {
	Funnel string
	Lang   string  // empty for all
	Entry  *string // nil for all; of an empty one, what came without an entry point
	From   int64   // days since 1970
	Until  int64
}

// CountRow is the figures of one time, entry point and language; what the rows
// are not told apart by is empty.
type CountRow struct {
	At      int64 // of a day or an hour, as asked for
	Entry   string
	Lang    string
	Figures Figures
}
