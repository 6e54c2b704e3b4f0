// Package fault names the kinds of failure that callers of Assent tell apart.
//
// Errors rise unhandled to one place (the HTTP error handler, the command's
// main), which maps the kind to a status or an exit code and logs once. Only
// the Message of a fault is ever shown to a person; what it wraps is for the
// log. An error that is no fault has the kind Internal.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what went wrong, seen by the caller.
type Kind uint8

// The kinds. The zero value is Internal, so that a forgotten kind is the
// alarming one.
const (
	Internal     Kind = iota // ours; the caller can do nothing
	Invalid                  // the input is wrong, and the caller can mend it
	NotFound                 // there is no such thing, or not for this caller
	Conflict                 // the thing exists already, or is in another state
	Unauthorized             // who are you?
	Forbidden                // we know who you are, and no
	Gone                     // it was here and has ended
	TooLarge                 // more bytes than we take
	TooMany                  // slow down
	Unavailable              // try again later
	Stale                    // what was read has changed since; read again
)

var kindNames = [...]string{
	Internal: "internal", Invalid: "invalid", NotFound: "not_found", Conflict: "conflict",
	Unauthorized: "unauthorized", Forbidden: "forbidden", Gone: "gone", TooLarge: "too_large",
	TooMany: "too_many", Unavailable: "unavailable", Stale: "stale",
}

// String returns the kind's stable name, which API problems carry as their code.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Error is a failure with a kind and a sentence for people.
type Error struct {
	Kind    Kind
	Field   string // the input field that is wrong, for Invalid; else empty
	Message string // one sentence that says what to do; holds no personal data
	Err     error  // the cause, for the log; may be nil

	Retry time.Duration // when it may be tried again, for TooMany; 0 where that is not known
	// Format and Args are what Message was made of, for who says it in another language.
	Format string
	Args   []any
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns a fault of the kind with a sentence for people.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Format: format, Args: args}
}

// Field returns an Invalid fault that names the field.
func Field(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Message: fmt.Sprintf(format, args...), Format: format, Args: args}
}

// Because returns a copy of e that also carries its cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// After returns a copy of e that also says when it may be tried again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.Retry = d
	return &c
}

// RetryOf returns when what failed may be tried again, by the first fault in
// err's chain, or 0.
func RetryOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.Retry
	}
	return 0
}

// KindOf returns the kind of the first fault in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Message returns the sentence for people of the first fault in err's chain,
// or the empty string: the text of any other error is not for people.
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return ""
}

// FieldOf returns the field that the first fault in err's chain names.
func FieldOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

// All returns every fault in err: of errors that were joined, each one's first.
func All(err error) (list []*Error) {
	var many interface{ Unwrap() []error }
	var one *Error
	switch {
	case errors.As(err, &one) && !errors.As(err, &many):
		return []*Error{one}
	case many != nil:
		for _, e := range many.Unwrap() {
			list = append(list, All(e)...)
		}
	}
	return list
}

// Is reports whether err is a fault of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Wrap adds the name of the operation to *err, if there is one. Use it with
// defer at the head of an exported function that does I/O.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
