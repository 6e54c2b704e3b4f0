package store_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"assent/consent"
	"assent/store"
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
