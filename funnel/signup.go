package funnel

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"assent/consent"
	"assent/fault"
)

// Signup is a link of WhatsApp's own by which people say yes to one purpose
// without leaving WhatsApp: an entry point of the kind EntrySignup. Its screen shows
// the message of the version that is in force, and reports who said yes by the
// link's id alone, so what each showed and when is kept.
type Signup struct {
	Entry    string // id of its entry point
	Business string
	WABA     string
	MetaID   string
	Privacy  string // address of the privacy notice; WhatsApp does not let it be changed
	Versions []SignupVersion
}

// SignupVersion is what a sign-up link said from a moment on, until the next.
type SignupVersion struct {
	Entry        string    `json:"entry"`
	Number       int       `json:"number"`
	Version      string    `json:"version"` // of the funnel, whose words it shows
	Lang         string    `json:"language"`
	Purpose      string    `json:"purpose"`
	Message      string    `json:"message"`      // on the screen, before the yes
	Confirmation string    `json:"confirmation"` // sent by WhatsApp after it
	Promo        string    `json:"promo,omitempty"`
	Website      string    `json:"website,omitempty"`
	Off          bool      `json:"off,omitempty"`
	Shown        string    `json:"shown"` // SHA-256 of the message as it is kept
	Event        string    `json:"-"`     // that says it
	Author       string    `json:"-"`
	At           time.Time `json:"-"`
}

// ClaimSignups names, in an operator's event, what sign-up links say from then on.
// An audit compares it with what is kept.
const ClaimSignups = "signups"

// ClaimSignup names, in the event of a yes, the link and which of its versions the
// screen showed.
const ClaimSignup = "signup"

// SignupMargin is how long before a change of the words a sign-up has to be, and
// SignupSettles how long after it: WhatsApp does not say which words a person saw,
// clocks differ, and a screen stays open, so in between nobody can tell.
const (
	SignupMargin  = time.Minute
	SignupSettles = time.Hour
)

// Now returns what the link says now.
func (s *Signup) Now() SignupVersion {
	if len(s.Versions) == 0 {
		return SignupVersion{}
	}
	return s.Versions[0]
}

// ShownAt returns what the link showed at a time. It reports false for a time
// before it was made, for one so near to a change of the words that nobody can tell,
// and for one when a change was begun and WhatsApp's answer never came.
func (s *Signup) ShownAt(at time.Time) (SignupVersion, bool) {
	var shown SignupVersion
	for i := len(s.Versions) - 1; i >= 0; i-- { // oldest first
		v := s.Versions[i]
		since := at.Sub(v.At)
		if v.Number > 1 && -SignupMargin < since && since < SignupSettles && v.Shown != s.Versions[i+1].Shown {
			return SignupVersion{}, false
		}
		if since >= 0 || v.Number == 1 && since > -SignupMargin {
			shown = v
		}
	}
	return shown, shown.Number > 0 && shown.Shown != ""
}

// Bounds of WhatsApp's.
const (
	maxSignupText = 300
	maxPromo      = 50
	promoPlace    = "{{promo_code}}"
)

// SignupMessage returns what a link can show of a purpose: the consent words, or where
// these are longer than the screen takes, who asks, the sentence that says the same in
// the person's mouth, and how to stop.
func (v *Version) SignupMessage(lang, purpose string) string {
	text := v.Texts[lang].Purposes[purpose]
	if len([]rune(text.Words)) <= maxSignupText {
		return text.Words
	}
	return strings.TrimSpace(v.Controller.LegalName + ": " + text.Say + " " + sentences[lang].stop)
}

// ShowsWords reports whether the link shows the purpose's consent words whole.
func (s *SignupVersion) ShowsWords(v *Version) bool {
	words := v.Texts[s.Lang].Purposes[s.Purpose].Words
	return words != "" && strings.Contains(s.Message, words)
}

// holds reports whether what is said yes to are the version's words and no others.
func (s *SignupVersion) holds(v *Version) bool {
	say, c := v.Texts[s.Lang].Purposes[s.Purpose].Say, v.Controller
	named := c.LegalName != "" && strings.Contains(s.Message, c.LegalName) || c.BrandName != "" && strings.Contains(s.Message, c.BrandName)
	return s.ShowsWords(v) || say != "" && strings.Contains(s.Message, say) && named
}

// Stale reports whether the link shows other words than the version has.
func (s *SignupVersion) Stale(v *Version) bool { return !s.holds(v) }

// Check returns what keeps the link from saying this, or nil. It is for one purpose
// of marketing, and shows that purpose's consent words, or where these are too long
// the sentence that says the same in the person's mouth, and whose it is (rule 2).
func (s *SignupVersion) Check(v *Version) error {
	_, known := v.Texts[s.Lang]
	p, offered := v.Purpose(s.Purpose)
	switch {
	case !known:
		return fault.Field("lang", "The funnel does not speak that language.")
	case !offered || p.Scope != consent.Marketing || p.Basis != consent.ByConsent:
		return fault.Field("purpose", "A sign-up link is for one purpose of marketing.")
	case v.MinAge > 0:
		return fault.Field("purpose", "This funnel asks for an age, and a sign-up link has no place for that.")
	case !s.holds(v):
		return fault.Field("message", "The message has to hold the funnel's consent words as they are, or your name and the sentence with which people say yes.")
	case len([]rune(s.Message)) > maxSignupText || !plain(s.Message):
		return fault.Field("message", "The message has at most %d plain characters.", maxSignupText)
	case s.Confirmation == "" || len([]rune(s.Confirmation)) > maxSignupText || !plain(s.Confirmation):
		return fault.Field("confirmation", "The confirmation has from 1 to %d plain characters.", maxSignupText)
	case len(s.Promo) > maxPromo || strings.ContainsFunc(s.Promo, func(r rune) bool { return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z') }):
		return fault.Field("promo", "A promo code has at most %d letters and digits.", maxPromo)
	case strings.Contains(s.Confirmation, promoPlace) && s.Promo == "":
		return fault.Field("promo", "The confirmation has a place for a promo code. Give the code.")
	case strings.Contains(strings.ReplaceAll(s.Confirmation, promoPlace, ""), "{{"):
		return fault.Field("confirmation", "The only place that the confirmation may have is %s.", promoPlace)
	case s.Website != "" && !isHTTPS(s.Website):
		return fault.Field("website", "The website is an https address.")
	}
	return nil
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// withoutSignup are the countries in which WhatsApp offers sign-up links neither to
// businesses with a number there nor to people: the European Economic Area, the
// United Kingdom, Brazil, Japan, South Korea, Nigeria, South Africa and Turkey
// (Meta, In-App Signup, 2026-07-03).
var withoutSignup = []string{
	"AT", "BE", "BG", "BR", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "JP", "KR", "LI", "LT", "LU", "LV", "MT",
	"NG", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "TR", "ZA",
}

// WithoutSignup returns the countries without sign-up links, by their ISO codes.
func WithoutSignup() []string { return slices.Clone(withoutSignup) }

// HasSignup reports whether WhatsApp offers sign-up links in the country.
func HasSignup(country string) bool { return !slices.Contains(withoutSignup, country) }
