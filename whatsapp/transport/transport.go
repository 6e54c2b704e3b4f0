// Package transport carries Assent's chat messages to WhatsApp: it writes a
// chat.Content as the Cloud API takes it, and tells what became of a send in
// the terms of package optin. Messages of simulated senders go to the
// simulator and nowhere else, those of real senders to Meta and nowhere else.
package transport

import (
	"context"
	"errors"
	"strings"

	"assent/business"
	"assent/chat"
	"assent/fault"
	"assent/optin"
	"assent/template"
	"assent/whatsapp"
	"assent/whatsapp/wire"
)

// Transport sends through the Graph API, or through the simulator's. It
// implements optin.Transport and is safe for concurrent use.
type Transport struct{ real, simulated *whatsapp.Client }

var _ optin.Transport = (*Transport)(nil)

// New returns a transport on a client for real senders and one for simulated
// ones. Where one is nil, messages of such senders are refused for good.
func New(real, simulated *whatsapp.Client) *Transport {
	return &Transport{real: real, simulated: simulated}
}

var errNoClient = fault.New(fault.Unavailable, "This server sends nothing for this kind of sender: the simulator is off, or WhatsApp is not set up.")

func (t *Transport) client(s *business.Sender) (*whatsapp.Client, error) {
	c := t.real
	if s.Simulated {
		c = t.simulated
	}
	if c == nil {
		return nil, errNoClient
	}
	return c, nil
}

func senderOf(s *business.Sender) whatsapp.Sender {
	return whatsapp.Sender{PhoneNumberID: s.PhoneNumberID, WABA: s.WABA, Token: s.Secrets.Token, Host: s.Host}
}

// Send implements optin.Transport. messageID goes along as
// biz_opaque_callback_data, so that each status names the message even where
// the answer to the send was lost. Every error is an *optin.SendError.
func (t *Transport) Send(ctx context.Context, from *business.Sender, messageID, lang string, c chat.Content) (wamid string, err error) {
	client, err := t.client(from)
	if err != nil {
		return "", &optin.SendError{Err: err}
	}
	accepted, err := client.Send(ctx, senderOf(from), compose(lang, c).WithCallback(messageID))
	if err != nil {
		return "", sendError(err)
	}
	return accepted.ID, nil
}

// compose writes a content as the Cloud API takes it. A number is preferred to
// a BSUID, for some kinds of message need it.
func compose(lang string, c chat.Content) (s wire.Send) {
	switch {
	case c.Template != "":
		params := make([]wire.Parameter, len(c.Params))
		for i, p := range c.Params {
			params[i].Text = p
		}
		payloads := make([]string, len(c.Buttons))
		for i, b := range c.Buttons {
			payloads[i] = b.Payload
		}
		s = wire.NewTemplate(c.Template, template.Code(lang), params, payloads...)
		if c.Link != "" {
			s = s.Opening(c.Link)
		}
	case c.AskNumber:
		s = wire.NewContactRequest(c.Text)
	case len(c.Buttons) > 0:
		choices := make([]wire.Choice, len(c.Buttons))
		for i, b := range c.Buttons {
			choices[i] = wire.Choice{Payload: b.Payload, Title: b.Title}
		}
		s = wire.NewButtons(c.Text, choices...)
	default:
		s = wire.NewText(c.Text)
	}
	if c.To != "" {
		return s.ToNumber(c.To)
	}
	return s.ToUser(c.BSUID)
}

// sendError tells what a failed send means: whether it may have gone out, and
// whether and when it may be tried again.
func sendError(err error) error {
	var refused *whatsapp.APIError
	var unclear *whatsapp.UnclearError
	switch {
	case errors.As(err, &refused):
		b, code := refused.Behaviour(), refused.Code
		if code == 0 { // the token's, as 190 is; 0 here means that there was no answer
			code = wire.CodeTokenInvalid
		}
		return &optin.SendError{Code: int(code), Details: refused.Details, Retry: b.Retry() && !b.MaybeSent, Unclear: b.MaybeSent, After: b.After, Err: err}
	case errors.As(err, &unclear):
		return &optin.SendError{Unclear: true, Err: err}
	case fault.Is(err, fault.Unavailable): // nothing left this machine
		return &optin.SendError{Retry: true, Err: err}
	default: // the message itself is over a limit
		return &optin.SendError{Err: err}
	}
}

// askError is sendError of a question, by which nothing can have gone out: where a send
// would be unclear, it is asked again.
func askError(err error) error {
	e := sendError(err)
	if failed := (*optin.SendError)(nil); errors.As(e, &failed) && failed.Unclear {
		return &optin.SendError{Retry: true, Err: err}
	}
	return e
}

// TemplateCategory implements optin.Transport. A template that does not exist
// has no category and is not approved; that is no error. Every error is an
// *optin.SendError, or says that there is no client.
func (t *Transport) TemplateCategory(ctx context.Context, from *business.Sender, name, lang string) (category string, approved bool, err error) {
	client, err := t.client(from)
	if err != nil {
		return "", false, err
	}
	info, err := client.Template(ctx, senderOf(from), name, template.Code(lang))
	if fault.Is(err, fault.NotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, askError(err)
	}
	return strings.ToLower(info.Category), info.Status == "APPROVED", nil
}

// Forget implements optin.Transport.
func (t *Transport) Forget(ctx context.Context, from *business.Sender, bsuid string) error {
	client, err := t.client(from)
	if err != nil {
		return &optin.SendError{Err: err}
	}
	if _, err = client.ForgetContact(ctx, senderOf(from), bsuid); err != nil {
		return sendError(err)
	}
	return nil
}

// Block implements optin.Transport.
func (t *Transport) Block(ctx context.Context, from *business.Sender, number, bsuid string) error {
	client, err := t.client(from)
	if err != nil {
		return &optin.SendError{Err: err}
	}
	if err := client.BlockUser(ctx, senderOf(from), number, bsuid); err != nil {
		return sendError(err)
	}
	return nil
}

// Unblock implements optin.Transport.
func (t *Transport) Unblock(ctx context.Context, from *business.Sender, number, bsuid string) error {
	client, err := t.client(from)
	if err != nil {
		return &optin.SendError{Err: err}
	}
	if err := client.UnblockUser(ctx, senderOf(from), number, bsuid); err != nil {
		return sendError(err)
	}
	return nil
}

// Templates returns all templates of a sender's account as they are at Meta now.
func (t *Transport) Templates(ctx context.Context, from *business.Sender) (list []template.Template, err error) {
	client, err := t.client(from)
	if err != nil {
		return nil, err
	}
	all, err := client.Templates(ctx, senderOf(from), "")
	if err != nil {
		return nil, told(err)
	}
	for _, i := range all {
		x := template.Template{WABA: from.WABA, Name: i.Name, Lang: i.Language, MetaID: i.ID, Category: i.Category, Announced: i.Correct, Status: i.Status, Reason: i.Reason}
		if i.Quality != nil {
			x.Quality = i.Quality.Score
		}
		if x.Announced == x.Category {
			x.Announced = ""
		}
		for _, part := range i.Components {
			if part.Type == "BODY" {
				x.Text.Body = part.Text
			}
			for _, b := range part.Buttons {
				switch b.Type {
				case "QUICK_REPLY":
					x.Text.Replies = append(x.Text.Replies, b.Text)
				case "URL":
					x.Text.Link = b.Text
				}
			}
		}
		list = append(list, x)
	}
	return list, nil
}

// SubmitTemplate has Meta review a text of the library in one language. The
// category that Meta has it in may be another than utility. base is where the
// button of a link leads.
func (t *Transport) SubmitTemplate(ctx context.Context, from *business.Sender, p template.Piece, lang, base string) (id, status, category string, err error) {
	client, err := t.client(from)
	if err != nil {
		return "", "", "", err
	}
	text := p.Texts[lang]
	parts := []wire.TemplateComponent{{Type: "BODY", Text: text.Body, Example: &wire.TemplateExample{BodyText: [][]string{p.Samples}}}}
	var buttons []wire.TemplateButton
	for _, label := range text.Replies {
		buttons = append(buttons, wire.TemplateButton{Type: "QUICK_REPLY", Text: label})
	}
	if text.Link != "" {
		buttons = append(buttons, wire.TemplateButton{Type: "URL", Text: text.Link, URL: template.SettingsAddress(base), Example: []string{base + "/p/example"}})
	}
	if len(buttons) > 0 {
		parts = append(parts, wire.TemplateComponent{Type: "BUTTONS", Buttons: buttons})
	}
	made, err := client.CreateTemplate(ctx, senderOf(from), wire.TemplateCreate{Name: p.Name, Language: lang, Category: template.Utility, TTL: int(template.Life.Seconds()), Components: parts})
	return made.ID, made.Status, made.Category, told(err)
}

// DeleteTemplate deletes a template at Meta in all its languages.
func (t *Transport) DeleteTemplate(ctx context.Context, from *business.Sender, name string) error {
	client, err := t.client(from)
	if err != nil {
		return err
	}
	return told(client.DeleteTemplate(ctx, senderOf(from), name))
}

// Number returns how a sender's number stands at Meta now.
func (t *Transport) Number(ctx context.Context, from *business.Sender) (state business.AccountState, err error) {
	client, err := t.client(from)
	if err != nil {
		return state, err
	}
	n, err := client.Number(ctx, senderOf(from))
	if err != nil {
		return state, told(err)
	}
	state = business.AccountState{Quality: n.Quality, Limit: n.Limit, Status: n.Status, NameStatus: n.NameStatus, Name: n.Name}
	if n.Throughput != nil {
		state.Throughput = n.Throughput.Level
	}
	return state, nil
}

// told makes a refusal that operators may read of one of the API's.
func told(err error) error {
	var refused *whatsapp.APIError
	if errors.As(err, &refused) {
		return fault.New(fault.Conflict, "WhatsApp refused: %s (code %d)", refused.Behaviour().Meaning, int(refused.Code)).Because(err)
	}
	return err
}
