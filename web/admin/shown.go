package admin

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/records"
	"assent/tenant"
	views "assent/views/admin"
)

// shownPolicy lets a kept page look as it did and do nothing: it runs in an
// origin of its own, without scripts and forms (CSP level 3, section 6.3).
const shownPolicy = "sandbox; default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

var errNoText = fault.New(fault.NotFound, "There is no such text.")

// Shown answers GET /admin/shown/{hash}: a page that says what the kept bytes
// are, with the bytes in a frame. With ?bytes they come alone, as they were
// shown and with nothing added. ?person= and ?event= name the event that they
// belong to.
func (h *Handler) Shown(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	d, err := h.Records.Shown(c.Request().Context(), t.ID, strings.ToLower(c.Param("hash")))
	if err != nil {
		return err
	}
	if d.SHA256 == "" {
		return errNoText
	}
	if c.Request().URL.Query().Has("bytes") {
		return shownBytes(c, d)
	}
	m, err := h.shown(c, t, d)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentSecurityPolicy, header.Get(echo.HeaderContentSecurityPolicy)+"; frame-src 'self'")
	return show(c, http.StatusOK, views.ShownPage(m))
}

func shownBytes(c echo.Context, d funnel.Document) error {
	kind, _, err := mime.ParseMediaType(d.ContentType)
	if err != nil || kind != "text/html" && kind != "application/json" {
		kind = "text/plain"
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentSecurityPolicy, shownPolicy)
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set(echo.HeaderCacheControl, "no-store")
	header.Set("ETag", `"`+d.SHA256+`"`)
	return c.Blob(http.StatusOK, kind+"; charset=utf-8", d.Body)
}

// shown says what is known of kept bytes. When, to which version and in which
// language they were shown stands in the signed event that names them, and
// nowhere else: an address that names another event says none of it.
func (h *Handler) shown(c echo.Context, t *tenant.Tenant, d funnel.Document) (m views.Shown, err error) {
	loc := localizer(c)
	m = views.Shown{
		Frame: h.frame(c, loc.T("admin.kept"), inConsents), Now: h.Now().In(time.Local), SHA256: d.SHA256,
		Bytes: "/admin/shown/" + url.PathEscape(d.SHA256) + "?bytes",
	}
	if c.QueryParam("person") == "" {
		return m, nil
	}
	p, err := h.Records.Person(c.Request().Context(), t.ID, c.QueryParam("person"))
	if fault.Is(err, fault.NotFound) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	for _, e := range p.Events {
		named := slices.ContainsFunc(e.Shown, func(s records.Shown) bool { return s.SHA256 == d.SHA256 })
		if e.ID != c.QueryParam("event") || !named {
			continue
		}
		m.When, m.Version, m.Back = e.At, e.Version, "/admin/people/"+p.ID+"#event-"+e.ID
		if e.Funnel != "" {
			m.Funnel = h.funnelTitle(loc, e.Funnel)
		}
		if e.Language != "" {
			m.Lang = languageName(e.Language)
		}
	}
	return m, nil
}
