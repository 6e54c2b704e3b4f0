package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"assent/fault"
	"assent/whatsapp/wire"
)

// ForgetContact takes the account out of the contact book that Meta keeps for the
// sender's portfolio, and reports whether it was there. What Meta remembers of the
// last 30 days is not touched, and the next message makes the entry anew.
func (c *Client) ForgetContact(ctx context.Context, from Sender, bsuid string) (deleted bool, err error) {
	query := url.Values{"messaging_product": {"whatsapp"}, "bsuid": {bsuid}}
	path, err := numberPath(from, "contact_book?"+query.Encode())
	if err != nil {
		return false, err
	}
	var answer wire.ContactBookAnswer
	if err := c.call(ctx, http.MethodDelete, from, path, nil, &answer); err != nil {
		return false, err
	}
	if !answer.Success {
		return false, fault.New(fault.Unavailable, "WhatsApp did not take the account out of the contact book.")
	}
	return answer.Deleted, nil
}

// BlockUser blocks an account, by its number where that is known: nothing goes
// from it to the sender's number or back. Meta blocks only who wrote to the number
// in the last 24 hours.
func (c *Client) BlockUser(ctx context.Context, from Sender, number, bsuid string) error {
	return c.blocks(ctx, http.MethodPost, from, number, bsuid)
}

// UnblockUser ends the block of an account, named as it was for BlockUser.
func (c *Client) UnblockUser(ctx context.Context, from Sender, number, bsuid string) error {
	return c.blocks(ctx, http.MethodDelete, from, number, bsuid)
}

func (c *Client) blocks(ctx context.Context, method string, from Sender, number, bsuid string) error {
	path, err := numberPath(from, "block_users")
	if err != nil {
		return err
	}
	user := wire.BlockedUser{User: number}
	if number == "" {
		user.UserID = bsuid
	}
	body, err := json.Marshal(wire.BlockUsers{MessagingProduct: "whatsapp", Users: []wire.BlockedUser{user}})
	if err != nil {
		return err
	}
	a, _, err := c.do(ctx, method, from, path, body)
	if err != nil {
		return fault.New(fault.Unavailable, "WhatsApp cannot be reached.").Because(err)
	}
	var answer wire.BlockAnswer
	read := json.Unmarshal(a.body, &answer) == nil
	if read && len(answer.Users.Failed) > 0 && len(answer.Users.Failed[0].Errors) > 0 { // it says more than the code of the whole
		e := answer.Users.Failed[0].Errors[0]
		return &APIError{Code: e.Code, Details: e.Data.Details, HTTP: a.status}
	}
	if read && a.status == http.StatusOK && len(answer.Users.Added)+len(answer.Users.Removed) == 1 {
		return nil
	}
	var refused *APIError
	if a.status != http.StatusOK && errors.As(refusal(a), &refused) {
		return refused
	}
	return fault.New(fault.Unavailable, "WhatsApp answers with HTTP %d.", a.status)
}

// numberPath returns the path of something of the sender's number. A provider
// knows the number by its key.
func numberPath(from Sender, path string) (string, error) {
	if from.Host != "" {
		return path, nil
	}
	if !idForm.MatchString(from.PhoneNumberID) {
		return "", fault.Field("phone_number_id", "The sender has no phone number id.")
	}
	return from.PhoneNumberID + "/" + path, nil
}
