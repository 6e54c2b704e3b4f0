package store_test

import (
	"context"
	"testing"
	"time"

	"assent/limit"
	"assent/store"
)

func use(name string, n int) limit.Use {
	return limit.Use{Hash: []byte(name), N: n, Until: at(0).Add(time.Hour)}
}

func (s *site) addUses(uses ...limit.Use) (totals []int) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		totals, err = tx.AddUses(ctx, uses)
		return err
	})
	return totals
}

var limitMethods = methods{
	"AddUses": func(s *site) {
		same(s, s.addUses(), []int(nil))
		same(s, s.addUses(use("b", 1), use("a", 2)), []int{1, 2})
		same(s, s.addUses(use("a", 1), use("c", 7), use("b", 1)), []int{3, 7, 2})
		same(s, s.rows(`SELECT count(*) FROM limit_counts`), 3)
	},
	"Uses": func(s *site) {
		s.addUses(use("b", 4), use("a", 2))
		uses := func(asked ...limit.Use) []int {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]int, error) { return tx.Uses(ctx, asked) })
		}
		same(s, uses(), []int(nil))
		same(s, uses(use("a", 1), use("none", 1), use("b", 1)), []int{2, 0, 4})
		same(s, uses(use("a", 1)), []int{2}) // none was counted
	},
}

// Processes that count the same together lose nothing, in whatever order each
// names what it counts.
func TestUsesTogether(t *testing.T) {
	together(t, func(s *site, n int) error {
		uses := []limit.Use{use("a", 1), use("b", 2)}
		if n%2 == 1 {
			uses[0], uses[1] = uses[1], uses[0]
		}
		return s.store.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddUses(ctx, uses)
			return err
		})
	}, func(s *site, done int) {
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]int, error) {
			return tx.Uses(ctx, []limit.Use{use("a", 1), use("b", 1)})
		})
		same(s, got, []int{done, 2 * done})
	})
}
