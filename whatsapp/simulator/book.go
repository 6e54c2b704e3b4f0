package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"assent/phone"
	"assent/whatsapp/wire"
)

// blockingCode is of an answer in which some accounts could not be blocked.
const blockingCode wire.Code = 139100

// serveForget takes an account out of the portfolio's contact book. An entry is
// there from the first message between the two, and comes again with the next.
func (s *Simulator) serveForget(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.PhoneNumberID })
	if refused != nil {
		refuse(w, *refused)
		return
	}
	query := r.URL.Query()
	bsuid := query.Get("bsuid")
	switch {
	case query.Get("messaging_product") != "whatsapp":
		refuse(w, graphError{code: wire.CodeParameter, details: "The parameter messaging_product is required."})
		return
	case !wire.IsBSUID(bsuid) || strings.Contains(bsuid, ".ENT."):
		refuse(w, graphError{code: wire.CodeParameterInvalid, details: "The parameter bsuid is not a business-scoped user ID."})
		return
	}
	deleted := false
	if p, ok := s.byUserID[from.Portfolio+"/"+bsuid]; ok && s.inBook(p, from.Portfolio) {
		if p.forgotten == nil {
			p.forgotten = map[string]time.Time{}
		}
		p.forgotten[from.Portfolio], deleted = s.now(), true
	}
	writeJSON(w, http.StatusOK, wire.ContactBookAnswer{MessagingProduct: "whatsapp", Success: true, Deleted: deleted})
}

// inBook reports whether the portfolio's contact book has the pair of number and
// user id: they exchanged a message since it was erased last.
func (s *Simulator) inBook(p *person, portfolio string) bool {
	if p.number.IsZero() {
		return false
	}
	for _, from := range s.senders {
		c, ok := s.chats[chatKey{p.id, from.PhoneNumberID}]
		if !ok || from.Portfolio != portfolio {
			continue
		}
		for _, m := range c.messages {
			if m.At.After(p.forgotten[portfolio]) {
				return true
			}
		}
	}
	return false
}

// InContactBook reports whether Meta's contact book has the person for the
// portfolio.
func (s *Simulator) InContactBook(id, portfolio string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.find(id)
	return ok && s.inBook(p, portfolio)
}

// BlockedBy reports whether the business has blocked the person on the number.
func (s *Simulator) BlockedBy(id, phoneNumberID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.find(id)
	return ok && p.blockedBy[phoneNumberID]
}

// serveBlock blocks accounts, or ends that. Errors are per account.
func (s *Simulator) serveBlock(block bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		from, refused := s.authorize(r, func(from *Sender) string { return from.PhoneNumberID })
		if refused != nil {
			refuse(w, *refused)
			return
		}
		var body wire.BlockUsers
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSend)).Decode(&body); err != nil || body.MessagingProduct != "whatsapp" || len(body.Users) == 0 || len(body.Users) > 1000 {
			refuse(w, graphError{code: wire.CodeParameter, details: "The parameters messaging_product and block_users are required."})
			return
		}
		answer := wire.BlockAnswer{MessagingProduct: "whatsapp"}
		for _, u := range body.Users {
			result, done := s.blockOne(from, u, block)
			switch {
			case !done:
				answer.Users.Failed = append(answer.Users.Failed, result)
			case block:
				answer.Users.Added = append(answer.Users.Added, result)
			default:
				answer.Users.Removed = append(answer.Users.Removed, result)
			}
		}
		s.changed()
		if len(answer.Users.Failed) == 0 {
			writeJSON(w, http.StatusOK, answer)
			return
		}
		writeJSON(w, http.StatusBadRequest, struct {
			wire.BlockAnswer
			Error wire.BlockError `json:"error"`
		}{answer, wire.BlockError{
			Message: "(#139100) Failed to block/unblock users", Code: blockingCode,
			Data: wire.ErrorData{Details: "Failed to block some users, see the block_users response list for details"},
		}})
	}
}

// blockOne blocks one account: only one that wrote to the number in the last 24
// hours.
func (s *Simulator) blockOne(from *Sender, u wire.BlockedUser, block bool) (result wire.BlockResult, done bool) {
	fail := func(code wire.Code, message, details string) (wire.BlockResult, bool) {
		result.Errors = []wire.BlockError{{Message: message, Code: code, Data: wire.ErrorData{Details: details}}}
		return result, false
	}
	var p *person
	if result.Input = u.User; u.User == "" {
		result.Input = u.UserID
		p = s.byUserID[from.Portfolio+"/"+u.UserID]
	} else if n, err := phone.FromWAID(strings.TrimPrefix(u.User, "+")); err != nil {
		return fail(wire.CodeUndeliverable, "Message undeliverable", "The user is not a WhatsApp user")
	} else {
		p = s.byLine[n.Line()]
	}
	if p != nil {
		result.WAID, result.UserID = p.shownWAID(), s.userID(p, from.Portfolio)
	}
	if !block {
		if p != nil {
			delete(p.blockedBy, from.PhoneNumberID)
		}
		return result, true
	}
	if p != nil {
		if c, ok := s.chats[chatKey{p.id, from.PhoneNumberID}]; ok && s.now().Sub(c.lastInbound) < 24*time.Hour {
			if p.blockedBy == nil {
				p.blockedBy = map[string]bool{}
			}
			p.blockedBy[from.PhoneNumberID] = true
			return result, true
		}
	}
	return fail(wire.CodeWindowClosed, "Re-engagement required", "User has not messaged in the last 24 hours")
}
