package simulator

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"assent/fault"
	"assent/phone"
	"assent/whatsapp/wire"
)

// Inbound is one act of a person. From or UserID says who, and one of the other
// fields what.
type Inbound struct {
	From   string `json:"from"`    // number, with or without plus; makes the person if new
	UserID string `json:"user_id"` // BSUID of a person whose number nobody knows; or any known person's
	To     string `json:"to"`      // the business: phone_number_id or number; may be empty

	Name     string `json:"name"`     // the profile name from now on
	Username string `json:"username"` // the username from now on
	Withheld *bool  `json:"withheld"` // whether businesses see the number, from now on

	Text        string `json:"text"`
	Button      string `json:"button"`       // payload of a button in the chat
	Edit        string `json:"edit"`         // wamid of an own message; Text is what it says now
	Delete      string `json:"delete"`       // wamid of an own message
	Reaction    string `json:"reaction"`     // emoji on the message named by Context; "-" takes it back
	ShareNumber bool   `json:"share_number"` // the answer to a request for contact information
	Unsupported string `json:"unsupported"`  // a kind of message that is not passed on, like "poll"
	Media       string `json:"media"`        // image, video, document, audio, sticker or location; Text is what is under the first three
	Contact     string `json:"contact"`      // somebody else's number, sent as an address card
	Forwarded   bool   `json:"forwarded"`    // the text was somebody else's and is passed on

	Marketing    string `json:"marketing"`     // WhatsApp's own control: stop, resume, signup
	SignupID     string `json:"signup_id"`     // for signup
	Block        *bool  `json:"block"`         // block or unblock the business; it is not told
	ChangeNumber string `json:"change_number"` // the new number
	NewIdentity  bool   `json:"new_identity"`  // a new phone or SIM, same number

	Referral *Referral `json:"referral"` // the ad or post that was tapped to write this

	Context    string    `json:"context"`    // wamid of the message that is answered
	NoContext  bool      `json:"no_context"` // leave the context of a button out, as happens
	Timestamp  time.Time `json:"timestamp"`  // when it was done; now if zero
	Duplicates int       `json:"duplicates"` // how many more times the webhook comes; at most 20
}

// Referral is an ad or a post as WhatsApp names it with the first message.
type Referral struct {
	SourceURL      string   `json:"source_url,omitempty"`
	SourceID       string   `json:"source_id,omitempty"`
	SourceType     string   `json:"source_type,omitempty"` // ad or post
	Headline       string   `json:"headline,omitempty"`
	Body           string   `json:"body,omitempty"`
	MediaType      string   `json:"media_type,omitempty"`
	ImageURL       string   `json:"image_url,omitempty"`
	VideoURL       string   `json:"video_url,omitempty"`
	ThumbnailURL   string   `json:"thumbnail_url,omitempty"`
	ClickID        string   `json:"ctwa_clid,omitempty"`
	WelcomeMessage *welcome `json:"welcome_message,omitempty"`
}

type welcome struct {
	Text string `json:"text"`
}

// maxInboundText is what WhatsApp lets a person write, in characters.
const maxInboundText = 65536

// Act lets a person do something. It returns the wamid of the message that this
// made, or the empty string for an act that makes none. Errors are faults.
func (s *Simulator) Act(in Inbound) (wamid string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, from, err := s.actors(in)
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(in.Text) > maxInboundText || !utf8.ValidString(in.Text) || in.Duplicates < 0 || in.Duplicates > 20 {
		return "", fault.New(fault.Invalid, "The text is too long, is not UTF-8, or has too many duplicates.")
	}
	if in.Name != "" {
		p.name = in.Name
	}
	if in.Username != "" {
		p.username = in.Username
	}
	if in.Withheld != nil {
		p.withheld = *in.Withheld
	}
	defer s.changed()
	switch {
	case in.Marketing != "":
		return "", s.setMarketing(p, from, in.Marketing, in.SignupID)
	case in.Block != nil:
		p.blocked[from.PhoneNumberID] = *in.Block
		return "", nil
	case in.ChangeNumber != "":
		return "", s.changeNumber(p, in.ChangeNumber)
	case in.settingsOnly():
		return "", nil
	}
	if p.blockedBy[from.PhoneNumberID] {
		return "", fault.New(fault.Conflict, "This business has blocked the account: nothing can be written to it.")
	}
	return s.write(p, from, in)
}

// settingsOnly reports whether the act only says what the account is like.
func (in Inbound) settingsOnly() bool {
	set := in.Name != "" || in.Username != "" || in.Withheld != nil
	act := in.Text != "" || in.Button != "" || in.Edit != "" || in.Delete != "" || in.Reaction != "" || in.ShareNumber || in.Unsupported != "" || in.Media != "" || in.Contact != "" || in.NewIdentity
	return set && !act
}

// actors finds, or makes, the person and finds the business.
func (s *Simulator) actors(in Inbound) (*person, *Sender, error) {
	var p *person
	if in.From != "" {
		n, err := phone.ParseE164(in.From)
		if err != nil {
			n, err = phone.FromWAID(in.From)
		}
		if err != nil {
			return nil, nil, err
		}
		p = s.personByNumber(n)
	}
	from, err := s.business(p, in)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case p == nil && in.UserID == "":
		return nil, nil, fault.Field("from", "Say who acts: from, or user_id.")
	case p == nil:
		p, err = s.personByUserID(in.UserID, from.Portfolio)
	}
	return p, from, err
}

// business finds whom the act is for: the one that is named; else, for a
// button, the one whose message has it; else the one of the latest chat; else
// the first.
func (s *Simulator) business(p *person, in Inbound) (*Sender, error) {
	if in.To != "" {
		if from, ok := s.sender(in.To); ok {
			return from, nil
		}
		return nil, errNoSender
	}
	if len(s.senders) == 0 {
		return nil, errNoSender
	}
	best, latest := s.senders[0], time.Time{}
	if p == nil {
		p, _ = s.find(in.UserID)
	}
	for _, from := range s.senders {
		if p == nil {
			break
		}
		c, ok := s.chats[chatKey{p.id, from.PhoneNumberID}]
		if !ok || len(c.messages) == 0 {
			continue
		}
		if _, _, ok := c.button(in.Button); ok && in.Button != "" {
			return from, nil
		}
		if at := c.messages[len(c.messages)-1].At; at.After(latest) {
			best, latest = from, at
		}
	}
	return best, nil
}

// button finds the latest message that the person can see with this payload.
func (c *chat) button(payload string) (*Message, Button, bool) {
	for _, m := range slices.Backward(c.messages) {
		for _, b := range m.Buttons {
			if b.Payload == payload && !m.Inbound && m.State != Failed {
				return m, b, true
			}
		}
	}
	return nil, Button{}, false
}

// write makes the message of an act, stores it and tells the business.
func (s *Simulator) write(p *person, from *Sender, in Inbound) (string, error) {
	c := s.chat(p, from)
	at := in.Timestamp
	if at.IsZero() {
		at = s.now()
	}
	m := &messageJSON{Referral: in.Referral, From: p.shownWAID(), FromUserID: s.userID(p, from.Portfolio), FromParent: s.parentID(p), Timestamp: strconv.FormatInt(at.Unix(), 10)}
	kept := &Message{Sender: from.PhoneNumberID, Inbound: true, At: at, Referral: in.Referral, Forwarded: in.Forwarded}
	if in.Context != "" && in.Reaction == "" {
		m.Context = &contextJSON{From: from.Number[1:], ID: in.Context}
		if answered, ok := c.find(in.Context); ok && answered.Inbound {
			m.Context.From = p.shownWAID()
		}
	}
	if in.Forwarded {
		m.Context = &contextJSON{Forwarded: true}
	}
	if err := s.content(p, from, c, m, kept, in); err != nil {
		return "", err
	}
	m.ID = s.wamid(p, false)
	kept.ID, kept.Type = m.ID, m.Type
	if m.Context != nil {
		kept.ReplyTo = m.Context.ID
	}
	c.add(kept)
	if at.After(c.lastInbound) {
		c.lastInbound = at
	}
	if in.Referral != nil && at.After(c.fromAd) {
		c.fromAd = at
	}
	for range 1 + in.Duplicates {
		s.emit(from, event{field: "messages", array: "messages", element: *m, contact: s.contact(p, from)})
	}
	return m.ID, nil
}

// content fills in what the message says.
func (s *Simulator) content(p *person, from *Sender, c *chat, m *messageJSON, kept *Message, in Inbound) error {
	switch {
	case in.Edit != "":
		own, ok := c.find(in.Edit)
		if !ok || !own.Inbound || in.Text == "" {
			return fault.Field("edit", "Name an own message and the new text.")
		}
		own.Text, own.Edited = in.Text, true
		m.Type, m.Edit = wire.TypeEdit, &editJSON{in.Edit, editedTextJSON{"text", textJSON{in.Text}}}
		kept.Text = in.Text
	case in.Delete != "":
		own, ok := c.find(in.Delete)
		if !ok || !own.Inbound {
			return fault.Field("delete", "Name an own message.")
		}
		own.Deleted = true
		m.Type, m.Revoke = wire.TypeRevoke, &revokeJSON{in.Delete}
	case in.Reaction != "":
		on, ok := c.find(in.Context)
		if !ok {
			return fault.Field("context", "Name the message that is reacted to.")
		}
		on.Reaction, kept.Text = in.Reaction, in.Reaction
		if in.Reaction == "-" {
			on.Reaction, kept.Text = "", ""
		}
		m.Type, m.Reaction = wire.TypeReaction, &reactionJSON{in.Context, on.Reaction}
	case in.Button != "":
		return s.tap(from, c, m, kept, in)
	case in.ShareNumber:
		if p.number.IsZero() {
			return fault.Field("share_number", "This simulated person has no number to share.")
		}
		m.Type, m.Contacts, kept.Text = wire.TypeContacts, []cardJSON{cardOf(p.number, p.name, "contact_request")}, p.number.E164()
	case in.Contact != "":
		n, err := phone.ParseE164(in.Contact)
		if err != nil {
			return fault.Field("contact", "Name the number on the card, with its plus.")
		}
		m.Type, m.Contacts, kept.Text = wire.TypeContacts, []cardJSON{cardOf(n, "A friend", "other")}, n.E164()
	case in.Media != "":
		return m.attach(kept, in)
	case in.Unsupported != "":
		m.Type, m.Unsupported, kept.Text = wire.TypeUnsupported, &unsupportedJSON{in.Unsupported}, in.Unsupported
		m.Errors = []errorJSON{{Code: 131051, Title: "Message type unknown", Message: "Message type unknown", Data: errorDataJSON{"Message type is currently not supported."}}}
	case in.NewIdentity:
		m.Type, m.System = wire.TypeSystem, &systemJSON{Body: "User identity changed", Type: wire.IdentityChanged}
		m.Identity = &identityJSON{true, m.Timestamp, strconv.FormatUint(s.rng.Uint64(), 36)}
	case in.Text != "":
		m.Type, m.Text, kept.Text = wire.TypeText, &textJSON{in.Text}, in.Text
	default:
		return fault.Field("text", "Say what the person does: a text, a button, or another act.")
	}
	return nil
}

// tap answers a button: as `button` if a template has it, as a button_reply if
// an interactive message does.
func (s *Simulator) tap(from *Sender, c *chat, m *messageJSON, kept *Message, in Inbound) error {
	on, b, ok := c.button(in.Button)
	if !ok {
		return fault.New(fault.NotFound, "No message in this chat has a button with this payload.")
	}
	on.Tapped, kept.Text = b.Payload, b.Title
	m.Context = &contextJSON{From: from.Number[1:], ID: on.ID}
	if in.NoContext || s.Webhooks().NoContext {
		m.Context = nil
	}
	if on.Type == "template" {
		m.Type, m.Button = wire.TypeButton, &buttonJSON{Payload: b.Payload, Text: b.Title}
		return nil
	}
	m.Type, m.Interactive = wire.TypeInteractive, &interactiveJSON{"button_reply", replyJSON{ID: b.Payload, Title: b.Title}}
	return nil
}

// cardOf is an address card.
func cardOf(n phone.Number, name, origin string) cardJSON {
	card := cardJSON{Phones: []cardPhoneJSON{{n.E164(), n.LikelyWAID(), "CELL"}}, Origin: origin}
	card.Name.Formatted = name
	return card
}

// attach makes a message of a picture, a voice message or a place. Nothing is behind the
// id: whoever wants to load it finds nothing.
func (m *messageJSON) attach(kept *Message, in Inbound) error {
	media := &mediaJSON{SHA256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", ID: "1400" + m.Timestamp}
	switch in.Media {
	case "image":
		media.MIME, m.Image = "image/jpeg", media
	case "video":
		media.MIME, m.Video = "video/mp4", media
	case "document":
		media.MIME, media.Filename, m.Document = "application/pdf", "document.pdf", media
	case "audio":
		media.MIME, media.Voice, m.Audio = "audio/ogg; codecs=opus", true, media
	case "sticker":
		media.MIME, m.Sticker = "image/webp", media
	case "location":
		m.Location = &locationJSON{Latitude: 52.5163, Longitude: 13.3777}
	default:
		return fault.Field("media", "Media is image, video, document, audio, sticker or location.")
	}
	m.Type = in.Media
	if m.Image != nil || m.Video != nil || m.Document != nil {
		media.Caption, kept.Text = in.Text, in.Text
	}
	return nil
}
