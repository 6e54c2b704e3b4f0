package sim

import (
	"bytes"
	"image"
	_ "image/gif"  // what pictures of codes come in
	_ "image/jpeg" // as above
	_ "image/png"  // as above
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/qr"
)

// MaxPicture bounds a picture that is scanned, in bytes; maxPixels bounds what it
// unfolds to.
const (
	MaxPicture = 16 << 20
	maxPixels  = 24 << 20
)

var (
	errPicture = fault.Field("picture", "That is no picture that the phone can read.")
	errNoCode  = fault.Field("code", "There is no QR code in that picture.")
)

// Scan answers POST /sim/scan: a picture of a code, taken with a camera or from a
// file, leads to where the code leads.
func (h *Handler) Scan(c echo.Context) error {
	text, err := scan(c)
	if err != nil {
		return h.refuse(c, err)
	}
	return c.Redirect(http.StatusSeeOther, openURL+"?"+url.Values{"link": {text}, "me": {c.FormValue("me")}}.Encode())
}

// scanning lets one picture unfold at a time: it can fill much memory.
var scanning sync.Mutex

func scan(c echo.Context) (text string, err error) {
	file, err := c.FormFile("picture")
	if err != nil {
		return "", errPicture
	}
	f, err := file.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, MaxPicture+1))
	if err != nil {
		return "", err
	}
	return readCode(raw)
}

// readCode reads the code in a picture's file. How much it is, and how large it unfolds,
// is looked at before anything is decoded.
func readCode(raw []byte) (text string, err error) {
	if len(raw) > MaxPicture {
		return "", errPicture
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width < 1 || size.Height < 1 || size.Width > maxPixels/size.Height {
		return "", errPicture
	}
	scanning.Lock()
	defer scanning.Unlock()
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return "", errPicture
	}
	text, ok := qr.Read(picture)
	if !ok {
		return "", errNoCode
	}
	return text, nil
}
