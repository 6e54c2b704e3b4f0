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
	ID       string `json:"id,omitempty"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Category string `json:"category"` // MARKETING, UTILITY, AUTHENTICATION
	Status   string `json:"status"`   // APPROVED, PENDING, REJECTED, PAUSED, …
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
