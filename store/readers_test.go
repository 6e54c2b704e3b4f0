package store_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"assent/consent"
	"assent/fault"
	"assent/store"
	"assent/store/storetest"
)

// Readers that all prepare statements for the first time must not wait for one
// another's connections.
func TestFewReadersManyStatements(t *testing.T) {
	for _, readers := range []int{1, 2} {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), store.Options{Readers: readers})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				err := s.ReadOnly(ctx, func(ctx context.Context, tx *store.Tx) error {
					subjects := make([]string, i+1) // each its own statement
					_, err := tx.Consents(ctx, consent.Filter{Business: "b", Subjects: subjects, Limit: 1})
					return err
				})
				if err != nil {
					t.Errorf("%d readers: %v", readers, err)
				}
			})
		}
		wg.Wait()
		cancel()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A read of one statement sees one state; a second statement could see another.
func TestReadOnceRunsOneStatement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{})
		err := s.ReadOnce(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.LogHead(ctx); err != nil {
				return err
			}
			_, err := tx.LogHead(ctx)
			return err
		})
		if err == nil {
			t.Error("two statements ran")
		}
	})
}

// PostgreSQL gives up its connections when it is restarted; who reads next must
// not notice.
func TestReadOnceOutlivesItsConnection(t *testing.T) {
	db := storetest.Postgres(t)
	s, raw := db.Open(t, store.Options{Readers: 1}), db.Raw(t)
	read := func() error {
		return s.ReadOnce(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.LogHead(ctx)
			return err
		})
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	if err := read(); err != nil {
		t.Errorf("after the connection was ended: %v", err)
	}
}

// PostgreSQL may end a connection in the middle of a transaction, when it is
// restarted or an operator says so: what was under way may be done again.
func TestConnectionLostMidwayIsTransient(t *testing.T) {
	db := storetest.Postgres(t)
	s, raw := db.Open(t, store.Options{Readers: 2, Writers: 1}), db.Raw(t)
	end := func() {
		if _, err := raw.Exec(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Error(err)
		}
	}
	read := func(ctx context.Context, tx *store.Tx) error {
		end()
		_, err := tx.LogHead(ctx)
		return err
	}
	twice := func(ctx context.Context, tx *store.Tx) error {
		if err := read(ctx, tx); err == nil {
			t.Error("it went on")
		}
		_, err := tx.LogHead(ctx)
		return err
	}
	for range 5 { // which error comes first is chance
		for name, run := range map[string]func(context.Context, func(context.Context, *store.Tx) error) error{"read": s.ReadOnly, "write": s.ReadWrite} {
			for _, fn := range []func(context.Context, *store.Tx) error{read, twice} {
				if err := run(t.Context(), fn); !fault.Is(err, fault.Unavailable) {
					t.Errorf("%s: %T %v", name, err, err)
				}
			}
		}
	}
	ok := func(ctx context.Context, tx *store.Tx) error { _, err := tx.LogHead(ctx); return err }
	if err := s.ReadOnly(t.Context(), ok); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if err := s.ReadWrite(t.Context(), ok); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
