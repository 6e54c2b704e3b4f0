package public

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"assent/altcha"
	"assent/fault"
	"assent/funnel"
	"assent/optin"
	"assent/tenant"
	views "assent/views/public"
)

var errNoFunnel = fault.New(fault.NotFound, "There is no such page.")

// funnel returns the funnel that the address names. One that takes nobody any
// more is a fault of the kind Gone; one whose business has no number in use,
// optin.ErrMute. With both it is returned as well.
func (h *Handler) funnel(c echo.Context) (*funnel.Funnel, *edition, error) {
	f, v, ok := h.Directory.Funnel(c.Param("funnel"))
	if !ok {
		return nil, nil, errNoFunnel
	}
	if f.State != funnel.Published {
		return f, nil, optin.ErrEnded
	}
	if h.mute(v) {
		return f, nil, optin.ErrMute
	}
	return f, h.edition(v), nil
}

// mute reports that the version's business has no number in use.
func (h *Handler) mute(v *tenant.Version) bool {
	t, ok := h.Directory.Tenant(v.Business)
	return ok && !t.Reachable()
}

func (h *Handler) edition(v *tenant.Version) *edition {
	country := ""
	if t, ok := h.Directory.Tenant(v.Business); ok {
		country = t.Country
	}
	return h.editions.of(v, country, h.Installation.BaseURL)
}

// query returns a parameter of the address, without the cost of reading the
// address where it has none.
func query(c echo.Context, name string) string {
	if c.Request().URL.RawQuery == "" {
		return ""
	}
	return c.QueryParam(name)
}

// pages holds buffers for pages: one is filled for each visit.
var pages = sync.Pool{New: func() any { return new([]byte) }}

// Landing answers GET and HEAD /f/{funnel}.
func (h *Handler) Landing(c echo.Context) error {
	f, e, err := h.funnel(c)
	if err != nil {
		return err
	}
	r := c.Request()
	lang := e.speak(query(c, "lang"), r.Header.Get("Accept-Language"))
	id, code := "", ""
	if entry, ok := h.Directory.Entry(foldCode(query(c, "e"))); ok && entry.Funnel == f.ID && entry.Kind != funnel.EntryEmbed {
		id, code = entry.ID, entry.Code
	}
	return h.serve(c, f, e, seen{lang, views.Whole}, id, code)
}

// Challenge answers GET /f/{funnel}/challenge: work for a device, where the funnel
// asks for it.
func (h *Handler) Challenge(c echo.Context) error {
	f, e, err := h.funnel(c)
	if err != nil {
		return err
	}
	h.shareOf(c, f)
	if !e.version.Proof {
		return errNoFunnel
	}
	made, err := altcha.New(h.Installation.Secrets.Limit, f.ID, h.Now(), rand.Reader)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.JSONBlob(http.StatusOK, made)
}

// serve answers with the page, which names the entry point that led to it.
func (h *Handler) serve(c echo.Context, f *funnel.Funnel, e *edition, as seen, entry, code string) error {
	r := c.Request()
	p, ready, err := h.prepare(r.Context(), e, as.lang, as.face)
	if err != nil {
		return err
	}
	shown := p.shown
	shown.Entry, shown.At = entry, h.Now().UTC()
	if counted(r) {
		h.Manage.Count(f.ID, entry, as.lang, funnel.CountView)
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	header.Set(echo.HeaderCacheControl, "no-store") // the field `shown` holds the time
	header.Add(echo.HeaderVary, "Accept-Encoding, Accept-Language")
	field := shown.Seal(h.Installation.Secrets.Shown)
	b := pages.Get().(*[]byte)
	defer pages.Put(b)
	if takesGzip(r.Header.Get(echo.HeaderAcceptEncoding)) {
		header.Set(echo.HeaderContentEncoding, "gzip")
		*b = ready.AppendGzip((*b)[:0], field, code)
	} else {
		*b = ready.Append((*b)[:0], field, code)
	}
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(*b)))
	c.Response().WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err = c.Response().Write(*b)
	return err
}

// takesGzip reports whether an Accept-Encoding header names gzip (RFC 9110,
// section 12.5.3).
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			q := strings.TrimSpace(weight)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// fetchers are programs that fetch an address because somebody was sent it, or
// to list it. They are no visitors. Matched as parts of the User-Agent; whole
// words such as "bot" would also match telephones.
var fetchers = []string{
	"WhatsApp/", "facebookexternalhit", "facebookcatalog", "meta-externalagent", "Twitterbot", "TelegramBot", "Slackbot", "Slack-ImgProxy", "Discordbot",
	"LinkedInBot", "SkypeUriPreview", "Googlebot", "Google-InspectionTool", "AdsBot-Google", "bingbot", "Applebot", "DuckDuckBot", "YandexBot", "Baiduspider",
	"Iframely", "redditbot", "Pinterestbot", "vkShare", "Viber", "Mastodon/", "Bluesky Cardyb",
}

// counted reports whether a request is a person's visit: not a check of the
// header, a browser's guess of where the person goes next, or a preview.
func counted(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if v := r.Header.Get(name); v != "" && (strings.Contains(v, "prefetch") || strings.Contains(v, "preview")) {
			return false
		}
	}
	agent := r.UserAgent()
	for _, f := range fetchers {
		if strings.Contains(agent, f) {
			return false
		}
	}
	return true
}
