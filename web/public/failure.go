package public

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/tenant"
	"assent/views/layout"
	views "assent/views/public"
	"assent/views/ui"
	"assent/web/landing"
	"assent/web/respond"
)

// product is whose name a page bears that belongs to no business.
const product = "Assent"

// Failure is the Renderer of public pages: what happened, and what to do, in
// the person's language, by the business whose page they came to. Where the
// address names none, it is the installation's only one, if it has one only:
// which funnels there are is no secret, and whose request it was is not told.
func (h *Handler) Failure(c echo.Context, f respond.Failure) error {
	m := views.Message{Kind: h.kind(c, f), Business: layout.Business{Brand: product}}
	if f.Status >= http.StatusInternalServerError {
		m.RequestID = f.RequestID
	}
	wishes := []string{c.QueryParam("lang"), c.Request().Header.Get("Accept-Language")}
	link := f.Status == http.StatusNotFound && strings.HasPrefix(c.Path(), "/p/:")
	if link { // the same for every token that is none, or none any more
		m.Kind = "link_ended"
	}
	if t, v, ok := h.host(c); ok {
		m.Business = landing.Business(v.Version, v.Language)
		if !link {
			m.StartURL = h.start(t)
		}
		wishes = append(wishes, v.Language)
	}
	m.Loc = locale.For(wishes...)
	if wishes[0] != "" && m.StartURL != "" { // the language that was chosen goes along
		m.StartURL += "?lang=" + m.Loc.Tag()
	}
	if f.Retry >= time.Minute {
		m.Wait = waiting(m.Loc, f.Retry)
	}
	m.BackURL = h.back(c, f)
	if m.Kind == kindMute { // the other pages of the business say the same
		m.BackURL, m.StartURL = "", ""
	}
	if c.Request().Method == http.MethodGet { // what was posted is not posted again by choosing a language
		m.Languages = inAll(m.Loc)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	return respondPage(c, f.Status, views.MessagePage(m))
}

// kindMute is the page of a funnel whose business has no number in use.
const kindMute = "no_number"

// kind names what the page says. That nobody can sign up just now is not that
// much is going on.
func (h *Handler) kind(c echo.Context, f respond.Failure) string {
	if f.Kind == fault.Unavailable {
		if _, v, ok := h.named(c); ok && h.mute(v) {
			return kindMute
		}
	}
	return ui.PageKind(f.Status)
}

// host returns the business that a page is by, and a version with its name and
// address.
func (h *Handler) host(c echo.Context) (*tenant.Tenant, *tenant.Version, bool) {
	if _, v, ok := h.named(c); ok {
		t, ok := h.Directory.Tenant(v.Business)
		return t, v, ok
	}
	all := h.Directory.Tenants()
	if len(all) != 1 {
		return nil, nil, false
	}
	for _, f := range h.Directory.Funnels(all[0].ID) {
		if _, v, ok := h.Directory.FunnelByID(f.ID); ok {
			return all[0], v, true
		}
	}
	return nil, nil, false
}

// named returns the funnel that the address names, if it names one.
func (h *Handler) named(c echo.Context) (*funnel.Funnel, *tenant.Version, bool) {
	if slug := c.Param("funnel"); slug != "" {
		return h.Directory.Funnel(slug)
	}
	if code := c.Param("code"); code != "" {
		if e, _, ok := h.entry(code); ok {
			return h.Directory.FunnelByID(e.Funnel)
		}
	}
	return nil, nil, false
}

// brand returns the name of the business whose funnel the address names.
func (h *Handler) brand(c echo.Context) string {
	if _, v, ok := h.named(c); ok {
		return v.Controller.BrandName
	}
	return ""
}

// back returns the page on which what failed was pressed, if there is one.
func (h *Handler) back(c echo.Context, f respond.Failure) string {
	if c.Request().Method != http.MethodPost || f.Status == http.StatusNotFound || f.Status == http.StatusGone {
		return ""
	}
	if token := c.Param("request"); token != "" {
		return "/r/" + token
	}
	if fn, _, ok := h.named(c); ok && fn.State == funnel.Published {
		return "/f/" + fn.Slug
	}
	return ""
}

// start returns a page on which one can sign up with the business, one that
// asks for no number if there is one.
func (h *Handler) start(t *tenant.Tenant) (page string) {
	for _, f := range h.Directory.Funnels(t.ID) {
		_, v, ok := h.Directory.FunnelByID(f.ID)
		if !ok || f.State != funnel.Published || v.Mode == funnel.ModeQR {
			continue
		}
		if v.NumberField == funnel.NumberNone {
			return "/f/" + f.Slug
		}
		if page == "" {
			page = "/f/" + f.Slug
		}
	}
	return page
}

// inAll returns the languages of the interface, as links from the page to
// itself.
func inAll(chosen locale.Localizer) (list []layout.Language) {
	for _, tag := range locale.Tags() {
		list = append(list, layout.Language{Tag: tag, Name: locale.For(tag).Name(), URL: "?lang=" + tag, Current: tag == chosen.Tag()})
	}
	return list
}
