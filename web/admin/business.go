package admin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/fault"
	"assent/locale"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
)

// Business answers GET /admin/business: what the business at work says of itself.
func (h *Handler) Business(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return c.Redirect(http.StatusSeeOther, inBusiness+"/new")
	}
	return h.businessPage(c, http.StatusOK, t, t.Business, nil)
}

// SaveBusiness answers POST /admin/business.
func (h *Handler) SaveBusiness(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	b := typedBusiness(c)
	b.ID, b.Slug, b.Keeping = t.ID, t.Slug, t.Keeping
	err := h.Manage.EditBusiness(c.Request().Context(), b, operator(c).ID)
	return h.settled(c, t, b, err)
}

// SaveKeeping answers POST /admin/business/keeping.
func (h *Handler) SaveKeeping(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	b := t.Business
	b.Keeping = typedKeeping(c)
	err := h.Records.SetKeeping(c.Request().Context(), t.ID, b.Keeping, operator(c).ID)
	if err == nil {
		err = h.Manage.Reload(c.Request().Context())
	}
	return h.settled(c, t, b, err)
}

// settled leads back to the page, or says what was wrong beside what was typed.
func (h *Handler) settled(c echo.Context, t *tenant.Tenant, b business.Business, err error) error {
	if fault.Is(err, fault.Invalid) {
		return h.businessPage(c, http.StatusUnprocessableEntity, t, b, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inBusiness+"?saved")
}

func (h *Handler) businessPage(c echo.Context, status int, t *tenant.Tenant, b business.Business, err error) error {
	loc := localizer(c)
	m := views.Business{
		Frame: h.frame(c, loc.T("admin.business"), inBusiness), Action: inBusiness, Keep: inBusiness + "/keeping", Add: inBusiness + "/new", Keeping: inKeeping,
		Said: saidGroups(loc, &b), Kept: keptGroup(loc, b.Keeping), Problems: wrongs(loc, err), Saved: c.Request().URL.Query().Has("saved"),
	}
	m.Frame.Title += ": " + t.BrandName
	if len(t.Senders) == 0 {
		m.Next = layout.NavItem{Label: loc.T("admin.senders.new"), URL: inSenders + "/new"}
	}
	marked(m.Said, m.Problems)
	marked([]views.Group{m.Kept}, m.Problems)
	return show(c, status, views.BusinessPage(m))
}

// NewBusiness answers GET /admin/business/new.
func (h *Handler) NewBusiness(c echo.Context) error {
	return h.newBusiness(c, http.StatusOK, business.Business{Language: localizer(c).Tag(), BareStop: business.StopAll}, nil)
}

// AddBusiness answers POST /admin/business/new, and puts the operator to work on
// the business that is new.
func (h *Handler) AddBusiness(c echo.Context) error {
	b := typedBusiness(c)
	b.Slug = c.FormValue("slug")
	_, err := h.Manage.AddBusinessBy(c.Request().Context(), b, operator(c).ID)
	if fault.Is(err, fault.Invalid) {
		return h.newBusiness(c, http.StatusUnprocessableEntity, b, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inBusiness+"?saved&business="+b.Slug)
}

func (h *Handler) newBusiness(c echo.Context, status int, b business.Business, err error) error {
	loc := localizer(c)
	slug := former{loc: loc}.line("slug", loc.T("admin.business.slug"), b.Slug)
	slug.Hint, slug.LTR, slug.MaxLength, slug.Required = loc.T("admin.business.slug.hint"), true, "64", true
	m := views.Business{
		Frame: h.frame(c, loc.T("admin.business.new"), inBusiness), New: true, Action: inBusiness + "/new",
		Said: saidGroups(loc, &b), Problems: wrongs(loc, err),
	}
	m.Said[0].Controls = append([]views.Control{slug}, m.Said[0].Controls...)
	marked(m.Said, m.Problems)
	return show(c, status, views.BusinessPage(m))
}

// wrongs says in the operator's language what is wrong with a form.
func wrongs(loc locale.Localizer, err error) (list ui.Problems) {
	for _, f := range fault.All(err) {
		list = append(list, ui.Problem{Field: f.Field, Text: refused(loc, f)})
	}
	return list
}

// marked puts what is wrong beside its control.
func marked(groups []views.Group, problems ui.Problems) {
	for _, g := range groups {
		for i := range g.Controls {
			g.Controls[i].Error = problems.For(g.Controls[i].ID)
		}
		for i := range g.More {
			g.More[i].Error = problems.For(g.More[i].ID)
		}
	}
}

// typedBusiness reads what a form says of a business.
func typedBusiness(c echo.Context) business.Business {
	b := business.Business{
		LegalName: c.FormValue("legal_name"), BrandName: c.FormValue("brand_name"), Address: c.FormValue("address"), Contact: c.FormValue("contact"),
		Human: c.FormValue("human"), NoticeURL: c.FormValue("notice_url"), NoticeURLs: map[string]string{}, Language: c.FormValue("language"),
		Country: c.FormValue("country"), Colour: c.FormValue("colour"), BareStop: business.Width(c.FormValue("bare_stop")),
		NewNumberFollows: c.FormValue("new_number_follows") == "yes", BlockNotMe: c.FormValue("block_not_me") == "yes", Entity: c.FormValue("entity"),
	}
	for _, lang := range locale.Tags() {
		b.NoticeURLs[lang] = c.FormValue("notice_url_" + lang)
	}
	return b
}

// typedKeeping reads how long a business keeps what; nothing typed is what is usual.
func typedKeeping(c echo.Context) business.Keeping {
	k := business.Keeping{AfterErasure: business.AfterErasure(c.FormValue("after_erasure")), ExportFirst: c.FormValue("export_first") == "yes"}
	for name, to := range map[string]*int{"lock_days": &k.LockDays, "unconfirmed_days": &k.UnconfirmedDays, "ended_days": &k.EndedDays} {
		text := c.FormValue(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1 // no number of days either
		}
		*to = n
	}
	return k
}

// saidGroups are the controls for what a business says of itself.
func saidGroups(loc locale.Localizer, b *business.Business) []views.Group {
	f := former{loc: loc}
	line := func(name, value string, ltr bool) views.Control {
		c := f.line(name, loc.T("admin.business."+name), value)
		c.LTR, c.MaxLength, c.Autocomplete = ltr, "500", "off"
		if hint := "admin.business." + name + ".hint"; loc.Has(hint) {
			c.Hint = loc.T(hint)
		}
		return c
	}
	name := line("legal_name", b.LegalName, false)
	name.Required = true
	who := views.Group{ID: "who", Legend: loc.T("admin.business.who"), Controls: []views.Control{
		name, line("brand_name", b.BrandName, false), line("address", b.Address, false), line("contact", b.Contact, false), line("human", b.Human, false),
		f.choose("language", loc.T("admin.business.language"), b.Language, locale.Tags(), languageName), line("country", b.Country, true), line("colour", b.Colour, true),
	}}
	notice := views.Group{ID: "notice", Legend: loc.T("admin.business.notice"), MoreSays: loc.T("admin.business.notice.each"), Controls: []views.Control{line("notice_url", b.NoticeURL, true)}}
	for _, lang := range locale.Tags() {
		c := f.line("notice_url_"+lang, languageName(lang), b.NoticeURLs[lang])
		c.LTR, c.MaxLength, c.Autocomplete = true, "500", "off"
		notice.More = append(notice.More, c)
	}
	bare := f.choose("bare_stop", loc.T("admin.business.bare_stop"), string(b.BareStop), []string{"all", "marketing"}, f.words("admin.business.bare_stop."))
	bare.Hint = loc.T("admin.business.bare_stop.hint")
	stops := views.Group{ID: "stops", Legend: loc.T("admin.business.stops"), Controls: []views.Control{
		bare, line("entity", b.Entity, false), f.check("new_number_follows", loc.T("admin.business.new_number_follows"), b.NewNumberFollows),
		f.check("block_not_me", loc.T("admin.business.block_not_me"), b.BlockNotMe),
	}}
	return []views.Group{who, notice, stops}
}

// keptGroup is the controls for how long a business keeps what.
func keptGroup(loc locale.Localizer, k business.Keeping) views.Group {
	f := former{loc: loc}
	const day = 24 * time.Hour
	days := func(name, label string, set int, usual time.Duration) views.Control {
		value := ""
		if set != 0 {
			value = strconv.Itoa(set)
		}
		c := f.line(name, loc.T(label), value)
		c.Hint, c.Inputmode, c.LTR, c.Autocomplete = loc.T("admin.business.days.hint", "Days", loc.Number(int(usual/day))), "numeric", true, "off"
		return c
	}
	usual := business.Keeping{}
	after := string(k.AfterErasure)
	if after == "" {
		after = string(business.EraseAtOnce)
	}
	word := func(v string) string {
		if v == string(business.LockFirst) {
			return loc.T("admin.keeping.lock")
		}
		return loc.T("admin.keeping.erase")
	}
	return views.Group{ID: "kept", Legend: loc.T("admin.keeping"), Controls: []views.Control{
		days("unconfirmed_days", "admin.keeping.unconfirmed", k.UnconfirmedDays, usual.Unconfirmed()),
		days("ended_days", "admin.keeping.ended", k.EndedDays, usual.Ended()),
		f.choose("after_erasure", loc.T("admin.keeping.after"), after, []string{string(business.EraseAtOnce), string(business.LockFirst)}, word),
		days("lock_days", "admin.business.lock_days", k.LockDays, usual.LockFor()),
		f.check("export_first", loc.T("admin.business.export_first"), k.ExportFirst),
	}}
}
