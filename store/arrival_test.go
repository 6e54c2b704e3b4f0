package store_test

import (
	"context"
	"time"

	"assent/chat"
	"assent/store"
)

func (s *site) addArrival(hash, campaign string, after time.Duration) chat.Arrival {
	s.Helper()
	a := chat.Arrival{Business: "b", Hash: []byte(hash), Campaign: []byte(campaign), At: at(0).Add(after)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutArrival(ctx, a) })
	return a
}

func (s *site) arrival(hash string) *chat.Arrival {
	s.Helper()
	return find(s, func(ctx context.Context, tx *store.Tx) (chat.Arrival, bool, error) {
		return tx.Arrival(ctx, "b", []byte(hash))
	})
}

var arrivalMethods = methods{
	"PutArrival": func(s *site) {
		s.addBusiness("b")
		s.addArrival("h", "first", 0)
		want := s.addArrival("h", "second", time.Minute)
		same(s, s.arrival("h"), &want)
	},
	"Arrival": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("c")
		want := s.addArrival("h", "ad", 0)
		same(s, s.arrival("h"), &want)
		same(s, s.arrival("g"), (*chat.Arrival)(nil))
		same(s, find(s, func(ctx context.Context, tx *store.Tx) (chat.Arrival, bool, error) {
			return tx.Arrival(ctx, "c", []byte("h"))
		}), (*chat.Arrival)(nil))
	},
	"DropArrival": func(s *site) {
		s.addBusiness("b")
		s.addArrival("h", "ad", 0)
		kept := s.addArrival("g", "ad", 0)
		for range 2 {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropArrival(ctx, "b", []byte("h")) })
		}
		same(s, s.arrival("h"), (*chat.Arrival)(nil))
		same(s, s.arrival("g"), &kept)
	},
	"DropArrivals": func(s *site) {
		s.addBusiness("b")
		s.addArrival("old", "ad", 0)
		kept := s.addArrival("new", "ad", time.Minute)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropArrivals(ctx, at(0).Add(time.Minute)) })
		same(s, s.arrival("old"), (*chat.Arrival)(nil))
		same(s, s.arrival("new"), &kept)
	},
}
