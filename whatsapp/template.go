package whatsapp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

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
	if !idForm.MatchString(from.WABA) {
		return nil, fault.Field("waba", "The sender has no WhatsApp Business Account id.")
	}
	query := url.Values{"fields": {"name,language,category,status"}, "limit": {"100"}}
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

func (c *Client) templatePage(ctx context.Context, from Sender, query url.Values) (wire.TemplatePage, error) {
	var page wire.TemplatePage
	a, _, err := c.do(ctx, http.MethodGet, c.base+"/"+from.WABA+"/message_templates?"+query.Encode(), from.Token, nil)
	if err != nil {
		return page, fault.New(fault.Unavailable, "WhatsApp cannot be reached.").Because(err)
	}
	if a.status != http.StatusOK {
		err := refusal(a)
		if _, unclear := err.(*UnclearError); unclear { // a read has no such outcome
			return page, fault.New(fault.Unavailable, "WhatsApp answers with HTTP %d.", a.status)
		}
		return page, err
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		return page, fault.New(fault.Unavailable, "WhatsApp's list of templates cannot be read.")
	}
	return page, nil
}
