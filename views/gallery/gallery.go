// Package gallery shows every component and every page with canned data: to
// look at while working on them, and for the tests that compare them with what
// was agreed. Time stands still in it and nothing is fetched.
package gallery

import (
	"github.com/a-h/templ"

	"assent/locale"
	"assent/views/admin"
	"assent/views/layout"
	"assent/views/public"
	"assent/views/sim"
	"assent/views/ui"
)

// Exhibit is one page of the gallery.
type Exhibit struct {
	Name      string // of the address: letters, digits, hyphens
	Render    func(locale.Localizer) templ.Component
	Operators bool // shown to operators only, so in their languages only
}

// In returns the Localizer for the first of the wishes in which the exhibit can
// be shown.
func (e Exhibit) In(wishes ...string) locale.Localizer {
	if e.Operators {
		return locale.ForOperator(wishes...)
	}
	return locale.For(wishes...)
}

// Tags returns the tags of the languages in which the exhibit can be shown.
func (e Exhibit) Tags() []string {
	if e.Operators {
		return locale.OperatorTags()
	}
	return locale.Tags()
}

// Exhibits returns all pages: those that people meet, in that order, then those
// of operators.
func Exhibits() []Exhibit {
	all := forPeople()
	for _, e := range forOperators() {
		e.Operators = true
		all = append(all, e)
	}
	return all
}

func forPeople() []Exhibit {
	message := func(kind string) func(locale.Localizer) templ.Component {
		return func(l locale.Localizer) templ.Component {
			m := public.Message{Loc: l, Business: business(l), Languages: languages(l, locale.Tags()), Kind: kind, RequestID: requestID(kind)}
			switch kind {
			case "not_found", "gone":
				m.StartURL = "/f/bread"
			case "too_many", "invalid":
				m.BackURL = "/f/bread"
			}
			return public.MessagePage(m)
		}
	}
	state := func(s public.State) func(locale.Localizer) templ.Component {
		return func(l locale.Localizer) templ.Component { return public.ConfirmPage(confirm(l, s)) }
	}
	return []Exhibit{
		{Name: "landing", Render: func(l locale.Localizer) templ.Component { return public.LandingPage(landing(l)) }},
		{Name: "landing-number", Render: func(l locale.Localizer) templ.Component { return public.LandingPage(landingFull(l)) }},
		{Name: "landing-errors", Render: func(l locale.Localizer) templ.Component { return public.LandingPage(landingErrors(l)) }},
		{Name: "landing-proof", Render: func(l locale.Localizer) templ.Component {
			p := landingFull(l)
			p.Challenge = "/f/offers/challenge"
			return public.LandingPage(p)
		}},
		{Name: "landing-later", Render: func(l locale.Localizer) templ.Component {
			p := landingErrors(l)
			p.Entry.Problems = ui.Problems{{Field: public.FieldPurpose, Text: l.T("error.too_many", "Time", l.T("time.minutes", "N", l.Number(12)))}}
			return public.LandingPage(p)
		}},
		{Name: "landing-foreign", Render: func(l locale.Localizer) templ.Component { return public.LandingPage(landingForeign(l)) }},
		{Name: "confirm-foreign", Render: func(l locale.Localizer) templ.Component {
			c, p := contents[foreignTag], confirm(l, public.Confirmed)
			p.Lang, p.Outcomes = foreignTag, []public.Outcome{{Title: c.offers, Words: c.offersWords}}
			return public.ConfirmPage(p)
		}},
		{Name: "landing-brand", Render: func(l locale.Localizer) templ.Component {
			p := landing(l)
			p.Business.Color = "#ffd400"
			return public.LandingPage(p)
		}},
		{Name: "landing-rich", Render: func(l locale.Localizer) templ.Component { return public.LandingPage(landingRich(l)) }},
		{Name: "landing-framed", Render: func(l locale.Localizer) templ.Component {
			p := landingFull(l)
			p.Face = public.Framed
			return public.LandingPage(p)
		}},
		{Name: "confirm", Render: state(public.Waiting)},
		{Name: "confirm-template-offer", Render: func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Waiting)
			p.Template = "/r/" + token + "/template"
			return public.ConfirmPage(p)
		}},
		{Name: "confirm-template-first", Render: func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Waiting)
			p.Template, p.Mode = "/r/"+token+"/template", public.ModeTemplate
			return public.ConfirmPage(p)
		}},
		{Name: "confirm-sent", Render: func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Waiting)
			p.Sent = true
			return public.ConfirmPage(p)
		}},
		{Name: "confirm-done", Render: state(public.Confirmed)},
		{Name: "confirm-declined", Render: func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Confirmed)
			p.Outcomes = nil
			return public.ConfirmPage(p)
		}},
		{Name: "confirm-expired", Render: state(public.Expired)},
		{Name: "confirm-deferred", Render: state(public.Deferred)},
		{Name: "confirm-closed", Render: state(public.Closed)},
		{Name: "confirm-other", Render: state(public.Other)},
		{Name: "preferences", Render: func(l locale.Localizer) templ.Component { return public.PreferencesPage(preferences(l)) }},
		{Name: "preferences-stopped", Render: func(l locale.Localizer) templ.Component { return public.PreferencesPage(preferencesStopped(l)) }},
		{Name: "preferences-wish", Render: func(l locale.Localizer) templ.Component { return public.PreferencesPage(preferencesWish(l)) }},
		{Name: "preferences-sent", Render: func(l locale.Localizer) templ.Component {
			p := preferencesWish(l)
			p.Wish = &public.Wish{Kind: public.WishRecord, Sent: true, ChatURL: chatURL}
			return public.PreferencesPage(p)
		}},
		{Name: "preferences-none", Render: func(l locale.Localizer) templ.Component {
			p := preferences(l)
			p.Rows, p.Number, p.Platform, p.CanReceipt, p.Start = nil, "", false, false, public.Start{}
			return public.PreferencesPage(p)
		}},
		{Name: "preferences-record", Render: func(l locale.Localizer) templ.Component { return public.RecordPage(record(l)) }},
		{Name: "link-ended", Render: message("link_ended")},
		{Name: "not-found", Render: message("not_found")},
		{Name: "gone", Render: message("gone")},
		{Name: "too-many", Render: message("too_many")},
		{Name: "too-many-wait", Render: func(l locale.Localizer) templ.Component {
			return public.MessagePage(public.Message{Loc: l, Kind: "too_many", Wait: l.T("time.hours", "N", l.Number(5)), BackURL: "/r/0"})
		}},
		{Name: "forbidden", Render: message("forbidden")},
		{Name: "invalid", Render: message("invalid")},
		{Name: "internal", Render: message("internal")},
		{Name: "unavailable", Render: message("unavailable")},
		{Name: "no-number", Render: message("no_number")},
		{Name: "texts", Render: func(l locale.Localizer) templ.Component { return said(l) }},
	}
}

func forOperators() []Exhibit {
	return []Exhibit{
		{Name: "components", Render: func(l locale.Localizer) templ.Component { return components(l) }},
		{Name: "phone-texts", Render: func(l locale.Localizer) templ.Component { return saidByPhone(l) }},
		{Name: "phone", Render: func(l locale.Localizer) templ.Component { return sim.Page(phone(l)) }},
		{Name: "phone-signup", Render: func(l locale.Localizer) templ.Component { return sim.SignupPage(phoneSignup(l)) }},
		{Name: "phone-list", Render: func(l locale.Localizer) templ.Component {
			p := phone(l)
			p.Chat = nil
			return sim.Page(p)
		}},
		{Name: "phone-empty", Render: func(l locale.Localizer) templ.Component { return sim.Page(phoneEmpty(l)) }},
		{Name: "phone-blocked", Render: func(l locale.Localizer) templ.Component { return sim.Page(phoneBlocked(l)) }},
		{Name: "phone-problem", Render: func(l locale.Localizer) templ.Component {
			p := phone(l)
			p.Problem = sim.Problem{Field: sim.FieldNumber, Text: l.T("sim.error.number", "Example", "+491701234567"), Number: "0170 12", Name: "Alex", Hidden: true}
			return sim.Page(p)
		}},
		{Name: "phone-controls", Render: func(l locale.Localizer) templ.Component { return sim.ControlPage(controls(l)) }},
		{Name: "phone-controls-done", Render: func(l locale.Localizer) templ.Component {
			p := controls(l)
			p.DoneBy, p.Done, p.Wrong, p.Problem = sim.ControlDelivery, l.T("sim.done.delivery"), sim.ControlNumber, l.T("sim.error.control")
			p.Own, p.Outage = sim.Own{Field: "messages", Value: "{\n  \"messages\": []\n}"}, true
			return sim.ControlPage(p)
		}},
		{Name: "sign-in", Render: func(l locale.Localizer) templ.Component { return admin.SignInPage(signIn(l)) }},
		{Name: "sign-in-nobody", Render: func(l locale.Localizer) templ.Component {
			p := signIn(l)
			p.Nobody = true
			return admin.SignInPage(p)
		}},
		{Name: "sign-in-failed", Render: func(l locale.Localizer) templ.Component {
			p := signIn(l)
			p.Failed, p.User = true, "rosa"
			return admin.SignInPage(p)
		}},
		{Name: "consents", Render: func(l locale.Localizer) templ.Component { return admin.ConsentsPage(consents(l)) }},
		{Name: "consents-empty", Render: func(l locale.Localizer) templ.Component {
			return admin.ConsentsPage(admin.Consents{Frame: frame(l, l.T("admin.consents"), 0), Begin: []admin.First{
				{Kind: "number", URL: "connect?lang=" + l.Tag(), Next: true}, {Kind: "funnel", URL: "starters?lang=" + l.Tag()}, {Kind: "share", URL: "funnels?lang=" + l.Tag()},
			}})
		}},
		{Name: "consents-none-found", Render: func(l locale.Localizer) templ.Component {
			p := consents(l)
			p.Rows, p.Filter = nil, admin.Filter{Search: "+49 170 1234568", State: "given"}
			return admin.ConsentsPage(p)
		}},
		{Name: "person", Render: func(l locale.Localizer) templ.Component { return admin.PersonPage(person(l)) }},
		{Name: "kept", Render: func(l locale.Localizer) templ.Component { return admin.ShownPage(kept(l)) }},
		{Name: "funnels", Render: func(l locale.Localizer) templ.Component { return admin.FunnelsPage(funnels(l)) }},
		{Name: "funnels-none", Render: func(l locale.Localizer) templ.Component {
			return admin.FunnelsPage(admin.Funnels{Frame: frame(l, l.T("admin.funnels"), 1), New: "starters?lang=" + l.Tag(), Connect: "connect?lang=" + l.Tag()})
		}},
		{Name: "starters", Render: func(l locale.Localizer) templ.Component {
			return admin.StartersPage(admin.Starters{Frame: frame(l, l.T("editor.new"), 1), Action: "funnels", Starters: starters(l)})
		}},
		{Name: "versions", Render: func(l locale.Localizer) templ.Component { return admin.VersionsPage(versions(l)) }},
		{Name: "publish", Render: func(l locale.Localizer) templ.Component { return admin.ReviewPage(review(l)) }},
		{Name: "erase", Render: func(l locale.Localizer) templ.Component { return admin.ErasePage(erase(l)) }},
		{Name: "business", Render: func(l locale.Localizer) templ.Component { return admin.BusinessPage(ownBusiness(l)) }},
		{Name: "editor", Render: func(l locale.Localizer) templ.Component { return admin.EditorPage(editor(l)) }},
		{Name: "numbers", Render: func(l locale.Localizer) templ.Component { return admin.NumbersPage(numbers(l, 30)) }},
		{Name: "numbers-day", Render: func(l locale.Localizer) templ.Component { return admin.NumbersPage(numbers(l, 1)) }},
		{Name: "numbers-year", Render: func(l locale.Localizer) templ.Component { return admin.NumbersPage(numbers(l, 365)) }},
		{Name: "numbers-none", Render: func(l locale.Localizer) templ.Component { return admin.NumbersPage(noNumbers(l)) }},
		{Name: "embed", Render: func(l locale.Localizer) templ.Component { return admin.EmbedPage(embed(l)) }},
		{Name: "code", Render: func(l locale.Localizer) templ.Component { return admin.CodePage(printedCode(l)) }},
		{Name: "signups", Render: func(l locale.Localizer) templ.Component { return admin.SignupsPage(signups(l)) }},
		{Name: "chat-menu", Render: func(l locale.Localizer) templ.Component { return admin.MenuPage(chatMenu(l)) }},
		{Name: "chat-menu-none", Render: func(l locale.Localizer) templ.Component { return admin.MenuPage(noChatMenu(l)) }},
		{Name: "poster", Render: func(l locale.Localizer) templ.Component { return admin.PosterPage(poster(l)) }},
		{Name: "log", Render: func(l locale.Localizer) templ.Component { return admin.LogPage(ledger(l)) }},
		{Name: "templates", Render: func(l locale.Localizer) templ.Component { return admin.TemplatesPage(templates(l)) }},
		{Name: "enter-stop", Render: func(l locale.Localizer) templ.Component { return admin.EnterStopPage(enterStop(l)) }},
		{Name: "senders", Render: func(l locale.Localizer) templ.Component { return admin.SendersPage(senders(l)) }},
		{Name: "senders-none", Render: func(l locale.Localizer) templ.Component { return admin.SendersPage(noSenders(l)) }},
		{Name: "connect", Render: func(l locale.Localizer) templ.Component { return admin.ConnectPage(connect(l)) }},
		{Name: "connect-provider", Render: func(l locale.Localizer) templ.Component { return admin.ConnectPage(connectProvider(l)) }},
		{Name: "sender-wrong", Render: func(l locale.Localizer) templ.Component { return admin.OneSender(senderWrong(l)) }},
		{Name: "sender-ready", Render: func(l locale.Localizer) templ.Component { return admin.OneSender(senderReady(l)) }},
		{Name: "sender-ids", Render: func(l locale.Localizer) templ.Component { return admin.ConnectPage(senderIDs(l)) }},
		{Name: "remove-secret", Render: func(l locale.Localizer) templ.Component { return admin.RemoveSecretPage(removeSecret(l)) }},
		{Name: "sender-remove", Render: func(l locale.Localizer) templ.Component { return admin.RemoveSenderPage(removeSender(l)) }},
		{Name: "sender-remove-last", Render: func(l locale.Localizer) templ.Component { return admin.RemoveSenderPage(removeLastSender(l)) }},
		{Name: "sender", Render: func(l locale.Localizer) templ.Component { return admin.OneSender(sender(l)) }},
		{Name: "alarms", Render: func(l locale.Localizer) templ.Component { return admin.AlarmsPage(alarms(l)) }},
		{Name: "health", Render: func(l locale.Localizer) templ.Component { return admin.HealthPage(health(l)) }},
		{Name: "alarms-none", Render: func(l locale.Localizer) templ.Component { return admin.AlarmsPage(noAlarms(l)) }},
		{Name: "inbox", Render: func(l locale.Localizer) templ.Component { return admin.ParkedPage(parked(l)) }},
		{Name: "admin-not-found", Render: func(l locale.Localizer) templ.Component {
			return admin.MessagePage(admin.Message{Frame: frame(l, l.T("page.not_found.title"), 0), Kind: "not_found"})
		}},
	}
}

// Find returns the exhibit of that name.
func Find(name string) (Exhibit, bool) {
	for _, e := range Exhibits() {
		if e.Name == name {
			return e, true
		}
	}
	return Exhibit{}, false
}

// Index is the page that leads to all others, in the frame of whoever looks;
// base is the address under which they are served, such as "/dev/gallery".
func Index(frame layout.Admin, base string) templ.Component {
	return index(frame, base, Exhibits())
}

func requestID(kind string) string {
	if kind == "internal" {
		return "01J9ZK3V6Q"
	}
	return ""
}

func signIn(l locale.Localizer) admin.SignIn {
	return admin.SignIn{Frame: layout.Admin{Loc: l, Title: l.T("admin.sign_in"), Languages: languages(l, locale.OperatorTags())}, Action: "/admin/sign-in", Next: "/admin/consents"}
}
