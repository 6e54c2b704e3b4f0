package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
	"assent/store"
	"assent/store/storetest"
)

func event(id string) evidence.Record {
	return evidence.Record{ID: id, Business: "b", Name: "test", JWT: []byte("jwt of " + id), Key: "k", Sealed: []byte("sealed"), At: time.Unix(1, 0), Arrived: time.Unix(2, 0)}
}

func insert(id string) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, event(id)) }
}

// checkLog verifies the whole log: dense leaves, one for each event, and a head
// that is the root of them.
func checkLog(t *testing.T, s *store.Store, want int64) {
	t.Helper()
	err := s.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		head, err := tx.LogHead(ctx)
		if err != nil {
			return err
		}
		if head.Size != want {
			return fmt.Errorf("%d leaves, want %d", head.Size, want)
		}
		var again ledger.Head
		for n := int64(0); n < head.Size; n += 100 {
			events, err := tx.EventsFrom(ctx, n, 100)
			if err != nil {
				return err
			}
			for i, e := range events {
				if e.Leaf != n+int64(i) {
					return fmt.Errorf("leaf %d where %d should be", e.Leaf, n+int64(i))
				}
				for _, node := range again.Append(nil, ledger.LeafHash(e.JWT)) {
					kept, err := tx.Hashes(ctx, node.Level, node.Index, 1)
					if err != nil || kept[0] != node.Hash {
						return fmt.Errorf("node %d of level %d is wrong: %v", node.Index, node.Level, err)
					}
				}
			}
		}
		if again.Root() != head.Root() {
			return errors.New("the head is not the root of the leaves")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWriterGathersAndLogs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		for _, twice := range []bool{false, true} {
			t.Run(fmt.Sprint("twice=", twice), func(t *testing.T) {
				defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
				s, err := store.Open(t.Context(), db.Name, store.Options{RunTwice: twice})
				if err != nil {
					t.Fatal(err)
				}
				var before int64
				_ = s.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					h, err := tx.LogHead(ctx)
					before = h.Size
					return err
				})
				refused := errors.New("refused")
				var wg sync.WaitGroup
				for g := range 32 {
					wg.Go(func() {
						for i := range 20 {
							id := fmt.Sprintf("e-%v-%d-%d", twice, g, i)
							err := s.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
								if err := tx.InsertEvent(ctx, event(id)); err != nil {
									return err
								}
								switch {
								case i%10 == 3:
									return refused
								case i%10 == 7:
									panic("in a closure")
								}
								return nil
							})
							if bad := i%10 == 3 || i%10 == 7; (err != nil) != bad || i%10 == 3 && !errors.Is(err, refused) {
								t.Errorf("closure %d: %v", i, err)
							}
						}
					})
				}
				wg.Wait()
				checkLog(t, s, before+32*16)
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// One closure's violation of a constraint takes nobody with it.
func TestWriterDuplicateTakesNobodyWithIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{})
		if err := s.ReadWrite(t.Context(), insert("same")); err != nil {
			t.Fatal(err)
		}
		var good, bad atomic.Int64
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				id := fmt.Sprint("other", i)
				if i%2 == 0 {
					id = "same"
				}
				switch err := s.ReadWrite(t.Context(), insert(id)); {
				case err == nil:
					good.Add(1)
				case fault.Is(err, fault.Conflict):
					bad.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if good.Load() != 50 || bad.Load() != 50 {
			t.Errorf("%d written, %d refused", good.Load(), bad.Load())
		}
		checkLog(t, s, 51)
	})
}

// A caller whose context ends learns what became of its closure all the same, and
// has what it noted to itself.
func TestWriterCallerLeaves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{Writers: 1})
		inside, goOn := make(chan struct{}), make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		var once sync.Once
		go func() {
			left <- s.ReadWrite(ctx, func(ctx context.Context, tx *store.Tx) error {
				once.Do(func() { close(inside) })
				<-goOn
				if err := ctx.Err(); err != nil {
					return err
				}
				return tx.InsertEvent(ctx, event("stands"))
			})
		}()
		<-inside
		cancel()
		select { // what the closure notes is the caller's only once it has ended
		case err := <-left:
			t.Errorf("the caller left its closure, with %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		close(goOn)
		if err := <-left; err != nil {
			t.Errorf("the write stands, and the caller got %v", err)
		}
		if err := s.ReadWrite(t.Context(), insert("neighbour")); err != nil {
			t.Error(err)
		}
		checkLog(t, s, 2)
	})
}

func TestWriterClosed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{})
		var wg sync.WaitGroup
		var written atomic.Int64
		for i := range 64 {
			wg.Go(func() {
				err := s.ReadWrite(t.Context(), insert(fmt.Sprint("e", i)))
				if err == nil {
					written.Add(1)
				} else if !fault.Is(err, fault.Unavailable) {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Millisecond)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if err := s.ReadWrite(t.Context(), insert("late")); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a write after Close: %v", err)
		}
		again := db.Open(t, store.Options{})
		checkLog(t, again, written.Load()) // every answered write is there
	})
}

func TestReadOnlyRefusesToWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{})
		if err := s.ReadOnly(t.Context(), insert("no")); err == nil {
			t.Error("a read wrote")
		}
		checkLog(t, s, 0)
	})
}

// Two stores on one database, as two processes have it.
func TestTwoStoresOneLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		a, b := db.Open(t, store.Options{}), db.Open(t, store.Options{})
		var wg sync.WaitGroup
		for i := range 60 {
			for n, s := range []*store.Store{a, b} {
				wg.Go(func() {
					if err := s.ReadWrite(t.Context(), insert(fmt.Sprintf("e%d-%d", n, i))); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		checkLog(t, a, 120)
	})
}

func TestWatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{RunTwice: true})
		heard := make(chan []string, 10)
		stop := s.Watch(func(topics []string) { heard <- topics })
		err := s.ReadWrite(t.Context(), func(_ context.Context, tx *store.Tx) error { tx.Notify("a"); return nil })
		if err != nil {
			t.Fatal(err)
		}
		if got := <-heard; len(got) != 1 || got[0] != "a" {
			t.Errorf("heard %q", got)
		}
		_ = s.ReadWrite(t.Context(), func(_ context.Context, tx *store.Tx) error { tx.Notify("b"); return errors.New("no") })
		stop()
		_ = s.ReadWrite(t.Context(), func(_ context.Context, tx *store.Tx) error { tx.Notify("c"); return nil })
		if len(heard) != 0 {
			t.Errorf("heard %q of what was not written, or after stop", <-heard)
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	for _, rows := range []int{1, 500} {
		b.Run(fmt.Sprint("batch=", rows), func(b *testing.B) {
			s := storetest.SQLite(b).Open(b, store.Options{BatchRows: rows})
			var n atomic.Int64
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := s.ReadWrite(b.Context(), insert(fmt.Sprint("e", n.Add(1)))); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
