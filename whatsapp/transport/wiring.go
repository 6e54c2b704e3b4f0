package transport

import (
	"context"
	"errors"
	"strings"
	"time"

	"assent/business"
	"assent/whatsapp"
	"assent/whatsapp/wire"
)

// Token asks Meta what a sender's access token is good for: by the secret of the
// sender's app, by each of several, and by the token itself where the app is not
// known. A provider has no such call; there a token is good where it opens the
// list of templates.
func (t *Transport) Token(ctx context.Context, from *business.Sender) (found business.Token, err error) {
	client, err := t.client(from)
	if err != nil {
		return found, err
	}
	if from.Host != "" {
		_, err := client.Templates(ctx, senderOf(from), "")
		return business.Token{Valid: err == nil}, told(err)
	}
	secrets := from.Secrets.AppSecrets
	if from.App == "" {
		secrets = []string{""}
	}
	var info wire.TokenInfo
	for _, secret := range secrets {
		if info, err = client.DebugToken(ctx, from.Secrets.Token, from.App, secret); err == nil {
			return business.Token{Valid: info.Valid, App: info.App, Scopes: info.Scopes, Expires: expires(info), Asked: from.App != ""}, nil
		}
	}
	var refused *whatsapp.APIError
	if from.App == "" || !errors.As(err, &refused) || refused.Behaviour().Retry() {
		return found, told(err)
	}
	return byItself(ctx, client, from, err)
}

// byItself asks what a token is good for where the app may not: a token that is good tells
// what is wrong with the app. asApp is what the app was told.
func byItself(ctx context.Context, client *whatsapp.Client, from *business.Sender, asApp error) (found business.Token, err error) {
	info, err := client.DebugToken(ctx, from.Secrets.Token, "", "")
	var refused *whatsapp.APIError
	switch {
	case err == nil && !info.Valid:
		return found, nil
	case err == nil && info.App == from.App:
		return business.Token{Valid: true, App: info.App, Scopes: info.Scopes, Expires: expires(info), Refused: business.AppSecretWrong}, nil
	case err == nil:
		return business.Token{Valid: true, App: info.App, Scopes: info.Scopes, Expires: expires(info), Refused: business.AppOther}, nil
	case !errors.As(err, &refused), refused.Behaviour().Retry():
		return found, told(err)
	case refused.Code == wire.CodeTokenInvalid || refused.Code == 0:
		return found, told(asApp)
	}
	// Not every token may ask about itself. One that opens the number is good.
	if _, err := client.Number(ctx, senderOf(from)); err != nil {
		return found, told(asApp)
	}
	return business.Token{Valid: true, Scopes: business.Rights, Refused: business.AppUnknown}, nil
}

func expires(info wire.TokenInfo) time.Time {
	if info.Expires == 0 {
		return time.Time{}
	}
	return time.Unix(info.Expires, 0).UTC()
}

// Subscription returns where the webhooks of a sender's app go, and what for.
func (t *Transport) Subscription(ctx context.Context, from *business.Sender) (found business.Subscription, err error) {
	client, err := t.client(from)
	if err != nil {
		return found, err
	}
	if from.Host != "" {
		found.Callback, err = client.Webhook(ctx, senderOf(from))
		return found, told(err)
	}
	for _, secret := range from.Secrets.AppSecrets {
		var s wire.AppSubscription
		if s, err = client.AppSubscription(ctx, from.App, secret); err == nil {
			found.Callback = s.Callback
			for _, f := range s.Fields {
				found.Fields = append(found.Fields, f.Name)
			}
			return found, nil
		}
	}
	return found, told(err)
}

// Reachable says why a provider's address may not be asked, if so.
func (t *Transport) Reachable(ctx context.Context, host string) error {
	client, err := t.client(&business.Sender{Host: host})
	if err != nil {
		return err
	}
	return client.Reachable(ctx, host)
}

// Numbers returns the numbers of a sender's account by their ids, and how each
// stands. Where Meta shows the sender's own as another number than is known here,
// that stands in its place: a link to the chat would lead to a stranger.
func (t *Transport) Numbers(ctx context.Context, from *business.Sender) (map[string]string, error) {
	client, err := t.client(from)
	if err != nil {
		return nil, err
	}
	list, err := client.Numbers(ctx, senderOf(from))
	if err != nil {
		return nil, told(err)
	}
	found := map[string]string{}
	for _, n := range list {
		found[n.ID] = n.Status
		if n.ID == from.PhoneNumberID && n.Display != "" && digits(n.Display) != digits(from.Number) {
			found[n.ID] = n.Display
		}
	}
	return found, nil
}

// digits returns the digits of a number, however it is written.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// Subscribed returns the ids of the apps to which a sender's account is
// subscribed.
func (t *Transport) Subscribed(ctx context.Context, from *business.Sender) ([]string, error) {
	client, err := t.client(from)
	if err != nil {
		return nil, err
	}
	apps, err := client.SubscribedApps(ctx, senderOf(from))
	return apps, told(err)
}

// Subscribe has a sender's webhooks come: those of its account to its app, or
// where a provider stands between, those of the number to the address.
func (t *Transport) Subscribe(ctx context.Context, from *business.Sender, address string) error {
	client, err := t.client(from)
	if err != nil {
		return err
	}
	if from.Host != "" {
		return told(client.SetWebhook(ctx, senderOf(from), address, wire.HostAuthorization(from.Secrets.VerifyToken)))
	}
	return told(client.Subscribe(ctx, senderOf(from)))
}
