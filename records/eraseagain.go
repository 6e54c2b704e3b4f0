package records

import (
	"context"
	"strings"

	"assent/fault"
	"assent/tenant"
)

// EraseAgain destroys data keys that had been destroyed before a backup was
// restored that still held them, with all that an erasure takes, and returns how
// many there were. Keys that are not there, or are gone already, are left alone.
func (s *Service) EraseAgain(ctx context.Context, actor string, keys []string) (n int, err error) {
	defer fault.Wrap(&err, "records.EraseAgain")
	for _, key := range keys {
		kind, id, _ := strings.Cut(key, "/")
		var owner string
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			owner, err = keyOwner(ctx, r, kind, id)
			return err
		})
		if err != nil {
			return n, err
		}
		if owner == "" {
			continue
		}
		t, err := s.tenant(owner)
		if err != nil {
			return n, err
		}
		e := Erasure{Business: owner, Subject: id, Actor: actor, Method: "erasure after restore", Reason: "It was erased before a backup was restored that still held it.", again: true}
		if kind == "s" {
			_, err = s.Erase(ctx, e)
		} else {
			_, err = s.eraseForms(ctx, t, e, []string{id})
		}
		switch {
		case fault.Is(err, fault.NotFound): // another of these keys was the same person's
		case err != nil:
			return n, err
		default:
			n++
		}
	}
	return n, nil
}

// keyOwner returns the business of a person or a form that is there and not erased.
func keyOwner(ctx context.Context, r Reader, kind, id string) (string, error) {
	if kind == "s" {
		sub, ok, err := r.FindSubject(ctx, id)
		if !ok || err != nil || sub.Erased() {
			return "", err
		}
		return sub.Business, nil
	}
	q, err := r.Request(ctx, id)
	if fault.Is(err, fault.NotFound) || len(q.WrappedKey) == 0 {
		return "", nil
	}
	return q.Business, err
}

// eraseForms destroys forms and nothing else.
func (s *Service) eraseForms(ctx context.Context, t *tenant.Tenant, e Erasure, ids []string) (out Erased, err error) {
	for attempt := 0; ; attempt++ {
		f := &fate{t: t, requests: ids, given: true}
		if err := s.store.ReadOnly(ctx, f.readKeys); err != nil {
			return out, err
		}
		if out, err = s.carryOut(ctx, f, e, s.now()); fault.Is(err, fault.Stale) && attempt < 5 {
			continue
		}
		return out, err
	}
}
