package manage

import (
	"context"
	"slices"

	"assent/fault"
	"assent/funnel"
)

// AllowOrigins says on which sites the forms of a funnel may stand; none takes
// them off every site at once. It is an event with its author (rule 30). The
// first sites give the funnel an entry point of the kind embed, which tells
// sign-ups on them apart.
func (s *Service) AllowOrigins(ctx context.Context, businessID, slug string, origins []string, actor string) (err error) {
	defer fault.Wrap(&err, "manage.AllowOrigins")
	f, _, ok := s.directory.Funnel(slug)
	if !ok || f.Business != businessID {
		return fault.New(fault.NotFound, "There is no such funnel.")
	}
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return fault.New(fault.NotFound, "There is no such business.")
	}
	if slices.Equal(f.Origins, origins) {
		return nil
	}
	record, err := s.operatorActed(t, actor, "allow sites", "sites", struct {
		Funnel  string   `json:"funnel"`
		Origins []string `json:"origins"`
	}{f.ID, origins})
	if err != nil {
		return err
	}
	entry, missing, err := s.embedEntry(f.ID)
	if err != nil {
		return err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.SetOrigins(ctx, f.ID, origins); err != nil {
			return err
		}
		if missing && len(origins) > 0 {
			if err := w.InsertEntryPoint(ctx, entry); err != nil {
				return err
			}
		}
		return w.InsertEvent(ctx, record)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// embedEntry returns the funnel's entry point for forms on other sites; missing
// says that it was made just now and is kept nowhere yet.
func (s *Service) embedEntry(funnelID string) (e funnel.EntryPoint, missing bool, err error) {
	if known, ok := s.directory.EntryOfKind(funnelID, funnel.EntryEmbed); ok {
		return *known, false, nil
	}
	e = funnel.EntryPoint{Funnel: funnelID, Kind: funnel.EntryEmbed, Label: "embed"}
	if e.ID, err = s.newID(); err != nil {
		return e, true, err
	}
	e.Code, err = s.newEntryCode()
	return e, true, err
}
