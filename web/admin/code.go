package admin

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/manage"
	"assent/poster"
	"assent/qr"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
)

func codeAddress(code string) string { return "/admin/codes/" + url.PathEscape(code) }

var errNoCode = fault.New(fault.NotFound, "There is no such code.")

// ownCode returns the printed code that the address names, if it is of the business
// at work. One of another business is as unknown as one that does not exist.
func (h *Handler) ownCode(c echo.Context) (*tenant.Tenant, *funnel.EntryPoint, *tenant.Version, error) {
	t := h.business(c)
	if t == nil {
		return nil, nil, nil, errNoBusiness
	}
	e, ok := h.Directory.Entry(strings.ToUpper(c.Param("code")))
	if !ok || e.Kind != funnel.EntryQR && e.Kind != funnel.EntryLink {
		return nil, nil, nil, errNoCode
	}
	f, v, ok := h.Directory.FunnelByID(e.Funnel)
	if !ok || f.Business != t.ID {
		return nil, nil, nil, errNoCode
	}
	return t, e, v, nil
}

// Code answers GET /admin/codes/{code}.
func (h *Handler) Code(c echo.Context) error {
	t, e, _, err := h.ownCode(c)
	if err != nil {
		return err
	}
	return h.codePage(c, http.StatusOK, t, *e, nil)
}

// ChangeCode answers POST /admin/codes/{code}.
func (h *Handler) ChangeCode(c echo.Context) error {
	t, e, _, err := h.ownCode(c)
	if err != nil {
		return err
	}
	slug := c.FormValue("funnel")
	to := *e
	to.Label, to.Text = strings.TrimSpace(funnel.Plain(c.FormValue("label"))), strings.TrimSpace(funnel.Plain(c.FormValue("text")))
	to.Chat, to.Off = c.FormValue("chat") != "", c.FormValue("off") != ""
	err = h.Manage.ChangeEntry(c.Request().Context(), t.ID, e.Code, slug, to, operator(c).ID)
	if err == nil {
		err = h.followShort(c, t, e.Code)
	}
	if fault.Is(err, fault.Invalid) {
		field := "label"
		if fault.FieldOf(err) == "text" {
			field = "text"
		}
		return h.codePage(c, http.StatusUnprocessableEntity, t, to, ui.Problems{{Field: field, Text: localizer(c).T("admin.code.wrong." + field)}})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, codeAddress(e.Code)+"?saved")
}

func (h *Handler) codePage(c echo.Context, status int, t *tenant.Tenant, e funnel.EntryPoint, problems ui.Problems) error {
	loc := localizer(c)
	f, _, _ := h.Directory.FunnelByID(e.Funnel)
	at := codeAddress(e.Code)
	m := views.Code{
		Frame: h.frame(c, e.Label, inFunnels), Now: h.Now().In(time.Local), Name: e.Label, Address: e.Address(h.Installation.BaseURL), Back: versionsAddress(f.Slug),
		Action: at, Problems: problems, Saved: c.Request().URL.Query().Has("saved"), Poster: at + "/poster",
		Files: []layout.NavItem{{Label: "SVG", URL: "/q/" + e.Code + ".svg"}, {Label: "PNG", URL: "/q/" + e.Code + ".png"}, {Label: "PDF", URL: "/q/" + e.Code + ".pdf"}},
	}
	var targets []ui.Option
	for _, other := range h.Directory.Funnels(t.ID) {
		targets = append(targets, ui.Option{Value: other.Slug, Label: h.funnelTitle(loc, other.Slug), Selected: other.ID == e.Funnel})
	}
	m.Controls = []views.Control{
		{Field: ui.Field{ID: "label", Name: "label", Label: loc.T("editor.entry.label"), Hint: loc.T("editor.entry.hint"), MaxLength: "80", Value: e.Label, Error: problems.For("label")}},
		{Kind: "select", Field: ui.Field{ID: "funnel", Name: "funnel", Label: loc.T("admin.funnel")}, Options: targets},
		{Kind: "select", Field: ui.Field{ID: "chat", Name: "chat", Label: loc.T("editor.entry.leads")}, Options: []ui.Option{
			{Label: loc.T("editor.entry.page")}, {Value: "yes", Label: loc.T("editor.entry.chat"), Selected: e.Chat}}},
		{Field: ui.Field{ID: "text", Name: "text", Label: loc.T("admin.code.text"), Hint: loc.T("admin.code.text.hint"), MaxLength: "160", Value: e.Text, Error: problems.For("text")}},
		{Kind: "check", Field: ui.Field{ID: "off", Name: "off", Label: loc.T("admin.code.off")}, Checked: e.Off},
	}
	var err error
	if m.QR, err = drawn(m.Address, e.Label); err != nil {
		return err
	}
	if m.History, err = h.history(c, t, e.Code); err != nil {
		return err
	}
	if m.Short, err = h.shortOf(c, t, e); err != nil {
		return err
	}
	return show(c, status, views.CodePage(m))
}

// followShort has WhatsApp's own link of a code, where it has one, hold the code's new
// text. Where that fails the page says that it holds another.
func (h *Handler) followShort(c echo.Context, t *tenant.Tenant, code string) error {
	_, ok, err := h.Surfaces.ShortLink(c.Request().Context(), t.ID, code)
	if err != nil || !ok {
		return err
	}
	err = h.Surfaces.SetShortLink(c.Request().Context(), t.ID, code, operator(c).ID)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Unavailable) {
		h.Config.Log.Warn("WhatsApp's own link of a code holds its old text", "error", err)
		return nil
	}
	return err
}

// shortOf is WhatsApp's own link of a code that opens the chat.
func (h *Handler) shortOf(c echo.Context, t *tenant.Tenant, e funnel.EntryPoint) (m views.ShortLink, err error) {
	l, ok, err := h.Surfaces.ShortLink(c.Request().Context(), t.ID, e.Code)
	if err != nil || !ok && !e.Chat {
		return m, err
	}
	m.Act, m.Link, m.Text = codeAddress(e.Code)+"/short", l.Link, l.Text
	m.Stale = ok && l.Text != h.Surfaces.ShortText(&e)
	if ok {
		m.QR, err = drawn(l.Link, e.Label)
	}
	return m, err
}

// ShortenCode answers POST /admin/codes/{code}/short: WhatsApp keeps a link for the
// code, has the link hold its text of today, or ends it.
func (h *Handler) ShortenCode(c echo.Context) error {
	t, e, _, err := h.ownCode(c)
	if err != nil {
		return err
	}
	if c.FormValue("delete") != "" {
		err = h.Surfaces.DeleteShortLink(c.Request().Context(), t.ID, e.Code, operator(c).ID)
	} else {
		err = h.Surfaces.SetShortLink(c.Request().Context(), t.ID, e.Code, operator(c).ID)
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Unavailable) {
		p := problem(localizer(c), err)
		p.Field = "short"
		return h.codePage(c, http.StatusUnprocessableEntity, t, *e, ui.Problems{p})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, codeAddress(e.Code)+"?saved")
}

// history is what a code led to, with the names of funnels and authors.
func (h *Handler) history(c echo.Context, t *tenant.Tenant, code string) (rows []views.CodeRow, err error) {
	versions, err := h.Manage.EntryVersions(c.Request().Context(), t.ID, code)
	names := h.names(c)
	for _, v := range versions {
		row := views.CodeRow{When: v.At, By: names[v.Author], Label: v.Label, Chat: v.Chat, Text: v.Text, Off: v.Off}
		if f, _, ok := h.Directory.FunnelByID(v.Funnel); ok {
			row.Funnel = h.funnelTitle(localizer(c), f.Slug)
		}
		rows = append(rows, row)
	}
	return rows, err
}

// Sheet answers POST /admin/funnels/{slug}/sheet: labels in, a PDF of their codes
// out.
func (h *Handler) Sheet(c echo.Context) error {
	f, v, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	wrong := func() error {
		return h.funnelPage(c, http.StatusUnprocessableEntity, ui.Problems{{Field: "labels", Text: localizer(c).T("admin.sheet.wrong")}})
	}
	labels, err := postedLabels(c)
	if err != nil {
		return wrong()
	}
	ctx := c.Request().Context()
	entries, err := h.Manage.AddEntries(ctx, f.Business, f.Slug, labels, funnel.EntryPoint{Chat: c.FormValue("chat") != ""}, operator(c).ID)
	if fault.Is(err, fault.Invalid) {
		return wrong()
	}
	if err != nil {
		return err
	}
	list, err := h.sheetLabels(ctx, entries)
	if err != nil {
		return err
	}
	text, lang := v.Text(v.Language)
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "application/pdf")
	header.Set(echo.HeaderContentDisposition, `attachment; filename="codes.pdf"`)
	c.Response().WriteHeader(http.StatusOK)
	return poster.WriteSheet(c.Response(), text.Title, lang, list)
}

// sheetLabels makes the codes of a sheet and reads each again.
func (h *Handler) sheetLabels(ctx context.Context, entries []funnel.EntryPoint) (list []poster.Label, err error) {
	symbols := make([]*qr.Symbol, len(entries))
	for i, e := range entries {
		address := e.Address(h.Installation.BaseURL)
		if symbols[i], err = qr.Compose(address, qr.Plain(qr.H)); err != nil {
			return nil, err
		}
		list = append(list, poster.Label{Text: e.Label, Link: letters(address), Symbol: symbols[i]})
	}
	return list, poster.Check(ctx, symbols)
}

// letters is an address as people type it.
func letters(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	return rest
}

// postedLabels reads the first column of the posted CSV file (RFC 4180). A first
// line that says "label" is a header.
func postedLabels(c echo.Context) ([]string, error) {
	file, err := c.FormFile("labels")
	if err != nil {
		return nil, err
	}
	open, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer open.Close() //nolint:errcheck // it was only read
	return csvLabels(open)
}

func csvLabels(r io.Reader) (labels []string, err error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return labels, nil
		}
		if err != nil {
			return nil, err
		}
		label := strings.TrimSpace(funnel.Plain(strings.TrimPrefix(row[0], "\ufeff")))
		if label == "" || len(labels) == 0 && strings.EqualFold(label, "label") {
			continue
		}
		if labels = append(labels, label); len(labels) > manage.MaxEntries {
			return nil, fault.Field("labels", "There are too many labels.")
		}
	}
}
