package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"assent/fault"
	"assent/whatsapp/wire"
)

// What WhatsApp keeps for a business beside templates: links by which people sign
// up, links with a text behind them, and what a chat offers to tap. A provider
// that passes the API on has no such calls.

var errHosted = fault.New(fault.Conflict, "A provider stands between: set this in the provider's own pages.")

var linkForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// owned reports why the sender cannot be asked for what Meta alone keeps, if so.
func owned(from Sender) error {
	switch {
	case from.Host != "":
		return errHosted
	case !idForm.MatchString(from.WABA):
		return errNoWABA
	case !idForm.MatchString(from.PhoneNumberID):
		return fault.Field("phone_number_id", "The sender has no phone number id.")
	}
	return nil
}

// Signups returns the sign-up links of the WABA.
func (c *Client) Signups(ctx context.Context, from Sender) (all []wire.Signup, err error) {
	if err := owned(from); err != nil {
		return nil, err
	}
	query := url.Values{"limit": {"100"}, "fields": {"id,signup_message,confirmation_message,privacy_policy_url,website_url,promo_code,display_name,status"}}
	for range maxPages {
		var page wire.SignupPage
		if err := c.call(ctx, http.MethodGet, from, from.WABA+"/signups?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		after := page.Paging.Cursors.After
		if page.Paging.Next == "" || after == "" || after == query.Get("after") {
			return all, nil
		}
		query.Set("after", after)
	}
	return nil, fault.New(fault.Unavailable, "WhatsApp's list of sign-up links does not end.")
}

// CreateSignup makes a sign-up link and returns its id. accepted says that the
// business has accepted SignupTerms, which WhatsApp wants to hear with its first
// link and refuses with every later one: then the link is made without.
func (c *Client) CreateSignup(ctx context.Context, from Sender, s wire.Signup, accepted bool) (id string, err error) {
	if err := owned(from); err != nil {
		return "", err
	}
	if accepted {
		s.Policy = &wire.SignupPolicy{Terms: wire.SignupTerms, Accepted: true}
	}
	var made struct {
		ID string `json:"id"`
	}
	err = c.post(ctx, from, from.WABA+"/signups", s, &made)
	var refused *APIError
	if accepted && errors.As(err, &refused) && refused.Code == wire.CodeSignupAccepted { // nothing was made
		s.Policy = nil
		err = c.post(ctx, from, from.WABA+"/signups", s, &made)
	}
	if err == nil && !linkForm.MatchString(made.ID) {
		err = fault.New(fault.Unavailable, "WhatsApp's answer cannot be read.")
	}
	return made.ID, err
}

// UpdateSignup changes what is set of a sign-up link.
func (c *Client) UpdateSignup(ctx context.Context, from Sender, id string, s wire.Signup) error {
	if err := owned(from); err != nil {
		return err
	}
	if !linkForm.MatchString(id) {
		return fault.Field("signup", "That is not the id of a sign-up link.")
	}
	return c.post(ctx, from, "signups/"+id, s, nil)
}

// SetShortLink makes a short link with a text behind it, or where a code is given
// puts another text behind that one.
func (c *Client) SetShortLink(ctx context.Context, from Sender, code, text string) (made wire.ShortLink, err error) {
	if err := owned(from); err != nil {
		return made, err
	}
	if code != "" && !linkForm.MatchString(code) {
		return made, errNoShortLink
	}
	err = c.post(ctx, from, from.PhoneNumberID+"/message_qrdls", wire.ShortLink{Code: code, Text: text, Image: "SVG"}, &made)
	if err == nil && (!linkForm.MatchString(made.Code) || made.Link != shortLinkAt+made.Code || code != "" && made.Code != code) {
		return wire.ShortLink{}, fault.New(fault.Unavailable, "WhatsApp's answer cannot be read.")
	}
	return made, err
}

// shortLinkAt is where short links are. It is what is printed and drawn, so nothing else
// that an answer may say is taken.
const shortLinkAt = "https://wa.me/message/"

// HasShortLink reports whether the number still has the short link.
func (c *Client) HasShortLink(ctx context.Context, from Sender, code string) (bool, error) {
	if err := owned(from); err != nil {
		return false, err
	}
	if !linkForm.MatchString(code) {
		return false, errNoShortLink
	}
	var answer struct {
		Data []wire.ShortLink `json:"data"`
	}
	err := c.call(ctx, http.MethodGet, from, from.PhoneNumberID+"/message_qrdls/"+code, nil, &answer)
	var refused *APIError
	if errors.As(err, &refused) && (refused.Code == wire.CodeParameter || refused.Code == 33) { // Meta's "does not exist"
		return false, nil
	}
	return err == nil && slices.ContainsFunc(answer.Data, func(l wire.ShortLink) bool { return l.Code == code }), err
}

// DeleteShortLink ends a short link for good.
func (c *Client) DeleteShortLink(ctx context.Context, from Sender, code string) error {
	if err := owned(from); err != nil {
		return err
	}
	if !linkForm.MatchString(code) {
		return errNoShortLink
	}
	return c.call(ctx, http.MethodDelete, from, from.PhoneNumberID+"/message_qrdls/"+code, nil, nil)
}

var errNoShortLink = fault.Field("code", "That is not a code of a short link.")

// Automation returns what a chat with the number offers to tap.
func (c *Client) Automation(ctx context.Context, from Sender) (a wire.Automation, err error) {
	if err := owned(from); err != nil {
		return a, err
	}
	var answer struct {
		Automation wire.Automation `json:"conversational_automation"`
	}
	err = c.call(ctx, http.MethodGet, from, from.PhoneNumberID+"?"+url.Values{"fields": {"conversational_automation"}}.Encode(), nil, &answer)
	return answer.Automation, err
}

// SetAutomation sets all that a chat with the number offers to tap.
func (c *Client) SetAutomation(ctx context.Context, from Sender, a wire.Automation) error {
	if err := owned(from); err != nil {
		return err
	}
	return c.post(ctx, from, from.PhoneNumberID+"/conversational_automation", a, nil)
}

// post posts a value as JSON.
func (c *Client) post(ctx context.Context, from Sender, path string, value, into any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, from, path, body, into)
}
