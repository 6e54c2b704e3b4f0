package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assent/limit"
	"assent/store"
	"assent/store/storetest"
)

func use(name string, n int) limit.Use {
	return limit.Use{Hash: []byte(name), N: n, Until: at(0).Add(time.Hour)}
}

func (s *site) addUses(uses ...limit.Use) (totals []int) {
	s.Helper()
	err := s.store.Using(s.Context(), uses, func(_ context.Context, _ *store.Tx, came []int) error {
		totals = came
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return totals
}

func TestUsing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := &site{T: t, db: db, store: db.Open(t, store.Options{RunTwice: true, Writers: 2, Readers: 2})}
		same(s, s.addUses(), []int(nil))
		same(s, s.addUses(use("b", 1), use("a", 2)), []int{1, 2})
		same(s, s.addUses(use("a", 1), use("c", 7), use("b", 1)), []int{3, 7, 2})
		same(s, s.rows(`SELECT count(*) FROM limit_counts`), 3)
		failed := errors.New("no")
		err := s.store.Using(t.Context(), []limit.Use{use("a", 1)}, func(context.Context, *store.Tx, []int) error { return failed })
		if !errors.Is(err, failed) {
			t.Errorf("the closure failed with %v", err)
		}
		same(s, s.addUses(use("a", 1)), []int{4})
	})
}

// Many clicks at once on one sign-up all but one fail: they used up what a funnel
// may ask for, since each had counted before it failed.
func TestFailedClicksUsedUpTheLimits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := &site{T: t, db: db, store: db.Open(t, store.Options{Writers: 2, Readers: 2})}
		var wg sync.WaitGroup
		var once atomic.Bool
		for range 200 {
			wg.Go(func() {
				_ = s.store.Using(t.Context(), []limit.Use{use("funnel", 1)}, func(context.Context, *store.Tx, []int) error {
					if once.CompareAndSwap(false, true) {
						return nil
					}
					return errors.New("asked for before")
				})
			})
		}
		wg.Wait()
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]int, error) {
			return tx.Uses(ctx, []limit.Use{use("funnel", 1)})
		})
		if got[0] > 1 {
			t.Errorf("counted %d times", got[0])
		}
	})
}

// Closures of one batch that count the same are each told their own turn.
func TestUsingInOneBatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{Writers: 1})
		gate, entered := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { // keeps the writer while the others queue up behind it
			err := s.ReadWrite(t.Context(), func(context.Context, *store.Tx) error {
				close(entered)
				<-gate
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-entered
		const callers = 20
		turns := make([]int, callers)
		for n := range callers {
			wg.Go(func() {
				err := s.Using(t.Context(), []limit.Use{use("shared", 1), use(fmt.Sprint("own ", n), 1)}, func(_ context.Context, _ *store.Tx, totals []int) error {
					turns[n] = totals[0]
					if totals[1] != 1 {
						return fmt.Errorf("its own was counted %d times", totals[1])
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		close(gate)
		wg.Wait()
		slices.Sort(turns)
		for i, turn := range turns {
			if turn != i+1 {
				t.Fatalf("turns %v", turns)
			}
		}
	})
}

// Writers that count the same things in batches, in any order, never wait for each
// other crosswise: PostgreSQL would notice after a second, and end one of them.
func TestFormsOfManyNetworksDeadlocked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{Writers: 4})
		var wg sync.WaitGroup
		var longest atomic.Int64
		for caller := range 32 {
			wg.Go(func() {
				for n := range 20 {
					start := time.Now()
					uses := []limit.Use{use(fmt.Sprint("network ", (caller*7+n*13)%9), 1), use(fmt.Sprint("page ", (caller+n*5)%11), 1)}
					err := s.Using(t.Context(), uses, func(ctx context.Context, tx *store.Tx, _ []int) error {
						return tx.InsertEvent(ctx, event(fmt.Sprint(caller, "-", n)))
					})
					if err != nil {
						t.Error(err)
					}
					longest.Store(max(longest.Load(), int64(time.Since(start))))
				}
			})
		}
		wg.Wait()
		if d := time.Duration(longest.Load()); d > 900*time.Millisecond {
			t.Errorf("a write took %s: the time after which PostgreSQL looks for a deadlock", d)
		}
	})
}

var limitMethods = methods{
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
		return s.store.Using(t.Context(), uses, func(context.Context, *store.Tx, []int) error { return nil })
	}, func(s *site, done int) {
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]int, error) {
			return tx.Uses(ctx, []limit.Use{use("a", 1), use("b", 1)})
		})
		same(s, got, []int{done, 2 * done})
	})
}
