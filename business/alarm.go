package business

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// AlarmKind is what an alarm is about, in one word. The words for people are the
// interface's.
type AlarmKind string

// The kinds of alarm.
const (
	AlarmToken      AlarmKind = "token"      // the access token is invalid, expired or lacks a permission
	AlarmRestricted AlarmKind = "restricted" // the account is restricted, locked or banned
	AlarmAccount    AlarmKind = "account"    // the number or the account needs attention: payment, registration, name
	AlarmReported   AlarmKind = "reported"   // too many people blocked or reported the number
	AlarmTemplate   AlarmKind = "template"   // a template cannot be used any more
	AlarmCategory   AlarmKind = "category"   // Meta changed, or will change, a template's category
	AlarmLimit      AlarmKind = "limit"      // the portfolio's daily limit is used up
	AlarmQuality    AlarmKind = "quality"    // a number's or a template's quality has fallen
	AlarmRed        AlarmKind = "red"        // a number's quality is at its lowest
	AlarmFailing    AlarmKind = "failing"    // too many of a number's messages by template fail
	AlarmLeaving    AlarmKind = "leaving"    // too many people stop what they said yes to
	AlarmSecurity   AlarmKind = "security"   // somebody touches the number's PIN
	AlarmNotice     AlarmKind = "notice"     // Meta told of something that needs a look
	AlarmForget     AlarmKind = "forget"     // Meta did not take somebody out of its contact book who was erased
	AlarmBlock      AlarmKind = "block"      // Meta did not block somebody who said that it was not they
	AlarmUnblock    AlarmKind = "unblock"    // Meta did not end the block of somebody
	AlarmParked     AlarmKind = "parked"     // webhooks could not be handled and wait
	AlarmSignature  AlarmKind = "signature"  // webhooks come in a number's name that no secret here signed, and no others
	AlarmRefused    AlarmKind = "refused"    // messages are refused for a reason that is ours, or unknown
)

// Holds says what is not sent while an alarm is open.
type Holds string

// What an alarm holds.
const (
	HoldsNothing   Holds = ""
	HoldsTemplates Holds = "templates" // what the business starts
	HoldsAll       Holds = "all"
)

// Alarm is something that an operator has to know of. There is one open alarm
// for each business, kind and About; what is seen again is counted.
type Alarm struct {
	ID         string
	Business   string
	Sender     string // empty where it is about more than one number
	Kind       AlarmKind
	About      string // a key of those below
	Name       string // what About means to people: a number, a template; never a person
	Holds      Holds
	Code       int    // Meta's error code, 0 for none
	Detail     string // Meta's words, without numbers of people
	Count      int
	Since      time.Time
	SeenAt     time.Time
	ResolvedAt time.Time // zero while it is open
	ResolvedBy string    // an operator's log-in, or ByCause
}

// ByCause is who resolved an alarm that ended by itself.
const ByCause = "cause"

// Open reports whether the alarm still stands.
func (a *Alarm) Open() bool { return a.ResolvedAt.IsZero() }

// AboutSender is the key of everything that a number sends.
func (s *Sender) AboutSender() string { return "sender/" + s.ID }

// AboutWABA is the key of everything that an account sends.
func (s *Sender) AboutWABA() string { return AboutWABA(s.WABA) }

// AboutWABA is the key of everything that the WhatsApp Business Account sends.
func AboutWABA(waba string) string { return "waba/" + waba }

// AboutToken is the key of everything that is sent by the sender's access token
// as it is now. Another token is another key.
func (s *Sender) AboutToken() string {
	sum := sha256.Sum256([]byte("assent token\x00" + s.Secrets.Token))
	return "token/" + hex.EncodeToString(sum[:8])
}

// AboutTemplate is the key of a template of an account in one of Meta's languages.
func AboutTemplate(waba, name, lang string) string {
	return "template/" + waba + "/" + name + "/" + lang
}

// HeldBy reports whether an alarm about the key is about what the number sends, or about
// a template of its account.
func (s *Sender) HeldBy(about string) bool {
	return about == s.AboutSender() || about == s.AboutWABA() || about == s.AboutToken() || strings.HasPrefix(about, "template/"+s.WABA+"/")
}

// AboutParked is what the alarm about a business's parked webhook bodies is about.
func AboutParked(businessID string) string { return "parked/" + businessID }

// DefaultRate is how many messages a second a number sends at most, and Meta's
// own limit for most numbers; MaxRate is that of the others.
const (
	DefaultRate = 80
	MaxRate     = 1000
)

// Pace returns the time between two messages of the number.
func (s *Sender) Pace() time.Duration {
	rate := s.Rate
	if rate <= 0 {
		rate = DefaultRate
	}
	return time.Second / time.Duration(rate)
}
