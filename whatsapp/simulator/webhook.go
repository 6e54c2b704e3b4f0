package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf16"
	"unicode/utf8"
)

// The shapes of webhooks, in Meta's order of members.

type contactJSON struct {
	Profile struct {
		Name     string `json:"name,omitempty"`
		Username string `json:"username,omitempty"`
	} `json:"profile"`
	WAID   string `json:"wa_id,omitempty"`
	UserID string `json:"user_id"`
	Parent string `json:"parent_user_id,omitempty"`
}

type messageJSON struct {
	Context     *contextJSON     `json:"context,omitempty"`
	Referral    *Referral        `json:"referral,omitempty"`
	From        string           `json:"from,omitempty"`
	FromUserID  string           `json:"from_user_id,omitempty"`
	FromParent  string           `json:"from_parent_user_id,omitempty"`
	ID          string           `json:"id"`
	Timestamp   string           `json:"timestamp"`
	Text        *textJSON        `json:"text,omitempty"`
	Button      *buttonJSON      `json:"button,omitempty"`
	Interactive *interactiveJSON `json:"interactive,omitempty"`
	Reaction    *reactionJSON    `json:"reaction,omitempty"`
	Edit        *editJSON        `json:"edit,omitempty"`
	Revoke      *revokeJSON      `json:"revoke,omitempty"`
	Contacts    []cardJSON       `json:"contacts,omitempty"`
	Image       *mediaJSON       `json:"image,omitempty"`
	Video       *mediaJSON       `json:"video,omitempty"`
	Document    *mediaJSON       `json:"document,omitempty"`
	Audio       *mediaJSON       `json:"audio,omitempty"`
	Sticker     *mediaJSON       `json:"sticker,omitempty"`
	Location    *locationJSON    `json:"location,omitempty"`
	Unsupported *unsupportedJSON `json:"unsupported,omitempty"`
	Errors      []errorJSON      `json:"errors,omitempty"`
	Identity    *identityJSON    `json:"identity,omitempty"`
	System      *systemJSON      `json:"system,omitempty"`
	Type        string           `json:"type"`
}

type (
	contextJSON struct {
		From      string `json:"from,omitempty"`
		ID        string `json:"id,omitempty"`
		Forwarded bool   `json:"forwarded,omitempty"`
	}
	mediaJSON struct {
		Caption  string `json:"caption,omitempty"`
		Filename string `json:"filename,omitempty"`
		MIME     string `json:"mime_type"`
		SHA256   string `json:"sha256"`
		ID       string `json:"id"`
		Voice    bool   `json:"voice,omitempty"`
	}
	locationJSON struct {
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
	}
	textJSON struct {
		Body string `json:"body"`
	}
	buttonJSON struct {
		Payload string `json:"payload"`
		Text    string `json:"text"`
	}
	interactiveJSON struct {
		Type        string    `json:"type"`
		ButtonReply replyJSON `json:"button_reply"`
	}
	replyJSON struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	reactionJSON struct {
		MessageID string `json:"message_id"`
		Emoji     string `json:"emoji,omitempty"`
	}
	editJSON struct {
		OriginalMessageID string         `json:"original_message_id"`
		Message           editedTextJSON `json:"message"`
	}
	editedTextJSON struct {
		Type string   `json:"type"`
		Text textJSON `json:"text"`
	}
	revokeJSON struct {
		OriginalMessageID string `json:"original_message_id"`
	}
	cardJSON struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
		Phones []cardPhoneJSON `json:"phones"`
		Origin string          `json:"origin"`
	}
	cardPhoneJSON struct {
		Phone string `json:"phone"`
		WAID  string `json:"wa_id"`
		Type  string `json:"type"`
	}
	unsupportedJSON struct {
		Type string `json:"type"`
	}
	identityJSON struct {
		Acknowledged bool   `json:"acknowledged"`
		Created      string `json:"created_timestamp"`
		Hash         string `json:"hash"`
	}
	systemJSON struct {
		Body           string `json:"body"`
		WAID           string `json:"wa_id,omitempty"`
		UserID         string `json:"user_id,omitempty"`
		PreviousUserID string `json:"previous_user_id,omitempty"`
		Parent         string `json:"parent_user_id,omitempty"`
		PreviousParent string `json:"previous_parent_user_id,omitempty"`
		Type           string `json:"type"`
	}
	statusJSON struct {
		ID              string            `json:"id"`
		Status          string            `json:"status"`
		Timestamp       string            `json:"timestamp"`
		RecipientID     string            `json:"recipient_id,omitempty"`
		RecipientUserID string            `json:"recipient_user_id,omitempty"`
		RecipientParent string            `json:"recipient_parent_user_id,omitempty"`
		Callback        string            `json:"biz_opaque_callback_data,omitempty"`
		Conversation    *conversationJSON `json:"conversation,omitempty"`
		Pricing         *pricingJSON      `json:"pricing,omitempty"`
		Errors          []errorJSON       `json:"errors,omitempty"`
	}
	conversationJSON struct {
		ID      string `json:"id"`
		Expires string `json:"expiration_timestamp,omitempty"`
		Origin  struct {
			Type string `json:"type"`
		} `json:"origin"`
	}
	pricingJSON struct {
		Billable bool   `json:"billable"`
		Model    string `json:"pricing_model"`
		Type     string `json:"type"`
		Category string `json:"category"`
	}
	errorJSON struct {
		Code    int           `json:"code"`
		Title   string        `json:"title"`
		Message string        `json:"message"`
		Data    errorDataJSON `json:"error_data"`
		Href    string        `json:"href"`
	}
	errorDataJSON struct {
		Details string `json:"details"`
	}
	preferenceJSON struct {
		WAID      string `json:"wa_id,omitempty"`
		UserID    string `json:"user_id"`
		Parent    string `json:"parent_user_id,omitempty"`
		Detail    string `json:"detail"`
		Category  string `json:"category"`
		Value     string `json:"value"`
		SignupID  string `json:"signup_id,omitempty"`
		Timestamp int64  `json:"timestamp"`
	}
	templateJSON struct {
		Event            string `json:"event,omitempty"`
		ID               int64  `json:"message_template_id"`
		Name             string `json:"message_template_name"`
		Language         string `json:"message_template_language"`
		Category         string `json:"message_template_category,omitempty"`
		Reason           string `json:"reason,omitempty"`
		PreviousQuality  string `json:"previous_quality_score,omitempty"`
		NewQuality       string `json:"new_quality_score,omitempty"`
		PreviousCategory string `json:"previous_category,omitempty"`
		CorrectCategory  string `json:"correct_category,omitempty"`
		NewCategory      string `json:"new_category,omitempty"`
		Element          string `json:"message_template_element,omitempty"`

		Other     *otherJSON     `json:"other_info,omitempty"`
		Disable   *disableJSON   `json:"disable_info,omitempty"`
		Rejection *rejectionJSON `json:"rejection_info,omitempty"`
	}
	otherJSON struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	disableJSON struct {
		Date string `json:"disable_date"`
	}
	rejectionJSON struct {
		Reason         string `json:"reason"`
		Recommendation string `json:"recommendation"`
	}
)

// event is one update on its way to the business.
type event struct {
	app      app
	waba     string
	metadata metadataJSON
	field    string
	array    string       // empty for fields whose value is one object
	element  any          // for array
	contact  *contactJSON // for array; may be nil
	value    any          // for fields without an array
	time     int64        // of the entry, for what is about no person; unix seconds
}

// app is who a webhook goes to: one address and one secret.
type app struct{ url, secret string }

type metadataJSON struct {
	Display       string `json:"display_phone_number"`
	PhoneNumberID string `json:"phone_number_id"`
}

type bodyJSON struct {
	Object string      `json:"object"`
	Entry  []entryJSON `json:"entry"`
}

type entryJSON struct {
	ID      string       `json:"id"`
	Time    int64        `json:"time,omitempty"`
	Changes []changeJSON `json:"changes"`
}

type changeJSON struct {
	Value any    `json:"value"`
	Field string `json:"field"`
}

type valueJSON struct {
	Product     string        `json:"messaging_product"`
	Metadata    metadataJSON  `json:"metadata"`
	Contacts    []contactJSON `json:"contacts,omitempty"`
	Messages    []any         `json:"messages,omitempty"`
	Statuses    []any         `json:"statuses,omitempty"`
	Preferences []any         `json:"user_preferences,omitempty"`
}

// body makes one POST of events for one app, in their order. Neighbours of the
// same number and kind share a value, as Meta batches them.
func body(events []event) []byte {
	b := bodyJSON{Object: "whatsapp_business_account"}
	var value *valueJSON
	var last event
	for _, e := range events {
		if len(b.Entry) == 0 || last.waba != e.waba || last.time != e.time {
			b.Entry = append(b.Entry, entryJSON{ID: e.waba, Time: e.time})
			value = nil
		}
		entry := &b.Entry[len(b.Entry)-1]
		switch {
		case e.array == "":
			entry.Changes = append(entry.Changes, changeJSON{Value: e.value, Field: e.field})
			value = nil
		case value == nil || last.metadata != e.metadata || last.field != e.field || last.array != e.array:
			value = &valueJSON{Product: "whatsapp", Metadata: e.metadata}
			entry.Changes = append(entry.Changes, changeJSON{Value: value, Field: e.field})
		}
		if e.array != "" {
			value.add(e)
		}
		last = e
	}
	return encode(b)
}

func (v *valueJSON) add(e event) {
	switch e.array {
	case "messages":
		v.Messages = append(v.Messages, e.element)
	case "statuses":
		v.Statuses = append(v.Statuses, e.element)
	case "user_preferences":
		v.Preferences = append(v.Preferences, e.element)
	}
	if e.contact == nil {
		return
	}
	for _, have := range v.Contacts {
		if have == *e.contact {
			return
		}
	}
	v.Contacts = append(v.Contacts, *e.contact)
}

// encode writes JSON as Meta does: without spaces, non-ASCII as \uXXXX in small
// letters, and /, <, % and @ escaped as well. Who signs other bytes than these
// finds out here.
func encode(v any) []byte {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("simulator: a webhook does not encode: %v", err)) // its types are all our own
	}
	raw := bytes.TrimSuffix(plain.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(raw)+len(raw)/4)
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		switch {
		case r == '/':
			out = append(out, `\/`...)
		case r == '<' || r == '%' || r == '@':
			out = fmt.Appendf(out, `\u%04x`, r)
		case r < utf8.RuneSelf:
			out = append(out, raw[i])
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// emit queues an event of a business. The caller holds the lock, which keeps
// the queue in the order of what happened.
func (s *Simulator) emit(from *Sender, e event) {
	s.changed()
	if from.WebhookURL == "" || !s.wirings[from].hears(e.field) {
		return
	}
	e.app = app{from.WebhookURL, from.AppSecret}
	e.waba = from.WABA
	e.metadata = metadataJSON{Display: from.Number[1:], PhoneNumberID: from.PhoneNumberID}
	if e.array == "" && !personal[e.field] {
		e.time = s.now().Unix()
	}
	s.courier.enqueue(e)
}

// contact is the person as the business sees them.
func (s *Simulator) contact(p *person, from *Sender) *contactJSON {
	c := &contactJSON{WAID: p.shownWAID(), UserID: s.userID(p, from.Portfolio), Parent: s.parentID(p)}
	c.Profile.Name, c.Profile.Username = p.name, p.username
	return c
}

// personal are the fields whose values speak of people: their entries name no time.
var personal = map[string]bool{"messages": true, "user_preferences": true, "user_id_update": true}

// The members that change their form with Look.Loose. A quotation mark within a string is
// escaped, so that these find members only.
var (
	digitsAsText = regexp.MustCompile(`"(timestamp|created_timestamp|expiration_timestamp)":"([0-9]+)"`)
	valuesAsBare = regexp.MustCompile(`"(time|timestamp|code|message_template_id|billable|forwarded|acknowledged|expiration)":([0-9]+|true|false)([,}])`)
	markedDigits = regexp.MustCompile(`"(timestamp|created_timestamp|expiration_timestamp)": ([0-9])`)
	beforeTime   = regexp.MustCompile(`"timestamp":`)
)

// dress gives an encoded body the looks that are set.
func (l Look) dress(body []byte) []byte {
	if l.Loose { // a mark keeps the first from being turned back by the second
		body = digitsAsText.ReplaceAll(body, []byte(`"$1": $2`))
		body = valuesAsBare.ReplaceAll(body, []byte(`"$1":"$2"$3`))
		body = markedDigits.ReplaceAll(body, []byte(`"$1":$2`))
	}
	if l.Strange {
		body = beforeTime.ReplaceAll(body, []byte(`"not_known_yet":{"of":["any","form"]},"timestamp":`))
	}
	return body
}
