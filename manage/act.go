package manage

import (
	"context"
	"encoding/json"

	"assent/evidence"
	"assent/tenant"
)

// operatorActed signs the event that says what an operator did to a business's
// records (rule 30): how it is called, and its particulars under a name of
// their own.
func (s *Service) operatorActed(t *tenant.Tenant, actor, method, name string, particulars any) (r evidence.Record, err error) {
	body, err := json.Marshal(particulars)
	if err != nil {
		return r, err
	}
	now := s.clock()
	e := evidence.Event{
		Name: evidence.OperatorActed, IssuedAt: now, Time: now, Operator: actor,
		Act: evidence.Act{Kind: "operator"}, Method: method, Extra: map[string]evidence.RawJSON{name: body},
	}
	if e.ID, err = evidence.NewID(now, s.rand); err != nil { // of the same instant: the audit compares them
		return r, err
	}
	return t.Issue(s.rand, e, t.KeyID(), t.Key, nil)
}

// noteAll keeps the same deed as an event of every business.
func (s *Service) noteAll(ctx context.Context, actor, method, name string, particulars any) error {
	var records []evidence.Record
	for _, t := range s.directory.Tenants() {
		r, err := s.operatorActed(t, actor, method, name, particulars)
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for _, r := range records {
			if err := w.InsertEvent(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
