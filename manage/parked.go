package manage

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/business"
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
	for before := ""; len(list) < limit; {
		page, err := s.parkedBefore(ctx, before, parkedPage)
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			if before = d.ID; len(list) < limit && s.concerns(d, businessID) {
				list = append(list, d)
			}
		}
		if len(page) < parkedPage {
			break
		}
	}
	return list, nil
}

// parkedPage is how many parked bodies are read at once.
const parkedPage = 200

func (s *Service) parkedBefore(ctx context.Context, before string, limit int) (page []chat.Delivery, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		page, err = r.ParkedDeliveries(ctx, before, limit)
		return err
	})
	return page, err
}

// concerns reports whether a body was signed for the business; with no id, for any.
func (s *Service) concerns(d chat.Delivery, businessID string) bool {
	return businessID == "" || slices.ContainsFunc(s.speaksFor(d), func(t *tenant.Tenant) bool { return t.ID == businessID })
}

// speaksFor returns the businesses for whose numbers a body was signed.
func (s *Service) speaksFor(d chat.Delivery) (list []*tenant.Tenant) {
	for _, t := range s.directory.Tenants() {
		if slices.ContainsFunc(t.SenderIDs(), func(id string) bool { return slices.Contains(d.Authorised, id) }) {
			list = append(list, t)
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
	d, events, err := s.parked(ctx, businessID, id, actor, "parked webhook shown", func(chat.Delivery) map[string]string {
		return map[string]string{"delivery": id, "reason": reason}
	})
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
	_, events, err := s.parked(ctx, businessID, id, actor, "parked webhook replayed", func(chat.Delivery) map[string]string {
		return map[string]string{"delivery": id}
	})
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

// DiscardParked puts a parked body away that nothing here will ever handle: what it says
// and its key are deleted. It cannot be had again, so it takes a reason; who did it, why,
// when the body came and why it was parked is an event of the businesses that it was
// signed for. Where it was the last, the alarm ends.
func (s *Service) DiscardParked(ctx context.Context, businessID, id, reason, actor string) (err error) {
	defer fault.Wrap(&err, "manage.DiscardParked")
	if reason, err = discardReason(reason); err != nil {
		return err
	}
	d, there := chat.Delivery{}, false
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		d, there, err = r.ParkedDelivery(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	if !there || !s.concerns(d, businessID) {
		return errNotParked
	}
	if n, err := s.discard(ctx, []chat.Delivery{d}, reason, actor); err != nil || n > 0 {
		return err
	}
	return errNotParked // somebody else was first
}

func discardReason(reason string) (string, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return "", fault.Field("reason", "Say why you put this message away.")
	}
	return reason, nil
}

// ParkedReasons returns for what the bodies of a business are parked, or all for "", with
// how many and up to which: the reason of the newest first.
func (s *Service) ParkedReasons(ctx context.Context, businessID string) (list []chat.Parked, err error) {
	defer fault.Wrap(&err, "manage.ParkedReasons")
	var all []chat.Parked
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		all, err = r.ParkedReasons(ctx)
		return err
	})
	for _, p := range all {
		if !s.concerns(chat.Delivery{Authorised: p.Authorised}, businessID) {
			continue
		}
		i := slices.IndexFunc(list, func(x chat.Parked) bool { return x.Reason == p.Reason })
		if i < 0 {
			list = append(list, chat.Parked{Reason: p.Reason, N: p.N, Newest: p.Newest})
			continue
		}
		list[i].N += p.N
	}
	return list, err
}

// DiscardMost is how many bodies are put away at once for one reason, at most.
const DiscardMost = 1000

// discardBatch is how many of them are put away in one transaction.
const discardBatch = 50

// DiscardParkedFor puts away what is parked for the same reason, as DiscardParked does,
// each with its own event: the oldest first, up to the one with the id, which is the
// newest that somebody has seen, and DiscardMost at most. It returns how many.
func (s *Service) DiscardParkedFor(ctx context.Context, businessID, parkedFor, until, reason, actor string) (n int, err error) {
	defer fault.Wrap(&err, "manage.DiscardParkedFor")
	if reason, err = discardReason(reason); err != nil {
		return 0, err
	}
	for after := ""; after < until && n < DiscardMost; {
		var page []chat.Delivery
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			page, err = r.OldestParked(ctx, after, parkedPage)
			return err
		})
		if err != nil || len(page) == 0 {
			return n, err
		}
		after = page[len(page)-1].ID
		page = slices.DeleteFunc(page, func(d chat.Delivery) bool {
			return d.ID > until || d.Reason != parkedFor || !s.concerns(d, businessID)
		})
		for batch := range slices.Chunk(page[:min(len(page), DiscardMost-n)], discardBatch) {
			away, err := s.discard(ctx, batch, reason, actor)
			if n += away; err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// discard puts parked bodies away in one transaction, each with its events, and returns
// how many: not those that are not parked any more.
func (s *Service) discard(ctx context.Context, list []chat.Delivery, reason, actor string) (n int, err error) {
	events := make([][]evidence.Record, len(list))
	concerned := map[string][]string{} // businesses and their numbers
	for i, d := range list {
		for _, t := range s.speaksFor(d) {
			concerned[t.ID] = t.SenderIDs()
			e, err := s.operatorActed(t, actor, "parked webhook put away", "parked", map[string]string{
				"delivery": d.ID, "reason": reason, "received": d.ReceivedAt.UTC().Format(time.RFC3339), "parked_for": d.Reason,
			})
			if err != nil {
				return 0, err
			}
			events[i] = append(events[i], e)
		}
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		n = 0
		for i, d := range list {
			err := w.DiscardDelivery(ctx, d.ID)
			if fault.Is(err, fault.Stale) {
				continue
			}
			if err != nil {
				return err
			}
			n++
			if err := insertAll(events[i])(ctx, w); err != nil {
				return err
			}
		}
		return s.endParkedAlarms(ctx, w, concerned)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// endParkedAlarms ends the alarm about parked bodies of those businesses of which none is
// left.
func (s *Service) endParkedAlarms(ctx context.Context, w Writer, concerned map[string][]string) error {
	for _, businessID := range slices.Sorted(maps.Keys(concerned)) {
		left, err := w.HasParked(ctx, concerned[businessID])
		if err != nil {
			return err
		}
		if left {
			continue
		}
		if err := w.ResolveAlarmsAbout(ctx, business.AlarmParked, business.AboutParked(businessID), s.clock()); err != nil {
			return err
		}
	}
	return nil
}

// ReplayAllParked has every body that is parked now handled again, the oldest first,
// and says so in events. It returns how many they are.
func (s *Service) ReplayAllParked(ctx context.Context, businessID, actor string) (n int, err error) {
	defer fault.Wrap(&err, "manage.ReplayAllParked")
	return s.replayWhere(ctx, actor, func(d chat.Delivery) bool { return s.concerns(d, businessID) })
}

// replayMendable has those bodies handled again that were parked because nothing here
// spoke for them: a number, its ids or its secret are others now. Each signature is
// checked anew, and what still fits nothing is parked again.
func (s *Service) replayMendable(ctx context.Context, actor string) error {
	_, err := s.replayWhere(ctx, actor, func(d chat.Delivery) bool { return chat.Mendable(d.Reason) })
	return err
}

// replayWhere has the parked bodies handled again of which which is true, up to the
// newest one that is there now: what is parked again meanwhile is not met again.
func (s *Service) replayWhere(ctx context.Context, actor string, which func(chat.Delivery) bool) (n int, err error) {
	newest, err := s.parkedBefore(ctx, "", 1)
	if err != nil || len(newest) == 0 {
		return 0, err
	}
	for after, last := "", newest[0].ID; after < last; {
		var page []chat.Delivery
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			page, err = r.OldestParked(ctx, after, parkedPage)
			return err
		})
		if err != nil || len(page) == 0 {
			return n, err
		}
		after = page[len(page)-1].ID
		page = slices.DeleteFunc(page, func(d chat.Delivery) bool { return d.ID > last || !which(d) })
		again, err := s.replay(ctx, page, actor)
		if err != nil {
			return n, err
		}
		n += again
	}
	return n, nil
}

// ParkedFate returns a body that was handled again with how far that is, and why it is
// parked if it is again. What it says is left out.
func (s *Service) ParkedFate(ctx context.Context, businessID, id string) (d chat.Delivery, err error) {
	defer fault.Wrap(&err, "manage.ParkedFate")
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		d, err = r.Delivery(ctx, id)
		return err
	})
	if err != nil {
		return d, err
	}
	if d.Sealed = nil; !d.WasParked() || !s.concerns(d, businessID) {
		return chat.Delivery{}, errNotParked
	}
	return d, nil
}

var errNotParked = fault.New(fault.NotFound, "There is no such parked message.")

// replay has parked bodies handled again, with one event for each business.
func (s *Service) replay(ctx context.Context, list []chat.Delivery, actor string) (n int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	count := map[*tenant.Tenant]int{}
	for _, d := range list {
		for _, t := range s.speaksFor(d) {
			count[t]++
		}
	}
	var events []evidence.Record
	for t, many := range count {
		e, err := s.operatorActed(t, actor, "parked webhooks replayed", "parked", map[string]string{"deliveries": strconv.Itoa(many)})
		if err != nil {
			return 0, err
		}
		events = append(events, e)
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		n = 0
		for _, d := range list {
			err := w.ReplayDelivery(ctx, d.ID)
			if fault.Is(err, fault.Stale) { // somebody else was first
				continue
			}
			if err != nil {
				return err
			}
			n++
		}
		return insertAll(events)(ctx, w)
	})
	return n, err
}

// parked reads a parked body, sealed, and signs the events of what is done to it.
func (s *Service) parked(ctx context.Context, businessID, id, actor, method string, particulars func(chat.Delivery) map[string]string) (d chat.Delivery, events []evidence.Record, err error) {
	there := false
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		d, there, err = r.ParkedDelivery(ctx, id)
		return err
	})
	if err != nil {
		return d, nil, err
	}
	if !there || !s.concerns(d, businessID) {
		return d, nil, errNotParked
	}
	for _, t := range s.speaksFor(d) {
		e, err := s.operatorActed(t, actor, method, "parked", particulars(d))
		if err != nil {
			return d, nil, err
		}
		events = append(events, e)
	}
	return d, events, nil
}
