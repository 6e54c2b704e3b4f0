package store_test

import (
	"context"
	"fmt"
	"strings"

	"assent/consent"
	"assent/store"
)

// consentByID returns the consent or fails.
func (s *site) consent(id string) consent.Consent {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (consent.Consent, error) { return tx.Consent(ctx, id) })
}

func (s *site) consents(f consent.Filter) []string {
	s.Helper()
	list := read(s, func(ctx context.Context, tx *store.Tx) ([]consent.Consent, error) { return tx.Consents(ctx, f) })
	return ids(list, func(c consent.Consent) string { return c.ID })
}

var consentMethods = methods{
	"PutConsent": func(s *site) {
		s.addBusiness("b")
		p := s.addSubject("p", "b")
		c := filled[consent.Consent]("c")
		c.ID, c.Business, c.Subject, c.Scope = "c", "b", "p", consent.Transactional
		put := func(ctx context.Context, tx *store.Tx) error { return tx.PutConsent(ctx, c) }
		s.write(put)
		same(s, s.consent("c"), c)
		other := s.addConsent("other", p, "another purpose", 1)

		kept := c
		c = filled[consent.Consent]("changed, and longer")
		c.ID, c.Business, c.Subject, c.Purpose, c.Scope = "another id", "another business", kept.Subject, kept.Purpose, consent.Marketing
		c.Simulated, c.Position.HeldAt = false, at(0).Add(-1e9)
		s.write(put) // all but who and what it is about is replaced
		c.ID, c.Business, c.Scope = kept.ID, kept.Business, kept.Scope
		same(s, s.consent("c"), c)
		same(s, s.consent("other"), other)
		same(s, s.rows(`SELECT count(*) FROM consents`), 2)

		c.Position = consent.Position{} // no times at all
		c.ChangedAt = c.Position.FirstAt
		s.write(put)
		same(s, s.consent("c"), c)
	},
	"DeleteConsents": func(s *site) {
		s.addBusiness("b")
		p, q := s.addSubject("p", "b"), s.addSubject("q", "b")
		s.addConsent("c1", p, "offers", 1)
		s.addConsent("c2", p, "orders", 2)
		s.addConsent("c3", q, "offers", 3)
		for range 2 {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteConsents(ctx, "p") })
		}
		same(s, s.consents(consent.Filter{Business: "b", Limit: 9}), []string{"c3"})
	},
	"Consent": func(s *site) {
		s.addBusiness("b")
		p := s.addSubject("p", "b")
		c, _ := s.addConsent("c1", p, "offers", 1), s.addConsent("c2", p, "orders", 2)
		same(s, s.consent("c1"), c)
		for _, id := range strange {
			missing(s, func(ctx context.Context, tx *store.Tx) (consent.Consent, error) { return tx.Consent(ctx, id) })
		}
	},
	"ConsentsOf": func(s *site) {
		s.addBusiness("b")
		p, q := s.addSubject("p", "b"), s.addSubject("q", "b")
		z, a, _ := s.addConsent("c1", p, "zebra", 1), s.addConsent("c2", p, "Apple", 2), s.addConsent("c3", q, "offers", 3)
		of := func(id string) []consent.Consent {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]consent.Consent, error) { return tx.ConsentsOf(ctx, id) })
		}
		same(s, of("p"), []consent.Consent{a, z}) // by purpose
		same(s, of("nobody"), []consent.Consent{})
	},
	"AgreedTo": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("c")
		_, v := s.addFunnel("f", "b", 1)
		s.addFunnel("g", "b", 1)
		next := *v
		next.ID, next.Number = "version-f2", v.Number+1
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertVersion(ctx, &next, "event-f2") })
		put := func(id, business, version, purpose string, change func(*consent.Consent)) {
			c := s.addConsent(id, s.addSubject("s"+id, business), purpose, 1)
			c.Version = version
			change(&c)
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutConsent(ctx, c) })
		}
		as := func(*consent.Consent) {}
		put("1", "b", "version-f", "offers", as)
		put("2", "b", "version-f", "offers", as)
		put("3", "b", "version-f", "orders", as)
		put("4", "b", "version-f2", "offers", as)
		put("5", "b", "version-g", "offers", as)
		put("6", "c", "version-f", "offers", as)
		put("7", "b", "version-f", "offers", func(c *consent.Consent) { c.Hidden = true })
		put("8", "b", "version-f", "offers", func(c *consent.Consent) { c.Position.EndedAt, c.Position.End = at(9), consent.Withdrawn })
		want := []consent.Agreed{
			{Version: "version-f", Purpose: "offers", People: 2}, {Version: "version-f", Purpose: "orders", People: 1}, {Version: "version-f2", Purpose: "offers", People: 1},
		}
		agreed := func(funnelID string) []consent.Agreed {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]consent.Agreed, error) {
				return tx.AgreedTo(ctx, "b", funnelID)
			})
		}
		same(s, agreed("f"), want)
		same(s, agreed("nothing"), []consent.Agreed{})
	},
	"Consents": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("c")
		s.addFunnel("f1", "b", 1)
		s.addFunnel("f2", "b", 2)
		var all []string // as they are listed: newest first, ties by id
		for i := range 6 {
			p := s.addSubject(fmt.Sprintf("p%d", i), "b")
			c := s.addConsent(fmt.Sprintf("c%d", i), p, "offers", int64(i/2)) // two of each microsecond
			c.Version = fmt.Sprintf("version-f%d", 1+i%2)
			if i == 3 {
				c.Purpose, c.ID, c.Scope = "orders", "c3x", consent.Transactional
				c.Position.EndedAt, c.Position.End = c.Position.GivenAt, consent.Withdrawn
			}
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutConsent(ctx, c) })
			all = append([]string{c.ID}, all...)
			if i == 3 {
				all = append(all[:1:1], append([]string{"c3"}, all[1:]...)...)
			}
		}
		s.addConsent("d", s.addSubject("q", "c"), "offers", 9)
		same(s, all, []string{"c5", "c4", "c3x", "c3", "c2", "c1", "c0"})
		same(s, s.consents(consent.Filter{Business: "b", Limit: 99}), all)
		for n := 1; n <= len(all); n++ { // in pages of every size, each is met once
			var walked []string
			f := consent.Filter{Business: "b", Limit: n}
			for {
				page := s.consents(f)
				walked = append(walked, page...)
				if len(page) < n {
					break
				}
				last := s.consent(page[len(page)-1])
				f.AfterTime, f.AfterID = last.ChangedAt, last.ID
			}
			same(s, walked, all)
		}
		for _, tt := range []struct {
			f    consent.Filter
			want []string
		}{
			{consent.Filter{State: consent.Withdrawn}, []string{"c3x"}},
			{consent.Filter{Scope: consent.Transactional}, []string{"c3x"}},
			{consent.Filter{Purpose: "orders"}, []string{"c3x"}},
			{consent.Filter{Funnel: "f1"}, []string{"c4", "c2", "c0"}},
			{consent.Filter{Funnel: "f1", State: consent.Given, Scope: consent.Marketing, Purpose: "offers", Subjects: []string{"p2", "p3"}}, []string{"c2"}},
			{consent.Filter{Subjects: []string{"p0", "p5"}}, []string{"c5", "c0"}},
			{consent.Filter{Subjects: []string{}}, nil},
			{consent.Filter{Purpose: "off\x00ers"}, nil},
			{consent.Filter{Funnel: "\xff"}, nil},
			{consent.Filter{State: consent.State(strings.Repeat("x", 100_000))}, nil},
			{consent.Filter{Scope: "\x00"}, nil},
			{consent.Filter{Subjects: []string{"p0", "\x00"}}, []string{"c0"}},
			{consent.Filter{AfterTime: at(1), AfterID: "c3x\x00"}, []string{"c3x", "c3", "c2", "c1", "c0"}},
		} {
			tt.f.Business, tt.f.Limit = "b", 9
			same(s, s.consents(tt.f), tt.want)
		}
	},
}
