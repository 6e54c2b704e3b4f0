package api

import (
	"bytes"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/permit"
)

// scratch is what a check works on, used again for the next one.
type scratch struct {
	body  bytes.Buffer
	items []permit.Item
	out   []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxKept bounds the memory that waits for the next check, in bytes.
const maxKept = 256 << 10

func (s *scratch) release() {
	if s.body.Cap() > maxKept || cap(s.out) > maxKept {
		return
	}
	s.body.Reset()
	clear(s.items[:cap(s.items)])
	s.items, s.out = s.items[:0], s.out[:0]
	scratches.Put(s)
}

// Check answers POST /consents/check.
func (h *Handler) Check(c echo.Context) error {
	s := scratches.Get().(*scratch)
	defer s.release()
	r := c.Request()
	if _, err := s.body.ReadFrom(r.Body); err != nil {
		return readError(err)
	}
	var err error
	if s.items, err = parseCheck(s.body.Bytes(), s.items[:0]); err != nil {
		return err
	}
	answers, err := h.c.Check.Check(r.Context(), caller(c).Business, s.items)
	if err != nil {
		return err
	}
	s.out = appendAnswers(s.out[:0], answers)
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, s.out)
}

// appendAnswers writes the answers as JSON. Their strings are ids and words
// from fixed lists, which need no escaping.
func appendAnswers(b []byte, answers []permit.Answer) []byte {
	b = append(b, `{"results":[`...)
	for i := range answers {
		a := &answers[i]
		if i > 0 {
			b = append(b, ',')
		}
		if a.Allowed {
			b = append(b, `{"allowed":true,"reason":"`...)
		} else {
			b = append(b, `{"allowed":false,"reason":"`...)
		}
		b = append(b, a.Reason...)
		b = append(b, `","state":"`...)
		b = append(b, a.State...)
		b = append(b, `","grade":"`...)
		b = append(b, a.Grade...)
		b = append(b, `","consent_id":"`...)
		b = append(b, a.ConsentID...)
		b = append(b, `","valid_until":`...)
		if a.ValidUntil.IsZero() {
			b = append(b, "null"...)
		} else {
			b = append(b, '"')
			b = a.ValidUntil.UTC().AppendFormat(b, timeFormat)
			b = append(b, '"')
		}
		if a.Unsure {
			b = append(b, `,"platform":"unsure"`...)
		}
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// timeFormat is RFC 3339 in UTC with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// readError tells a body that is too large from one that broke off.
func readError(err error) error {
	if tooLarge(err) {
		return err
	}
	return fault.New(fault.Invalid, "The body ended too early.").Because(err)
}
