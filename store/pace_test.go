package store_test

import (
	"context"
	"testing"
	"time"

	"assent/business"
	"assent/fault"
	"assent/store"
	"assent/subject"
)

// raise opens an alarm about something at the time, and reports whether it is new.
func (s *site) raise(id, about string, holds business.Holds, now int64) (fresh bool) {
	s.Helper()
	a := business.Alarm{ID: id, Business: "b", Sender: "s", Kind: business.AlarmToken, About: about, Name: "+49", Holds: holds, Code: 190, Detail: "words " + id}
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		fresh, err = tx.RaiseAlarm(ctx, a, at(now))
		return err
	})
	return fresh
}

func (s *site) alarms(limit int) []business.Alarm {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) ([]business.Alarm, error) { return tx.Alarms(ctx, "b", limit) })
}

func alarmIDs(list []business.Alarm) []string {
	return ids(list, func(a business.Alarm) string { return a.ID })
}

var alarmMethods = methods{
	"RaiseAlarm": func(s *site) {
		if !s.raise("a1", "token/1", business.HoldsAll, 1) || s.raise("a2", "token/1", business.HoldsAll, 2) || !s.raise("a3", "token/2", business.HoldsAll, 3) {
			s.Error("new and known are not told apart")
		}
		same(s, s.alarms(9), []business.Alarm{
			{ID: "a3", Business: "b", Sender: "s", Kind: business.AlarmToken, About: "token/2", Name: "+49", Holds: business.HoldsAll, Code: 190, Detail: "words a3", Count: 1, Since: at(3), SeenAt: at(3)},
			{ID: "a1", Business: "b", Sender: "s", Kind: business.AlarmToken, About: "token/1", Name: "+49", Holds: business.HoldsAll, Code: 190, Detail: "words a2", Count: 2, Since: at(1), SeenAt: at(2)},
		})
	},
	"ResolveAlarm": func(s *site) {
		s.raise("a1", "token/1", business.HoldsAll, 1)
		resolve := func(businessID, id string) (was bool) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				was, err = tx.ResolveAlarm(ctx, businessID, id, "eve", at(5))
				return err
			})
			return was
		}
		if resolve("other", "a1") || !resolve("b", "a1") || resolve("b", "a1") || resolve("b", "none") {
			s.Error("an alarm was resolved twice, by strangers, or not at all")
		}
		if a := s.alarms(9)[0]; a.Open() || a.ResolvedBy != "eve" || !a.ResolvedAt.Equal(at(5)) {
			s.Errorf("%+v", a)
		}
		if !s.raise("a2", "token/1", business.HoldsAll, 6) {
			s.Error("the cause that came again opened none")
		}
	},
	"ResolveAlarmsAbout": func(s *site) {
		s.raise("a1", "token/1", business.HoldsAll, 1)
		s.raise("a2", "token/2", business.HoldsAll, 2)
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.ResolveAlarmsAbout(ctx, business.AlarmToken, "token/1", at(9))
		})
		same(s, alarmIDs(read(s, func(ctx context.Context, tx *store.Tx) ([]business.Alarm, error) { return tx.OpenAlarms(ctx, "b") })), []string{"a2"})
	},
	"Alarms": func(s *site) {
		s.raise("a1", "token/1", business.HoldsAll, 1)
		s.raise("a2", "token/2", business.HoldsAll, 2)
		s.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ResolveAlarm(ctx, "b", "a2", "eve", at(5))
			return err
		})
		same(s, alarmIDs(s.alarms(9)), []string{"a1", "a2"})
		same(s, alarmIDs(s.alarms(1)), []string{"a1"})
	},
	"OpenAlarms": func(s *site) {
		s.raise("a1", "token/1", business.HoldsAll, 2)
		s.raise("a2", "token/2", business.HoldsAll, 1)
		list := func(b string) []business.Alarm {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]business.Alarm, error) { return tx.OpenAlarms(ctx, b) })
		}
		same(s, alarmIDs(list("b")), []string{"a1", "a2"})
		same(s, list("other"), []business.Alarm{})
	},
	"HeldBy": func(s *site) {
		held := func(about ...string) business.Holds {
			return read(s, func(ctx context.Context, tx *store.Tx) (business.Holds, error) { return tx.HeldBy(ctx, about) })
		}
		s.raise("a1", "token/1", business.HoldsTemplates, 1)
		s.raise("a2", "token/2", business.HoldsAll, 1)
		s.raise("a3", "token/3", business.HoldsNothing, 1)
		for want, about := range map[business.Holds][]string{"templates": {"token/1", "token/3"}, "all": {"token/1", "token/2"}, "": {"token/3", "token/4"}} {
			if got := held(about...); got != want {
				s.Errorf("%v holds %q, want %q", about, got, want)
			}
		}
	},
	"AccountState": func(s *site) {
		get := func(about string) string {
			return string(read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.AccountState(ctx, about) }))
		}
		if get("waba/1") != "" {
			s.Error("a state of nothing")
		}
		for _, doc := range []string{`{"a":1}`, `{"a":2}`} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				return tx.SetAccountState(ctx, "waba/1", []byte(doc), at(1))
			})
			if got := get("waba/1"); got != doc {
				s.Errorf("state %s, want %s", got, doc)
			}
		}
	},
	"SetAccountState": func(s *site) {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.SetAccountState(ctx, "waba/1", []byte(`{}`), at(7))
		})
		if n := s.rows(`SELECT count(*) FROM account_states WHERE about = 'waba/1' AND changed_at > 0`); n != 1 {
			s.Errorf("%d states", n)
		}
	},
	"SetSender": func(s *site) {
		s.addBusiness("b")
		x := s.addSender("x", 1)
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.SetSender(ctx, business.Sender{ID: "x", Rate: 20, App: "77", EndedAt: at(9), PhoneNumberID: "5", WABA: "6", Portfolio: "7", Number: "+498", Host: "https://h"}, []byte("new"))
		})
		x.Of.Rate, x.Of.App, x.Of.EndedAt, x.Secrets = 20, "77", at(9), []byte("new")
		x.Of.PhoneNumberID, x.Of.WABA, x.Of.Portfolio, x.Of.Number, x.Of.Host, x.Of.RemovedAt = "5", "6", "7", "+498", "https://h", time.Time{}
		same(s, s.senders(), []wrapped[business.Sender]{x})
		// A sender that was removed leaves its id at Meta to another, and keeps it.
		x.Of.RemovedAt = at(10)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetSender(ctx, x.Of, []byte("new")) })
		y := x.Of
		y.ID, y.RemovedAt = "y", time.Time{}
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSender(ctx, y, []byte("y"), at(11)) })
		same(s, s.senders(), []wrapped[business.Sender]{x, {y, []byte("y")}})
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error {
			return tx.SetSender(ctx, business.Sender{ID: "none", Rate: 1}, nil)
		})
	},
	"CloseWindow": func(s *site) {
		open := func(id string, wrote int64) {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				return tx.InsertSubject(ctx, subject.Subject{ID: id, Business: "b", Wrapped: []byte("key")})
			})
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.OpenWindow(ctx, id, "s", at(wrote)) })
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.CloseWindow(ctx, id, at(5)) })
		}
		s.addBusiness("b")
		open("p1", 4)
		open("p22", 6)
		if n := s.rows(`SELECT count(*) FROM subjects WHERE id = 'p1' AND window_at = 0`); n != 1 {
			s.Error("the window is open")
		}
		if n := s.rows(`SELECT count(*) FROM subjects WHERE id = 'p22' AND window_at > 0`); n != 1 {
			s.Error("a newer message opened nothing")
		}
	},
}

var paceMethods = methods{
	"Pause": func(s *site) {
		pause := func(now time.Time) {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Pause(ctx, "pair/1", time.Second, 131056, now)
			})
		}
		now := at(0)
		for _, want := range []time.Duration{time.Second, 4 * time.Second, 16 * time.Second, 64 * time.Second} {
			pause(now)
			until := s.pausedUntil("pair/1")
			if got := until.Sub(now); got != want {
				s.Errorf("a rest of %s, want %s", got, want)
			}
			now = until.Add(time.Millisecond)
		}
		now = now.Add(2 * time.Minute)
		pause(now)
		if got := s.pausedUntil("pair/1").Sub(now); got != time.Second {
			s.Errorf("a rest of %s after a while, want a second", got)
		}
	},
	"PausedUntil": func(s *site) {
		if until := s.pausedUntil("sender/1", "waba/1"); !until.IsZero() {
			s.Errorf("nothing rests until %s", until)
		}
		for about, rest := range map[string]time.Duration{"sender/1": time.Minute, "waba/1": time.Second} {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Pause(ctx, about, rest, 4, at(0)) })
		}
		if until := s.pausedUntil("sender/1", "waba/1"); !until.Equal(at(0).Add(time.Minute)) {
			s.Errorf("until %s", until)
		}
	},
	"TakeTurn": func(s *site) {
		for i, want := range []time.Duration{-2, -1, 0, 1, 2} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				turn, err := tx.TakeTurn(ctx, "pair/1", time.Second, 2, at(0))
				if got := turn.Sub(at(0)); got != want*time.Second {
					s.Errorf("turn %d is at %s, want %s", i, got, want*time.Second)
				}
				return err
			})
		}
	},
	"NextTurn": func(s *site) {
		next := func() time.Time {
			return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) {
				return tx.NextTurn(ctx, "pair/1", 0, time.Second)
			})
		}
		if turn := next(); !turn.IsZero() {
			s.Errorf("the first turn is at %s", turn)
		}
		for i := range 2 {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.TakeTurn(ctx, "pair/1", time.Second, 0, at(0))
				return err
			})
			if want := at(0).Add(time.Duration(i+1) * time.Second); !next().Equal(want) {
				s.Errorf("the next turn is at %s, want %s", next(), want)
			}
		}
	},
	"TakeShare": func(s *site) {
		take := func(hash string, limit int, now time.Time) (ok bool, free time.Time) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				ok, free, err = tx.TakeShare(ctx, "p", []byte(hash), limit, now)
				return err
			})
			return ok, free
		}
		day := 24 * time.Hour
		for _, tt := range []struct {
			hash  string
			limit int
			after time.Duration
			want  bool
		}{{"a", 2, 0, true}, {"b", 2, time.Hour, true}, {"a", 2, 2 * time.Hour, true}, {"c", 2, 3 * time.Hour, false}, {"c", -1, 3 * time.Hour, true}, {"d", 3, day + time.Minute, true}} {
			ok, free := take(tt.hash, tt.limit, at(0).Add(tt.after))
			if ok != tt.want || !ok && !free.Equal(at(0).Add(day)) {
				s.Errorf("%s after %s: %v until %s", tt.hash, tt.after, ok, free)
			}
		}
	},
	"DropPace": func(s *site) {
		s.addUses(use("a", 1))
		s.write(func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.TakeTurn(ctx, "pair/1", time.Second, 0, at(0)); err != nil {
				return err
			}
			if err := tx.Pause(ctx, "pair/1", time.Second, 4, at(0)); err != nil {
				return err
			}
			_, _, err := tx.TakeShare(ctx, "p", []byte("a"), -1, at(0))
			return err
		})
		for _, tt := range []struct {
			after time.Duration
			want  int
		}{{time.Millisecond, 4}, {time.Minute, 3}, {time.Hour, 1}, {25 * time.Hour, 0}} {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropPace(ctx, at(0).Add(tt.after)) })
			if n := s.rows(`SELECT (SELECT count(*) FROM send_turns) + (SELECT count(*) FROM send_pauses) + (SELECT count(*) FROM send_shares) + (SELECT count(*) FROM limit_counts)`); n != tt.want {
				s.Errorf("after %s: %d rows, want %d", tt.after, n, tt.want)
			}
		}
	},
}

func (s *site) pausedUntil(about ...string) time.Time {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.PausedUntil(ctx, about) })
}

// Of several processes that take turns at once, each has its own.
func TestTurnsAtOnce(t *testing.T) {
	together(t, func(s *site, _ int) error {
		return s.store.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.TakeTurn(ctx, "sender/1", time.Second, 0, at(0))
			return err
		})
	}, func(s *site, done int) {
		next := read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) {
			return tx.NextTurn(ctx, "sender/1", 0, time.Second)
		})
		if got := next.Sub(at(0)); got != time.Duration(done)*time.Second {
			s.Errorf("%d turns end at %s", done, got)
		}
	})
}
