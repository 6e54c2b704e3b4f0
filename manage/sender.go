package manage

import (
	"context"

	"assent/business"
	"assent/fault"
	"assent/tenant"
)

// ReplaceToken gives a sender another access token. Alarms about the old one are
// resolved, and what waited for it goes on.
func (s *Service) ReplaceToken(ctx context.Context, businessID, senderID, token, actor string) (err error) {
	defer fault.Wrap(&err, "manage.ReplaceToken")
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return err
	}
	if token == "" {
		return fault.Field("token", "Give the new access token.")
	}
	if err := tokenFits(token); err != nil {
		return err
	}
	changed := *sender
	changed.Secrets.Token = token
	sealed, err := s.sealSender(&changed)
	if err != nil {
		return err
	}
	event, err := s.operatorActed(t, actor, "access token replaced", "token", map[string]string{"sender": sender.ID})
	if err != nil {
		return err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.SetSender(ctx, changed, sealed); err != nil {
			return err
		}
		if err := w.ResolveAlarmsAbout(ctx, business.AlarmToken, sender.AboutToken(), s.clock()); err != nil {
			return err
		}
		return w.InsertEvent(ctx, event)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// senderOf finds a sender of a business.
func (s *Service) senderOf(businessID, senderID string) (*tenant.Tenant, *business.Sender, error) {
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return nil, nil, fault.New(fault.NotFound, "There is no such business.")
	}
	for _, sender := range t.Senders {
		if sender.ID == senderID {
			return t, sender, nil
		}
	}
	return nil, nil, fault.New(fault.NotFound, "The business has no such sender.")
}
