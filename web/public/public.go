// Package public answers anyone who comes by a link, a form or a printed code:
// the landing pages of funnels, the page that waits for the confirmation in
// WhatsApp, and the short links of entry points. The same forms stand on the
// businesses' own sites, in a frame or put there by a script (embed.go): what is
// shown, proven and taken is the same, so it is the same code.
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
	"assent/optin"
	"assent/tenant"
	"assent/views/layout"
)

// Optin is what the person opting in does.
type Optin interface {
	Submit(ctx context.Context, in optin.Submission) (optin.Submitted, error)
	Pending(ctx context.Context, token string) (optin.Pending, error)
	Renew(ctx context.Context, token string) error
	AskTemplate(ctx context.Context, token, network string) error
	OpenLink(ctx context.Context, token string) (optin.Link, error)
	StopByLink(ctx context.Context, token string, ls optin.LinkStop) error
	AskInChat(ctx context.Context, token string, w optin.Wish, lang string) (bool, error)
}

// Manage keeps what pages showed, and counts their views.
type Manage interface {
	KeepPage(ctx context.Context, d funnel.Document) error
	Picture(ctx context.Context, digits string) (funnel.Document, bool, error)
	Count(funnelID, entry, lang string, kind funnel.CountKind)
}

// Config is what a Handler is made of. Every field is required but Watch and
// Limit.
type Config struct {
	Optin        Optin
	Manage       Manage
	Records      Records
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

// businessNow returns the business as it names itself today, in the language.
func businessNow(t *tenant.Tenant, lang string) layout.Business {
	return layout.Business{Brand: t.BrandName, Legal: t.LegalName, Address: t.Address, Contact: t.Contact, PrivacyURL: t.Notice(lang), Color: t.Colour}
}
