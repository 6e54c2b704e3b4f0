package admin

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/manage"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
)

// ReviewDraft answers GET /admin/funnels/drafts/{draft}/publish: what publishing
// will make, asked once.
func (h *Handler) ReviewDraft(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	return h.review(c, t, d, false)
}

// review shows what publishing will make, or leads there; where something keeps
// the draft from being published, it shows that in the editor.
func (h *Handler) review(c echo.Context, t *tenant.Tenant, d funnel.Draft, lead bool) error {
	v, err := h.Manage.ReviewDraft(c.Request().Context(), t.ID, d.ID, d.Revision)
	if err != nil {
		return h.unpublished(c, t, d, err)
	}
	at := draftAddress(d.ID) + "/publish"
	if lead {
		return c.Redirect(http.StatusSeeOther, at)
	}
	loc := localizer(c)
	text, _ := v.Text(loc.Tag())
	m := views.Review{
		Frame: h.frame(c, text.Title, inFunnels), Name: text.Title, Action: at, Back: draftAddress(d.ID), Revision: strconv.Itoa(d.Revision),
		URL: h.pageAddress(v.Slug), Mode: string(v.Mode), Number: v.Number, Change: string(v.Change),
	}
	for _, p := range v.Purposes {
		m.Purposes = append(m.Purposes, text.Purposes[p.Key].Title)
	}
	for _, tag := range v.Languages() {
		m.Languages = append(m.Languages, languageName(tag))
	}
	return show(c, http.StatusOK, views.ReviewPage(m))
}

// PublishDraft answers POST /admin/funnels/drafts/{draft}/publish.
func (h *Handler) PublishDraft(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(c.FormValue("revision"))
	v, err := h.Manage.PublishDraft(c.Request().Context(), t.ID, d.ID, revision, operator(c).ID)
	if err != nil {
		return h.unpublished(c, t, d, err)
	}
	return c.Redirect(http.StatusSeeOther, versionsAddress(v.Slug)+"?published")
}

// unpublished shows in the editor what keeps a draft from being published.
func (h *Handler) unpublished(c echo.Context, t *tenant.Tenant, d funnel.Draft, err error) error {
	field := fault.FieldOf(err)
	switch {
	case fault.Is(err, fault.Stale):
		return h.edit(c, http.StatusConflict, t, d, nil, true)
	case !fault.Is(err, fault.Invalid) || field == "":
		return err
	case field == manage.FieldUnchanged:
		_, now, _ := h.Directory.FunnelByID(d.Funnel) // there is one, or nothing could be unchanged
		return h.edit(c, http.StatusUnprocessableEntity, t, d, ui.Problems{{Field: "draft", Text: localizer(c).T("editor.unchanged", "Number", strconv.Itoa(now.Number))}}, false)
	}
	return h.edit(c, http.StatusUnprocessableEntity, t, d, ui.Problems{{Field: controlOf(field), Text: fault.Message(err)}}, false)
}
