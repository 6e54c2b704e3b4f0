package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/fault"
	"assent/store"
	"assent/tenant"
)

// wrapped is a business or a sender with its secrets as they are kept.
type wrapped[T any] struct {
	Of      T
	Secrets []byte
}

func (s *site) businesses() (list []wrapped[business.Business]) {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (list []wrapped[business.Business], err error) {
		err = tx.Businesses(ctx, func(b business.Business, w []byte) error {
			list = append(list, wrapped[business.Business]{b, w})
			return nil
		})
		return list, err
	})
}

func (s *site) senders() (list []wrapped[business.Sender]) {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (list []wrapped[business.Sender], err error) {
		err = tx.Senders(ctx, func(b business.Sender, w []byte) error {
			list = append(list, wrapped[business.Sender]{b, w})
			return nil
		})
		return list, err
	})
}

// addSender keeps a sender; what comes back holds no secrets but sealed.
func (s *site) addSender(id string, created int64) wrapped[business.Sender] {
	s.Helper()
	x := filled[business.Sender](id)
	x.ID, x.Business, x.RemovedAt = id, "b", time.Time{}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertSender(ctx, x, []byte("sealed "+id), at(created))
	})
	x.Secrets = business.Secrets{}
	return wrapped[business.Sender]{x, []byte("sealed " + id)}
}

func (s *site) addSigningKey(id, businessID string, created int64) tenant.SigningKey {
	s.Helper()
	k := filled[tenant.SigningKey](id)
	k.ID, k.Business, k.Created = id, businessID, at(created)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSigningKey(ctx, k) })
	return k
}

func signingKeys(ctx context.Context, tx *store.Tx) ([]tenant.SigningKey, error) {
	return tx.SigningKeys(ctx)
}

func (s *site) setting(name string) []byte {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.Setting(ctx, name) })
}

func (s *site) fixSetting(name, value string) (kept []byte) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		kept, err = tx.FixSetting(ctx, name, []byte(value))
		return err
	})
	return kept
}

var installationMethods = methods{
	"Setting": func(s *site) {
		same(s, s.setting("name"), []byte(nil))
		s.fixSetting("name", "\x00value")
		s.fixSetting("another", "other")
		same(s, s.setting("name"), []byte("\x00value"))
	},
	"FixSetting": func(s *site) {
		same(s, s.fixSetting("name", "first"), []byte("first"))
		same(s, s.fixSetting("name", "second"), []byte("first"))
		same(s, s.setting("name"), []byte("first"))
	},
	"InsertBusiness": func(s *site) {
		b := s.addBusiness("b")
		b.ID = "c"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertBusiness(ctx, b, []byte{1}, at(1)) }) // the slug
		b.Slug, b.Address = "c", "Straße 1\x00 \u202e "+strings.Repeat("x", 50_000)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertBusiness(ctx, b, []byte{1}, at(1)) })
		same(s, s.businesses()[1], wrapped[business.Business]{b, []byte{1}})
	},
	"Businesses": func(s *site) {
		same(s, s.businesses(), []wrapped[business.Business]{})
		b, a := s.addBusiness("b"), s.addBusiness("a") // of one instant
		z := filled[business.Business]("z")
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertBusiness(ctx, z, []byte("w"), at(-1)) })
		same(s, s.businesses(), []wrapped[business.Business]{{z, []byte("w")}, {a, []byte("wrapped a")}, {b, []byte("wrapped b")}})
		err := s.store.ReadOnly(s.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Businesses(ctx, func(business.Business, []byte) error { return fault.New(fault.Gone, "enough") })
		})
		if !fault.Is(err, fault.Gone) {
			s.Errorf("the caller's error is lost: %v", err)
		}
	},
	"InsertSigningKey": func(s *site) {
		s.addBusiness("b")
		k := s.addSigningKey("k", "b", 1)
		same(s, read(s, signingKeys), []tenant.SigningKey{k})
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertSigningKey(ctx, k) })
	},
	"SigningKeys": func(s *site) {
		same(s, read(s, signingKeys), []tenant.SigningKey{})
		s.addBusiness("b")
		s.addBusiness("c")
		z, y, x := s.addSigningKey("z", "b", 1), s.addSigningKey("y", "b", 2), s.addSigningKey("x", "c", 2)
		same(s, read(s, signingKeys), []tenant.SigningKey{z, x, y}) // the newest signs, so the order counts
	},
	"InsertSender": func(s *site) {
		s.addBusiness("b")
		x := s.addSender("x", 1)
		same(s, s.senders(), []wrapped[business.Sender]{x})
		again := x.Of
		again.ID = "y"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertSender(ctx, again, []byte{1}, at(1)) }) // Meta's id
	},
	"HasSender": func(s *site) {
		s.addBusiness("b")
		x := s.addSender("x", 1)
		has := func(id string) bool {
			return read(s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.HasSender(ctx, id) })
		}
		same(s, has(x.Of.PhoneNumberID), true)
		same(s, has(x.Of.ID), false)
		for _, id := range strange {
			same(s, has(id), false)
		}
	},
	"Senders": func(s *site) {
		same(s, s.senders(), []wrapped[business.Sender]{})
		s.addBusiness("b")
		z, y, x := s.addSender("z", 1), s.addSender("y", 2), s.addSender("x", 2)
		same(s, s.senders(), []wrapped[business.Sender]{z, x, y})
	},
}

// Where processes start together, all go on with the first one's secret.
func TestOneSettingIsFixed(t *testing.T) {
	kept := make([][]byte, 16)
	together(t, func(s *site, n int) error {
		kept[n] = s.fixSetting("root", string(rune('a'+n)))
		return nil
	}, func(s *site, _ int) {
		for _, k := range kept {
			same(s, k, s.setting("root"))
		}
	})
}
