package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/chat"
	"assent/fault"
	views "assent/views/admin"
	"assent/whatsapp/wire"
)

// Alarms is what is done with alarms, and with webhooks that could not be handled.
type Alarms interface {
	OpenAlarms(ctx context.Context, businessID string) ([]business.Alarm, error)
	Alarms(ctx context.Context, businessID string, limit int) ([]business.Alarm, error)
	ResolveAlarm(ctx context.Context, businessID, id, actor string) error
	ListParked(ctx context.Context, businessID string, limit int) ([]chat.Delivery, error)
	ShowParked(ctx context.Context, businessID, id, reason, actor string) ([]byte, error)
	ReplayParked(ctx context.Context, businessID, id, actor string) error
}

const (
	alarmsShown = 100
	parkedShown = 100
)

// AlarmsPage answers GET /admin/alarms.
func (h *Handler) AlarmsPage(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	list, err := h.Alarms.Alarms(c.Request().Context(), t.ID, alarmsShown)
	if err != nil {
		return err
	}
	m := views.Alarms{Frame: h.frame(c, localizer(c).T("admin.alarms"), inAlarms), Now: h.Now().In(time.Local), Parked: inParked, Health: inHealth}
	for _, a := range list {
		shown := views.Alarm{
			Kind: string(a.Kind), Name: a.Name, Holds: string(a.Holds), Code: a.Code, Detail: a.Detail, Count: a.Count, Since: a.Since, Seen: a.SeenAt,
			Ended: a.ResolvedAt, By: a.ResolvedBy, Resolve: inAlarms + "/" + a.ID + "/resolve",
		}
		if a.Code != 0 {
			shown.Meaning = wire.Code(a.Code).Behaviour().Meaning
		}
		if a.ResolvedBy == business.ByCause {
			shown.By = ""
		}
		m.List = append(m.List, shown)
	}
	return show(c, http.StatusOK, views.AlarmsPage(m))
}

// ResolveAlarm answers POST /admin/alarms/{id}/resolve.
func (h *Handler) ResolveAlarm(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	if err := h.Alarms.ResolveAlarm(c.Request().Context(), t.ID, c.Param("id"), operator(c).Login); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inAlarms)
}

// Parked answers GET /admin/inbox.
func (h *Handler) Parked(c echo.Context) error { return h.parked(c, http.StatusOK, "", "", "") }

func (h *Handler) parked(c echo.Context, status int, shown, body, problem string) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	list, err := h.Alarms.ListParked(c.Request().Context(), t.ID, parkedShown)
	if err != nil {
		return err
	}
	m := views.ParkedList{Frame: h.frame(c, localizer(c).T("admin.parked"), inParked), Now: h.Now().In(time.Local), Shown: shown, Body: body, Problem: problem}
	for _, d := range list {
		m.List = append(m.List, views.Parked{ID: d.ID, When: d.ReceivedAt, Reason: d.Reason, Act: inParked + "/" + d.ID})
	}
	return show(c, status, views.ParkedPage(m))
}

// ShowParked answers POST /admin/inbox/{id}/show: with a reason, what it says.
func (h *Handler) ShowParked(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	body, err := h.Alarms.ShowParked(c.Request().Context(), t.ID, c.Param("id"), c.FormValue("reason"), operator(c).Login)
	if fault.Is(err, fault.Invalid) {
		return h.parked(c, http.StatusUnprocessableEntity, "", "", fault.Message(err))
	}
	if err != nil {
		return err
	}
	return h.parked(c, http.StatusOK, c.Param("id"), string(body), "")
}

// ReplayParked answers POST /admin/inbox/{id}/replay.
func (h *Handler) ReplayParked(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	if err := h.Alarms.ReplayParked(c.Request().Context(), t.ID, c.Param("id"), operator(c).Login); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inParked)
}
