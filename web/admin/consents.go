package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/phone"
	"assent/proof"
	"assent/records"
	"assent/table"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
	"assent/web/respond"
)

// errNoBusiness says that nothing was set up yet.
var errNoBusiness = fault.New(fault.NotFound, "There is no business yet. Add one with: assent business add.")

// read returns what the list is narrowed to. What is no such thing narrows
// nothing.
func read(get func(string) string) (f views.Filter, q records.Query) {
	f = views.Filter{Search: strings.TrimSpace(get("q")), Purpose: get("purpose"), Funnel: get("funnel")}
	if s := consent.State(get("state")); slices.Contains(states, s) {
		f.State, q.State = string(s), s
	}
	if s := consent.Scope(get("scope")); s == consent.Marketing || s == consent.Transactional {
		f.Scope, q.Scope = string(s), s
	}
	q.Search, q.Purpose, q.Funnel = f.Search, f.Purpose, f.Funnel
	return f, q
}

var states = []consent.State{consent.Given, consent.Renewed, consent.Refused, consent.Withdrawn, consent.Expired, consent.Revoked, consent.Invalidated}

// address returns the address of the list that the filter describes. The search
// in it is the id of a person, never what was typed.
func address(path string, f views.Filter, after string) string {
	q := url.Values{}
	for _, x := range []struct{ name, value string }{
		{"q", f.Search}, {"state", f.State}, {"scope", f.Scope}, {"purpose", f.Purpose}, {"funnel", f.Funnel}, {"after", after},
	} {
		if x.value != "" {
			q.Set(x.name, x.value)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// Consents answers GET /admin/consents.
func (h *Handler) Consents(c echo.Context) error {
	f, q := read(c.QueryParam)
	return h.list(c, f, q, "")
}

// Search answers POST /admin/consents: what was typed is looked up and does not
// come to stand in an address. People are kept under hashes of their whole
// identifiers, so that at most one is found, and is named by the id.
func (h *Handler) Search(c echo.Context) error {
	f, q := read(c.FormValue)
	t := h.business(c)
	if f.Search == "" || t == nil {
		return c.Redirect(http.StatusSeeOther, address(inConsents, f, ""))
	}
	who, err := h.Records.List(c.Request().Context(), records.Query{Business: t.ID, Search: f.Search, Limit: 1})
	if err != nil {
		return err
	}
	if len(who.Rows) == 0 {
		return h.list(c, f, q, "") // nothing to show, and no id to show it under
	}
	f.Search = who.Rows[0].Subject
	return c.Redirect(http.StatusSeeOther, address(inConsents, f, ""))
}

// list shows what is found. Where an export was refused, say is the message that says why.
func (h *Handler) list(c echo.Context, f views.Filter, q records.Query, say string) error {
	m := views.Consents{Frame: h.frame(c, localizer(c).T("admin.consents"), inConsents), Now: h.Now().In(time.Local), Filter: f, Action: inConsents, Begin: h.begin(h.business(c)), Stop: enterStop}
	t := h.business(c)
	if t == nil {
		return show(c, http.StatusOK, views.ConsentsPage(m))
	}
	ctx := c.Request().Context()
	q.Business, q.Cursor = t.ID, c.QueryParam("after")
	status := h.mend(&m, t, &q)
	if say != "" {
		m.Frame.FlashKind, m.Frame.Flash, status = "stop", m.Frame.Loc.T(say), http.StatusUnprocessableEntity
	}
	f = m.Filter
	page, err := h.Records.List(ctx, q)
	if err != nil {
		return err
	}
	if m.Total, err = h.Records.Count(ctx, q); err != nil {
		return err
	}
	q.InForce = true
	if m.InForce, err = h.Records.Count(ctx, q); err != nil {
		return err
	}
	m.Purposes, m.Funnels = h.choices(m.Frame.Loc, t)
	for _, r := range page.Rows {
		m.Rows = append(m.Rows, h.row(m.Frame.Loc, t, r))
	}
	m.CSV, m.JSONL = address("/admin/consents.csv", f, ""), address("/admin/consents.jsonl", f, "")
	m.Proofs, m.Audiences = address(inConsents+"/proofs", f, ""), audiences
	if q.Cursor != "" {
		m.First = address(inConsents, f, "")
	}
	if page.Next != "" {
		m.Next = address(inConsents, f, page.Next)
	}
	if f.Search != "" && len(page.Rows) > 0 {
		m.Filter.Search = personOf(page.Rows[0])
	}
	return show(c, status, views.ConsentsPage(m))
}

// begin is what to do first for a business, until somebody has agreed.
func (h *Handler) begin(t *tenant.Tenant) []views.First {
	if t == nil {
		return []views.First{{Kind: "business", URL: inBusiness + "/new", Next: true}}
	}
	list := []views.First{
		{Kind: "number", URL: inSenders + "/new", Done: t.Reachable()},
		{Kind: "funnel", URL: inFunnels + "/new", Done: slices.ContainsFunc(h.Directory.Funnels(t.ID), func(f *funnel.Funnel) bool { return f.State == funnel.Published })},
		{Kind: "share", URL: inFunnels},
	}
	next := slices.IndexFunc(list, func(f views.First) bool { return !f.Done })
	list[next].Next = true
	return list
}

// mend takes out of the filter the purpose or funnel that there is none of, and
// lets the page say which there are. It returns the page's status.
func (h *Handler) mend(m *views.Consents, t *tenant.Tenant, q *records.Query) int {
	purposes, funnels := h.choices(m.Frame.Loc, t)
	say := func(id string, list []ui.Option) {
		names := make([]string, 0, len(list))
		for _, o := range list {
			name := o.Label
			if !strings.HasSuffix(name, "("+o.Value+")") {
				name += " (" + o.Value + ")"
			}
			names = append(names, name)
		}
		m.Frame.FlashKind = "stop"
		m.Frame.Flash += m.Frame.Loc.T(id, "Names", strings.Join(names, " · ")) + "\n"
	}
	has := func(list []ui.Option, value string) bool {
		return value == "" || slices.ContainsFunc(list, func(o ui.Option) bool { return o.Value == value })
	}
	if !has(purposes, q.Purpose) {
		say("admin.no_such.purpose", purposes)
		q.Purpose, m.Filter.Purpose = "", ""
	}
	if !has(funnels, q.Funnel) {
		say("admin.no_such.funnel", funnels)
		q.Funnel, m.Filter.Funnel = "", ""
	}
	if m.Frame.Flash == "" {
		return http.StatusOK
	}
	m.Frame.Flash = strings.TrimSpace(m.Frame.Flash)
	return http.StatusBadRequest
}

func (h *Handler) choices(loc locale.Localizer, t *tenant.Tenant) (purposes, list []ui.Option) {
	for _, p := range t.Purposes {
		purposes = append(purposes, ui.Option{Value: p.Key, Label: titleOf(loc, t, p.Key, p.Key)})
	}
	for _, f := range h.Directory.Funnels(t.ID) {
		list = append(list, ui.Option{Value: f.Slug, Label: h.funnelTitle(loc, f.Slug)})
	}
	return purposes, list
}

// funnelTitle returns the title of the funnel in the operator's language, or
// what comes nearest: at last its short name, which also tells funnels of one
// title apart.
func (h *Handler) funnelTitle(loc locale.Localizer, slug string) string {
	f, v, ok := h.Directory.Funnel(slug)
	if !ok {
		return slug
	}
	text, _ := v.Text(loc.Tag())
	if text.Title == "" {
		return slug
	}
	for _, other := range h.Directory.Funnels(f.Business) {
		if other.ID == f.ID {
			continue
		}
		if _, v, ok := h.Directory.FunnelByID(other.ID); ok {
			if like, _ := v.Text(loc.Tag()); like.Title == text.Title {
				return text.Title + " (" + slug + ")"
			}
		}
	}
	return text.Title
}

// titleOf returns a purpose's title in the operator's language, else in the
// business's.
func titleOf(loc locale.Localizer, t *tenant.Tenant, key, otherwise string) string {
	p, ok := t.Purpose(key)
	if !ok {
		return otherwise
	}
	for _, lang := range []string{loc.Tag(), t.Language} {
		if title := p.Titles[lang]; title != "" {
			return title
		}
	}
	return otherwise
}

// personOf names a person: by number, else by account.
func personOf(r records.Row) string {
	switch {
	case r.Number != "":
		return phone.Grouped(r.Number)
	case r.BSUID != "":
		return r.BSUID
	}
	return r.Subject
}

func (h *Handler) row(loc locale.Localizer, t *tenant.Tenant, r records.Row) views.Row {
	return views.Row{
		URL: "/admin/people/" + r.Subject, State: stateOf(consent.Told(r.State, r.Again), r.Held), Stopped: r.Stopped, Person: personOf(r), Name: r.Name,
		Purpose: titleOf(loc, t, r.Purpose, r.PurposeTitle), Scope: string(r.Scope), Grade: string(r.Grade),
		Funnel: h.funnelTitle(loc, r.Funnel), Slug: r.Funnel, Entry: r.EntryPoint, When: r.When, Sim: r.Simulated,
	}
}

// stateOf returns the state as the pages name it: one that permits nothing does
// not look like one that does.
func stateOf(s consent.State, held bool) string {
	if held {
		return "held"
	}
	return string(s)
}

// CSV answers GET /admin/consents.csv.
func (h *Handler) CSV(c echo.Context) error { return h.export(c, table.CSV) }

// JSONLines answers GET /admin/consents.jsonl.
func (h *Handler) JSONLines(c echo.Context) error { return h.export(c, table.JSONLines) }

// export streams what the list is narrowed to.
func (h *Handler) export(c echo.Context, format table.Format) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	_, q := read(c.QueryParam)
	q.Business = t.ID
	name := "consents-" + t.Slug + "-" + h.Now().UTC().Format("2006-01-02-1504") + "." + string(format)
	out := &download{c: c, name: name, kind: format.ContentType()}
	if err := h.Records.Export(c.Request().Context(), q, format, operator(c).ID, out); err != nil {
		return err
	}
	return out.begin() // a list of nothing has a header row at most
}

// sliceTime is how long the next people of an archive may take until their first
// byte leaves: their bundles are made, and wait for one checkpoint together.
const sliceTime = 10 * time.Minute

// Proofs answers POST /admin/consents/proofs with one archive of the proofs of
// everybody in the list. The export is an event of the business's, and one in each
// person's chain (rule 30).
func (h *Handler) Proofs(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	audience, err := proof.ParseAudience(c.FormValue("audience"))
	if err != nil {
		return err
	}
	f, q := read(c.QueryParam)
	q.Business = t.ID
	ctx := c.Request().Context()
	n, err := h.Records.Count(ctx, q)
	if err != nil {
		return err
	}
	if n == 0 {
		return h.list(c, f, q, "admin.proofs.nobody")
	}
	if err := respond.Extend(c, sliceTime); err != nil {
		return err
	}
	name := "proofs-" + t.Slug + "-" + string(audience) + "-" + h.Now().UTC().Format("2006-01-02-1504") + ".zip"
	out := &download{c: c, name: name, kind: "application/zip"}
	// A reader who is gone is noticed by the next write.
	_, err = h.Records.Proofs(ctx, q, audience, operator(c).ID, out, func(int, int) { _ = respond.Extend(c, sliceTime) })
	if fault.Is(err, fault.TooLarge) && !c.Response().Committed {
		return h.list(c, f, q, "admin.proofs.too_many")
	}
	return err
}

// download is an answer to be saved as a file. Nothing is sent before the first
// byte, so that what fails first is an error page; each piece has its own time,
// so that only a reader who has stopped is cut off.
type download struct {
	c          echo.Context
	name, kind string
}

// pieceTime is how long one piece may take to leave.
const pieceTime = time.Minute

func (d *download) begin() error {
	if d.c.Response().Committed {
		return nil
	}
	h := d.c.Response().Header()
	h.Set(echo.HeaderContentType, d.kind)
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+d.name+`"`)
	h.Set(echo.HeaderCacheControl, "no-store")
	d.c.Response().WriteHeader(http.StatusOK)
	return nil
}

// Write implements io.Writer.
func (d *download) Write(b []byte) (int, error) {
	if err := respond.Extend(d.c, pieceTime); err != nil {
		return 0, err
	}
	if err := d.begin(); err != nil {
		return 0, err
	}
	return d.c.Response().Write(b)
}
