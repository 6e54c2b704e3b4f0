package respond

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Deadlines bound what a connection may take of the server's time.
type Deadlines struct {
	Header time.Duration // to send the request's header
	Read   time.Duration // to send the whole request
	Write  time.Duration // from the header's end to the last byte of the answer
	Idle   time.Duration // between two requests
}

// DefaultDeadlines suit people on slow phones and Meta's largest webhooks.
var DefaultDeadlines = Deadlines{Header: 10 * time.Second, Read: 30 * time.Second, Write: time.Minute, Idle: 2 * time.Minute}

// maxHeader bounds a request's header, in bytes.
const maxHeader = 32 << 10

// Apply sets the deadlines and the largest header on a server.
func (d Deadlines) Apply(s *http.Server) {
	s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout = d.Header, d.Read, d.Write, d.Idle
	s.MaxHeaderBytes = maxHeader
}

// Extend gives an answer that takes long (an export, server-sent events) the
// duration from now on. Call it anew for each piece, so that only a reader who
// has stopped reading is cut off.
func Extend(c echo.Context, d time.Duration) error {
	err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(d))
	if errors.Is(err, http.ErrNotSupported) {
		return nil // an answer without a connection
	}
	return err
}
