package public

import (
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

// pictureName is the form of an uploaded picture's file name: what it is, the
// first digits of its SHA-256, and its type.
var pictureName = regexp.MustCompile(`^picture\.([0-9a-f]{12})\.(png|jpg)$`)

var pictureTypes = map[string]string{"png": "image/png", "jpg": "image/jpeg"}

var errNoPicture = fault.New(fault.NotFound, "There is no such picture.")

// Picture answers GET /static/upload/{name}. Its address names its bytes, so
// browsers keep it for ever; it is served as the type that it was made into and
// as nothing else.
func (h *Handler) Picture(c echo.Context) error {
	m := pictureName.FindStringSubmatch(c.Param("*"))
	if m == nil {
		return errNoPicture
	}
	d, ok, err := h.Manage.Picture(c.Request().Context(), m[1])
	if err != nil {
		return err
	}
	if !ok || d.ContentType != pictureTypes[m[2]] {
		return errNoPicture
	}
	header := c.Response().Header()
	header.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	header.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Blob(http.StatusOK, d.ContentType, d.Body)
}
