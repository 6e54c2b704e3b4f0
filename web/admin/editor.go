package admin

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/funnel/lint"
	"assent/manage"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
)

// Funnels is what is done with funnels and businesses.
type Funnels interface {
	Drafts(ctx context.Context, businessID string) ([]funnel.Draft, error)
	Draft(ctx context.Context, businessID, id string) (funnel.Draft, error)
	StartDraft(ctx context.Context, businessID, starter, actor string) (funnel.Draft, error)
	EditFunnel(ctx context.Context, businessID, slug, actor string) (funnel.Draft, error)
	DuplicateFunnel(ctx context.Context, businessID, slug, actor string) (funnel.Draft, error)
	SaveDraft(ctx context.Context, d funnel.Draft, actor string) (funnel.Draft, error)
	DiscardDraft(ctx context.Context, businessID, id string, revision int) error
	ReviewDraft(ctx context.Context, businessID, id string, revision int) (*funnel.Version, error)
	PublishDraft(ctx context.Context, businessID, id string, revision int, actor string) (*funnel.Version, error)
	Republish(ctx context.Context, businessID, versionID string, change funnel.Change, actor string) (*funnel.Version, error)
	ActOnFunnel(ctx context.Context, businessID, slug string, state funnel.State, reason, actor string) error
	Behind(ctx context.Context, businessID, slug string) ([]consent.Agreed, error)
	Lint(v *funnel.Version) []lint.Finding
	AllowOrigins(ctx context.Context, businessID, slug string, origins []string, actor string) error
	KeepPage(ctx context.Context, d funnel.Document) error
	AddEntries(ctx context.Context, businessID, slug string, labels []string, like funnel.EntryPoint, actor string) ([]funnel.EntryPoint, error)
	ChangeEntry(ctx context.Context, businessID, code, slug string, to funnel.EntryPoint, actor string) error
	EntryVersions(ctx context.Context, businessID, code string) ([]funnel.EntryVersion, error)
	Picture(ctx context.Context, digits string) (funnel.Document, bool, error)
	EditBusiness(ctx context.Context, b business.Business, actor string) error
	AddBusinessBy(ctx context.Context, b business.Business, actor string) (string, error)
	Reload(ctx context.Context) error
	Numbers(ctx context.Context, q funnel.CountQuery) (manage.Numbers, error)
	EachNumber(ctx context.Context, q funnel.CountQuery, fn func(funnel.CountRow) error) error
}

func draftAddress(id string) string { return inFunnels + "/drafts/" + id }

// draftIn is the address of a draft with the texts of one of its languages, and
// some parts open.
func draftIn(id string, v *funnel.Version, lang string, open []string) string {
	q := url.Values{}
	if _, ok := v.Texts[lang]; ok {
		q.Set("in", lang)
	}
	if len(open) > 0 {
		q.Set(openParam, strings.Join(open, " "))
	}
	if len(q) == 0 {
		return draftAddress(id)
	}
	return draftAddress(id) + "?" + q.Encode()
}

// openParam names the parts of the editor that were worked on: they come back open.
const openParam = "open"

// reopen opens the parts with the names.
func reopen(parts []views.Section, names []string) {
	for i := range parts {
		if slices.Contains(names, parts[i].ID) {
			parts[i].Opened, parts[i].Open = true, true
		}
	}
}

// worked returns the names with those of the parts that differ: they were worked on.
func worked(names []string, before, after []views.Section) (list []string) {
	for i := range after {
		if slices.Contains(names, after[i].ID) || !reflect.DeepEqual(before[i].Groups, after[i].Groups) {
			list = append(list, after[i].ID)
		}
	}
	return list
}

func versionsAddress(slug string) string { return inFunnels + "/" + url.PathEscape(slug) }

// StartFunnel answers POST /admin/funnels/new.
func (h *Handler) StartFunnel(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	d, err := h.Manage.StartDraft(c.Request().Context(), t.ID, c.FormValue("starter"), operator(c).ID)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, draftAddress(d.ID))
}

// draftOf returns the draft that the address names.
func (h *Handler) draftOf(c echo.Context) (*tenant.Tenant, funnel.Draft, error) {
	t := h.business(c)
	if t == nil {
		return nil, funnel.Draft{}, errNoBusiness
	}
	d, err := h.Manage.Draft(c.Request().Context(), t.ID, c.Param("draft"))
	return t, d, err
}

// Draft answers GET /admin/funnels/drafts/{draft}.
func (h *Handler) Draft(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	return h.edit(c, http.StatusOK, t, d, nil, false)
}

// edit shows the editor with a draft, and what is wrong with it.
func (h *Handler) edit(c echo.Context, status int, t *tenant.Tenant, d funnel.Draft, problems ui.Problems, conflict bool) error {
	loc := localizer(c)
	v := &d.Version
	text, _ := v.Text(v.Language)
	parts := sections(loc, t, v, d.Funnel != "")
	read := h.Manage.Lint(v)
	found := notes(loc, v, read, parts, "")
	mark(parts, problems, found)
	reopen(parts, strings.Fields(c.FormValue(openParam)))
	spoken := tongues(v, read, chosen(v, c.FormValue("in"), read, len(problems) > 0))
	m := views.Editor{
		Frame: h.frame(c, text.Title, inFunnels), Now: h.Now().In(time.Local), Name: text.Title, Action: draftAddress(d.ID), Revision: strconv.Itoa(d.Revision),
		Saved: d.ChangedAt, By: h.names(c)[d.Author], Sections: parts, Found: gathered(unsaid(found, problems)), Problems: problems, Conflict: conflict,
		Preview: draftAddress(d.ID) + "/preview/", Tongues: spoken, Back: inFunnels, Changed: string(v.Change), Uploads: draftAddress(d.ID) + "/picture",
	}
	for _, t := range spoken {
		if t.Chosen {
			m.Chosen = t.Tag
		}
	}
	if _, now, ok := h.Directory.FunnelByID(d.Funnel); ok {
		m.Change = len(manage.Differences(now.Version, v, true)) > 0
	}
	frameOwn(c)
	return show(c, status, views.EditorPage(m))
}

// SaveDraft answers POST /admin/funnels/drafts/{draft}: the whole form, and what
// else to do. Saving never fails for what was typed: a draft may be wrong.
func (h *Handler) SaveDraft(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return errUnreadableForm.Because(err)
	}
	do, arg, _ := strings.Cut(form.Get("do"), ":")
	if do == "discard" {
		return h.discard(c, t, d, form)
	}
	latest, v := d.Revision, &d.Version
	before := sections(localizer(c), t, v, d.Funnel != "")
	readDraft(form, v)
	change(v, do, arg, form)
	d.Revision, _ = strconv.Atoi(form.Get("revision"))
	saved, err := h.Manage.SaveDraft(c.Request().Context(), d, operator(c).ID)
	quiet := strings.Contains(c.Request().Header.Get(echo.HeaderAccept), echo.MIMEApplicationJSON)
	if fault.Is(err, fault.Stale) {
		if quiet {
			return c.JSON(http.StatusConflict, map[string]int{})
		}
		d.Revision = latest // whoever saves once more has been told
		return h.edit(c, http.StatusConflict, t, d, nil, true)
	}
	switch {
	case err != nil:
		return err
	case quiet:
		return c.JSON(http.StatusOK, map[string]int{"revision": saved.Revision})
	case do == "publish":
		return h.review(c, t, saved, true)
	}
	lang := form.Get("in")
	if do == "add-language" {
		lang = strings.TrimSpace(form.Get("add_language"))
	}
	open, anchor := strings.Fields(form.Get(openParam)), ""
	if do == "save" {
		open = worked(open, before, sections(localizer(c), t, &saved.Version, d.Funnel != ""))
	} else {
		open, anchor = append(open, sectionOf(do)), "#part-"+sectionOf(do)
	}
	return c.Redirect(http.StatusSeeOther, draftIn(d.ID, v, lang, open)+anchor)
}

var errUnreadableForm = fault.New(fault.Invalid, "The form cannot be read. Send it again.")

func (h *Handler) discard(c echo.Context, t *tenant.Tenant, d funnel.Draft, form url.Values) error {
	revision, _ := strconv.Atoi(form.Get("revision"))
	err := h.Manage.DiscardDraft(c.Request().Context(), t.ID, d.ID, revision)
	if fault.Is(err, fault.Stale) {
		return h.edit(c, http.StatusConflict, t, d, nil, true)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inFunnels)
}

// FunnelPage answers GET /admin/funnels/{slug}.
func (h *Handler) FunnelPage(c echo.Context) error { return h.funnelPage(c, http.StatusOK, nil) }

func (h *Handler) funnelPage(c echo.Context, status int, problems ui.Problems) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	f, v, ok := h.Directory.Funnel(c.Param("slug"))
	if !ok || f.Business != t.ID {
		return errNoFunnel
	}
	loc := localizer(c)
	text, _ := v.Text(loc.Tag())
	at := versionsAddress(f.Slug)
	m := views.Versions{
		Frame: h.frame(c, text.Title, inFunnels), Now: h.Now().In(time.Local), Name: text.Title, Status: string(f.State), Act: at, Entry: at + "/entries", Sheet: at + "/sheet", Back: inFunnels, Numbers: numbersAddress(f.Slug), Problems: problems,
		URL: h.pageAddress(f.Slug), Embed: embedAddress(f.Slug), Published: c.Request().URL.Query().Has("published"),
	}
	all := h.Directory.Versions(f.ID)
	for i, x := range all {
		row := views.VersionRow{Number: x.Number, When: x.PublishedAt, Change: string(x.Change), Current: x.ID == f.Version && f.State == funnel.Published, Defective: x.Defective}
		if i+1 < len(all) {
			row.Differences = differences(loc, t, all[i+1].Version, x.Version)
		}
		if !x.Defective && x.ID != f.Version {
			row.Republish = at + "/versions/" + x.ID
		}
		m.Versions = append(m.Versions, row)
	}
	behind, err := h.Manage.Behind(c.Request().Context(), t.ID, f.Slug)
	if err != nil {
		return err
	}
	for _, b := range behind {
		m.Behind = append(m.Behind, views.Behind{Purpose: titleOf(loc, t, b.Purpose, b.Purpose), People: b.People})
	}
	if m.Entries, err = h.entries(f); err != nil {
		return err
	}
	return show(c, status, views.VersionsPage(m))
}

var errNoFunnel = fault.New(fault.NotFound, "There is no such funnel.")

// ActOnFunnel answers POST /admin/funnels/{slug}.
func (h *Handler) ActOnFunnel(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	ctx, slug, actor := c.Request().Context(), c.Param("slug"), operator(c).ID
	begin := func(d funnel.Draft, err error) error {
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, draftAddress(d.ID))
	}
	do := c.FormValue("do")
	switch do {
	case "edit":
		return begin(h.Manage.EditFunnel(ctx, t.ID, slug, actor))
	case "duplicate":
		return begin(h.Manage.DuplicateFunnel(ctx, t.ID, slug, actor))
	}
	state, ok := map[string]funnel.State{"archive": funnel.Archived, "unarchive": funnel.Published, "defective": funnel.Defective}[do]
	if !ok {
		return errUnreadableForm
	}
	if state == funnel.Defective && c.FormValue("sure") == "" {
		return h.funnelPage(c, http.StatusUnprocessableEntity, ui.Problems{{Field: "reason", Text: localizer(c).T("editor.defective.not_sure")}})
	}
	err := h.Manage.ActOnFunnel(ctx, t.ID, slug, state, c.FormValue("reason"), actor)
	if fault.FieldOf(err) == "reason" {
		return h.funnelPage(c, http.StatusUnprocessableEntity, ui.Problems{{Field: "reason", Text: localizer(c).T("editor.defective.no_reason")}})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, versionsAddress(slug))
}

// Republish answers POST /admin/funnels/{slug}/versions/{version}.
func (h *Handler) Republish(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	// What is said again was said before: people who agreed to other words are
	// treated as where the meaning changed.
	v, err := h.Manage.Republish(c.Request().Context(), t.ID, c.Param("version"), funnel.ChangeMeaning, operator(c).ID)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, versionsAddress(v.Slug))
}

// AddEntry answers POST /admin/funnels/{slug}/entries.
func (h *Handler) AddEntry(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	f, _, ok := h.Directory.Funnel(c.Param("slug"))
	if !ok || f.Business != t.ID {
		return errNoFunnel
	}
	label := strings.TrimSpace(funnel.Plain(c.FormValue("label")))
	if label == "" || len([]rune(label)) > 80 {
		return h.funnelPage(c, http.StatusUnprocessableEntity, ui.Problems{{Field: "label", Text: localizer(c).T("editor.entry.no_label")}})
	}
	_, err := h.Manage.AddEntries(c.Request().Context(), t.ID, f.Slug, []string{label}, funnel.EntryPoint{Chat: c.FormValue("chat") != ""}, operator(c).ID)
	if fault.Is(err, fault.Invalid) {
		return h.funnelPage(c, http.StatusUnprocessableEntity, ui.Problems{{Field: "label", Text: localizer(c).T("admin.code.wrong.label")}})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, versionsAddress(f.Slug))
}

// drafts are the links to what is being written.
func (h *Handler) drafts(c echo.Context, t *tenant.Tenant) (list []layout.NavItem, err error) {
	if h.Manage == nil {
		return nil, nil
	}
	drafts, err := h.Manage.Drafts(c.Request().Context(), t.ID)
	for _, d := range slices.Backward(drafts) {
		text, _ := d.Version.Text(localizer(c).Tag())
		list = append(list, layout.NavItem{Label: text.Title + " (" + d.Version.Slug + ")", URL: draftAddress(d.ID)})
	}
	return list, err
}
