package manage

import (
	"context"
	"slices"
	"strings"

	"assent/business"
	"assent/evidence"
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

// ResolveAlarm closes an alarm, also at other businesses that it holds. What it held goes
// on being sent; where the cause is still there, the next message opens another.
func (s *Service) ResolveAlarm(ctx context.Context, businessID, id, actor string) (err error) {
	defer fault.Wrap(&err, "manage.ResolveAlarm")
	if _, ok := s.directory.Tenant(businessID); !ok {
		return fault.New(fault.NotFound, "There is no such business.")
	}
	var same []business.Alarm
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		same, err = s.sameAlarms(ctx, r, businessID, id)
		return err
	})
	if err != nil {
		return err
	}
	events := make([]evidence.Record, len(same))
	for i, a := range same {
		t, ok := s.directory.Tenant(a.Business)
		if !ok {
			return errNoBusiness
		}
		if events[i], err = s.operatorActed(t, actor, "alarm resolved", "alarm", map[string]string{"alarm": a.ID}); err != nil {
			return err
		}
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for i, a := range same {
			open, err := w.ResolveAlarm(ctx, a.Business, a.ID, actor, s.clock())
			if err != nil {
				return err
			}
			if !open { // a second click
				continue
			}
			if err := w.InsertEvent(ctx, events[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// sameAlarms returns a business's open alarm with the id, and those of others of the same
// kind about the same: what holds several is open at each. There are none where it is
// not open.
func (s *Service) sameAlarms(ctx context.Context, r Reader, businessID, id string) (same []business.Alarm, err error) {
	var open []business.Alarm
	for _, t := range s.directory.Tenants() {
		list, err := r.OpenAlarms(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		open = append(open, list...)
	}
	i := slices.IndexFunc(open, func(a business.Alarm) bool { return a.Business == businessID && a.ID == id })
	if i < 0 {
		return nil, nil
	}
	for _, a := range open {
		if a.Kind == open[i].Kind && a.About == open[i].About {
			same = append(same, a)
		}
	}
	return same, nil
}

// shareAlarms opens at a number's business what is open at others and holds what goes by
// the number's token, its account or a template of that: it holds the number as well,
// whichever business met it, and however long ago.
func (s *Service) shareAlarms(ctx context.Context, w Writer, sender *business.Sender) error {
	if !sender.InUse() {
		return nil
	}
	own, err := w.OpenAlarms(ctx, sender.Business)
	if err != nil {
		return err
	}
	for _, t := range s.directory.Tenants() {
		if t.ID == sender.Business {
			continue
		}
		open, err := w.OpenAlarms(ctx, t.ID)
		if err != nil {
			return err
		}
		for _, a := range open {
			if a.Holds == business.HoldsNothing || !sender.HeldBy(a.About) || slices.ContainsFunc(own, func(b business.Alarm) bool { return b.Kind == a.Kind && b.About == a.About }) {
				continue
			}
			if strings.HasPrefix(a.Name, "+") { // the other's number
				a.Name = sender.Number
			}
			a.Business, a.Sender = sender.Business, sender.ID
			if a.ID, err = s.newID(); err != nil {
				return err
			}
			if _, err := w.RaiseAlarm(ctx, a, s.clock()); err != nil {
				return err
			}
			own = append(own, a)
		}
	}
	return nil
}
