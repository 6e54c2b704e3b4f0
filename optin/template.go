package optin

import (
	"context"

	"assent/chat"
	"assent/funnel"
	"assent/phone"
	"assent/whatsapp/wire"
)

// After No or silence a business asks a number by template no more, until the
// person asks: that is, until their own account writes (rule 10).

// templateLine returns the hash under which the number that was typed into a
// request is counted, or nil where no template was asked for.
func (s *Service) templateLine(r *funnel.Request) ([]byte, error) {
	if r.Message == "" || len(r.Line) == 0 {
		return nil, nil
	}
	typed, _, err := s.openTyped(r)
	if err != nil {
		return nil, err
	}
	n, err := phone.ParseE164(typed.E164)
	if err != nil {
		return nil, err
	}
	return s.inst.Secrets.TemplateHash(n), nil
}

// silent records that a template went unanswered, if one went.
func silent(ctx context.Context, w Writer, r *funnel.Request, line []byte) error {
	if line == nil {
		return nil
	}
	m, ok, err := w.Message(ctx, r.Message)
	if err != nil || !ok {
		return err
	}
	switch m.State {
	case chat.Queued, chat.Dropped, chat.Failed: // it reached nobody
		return nil
	}
	return w.SilenceTemplates(ctx, line, r.Business, true)
}

// refuseTemplates records that the person said No to a template.
func (d *deed) refuseTemplates(r *funnel.Request) error {
	line, err := d.s.templateLine(r)
	if err != nil || line == nil {
		return err
	}
	d.later(func(ctx context.Context, w Writer) error { return w.SilenceTemplates(ctx, line, r.Business, true) })
	return nil
}

// wrote lets a number be asked again whose account has written. A reaction and a
// deletion are no message, and who says no or stop asks for nothing.
func (d *deed) wrote(ctx context.Context, m *wire.Message) error {
	if d.no || m.Reaction != nil || m.Revoke != nil {
		return nil
	}
	known, err := d.s.knownAs(d.p)
	if err != nil {
		return err
	}
	for _, a := range known {
		if a.Number.IsZero() {
			continue
		}
		line := d.s.inst.Secrets.TemplateHash(a.Number)
		silenced, err := d.read.TemplatesSilenced(ctx, line, d.t.ID)
		if err != nil {
			return err
		}
		if silenced {
			d.later(func(ctx context.Context, w Writer) error { return w.SilenceTemplates(ctx, line, d.t.ID, false) })
		}
	}
	return nil
}
