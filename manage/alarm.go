package manage

import (
	"context"

	"assent/business"
	"assent/fault"
)

// OpenAlarms returns the open alarms of a business, those that were seen last
// first.
func (s *Service) OpenAlarms(ctx context.Context, businessID string) (list []business.Alarm, err error) {
	defer fault.Wrap(&err, "manage.OpenAlarms")
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err = r.OpenAlarms(ctx, businessID)
		return err
	})
	return list, err
}

// Alarms returns up to limit alarms of a business, open ones first.
func (s *Service) Alarms(ctx context.Context, businessID string, limit int) (list []business.Alarm, err error) {
	defer fault.Wrap(&err, "manage.Alarms")
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err = r.Alarms(ctx, businessID, limit)
		return err
	})
	return list, err
}

// ResolveAlarm closes an alarm. What it held goes on being sent; where the cause
// is still there, the next message opens another.
func (s *Service) ResolveAlarm(ctx context.Context, businessID, id, actor string) (err error) {
	defer fault.Wrap(&err, "manage.ResolveAlarm")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return fault.New(fault.NotFound, "There is no such business.")
	}
	event, err := s.operatorActed(t, actor, "alarm resolved", "alarm", map[string]string{"alarm": id})
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if open, err := w.ResolveAlarm(ctx, businessID, id, actor, s.clock()); err != nil || !open {
			return err // a second click
		}
		return w.InsertEvent(ctx, event)
	})
}
