package admin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/funnel/lint"
	"assent/locale"
	"assent/manage"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
	"assent/web/metaword"
)

// ReviewDraft answers GET /admin/funnels/drafts/{draft}/publish: what publishing
// will make, asked once.
func (h *Handler) ReviewDraft(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	return h.review(c, t, d, false)
}

// review shows what publishing will make, or leads there; where something keeps
// the draft from being published, it shows that in the editor.
func (h *Handler) review(c echo.Context, t *tenant.Tenant, d funnel.Draft, lead bool) error {
	v, err := h.Manage.ReviewDraft(c.Request().Context(), t.ID, d.ID, d.Revision)
	if err != nil {
		return h.unpublished(c, t, d, err)
	}
	at := draftAddress(d.ID) + "/publish"
	if lead {
		return c.Redirect(http.StatusSeeOther, at)
	}
	loc := localizer(c)
	text, _ := v.Text(loc.Tag())
	m := views.Review{
		Frame: h.frame(c, text.Title, inFunnels), Name: text.Title, Action: at, Back: draftAddress(d.ID), Revision: strconv.Itoa(d.Revision),
		URL: h.pageAddress(v.Slug), Mode: string(v.Mode), Number: v.Number, Change: string(v.Change),
	}
	for _, n := range gathered(notes(loc, v, h.Manage.Lint(v), sections(loc, t, v, d.Funnel != ""), draftAddress(d.ID))) {
		if n.Severity == string(lint.Warning) {
			m.Warnings = append(m.Warnings, n)
		} else {
			m.Hints = append(m.Hints, n)
		}
	}
	for _, p := range v.Purposes {
		m.Purposes = append(m.Purposes, text.Purposes[p.Key].Title)
	}
	for _, tag := range v.Languages() {
		m.Languages = append(m.Languages, languageName(tag))
	}
	return show(c, http.StatusOK, views.ReviewPage(m))
}

// PublishDraft answers POST /admin/funnels/drafts/{draft}/publish.
func (h *Handler) PublishDraft(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(c.FormValue("revision"))
	v, err := h.Manage.PublishDraft(c.Request().Context(), t.ID, d.ID, revision, operator(c).ID)
	if err != nil {
		return h.unpublished(c, t, d, err)
	}
	return c.Redirect(http.StatusSeeOther, versionsAddress(v.Slug)+"?published")
}

// unpublished shows in the editor what keeps a draft from being published.
func (h *Handler) unpublished(c echo.Context, t *tenant.Tenant, d funnel.Draft, err error) error {
	field := fault.FieldOf(err)
	loc := localizer(c)
	switch {
	case fault.Is(err, fault.Stale):
		return h.edit(c, http.StatusConflict, t, d, nil, true)
	case !fault.Is(err, fault.Invalid) || field == "":
		return err
	case field == manage.FieldUnchanged:
		_, now, _ := h.Directory.FunnelByID(d.Funnel) // there is one, or nothing could be unchanged
		return h.edit(c, http.StatusUnprocessableEntity, t, d, ui.Problems{{Field: "draft", Text: loc.T("editor.unchanged", "Number", strconv.Itoa(now.Number))}}, false)
	}
	return h.edit(c, http.StatusUnprocessableEntity, t, d, refusals(loc, &d.Version, err), false)
}

// refusals says in the operator's language everything that keeps a draft from
// being published, each beside its part of the editor.
func refusals(loc locale.Localizer, v *funnel.Version, err error) (list ui.Problems) {
	var read *lint.Refused
	if errors.As(err, &read) {
		for _, f := range read.Findings {
			p := ui.Problem{Field: controlFor(v, f), Text: f.Says(loc) + " " + f.Offers(loc)}
			if place, ok := elsewhere(loc, v, f.Where.Slot); ok {
				p.Field, p.URL = "", place.URL
			}
			if f.Severity == lint.Error && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
		return list
	}
	for _, f := range fault.All(err) {
		list = append(list, ui.Problem{Field: controlOf(f.Field), Text: refused(loc, f)})
	}
	return list
}

// refused says a fault in the operator's language: its sentence is the English
// one, whose message is named after it.
func refused(loc locale.Localizer, f *fault.Error) string {
	id := "editor.refused." + metaword.Key(f.Format)
	if !loc.Has(id) {
		id = "admin.refused." + metaword.Key(f.Format)
	}
	if !loc.Has(id) {
		return f.Message
	}
	params := map[string]string{}
	for i, arg := range f.Args {
		said := fmt.Sprint(arg)
		if part := "differs." + parts[said]; loc.Has(part) {
			said = loc.T(part)
		} else if slices.Contains(locale.Tags(), said) {
			said = languageName(said)
		}
		params[string(rune('A'+i))] = said
	}
	return loc.Text(id, params)
}

// problem says a fault in the operator's language, beside the field that it names.
func problem(loc locale.Localizer, err error) ui.Problem {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ui.Problem{Text: fault.Message(err)}
	}
	return ui.Problem{Field: f.Field, Text: refused(loc, f)}
}

// parts are the parts of a text by the words with which a fault names them.
var parts = map[string]string{
	"headline": "headline", "introduction": "intro", "text": "body", "small print": "small_print", "greeting": "greeting", "question": "ask",
	"thanks": "thanks", "statement of age": "age", "welcome message": "welcome",
}
