package admin

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/proof"
	"assent/records"
	"assent/tenant"
	views "assent/views/admin"
)

// ErasePage answers GET /admin/people/{id}/erase: what will happen, asked once.
func (h *Handler) ErasePage(c echo.Context) error { return h.askErase(c, http.StatusOK, "", "") }

// askErase asks, and says what was wrong with the last try: with all of it, or
// that the box was not ticked.
func (h *Handler) askErase(c echo.Context, status int, problem, unsure string) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	p, err := h.Records.Person(c.Request().Context(), t.ID, c.Param("id"))
	if err != nil {
		return err
	}
	if !p.ErasedAt.IsZero() {
		return c.Redirect(http.StatusSeeOther, personAddress(p.ID))
	}
	m := h.person(localizer(c), t, p, nil)
	return show(c, status, views.ErasePage(views.Erase{
		Frame: h.frame(c, localizer(c).T("admin.erase"), inConsents), Now: h.Now().In(time.Local), Number: m.Number, Held: p.Held, ExportFirst: t.ExportFirst,
		Locked: p.LockedUntil, Act: personAddress(p.ID), Back: personAddress(p.ID), Problem: problem, Unsure: unsure, Reason: c.FormValue("reason"),
		Export: m.Export, Audience: string(proof.Court),
	}))
}

func personAddress(id string) string { return "/admin/people/" + id }

// Erase answers POST /admin/people/{id}/erase. It destroys nothing for who has
// not ticked that they are sure.
func (h *Handler) Erase(c echo.Context) error {
	if c.FormValue("sure") == "" {
		return h.askErase(c, http.StatusUnprocessableEntity, "", localizer(c).T("editor.defective.not_sure"))
	}
	return h.dispose(c, func(t *tenant.Tenant, e records.Erasure) error {
		_, err := h.Records.Erase(c.Request().Context(), e)
		return err
	})
}

// Minor answers POST /admin/people/{id}/minor: somebody turned out to be too
// young (rule 8). It does nothing for who has not ticked that they are sure.
func (h *Handler) Minor(c echo.Context) error {
	if c.FormValue("sure") == "" {
		return h.askErase(c, http.StatusUnprocessableEntity, localizer(c).T("editor.defective.not_sure"), "")
	}
	return h.dispose(c, func(t *tenant.Tenant, e records.Erasure) error {
		if err := h.Ages.UnderAge(c.Request().Context(), t.ID, e.Subject, e.Reason, e.Actor); err != nil {
			return err
		}
		_, err := h.Records.Erase(c.Request().Context(), e)
		return err
	})
}

// Lock answers POST /admin/people/{id}/lock.
func (h *Handler) Lock(c echo.Context) error {
	return h.dispose(c, func(t *tenant.Tenant, e records.Erasure) error {
		until, err := time.ParseInLocation(time.DateOnly, c.FormValue("until"), time.Local)
		if err != nil {
			return fault.Field("until", "Choose the day on which the lock ends.")
		}
		_, err = h.Records.Lock(c.Request().Context(), e, until)
		return err
	})
}

// Hold answers POST /admin/people/{id}/hold.
func (h *Handler) Hold(c echo.Context) error {
	return h.dispose(c, func(t *tenant.Tenant, e records.Erasure) error {
		return h.Records.Hold(c.Request().Context(), t.ID, e.Subject, c.FormValue("held") == "yes", e.Reason, e.Actor)
	})
}

// dispose does something with a person's record and leads back to it. What is
// refused is said on the page that asked.
func (h *Handler) dispose(c echo.Context, fn func(*tenant.Tenant, records.Erasure) error) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	e := records.Erasure{Business: t.ID, Subject: c.Param("id"), Reason: c.FormValue("reason"), Method: "admin", Actor: operator(c).ID}
	if len(e.Reason) > 2000 {
		return h.askErase(c, http.StatusBadRequest, "The reason is too long.", "")
	}
	err := fn(t, e)
	switch {
	case fault.Is(err, fault.Conflict):
		return h.askErase(c, http.StatusConflict, fault.Message(err), "")
	case fault.Is(err, fault.Invalid):
		return h.askErase(c, http.StatusBadRequest, fault.Message(err), "")
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, personAddress(c.Param("id")))
}

// Reveal answers POST /admin/people/{id}/reveal with the page of somebody who is
// locked. That the operator looked, and why, is recorded.
func (h *Handler) Reveal(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	p, err := h.Records.Reveal(c.Request().Context(), t.ID, c.Param("id"), c.FormValue("reason"), operator(c).ID)
	if err != nil {
		return err
	}
	m := h.person(localizer(c), t, p, h.names(c))
	m.Reveal = ""
	if err := h.mayNow(c.Request().Context(), localizer(c), p, &m); err != nil {
		return err
	}
	m.Frame, m.Now = h.frame(c, m.Number, inConsents), h.Now().In(time.Local)
	return show(c, http.StatusOK, views.PersonPage(m))
}
