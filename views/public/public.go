// Package public holds the pages for the person who opts in: the landing page
// with its form, the page that asks to confirm in WhatsApp, and the plain pages
// that apologise.
//
// Pages are pure functions of their models: equal models give equal bytes. The
// landing page's bytes are evidence; see Landing.
package public

import (
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"assent/locale"
	"assent/views/layout"
	"assent/views/ui"
)

// The modes in which a funnel asks for confirmation.
const (
	ModeChat     = "chat"     // the person writes first
	ModeTemplate = "template" // the person asks for one message
)

// Need says whether a form asks for a field.
type Need uint8

// The needs.
const (
	None Need = iota
	Optional
	Required
)

// Purpose is one kind of message, as the page shows it.
type Purpose struct {
	Key       string
	Title     string
	Words     string // the exact words of the published notice, shown verbatim
	Frequency string // what is promised, if the words do not say it
	Contract  bool   // belongs to an order: a plain statement, no box
}

// Country is a choice of the country list.
type Country struct {
	Code string // ISO 3166-1
	Name string // in the page's language; locale.Localizer.Country
	Dial string // "49"
}

// Landing is the page of a funnel with its form.
//
// All but Entry belongs to the funnel's published version and its language.
// Canonical drops Entry: the bytes of the page so rendered are what `shown`
// names. A page that is served for the first time differs from them only by
// one hidden input, named shown, at the head of the form; one that was reached
// by an entry point has its code in a second, and in the language links.
type Landing struct {
	Loc            locale.Localizer
	Lang           string // of the business's words; empty: as Loc
	Business       layout.Business
	Languages      []layout.Language // links of the form ?lang=de
	Action         string            // where the form posts to: "/f/offers"
	Headline       string
	Text           string
	Question       string // over the boxes; empty: "What may we send you on WhatsApp?"
	Mode           string // ModeChat or ModeTemplate
	Number         Need
	Name           Need
	Countries      []Country // in the order shown
	DefaultCountry string
	Purposes       []Purpose
	SmallPrint     string // further words of the notice, shown before the button
	Body           HTML   // of the text under the lead
	Hero           Picture
	Fields         []Field
	Age            string // the statement of age, with a box of its own; empty: none
	Challenge      string // where the device asks for a challenge; empty: no proof of work
	PageURL        string // in full, for previews in other programs
	Face           Face
	Entry          Entry
}

// HTML is markup that goes onto a page as it is. Its field is hidden so that no
// text becomes markup by mistake.
type HTML struct{ markup string }

// Published returns the markup that funnel.RenderBody made when a version was
// published; nothing else may be given to it.
func Published(markup string) HTML { return HTML{markup} }

// Face is where a landing page is seen. The words are the same in each.
type Face uint8

// The faces.
const (
	Whole  Face = iota // a page of its own
	Framed             // a page in a frame on the business's own site
	Placed             // a part of a page of that site: a form and no document
)

// Draw returns the page with its face.
func (p Landing) Draw() templ.Component {
	if p.Face == Placed {
		return PlacedForm(p)
	}
	return LandingPage(p)
}

// Picture is a picture of the business's own.
type Picture struct {
	URL           string // same origin; empty: none
	Full          string // the same in full
	Alt           string
	Width, Height int
}

// Field is something that the funnel asks beyond number and name.
type Field struct {
	Key     string
	Kind    string // email, choice, text or date
	Label   string
	Hint    string
	Need    Need
	Options []ui.Option
}

// Entry is what differs from one serving of the page to the next.
type Entry struct {
	Shown     string // the signed field; empty: none is written
	EntryCode string // of the entry point that led here; empty: none is written
	Phone     string // as typed
	Country   string
	Name      string
	Ticked    []string // keys of purposes
	OfAge     bool
	Fields    map[string]string // by key, as typed
	Problems  ui.Problems
}

// The ids of the landing page's controls, for Entry.Problems, and the names
// under which they are posted.
const (
	FieldPhone    = "phone"
	FieldCountry  = "country"
	FieldName     = "name"
	FieldPurpose  = "purpose"
	FieldShown    = "shown"
	FieldEntry    = "e"
	FieldHoneypot = "website"
	FieldAge      = "age"
	FieldProof    = "altcha" // as ALTCHA's own widget names it

	// FieldPrefix is what the ids of the funnel's own fields begin with; they are
	// posted under their keys alone.
	FieldPrefix = "field-"
)

// Canonical returns the page without what differs from serving to serving.
func (p Landing) Canonical() Landing {
	p.Entry = Entry{}
	return p
}

func (p Landing) lang() string { return ui.Foreign(p.Lang, p.Loc) }

func (p Landing) country() string {
	if p.Entry.Country != "" {
		return p.Entry.Country
	}
	return p.DefaultCountry
}

func (p Landing) choices() []ui.Choice {
	var out []ui.Choice
	for _, x := range p.Purposes {
		if !x.Contract {
			out = append(out, ui.Choice{Value: x.Key, Title: ui.Clean(x.Title), Words: x.Words, Note: ui.Clean(x.Frequency),
				Ticked: slices.Contains(p.Entry.Ticked, x.Key), Lang: p.lang()})
		}
	}
	return out
}

func (p Landing) contracts() []Purpose {
	return slices.DeleteFunc(slices.Clone(p.Purposes), func(x Purpose) bool { return !x.Contract })
}

func (p Landing) question() string {
	if p.Question != "" {
		return ui.Clean(p.Question)
	}
	return p.Loc.T("form.question", "Business", ui.Clean(p.Business.Brand))
}

func (p Landing) optional(n Need) string {
	if n == Optional {
		return p.Loc.T("form.optional")
	}
	return ""
}

func (p Landing) frame() layout.Public {
	return layout.Public{
		Loc: p.Loc, Title: p.Headline + " · " + p.Business.Brand, Business: p.Business, Languages: p.languages(), Framed: p.Face == Framed,
		Card: layout.Card{Title: p.Headline, Text: p.Text, URL: p.PageURL, Image: p.Hero.Full, Site: p.Business.Brand},
	}
}

// control describes one of the funnel's own fields.
func (p Landing) control(f Field) ui.Field {
	id := FieldPrefix + f.Key
	c := ui.Field{ID: id, Name: f.Key, Label: ui.Clean(f.Label), Hint: ui.Clean(f.Hint), Optional: p.optional(f.Need), Value: p.Entry.Fields[f.Key], Error: p.Entry.Problems.For(id), MaxLength: "200"}
	switch f.Kind {
	case "email":
		c.Type, c.Inputmode, c.Autocomplete, c.LTR, c.MaxLength = "email", "email", "email", true, "254"
	case "date":
		c.Type, c.LTR, c.MaxLength = "date", true, ""
	}
	return c
}

func (p Landing) fieldOptions(f Field) []ui.Option {
	out := []ui.Option{{Value: "", Label: p.Loc.T("form.choose"), Selected: p.Entry.Fields[f.Key] == ""}}
	for _, o := range f.Options {
		out = append(out, ui.Option{Value: o.Value, Label: ui.Clean(o.Label), Selected: o.Value == p.Entry.Fields[f.Key]})
	}
	return out
}

// languages are the links of the language switch: whoever came by an entry
// point has come by it in the other language too.
func (p Landing) languages() []layout.Language {
	if p.Entry.EntryCode == "" {
		return p.Languages
	}
	list := slices.Clone(p.Languages)
	for i := range list {
		list[i].URL += "&e=" + url.QueryEscape(p.Entry.EntryCode)
	}
	return list
}

func (p Landing) options() []ui.Option {
	out := make([]ui.Option, 0, len(p.Countries)+1)
	out = append(out, ui.Option{Value: "", Label: p.Loc.T("form.country_choose"), Selected: p.country() == ""})
	for _, c := range p.Countries {
		out = append(out, ui.Option{Value: c.Code, Label: ui.Clean(c.Name) + " " + locale.Isolate("+"+ui.Clean(c.Dial)), Selected: c.Code == p.country()})
	}
	return out
}

// State is where a request stands, as its page shows it.
type State string

// The states of the confirm page.
const (
	Waiting   State = "waiting"   // for the message, or for the tap on the template
	Confirmed State = "confirmed" // Outcomes say what was agreed
	Expired   State = "expired"   // the code is too old; a new one can be had
	Deferred  State = "deferred"  // confirmation never came; start again
	Closed    State = "closed"    // by a stop
	Other     State = "other"     // somebody else's account answered; the words wait in that chat
)

// Outcome is a purpose that was said yes to. It is what happened then: nothing
// on a public page tells what holds now (rule 28).
type Outcome struct {
	Title, Words string
}

// Confirm is the page that asks to confirm in WhatsApp. Nothing on it says
// whether a number is known or which one confirmed.
type Confirm struct {
	Loc       locale.Localizer
	Lang      string // of the business's words; empty: as Loc
	Business  layout.Business
	Languages []layout.Language
	State     State
	Mode      string    // ModeTemplate puts asking for the message first, where Template offers it
	Sent      bool      // a template was sent: wait for the tap, do not show the link
	Events    string    // server-sent events: one named "state" at each change
	ChatURL   string    // the click-to-chat link with its text
	Simulated bool      // that leads to the phone in the browser, which must not take this page's place
	ChatText  string    // what the person will send
	QR        []byte    // SVG of the code that leads to ChatURL
	Expires   time.Time // of the code
	Now       time.Time
	Made      time.Time // when the form was sent; shown once confirmed; zero: not shown
	Outcomes  []Outcome // once confirmed
	NewCode   string    // posts for a new code; empty: not offered
	Template  string    // posts for one template message; empty: not offered
	Restart   string    // the funnel's page
	Thanks    string    // the business's own words once confirmed; may be empty
	Next      string    // where the business offers to go on then; may be empty
	Face      Face
	Request   string // the state's word for programs, for a Placed step
}

// host returns of an address what people know of it.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

func (p Confirm) lang() string { return ui.Foreign(p.Lang, p.Loc) }

func (p Confirm) frame() layout.Public {
	f := layout.Public{Loc: p.Loc, Title: p.heading() + " · " + p.Business.Brand, Business: p.Business, Languages: p.Languages, NoIndex: true, Framed: p.Face == Framed}
	if p.State == Waiting || p.State == Other {
		f.Refresh = 5
	}
	return f
}

// asks reports whether the page first offers to send one message.
func (p Confirm) asks() bool { return p.Mode == ModeTemplate && p.Template != "" }

// until names what ends at Expires: the code, where one is the thing to do, else
// the time to answer.
func (p Confirm) until() string {
	if p.Sent || p.asks() {
		return "confirm.answer_until"
	}
	return "confirm.valid_until"
}

func (p Confirm) lead() string {
	if p.asks() {
		return "confirm.template.lead"
	}
	return "confirm.waiting.text"
}

// target is where the link to WhatsApp opens: over the frame that the page may be
// in, beside a page of which the step is a part, and beside a page of our own
// where the phone is simulated, so that both can be watched.
func (p Confirm) target() string {
	if p.Face == Placed || p.Simulated && p.Face != Framed {
		return "_blank"
	}
	return "_top"
}

func (p Confirm) heading() string {
	switch p.State {
	case Waiting:
		if p.Sent {
			return p.Loc.T("confirm.sent.title")
		}
		if p.asks() {
			return p.Loc.T("confirm.template.title")
		}
		return p.Loc.T("confirm.waiting.title")
	case Confirmed:
		if len(p.Outcomes) > 0 {
			return p.Loc.T("confirm.confirmed.title")
		}
		return p.Loc.T("confirm.declined.title")
	case Expired:
		return p.Loc.T("confirm.expired.title")
	case Closed:
		return p.Loc.T("confirm.closed.title")
	case Other:
		return p.Loc.T("confirm.other.title")
	}
	return p.Loc.T("confirm.deferred.title")
}

func (p Confirm) sign() string {
	switch p.State {
	case Confirmed:
		if len(p.Outcomes) > 0 {
			return "given"
		}
		return "refused"
	case Expired, Deferred:
		return "expired"
	case Closed:
		return "closed"
	}
	return "requested"
}

// Message is a plain page: what happened, and what to do.
type Message struct {
	Loc       locale.Localizer
	Business  layout.Business // may be empty
	Languages []layout.Language
	Kind      string // not_found, gone, too_many, forbidden, invalid, internal, unavailable, no_number
	Wait      string // for too_many: when it can be tried again, for example "5 min"; may be empty
	RequestID string // for internal: what to name when asking for help
	BackURL   string // the page that the person came from; may be empty
	StartURL  string // where to sign up with the business, if there is nowhere to go back to; may be empty
}

func (m Message) sign() string {
	switch m.kind() {
	case "gone":
		return "expired"
	case "forbidden":
		return "refused"
	case "too_many", "unavailable", "no_number":
		return "requested"
	}
	return "unknown"
}

// kind falls back to internal, the one sentence that is never wrong.
func (m Message) kind() string {
	if m.Loc.Has("page." + m.Kind + ".title") {
		return m.Kind
	}
	return "internal"
}
