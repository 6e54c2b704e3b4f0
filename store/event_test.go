package store_test

import (
	"context"
	"testing"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
	"assent/store"
)

// addEvent keeps an event of the person, or of nobody, and of a request.
func (s *site) addEvent(id, subject string, seq int64) evidence.Record {
	s.Helper()
	e := filled[evidence.Record](id)
	e.ID, e.Subject, e.Seq = id, subject, seq
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, e) })
	return e
}

func eventIDs(s *site, fn func(context.Context, *store.Tx) ([]evidence.Logged, error)) []string {
	s.Helper()
	return ids(read(s, fn), func(e evidence.Logged) string { return e.ID })
}

func (s *site) checkpoint(size, after int64) ledger.Signed {
	s.Helper()
	c := filled[ledger.Signed](string(rune('a' + size)))
	c.Size = size
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertCheckpoint(ctx, c, after) })
	return c
}

var eventMethods = methods{
	"InsertEvent": func(s *site) {
		e := s.addEvent("e1", "p", 1)
		same(s, read(s, func(ctx context.Context, tx *store.Tx) (evidence.Logged, error) { return tx.Event(ctx, "e1") }), evidence.Logged{Record: e, Leaf: 0})
		again := e
		again.Seq = 2
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, again) })
		again.ID, again.Seq = "e2", 1
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, again) })
		again.Seq, again.Raw = 0, nil // no running number, twice
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, again) })
		s.addEvent("e3", "p", 0)
		same(s, s.rows(`SELECT count(*) FROM events WHERE raw IS NULL`), 1)
		checkLog(s.T, s.store, 3)
	},
	"Notify": func(s *site) {
		got := make(chan []string, 8)
		defer s.store.Watch(func(topics []string) { got <- topics })()
		s.refused(fault.Stale, func(_ context.Context, tx *store.Tx) error {
			tx.Notify("undone")
			return fault.New(fault.Stale, "no")
		})
		s.write(func(_ context.Context, tx *store.Tx) error { tx.Notify("one"); tx.Notify("two"); return nil })
		same(s, <-got, []string{"one", "two"}) // once, though the closure ran twice, and nothing of what was undone
	},
	"Event": func(s *site) {
		s.addEvent("e1", "", 0)
		e := s.addEvent("e2", "p", 1)
		byID := func(id string) func(context.Context, *store.Tx) (evidence.Logged, error) {
			return func(ctx context.Context, tx *store.Tx) (evidence.Logged, error) { return tx.Event(ctx, id) }
		}
		same(s, read(s, byID("e2")), evidence.Logged{Record: e, Leaf: 1})
		for _, id := range strange {
			missing(s, byID(id))
		}
	},
	"EventsOf": func(s *site) {
		s.addEvent("z", "p", 1)
		s.addEvent("b", "p", 2)
		s.addEvent("y", "p", 0)
		s.addEvent("a", "p", 0)
		s.addEvent("n", "", 0)
		s.addEvent("m", "q", 3)
		of := func(id string) []string {
			return eventIDs(s, func(ctx context.Context, tx *store.Tx) ([]evidence.Logged, error) { return tx.EventsOf(ctx, id) })
		}
		same(s, of("p"), []string{"a", "y", "z", "b"})
		same(s, of("q"), []string{"m"})
		same(s, of(""), []string{})
	},
	"EventsOfRequest": func(s *site) {
		for _, e := range []evidence.Record{
			{ID: "z", Request: "r", Name: "consent.requested"}, {ID: "y", Request: "r", Name: "confirmation.sent"}, {ID: "x", Request: "r", Name: "consent.deferred"},
			{ID: "w", Request: "r", Name: "consent.given", Subject: "p"}, {ID: "v", Request: "another", Name: "consent.deferred"}, {ID: "u", Name: "notice.published"},
		} {
			e.JWT, e.Sealed, e.At, e.Arrived = []byte(e.ID), []byte{}, at(1), at(2)
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, e) })
		}
		of := func(id string) []string {
			return eventIDs(s, func(ctx context.Context, tx *store.Tx) ([]evidence.Logged, error) { return tx.EventsOfRequest(ctx, id) })
		}
		same(s, of("r"), []string{"y", "x"}) // in the log's order
		same(s, of("none"), []string{})
	},
	"EventsFrom": func(s *site) {
		for _, id := range []string{"d", "a", "c", "b"} {
			s.addEvent(id, "", 0)
		}
		from := func(n int64, limit int) []string {
			return eventIDs(s, func(ctx context.Context, tx *store.Tx) ([]evidence.Logged, error) {
				return tx.EventsFrom(ctx, n, limit)
			})
		}
		same(s, from(0, 2), []string{"d", "a"})
		same(s, from(1, 9), []string{"a", "c", "b"})
		same(s, from(4, 9), []string{})
	},
	"LogHead": func(s *site) {
		head := func() ledger.Head {
			return read(s, func(ctx context.Context, tx *store.Tx) (ledger.Head, error) { return tx.LogHead(ctx) })
		}
		same(s, head().Size, int64(0))
		var want ledger.Head
		for _, id := range []string{"a", "b", "c"} {
			want.Append(nil, ledger.LeafHash(s.addEvent(id, "", 0).JWT))
			same(s, head().Root(), want.Root())
		}
		same(s, head().Size, int64(3))
	},
	"LeafOf": func(s *site) {
		s.addEvent("b", "", 0)
		s.addEvent("a", "", 0)
		of := func(id string) func(context.Context, *store.Tx) (int64, error) {
			return func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.LeafOf(ctx, id) }
		}
		same(s, read(s, of("a")), int64(1))
		missing(s, of("c"))
	},
	"FindLeaf": func(s *site) {
		s.addEvent("b", "", 0)
		s.addEvent("a", "", 0)
		for id, want := range map[string]int64{"b": 0, "a": 1, "c": -1, "": -1} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				n, ok, err := tx.FindLeaf(ctx, id)
				if ok != (want >= 0) || ok && n != want {
					s.Errorf("%q: %d, %v", id, n, ok)
				}
				return err
			})
		}
	},
	"Hashes": func(s *site) {
		var want []ledger.Hash
		for i := range 300 {
			e := event(string(rune('一' + i)))
			want = append(want, ledger.LeafHash(e.JWT))
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, e) })
		}
		hashes := func(level int, first int64, count int) []ledger.Hash {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]ledger.Hash, error) {
				return tx.Hashes(ctx, level, first, count)
			})
		}
		same(s, hashes(0, 0, 300), want)
		same(s, hashes(0, 7, 5), want[7:12])
		var head ledger.Head
		for _, h := range want[:256] {
			head.Append(nil, h)
		}
		same(s, hashes(1, 0, 1), []ledger.Hash{head.Root()})
		for _, n := range []int64{1, 2} { // as if the log were longer
			if _, err := s.db.Raw(s).Exec(`INSERT INTO nodes (level, n, hash) VALUES (1, $1, $2)`, n, want[n][:]); err != nil {
				s.Fatal(err)
			}
		}
		same(s, hashes(1, 1, 1), want[1:2])
		for _, beyond := range [][3]int{{0, 299, 2}, {1, 2, 2}, {2, 0, 1}} {
			err := s.store.ReadOnly(s.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Hashes(ctx, beyond[0], int64(beyond[1]), beyond[2])
				return err
			})
			if err == nil {
				s.Errorf("%v: hashes that are not there", beyond)
			}
		}
	},
	"LastCheckpoint": func(s *site) {
		last := func() *ledger.Signed {
			return find(s, func(ctx context.Context, tx *store.Tx) (ledger.Signed, bool, error) { return tx.LastCheckpoint(ctx) })
		}
		same(s, last(), (*ledger.Signed)(nil))
		s.checkpoint(9, 0)
		c := s.checkpoint(10, 9)
		same(s, last(), &c)
	},
	"CheckpointBefore": func(s *site) {
		before := func(n int64) (got ledger.Signed, ok bool) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				got, ok, err = tx.CheckpointBefore(ctx, at(n))
				return err
			})
			return got, ok
		}
		if _, ok := before(99); ok {
			s.Error("a checkpoint before there was any")
		}
		s.vouch(3, ledger.Cosigned, "w") // signed at 3
		s.vouch(7, ledger.Cosigned, "w") // signed at 7
		for n, want := range map[int64]int64{3: 0, 4: 3, 7: 3, 8: 7, 99: 7} {
			if got, ok := before(n); got.Size != want || ok != (want > 0) {
				s.Errorf("before %d: the checkpoint over %d, %v", n, got.Size, ok)
			}
		}
	},
	"Checkpoints": func(s *site) {
		a, b, c := s.checkpoint(1, 0), s.checkpoint(5, 1), s.checkpoint(10, 5)
		list := func(size int64, limit int) []ledger.Signed {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]ledger.Signed, error) {
				return tx.Checkpoints(ctx, size, limit)
			})
		}
		same(s, list(0, 9), []ledger.Signed{a, b, c})
		same(s, list(1, 1), []ledger.Signed{b})
		same(s, list(10, 9), []ledger.Signed{})
	},
	"NewestCheckpoints": func(s *site) {
		a, b, c := s.checkpoint(1, 0), s.checkpoint(5, 1), s.checkpoint(10, 5)
		list := func(limit int) []ledger.Signed {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]ledger.Signed, error) {
				return tx.NewestCheckpoints(ctx, limit)
			})
		}
		same(s, list(9), []ledger.Signed{c, b, a})
		same(s, list(2), []ledger.Signed{c, b})
	},
	"InsertCheckpoint": func(s *site) {
		s.checkpoint(3, 0)
		for _, tt := range [][2]int64{{4, 0}, {4, 2}, {3, 3}} { // another was signed meanwhile, or the very same size
			s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error {
				return tx.InsertCheckpoint(ctx, ledger.Signed{Size: tt[0], Note: []byte("n"), SignedAt: at(1)}, tt[1])
			})
		}
		s.checkpoint(4, 3)
		same(s, s.rows(`SELECT count(*) FROM checkpoints`), 2)
	},
	"Seen": func(s *site) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.MarkSeen(ctx, []byte("h"), "e", at(1)) })
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.MarkSeen(ctx, []byte("i"), "", at(1)) })
		event := func(hash string) *string {
			return find(s, func(ctx context.Context, tx *store.Tx) (string, bool, error) { return tx.Seen(ctx, []byte(hash)) })
		}
		e, none := "e", ""
		same(s, event("h"), &e)
		same(s, event("i"), &none)
		same(s, event("j"), (*string)(nil))
	},
	"MarkSeen": func(s *site) {
		mark := func(event string) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.MarkSeen(ctx, []byte("h"), event, at(1)) }
		}
		s.write(mark("first"))
		err := s.store.ReadWrite(s.Context(), mark("second"))
		if fault.FieldOf(err) != "seen" || !fault.Is(err, fault.Conflict) {
			s.Errorf("a copy: %v", err)
		}
		same(s, s.rows(`SELECT count(*) FROM seen WHERE event = 'first'`), 1)
	},
}

// Of copies that are handled together, one is acted on.
func TestOneCopyIsActedOn(t *testing.T) {
	together(t, func(s *site, n int) error {
		return s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.MarkSeen(ctx, []byte("h"), "e", at(1)) })
	}, func(s *site, done int) { same(s, done, 1) })
}
