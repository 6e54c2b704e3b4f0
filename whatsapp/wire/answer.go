package wire

import "encoding/json"

// SendAnswer is the body of 200 to a send. It means accepted; whether the
// message arrived is known from statuses only.
type SendAnswer struct {
	MessagingProduct string `json:"messaging_product"`
	Contacts         []struct {
		Input  string `json:"input"`
		WAID   string `json:"wa_id,omitempty"`   // for sends to a number; may differ from it
		UserID string `json:"user_id,omitempty"` // for sends to a BSUID
	} `json:"contacts"`
	Messages []struct {
		ID     string `json:"id"`
		Status string `json:"message_status,omitempty"` // accepted, held_for_quality_assessment, paused
	} `json:"messages"`
}

// ErrorAnswer is the body of any other answer.
type ErrorAnswer struct {
	Error GraphError `json:"error"`
}

// GraphError is an error of the Graph API. Message repeats the title and may
// repeat what was sent: keep it out of logs. Details is what tells.
type GraphError struct {
	Message string    `json:"message"`
	Type    string    `json:"type"`
	Code    Code      `json:"code"`
	Data    ErrorData `json:"error_data"`
	TraceID string    `json:"fbtrace_id"`
}

// ErrorData is the part of a GraphError that is WhatsApp's own.
type ErrorData struct {
	MessagingProduct string `json:"messaging_product,omitempty"`
	Details          string `json:"details,omitempty"`
}

// UnmarshalJSON takes an error_data of any other shape for none, so that the
// code beside it is not lost.
func (d *ErrorData) UnmarshalJSON(raw []byte) error {
	type plain ErrorData
	var p plain
	if json.Unmarshal(raw, &p) == nil {
		*d = ErrorData(p)
	}
	return nil
}

// TemplateInfo is one entry of GET /{waba}/message_templates.
type TemplateInfo struct {
	ID         string              `json:"id,omitempty"`
	Name       string              `json:"name"`
	Language   string              `json:"language"`
	Category   string              `json:"category"` // MARKETING, UTILITY, AUTHENTICATION
	Status     string              `json:"status"`   // APPROVED, PENDING, REJECTED, PAUSED, …
	Reason     string              `json:"rejected_reason,omitempty"`
	Correct    string              `json:"correct_category,omitempty"` // the one that Meta will move it to
	Quality    *TemplateQuality    `json:"quality_score,omitempty"`
	Components []TemplateComponent `json:"components,omitempty"`
}

// TemplateQuality is how people took a template.
type TemplateQuality struct {
	Score string `json:"score"` // GREEN, YELLOW, RED, UNKNOWN
}

// TemplateComponent is a part of a template as it is created and listed.
type TemplateComponent struct {
	Type    string           `json:"type"` // BODY, BUTTONS, HEADER, FOOTER
	Text    string           `json:"text,omitempty"`
	Example *TemplateExample `json:"example,omitempty"`
	Buttons []TemplateButton `json:"buttons,omitempty"`
}

// TemplateExample is what stands in the places of a template, for its review.
type TemplateExample struct {
	BodyText [][]string `json:"body_text,omitempty"`
}

// TemplateButton is a button of a template.
type TemplateButton struct {
	Type    string   `json:"type"` // QUICK_REPLY, URL
	Text    string   `json:"text"`
	URL     string   `json:"url,omitempty"`
	Example []string `json:"example,omitempty"`
}

// TemplateCreate is the body of POST /{waba}/message_templates.
type TemplateCreate struct {
	Name       string              `json:"name"`
	Language   string              `json:"language"`
	Category   string              `json:"category"`
	TTL        int                 `json:"message_send_ttl_seconds,omitempty"`
	Components []TemplateComponent `json:"components"`
}

// TemplateCreated answers it. The category may be another than the one asked for.
type TemplateCreated struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Category string `json:"category"`
}

// NumberInfo is the answer of GET /{phone_number_id}.
type NumberInfo struct {
	ID         string `json:"id,omitempty"`
	Display    string `json:"display_phone_number,omitempty"`
	Name       string `json:"verified_name,omitempty"`
	NameStatus string `json:"name_status,omitempty"`
	Quality    string `json:"quality_rating,omitempty"`
	Status     string `json:"status,omitempty"`
	Limit      string `json:"whatsapp_business_manager_messaging_limit,omitempty"`
	Throughput *struct {
		Level string `json:"level"`
	} `json:"throughput,omitempty"`
}

// TemplatePage is the answer of GET /{waba}/message_templates.
type TemplatePage struct {
	Data   []TemplateInfo `json:"data"`
	Paging struct {
		Cursors struct {
			Before string `json:"before,omitempty"`
			After  string `json:"after,omitempty"`
		} `json:"cursors"`
		Next string `json:"next,omitempty"`
	} `json:"paging"`
}
