package manage

import (
	"context"
	"slices"
	"time"

	"assent/business"
	"assent/fault"
	"assent/tenant"
)

// ReplaceToken gives a sender another access token. The alarm about the old one ends
// where no number has it any more, and what waited for it goes on.
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
		if err := s.endTokenAlarms(ctx, w, sender, &changed); err != nil {
			return err
		}
		if err := s.shareAlarms(ctx, w, &changed); err != nil {
			return err
		}
		return w.InsertEvent(ctx, event)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// endTokenAlarms ends the alarm about a number's token: everywhere where the same one was
// given again, and else at each business of which no number has it any more.
func (s *Service) endTokenAlarms(ctx context.Context, w Writer, before, after *business.Sender) error {
	about, now := before.AboutToken(), s.clock()
	if after.AboutToken() == about {
		return w.ResolveAlarmsAbout(ctx, business.AlarmToken, about, now)
	}
	for _, t := range s.directory.Tenants() {
		if heldWithout(t, before, about) {
			continue
		}
		if err := endAlarmsAbout(ctx, w, t.ID, business.ByCause, now, func(a business.Alarm) bool { return a.Kind == business.AlarmToken && a.About == about }); err != nil {
			return err
		}
	}
	return nil
}

// heldWithout reports whether an alarm about the key holds a number in use of the
// business other than the one.
func heldWithout(t *tenant.Tenant, one *business.Sender, about string) bool {
	return slices.ContainsFunc(t.Senders, func(x *business.Sender) bool { return x.ID != one.ID && x.InUse() && x.HeldBy(about) })
}

// endAlarmsAbout ends the open alarms of a business of which which is true.
func endAlarmsAbout(ctx context.Context, w Writer, businessID, by string, now time.Time, which func(business.Alarm) bool) error {
	open, err := w.OpenAlarms(ctx, businessID)
	if err != nil {
		return err
	}
	for _, a := range open {
		if !which(a) {
			continue
		}
		if _, err := w.ResolveAlarm(ctx, businessID, a.ID, by, now); err != nil {
			return err
		}
	}
	return nil
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
