package admin

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	views "assent/views/admin"
)

// runsShown is how many runs of retention the page shows.
const runsShown = 30

// Keeping answers GET /admin/keeping: how long the business keeps what, and what
// retention has erased.
func (h *Handler) Keeping(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	runs, err := h.Records.Retentions(c.Request().Context(), t.ID, runsShown)
	if err != nil {
		return err
	}
	const day = 24 * time.Hour
	m := views.Keeping{
		Frame: h.frame(c, localizer(c).T("admin.keeping"), inKeeping), Now: h.Now().In(time.Local), Change: inBusiness + "#keeping",
		Lock: t.AfterErasure == business.LockFirst, LockDays: int(t.LockFor() / day), ExportFirst: t.ExportFirst,
		Unconfirmed: int(t.Unconfirmed() / day), Ended: int(t.Ended() / day),
	}
	for _, r := range runs {
		m.Runs = append(m.Runs, views.Run{When: r.At, Forms: r.Forms, People: r.People, Locks: r.Locks, Failed: r.Failed})
	}
	return show(c, http.StatusOK, views.KeepingPage(m))
}
