// Package business holds who stands behind a consent: the Business (the
// controller) and its Senders, the WhatsApp numbers that it writes from.
package business

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"assent/consent"
)

// Width is how far a stop reaches that names no purpose (rule 15).
type Width string

// The widths of a bare stop.
const (
	StopAll       Width = "all"
	StopMarketing Width = "marketing"
)

// Scope returns the scope that a stop of this width ends; empty means all.
func (w Width) Scope() consent.Scope {
	if w == StopMarketing {
		return consent.Marketing
	}
	return ""
}

// bareStopAllFrom is the day from which a bare stop from a number of the North
// American plan ends everything, whatever the business set (47 CFR
// 64.1200(a)(10), as delayed).
var bareStopAllFrom = time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)

// Business is a controller and what it tells people about itself. Everything
// else in the installation belongs to exactly one.
type Business struct {
	ID        string `json:"id"`
	Slug      string `json:"slug"`       // in addresses; unique in the installation
	Issuer    string `json:"issuer"`     // the iss of its events; fixed when it is made
	LegalName string `json:"legal_name"` // as the consent words name it
	BrandName string `json:"brand_name"` // as people know it
	Address   string `json:"address"`    // postal, one line
	Contact   string `json:"contact"`    // an e-mail address or telephone number
	Human     string `json:"human"`      // whom HELP and errors name (Helper)
	NoticeURL string `json:"notice_url"` // the privacy notice
	// NoticeURLs are the privacy notice's addresses in languages that have one of
	// their own.
	NoticeURLs map[string]string `json:"notice_urls,omitempty"`
	Language   string            `json:"language"` // default, a BCP 47 tag
	Country    string            `json:"country"`  // default, ISO 3166-1 alpha-2
	Colour     string            `json:"colour"`   // of the brand, #rrggbb
	BareStop   Width             `json:"bare_stop"`
	// NewNumberFollows says that marketing goes along when the person changes
	// their number; else it waits until it is confirmed from the new one (rule 23).
	NewNumberFollows bool `json:"new_number_follows,omitempty"`
	// BlockNotMe says that whoever says that it was not they is blocked in WhatsApp:
	// they cannot write to the number either.
	BlockNotMe bool `json:"block_not_me,omitempty"`
	// Entity is the legal entity with whose other businesses this one shares
	// stops; empty for none (rule 21).
	Entity string `json:"entity,omitempty"`
	Keeping

	Purposes []Purpose `json:"purposes"`
}

// Purpose is one kind of message of the business, with the names by which
// people know it in each language ("STOP offers" finds it by them).
type Purpose struct {
	Key    string            `json:"key"`
	Scope  consent.Scope     `json:"scope"`
	Basis  consent.Basis     `json:"basis"`
	Titles map[string]string `json:"titles"`
}

// Consent returns the purpose as the fold and the decision know it.
func (p Purpose) Consent() consent.Purpose {
	return consent.Purpose{Key: p.Key, Scope: p.Scope, Basis: p.Basis}
}

// Notice returns the address of the privacy notice for readers of the language.
func (b *Business) Notice(lang string) string { return cmp.Or(b.NoticeURLs[lang], b.NoticeURL) }

// Purpose returns the purpose with the key.
func (b *Business) Purpose(key string) (Purpose, bool) {
	i := slices.IndexFunc(b.Purposes, func(p Purpose) bool { return p.Key == key })
	if i < 0 {
		return Purpose{}, false
	}
	return b.Purposes[i], true
}

// StopNames returns what may follow a stop word to narrow it, for
// consent.KeywordFor.
func (b *Business) StopNames() map[string][]string {
	names := make(map[string][]string, len(b.Purposes))
	for _, p := range b.Purposes {
		for _, t := range p.Titles {
			names[p.Key] = append(names[p.Key], t)
		}
	}
	return names
}

// BareStopFor returns how far a bare stop reaches for an account with the
// calling code (0 where neither a number nor its country is known) at the time.
func (b *Business) BareStopFor(callingCode int, at time.Time) Width {
	if b.BareStop != StopMarketing {
		return StopAll
	}
	if callingCode == 1 && !at.Before(bareStopAllFrom) {
		return StopAll
	}
	return StopMarketing
}

// Sender is a WhatsApp business number.
type Sender struct {
	ID            string
	Business      string
	PhoneNumberID string
	WABA          string
	Portfolio     string
	Number        string // E.164, as people see it
	Simulated     bool
	Rate          int // most messages a second; 0 means DefaultRate
	// App is the id of the app at Meta whose secret signs its webhooks; empty
	// where nobody told it, or where there is a Host.
	App string
	// Host is the address of a provider that passes the API on, such as
	// https://waba-v2.360dialog.io; empty for Meta itself.
	Host string
	// EndedAt is when an operator stopped using it: it sends nothing since, and
	// what is written to it is still heard. Zero while it is in use.
	EndedAt time.Time
	// RemovedAt is when an operator took it away: it has no secrets since, and only
	// what was done by it before speaks of it. Zero while it is here.
	RemovedAt time.Time
	Secrets   Secrets
}

// InUse reports whether the number sends.
func (s *Sender) InUse() bool { return s.EndedAt.IsZero() && s.RemovedAt.IsZero() }

// Secrets are what a sender needs to speak with Meta. They are stored sealed
// and never shown again.
type Secrets struct {
	Token       string   `json:"token"`
	AppSecrets  []string `json:"app_secrets"`  // several at once, for rotation
	VerifyToken string   `json:"verify_token"` // with a Host: what its webhooks must carry
	// AppSecretsSince is when each of AppSecrets was added, in their order. It is
	// zero, or there is none, where nobody kept it.
	AppSecretsSince []time.Time `json:"app_secrets_since,omitempty"`
}

// Began notes that the app secrets of a new sender are known since now.
func (s *Secrets) Began(now time.Time) {
	s.AppSecretsSince = slices.Repeat([]time.Time{now}, len(s.AppSecrets))
}

// AddAppSecret adds an app secret as the newest.
func (s *Secrets) AddAppSecret(secret string, now time.Time) {
	since := make([]time.Time, len(s.AppSecrets), len(s.AppSecrets)+1)
	copy(since, s.AppSecretsSince)
	s.AppSecretsSince = append(since, now)
	s.AppSecrets = append(slices.Clip(s.AppSecrets), secret)
}

// RemoveAppSecret takes the n-th app secret away, from 0 on, which there must be.
func (s *Secrets) RemoveAppSecret(n int) {
	s.AppSecrets = slices.Delete(slices.Clone(s.AppSecrets), n, n+1)
	if n < len(s.AppSecretsSince) {
		s.AppSecretsSince = slices.Delete(slices.Clone(s.AppSecretsSince), n, n+1)
	}
}

// AppSecretSince returns when the n-th app secret was added, or zero where nobody
// kept it.
func (s *Secrets) AppSecretSince(n int) (at time.Time) {
	if n < len(s.AppSecretsSince) {
		at = s.AppSecretsSince[n]
	}
	return at
}

// SecretMark tells an app secret apart from others, and says nothing of it.
func SecretMark(secret string) string {
	sum := sha256.Sum256([]byte("assent app secret\x00" + secret))
	return hex.EncodeToString(sum[:8])
}

// LogValue keeps secrets out of logs.
func (Secrets) LogValue() string { return "[secrets]" }

// String keeps secrets out of formatted text.
func (Secrets) String() string { return "[secrets]" }

// Helper returns whom HELP and errors name: the human, else how the business is
// reached at all (rule 27).
func (b *Business) Helper() string {
	for _, said := range []string{b.Human, b.Contact, b.Address} {
		if said = strings.TrimSpace(said); said != "" {
			return said
		}
	}
	return b.LegalName
}

// NamesNobody reports that people who ask for a person are told where the business is
// at best.
func (b *Business) NamesNobody() bool { return strings.TrimSpace(b.Human+b.Contact) == "" }
