package store_test

import (
	"context"

	"assent/funnel"
	"assent/store"
)

var countMethods = methods{
	"AddCounts": func(s *site) {
		base := funnel.Count{Funnel: "f", Entry: "e", Lang: "de", Hour: 490_000, Kind: "view"}
		counts := map[funnel.Count]int{base: 3}
		for i, change := range []func(*funnel.Count){
			func(c *funnel.Count) { c.Funnel = "g" }, func(c *funnel.Count) { c.Entry = "" }, func(c *funnel.Count) { c.Lang = "ar" },
			func(c *funnel.Count) { c.Hour++ }, func(c *funnel.Count) { c.Kind = "scan" },
		} {
			other := base
			change(&other)
			counts[other] = 10 * (i + 1)
		}
		add := func(c map[funnel.Count]int) {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddCounts(ctx, c) })
		}
		add(nil)
		add(counts)
		add(map[funnel.Count]int{base: 4})
		counts[base] = 7
		for c, want := range counts {
			same(s, s.rows(`SELECT n FROM counts WHERE funnel = $1 AND entry = $2 AND lang = $3 AND hour = $4 AND kind = $5`, c.Funnel, c.Entry, c.Lang, c.Hour, c.Kind), want)
		}
		same(s, s.rows(`SELECT count(*) FROM counts`), len(counts))
	},
}
