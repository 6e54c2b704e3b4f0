package wire

// ContactBookAnswer is the answer to
//
//	DELETE /{phone_number_id}/contact_book?messaging_product=whatsapp&bsuid=DE.123
//
// Deleted is false where there was nothing.
type ContactBookAnswer struct {
	MessagingProduct string `json:"messaging_product"`
	Success          bool   `json:"success"`
	Deleted          bool   `json:"deleted"`
}

// BlockUsers is the body of
//
//	POST /{phone_number_id}/block_users
//
// which blocks, and of a DELETE, which ends that.
type BlockUsers struct {
	MessagingProduct string        `json:"messaging_product"`
	Users            []BlockedUser `json:"block_users"`
}

// BlockedUser names an account: by its number, or by its BSUID where that is not
// known.
type BlockedUser struct {
	User   string `json:"user,omitempty"`
	UserID string `json:"user_id,omitempty"`
}

// BlockAnswer says of each account what became of it. Where any failed the status
// is 400, and there is an error beside it (139100).
type BlockAnswer struct {
	MessagingProduct string `json:"messaging_product"`
	Users            struct {
		Added   []BlockResult `json:"added_users,omitempty"`
		Removed []BlockResult `json:"removed_users,omitempty"`
		Failed  []BlockResult `json:"failed_users,omitempty"`
	} `json:"block_users"`
}

// BlockResult is what became of one account.
type BlockResult struct {
	Input  string       `json:"input"`
	WAID   string       `json:"wa_id,omitempty"`
	UserID string       `json:"user_id,omitempty"`
	Errors []BlockError `json:"errors,omitempty"`
}

// BlockError says why an account was not blocked.
type BlockError struct {
	Message string    `json:"message"`
	Code    Code      `json:"code"`
	Data    ErrorData `json:"error_data"`
}
