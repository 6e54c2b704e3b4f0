package manage

import (
	"context"
	"slices"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/tenant"
)

// Behind returns how many people agreed only to words of the funnel that meant
// something else than those of now, by purpose (rule 12). What they agreed to
// holds as it was promised.
func (s *Service) Behind(ctx context.Context, businessID, slug string) (list []consent.Agreed, err error) {
	defer fault.Wrap(&err, "manage.Behind")
	f, v, err := s.funnelOf(businessID, slug)
	if err != nil {
		return nil, err
	}
	meant := func(x *tenant.Version) bool { return x.Change == funnel.ChangeMeaning }
	if !slices.ContainsFunc(s.directory.Versions(f.ID), meant) {
		return nil, nil // nothing to count
	}
	var agreed []consent.Agreed
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		agreed, err = r.AgreedTo(ctx, businessID, f.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range v.Purposes {
		n := 0
		for _, a := range agreed {
			if _, changed := s.directory.Reworded(a.Version, a.Purpose); changed && a.Purpose == p.Key {
				n += a.People
			}
		}
		if n > 0 {
			list = append(list, consent.Agreed{Version: v.ID, Purpose: p.Key, People: n})
		}
	}
	return list, nil
}
