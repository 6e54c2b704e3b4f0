package store_test

import (
	"context"
	"errors"
	"time"

	"assent/business"
	"assent/fault"
	"assent/funnel"
	"assent/store"
)

var errOfEdit = errors.New("no")

func draft(id, business, of string) funnel.Draft {
	return funnel.Draft{
		ID: id, Business: business, Funnel: of, Version: filled[funnel.Version](id), Revision: 1, Author: "rosa",
		ChangedAt: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
	}
}

func (s *site) addDraft(id, business, of string) funnel.Draft {
	s.Helper()
	d := draft(id, business, of)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertDraft(ctx, d) })
	return d
}

func draftsOf(business string) func(context.Context, *store.Tx) ([]funnel.Draft, error) {
	return func(ctx context.Context, tx *store.Tx) ([]funnel.Draft, error) { return tx.Drafts(ctx, business) }
}

var draftMethods = methods{
	"InsertDraft": func(s *site) {
		s.addBusiness("b")
		a, b, c := s.addDraft("a", "b", ""), s.addDraft("b", "b", ""), s.addDraft("c", "b", "f")
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertDraft(ctx, draft("d", "b", "f")) })
		same(s, read(s, draftsOf("b")), []funnel.Draft{a, b, c})
	},
	"SetDraft": func(s *site) {
		s.addBusiness("b")
		d, other := s.addDraft("a", "b", "f"), s.addDraft("c", "b", "")
		next := d
		next.Revision, next.Author, next.Version.Slug = 2, "mia", "another"
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDraft(ctx, next, 1) })
		same(s, read(s, draftsOf("b")), []funnel.Draft{next, other})
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.SetDraft(ctx, d, 1) })
	},
	"DeleteDraft": func(s *site) {
		s.addBusiness("b")
		s.addDraft("a", "b", "f")
		other := s.addDraft("c", "b", "")
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteDraft(ctx, "a", 2) })
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteDraft(ctx, "a", 1) })
		same(s, read(s, draftsOf("b")), []funnel.Draft{other})
	},
	"Drafts": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("c")
		same(s, read(s, draftsOf("b")), []funnel.Draft{})
		z, y := s.addDraft("z", "b", ""), s.addDraft("y", "c", "")
		a := s.addDraft("a", "b", "f")
		same(s, read(s, draftsOf("b")), []funnel.Draft{a, z})
		same(s, read(s, draftsOf("c")), []funnel.Draft{y})
	},
	"EditBusiness": func(s *site) {
		b, other := s.addBusiness("b"), s.addBusiness("c")
		b.BrandName = "another"
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.EditBusiness(ctx, "b", func(b *business.Business) error { b.BrandName = "another"; return nil })
		})
		same(s, s.businesses(), []wrapped[business.Business]{{b, []byte("wrapped b")}, {other, []byte("wrapped c")}})
		s.refused(fault.Internal, func(ctx context.Context, tx *store.Tx) error {
			return tx.EditBusiness(ctx, "b", func(*business.Business) error { return errOfEdit })
		})
		s.refused(fault.NotFound, func(ctx context.Context, tx *store.Tx) error {
			return tx.EditBusiness(ctx, "none", func(*business.Business) error { return nil })
		})
	},
}
