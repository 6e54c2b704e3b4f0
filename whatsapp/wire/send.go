package wire

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"assent/fault"
)

// Limits of sends. Texts are counted in UTF-16 code units, as the phones count:
// never fewer than characters, so what passes here passes on every side.
const (
	MaxText         = 4096
	MaxInteractive  = 1024 // body of an interactive message
	MaxHeader       = 60
	MaxFooter       = 60
	MaxButtons      = 3   // of an interactive message
	MaxButtonTitle  = 20  // of an interactive message
	MaxButtonID     = 256 // of an interactive message
	MaxPayload      = 128 // of a template's quick reply; Meta states none
	MaxQuickReplies = 10  // of a template
	MaxCallback     = 512
)

// Send is the body of POST /{version}/{phone_number_id}/messages.
//
//	{ messaging_product: "whatsapp", recipient_type?: "individual",
//	  to?: "+…" | recipient?: "DE.…", type, <type>: {…},
//	  context?: { message_id }, biz_opaque_callback_data? }
type Send struct {
	MessagingProduct string           `json:"messaging_product"`
	RecipientType    string           `json:"recipient_type,omitempty"`
	To               string           `json:"to,omitempty"`        // E.164 with its plus
	Recipient        string           `json:"recipient,omitempty"` // BSUID
	Type             string           `json:"type"`
	Context          *SendContext     `json:"context,omitempty"`
	Callback         string           `json:"biz_opaque_callback_data,omitempty"`
	Text             *SendText        `json:"text,omitempty"`
	Template         *SendTemplate    `json:"template,omitempty"`
	Interactive      *SendInteractive `json:"interactive,omitempty"`
	// Category is set for Direct Send only, which Assent does not use; it is
	// here to be seen in other programs' bodies.
	Category string `json:"category,omitempty"`
}

// SendContext names the message that is answered.
type SendContext struct {
	MessageID string `json:"message_id"`
}

// SendText is a plain text.
type SendText struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url,omitempty"`
}

// SendTemplate names an approved template and fills it in.
type SendTemplate struct {
	Name       string          `json:"name"`
	Language   SendLanguage    `json:"language"`
	Components []SendComponent `json:"components,omitempty"`
}

// SendLanguage is a template's language, for example "pt_BR".
type SendLanguage struct {
	Code string `json:"code"`
}

// SendComponent fills in one part of a template.
type SendComponent struct {
	Type       string          `json:"type"`               // "body", "header", "button"
	SubType    string          `json:"sub_type,omitempty"` // "quick_reply" for Type "button"
	Index      Index           `json:"index,omitempty"`    // among the buttons, from "0"
	Parameters []SendParameter `json:"parameters"`
}

// Index is a button's position. It is written as a string and read from either.
type Index string

// UnmarshalJSON reads a string or an integer.
func (i *Index) UnmarshalJSON(raw []byte) error {
	*i = Index(strings.Trim(string(raw), `"`))
	return nil
}

// SendParameter is one value: a text, with a name for templates with named
// parameters, or a quick reply's payload.
type SendParameter struct {
	Type    string `json:"type"` // "text", "payload"
	Name    string `json:"parameter_name,omitempty"`
	Text    string `json:"text,omitempty"`
	Payload string `json:"payload,omitempty"`
}

// SendInteractive is a message with reply buttons.
type SendInteractive struct {
	Type   string      `json:"type"` // "button", or TypeContactRequest
	Header *SendHeader `json:"header,omitempty"`
	Body   SendBody    `json:"body"`
	Footer *SendBody   `json:"footer,omitempty"`
	Action SendAction  `json:"action"`
}

// SendHeader is a line of text above an interactive message.
type SendHeader struct {
	Type string `json:"type"` // "text"
	Text string `json:"text"`
}

// SendBody is a text within an interactive message.
type SendBody struct {
	Text string `json:"text"`
}

// SendAction holds the buttons, or names what the one button does.
type SendAction struct {
	Buttons []SendButton `json:"buttons,omitempty"`
	Name    string       `json:"name,omitempty"`
}

// SendButton is a reply button.
type SendButton struct {
	Type  string    `json:"type"` // "reply"
	Reply SendReply `json:"reply"`
}

// SendReply is a button's label and the id that the tap brings back.
type SendReply struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// NewText returns a text message without an address.
func NewText(body string) Send {
	return Send{MessagingProduct: "whatsapp", Type: "text", Text: &SendText{Body: body}}
}

// Choice is a button: what it says and what a tap brings back.
type Choice struct{ Payload, Title string }

// NewButtons returns an interactive message of a text and one to three reply
// buttons, without an address.
func NewButtons(body string, choices ...Choice) Send {
	i := &SendInteractive{Type: "button", Body: SendBody{body}}
	for _, c := range choices {
		i.Action.Buttons = append(i.Action.Buttons, SendButton{Type: "reply", Reply: SendReply{ID: c.Payload, Title: c.Title}})
	}
	return Send{MessagingProduct: "whatsapp", Type: "interactive", Interactive: i}
}

// TypeContactRequest is the type of an interactive message whose one button,
// with words of WhatsApp's own, shares the number of the account that taps it.
const TypeContactRequest = "request_contact_info"

// NewContactRequest returns a message that asks for the account's own number,
// without an address.
func NewContactRequest(body string) Send {
	i := &SendInteractive{Type: TypeContactRequest, Body: SendBody{body}, Action: SendAction{Name: TypeContactRequest}}
	return Send{MessagingProduct: "whatsapp", Type: "interactive", Interactive: i}
}

// Parameter is a value for a place in a template's body; Name is empty for
// templates with numbered places.
type Parameter struct{ Name, Text string }

// NewTemplate returns a template message without an address. The payloads go to
// its quick replies in order; an empty one leaves its button alone.
func NewTemplate(name, language string, body []Parameter, payloads ...string) Send {
	t := &SendTemplate{Name: name, Language: SendLanguage{language}}
	if len(body) > 0 {
		c := SendComponent{Type: "body"}
		for _, p := range body {
			c.Parameters = append(c.Parameters, SendParameter{Type: "text", Name: p.Name, Text: p.Text})
		}
		t.Components = append(t.Components, c)
	}
	for i, payload := range payloads {
		if payload == "" {
			continue
		}
		t.Components = append(t.Components, SendComponent{
			Type: "button", SubType: "quick_reply", Index: Index(strconv.Itoa(i)),
			Parameters: []SendParameter{{Type: "payload", Payload: payload}},
		})
	}
	return Send{MessagingProduct: "whatsapp", Type: "template", Template: t}
}

// Opening fills in the end of the address that a template's first button opens.
func (s Send) Opening(suffix string) Send {
	t := *s.Template
	t.Components = append(slices.Clone(t.Components), SendComponent{
		Type: "button", SubType: "url", Index: "0", Parameters: []SendParameter{{Type: "text", Text: suffix}},
	})
	s.Template = &t
	return s
}

// ToNumber addresses the message to a number in E.164 with its plus.
func (s Send) ToNumber(e164 string) Send {
	s.To, s.Recipient = e164, ""
	return s
}

// ToUser addresses the message to a BSUID.
func (s Send) ToUser(bsuid string) Send {
	s.To, s.Recipient = "", bsuid
	return s
}

// Answering makes the message an answer to the one with the wamid.
func (s Send) Answering(wamid string) Send {
	s.Context = &SendContext{MessageID: wamid}
	return s
}

// WithCallback sets what every status of the message brings back.
func (s Send) WithCallback(data string) Send {
	s.Callback = data
	return s
}

// Marshal checks the message and returns its body. The error is of kind
// Invalid and names the limit, never the content.
func (s Send) Marshal() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// ParseSend reads the body of a send, by whichever program. It does not
// validate it.
func ParseSend(body []byte) (Send, error) {
	var s Send
	if err := json.Unmarshal(body, &s); err != nil {
		return Send{}, fault.New(fault.Invalid, "The body is not a message: %s.", describe(err))
	}
	return s, nil
}

var (
	e164Form     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	bsuidForm    = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,256}$`)
	nameForm     = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(_[A-Za-z]{2,4})?$`)
)

// IsBSUID reports whether id has the form of a business-scoped user id or of a
// parent one: country code, dot, letters and digits.
func IsBSUID(id string) bool { return bsuidForm.MatchString(id) }

// Validate checks the message against the limits, so that it is refused here
// with a reason instead of there with a code.
func (s Send) Validate() error {
	if err := s.validateAddress(); err != nil {
		return err
	}
	if s.MessagingProduct != "whatsapp" {
		return invalid("messaging_product", "is not whatsapp")
	}
	if err := limit("biz_opaque_callback_data", s.Callback, 0, MaxCallback); err != nil {
		return err
	}
	switch {
	case s.Type == "text" && s.Text != nil:
		return limit("text.body", s.Text.Body, 1, MaxText)
	case s.Type == "template" && s.Template != nil:
		return s.Template.validate()
	case s.Type == "interactive" && s.Interactive != nil:
		return s.Interactive.validate()
	}
	return invalid("type", "is not one that is sent here, or its content is missing")
}

func (s Send) validateAddress() error {
	switch {
	case s.To != "" && s.Recipient != "":
		return invalid("to", "and recipient are both set")
	case s.To != "":
		if !e164Form.MatchString(s.To) {
			return invalid("to", "is not a number with + and country code")
		}
	case !IsBSUID(s.Recipient):
		return invalid("recipient", "is missing, or not a BSUID")
	}
	return nil
}

func (t *SendTemplate) validate() error {
	if !nameForm.MatchString(t.Name) {
		return invalid("template.name", "is not a template's name")
	}
	if !languageForm.MatchString(t.Language.Code) {
		return invalid("template.language", "is not a language code")
	}
	buttons := make(map[Index]bool)
	for _, c := range t.Components {
		if c.Type == "button" {
			n, err := strconv.Atoi(string(c.Index))
			if err != nil || n < 0 || n >= MaxQuickReplies || buttons[c.Index] {
				return invalid("template.components", "have a button at an impossible place")
			}
			buttons[c.Index] = true
		}
		if len(c.Parameters) == 0 {
			return invalid("template.components", "have a part without parameters")
		}
		for _, p := range c.Parameters {
			if err := p.validate(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p SendParameter) validate() error {
	if p.Type == "payload" {
		if err := limit("payload", p.Payload, 1, MaxPayload); err != nil {
			return err
		}
		for i := range len(p.Payload) {
			if p.Payload[i] < ' ' || p.Payload[i] > '~' {
				return invalid("payload", "is not printable ASCII")
			}
		}
		return nil
	}
	// Meta refuses new lines, tabs and runs of more than four spaces (132000).
	if strings.ContainsAny(p.Text, "\n\r\t") || strings.Contains(p.Text, "     ") {
		return invalid("template parameter", "has a new line, a tab or too many spaces")
	}
	return limit("template parameter", p.Text, 1, MaxInteractive)
}

func (i *SendInteractive) validate() error {
	if i.Type == TypeContactRequest && i.Action.Name == TypeContactRequest && len(i.Action.Buttons) == 0 {
		return limit("interactive.body", i.Body.Text, 1, MaxInteractive)
	}
	if i.Type != "button" {
		return invalid("interactive.type", "is not button")
	}
	if err := limit("interactive.body", i.Body.Text, 1, MaxInteractive); err != nil {
		return err
	}
	if i.Header != nil {
		if err := limit("interactive.header", i.Header.Text, 1, MaxHeader); err != nil {
			return err
		}
	}
	if i.Footer != nil {
		if err := limit("interactive.footer", i.Footer.Text, 1, MaxFooter); err != nil {
			return err
		}
	}
	if n := len(i.Action.Buttons); n < 1 || n > MaxButtons {
		return invalid("interactive.action", fmt.Sprintf("has %d buttons, not 1 to %d", n, MaxButtons))
	}
	seen := make(map[string]bool)
	for _, b := range i.Action.Buttons {
		if err := limit("button title", b.Reply.Title, 1, MaxButtonTitle); err != nil {
			return err
		}
		if err := limit("button id", b.Reply.ID, 1, MaxButtonID); err != nil {
			return err
		}
		if seen["i"+b.Reply.ID] || seen["t"+b.Reply.Title] {
			return invalid("interactive.action", "has two buttons with one id or title")
		}
		seen["i"+b.Reply.ID], seen["t"+b.Reply.Title] = true, true
	}
	return nil
}

// Length counts s as the limits of sends do, in UTF-16 code units.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

func limit(field, s string, least, most int) error {
	switch n := Length(s); {
	case !utf8.ValidString(s):
		return invalid(field, "is not UTF-8")
	case n < least || least > 0 && strings.TrimSpace(s) == "":
		return invalid(field, "is empty")
	case n > most:
		return invalid(field, fmt.Sprintf("has %d characters, not at most %d", n, most))
	}
	return nil
}

func invalid(field, what string) error {
	return fault.Field(field, "The message cannot be sent: %s %s.", field, what)
}
