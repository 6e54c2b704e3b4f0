package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/fault"
	"assent/template"
	"assent/tenant"
	views "assent/views/admin"
)

// Templates is what is done with the message templates of an account.
type Templates interface {
	List(ctx context.Context, businessID, senderID string) ([]template.Template, error)
	Submit(ctx context.Context, businessID, senderID, key string, langs []string, actor string) (int, error)
	Delete(ctx context.Context, businessID, senderID, name, actor string) error
	Poll(ctx context.Context, t *tenant.Tenant, sender *business.Sender) error
}

var errNoSender = fault.New(fault.NotFound, "The business has no WhatsApp number yet.")

// account returns the business at work and the number whose account is shown.
func (h *Handler) account(c echo.Context) (*tenant.Tenant, *business.Sender, error) {
	t := h.business(c)
	if t == nil {
		return nil, nil, errNoBusiness
	}
	sender := t.Sender("")
	if sender == nil {
		return nil, nil, errNoSender
	}
	return t, sender, nil
}

// TemplatesPage answers GET /admin/templates.
func (h *Handler) TemplatesPage(c echo.Context) error { return h.templates(c, http.StatusOK, "") }

func (h *Handler) templates(c echo.Context, status int, problem string) error {
	t, sender, err := h.account(c)
	if err != nil {
		return err
	}
	list, err := h.Templates.List(c.Request().Context(), t.ID, sender.ID)
	if err != nil {
		return err
	}
	m := views.Templates{Frame: h.frame(c, localizer(c).T("admin.templates"), inTemplates), Now: h.Now().In(time.Local), Sender: sender.Number, Act: inTemplates, Problem: problem}
	have := map[string]int{}
	for _, x := range list {
		have[x.Name]++
		if !slices.Contains(m.Names, x.Name) {
			m.Names = append(m.Names, x.Name)
		}
		samples := []string{t.BrandName, "…"}
		m.List = append(m.List, views.Template{
			Name: x.Name, Lang: x.Lang, Tag: tagOf(x.Lang), Category: x.Category, Announced: x.Announced, Status: x.Status, Good: x.Usable(), Moved: x.Moved(),
			Quality: x.Quality, Reason: x.Reason, Body: x.Text.Fill(samples...), Buttons: labels(x.Text), Checked: x.CheckedAt,
		})
	}
	for _, p := range template.Library() {
		lang, _ := template.Pick(p.Texts, m.Frame.Loc.Tag(), "en")
		samples := append([]string{t.BrandName}, p.Samples[1:]...)
		m.Pieces = append(m.Pieces, views.Piece{Key: p.Key, Langs: len(p.Texts), Have: min(have[p.Name], len(p.Texts)), Body: p.Texts[lang].Fill(samples...), Tag: tagOf(lang), Marks: labels(p.Texts[lang])})
	}
	return show(c, status, views.TemplatesPage(m))
}

// tagOf returns the BCP 47 tag of Meta's code.
func tagOf(lang string) string { return strings.ReplaceAll(lang, "_", "-") }

func labels(t template.Text) []string {
	if t.Link == "" {
		return t.Replies
	}
	return append(slices.Clone(t.Replies), t.Link)
}

// changeTemplates does something with the account's templates, and shows them.
func (h *Handler) changeTemplates(c echo.Context, fn func(context.Context, *tenant.Tenant, *business.Sender) error) error {
	t, sender, err := h.account(c)
	if err != nil {
		return err
	}
	err = fn(c.Request().Context(), t, sender)
	switch {
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid), fault.Is(err, fault.Unavailable):
		return h.templates(c, http.StatusUnprocessableEntity, fault.Message(err))
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, inTemplates)
}

// SubmitTemplates answers POST /admin/templates/submit.
func (h *Handler) SubmitTemplates(c echo.Context) error {
	return h.changeTemplates(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		form, err := c.FormParams()
		if err != nil {
			return err
		}
		_, err = h.Templates.Submit(ctx, t.ID, s.ID, c.FormValue("library"), form["lang"], operator(c).Login)
		return err
	})
}

// DeleteTemplate answers POST /admin/templates/delete.
func (h *Handler) DeleteTemplate(c echo.Context) error {
	return h.changeTemplates(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		return h.Templates.Delete(ctx, t.ID, s.ID, c.FormValue("name"), operator(c).Login)
	})
}

// RefreshTemplates answers POST /admin/templates/refresh.
func (h *Handler) RefreshTemplates(c echo.Context) error {
	return h.changeTemplates(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		return h.Templates.Poll(ctx, t, s)
	})
}
