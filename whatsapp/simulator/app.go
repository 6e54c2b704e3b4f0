package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assent/fault"
	"assent/whatsapp/wire"
)

// hears reports whether an event of the field is sent to the app: the account is
// subscribed by it, and its webhook is for the field.
func (w *wiring) hears(field string) bool {
	return w.subscribed && (w.fields == nil || slices.Contains(w.fields, field))
}

// allFields are those of the webhook that the dashboard lists, as far as the
// simulator knows them.
var allFields = []string{
	"messages", "user_preferences", "message_template_status_update", "message_template_quality_update", "message_template_components_update",
	"template_category_update", "phone_number_quality_update", "phone_number_name_update", "business_capability_update", "account_update",
	"account_alerts", "account_review_update", "security", "user_id_update", "template_correct_category_detection", "business_username_update",
	"account_settings_update", "messaging_handovers", "standby", "smb_message_echoes", "history",
}

func (s *Simulator) statusOf(from *Sender) string {
	if s.wirings[from].registered {
		return "CONNECTED"
	}
	return "DISCONNECTED"
}

// serveRegister registers a number by a PIN of six digits.
func (s *Simulator) serveRegister(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Product string `json:"messaging_product"`
		PIN     string `json:"pin"`
	}
	readable := readJSONQuietly(r, &in)
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.PhoneNumberID })
	switch {
	case refused != nil:
	case !readable || in.Product != "whatsapp" || len(in.PIN) != 6 || strings.Trim(in.PIN, "0123456789") != "":
		refused = &graphError{code: wire.CodeParameter, details: "messaging_product and a pin of six digits are needed."}
	default:
		s.wirings[from].registered = true
		writeJSON(w, http.StatusOK, map[string]bool{"success": true})
		return
	}
	refuse(w, *refused)
}

// serveNumbers lists the numbers of an account.
func (s *Simulator) serveNumbers(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.WABA })
	if refused != nil {
		refuse(w, *refused)
		return
	}
	list := []wire.NumberInfo{}
	for _, other := range s.senders {
		if other.WABA == from.WABA {
			list = append(list, wire.NumberInfo{ID: other.PhoneNumberID, Display: other.Number, Name: other.Name, Status: s.statusOf(other)})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": list})
}

// serveSubscribed lists the apps to which an account's events go.
func (s *Simulator) serveSubscribed(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.WABA })
	if refused != nil {
		refuse(w, *refused)
		return
	}
	answer := wire.SubscribedApps{Data: []wire.SubscribedApp{}}
	seen := map[string]bool{}
	for _, other := range s.senders {
		if other.WABA != from.WABA || !s.wirings[other].subscribed || seen[other.AppID] {
			continue
		}
		seen[other.AppID] = true
		var a wire.SubscribedApp
		a.App.ID, a.App.Name, a.App.Link = other.AppID, "Simulated app", "https://www.facebook.com/games/?app_id="+other.AppID
		answer.Data = append(answer.Data, a)
	}
	writeJSON(w, http.StatusOK, answer)
}

// serveSubscribe subscribes an account by the app of the token, or ends that.
func (s *Simulator) serveSubscribe(on bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		from, refused := s.authorize(r, func(from *Sender) string { return from.WABA })
		if refused != nil {
			refuse(w, *refused)
			return
		}
		for _, other := range s.senders {
			if other.WABA == from.WABA && other.AppID == from.AppID {
				s.wirings[other].subscribed = on
			}
		}
		writeJSON(w, http.StatusOK, map[string]bool{"success": true})
	}
}

// appOf returns a sender of the app whose id and secret are the request's token.
func (s *Simulator) appOf(r *http.Request) *Sender {
	id, secret, ok := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "|")
	for _, from := range s.senders {
		if ok && from.AppID == id && from.AppSecret == secret {
			return from
		}
	}
	return nil
}

// serveSubscriptions tells where an app's webhooks go. Only the app itself may
// ask.
func (s *Simulator) serveSubscriptions(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.appOf(r)
	switch {
	case from == nil:
		refuse(w, graphError{code: wire.CodeTokenInvalid, status: http.StatusUnauthorized})
		return
	case from.AppID != r.PathValue("id"):
		refuse(w, graphError{code: wire.CodeParameter, subcode: 33, details: "Unsupported request. The object does not exist, or the token has no permission for it."})
		return
	}
	list := []wire.AppSubscription{}
	if from.WebhookURL != "" {
		fields := s.wirings[from].fields
		if fields == nil {
			fields = allFields
		}
		sub := wire.AppSubscription{Object: "whatsapp_business_account", Callback: from.WebhookURL, Active: true, Fields: []wire.AppField{}}
		for _, f := range fields {
			sub.Fields = append(sub.Fields, wire.AppField{Name: f, Version: "v25.0"})
		}
		list = append(list, sub)
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": list})
}

// serveDebug tells what a token is good for. A token that is none is told about
// as well, as one that is not valid.
func (s *Simulator) serveDebug(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := r.URL.Query().Get("input_token")
	app := s.appOf(r)
	self := "Bearer "+token == r.Header.Get("Authorization")
	var about *Sender
	for _, from := range s.senders {
		if from.Token == token {
			about = from
		}
	}
	switch {
	case app == nil && !(self && about != nil):
		refuse(w, graphError{code: wire.CodeTokenInvalid, status: http.StatusUnauthorized})
	case about == nil:
		writeJSON(w, http.StatusOK, map[string]any{"data": wire.TokenInfo{Scopes: []string{}}})
	case app != nil && app.AppID != about.AppID:
		refuse(w, graphError{code: wire.CodeParameter, details: "The App_id in the input_token did not match the Viewing App."})
	default:
		writeJSON(w, http.StatusOK, map[string]any{"data": wire.TokenInfo{App: about.AppID, Type: "SYSTEM_USER", Valid: true, Scopes: about.Scopes}})
	}
}

// scriptApp is what an operator clicks in Meta's dashboard. What is left out
// stays.
type scriptApp struct {
	Sender      string    `json:"sender"` // phone_number_id or number; the first if empty
	CallbackURL *string   `json:"callback_url"`
	VerifyToken string    `json:"verify_token"`
	Fields      *[]string `json:"fields"`
	Scopes      *[]string `json:"scopes"`
	Registered  *bool     `json:"registered"`
	Token       string    `json:"token"` // makes this the token, and the old one invalid
}

// serveApp does what is clicked. A callback address is asked for its challenge
// first, and kept only if it comes back, as Meta does.
func (s *Simulator) serveApp(w http.ResponseWriter, r *http.Request) {
	var in scriptApp
	if !readJSON(w, r, &in) {
		return
	}
	if in.CallbackURL != nil {
		if err := s.verify(r.Context(), *in.CallbackURL, in.VerifyToken); err != nil {
			problem(w, err)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.chosen(in.Sender)
	if !ok {
		problem(w, errNoSender)
		return
	}
	for _, other := range s.senders {
		if other.AppID != from.AppID {
			continue
		}
		if in.CallbackURL != nil {
			other.WebhookURL = *in.CallbackURL
		}
		if in.Fields != nil {
			s.wirings[other].fields = slices.Clone(*in.Fields)
		}
	}
	if in.Scopes != nil {
		from.Scopes = slices.Clone(*in.Scopes)
	}
	if in.Registered != nil {
		s.wirings[from].registered = *in.Registered
	}
	if in.Token != "" {
		from.Token = in.Token
	}
	writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// chosen finds the business number that a script names, the first if it names none.
func (s *Simulator) chosen(name string) (*Sender, bool) {
	if name == "" && len(s.senders) > 0 {
		return s.senders[0], true
	}
	return s.sender(name)
}

// verify asks an address for a challenge.
func (s *Simulator) verify(ctx context.Context, address, token string) error {
	s.mu.Lock()
	s.serial++
	challenge := strconv.Itoa(1_158_201_444 + s.serial)
	s.mu.Unlock()
	refused := fault.New(fault.Invalid, "The callback URL or verify token couldn't be validated. Please verify the provided information or try again later.")
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return refused
	}
	u.RawQuery = url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {challenge}, "hub.verify_token": {token}}.Encode()
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return refused
	}
	res, err := s.courier.client.Do(req)
	if err != nil {
		return refused
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil || res.StatusCode != http.StatusOK || !bytes.Equal(body, []byte(challenge)) {
		return refused
	}
	return nil
}

// serveTest sends the dashboard's sample of the field messages: Meta's own ids,
// which belong to nobody, signed by the app, whether or not an account is
// subscribed.
func (s *Simulator) serveTest(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Sender string `json:"sender"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.chosen(in.Sender)
	switch {
	case !ok:
		problem(w, errNoSender)
		return
	case from.WebhookURL == "":
		problem(w, fault.New(fault.Conflict, "The app has no callback URL."))
		return
	}
	m := messageJSON{From: "16315551181", FromUserID: "US.13491208655302741918", ID: "ABGGFlA5Fpa", Timestamp: strconv.FormatInt(s.now().Unix(), 10), Text: &textJSON{Body: "this is a text message"}, Type: "text"}
	c := contactJSON{WAID: m.From, UserID: m.FromUserID}
	c.Profile.Name = "test user name"
	s.courier.enqueue(event{
		app: app{from.WebhookURL, from.AppSecret}, waba: wire.SampleWABA, metadata: metadataJSON{Display: "16505551111", PhoneNumberID: wire.SampleNumber},
		field: "messages", array: "messages", element: m, contact: &c,
	})
	writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// readJSONQuietly reads a body of the Graph API, and reports whether it can be
// read.
func readJSONQuietly(r *http.Request, into any) bool {
	return json.NewDecoder(io.LimitReader(r.Body, maxSend)).Decode(into) == nil
}
