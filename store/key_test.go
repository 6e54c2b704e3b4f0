package store_test

import (
	"context"
	"strings"

	"assent/chat"
	"assent/fault"
	"assent/store"
	"assent/vault"
)

// emptyKey takes a person's data key away.
func (s *site) emptyKey(id string) {
	s.Helper()
	if _, err := s.db.Raw(s).Exec(`UPDATE subjects SET wrapped = $1 WHERE id = $2`, []byte{}, id); err != nil {
		s.Fatal(err)
	}
}

var keyMethods = methods{
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
	"WrappedAfter": func(s *site) {
		s.addBusiness("b")
		s.addSubject("p", "b")
		q := s.addSubject("q", "b")
		r := s.addSubject("r", "b")
		s.emptyKey("p")
		after := func(table, id string, limit int) []vault.Wrapped {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]vault.Wrapped, error) {
				return tx.WrappedAfter(ctx, table, id, limit)
			})
		}
		same(s, after("subjects", "", 9), []vault.Wrapped{{ID: "q", Bytes: q.Wrapped}, {ID: "r", Bytes: r.Wrapped}})
		same(s, after("subjects", "q", 1), []vault.Wrapped{{ID: "r", Bytes: r.Wrapped}})
		same(s, after("businesses", "", 9), []vault.Wrapped{{ID: "b", Bytes: []byte("wrapped b")}})
		for _, table := range []string{"requests", "day_keys", "senders"} {
			same(s, after(table, "", 9), []vault.Wrapped(nil))
		}
		for _, table := range []string{"signing_keys", "events", ""} {
			s.refused(fault.Internal, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.WrappedAfter(ctx, table, "", 9)
				return err
			})
		}
	},
	"Rewrap": func(s *site) {
		s.addBusiness("b")
		p := s.addSubject("p", "b")
		try := func(table, id string, old []byte) (there bool) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				there, err = tx.Rewrap(ctx, table, id, old, []byte("anew"))
				return err
			})
			return there
		}
		if try("subjects", "p", []byte("another")) || try("subjects", "none", p.Wrapped) || try("senders", "p", p.Wrapped) {
			s.Error("something was wrapped anew that was not there")
		}
		if !try("subjects", "p", p.Wrapped) {
			s.Error("a key was not wrapped anew")
		}
		same(s, read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.WrappedKey(ctx, "s/p") }), []byte("anew"))
		s.emptyKey("p")
		if try("subjects", "p", []byte("anew")) {
			s.Error("a destroyed key came back")
		}
		s.refused(fault.Internal, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Rewrap(ctx, "signing_keys", "k", nil, nil)
			return err
		})
	},
	"ReplaceSetting": func(s *site) {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.FixSetting(ctx, "keyset", []byte("one"))
			return err
		})
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error {
			return tx.ReplaceSetting(ctx, "keyset", []byte("none"), []byte("two"))
		})
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error {
			return tx.ReplaceSetting(ctx, "other", []byte("one"), []byte("two"))
		})
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.ReplaceSetting(ctx, "keyset", []byte("one"), []byte("two"))
		})
		same(s, read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.Setting(ctx, "keyset") }), []byte("two"))
	},
}
