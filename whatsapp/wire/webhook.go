package wire

import (
	"slices"
	"strings"
)

// Kind is what an Element of a webhook is.
type Kind string

// The kinds of elements.
const (
	KindMessage    Kind = "message"         // a member of messages[], but for system ones
	KindSystem     Kind = "system"          // a change of number, user id or identity key
	KindStatus     Kind = "status"          // a member of statuses[]
	KindPreference Kind = "user_preference" // a member of user_preferences[]
	KindError      Kind = "error"           // a member of value.errors[]: trouble of the account
	KindTemplate   Kind = "template"        // a change of a template's status, quality or category
	KindField      Kind = "field"           // a change of any other field; the slice is its value
	KindUnknown    Kind = "unknown"         // a shape that this package does not know
	KindMalformed  Kind = "malformed"       // a known shape that cannot be read; see Reason
)

// Slice is the exact bytes of a part of the body, and where they stood. Bytes
// shares the body's memory.
type Slice struct {
	Offset int
	Bytes  []byte
}

// IsZero reports whether there is no such part.
func (s Slice) IsZero() bool { return s.Bytes == nil }

// Batch is a webhook's body, flattened.
type Batch struct {
	Object   string // "whatsapp_business_account"
	Elements []Element
}

// Element is one update. Exactly one of the typed contents is set, but for
// KindField, KindUnknown and some KindMalformed, which have none. A malformed
// element holds what could be read.
type Element struct {
	Kind          Kind
	Reason        string // what is wrong, if something is; names places, never values
	Timeless      bool   // it is malformed for nothing but a missing time
	Alone         bool   // of KindUnknown: nothing beside it in its value is known either
	WABA          string // entry[].id; for some account fields a portfolio's id
	Field         string // changes[].field
	EntryTime     Unix   // entry[].time, where Meta sends it
	PhoneNumberID string // metadata.phone_number_id: route by this
	DisplayNumber string // metadata.display_phone_number: for display only
	Array         string // the array it stood in: "messages", "statuses", …
	Index         int    // its place in that array

	Slice        Slice // its array element, or the whole value for KindField
	ContactSlice Slice // the member of contacts[] that belongs to it
	Contact      Contact

	Message    *Message
	Status     *Status
	Preference *Preference
	Error      *Error
	Template   *TemplateEvent
}

// Contact is a member of contacts[]. Each field is empty where Meta withholds
// it.
type Contact struct {
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
	WAID            string `json:"wa_id"`
	UserID          string `json:"user_id"` // BSUID
	ParentUserID    string `json:"parent_user_id"`
	IdentityKeyHash string `json:"identity_key_hash"`
}

// Message is a member of messages[].
type Message struct {
	ID               string `json:"id"`   // wamid
	From             string `json:"from"` // the wa_id; empty where Meta withholds it
	FromUserID       string `json:"from_user_id"`
	FromParentUserID string `json:"from_parent_user_id"`
	GroupID          string `json:"group_id"`
	Timestamp        Unix   `json:"timestamp"`

	Context  *Context  `json:"context"`
	Referral *Referral `json:"referral"`
	Identity *Identity `json:"identity"`
	Errors   Errors    `json:"errors"`

	Content
}

// Content is what a message says. Type tells which pointer is set; a type that
// this package does not know (audio, location, order, …) sets none.
type Content struct {
	Type string `json:"type"`

	Text        *Text           `json:"text,omitempty"`
	Button      *Button         `json:"button,omitempty"`
	Interactive *Interactive    `json:"interactive,omitempty"`
	Reaction    *Reaction       `json:"reaction,omitempty"`
	Edit        *Edit           `json:"edit,omitempty"`
	Revoke      *Revoke         `json:"revoke,omitempty"`
	Contacts    []SharedContact `json:"contacts,omitempty"`
	System      *System         `json:"system,omitempty"`
	Unsupported *Unsupported    `json:"unsupported,omitempty"`

	Image    *Media `json:"image,omitempty"`
	Video    *Media `json:"video,omitempty"`
	Document *Media `json:"document,omitempty"`
}

// Caption returns what was written under a picture, a video or a document, or is now.
func (c *Content) Caption() string {
	if c.Edit != nil {
		return c.Edit.Message.Caption()
	}
	for _, m := range []*Media{c.Image, c.Video, c.Document} {
		if m != nil && m.Caption != "" {
			return m.Caption
		}
	}
	return ""
}

// Media is a picture, a video or a document, as far as it says something.
type Media struct {
	Caption string `json:"caption"`
}

// The types of messages with a typed content.
const (
	TypeText        = "text"
	TypeButton      = "button" // a tap on a quick reply of a template
	TypeInteractive = "interactive"
	TypeReaction    = "reaction"
	TypeEdit        = "edit"
	TypeRevoke      = "revoke"
	TypeContacts    = "contacts"
	TypeSystem      = "system"
	TypeUnsupported = "unsupported"
)

// Context names the message that is answered, or says that this was forwarded.
// Button replies can come without one.
type Context struct {
	From                string `json:"from"`
	ID                  string `json:"id"` // wamid
	Forwarded           Flag   `json:"forwarded"`
	FrequentlyForwarded Flag   `json:"frequently_forwarded"`
}

// Referral says which advertisement or post led to the first message.
type Referral struct {
	SourceURL      string `json:"source_url"`
	SourceID       string `json:"source_id"`
	SourceType     string `json:"source_type"` // "ad" or "post"
	Headline       string `json:"headline"`
	Body           string `json:"body"`
	MediaType      string `json:"media_type"`
	CTWAClickID    string `json:"ctwa_clid"` // absent for ads in WhatsApp Status
	WelcomeMessage *Text  `json:"welcome_message"`
}

// Identity tells of the account's key, which changes with a new phone or SIM.
type Identity struct {
	Acknowledged     Flag   `json:"acknowledged"`
	CreatedTimestamp Unix   `json:"created_timestamp"`
	Hash             string `json:"hash"`
}

// Text is a text message. Taps on ice breakers and prefilled texts come as one.
type Text struct {
	Body string `json:"body"`
	// Text is where referral.welcome_message keeps its words.
	Text string `json:"text"`
}

// Button is a tap on a quick reply of a template. Payload repeats Text where
// the send gave none.
type Button struct {
	Payload string `json:"payload"`
	Text    string `json:"text"`
}

// Interactive is an answer to an interactive message.
type Interactive struct {
	Type        string     `json:"type"` // "button_reply", "list_reply", "nfm_reply"
	ButtonReply *Reply     `json:"button_reply"`
	ListReply   *Reply     `json:"list_reply"`
	FlowReply   *FlowReply `json:"nfm_reply"`
}

// Reply is the button or row that was chosen; ID is what the send gave it.
type Reply struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// FlowReply is a finished Flow. ResponseJSON is JSON within a string, and holds
// the fields and `flow_token`.
type FlowReply struct {
	Name         string `json:"name"`
	Body         string `json:"body"`
	ResponseJSON string `json:"response_json"`
}

// Reaction is an emoji on a message; without one it takes the reaction back.
type Reaction struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
}

// Edit is a changed message.
type Edit struct {
	OriginalMessageID string  `json:"original_message_id"`
	Message           Content `json:"message"`
}

// Revoke is a message deleted for everyone.
type Revoke struct {
	OriginalMessageID string `json:"original_message_id"`
}

// SharedContact is an address card. With the origin "contact_request" it is the
// sender's own number, the answer to a request for it; with "other" it may be
// anybody's.
type SharedContact struct {
	Name   SharedName    `json:"name"`
	Phones []SharedPhone `json:"phones"`
	Origin string        `json:"origin"`
	VCard  string        `json:"vcard"`
}

// SharedName is the name on an address card.
type SharedName struct {
	Formatted string `json:"formatted_name"`
}

// SharedPhone is a number on an address card.
type SharedPhone struct {
	Phone string `json:"phone"`
	WAID  string `json:"wa_id"`
	Type  string `json:"type"`
}

// The types of System.
const (
	NumberChanged   = "user_changed_number"       // and the new number may be shown
	UserIDChanged   = "user_changed_user_id"      // the new number is withheld
	IdentityChanged = "customer_identity_changed" // same number, new key: perhaps another person
)

// System is a change of the account itself. The older spellings
// (`customer_changed_number`, `new_wa_id`, `customer`) and the withdrawn field
// `user_id_update` are read into the same form.
type System struct {
	Type                 string `json:"type"`
	Body                 string `json:"body"`
	WAID                 string `json:"wa_id"` // the new number, where it may be shown
	PreviousWAID         string `json:"-"`     // the old one: the message's From, or `customer`
	UserID               string `json:"user_id"`
	PreviousUserID       string `json:"previous_user_id"`
	ParentUserID         string `json:"parent_user_id"`
	PreviousParentUserID string `json:"previous_parent_user_id"`

	NewWAID  string `json:"new_wa_id"` // of old bodies; copied to WAID
	Customer string `json:"customer"`  // of old bodies; copied to PreviousWAID
}

// Unsupported names a kind of message that the platform does not pass on.
type Unsupported struct {
	Type string `json:"type"`
}

// Status is a member of statuses[]. No order is kept: `delivered` may be
// missing, late, or come after `read`.
type Status struct {
	ID                       string        `json:"id"`
	Status                   string        `json:"status"` // sent, delivered, read, played, failed
	Timestamp                Unix          `json:"timestamp"`
	RecipientID              string        `json:"recipient_id"` // the wa_id where it may be shown, or a group's id
	RecipientUserID          string        `json:"recipient_user_id"`
	RecipientParentUserID    string        `json:"recipient_parent_user_id"`
	FormerParentUserID       string        `json:"parent_recipient_user_id"` // its name until May 2026
	RecipientType            string        `json:"recipient_type"`           // "group", or empty
	RecipientIdentityKeyHash string        `json:"recipient_identity_key_hash"`
	Callback                 string        `json:"biz_opaque_callback_data"`
	Conversation             *Conversation `json:"conversation"`
	Pricing                  *Pricing      `json:"pricing"`
	Errors                   Errors        `json:"errors"`
}

// Conversation is sent by Graph v23 and earlier, and for free entry points.
type Conversation struct {
	ID                  string `json:"id"`
	ExpirationTimestamp Unix   `json:"expiration_timestamp"`
	Origin              struct {
		Type string `json:"type"`
	} `json:"origin"`
}

// Pricing tells the category that was really charged, which is the only place
// where a template's silent change of category shows per message.
type Pricing struct {
	Billable     Flag   `json:"billable"`
	PricingModel string `json:"pricing_model"`
	Type         string `json:"type"`
	Category     string `json:"category"`
}

// Error is an error as Meta writes it in statuses, messages and value.errors.
// Decide by Code (and Details); titles change.
type Error struct {
	Code    Code   `json:"code"`
	Title   string `json:"title"`
	Message string `json:"message"`
	Data    struct {
		Details string `json:"details"`
	} `json:"error_data"`
	Href string `json:"href"`
}

// The values of Preference, and what they are about.
const (
	PreferenceMarketing = "marketing_messages"

	PreferenceStop   = "stop"
	PreferenceResume = "resume"
	PreferenceSignup = "signup"
)

// Preference is WhatsApp's own control over marketing messages.
type Preference struct {
	WAID         string `json:"wa_id"`
	UserID       string `json:"user_id"`
	ParentUserID string `json:"parent_user_id"`
	Detail       string `json:"detail"`
	Category     string `json:"category"` // "marketing_messages"
	Value        string `json:"value"`
	SignupID     string `json:"signup_id"`
	Timestamp    Unix   `json:"timestamp"`
}

// TemplateEvent is the value of message_template_status_update,
// message_template_quality_update, message_template_components_update and
// template_category_update.
type TemplateEvent struct {
	Event    string `json:"event"` // of the status field: APPROVED, PAUSED, …
	ID       string `json:"message_template_id"`
	Name     string `json:"message_template_name"`
	Language string `json:"message_template_language"` // "en_US", however it was written
	Category string `json:"message_template_category"`
	Reason   string `json:"reason"`

	PreviousQuality string `json:"previous_quality_score"`
	NewQuality      string `json:"new_quality_score"`

	// With CorrectCategory the change is announced and NewCategory is still the
	// current one; with PreviousCategory it is done.
	PreviousCategory string `json:"previous_category"`
	NewCategory      string `json:"new_category"`
	CorrectCategory  string `json:"correct_category"`

	Body string `json:"message_template_element"` // of the components field

	Other struct {
		Title       string `json:"title"` // FIRST_PAUSE, SECOND_PAUSE, RATE_LIMITING_PAUSE, UNPAUSE, DISABLED
		Description string `json:"description"`
	} `json:"other_info"`
	Disable struct {
		Date string `json:"disable_date"`
	} `json:"disable_info"`
	Rejection struct {
		Reason         string `json:"reason"`
		Recommendation string `json:"recommendation"`
	} `json:"rejection_info"`
}

// Why returns all that Meta says of why a template stands as it does.
func (e *TemplateEvent) Why() string {
	var words []string
	for _, w := range []string{e.Reason, e.Other.Title, e.Other.Description, e.Disable.Date, e.Rejection.Reason, e.Rejection.Recommendation} {
		if w != "" && w != "NONE" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, ": ")
}
