package optin

import (
	"context"
	"time"

	"assent/fault"
	"assent/funnel"
	"assent/tenant"
	"assent/vault"
)

// Pending is a request as its public page shows it. It tells nothing about who
// confirmed, nor whether a number is known (rule 28).
type Pending struct {
	ID       string
	Tenant   *tenant.Tenant
	Version  *tenant.Version
	Lang     string
	State    funnel.RequestState
	Expired  bool
	Text     string // the prefilled text, with the code
	Number   string // of the sender, E.164
	Mode     funnel.Mode
	CanAsk   bool // a template message can be asked for
	Asked    bool // it was asked for
	Expires  time.Time
	Agreed   []string // keys of the purposes that were said yes to, once confirmed
	Simulate bool     // the sender is simulated
}

// Pending returns the request behind a public address.
func (s *Service) Pending(ctx context.Context, token string) (p Pending, err error) {
	if !vault.ValidToken(token) {
		return p, errNotFound
	}
	hash := vault.HashToken(token)
	var r funnel.Request
	err = s.store.ReadOnly(ctx, func(ctx context.Context, rd Reader) error {
		r, err = rd.RequestByToken(ctx, hash[:])
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return p, errNotFound
	}
	if err != nil {
		return p, err
	}
	v, t, ok, err := s.versionOf(ctx, &r)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, errNotFound
	}
	sender := t.Sender("")
	if sender == nil {
		return p, ErrMute
	}
	now := s.now()
	if r.Overheard() {
		r.State = funnel.Requested
	}
	p = Pending{
		ID: r.ID, Tenant: t, Version: v, Lang: r.Lang, State: r.State, Expired: !now.Before(r.ExpiresAt), Mode: v.Mode,
		Text: v.Prefill(r.Lang, r.Ticked, s.Code(token, r.Attempt)).Text(), Number: sender.Number, Expires: r.ExpiresAt, Agreed: r.Agreed, Simulate: sender.Simulated,
		CanAsk: v.Template != "" && len(r.Line) > 0 && len(r.Ticked) > 0 && r.LooksOpen(now.Add(TemplateLife)), Asked: r.Message != "",
	}
	if p.CanAsk && !p.Asked {
		typed, _, err := s.openTyped(&r)
		if err != nil {
			return p, err
		}
		p.CanAsk = !silenced(typed.Doubts)
	}
	return p, nil
}

// Renew gives a request a new code and another 72 hours, where it was not
// confirmed or closed. The old code then leads to a question.
func (s *Service) Renew(ctx context.Context, token string) (err error) {
	defer fault.Wrap(&err, "optin.Renew")
	if !vault.ValidToken(token) {
		return errNotFound
	}
	hash := vault.HashToken(token)
	for range 5 {
		err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
			r, err := w.RequestByToken(ctx, hash[:])
			if err != nil {
				return err
			}
			if r.State != funnel.Requested && r.State != funnel.Deferred && !r.Overheard() {
				return nil
			}
			if r.Attempt >= maxAttempts {
				return fault.New(fault.TooMany, "There were many codes already. Open the sign-up page again.")
			}
			return w.RenewCode(ctx, r, s.codeHash(s.Code(token, r.Attempt+1)), s.now().Add(funnel.RequestLife))
		})
		if !fault.Is(err, fault.Stale) {
			break
		}
	}
	return err
}

// maxAttempts is how many codes a request may have.
const maxAttempts = 20
