package business

import (
	"strconv"
	"strings"
	"time"
)

// AccountState is what Meta last said of a number, an account or a portfolio.
// Each field is Meta's own word, and empty where it has said nothing.
type AccountState struct {
	Quality      string        `json:"quality,omitempty"`     // GREEN, YELLOW, RED, UNKNOWN
	Limit        string        `json:"limit,omitempty"`       // TIER_250 … TIER_UNLIMITED, of the portfolio
	Throughput   string        `json:"throughput,omitempty"`  // STANDARD, HIGH
	Status       string        `json:"status,omitempty"`      // of a number: CONNECTED, …; of an account: its last event
	NameStatus   string        `json:"name_status,omitempty"` // of the display name: APPROVED, DECLINED, …
	Name         string        `json:"name,omitempty"`        // the display name
	Review       string        `json:"review,omitempty"`      // of the account
	Ban          string        `json:"ban,omitempty"`         // DISABLE, REINSTATE, SCHEDULE_FOR_DISABLE
	BanDate      string        `json:"ban_date,omitempty"`    // Meta writes it in words
	Violation    string        `json:"violation,omitempty"`
	Restrictions []Restriction `json:"restrictions,omitempty"`
	Notices      []Notice      `json:"notices,omitempty"` // newest last

	VerifiedAt   time.Time `json:"verified_at,omitzero"`   // when Meta had its challenge back from our address
	UnverifiedAt time.Time `json:"unverified_at,omitzero"` // when it was last asked for with another verify token
	Steps        []Step    `json:"steps,omitempty"`        // how it is connected, as was found at CheckedAt
	CheckedAt    time.Time `json:"checked_at,omitzero"`
	EventAt      time.Time `json:"event_at,omitzero"` // when a body last came that the number's secret signed
	// Unsigned counts, once a minute at most, what has come in the number's name since
	// then that no secret here signed: the secret may be wrong, or somebody else tries.
	Unsigned int `json:"unsigned,omitempty"`
	// Signed is when each app secret last signed a body, by SecretMark and to the minute,
	// and SignedSince since when that is kept.
	Signed      map[string]time.Time `json:"signed,omitempty"`
	SignedSince time.Time            `json:"signed_since,omitzero"`

	Heard map[string]int64 `json:"heard,omitempty"` // when each kind of news last came, by Meta's time
}

// SignedBy notes that the app secret with the mark signed a body, and forgets secrets
// that the number has no more.
func (s *AccountState) SignedBy(mark string, has []string, now time.Time) {
	if s.SignedSince.IsZero() {
		s.SignedSince = now
	}
	signed := map[string]time.Time{mark: now}
	for _, secret := range has {
		if m := SecretMark(secret); m != mark && !s.Signed[m].IsZero() {
			signed[m] = s.Signed[m]
		}
	}
	s.Signed = signed
}

// LastSigner returns the place of the app secret that signed the latest body, or -1.
func (s *AccountState) LastSigner(secrets []string) int {
	last, at := -1, time.Time{}
	for n, secret := range secrets {
		if when := s.Signed[SecretMark(secret)]; when.After(at) {
			last, at = n, when
		}
	}
	return last
}

// News reports whether something that Meta told at the time is newer than what
// was heard of the kind, and remembers it: webhooks come late and twice. Without
// a time it always is.
func (s *AccountState) News(kind string, at time.Time) bool {
	if at.IsZero() {
		return true
	}
	if s.Heard[kind] >= at.Unix() {
		return false
	}
	if s.Heard == nil {
		s.Heard = map[string]int64{}
	}
	s.Heard[kind] = at.Unix()
	return true
}

// Restriction is something that an account may not do until a time; zero for no
// end.
type Restriction struct {
	Type  string    `json:"type"`
	Until time.Time `json:"until,omitzero"`
}

// Notice is something that Meta told of an account.
type Notice struct {
	Field    string    `json:"field"`
	Type     string    `json:"type"`
	Severity string    `json:"severity,omitempty"`
	Text     string    `json:"text,omitempty"`
	At       time.Time `json:"at"`
}

// maxNotices bounds the notices that are kept of an account.
const maxNotices = 20

// Notify adds a notice, and forgets the oldest where there are too many.
func (s *AccountState) Notify(n Notice) {
	s.Notices = append(s.Notices, n)
	if over := len(s.Notices) - maxNotices; over > 0 {
		s.Notices = s.Notices[over:]
	}
}

// Changed notes that one of Meta's words has taken the place of another.
func (s *AccountState) Changed(field, before, after string, at time.Time) {
	if after != "" && before != after {
		s.Notify(Notice{Field: field, Type: strings.TrimPrefix(before+" → "+after, " → "), At: at})
	}
}

// AboutPortfolio is the key of the portfolio that a number belongs to; of its
// account where the portfolio is not known.
func (s *Sender) AboutPortfolio() string {
	if s.Portfolio == "" {
		return s.AboutWABA()
	}
	return "portfolio/" + s.Portfolio
}

// TierLimit reads Meta's name of a messaging limit ("TIER_2K", or the bare number
// of older bodies): to how many people a portfolio may write first in 24 hours.
// It is -1 where there is no limit, or none that is known.
func TierLimit(tier string) int {
	text := strings.TrimPrefix(strings.ToUpper(tier), "TIER_")
	thousands := strings.TrimSuffix(text, "K")
	n, err := strconv.Atoi(thousands)
	switch {
	case err != nil || n < 0:
		return -1
	case thousands != text:
		return 1000 * n
	}
	return n
}
