package respond

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

// Surface is a part of the address space whose callers share a way to be told
// of failures: by what they called, never by what they say that they accept.
type Surface struct {
	Prefix string // of the path; the longest that fits decides
	Render Renderer
}

// ErrorHandler returns echo's error handler. The surface with the prefix "/"
// takes what no other does; without one that is Plain.
//
// An error after the answer has begun cannot be told any more: the connection
// is cut, so that half an answer is not taken for a whole one.
func ErrorHandler(log *slog.Logger, surfaces ...Surface) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if err == nil {
			return
		}
		f := FailureOf(err)
		f.RequestID = RequestID(c)
		logFailure(log, c, f, err)
		if c.Response().Committed {
			panic(http.ErrAbortHandler)
		}
		for _, name := range ofAnswer {
			c.Response().Header().Del(name)
		}
		setRetryAfter(c, f)
		if c.Request().Method == http.MethodHead {
			_ = c.NoContent(f.Status)
			return
		}
		err = rendererFor(surfaces, c.Request().URL.Path)(c, f)
		if err != nil && !c.Response().Committed {
			log.LogAttrs(c.Request().Context(), slog.LevelError, "a failure could not be shown", slog.String("request", f.RequestID), slog.Any("error", err))
			_ = Plain(c, f)
		}
	}
}

// ofAnswer are headers that speak of the answer that a handler was about to
// give, and not of its failure.
var ofAnswer = []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Cache-Control", "ETag", "Last-Modified"}

func rendererFor(surfaces []Surface, path string) Renderer {
	best, render := -1, Renderer(Plain)
	for _, s := range surfaces {
		if len(s.Prefix) > best && strings.HasPrefix(path, s.Prefix) {
			best, render = len(s.Prefix), s.Render
		}
	}
	return render
}

// logFailure writes the one line that a failed request leaves: the route's
// pattern and not the address, for that may name a person.
func logFailure(log *slog.Logger, c echo.Context, f Failure, err error) {
	level := slog.LevelDebug
	attrs := []slog.Attr{
		slog.String("request", f.RequestID), slog.String("method", method(c.Request().Method)), slog.String("route", c.Path()),
		slog.Int("status", f.Status), slog.String("kind", f.Kind.String()),
	}
	if f.Status >= 500 && !left(c, err) {
		level = slog.LevelError
		if f.Kind == fault.Unavailable {
			level = slog.LevelWarn
		}
		attrs = append(attrs, slog.Any("error", err))
	}
	log.LogAttrs(c.Request().Context(), level, "request failed", attrs...)
}

// left reports that the caller hung up, which is nobody's failure. A connection
// that breaks before the answer has begun may be one to the database.
func left(c echo.Context, err error) bool {
	broken := errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
	return (broken || errors.Is(err, context.Canceled)) && c.Request().Context().Err() != nil || broken && c.Response().Committed
}

// method bounds what a caller can write into the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func setRetryAfter(c echo.Context, f Failure) {
	if c.Response().Header().Get("Retry-After") == "" && (f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable) {
		RetryAfter(c, f.Retry)
	}
}

// RetryAfter says when the caller may try again: in whole seconds, never sooner
// than it is, and not within two.
func RetryAfter(c echo.Context, wait time.Duration) {
	seconds := max(2, int64(math.Ceil(wait.Seconds())))
	c.Response().Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
}
