package simulator

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"

	"assent/fault"
	"assent/phone"
	"assent/whatsapp/wire"
)

// person is a WhatsApp account.
type person struct {
	id       string
	number   phone.Number // zero for an account whose number nobody here knows
	name     string
	username string
	withheld bool
	userIDs  map[string]string // portfolio → BSUID
	parent   string            // the id for businesses of several portfolios; made when it is first shown
	moves    int               // changes of number; each makes new user ids
	blocked  map[string]bool   // by phone_number_id
	stopped  map[string]bool   // marketing, by portfolio

	blockedBy map[string]bool      // by phone_number_id: nothing goes either way
	forgotten map[string]time.Time // when the entry in a portfolio's contact book was erased
}

// Person is what the phone page shows of an account.
type Person struct {
	ID       string // stable; a number is not
	Number   string // E.164, or empty if nobody knows it
	Name     string
	Username string
	Withheld bool              // businesses do not see the number
	UserIDs  map[string]string // portfolio → BSUID
	Blocked  []string          // phone_number_ids
	Stopped  []string          // portfolios whose marketing was stopped

	BlockedBy []string // phone_number_ids that blocked the account
}

// AddPerson makes an account known, or changes name, username and Withheld of
// the one with this number. Accounts also come into being by being written to
// or by writing.
func (s *Simulator) AddPerson(number, name, username string, withheld bool) (Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := phone.ParseE164(number)
	if err != nil {
		return Person{}, err
	}
	p := s.personByNumber(n)
	p.name, p.username, p.withheld = name, username, withheld
	s.changed()
	return s.view(p), nil
}

// People returns all accounts in the order in which they came.
func (s *Simulator) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Person, 0, len(s.people))
	for _, p := range s.people {
		all = append(all, s.view(p))
	}
	return all
}

// Person finds an account by its ID, its number in any spelling of the line, or
// a BSUID of any portfolio. The error is a fault of kind NotFound.
func (s *Simulator) Person(id string) (Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.find(id)
	if !ok {
		return Person{}, errNoPerson
	}
	return s.view(p), nil
}

var errNoPerson = fault.New(fault.NotFound, "There is no such person in the simulator.")

func (s *Simulator) view(p *person) Person {
	v := Person{ID: p.id, Number: p.number.E164(), Name: p.name, Username: p.username, Withheld: p.withheld, UserIDs: make(map[string]string)}
	for _, from := range s.senders {
		v.UserIDs[from.Portfolio] = s.userID(p, from.Portfolio)
		if p.blocked[from.PhoneNumberID] {
			v.Blocked = append(v.Blocked, from.PhoneNumberID)
		}
		if p.blockedBy[from.PhoneNumberID] {
			v.BlockedBy = append(v.BlockedBy, from.PhoneNumberID)
		}
	}
	for portfolio, stopped := range p.stopped {
		if stopped {
			v.Stopped = append(v.Stopped, portfolio)
		}
	}
	return v
}

// find never makes an account.
func (s *Simulator) find(id string) (*person, bool) {
	if n, err := phone.FromWAID(strings.TrimPrefix(id, "+")); err == nil {
		p, ok := s.byLine[n.Line()]
		return p, ok
	}
	for _, from := range s.senders {
		if p, ok := s.byUserID[from.Portfolio+"/"+id]; ok {
			return p, true
		}
	}
	if p, ok := s.byUserID[id]; ok {
		return p, true
	}
	if index, err := strconv.Atoi(strings.TrimPrefix(id, "p")); err == nil && index >= 1 && index <= len(s.people) && s.people[index-1].id == id {
		return s.people[index-1], true
	}
	return nil, false
}

// names are the profile names that people have until they are given another,
// of several scripts so that nobody forgets them.
var names = []string{"Anna", "João", "Fatima", "Ravi", "Zoë", "ليلى", "Mehmet", "अनिता", "Ngozi", "健二", "Łukasz", "Chloé 🌻"}

func (s *Simulator) newPerson() *person {
	p := &person{
		id: fmt.Sprintf("p%d", len(s.people)+1), userIDs: make(map[string]string),
		blocked: make(map[string]bool), stopped: make(map[string]bool),
	}
	s.people = append(s.people, p)
	return p
}

// personByNumber finds or makes the account of the number's line.
func (s *Simulator) personByNumber(n phone.Number) *person {
	if p, ok := s.byLine[n.Line()]; ok {
		return p
	}
	p := s.newPerson()
	p.number, p.name = n, names[len(s.people)%len(names)]
	s.byLine[n.Line()] = p
	return p
}

// personByUserID finds or makes the account with this user id in the portfolio.
func (s *Simulator) personByUserID(userID, portfolio string) (*person, error) {
	if p, ok := s.byUserID[portfolio+"/"+userID]; ok {
		return p, nil
	}
	if p, ok := s.find(userID); ok {
		return p, nil
	}
	if !wire.IsBSUID(userID) {
		return nil, fault.Field("user_id", "A user id is a country code, a dot, letters and digits.")
	}
	p := s.newPerson()
	p.name, p.withheld = "Somebody", true
	p.userIDs[portfolio] = userID
	s.byUserID[portfolio+"/"+userID] = p
	return p, nil
}

// userID returns the account's BSUID in the portfolio. It depends on seedless
// facts only, so that two runs of a script see the same.
func (s *Simulator) userID(p *person, portfolio string) string {
	if id, ok := p.userIDs[portfolio]; ok {
		return id
	}
	region := p.number.Region()
	if len(region) != 2 || region == "00" || region[0] < 'A' {
		region = "ZZ"
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%d", portfolio, p.id, p.number.Line(), p.moves))
	id := region + "." + base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])[:20]
	p.userIDs[portfolio] = id
	s.byUserID[portfolio+"/"+id] = p
	return id
}

// parentID returns the account's parent user id, or nothing while webhooks have none.
func (s *Simulator) parentID(p *person) string {
	if !s.Webhooks().Parents {
		return ""
	}
	if p.parent == "" {
		region, _, _ := strings.Cut(s.userID(p, s.senders[0].Portfolio), ".")
		sum := sha256.Sum256(fmt.Appendf(nil, "parent|%s|%d", p.id, p.moves))
		p.parent = region + ".ENT." + base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])[:20]
		s.byUserID[p.parent] = p
	}
	return p.parent
}

// shownWAID returns the number as the business sees it, or nothing.
func (p *person) shownWAID() string {
	if p.withheld {
		return ""
	}
	return p.number.LikelyWAID()
}

// changeNumber moves the account. Its user ids change with the number, and
// every business that it has a chat with is told.
func (s *Simulator) changeNumber(p *person, number string) error {
	n, err := phone.ParseE164(number)
	if err != nil {
		return err
	}
	if other, taken := s.byLine[n.Line()]; taken && other != p {
		return fault.Field("change_number", "That number belongs to another simulated person.")
	}
	oldWAID, oldIDs, oldParent := p.shownWAID(), p.userIDs, s.parentID(p)
	delete(s.byLine, p.number.Line())
	for portfolio, id := range oldIDs {
		delete(s.byUserID, portfolio+"/"+id)
	}
	delete(s.byUserID, p.parent)
	p.number, p.userIDs, p.parent, p.moves = n, make(map[string]string), "", p.moves+1
	s.byLine[n.Line()] = p
	for _, from := range s.senders {
		if _, ok := s.chats[chatKey{p.id, from.PhoneNumberID}]; !ok {
			continue
		}
		m := messageJSON{ID: s.wamid(p, false), Timestamp: s.unix(), Type: wire.TypeSystem, System: &systemJSON{
			Type: wire.UserIDChanged, Body: "User changed their phone number",
			UserID: s.userID(p, from.Portfolio), PreviousUserID: oldIDs[from.Portfolio], Parent: s.parentID(p), PreviousParent: oldParent,
		}}
		if !p.withheld {
			m.From, m.System.Type, m.System.WAID = oldWAID, wire.NumberChanged, p.shownWAID()
		}
		s.emit(from, event{field: "messages", array: "messages", element: m}) // and no contacts
	}
	return nil
}

// setMarketing works WhatsApp's own control. Value is stop, resume or signup.
func (s *Simulator) setMarketing(p *person, from *Sender, value, signupID string) error {
	details := map[string]string{
		wire.PreferenceStop:   "User requested to stop marketing messages",
		wire.PreferenceResume: "User requested to resume marketing messages",
		wire.PreferenceSignup: "User signed up via signup link",
	}
	if details[value] == "" {
		return fault.Field("marketing", "Marketing is stop, resume or signup.")
	}
	if value == wire.PreferenceSignup {
		if err := s.signedUp(p, from, signupID); err != nil {
			return err
		}
	}
	p.stopped[from.Portfolio] = value == wire.PreferenceStop
	s.emit(from, event{field: "user_preferences", array: "user_preferences", contact: s.contact(p, from),
		element: preferenceJSON{
			WAID: p.shownWAID(), UserID: s.userID(p, from.Portfolio), Parent: s.parentID(p), Detail: details[value],
			Category: "marketing_messages", Value: value, SignupID: signupID, Timestamp: s.now().Unix(),
		}})
	return nil
}
