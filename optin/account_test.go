package optin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/manage"
	"assent/optin"
	"assent/store"
	"assent/template"
)

// tells lets Meta tell something of the account at the time.
func (h *house) tells(field, value string, at time.Time) {
	h.Helper()
	body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"200","time":%d,"changes":[{"field":%q,"value":%s}]}]}`, at.Unix(), field, value)
	h.must(h.optin.Accept(h.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
	_, err := h.optin.HandleInbox(h.Context())
	h.must(err)
}

func (h *house) stateOf(about string) (state business.AccountState) {
	h.Helper()
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, tx *store.Tx) error {
		doc, err := tx.AccountState(ctx, about)
		if err != nil || doc == nil {
			return err
		}
		return json.Unmarshal(doc, &state)
	}))
	return state
}

// Each of the account's fields: what is kept, which alarm it opens, and that a
// copy of it changes nothing.
func TestAccountFields(t *testing.T) {
	for _, tt := range []struct {
		name, field, value string
		about              func(*business.Sender) string
		kept               string // in the state
		alarm              business.AlarmKind
		holds              business.Holds
	}{
		{"limit of a number", "phone_number_quality_update", `{"display_phone_number":"494055501234","event":"ONBOARDING","max_daily_conversations_per_business":"TIER_2K"}`, (*business.Sender).AboutPortfolio, `"limit":"TIER_2K"`, "", ""},
		{"throughput", "phone_number_quality_update", `{"display_phone_number":"494055501234","event":"THROUGHPUT_UPGRADE"}`, (*business.Sender).AboutSender, `"throughput":"HIGH"`, "", ""},
		{"flagged", "phone_number_quality_update", `{"display_phone_number":"494055501234","event":"FLAGGED","current_limit":"TIER_1K"}`, (*business.Sender).AboutPortfolio, `"limit":"TIER_1K"`, business.AlarmQuality, ""},
		{"capability as a number", "business_capability_update", `{"max_daily_conversations_per_business":250,"max_phone_numbers_per_business":2}`, (*business.Sender).AboutPortfolio, `"limit":"250"`, "", ""},
		{"name declined", "phone_number_name_update", `{"display_phone_number":"494055501234","decision":"REJECTED","requested_verified_name":"X","rejection_reason":"NAME"}`, (*business.Sender).AboutSender, `"name_status":"REJECTED"`, business.AlarmNotice, ""},
		{"name approved", "phone_number_name_update", `{"display_phone_number":"494055501234","decision":"APPROVED","requested_verified_name":"Morgenrot","rejection_reason":null}`, (*business.Sender).AboutSender, `"name":"Morgenrot"`, "", ""},
		{"pin", "security", `{"display_phone_number":"494055501234","event":"PIN_CHANGED","requester":"1"}`, (*business.Sender).AboutSender, ``, business.AlarmSecurity, ""},
		{"review", "account_review_update", `{"decision":"REJECTED"}`, (*business.Sender).AboutWABA, `"review":"REJECTED"`, business.AlarmNotice, ""},
		{"review passed", "account_review_update", `{"decision":"APPROVED"}`, (*business.Sender).AboutWABA, `"review":"APPROVED"`, "", ""},
		{"alert", "account_alerts", `{"entity_type":"WABA","entity_id":"200","alert_info":{"alert_severity":"CRITICAL","alert_status":"ACTIVE","alert_type":"INCREASED_CAPABILITIES_ELIGIBILITY_FAILED","alert_description":"words"}}`, (*business.Sender).AboutWABA, `"text":"words"`, business.AlarmNotice, ""},
		{"information", "account_alerts", `{"alert_info":{"alert_severity":"INFORMATIONAL","alert_status":"NONE","alert_type":"OBA_APPROVED","alert_description":"words"}}`, (*business.Sender).AboutWABA, `"type":"OBA_APPROVED"`, "", ""},
		{"violation", "account_update", `{"event":"ACCOUNT_VIOLATION","violation_info":{"violation_type":"SCAM"}}`, (*business.Sender).AboutWABA, `"violation":"SCAM"`, business.AlarmNotice, ""},
		{"restriction", "account_update", `{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_ADD_PHONE_NUMBER_ACTION","expiration":1795000000},{"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING","expiration":1795000000}]}`, (*business.Sender).AboutWABA, `"until":"2026-11-18T11:06:40Z"`, business.AlarmRestricted, business.HoldsTemplates},
		{"answers restricted", "account_update", `{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_CUSTOMER_INITIATED_MESSAGING"},{"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING"}]}`, (*business.Sender).AboutWABA, `RESTRICTED_CUSTOMER`, business.AlarmRestricted, business.HoldsAll},
		{"banned", "account_update", `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"April 17, 2027"}}`, (*business.Sender).AboutWABA, `"ban_date":"April 17, 2027"`, business.AlarmRestricted, business.HoldsAll},
		{"partner news", "account_update", `{"event":"PARTNER_ADDED"}`, (*business.Sender).AboutWABA, `"status":"PARTNER_ADDED"`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			for range 2 {
				h.tells(tt.field, tt.value, h.clock.now())
			}
			doc, err := json.Marshal(h.stateOf(tt.about(h.tenant.Senders[0])))
			h.must(err)
			if !strings.Contains(string(doc), tt.kept) {
				t.Errorf("kept %s, want %s", doc, tt.kept)
			}
			open := h.alarms()
			switch {
			case tt.alarm == "" && len(open) != 0:
				t.Errorf("alarms %+v", open)
			case tt.alarm != "" && (len(open) != 1 || open[0].Kind != tt.alarm || open[0].Holds != tt.holds || open[0].Count != 1):
				t.Errorf("alarms %+v, want one %s", open, tt.alarm)
			}
			if n := h.parkedReasons(); len(n) != 0 {
				t.Errorf("parked: %v", n)
			}
		})
	}
}

func (h *house) parkedReasons() (list []string) {
	h.Helper()
	parked, err := h.manage.ListParked(h.Context(), "", 100)
	h.must(err)
	for _, d := range parked {
		list = append(list, d.Reason)
	}
	return list
}

// News that is older than what is known changes nothing; a reinstated account
// goes on.
func TestAccountNewsInAnyOrder(t *testing.T) {
	h := newHouse(t)
	now := h.clock.now()
	h.tells("business_capability_update", `{"max_daily_conversations_per_business":"TIER_10K"}`, now)
	h.tells("business_capability_update", `{"max_daily_conversations_per_business":"TIER_250"}`, now.Add(-time.Hour))
	if st := h.stateOf(h.tenant.Senders[0].AboutPortfolio()); st.Limit != "TIER_10K" {
		t.Errorf("the limit is %s", st.Limit)
	}
	h.tells("account_update", `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE"}}`, now)
	h.tells("account_update", `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"REINSTATE"}}`, now.Add(time.Hour))
	if open := h.alarms(); len(open) != 0 {
		t.Errorf("alarms: %+v", open)
	}
}

// What is not known, not ours, or not readable is parked; what Meta sends to
// everybody is not.
func TestFieldsThatAreParked(t *testing.T) {
	for _, tt := range []struct{ name, field, waba, value, reason string }{
		{"unknown", "brand_new", "200", `{"a":1}`, "a field that is not known here: brand_new"},
		{"passing", "account_settings_update", "200", `{"a":1}`, ""},
		{"elsewhere", "account_update", "999", `{"event":"X"}`, "an account that is not set up here"},
		{"unreadable", "account_update", "200", `{"event":["X"]}`, "a field that cannot be read: account_update"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":%q,"value":%s}]}]}`, tt.waba, tt.field, tt.value)
			h.must(h.optin.Accept(t.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
			_, err := h.optin.HandleInbox(t.Context())
			h.must(err)
			if got := strings.Join(h.parkedReasons(), "|"); got != tt.reason {
				t.Errorf("parked for %q, want %q", got, tt.reason)
			}
			if tt.reason == "" {
				return
			}
			parked, err := h.manage.ListParked(t.Context(), h.tenant.ID, 9)
			h.must(err)
			if _, err := h.manage.ShowParked(t.Context(), h.tenant.ID, parked[0].ID, " ", "eve"); err == nil {
				t.Error("it was shown without a reason")
			}
			for range 2 { // handled again, parked again, and still readable
				shown, err := h.manage.ShowParked(t.Context(), h.tenant.ID, parked[0].ID, "ticket", "eve")
				if err != nil || string(shown) != body {
					t.Fatalf("shown %s, %v", shown, err)
				}
				h.must(h.manage.ReplayParked(t.Context(), h.tenant.ID, parked[0].ID, "eve"))
				if n := h.parkedReasons(); len(n) != 0 {
					t.Error("it is parked while it waits")
				}
				_, err = h.optin.HandleInbox(t.Context())
				h.must(err)
			}
			if err := h.manage.DiscardParked(t.Context(), h.tenant.ID, parked[0].ID, "\n", "eve"); !fault.Is(err, fault.Invalid) {
				t.Errorf("it was put away without a reason: %v", err)
			}
			var acts int
			h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM events WHERE name = 'operator.acted'`).Scan(&acts))
			if acts != 4 {
				t.Errorf("%d events of what the operator did, want 4", acts)
			}
		})
	}
}

func (h *house) template(lang string) (x template.Template) {
	h.Helper()
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		x, _, err = tx.Template(ctx, "200", "confirm_opt_in", lang)
		return err
	}))
	return x
}

// Templates are watched by webhooks: status, category, quality and text.
func TestTemplateWebhooks(t *testing.T) {
	h := newHouse(t)
	base := `"message_template_id":7,"message_template_name":"confirm_opt_in","message_template_language":"pt-BR"`
	at := h.clock.now()
	for _, tt := range []struct {
		field, value string
		want         template.Template
		alarm        business.AlarmKind
	}{
		{"message_template_status_update", `"event":"APPROVED","reason":"NONE","message_template_category":"UTILITY"`, template.Template{Status: "APPROVED", Category: "UTILITY"}, ""},
		{"template_category_update", `"correct_category":"MARKETING","new_category":"UTILITY"`, template.Template{Status: "APPROVED", Category: "UTILITY", Announced: "MARKETING"}, business.AlarmCategory},
		{"template_category_update", `"previous_category":"UTILITY","new_category":"MARKETING"`, template.Template{Status: "APPROVED", Category: "MARKETING"}, business.AlarmCategory},
		{"template_category_update", `"previous_category":"MARKETING","new_category":"UTILITY"`, template.Template{Status: "APPROVED", Category: "UTILITY"}, ""},
		{"message_template_quality_update", `"previous_quality_score":"GREEN","new_quality_score":"RED"`, template.Template{Status: "APPROVED", Category: "UTILITY", Quality: "RED"}, business.AlarmQuality},
		{"message_template_quality_update", `"previous_quality_score":"RED","new_quality_score":"GREEN"`, template.Template{Status: "APPROVED", Category: "UTILITY", Quality: "GREEN"}, ""},
		{"message_template_status_update", `"event":"PAUSED","reason":"LOW"`, template.Template{Status: "PAUSED", Category: "UTILITY", Quality: "GREEN", Reason: "LOW"}, business.AlarmTemplate},
		{"message_template_status_update", `"event":"PAUSED","reason":"NONE","other_info":{"title":"FIRST_PAUSE","description":"for 3 hours"}`, template.Template{Status: "PAUSED", Category: "UTILITY", Quality: "GREEN", Reason: "FIRST_PAUSE: for 3 hours"}, business.AlarmTemplate},
		{"message_template_status_update", `"event":"REJECTED","reason":"SCAM","rejection_info":{"reason":"SCAM","recommendation":"say who you are"},"disable_info":{"disable_date":1790000000}`, template.Template{Status: "REJECTED", Category: "UTILITY", Quality: "GREEN", Reason: "SCAM: 1790000000: say who you are"}, business.AlarmTemplate},
		{"message_template_status_update", `"event":"REJECTED","reason":["x"],"other_info":"x","disable_info":[],"rejection_info":{"reason":{}}`, template.Template{Status: "REJECTED", Category: "UTILITY", Quality: "GREEN"}, business.AlarmTemplate},
		{"message_template_status_update", `"event":"REINSTATED","reason":null`, template.Template{Status: "APPROVED", Category: "UTILITY", Quality: "GREEN"}, ""},
		{"message_template_components_update", `"message_template_element":"New {{1}} text"`, template.Template{Status: "APPROVED", Category: "UTILITY", Quality: "GREEN", Text: template.Text{Body: "New {{1}} text"}}, ""},
	} {
		at = at.Add(time.Second)
		h.tells(tt.field, "{"+base+","+tt.value+"}", at)
		got := h.template("pt_BR")
		if got.Status != tt.want.Status || got.Category != tt.want.Category || got.Announced != tt.want.Announced || got.Quality != tt.want.Quality || got.Reason != tt.want.Reason || got.Text.Body != tt.want.Text.Body || got.Library != template.OptIn {
			t.Errorf("after %s: %+v", tt.value, got)
		}
		open := h.alarms()
		if tt.alarm == "" && len(open) != 0 || tt.alarm != "" && (len(open) != 1 || open[0].Kind != tt.alarm) {
			t.Errorf("after %s: alarms %+v", tt.value, open)
		}
	}
}

// A template is asked in the best language that is usable.
func TestTemplateFallsBack(t *testing.T) {
	h := newHouse(t)
	tpl := h.manage.Templates(h.transport.(manage.Graph))
	h.must(tpl.Poll(t.Context(), h.tenant, h.tenant.Senders[0]))
	h.tells("message_template_status_update", `{"event":"PAUSED","message_template_name":"confirm_opt_in","message_template_language":"de"}`, h.clock.now().Add(time.Hour))
	h.must(h.optin.AskTemplate(t.Context(), h.submit(optin.Submission{Slug: "tasting", Lang: "de", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "de")}), ""))
	h.settle()
	if m := h.last(anna); !strings.HasPrefix(m.Text, "You asked Morgenrot") {
		t.Errorf("asked by %q", m.Text)
	}
}

// An account may have numbers of two businesses. What is said of a number goes to the
// business whose it is, and what holds the account to both: it went to whichever was
// first.
func TestNewsOfAnAccountOfTwoBusinesses(t *testing.T) {
	h := newHouse(t)
	sister, err := h.manage.AddBusiness(t.Context(), business.Business{Slug: "sister", LegalName: "Sister", Purposes: h.tenant.Purposes})
	h.must(err)
	sender := business.Sender{Business: sister, PhoneNumberID: "100200301", WABA: "200", Portfolio: "300", Number: "+494055501299", Simulated: true, Secrets: business.Secrets{Token: "other", AppSecrets: []string{appSecret}}}
	sender.ID, err = h.manage.AddSender(t.Context(), sender)
	h.must(err)
	opened := func(businessID string) (list string) {
		h.must(h.store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			open, err := tx.OpenAlarms(ctx, businessID)
			for _, a := range open {
				list += string(a.Kind) + "/" + a.Sender + " "
			}
			return err
		}))
		return list
	}
	tells := func(field, value string, authorised ...string) {
		body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"200","time":%d,"changes":[{"field":%q,"value":%s}]}]}`, h.clock.now().Unix(), field, value)
		h.must(h.optin.Accept(t.Context(), []byte(body), "", authorised))
		h.settle()
	}
	both := []string{h.tenant.Senders[0].ID, sender.ID}
	tells("security", `{"display_phone_number":"494055501299","event":"PIN_CHANGED"}`, both...)
	if mine, theirs := opened(h.tenant.ID), opened(sister); mine != "" || theirs != "security/"+sender.ID+" " {
		t.Errorf("of a number: %q and %q", mine, theirs)
	}
	tells("account_update", `{"event":"ACCOUNT_DELETED"}`, both...)
	if mine, theirs := opened(h.tenant.ID), opened(sister); !strings.Contains(mine, "restricted/") || !strings.Contains(theirs, "restricted/") {
		t.Errorf("of the account: %q and %q", mine, theirs)
	}
	tells("account_review_update", `{"decision":"REJECTED"}`, both[0])
	if mine, theirs := opened(h.tenant.ID), opened(sister); !strings.Contains(mine, "notice/") || strings.Contains(theirs, "notice/") {
		t.Errorf("signed for one: %q and %q", mine, theirs)
	}
}

// One body may hold what people wrote to two businesses. Each has its own, as far as the
// signature speaks for it.
func TestBatchOfTwoBusinesses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		both   bool
		parked string
		theirs consent.Reason
	}{{"signed for both", true, "", consent.ReasonSuppressed}, {"signed for one", false, "the signature does not speak for this number", consent.ReasonUnknown}} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			sister, err := h.manage.AddBusiness(t.Context(), business.Business{Slug: "sister", LegalName: "Sister", Purposes: h.tenant.Purposes})
			h.must(err)
			const id = "100200301"
			sender, err := h.manage.AddSender(t.Context(), business.Sender{Business: sister, PhoneNumberID: id, WABA: "201", Portfolio: "301", Number: "+494055501299", Simulated: true, Secrets: business.Secrets{Token: "other", AppSecrets: []string{"other"}}})
			h.must(err)
			change := func(number, who string) string {
				return `{"field":"messages","value":{"metadata":{"phone_number_id":"` + number + `"},"messages":[{"from":"` + strings.TrimPrefix(who, "+") + `","id":"wamid.` + number + `","timestamp":"` + h.seconds() + `","type":"text","text":{"body":"STOP"}}]}}`
			}
			authorised := []string{h.tenant.Senders[0].ID}
			if tt.both {
				authorised = append(authorised, sender)
			}
			body := `{"object":"whatsapp_business_account","entry":[{"id":"201","changes":[` + change(id, bernd) + `]},{"id":"200","changes":[` + change(shopID, anna) + `]}]}`
			h.must(h.optin.Accept(t.Context(), []byte(body), "", authorised))
			h.settle()
			h.parkedFor(tt.parked)
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.wants(bernd, "offers", consent.ReasonUnknown)
			h.tenant, _ = h.manage.Directory().Tenant(sister)
			h.wants(anna, "offers", consent.ReasonUnknown)
			h.wants(bernd, "offers", tt.theirs)
		})
	}
}
