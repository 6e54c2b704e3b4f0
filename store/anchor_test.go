package store_test

import (
	"context"

	"assent/ledger"
	"assent/store"
)

// vouch keeps a checkpoint, if there is none of the size, and an anchor of it.
func (s *site) vouch(size int64, kind ledger.AnchorKind, name string) ledger.Anchor {
	s.Helper()
	if s.rows(`SELECT count(*) FROM checkpoints WHERE size = $1`, size) == 0 {
		after := int64(s.rows(`SELECT COALESCE(max(size), 0) FROM checkpoints`))
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertCheckpoint(ctx, ledger.Signed{Size: size, Note: []byte("note"), SignedAt: at(size)}, after)
		})
	}
	a := ledger.Anchor{Party: ledger.Party{Kind: kind, Name: name, Key: []byte("key of " + name)}, Size: size, Proof: []byte{0, 0xff, byte(size)}, At: at(100 + size)}
	a.PartyID = a.ID()
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertAnchor(ctx, a, at(200)) })
	return a
}

func (s *site) anchorsFrom(size int64) []ledger.Anchor {
	return read(s, func(ctx context.Context, tx *store.Tx) ([]ledger.Anchor, error) { return tx.AnchorsFrom(ctx, size) })
}

var anchorMethods = methods{
	"InsertAnchor": func(s *site) {
		first := s.vouch(5, ledger.Cosigned, "w")
		again := first
		again.Proof, again.At = []byte("later"), at(999)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertAnchor(ctx, again, at(300)) })
		same(s, s.anchorsFrom(0), []ledger.Anchor{first}) // the first word stands
		rotated := first
		rotated.Key = []byte("another key")
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertAnchor(ctx, rotated, at(300)) })
		same(s, s.rows(`SELECT count(*) FROM parties`), 2)
		if err := s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertAnchor(ctx, ledger.Anchor{Party: first.Party, Size: 6}, at(1))
		}); err == nil {
			s.Error("an anchor of no checkpoint was kept")
		}
	},
	"AnchorsFrom": func(s *site) {
		same(s, s.anchorsFrom(1), []ledger.Anchor(nil))
		w, t := s.vouch(3, ledger.Cosigned, "w"), s.vouch(3, ledger.Stamped, "t")
		later := s.vouch(7, ledger.Cosigned, "w")
		same(s, s.anchorsFrom(1), []ledger.Anchor{t, w})
		same(s, s.anchorsFrom(3), []ledger.Anchor{t, w})
		same(s, s.anchorsFrom(4), []ledger.Anchor{later})
		same(s, s.anchorsFrom(8), []ledger.Anchor(nil))
	},
	"AnchorsAfter": func(s *site) {
		a, b, c := s.vouch(3, ledger.Cosigned, "a"), s.vouch(3, ledger.Cosigned, "b"), s.vouch(4, ledger.Cosigned, "a")
		if a.ID() > b.ID() {
			a, b = b, a
		}
		after := func(size int64, party string, limit int) []ledger.Anchor {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]ledger.Anchor, error) {
				return tx.AnchorsAfter(ctx, size, party, limit)
			})
		}
		same(s, after(0, "", 9), []ledger.Anchor{a, b, c})
		same(s, after(0, "", 2), []ledger.Anchor{a, b})
		same(s, after(3, a.ID(), 9), []ledger.Anchor{b, c})
		same(s, after(4, c.ID(), 9), []ledger.Anchor(nil))
	},
	"NewestAnchors": func(s *site) {
		newest := func(ctx context.Context, tx *store.Tx) ([]ledger.Anchor, error) { return tx.NewestAnchors(ctx) }
		same(s, read(s, newest), []ledger.Anchor(nil))
		s.vouch(3, ledger.Cosigned, "w")
		t := s.vouch(3, ledger.Stamped, "t")
		w := s.vouch(7, ledger.Cosigned, "w")
		same(s, read(s, newest), []ledger.Anchor{t, w})
	},
}
