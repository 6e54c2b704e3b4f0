package store_test

import (
	"context"

	"assent/store"
	"assent/vault"
)

func (s *site) destroy(key, event string, n int64) vault.Destruction {
	s.Helper()
	d := vault.Destruction{Key: key, Event: event, At: at(n)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDestruction(ctx, d) })
	return d
}

var destructionMethods = methods{
	"InsertDestruction": func(s *site) {
		s.addEvent("e1", "p", 1)
		s.addEvent("e2", "p", 2)
		first := s.destroy("s/p", "e1", 5)
		s.destroy("s/p", "e2", 9) // the first stands
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]vault.Destruction, error) {
			return tx.DestructionsAfter(ctx, "", 9)
		})
		same(s, got, []vault.Destruction{first})
		if err := s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertDestruction(ctx, vault.Destruction{Key: "s/q", Event: "none", At: at(1)})
		}); err == nil {
			s.Error("a destruction that no event tells of was kept")
		}
	},
	"Destruction": func(s *site) {
		s.addEvent("e1", "p", 1)
		want := s.destroy("s/p", "e1", 5)
		s.destroy("s/q", "e1", 6)
		for key, there := range map[string]bool{"s/p": true, "s/": false, "": false, "S/P": false} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				got, ok, err := tx.Destruction(ctx, key)
				if ok != there || there && got != want {
					s.Errorf("%q: %v, %v", key, got, ok)
				}
				return err
			})
		}
	},
	"DestructionsAfter": func(s *site) {
		s.addEvent("e1", "p", 1)
		c, a, b := s.destroy("s/c", "e1", 1), s.destroy("r/a", "e1", 2), s.destroy("s/b", "e1", 3)
		after := func(key string, limit int) []vault.Destruction {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]vault.Destruction, error) {
				return tx.DestructionsAfter(ctx, key, limit)
			})
		}
		same(s, after("", 9), []vault.Destruction{a, b, c})
		same(s, after("r/a", 1), []vault.Destruction{b})
		same(s, after("s/c", 9), []vault.Destruction(nil))
	},
}
