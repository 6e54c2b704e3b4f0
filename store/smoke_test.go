package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"assent/evidence"
	"assent/store"
)

func TestSmoke(t *testing.T) {
	for _, twice := range []bool{false, true} {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "a b.db"), store.Options{RunTwice: twice})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var wg sync.WaitGroup
		for g := range 32 {
			wg.Go(func() {
				for i := range 100 {
					id := fmt.Sprintf("e%d-%d", g, i)
					err := s.ReadWrite(context.Background(), func(ctx context.Context, tx *store.Tx) error {
						err := tx.InsertEvent(ctx, evidence.Record{ID: id, JWT: []byte(id), Name: "x", Sealed: []byte("x")})
						if i%10 == 0 {
							return errors.New("no")
						}
						return err
					})
					if (err != nil) != (i%10 == 0) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		t.Log(time.Since(start))
		err = s.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			h, err := tx.LogHead(ctx)
			t.Log(h.Size, err)
			if h.Size != 32*90 {
				t.Error(h.Size)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
