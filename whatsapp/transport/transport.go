// Package transport carries Assent's chat messages to WhatsApp: it writes a
// chat.Content as the Cloud API takes it, and tells what became of a send in
// the terms of package optin. Messages of simulated senders go to the
// simulator and nowhere else, those of real senders to Meta and nowhere else.
package transport

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/text/language"

	"assent/business"
	"assent/chat"
	"assent/fault"
	"assent/optin"
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
	return whatsapp.Sender{PhoneNumberID: s.PhoneNumberID, WABA: s.WABA, Token: s.Secrets.Token}
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
		s = wire.NewTemplate(c.Template, Language(lang), params, payloads...)
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
		b := refused.Behaviour()
		return &optin.SendError{Code: int(refused.Code), Retry: b.Retry() && !b.MaybeSent, Unclear: b.MaybeSent, After: b.After, Err: err}
	case errors.As(err, &unclear):
		return &optin.SendError{Unclear: true, Err: err}
	case fault.Is(err, fault.Unavailable): // nothing left this machine
		return &optin.SendError{Retry: true, Err: err}
	default: // the message itself is over a limit
		return &optin.SendError{Err: err}
	}
}

// TemplateCategory implements optin.Transport. A template that does not exist
// has no category and is not approved; that is no error.
func (t *Transport) TemplateCategory(ctx context.Context, from *business.Sender, name, lang string) (category string, approved bool, err error) {
	client, err := t.client(from)
	if err != nil {
		return "", false, err
	}
	info, err := client.Template(ctx, senderOf(from), name, Language(lang))
	if fault.Is(err, fault.NotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return strings.ToLower(info.Category), info.Status == "APPROVED", nil
}

// bare are languages that WhatsApp knows with a region only.
var bare = map[string]string{"pt": "pt_BR", "zh": "zh_CN", "zh-Hans": "zh_CN", "zh-Hant": "zh_TW"}

// Language returns WhatsApp's code for a template's language, given as a BCP 47
// tag: "pt-BR" is "pt_BR", "de" is "de". WhatsApp knows no scripts. A text that
// is no tag is returned as it is, and refused further on.
func Language(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	base, script, region := t.Raw()
	if code, ok := bare[t.String()]; ok {
		return code
	}
	code := base.String()
	if r := region.String(); r != "ZZ" {
		return code + "_" + r
	}
	if known, ok := bare[code+"-"+script.String()]; ok {
		return known
	}
	return code
}
