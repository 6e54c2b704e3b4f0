package transport

import (
	"context"

	"assent/business"
	"assent/funnel"
	"assent/whatsapp/wire"
)

// CreateSignup makes a sign-up link and returns its id at Meta. accepted says that
// the business accepts the terms of marketing messages.
func (t *Transport) CreateSignup(ctx context.Context, from *business.Sender, privacy, name string, v funnel.SignupVersion, accepted bool) (id string, err error) {
	client, err := t.client(from)
	if err != nil {
		return "", err
	}
	s := signupOf(v)
	s.Privacy, s.Name = privacy, name
	id, err = client.CreateSignup(ctx, senderOf(from), s, accepted)
	return id, told(err)
}

// UpdateSignup has a sign-up link say what the version says.
func (t *Transport) UpdateSignup(ctx context.Context, from *business.Sender, id string, v funnel.SignupVersion) error {
	client, err := t.client(from)
	if err != nil {
		return err
	}
	s := signupOf(v)
	if s.Status = wire.SignupActive; v.Off {
		s.Status = wire.SignupDisabled
	}
	return told(client.UpdateSignup(ctx, senderOf(from), id, s))
}

func signupOf(v funnel.SignupVersion) wire.Signup {
	return wire.Signup{Message: v.Message, Confirmation: v.Confirmation, Website: v.Website, Promo: v.Promo}
}

// Signups returns what the sign-up links of a sender's account say at Meta now, by
// their ids there.
func (t *Transport) Signups(ctx context.Context, from *business.Sender) (map[string]funnel.SignupVersion, error) {
	client, err := t.client(from)
	if err != nil {
		return nil, err
	}
	all, err := client.Signups(ctx, senderOf(from))
	if err != nil {
		return nil, told(err)
	}
	list := map[string]funnel.SignupVersion{}
	for _, s := range all {
		list[s.ID] = funnel.SignupVersion{Message: s.Message, Confirmation: s.Confirmation, Website: s.Website, Promo: s.Promo, Off: s.Status != wire.SignupActive}
	}
	return list, nil
}

// SetShortLink puts a text behind a short link of the number, or makes one.
func (t *Transport) SetShortLink(ctx context.Context, from *business.Sender, code, text string) (made funnel.ShortLink, err error) {
	client, err := t.client(from)
	if err != nil {
		return made, err
	}
	l, err := client.SetShortLink(ctx, senderOf(from), code, text)
	return funnel.ShortLink{Sender: from.ID, Code: l.Code, Link: l.Link, Text: text}, told(err)
}

// DeleteShortLink ends a short link of the number.
func (t *Transport) DeleteShortLink(ctx context.Context, from *business.Sender, code string) error {
	client, err := t.client(from)
	if err != nil {
		return err
	}
	return told(client.DeleteShortLink(ctx, senderOf(from), code))
}

// HasShortLink reports whether the number still has a short link at Meta.
func (t *Transport) HasShortLink(ctx context.Context, from *business.Sender, code string) (bool, error) {
	client, err := t.client(from)
	if err != nil {
		return false, err
	}
	there, err := client.HasShortLink(ctx, senderOf(from), code)
	return there, told(err)
}

// Menu returns what a chat with the number offers to tap.
func (t *Transport) Menu(ctx context.Context, from *business.Sender) (m business.Menu, err error) {
	client, err := t.client(from)
	if err != nil {
		return m, err
	}
	a, err := client.Automation(ctx, senderOf(from))
	if err != nil {
		return m, told(err)
	}
	for _, c := range a.Commands {
		m.Commands = append(m.Commands, business.Command{Name: c.Name, Hint: c.Description})
	}
	m.Prompts = a.Prompts
	return m, nil
}

// SetMenu sets all that a chat with the number offers to tap. The welcome message,
// which goes with it in one call, stays on or off.
func (t *Transport) SetMenu(ctx context.Context, from *business.Sender, m business.Menu) error {
	client, err := t.client(from)
	if err != nil {
		return err
	}
	was, err := client.Automation(ctx, senderOf(from))
	if err != nil {
		return told(err)
	}
	a := wire.Automation{Welcome: was.Welcome, Commands: []wire.Command{}, Prompts: append([]string{}, m.Prompts...)}
	for _, c := range m.Commands {
		a.Commands = append(a.Commands, wire.Command{Name: c.Name, Description: c.Hint})
	}
	return told(client.SetAutomation(ctx, senderOf(from), a))
}
