package admin

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/views/ui"
	"assent/web/picture"
)

// The places on a page that have a picture.
var pictureSlots = []string{"logo", "hero"}

func pictureOf(v *funnel.Version, slot string) *funnel.Picture {
	if slot == "logo" {
		return &v.Look.Logo
	}
	return &v.Look.Hero
}

// SavePicture answers POST /admin/funnels/drafts/{draft}/picture: a picture for
// one place on the page, or the wish to have none.
func (h *Handler) SavePicture(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	slot := c.FormValue("slot")
	if slot != pictureSlots[0] && slot != pictureSlots[1] {
		return errUnreadableForm
	}
	at := pictureOf(&d.Version, slot)
	if c.FormValue("remove") != "" {
		*at = funnel.Picture{}
	} else if *at, err = h.takePicture(c, slot); err != nil {
		if !fault.Is(err, fault.Invalid) {
			return err
		}
		return h.edit(c, http.StatusUnprocessableEntity, t, d, ui.Problems{{Field: "file-" + slot, Text: localizer(c).T("editor.picture." + fault.FieldOf(err))}}, false)
	}
	d.Revision, _ = strconv.Atoi(c.FormValue("revision"))
	_, err = h.Manage.SaveDraft(c.Request().Context(), d, operator(c).ID)
	if fault.Is(err, fault.Stale) {
		return h.edit(c, http.StatusConflict, t, d, nil, true)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, draftIn(d.ID, &d.Version, c.FormValue("in"), []string{"look"})+"#pictures")
}

// takePicture reads the posted picture, makes it anew, and keeps it.
func (h *Handler) takePicture(c echo.Context, slot string) (p funnel.Picture, err error) {
	file, err := c.FormFile("picture")
	if errors.Is(err, http.ErrMissingFile) {
		return p, picture.ErrKind
	}
	if err != nil {
		return p, errUnreadableForm.Because(err)
	}
	open, err := file.Open()
	if err != nil {
		return p, err
	}
	defer open.Close()
	raw, err := io.ReadAll(io.LimitReader(open, picture.MaxBytes+1))
	if err != nil {
		return p, err
	}
	made, err := picture.Make(raw, slot == "logo")
	if err != nil {
		return p, err
	}
	d := funnel.NewDocument(funnel.KindAsset, made.Type, made.Body)
	return funnel.Picture{SHA256: d.SHA256, Type: made.Type, Width: made.Width, Height: made.Height}, h.Manage.KeepPage(c.Request().Context(), d)
}
