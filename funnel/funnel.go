// Package funnel holds what a person goes through: funnels and their immutable
// versions, the words that are shown and the bytes that prove them, entry
// points, and requests under way.
package funnel

import (
	"cmp"
	"slices"
	"time"

	"assent/consent"
	"assent/fault"
)

// Mode is how a funnel asks for confirmation.
type Mode string

// The modes, one for each of the journeys.
const (
	ModeChat     Mode = "chat"     // the person writes first, from a prefilled text
	ModeTemplate Mode = "template" // an approved template with Yes and No goes to the number
	ModeQR       Mode = "qr"       // a printed code opens the chat, which asks
)

// NumberField says whether the form asks for a number.
type NumberField string

// The settings of the number field.
const (
	NumberNone     NumberField = "none"
	NumberOptional NumberField = "optional"
	NumberRequired NumberField = "required"
)

// State is where a funnel stands.
type State string

// The states of a funnel.
const (
	Published State = "published"
	Archived  State = "archived"
	Defective State = "defective"
)

// Funnel is a named way to opt in; Version is what it says.
type Funnel struct {
	ID       string
	Business string
	Slug     string // unique in the installation
	State    State
	Version  string // the published version's id

	// Origins are the sites on whose pages its forms may stand. They belong to
	// the funnel and not to a version: they change nothing of what people are
	// shown, and a site taken away must be gone at once for every version.
	Origins []string
}

// Version is one published state of a funnel. It is immutable: the evidence of
// a consent names it by its id and by the hashes of what it shows.
type Version struct {
	ID          string          `json:"id"`
	Funnel      string          `json:"funnel"`
	Business    string          `json:"business"`
	Slug        string          `json:"slug"`
	Number      int             `json:"number"`
	Mode        Mode            `json:"mode"`
	NumberField NumberField     `json:"number_field"`
	NameField   bool            `json:"name_field"`
	Purposes    []Purpose       `json:"purposes"`
	Countries   []string        `json:"countries"` // ISO codes; none means every country
	Language    string          `json:"language"`  // shown where the person's is not offered
	Texts       map[string]Text `json:"texts"`     // by BCP 47 tag
	Template    string          `json:"template"`  // name of the confirmation template
	Controller  Controller      `json:"controller"`
	PublishedAt time.Time       `json:"published_at"`

	// What came later is left out of the document where it is not used, so that
	// documents of old versions read and write as they did.
	Fields         []Field `json:"fields,omitempty"`          // beyond number and name
	MinAge         int     `json:"min_age,omitempty"`         // stated as part of the act (rule 8); 0 for none
	Look           Look    `json:"look,omitzero"`             // of the page
	Welcome        Welcome `json:"welcome,omitempty"`         // what the welcome message is; empty for none
	DefaultCountry string  `json:"default_country,omitempty"` // of the number; empty: the business's
	Proof          bool    `json:"proof_of_work,omitempty"`   // asked of the device before a message goes out
	Change         Change  `json:"change,omitempty"`          // how the words differ from the version before (rule 12)
}

// Controller is what the words say about the business, kept with the version.
type Controller struct {
	LegalName string `json:"legal_name"`
	BrandName string `json:"brand_name"`
	Address   string `json:"address"`
	Contact   string `json:"contact"`
	NoticeURL string `json:"notice_url"`
	// NoticeURLs are the privacy notice's addresses in languages that have one of
	// their own; Notice returns the one to use.
	NoticeURLs map[string]string `json:"notice_urls,omitempty"`
	Colour     string            `json:"colour"`
}

// Notice returns the address of the privacy notice for readers of the language.
func (c *Controller) Notice(lang string) string { return cmp.Or(c.NoticeURLs[lang], c.NoticeURL) }

// Purpose is a purpose as the funnel offers it.
type Purpose struct {
	Key      string        `json:"key"`
	Scope    consent.Scope `json:"scope"`
	Basis    consent.Basis `json:"basis"`
	PerMonth int           `json:"per_month,omitempty"` // promised frequency; 0 for none
	ValidFor time.Duration `json:"valid_for,omitempty"` // 0 for no end
}

// Consent returns the purpose as the fold and the decision know it.
func (p Purpose) Consent() consent.Purpose {
	return consent.Purpose{Key: p.Key, Scope: p.Scope, Basis: p.Basis}
}

// Text is everything that a version says in one language.
type Text struct {
	Title    string                 `json:"title"`
	Intro    string                 `json:"intro"`
	Greeting string                 `json:"greeting"` // first sentence of the prefilled text
	Ask      string                 `json:"ask"`      // second sentence where nothing was ticked yet
	Code     string                 `json:"code"`     // the word before the code, for example "Code"
	Thanks   string                 `json:"thanks"`
	Purposes map[string]PurposeText `json:"purposes"`

	Body       string               `json:"body,omitempty"`      // Markdown, under the intro
	BodyHTML   string               `json:"body_html,omitempty"` // Body as it is shown; made when the version is published
	SmallPrint string               `json:"small_print,omitempty"`
	Age        string               `json:"age,omitempty"`      // the statement that MinAge asks for
	Fields     map[string]FieldText `json:"fields,omitempty"`   // by the field's key
	Next       string               `json:"next,omitempty"`     // address offered once confirmed
	Welcome    string               `json:"welcome,omitempty"`  // message after confirmation
	HeroAlt    string               `json:"hero_alt,omitempty"` // what the picture shows; empty: it only decorates
}

// PurposeText is what is said of one purpose.
type PurposeText struct {
	Title string `json:"title"`           // "Offers"
	Words string `json:"words"`           // the exact consent words, or the plain statement of a contract
	Say   string `json:"say"`             // the same in the person's mouth, for the prefilled text
	Slots *Slots `json:"slots,omitempty"` // what Words was built from; nil where it was written freely
}

// Purpose returns the offered purpose with the key.
func (v *Version) Purpose(key string) (Purpose, bool) {
	i := slices.IndexFunc(v.Purposes, func(p Purpose) bool { return p.Key == key })
	if i < 0 {
		return Purpose{}, false
	}
	return v.Purposes[i], true
}

// Asked returns the purposes that have a box.
func (v *Version) Asked() []Purpose { return v.byBasis(consent.ByConsent) }

// Stated returns the purposes that stand on a contract and have no box.
func (v *Version) Stated() []Purpose { return v.byBasis(consent.ByContract) }

func (v *Version) byBasis(b consent.Basis) []Purpose {
	var ps []Purpose
	for _, p := range v.Purposes {
		if p.Basis == b {
			ps = append(ps, p)
		}
	}
	return ps
}

// Languages returns the languages that the version speaks, its own first, the
// rest in alphabetical order.
func (v *Version) Languages() []string {
	langs := make([]string, 0, len(v.Texts))
	for l := range v.Texts {
		if l != v.Language {
			langs = append(langs, l)
		}
	}
	slices.Sort(langs)
	return append([]string{v.Language}, langs...)
}

// Text returns what the version says in the language, or in its own.
func (v *Version) Text(lang string) (Text, string) {
	if t, ok := v.Texts[lang]; ok {
		return t, lang
	}
	return v.Texts[v.Language], v.Language
}

// Serves reports whether the funnel is published for the country. An unknown
// country (empty) is served only where every country is.
func (v *Version) Serves(country string) bool {
	return len(v.Countries) == 0 || country != "" && slices.Contains(v.Countries, country)
}

// MaxWords is the most characters that the words of one purpose may have: they
// must fit one WhatsApp message with buttons (1,024) beside its title and the
// line that names the business.
const MaxWords = 800

// checkPurposes looks at the purposes and their words, and at what they need.
func (v *Version) checkPurposes() error {
	if len(v.Purposes) == 0 {
		return fault.Field("purposes", "Add at least one purpose.")
	}
	if _, ok := v.Texts[v.Language]; !ok {
		return fault.Field("language", "Write the texts in the funnel's own language, %s.", v.Language)
	}
	if v.Mode == ModeTemplate && (v.NumberField != NumberRequired || v.Template == "") {
		return fault.Field("mode", "Confirmation by template needs a required number and a template.")
	}
	for _, p := range v.Purposes {
		if !p.Scope.Valid() {
			return fault.Field("purposes", "Purpose %s needs a scope.", p.Key)
		}
		if p.Basis == consent.ByContract && p.Scope == consent.Marketing {
			return fault.Field("purposes", "Marketing never rests on a contract: purpose %s needs consent.", p.Key)
		}
		for lang, t := range v.Texts {
			words := t.Purposes[p.Key]
			if words.Title == "" || words.Words == "" || words.Say == "" {
				return fault.Field("texts", "Purpose %s has no words in %s.", p.Key, lang)
			}
			if n := len([]rune(words.Words)); n > MaxWords {
				return fault.Field("texts", "The words of purpose %s in %s have %d characters; one WhatsApp message holds %d.", p.Key, lang, n, MaxWords)
			}
			if !plain(words.Title + words.Words + words.Say) {
				return fault.Field("texts", "The words of purpose %s in %s hold characters that cannot be seen. Type them anew.", p.Key, lang)
			}
		}
	}
	return nil
}
