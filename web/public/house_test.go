package public_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"assent/funnel"
	"assent/internal/apptest"
	"assent/static"
	"assent/store"
	"assent/web/public"
	"assent/web/respond"
)

// site is the public pages over a whole installation.
type site struct {
	*apptest.App
	*httptest.Server
	handler *public.Handler
	echo    *echo.Echo
	log     *bytes.Buffer
}

func newSite(t *testing.T, limit public.Limit) *site {
	t.Helper()
	return siteOver(t, apptest.New(t), limit)
}

// siteOver is the public pages over an installation that a test has made.
func siteOver(t *testing.T, app *apptest.App, limit public.Limit) *site {
	t.Helper()
	s := &site{log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.App = app
	named := s.Version(apptest.Numbered)
	named.NumberField, named.NameField = funnel.NumberRequired, true
	if err := s.Manage.PublishFunnel(t.Context(), named); err != nil {
		t.Fatal(err)
	}
	s.handler = public.New(public.Config{
		Optin: s.Optin, Manage: s.Manage, Records: s.Records, Directory: s.Directory(), Installation: s.Manage.Installation(), Log: log, Now: s.Clock.Now,
		Watch: s.Store.Watch, Limit: limit,
	})
	t.Cleanup(s.handler.Close)
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = respond.ErrorHandler(log, respond.Surface{Prefix: "/", Render: s.handler.Failure}, respond.Surface{Prefix: "/embed/", Render: s.handler.EmbedFailure})
	e.Use(respond.RequestIDs(rand.Reader), respond.Recover(), respond.Security(false))
	h := s.handler
	e.GET("/", h.Index)
	e.Match([]string{"GET", "HEAD"}, "/f/:funnel", h.Landing)
	e.POST("/f/:funnel", h.Submit)
	e.GET("/f/:funnel/challenge", h.Challenge)
	e.GET("/r/:request", h.Confirm, h.Guessed)
	e.GET("/r/:request/chat", h.ConfirmChat, h.Guessed)
	e.GET("/r/:request/state", h.ConfirmState, h.Guessed)
	e.GET("/r/:request/step", h.EmbedStep, h.Guessed)
	for _, script := range static.Embeds() {
		e.GET(script.URL, h.EmbedScript(script))
	}
	e.GET("/embed/:funnel", h.EmbedFrame)
	e.GET("/embed/:funnel/form", h.EmbedForm)
	e.OPTIONS("/embed/:funnel", h.EmbedPreflight)
	e.POST("/embed/:funnel", h.EmbedSubmit, respond.BodyLimit(public.MaxForm))
	e.GET("/r/:request/events", h.ConfirmEvents, h.Guessed)
	e.POST("/r/:request/code", h.Renew, h.Guessed)
	e.POST("/r/:request/template", h.AskTemplate, h.Guessed)
	e.Match([]string{"GET", "HEAD"}, "/p/:token", h.Preferences, h.Guessed)
	e.POST("/p/:token", h.Prefer, h.Guessed)
	e.Match([]string{"GET", "HEAD"}, "/p/:token/:file", h.OwnRecord, h.Guessed)
	e.Match([]string{"GET", "HEAD"}, "/q/:code", h.ShortLink, h.Guessed)
	s.echo = e
	s.Server = httptest.NewServer(e)
	t.Cleanup(s.Server.Close)
	return s
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// text is the page's words, without markup.
func (a answer) text() string {
	return html.UnescapeString(regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(a.body, " "), " "))
}

func (s *site) do(method, path, body string, headers ...string) answer {
	s.T.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.T.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		s.T.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.T.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (s *site) get(path string, headers ...string) answer {
	s.T.Helper()
	return s.do("GET", path, "", headers...)
}

const formType = "application/x-www-form-urlencoded"

func (s *site) post(path string, form url.Values, headers ...string) answer {
	s.T.Helper()
	return s.do("POST", path, form.Encode(), append([]string{"Content-Type", formType}, headers...)...)
}

var shownField = regexp.MustCompile(`name="shown" value="([^"]+)"`)

// shown returns the signed field of a page.
func (s *site) shownOn(page answer) string {
	s.T.Helper()
	m := shownField.FindStringSubmatch(page.body)
	if m == nil {
		s.T.Fatalf("the page has no field shown: %d", page.status)
	}
	return html.UnescapeString(m[1])
}

// submit goes through the page as a person does, and returns the request's
// address.
func (s *site) submit(funnel string, form url.Values) string {
	s.T.Helper()
	page := s.get("/f/" + funnel)
	form.Set("shown", s.shownOn(page))
	a := s.post("/f/"+funnel, form)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/r/") {
		s.T.Fatalf("the form was answered with %d %s %s", a.status, a.header.Get("Location"), a.text())
	}
	return a.header.Get("Location")
}

// form makes a form of names and values.
func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// kept returns what is kept under a hash.
func (s *site) kept(sha256 string) (d funnel.Document) {
	s.T.Helper()
	err := s.Store.ReadOnly(context.Background(), func(ctx context.Context, tx *store.Tx) (err error) {
		d, err = tx.Shown(ctx, sha256)
		return err
	})
	if err != nil {
		s.T.Fatalf("nothing is kept under %s: %v", sha256, err)
	}
	return d
}

// counter remembers what was counted.
type counter struct{ kinds []string }

func (c *counter) KeepPage(context.Context, funnel.Document) error { return nil }
func (c *counter) Count(_, _, _ string, kind funnel.CountKind) {
	c.kinds = append(c.kinds, string(kind))
}
func (c *counter) Picture(context.Context, string) (funnel.Document, bool, error) {
	return funnel.Document{}, false, nil
}

func newEcho() *echo.Echo {
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	return e
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
