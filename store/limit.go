package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"assent/limit"
)

// addUses adds uses, each of another hash and in the order of the hashes, and
// returns how often each happened in its window by now.
func (b *batchRun) addUses(ctx context.Context, uses []limit.Use) (map[string]int, error) {
	totals := make(map[string]int, len(uses))
	for len(uses) > 0 {
		n := rowsPerInsert // powers of two, so that few statements are prepared
		for n > len(uses) {
			n /= 2
		}
		args := make([]any, 0, 3*n)
		for _, u := range uses[:n] {
			args = append(args, micros(u.Until), u.Hash, u.N)
		}
		rows, err := b.query(ctx, `INSERT INTO limit_counts (until_at, hash, n) VALUES `+placeholders(n, 3)+
			` ON CONFLICT (until_at, hash) DO UPDATE SET n = limit_counts.n + excluded.n RETURNING hash, n`, args...)
		if err := intoTotals(totals, rows, err); err != nil {
			return nil, err
		}
		uses = uses[n:]
	}
	return totals, nil
}

// Uses returns how often each happened in its window, and counts none.
func (t *Tx) Uses(ctx context.Context, uses []limit.Use) ([]int, error) {
	if len(uses) == 0 {
		return nil, nil
	}
	var q strings.Builder
	q.WriteString(`SELECT hash, n FROM limit_counts WHERE `)
	args := make([]any, 0, 2*len(uses))
	for i, u := range uses {
		if i > 0 {
			q.WriteString(` OR `)
		}
		fmt.Fprintf(&q, `until_at = $%d AND hash = $%d`, 2*i+1, 2*i+2)
		args = append(args, micros(u.Until), u.Hash)
	}
	byHash := make(map[string]int, len(uses))
	rows, err := t.query(ctx, q.String(), args...)
	if err := intoTotals(byHash, rows, err); err != nil {
		return nil, err
	}
	totals := make([]int, len(uses))
	for i, u := range uses {
		totals[i] = byHash[string(u.Hash)]
	}
	return totals, nil
}

// intoTotals reads rows of a hash and how often it happened.
func intoTotals(totals map[string]int, rows *sql.Rows, err error) error {
	return eachRow(rows, err, func(scan func(...any) error) error {
		var hash []byte
		var n int
		err := scan(&hash, &n)
		totals[string(hash)] = n
		return err
	})
}
