package whatsapp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"assent/fault"
	"assent/whatsapp/wire"
)

// DebugToken asks what an access token is good for. An app asks, by its id and
// secret; where no app is given the token asks about itself, which Meta allows
// to some.
func (c *Client) DebugToken(ctx context.Context, token, app, secret string) (t wire.TokenInfo, err error) {
	as := token
	if app != "" {
		as = app + "|" + secret
	}
	var answer struct {
		Data wire.TokenInfo `json:"data"`
	}
	err = c.call(ctx, http.MethodGet, Sender{Token: as}, "debug_token?"+url.Values{"input_token": {token}}.Encode(), nil, &answer)
	return answer.Data, err
}

// AppSubscription returns where an app has the webhooks of WhatsApp accounts
// sent, and for which fields; the zero value where it has none.
func (c *Client) AppSubscription(ctx context.Context, app, secret string) (found wire.AppSubscription, err error) {
	if !idForm.MatchString(app) {
		return found, errNoApp
	}
	var answer struct {
		Data []wire.AppSubscription `json:"data"`
	}
	if err := c.call(ctx, http.MethodGet, Sender{Token: app + "|" + secret}, app+"/subscriptions", nil, &answer); err != nil {
		return found, err
	}
	for _, s := range answer.Data {
		if s.Object == "whatsapp_business_account" {
			found = s
		}
	}
	return found, nil
}

// SubscribedApps returns the ids of the apps to which the WABA's events go.
func (c *Client) SubscribedApps(ctx context.Context, from Sender) (apps []string, err error) {
	if !idForm.MatchString(from.WABA) {
		return nil, errNoWABA
	}
	var answer wire.SubscribedApps
	if err := c.call(ctx, http.MethodGet, from, from.WABA+"/subscribed_apps", nil, &answer); err != nil {
		return nil, err
	}
	for _, a := range answer.Data {
		apps = append(apps, a.App.ID)
	}
	return apps, nil
}

// Subscribe has the WABA's events go to the app that the token is of.
func (c *Client) Subscribe(ctx context.Context, from Sender) error {
	if !idForm.MatchString(from.WABA) {
		return errNoWABA
	}
	return c.call(ctx, http.MethodPost, from, from.WABA+"/subscribed_apps", nil, nil)
}

// Numbers returns the numbers of the WABA.
func (c *Client) Numbers(ctx context.Context, from Sender) ([]wire.NumberInfo, error) {
	if !idForm.MatchString(from.WABA) {
		return nil, errNoWABA
	}
	var answer struct {
		Data []wire.NumberInfo `json:"data"`
	}
	query := url.Values{"fields": {"id,display_phone_number,verified_name,status"}, "limit": {"100"}}
	err := c.call(ctx, http.MethodGet, from, from.WABA+"/phone_numbers?"+query.Encode(), nil, &answer)
	return answer.Data, err
}

// Webhook returns where a provider sends the number's webhooks.
func (c *Client) Webhook(ctx context.Context, from Sender) (address string, err error) {
	var answer wire.HostWebhook
	err = c.call(ctx, http.MethodGet, from, hostWebhook, nil, &answer)
	return answer.URL, err
}

// SetWebhook tells a provider where the number's webhooks shall go, and the
// header that they shall carry, for the provider does not sign as Meta does.
func (c *Client) SetWebhook(ctx context.Context, from Sender, address, authorization string) error {
	body, err := json.Marshal(wire.HostWebhook{URL: address, Headers: map[string]string{"Authorization": authorization}})
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, from, hostWebhook, body, nil)
}

const hostWebhook = "v1/configs/webhook"

var errNoApp = fault.Field("app", "The sender has no app id.")
