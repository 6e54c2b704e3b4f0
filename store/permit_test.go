package store_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"assent/consent"
	"assent/funnel"
	"assent/permit"
	"assent/store"
	"assent/subject"
)

// hash32 returns a hash as identifiers have it.
func hash32(name string) []byte { return []byte((name + strings.Repeat(".", 32))[:32]) }

func (s *site) identify(businessID, name, subjectID string) {
	s.Helper()
	i := filled[subject.Identifier](name)
	i.Business, i.Hash, i.Subject, i.Kind = businessID, hash32(name), subjectID, subject.Line
	i.LeftAt, i.LeftEvent = time.Time{}, ""
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.JoinIdentifier(ctx, i, "") })
}

func hashes32(names ...string) (list [][]byte) {
	for _, n := range names {
		list = append(list, hash32(n))
	}
	return list
}

// facts is what Facts returns, in an order of its own.
type facts struct {
	Standings []permit.Standing
	Stops     []permit.Stop
	Pending   []string
}

func (s *site) facts(q permit.Query) (got facts) {
	s.Helper()
	q.Business = "b"
	got = read(s, func(ctx context.Context, tx *store.Tx) (got facts, err error) {
		var pending [][]byte
		got.Standings, got.Stops, pending, err = tx.Facts(ctx, q)
		for _, p := range pending {
			got.Pending = append(got.Pending, strings.TrimRight(string(p), "."))
		}
		return got, err
	})
	slices.SortFunc(got.Standings, func(a, b permit.Standing) int {
		return cmp.Or(slices.Compare(a.Hash[:], b.Hash[:]), cmp.Compare(a.Purpose, b.Purpose))
	})
	slices.SortFunc(got.Stops, func(a, b permit.Stop) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), slices.Compare(a.Hash[:], b.Hash[:]))
	})
	for i := range got.Stops {
		slices.Sort(got.Stops[i].Ended)
	}
	slices.Sort(got.Pending)
	return got
}

var permitMethods = methods{
	"Facts": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("other")
		s.standings()
		s.stops()
		s.pending()
		same(s, s.facts(permit.Query{Now: at(10)}), facts{})
		all := s.facts(permit.Query{Hashes: hashes32("p-line"), Stops: hashes32("n1"), Lines: hashes32("l1"), Now: at(10)})
		same(s, []int{len(all.Standings), len(all.Stops), len(all.Pending)}, []int{2, 2, 1})
		crossed := s.facts(permit.Query{Hashes: hashes32("n1", "l1"), Stops: hashes32("p-line", "l1"), Lines: hashes32("p-line", "n1"), Now: at(10)})
		same(s, crossed, facts{}) // each kind of hash finds its own kind of row
		many := hashes32("p-line")
		for i := range 999 {
			many = append(many, hash32(fmt.Sprint("stranger ", i)))
		}
		same(s, len(s.facts(permit.Query{Hashes: many, Purpose: "offers"}).Standings), 1)
	},
}

// standings wants each person's consents for each of their hashes.
func (s *site) standings() {
	s.Helper()
	p, q := s.addSubject("p", "b"), s.addSubject("q", "b")
	s.addSubject("r", "other")
	s.identify("b", "p-line", "p")
	s.identify("b", "p-id", "p")
	s.identify("b", "q-line", "q")
	s.identify("other", "r-line", "r")
	c := filled[consent.Consent]("c")
	c.ID, c.Business, c.Subject, c.Purpose, c.Scope = "c1", "b", "p", "offers", consent.Marketing
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutConsent(ctx, c) })
	orders := s.addConsent("c2", p, "orders", 1)
	standing := func(name string, who subject.Subject, c consent.Consent) permit.Standing {
		st := permit.Standing{Hash: [32]byte(hash32(name)), Platform: who.Platform, Reassigned: who.Reassigned, ConsentID: c.ID, Purpose: c.Purpose, Simulated: c.Simulated, Position: c.Position}
		st.Position.GivenEvent, st.Position.EndedEvent, st.Position.Basis = "", "", "" // the decision asks for none of them
		return st
	}
	for _, tt := range []struct {
		purpose string
		names   []string
		want    []permit.Standing
	}{
		{"offers", []string{"p-line"}, []permit.Standing{standing("p-line", p, c)}},
		{"", []string{"p-line"}, []permit.Standing{standing("p-line", p, c), standing("p-line", p, orders)}},
		{"none", []string{"p-line"}, []permit.Standing{standing("p-line", p, consent.Consent{})}}, // known, and never asked
		{"offers", []string{"q-line", "p-line", "p-id", "stranger", "r-line"}, []permit.Standing{standing("p-id", p, c), standing("p-line", p, c), standing("q-line", q, consent.Consent{})}},
		{"offers", []string{"stranger"}, nil},
	} {
		same(s, s.facts(permit.Query{Hashes: hashes32(tt.names...), Purpose: tt.purpose}), facts{Standings: tt.want})
	}
}

// stops wants each suppression once for each hash that it was found by.
func (s *site) stops() {
	s.Helper()
	stop := func(id, businessID string, hashes [][]byte, ended ...string) permit.Stop {
		x := filled[subject.Suppression](id)
		x.ID, x.Business, x.Hashes, x.Ended = id, businessID, hashes, ended
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSuppression(ctx, x) })
		slices.Sort(ended)
		return permit.Stop{Hash: [32]byte(hashes[0]), Kin: businessID != "b", Suppression: subject.Suppression{ID: id, Scope: x.Scope, Purpose: x.Purpose, Ended: ended, Reason: x.Reason, At: x.At}}
	}
	both, narrow := stop("s1", "b", hashes32("n1", "n2"), "orders", "offers"), stop("s2", "b", hashes32("n1"))
	kin := stop("s3", "other", hashes32("n1"))
	second := both
	second.Hash = [32]byte(hash32("n2"))
	same(s, s.facts(permit.Query{Stops: hashes32("n1")}), facts{Stops: []permit.Stop{both, narrow}})
	same(s, s.facts(permit.Query{Stops: hashes32("n1"), Kin: []string{"other", "none"}}), facts{Stops: []permit.Stop{both, narrow, kin}})
	same(s, s.facts(permit.Query{Stops: hashes32("n2", "n1", "n3")}), facts{Stops: []permit.Stop{both, second, narrow}})
}

// pending wants the lines for which a request is open.
func (s *site) pending() {
	s.Helper()
	for _, r := range []struct {
		id, business, line string
		state              funnel.RequestState
		expires            int64
	}{
		{"r1", "b", "l1", funnel.Requested, 11}, {"r2", "b", "l2", funnel.Requested, 10}, {"r3", "b", "l3", funnel.Closed, 99}, {"r4", "other", "l4", funnel.Requested, 99},
	} {
		s.addRequest(r.id, func(q *funnel.Request) {
			q.Business, q.Line, q.State, q.ExpiresAt = r.business, hash32(r.line), r.state, at(r.expires)
		})
	}
	same(s, s.facts(permit.Query{Lines: hashes32("l1", "l2", "l3", "l4", "l5"), Now: at(10)}), facts{Pending: []string{"l1"}})
	same(s, s.facts(permit.Query{Lines: hashes32("l1"), Now: at(11)}), facts{}) // its time is over
}
