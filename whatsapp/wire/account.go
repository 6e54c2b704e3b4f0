package wire

import (
	"encoding/json"
	"strings"
)

// AccountFields are the fields that tell of numbers and accounts, and of nobody.
var AccountFields = []string{
	"phone_number_quality_update", "phone_number_name_update", "account_update", "account_alerts", "account_review_update",
	"business_capability_update", "security",
}

// AccountEvent is the value of one of AccountFields. Each field is empty where
// the body has none.
type AccountEvent struct {
	Event         Word `json:"event"`
	DisplayNumber Word `json:"display_phone_number"`
	Decision      Word `json:"decision"` // of a review, of a display name
	Name          Word `json:"requested_verified_name"`
	Reason        Word `json:"rejection_reason"`
	Requester     Word `json:"requester"`

	Limit      Word `json:"max_daily_conversations_per_business"`
	OlderLimit Word `json:"current_limit"` // its name until February 2026

	EntityType Word `json:"entity_type"`
	EntityID   Word `json:"entity_id"`
	Alert      struct {
		Severity    Word `json:"alert_severity"`
		Status      Word `json:"alert_status"`
		Type        Word `json:"alert_type"`
		Description Word `json:"alert_description"`
	} `json:"alert_info"`

	Violation struct {
		Type Word `json:"violation_type"`
	} `json:"violation_info"`
	Restrictions []struct {
		Type       Word `json:"restriction_type"`
		Expiration Unix `json:"expiration"`
	} `json:"restriction_info"`
	Ban struct {
		State Word `json:"waba_ban_state"`
		Date  Word `json:"waba_ban_date"`
	} `json:"ban_info"`
}

// ParseAccount reads the value of one of AccountFields. The error names places,
// never values.
func ParseAccount(value []byte) (e AccountEvent, err error) {
	return e, decode(value, &e)
}

// Word is a string that Meta also writes as a number, or as null.
type Word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *Word) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	switch {
	case text == "null":
		*w = ""
		return nil
	case strings.HasPrefix(text, `"`):
		var s string
		err := json.Unmarshal(raw, &s)
		*w = Word(s)
		return err
	}
	var n json.Number
	err := json.Unmarshal(raw, &n)
	*w = Word(n)
	return err
}
