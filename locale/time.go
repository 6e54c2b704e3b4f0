package locale

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// When says t as a person would on the day of now: "today 14:05",
// "yesterday 09:12", "12 March, 14:05", "12 March 2025, 14:05". Both are taken in
// the zone of now. The zero time is a dash.
func (l Localizer) When(t, now time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(now.Location())
	clock := t.Format("15:04")
	switch days := daysBetween(t, now); {
	case days == 0:
		return l.T("time.today", "Clock", clock)
	case days == 1:
		return l.T("time.yesterday", "Clock", clock)
	case days == -1:
		return l.T("time.tomorrow", "Clock", clock)
	case t.Year() == now.Year():
		return l.T("time.date", "Day", t.Day(), "Month", l.month(t), "Clock", clock)
	}
	return l.T("time.date_year", "Day", t.Day(), "Month", l.month(t), "Year", t.Year(), "Clock", clock)
}

// Full says t to the second with its offset, in the zone that it carries: for
// what is shown on hover and for exports to read.
func (l Localizer) Full(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.T("time.full", "Day", t.Day(), "Month", l.month(t), "Year", t.Year(),
		"Clock", t.Format("15:04:05"), "Zone", zone(t))
}

// Date says the day of t.
func (l Localizer) Date(t time.Time) string {
	return l.T("time.day", "Day", t.Day(), "Month", l.month(t), "Year", t.Year())
}

func (l Localizer) month(t time.Time) string {
	return l.T("time.month." + strconv.Itoa(int(t.Month())))
}

func zone(t time.Time) string {
	_, offset := t.Zone()
	if offset == 0 {
		return "UTC"
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '−', -offset
	}
	return fmt.Sprintf("UTC%c%d:%02d", sign, offset/3600, offset/60%60)
}

// daysBetween counts midnights from t to now, in now's zone.
func daysBetween(t, now time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(now).Sub(day(t)).Hours() / 24)
}

var (
	fourTogether = []string{"de", "es", "pl"} // four digits stand without a sign between them
	inHundreds   = []string{"bn", "hi"}       // above the thousands, signs stand every two digits: 1,28,412
)

// Number says n with the language's grouping, in the digits 0 to 9 everywhere:
// records, codes and telephone numbers stand in them too, and mixing two kinds
// of digits on one page invites misreading.
func (l Localizer) Number(n int) string {
	s := strconv.Itoa(n)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) <= 3 || len(digits) == 4 && slices.Contains(fourTogether, l.Tag()) {
		return s
	}
	sep, size := l.T("number.group"), 3
	if slices.Contains(inHundreds, l.Tag()) {
		size = 2
	}
	var b strings.Builder
	if len(digits) < len(s) {
		b.WriteByte('-')
	}
	for i, d := range digits {
		if left := len(digits) - i; i > 0 && (left == 3 || left > 3 && (left-3)%size == 0) {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Isolate wraps s in the Unicode isolates that keep a number, code or address
// in one piece and in its order inside a right-to-left sentence, for texts
// that leave as plain text (chat, titles). HTML uses <bdi>.
func Isolate(s string) string { return "\u2066" + s + "\u2069" }
