package business

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Token is what Meta says of an access token, asked by the app that it is for.
type Token struct {
	Valid   bool
	App     string // the id of the app that it was made for
	Scopes  []string
	Expires time.Time // zero for never
	Asked   bool      // by the app's own secret, which therefore is right
	Refused AppFault  // why the app could not ask, where the token itself is good; empty where it could
}

// AppFault is what is wrong with an app that may not ask about a token. To a wrong id or
// secret Meta answers by the code that a bad token has, too.
type AppFault string

// What may be wrong with an app.
const (
	AppSecretWrong AppFault = "secret"  // the token is the app's, so its id is right and the secret is not
	AppOther       AppFault = "other"   // the token is another app's
	AppUnknown     AppFault = "unknown" // the id or the secret
)

// Subscription is where an app has its webhooks sent, and what for.
type Subscription struct {
	Callback string
	Fields   []string
}

// Rights are the scopes that a token needs: to send, and to read templates and
// how an account stands.
var Rights = []string{"whatsapp_business_messaging", "whatsapp_business_management"}

// Fields are those of the webhook that Assent acts on.
var Fields = []string{
	"messages", "user_preferences", "message_template_status_update", "message_template_quality_update", "template_category_update",
	"phone_number_quality_update", "business_capability_update", "account_update", "account_alerts", "security",
}

// StepKey names a step of connecting a number. The words are the interface's.
type StepKey string

// The steps, in the order in which they are taken.
const (
	StepToken    StepKey = "token"    // the access token is valid
	StepRights   StepKey = "rights"   // and may do what is needed
	StepApp      StepKey = "app"      // it is the app's whose secret is known here
	StepNumber   StepKey = "number"   // the number is in the account, and registered
	StepWebhook  StepKey = "webhook"  // webhooks come to this address
	StepFields   StepKey = "fields"   // for everything that Assent acts on
	StepAccount  StepKey = "account"  // the account is subscribed by this app
	StepEvent    StepKey = "event"    // one has come
	StepTemplate StepKey = "template" // the confirmation template is approved
)

// StepState is how a step stands.
type StepState string

// The states of a step.
const (
	StepDone    StepState = "done"
	StepMissing StepState = "missing"
	StepUnknown StepState = "unknown" // nobody could be asked
	StepWaiting StepState = "waiting" // it is done here, and Meta has not answered
)

// Step is one step of connecting a number, and how it stands.
type Step struct {
	Key    StepKey   `json:"key"`
	State  StepState `json:"state"`
	Detail string    `json:"detail,omitempty"` // in Meta's own words and ids, never a secret
	Why    string    `json:"why,omitempty"`    // what is wrong in particular, for the words of the interface: an AppFault, or how far a template is
	// Optional says that everything works without it, as it is set up now.
	Optional bool `json:"optional,omitempty"`
}

// Open reports whether the step has to be done yet.
func (s Step) Open() bool { return s.State != StepDone && !s.Optional }

// Finding is what was found out of a number's wiring. What could not be asked
// is named with the reason; an empty one means that the answer is there.
type Finding struct {
	Token        Token
	Numbers      map[string]string // the account's numbers: id to status
	Subscribed   []string          // ids of the apps that the account is subscribed by
	Subscription Subscription
	Refused      map[StepKey]string // what Meta said no to, in words
	Silent       map[StepKey]string // what it gave no answer to
	Swapped      bool               // the phone number id and the account's have changed places
	Verified     time.Time
	Unverified   time.Time // when this address was last asked for with another verify token
	Event        time.Time
	Approved     int  // languages in which the confirmation template may be used
	Templates    int  // languages in which there is one
	Pending      int  // of these, under review at Meta
	Unsigned     int  // webhooks in the number's name since Event that no secret here signed
	Asks         bool // a published funnel asks by the confirmation template
}

// Steps judges a finding for a number whose webhooks shall come to the address.
func (s *Sender) Steps(f Finding, address string, now time.Time) []Step {
	if s.Host != "" {
		return f.judged([]Step{
			f.step(StepToken, f.Token.Valid, ""),
			f.step(StepWebhook, f.Subscription.Callback == address, f.Subscription.Callback),
			f.event(),
			f.template(),
		})
	}
	return f.judged([]Step{
		f.step(StepToken, f.Token.Valid && (f.Token.Expires.IsZero() || now.Before(f.Token.Expires)), ""),
		f.step(StepRights, len(missing(Rights, f.Token.Scopes)) == 0, strings.Join(missing(Rights, f.Token.Scopes), ", ")),
		f.app(s.App),
		f.number(s.PhoneNumberID),
		f.webhook(address, now),
		f.step(StepFields, len(missing(Fields, f.Subscription.Fields)) == 0, strings.Join(missing(Fields, f.Subscription.Fields), ", ")),
		f.step(StepAccount, slices.Contains(f.Subscribed, s.App), strings.Join(f.Subscribed, ", ")),
		f.event(),
		f.template(),
	})
}

// number judges whether the number is in the account and registered. Where it is not, the
// detail is how it stands, the number that WhatsApp has in its place, or the ids that the
// account has instead.
func (f Finding) number(id string) Step {
	how, there := f.Numbers[id]
	if !there {
		how = strings.Join(slices.Sorted(maps.Keys(f.Numbers)), ", ")
	}
	step := f.step(StepNumber, how == "CONNECTED", how)
	switch {
	case step.State == StepDone:
	case f.Swapped:
		step.Why = WhySwapped
	case f.Numbers == nil:
	case !there:
		step.Why = WhyElsewhere
	case strings.ContainsAny(how, "0123456789"):
		step.Why = WhyOther
	default:
		step.Why = WhyUnregistered
	}
	return step
}

// typing is how long somebody may take to paste a verify token once more.
const typing = time.Hour

// webhook judges whether Meta sends an app's webhooks to the address, and had its
// challenge back from there.
func (f Finding) webhook(address string, now time.Time) Step {
	step := f.step(StepWebhook, f.Subscription.Callback == address && !f.Verified.IsZero(), f.Subscription.Callback)
	if step.State != StepDone && f.Unverified.After(f.Verified) && now.Sub(f.Unverified) < typing {
		step.Why = WhyVerifyToken
	}
	return step
}

// app judges whether id, secret and token belong together.
func (f Finding) app(id string) Step {
	step := f.step(StepApp, f.Token.Asked && f.Token.App == id, f.Token.App)
	if step.Why = string(f.Token.Refused); f.Token.Refused == AppSecretWrong {
		step.Detail = ""
	}
	return step
}

func (f Finding) step(key StepKey, done bool, detail string) Step {
	if done {
		return Step{Key: key, State: StepDone}
	}
	return Step{Key: key, State: StepMissing, Detail: detail}
}

func (f Finding) event() Step {
	step := f.step(StepEvent, !f.Event.IsZero() && f.Unsigned == 0, "")
	if f.Unsigned > 0 {
		step.Why = WhyUnsigned
	}
	return step
}

func (f Finding) template() Step {
	switch {
	case f.Approved > 0 || f.Templates == 0:
		return f.step(StepTemplate, f.Approved > 0, "")
	case f.Pending > 0:
		return Step{Key: StepTemplate, State: StepWaiting}
	}
	return Step{Key: StepTemplate, State: StepMissing, Why: WhyTemplate}
}

// Heard judges anew what is known here without asking: whether a webhook has come, and
// how the template stands, of which Meta tells by itself.
func (f Finding) Heard(list []Step) []Step {
	list = slices.Clone(list)
	for i, s := range list {
		switch {
		case s.Key == StepEvent:
			list[i] = f.event()
		case s.Key == StepTemplate && f.Templates > 0:
			list[i] = f.template()
		}
	}
	return f.needed(list)
}

// needed marks the template's step as optional where nothing sends the template: people
// who write first are asked in the chat.
func (f Finding) needed(list []Step) []Step {
	for i, s := range list {
		if s.Key == StepTemplate {
			list[i].Optional = !f.Asks && s.State != StepDone
		}
	}
	return list
}

// Why a step stands as it does.
const (
	WhyApp      = "app"      // only the app itself can ask, and may not
	WhyTemplate = "rejected" // Meta took none of the texts
	WhyUnsigned = "unsigned" // what came was signed by no secret here

	WhyToken        = "token"        // nothing is told to a token that is not valid
	WhyAccount      = "account"      // the token sees no account by the id
	WhySwapped      = "swapped"      // the phone number id is the account's, and the other way round
	WhyElsewhere    = "elsewhere"    // the account has other numbers
	WhyOther        = "other"        // the id is another number's
	WhyUnregistered = "unregistered" // the number is in the account, and not connected
	WhyVerifyToken  = "verify"       // somebody asked for the address with another verify token
)

// judged puts beside each step that is not done why it could not be found out.
func (f Finding) judged(list []Step) []Step {
	for i, s := range list {
		if s.State == StepDone || s.State == StepWaiting || s.Why == WhySwapped {
			continue
		}
		if why, ok := f.Silent[s.Key]; ok {
			list[i].State, list[i].Detail = StepUnknown, why
			continue
		}
		why, no := f.Refused[s.Key]
		if !no {
			continue
		}
		if first := f.first(s.Key); first != "" {
			list[i] = Step{Key: s.Key, State: StepUnknown, Why: first}
			continue
		}
		if list[i].Detail = why; s.Key == StepNumber {
			list[i].Why = WhyAccount
		}
	}
	return f.needed(list)
}

// first returns what has to be set right before a step that was refused can be asked for,
// or nothing.
func (f Finding) first(key StepKey) string {
	switch key {
	case StepWebhook, StepFields:
		if f.Token.Refused != "" {
			return WhyApp
		}
	case StepNumber, StepAccount, StepTemplate:
		_, unseen := f.Refused[StepNumber]
		switch {
		case !f.Token.Valid:
			return WhyToken
		case unseen && key != StepNumber:
			return WhyAccount
		}
	}
	return ""
}

func missing(want, have []string) (list []string) {
	for _, w := range want {
		if !slices.Contains(have, w) {
			list = append(list, w)
		}
	}
	return list
}
