package public

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/optin"
	"assent/tenant"
	views "assent/views/public"
	"assent/views/ui"
	"assent/web/respond"
)

// MaxForm is the most bytes that a posted form may have.
const MaxForm = 16 << 10

// form is what a person posted.
type form struct {
	purposes                                 []string
	phone, country, name, shown, entry, bait string
	lang                                     string
	ofAge                                    bool
	values                                   url.Values // the whole, for the funnel's own fields
}

var errForm = fault.New(fault.Invalid, "The form cannot be read. Send it again.")

// readValues reads application/x-www-form-urlencoded from the body alone: what
// stands in the address is no part of a form.
func readValues(c echo.Context) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationForm {
		return nil, echo.ErrUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, MaxForm))
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errForm.Because(errUnreadable)
	}
	return values, nil
}

// readForm reads what was posted on a landing page.
func readForm(c echo.Context) (f form, err error) {
	values, err := readValues(c)
	if err != nil {
		return f, err
	}
	return formOf(values), nil
}

// formOf returns what was posted under the names of the form's fields.
func formOf(values url.Values) form {
	return form{
		purposes: values[views.FieldPurpose], phone: values.Get(views.FieldPhone), country: strings.ToUpper(strings.TrimSpace(values.Get(views.FieldCountry))),
		name: values.Get(views.FieldName), shown: values.Get(views.FieldShown), entry: values.Get(views.FieldEntry), bait: values.Get(views.FieldHoneypot),
		lang: values.Get("lang"), ofAge: values.Get(views.FieldAge) != "", values: values,
	}
}

// fields returns what was posted for the version's own fields, by key.
func (in form) fields(v *tenant.Version) map[string]string {
	typed := map[string]string{}
	for _, f := range v.Fields {
		typed[f.Key] = in.values.Get(f.Key)
	}
	return typed
}

// errUnreadable stands for the parser's error, which would quote the form.
var errUnreadable = fault.New(fault.Invalid, "a percent sign does not begin an escape")

// readable reports whether s is text that a person can have typed.
func readable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\r' && r != '\n' })
}

// Submit answers POST /f/{funnel}.
func (h *Handler) Submit(c echo.Context) error {
	f, e, err := h.funnel(c)
	if err != nil {
		return err
	}
	in, err := readForm(c)
	if err != nil {
		return err
	}
	suffix, face := "", views.Whole
	if entry, ok := h.framed(c, f); ok {
		suffix, face = "?"+frameParam+"=1", views.Framed
		in.entry = entry.Code
	}
	got, err := h.take(c, f, e, in, h.Installation.BaseURL+"/f/"+f.Slug)
	if fault.Is(err, fault.TooMany) {
		return h.later(c, f, got, face, fault.RetryOf(err))
	}
	if err != nil {
		return err
	}
	if len(got.problems) > 0 {
		return h.again(c, f, got, face, http.StatusUnprocessableEntity)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.Redirect(http.StatusSeeOther, "/r/"+got.token+suffix)
}

// taken is what became of a form.
type taken struct {
	token    string // of the request; empty where there are problems
	problems ui.Problems
	in       form     // as it was understood
	edition  *edition // of the version that decides what it means
	lang     string
}

// take makes a request of a form that was filled in on the page with the
// address, or says what the person can mend.
func (h *Handler) take(c echo.Context, f *funnel.Funnel, e *edition, in form, page string) (got taken, err error) {
	// The page that was shown decides what the form means, whatever has been
	// published since (rule 2).
	shown, proven := funnel.OpenShown(h.Installation.Secrets.Shown, in.shown)
	if v, ok := h.Directory.Version(shown.Version); proven && ok && v.Funnel == f.ID && !v.Defective {
		e = h.edition(v)
	} else {
		proven, shown.Lang, in.shown = false, "", ""
	}
	lang := e.speak(shown.Lang, in.lang, query(c, "lang"), c.Request().Header.Get("Accept-Language"))
	if !e.version.NameField {
		in.name = "" // nobody asked for it, so it is not kept
	}
	got = taken{in: in, edition: e, lang: lang}
	if err := h.limits.allow(c, proven); err != nil {
		return got, err
	}
	if got.problems = in.odd(e.version, e.model(lang).Loc); len(got.problems) > 0 {
		return got, nil
	}
	out, err := h.Optin.Submit(c.Request().Context(), optin.Submission{
		Slug: f.Slug, Lang: lang, Purposes: in.purposes, Phone: in.phone, Country: in.country, Name: in.name, Shown: in.shown,
		Fields: in.fields(e.version), OfAge: in.ofAge, Entry: foldCode(in.entry), Page: page,
		Network: h.limits.network(c), Trap: in.bait != "", Proof: in.values.Get(views.FieldProof),
	})
	if fault.Is(err, fault.Invalid) { // the person can mend it
		if got.problems = in.problems(err, e, lang); len(got.problems) > 0 {
			return got, nil
		}
	}
	if err != nil {
		return got, err
	}
	h.askAtOnce(c, e.version, out.Token)
	got.token = out.Token
	return got, nil
}

// askAtOnce sends the confirmation template where the form's button asked for
// it (rule 10). The request stands whatever becomes of it: its page offers
// to ask again, and to write first.
func (h *Handler) askAtOnce(c echo.Context, v *tenant.Version, token string) {
	if v.Mode != funnel.ModeTemplate {
		return
	}
	err := h.Optin.AskTemplate(c.Request().Context(), token, h.limits.network(c))
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.TooMany) { // a flood is no news for the log
		h.Log.WarnContext(c.Request().Context(), "a confirmation message was not asked for", "funnel", v.Slug, "error", err)
	}
}

// later shows the page once more, with what was typed and when it can be sent.
func (h *Handler) later(c echo.Context, f *funnel.Funnel, got taken, face views.Face, wait time.Duration) error {
	loc := got.edition.model(got.lang).Loc
	got.problems = ui.Problems{{Field: views.FieldPurpose, Text: loc.T("error.too_many", "Time", waiting(loc, wait))}}
	respond.RetryAfter(c, wait)
	return h.again(c, f, got, face, http.StatusTooManyRequests)
}

// waiting returns a time in whole minutes or hours, never shorter than it is.
func waiting(loc locale.Localizer, wait time.Duration) string {
	if wait > time.Hour {
		return loc.T("time.hours", "N", loc.Number(int((wait+time.Hour-1)/time.Hour)))
	}
	return loc.T("time.minutes", "N", loc.Number(int(max(wait+time.Minute-1, time.Minute)/time.Minute)))
}

// again shows the page once more, with what was typed and what is wrong with it.
func (h *Handler) again(c echo.Context, f *funnel.Funnel, got taken, face views.Face, status int) error {
	p, _, err := h.prepare(c.Request().Context(), got.edition, got.lang, face)
	if err != nil {
		return err
	}
	in, page := got.in, p.model
	page.Entry = views.Entry{
		Shown: in.shown, EntryCode: printable(in.entry), Phone: printable(in.phone), Country: in.country, Name: printable(in.name),
		Ticked: in.purposes, OfAge: in.ofAge, Fields: map[string]string{}, Problems: got.problems,
	}
	for key, value := range in.fields(got.edition.version) {
		page.Entry.Fields[key] = printable(value)
	}
	if in.shown == "" { // this page is the first that proves something
		shown := p.shown
		shown.At = h.Now().UTC()
		if face == views.Framed {
			shown.Entry = h.embedEntry(f)
		}
		page.Entry.Shown = shown.Seal(h.Installation.Secrets.Shown)
	}
	if face == views.Framed {
		page.Entry.EntryCode = "" // the signed field names it
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return respondPage(c, status, page.Draw())
}

// printable returns what can stand on a page of what was typed.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
