package admin

import (
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/qr"
	"assent/records"
	views "assent/views/admin"
	"assent/views/gallery"
)

// Funnels answers GET /admin/funnels.
func (h *Handler) Funnels(c echo.Context) error {
	m := views.Funnels{Frame: h.frame(c, localizer(c).T("admin.funnels"), inFunnels)}
	t := h.business(c)
	if t == nil {
		return show(c, http.StatusOK, views.FunnelsPage(m))
	}
	m.New = inFunnels + "/new"
	if !t.Reachable() {
		m.Connect = inSenders + "/new"
	}
	var err error
	if m.Drafts, err = h.drafts(c, t); err != nil {
		return err
	}
	for _, f := range h.Directory.Funnels(t.ID) {
		_, v, ok := h.Directory.FunnelByID(f.ID)
		if !ok {
			continue
		}
		text, _ := v.Text(m.Frame.Loc.Tag())
		shown := views.Funnel{
			Name: text.Title, Slug: f.Slug, Status: string(f.State), Mode: string(v.Mode), URL: h.pageAddress(f.Slug),
			Edit:  versionsAddress(f.Slug),
			Embed: embedAddress(f.Slug), Numbers: numbersAddress(f.Slug), Signups: signupsAddress(f.Slug),
		}
		for _, p := range v.Purposes {
			shown.Purposes = append(shown.Purposes, text.Purposes[p.Key].Title)
		}
		for _, tag := range v.Languages() {
			shown.Languages = append(shown.Languages, languageName(tag))
		}
		if shown.Given, err = h.Records.Count(c.Request().Context(), records.Query{Business: t.ID, Funnel: f.ID, InForce: true}); err != nil {
			return err
		}
		if shown.Entries, err = h.entries(f); err != nil {
			return err
		}
		m.Funnels = append(m.Funnels, shown)
	}
	return show(c, http.StatusOK, views.FunnelsPage(m))
}

// pageAddress returns where a funnel's page is.
func (h *Handler) pageAddress(slug string) string { return h.Installation.BaseURL + "/f/" + slug }

// languageName returns the language's own name for itself.
func languageName(tag string) string {
	if locale.Speaks(tag) {
		return locale.For(tag).Name()
	}
	return tag
}

func (h *Handler) entries(f *funnel.Funnel) (list []views.EntryPoint, err error) {
	for _, e := range h.Directory.Entries(f.ID) {
		if e.Kind == funnel.EntryEmbed || e.Kind == funnel.EntrySignup { // nobody scans the one, and the other has a page of its own
			continue
		}
		shown := views.EntryPoint{
			Kind: string(e.Kind), Label: e.Label, Code: e.Code, URL: h.Installation.BaseURL + "/q/" + e.Code, SVG: "/q/" + e.Code + ".svg", PNG: "/q/" + e.Code + ".png", PDF: "/q/" + e.Code + ".pdf", Page: codeAddress(e.Code), Poster: codeAddress(e.Code) + "/poster",
		}
		if shown.QR, err = drawn(shown.URL, e.Label); err != nil {
			return nil, err
		}
		list = append(list, shown)
	}
	return list, nil
}

// drawings remembers the codes of the list: they never change.
var drawings sync.Map

// drawn returns a QR code as SVG. It costs milliseconds the first time.
func drawn(text, title string) ([]byte, error) {
	key := title + "\n" + text
	if svg, ok := drawings.Load(key); ok {
		return svg.([]byte), nil
	}
	symbol, err := qr.New(text, qr.Q)
	if err != nil {
		return nil, err
	}
	svg := symbol.SVG(title)
	drawings.Store(key, svg)
	return svg, nil
}

// GalleryIndex answers GET /admin/gallery.
func (h *Handler) GalleryIndex(c echo.Context) error {
	return show(c, http.StatusOK, gallery.Index(h.frame(c, localizer(c).T("admin.gallery"), inGallery), inGallery))
}

// GalleryPage answers GET /admin/gallery/{name}.
func (h *Handler) GalleryPage(c echo.Context) error {
	exhibit, ok := gallery.Find(c.Param("name"))
	if !ok {
		return fault.New(fault.NotFound, "The gallery has no such page.")
	}
	return show(c, http.StatusOK, exhibit.Render(exhibit.In(wishes(c)...)))
}
