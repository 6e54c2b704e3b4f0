package wire

// Signup is a link of WhatsApp's own by which people sign up without leaving it
// (In-App Signup: POST and GET /{waba}/signups, /signups/{id}). What is empty is
// left out, which in a change means that it stays.
//
//	{ signup_message, confirmation_message, privacy_policy_url, website_url?,
//	  promo_code?, display_name?, status?, policy?: { tos, accepted } }
type Signup struct {
	ID           string        `json:"id,omitempty"`
	Message      string        `json:"signup_message,omitempty"`       // shown before the person says yes
	Confirmation string        `json:"confirmation_message,omitempty"` // sent by WhatsApp after it; may hold PromoPlace
	Privacy      string        `json:"privacy_policy_url,omitempty"`   // cannot be changed
	Website      string        `json:"website_url,omitempty"`
	Promo        string        `json:"promo_code,omitempty"`
	Name         string        `json:"display_name,omitempty"` // seen by the business alone
	Status       string        `json:"status,omitempty"`
	Policy       *SignupPolicy `json:"policy,omitempty"`
}

// SignupPolicy accepts the terms of marketing messages, with the first link of a
// business and with no later one.
type SignupPolicy struct {
	Terms    string `json:"tos"`
	Accepted bool   `json:"accepted"`
}

// What WhatsApp fixes of sign-up links.
const (
	SignupTerms    = "https://www.facebook.com/legal/ads-manager-marketing-messages-terms"
	SignupActive   = "ACTIVE"
	SignupDisabled = "DISABLED"
	PromoPlace     = "{{promo_code}}"

	MaxSignupText = 300
	MaxPromo      = 50
)

// Refusals of sign-up links that are answered by doing something.
const (
	CodeSignupTerms    Code = 2494168 // the terms were not accepted yet
	CodeSignupAccepted Code = 2494176 // they were before
)

// SignupPage is the answer of GET /{waba}/signups.
type SignupPage struct {
	Data   []Signup `json:"data"`
	Paging Paging   `json:"paging"`
}

// Paging says where a list goes on.
type Paging struct {
	Cursors struct {
		Before string `json:"before,omitempty"`
		After  string `json:"after,omitempty"`
	} `json:"cursors"`
	Next string `json:"next,omitempty"`
}

// ShortLink is a link with a text behind it that WhatsApp keeps, and the code that
// is printed of it (POST, GET, DELETE /{phone_number_id}/message_qrdls).
type ShortLink struct {
	Code  string `json:"code,omitempty"`
	Text  string `json:"prefilled_message"`
	Link  string `json:"deep_link_url,omitempty"`
	Image string `json:"generate_qr_image,omitempty"` // asks for a drawing, which is not used here
}

// MaxShortText is the most characters behind a short link.
const MaxShortText = 140

// Automation is what a chat with a number offers to tap (conversational components:
// POST /{phone_number_id}/conversational_automation).
type Automation struct {
	Welcome  bool      `json:"enable_welcome_message"`
	Commands []Command `json:"commands"`
	Prompts  []string  `json:"prompts"` // ice breakers
}

// Command is one of the commands that appear where somebody types a slash.
type Command struct {
	Name        string `json:"command_name"`
	Description string `json:"command_description"`
}

// Limits of what a chat offers.
const (
	MaxCommands    = 30
	MaxCommandName = 32
	MaxCommandHint = 256
	MaxPrompts     = 4
	MaxPrompt      = 80
)
