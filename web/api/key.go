package api

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/account"
	"assent/fault"
)

// maxKey bounds what is looked up: a key has 50 characters.
const maxKey = 128

const callerKey = "api-key"

var (
	errNoKey  = fault.New(fault.Unauthorized, "Send an API key: Authorization: Bearer assent_…")
	errBadKey = fault.New(fault.Unauthorized, "That API key is not known, or was revoked.")
	errSlow   = fault.New(fault.TooMany, "This key calls more often than is taken. Wait a moment.")
)

// Checks lets keys with the scope check pass.
func (h *Handler) Checks(next echo.HandlerFunc) echo.HandlerFunc {
	return h.require(account.Check, &h.checks, next)
}

// Writes lets keys with the scope write pass.
func (h *Handler) Writes(next echo.HandlerFunc) echo.HandlerFunc {
	return h.require(account.Write, &h.calls, next)
}

// Reads lets keys with the scope read pass.
func (h *Handler) Reads(next echo.HandlerFunc) echo.HandlerFunc {
	return h.require(account.Read, &h.calls, next)
}

// Exports lets keys with the scope export pass.
func (h *Handler) Exports(next echo.HandlerFunc) echo.HandlerFunc {
	return h.require(account.Export, &h.calls, next)
}

// Erases lets keys with the scope erase pass.
func (h *Handler) Erases(next echo.HandlerFunc) echo.HandlerFunc {
	return h.require(account.Erase, &h.calls, next)
}

// require lets a request pass whose bearer token (RFC 6750) is a key in force
// that has the scope, as often as the limit allows.
func (h *Handler) require(scope account.Scope, limit *limiter, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		text, ok := bearer(c.Request().Header.Get(echo.HeaderAuthorization))
		if !ok {
			return refuse(c, `Bearer realm="assent"`, errNoKey)
		}
		if len(text) > maxKey {
			return refuse(c, `Bearer realm="assent", error="invalid_token"`, errBadKey)
		}
		key, ok, err := h.c.Keys.APIKey(c.Request().Context(), text)
		if err != nil {
			return err
		}
		if !ok {
			return refuse(c, `Bearer realm="assent", error="invalid_token"`, errBadKey)
		}
		if !key.May(scope) {
			return refuse(c, `Bearer realm="assent", error="insufficient_scope", scope="`+string(scope)+`"`, fault.New(fault.Forbidden, "This API key lacks the scope %s.", scope))
		}
		if !limit.allow(key.ID, h.c.Now()) {
			return errSlow
		}
		c.Set(callerKey, &key)
		return next(c)
	}
}

// bearer returns the token of an Authorization header; the scheme's case does
// not matter (RFC 9110, section 11.1).
func bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, ok && token != "" && strings.EqualFold(scheme, "Bearer")
}

func refuse(c echo.Context, challenge string, err error) error {
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, challenge)
	return err
}

// caller returns the key behind a request that require has let pass.
func caller(c echo.Context) *account.APIKey { return c.Get(callerKey).(*account.APIKey) }

type callerContext struct{}

// withCaller hands the caller's key to the strict handlers, which see a
// context and no request.
func withCaller(next StrictHandlerFunc, _ string) StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		r := c.Request()
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), callerContext{}, caller(c))))
		return next(c, request)
	}
}

func callerOf(ctx context.Context) *account.APIKey {
	return ctx.Value(callerContext{}).(*account.APIKey)
}
