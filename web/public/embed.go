package public

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/static"
	"assent/tenant"
	views "assent/views/public"
	"assent/web/respond"
)

// frameParam says in an address that the page is seen in a frame. It changes
// how the page looks, and gives nobody anything.
const frameParam = "frame"

// The headers of the CORS protocol (Fetch, section 3.3).
const (
	allowOrigin  = "Access-Control-Allow-Origin"
	allowMethods = "Access-Control-Allow-Methods"
	allowHeaders = "Access-Control-Allow-Headers"
	allowFor     = "Access-Control-Max-Age"
	ownPolicy    = "Cross-Origin-Resource-Policy"
)

// preflightFor is how long a browser remembers that a site is allowed, in
// seconds: a site that is taken away is refused when it posts all the same.
const preflightFor = 600

var (
	errOrigin  = fault.New(fault.Forbidden, "This site may not show the form. Whoever runs the funnel can allow it.")
	errForeign = fault.New(fault.Forbidden, "Only a form on an allowed site may post here.")
)

// EmbedScript answers GET /embed/v1/assent.js, and the versions after it. The
// addresses stand in other people's pages and the bytes never change; a page that is
// kept apart from other origins may run them too.
func (h *Handler) EmbedScript(script static.Asset) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
		header.Set(ownPolicy, "cross-origin")
		header.Set(allowOrigin, "*") // a script with an integrity is fetched by CORS
		header.Set(echo.HeaderVary, "Accept-Encoding")
		body := script.Body
		if takesGzip(c.Request().Header.Get(echo.HeaderAcceptEncoding)) {
			header.Set(echo.HeaderContentEncoding, "gzip")
			body = script.Gzip
		}
		header.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
		return c.Blob(http.StatusOK, script.Type, body)
	}
}

// origin returns the site that a request comes from, and whether the funnel's
// forms may stand there; ours is one of them. It is empty where the browser names
// none, as it does for what it fetches from where it is.
func (h *Handler) origin(c echo.Context, f *funnel.Funnel) (origin string, allowed bool) {
	r := c.Request()
	origin = r.Header.Get(echo.HeaderOrigin)
	own := origin == h.Installation.BaseURL || r.Header.Get("Sec-Fetch-Site") == "same-origin"
	return origin, origin != "" && (own && origin != "null" || f.Allows(origin))
}

// share lets an allowed site read an answer about a request of the funnel. Others
// get the same answer, which their browsers keep from them.
func (h *Handler) share(c echo.Context, v *tenant.Version) {
	f, _, ok := h.Directory.FunnelByID(v.Funnel)
	if !ok {
		f = &funnel.Funnel{} // which allows nobody
	}
	h.shareOf(c, f)
}

// shareOf is share for an answer about the funnel.
func (h *Handler) shareOf(c echo.Context, f *funnel.Funnel) {
	header := c.Response().Header()
	header.Add(echo.HeaderVary, echo.HeaderOrigin)
	header.Set(ownPolicy, "same-origin") // read by CORS or not at all
	if origin, allowed := h.origin(c, f); allowed {
		header.Set(allowOrigin, origin)
	}
}

// frame lets the funnel's sites show a page of one of its requests in a frame,
// and reports whether it is seen in one.
func (h *Handler) frame(c echo.Context, v *tenant.Version) bool {
	f, _, ok := h.Directory.FunnelByID(v.Funnel)
	if !ok {
		return false
	}
	_, framed := h.framed(c, f)
	return framed
}

// framed lets the funnel's sites show the answer in a frame. It reports whether
// it is seen in one, and returns the entry point that such forms have.
func (h *Handler) framed(c echo.Context, f *funnel.Funnel) (*funnel.EntryPoint, bool) {
	if len(f.Origins) > 0 {
		respond.Framed(c, f.Origins...)
		c.Response().Header().Set(ownPolicy, "cross-origin")
	}
	entry, ok := h.Directory.EntryOfKind(f.ID, funnel.EntryEmbed)
	return entry, ok && query(c, frameParam) != ""
}

// embedEntry returns the id of the entry point for forms on other sites.
func (h *Handler) embedEntry(f *funnel.Funnel) string {
	if e, ok := h.Directory.EntryOfKind(f.ID, funnel.EntryEmbed); ok {
		return e.ID
	}
	return ""
}

// EmbedFrame answers GET /embed/{funnel}: the landing page for a frame.
func (h *Handler) EmbedFrame(c echo.Context) error {
	f, e, err := h.funnel(c)
	if f != nil {
		h.framed(c, f)
	}
	if err != nil {
		return err
	}
	return h.embedded(c, f, e, views.Framed)
}

// EmbedForm answers GET /embed/{funnel}/form: the form as a part of a page, for
// the script.
func (h *Handler) EmbedForm(c echo.Context) error {
	header := c.Response().Header()
	header.Add(echo.HeaderVary, echo.HeaderOrigin)
	header.Set(ownPolicy, "same-origin")
	f, e, err := h.foreign(c)
	if err != nil {
		return err
	}
	return h.embedded(c, f, e, views.Placed)
}

// embedded serves a form for another site, by the entry point for those.
func (h *Handler) embedded(c echo.Context, f *funnel.Funnel, e *edition, face views.Face) error {
	entry := h.embedEntry(f)
	if entry == "" { // no site was ever allowed
		return errOrigin
	}
	lang := e.speak(query(c, "lang"), c.Request().Header.Get("Accept-Language"))
	return h.serve(c, f, e, seen{lang, face}, entry, "")
}

// foreign returns the funnel, where a form of it may stand on the page that
// asks. Whoever names no origin is no page of another site.
func (h *Handler) foreign(c echo.Context) (*funnel.Funnel, *edition, error) {
	f, _, known := h.Directory.Funnel(c.Param("funnel"))
	if !known {
		return nil, nil, errNoFunnel
	}
	origin, allowed := h.origin(c, f)
	if origin != "" && !allowed {
		return nil, nil, errOrigin
	}
	if allowed {
		c.Response().Header().Set(allowOrigin, origin)
	}
	f, e, err := h.funnel(c)
	return f, e, err
}

// EmbedPreflight answers OPTIONS /embed/{funnel}, with which browsers ask before
// a page of another site posts JSON.
func (h *Handler) EmbedPreflight(c echo.Context) error {
	header := c.Response().Header()
	header.Set(echo.HeaderVary, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	f, _, ok := h.Directory.Funnel(c.Param("funnel"))
	if !ok {
		return errNoFunnel
	}
	origin, allowed := h.origin(c, f)
	if !allowed || c.Request().Header.Get("Access-Control-Request-Method") != http.MethodPost {
		return errForeign
	}
	header.Set(allowOrigin, origin)
	header.Set(allowMethods, http.MethodPost)
	header.Set(allowHeaders, "content-type")
	header.Set(allowFor, strconv.Itoa(preflightFor))
	return c.NoContent(http.StatusNoContent)
}

// EmbedSubmit answers POST /embed/{funnel}: the form of the script, as JSON. A
// page cannot post that kind of body to another site without asking first, and
// the origin is checked again; no cookie is read or set.
func (h *Handler) EmbedSubmit(c echo.Context) error {
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderOrigin)
	f, e, err := h.foreign(c)
	if err != nil {
		return err
	}
	origin := c.Request().Header.Get(echo.HeaderOrigin)
	if origin == "" {
		return errForeign
	}
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return echo.ErrUnsupportedMediaType
	}
	in, err := readJSON(c)
	if err != nil {
		return err
	}
	if entry, ok := h.Directory.EntryOfKind(f.ID, funnel.EntryEmbed); ok {
		in.entry = entry.Code
	}
	got, err := h.take(c, f, e, in, origin)
	if err != nil {
		return err
	}
	if len(got.problems) > 0 {
		return tellProblems(c, got)
	}
	header := c.Response().Header()
	header.Set(echo.HeaderCacheControl, "no-store")
	header.Set(echo.HeaderLocation, h.Installation.BaseURL+"/r/"+got.token)
	return c.JSONBlob(http.StatusCreated, []byte(`{"request":"`+got.token+`"}`))
}

// tellProblems says what is wrong with a form, in its language.
func tellProblems(c echo.Context, got taken) error {
	f := respond.Failure{
		Status: http.StatusUnprocessableEntity, Kind: fault.Invalid, Message: got.edition.model(got.lang).Loc.T("error.summary"), RequestID: respond.RequestID(c),
	}
	var fields []respond.FieldFault
	for _, p := range got.problems {
		fields = append(fields, respond.FieldFault{Field: p.Field, Detail: strings.TrimSpace(p.Text)})
	}
	return respond.Problems(c, f, fields)
}

// EmbedStep answers GET /r/{request}/step: the confirm page as a part of a page,
// for the script.
func (h *Handler) EmbedStep(c echo.Context) error {
	personal(c)
	token := c.Param("request")
	p, err := h.Optin.Pending(c.Request().Context(), token)
	if err != nil {
		return err
	}
	h.share(c, p.Version)
	m, err := h.confirmModel(token, p)
	if err != nil {
		return err
	}
	m.Face, m.Request = views.Placed, stateOf(p)
	base := h.Installation.BaseURL
	for _, address := range []*string{&m.ChatURL, &m.NewCode, &m.Template, &m.Restart} {
		if strings.HasPrefix(*address, "/") {
			*address = base + *address
		}
	}
	return respondPage(c, http.StatusOK, views.PlacedStep(m))
}

// inFrame lets a confirm page go on in its frame.
func inFrame(m views.Confirm, slug string) views.Confirm {
	m.Face = views.Framed
	m.Restart = "/embed/" + slug + "?lang=" + m.Loc.Tag()
	for _, address := range []*string{&m.NewCode, &m.Template} {
		if *address != "" {
			*address += "?" + frameParam + "=1"
		}
	}
	return m
}

// EmbedFailure is the Renderer of the addresses for other sites: a page in a
// frame, a problem for the script. That a site is not allowed is told to
// everybody, so that whoever builds the site sees why.
func (h *Handler) EmbedFailure(c echo.Context, f respond.Failure) error {
	if c.Path() == "/embed/:funnel" && slices.Contains([]string{http.MethodGet, http.MethodHead}, c.Request().Method) {
		return h.Failure(c, f)
	}
	header := c.Response().Header()
	if f.Kind == fault.Forbidden && c.Request().Method == http.MethodGet {
		header.Set(allowOrigin, "*")
	} else if f.Kind != fault.Forbidden {
		loc := locale.For(query(c, "lang"), c.Request().Header.Get("Accept-Language"))
		f.Message = loc.T("page."+h.kind(c, f)+".text", "Business", h.brand(c))
		if f.Retry > 0 {
			f.Message = loc.T("page.too_many.when", "Time", waiting(loc, f.Retry))
		}
	}
	return respond.Problem(c, f)
}
