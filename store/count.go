package store

import (
	"context"

	"assent/funnel"
)

// AddCounts adds views and scans to the hour's figures.
func (t *Tx) AddCounts(ctx context.Context, counts map[funnel.Count]int) error {
	for c, n := range counts {
		_, err := t.exec(ctx, `INSERT INTO counts (funnel, entry, lang, hour, kind, n) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (funnel, entry, lang, hour, kind) DO UPDATE SET n = counts.n + excluded.n`, c.Funnel, c.Entry, c.Lang, c.Hour, c.Kind, n)
		if err != nil {
			return err
		}
	}
	return nil
}
