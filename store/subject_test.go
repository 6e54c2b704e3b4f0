package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"assent/consent"
	"assent/fault"
	"assent/store"
	"assent/subject"
)

func (s *site) subject(id string) subject.Subject {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (subject.Subject, error) { return tx.Subject(ctx, id) })
}

func (s *site) addIdentifier(hash, businessID, subjectID string, kind subject.Kind) subject.Identifier {
	s.Helper()
	i := filled[subject.Identifier](hash)
	i.Business, i.Hash, i.Subject, i.Kind = businessID, []byte(hash), subjectID, kind
	i.LeftAt, i.LeftEvent = time.Time{}, ""
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.JoinIdentifier(ctx, i, "") })
	return i
}

func (s *site) identifier(businessID, hash string) *subject.Identifier {
	s.Helper()
	return find(s, func(ctx context.Context, tx *store.Tx) (subject.Identifier, bool, error) {
		return tx.IdentifierByHash(ctx, businessID, []byte(hash))
	})
}

// addSuppression keeps a stop. What comes back has no hashes.
func (s *site) addSuppression(id, businessID string, when int64, hashes []string, ended ...string) subject.Suppression {
	s.Helper()
	x := filled[subject.Suppression](id)
	x.ID, x.Business, x.Subject, x.At, x.Hashes, x.Ended = id, businessID, "p", at(when), nil, ended
	for _, h := range hashes {
		x.Hashes = append(x.Hashes, []byte(h))
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSuppression(ctx, x) })
	x.Hashes = nil
	return x
}

func (s *site) suppressions(businessID string, hashes ...string) []subject.Suppression {
	s.Helper()
	var list [][]byte
	for _, h := range hashes {
		list = append(list, []byte(h))
	}
	return read(s, func(ctx context.Context, tx *store.Tx) ([]subject.Suppression, error) {
		return tx.SuppressionsByHash(ctx, businessID, list)
	})
}

func suppressionsOf(id string) func(context.Context, *store.Tx) ([]subject.Suppression, error) {
	return func(ctx context.Context, tx *store.Tx) ([]subject.Suppression, error) {
		return tx.SuppressionsOf(ctx, id)
	}
}

var subjectMethods = methods{
	"InsertSubject": func(s *site) {
		s.addBusiness("b")
		p := filled[subject.Subject]("p")
		p.ID, p.Business, p.Platform = "p", "b", consent.PlatformUnsure
		insert := func(ctx context.Context, tx *store.Tx) error { return tx.InsertSubject(ctx, p) }
		s.write(insert)
		same(s, s.subject("p"), p)
		s.refused(fault.Conflict, insert)
	},
	"AdvanceSubject": func(s *site) {
		s.addBusiness("b")
		p, other := s.addSubject("p", "b"), s.addSubject("q", "b")
		next := filled[subject.Subject]("another")
		next.ID, next.Platform, next.WindowAt = "p", "", p.WindowAt.Add(1000)
		advance := func(ctx context.Context, tx *store.Tx) error { return tx.AdvanceSubject(ctx, next, p.Seq) }
		next.Seq = p.Seq + 1
		s.write(advance)
		kept := next
		kept.Business, kept.Wrapped, kept.CreatedAt = p.Business, p.Wrapped, p.CreatedAt // what never changes
		same(s, s.subject("p"), kept)
		s.refused(fault.Stale, advance)
		same(s, s.subject("q"), other)
		// A webhook that comes late opens no window anew.
		next.WindowAt, next.Seq = p.WindowAt, kept.Seq+1
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AdvanceSubject(ctx, next, kept.Seq) })
		kept.Seq++
		same(s, s.subject("p"), kept)
		next.ID = "none"
		s.refused(fault.Stale, advance)
	},
	"OpenWindow": func(s *site) {
		s.addBusiness("b")
		p, other := s.addSubject("p", "b"), s.addSubject("q", "b")
		open := func(sender string) {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				return tx.OpenWindow(ctx, "p", sender, p.WindowAt.Add(1000))
			})
		}
		open("new sender")
		want := p
		want.Sender, want.WindowAt = "new sender", p.WindowAt.Add(1000)
		same(s, s.subject("p"), want)
		open("late sender") // not newer
		same(s, s.subject("p"), want)
		same(s, s.subject("q"), other)
	},
	"Subject": func(s *site) {
		s.addBusiness("b")
		p, _ := s.addSubject("p", "b"), s.addSubject("q", "b")
		same(s, s.subject("p"), p)
		for _, id := range strange {
			missing(s, func(ctx context.Context, tx *store.Tx) (subject.Subject, error) { return tx.Subject(ctx, id) })
		}
	},
	"MergedInto": func(s *site) {
		s.addBusiness("b")
		for _, id := range []string{"r", "q", "p", "o"} {
			x := s.addSubject(id, "b")
			if id == "r" || id == "q" {
				x.MergedInto = "p"
				s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AdvanceSubject(ctx, x, x.Seq) })
			}
		}
		into := func(id string) []string {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) { return tx.MergedInto(ctx, id) })
		}
		same(s, into("p"), []string{"q", "r"})
		same(s, into("q"), []string{})
	},
	"LeaveIdentifier": func(s *site) {
		s.addBusiness("b")
		s.addSubject("p", "b")
		s.addSubject("q", "b")
		i, other := s.addIdentifier("h", "b", "p", subject.Line), s.addIdentifier("g", "b", "p", subject.BSUID)
		i.LeftAt, i.LeftEvent = at(7), "gone"
		leave := func(ctx context.Context, tx *store.Tx) error { return tx.LeaveIdentifier(ctx, i) }
		s.write(leave)
		same(s, s.identifier("b", "h"), &i)
		same(s, s.identifier("b", "g"), &other)
		next := i
		next.Subject, next.LeftAt, next.LeftEvent = "q", time.Time{}, ""
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.JoinIdentifier(ctx, next, "p") })
		same(s, s.identifier("b", "h"), &next) // who has it now has not given it up
		s.refused(fault.Stale, leave)
	},
	"JoinIdentifier": func(s *site) {
		s.addBusiness("b")
		for _, id := range []string{"p", "q", "r"} {
			s.addSubject(id, "b")
		}
		i := s.addIdentifier("h", "b", "p", subject.Line)
		other := s.addIdentifier("g", "b", "p", subject.BSUID)
		same(s, s.identifier("b", "h"), &i)
		join := func(to, from string) func(context.Context, *store.Tx) error {
			next := filled[subject.Identifier]("next")
			next.Business, next.Hash, next.Subject, next.Kind = "b", []byte("h"), to, subject.Line
			return func(ctx context.Context, tx *store.Tx) error { return tx.JoinIdentifier(ctx, next, from) }
		}
		s.refused(fault.Stale, join("q", ""))  // it was seen meanwhile
		s.refused(fault.Stale, join("q", "r")) // it belongs to somebody else by now
		s.write(join("q", "p"))
		next := filled[subject.Identifier]("next")
		i.Subject, i.Sealed, i.Event, i.SeenAt = "q", next.Sealed, next.Event, next.SeenAt
		i.LeftAt, i.LeftEvent = next.LeftAt, next.LeftEvent
		same(s, s.identifier("b", "h"), &i)
		same(s, s.identifier("b", "g"), &other)
	},
	"IdentifierByHash": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("c")
		s.addSubject("p", "b")
		s.addSubject("q", "c")
		i, j := s.addIdentifier("h", "b", "p", subject.WAID), s.addIdentifier("h", "c", "q", subject.Line)
		same(s, s.identifier("b", "h"), &i)
		same(s, s.identifier("c", "h"), &j)
		same(s, s.identifier("b", "none"), (*subject.Identifier)(nil))
		same(s, s.identifier("none", "h"), (*subject.Identifier)(nil))
	},
	"Flagged": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("c")
		for id, flag := range map[string]consent.PlatformFlag{"clear": "", "stop": consent.PlatformStop, "unsure": consent.PlatformUnsure} {
			p := filled[subject.Subject](id)
			p.ID, p.Business, p.Platform = id, "b", flag
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSubject(ctx, p) })
			s.addIdentifier("hash of "+id, "b", id, subject.Line)
		}
		s.addIdentifier("again", "b", "stop", subject.BSUID)
		flagged := func(business string, hashes ...string) (list []string) {
			var asked [][]byte
			for _, h := range hashes {
				asked = append(asked, []byte(h))
			}
			for _, h := range read(s, func(ctx context.Context, tx *store.Tx) ([][]byte, error) { return tx.Flagged(ctx, business, asked) }) {
				list = append(list, string(h))
			}
			slices.Sort(list)
			return list
		}
		same(s, flagged("b"), []string{})
		same(s, flagged("b", "hash of clear", "hash of none"), []string{})
		same(s, flagged("b", "hash of clear", "hash of stop", "hash of unsure", "again"), []string{"again", "hash of stop", "hash of unsure"})
		same(s, flagged("c", "hash of stop"), []string{})
		many := []string{"hash of unsure"}
		for i := range 100 { // more than one statement's worth
			many = append(many, fmt.Sprint("hash ", i))
		}
		same(s, flagged("b", append(many, "hash of stop")...), []string{"hash of stop", "hash of unsure"})
	},
	"IdentifiersOf": func(s *site) {
		s.addBusiness("b")
		s.addSubject("p", "b")
		s.addSubject("q", "b")
		wa, line2, line1, _ := s.addIdentifier("a", "b", "p", subject.WAID), s.addIdentifier("c", "b", "p", subject.Line),
			s.addIdentifier("b", "b", "p", subject.Line), s.addIdentifier("d", "b", "q", subject.Line)
		of := func(id string) []subject.Identifier {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]subject.Identifier, error) {
				return tx.IdentifiersOf(ctx, id)
			})
		}
		same(s, of("p"), []subject.Identifier{line1, line2, wa})
		same(s, of("nobody"), []subject.Identifier{})
	},
	"InsertSuppression": func(s *site) {
		x := s.addSuppression("s1", "b", 1, []string{"h", "g", "h"}, "offers", "orders", "offers")
		x.Ended = []string{"offers", "orders"} // each once
		same(s, s.suppressions("b", "h"), []subject.Suppression{x})
		same(s, s.rows(`SELECT count(*) FROM suppression_hashes`), 2)
		same(s, s.rows(`SELECT count(*) FROM suppression_ends WHERE event = $1`, x.Event), 2)
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertSuppression(ctx, x) })
	},
	"EndSuppression": func(s *site) {
		x, other := s.addSuppression("s1", "b", 1, []string{"h"}), s.addSuppression("s2", "b", 2, []string{"h"})
		for _, event := range []string{"first", "second"} {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndSuppression(ctx, "s1", "offers", event) })
		}
		x.Ended = []string{"offers"}
		same(s, s.suppressions("b", "h"), []subject.Suppression{x, other})
		same(s, s.rows(`SELECT count(*) FROM suppression_ends WHERE event = 'first'`), 1) // the first end stands
	},
	"SuppressionsByHash": func(s *site) {
		z := s.addSuppression("z", "b", 2, []string{"h", "g"}, "orders", "offers")
		y := s.addSuppression("y", "b", 2, []string{"h"})
		x := s.addSuppression("x", "b", 1, []string{"g"})
		s.addSuppression("w", "c", 1, []string{"h", "g"})
		z.Ended = []string{"offers", "orders"}
		same(s, s.suppressions("b", "h", "g", "none"), []subject.Suppression{x, y, z}) // oldest first, each once
		same(s, s.suppressions("b", "g"), []subject.Suppression{x, z})
		same(s, s.suppressions("b", "none"), []subject.Suppression{})
		same(s, s.suppressions("b"), []subject.Suppression{})
	},
	"SuppressionsOf": func(s *site) {
		b, a := s.addSuppression("b", "b", 1, []string{"h"}, "offers"), s.addSuppression("a", "b", 1, nil)
		other := filled[subject.Suppression]("other")
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSuppression(ctx, other) })
		same(s, read(s, suppressionsOf("p")), []subject.Suppression{a, b})
		same(s, read(s, suppressionsOf("nobody")), []subject.Suppression{})
	},
}

// Of two that advance one person together, one is stale.
func TestOneAdvancesAPerson(t *testing.T) {
	together(t, func(s *site, n int) error {
		if n == 0 {
			s.addBusiness("b")
			s.addSubject("p", "b")
		}
		for s.rows(`SELECT count(*) FROM subjects`) == 0 && s.Context().Err() == nil {
			continue
		}
		p := filled[subject.Subject]("p")
		p.ID, p.Platform, p.Seq = "p", "", 1000
		return s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.AdvanceSubject(ctx, p, filled[subject.Subject]("p").Seq)
		})
	}, func(s *site, done int) { same(s, done, 1) })
}
