package records

import (
	"context"
	"encoding/json"
	"time"

	"assent/business"
	"assent/evidence"
	"assent/fault"
)

// maxKeepDays bounds how long a business may say that it keeps anything.
const maxKeepDays = 100 * 365

// claimKeeping names the claim with the settings that an operator made.
const claimKeeping = "keeping"

// SetKeeping sets how long a business keeps what, and what an erasure does. It is
// an event of the business's with its author (rule 30).
func (s *Service) SetKeeping(ctx context.Context, businessID string, k business.Keeping, actor string) (err error) {
	defer fault.Wrap(&err, "records.SetKeeping")
	t, err := s.tenant(businessID)
	if err != nil {
		return err
	}
	if k.AfterErasure != "" && k.AfterErasure != business.EraseAtOnce && k.AfterErasure != business.LockFirst {
		return fault.Field("after_erasure", "After an erasure is asked for, the record is erased or locked: say erase or lock.")
	}
	for name, days := range map[string]int{"lock_days": k.LockDays, "unconfirmed_days": k.UnconfirmedDays, "ended_days": k.EndedDays} {
		if days < 0 || days > maxKeepDays {
			return fault.Field(name, "Give a number of days from 1 to %d, or 0 for what is usual.", maxKeepDays)
		}
	}
	claim, err := json.Marshal(k)
	if err != nil {
		return err
	}
	now := s.now()
	e := evidence.Event{Name: evidence.OperatorActed, Time: now, Operator: actor, Act: evidence.Act{Kind: "operator"}, Method: "keeping",
		Extra: map[string]evidence.RawJSON{claimKeeping: claim}}
	record, _, err := s.issue(t, nil, e, t.KeyID(), t.Key, now)
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.SetKeeping(ctx, t.ID, k); err != nil {
			return err
		}
		return w.InsertEvent(ctx, record)
	})
}

// Retention is one run of retention.
type Retention struct {
	Retained
	Event string
	At    time.Time
}

// actsRead is how many deeds of operators are looked through for runs of
// retention.
const actsRead = 500

// Retentions returns the newest runs of retention that took anything, at most
// limit of them, newest first.
func (s *Service) Retentions(ctx context.Context, businessID string, limit int) (list []Retention, err error) {
	defer fault.Wrap(&err, "records.Retentions")
	t, err := s.tenant(businessID)
	if err != nil {
		return nil, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list = nil
		ring := s.keyring(r, t)
		acts, err := r.ActsOf(ctx, t.ID, actsRead)
		if err != nil {
			return err
		}
		for _, e := range acts {
			v, _, err := ring.read(ctx, e)
			if err != nil || v.Extra[claimRetention] == nil {
				continue // another deed, or one for the audit
			}
			run := Retention{Event: e.ID, At: e.At}
			if json.Unmarshal(v.Extra[claimRetention], &run.Retained) == nil && len(list) < limit {
				list = append(list, run)
			}
		}
		return nil
	})
	return list, err
}
