package store_test

import (
	"context"
	"strings"
	"time"

	"assent/chat"
	"assent/fault"
	"assent/store"
)

func (s *site) addDelivery(id, key string, received time.Time) chat.Delivery {
	s.Helper()
	d := filled[chat.Delivery](id)
	d.ID, d.Key, d.ReceivedAt, d.State, d.Reason = id, key, received, chat.DeliveryNew, ""
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDelivery(ctx, d) })
	return d
}

func (s *site) delivery(id string) chat.Delivery {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (chat.Delivery, error) { return tx.Delivery(ctx, id) })
}

func (s *site) waiting(after string, limit int) []string {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) { return tx.NewDeliveries(ctx, after, limit) })
}

func (s *site) finish(id string) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.FinishDelivery(ctx, id) })
}

func (s *site) park(d chat.Delivery) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.ParkDelivery(ctx, d, []byte("wrapped"), at(9))
	})
}

func (s *site) dayKey(id string) []byte {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.DayKey(ctx, id) })
}

func (s *site) parked() int {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountParked(ctx) })
}

func (s *site) fixDayKey(id, wrapped string, now time.Time) (kept []byte) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		kept, err = tx.FixDayKey(ctx, id, []byte(wrapped), now)
		return err
	})
	return kept
}

var inboxMethods = methods{
	"DayKey": func(s *site) {
		same(s, s.dayKey("day/1"), []byte(nil))
		s.fixDayKey("day/1", "one", at(1))
		s.fixDayKey("day/2", "two", at(1))
		same(s, s.dayKey("day/1"), []byte("one"))
	},
	"FixDayKey": func(s *site) {
		same(s, s.fixDayKey("day/1", "first", at(1)), []byte("first"))
		same(s, s.fixDayKey("day/1", "second", at(2)), []byte("first")) // where two make one together, the first one's
		same(s, s.fixDayKey("day/2", "other", at(2)), []byte("other"))
	},
	"InsertDelivery": func(s *site) {
		d := s.addDelivery("d1", "day/1", at(1))
		same(s, s.delivery("d1"), d)
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertDelivery(ctx, d) })
		d.ID, d.Authorised, d.Sealed = "d2", nil, []byte(strings.Repeat("\x00body", 600_000)) // 3 MB
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDelivery(ctx, d) })
		same(s, s.delivery("d2"), d)
	},
	"NewDeliveries": func(s *site) {
		same(s, s.waiting("", 9), []string{})
		for _, id := range []string{"d4", "d1", "d3", "d2", "d5"} {
			s.addDelivery(id, "k", at(1))
		}
		s.finish("d2")
		s.park(chat.Delivery{ID: "d3", Key: "parked/d3", Sealed: []byte{1}})
		same(s, s.waiting("", 9), []string{"d1", "d4", "d5"})
		same(s, s.waiting("", 2), []string{"d1", "d4"})
		same(s, s.waiting("d1", 9), []string{"d4", "d5"})
		same(s, s.waiting("d5", 9), []string{})
	},
	"Delivery": func(s *site) {
		d, _ := s.addDelivery("d1", "day/1", at(1)), s.addDelivery("d2", "day/2", at(2))
		same(s, s.delivery("d1"), d)
		missing(s, func(ctx context.Context, tx *store.Tx) (chat.Delivery, error) { return tx.Delivery(ctx, "none") })
	},
	"FinishDelivery": func(s *site) {
		s.addDelivery("d1", "k", at(1))
		s.addDelivery("d2", "k", at(1))
		d := s.addDelivery("d3", "k", at(1))
		d.Key = "parked/d3"
		s.park(d)
		for _, id := range []string{"d1", "d1", "d3", "none"} {
			s.finish(id)
		}
		same(s, s.waiting("", 9), []string{"d2"})
		same(s, s.parked(), 1) // what is parked stays for somebody to look at
	},
	"ParkDelivery": func(s *site) {
		d, other := s.addDelivery("d1", "day/1", at(1)), s.addDelivery("d2", "day/1", at(1))
		d.Key, d.Sealed, d.State, d.Reason = "parked/d1", []byte("sealed anew"), chat.DeliveryParked, "why"
		s.park(d)
		same(s, s.delivery("d1"), d)
		same(s, s.dayKey("parked/d1"), []byte("wrapped"))
		same(s, s.delivery("d2"), other)
		again := d
		again.Reason = "another"
		s.park(again)
		same(s, s.delivery("d1"), d) // the first reason stands
		other.Key, other.Reason = "parked/d2", "not a body: \x00 \xff "+strings.Repeat("x", 100_000)
		s.park(other) // a reason may quote what came in
		if got := s.delivery("d2").Reason; !strings.HasPrefix(got, "not a body: ") || len(got) > 4096 || strings.Contains(got, "\x00") {
			s.Errorf("the reason has %d bytes: %.40q", len(got), got)
		}
	},
	"ParkedDelivery": func(s *site) {
		one := func(id string) *chat.Delivery {
			return find(s, func(ctx context.Context, tx *store.Tx) (chat.Delivery, bool, error) {
				return tx.ParkedDelivery(ctx, id)
			})
		}
		for _, id := range []string{"d1", "d2", "d3"} {
			s.addDelivery(id, "k", at(1))
		}
		s.finish("d3")
		s.park(chat.Delivery{ID: "d1", Key: "parked/d1", Sealed: []byte{7}, Reason: "why"})
		for _, id := range []string{"d2", "d3", "none", ""} { // it waits, is done, and was never there
			same(s, one(id), (*chat.Delivery)(nil))
		}
		if d := one("d1"); d == nil || d.Key != "parked/d1" || d.Reason != "why" || len(d.Sealed) != 1 || d.Sealed[0] != 7 {
			s.Errorf("%+v", d)
		}
		s.park(chat.Delivery{ID: "d2", Key: "parked/d2", Sealed: []byte{8}, Reason: "why"})
		older := read(s, func(ctx context.Context, tx *store.Tx) ([]chat.Delivery, error) {
			return tx.ParkedDeliveries(ctx, "d2", 9)
		})
		if len(older) != 1 || older[0].ID != "d1" || older[0].Sealed != nil {
			s.Errorf("before d2: %+v", older)
		}
	},
	"OldestParked": func(s *site) {
		list := func(after string, limit int) (ids []string) {
			for _, d := range read(s, func(ctx context.Context, tx *store.Tx) ([]chat.Delivery, error) {
				return tx.OldestParked(ctx, after, limit)
			}) {
				if d.Sealed != nil || d.State != chat.DeliveryParked || d.Signature == "" {
					s.Errorf("%+v", d)
				}
				ids = append(ids, d.ID)
			}
			return ids
		}
		for _, id := range []string{"d3", "d1", "d2", "d4"} {
			if d := s.addDelivery(id, "k", at(1)); id != "d4" {
				s.park(d)
			}
		}
		same(s, list("", 9), []string{"d1", "d2", "d3"})
		same(s, list("", 2), []string{"d1", "d2"})
		same(s, list("d1", 9), []string{"d2", "d3"})
	},
	"HasParked": func(s *site) {
		has := func(senders ...string) bool {
			return read(s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.HasParked(ctx, senders) })
		}
		d := filled[chat.Delivery]("d1")
		d.Authorised = []string{"s1", "s2"}
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDelivery(ctx, d) })
		same(s, has("s1"), false) // it waits to be handled
		s.park(d)
		same(s, []bool{has("s1"), has("x", "s2"), has("s"), has("s3"), has()}, []bool{true, true, false, false, false})
	},
	"ParkedReasons": func(s *site) {
		for id, x := range map[string]struct{ sender, reason string }{"d1": {"s1", "why"}, "d2": {"s1", "why"}, "d3": {"s2", "why"}, "d4": {"s1", "else"}, "d5": {"s1", ""}} {
			d := filled[chat.Delivery](id)
			d.ID, d.Authorised = id, []string{x.sender}
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDelivery(ctx, d) })
			if x.reason != "" { // else it waits to be handled
				s.park(chat.Delivery{ID: id, Key: "parked/" + id, Sealed: []byte{7}, Reason: x.reason})
			}
		}
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]chat.Parked, error) { return tx.ParkedReasons(ctx) })
		same(s, got, []chat.Parked{
			{Reason: "else", Authorised: []string{"s1"}, N: 1, Newest: "d4"}, {Reason: "why", Authorised: []string{"s2"}, N: 1, Newest: "d3"}, {Reason: "why", Authorised: []string{"s1"}, N: 2, Newest: "d2"},
		})
	},
	"DiscardDelivery": func(s *site) {
		discard := func(id string) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.DiscardDelivery(ctx, id) }
		}
		for _, id := range []string{"d1", "d2", "d3", "d4"} {
			s.addDelivery(id, "day", at(1))
		}
		s.fixDayKey("day", "of a day", at(1))
		s.finish("d4")
		s.park(chat.Delivery{ID: "d1", Key: "parked/d1", Sealed: []byte{7}, Reason: "why"})
		s.park(chat.Delivery{ID: "d2", Key: "day", Sealed: []byte{8}, Reason: "why"})
		for _, id := range []string{"d3", "d4", "none", ""} { // it waits, is done, and was never there
			s.refused(fault.Stale, discard(id))
		}
		s.write(discard("d1"))
		s.refused(fault.Stale, discard("d1"))
		same(s, s.rows(`SELECT count(*) FROM inbox`), 3)
		same(s, s.rows(`SELECT count(*) FROM inbox WHERE id = 'd1'`), 0)
		same(s, s.rows(`SELECT count(*) FROM day_keys WHERE id = 'parked/d1'`), 0)
		s.write(discard("d2"))
		same(s, s.dayKey("day"), []byte("of a day")) // others need it
	},
	"CountParked": func(s *site) {
		same(s, s.parked(), 0)
		for _, id := range []string{"d1", "d2", "d3", "d4"} {
			s.addDelivery(id, "k", at(1))
		}
		s.finish("d4")
		s.park(chat.Delivery{ID: "d1", Key: "a", Sealed: []byte{1}})
		s.park(chat.Delivery{ID: "d2", Key: "b", Sealed: []byte{1}})
		same(s, s.parked(), 2)
	},
	"DropDeliveries": func(s *site) {
		before := at(0)
		day := 24 * time.Hour
		for id, received := range map[string]time.Time{"old1": before.Add(-1000), "old2": before.Add(-day), "edge": before, "new": before.Add(day), "waits": before.Add(-day), "parked": before.Add(-9 * day)} {
			s.addDelivery(id, "day/"+id, received)
			s.fixDayKey("day/"+id, "key", received)
		}
		s.fixDayKey("day/unused", "key", before.Add(-day))
		s.fixDayKey("day/unused, old", "key", before.Add(-day-1000))
		for _, id := range []string{"old1", "old2", "edge", "new"} {
			s.finish(id)
		}
		s.park(chat.Delivery{ID: "parked", Key: "parked/parked", Sealed: []byte{1}})
		for _, m := range []chat.Message{
			{ID: "m1", Kind: chat.KindAnswer, CreatedAt: before.Add(-1000)}, {ID: "m0", Kind: chat.KindAnswer, CreatedAt: before.Add(-day)}, {ID: "m5", Kind: chat.KindAnswer, CreatedAt: before.Add(-day)}, {ID: "m2", Kind: chat.KindAnswer, CreatedAt: before},
			{ID: "m3", Kind: chat.KindAnswer, CreatedAt: before.Add(-day), Subject: "p"}, {ID: "m4", Kind: chat.KindTemplate, CreatedAt: before.Add(-day)},
		} {
			m.State, m.Sealed = chat.Sent, []byte{1}
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertMessage(ctx, m) })
		}
		hour := before.Unix() / 3600
		for _, h := range []int64{hour - 1, hour} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NoteWrongCode(ctx, []byte("a"), h)
				return err
			})
		}
		drop := func(limit int) (n int64) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				n, err = tx.DropDeliveries(ctx, before, limit)
				return err
			})
			return n
		}
		same(s, drop(1), int64(1))
		same(s, s.rows(`SELECT count(*) FROM messages`), 5)
		same(s, drop(9), int64(2)) // of the fuller kind
		same(s, drop(9), int64(0))
		for query, want := range map[string]int{
			`SELECT count(*) FROM inbox`:                                                4, // edge, new, waits, parked
			`SELECT count(*) FROM inbox WHERE id LIKE 'old%'`:                           0,
			`SELECT count(*) FROM messages`:                                             3,
			`SELECT count(*) FROM messages WHERE id = 'm1'`:                             0,
			`SELECT count(*) FROM wrong_codes`:                                          1,
			`SELECT count(*) FROM day_keys WHERE id IN ('day/old2', 'day/unused, old')`: 1, // a day's grace, and no longer
			`SELECT count(*) FROM day_keys WHERE id IN ('day/waits', 'parked/parked')`:  2,
			`SELECT count(*) FROM day_keys WHERE id = 'day/parked'`:                     0,
		} {
			if got := s.rows(query); got != want {
				s.Errorf("%s: %d, want %d", query, got, want)
			}
		}
	},
}
