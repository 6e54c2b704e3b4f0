package store_test

import (
	"context"
	"strings"

	"assent/chat"
	"assent/fault"
	"assent/store"
)

var keyMethods = methods{
	"KeyOwner": func(s *site) {
		s.addBusiness("b")
		s.addSubject("p", "b")
		for key, want := range map[string]string{"s/p": "b", "s/q": "", "r/p": "", "b/b": "", "": "", "s/": "", "s/p' OR '1'='1": ""} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				got, ok, err := tx.KeyOwner(ctx, key)
				if got != want || ok != (want != "") {
					s.Errorf("%q belongs to %q, %v", key, got, ok)
				}
				return err
			})
		}
	},
	"EmptyKey": func(s *site) {
		s.addBusiness("b")
		s.addSubject("p", "b")
		other := s.addSubject("q", "b")
		for range 2 {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EmptyKey(ctx, "s/p") })
		}
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.WrappedKey(ctx, "s/p") })
		if len(got) != 0 {
			s.Errorf("the key is still there: %q", got)
		}
		same(s, read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.WrappedKey(ctx, "s/q") }), other.Wrapped)
		for _, key := range []string{"s/none", "r/p", "b/b", ""} {
			s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.EmptyKey(ctx, key) })
		}
	},
	"HoldMessages": func(s *site) {
		for i, state := range []chat.MessageState{chat.Queued, chat.Queued, chat.Sent, chat.Failed} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				m := filled[chat.Message](strings.Repeat("m", i+1))
				m.ID, m.State = string(rune('a'+i)), state
				return tx.InsertMessage(ctx, m)
			})
		}
		s.write(func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.HoldMessages(ctx)
			if n != 2 {
				s.Errorf("%d messages were held", n)
			}
			return err
		})
		if n := s.rows(`SELECT count(*) FROM messages WHERE state = 'unclear'`); n != 2 {
			s.Errorf("%d messages are unclear", n)
		}
		if n := s.rows(`SELECT count(*) FROM jobs WHERE kind = 'send'`); n != 0 {
			s.Errorf("%d messages are still to be sent", n)
		}
	},
	"EndRestore": func(s *site) {
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.EndRestore(ctx) })
		s.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.FixSetting(ctx, store.SettingRestoring, []byte("x"))
			return err
		})
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndRestore(ctx) })
		if n := s.rows(`SELECT count(*) FROM settings WHERE name = $1`, store.SettingRestoring); n != 0 {
			s.Error("the mark is still there")
		}
	},
}
