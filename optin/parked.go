package optin

import (
	"context"
	"slices"

	"assent/business"
	"assent/tenant"
)

// alarmParked opens the alarm about parked bodies of the businesses that the senders
// are of, where there are any and it is not open, and closes it where there are none.
func (s *Service) alarmParked(ctx context.Context, w Writer, senders []string) error {
	for _, t := range s.directory.Tenants() {
		if slices.ContainsFunc(t.SenderIDs(), func(id string) bool { return contains(senders, id) }) {
			if err := s.alarmParkedOf(ctx, w, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) alarmParkedOf(ctx context.Context, w Writer, t *tenant.Tenant) error {
	there, err := w.HasParked(ctx, t.SenderIDs())
	if err != nil {
		return err
	}
	if !there {
		return w.ResolveAlarmsAbout(ctx, business.AlarmParked, business.AboutParked(t.ID), s.now())
	}
	id, err := s.newID(s.now())
	if err != nil {
		return err
	}
	_, err = w.RaiseAlarm(ctx, business.Alarm{ID: id, Business: t.ID, Kind: business.AlarmParked, About: business.AboutParked(t.ID), Name: t.LegalName, Holds: business.HoldsNothing}, s.now())
	return err
}

// AlarmParked looks at the alarms about parked bodies of all businesses, of whatever
// changed besides: bodies that were parked before there was such an alarm, and one
// that an operator ended while they wait.
func (s *Service) AlarmParked(ctx context.Context) error {
	for _, t := range s.directory.Tenants() {
		if err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return s.alarmParkedOf(ctx, w, t) }); err != nil {
			return err
		}
	}
	return nil
}
