package manage

import (
	"context"
	"slices"
	"strings"

	"assent/chat"
	"assent/evidence"
	"assent/fault"
	"assent/tenant"
)

// ListParked returns up to limit webhook bodies that could not be handled, newest
// first, without what they say: those whose signature speaks for a number of the
// business, or for none, or all for "".
func (s *Service) ListParked(ctx context.Context, businessID string, limit int) (list []chat.Delivery, err error) {
	defer fault.Wrap(&err, "manage.ListParked")
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err = r.ParkedDeliveries(ctx, limit)
		return err
	})
	if businessID != "" {
		list = slices.DeleteFunc(list, func(d chat.Delivery) bool {
			return !slices.ContainsFunc(s.speaksFor(d), func(t *tenant.Tenant) bool { return t.ID == businessID })
		})
	}
	return list, err
}

// speaksFor returns the businesses for whose numbers a body was signed.
func (s *Service) speaksFor(d chat.Delivery) (list []*tenant.Tenant) {
	for _, t := range s.directory.Tenants() {
		for _, sender := range t.Senders {
			if slices.Contains(d.Authorised, sender.ID) {
				list = append(list, t)
				break
			}
		}
	}
	return list
}

// ShowParked returns what a parked body says. It holds personal data, so it takes
// a reason, and is an event of the businesses that it was signed for.
func (s *Service) ShowParked(ctx context.Context, businessID, id, reason, actor string) (body []byte, err error) {
	defer fault.Wrap(&err, "manage.ShowParked")
	if strings.TrimSpace(reason) == "" {
		return nil, fault.Field("reason", "Say why you look at this message.")
	}
	d, events, err := s.parked(ctx, businessID, id, actor, "parked webhook shown", map[string]string{"delivery": id, "reason": reason})
	if err != nil {
		return nil, err
	}
	var wrapped []byte
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		wrapped, err = r.DayKey(ctx, d.Key)
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := s.inst.Master.OpenDataKey(d.Key, wrapped)
	if err != nil {
		return nil, err
	}
	if body, err = key.Open(d.Context(), d.Sealed); err != nil {
		return nil, fault.New(fault.Gone, "The body cannot be opened any more.").Because(err)
	}
	return body, s.store.ReadWrite(ctx, insertAll(events))
}

// ReplayParked has a parked body handled again, and says so in an event.
func (s *Service) ReplayParked(ctx context.Context, businessID, id, actor string) (err error) {
	defer fault.Wrap(&err, "manage.ReplayParked")
	_, events, err := s.parked(ctx, businessID, id, actor, "parked webhook replayed", map[string]string{"delivery": id})
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.ReplayDelivery(ctx, id); err != nil {
			return err
		}
		return insertAll(events)(ctx, w)
	})
}

// parked reads a parked body, sealed, and signs the events of what is done to it.
func (s *Service) parked(ctx context.Context, businessID, id, actor, method string, particulars map[string]string) (d chat.Delivery, events []evidence.Record, err error) {
	list, err := s.ListParked(ctx, businessID, maxParked)
	if err != nil {
		return d, nil, err
	}
	i := slices.IndexFunc(list, func(d chat.Delivery) bool { return d.ID == id })
	if i < 0 {
		return d, nil, fault.New(fault.NotFound, "There is no such parked message.")
	}
	for _, t := range s.speaksFor(list[i]) {
		e, err := s.operatorActed(t, actor, method, "parked", particulars)
		if err != nil {
			return d, nil, err
		}
		events = append(events, e)
	}
	return list[i], events, nil
}

// maxParked bounds the parked bodies that are looked through.
const maxParked = 10_000
