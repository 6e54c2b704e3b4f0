package admin

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/phone"
	views "assent/views/admin"
	"assent/views/ui"
)

// MenuPage answers GET /admin/senders/{id}/menu: what a chat with the number offers
// to tap, as Meta says it now, or what is proposed.
func (h *Handler) MenuPage(c echo.Context) error { return h.menu(c, http.StatusOK, nil, nil) }

func (h *Handler) menu(c echo.Context, status int, typed *business.Menu, problems ui.Problems) error {
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	loc := localizer(c)
	m := views.Menu{
		Frame: h.frame(c, loc.T("admin.menu"), inSenders), Number: phone.Grouped(s.Number), Back: senderAddress(s.ID), Act: senderAddress(s.ID) + "/menu",
		Problems: problems, Saved: c.Request().URL.Query().Has("saved"),
	}
	now, err := h.Surfaces.Menu(c.Request().Context(), t.ID, s.ID)
	switch {
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Unavailable), fault.Is(err, fault.Invalid):
		m.Unknown = problem(loc, err).Text
	case err != nil:
		return err
	}
	for _, x := range now.Commands {
		m.Commands = append(m.Commands, views.MenuItem{Text: x.Name, Hint: x.Hint, Does: does(t.StopNames(), x.Name)})
	}
	for _, p := range now.Prompts {
		m.Prompts = append(m.Prompts, views.MenuItem{Text: p, Does: does(t.StopNames(), p)})
	}
	fill := now
	if m.Proposed = err == nil && now.Empty() && typed == nil; m.Proposed {
		fill = h.Surfaces.ProposeMenu(t)
	}
	if typed != nil {
		fill = *typed
	}
	m.Controls = []views.Control{
		{Kind: "area", Rows: "8", Field: ui.Field{ID: "commands", Name: "commands", Label: loc.T("admin.menu.commands"), Hint: loc.T("admin.menu.commands.hint"), Value: commandLines(fill.Commands), Error: problems.For("commands")}},
		{Kind: "area", Rows: "4", Field: ui.Field{ID: "prompts", Name: "prompts", Label: loc.T("admin.menu.prompts"), Hint: loc.T("admin.menu.prompts.hint"), Value: strings.Join(fill.Prompts, "\n"), Error: problems.For("prompts")}},
	}
	return show(c, status, views.MenuPage(m))
}

// does is what Assent does about a text that a tap sends.
func does(names map[string][]string, text string) string {
	word, _ := consent.KeywordFor(text, names)
	if word == consent.NoWord {
		return "none"
	}
	return string(word)
}

// commandLines writes commands as the form shows them: one a line, what it does behind
// a colon.
func commandLines(list []business.Command) string {
	lines := make([]string, len(list))
	for i, x := range list {
		lines[i] = x.Name + ": " + x.Hint
	}
	return strings.Join(lines, "\n")
}

// menuOf reads the form.
func menuOf(commands, prompts string) (m business.Menu) {
	for line := range strings.Lines(commands) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, hint, _ := strings.Cut(line, ":")
		m.Commands = append(m.Commands, business.Command{Name: strings.TrimPrefix(strings.TrimSpace(name), "/"), Hint: strings.TrimSpace(hint)})
	}
	for line := range strings.Lines(prompts) {
		if line = strings.TrimSpace(line); line != "" {
			m.Prompts = append(m.Prompts, line)
		}
	}
	return m
}

// SetMenu answers POST /admin/senders/{id}/menu.
func (h *Handler) SetMenu(c echo.Context) error {
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	m := menuOf(c.FormValue("commands"), c.FormValue("prompts"))
	if c.FormValue("remove") != "" {
		m = business.Menu{}
	}
	err = h.Surfaces.SetMenu(c.Request().Context(), t.ID, s.ID, m, operator(c).ID)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Unavailable) {
		return h.menu(c, http.StatusUnprocessableEntity, &m, ui.Problems{problem(localizer(c), err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, senderAddress(s.ID)+"/menu?saved")
}
