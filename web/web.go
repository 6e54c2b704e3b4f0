// Package web is all of Assent's HTTP. Each kind of caller (anyone, programs
// with an API key, Meta, the simulated phone) has a package of its own below;
// here they are put together: routes.go has every route on one screen, this
// file what all of them share.
package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"assent/fault"
	"assent/tenant"
	"assent/web/admin"
	"assent/web/api"
	"assent/web/hook"
	"assent/web/public"
	"assent/web/respond"
	"assent/web/sim"
)

// Config is what a Site is made of. What may be nil says so.
type Config struct {
	BaseURL   string // where the installation is reached
	Logger    *slog.Logger
	Now       func() time.Time
	Rand      io.Reader
	Directory *tenant.Directory

	Public *public.Handler
	Hook   *hook.Handler
	API    *api.Handler
	Admin  *admin.Handler // nil: no admin UI
	Sim    *sim.Handler   // nil: no simulator

	Log         Log
	VerifierKey string // of the log
	PublicLog   bool   // strangers may see the log's checkpoints and hashes, never its entries
	// Ready returns why requests should go elsewhere, or nil.
	Ready func(ctx context.Context) error

	// MetricsToken lets its bearer read /metrics; without it only this machine
	// may. Metrics are shown besides those of HTTP; may be nil.
	MetricsToken string
	Metrics      []prometheus.Collector

	// ClientIP tells a caller's address; nil takes that of the connection. Set
	// it only where a trusted proxy stands before the server.
	ClientIP echo.IPExtractor
}

// Site answers all requests.
type Site struct {
	Config
	echo     *echo.Echo
	metrics  *metrics
	stopping atomic.Bool
}

// New returns a Site. Call Stop before its server is shut down.
func New(c Config) *Site {
	s := &Site{Config: c, echo: echo.New(), metrics: newMetrics(c.Metrics)}
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard) // errors come to ErrorHandler
	e.JSONSerializer = api.Serializer{}
	if e.IPExtractor = c.ClientIP; e.IPExtractor == nil {
		e.IPExtractor = echo.ExtractIPDirect()
	}
	e.HTTPErrorHandler = respond.ErrorHandler(c.Logger, s.surfaces()...)
	e.Use(respond.RequestIDs(c.Rand), s.metrics.count, respond.Security(strings.HasPrefix(c.BaseURL, "https://")), respond.Recover())
	s.routes(e)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Stop lets /readyz send new callers elsewhere, and ends the streams of waiting
// pages, which would else hold up the server's end.
func (s *Site) Stop() {
	s.stopping.Store(true)
	s.Public.Close()
	if s.Sim != nil {
		s.Sim.Close()
	}
}

var errStopping = fault.New(fault.Unavailable, "The server is stopping.")
