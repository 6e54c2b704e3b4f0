package simulator

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"assent/fault"
)

// maxChat is how many messages a chat keeps.
const maxChat = 500

// window is how long a business may write freely after a person has written.
const window = 24 * time.Hour

type chatKey struct{ person, sender string }

type chat struct {
	messages    []*Message
	lastInbound time.Time
	fromAd      time.Time // when the person last came from an ad or a post
	freeUntil   time.Time // the end of the free entry that an answer to that opened
}

// The states of a message on its way, as ticks show them.
const (
	Accepted  = "accepted"
	Sent      = "sent"
	Delivered = "delivered"
	Read      = "read"
	Failed    = "failed" // never seen on the phone
)

// Message is one message of a chat.
type Message struct {
	ID        string // wamid
	Sender    string // phone_number_id of the business side
	Inbound   bool   // written by the person
	Type      string // text, interactive, template; inbound also button, reaction, edit, …
	Text      string
	Buttons   []Button
	Tapped    string // payload of the button that was tapped last
	Template  string // name, for templates
	Category  string // of the template, in small letters
	At        time.Time
	State     string // of the business's messages
	ErrorCode int    // of failed ones
	ReplyTo   string // wamid
	Edited    bool
	Deleted   bool
	Reaction  string // the person's, on this message

	Referral   *Referral // the ad or post that led to it
	Forwarded  bool
	AsksNumber bool // it has WhatsApp's own button that shares the number

	callback string // what every status brings back
	toNumber bool   // addressed to a number, not to a user id
	price    pricingJSON
	priced   bool // a status after `sent` told the price
}

// Button is a button of a message. Payload is what a tap brings back.
type Button struct{ Title, Payload string }

// chat finds or makes a chat.
func (s *Simulator) chat(p *person, from *Sender) *chat {
	key := chatKey{p.id, from.PhoneNumberID}
	c, ok := s.chats[key]
	if !ok {
		c = new(chat)
		s.chats[key] = c
	}
	return c
}

func (c *chat) add(m *Message) {
	c.messages = append(c.messages, m)
	if len(c.messages) > maxChat {
		c.messages = slices.Delete(c.messages, 0, len(c.messages)-maxChat)
	}
}

func (c *chat) find(wamid string) (*Message, bool) {
	for _, m := range slices.Backward(c.messages) {
		if m.ID == wamid {
			return m, true
		}
	}
	return nil, false
}

// Messages returns the messages between a person (ID, number or BSUID) and a
// business (phone_number_id or number; all businesses if empty), oldest first.
// A person that nobody knows has none.
func (s *Simulator) Messages(personID, senderID string) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	senders := s.senders
	if senderID != "" {
		from, ok := s.sender(senderID)
		if !ok {
			return nil, errNoSender
		}
		senders = []*Sender{from}
	}
	p, ok := s.find(personID)
	if !ok {
		return nil, nil
	}
	var all []Message
	for _, from := range senders {
		c, ok := s.chats[chatKey{p.id, from.PhoneNumberID}]
		if !ok {
			continue
		}
		for _, m := range c.messages {
			shown := *m
			shown.Buttons = slices.Clone(m.Buttons)
			all = append(all, shown)
		}
	}
	slices.SortStableFunc(all, func(a, b Message) int { return a.At.Compare(b.At) })
	return all, nil
}

// Chats returns the phone_number_ids that the person has a chat with, in the
// senders' order.
func (s *Simulator) Chats(personID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.find(personID)
	if !ok {
		return nil
	}
	var all []string
	for _, from := range s.senders {
		if _, ok := s.chats[chatKey{p.id, from.PhoneNumberID}]; ok {
			all = append(all, from.PhoneNumberID)
		}
	}
	return all
}

// MarkRead reads all delivered messages of a chat, which makes the ticks blue
// and sends the statuses.
func (s *Simulator) MarkRead(personID, senderID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.find(personID)
	if !ok {
		return errNoPerson
	}
	from, ok := s.sender(senderID)
	if !ok {
		return errNoSender
	}
	for _, m := range s.chat(p, from).messages {
		if !m.Inbound && m.State == Delivered {
			s.advance(from, p, m, Read)
		}
	}
	s.changed()
	return nil
}

// Draft is a chat with a text that waits to be sent, as a click-to-chat link
// opens it.
type Draft struct {
	SenderID   string
	SenderName string
	Text       string
}

// Open reads the two parameters of a click-to-chat link: the business's number
// and the prefilled text. The error is a fault of kind NotFound.
func (s *Simulator) Open(number, text string) (Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.sender(number)
	if !ok {
		return Draft{}, fault.New(fault.NotFound, "No business with this number is on the simulated WhatsApp.")
	}
	return Draft{SenderID: from.PhoneNumberID, SenderName: from.Name, Text: text}, nil
}

// wamid makes a message id of the form that Meta's have: base64 over, among
// other things, the digits of the person's number. So a test that looks for
// leaked numbers finds them in ids as well.
func (s *Simulator) wamid(p *person, outbound bool) string {
	s.serial++
	who := p.number.WAID()
	if who == "" {
		for _, id := range p.userIDs {
			who = max(who, id)
		}
	}
	direction := byte(0x12)
	if outbound {
		direction = 0x11
	}
	unique := fmt.Sprintf("%08X%012X", s.serial, s.rng.Uint64()>>16)
	raw := append([]byte{0x1C, 0x18, byte(len(who))}, who...)
	raw = append(raw, 0x15, 0x02, 0x00, direction, 0x18, byte(len(unique)))
	raw = append(append(raw, unique...), 0x00)
	return "wamid." + base64.StdEncoding.EncodeToString(raw)
}

// unix is the clock as webhooks of messages write it.
func (s *Simulator) unix() string { return strconv.FormatInt(s.now().Unix(), 10) }
