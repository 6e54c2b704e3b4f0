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
)

// Exhibit is one page of the gallery.
type Exhibit struct {
	Name   string // of the address: letters, digits, hyphens
	Render func(locale.Localizer) templ.Component
}

// Exhibits returns all pages, in the order in which a person meets them.
func Exhibits() []Exhibit {
	message := func(kind string) func(locale.Localizer) templ.Component {
		return func(l locale.Localizer) templ.Component {
			m := public.Message{Loc: l, Business: business(l), Languages: languages(l), Kind: kind, RequestID: requestID(kind)}
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
		{"components", func(l locale.Localizer) templ.Component { return components(l) }},
		{"texts", func(l locale.Localizer) templ.Component { return said(l) }},
		{"landing", func(l locale.Localizer) templ.Component { return public.LandingPage(landing(l)) }},
		{"landing-number", func(l locale.Localizer) templ.Component { return public.LandingPage(landingFull(l)) }},
		{"landing-errors", func(l locale.Localizer) templ.Component { return public.LandingPage(landingErrors(l)) }},
		{"landing-brand", func(l locale.Localizer) templ.Component {
			p := landing(l)
			p.Business.Color = "#ffd400"
			return public.LandingPage(p)
		}},
		{"landing-rich", func(l locale.Localizer) templ.Component { return public.LandingPage(landingRich(l)) }},
		{"landing-framed", func(l locale.Localizer) templ.Component {
			p := landingFull(l)
			p.Face = public.Framed
			return public.LandingPage(p)
		}},
		{"confirm", state(public.Waiting)},
		{"confirm-template-offer", func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Waiting)
			p.Template = "/r/" + token + "/template"
			return public.ConfirmPage(p)
		}},
		{"confirm-template-first", func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Waiting)
			p.Template, p.Mode = "/r/"+token+"/template", public.ModeTemplate
			return public.ConfirmPage(p)
		}},
		{"confirm-sent", func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Waiting)
			p.Sent = true
			return public.ConfirmPage(p)
		}},
		{"confirm-done", state(public.Confirmed)},
		{"confirm-declined", func(l locale.Localizer) templ.Component {
			p := confirm(l, public.Confirmed)
			p.Outcomes = nil
			return public.ConfirmPage(p)
		}},
		{"confirm-expired", state(public.Expired)},
		{"confirm-deferred", state(public.Deferred)},
		{"confirm-closed", state(public.Closed)},
		{"confirm-other", state(public.Other)},
		{"not-found", message("not_found")},
		{"gone", message("gone")},
		{"too-many", message("too_many")},
		{"forbidden", message("forbidden")},
		{"invalid", message("invalid")},
		{"internal", message("internal")},
		{"unavailable", message("unavailable")},
		{"phone", func(l locale.Localizer) templ.Component { return sim.Page(phone(l)) }},
		{"phone-list", func(l locale.Localizer) templ.Component {
			p := phone(l)
			p.Chat = nil
			return sim.Page(p)
		}},
		{"phone-problem", func(l locale.Localizer) templ.Component {
			p := phone(l)
			p.Problem = sim.Problem{Field: sim.FieldNumber, Text: l.T("sim.error.number", "Example", "+491701234567"), Number: "0170 12", Name: "Alex", Hidden: true}
			return sim.Page(p)
		}},
		{"sign-in", func(l locale.Localizer) templ.Component { return admin.SignInPage(signIn(l)) }},
		{"sign-in-failed", func(l locale.Localizer) templ.Component {
			p := signIn(l)
			p.Failed, p.User = true, "rosa"
			return admin.SignInPage(p)
		}},
		{"consents", func(l locale.Localizer) templ.Component { return admin.ConsentsPage(consents(l)) }},
		{"consents-empty", func(l locale.Localizer) templ.Component {
			return admin.ConsentsPage(admin.Consents{Frame: frame(l, l.T("admin.consents"), 0), StartURL: "funnels?lang=" + l.Tag()})
		}},
		{"consents-none-found", func(l locale.Localizer) templ.Component {
			p := consents(l)
			p.Rows, p.Filter = nil, admin.Filter{Search: "+49 170 1234568", State: "given"}
			return admin.ConsentsPage(p)
		}},
		{"person", func(l locale.Localizer) templ.Component { return admin.PersonPage(person(l)) }},
		{"kept", func(l locale.Localizer) templ.Component { return admin.ShownPage(kept(l)) }},
		{"funnels", func(l locale.Localizer) templ.Component { return admin.FunnelsPage(funnels(l)) }},
		{"starters", func(l locale.Localizer) templ.Component {
			return admin.StartersPage(admin.Starters{Frame: frame(l, l.T("editor.new"), 1), Action: "funnels", Starters: []string{"newsletter", "orders", "clinic", "event", "restaurant", "agency"}})
		}},
		{"versions", func(l locale.Localizer) templ.Component { return admin.VersionsPage(versions(l)) }},
		{"editor", func(l locale.Localizer) templ.Component { return admin.EditorPage(editor(l)) }},
		{"embed", func(l locale.Localizer) templ.Component { return admin.EmbedPage(embed(l)) }},
		{"log", func(l locale.Localizer) templ.Component { return admin.LogPage(ledger(l)) }},
		{"admin-not-found", func(l locale.Localizer) templ.Component {
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
	return admin.SignIn{Frame: layout.Admin{Loc: l, Title: l.T("admin.sign_in"), Languages: languages(l)}, Action: "/admin/sign-in", Next: "/admin/consents"}
}
