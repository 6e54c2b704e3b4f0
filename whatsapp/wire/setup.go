package wire

// TokenInfo is what GET /debug_token says of a token.
type TokenInfo struct {
	App     string   `json:"app_id"`
	Type    string   `json:"type,omitempty"`
	Valid   bool     `json:"is_valid"`
	Expires int64    `json:"expires_at"` // in Unix seconds; 0 for never
	Scopes  []string `json:"scopes"`
}

// AppSubscription is one of the subscriptions that GET /{app}/subscriptions lists.
type AppSubscription struct {
	Object   string     `json:"object"`
	Callback string     `json:"callback_url"`
	Active   bool       `json:"active"`
	Fields   []AppField `json:"fields"`
}

// AppField is a field of the webhook that an app is subscribed to.
type AppField struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// SubscribedApps is the answer of GET /{waba}/subscribed_apps.
type SubscribedApps struct {
	Data []SubscribedApp `json:"data"`
}

// SubscribedApp is an app to which an account's events go.
type SubscribedApp struct {
	App struct {
		ID   string `json:"id"`
		Name string `json:"name,omitempty"`
		Link string `json:"link,omitempty"`
	} `json:"whatsapp_business_api_data"`
}

// HostWebhook is where a provider sends webhooks, and the headers that they carry
// (360dialog, /v1/configs/webhook).
type HostWebhook struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

// HostTemplates is a provider's list of templates (360dialog,
// /v1/configs/templates). It writes states in small letters.
type HostTemplates struct {
	Total     int            `json:"total"`
	Templates []TemplateInfo `json:"waba_templates"`
}

// What Meta's dashboard puts for number and account into the samples that it sends
// to try a webhook. They belong to nobody.
const (
	SampleNumber = "123456123"
	SampleWABA   = "0"
)

// HostAuthorization is the header Authorization that the webhooks of a provider
// carry, who signs them by no secret that a business has.
func HostAuthorization(token string) string { return "Bearer " + token }
