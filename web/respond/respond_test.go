package respond_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/web/respond"
)

// server returns an echo whose GET and POST /api/x and /x run h.
func server(h echo.HandlerFunc, use ...echo.MiddlewareFunc) (*echo.Echo, *bytes.Buffer) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := echo.New()
	page := func(c echo.Context, f respond.Failure) error {
		return c.HTML(f.Status, "<p>"+f.Message+"</p>")
	}
	e.HTTPErrorHandler = respond.ErrorHandler(log, respond.Surface{Prefix: "/", Render: page}, respond.Surface{Prefix: "/api/", Render: respond.Problem}, respond.Surface{Prefix: "/broken/", Render: func(echo.Context, respond.Failure) error { return errors.New("no page") }})
	e.Use(append([]echo.MiddlewareFunc{respond.RequestIDs(rand.Reader), respond.Recover()}, use...)...)
	for _, path := range []string{"/api/x/:id", "/x/:id", "/broken/:id"} {
		e.GET(path, h)
		e.HEAD(path, h)
		e.POST(path, h)
	}
	return e, &logged
}

func call(e http.Handler, method, target string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(method, target, body))
	return w
}

// A browser that leaves while it is answered is nobody's failure; a database
// whose connection breaks is.
func TestBrowserThatLeavesEarlyIsNoError(t *testing.T) {
	for _, tt := range []struct {
		name   string
		begun  bool
		gone   bool
		err    error
		failed bool
	}{
		{"broken pipe in the answer", true, false, &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}, false},
		{"reset in the answer", true, false, fmt.Errorf("page: %w", syscall.ECONNRESET), false},
		{"gone before the answer", false, true, syscall.EPIPE, false},
		{"a database's connection", false, false, syscall.EPIPE, true},
		{"another failure", true, false, errors.New("no template"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.gone {
				cancel()
			}
			c := echo.New().NewContext(httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), httptest.NewRecorder())
			if tt.begun {
				c.Response().WriteHeader(http.StatusOK)
			}
			func() {
				defer func() { _ = recover() }() // an answer that has begun is cut
				respond.ErrorHandler(log)(tt.err, c)
			}()
			if failed := strings.Contains(out.String(), "level=ERROR"); failed != tt.failed {
				t.Errorf("%s", out.String())
			}
		})
	}
}

func TestErrorsBecomeAnswers(t *testing.T) {
	secret := errors.New("SQL: +491701234567")
	tests := []struct {
		name    string
		err     error
		status  int
		code    string
		field   string
		details string
	}{
		{"invalid", fault.Field("to", "Enter a number.").Because(secret), 400, "invalid", "to", "Enter a number."},
		{"wrapped", fmt.Errorf("outer: %w", fault.New(fault.NotFound, "No such thing.")), 404, "not_found", "", "No such thing."},
		{"conflict", fault.New(fault.Conflict, "It exists."), 409, "conflict", "", "It exists."},
		{"unauthorized", fault.New(fault.Unauthorized, "Who?"), 401, "unauthorized", "", "Who?"},
		{"forbidden", fault.New(fault.Forbidden, "No."), 403, "forbidden", "", "No."},
		{"gone", fault.New(fault.Gone, "Ended."), 410, "gone", "", "Ended."},
		{"too large", fault.New(fault.TooLarge, "Less."), 413, "too_large", "", "Less."},
		{"too many", fault.New(fault.TooMany, "Slow."), 429, "too_many", "", "Slow."},
		{"unavailable", fault.New(fault.Unavailable, "Later.").Because(secret), 503, "unavailable", "", "Later."},
		{"stale", fault.New(fault.Stale, "Again."), 409, "stale", "", "Again."},
		{"internal fault", fault.New(fault.Internal, "SQL went wrong."), 500, "internal", "", "quote the request id"},
		{"any other", secret, 500, "internal", "", "quote the request id"},
		{"deadline", context.DeadlineExceeded, 503, "unavailable", "", "too long"},
		{"body over the limit", &http.MaxBytesError{Limit: 1}, 413, "too_large", "", "larger"},
		{"echo's words", echo.NewHTTPError(http.StatusBadRequest, "SQL words"), 400, "invalid", "", "cannot be read"},
		{"echo's other status", echo.NewHTTPError(http.StatusTeapot, "SQL words"), 500, "internal", "", "quote the request id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, logged := server(func(c echo.Context) error {
				for _, name := range []string{"Content-Type", "Content-Disposition", "Cache-Control", "Etag"} {
					c.Response().Header().Set(name, "of the answer that failed")
				}
				return tt.err
			})
			w := call(e, "GET", "/api/x/491701234567?q=secretquery", nil)
			if w.Code != tt.status || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%d %s", w.Code, w.Header())
			}
			if h := w.Header(); h.Get("Content-Disposition") != "" || h.Get("Etag") != "" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("headers of the answer stay: %v", h)
			}
			var got map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			id := w.Header().Get("X-Request-Id")
			want := map[string]any{"type": "about:blank", "title": http.StatusText(tt.status), "status": float64(tt.status), "code": tt.code, "request_id": id, "detail": got["detail"]}
			if tt.field != "" {
				want["field"] = tt.field
			}
			if d := cmp.Diff(want, got); d != "" || !strings.Contains(fmt.Sprint(got["detail"]), tt.details) {
				t.Errorf("%s\n%s", d, w.Body)
			}
			if strings.Contains(w.Body.String(), "SQL") {
				t.Errorf("the answer tells what is below: %s", w.Body)
			}
			if n := strings.Count(logged.String(), "\n"); n != 1 {
				t.Errorf("%d log lines, want one", n)
			}
			for _, must := range []string{id, "route=/api/x/:id", fmt.Sprintf("status=%d", tt.status), "kind=" + tt.code} {
				if !strings.Contains(logged.String(), must) {
					t.Errorf("the log lacks %q: %s", must, logged)
				}
			}
			if strings.Contains(logged.String(), "secretquery") || tt.status < 500 && strings.Contains(logged.String(), "4917") {
				t.Errorf("the log says too much: %s", logged)
			}
			if retry := w.Header().Get("Retry-After") != ""; retry != (tt.status == 503 || tt.status == 429) {
				t.Errorf("Retry-After: %v", w.Header())
			}
		})
	}
}

func TestTheSurfaceDecides(t *testing.T) {
	e, _ := server(func(echo.Context) error { return fault.New(fault.Gone, "It has ended.") })
	for _, tt := range []struct {
		method, path string
		status       int
		kind, body   string
	}{
		{"GET", "/x/1", 410, "text/html; charset=UTF-8", "<p>It has ended.</p>"},
		{"GET", "/api/x/1", 410, "application/problem+json", `"detail":"It has ended."`},
		{"GET", "/api/nothing", 404, "application/problem+json", "nothing at this address"},
		{"GET", "/nothing", 404, "text/html; charset=UTF-8", "<p>There is nothing"},
		{"DELETE", "/api/x/1", 405, "application/problem+json", "does not take that method"},
		{"GET", "/broken/1", 410, "text/plain; charset=UTF-8", "It has ended."},
		{"HEAD", "/x/1", 410, "", ""},
	} {
		r := httptest.NewRequest(tt.method, tt.path, nil)
		r.Header.Set("Accept", "application/json")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code != tt.status || w.Header().Get("Content-Type") != tt.kind || !strings.Contains(w.Body.String(), tt.body) || tt.body == "" && w.Body.Len() > 0 {
			t.Errorf("%s %s: %d %q %s", tt.method, tt.path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if tt.status == 405 && !strings.Contains(w.Header().Get("Allow"), "GET") {
			t.Errorf("405 without Allow: %v", w.Header())
		}
	}
	plain := echo.New()
	plain.HTTPErrorHandler = respond.ErrorHandler(slog.New(slog.DiscardHandler))
	if w := call(plain, "GET", "/", nil); w.Code != 404 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("without surfaces: %d %v", w.Code, w.Header())
	}
}

func TestHalfAnAnswerIsCut(t *testing.T) {
	e, logged := server(func(c echo.Context) error {
		_ = c.String(http.StatusOK, "half")
		c.Response().Flush()
		return errors.New("disk")
	})
	srv := httptest.NewServer(e)
	defer srv.Close()
	res, err := http.Get(srv.URL + "/x/1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("the reader takes %q for a whole answer", body)
	}
	if !strings.Contains(logged.String(), "disk") {
		t.Errorf("the log lacks the reason: %s", logged)
	}
}

func TestPanics(t *testing.T) {
	e, logged := server(func(echo.Context) error { panic("SQL words") })
	w := call(e, "GET", "/x/1", nil)
	if w.Code != 500 || strings.Contains(w.Body.String(), "SQL") || !strings.Contains(logged.String(), "SQL words") || !strings.Contains(logged.String(), "respond_test.go") {
		t.Errorf("%d %s; log %s", w.Code, w.Body, logged)
	}
	e, _ = server(func(echo.Context) error { panic(http.ErrAbortHandler) })
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v, want http.ErrAbortHandler to pass", p)
		}
	}()
	call(e, "GET", "/x/1", nil)
}

func TestRequestIDs(t *testing.T) {
	e, _ := server(func(c echo.Context) error { return c.String(http.StatusOK, respond.RequestID(c)) })
	for _, tt := range []struct {
		name, sent string
		kept       bool
	}{
		{"none", "", false}, {"a proxy's", "0123456789abcdef-XYZ", true}, {"a number", "+491701234567890", false}, {"digits of a number", "491701234567890", false},
		{"too long", strings.Repeat("a", 65), false}, {"a new line's escape", "aaaaaaaaaaaaaaaa\\n", false}, {"other letters", "äääääääääääääääääää", false},
	} {
		r := httptest.NewRequest("GET", "/x/1", nil)
		r.Header.Set("X-Request-Id", tt.sent)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		if id != w.Body.String() || (id == tt.sent) != tt.kept || !tt.kept && len(id) != 32 {
			t.Errorf("%s: answered %q", tt.name, id)
		}
	}
	broken := echo.New()
	broken.HTTPErrorHandler = respond.ErrorHandler(slog.New(slog.DiscardHandler))
	broken.Use(respond.RequestIDs(strings.NewReader("")))
	if w := call(broken, "GET", "/", nil); w.Code != 500 {
		t.Errorf("without randomness: %d", w.Code)
	}
}

func TestSecurityHeaders(t *testing.T) {
	for _, https := range []bool{false, true} {
		e, _ := server(func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }, respond.Security(https))
		for _, path := range []string{"/x/1", "/nothing"} {
			h := call(e, "GET", path, nil).Header()
			for name, must := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'", "X-Content-Type-Options": "nosniff",
				"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
			} {
				if !strings.HasPrefix(h.Get(name), must) {
					t.Errorf("%s: %s is %q", path, name, h.Get(name))
				}
			}
			if p := h.Get("Content-Security-Policy"); !strings.HasSuffix(p, "frame-ancestors 'none'") || strings.Contains(p, "unsafe") {
				t.Errorf("%s: policy %q", path, p)
			}
			if (h.Get("Strict-Transport-Security") != "") != https {
				t.Errorf("https %v: HSTS %q", https, h.Get("Strict-Transport-Security"))
			}
		}
	}
	e, _ := server(func(c echo.Context) error {
		respond.Framed(c, "https://shop.example")
		return c.NoContent(http.StatusNoContent)
	}, respond.Security(true), respond.SameOriginReferrer, respond.NoStore, respond.NoIndex)
	h := call(e, "GET", "/x/1", nil).Header()
	if !strings.HasSuffix(h.Get("Content-Security-Policy"), "frame-ancestors https://shop.example") || h.Get("Referrer-Policy") != "same-origin" || h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("X-Robots-Tag"), "noindex") {
		t.Errorf("headers %v", h)
	}
}

func TestSameOrigin(t *testing.T) {
	e, _ := server(func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }, respond.SameOrigin())
	for _, tt := range []struct {
		name, method, header, value string
		status                      int
	}{
		{"same origin", "POST", "Sec-Fetch-Site", "same-origin", 204}, {"typed in", "POST", "Sec-Fetch-Site", "none", 204},
		{"another site", "POST", "Sec-Fetch-Site", "cross-site", 403}, {"a subdomain", "POST", "Sec-Fetch-Site", "same-site", 403},
		{"reading from another site", "GET", "Sec-Fetch-Site", "cross-site", 204}, {"an old browser here", "POST", "Origin", "http://example.com", 204},
		{"an old browser elsewhere", "POST", "Origin", "https://evil.example", 403}, {"an opaque origin", "POST", "Origin", "null", 403}, {"a program", "POST", "User-Agent", "curl", 204},
	} {
		r := httptest.NewRequest(tt.method, "http://example.com/x/1", nil)
		r.Header.Set(tt.header, tt.value)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s: %d", tt.name, w.Code)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	e, _ := server(func(c echo.Context) error {
		b, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, fmt.Sprint(len(b)))
	}, respond.BodyLimit(10))
	for _, tt := range []struct {
		name   string
		body   io.Reader
		status int
	}{
		{"none", nil, 200}, {"at the limit", strings.NewReader("0123456789"), 200}, {"over it", strings.NewReader("0123456789a"), 413},
		{"over it without a length", struct{ io.Reader }{strings.NewReader("0123456789a")}, 413},
	} {
		if w := call(e, "POST", "/api/x/1", tt.body); w.Code != tt.status {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
}

func TestDeadlines(t *testing.T) {
	e, _ := server(func(c echo.Context) error {
		if err := respond.Extend(c, time.Minute); err != nil {
			return err
		}
		time.Sleep(60 * time.Millisecond)
		return c.String(http.StatusOK, "late")
	})
	srv := httptest.NewUnstartedServer(e)
	respond.Deadlines{Header: time.Second, Read: time.Second, Write: 20 * time.Millisecond, Idle: time.Second}.Apply(srv.Config)
	srv.Start()
	defer srv.Close()
	res, err := http.Get(srv.URL + "/x/1")
	if err != nil {
		t.Fatalf("an extended answer was cut: %v", err)
	}
	res.Body.Close()
	if w := call(e, "GET", "/x/1", nil); w.Code != 200 {
		t.Errorf("without a connection: %d", w.Code)
	}
	r, _ := http.NewRequest("GET", srv.URL+"/x/1", nil)
	r.Header.Set("X-Long", strings.Repeat("a", 64<<10))
	if res, err := http.DefaultClient.Do(r); err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a header of 64 KiB: %d", res.StatusCode)
		}
	}
}
