// Package simulator plays WhatsApp's side in memory: people with phones, the
// Graph API that businesses send through, and the webhooks that come back.
//
//	            POST /{version}/{phone_number_id}/messages
//	business ───────────────────────────────────────────────▶ chat ──▶ phone page
//	    ▲                                                       ▲
//	    └──────── signed webhooks (batched, again, late) ◀──────┴──── a person acts
//
// It judges sends as Meta does, with Meta's codes, keeps the 24-hour window,
// gives every person a user id (BSUID) per portfolio, can withhold numbers, and
// fails on demand: docs/simulator.md has the table of special numbers. Nothing
// that it says proves anything about a person.
//
// A Simulator is safe for use by several goroutines. Its clock is passed in;
// only the pauses between webhooks run on real time.
package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"assent/fault"
	"assent/phone"
)

// Options configure a Simulator. Now is required.
type Options struct {
	Now  func() time.Time
	Seed uint64 // of message ids, user ids, and the disorder of webhooks
	// Client posts the webhooks; nil means one of the simulator's own.
	Client   *http.Client
	Webhooks Webhooks
	Parallel int // webhooks under way at the same time; at least 1
	// ManualRead leaves messages at delivered until MarkRead is called; else
	// they are read at once.
	ManualRead bool
	// WindowAtOnce refuses a send outside the 24-hour window in the answer.
	// Meta mostly accepts it and fails it in a status, which is the default.
	WindowAtOnce bool
}

// Sender is a business number. All fields but Name, WebhookURL and Templates
// are required; without a WebhookURL no webhooks are sent.
type Sender struct {
	PhoneNumberID string
	WABA          string
	Portfolio     string // people have one user id per portfolio
	Number        string // E.164
	Name          string // shown on the phone
	Token         string
	AppSecret     string // signs the webhooks
	WebhookURL    string
	Limit         string   // the portfolio's messaging limit, TIER_UNLIMITED if empty
	AppID         string   // the app that the token and the secret are of
	Scopes        []string // of the token; those that sending and managing need if nil
	// Bare is a number as it is before anybody has connected it: not registered,
	// its app without a webhook, its account subscribed by nobody. Without it all
	// of that is done, and WebhookURL verified.
	Bare      bool
	Templates []Template // approved for the WABA
}

// Template is a message template of a WABA.
type Template struct {
	Name     string
	Language string   // "de", "pt_BR"
	Category string   // MARKETING, UTILITY, AUTHENTICATION
	Status   string   // APPROVED if empty
	Body     string   // with places {{1}}, {{2}} or {{name}}
	Buttons  []string // labels of the quick replies

	ID        string // of Meta's own; made if empty
	Reason    string // of a refusal or a pause
	Quality   string // GREEN, YELLOW, RED; UNKNOWN if empty
	Announced string // the category to which it will be moved
	Link      string // label of a button that opens a page
	Address   string // of that page, with the place {{1}}
	changed   int    // how often Meta was told of another body
}

// DefaultApp is the app of senders that name none.
const DefaultApp = "777000111222333"

// wiring is how a number is connected at Meta.
type wiring struct {
	registered bool
	subscribed bool     // the account, by the number's app
	fields     []string // of the app's webhook; nil for all
}

// Simulator is WhatsApp's side. Close it when done.
type Simulator struct {
	now          func() time.Time
	manualRead   bool
	windowAtOnce bool
	courier      *courier

	mu          sync.Mutex
	rng         *rand.Rand
	senders     []*Sender
	templates   map[string]map[string]Template // by WABA, then name/language
	people      []*person
	byLine      map[string]*person
	byUserID    map[string]*person // portfolio/user id, and parent user id
	chats       map[chatKey]*chat
	wirings     map[*Sender]*wiring
	scripts     map[string][]Step // what is left of each, by senderKey and personKey
	shelves     map[string]*shelf // by account and by number
	serial      int
	subscribers map[chan struct{}]struct{}
}

// New returns a Simulator with no sender.
func New(o Options) *Simulator {
	return &Simulator{
		now: o.Now, manualRead: o.ManualRead, windowAtOnce: o.WindowAtOnce,
		courier:     newCourier(o),
		rng:         rand.New(rand.NewPCG(o.Seed, 1)),
		templates:   make(map[string]map[string]Template),
		byLine:      make(map[string]*person),
		byUserID:    make(map[string]*person),
		chats:       make(map[chatKey]*chat),
		wirings:     make(map[*Sender]*wiring),
		scripts:     make(map[string][]Step),
		shelves:     make(map[string]*shelf),
		subscribers: make(map[chan struct{}]struct{}),
	}
}

// Close stops the webhooks, also those under way, and waits for their end.
func (s *Simulator) Close() { s.courier.close() }

var idForm = regexp.MustCompile(`^[0-9]{1,64}$`)

// AddSender makes a business number known. Ids and numbers must be new.
func (s *Simulator) AddSender(add Sender) error {
	number, err := phone.ParseE164(add.Number)
	if err != nil {
		return fmt.Errorf("simulator: the sender's number: %w", err)
	}
	if !idForm.MatchString(add.PhoneNumberID) || !idForm.MatchString(add.WABA) || add.Portfolio == "" || add.Token == "" || add.AppSecret == "" {
		return fault.New(fault.Invalid, "A simulated sender needs ids of digits, a portfolio, a token and an app secret.")
	}
	if add.Name == "" {
		add.Name = number.E164()
	}
	if add.AppID == "" {
		add.AppID = DefaultApp
	}
	if add.Scopes == nil {
		add.Scopes = []string{"business_management", "whatsapp_business_management", "whatsapp_business_messaging"}
	}
	wired := &wiring{registered: !add.Bare, subscribed: !add.Bare}
	if add.Bare {
		wired.fields, add.WebhookURL = []string{}, ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, have := range s.senders {
		if have.PhoneNumberID == add.PhoneNumberID || have.Number == add.Number {
			return fault.New(fault.Conflict, "There is a simulated sender with this id or number already.")
		}
	}
	for _, t := range add.Templates {
		s.putTemplate(add.WABA, t)
	}
	add.Templates = nil
	s.senders = append(s.senders, &add)
	s.wirings[&add] = wired
	s.changed()
	return nil
}

// SetWebhook changes where the webhooks of a sender go from now on, and the
// secret that signs them; an empty secret keeps the one that there is.
func (s *Simulator) SetWebhook(senderID, url, appSecret string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.sender(senderID)
	if !ok {
		return errNoSender
	}
	from.WebhookURL = url
	if appSecret != "" {
		from.AppSecret = appSecret
	}
	return nil
}

// Senders returns the business numbers without token and secret, in the order
// in which they were added.
func (s *Simulator) Senders() []Sender {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Sender
	for _, have := range s.senders {
		shown := *have
		shown.Token, shown.AppSecret = "", ""
		all = append(all, shown)
	}
	return all
}

// sender finds a business number by phone_number_id or number, written with or
// without its plus.
func (s *Simulator) sender(id string) (*Sender, bool) {
	digits := strings.TrimPrefix(id, "+")
	for _, have := range s.senders {
		if have.PhoneNumberID == digits || have.Number == "+"+digits {
			return have, true
		}
	}
	return nil, false
}

func templateKey(name, language string) string { return name + "/" + language }

var errNoSender = fault.New(fault.NotFound, "There is no such simulated sender.")

// Subscribe returns a channel that gets a value after something has changed,
// several changes in one if the reader is slow. Call cancel when done; it does
// not close the channel.
func (s *Simulator) Subscribe() (changes <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	s.subscribers[c] = struct{}{}
	s.mu.Unlock()
	return c, func() {
		s.mu.Lock()
		delete(s.subscribers, c)
		s.mu.Unlock()
	}
}

// changed wakes the subscribers. The caller holds the lock.
func (s *Simulator) changed() {
	for c := range s.subscribers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
