package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"assent/account"
	views "assent/views/admin"
)

// RequireOperator lets operators in and shows everybody else the way to the
// sign-in page.
func (h *Handler) RequireOperator(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		o, ok, err := h.Sessions.Operator(c.Request())
		if err != nil {
			return err
		}
		if ok {
			c.Set(operatorKey, o)
			err := next(c)
			if errors.Is(err, errNoBusiness) && c.Request().Method == http.MethodGet {
				return c.Redirect(http.StatusSeeOther, inConsents) // which says what comes first
			}
			return err
		}
		to := "/admin/sign-in"
		if c.Request().Method == http.MethodGet && c.Request().URL.Path != "/admin" {
			to += "?next=" + url.QueryEscape(c.Request().URL.RequestURI())
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
}

// localPath returns where to go after signing in: a path of the admin UI, or
// its first page.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || strings.ContainsAny(next, "\\\x00\r\n\t") || len(next) > 2000 ||
		u.Path != "/admin" && !strings.HasPrefix(u.Path, "/admin/") || strings.HasPrefix(u.Path, "/admin/sign-") || strings.Contains(u.Path, "..") {
		return inConsents
	}
	return u.RequestURI()
}

// Home answers GET /admin.
func (h *Handler) Home(c echo.Context) error { return c.Redirect(http.StatusSeeOther, inConsents) }

// SignInPage answers GET /admin/sign-in.
func (h *Handler) SignInPage(c echo.Context) error {
	if _, ok, err := h.Sessions.Operator(c.Request()); err != nil || ok {
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, localPath(c.QueryParam("next")))
	}
	m := views.SignIn{Next: c.QueryParam("next")}
	if h.Operators != nil {
		known, err := h.Operators(c.Request().Context())
		if err != nil {
			return err
		}
		m.Nobody = len(known) == 0
	}
	return h.askAgain(c, http.StatusOK, m)
}

func (h *Handler) askAgain(c echo.Context, status int, m views.SignIn) error {
	m.Frame = h.frame(c, localizer(c).T("admin.sign_in"), "")
	m.Action = "/admin/sign-in"
	if m.Next != "" {
		m.Next = localPath(m.Next)
	}
	return show(c, status, views.SignInPage(m))
}

// SignIn answers POST /admin/sign-in.
func (h *Handler) SignIn(c echo.Context) error {
	user, password := c.FormValue("user"), c.FormValue("password")
	m := views.SignIn{User: user, Next: c.FormValue("next")}
	if !h.tries.allow(c, user) { // before hashing, which costs
		m.Locked = true
		c.Response().Header().Set("Retry-After", "60")
		return h.askAgain(c, http.StatusTooManyRequests, m)
	}
	err := h.Sessions.SignIn(c.Response(), c.Request(), user, password)
	if errors.Is(err, account.ErrSignIn) {
		m.Failed = true
		return h.askAgain(c, http.StatusUnauthorized, m)
	}
	if err != nil {
		return err
	}
	h.tries.forgive(c, user)
	return c.Redirect(http.StatusSeeOther, localPath(m.Next))
}

// SignOut answers POST /admin/sign-out.
func (h *Handler) SignOut(c echo.Context) error {
	if err := h.Sessions.SignOut(c.Response(), c.Request()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin/sign-in")
}

const (
	triesAtOnce = 10
	triesEvery  = 30 * time.Second // one more
	networkMore = 5                // a network may try so many logins' worth
	maxTries    = 50_000           // counted at once
)

// tries bounds how often somebody may guess, by login and network and by
// network alone. It counts by keyed hashes of the day (rule 29).
type tries struct {
	key []byte
	now func() time.Time

	mu  sync.Mutex
	day int64
	all map[[16]byte]*rate.Limiter
}

func newTries(key []byte, now func() time.Time) *tries { return &tries{key: key, now: now} }

// allow counts a try and reports whether it may be made.
func (t *tries) allow(c echo.Context, login string) bool {
	now := t.now()
	network := networkOf(c)
	return t.of(now, "network", network, triesAtOnce*networkMore, triesEvery/networkMore).AllowN(now, 1) &&
		t.of(now, "login", network+"\n"+strings.ToLower(strings.TrimSpace(login)), triesAtOnce, triesEvery).AllowN(now, 1)
}

// forgive forgets the tries of who got in.
func (t *tries) forgive(c echo.Context, login string) {
	now := t.now()
	hash := t.hash(now, "login", networkOf(c)+"\n"+strings.ToLower(strings.TrimSpace(login)))
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, hash)
}

func (t *tries) of(now time.Time, kind, what string, burst int, every time.Duration) *rate.Limiter {
	hash := t.hash(now, kind, what)
	t.mu.Lock()
	defer t.mu.Unlock()
	if day := dayOf(now); t.all == nil || t.day != day || len(t.all) >= maxTries {
		t.day, t.all = day, map[[16]byte]*rate.Limiter{}
	}
	l := t.all[hash]
	if l == nil {
		l = rate.NewLimiter(rate.Every(every), burst)
		t.all[hash] = l
	}
	return l
}

func dayOf(now time.Time) int64 { return now.Unix() / (24 * 60 * 60) }

func (t *tries) hash(now time.Time, kind, what string) (out [16]byte) {
	m := hmac.New(sha256.New, t.key)
	m.Write(binary.BigEndian.AppendUint64([]byte("sign-in "+kind+"\n"), uint64(dayOf(now))))
	m.Write([]byte(what))
	copy(out[:], m.Sum(nil))
	return out
}

// networkOf returns the /24 or /56 that the caller is in.
func networkOf(c echo.Context) string {
	addr, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	prefix, _ := addr.Prefix(bits) // valid for the address's family
	return prefix.String()
}
