package admin

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/ledger"
	"assent/manage"
	views "assent/views/admin"
)

// Ledger is what operators are told of the installation's log.
type Ledger interface {
	// Checkpoint is NotFound where nothing was signed yet.
	Checkpoint(ctx context.Context, public bool) (ledger.Signed, error)
	// Outsiders returns how it stands with those who vouch for the log.
	Outsiders(ctx context.Context) ([]manage.AnchorState, error)
}

// Log answers GET /admin/log.
func (h *Handler) Log(c echo.Context) error {
	loc := localizer(c)
	m := views.Log{Frame: h.frame(c, loc.T("admin.log"), inLog), Now: h.Now(), Origin: h.Installation.Log.Origin(), Key: h.Installation.Log.VerifierKey(),
		Public: h.PublicLog, Checkpoint: inLog + "/checkpoint"}
	signed, err := h.Ledger.Checkpoint(c.Request().Context(), false)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil {
		cp, err := ledger.ParseCheckpoint(signed.Note)
		if err != nil {
			return err
		}
		m.Size, m.Short, m.Root, m.SignedAt = cp.Size, cp.Short(), base64.StdEncoding.EncodeToString(cp.Root[:]), signed.SignedAt
	}
	list, err := h.Ledger.Outsiders(c.Request().Context())
	if err != nil {
		return err
	}
	for _, s := range list {
		m.Outsiders = append(m.Outsiders, views.Outsider{Kind: string(s.Kind), Name: s.Name, Size: s.Size, At: s.At, Failed: s.Failed, Problem: s.Problem, Alarm: s.Alarm})
	}
	return show(c, http.StatusOK, views.LogPage(m))
}

// LogCheckpoint answers GET /admin/log/checkpoint with the newest checkpoint, to
// be kept elsewhere.
func (h *Handler) LogCheckpoint(c echo.Context) error {
	signed, err := h.Ledger.Checkpoint(c.Request().Context(), false)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, signed.Note)
}
