package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"assent/limit"
)

// AddUses counts uses, each of another hash, and returns how often each happened
// in its window by now, in their order. Two that count the same wait for each
// other.
func (t *Tx) AddUses(ctx context.Context, uses []limit.Use) ([]int, error) {
	if len(uses) == 0 {
		return nil, nil
	}
	var q strings.Builder
	q.WriteString(`INSERT INTO limit_counts (hash, n, until_at) VALUES `)
	args := make([]any, 0, 3*len(uses))
	inOrder := slices.SortedFunc(slices.Values(uses), func(a, b limit.Use) int { return bytes.Compare(a.Hash, b.Hash) }) // so no two statements wait for each other
	for i, u := range inOrder {
		if i > 0 {
			q.WriteString(`, `)
		}
		fmt.Fprintf(&q, `($%d, $%d, $%d)`, 3*i+1, 3*i+2, 3*i+3)
		args = append(args, u.Hash, u.N, micros(u.Until))
	}
	q.WriteString(` ON CONFLICT (until_at, hash) DO UPDATE SET n = limit_counts.n + excluded.n RETURNING hash, n`)
	return t.totals(ctx, q.String(), args, uses)
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
	return t.totals(ctx, q.String(), args, uses)
}

func (t *Tx) totals(ctx context.Context, query string, args []any, uses []limit.Use) ([]int, error) {
	byHash := make(map[string]int, len(uses))
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var hash []byte
		var n int
		err := scan(&hash, &n)
		byHash[string(hash)] = n
		return err
	})
	totals := make([]int, len(uses))
	for i, u := range uses {
		totals[i] = byHash[string(u.Hash)]
	}
	return totals, err
}
