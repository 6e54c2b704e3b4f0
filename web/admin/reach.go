package admin

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/locale"
	"assent/optin"
	"assent/records"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
)

// linkSources are where a person may ask for the link to their settings.
var linkSources = append([]string{"chat"}, stopSources...)

// reachOf says what can be sent to the person now. Of who is locked or erased there
// is nobody to write to.
func (h *Handler) reachOf(c echo.Context, t *tenant.Tenant, p records.Person) (m views.Reach, err error) {
	if !p.ErasedAt.IsZero() || !p.LockedUntil.IsZero() {
		return m, nil
	}
	r, err := h.Stops.Reach(c.Request().Context(), t.ID, p.ID)
	if err != nil {
		return m, err
	}
	loc := localizer(c)
	m.LinkWhy = loc.T("admin.reach.link." + string(r.Link))
	if r.Link.Goes() {
		m.Link = personAddress(p.ID) + "/link"
		for _, s := range linkSources {
			m.Sources = append(m.Sources, ui.Option{Value: s, Label: reachSource(loc, s)})
		}
	}
	if r.Stop != optin.WayNone {
		m.StopWhy = loc.T("admin.reach.stop." + string(r.Stop))
	}
	if r.Stop.Goes() {
		m.Stop = personAddress(p.ID) + "/confirm"
	}
	if r.Unblock {
		m.Unblock = personAddress(p.ID) + "/unblock"
	}
	if sent := c.QueryParam("sent"); sent == "link" || sent == "stop" || sent == "unblock" {
		m.Done = loc.T("admin.reach.sent." + sent)
	}
	return m, nil
}

func reachSource(loc locale.Localizer, source string) string {
	if source == "chat" {
		return loc.T("admin.source.chat")
	}
	return sourceWord(loc, source)
}

// SendLink answers POST /admin/people/{id}/link.
func (h *Handler) SendLink(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	source := c.FormValue("source")
	if !slices.Contains(linkSources, source) {
		return fault.Field("source", "Choose how it was said.")
	}
	return h.sent(c, "link", h.Stops.SendLink(c.Request().Context(), t.ID, c.Param("id"), source, operator(c).ID))
}

// ConfirmStop answers POST /admin/people/{id}/confirm.
func (h *Handler) ConfirmStop(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	return h.sent(c, "stop", h.Stops.ConfirmStop(c.Request().Context(), t.ID, c.Param("id"), operator(c).ID))
}

// Unblock answers POST /admin/people/{id}/unblock.
func (h *Handler) Unblock(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	return h.sent(c, "unblock", h.Stops.Unblock(c.Request().Context(), t.ID, c.Param("id"), operator(c).ID))
}

// sent shows the person again, with what was sent; where nothing can go by now, the
// page itself says why.
func (h *Handler) sent(c echo.Context, what string, err error) error {
	to := personAddress(c.Param("id"))
	switch {
	case err == nil:
		to += "?sent=" + what
	case !fault.Is(err, fault.Conflict):
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}
