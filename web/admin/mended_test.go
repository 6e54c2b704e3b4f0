package admin_test

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/evidence"
	"assent/internal/apptest"
	"assent/records"
	"assent/store"
	"assent/whatsapp/simulator"
)

// fresh adds a business without a number, and puts the operator to work on it.
func (o *office) fresh() string {
	o.T.Helper()
	b, err := o.Manage.AddBusiness(o.T.Context(), business.Business{Slug: "fresh", LegalName: "Fresh GmbH", BrandName: "Fresh", Language: "en", Country: "DE", Purposes: o.Tenant().Purposes})
	if err != nil {
		o.T.Fatal(err)
	}
	o.get("/admin/senders?business=fresh")
	return b
}

// connect fills in the form, with some fields otherwise, and returns the number's page.
func (o *office) connect(otherwise ...string) (page string) {
	o.T.Helper()
	values := form("number", realNumber, "phone_number_id", realID, "waba", realWABA, "app", realApp, "app_secret", realSecret, "token", realToken)
	for k, v := range form(otherwise...) {
		values[k] = v
	}
	a := o.do("POST", "/admin/senders/new", values)
	if a.status != 303 {
		o.T.Fatalf("connect: %d %s", a.status, a.text())
	}
	return a.header.Get("Location")
}

func (o *office) step(b string, key business.StepKey) (step business.Step) {
	o.T.Helper()
	tt, _ := o.Directory().Tenant(b)
	state, err := o.App.Numbers.Standing(o.T.Context(), b, tt.Senders[0].ID)
	if err != nil {
		o.T.Fatal(err)
	}
	for _, s := range state.Steps {
		if s.Key == key {
			return s
		}
	}
	o.T.Fatalf("no step %s", key)
	return step
}

// The form that connects a number says everything that is wrong at once, and tells the
// secrets apart where one stands in the other's place.
func TestConnectFormSaysEverythingAtOnce(t *testing.T) {
	o, _ := newConnected(t)
	o.signIn()
	o.fresh()
	const secret = "0123456789abcdef0123456789abcdef"
	token := "EAA" + strings.Repeat("x", 40)
	for _, tt := range []struct {
		name   string
		values url.Values
		want   map[string]string
	}{
		{"nothing", form(), map[string]string{"number": "country code", "phone_number_id": "digits only", "waba": "digits only", "app": "digits only", "app_secret": "Give the app secret", "token": "Give the access token"}},
		{"all wrong", form("number", "12", "phone_number_id", "+49", "waba", "x", "portfolio", "y", "app", "z", "app_secret", "a b", "token", "a b"),
			map[string]string{"number": "country code", "phone_number_id": "digits only", "waba": "digits only", "portfolio": "digits only", "app": "digits only", "app_secret": "letters and digits", "token": "Copy it again"}},
		{"secrets swapped", form("number", realNumber, "phone_number_id", realID, "waba", realWABA, "app", realApp, "app_secret", token, "token", secret),
			map[string]string{"app_secret": "This is the access token", "token": "This looks like the app secret"}},
		{"ids swapped", form("number", realNumber, "phone_number_id", realNumber[1:], "waba", "7", "app", "7", "app_secret", secret, "token", token),
			map[string]string{"phone_number_id": "This is the number itself", "app": "The app has one of its own"}},
		{"one id twice", form("number", realNumber, "phone_number_id", realID, "waba", realID, "app", realApp, "app_secret", secret, "token", token), map[string]string{"waba": "once more"}},
	} {
		a := o.do("POST", "/admin/senders/new", tt.values)
		if a.status != 422 {
			t.Errorf("%s: %d", tt.name, a.status)
		}
		for field, want := range tt.want {
			if !strings.Contains(a.body, `id="`+field+`-error"`) || !strings.Contains(a.text(), want) {
				t.Errorf("%s: nothing of %s like %q: %s", tt.name, field, want, a.text())
			}
		}
		if n := len(errorText.FindAllString(a.body, -1)); n != len(tt.want) {
			t.Errorf("%s: %d problems, want %d", tt.name, n, len(tt.want))
		}
		if strings.Contains(a.body, secret) || strings.Contains(a.body, token) {
			t.Errorf("%s: a secret is shown again", tt.name)
		}
	}
	a := o.do("POST", "/admin/senders/new?by=provider", form())
	for _, field := range []string{"number", "phone_number_id", "waba", "host", "key"} {
		if !strings.Contains(a.body, `id="`+field+`-error"`) {
			t.Errorf("provider: nothing of %s: %d", field, a.status)
		}
	}
}

var errorText = regexp.MustCompile(` id="[a-z_]+-error"`)

// To a wrong app secret or app id Meta answers as to a wrong token. The check tells which.
func TestWhatIsWrongIsToldApart(t *testing.T) {
	for _, tt := range []struct {
		name      string
		otherwise []string
		token     business.StepState
		why, says string
	}{
		{"app secret", []string{"app_secret", "wrongsecret"}, business.StepDone, "secret", "The app id is right, the app secret is not"},
		{"app id", []string{"app", "777"}, business.StepDone, "other", realApp},
		{"token", []string{"token", "EAAnone"}, business.StepMissing, "", "Generate token for this app"},
		{"token and secret", []string{"token", "EAAnone", "app_secret", "wrongsecret"}, business.StepMissing, "", "access token is not valid"},
		{"nothing", nil, business.StepDone, "", "Subscribe the account"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, _ := newConnected(t)
			o.signIn()
			b := o.fresh()
			page := o.connect(tt.otherwise...)
			if got := o.step(b, business.StepToken); got.State != tt.token {
				t.Errorf("token: %+v", got)
			}
			if got := o.step(b, business.StepApp); got.Why != tt.why || tt.why != "" && got.State != business.StepMissing {
				t.Errorf("app: %+v", got)
			}
			if got := o.step(b, business.StepFields); tt.why != "" && (got.State != business.StepUnknown || got.Why != business.WhyApp) {
				t.Errorf("fields: %+v", got)
			}
			if text := o.get(page).text(); !strings.Contains(text, tt.says) {
				t.Errorf("%q is not said: %s", tt.says, text)
			}
		})
	}
}

// Ids that were typed wrong are set right, which is an event that says from what to what,
// and what was parked for a number that nobody knew is handled.
func TestCorrectingIDs(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b := o.fresh()
	page := o.connect("phone_number_id", "1234", "waba", "5678")
	tt, _ := o.Directory().Tenant(b)
	if got := m.click("PUT", "/sim/app", map[string]any{"sender": realID, "registered": true, "callback_url": o.Server.URL + "/webhooks/whatsapp", "verify_token": tt.Senders[0].Secrets.VerifyToken, "fields": business.Fields}); got != 200 {
		t.Fatal(got)
	}
	if step := o.step(b, business.StepNumber); step.State != business.StepMissing {
		t.Errorf("%+v", step)
	}
	if a := o.get(page + "/ids"); a.status != 200 || !strings.Contains(a.body, `value="1234"`) || strings.Contains(a.body, realSecret) || strings.Contains(a.body, `id="token"`) {
		t.Errorf("the form: %d %s", a.status, a.text())
	}
	values := form("number", realNumber, "phone_number_id", apptest.PhoneNumberID, "waba", "x", "app", realApp)
	if a := o.do("POST", page+"/ids", values); a.status != 422 || !strings.Contains(a.text(), "connected already") || !strings.Contains(a.body, `id="waba-error"`) {
		t.Errorf("another number's id: %d %s", a.status, a.text())
	}
	values = form("number", realNumber, "phone_number_id", realID, "waba", realWABA, "app", realApp, "portfolio", "600700800900")
	if a := o.do("POST", page+"/ids", values); a.status != 303 || a.header.Get("Location") != page {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if a := o.do("POST", page+"/subscribe", nil); a.status != 303 {
		t.Fatal(a.status)
	}
	if step := o.step(b, business.StepNumber); step.State != business.StepDone {
		t.Errorf("%+v", step)
	}
	tt, _ = o.Directory().Tenant(b)
	s := tt.Senders[0]
	if s.PhoneNumberID != realID || s.WABA != realWABA || s.Portfolio != "600700800900" || s.Secrets.Token != realToken || len(s.Secrets.AppSecrets) != 1 {
		t.Errorf("%+v", s)
	}
	for _, want := range []string{`"phone_number_id":"` + realID + `"`, `"phone_number_id_before":"1234"`, `"waba_before":"5678"`} {
		if !o.logged(b, "number's ids corrected", want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if _, err := m.Act(simulator.Inbound{From: person, To: realID, Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	o.settle(m)
	if record, err := o.Records.Person(t.Context(), b, o.onlyPerson(b)); err != nil || len(record.Stops) == 0 {
		t.Errorf("%+v, %v", record.Stops, err)
	}
	values = form("number", "+493012345679", "phone_number_id", realID, "waba", realWABA, "app", realApp, "portfolio", "600700800900")
	if a := o.do("POST", page+"/ids", values); a.status != 422 || !strings.Contains(a.body, `id="number-error"`) || !strings.Contains(a.text(), "Messages went by this number already") {
		t.Errorf("another number in the place of one that was used: %d %s", a.status, a.text())
	}
}

// A number is removed only by who has ticked that they are sure, and not while published
// funnels have no other. What was agreed by it stays; it can be connected anew.
func TestRemovingANumber(t *testing.T) {
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
	o.optsIn(m, b)
	who := o.onlyPerson(b)
	a := o.get(page + "/remove")
	if a.status != 200 || !strings.Contains(a.text(), "cannot be removed while these published funnels") || strings.Contains(a.body, `name="sure"`) {
		t.Errorf("%d %s", a.status, a.text())
	}
	if a := o.do("POST", page+"/remove", form("sure", "yes")); a.status != 409 {
		t.Errorf("removed under a published funnel: %d %s", a.status, a.text())
	}
	o.Clock.Advance(time.Hour)
	other := o.connect("number", "+493099999999", "phone_number_id", "999", "token", "EAAanother", "app", "111", "app_secret", "another")
	if a := o.get(page + "/remove"); !strings.Contains(a.text(), "lead to another number then") || !strings.Contains(a.text(), "+49 30 99999999") || !strings.Contains(a.body, `name="sure"`) {
		t.Errorf("%s", a.text())
	}
	if a := o.do("POST", page+"/remove", nil); a.status != 422 || !strings.Contains(a.body, "remove-sure-error") {
		t.Errorf("removed without a word: %d", a.status)
	}
	tokenRefused(t, o.Store, tt)
	if a := o.do("POST", page+"/remove", form("sure", "yes")); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if a := o.get(page); a.status != 404 {
		t.Errorf("it is still there: %d", a.status)
	}
	if a := o.get("/admin/senders"); strings.Contains(a.text(), "12345678") || !strings.Contains(a.text(), "99999999") {
		t.Errorf("%s", a.text())
	}
	tt, _ = o.Directory().Tenant(b)
	if len(tt.Removed) != 1 || tt.Removed[0].Secrets.Token != "" || len(tt.Removed[0].Secrets.AppSecrets) != 0 || tt.Removed[0].Secrets.VerifyToken != "" || tt.Removed[0].PhoneNumberID != realID {
		t.Errorf("%+v", tt.Removed)
	}
	if open, err := o.Manage.OpenAlarms(t.Context(), b); err != nil || len(open) != 0 {
		t.Errorf("alarms about what is gone: %+v, %v", open, err)
	}
	if !o.logged(b, "number removed", tt.Removed[0].ID) {
		t.Error("nothing is in the log")
	}
	// The record is what it was, and says by which number; the audit finds nothing.
	if text := o.get("/admin/people/" + who).text(); !strings.Contains(text, "To your number +493012345678") {
		t.Errorf("the record does not say by which number: %s", text)
	}
	report, err := o.Records.Audit(t.Context(), records.AuditOptions{})
	if err != nil || report.ExitCode() != 0 {
		t.Errorf("the audit: %+v, %v", report, err)
	}
	a = o.do("POST", "/f/fresh-news", form("purpose", "offers", "shown", shownField.FindStringSubmatch(o.get("/f/fresh-news").body)[1]))
	if to := o.get(a.header.Get("Location") + "/chat").header.Get("Location"); !strings.Contains(to, "493099999999") {
		t.Errorf("the funnel leads to %s", to)
	}
	again := o.connect()
	if again == page || again == other {
		t.Errorf("connected anew as %s", again)
	}
	if a := o.get("/admin/senders"); !strings.Contains(a.text(), "12345678") {
		t.Errorf("%s", a.text())
	}
}

// The step of the template says that it is submitted, and turns without a click.
func TestTemplateStepTurnsByItself(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b := o.fresh()
	page := o.connect()
	if a := o.do("POST", page+"/template", nil); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	a := o.get(page)
	if !strings.Contains(a.text(), "Submitted. WhatsApp is checking it") || !strings.Contains(a.body, `<noscript><meta http-equiv="refresh" content="15"`) || !strings.Contains(a.body, `data-refresh="15"`) || strings.Contains(a.body, page+`/template"`) {
		t.Errorf("%s", a.text())
	}
	if got := m.click("PUT", "/sim/templates", map[string]any{"sender": realID, "name": "confirm_opt_in", "language": "de", "status": "APPROVED"}); got != 200 {
		t.Fatal(got)
	}
	if err := o.App.Templates.PollReviews(t.Context()); err != nil {
		t.Fatal(err)
	}
	if step := o.step(b, business.StepTemplate); step.State != business.StepDone {
		t.Errorf("%+v", step)
	}
	if a := o.get(page); strings.Contains(a.body, "data-refresh") || strings.Contains(a.text(), "Submitted.") {
		t.Errorf("%s", a.text())
	}
	// After two days nobody asks each minute any more.
	o.Clock.Advance(49 * time.Hour)
	if got := m.click("PUT", "/sim/templates", map[string]any{"sender": realID, "name": "confirm_opt_in", "language": "de", "status": "REJECTED"}); got != 200 {
		t.Fatal(got)
	}
	if err := o.App.Templates.PollReviews(t.Context()); err != nil {
		t.Fatal(err)
	}
	if step := o.step(b, business.StepTemplate); step.State != business.StepDone {
		t.Errorf("asked after two days: %+v", step)
	}
}

// A number that was never used is not said to be sending.
func TestHealthOfANumberThatWasNeverUsed(t *testing.T) {
	o, _ := newConnected(t)
	o.signIn()
	o.fresh()
	o.connect()
	if text := o.get("/admin/health").text(); !strings.Contains(text, "Not used yet") || strings.Contains(text, "Sending") {
		t.Errorf("%s", text)
	}
}

// logged reports whether an operator's event of the business says what was done, with the
// particulars.
func (o *office) logged(b, method, particulars string) bool {
	o.T.Helper()
	return slices.ContainsFunc(o.acts(b, method), func(said string) bool { return strings.Contains(said, particulars) })
}

// acts returns the particulars of what operators did in a way, from the log.
func (o *office) acts(b, method string) (list []string) {
	o.T.Helper()
	err := o.Store.ReadOnly(o.T.Context(), func(ctx context.Context, tx *store.Tx) error {
		events, err := tx.EventsFrom(ctx, 0, 10_000)
		for _, e := range events {
			if e.Business != b || e.Name != string(evidence.OperatorActed) {
				continue
			}
			tt, _ := o.Directory().Tenant(b)
			disclosed, err := tt.Key.Open("event/"+e.ID+"/disclosures", e.Sealed)
			if err != nil {
				return err
			}
			signed, err := evidence.WithDisclosed(string(e.JWT), disclosed)
			if err != nil {
				return err
			}
			v, err := evidence.Verify(signed, tt.Keys)
			if err != nil {
				return err
			}
			for _, said := range v.Extra {
				if v.Method == method {
					list = append(list, string(said))
				}
			}
		}
		return err
	})
	if err != nil {
		o.T.Fatal(err)
	}
	return list
}

// Somebody who connects a number for the first time met a puzzle: "the request is wrong" at
// three steps where two ids had changed places, a button that could only fail, and a link to
// the ids where the secret was wrong.
func TestConnectingSaysWhatIsWrong(t *testing.T) {
	o, m := newConnected(t)
	o.signIn()
	b := o.fresh()
	page := o.connect("phone_number_id", realWABA, "waba", realID, "app_secret", "wrongsecret")
	has := func(step string, want ...string) {
		t.Helper()
		a := o.get(page)
		for _, w := range want {
			if not, absent := strings.CutPrefix(w, "!"); absent == strings.Contains(a.body+a.text(), strings.TrimPrefix(w, "!")) {
				t.Errorf("%s: %q (absent: %v, %q): %s", step, w, absent, not, a.text())
			}
		}
	}
	has("swapped", "have changed places", "It can be asked once the account's id is right.", "!found the request wrong", "!/subscribe", "!"+page+"/template", `href="`+page+`/ids"`,
		`href="#app_secret"`, "To the app secret", "Still missing: whatsapp_business_messaging", "cannot reach this machine")
	ids := func(number, id, waba string) {
		t.Helper()
		if a := o.do("POST", page+"/ids", form("number", number, "phone_number_id", id, "waba", waba, "app", realApp)); a.status != 303 {
			t.Fatalf("%d %s", a.status, a.text())
		}
	}
	ids(realNumber, "1234567", realWABA)
	has("another id", "The account has no number with this phone number id", "The account has these ids instead: "+realID, "!changed places", "/subscribe", "Subscribed so far by the app: 111")
	ids(realNumber, realID, "7654321")
	has("another account", "By the account's id the token sees no account", "(code 100)", "!/subscribe")
	ids("+493099999998", realID, realWABA)
	has("another number", "has another number than you typed", "In detail: "+realNumber)
	ids(realNumber, realID, realWABA)
	has("not registered", "in the account, and not connected", "Register, with a PIN")
	if step := o.step(b, business.StepNumber); step.Why != business.WhyUnregistered || step.State != business.StepMissing {
		t.Errorf("%+v", step)
	}
	if a := o.do("POST", page+"/secrets", form("app_secret", realSecret)); a.status != 303 {
		t.Fatal(a.status)
	}
	check := func() {
		t.Helper()
		if a := o.do("POST", page+"/check", nil); a.status != 303 {
			t.Fatal(a.status)
		}
	}
	const verify = "with another verify token"
	has("nobody asked", "!"+verify)
	hook := map[string]any{"sender": realID, "callback_url": o.Server.URL + "/webhooks/whatsapp", "verify_token": "somethingelse"}
	if got := m.click("PUT", "/sim/app", hook); got != 422 {
		t.Fatal(got)
	}
	check()
	has("the wrong verify token", verify)
	o.Clock.Advance(61 * time.Minute)
	check()
	has("long ago", "!"+verify)
	// A token that is not valid is not four things to mend.
	if a := o.do("POST", page+"/token", form("token", "EAAnotoken")); a.status != 303 {
		t.Fatal(a.status)
	}
	has("no token", "It can be asked once the access token is right.", "!/subscribe", "!By the account's id")
	// What a button could not do is no form to check.
	a := o.do("POST", page+"/subscribe", nil)
	if a.status != 422 || strings.Contains(a.text(), "Please check this form") || !strings.Contains(a.text(), "WhatsApp refused") {
		t.Errorf("%d %s", a.status, a.text())
	}
}
