package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"assent/funnel"
	"assent/manage"
	views "assent/views/admin"
)

// NewFunnel answers GET /admin/funnels/new: the funnels to begin with, each with a
// picture of what people would meet.
func (h *Handler) NewFunnel(c echo.Context) error {
	loc := localizer(c)
	m := views.Starters{Frame: h.frame(c, loc.T("editor.new"), inFunnels), Action: inFunnels + "/new"}
	t := h.business(c)
	for _, name := range manage.Starters {
		s := views.Starter{Name: name}
		if t != nil {
			v, _ := manage.Begin(name, &t.Business) // the names are its own
			text, _ := v.Text(loc.Tag())
			s.Preview, s.Mode = inFunnels+"/new/"+name, string(v.Mode)
			for _, p := range v.Purposes {
				s.Purposes = append(s.Purposes, text.Purposes[p.Key].Title)
			}
		}
		m.Starters = append(m.Starters, s)
	}
	frameOwn(c)
	return show(c, http.StatusOK, views.StartersPage(m))
}

// StarterPreview answers GET /admin/funnels/new/{starter}: what people would meet
// first, with the business's own names and colours.
func (h *Handler) StarterPreview(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	v, ok := manage.Begin(c.Param("starter"), &t.Business)
	if !ok {
		return errNoPreview
	}
	view := "page"
	if v.Mode == funnel.ModeQR {
		view = "print"
	}
	page, err := h.preview(t, &v, view, localizer(c).Tag())
	if err != nil {
		return err
	}
	framedSample(c)
	return show(c, http.StatusOK, page)
}
