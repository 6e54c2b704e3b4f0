package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
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

// What nobody waits for pauses while the write-ahead log begins anew, and then goes on,
// second after second, beside those who wait for an answer and who read.
func TestWriterGoesOnAfterTheLogBeganAnew(t *testing.T) {
	s := storetest.SQLite(t).Open(t, store.Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var asked, later atomic.Int64
	for i := range 4 {
		wg.Go(func() {
			for waits(stop, 10*time.Millisecond) {
				if err := s.ReadWrite(t.Context(), insert(fmt.Sprintf("asked-%d-%d", i, asked.Add(1)))); err != nil {
					t.Error(err)
				}
				if err := s.ReadOnly(t.Context(), func(context.Context, *store.Tx) error { return nil }); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for waits(stop, 0) {
				if err := s.ReadWrite(job.Later(t.Context()), insert(fmt.Sprintf("later-%d-%d", i, later.Add(1)))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 4 {
		a, l := asked.Load(), later.Load()
		time.Sleep(1500 * time.Millisecond)
		if a == asked.Load() || l == later.Load() {
			t.Errorf("within a second and a half %d were written for who waits, and %d for nobody", asked.Load()-a, later.Load()-l)
		}
	}
	close(stop)
	wg.Wait()
}

// waits sleeps, and reports false if it was stopped.
func waits(stop <-chan struct{}, d time.Duration) bool {
	select {
	case <-stop:
		return false
	case <-time.After(d):
		return true
	}
}

// A closed database is one file: nothing stays in a write-ahead log, where a copy of the
// file would not have it.
func TestClosedDatabaseIsOneFile(t *testing.T) {
	db := storetest.SQLite(t)
	s, err := store.Open(t.Context(), db.Name, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ReadWrite(t.Context(), insert("closed")); err != nil {
		t.Fatal(err)
	}
	if err := s.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error { _, err := tx.DayKey(ctx, "none"); return err }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{db.Name + "-wal", db.Name + "-shm"} {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", filepath.Base(name), err)
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
