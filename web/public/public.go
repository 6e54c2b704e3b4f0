// Package public answers anyone who comes by a link, a form or a printed code:
// the landing pages of funnels, the page that waits for the confirmation in
// WhatsApp, and the short links of entry points.
//
// No answer here tells whether a number is known, and no address or log line
// holds one (rule 28). Whoever has a request's token may see its page; every
// token that is not one gets the same answer.
package public

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"assent/funnel"
	"assent/locale"
	"assent/optin"
	"assent/tenant"
	"assent/views/layout"
	views "assent/views/public"
	"assent/views/ui"
	"assent/web/respond"
)

// Optin is what the person opting in does.
type Optin interface {
	Submit(ctx context.Context, in optin.Submission) (optin.Submitted, error)
	Pending(ctx context.Context, token string) (optin.Pending, error)
	Renew(ctx context.Context, token string) error
	AskTemplate(ctx context.Context, token string) error
}

// Manage keeps what pages showed, and counts their views.
type Manage interface {
	KeepPage(ctx context.Context, d funnel.Document) error
	Count(funnelID, entry, lang, kind string)
}

// Config is what a Handler is made of. Every field is required but Watch and
// Limit.
type Config struct {
	Optin        Optin
	Manage       Manage
	Directory    *tenant.Directory
	Installation *tenant.Installation
	Log          *slog.Logger
	Now          func() time.Time
	Watch        func(func(topics []string)) (stop func()) // of the store; nil: waiting pages poll
	Limit        Limit
}

// Handler answers the public addresses. It is safe for concurrent use.
type Handler struct {
	Config
	editions editions
	limits   *limits
	streams  *hub
	unwatch  func()
	symbols  symbols
}

// New returns a Handler. Close it.
func New(c Config) *Handler {
	h := &Handler{Config: c, streams: newHub(), unwatch: func() {}}
	h.limits = newLimits(c.Limit, c.Installation.Secrets.Limit, c.Now)
	if c.Watch != nil {
		h.unwatch = c.Watch(h.streams.announce)
	}
	return h
}

// Close ends the streams of waiting pages, so that the server can stop. Their
// pages connect again, to the next server.
func (h *Handler) Close() {
	h.unwatch()
	h.streams.close()
}

// Index answers GET /: those who come without an address run the place.
func (h *Handler) Index(c echo.Context) error { return c.Redirect(http.StatusFound, "/admin") }

// Failure is the Renderer of public pages: what happened, and what to do, in
// the person's language, by the business whose page they came to.
func (h *Handler) Failure(c echo.Context, f respond.Failure) error {
	m := views.Message{Kind: ui.PageKind(f.Status)}
	if f.Status >= http.StatusInternalServerError {
		m.RequestID = f.RequestID
	}
	wishes := []string{c.QueryParam("lang"), c.Request().Header.Get("Accept-Language")}
	if _, v, ok := h.named(c); ok {
		m.Business = businessOf(v)
		wishes = append(wishes, v.Language)
	}
	m.Loc = locale.For(wishes...)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	return respondPage(c, f.Status, views.MessagePage(m))
}

// named returns the funnel that the address names, if it names one.
func (h *Handler) named(c echo.Context) (*funnel.Funnel, *tenant.Version, bool) {
	if slug := c.Param("funnel"); slug != "" {
		return h.Directory.Funnel(slug)
	}
	if code := c.Param("code"); code != "" {
		if e, _, ok := h.entry(code); ok {
			return h.Directory.FunnelByID(e.Funnel)
		}
	}
	return nil, nil, false
}

func businessOf(v *tenant.Version) layout.Business {
	b := v.Controller
	return layout.Business{Brand: b.BrandName, Legal: b.LegalName, Address: b.Address, Contact: b.Contact, PrivacyURL: b.NoticeURL, Color: b.Colour}
}
