package wire

import (
	"maps"
	"slices"
	"time"
)

// Class says whose matter an error is, and so whether the same message may be
// tried again.
type Class string

// The classes.
const (
	ClassRetry    Class = "retry"    // the same message may succeed later
	ClassPerson   Class = "person"   // this person cannot, or must not, get it
	ClassAccount  Class = "account"  // the sender, WABA or token: an operator has to act
	ClassTemplate Class = "template" // the template: every message of this kind fails alike
	ClassRequest  Class = "request"  // the request is wrong: a fault of ours
	ClassUnknown  Class = "unknown"  // not in the table: final, and shown to an operator
)

// Width says how far an error reaches: what has to slow down or stop.
type Width string

// The widths.
const (
	WidthMessage  Width = "message"
	WidthPair     Width = "pair" // this sender to this person
	WidthSender   Width = "sender"
	WidthWABA     Width = "waba"
	WidthApp      Width = "app"
	WidthTemplate Width = "template"
	WidthCountry  Width = "country"
)

// Effect is what an error means beyond the message itself.
type Effect string

// The effects. Most errors have none.
const (
	EffectNone          Effect = ""
	EffectUnreachable   Effect = "unreachable"    // not on WhatsApp, as far as Meta says
	EffectWindowClosed  Effect = "window_closed"  // only a template may go
	EffectCapReached    Effect = "cap_reached"    // Meta withheld a marketing message; no word on consent
	EffectPlatformStop  Effect = "platform_stop"  // the person stopped marketing in WhatsApp
	EffectNeedsNumber   Effect = "needs_number"   // this kind cannot go to a BSUID
	EffectBlocked       Effect = "blocked"        // by the business itself
	EffectIdentity      Effect = "identity"       // the account's key is not the one expected
	EffectStopSending   Effect = "stop_sending"   // nothing goes until an operator has acted
	EffectStopCampaigns Effect = "stop_campaigns" // nothing that the business starts
	EffectPaused        Effect = "paused"         // the template; wait for its event
)

// Action is the one thing that a sender does about an error code.
type Action string

// The actions.
const (
	ActFinal         Action = "final"          // the message has failed; others go on
	ActAlarm         Action = "alarm"          // final, and an operator should know
	ActRetry         Action = "retry"          // the same message again, not before After
	ActReconcile     Action = "reconcile"      // it may have gone out: its status tells, and it is never sent again
	ActPauseSender   Action = "pause_sender"   // all of the Width waits, longer each time, and then this message goes again
	ActPausePair     Action = "pause_pair"     // the same for this sender and this person
	ActStopTemplate  Action = "stop_template"  // final, and nothing by this template until it has changed
	ActStopCampaigns Action = "stop_campaigns" // final, and no template of the Width until an operator has acted
	ActStopSending   Action = "stop_sending"   // this message and all of the Width wait until an operator has acted
	ActPlatformStop  Action = "platform_stop"  // final, and the person's marketing is stopped
)

// Behaviour is what one error code asks for.
type Behaviour struct {
	Do     Action
	Class  Class
	Width  Width
	Effect Effect
	// After is the least time to wait before the next try; for ClassPerson with
	// EffectCapReached, before the next message of that kind.
	After time.Duration
	// MaybeSent: the message may have gone out in spite of the error. There is
	// no idempotency key, so wait for a status before sending again.
	MaybeSent bool
	// Meaning is a sentence for operators.
	Meaning string
}

// Retry reports whether the same message may be tried again.
func (b Behaviour) Retry() bool { return b.Class == ClassRetry }

// Codes that other packages name.
const (
	CodeTokenInvalid     Code = 190
	CodeParameter        Code = 100
	CodeUndeliverable    Code = 131026
	CodeWindowClosed     Code = 131047
	CodeCapReached       Code = 131049
	CodePlatformStop     Code = 131050
	CodeNeedsNumber      Code = 131062
	CodeParameterInvalid Code = 131009
)

var behaviours = buildBehaviours()

// Behaviour returns what the code asks for. A code that is not in Meta's tables
// is final.
func (c Code) Behaviour() Behaviour {
	if b, ok := behaviours[c]; ok {
		return b
	}
	meaning := "WhatsApp gave an error code that is not known here."
	if c == CodeNone {
		meaning = "WhatsApp gave no error code."
	}
	return Behaviour{Do: ActAlarm, Class: ClassUnknown, Width: WidthMessage, Meaning: meaning}
}

// Known reports whether the code is in the table.
func (c Code) Known() bool {
	_, ok := behaviours[c]
	return ok
}

// Codes returns every code of the table, in order.
func Codes() []Code { return slices.Sorted(maps.Keys(behaviours)) }

// buildBehaviours is the table of Meta's "Cloud API error codes". Codes that
// share a row behave alike.
func buildBehaviours() map[Code]Behaviour {
	type row struct {
		codes     []Code
		behaviour Behaviour
	}
	stop := func(meaning string) Behaviour {
		return Behaviour{ActStopSending, ClassAccount, WidthApp, EffectStopSending, 0, false, meaning}
	}
	account := func(meaning string) Behaviour {
		return Behaviour{ActStopSending, ClassAccount, WidthSender, EffectStopSending, 0, false, meaning}
	}
	template := func(meaning string) Behaviour {
		return Behaviour{ActStopTemplate, ClassTemplate, WidthTemplate, EffectNone, 0, false, meaning}
	}
	request := func(meaning string) Behaviour {
		return Behaviour{ActAlarm, ClassRequest, WidthMessage, EffectNone, 0, false, meaning}
	}
	signup := func(meaning string) Behaviour {
		return Behaviour{ActAlarm, ClassAccount, WidthWABA, EffectNone, 0, false, meaning}
	}
	person := func(effect Effect, after time.Duration, meaning string) Behaviour {
		act := ActFinal
		if effect == EffectPlatformStop {
			act = ActPlatformStop
		}
		return Behaviour{act, ClassPerson, WidthMessage, effect, after, false, meaning}
	}
	retry := func(width Width, after time.Duration, maybeSent bool, meaning string) Behaviour {
		act := ActRetry
		switch {
		case maybeSent:
			act = ActReconcile
		case width == WidthPair:
			act = ActPausePair
		case width != WidthTemplate:
			act = ActPauseSender
		}
		return Behaviour{act, ClassRetry, width, EffectNone, after, maybeSent, meaning}
	}
	rows := []row{
		// Try again, slower.
		{[]Code{4}, retry(WidthApp, time.Minute, false, "The app has made too many calls.")},
		{[]Code{80007}, retry(WidthWABA, time.Minute, false, "The WhatsApp Business Account has made too many calls.")},
		{[]Code{130429}, retry(WidthSender, time.Second, false, "The number sends more messages a second than it may.")},
		{[]Code{131056}, retry(WidthPair, time.Second, false, "Too many messages to this person in a short time.")},
		{[]Code{1, 2, 131000, 131016, 133004}, retry(WidthMessage, 10*time.Second, true, "WhatsApp has trouble. The message may have gone out.")},
		{[]Code{131057, 2494100}, retry(WidthSender, time.Minute, false, "The number is in maintenance for a minute or so.")},
		{[]Code{133015}, retry(WidthSender, 5*time.Minute, false, "The number was deleted a moment ago and cannot be registered yet.")},
		{[]Code{134101}, retry(WidthTemplate, 10*time.Minute, false, "The marketing template is still being synchronised.")},

		// The person.
		{[]Code{131026}, person(EffectUnreachable, 0, "WhatsApp cannot deliver to this number.")},
		{[]Code{131047}, person(EffectWindowClosed, 0, "The person last wrote more than 24 hours ago; only a template may go.")},
		{[]Code{131049}, person(EffectCapReached, 24*time.Hour, "WhatsApp held the message back: this person gets enough marketing.")},
		{[]Code{131050}, person(EffectPlatformStop, 0, "The person stopped your marketing messages in WhatsApp.")},
		{[]Code{131062}, person(EffectNeedsNumber, 0, "This kind of message needs the person's phone number.")},
		{[]Code{130472}, person(EffectNone, 0, "The person is in an experiment of WhatsApp and gets no marketing.")},
		{[]Code{130403}, person(EffectBlocked, 0, "The business has blocked this person.")},
		{[]Code{131021}, person(EffectNone, 0, "Sender and recipient are the same number.")},
		{[]Code{131030}, person(EffectNone, 0, "A test number may write only to the numbers on its list.")},
		{[]Code{137000}, person(EffectIdentity, 0, "The account's identity key has changed; confirm who it is.")},

		// Sender, WABA, token.
		{[]Code{0, 190}, stop("The access token is not valid, or has expired.")},
		{append(codeRange(200, 299), 3, 10, 131005), stop("The access token lacks a permission.")},
		{[]Code{368, 131031}, Behaviour{ActStopSending, ClassAccount, WidthWABA, EffectStopSending, 0, false, "WhatsApp has restricted or locked the account."}},
		{[]Code{131042, 131044, 134011}, account("Payment, or its terms, need attention in Meta's settings.")},
		{[]Code{131037}, account("The number's display name is not approved yet.")},
		{[]Code{131045, 133010}, account("The number is not registered.")},
		{[]Code{133000, 133005, 133006, 133008, 133009, 133016}, account("The number's registration or PIN needs attention.")},
		{[]Code{131048}, Behaviour{ActStopCampaigns, ClassAccount, WidthSender, EffectStopCampaigns, 0, false, "Too many people blocked or reported this number."}},
		{[]Code{131064}, Behaviour{ActStopCampaigns, ClassAccount, WidthWABA, EffectStopCampaigns, 0, false, "Sending is limited because messages were put in the wrong category."}},
		{[]Code{130497}, Behaviour{ActAlarm, ClassAccount, WidthCountry, EffectNone, 0, false, "The account may not write to people in this country."}},
		{[]Code{131063}, Behaviour{ActAlarm, ClassAccount, WidthWABA, EffectNone, 0, false, "The account may send marketing through the marketing endpoint only."}},
		{codeRange(147001, 147005), Behaviour{ActAlarm, ClassAccount, WidthSender, EffectNone, 0, false, "The business username needs attention."}},
		{[]Code{2494164}, signup("There is no such sign-up link.")},
		{[]Code{2494165}, signup("Sign-up links are not enabled for this account.")},
		{[]Code{2494166, 2494167}, signup("The confirmation of the sign-up link has a place that WhatsApp does not know, or a promo code that is missing.")},
		{[]Code{CodeSignupTerms}, signup("The terms of marketing messages were not accepted yet.")},
		{[]Code{CodeSignupAccepted, 2494177}, signup("The terms of marketing messages were accepted before, or are others.")},
		{[]Code{2494179}, signup("The website of a sign-up link has to be an https address.")},

		// The template.
		{[]Code{132000, 132012, 132018, 132008}, template("The parameters do not match the approved template.")},
		{[]Code{132001}, template("There is no approved template of this name in this language.")},
		{[]Code{132005, 132007}, template("The text is too long once filled in, or against policy.")},
		{[]Code{132015}, Behaviour{ActStopTemplate, ClassTemplate, WidthTemplate, EffectPaused, 0, false, "The template is paused for low quality."}},
		{[]Code{132016}, template("The template is disabled for good.")},
		{[]Code{132068, 132069}, template("The template's Flow is blocked or slowed down.")},
		{[]Code{131055, 134100, 134102}, template("The endpoint does not take this kind of template.")},

		// The request.
		{[]Code{100, 33, 131008, 131009, 131051, 131052, 131053}, request("WhatsApp found the request wrong.")},
		{[]Code{135000}, request("WhatsApp refused the request without a reason.")},
		{[]Code{139200, 2388318, 2388330}, request("Direct Send refused the message.")},
		{codeRange(139100, 139103), request("The block list refused an entry.")},
	}
	table := make(map[Code]Behaviour)
	for _, r := range rows {
		for _, c := range r.codes {
			table[c] = r.behaviour
		}
	}
	return table
}

func codeRange(from, to Code) []Code {
	var all []Code
	for c := from; c <= to; c++ {
		all = append(all, c)
	}
	return all
}
