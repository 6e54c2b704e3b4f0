package web

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/ledger"
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

// Log is what is told of the installation's log. With public set it is what
// strangers are told, else the newest there is.
type Log interface {
	// Checkpoint is NotFound where nothing was signed yet.
	Checkpoint(ctx context.Context, public bool) (ledger.Signed, error)
	// Tile is NotFound where the tree under the checkpoint does not reach it.
	Tile(ctx context.Context, tile ledger.Tile, public bool) ([]byte, error)
}

// errPrivate is what strangers are told of a log that is not public.
var errPrivate = fault.New(fault.NotFound, "This log is not public.")

// mayWatch reports whether a request is of a stranger, and whether it may see
// the log: who is on this machine may, strangers only where the log is public.
func (s *Site) mayWatch(c echo.Context) (stranger bool, err error) {
	stranger = !fromHere(c.Request())
	if stranger && !s.PublicLog {
		err = errPrivate
	}
	return stranger, err
}

// checkpoint answers GET /log/checkpoint (C2SP tlog-checkpoint).
func (s *Site) checkpoint(c echo.Context) error {
	stranger, err := s.mayWatch(c)
	if err != nil {
		return err
	}
	signed, err := s.Log.Checkpoint(c.Request().Context(), stranger)
	if err != nil {
		return err
	}
	forAll(c, "no-cache")
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, signed.Note)
}

// tile answers GET /log/tile/… with hashes (C2SP tlog-tiles). A tile never
// changes, not even a partial one, so caches may keep it for ever. Entries are
// not served: they travel in proofs.
func (s *Site) tile(c echo.Context) error {
	stranger, err := s.mayWatch(c)
	if err != nil {
		return err
	}
	tile, err := ledger.ParseTilePath("tile/" + c.Param("*"))
	if err != nil {
		return err
	}
	hashes, err := s.Log.Tile(c.Request().Context(), tile, stranger)
	if err != nil {
		return err
	}
	forAll(c, "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, echo.MIMEOctetStream, hashes)
}

// verifierKey answers GET /log/vkey (C2SP signed-note).
func (s *Site) verifierKey(c echo.Context) error {
	forAll(c, "public, max-age=300")
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, []byte(s.VerifierKey+"\n"))
}
