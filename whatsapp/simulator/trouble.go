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

// Example is a webhook of the account as Meta sends it, to be told by Tell.
type Example struct {
	Name  string // what it is about, in Meta's words
	Field string
	Value map[string]any
}

// Examples returns one of each kind of webhook of an account.
func Examples() []Example {
	value := func(event string, more ...any) map[string]any {
		v := map[string]any{}
		if event != "" {
			v["event"] = event
		}
		for i := 0; i+1 < len(more); i += 2 {
			v[more[i].(string)] = more[i+1]
		}
		return v
	}
	list := func(one map[string]any) []any { return []any{one} }
	return []Example{
		{"ACCOUNT_VIOLATION", "account_update", value("ACCOUNT_VIOLATION", "violation_info", value("", "violation_type", "SPAM"))},
		{"ACCOUNT_RESTRICTION", "account_update", value("ACCOUNT_RESTRICTION", "restriction_info", list(value("", "restriction_type", "RESTRICTED_BIZ_INITIATED_MESSAGING")))},
		{"DISABLED_UPDATE", "account_update", value("DISABLED_UPDATE", "ban_info", value("", "waba_ban_state", "DISABLE", "waba_ban_date", "November 27, 2026"))},
		{"REINSTATE", "account_update", value("DISABLED_UPDATE", "ban_info", value("", "waba_ban_state", "REINSTATE"))},
		{"ACCOUNT_DELETED", "account_update", value("ACCOUNT_DELETED")},
		{"account_alerts", "account_alerts", value("", "entity_type", "BUSINESS", "alert_info", value("", "alert_severity", "CRITICAL", "alert_status", "ACTIVE", "alert_type", "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED", "alert_description", "An example."))},
		{"account_review_update", "account_review_update", value("", "decision", "APPROVED")},
		{"business_capability_update", "business_capability_update", value("", "max_daily_conversations_per_business", "TIER_250")},
		{"phone_number_quality_update", "phone_number_quality_update", value("THROUGHPUT_UPGRADE", "max_daily_conversations_per_business", "TIER_100K")},
		{"phone_number_name_update", "phone_number_name_update", value("", "decision", "REJECTED", "requested_verified_name", "Example", "rejection_reason", "NAME_EMPLOYEE_FORMAT")},
		{"PIN_CHANGED", "security", value("PIN_CHANGED")},
	}
}

// numbered are the fields whose value names the number that it is about.
var numbered = map[string]bool{"phone_number_quality_update": true, "phone_number_name_update": true, "security": true}

// Tell sends a webhook of a field with the value to a business, by
// phone_number_id or number; to the first if empty.
func (s *Simulator) Tell(sender, field string, value map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.business(nil, Inbound{To: sender})
	if err != nil {
		return err
	}
	if value["display_phone_number"] == nil && numbered[field] {
		value["display_phone_number"] = from.Number[1:]
	}
	s.emit(from, event{field: field, value: value})
	return nil
}
