package simulator

import (
	"fmt"
	"net/http"
	"time"

	"assent/fault"
	"assent/phone"
)

// What goes wrong between Meta and a business: webhooks again, forged ones, and
// all of three days at once.

// keptPosts is how many delivered POSTs can be replayed.
const keptPosts = 200

// Replay sends the newest n delivered POSTs again, byte for byte and in their
// order, as Meta does where another app of the account failed, or as somebody does
// who captured them. It returns how many there were.
func (s *Simulator) Replay(n int) int {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.delivered[max(0, len(c.delivered)-max(n, 0)):]
	for _, p := range again {
		c.pending++
		c.posts = append(c.posts, p)
	}
	c.signal()
	return len(again)
}

// Flood is what people wrote while a business could not be reached.
type Flood struct {
	Events int    `json:"events"` // messages
	People int    `json:"people"` // of so many people, 100 if 0
	Hours  int    `json:"hours"`  // written over so long until now, 72 if 0
	Text   string `json:"text"`   // "Are you open tomorrow?" if empty
	To     string `json:"to"`     // the business; the first if empty
}

// Bounds of a flood.
const (
	maxFlood      = 100_000
	maxFloodHours = 7 * 24 // so long does Meta try
)

// Flood lets people write over the last hours, and delivers all of it at once, as
// after an outage. Their numbers are +49 155 5 and eight digits.
func (s *Simulator) Flood(f Flood) error {
	if f.People == 0 {
		f.People = 100
	}
	if f.Hours == 0 {
		f.Hours = 72
	}
	if f.Text == "" {
		f.Text = "Are you open tomorrow?"
	}
	if f.Events < 1 || f.Events > maxFlood || f.People < 1 || f.People > maxFlood || f.Hours < 1 || f.Hours > maxFloodHours {
		return fault.New(fault.Invalid, "A flood has 1 to %d events and people, of at most %d hours.", maxFlood, maxFloodHours)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.business(nil, Inbound{To: f.To})
	if err != nil {
		return err
	}
	span := time.Duration(f.Hours) * time.Hour
	began := s.now().Add(-span)
	for i := range f.Events {
		n, err := phone.ParseE164(fmt.Sprintf("+491555%08d", i%f.People))
		if err != nil {
			return err
		}
		at := began.Add(span / time.Duration(f.Events) * time.Duration(i))
		if _, err := s.write(s.personByNumber(n), from, Inbound{Text: f.Text, Timestamp: at}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Simulator) serveFlood(w http.ResponseWriter, r *http.Request) {
	var f Flood
	if !readJSON(w, r, &f) {
		return
	}
	if err := s.Flood(f); err != nil {
		problem(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"events": f.Events})
}

func (s *Simulator) serveReplay(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Last int `json:"last"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	if in.Last < 1 || in.Last > keptPosts {
		problem(w, fault.Field("last", "The last 1 to %d can be sent again.", keptPosts))
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"replayed": s.Replay(in.Last)})
}
