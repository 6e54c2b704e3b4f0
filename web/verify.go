package web

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

// forAll lets a page of any origin read what is public anyway: a verifier may
// run in a browser.
func forAll(c echo.Context, cache string) {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", cache)
}

// keySet answers GET /b/{business}/.well-known/jwks.json with the public keys
// of a business, old ones too (RFC 7517, section 5).
func (s *Site) keySet(c echo.Context) error {
	t, ok := s.Directory.TenantBySlug(c.Param("business"))
	if !ok {
		return fault.New(fault.NotFound, "There is no such business.")
	}
	body, err := json.Marshal(t.Keys)
	if err != nil {
		return err
	}
	forAll(c, "public, max-age=300")
	return c.Blob(http.StatusOK, "application/jwk-set+json", body)
}

// checkpoint answers GET /log/checkpoint (C2SP tlog-checkpoint).
func (s *Site) checkpoint(c echo.Context) error {
	note, err := s.Checkpoint(c.Request().Context())
	if err != nil {
		return err
	}
	forAll(c, "no-cache")
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, note)
}

// verifierKey answers GET /log/vkey (C2SP signed-note).
func (s *Site) verifierKey(c echo.Context) error {
	forAll(c, "public, max-age=300")
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, []byte(s.VerifierKey+"\n"))
}
