package simulator

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assent/fault"
	"assent/phone"
	"assent/whatsapp/wire"
)

// What the phones here cannot bring about by themselves is told by examples: of each
// kind of webhook of an account, and of what comes seldom, or came once.

// The groups of examples.
const (
	AboutAccount = "account" // the account
	AboutNumber  = "number"  // its numbers and their limits
	AboutPerson  = "person"  // what a person does that the phone does not play
	AboutOdd     = "odd"     // what nobody expects
	AboutOther   = "other"   // what a business may pass over
)

// ExampleName names an example.
type ExampleName struct {
	Name  string `json:"name"`  // Meta's own word in capitals, or one of the simulator's
	Group string `json:"group"` // one of the groups
	Field string `json:"field"`
}

// example has a value with places for what is different each time: $WAID, $USER, $WAMID,
// $NOW, $CONTACT, $DISPLAY, $WABA, $TEMPLATE.
type example struct {
	ExampleName
	value string
}

// Examples returns the names of all examples, group by group.
func Examples() []ExampleName {
	list := make([]ExampleName, 0, len(examples))
	for _, e := range examples {
		list = append(list, e.ExampleName)
	}
	return list
}

// Example returns the field and the value of an example as a business (phone_number_id or
// number, the first if empty) would get it, indented. Who is the person whom it may be
// about, by number or user id; a new number makes one, and so does none at all.
func (s *Simulator) Example(name, sender, who string) (field string, value []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.chosen(sender)
	if !ok {
		return "", nil, errNoSender
	}
	for _, e := range examples {
		if e.Name == name {
			value, err := s.fill(e, from, who)
			return e.Field, value, err
		}
	}
	return "", nil, fault.Field("example", "There is no example of this name: GET /sim/examples lists them.")
}

// fill puts what is of now into the places of an example.
func (s *Simulator) fill(e example, from *Sender, who string) ([]byte, error) {
	places := []string{"$NOW", s.unix(), "$DISPLAY", from.Number[1:], "$WABA", from.WABA, "$TEMPLATE", s.aTemplate(from)}
	if e.Group == AboutPerson || e.Group == AboutOdd {
		p, err := s.anybody(who, from)
		if err != nil {
			return nil, err
		}
		contact, err := json.Marshal(s.contact(p, from))
		if err != nil {
			return nil, err
		}
		places = append(places, "$WAID", p.shownWAID(), "$USER", s.userID(p, from.Portfolio), "$CONTACT", string(contact))
		if strings.Contains(e.value, "$WAMID") {
			places = append(places, "$WAMID", s.wamid(p, false))
		}
	}
	text := strings.NewReplacer(places...).Replace(e.value)
	for _, withheld := range []string{`"from":"",`, `"wa_id":"",`} {
		text = strings.ReplaceAll(text, withheld, "")
	}
	var out bytes.Buffer
	err := json.Indent(&out, []byte(text), "", "  ")
	return out.Bytes(), err
}

// aTemplate is the first template of a business's account, as webhooks name one.
func (s *Simulator) aTemplate(from *Sender) string {
	t := Template{ID: "1", Name: "an_example", Language: "en"}
	if all := s.templates[from.WABA]; len(all) > 0 {
		t = all[slices.Min(slices.Collect(maps.Keys(all)))]
	}
	return `"message_template_id":` + t.ID + `,"message_template_name":"` + t.Name + `","message_template_language":"` + strings.ReplaceAll(t.Language, "_", "-") + `"`
}

// anybody finds or makes the person whom an example is about.
func (s *Simulator) anybody(who string, from *Sender) (*person, error) {
	if who == "" {
		who = "+491701234567"
	}
	if p, ok := s.find(who); ok {
		return p, nil
	}
	if n, err := phone.ParseE164(who); err == nil {
		return s.personByNumber(n), nil
	}
	return s.personByUserID(who, from.Portfolio)
}

// numbered are the fields whose value names the number that it is about.
var numbered = map[string]bool{"phone_number_quality_update": true, "phone_number_name_update": true, "security": true}

// Tell sends a webhook of a field with the value, a JSON object, to a business, by
// phone_number_id or number; to the first if empty. A value that speaks of people and
// names no number gets that of the business. Errors are faults.
func (s *Simulator) Tell(sender, field string, value []byte) error {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil || v == nil || d.More() {
		return fault.Field("value", "The value is a JSON object.")
	}
	if field = strings.TrimSpace(field); field == "" || len(field) > 100 {
		return fault.Field("field", "Name the field.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.business(nil, Inbound{To: sender})
	if err != nil {
		return err
	}
	if v["display_phone_number"] == nil && numbered[field] {
		v["display_phone_number"] = from.Number[1:]
	}
	if v["metadata"] == nil && personal[field] {
		v["messaging_product"] = "whatsapp"
		v["metadata"] = metadataJSON{Display: from.Number[1:], PhoneNumberID: from.PhoneNumberID}
	}
	if field == "messages" {
		s.heard(from, value)
	}
	s.emit(from, event{field: field, value: v})
	return nil
}

// heard opens the window of whoever writes in a value that is told, as a message does.
func (s *Simulator) heard(from *Sender, value []byte) {
	var v struct {
		Messages []struct {
			From   string `json:"from"`
			UserID string `json:"from_user_id"`
			Type   string `json:"type"`
		} `json:"messages"`
	}
	if json.Unmarshal(value, &v) != nil {
		return
	}
	for _, m := range v.Messages {
		for _, who := range []string{m.UserID, m.From} {
			if p, ok := s.find(who); ok && m.Type != wire.TypeSystem {
				s.chat(p, from).lastInbound = s.now()
				break
			}
		}
	}
}

// message is an example of one message of a person.
func message(name, typed string) example {
	return example{ExampleName{name, AboutPerson, "messages"}, `{"contacts":[$CONTACT],"messages":[{"from":"$WAID","from_user_id":"$USER","id":"$WAMID","timestamp":"$NOW",` + typed + `}]}`}
}

// odd is a webhook of messages that nobody expects.
func odd(name, value string) example {
	return example{ExampleName{name, AboutOdd, "messages"}, value}
}

// update is a change of the account.
func update(event, more string) example {
	return example{ExampleName{event, AboutAccount, "account_update"}, `{"event":"` + event + `"` + more + `}`}
}

func restricted(typ string) example {
	return example{ExampleName{typ, AboutAccount, "account_update"}, `{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"` + typ + `","expiration":` + strconv.Itoa(1_893_456_000) + `}]}`}
}

func banned(state, date string) example {
	return example{ExampleName{state, AboutAccount, "account_update"}, `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"` + state + `","waba_ban_date":"` + date + `"}}`}
}

func alert(name, severity, status, typ string) example {
	return example{ExampleName{name, AboutAccount, "account_alerts"}, `{"entity_type":"WABA","entity_id":"$WABA","alert_info":{"alert_severity":"` + severity + `","alert_status":"` + status + `","alert_type":"` + typ + `","alert_description":"An example."}}`}
}

func ofNumber(name, field, value string) example {
	return example{ExampleName{name, AboutNumber, field}, value}
}

// passing is a field that is about nothing here.
func passing(field, value string) example {
	return example{ExampleName{field, AboutOther, field}, value}
}

var examples = []example{
	update("ACCOUNT_VIOLATION", `,"violation_info":{"violation_type":"SPAM"}`),
	restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"),
	restricted("RESTRICTED_CUSTOMER_INITIATED_MESSAGING"),
	restricted("RESTRICTED_UTILITY_TEMPLATES"),
	restricted("RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES"),
	restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION"),
	banned("SCHEDULE_FOR_DISABLE", "November 27, 2026"),
	banned("DISABLE", "November 27, 2026"),
	banned("REINSTATE", "November 27, 2026"),
	update("ACCOUNT_DELETED", ""),
	update("ACCOUNT_OFFBOARDED", ""),
	update("ACCOUNT_RECONNECTED", ""),
	alert("alert_critical", "CRITICAL", "ACTIVE", "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED"),
	alert("alert_warning", "WARNING", "ACTIVE", "INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO"),
	alert("alert_note", "INFORMATIONAL", "ACTIVE", "OBA_APPROVED"),
	alert("alert_over", "CRITICAL", "NONE", "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED"),
	{ExampleName{"review_approved", AboutAccount, "account_review_update"}, `{"decision":"APPROVED"}`},
	{ExampleName{"review_rejected", AboutAccount, "account_review_update"}, `{"decision":"REJECTED"}`},
	update("PARTNER_REMOVED", `,"waba_info":{"waba_id":"$WABA","owner_business_id":"1"}`),
	update("MM_LITE_TERMS_SIGNED", ""),
	update("AD_ACCOUNT_LINKED", ""),
	update("VOLUME_BASED_PRICING_TIER_UPDATE", `,"volume_tier_info":{"tier_update_time":$NOW,"pricing_category":"UTILITY","tier":"25000001:50000000","effective_month":"2026-11","region":"Germany"}`),
	update("AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", `,"auth_international_rate_eligibility":{"start_time":$NOW}`),
	update("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", `,"country":"DE"`),

	ofNumber("limit_250", "business_capability_update", `{"max_daily_conversations_per_business":"TIER_250","max_phone_numbers_per_business":2}`),
	ofNumber("limit_integer", "business_capability_update", `{"max_daily_conversations_per_business":2000}`),
	ofNumber("limit_none", "business_capability_update", `{"max_daily_conversations_per_business":"TIER_UNLIMITED","max_phone_numbers_per_waba":25}`),
	ofNumber("ONBOARDING", "phone_number_quality_update", `{"display_phone_number":"$DISPLAY","event":"ONBOARDING","max_daily_conversations_per_business":"TIER_250"}`),
	ofNumber("THROUGHPUT_UPGRADE", "phone_number_quality_update", `{"display_phone_number":"$DISPLAY","event":"THROUGHPUT_UPGRADE","max_daily_conversations_per_business":"TIER_100K"}`),
	ofNumber("limit_old", "phone_number_quality_update", `{"display_phone_number":"$DISPLAY","event":"UPGRADE","old_limit":"TIER_2K","current_limit":"TIER_10K"}`),
	ofNumber("name_approved", "phone_number_name_update", `{"display_phone_number":"$DISPLAY","decision":"APPROVED","requested_verified_name":"Example","rejection_reason":"NONE"}`),
	ofNumber("name_rejected", "phone_number_name_update", `{"display_phone_number":"$DISPLAY","decision":"REJECTED","requested_verified_name":"Example","rejection_reason":"NAME_EMPLOYEE_FORMAT"}`),
	ofNumber("PIN_CHANGED", "security", `{"display_phone_number":"$DISPLAY","event":"PIN_CHANGED","requester":"1000"}`),
	ofNumber("PIN_RESET_REQUEST", "security", `{"display_phone_number":"$DISPLAY","event":"PIN_RESET_REQUEST","requester":"1000"}`),
	ofNumber("PIN_REQUEST_SUCCESS", "security", `{"display_phone_number":"$DISPLAY","event":"PIN_REQUEST_SUCCESS"}`),

	message("list_reply", `"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"row-1","title":"STOP","description":"No more offers"}}`),
	message("flow_reply", `"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"an-example\",\"offers\":true}"}}`),
	message("request_welcome", `"type":"request_welcome"`),
	message("order", `"type":"order","order":{"catalog_id":"1","text":"","product_items":[{"product_retailer_id":"bread","quantity":"1","item_price":"3.5","currency":"EUR"}]}`),
	message("group_text", `"group_id":"Y2FwaV9ncm91cDox","type":"text","text":{"body":"STOP"}`),
	{ExampleName{"old_number_change", AboutPerson, "messages"}, `{"messages":[{"from":"$WAID","id":"$WAMID","timestamp":"$NOW","type":"system","system":{"body":"User changed from $WAID to 491701239999","new_wa_id":"491701239999","type":"user_changed_number"}}]}`},
	{ExampleName{"user_id_update", AboutPerson, "user_id_update"}, `{"user_id_update":[{"detail":"User id changed","user_id":{"previous":"$USER","current":"DE.99134982047726155500"},"timestamp":"$NOW"}]}`},
	{ExampleName{"text_preference", AboutPerson, "user_preferences"}, `{"contacts":[$CONTACT],"user_preferences":[{"wa_id":"$WAID","user_id":"$USER","detail":"User requested to stop marketing messages","category":"marketing_messages","value":"stop","timestamp":"$NOW"}]}`},

	odd("errors_alone", `{"errors":[{"code":131031,"title":"Account has been locked","message":"Account has been locked","error_data":{"details":"An example."}}]}`),
	odd("new_type", `{"contacts":[$CONTACT],"messages":[{"from":"$WAID","from_user_id":"$USER","id":"$WAMID","timestamp":"$NOW","type":"hologram","hologram":{"body":"STOP"}}]}`),
	odd("new_array", `{"holograms":[{"id":"$WAMID","timestamp":"$NOW"}]}`),
	{ExampleName{"new_field", AboutOdd, "field_of_tomorrow"}, `{"event":"SOMETHING","display_phone_number":"$DISPLAY"}`},
	odd("no_time", `{"contacts":[$CONTACT],"messages":[{"from":"$WAID","from_user_id":"$USER","id":"$WAMID","type":"text","text":{"body":"STOP"}}]}`),
	odd("no_sender", `{"messages":[{"id":"$WAMID","timestamp":"$NOW","type":"text","text":{"body":"STOP"}}]}`),
	odd("zero_byte", `{"contacts":[$CONTACT],"messages":[{"from":"$WAID","from_user_id":"$USER","id":"$WAMID","timestamp":"$NOW","type":"text","text":{"body":"ST\u0000OP \ud800"}}]}`),
	odd("foreign_status", `{"statuses":[{"id":"wamid.OF.NOBODY","status":"delivered","timestamp":"$NOW","recipient_user_id":"$USER"}]}`),
	odd("failed_with_contact", `{"contacts":[$CONTACT],"statuses":[{"id":"wamid.OF.NOBODY","status":"failed","timestamp":"$NOW","recipient_user_id":"$USER","parent_recipient_user_id":"DE.ENT.1","errors":[{"code":131026,"title":"Message undeliverable"}]}]}`),
	odd("unreadable", `{"contacts":"none","messages":[{"id":7,"type":["text"]},"STOP"]}`),
	{ExampleName{"template_correct_category_detection", AboutOdd, "template_correct_category_detection"}, `{$TEMPLATE,"correct_category":"MARKETING","new_category":"UTILITY"}`},

	passing("business_username_update", `{"display_phone_number":"$DISPLAY","username":"an_example","status":"approved"}`),
	passing("account_settings_update", `{"type":"phone_number_settings"}`),
	passing("messaging_handovers", `{"messaging_product":"whatsapp"}`),
	passing("standby", `{"messaging_product":"whatsapp"}`),
	passing("smb_message_echoes", `{"messaging_product":"whatsapp","message_echoes":[]}`),
	passing("history", `{"messaging_product":"whatsapp","history":[]}`),
}
