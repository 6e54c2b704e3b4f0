package store_test

import (
	"context"
	"fmt"
	"strings"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/store"
	"assent/subject"
)

// people keeps five people of business b, each with a consent to offers, and
// one of another business.
func (s *site) people() (list []subject.Subject, consents []consent.Consent) {
	s.Helper()
	s.addBusiness("b")
	s.addBusiness("c")
	for i := range 5 {
		p := s.addSubject(fmt.Sprintf("p%d", i), "b")
		list = append(list, p)
		consents = append(consents, s.addConsent(fmt.Sprintf("c%d", i), p, "offers", int64(100-i)))
	}
	s.addConsent("c9", s.addSubject("p9", "c"), "offers", 50)
	return list, consents
}

var auditMethods = methods{
	"ConsentsByID": func(s *site) {
		_, cs := s.people()
		page := func(f consent.Filter) []consent.Consent {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]consent.Consent, error) { return tx.ConsentsByID(ctx, f) })
		}
		same(s, page(consent.Filter{Business: "b", Limit: 2}), cs[:2])
		same(s, page(consent.Filter{Business: "b", Limit: 9, AfterID: "c1"}), cs[2:])
		same(s, page(consent.Filter{Business: "b", Limit: 9, AfterID: "c4"}), []consent.Consent{})
		same(s, page(consent.Filter{Business: "b", Limit: 9, Subjects: []string{"p3", "p1", "p9"}}), []consent.Consent{cs[1], cs[3]})
		same(s, page(consent.Filter{Business: "b", Limit: 9, Subjects: []string{}}), []consent.Consent{})
	},
	"CountMatching": func(s *site) {
		people, _ := s.people()
		s.addConsent("x", people[0], "orders", 1)
		for id, p := range map[string]consent.Position{
			"stopped": {EndedAt: at(1), EndedEvent: "e", End: consent.Withdrawn},
			"held":    {FirstAt: at(1), GivenAt: at(1), HeldAt: at(1)},
			"again":   {FirstAt: at(1), GivenAt: at(2), HeldAt: at(1)},
		} {
			c := s.addConsent(id, people[1], id, 1)
			c.Position = p
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutConsent(ctx, c) })
		}
		for _, tt := range []struct {
			f    consent.Filter
			want int
		}{
			{consent.Filter{Business: "b"}, 9},
			{consent.Filter{Business: "c"}, 1},
			{consent.Filter{Business: "none"}, 0},
			{consent.Filter{Business: "b", Purpose: "orders"}, 1},
			{consent.Filter{Business: "b", State: consent.Withdrawn}, 0},
			{consent.Filter{Business: "b", InForce: true}, 7},
			{consent.Filter{Business: "b", Subjects: []string{"p0", "p1"}}, 6},
			{consent.Filter{Business: "b", Subjects: []string{}}, 0},
			{consent.Filter{Business: "b", Limit: 1, AfterID: "c3"}, 9}, // of the whole list
			{consent.Filter{Business: "b", Purpose: "off\x00ers"}, 0},
		} {
			same(s, read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountMatching(ctx, tt.f) }), tt.want)
		}
	},
	"FindConsent": func(s *site) {
		_, cs := s.people()
		byID := func(id string) *consent.Consent {
			return find(s, func(ctx context.Context, tx *store.Tx) (consent.Consent, bool, error) { return tx.FindConsent(ctx, id) })
		}
		same(s, byID("c3"), &cs[3])
		for _, id := range strange {
			same(s, byID(id), (*consent.Consent)(nil))
		}
	},
	"FindSubject": func(s *site) {
		people, _ := s.people()
		byID := func(id string) *subject.Subject {
			return find(s, func(ctx context.Context, tx *store.Tx) (subject.Subject, bool, error) { return tx.FindSubject(ctx, id) })
		}
		same(s, byID("p2"), &people[2])
		for _, id := range strange {
			same(s, byID(id), (*subject.Subject)(nil))
		}
	},
	"FindEvent": func(s *site) {
		a, _ := s.addEvent("a", "", 0), s.addEvent("b", "", 0)
		byID := func(id string) *evidence.Record {
			return find(s, func(ctx context.Context, tx *store.Tx) (evidence.Record, bool, error) { return tx.FindEvent(ctx, id) })
		}
		same(s, byID("a"), &a)
		for _, id := range strange {
			same(s, byID(id), (*evidence.Record)(nil))
		}
	},
	"FindShown": func(s *site) {
		d := funnel.NewDocument("page", "text/html", []byte("<p>\x00"))
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepShown(ctx, d, at(1)) })
		byHash := func(sha string) *funnel.Document {
			return find(s, func(ctx context.Context, tx *store.Tx) (funnel.Document, bool, error) { return tx.FindShown(ctx, sha) })
		}
		same(s, byHash(d.SHA256), &d)
		for _, sha := range strange {
			same(s, byHash(sha), (*funnel.Document)(nil))
		}
	},
	"WrappedKey": func(s *site) {
		people, _ := s.people()
		r := s.addRequest("r1")
		key := func(id string) []byte {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.WrappedKey(ctx, id) })
		}
		same(s, key("s/p1"), people[1].Wrapped)
		same(s, key("r/r1"), r.WrappedKey)
		for _, id := range append(strange, "s/r1", "r/p1", "s/", "b/b", "p1") {
			same(s, key(id), []byte(nil))
		}
	},
	"SubjectsMatching": func(s *site) {
		people, _ := s.people()
		s.addConsent("x", people[1], "orders", 1)
		page := func(f consent.Filter, after string, limit int) []string {
			f.Business = "b"
			return read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) {
				return tx.SubjectsMatching(ctx, f, after, limit)
			})
		}
		same(s, page(consent.Filter{}, "", 9), []string{"p0", "p1", "p2", "p3", "p4"}) // who has two is met once
		same(s, page(consent.Filter{}, "p0", 2), []string{"p1", "p2"})
		same(s, page(consent.Filter{Purpose: "orders"}, "", 9), []string{"p1"})
		same(s, page(consent.Filter{Subjects: []string{}}, "", 9), []string{})
		same(s, page(consent.Filter{}, "p4", 9), []string{})
	},
	"ShownByPrefix": func(s *site) {
		var all []string
		for i := range 40 {
			kind := "page"
			if i%2 == 0 {
				kind = "notice"
			}
			d := funnel.NewDocument(kind, "text/plain", fmt.Append(nil, i))
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepShown(ctx, d, at(1)) })
			if kind == "page" {
				all = append(all, d.SHA256)
			}
		}
		byPrefix := func(kind, digits string) *funnel.Document {
			return find(s, func(ctx context.Context, tx *store.Tx) (funnel.Document, bool, error) {
				return tx.ShownByPrefix(ctx, kind, digits)
			})
		}
		for _, sha := range all {
			for _, n := range []int{1, 8, 64} {
				got, first := byPrefix("page", sha[:n]), ""
				for _, other := range all {
					if strings.HasPrefix(other, sha[:n]) && (first == "" || other < first) {
						first = other
					}
				}
				if got == nil || got.SHA256 != first || got.Kind != "page" {
					s.Errorf("%s finds %v, want %s", sha[:n], got, first)
				}
			}
			same(s, byPrefix("notice", sha[:12]), (*funnel.Document)(nil))
		}
		for _, digits := range strange[1:] { // no digits begin every hash
			same(s, byPrefix("page", digits), (*funnel.Document)(nil))
		}
	},
}

// strange are ids as they come in an address: nothing has them, and no database
// stumbles over them.
var strange = []string{"", "nothing", "c3\x00", "\x00", "\xff\xfe", "%", "' OR 1=1 --", strings.Repeat("z", 100_000), "𝟙\u202e"}
