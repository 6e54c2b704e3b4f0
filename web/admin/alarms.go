package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/chat"
	"assent/fault"
	"assent/locale"
	"assent/manage"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
	"assent/web/metaword"
)

// Alarms is what is done with alarms, and with webhooks that could not be handled.
type Alarms interface {
	OpenAlarms(ctx context.Context, businessID string) ([]business.Alarm, error)
	Alarms(ctx context.Context, businessID string, limit int) ([]business.Alarm, error)
	ResolveAlarm(ctx context.Context, businessID, id, actor string) error
	ListParked(ctx context.Context, businessID string, limit int) ([]chat.Delivery, error)
	ShowParked(ctx context.Context, businessID, id, reason, actor string) ([]byte, error)
	ReplayParked(ctx context.Context, businessID, id, actor string) error
	DiscardParked(ctx context.Context, businessID, id, reason, actor string) error
	ParkedReasons(ctx context.Context, businessID string) ([]chat.Parked, error)
	DiscardParkedFor(ctx context.Context, businessID, parkedFor, until, reason, actor string) (int, error)
	ReplayAllParked(ctx context.Context, businessID, actor string) (int, error)
	ParkedFate(ctx context.Context, businessID, id string) (chat.Delivery, error)
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
			Kind: string(a.Kind), Name: alarmName(m.Frame.Loc, a), Holds: string(a.Holds), Code: a.Code, Detail: alarmDetail(m.Frame.Loc, a), Count: a.Count, Since: a.Since, Seen: a.SeenAt,
			Ended: a.ResolvedAt, By: a.ResolvedBy, Resolve: inAlarms + "/" + a.ID + "/resolve",
		}
		if a.Code != 0 {
			shown.Meaning = metaCode(m.Frame.Loc, a.Code)
		}
		if a.Kind == business.AlarmParked && a.Open() {
			shown.Resolve = ""
			waits, err := h.Alarms.ListParked(c.Request().Context(), t.ID, parkedShown+1)
			if err != nil {
				return err
			}
			shown.Waits, shown.More = min(len(waits), parkedShown), len(waits) > parkedShown
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

// Parked answers GET /admin/inbox; with ?again= of one that is handled again, it says
// what came of that, with ?all= how many were, and with ?away= that one was put away.
func (h *Handler) Parked(c echo.Context) error {
	return h.parked(c, http.StatusOK, views.ParkedList{})
}

// fate says what came of handling webhooks again, and asks again while that is not known.
func (h *Handler) fate(c echo.Context, t *tenant.Tenant, f *layout.Admin) error {
	if n, err := strconv.Atoi(c.QueryParam("all")); err == nil {
		f.Flash, f.FlashKind = f.Loc.T("admin.parked.all.done", "N", f.Loc.Number(max(n, 0))), "ok"
		return nil
	}
	if n, err := strconv.Atoi(c.QueryParam("away")); err == nil && n != 1 {
		f.Flash, f.FlashKind = f.Loc.T("admin.parked.group.done", "N", f.Loc.Number(max(n, 0))), "ok"
		return nil
	}
	if c.QueryParam("away") != "" {
		f.Flash, f.FlashKind = f.Loc.T("admin.parked.away.done"), "ok"
		return nil
	}
	id := c.QueryParam("again")
	if id == "" {
		return nil
	}
	d, err := h.Alarms.ParkedFate(c.Request().Context(), t.ID, id)
	if fault.Is(err, fault.NotFound) { // it is long done, and gone
		return nil
	}
	if err != nil {
		return err
	}
	switch d.State {
	case chat.DeliveryDone:
		f.Flash, f.FlashKind = f.Loc.T("admin.parked.done"), "ok"
	case chat.DeliveryParked:
		why, _ := parkedFor(f.Loc, d.Reason)
		f.Flash, f.FlashKind = f.Loc.T("admin.parked.still", "Why", why), "stop"
	default:
		f.Flash, f.FlashKind, f.Refresh = f.Loc.T("admin.parked.waits"), "wait", 2
	}
	return nil
}

// parkedFor returns why a body is parked, in the operator's language, and the place in
// it that the log names, which is for who looks into the body and is English.
func parkedFor(loc locale.Localizer, reason string) (words, place string) {
	id, ok := map[string]string{
		chat.ParkedNumber: "number", chat.ParkedAccount: "account", chat.ParkedNumberSigner: "signer", chat.ParkedAccountSigner: "signer",
	}[reason]
	if !ok {
		id = metaword.Key(reason)
	}
	if id = "admin.parked.why." + id; loc.Has(id) {
		return loc.T(id), ""
	}
	for begins, id := range map[string]string{"a field that is not known here: ": "field", "a field that cannot be read: ": "field_unreadable"} {
		if field, ok := strings.CutPrefix(reason, begins); ok {
			return loc.T("admin.parked.why."+id, "Field", locale.Isolate(ui.Clean(field))), ""
		}
	}
	if place, ok := strings.CutPrefix(reason, "malformed "); ok {
		return loc.T("admin.parked.why.unreadable"), place
	}
	return loc.T("admin.parked.why.failed"), reason
}

// parked shows the list of parked bodies, with what m says of one of them.
func (h *Handler) parked(c echo.Context, status int, m views.ParkedList) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	list, err := h.Alarms.ListParked(c.Request().Context(), t.ID, parkedShown+1)
	if err != nil {
		return err
	}
	m.Frame, m.Now, m.All = h.frame(c, localizer(c).T("admin.parked"), inParked), h.Now().In(time.Local), inParked+"/replay"
	if len(list) > parkedShown {
		list, m.More = list[:parkedShown], true
	}
	for _, d := range list {
		p := views.Parked{ID: d.ID, When: d.ReceivedAt, Act: inParked + "/" + d.ID}
		p.Reason, p.Place = parkedFor(m.Frame.Loc, d.Reason)
		m.List = append(m.List, p)
	}
	reasons, err := h.Alarms.ParkedReasons(c.Request().Context(), t.ID)
	if err != nil {
		return err
	}
	for _, r := range reasons {
		if r.N < 2 {
			continue
		}
		g := views.ParkedGroup{Reason: r.Reason, N: r.N, Most: manage.DiscardMost, Newest: r.Newest, Act: inParked + "/discard", Open: status != http.StatusOK && r.Reason == c.FormValue("parked_for")}
		g.Why, g.Place = parkedFor(m.Frame.Loc, r.Reason)
		m.Groups = append(m.Groups, g)
	}
	if err := h.fate(c, t, &m.Frame); err != nil {
		return err
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
		return h.parked(c, http.StatusUnprocessableEntity, views.ParkedList{Problem: fault.Message(err)})
	}
	if err != nil {
		return err
	}
	return h.parked(c, http.StatusOK, views.ParkedList{Shown: c.Param("id"), Body: string(body)})
}

// DiscardParked answers POST /admin/inbox/{id}/discard: with a reason, it is put away.
func (h *Handler) DiscardParked(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	err := h.Alarms.DiscardParked(c.Request().Context(), t.ID, c.Param("id"), c.FormValue("reason"), operator(c).Login)
	if fault.Is(err, fault.Invalid) {
		return h.parked(c, http.StatusUnprocessableEntity, views.ParkedList{Away: c.Param("id"), Problem: fault.Message(err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inParked+"?away=1")
}

// DiscardParkedFor answers POST /admin/inbox/discard: with a reason, all are put away that
// wait for the same one and were there when the page was made. It takes nothing away for
// who has not ticked that they are sure.
func (h *Handler) DiscardParkedFor(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	if c.FormValue("sure") == "" {
		return h.parked(c, http.StatusUnprocessableEntity, views.ParkedList{Unsure: localizer(c).T("editor.defective.not_sure")})
	}
	n, err := h.Alarms.DiscardParkedFor(c.Request().Context(), t.ID, c.FormValue("parked_for"), c.FormValue("until"), c.FormValue("reason"), operator(c).Login)
	if fault.Is(err, fault.Invalid) {
		return h.parked(c, http.StatusUnprocessableEntity, views.ParkedList{Problem: fault.Message(err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inParked+"?away="+strconv.Itoa(n))
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
	return c.Redirect(http.StatusSeeOther, inParked+"?again="+c.Param("id"))
}

// ReplayAllParked answers POST /admin/inbox/replay.
func (h *Handler) ReplayAllParked(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	n, err := h.Alarms.ReplayAllParked(c.Request().Context(), t.ID, operator(c).Login)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inParked+"?all="+strconv.Itoa(n))
}
