// Package respond is the one place where errors become answers, and where the
// rules hold that every answer keeps: its request id, its security headers, the
// limits of what is read and how long it may take.
//
// Handlers return errors. ErrorHandler maps the kind of the first fault to a
// status, lets the surface that was called (a page, an API) write it down, and
// logs it once. Nobody is shown an error's text from below.
package respond

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

var statuses = [...]int{
	fault.Internal:     http.StatusInternalServerError,
	fault.Invalid:      http.StatusBadRequest,
	fault.NotFound:     http.StatusNotFound,
	fault.Conflict:     http.StatusConflict,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden:    http.StatusForbidden,
	fault.Gone:         http.StatusGone,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.TooMany:      http.StatusTooManyRequests,
	fault.Unavailable:  http.StatusServiceUnavailable,
	fault.Stale:        http.StatusConflict,
}

// Status returns the HTTP status of a kind.
func Status(k fault.Kind) int {
	if int(k) < len(statuses) {
		return statuses[k]
	}
	return http.StatusInternalServerError
}

// Failure is an error as the caller is told of it.
type Failure struct {
	Status    int
	Kind      fault.Kind
	Message   string // one sentence for people
	Field     string // the input field that is wrong, or empty
	RequestID string // by which the log knows it

	Retry time.Duration // when it may be tried again; 0 where that is not known
}

// FailureOf returns what the caller is told of err. Only the message of a fault
// is ever told; all else is Internal.
func FailureOf(err error) Failure {
	var known *fault.Error
	var tooLarge *http.MaxBytesError
	var routing *echo.HTTPError
	switch {
	case errors.As(err, &known):
		f := Failure{Status: Status(known.Kind), Kind: known.Kind, Message: known.Message, Field: known.Field, Retry: known.Retry}
		if known.Kind == fault.Internal {
			f.Message = internalMessage
		}
		return f
	case errors.As(err, &tooLarge):
		return Failure{Status: http.StatusRequestEntityTooLarge, Kind: fault.TooLarge, Message: tooLargeMessage}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Failure{Status: http.StatusServiceUnavailable, Kind: fault.Unavailable, Message: "That took too long. Try again in a moment."}
	case errors.As(err, &routing):
		return ofRouting(routing.Code)
	}
	return Failure{Status: http.StatusInternalServerError, Kind: fault.Internal, Message: internalMessage}
}

const (
	internalMessage = "Something went wrong on our side. Try again; if it stays, quote the request id."
	tooLargeMessage = "That is larger than is taken here."
)

// ofRouting returns what echo itself found, without its text.
func ofRouting(status int) Failure {
	switch status {
	case http.StatusNotFound:
		return Failure{Status: status, Kind: fault.NotFound, Message: "There is nothing at this address."}
	case http.StatusMethodNotAllowed:
		return Failure{Status: status, Kind: fault.Invalid, Message: "This address does not take that method."}
	case http.StatusRequestEntityTooLarge:
		return Failure{Status: status, Kind: fault.TooLarge, Message: tooLargeMessage}
	case http.StatusUnsupportedMediaType:
		return Failure{Status: status, Kind: fault.Invalid, Message: "The body is not of the kind that is taken here."}
	case http.StatusBadRequest:
		return Failure{Status: status, Kind: fault.Invalid, Message: "The request cannot be read."}
	}
	return Failure{Status: http.StatusInternalServerError, Kind: fault.Internal, Message: internalMessage}
}

// Renderer writes a failure down as the callers of its surface expect it.
type Renderer func(c echo.Context, f Failure) error

// problem is an error as RFC 9457 writes it. The type is about:blank, so the
// title is that of the status (section 4.2.1); code tells the kind.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Code      string `json:"code"`
	Field     string `json:"field,omitempty"`
	RequestID string `json:"request_id,omitempty"`

	Errors []FieldFault `json:"errors,omitempty"`
}

// FieldFault is what is wrong with one field of a form.
type FieldFault struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Problem is the Renderer for programs: application/problem+json.
func Problem(c echo.Context, f Failure) error { return Problems(c, f, nil) }

// Problems is Problem with everything that is wrong, field by field (RFC 9457,
// section 3, has an extension of this name).
func Problems(c echo.Context, f Failure, fields []FieldFault) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(problem{"about:blank", http.StatusText(f.Status), f.Status, f.Message, f.Kind.String(), f.Field, f.RequestID, fields}); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(f.Status, "application/problem+json", b.Bytes())
}

// Plain is the Renderer for what has no page and no API: one line of text.
func Plain(c echo.Context, f Failure) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(f.Status, f.Message+"\n")
}
