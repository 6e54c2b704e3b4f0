// Package admin answers operators: they sign in, find people and their
// consents, see what was shown, and export lists and proofs.
//
// Whoever is not signed in sees the sign-in page and nothing else. No address
// and no log line holds a number: searching posts, and people are named by
// their records' ids.
package admin

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/account"
	"assent/business"
	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/proof"
	"assent/records"
	"assent/table"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
	"assent/web/respond"
	"assent/web/session"
)

// Records is what is done with consents once they are kept.
type Records interface {
	List(ctx context.Context, q records.Query) (records.Page, error)
	Count(ctx context.Context, q records.Query) (int, error)
	Person(ctx context.Context, businessID, subjectID string) (records.Person, error)
	Shown(ctx context.Context, businessID, sha256 string) (funnel.Document, error)
	Export(ctx context.Context, q records.Query, format table.Format, actor string, w io.Writer) error
	ProofOfPerson(ctx context.Context, businessID, subjectID string, audience proof.Audience, actor string, w io.Writer) error
	Proofs(ctx context.Context, q records.Query, audience proof.Audience, actor string, w io.Writer, progress func(done, all int)) (records.Bundled, error)
	Reveal(ctx context.Context, businessID, subjectID, reason, actor string) (records.Person, error)
	Erase(ctx context.Context, e records.Erasure) (records.Erased, error)
	Lock(ctx context.Context, e records.Erasure, until time.Time) (records.Erased, error)
	Retentions(ctx context.Context, businessID string, limit int) ([]records.Retention, error)
	SetKeeping(ctx context.Context, businessID string, k business.Keeping, actor string) error
	Hold(ctx context.Context, businessID, subjectID string, held bool, reason, actor string) error
	Part(ctx context.Context, p records.Parting) (other string, err error)
}

// Ages ends what was given by somebody who turned out to be too young.
type Ages interface {
	UnderAge(ctx context.Context, businessID, subjectID, why, operator string) error
}

// Config is what a Handler is made of. Every field is required unless it says otherwise, but for the booleans.
type Config struct {
	Sessions     *session.Store
	Records      Records
	Permits      Permits
	Manage       Funnels
	Ledger       Ledger
	Alarms       Alarms
	Healths      Healths
	Templates    Templates
	Senders      Senders
	Surfaces     Surfaces
	Stops        Stops
	Ages         Ages
	Directory    *tenant.Directory
	Installation *tenant.Installation
	// Operators returns everybody who may sign in, or might once: their names
	// stand beside what they did. It may be nil.
	Operators func(context.Context) ([]account.Operator, error)
	PublicLog bool // strangers may see the log's hashes
	Simulator bool // say on every page that the simulator runs
	Gallery   bool // show the gallery of components and pages
	Log       *slog.Logger
	Now       func() time.Time
}

// Handler answers the admin addresses. It is safe for concurrent use.
type Handler struct {
	Config
	tries *tries
}

// New returns a Handler.
func New(c Config) *Handler {
	return &Handler{Config: c, tries: newTries(c.Installation.Secrets.Limit, c.Now)}
}

// The cookies that remember what an operator chose. They are no secrets.
const (
	languageCookie = "assent-language"
	businessCookie = "assent-business"
)

// operatorKey is where a request holds who is signed in.
const operatorKey = "operator"

// operator returns who is signed in; RequireOperator has put it there.
func operator(c echo.Context) account.Operator {
	o, _ := c.Get(operatorKey).(account.Operator)
	return o
}

// localizer returns the language of the operator's choice.
func localizer(c echo.Context) locale.Localizer { return locale.ForOperator(wishes(c)...) }

// wishes are an operator's for languages: of the address, the cookie, the browser.
func wishes(c echo.Context) []string {
	wishes := []string{c.QueryParam("lang"), "", c.Request().Header.Get("Accept-Language")}
	if cookie, err := c.Cookie(languageCookie); err == nil {
		wishes[1] = cookie.Value
	}
	return wishes
}

// Remember keeps what an operator chooses in the address, ?lang= and
// ?business=, for the next pages. A preview in another language chooses nothing.
func (h *Handler) Remember(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().URL.RawQuery != "" {
			if lang := c.QueryParam("lang"); locale.SpeaksToOperators(lang) && !framed(c) {
				remember(c, languageCookie, lang)
			}
			if slug := c.QueryParam("business"); slug != "" {
				if _, ok := h.Directory.TenantBySlug(slug); ok {
					remember(c, businessCookie, slug)
				}
			}
		}
		return next(c)
	}
}

// framed reports whether what is asked for is shown in a frame, or is a preview by
// itself: its language is the one that people would read it in.
func framed(c echo.Context) bool {
	dest := c.Request().Header.Get("Sec-Fetch-Dest")
	return dest != "" && dest != "document" || strings.Contains(c.Path(), "/preview/")
}

func remember(c echo.Context, name, value string) {
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: "/admin", MaxAge: int(365 * 24 * time.Hour / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.IsTLS(),
	})
}

// business returns the business at work: as chosen, else the first. It is nil
// where there is none yet.
func (h *Handler) business(c echo.Context) *tenant.Tenant {
	slug := c.QueryParam("business")
	if t, ok := h.Directory.TenantBySlug(slug); ok {
		return t
	}
	if cookie, err := c.Cookie(businessCookie); err == nil {
		if t, ok := h.Directory.TenantBySlug(cookie.Value); ok {
			return t
		}
	}
	if all := h.Directory.Tenants(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// The sections of the navigation.
const (
	inConsents  = "/admin/consents"
	inFunnels   = "/admin/funnels"
	inKeeping   = "/admin/keeping"
	inLog       = "/admin/log"
	inTemplates = "/admin/templates"
	inAlarms    = "/admin/alarms"
	inParked    = "/admin/inbox"
	inBusiness  = "/admin/business"
	inGallery   = "/admin/gallery"
)

// frame returns the frame of a page in the section.
func (h *Handler) frame(c echo.Context, title, section string) layout.Admin {
	loc := localizer(c)
	f := layout.Admin{Loc: loc, Title: title, Languages: languages(c, loc), Simulated: h.Simulator}
	o := operator(c)
	if o.ID == "" {
		return f
	}
	f.User, f.SignOut = o.Login, "/admin/sign-out"
	f.Nav = []layout.NavItem{
		{Label: loc.T("admin.consents"), URL: inConsents, Current: section == inConsents},
		{Label: loc.T("admin.funnels"), URL: inFunnels, Current: section == inFunnels},
		{Label: loc.T("admin.nav.templates"), URL: inTemplates, Current: section == inTemplates},
		{Label: loc.T("admin.senders"), URL: inSenders, Current: section == inSenders},
		{Label: loc.T("admin.alarms"), URL: inAlarms, Current: section == inAlarms || section == inParked},
		{Label: loc.T("admin.business"), URL: inBusiness, Current: section == inBusiness},
		{Label: loc.T("admin.keeping"), URL: inKeeping, Current: section == inKeeping},
		{Label: loc.T("admin.log"), URL: inLog, Current: section == inLog},
	}
	if h.Gallery {
		f.Nav = append(f.Nav, layout.NavItem{Label: loc.T("admin.gallery"), URL: inGallery, Current: section == inGallery})
	}
	if t := h.business(c); t != nil {
		f.Business = t.BrandName
		if open, err := h.Alarms.OpenAlarms(c.Request().Context(), t.ID); err != nil {
			h.Config.Log.Error("the open alarms cannot be read", "error", err)
		} else if len(open) > 0 && section != inAlarms {
			f.Alarms = inAlarms
		}
		for _, other := range h.Directory.Tenants() {
			f.Businesses = append(f.Businesses, layout.NavItem{Label: other.BrandName, URL: inConsents + "?business=" + other.Slug, Current: other == t})
		}
	}
	return f
}

// languages are the links of the language switch, to the page that is shown.
func languages(c echo.Context, current locale.Localizer) (list []layout.Language) {
	at := *c.Request().URL
	if c.Request().Method != http.MethodGet && c.Request().Method != http.MethodHead {
		at.RawQuery = ""
	}
	for _, tag := range locale.OperatorTags() {
		q := at.Query()
		q.Set("lang", tag)
		list = append(list, layout.Language{Tag: tag, Name: locale.For(tag).Name(), URL: at.EscapedPath() + "?" + q.Encode(), Current: tag == current.Tag()})
	}
	return list
}

// Failure is the Renderer of admin pages.
func (h *Handler) Failure(c echo.Context, f respond.Failure) error {
	m := views.Message{Kind: ui.PageKind(f.Status)}
	m.Frame = h.frame(c, localizer(c).T("page."+m.Kind+".title"), "")
	if f.Status >= http.StatusInternalServerError {
		m.RequestID = f.RequestID
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return show(c, f.Status, views.MessagePage(m))
}

var errForeign = fault.New(fault.Forbidden, "That form was sent from another site.")

// SameOrigin refuses what another site lets a signed-in browser post.
func (h *Handler) SameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	guard := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := guard.Check(c.Request()); err != nil {
			return errForeign.Because(err)
		}
		return next(c)
	}
}
