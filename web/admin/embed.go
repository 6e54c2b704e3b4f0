package admin

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/static"
	"assent/tenant"
	views "assent/views/admin"
)

// Embed answers GET /admin/funnels/{slug}/embed.
func (h *Handler) Embed(c echo.Context) error {
	f, v, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	m := h.embedModel(c, f, v)
	m.Saved = c.Request().URL.Query().Has("saved")
	return show(c, http.StatusOK, views.EmbedPage(m))
}

// AllowSites answers POST /admin/funnels/{slug}/embed.
func (h *Handler) AllowSites(c echo.Context) error {
	f, v, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	typed := c.FormValue("origins")
	origins, err := funnel.ParseOrigins(typed, funnel.Local(h.Installation.BaseURL))
	if fault.Is(err, fault.Invalid) {
		m := h.embedModel(c, f, v)
		m.Sites, m.Problem = typed, wrongSite(m.Frame.Loc, err)
		return show(c, http.StatusUnprocessableEntity, views.EmbedPage(m))
	}
	if err != nil {
		return err
	}
	if err := h.Manage.AllowOrigins(c.Request().Context(), f.Business, f.Slug, origins, operator(c).ID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, embedAddress(f.Slug)+"?saved")
}

// wrongSite says which line holds what is no site, and why.
func wrongSite(loc locale.Localizer, err error) string {
	var wrong *funnel.WrongOrigin
	said := problem(loc, err).Text
	if !errors.As(err, &wrong) {
		return said
	}
	return loc.T("admin.embed.wrong", "Line", loc.Number(wrong.Line), "Site", locale.Isolate(wrong.Site)) + " " + said
}

func embedAddress(slug string) string { return inFunnels + "/" + url.PathEscape(slug) + "/embed" }

// ownFunnel returns the funnel that the address names, of the business at work.
func (h *Handler) ownFunnel(c echo.Context) (*funnel.Funnel, *tenant.Version, error) {
	t := h.business(c)
	if t == nil {
		return nil, nil, errNoBusiness
	}
	f, v, ok := h.Directory.Funnel(c.Param("slug"))
	if !ok || f.Business != t.ID {
		return nil, nil, errNoFunnel
	}
	return f, v, nil
}

func (h *Handler) embedModel(c echo.Context, f *funnel.Funnel, v *tenant.Version) views.Embed {
	loc := localizer(c)
	text, _ := v.Text(loc.Tag())
	m := views.Embed{
		Frame: h.frame(c, loc.T("admin.embed.title"), inFunnels), Name: text.Title, Back: versionsAddress(f.Slug), Action: embedAddress(f.Slug), Guide: inGuides + "/embed",
		Sites: strings.Join(f.Origins, "\n"), Open: len(f.Origins) > 0, Local: funnel.Local(h.Installation.BaseURL), Slug: f.Slug,
		Snippets: snippets(h.Installation.BaseURL, v),
	}
	if m.Open && f.State == funnel.Published {
		m.Script = static.Embed().URL
	}
	return m
}

// snippets are the ways to put a form on a page, the best first. They speak the
// funnel's own language, for that is what a page without a language gets.
func snippets(base string, v *tenant.Version) []views.Snippet {
	text, _ := v.Text(v.Language)
	esc := html.EscapeString
	script, landing, title := esc(base+static.Embed().URL), esc(base+"/f/"+v.Slug), esc(text.Title)
	tag := fmt.Sprintf(`<script src="%s" integrity="%s" crossorigin="anonymous" async`, script, static.Embed().Integrity())
	return []views.Snippet{
		{Kind: "script", Code: tag + fmt.Sprintf(" data-funnel=\"%s\" data-label=\"%s\"></script>\n<noscript><a href=\"%s\">%[2]s</a></noscript>", esc(v.Slug), title, landing)},
		{Kind: "element", Code: tag + fmt.Sprintf("></script>\n<assent-form funnel=\"%s\"><a href=\"%s\">%s</a></assent-form>", esc(v.Slug), landing, title)},
		{Kind: "frame", Code: fmt.Sprintf(`<iframe src="%s" title="%s" width="100%%" height="900" loading="lazy" style="border: 0"></iframe>
<script>
addEventListener("message", (e) => { if (e.origin === "%s" && e.data.assent === "height")
  for (const f of document.querySelectorAll("iframe")) if (f.contentWindow === e.source) f.height = e.data.height; });
</script>`, esc(base+"/embed/"+v.Slug), title, esc(base))},
		{Kind: "form", Code: plainForm(landing, v, text)},
	}
}

// plainForm is the form in HTML alone. Nothing proves what a page showed beside
// it, so the chat shows the words before anything is given.
func plainForm(action string, v *tenant.Version, text funnel.Text) string {
	var b strings.Builder
	esc := html.EscapeString
	fmt.Fprintf(&b, "<form action=\"%s\" method=\"post\" accept-charset=\"utf-8\">\n", action)
	for _, p := range v.Purposes {
		said := esc(text.Purposes[p.Key].Words)
		if p.Basis == consent.ByContract {
			fmt.Fprintf(&b, "  <p>%s</p>\n", said)
			continue
		}
		fmt.Fprintf(&b, "  <label><input type=\"checkbox\" name=\"purpose\" value=\"%s\"> %s</label>\n", esc(p.Key), said)
	}
	if v.NumberField != funnel.NumberNone {
		b.WriteString("  <label>WhatsApp <input type=\"tel\" name=\"phone\" autocomplete=\"tel\"" + needed(v.NumberField == funnel.NumberRequired) + "></label>\n")
	}
	if v.NameField {
		b.WriteString("  <label>Name <input name=\"name\" autocomplete=\"name\" maxlength=\"100\"></label>\n")
	}
	for _, f := range v.Fields {
		said := text.Fields[f.Key]
		fmt.Fprintf(&b, "  <label>%s %s</label>\n", esc(said.Label), plainField(f, said))
	}
	if v.MinAge > 0 {
		fmt.Fprintf(&b, "  <label><input type=\"checkbox\" name=\"age\" value=\"yes\" required> %s</label>\n", esc(text.Age))
	}
	loc, submit := locale.For(v.Language), "form.submit_chat"
	if v.Mode == funnel.ModeTemplate {
		submit = "form.submit_template"
	}
	if notice := v.Controller.Notice(v.Language); notice != "" {
		fmt.Fprintf(&b, "  <p><a href=\"%s\">%s</a></p>\n", esc(notice), esc(loc.T("form.privacy")))
	}
	fmt.Fprintf(&b, "  <button>%s</button>\n</form>", esc(loc.T(submit)))
	return b.String()
}

func plainField(f funnel.Field, said funnel.FieldText) string {
	esc := html.EscapeString
	if f.Kind != funnel.AskChoice {
		kind := map[funnel.FieldKind]string{funnel.AskEmail: "email", funnel.AskDate: "date"}[f.Kind]
		if kind == "" {
			kind = "text"
		}
		return fmt.Sprintf(`<input type="%s" name="%s"%s>`, kind, esc(f.Key), needed(f.Required))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<select name="%s"%s>`, esc(f.Key), needed(f.Required))
	if !f.Required {
		b.WriteString(`<option value=""></option>`)
	}
	for _, o := range f.Options {
		fmt.Fprintf(&b, `<option value="%s">%s</option>`, esc(o), esc(said.Options[o]))
	}
	return b.String() + "</select>"
}

func needed(required bool) string {
	if required {
		return " required"
	}
	return ""
}
