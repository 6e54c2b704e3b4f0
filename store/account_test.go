package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"assent/account"
	"assent/fault"
	"assent/store"
)

// signedIn is an operator with the hash of their password.
type signedIn struct {
	account.Operator
	Password string
}

func operatorByLogin(login string) func(context.Context, *store.Tx) (signedIn, bool, error) {
	return func(ctx context.Context, tx *store.Tx) (got signedIn, ok bool, err error) {
		got.Operator, got.Password, ok, err = tx.OperatorByLogin(ctx, login)
		return got, ok, err
	}
}

func (s *site) addOperator(login string) account.Operator {
	s.Helper()
	o := filled[account.Operator](login)
	o.ID, o.Login, o.Disabled = "id of "+login, login, false
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertOperator(ctx, o, "hash of "+login) })
	return o
}

func sessionOf(hash string, now time.Time) func(context.Context, *store.Tx) (account.Operator, bool, error) {
	return func(ctx context.Context, tx *store.Tx) (account.Operator, bool, error) {
		return tx.SessionOperator(ctx, []byte(hash), now)
	}
}

func (s *site) addSession(hash, operator string, expires time.Time) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertSession(ctx, []byte(hash), operator, at(0), expires)
	})
}

func (s *site) addAPIKey(id string, created int64) account.APIKey {
	s.Helper()
	k := filled[account.APIKey](id)
	k.ID, k.Business, k.CreatedAt, k.RevokedAt = id, "b", at(created), time.Time{}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertAPIKey(ctx, k, []byte("hash of "+id)) })
	return k
}

func apiKeys(ctx context.Context, tx *store.Tx) ([]account.APIKey, error) { return tx.APIKeys(ctx) }

var accountMethods = methods{
	"InsertOperator": func(s *site) {
		o := s.addOperator("mia")
		again := o
		again.ID, again.Name = "another", "Another"
		err := s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.InsertOperator(ctx, again, "x") })
		if fault.Message(err) != fault.Message(account.ErrLoginTaken) {
			s.Errorf("a login that exists: %v", err)
		}
		same(s, find(s, operatorByLogin("mia")), &signedIn{o, "hash of mia"})
	},
	"OperatorByLogin": func(s *site) {
		s.addOperator("mia")
		long := s.addOperator(strings.Repeat("m", 10_000))
		same(s, find(s, operatorByLogin(long.Login)), &signedIn{long, "hash of " + long.Login})
		for _, login := range []string{"", "Mia", "mi", "mia ", "mia\x00", "\xff", "%"} { // as it was typed into the form
			same(s, find(s, operatorByLogin(login)), (*signedIn)(nil))
		}
	},
	"Operators": func(s *site) {
		list := func(ctx context.Context, tx *store.Tx) ([]account.Operator, error) { return tx.Operators(ctx) }
		same(s, read(s, list), []account.Operator{})
		c, a, b := s.addOperator("c"), s.addOperator("B"), s.addOperator("a")
		same(s, read(s, list), []account.Operator{a, b, c}) // by bytes on both databases
	},
	"SetOperator": func(s *site) {
		o, other := s.addOperator("mia"), s.addOperator("ben")
		s.addSession("s1", o.ID, at(1000))
		s.addSession("s2", other.ID, at(1000))
		set := func(login, password string, disabled bool) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.SetOperator(ctx, login, password, disabled) }
		}
		s.write(set("mia", "", true))
		o.Disabled = true
		same(s, find(s, operatorByLogin("mia")), &signedIn{o, "hash of mia"})
		s.write(set("mia", "new hash", false))
		o.Disabled = false
		same(s, find(s, operatorByLogin("mia")), &signedIn{o, "new hash"})
		same(s, find(s, sessionOf("s1", at(1))), (*account.Operator)(nil)) // sessions end with the old password
		same(s, find(s, sessionOf("s2", at(1))), &other)
		same(s, find(s, operatorByLogin("ben")), &signedIn{other, "hash of ben"})
		s.refused(fault.Stale, set("nobody", "x", false))
	},
	"InsertSession": func(s *site) {
		o := s.addOperator("mia")
		s.addSession("h\x00\xff", o.ID, at(1000))
		same(s, find(s, sessionOf("h\x00\xff", at(1))), &o)
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertSession(ctx, []byte("h\x00\xff"), o.ID, at(0), at(2000))
		})
	},
	"SessionOperator": func(s *site) {
		mia, ben := s.addOperator("mia"), s.addOperator("ben")
		s.addSession("mia's", mia.ID, at(1000))
		s.addSession("ben's", ben.ID, at(2000))
		same(s, find(s, sessionOf("ben's", at(1999))), &ben)
		same(s, find(s, sessionOf("mia's", at(999))), &mia)
		for _, none := range []string{"nobody's", "", "\x00"} {
			same(s, find(s, sessionOf(none, at(1))), (*account.Operator)(nil))
		}
		same(s, find(s, sessionOf("mia's", at(1000))), (*account.Operator)(nil)) // it ends at the very microsecond
		if _, err := s.db.Raw(s).Exec(`UPDATE operators SET disabled = $1 WHERE login = 'ben'`, true); err != nil {
			s.Fatal(err)
		}
		same(s, find(s, sessionOf("ben's", at(1))), (*account.Operator)(nil))
	},
	"DeleteSession": func(s *site) {
		o := s.addOperator("mia")
		s.addSession("one", o.ID, at(1000))
		s.addSession("two", o.ID, at(1000))
		for range 2 { // ending it again is no fault
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteSession(ctx, []byte("one")) })
		}
		same(s, find(s, sessionOf("one", at(1))), (*account.Operator)(nil))
		same(s, find(s, sessionOf("two", at(1))), &o)
	},
	"DropSessions": func(s *site) {
		o := s.addOperator("mia")
		s.addSession("ended", o.ID, at(1000))
		s.addSession("lasts", o.ID, at(1001))
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropSessions(ctx, at(1000)) })
		same(s, find(s, sessionOf("ended", at(1))), (*account.Operator)(nil))
		same(s, find(s, sessionOf("lasts", at(1))), &o)
		same(s, s.rows(`SELECT count(*) FROM sessions`), 1)
	},
	"InsertAPIKey": func(s *site) {
		s.addBusiness("b")
		k := s.addAPIKey("k1", 1)
		same(s, read(s, apiKeys), []account.APIKey{k})
		k.ID = "k2"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertAPIKey(ctx, k, []byte("hash of k1")) })
	},
	"APIKeyByHash": func(s *site) {
		s.addBusiness("b")
		k, _ := s.addAPIKey("k1", 1), s.addAPIKey("k2", 2)
		byHash := func(hash string) *account.APIKey {
			return find(s, func(ctx context.Context, tx *store.Tx) (account.APIKey, bool, error) {
				return tx.APIKeyByHash(ctx, []byte(hash))
			})
		}
		same(s, byHash("hash of k1"), &k)
		same(s, byHash("hash of k3"), (*account.APIKey)(nil))
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.RevokeAPIKey(ctx, "k1", at(5)) })
		same(s, byHash("hash of k1"), (*account.APIKey)(nil))
	},
	"APIKeys": func(s *site) {
		s.addBusiness("b")
		same(s, read(s, apiKeys), []account.APIKey{})
		c, b, a := s.addAPIKey("c", 1), s.addAPIKey("b", 2), s.addAPIKey("a", 2)
		same(s, read(s, apiKeys), []account.APIKey{c, a, b})
	},
	"RevokeAPIKey": func(s *site) {
		s.addBusiness("b")
		k, other := s.addAPIKey("k1", 1), s.addAPIKey("k2", 2)
		revoke := func(ctx context.Context, tx *store.Tx) error { return tx.RevokeAPIKey(ctx, "k1", at(7)) }
		s.write(revoke)
		k.RevokedAt = at(7)
		same(s, read(s, apiKeys), []account.APIKey{k, other})
		s.refused(fault.Stale, revoke) // the first time stands
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.RevokeAPIKey(ctx, "k3", at(7)) })
	},
	"KeepReplay": func(s *site) {
		r := account.Replay{Request: []byte("request"), Status: 201, Body: []byte("body\x00")}
		keep := func(r account.Replay) {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepReplay(ctx, "k", []byte("h"), r, at(1)) })
		}
		keep(r)
		keep(account.Replay{Request: []byte("another"), Status: 500, Body: []byte("later")})
		same(s, find(s, replay("k", "h")), &r) // the first answer stands
	},
	"Replay": func(s *site) {
		r := account.Replay{Request: []byte{}, Status: 204, Body: []byte{}}
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepReplay(ctx, "k", []byte("h"), r, at(1)) })
		same(s, find(s, replay("k", "h")), &r)
		same(s, find(s, replay("another", "h")), (*account.Replay)(nil))
		same(s, find(s, replay("k", "h2")), (*account.Replay)(nil))
	},
}

func replay(key, hash string) func(context.Context, *store.Tx) (account.Replay, bool, error) {
	return func(ctx context.Context, tx *store.Tx) (account.Replay, bool, error) {
		return tx.Replay(ctx, key, []byte(hash))
	}
}

// Of two that take one login together, one gets it.
func TestOneLoginTakenTogether(t *testing.T) {
	together(t, func(s *site, n int) error {
		o := filled[account.Operator]("x")
		o.ID, o.Login = string(rune('a'+n)), "mia"
		return s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.InsertOperator(ctx, o, "h") })
	}, func(s *site, done int) {
		same(s, done, 1)
		same(s, s.rows(`SELECT count(*) FROM operators`), 1)
	})
}
