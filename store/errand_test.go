package store_test

import (
	"context"

	"assent/store"
	"assent/subject"
)

func (s *site) addErrand(id, about string) subject.Errand {
	s.Helper()
	e := subject.Errand{ID: id, Business: "b", Sender: "sender", Subject: about, Kind: subject.Forget, Sealed: []byte("sealed " + id), CreatedAt: at(3), RunAt: at(4)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertErrand(ctx, e) })
	return e
}

func (s *site) errand(id string) *subject.Errand {
	s.Helper()
	return find(s, func(ctx context.Context, tx *store.Tx) (subject.Errand, bool, error) { return tx.Errand(ctx, id) })
}

var errandMethods = methods{
	"InsertErrand": func(s *site) {
		s.addBusiness("b")
		s.addErrand("e1", "")
		same(s, s.rows(`SELECT count(*) FROM jobs WHERE kind = 'errand' AND ref = 'e1'`), 1)
	},
	"Errand": func(s *site) {
		s.addBusiness("b")
		want := s.addErrand("e1", "p")
		want.RunAt = s.errand("e1").RunAt
		same(s, s.errand("e1"), &want)
		same(s, s.errand("e2"), (*subject.Errand)(nil))
	},
	"DropErrandsOf": func(s *site) {
		s.addBusiness("b")
		s.addErrand("e1", "p")
		s.addErrand("e2", "q")
		s.addErrand("e3", "")
		drop := func(about string, kind subject.ErrandKind) {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropErrandsOf(ctx, about, kind) })
		}
		drop("p", subject.Block)
		drop("", subject.Forget)
		same(s, []bool{s.errand("e1") != nil, s.errand("e2") != nil, s.errand("e3") != nil}, []bool{true, true, true})
		drop("p", subject.Forget)
		same(s, []bool{s.errand("e1") != nil, s.errand("e2") != nil, s.errand("e3") != nil}, []bool{false, true, true})
	},
	"DropErrand": func(s *site) {
		s.addBusiness("b")
		s.addErrand("e1", "p")
		kept := s.addErrand("e2", "p")
		kept.RunAt = s.errand("e2").RunAt
		for range 2 {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropErrand(ctx, "e1") })
		}
		same(s, s.errand("e1"), (*subject.Errand)(nil))
		same(s, s.errand("e2"), &kept)
	},
}
