package store_test

import (
	"context"

	"assent/store"
	"assent/subject"
)

// addParting keeps that two are not the same person.
func (s *site) addParting(event, one, two string, n int64) subject.Parting {
	s.Helper()
	p := subject.Parting{Event: event, Business: "b", Subject: one, Other: two, OtherEvent: "other-" + event, At: at(n)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertParting(ctx, p) })
	return p
}

func partingsOf(id string) func(context.Context, *store.Tx) ([]subject.Parting, error) {
	return func(ctx context.Context, tx *store.Tx) ([]subject.Parting, error) { return tx.PartingsOf(ctx, id) }
}

var partingMethods = methods{
	"InsertParting": func(s *site) {
		s.addBusiness("b")
		p := s.addParting("e1", "p", "q", 5)
		same(s, read(s, partingsOf("p")), []subject.Parting{p})
		for _, change := range []string{`UPDATE partings SET other = 'r'`, `DELETE FROM partings`} {
			if _, err := s.db.Raw(s).Exec(change); err == nil {
				s.Errorf("%s was done", change)
			}
		}
	},
	"PartingsOf": func(s *site) {
		s.addBusiness("b")
		second, first, third := s.addParting("e1", "p", "q", 5), s.addParting("e2", "q", "r", 3), s.addParting("e3", "q", "p", 9)
		same(s, read(s, partingsOf("q")), []subject.Parting{first, second, third})
		same(s, read(s, partingsOf("r")), []subject.Parting{first})
		same(s, read(s, partingsOf("x")), []subject.Parting(nil))
	},
	"PartingsAfter": func(s *site) {
		s.addBusiness("b")
		a, b := s.addParting("e1", "p", "q", 5), s.addParting("e2", "q", "r", 3)
		after := func(event string, limit int) []subject.Parting {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]subject.Parting, error) {
				return tx.PartingsAfter(ctx, event, limit)
			})
		}
		same(s, after("", 9), []subject.Parting{a, b})
		same(s, after("", 1), []subject.Parting{a})
		same(s, after("e1", 9), []subject.Parting{b})
	},
}
