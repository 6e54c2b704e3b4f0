package public

import (
	"bytes"
	"image"
	_ "image/jpeg" // logos are kept as JPEG or PNG
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/optin"
	"assent/poster"
	"assent/qr"
	"assent/tenant"
)

// foldCode returns an entry point's code as it is kept. People type it in any
// case.
func foldCode(code string) string {
	if len(code) > 32 {
		return ""
	}
	return strings.ToUpper(strings.TrimSpace(code))
}

// entry returns the entry point of an address such as /q/7KX2 or /q/7KX2.svg,
// and the suffix.
func (h *Handler) entry(name string) (*funnel.EntryPoint, string, bool) {
	suffix := path.Ext(name)
	e, ok := h.Directory.Entry(foldCode(strings.TrimSuffix(name, suffix)))
	return e, suffix, ok
}

var errNoEntry = fault.New(fault.NotFound, "There is no such code.")

// ShortLink answers GET /q/{code}, and /q/{code}.svg and .png with the code's
// drawing.
func (h *Handler) ShortLink(c echo.Context) error {
	entry, suffix, ok := h.entry(c.Param("code"))
	if !ok {
		return errNoEntry
	}
	f, v, ok := h.Directory.FunnelByID(entry.Funnel)
	if !ok {
		return errNoEntry
	}
	switch suffix {
	case "":
	case ".svg", ".png", ".pdf":
		return h.drawing(c, entry, v, suffix)
	default:
		return errNoEntry
	}
	if f.State != funnel.Published || entry.Off {
		return optin.ErrEnded
	}
	if entry.Kind == funnel.EntrySignup {
		return h.signupLink(c, f, entry)
	}
	e := h.edition(v)
	lang := e.speak(query(c, "lang"), c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	if t, ok := h.Directory.Tenant(f.Business); ok && entry.Chat {
		if sender := t.Sender(""); sender != nil && sender.InUse() {
			h.countScan(c, entry, lang, funnel.CountChatScan)
			text := v.EntryText(lang, entry).Text()
			return c.Redirect(http.StatusFound, chatAddress(sender.Number, text, sender.Simulated))
		}
	}
	h.countScan(c, entry, lang, funnel.CountScan)
	to := "/f/" + f.Slug + "?e=" + url.QueryEscape(entry.Code)
	if query(c, "lang") != "" {
		to += "&lang=" + lang
	}
	return c.Redirect(http.StatusFound, to)
}

// signupLink leads on to a sign-up link of WhatsApp's own.
func (h *Handler) signupLink(c echo.Context, f *funnel.Funnel, entry *funnel.EntryPoint) error {
	t, ok := h.Directory.Tenant(f.Business)
	if !ok {
		return errNoEntry
	}
	su, ok := t.SignupOf(entry.ID)
	if !ok || su.Now().Off {
		return optin.ErrEnded
	}
	for _, sender := range t.Senders {
		if sender.WABA != su.WABA || !sender.InUse() {
			continue
		}
		h.countScan(c, entry, su.Now().Lang, funnel.CountChatScan)
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		c.Response().Header().Set("X-Robots-Tag", "noindex")
		digits := strings.TrimPrefix(sender.Number, "+")
		if sender.Simulated {
			return c.Redirect(http.StatusFound, "/sim/signup?"+url.Values{"phone": {digits}, "id": {su.MetaID}}.Encode())
		}
		return c.Redirect(http.StatusFound, "https://wa.me/"+digits+"/signup/"+su.MetaID)
	}
	return optin.ErrEnded
}

// countScan counts a person's visit to a short link.
func (h *Handler) countScan(c echo.Context, entry *funnel.EntryPoint, lang string, kind funnel.CountKind) {
	if counted(c.Request()) {
		h.Manage.Count(entry.Funnel, entry.ID, lang, kind)
	}
}

// The size of a PNG, in pixels.
const (
	defaultPixels = 1024
	minPixels     = 64
)

// The width of a PDF, in millimetres.
const (
	defaultWidth = 60
	maxWidth     = 1000
)

// printed answers with the QR code as a PDF to print. The level is H where nothing
// is asked for: what hangs outside gets torn.
func (h *Handler) printed(c echo.Context, address string, v *tenant.Version) error {
	level, err := levelOf(c.QueryParam("ec"), qr.H)
	if err != nil {
		return err
	}
	width := defaultWidth
	if text := c.QueryParam("size"); text != "" {
		if width, err = strconv.Atoi(text); err != nil || width < 1 || width > maxWidth {
			return fault.Field("size", "The size is a number of millimetres up to %d.", maxWidth)
		}
	}
	if err := h.limits.allow(c, true); err != nil {
		return err
	}
	design, err := h.design(c, v, level)
	if err != nil {
		return err
	}
	symbol, err := qr.Compose(address, design)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := poster.WriteCode(&b, symbol, float64(width)); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=3600")
	return c.Blob(http.StatusOK, "application/pdf", b.Bytes())
}

// drawing answers with the QR code of the entry point's address.
func (h *Handler) drawing(c echo.Context, entry *funnel.EntryPoint, v *tenant.Version, suffix string) error {
	if suffix == ".pdf" {
		return h.printed(c, entry.Address(h.Installation.BaseURL), v)
	}
	usual, logo := qr.Q, wantsLogo(c, v)
	if logo {
		usual = qr.H // it covers a part
	}
	level, err := levelOf(c.QueryParam("ec"), usual)
	if err != nil {
		return err
	}
	address := h.Installation.BaseURL + "/q/" + entry.Code
	header := c.Response().Header()
	if suffix == ".svg" && !logo {
		symbol, err := qr.New(address, level)
		if err != nil {
			return err
		}
		header.Set(echo.HeaderCacheControl, "public, max-age=3600")
		return c.Blob(http.StatusOK, "image/svg+xml", symbol.SVG(address))
	}
	pixels := defaultPixels
	if text := c.QueryParam("size"); text != "" {
		if pixels, err = strconv.Atoi(text); err != nil || pixels < minPixels || pixels > qr.MaxPixels {
			return fault.Field("size", "The size is a number of pixels from %d to %d.", minPixels, qr.MaxPixels)
		}
	}
	if err := h.limits.allow(c, true); err != nil {
		return err // drawing large pictures costs
	}
	design, err := h.design(c, v, level)
	if err != nil {
		return err
	}
	symbol, err := qr.Compose(address, design)
	if err != nil {
		return err
	}
	if err := symbol.ScanPixels(pixels); err != nil {
		return err
	}
	if suffix == ".svg" {
		header.Set(echo.HeaderCacheControl, "public, max-age=3600")
		return c.Blob(http.StatusOK, "image/svg+xml", symbol.SVG(address))
	}
	var b bytes.Buffer
	if err := symbol.PNG(&b, pixels); err != nil {
		return err
	}
	header.Set(echo.HeaderCacheControl, "public, max-age=3600")
	return c.Blob(http.StatusOK, "image/png", b.Bytes())
}

// wantsLogo reports whether ?logo= asks for the business's logo, and there is one.
func wantsLogo(c echo.Context, v *tenant.Version) bool {
	wish := c.QueryParam("logo")
	return wish != "" && wish != "no" && wish != "0" && v.Look.Logo.SHA256 != ""
}

// design is the code's look: plain, with the published version's logo where that
// is asked for.
func (h *Handler) design(c echo.Context, v *tenant.Version, level qr.Level) (qr.Design, error) {
	d := qr.Plain(level)
	if !wantsLogo(c, v) {
		return d, nil
	}
	doc, ok, err := h.Manage.Picture(c.Request().Context(), v.Look.Logo.SHA256)
	if err != nil || !ok {
		return d, err
	}
	d.Share = qr.DefaultShare
	d.Logo, _, err = image.Decode(bytes.NewReader(doc.Body))
	return d, err
}

// levelOf reads ?ec=. Print gets dirty, so usual is Q or more.
func levelOf(text string, usual qr.Level) (qr.Level, error) {
	if text == "" {
		return usual, nil
	}
	level, err := qr.ParseLevel(text)
	if err != nil {
		return 0, fault.Field("ec", "The level of error correction is L, M, Q or H.")
	}
	return level, nil
}

// symbols remembers the codes of pages that are open now: a page that turns by
// itself is fetched several times, and a code takes milliseconds to make.
type symbols struct {
	mu   sync.Mutex
	kept map[string][]byte
}

const maxSymbols = 500

func (s *symbols) svg(text, title string) ([]byte, error) {
	key := title + "\n" + text
	s.mu.Lock()
	svg, ok := s.kept[key]
	s.mu.Unlock()
	if ok {
		return svg, nil
	}
	symbol, err := qr.New(text, qr.M)
	if err != nil {
		return nil, err
	}
	svg = symbol.SVG(title)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil || len(s.kept) >= maxSymbols {
		s.kept = map[string][]byte{}
	}
	s.kept[key] = svg
	return svg, nil
}
