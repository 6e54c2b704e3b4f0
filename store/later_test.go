package store_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"assent/job"
	"assent/store"
	"assent/store/storetest"
)

// hold keeps the only writer busy until release is called, so that what is handed
// in meanwhile waits.
func hold(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	var once, over sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.ReadWrite(t.Context(), func(context.Context, *store.Tx) error {
			once.Do(func() { close(held) })
			<-free
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	return func() { over.Do(func() { close(free); wg.Wait() }) }
}

// Whoever waits for an answer is written before what nobody waits for, however
// much of it was there first.
func TestWriterLetsWhoWaitsGoFirst(t *testing.T) {
	s := storetest.SQLite(t).Open(t, store.Options{})
	release := hold(t, s)
	var mu sync.Mutex
	var order []string
	var wg sync.WaitGroup
	write := func(ctx context.Context, name string) {
		wg.Go(func() {
			err := s.ReadWrite(ctx, func(context.Context, *store.Tx) error {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for i := range 100 {
		write(job.Later(t.Context()), fmt.Sprint("later ", i))
	}
	time.Sleep(50 * time.Millisecond) // they are in the queue
	write(t.Context(), "asked")
	time.Sleep(50 * time.Millisecond)
	release()
	wg.Wait()
	if at := slices.Index(order, "asked"); at < 0 || at > 8 || len(order) != 101 {
		t.Errorf("who waits was written as number %d of %d", at, len(order))
	}
}

// What nobody waits for is written too while others ask without end.
func TestWriterForgetsNothingThatWaits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{})
		stop := make(chan struct{})
		var asking sync.WaitGroup
		for range 32 {
			asking.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						if err := s.ReadWrite(t.Context(), func(context.Context, *store.Tx) error { return nil }); err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		var later sync.WaitGroup
		for range 200 {
			later.Go(func() {
				if err := s.ReadWrite(job.Later(t.Context()), func(context.Context, *store.Tx) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		written := make(chan struct{})
		go func() { later.Wait(); close(written) }()
		select {
		case <-written:
		case <-time.After(time.Minute):
			t.Error("what nobody waits for still waits")
		}
		close(stop)
		asking.Wait()
	})
}

// The write-ahead log is copied into the database beside the writer, long before
// a commit would have to do it.
func TestWriteAheadLogIsCopiedBeside(t *testing.T) {
	db := storetest.SQLite(t)
	s := db.Open(t, store.Options{})
	before := fileSize(t, db.Name)
	for i := range 200 {
		if err := s.ReadWrite(t.Context(), insert(fmt.Sprintf("copied-%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(20 * time.Second); fileSize(t, db.Name) == before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was copied")
		}
	}
}

// The write-ahead log begins anew once it is long, and does not grow on.
func TestWriteAheadLogBeginsAnew(t *testing.T) {
	db := storetest.SQLite(t)
	s := db.Open(t, store.Options{CheckpointAt: 100})
	const most = 6 * 100 * 4120 // bytes of frames: SQLite's own bound is at four times CheckpointAt
	for i := range 2000 {
		if err := s.ReadWrite(t.Context(), insert(fmt.Sprintf("anew-%d", i))); err != nil {
			t.Fatal(err)
		}
		if size := fileSize(t, db.Name+"-wal"); size > most {
			t.Fatalf("after %d writes the write-ahead log has %d bytes", i, size)
		}
	}
}

func fileSize(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
