package whatsapp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"assent/fault"
	"assent/whatsapp/wire"
)

// maxPages bounds the pages that Templates reads: a WABA has at most a few
// thousand templates, and a page a hundred.
const maxPages = 100

// Template returns the template of exactly this name and language with its
// category and status as they are now at WhatsApp. Meta may change the category
// at any time, so read it before relying on it. The error is a fault of kind
// NotFound if there is none, or as of Templates.
func (c *Client) Template(ctx context.Context, from Sender, name, language string) (wire.TemplateInfo, error) {
	all, err := c.Templates(ctx, from, name)
	if err != nil {
		return wire.TemplateInfo{}, err
	}
	for _, t := range all {
		if t.Name == name && t.Language == language {
			return t, nil
		}
	}
	return wire.TemplateInfo{}, fault.New(fault.NotFound, "WhatsApp has no template %s in %s.", name, language)
}

// Templates returns the WABA's templates whose names contain name, all of them
// if it is empty. The error is an *APIError, or a fault of kind Unavailable.
func (c *Client) Templates(ctx context.Context, from Sender, name string) ([]wire.TemplateInfo, error) {
	if from.Host != "" {
		return c.hostTemplates(ctx, from, name)
	}
	if !idForm.MatchString(from.WABA) {
		return nil, errNoWABA
	}
	query := url.Values{"fields": {"id,name,language,category,status,rejected_reason,correct_category,quality_score,components"}, "limit": {"100"}}
	if name != "" {
		query.Set("name", name)
	}
	var all []wire.TemplateInfo
	for range maxPages {
		page, err := c.templatePage(ctx, from, query)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		// The `next` address is Meta's to choose and would get the token, so
		// only its cursor is used.
		after := page.Paging.Cursors.After
		if page.Paging.Next == "" || after == "" || after == query.Get("after") {
			return all, nil
		}
		query.Set("after", after)
	}
	return nil, fault.New(fault.Unavailable, "WhatsApp's list of templates does not end.")
}

func (c *Client) templatePage(ctx context.Context, from Sender, query url.Values) (page wire.TemplatePage, err error) {
	return page, c.call(ctx, http.MethodGet, from, from.WABA+"/message_templates?"+query.Encode(), nil, &page)
}

// CreateTemplate submits a template for review. The error is an *APIError, or a
// fault of kind Unavailable; a template that was taken in spite of the latter is
// in the list.
func (c *Client) CreateTemplate(ctx context.Context, from Sender, t wire.TemplateCreate) (made wire.TemplateCreated, err error) {
	body, err := json.Marshal(t)
	if err != nil {
		return made, err
	}
	if from.Host != "" {
		err = c.call(ctx, http.MethodPost, from, hostTemplates, body, &made)
		made.Status, made.Category = strings.ToUpper(made.Status), strings.ToUpper(made.Category)
		return made, err
	}
	if !idForm.MatchString(from.WABA) {
		return made, errNoWABA
	}
	return made, c.call(ctx, http.MethodPost, from, from.WABA+"/message_templates", body, &made)
}

// DeleteTemplate deletes a template in all its languages.
func (c *Client) DeleteTemplate(ctx context.Context, from Sender, name string) error {
	if from.Host != "" {
		return c.call(ctx, http.MethodDelete, from, hostTemplates+"/"+url.PathEscape(name), nil, nil)
	}
	if !idForm.MatchString(from.WABA) {
		return errNoWABA
	}
	return c.call(ctx, http.MethodDelete, from, from.WABA+"/message_templates?"+url.Values{"name": {name}}.Encode(), nil, nil)
}

// Number returns how the sender's number stands now.
// A provider does not tell; the zero value says so.
func (c *Client) Number(ctx context.Context, from Sender) (n wire.NumberInfo, err error) {
	if from.Host != "" {
		return n, nil
	}
	if !idForm.MatchString(from.PhoneNumberID) {
		return n, fault.Field("phone_number_id", "The sender has no phone number id.")
	}
	query := url.Values{"fields": {"verified_name,name_status,quality_rating,status,throughput,whatsapp_business_manager_messaging_limit"}}
	return n, c.call(ctx, http.MethodGet, from, from.PhoneNumberID+"?"+query.Encode(), nil, &n)
}

const hostTemplates = "v1/configs/templates"

// hostTemplates lists a provider's templates, whose pages are counted.
func (c *Client) hostTemplates(ctx context.Context, from Sender, name string) (all []wire.TemplateInfo, err error) {
	const page = 100
	seen := 0
	for range maxPages {
		var answer wire.HostTemplates
		query := url.Values{"limit": {strconv.Itoa(page)}, "offset": {strconv.Itoa(seen)}}
		if err := c.call(ctx, http.MethodGet, from, hostTemplates+"?"+query.Encode(), nil, &answer); err != nil {
			return nil, err
		}
		for _, t := range answer.Templates {
			t.Status, t.Category = strings.ToUpper(t.Status), strings.ToUpper(t.Category)
			if strings.Contains(t.Name, name) {
				all = append(all, t)
			}
		}
		if seen += len(answer.Templates); len(answer.Templates) == 0 || seen >= answer.Total {
			return all, nil
		}
	}
	return nil, fault.New(fault.Unavailable, "WhatsApp's list of templates does not end.")
}

var errNoWABA = fault.Field("waba", "The sender has no WhatsApp Business Account id.")

// call makes a request that sends no message, and reads its answer.
func (c *Client) call(ctx context.Context, method string, from Sender, path string, body []byte, into any) error {
	a, _, err := c.do(ctx, method, from, path, body)
	if err != nil {
		return fault.New(fault.Unavailable, "WhatsApp cannot be reached.").Because(err)
	}
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		err := refusal(a)
		if _, unclear := err.(*UnclearError); unclear { // only a send has such an outcome
			return fault.New(fault.Unavailable, "WhatsApp answers with HTTP %d.", a.status)
		}
		return err
	}
	if into != nil && json.Unmarshal(a.body, into) != nil {
		return fault.New(fault.Unavailable, "WhatsApp's answer cannot be read.")
	}
	return nil
}
