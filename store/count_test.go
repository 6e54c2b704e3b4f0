package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"assent/funnel"
	"assent/store"
	"assent/store/storetest"
)

// addCounts counts in one closure.
func (s *site) addCounts(counts map[funnel.Count]int) {
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddCounts(ctx, counts) })
}

// counts asks for figures.
func (s *site) counts(fn func(*store.Tx, context.Context, funnel.CountQuery) ([]funnel.CountRow, error), q funnel.CountQuery) []funnel.CountRow {
	return read(s, func(ctx context.Context, tx *store.Tx) ([]funnel.CountRow, error) { return fn(tx, ctx, q) })
}

// Two days of a funnel, at two entry points and in two languages, and another funnel.
var countedDays = map[funnel.Count]int{
	{Funnel: "f", Entry: "", Lang: "de", Hour: 240, Kind: funnel.CountView}:       1,
	{Funnel: "f", Entry: "e", Lang: "de", Hour: 240, Kind: funnel.CountView}:      2,
	{Funnel: "f", Entry: "e", Lang: "de", Hour: 263, Kind: funnel.CountView}:      4,
	{Funnel: "f", Entry: "e", Lang: "ar", Hour: 263, Kind: funnel.CountConfirmed}: 8,
	{Funnel: "f", Entry: "e", Lang: "ar", Hour: 264, Kind: funnel.CountConfirmed}: 16,
	{Funnel: "g", Entry: "e", Lang: "ar", Hour: 264, Kind: funnel.CountConfirmed}: 32,
}

var countMethods = methods{
	"AddCounts": func(s *site) {
		base := funnel.Count{Funnel: "f", Entry: "e", Lang: "de", Hour: 490_000, Kind: "view"}
		counts := map[funnel.Count]int{base: 3}
		for i, change := range []func(*funnel.Count){
			func(c *funnel.Count) { c.Funnel = "g" }, func(c *funnel.Count) { c.Entry = "" }, func(c *funnel.Count) { c.Lang = "ar" },
			func(c *funnel.Count) { c.Hour += 24 }, func(c *funnel.Count) { c.Kind = "scan" },
		} {
			other := base
			change(&other)
			counts[other] = 10 * (i + 1)
		}
		s.addCounts(nil)
		s.addCounts(counts)
		s.write(func(ctx context.Context, tx *store.Tx) error { // adds up within a closure, too
			return errors.Join(tx.AddCounts(ctx, map[funnel.Count]int{base: 1}), tx.AddCounts(ctx, map[funnel.Count]int{base: 3}))
		})
		counts[base] = 7
		for c, want := range counts {
			same(s, s.rows(`SELECT n FROM counts WHERE funnel = $1 AND entry = $2 AND lang = $3 AND hour = $4 AND kind = $5`, c.Funnel, c.Entry, c.Lang, c.Hour, c.Kind), want)
			same(s, s.rows(`SELECT n_`+string(c.Kind)+` FROM count_days WHERE funnel = $1 AND entry = $2 AND lang = $3 AND day = $4`, c.Funnel, c.Entry, c.Lang, c.Hour/24), want)
		}
		same(s, s.rows(`SELECT count(*) FROM counts`), len(counts))
		same(s, s.rows(`SELECT count(*) FROM count_days`), len(counts)-1) // a view and a scan share a row
		// What fails is not counted, and every kind has a column.
		err := s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.AddCounts(ctx, map[funnel.Count]int{base: 100}), errors.New("not so"))
		})
		if err == nil {
			s.Error("the closure did not fail")
		}
		every := map[funnel.Count]int{}
		for i, k := range funnel.CountKinds {
			every[funnel.Count{Funnel: "all", Hour: 24, Kind: k}] = i + 1
		}
		s.addCounts(every)
		got := s.counts((*store.Tx).CountsByDay, funnel.CountQuery{Funnel: "all", From: 1, Until: 2})
		for i, k := range funnel.CountKinds {
			same(s, got[0].Figures[k], int64(i+1))
		}
		same(s, s.rows(`SELECT n FROM counts WHERE funnel = 'f' AND entry = 'e' AND lang = 'de' AND hour = 490000 AND kind = 'view'`), 7)
	},
	"CountsByDay": func(s *site) {
		s.addCounts(countedDays)
		days := func(q funnel.CountQuery) []funnel.CountRow { return s.counts((*store.Tx).CountsByDay, q) }
		first := funnel.CountRow{At: 10, Figures: funnel.Figures{funnel.CountView: 7, funnel.CountConfirmed: 8}}
		second := funnel.CountRow{At: 11, Figures: funnel.Figures{funnel.CountConfirmed: 16}}
		same(s, days(funnel.CountQuery{Funnel: "f", From: 0, Until: 99}), []funnel.CountRow{first, second})
		same(s, days(funnel.CountQuery{Funnel: "f", From: 10, Until: 11}), []funnel.CountRow{first})
		same(s, days(funnel.CountQuery{Funnel: "f", From: 11, Until: 12, Lang: "ar"}), []funnel.CountRow{second})
		same(s, days(funnel.CountQuery{Funnel: "f", From: 0, Until: 99, Entry: new(string)}), []funnel.CountRow{{At: 10, Figures: funnel.Figures{funnel.CountView: 1}}})
		same(s, days(funnel.CountQuery{Funnel: "f", From: 12, Until: 99}), []funnel.CountRow{})
	},
	"CountsByHour": func(s *site) {
		s.addCounts(countedDays)
		e := "e"
		hours := func(q funnel.CountQuery) []funnel.CountRow { return s.counts((*store.Tx).CountsByHour, q) }
		same(s, hours(funnel.CountQuery{Funnel: "f", From: 10, Until: 11}), []funnel.CountRow{
			{At: 240, Figures: funnel.Figures{funnel.CountView: 3}}, {At: 263, Figures: funnel.Figures{funnel.CountView: 4, funnel.CountConfirmed: 8}},
		})
		same(s, hours(funnel.CountQuery{Funnel: "f", From: 10, Until: 11, Entry: &e, Lang: "ar"}), []funnel.CountRow{{At: 263, Figures: funnel.Figures{funnel.CountConfirmed: 8}}})
	},
	"CountsByPart": func(s *site) {
		s.addCounts(countedDays)
		parts := func(q funnel.CountQuery) []funnel.CountRow { return s.counts((*store.Tx).CountsByPart, q) }
		same(s, parts(funnel.CountQuery{Funnel: "f", From: 10, Until: 12}), []funnel.CountRow{
			{Lang: "de", Figures: funnel.Figures{funnel.CountView: 1}}, {Entry: "e", Lang: "ar", Figures: funnel.Figures{funnel.CountConfirmed: 24}},
			{Entry: "e", Lang: "de", Figures: funnel.Figures{funnel.CountView: 6}},
		})
		same(s, parts(funnel.CountQuery{Funnel: "f", From: 11, Until: 12}), []funnel.CountRow{{Entry: "e", Lang: "ar", Figures: funnel.Figures{funnel.CountConfirmed: 16}}})
	},
	"CountRows": func(s *site) {
		s.addCounts(countedDays)
		rows := func(q funnel.CountQuery) []funnel.CountRow { return s.counts((*store.Tx).CountRows, q) }
		same(s, rows(funnel.CountQuery{Funnel: "f", From: 10, Until: 12, Lang: "ar"}), []funnel.CountRow{
			{At: 10, Entry: "e", Lang: "ar", Figures: funnel.Figures{funnel.CountConfirmed: 8}}, {At: 11, Entry: "e", Lang: "ar", Figures: funnel.Figures{funnel.CountConfirmed: 16}},
		})
		same(s, len(rows(funnel.CountQuery{Funnel: "f", From: 10, Until: 12})), 4)
	},
}

// Many closures count the same rows at once, through several writers, in any
// order, and some fail: every count stands once.
func TestCountsOfManyWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{Writers: 3, Readers: 2, BatchRows: 7})
		const callers, each = 24, 20
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for n := range each {
					counts := map[funnel.Count]int{}
					for _, lang := range []string{"de", "en", "ar"} {
						counts[funnel.Count{Funnel: "f", Entry: fmt.Sprint((c + n) % 3), Lang: lang, Hour: 24, Kind: funnel.CountKinds[c%len(funnel.CountKinds)]}] = 1
					}
					fails := rand.IntN(10) == 0
					for { // who fails comes again, as a caller would
						err := s.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
							if err := tx.AddCounts(ctx, counts); err != nil || !fails {
								return err
							}
							return errFails
						})
						if err == nil {
							break
						}
						if !errors.Is(err, errFails) {
							t.Error(err)
							return
						}
						fails = false
					}
				}
			})
		}
		wg.Wait()
		for _, sum := range []string{`SELECT SUM(n) FROM counts`, `SELECT SUM(n_view + n_scan + n_chat_scan + n_submitted + n_wrote + n_confirmed + n_refused + n_closed + n_expired + n_not_sent + n_stopped + n_minute + n_five_minutes + n_hour + n_day + n_later) FROM count_days`} {
			var n int
			if err := db.Raw(t).QueryRow(sum).Scan(&n); err != nil || n != callers*each*3 {
				t.Errorf("%s is %d, want %d (%v)", sum, n, callers*each*3, err)
			}
		}
	})
}

var errFails = errors.New("this one fails")

// BenchmarkCounts measures what the page of numbers asks for, of a funnel to
// which ten million things happened in two years, at 12 entry points and in 4
// languages: its last year with the year before, and its last day by the hour.
func BenchmarkCounts(b *testing.B) {
	db := storetest.Default(b)
	s := db.Open(b, store.Options{Readers: 2})
	const until, days = 20_800, 731
	rng := rand.New(rand.NewPCG(1, 2))
	total := 0
	for day := int64(until - days); day < until; day++ {
		counts := map[funnel.Count]int{}
		for total += 13_700; len(counts) == 0; {
			for range 13_700 { // one by one: most at the first entry points, by day, and seen rather than done
				zipf := func(n int) int { return int(float64(n) * rng.Float64() * rng.Float64() * rng.Float64()) }
				counts[funnel.Count{
					Funnel: "f", Entry: fmt.Sprintf("0192f0c4-%04d-7000-8000-000000000000", zipf(12)), Lang: []string{"de", "en", "ar", "tr"}[zipf(4)],
					Hour: day*24 + int64(6+zipf(18)), Kind: funnel.CountKinds[zipf(len(funnel.CountKinds))],
				}]++
			}
		}
		if err := s.ReadWrite(b.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.AddCounts(ctx, counts) }); err != nil {
			b.Fatal(err)
		}
	}
	var hours, rows int
	if err := errors.Join(db.Raw(b).QueryRow(`SELECT count(*) FROM counts`).Scan(&hours), db.Raw(b).QueryRow(`SELECT count(*) FROM count_days`).Scan(&rows)); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d events in %d rows of hours and %d of days", total, hours, rows)
	ask := func(b *testing.B, fns map[*funnel.CountQuery]func(*store.Tx, context.Context, funnel.CountQuery) ([]funnel.CountRow, error)) {
		var longest time.Duration
		for b.Loop() {
			started := time.Now()
			err := s.ReadOnly(b.Context(), func(ctx context.Context, tx *store.Tx) error {
				for q, fn := range fns {
					if got, err := fn(tx, ctx, *q); err != nil || len(got) == 0 {
						return fmt.Errorf("%d rows: %w", len(got), err)
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			longest = max(longest, time.Since(started))
		}
		b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest")
	}
	type query = funnel.CountQuery
	type asked = map[*funnel.CountQuery]func(*store.Tx, context.Context, funnel.CountQuery) ([]funnel.CountRow, error)
	b.Run("year", func(b *testing.B) {
		ask(b, asked{{Funnel: "f", From: until - 730, Until: until}: (*store.Tx).CountsByDay, {Funnel: "f", From: until - 365, Until: until}: (*store.Tx).CountsByPart})
	})
	b.Run("day", func(b *testing.B) {
		one := query{Funnel: "f", From: until - 1, Until: until}
		two, three := one, one
		two.From--
		ask(b, asked{&two: (*store.Tx).CountsByDay, &one: (*store.Tx).CountsByHour, &three: (*store.Tx).CountsByPart})
	})
}
