package admin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"assent/business"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/manage"
	"assent/optin"
	"assent/records"
	"assent/store"
	"assent/tenant"
	"assent/web"
	"assent/web/admin"
	"assent/web/api"
	"assent/web/hook"
	"assent/web/public"
	"assent/web/session"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
)

// meta is a simulator that poses as Meta over HTTP, with a number that nobody has
// connected.
type meta struct {
	*simulator.Simulator
	*httptest.Server
	t *testing.T
}

const (
	realID, realWABA, realApp, realSecret = "200300400500", "300400500600", "424242424242", "secretofanapp"
	realNumber, realToken                 = "+493012345678", "EAAtokenoftests"
)

func newMeta(t *testing.T, o *office) *meta {
	m := &meta{Simulator: simulator.New(simulator.Options{Now: o.Clock.Now, Parallel: 1}), t: t}
	m.Server = httptest.NewServer(m.Simulator.Handler())
	t.Cleanup(func() { m.Server.Close(); m.Simulator.Close() })
	for _, n := range []struct{ id, number, token, secret, app string }{
		{"999", "+493099999999", "EAAanother", "another", "111"}, {realID, realNumber, realToken, realSecret, realApp},
	} {
		err := m.AddSender(simulator.Sender{
			PhoneNumberID: n.id, WABA: realWABA, Portfolio: "600700800900", Number: n.number, Name: "Sonnentor", Token: n.token, AppSecret: n.secret, AppID: n.app,
			Scopes: []string{"whatsapp_business_management"}, Bare: n.id == realID,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// click does something in Meta's dashboard, and returns the status.
func (m *meta) click(method, path string, body any) int {
	m.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(m.t.Context(), method, m.Server.URL+path, strings.NewReader(string(b)))
	if err != nil {
		m.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// newConnected is an office whose real numbers are those of a simulator that poses as
// Meta: everything between them goes by HTTP.
func newConnected(t *testing.T) (*office, *meta) {
	o := newOffice(t)
	o.Server.Close()
	m := newMeta(t, o)
	graph, err := whatsapp.New(whatsapp.Options{BaseURL: m.Server.URL + "/sim/graph", Private: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(graph.Close)
	carrier := transport.New(graph, nil)
	log := slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.App.Templates = o.Manage.Templates(carrier)
	o.App.Numbers = o.App.Templates.Connections(carrier)
	o.App.Optin = optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](o.Store), Directory: o.Directory(), Installation: o.Manage.Installation(), Transport: carrier,
		Eraser: o.Records, Log: log, Now: o.Clock.Now, Sleep: o.Clock.Sleep, Rand: rand.Reader, Refresh: o.Manage.Reload,
	})
	site := web.New(web.Config{
		BaseURL: apptest.BaseURL, Logger: log, Now: o.Clock.Now, Rand: rand.Reader, Directory: o.Directory(),
		Public: public.New(public.Config{Optin: o.Optin, Manage: o.Manage, Directory: o.Directory(), Installation: o.Manage.Installation(), Log: log, Now: o.Clock.Now}),
		Hook:   hook.New(hook.Config{Directory: o.Directory(), Inbox: o.Optin, Notes: o.Numbers}), API: api.New(api.Config{}),
		Admin: admin.New(admin.Config{
			Sessions: session.New(o.Manage, false), Records: o.Records, Permits: o.Permit, Manage: o.Manage, Ledger: o.ledger, Alarms: o.Manage, Healths: o.Manage,
			Templates: o.App.Templates, Senders: o.App.Numbers, Surfaces: o.Manage.Surfaces(carrier), Stops: o.App.Optin, Directory: o.Directory(), Installation: o.Manage.Installation(), Log: log, Now: o.Clock.Now,
		}),
	})
	o.Server = httptest.NewServer(site)
	t.Cleanup(o.Server.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(o.log.String())
		}
	})
	o.Manage.Installation().BaseURL = o.Server.URL
	return o, m
}

var verifyToken = regexp.MustCompile(`(?s)Verify token</dt>.*?<bdi[^>]*>([^<]+)</bdi>`)

// A number that was typed wrong would lead people to a stranger.
func TestConnectingAMistypedNumber(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	if _, err := o.Manage.AddBusiness(t.Context(), business.Business{Slug: "fresh", LegalName: "Fresh GmbH", Language: "en", Country: "DE", Purposes: o.Tenant().Purposes}); err != nil {
		t.Fatal(err)
	}
	o.get("/admin/senders?business=fresh")
	a := o.do("POST", "/admin/senders/new", form("number", "+49 30 1234567", "phone_number_id", realID, "waba", realWABA, "portfolio", "600700800900", "app", realApp, "app_secret", realSecret, "token", realToken))
	if a.status != 303 {
		t.Fatalf("connect: %d %s", a.status, a.text())
	}
	if got := m.click("PUT", "/sim/app", map[string]any{"sender": realID, "registered": true, "scopes": []string{"whatsapp_business_management", "whatsapp_business_messaging"}}); got != 200 {
		t.Fatal(got)
	}
	page := a.header.Get("Location")
	o.do("POST", strings.SplitN(page, "?", 2)[0]+"/check", nil)
	if shown := o.get(page); !strings.Contains(shown.text(), realNumber) {
		t.Errorf("the number that WhatsApp has is not shown: %s", shown.text())
	}
}

// From no number to a consent that was given on it: each step that is missing is
// named with what to click, and goes when it is done at Meta.
func TestConnectingANumber(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b, err := o.Manage.AddBusiness(t.Context(), business.Business{Slug: "fresh", LegalName: "Fresh GmbH", Language: "en", Country: "DE", Purposes: o.Tenant().Purposes})
	if err != nil {
		t.Fatal(err)
	}
	if a := o.get("/admin/senders?business=fresh"); a.status != 200 || !strings.Contains(a.text(), "No number yet") {
		t.Fatalf("%d %s", a.status, a.text())
	}
	values := form("number", "+49 30 12345678", "phone_number_id", realID, "waba", realWABA, "portfolio", "600700800900", "app", realApp, "app_secret", "wrongsecret", "token", realToken)
	for field, wrong := range map[string]string{"number": "12", "phone_number_id": "+4930", "waba": "x", "app": "", "app_secret": "", "token": "a b"} {
		bad := url.Values{}
		for k, v := range values {
			bad[k] = v
		}
		bad.Set(field, wrong)
		if a := o.do("POST", "/admin/senders/new", bad); a.status != 422 || !strings.Contains(a.body, `id="`+field+`-error"`) || strings.Contains(a.body, realToken) || strings.Contains(a.body, "wrongsecret") {
			t.Errorf("%s = %q: %d, or a secret is shown again", field, wrong, a.status)
		}
	}
	a := o.do("POST", "/admin/senders/new", values)
	if a.status != 303 {
		t.Fatalf("connect: %d %s", a.status, a.text())
	}
	page := a.header.Get("Location")
	steps := func(want string) {
		t.Helper()
		tt, _ := o.Directory().Tenant(b)
		state, err := o.Manage.AccountState(t.Context(), tt.Senders[0].AboutSender())
		if err != nil {
			t.Fatal(err)
		}
		var missing []string
		for _, s := range state.Steps {
			if s.State != business.StepDone {
				missing = append(missing, string(s.Key))
			}
		}
		if got := strings.Join(missing, " "); got != want {
			t.Errorf("missing: %s\nwant:    %s\n%+v", got, want, state.Steps)
		}
	}
	post := func(what string, f url.Values) {
		t.Helper()
		if a := o.do("POST", page+what, f); a.status != 303 {
			t.Fatalf("%s: %d %s", what, a.status, a.text())
		}
	}
	// A wrong app secret opens nothing that the app itself is asked for.
	steps("rights app number webhook fields account event template")
	post("/secrets", form("app_secret", realSecret))
	ask := o.get(page + "/secrets/0/remove")
	for _, want := range []string{"Webhooks that Meta signs with it are refused", "the oldest", "added today 09:00"} {
		if ask.status != 200 || !strings.Contains(ask.text(), want) {
			t.Errorf("the page that asks lacks %q: %d %s", want, ask.status, ask.text())
		}
	}
	for name, bad := range map[string]struct {
		form   url.Values
		status int
	}{"not sure": {form("of", "2"), 422}, "others meanwhile": {form("of", "3", "sure", "yes"), 409}, "no page": {nil, 409}} {
		if a := o.do("POST", page+"/secrets/0/remove", bad.form); a.status != bad.status || len(o.secrets(b)) != 2 {
			t.Errorf("%s: %d, and %d secrets are left", name, a.status, len(o.secrets(b)))
		}
	}
	post("/secrets/0/remove", form("of", "2", "sure", "yes"))
	if left := o.secrets(b); len(left) != 1 || left[0] != realSecret {
		t.Error("another secret was removed than the page told")
	}
	for _, gone := range []string{"/secrets/0/remove", "/secrets/7/remove", "/secrets/x/remove"} { // the last one stays
		if a := o.get(page + gone); a.status != 404 {
			t.Errorf("%s: %d", gone, a.status)
		}
	}
	steps("rights number webhook fields account event template")
	shown := o.get(page)
	for _, want := range []string{"whatsapp_business_messaging", "DISCONNECTED", "111", "Register, with a PIN", "Verify and save", "Subscribe the account"} {
		if !strings.Contains(shown.text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(shown.body, realSecret) || strings.Contains(shown.body, realToken) {
		t.Error("a secret is shown again")
	}
	verify := verifyToken.FindStringSubmatch(shown.body)
	if verify == nil {
		t.Fatalf("no verify token: %s", shown.text())
	}
	// What is clicked at Meta, one after another.
	app := func(status int, f map[string]any) {
		t.Helper()
		f["sender"] = realID
		if got := m.click("PUT", "/sim/app", f); got != status {
			t.Errorf("%v: %d", f, got)
		}
		post("/check", nil)
	}
	app(200, map[string]any{"scopes": []string{"whatsapp_business_management", "whatsapp_business_messaging"}})
	steps("number webhook fields account event template")
	app(200, map[string]any{"registered": true})
	steps("webhook fields account event template")
	callback := o.Server.URL + "/webhooks/whatsapp"
	app(422, map[string]any{"callback_url": callback, "verify_token": "another"})
	steps("webhook fields account event template")
	app(200, map[string]any{"callback_url": callback, "verify_token": verify[1], "fields": []string{"messages"}})
	steps("fields account event template")
	if strings.Contains(o.get(page).body, verify[1]) {
		t.Error("the verify token is shown after it was used")
	}
	app(200, map[string]any{"fields": business.Fields})
	steps("account event template")
	post("/subscribe", nil)
	steps("event template")
	if got := m.click("POST", "/sim/app/test", map[string]any{"sender": realID}); got != 200 {
		t.Errorf("the sample: %d", got)
	}
	o.settle(m)
	if list, err := o.Manage.ListParked(t.Context(), b, 9); err != nil || len(list) != 0 {
		t.Errorf("the sample is parked: %+v, %v", list, err)
	}
	post("/check", nil)
	steps("template")
	post("/template", nil)
	steps("template")
	if got := m.click("PUT", "/sim/templates", map[string]any{"sender": realID, "name": "confirm_opt_in", "language": "de", "status": "APPROVED"}); got != 200 {
		t.Errorf("the review: %d", got)
	}
	post("/check", nil)
	steps("")
	if a := o.get(page); !strings.Contains(a.text(), "All steps are done") || strings.Contains(a.text(), "Missing") {
		t.Errorf("%s", a.text())
	}
	if a := o.get("/admin/senders"); !strings.Contains(a.text(), "Connected") {
		t.Errorf("%s", a.text())
	}
	o.optsIn(m, b)
	if text := o.get("/admin/health").text(); !strings.Contains(text, "Sending") {
		t.Errorf("%s", text)
	}
	app(200, map[string]any{"registered": false})
	post("/check", nil)
	if text := o.get("/admin/health").text(); !strings.Contains(text, "Not connected at WhatsApp") || strings.Contains(text, "Sending") {
		t.Errorf("a number that WhatsApp has disconnected: %s", text)
	}
	app(200, map[string]any{"registered": true})
	post("/check", nil)
	// Tokens end. Another one ends the alarm of the old.
	app(200, map[string]any{"token": "EAAnext"})
	steps("token rights app number account")
	tt, _ := o.Directory().Tenant(b)
	tokenRefused(t, o.Store, tt)
	post("/token", form("token", "EAAnext"))
	steps("")
	if open, err := o.Manage.OpenAlarms(t.Context(), b); err != nil || len(open) != 0 {
		t.Errorf("alarms about the old token: %+v, %v", open, err)
	}
	post("/end", form("end", "yes"))
	if tt, _ = o.Directory().Tenant(b); tt.Senders[0].InUse() || !strings.Contains(o.get(page).text(), "Not in use") {
		t.Error("the number is still in use")
	}
	// It sends nothing, and hears a stop.
	if _, err := m.Act(simulator.Inbound{From: person, To: realID, Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	o.settle(m)
	sub := o.onlyPerson(b)
	record, err := o.Records.Person(t.Context(), b, sub)
	if err != nil || len(record.Stops) == 0 {
		t.Errorf("a stop that was written to it is not heard: %+v, %v", record.Stops, err)
	}
	post("/end", nil)
	if tt, _ = o.Directory().Tenant(b); !tt.Senders[0].InUse() {
		t.Error("the number is not in use again")
	}
	for _, secret := range []string{realToken, realSecret, "EAAnext", verify[1], "wrongsecret"} {
		if strings.Contains(o.log.String(), secret) {
			t.Errorf("the log has the secret %q", secret)
		}
	}
}

// secrets returns the app secrets of the only number of a business.
func (o *office) secrets(b string) []string {
	o.T.Helper()
	tt, _ := o.Directory().Tenant(b)
	return tt.Senders[0].Secrets.AppSecrets
}

// A number needs no template until a published funnel asks by it: all steps are done
// without it, and one is missing again once a funnel does.
func TestTheTemplateIsOptionalUntilAFunnelAsksByIt(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b := o.fresh()
	page := o.connect()
	tt, _ := o.Directory().Tenant(b)
	if got := m.click("PUT", "/sim/app", map[string]any{"sender": realID, "registered": true, "callback_url": o.Server.URL + "/webhooks/whatsapp", "verify_token": tt.Senders[0].Secrets.VerifyToken,
		"fields": business.Fields, "scopes": business.Rights}); got != 200 {
		t.Fatal(got)
	}
	o.do("POST", page+"/subscribe", nil)
	if got := m.click("POST", "/sim/app/test", map[string]any{"sender": realID}); got != 200 {
		t.Fatal(got)
	}
	o.settle(m)
	o.do("POST", page+"/check", nil)
	a := o.get(page)
	if !strings.Contains(a.text(), "Everything that you need is done") || !strings.Contains(a.text(), "Optional You can do without it") || strings.Contains(a.text(), "Missing") || !strings.Contains(a.text(), "The number is ready") {
		t.Errorf("a number that needs no template: %s", a.text())
	}
	if a := o.get("/admin/senders"); !strings.Contains(a.text(), "Connected") || strings.Contains(a.text(), "missing") {
		t.Errorf("the list: %s", a.text())
	}
	v := o.Version("fresh-asks")
	v.Business, v.Mode, v.NumberField, v.Template = b, funnel.ModeTemplate, funnel.NumberRequired, "confirm_opt_in"
	if err := o.Manage.PublishFunnel(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if a := o.get(page); !strings.Contains(a.text(), "Steps that are missing: 1") || !strings.Contains(a.text(), "A published funnel of yours asks by this message") {
		t.Errorf("a number whose funnel asks by template: %s", a.text())
	}
	if a := o.get("/admin/senders"); !strings.Contains(a.text(), "Steps that are missing: 1") {
		t.Errorf("the list: %s", a.text())
	}
}

// tokenRefused opens the alarm that a send by an invalid token opens.
func tokenRefused(t *testing.T, s *store.Store, tt *tenant.Tenant) {
	t.Helper()
	w := store.As[manage.Reader, manage.Writer](s)
	sender := tt.Sender("")
	err := w.ReadWrite(t.Context(), func(ctx context.Context, w manage.Writer) error {
		_, err := w.RaiseAlarm(ctx, business.Alarm{ID: "a1", Business: sender.Business, Kind: business.AlarmToken, About: sender.AboutToken(), Holds: business.HoldsAll, Code: 190}, apptest.Start)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// settle carries webhooks both ways until nothing waits.
func (o *office) settle(m *meta) {
	o.T.Helper()
	for range 20 {
		if err := m.Flush(o.T.Context()); err != nil {
			o.T.Fatal(err)
		}
		o.Settle()
	}
}

// optsIn walks from the landing page to a consent, by the number that poses.
func (o *office) optsIn(m *meta, b string) {
	o.T.Helper()
	v := o.Version("fresh-news")
	v.Business = b
	if err := o.Manage.PublishFunnel(o.T.Context(), v); err != nil {
		o.T.Fatal(err)
	}
	a := o.do("POST", "/f/fresh-news", form("purpose", "offers", "shown", shownField.FindStringSubmatch(o.get("/f/fresh-news").body)[1]))
	if a.status != 303 {
		o.T.Fatalf("the form: %d %s", a.status, a.text())
	}
	to, err := url.Parse(o.get(a.header.Get("Location") + "/chat").header.Get("Location"))
	if err != nil || !strings.Contains(to.Path+to.RawQuery, realNumber[1:]) {
		o.T.Fatalf("the link leads to %s, %v", to, err)
	}
	if _, err := m.Act(simulator.Inbound{From: person, To: realID, Text: to.Query().Get("text")}); err != nil {
		o.T.Fatal(err)
	}
	o.settle(m)
	record, err := o.Records.Person(o.T.Context(), b, o.onlyPerson(b))
	if err != nil || len(record.Consents) == 0 || record.Consents[0].State != "given" {
		o.T.Fatalf("no consent: %+v, %v", record.Consents, err)
	}
	sent, err := m.Messages(person, realID)
	if err != nil || !strings.Contains(sent[len(sent)-1].Text, "You agreed to this") {
		o.T.Errorf("no receipt: %+v, %v", sent, err)
	}
}

var shownField = regexp.MustCompile(`name="shown" value="([^"]+)"`)

// onlyPerson returns the only person of a business.
func (o *office) onlyPerson(b string) string {
	o.T.Helper()
	page, err := o.Records.List(o.T.Context(), records.Query{Business: b})
	if err != nil || len(page.Rows) == 0 {
		o.T.Fatalf("nobody is there: %v", err)
	}
	return page.Rows[0].Subject
}

// A provider is reached at its own address, by its own header. Its webhooks carry
// one too, and without it they are forged.
func TestConnectingByAProvider(t *testing.T) {
	o, _ := newConnected(t)
	o.signIn()
	var hooked struct {
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	}
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("D360-API-KEY") != "hubkey" || r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.Method + r.URL.Path {
		case "POST/v1/configs/webhook":
			_ = json.NewDecoder(r.Body).Decode(&hooked)
			_ = json.NewEncoder(w).Encode(hooked)
		case "GET/v1/configs/webhook":
			_ = json.NewEncoder(w).Encode(hooked)
		case "GET/v1/configs/templates":
			_, _ = w.Write([]byte(`{"total":1,"waba_templates":[{"name":"confirm_opt_in","language":"de","status":"approved","category":"UTILITY"}]}`))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(hub.Close)
	a := o.do("POST", "/admin/senders/new?by=provider", form("number", realNumber, "phone_number_id", realID, "waba", realWABA, "host", hub.URL+"/", "key", "hubkey"))
	if a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	page := a.header.Get("Location")
	if text := o.get(page).text(); !strings.Contains(text, "Steps that are missing: 2") || strings.Contains(text, "hubkey") {
		t.Errorf("%s", text)
	}
	if a := o.do("POST", page+"/subscribe", nil); a.status != 303 || hooked.URL != o.Server.URL+"/webhooks/whatsapp/"+strings.TrimPrefix(page, "/admin/senders/") {
		t.Fatalf("%d %+v", a.status, hooked)
	}
	body := `{"object":"whatsapp_business_account","entry":[]}`
	send := func(address, header string) int {
		r, err := http.NewRequestWithContext(t.Context(), "POST", address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	for header, want := range map[string]int{"": 401, "Bearer x": 401, "Bearer ": 401, hooked.Headers["Authorization"]: 200} {
		if got := send(hooked.URL, header); got != want {
			t.Errorf("with %q: %d", header, got)
		}
	}
	if got := send(o.Server.URL+"/webhooks/whatsapp", hooked.Headers["Authorization"]); got != 401 {
		t.Errorf("at the address of all: %d", got)
	}
	if a := o.do("POST", page+"/check", nil); a.status != 303 || !strings.Contains(o.get(page).text(), "All steps are done") {
		t.Errorf("%d %s", a.status, o.get(page).text())
	}
	if a := o.do("POST", "/admin/senders/new?by=provider", form("number", "+493055555555", "phone_number_id", "5", "waba", "5", "host", "http://example.com", "key", "k")); a.status != 422 {
		t.Errorf("a key would go in the clear: %d", a.status)
	}
}

// Where marketing is asked for in the USA the page of numbers says what WhatsApp
// does not deliver there, by which funnels, and who says so.
func TestSendersSayWhatIsNotDelivered(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	warns := func() string { return o.get("/admin/senders").body }
	if strings.Contains(warns(), "131049") {
		t.Error("warned where nothing is of the USA")
	}
	_, v, ok := o.Directory().Funnel(apptest.Chat)
	if !ok {
		t.Fatal("no funnel")
	}
	v.Countries = []string{"DE", "US"}
	page := warns()
	for _, want := range []string{"131049", "/admin/funnels/" + apptest.Chat, "per-user-limits"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
