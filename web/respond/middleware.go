package respond

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

const (
	requestIDHeader = "X-Request-Id"
	requestIDKey    = "request-id"
)

// RequestIDs gives every request an id, which stands in its answer and in the
// log. One that a proxy brings along is kept if it is plain. rand is
// crypto/rand.Reader outside tests.
func RequestIDs(rand io.Reader) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			id := c.Request().Header.Get(requestIDHeader)
			if !plainID(id) {
				var raw [16]byte
				if _, err := io.ReadFull(rand, raw[:]); err != nil {
					return fmt.Errorf("request id: %w", err)
				}
				id = hex.EncodeToString(raw[:])
			}
			c.Set(requestIDKey, id)
			c.Response().Header().Set(requestIDHeader, id)
			return next(c)
		}
	}
}

// RequestID returns the request's id, or the empty string where there is none.
func RequestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

// plainID reports whether an id from outside may stand in our log: 16 to 64
// letters, digits and hyphens. No telephone number has as many digits.
func plainID(id string) bool {
	if len(id) < 16 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch ch := id[i]; {
		case ch >= '0' && ch <= '9', ch >= 'a' && ch <= 'z', ch >= 'A' && ch <= 'Z', ch == '-':
		default:
			return false
		}
	}
	return true
}

// Recover turns a panic into an error with its stack, for the log. It lets
// http.ErrAbortHandler pass: that one means to cut the connection.
func Recover() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				switch p := recover(); p {
				case nil:
				case http.ErrAbortHandler:
					panic(p)
				default:
					err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			return next(c)
		}
	}
}

// csp is the policy of pages (CSP level 3): all from here, nothing inline.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "

// Security sets the headers that keep a browser from doing more with an answer
// than it should. Pages are shown in no frame and name no referrer; see Framed
// and SameOriginReferrer. https says that the server is reached by HTTPS only.
func Security(https bool) echo.MiddlewareFunc {
	// Shared by all answers; clipped, so that whoever appends gets a copy.
	one := func(v string) []string { return []string{v}[:1:1] }
	policy, nosniff, referrer, opener, hsts := one(csp+"'none'"), one("nosniff"), one("no-referrer"), one("same-origin"), one("max-age=31536000")
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h["Content-Security-Policy"] = policy
			h["X-Content-Type-Options"] = nosniff
			h["Referrer-Policy"] = referrer
			h["Cross-Origin-Opener-Policy"] = opener
			if https {
				h["Strict-Transport-Security"] = hsts
			}
			return next(c)
		}
	}
}

// Framed lets an answer be shown in frames of the origins given, which must be
// origins and nothing else, or 'self'.
func Framed(c echo.Context, origins ...string) {
	c.Response().Header().Set("Content-Security-Policy", csp+strings.Join(origins, " "))
}

// SameOriginReferrer is for pages whose forms are protected by their Origin:
// with no-referrer a browser sends "null" there.
func SameOriginReferrer(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Referrer-Policy", "same-origin")
		return next(c)
	}
}

// SameOrigin refuses what pages of other origins try to do with the session of
// a signed-in person. It reads Sec-Fetch-Site and Origin, so it needs no token
// in forms; programs send neither and pass. Public forms have no session to
// ride on and go without it.
func SameOrigin() echo.MiddlewareFunc {
	protection := http.NewCrossOriginProtection()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := protection.Check(c.Request()); err != nil {
				return fault.New(fault.Forbidden, "That came from another site. Open the page here and try again.").Because(err)
			}
			return next(c)
		}
	}
}

// NoStore keeps answers out of every cache.
func NoStore(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		return next(c)
	}
}

// NoIndex keeps answers out of search engines.
func NoIndex(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
		return next(c)
	}
}

// BodyLimit refuses a body of more than n bytes, at once where its length is
// told, else as soon as it is read so far.
func BodyLimit(n int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength > n {
				c.Response().Header().Set("Connection", "close")
				return fault.New(fault.TooLarge, "%s At most %d bytes are.", tooLargeMessage, n)
			}
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, n)
			}
			return next(c)
		}
	}
}
