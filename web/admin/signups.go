package admin

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/manage"
	"assent/phone"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
	"assent/whatsapp/wire"
)

// Surfaces is what is done with what Meta keeps for a business beside templates.
type Surfaces interface {
	CreateSignup(ctx context.Context, businessID string, in manage.NewSignup, actor string) (string, error)
	ChangeSignup(ctx context.Context, businessID, entry string, to funnel.SignupVersion, actor string) error
	SignupsAtMeta(ctx context.Context, businessID, senderID string) (map[string]funnel.SignupVersion, error)
	ShortLink(ctx context.Context, businessID, code string) (funnel.ShortLink, bool, error)
	ShortText(e *funnel.EntryPoint) string
	SetShortLink(ctx context.Context, businessID, code, actor string) error
	DeleteShortLink(ctx context.Context, businessID, code, actor string) error
	Menu(ctx context.Context, businessID, senderID string) (business.Menu, error)
	SetMenu(ctx context.Context, businessID, senderID string, m business.Menu, actor string) error
	ProposeMenu(t *tenant.Tenant) business.Menu
}

func signupsAddress(slug string) string { return versionsAddress(slug) + "/signups" }

// SignupsPage answers GET /admin/funnels/{slug}/signups; with ?ask, Meta is asked how
// the links stand there.
func (h *Handler) SignupsPage(c echo.Context) error {
	return h.signups(c, http.StatusOK, signupForm{})
}

// signupForm is what was typed into a form of the page, and what is wrong with it.
type signupForm struct {
	entry    string // of the link that is changed; empty for a new one
	values   url.Values
	problems ui.Problems
}

func (h *Handler) signups(c echo.Context, status int, typed signupForm) error {
	f, v, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	t, loc := h.business(c), localizer(c)
	text, _ := v.Text(loc.Tag())
	at := signupsAddress(f.Slug)
	m := views.Signups{
		Frame: h.frame(c, loc.T("admin.signups"), inFunnels), Now: h.Now().In(time.Local), Name: text.Title, Back: versionsAddress(f.Slug), Act: at, Ask: at + "?ask",
		Saved: c.Request().URL.Query().Has("saved"), Accept: wire.SignupTerms, Problems: typed.problems,
	}
	if typed.entry != "" {
		m.Problems = nil
	}
	for _, country := range funnel.WithoutSignup() {
		m.Countries = append(m.Countries, loc.Country(country))
	}
	slices.Sort(m.Countries)
	names := h.names(c)
	atMeta := map[string]funnel.SignupVersion{}
	asked := c.Request().URL.Query().Has("ask")
	if asked {
		if atMeta, err = h.askSignups(c.Request().Context(), t); err != nil {
			m.Problem, asked = problem(loc, err).Text, false
		}
	}
	known := map[string]bool{}
	for _, su := range t.Signups {
		known[su.MetaID] = true
		e, ok := h.Directory.EntryByID(su.Entry)
		if !ok || e.Funnel != f.ID {
			continue
		}
		shown, err := h.signup(loc, t, v, su, e, names)
		if err != nil {
			return err
		}
		shown.Act = at + "/" + url.PathEscape(e.Code)
		if asked {
			shown.Meta = atMetaWord(su.Now(), atMeta, su.MetaID)
		}
		values := url.Values{}
		if typed.entry == su.Entry {
			values, shown.Problems = typed.values, typed.problems
		}
		shown.Controls = changeControls(loc, su.Now(), shown.Anchor, values, shown.Problems)
		m.List = append(m.List, shown)
	}
	for id, s := range atMeta {
		if !known[id] {
			m.Foreign = append(m.Foreign, views.SignupForeign{ID: id, Text: s.Message, Off: s.Off})
		}
	}
	slices.SortFunc(m.Foreign, func(a, b views.SignupForeign) int { return strings.Compare(a.ID, b.ID) })
	h.newSignup(loc, t, v, &m, typed)
	return show(c, status, views.SignupsPage(m))
}

// askSignups asks Meta of every account of the business.
func (h *Handler) askSignups(ctx context.Context, t *tenant.Tenant) (map[string]funnel.SignupVersion, error) {
	all := map[string]funnel.SignupVersion{}
	for _, s := range accountsOf(t) {
		if s.Host != "" || !s.InUse() {
			continue
		}
		list, err := h.Surfaces.SignupsAtMeta(ctx, t.ID, s.ID)
		if err != nil {
			return nil, err
		}
		for id, v := range list {
			all[id] = v
		}
	}
	return all, nil
}

// atMetaWord compares what a link says here and at Meta.
func atMetaWord(here funnel.SignupVersion, atMeta map[string]funnel.SignupVersion, id string) string {
	there, ok := atMeta[id]
	switch {
	case !ok:
		return "gone"
	case there.Message != here.Message || there.Confirmation != here.Confirmation || there.Off != here.Off:
		return "differs"
	}
	return "same"
}

func (h *Handler) signup(loc locale.Localizer, t *tenant.Tenant, v *tenant.Version, su *funnel.Signup, e *funnel.EntryPoint, names map[string]string) (m views.Signup, err error) {
	now := su.Now()
	m = views.Signup{
		Anchor: "s-" + e.Code, Label: e.Label, Purpose: titleOf(loc, t, now.Purpose, now.Purpose), Language: languageName(now.Lang), Off: now.Off,
		Short: e.Address(h.Installation.BaseURL), Link: signupLink(t, su),
		Screen: views.PhonePreview{From: t.BrandName, Body: now.Message, Tag: now.Lang},
		Reply:  views.PhonePreview{From: t.BrandName, Body: strings.ReplaceAll(now.Confirmation, wire.PromoPlace, now.Promo), Tag: now.Lang},
	}
	m.Stale = now.Stale(v.Version)
	for _, x := range su.Versions {
		m.History = append(m.History, views.SignupRow{When: x.At, By: cmp.Or(names[x.Author], x.Author), Off: x.Off, Text: x.Message, Lang: x.Lang, Number: x.Number})
	}
	m.QR, err = drawn(m.Short, e.Label)
	return m, err
}

// signupLink is the address of a sign-up link, by a number of its account.
func signupLink(t *tenant.Tenant, su *funnel.Signup) string {
	for _, s := range t.Senders {
		if s.WABA == su.WABA && s.InUse() {
			return "https://wa.me/" + strings.TrimPrefix(s.Number, "+") + "/signup/" + su.MetaID
		}
	}
	return ""
}

// changeControls are the form of one link.
func changeControls(loc locale.Localizer, v funnel.SignupVersion, id string, typed url.Values, problems ui.Problems) []views.Control {
	value := func(name, kept string) string {
		if typed.Has(name) {
			return typed.Get(name)
		}
		return kept
	}
	line := func(name, kept, kind string) views.Control {
		return views.Control{Kind: kind, Rows: "4", Field: ui.Field{Lang: v.Lang, ID: id + "-" + name, Name: name, Label: loc.T("admin.signups." + name), Hint: loc.T("admin.signups."+name+".hint", "Place", wire.PromoPlace), Value: value(name, kept), Error: problems.For(name)}}
	}
	return []views.Control{
		line("message", v.Message, "area"), line("confirmation", v.Confirmation, "area"), line("promo", v.Promo, ""), line("website", v.Website, ""),
		{Kind: "check", Field: ui.Field{ID: id + "-off", Name: "off", Label: loc.T("admin.signups.off")}, Checked: v.Off},
	}
}

// newSignup fills in the form that makes a link, or says why none can be made.
func (h *Handler) newSignup(loc locale.Localizer, t *tenant.Tenant, v *tenant.Version, m *views.Signups, typed signupForm) {
	values := typed.values
	if typed.entry != "" || values == nil {
		values = url.Values{}
	}
	var senders, purposes, languages []ui.Option
	for _, s := range accountsOf(t) {
		if s.Host != "" || !s.InUse() {
			continue
		}
		if !manage.SignupsOffered(s) {
			if n, err := phone.ParseE164(s.Number); err == nil {
				m.Without = loc.Country(n.Region())
			}
			if !s.Simulated {
				continue
			}
		}
		senders = append(senders, ui.Option{Value: s.ID, Label: phone.Grouped(s.Number), Selected: values.Get("sender") == s.ID})
	}
	first := ""
	for _, p := range v.Purposes {
		if p.Scope == consent.Marketing && p.Basis == consent.ByConsent {
			first = cmp.Or(first, p.Key)
			purposes = append(purposes, ui.Option{Value: p.Key, Label: titleOf(loc, t, p.Key, p.Key), Selected: values.Get("purpose") == p.Key})
		}
	}
	for _, lang := range v.Languages() {
		languages = append(languages, ui.Option{Value: lang, Label: languageName(lang), Selected: values.Get("lang") == lang})
	}
	switch {
	case len(senders) == 0:
		m.Why = loc.T("admin.signups.why.number")
		return
	case len(purposes) == 0 || v.MinAge > 0:
		m.Why = loc.T("admin.signups.why.purpose")
		return
	}
	lang, purpose := cmp.Or(values.Get("lang"), v.Language), cmp.Or(values.Get("purpose"), first)
	draft := funnel.SignupVersion{Lang: lang, Message: v.SignupMessage(lang, purpose), Confirmation: v.Texts[lang].Thanks}
	field := func(name, kept string) ui.Field {
		if values.Has(name) {
			kept = values.Get(name)
		}
		return ui.Field{ID: name, Name: name, Label: loc.T("admin.signups." + name), Hint: loc.T("admin.signups." + name + ".hint"), Value: kept, Error: m.Problems.For(name)}
	}
	m.Controls = []views.Control{
		{Field: field("label", "")},
		{Kind: "select", Field: field("sender", ""), Options: senders},
		{Kind: "select", Field: field("purpose", ""), Options: purposes},
		{Kind: "select", Field: field("lang", ""), Options: languages},
		{Field: field("privacy", t.Notice(lang))},
	}
	m.Controls = append(m.Controls, changeControls(loc, draft, "new", values, m.Problems)[:4]...)
	m.Controls = append(m.Controls, views.Control{Kind: "check", Field: ui.Field{ID: "accepted", Name: "accepted", Label: loc.T("admin.signups.accepted")}, Checked: values.Get("accepted") != ""})
}

// signupVersion reads what both forms have.
func signupVersion(c echo.Context) funnel.SignupVersion {
	value := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(funnel.Plain(c.FormValue(name)), "\r\n", "\n"))
	}
	return funnel.SignupVersion{Message: value("message"), Confirmation: value("confirmation"), Promo: value("promo"), Website: value("website"), Off: c.FormValue("off") != ""}
}

// MakeSignup answers POST /admin/funnels/{slug}/signups.
func (h *Handler) MakeSignup(c echo.Context) error {
	f, _, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	in := manage.NewSignup{
		Slug: f.Slug, Sender: c.FormValue("sender"), Label: strings.TrimSpace(funnel.Plain(c.FormValue("label"))), Privacy: strings.TrimSpace(c.FormValue("privacy")),
		Accepted: c.FormValue("accepted") != "", SignupVersion: signupVersion(c),
	}
	in.Lang, in.Purpose = c.FormValue("lang"), c.FormValue("purpose")
	_, err = h.Surfaces.CreateSignup(c.Request().Context(), f.Business, in, operator(c).ID)
	return h.signupDone(c, f, "", err)
}

// ChangeSignup answers POST /admin/funnels/{slug}/signups/{code}.
func (h *Handler) ChangeSignup(c echo.Context) error {
	f, _, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	e, ok := h.Directory.Entry(strings.ToUpper(c.Param("code")))
	if !ok || e.Funnel != f.ID || e.Kind != funnel.EntrySignup {
		return errNoCode
	}
	err = h.Surfaces.ChangeSignup(c.Request().Context(), f.Business, e.ID, signupVersion(c), operator(c).ID)
	return h.signupDone(c, f, e.ID, err)
}

func (h *Handler) signupDone(c echo.Context, f *funnel.Funnel, entry string, err error) error {
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Unavailable) {
		values, _ := c.FormParams() // it was read before
		p := problem(localizer(c), err)
		p.Field = cmp.Or(p.Field, "message")
		return h.signups(c, http.StatusUnprocessableEntity, signupForm{entry, values, ui.Problems{p}})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, signupsAddress(f.Slug)+"?saved")
}
