package simulator

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"assent/phone"
	"assent/whatsapp/wire"
)

// outcome is an accepted send.
type outcome struct {
	answer wire.SendAnswer
	quirk  quirk
}

// send judges one message and takes it on. The caller holds the lock.
func (s *Simulator) send(from *Sender, m wire.Send) (outcome, *graphError) {
	if m.MessagingProduct != "whatsapp" {
		return outcome{}, &graphError{code: wire.CodeParameter, details: "The parameter messaging_product is required."}
	}
	if m.RecipientType != "" && m.RecipientType != "individual" {
		return outcome{}, &graphError{code: wire.CodeParameter, details: "The simulator has no groups."}
	}
	p, refused := s.recipient(from, m)
	if refused != nil {
		return outcome{}, refused
	}
	shown, template, refused := s.compose(from, m)
	if refused != nil {
		return outcome{}, refused
	}
	if p == nil { // a BSUID in `to`: taken on, and then nothing
		s.serial++
		ghost := &person{userIDs: map[string]string{from.Portfolio: m.To}}
		return outcome{answer: sendAnswer(m, s.wamid(ghost, true), "", "")}, nil
	}
	if template != nil && template.Category == "AUTHENTICATION" && m.To == "" {
		return outcome{}, &graphError{code: wire.CodeNeedsNumber, details: "Authentication templates need a phone number."}
	}
	if p.blockedBy[from.PhoneNumberID] {
		return outcome{}, s.refusal(130403)
	}
	f := s.fate(from, p, m, template)
	if f.code != 0 && f.atOnce {
		return outcome{}, s.refusal(f.code)
	}
	if f.quirk == codeZero {
		return outcome{}, s.refusal(0)
	}
	if f.quirk == htmlError {
		return outcome{quirk: htmlError}, nil
	}
	shown.ID, shown.Sender, shown.At, shown.State = s.wamid(p, true), from.PhoneNumberID, s.now(), Accepted
	shown.callback, shown.toNumber = m.Callback, m.To != ""
	c := s.chat(p, from)
	shown.price = c.price(shown, shown.At)
	c.add(shown)
	s.travel(from, p, shown, f)
	userID := ""
	if m.To == "" {
		userID = s.userID(p, from.Portfolio)
	}
	answer := sendAnswer(m, shown.ID, p.number.LikelyWAID(), userID)
	if template != nil {
		answer.Messages[0].Status = "accepted"
		if f.quirk == held {
			answer.Messages[0].Status = "held_for_quality_assessment"
		}
	}
	return outcome{answer, f.quirk}, nil
}

func sendAnswer(m wire.Send, wamid, waID, userID string) wire.SendAnswer {
	a := wire.SendAnswer{MessagingProduct: "whatsapp"}
	a.Contacts = append(a.Contacts, struct {
		Input  string `json:"input"`
		WAID   string `json:"wa_id,omitempty"`
		UserID string `json:"user_id,omitempty"`
	}{Input: m.To, WAID: waID})
	if m.To == "" {
		a.Contacts[0].Input, a.Contacts[0].WAID, a.Contacts[0].UserID = m.Recipient, "", userID
	}
	a.Messages = append(a.Messages, struct {
		ID     string `json:"id"`
		Status string `json:"message_status,omitempty"`
	}{ID: wamid})
	return a
}

func (s *Simulator) refusal(code wire.Code) *graphError {
	e := &graphError{code: code, details: code.Behaviour().Meaning}
	switch code {
	case 0, wire.CodeTokenInvalid:
		e.status = 401
	case 132001:
		e.status = 404
	case 1, 2, 131000, 131016:
		e.status = 500
	case 4, 80007, 130429:
		e.status = 429
	}
	return e
}

// recipient finds whom the message goes to, as Meta reads the two fields: `to`
// wins; without a plus the business's own country code is put in front; a
// BSUID in `to` is nobody, which is a nil person without an error.
func (s *Simulator) recipient(from *Sender, m wire.Send) (*person, *graphError) {
	switch {
	case m.To == "" && m.Recipient == "":
		return nil, &graphError{code: wire.CodeParameter, details: "The parameter to is required."}
	case m.To == "":
		p, ok := s.byUserID[from.Portfolio+"/"+m.Recipient]
		if !ok {
			p, ok = s.byUserID[m.Recipient] // a parent's
		}
		if !ok {
			return nil, &graphError{code: wire.CodeParameterInvalid, details: "The recipient is not a user of this business portfolio."}
		}
		return p, nil
	case wire.IsBSUID(m.To):
		return nil, nil
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("+-() ", r) {
			return -1
		}
		return r
	}, m.To)
	if !strings.HasPrefix(m.To, "+") {
		own, err := phone.ParseE164(from.Number)
		if err != nil {
			return nil, &graphError{code: wire.CodeParameterInvalid, details: "The sender has no number."}
		}
		digits = strconv.Itoa(own.CallingCode()) + digits
	}
	n, err := phone.FromWAID(digits)
	if err != nil {
		return nil, &graphError{code: wire.CodeParameterInvalid, details: "The parameter to is not a phone number."}
	}
	if n.E164() == from.Number {
		return nil, &graphError{code: 131021, details: "Recipient and sender are the same."}
	}
	return s.personByNumber(n), nil
}

// compose checks the content against Meta's limits and makes what the phone
// shows. The template is nil for other messages.
func (s *Simulator) compose(from *Sender, m wire.Send) (*Message, *Template, *graphError) {
	shown := &Message{Type: m.Type}
	if m.Context != nil {
		shown.ReplyTo = m.Context.MessageID
	}
	switch {
	case m.Type == "text" && m.Text != nil:
		if n := utf8.RuneCountInString(m.Text.Body); n < 1 || n > 4096 {
			return nil, nil, &graphError{code: wire.CodeParameter, details: "Param text['body'] must be 1 to 4096 characters long."}
		}
		shown.Text = m.Text.Body
		return shown, nil, nil
	case m.Type == "interactive" && m.Interactive != nil:
		return shown, nil, composeInteractive(shown, m.Interactive)
	case m.Type == "template" && m.Template != nil:
		t, ok := s.templates[from.WABA][templateKey(m.Template.Name, m.Template.Language.Code)]
		if !ok {
			return nil, nil, &graphError{code: 132001, status: 404, details: "The template does not exist in this language."}
		}
		switch t.Status {
		case "APPROVED", "FLAGGED":
		case "PAUSED":
			return nil, nil, &graphError{code: 132015, details: "The template is paused."}
		case "DISABLED":
			return nil, nil, &graphError{code: 132016, details: "The template is disabled."}
		default:
			return nil, nil, &graphError{code: 132001, status: 404, details: "The template is not approved."}
		}
		shown.Template, shown.Category = t.Name, strings.ToLower(t.Category)
		return shown, &t, composeTemplate(shown, t, m.Template)
	case slices.Contains([]string{"text", "interactive", "template"}, m.Type):
		return nil, nil, &graphError{code: 131008, details: "The parameter " + m.Type + " is required."}
	}
	return nil, nil, &graphError{code: 131051, details: "The simulator does not play messages of this type."}
}

func composeInteractive(shown *Message, i *wire.SendInteractive) *graphError {
	bad := func(details string) *graphError {
		return &graphError{code: wire.CodeParameterInvalid, details: details}
	}
	length := utf8.RuneCountInString
	switch {
	case i.Type == wire.TypeContactRequest && i.Action.Name == wire.TypeContactRequest && len(i.Action.Buttons) == 0 && length(i.Body.Text) >= 1 && length(i.Body.Text) <= 1024:
		shown.Text, shown.AsksNumber = i.Body.Text, true
		return nil
	case i.Type != "button":
		return &graphError{code: 131051, details: "The simulator plays interactive messages of type button and request_contact_info only."}
	case length(i.Body.Text) < 1 || length(i.Body.Text) > 1024:
		return bad("Body text length invalid. Min length: 1, Max length: 1024")
	case i.Footer != nil && (length(i.Footer.Text) < 1 || length(i.Footer.Text) > 60):
		return bad("Footer text length invalid. Min length: 1, Max length: 60")
	case i.Header != nil && (i.Header.Type != "text" || length(i.Header.Text) < 1 || length(i.Header.Text) > 60):
		return bad("Header invalid. The simulator plays text headers of 1 to 60 characters")
	case len(i.Action.Buttons) < 1 || len(i.Action.Buttons) > 3:
		return bad("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
	}
	parts := []string{i.Body.Text}
	if i.Header != nil {
		parts = slices.Insert(parts, 0, i.Header.Text)
	}
	if i.Footer != nil {
		parts = append(parts, i.Footer.Text)
	}
	shown.Text = strings.Join(parts, "\n\n")
	for _, b := range i.Action.Buttons {
		switch {
		case b.Type != "reply":
			return bad("Button type must be reply")
		case length(b.Reply.Title) < 1 || length(b.Reply.Title) > 20:
			return bad("Button title length invalid. Min length: 1, Max length: 20")
		case length(b.Reply.ID) < 1 || length(b.Reply.ID) > 256:
			return bad("Button id length invalid. Min length: 1, Max length: 256")
		}
		for _, have := range shown.Buttons {
			if have.Payload == b.Reply.ID || have.Title == b.Reply.Title {
				return bad("Duplicated ids or titles of reply buttons")
			}
		}
		shown.Buttons = append(shown.Buttons, Button{Title: b.Reply.Title, Payload: b.Reply.ID})
	}
	return nil
}

// composeTemplate fills the template in.
func composeTemplate(shown *Message, t Template, m *wire.SendTemplate) *graphError {
	for _, label := range t.Buttons {
		// Without a payload a tap brings back the label.
		shown.Buttons = append(shown.Buttons, Button{Title: label, Payload: label})
	}
	values, opens := make(map[string]string), ""
	for _, c := range m.Components {
		switch {
		case c.Type == "body":
			for i, p := range c.Parameters {
				name := p.Name
				if name == "" {
					name = strconv.Itoa(i + 1)
				}
				if p.Type != "text" || p.Text == "" || strings.ContainsAny(p.Text, "\n\t\r") || strings.Contains(p.Text, "     ") {
					return &graphError{code: 132018, details: "A parameter is no text, empty, or has new lines, tabs or more than 4 consecutive spaces."}
				}
				values[name] = p.Text
			}
		case c.Type == "button" && c.SubType == "quick_reply":
			i, err := strconv.Atoi(string(c.Index))
			if err != nil || i < 0 || i >= len(shown.Buttons) || len(c.Parameters) != 1 || c.Parameters[0].Type != "payload" || c.Parameters[0].Payload == "" {
				return &graphError{code: 132018, details: "A button parameter does not fit the template."}
			}
			if len(c.Parameters[0].Payload) > 256 {
				return &graphError{code: wire.CodeParameterInvalid, details: "The payload is too long."}
			}
			shown.Buttons[i].Payload = c.Parameters[0].Payload
		case c.Type == "button" && c.SubType == "url":
			if t.Link == "" || c.Index != "0" || len(c.Parameters) != 1 || c.Parameters[0].Type != "text" || c.Parameters[0].Text == "" {
				return &graphError{code: 132018, details: "A button parameter does not fit the template."}
			}
			opens = c.Parameters[0].Text
		default:
			return &graphError{code: 132018, details: "The template has no such component."}
		}
	}
	places := placesOf(t.Body)
	if len(places) != len(values) {
		return &graphError{code: 132000, details: "body: number of localizable_params (" + strconv.Itoa(len(values)) + ") does not match the expected number of params (" + strconv.Itoa(len(places)) + ")"}
	}
	shown.Text = t.Body
	for _, place := range places {
		value, ok := values[place]
		if !ok {
			return &graphError{code: 132012, details: "The names of the parameters do not match the template."}
		}
		shown.Text = strings.ReplaceAll(shown.Text, "{{"+place+"}}", value)
	}
	if t.Link == "" {
		return nil
	}
	if strings.Contains(t.Address, "{{1}}") && opens == "" {
		return &graphError{code: 131008, details: "The button at index 0 of type url requires a parameter."}
	}
	// The phone shows the button as its label and where it leads.
	shown.Text += "\n\n" + t.Link + "\n" + strings.ReplaceAll(t.Address, "{{1}}", opens)
	return nil
}

// placesOf lists the places of a template's body, each once.
func placesOf(body string) []string {
	var places []string
	for {
		_, rest, ok := strings.Cut(body, "{{")
		if !ok {
			return places
		}
		place, rest, ok := strings.Cut(rest, "}}")
		if !ok {
			return places
		}
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
		body = rest
	}
}
