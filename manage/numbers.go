package manage

import (
	"context"
	"maps"
	"slices"
	"time"

	"assent/fault"
	"assent/funnel"
)

// Numbers are the figures of a funnel in a time, and in the time before.
type Numbers struct {
	Now, Before funnel.Figures // of the time, and of as many days before it
	Slots       []Slot         // the time in pieces, none left out
	Width       SlotWidth
	Entries     []funnel.CountRow // the time by entry point
	Languages   []funnel.CountRow
}

// Slot is a piece of the time.
type Slot struct {
	From    time.Time
	Figures funnel.Figures
}

// SlotWidth is how wide the pieces are.
type SlotWidth string

// The widths of pieces.
const (
	SlotHour SlotWidth = "hour"
	SlotDay  SlotWidth = "day"
	SlotWeek SlotWidth = "week" // seven days, from the first day of the time; the last may be shorter
)

// MaxNumbersDays is the longest time that figures are told of at once.
const MaxNumbersDays = 731

// mostDays is up to how many days each is a piece of its own.
const mostDays = 62

// ErrNumbersTime says that no figures are told of such a time.
var ErrNumbersTime = fault.Field("until", "Choose a first and a last day, in that order and at most two years apart.")

// Numbers returns the figures that the query chooses. Days are UTC.
func (s *Service) Numbers(ctx context.Context, q funnel.CountQuery) (n Numbers, err error) {
	defer fault.Wrap(&err, "manage.Numbers")
	days := q.Until - q.From
	if days < 1 || days > MaxNumbersDays {
		return n, ErrNumbersTime
	}
	both := q
	both.From = q.From - days
	var byDay, byHour, parts []funnel.CountRow
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		if byDay, err = r.CountsByDay(ctx, both); err != nil {
			return err
		}
		if days == 1 {
			if byHour, err = r.CountsByHour(ctx, q); err != nil {
				return err
			}
		}
		parts, err = r.CountsByPart(ctx, q)
		return err
	})
	if err != nil {
		return n, err
	}
	n.Now, n.Before = funnel.Figures{}, funnel.Figures{}
	for _, row := range byDay {
		if row.At < q.From {
			n.Before.Add(row.Figures)
		} else {
			n.Now.Add(row.Figures)
		}
	}
	n.slice(q, byDay, byHour)
	n.Entries = grouped(parts, func(r funnel.CountRow) funnel.CountRow { return funnel.CountRow{Entry: r.Entry} })
	n.Languages = grouped(parts, func(r funnel.CountRow) funnel.CountRow { return funnel.CountRow{Lang: r.Lang} })
	return n, nil
}

// slice cuts the time into pieces.
func (n *Numbers) slice(q funnel.CountQuery, byDay, byHour []funnel.CountRow) {
	var first, last, step int64
	var unit time.Duration
	rows := byDay
	switch days := q.Until - q.From; {
	case days == 1:
		n.Width, first, last, step, unit, rows = SlotHour, q.From*24, q.Until*24, 1, time.Hour, byHour
	case days <= mostDays:
		n.Width, first, last, step, unit = SlotDay, q.From, q.Until, 1, 24*time.Hour
	default:
		n.Width, first, last, step, unit = SlotWeek, q.From, q.Until, 7, 24*time.Hour
	}
	for at := first; at < last; at += step {
		n.Slots = append(n.Slots, Slot{From: time.Unix(at*int64(unit/time.Second), 0).UTC(), Figures: funnel.Figures{}})
	}
	for _, row := range rows {
		if row.At >= first {
			n.Slots[(row.At-first)/step].Figures.Add(row.Figures)
		}
	}
}

// grouped adds up the rows that are the same by key, and puts the most confirmed
// first.
func grouped(rows []funnel.CountRow, key func(funnel.CountRow) funnel.CountRow) []funnel.CountRow {
	type name struct{ entry, lang string }
	sums := map[name]funnel.CountRow{}
	for _, row := range rows {
		k := key(row)
		id := name{k.Entry, k.Lang}
		if sums[id].Figures == nil {
			k.Figures = funnel.Figures{}
			sums[id] = k
		}
		sums[id].Figures.Add(row.Figures)
	}
	order := func(r funnel.CountRow) []int64 {
		f := r.Figures
		return []int64{-f[funnel.CountConfirmed], -f.Begun(), -f.Reached()}
	}
	list := slices.SortedFunc(maps.Values(sums), func(a, b funnel.CountRow) int {
		if c := slices.Compare(order(a), order(b)); c != 0 {
			return c
		}
		return slices.Compare([]string{a.Entry, a.Lang}, []string{b.Entry, b.Lang})
	})
	return list
}

// numbersPiece is how many days of rows are read at a time: no transaction stays
// open while somebody slow takes them.
const numbersPiece = 31

// EachNumber hands fn the figures of each day, entry point and language, in
// that order, in constant memory.
func (s *Service) EachNumber(ctx context.Context, q funnel.CountQuery, fn func(funnel.CountRow) error) (err error) {
	defer fault.Wrap(&err, "manage.EachNumber")
	if days := q.Until - q.From; days < 1 || days > MaxNumbersDays {
		return ErrNumbersTime
	}
	for from := q.From; from < q.Until; from += numbersPiece {
		piece := q
		piece.From, piece.Until = from, min(from+numbersPiece, q.Until)
		var rows []funnel.CountRow
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			rows, err = r.CountRows(ctx, piece)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := fn(row); err != nil {
				return err
			}
		}
	}
	return nil
}
