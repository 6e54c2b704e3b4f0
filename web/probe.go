package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"assent/fault"
)

// health answers GET /healthz: the process runs and answers.
func (s *Site) health(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, "ok\n")
}

// ready answers GET /readyz: requests may be sent here.
func (s *Site) ready(c echo.Context) error {
	if s.stopping.Load() {
		return errStopping
	}
	if err := s.Ready(c.Request().Context()); err != nil {
		message := fault.Message(err)
		if message == "" {
			message = "The server is not ready."
		}
		return fault.New(fault.Unavailable, "%s", message).Because(err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, "ready\n")
}

// metrics counts requests. Labels are patterns and numbers of ours, never what
// a caller sent.
type metrics struct {
	handler  http.Handler
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(more []prometheus.Collector) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "assent_http_requests_total", Help: "Requests answered."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "assent_http_request_seconds", Help: "Time to answer a request.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
	}
	r := prometheus.NewRegistry()
	r.MustRegister(append([]prometheus.Collector{m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}, more...)...)
	m.handler = promhttp.HandlerFor(r, promhttp.HandlerOpts{})
	return m
}

// count is the middleware that counts. It lets errors become answers first, for
// those have a status too.
func (m *metrics) count(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		defer func() {
			route := c.Path()
			if route == "" {
				route = "none"
			}
			m.requests.WithLabelValues(methodLabel(c.Request().Method), route, strconv.Itoa(c.Response().Status)).Inc()
			m.seconds.WithLabelValues(route).Observe(time.Since(start).Seconds())
		}()
		if err := next(c); err != nil {
			c.Error(err)
		}
		return nil
	}
}

func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return method
	}
	return "other"
}

// exposition answers GET /metrics to bearers of the token and to this machine.
func (s *Site) exposition(c echo.Context) error {
	if !s.mayRead(c.Request()) {
		if s.MetricsToken == "" {
			return fault.New(fault.NotFound, "There is nothing at this address.")
		}
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="metrics"`)
		return fault.New(fault.Unauthorized, "Send the metrics token: Authorization: Bearer …")
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	s.metrics.handler.ServeHTTP(c.Response(), c.Request())
	return nil
}

func (s *Site) mayRead(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && s.MetricsToken != "" {
		given, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.MetricsToken))
		return subtle.ConstantTimeCompare(given[:], want[:]) == 1
	}
	return fromHere(r)
}

// fromHere reports whether the request was made on this machine, and not merely
// passed on by a proxy on it.
func fromHere(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if _, ok := r.Header[name]; ok {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	named, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		named = r.Host
	}
	ip := net.ParseIP(host)
	local := named == "localhost"
	if n := net.ParseIP(strings.Trim(named, "[]")); n != nil {
		local = n.IsLoopback()
	}
	return ip != nil && ip.IsLoopback() && local
}
