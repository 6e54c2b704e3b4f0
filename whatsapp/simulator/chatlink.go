package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"assent/fault"
	"assent/whatsapp/wire"
)

// What WhatsApp keeps for a business beside templates: sign-up links, short links
// with a text behind them, and what a chat offers to tap.
//
//	GET, POST    /{version}/{waba}/signups
//	GET, POST    /{version}/signups/{signup}
//	GET, POST    /{version}/{phone_number_id}/message_qrdls
//	GET, DELETE  /{version}/{phone_number_id}/message_qrdls/{code}
//	POST         /{version}/{phone_number_id}/conversational_automation

// shelf is what is kept for one account or number.
type shelf struct {
	signups []*wire.Signup // of an account
	agreed  bool           // to the terms of marketing messages

	shortLinks []*wire.ShortLink // of a number
	automation wire.Automation
}

// maxShortLinks is how many short links a number has at most.
const maxShortLinks = 2000

// ofAccount and ofNumber return what is kept. The caller holds the lock.
func (s *Simulator) ofAccount(waba string) *shelf { return s.shelfOf("waba/" + waba) }
func (s *Simulator) ofNumber(id string) *shelf    { return s.shelfOf("number/" + id) }

func (s *Simulator) shelfOf(key string) *shelf {
	k := s.shelves[key]
	if k == nil {
		k = &shelf{automation: wire.Automation{Commands: []wire.Command{}, Prompts: []string{}}}
		s.shelves[key] = k
	}
	return k
}

// handleLinks adds their addresses to those of the API. A single sign-up link stands
// where other addresses have an id, so it is told apart before them.
func (s *Simulator) handleLinks(mux *http.ServeMux) http.Handler {
	mux.HandleFunc("GET /{version}/{id}/signups", s.serveSignups)
	mux.HandleFunc("POST /{version}/{id}/signups", s.serveCreateSignup)
	mux.HandleFunc("GET /{version}/{id}/message_qrdls", s.serveShortLinks)
	mux.HandleFunc("POST /{version}/{id}/message_qrdls", s.serveSetShortLink)
	mux.HandleFunc("GET /{version}/{id}/message_qrdls/{code}", s.serveShortLink)
	mux.HandleFunc("DELETE /{version}/{id}/message_qrdls/{code}", s.serveShortLink)
	mux.HandleFunc("POST /{version}/{id}/conversational_automation", s.serveAutomation)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if len(part) == 3 && part[1] == "signups" && (r.Method == http.MethodGet || r.Method == http.MethodPost) {
			r.SetPathValue("signup", part[2])
			s.serveSignup(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// locked answers a request of a token for its account or number. What fn returns is
// the answer, or why there is none.
func (s *Simulator) locked(w http.ResponseWriter, r *http.Request, own func(*Sender) string, fn func(*Sender) (any, *graphError)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, own)
	if refused == nil {
		var answer any
		if answer, refused = fn(from); refused == nil {
			writeJSON(w, http.StatusOK, answer)
			return
		}
	}
	refuse(w, *refused)
}

func byWABA(from *Sender) string   { return from.WABA }
func byNumber(from *Sender) string { return from.PhoneNumberID }

func bad(details string) *graphError { return &graphError{code: wire.CodeParameter, details: details} }

func (s *Simulator) serveSignups(w http.ResponseWriter, r *http.Request) {
	s.locked(w, r, byWABA, func(from *Sender) (any, *graphError) {
		page := wire.SignupPage{Data: []wire.Signup{}}
		for _, su := range s.ofAccount(from.WABA).signups {
			page.Data = append(page.Data, *su)
		}
		return page, nil
	})
}

func (s *Simulator) serveCreateSignup(w http.ResponseWriter, r *http.Request) {
	var in wire.Signup
	readable := readJSONQuietly(r, &in)
	s.locked(w, r, byWABA, func(from *Sender) (any, *graphError) {
		account := s.ofAccount(from.WABA)
		policy := in.Policy
		in.ID, in.Policy, in.Status = "", nil, wire.SignupActive
		if !readable {
			return nil, bad("The body is not the JSON expected.")
		}
		if in.Message == "" || in.Confirmation == "" || !isAddress(in.Privacy, "http", "https") {
			return nil, bad("signup_message, confirmation_message and privacy_policy_url are needed.")
		}
		if refused := judge(in); refused != nil {
			return nil, refused
		}
		switch {
		case policy == nil && !account.agreed:
			return nil, &graphError{code: wire.CodeSignupTerms, details: "Terms of Service not accepted."}
		case policy != nil && account.agreed:
			return nil, &graphError{code: wire.CodeSignupAccepted, details: "Terms of Service already accepted."}
		case policy != nil && (!policy.Accepted || policy.Terms != wire.SignupTerms):
			return nil, &graphError{code: 2494177, details: "Terms of Service URL is not allowed."}
		}
		account.agreed = true
		s.serial++
		in.ID = strconv.Itoa(880_000_000_000 + s.serial)
		account.signups = append(account.signups, &in)
		s.changed()
		return map[string]string{"id": in.ID}, nil
	})
}

// judge keeps Meta's limits on a sign-up link.
func judge(in wire.Signup) *graphError {
	switch {
	case utf8.RuneCountInString(in.Message) > wire.MaxSignupText || utf8.RuneCountInString(in.Confirmation) > wire.MaxSignupText:
		return bad("A message has 1 to 300 characters.")
	case strings.Contains(strings.ReplaceAll(in.Confirmation, wire.PromoPlace, ""), "{{"):
		return &graphError{code: 2494166, details: "Unknown placeholder."}
	case strings.Contains(in.Confirmation, wire.PromoPlace) && in.Promo == "":
		return &graphError{code: 2494167, details: "The placeholder promo_code has no value."}
	case in.Website != "" && !isAddress(in.Website, "https"):
		return &graphError{code: 2494179, details: "The website URL must use https."}
	case utf8.RuneCountInString(in.Promo) > wire.MaxPromo:
		return bad("A promo code has 1 to 50 letters and digits.")
	}
	return nil
}

func isAddress(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme)
}

// serveSignup tells of a sign-up link, or changes what the body names of it. The
// path names no account, so any token whose account has the link will do.
func (s *Simulator) serveSignup(w http.ResponseWriter, r *http.Request) {
	var in wire.Signup
	readable := r.Method == http.MethodGet || readJSONQuietly(r, &in)
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	refused := &graphError{code: wire.CodeTokenInvalid, status: http.StatusUnauthorized}
	for _, from := range s.senders {
		if from.Token != token {
			continue
		}
		su, ok := s.signup(from.WABA, r.PathValue("signup"))
		if !ok {
			refused = &graphError{code: 2494164, details: "The signup does not exist."}
			continue
		}
		if r.Method == http.MethodGet {
			writeJSON(w, http.StatusOK, su)
			return
		}
		if refused = changeSignup(su, in, readable); refused == nil {
			s.changed()
			writeJSON(w, http.StatusOK, map[string]bool{"success": true})
			return
		}
		break
	}
	refuse(w, *refused)
}

func changeSignup(su *wire.Signup, in wire.Signup, readable bool) *graphError {
	if !readable || in.Privacy != "" || in.Status != "" && in.Status != wire.SignupActive && in.Status != wire.SignupDisabled {
		return bad("The body is not the JSON expected, or changes what cannot be.")
	}
	next := *su
	for _, c := range []struct {
		to   *string
		from string
	}{{&next.Message, in.Message}, {&next.Confirmation, in.Confirmation}, {&next.Website, in.Website}, {&next.Promo, in.Promo}, {&next.Name, in.Name}, {&next.Status, in.Status}} {
		if c.from != "" {
			*c.to = c.from
		}
	}
	if refused := judge(next); refused != nil {
		return refused
	}
	*su = next
	return nil
}

func (s *Simulator) signup(waba, id string) (*wire.Signup, bool) {
	list := s.ofAccount(waba).signups
	i := slices.IndexFunc(list, func(su *wire.Signup) bool { return su.ID == id })
	if i < 0 {
		return nil, false
	}
	return list[i], true
}

// Signup returns a sign-up link of a business, as the screen shows it before the
// person says yes, and the business's name. One that was disabled is a Conflict, as
// WhatsApp shows an error in its place.
func (s *Simulator) Signup(senderID, id string) (su wire.Signup, name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.sender(senderID)
	if !ok {
		return su, "", errNoSender
	}
	found, ok := s.signup(from.WABA, id)
	switch {
	case !ok:
		return su, from.Name, fault.New(fault.NotFound, "There is no such sign-up link.")
	case found.Status != wire.SignupActive:
		return *found, from.Name, fault.New(fault.Conflict, "This sign-up link is disabled.")
	}
	return *found, from.Name, nil
}

// signedUp puts the confirmation, which WhatsApp itself sends, into the chat. The
// caller holds the lock.
func (s *Simulator) signedUp(p *person, from *Sender, id string) error {
	su, ok := s.signup(from.WABA, id)
	if !ok { // a script may name any
		return nil
	}
	if su.Status != wire.SignupActive {
		return fault.New(fault.Conflict, "This sign-up link is disabled.")
	}
	text := strings.ReplaceAll(su.Confirmation, wire.PromoPlace, su.Promo)
	s.chat(p, from).add(&Message{ID: s.wamid(p, true), Sender: from.PhoneNumberID, Type: "text", Text: text, At: s.now(), State: Delivered})
	return nil
}

func (s *Simulator) serveShortLinks(w http.ResponseWriter, r *http.Request) {
	s.locked(w, r, byNumber, func(from *Sender) (any, *graphError) {
		list := []wire.ShortLink{}
		for _, l := range s.ofNumber(from.PhoneNumberID).shortLinks {
			list = append(list, *l)
		}
		return map[string]any{"data": list}, nil
	})
}

// serveSetShortLink makes a short link, or changes the text of the one that the
// body names.
func (s *Simulator) serveSetShortLink(w http.ResponseWriter, r *http.Request) {
	var in wire.ShortLink
	readable := readJSONQuietly(r, &in)
	s.locked(w, r, byNumber, func(from *Sender) (any, *graphError) {
		number := s.ofNumber(from.PhoneNumberID)
		if n := utf8.RuneCountInString(in.Text); !readable || n < 1 || n > wire.MaxShortText {
			return nil, bad("prefilled_message has 1 to 140 characters.")
		}
		if in.Code != "" {
			l, ok := number.shortLink(in.Code)
			if !ok {
				return nil, bad("The code does not exist.")
			}
			l.Text = in.Text
			return *l, nil
		}
		if len(number.shortLinks) >= maxShortLinks {
			return nil, bad("The number has 2000 codes already.")
		}
		s.serial++
		code := strings.ToUpper(strconv.FormatInt(int64(46_656_000_000+7919*s.serial), 36)) + "SIM"
		l := &wire.ShortLink{Code: code, Text: in.Text, Link: "https://wa.me/message/" + code}
		number.shortLinks = append(number.shortLinks, l)
		return *l, nil
	})
}

func (k *shelf) shortLink(code string) (*wire.ShortLink, bool) {
	i := slices.IndexFunc(k.shortLinks, func(l *wire.ShortLink) bool { return l.Code == code })
	if i < 0 {
		return nil, false
	}
	return k.shortLinks[i], true
}

func (s *Simulator) serveShortLink(w http.ResponseWriter, r *http.Request) {
	s.locked(w, r, byNumber, func(from *Sender) (any, *graphError) {
		number := s.ofNumber(from.PhoneNumberID)
		l, ok := number.shortLink(r.PathValue("code"))
		switch {
		case !ok:
			return nil, bad("The code does not exist.")
		case r.Method == http.MethodGet:
			return map[string]any{"data": []wire.ShortLink{*l}}, nil
		}
		number.shortLinks = slices.DeleteFunc(number.shortLinks, func(x *wire.ShortLink) bool { return x == l })
		return map[string]bool{"success": true}, nil
	})
}

// ShortLink returns the number and the text behind a short link.
func (s *Simulator) ShortLink(code string) (number, text string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range s.senders {
		if l, ok := s.ofNumber(from.PhoneNumberID).shortLink(code); ok {
			return from.Number, l.Text, nil
		}
	}
	return "", "", fault.New(fault.NotFound, "This link has expired.")
}

// serveAutomation sets what a chat offers to tap.
func (s *Simulator) serveAutomation(w http.ResponseWriter, r *http.Request) {
	var in wire.Automation
	readable := readJSONQuietly(r, &in)
	s.locked(w, r, byNumber, func(from *Sender) (any, *graphError) {
		if !readable || len(in.Commands) > wire.MaxCommands || len(in.Prompts) > wire.MaxPrompts {
			return nil, bad("At most 30 commands and 4 prompts.")
		}
		for _, c := range in.Commands {
			name, hint := utf8.RuneCountInString(c.Name), utf8.RuneCountInString(c.Description)
			if name < 1 || name > wire.MaxCommandName || hint < 1 || hint > wire.MaxCommandHint || strings.ContainsAny(c.Name, "/ \t\n") {
				return nil, bad("A command's name has 1 to 32 characters, its description 1 to 256.")
			}
		}
		for _, p := range in.Prompts {
			if n := utf8.RuneCountInString(p); n < 1 || n > wire.MaxPrompt {
				return nil, bad("A prompt has 1 to 80 characters.")
			}
		}
		in.Commands, in.Prompts = append([]wire.Command{}, in.Commands...), append([]string{}, in.Prompts...)
		s.ofNumber(from.PhoneNumberID).automation = in
		s.changed()
		return map[string]bool{"success": true}, nil
	})
}

// Automation returns what a chat with the business offers to tap.
func (s *Simulator) Automation(senderID string) (wire.Automation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.sender(senderID)
	if !ok {
		return wire.Automation{}, errNoSender
	}
	return s.ofNumber(from.PhoneNumberID).automation, nil
}
