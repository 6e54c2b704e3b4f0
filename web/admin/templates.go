package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/fault"
	"assent/locale"
	"assent/phone"
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

// account returns the business at work and a number of the account that a form
// names, the first that is in use where it names none.
func (h *Handler) account(c echo.Context) (*tenant.Tenant, *business.Sender, error) {
	t := h.business(c)
	if t == nil {
		return nil, nil, errNoBusiness
	}
	id := c.FormValue("sender")
	sender := t.Sender(id)
	if sender == nil || id != "" && sender.ID != id {
		return nil, nil, errNoSender
	}
	return t, sender, nil
}

// TemplatesPage answers GET /admin/templates.
func (h *Handler) TemplatesPage(c echo.Context) error { return h.templates(c, http.StatusOK, "") }

func (h *Handler) templates(c echo.Context, status int, problem string) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	if t.Sender("") == nil {
		return errNoSender
	}
	m := views.Templates{Frame: h.frame(c, localizer(c).T("admin.templates"), inTemplates), Now: h.Now().In(time.Local), Act: inTemplates, Problem: problem}
	for _, p := range template.Library() {
		lang, _ := template.Pick(p.Texts, m.Frame.Loc.Tag(), "en")
		m.Pieces = append(m.Pieces, views.Piece{Key: p.Key, Langs: len(p.Texts), Phone: preview(t, p.Texts[lang], lang)})
	}
	for _, sender := range accountsOf(t) {
		list, err := h.Templates.List(c.Request().Context(), t.ID, sender.ID)
		if err != nil {
			return err
		}
		m.Accounts = append(m.Accounts, accountModel(m.Frame.Loc, t, sender, list))
		for i, p := range template.Library() {
			m.Pieces[i].At = append(m.Pieces[i].At, pieceAt(p, sender, list))
		}
	}
	return show(c, status, views.TemplatesPage(m))
}

// accountsOf returns a number of each WhatsApp account of the business, the first
// that is in use, and else the first.
func accountsOf(t *tenant.Tenant) (list []*business.Sender) {
	at := map[string]int{}
	for _, s := range t.Senders {
		i, known := at[s.WABA]
		switch {
		case !known:
			at[s.WABA] = len(list)
			list = append(list, s)
		case !list[i].InUse() && s.InUse():
			list[i] = s
		}
	}
	return list
}

func accountModel(loc locale.Localizer, t *tenant.Tenant, sender *business.Sender, list []template.Template) views.TemplateAccount {
	a := views.TemplateAccount{Sender: sender.ID, WABA: sender.WABA}
	for _, s := range t.Senders {
		if s.WABA == sender.WABA {
			a.Numbers = append(a.Numbers, phone.Grouped(s.Number))
		}
	}
	for _, x := range list { // by name
		if n := len(a.Groups); n == 0 || a.Groups[n-1].Name != x.Name {
			a.Groups = append(a.Groups, views.TemplateGroup{Name: x.Name})
		}
		g := &a.Groups[len(a.Groups)-1]
		g.Langs = append(g.Langs, oneLanguage(loc, t, x))
	}
	return a
}

// oneLanguage is how a template stands in one language.
func oneLanguage(loc locale.Localizer, t *tenant.Tenant, x template.Template) views.Template {
	m := views.Template{
		Lang: languageName(tagOf(x.Lang)), Code: x.Lang, Tag: tagOf(x.Lang), Category: metaWord(loc, "category", x.Category), Announced: metaWord(loc, "category", x.Announced),
		Status: metaWord(loc, "template", x.Status), Good: x.Usable(), Waiting: x.Status == template.Pending, Moved: x.Moved(), Phone: preview(t, x.Text, x.Lang), Checked: x.CheckedAt,
	}
	if x.Quality != "UNKNOWN" {
		m.Quality, m.Rated = metaWord(loc, "quality", x.Quality), map[string]string{"GREEN": "ok", "YELLOW": "wait", "RED": "stop"}[x.Quality]
	}
	if x.Reason != "NONE" {
		m.Reason = metaWord(loc, "reason", x.Reason)
	}
	return m
}

func pieceAt(p template.Piece, sender *business.Sender, list []template.Template) views.PieceAt {
	at := views.PieceAt{Sender: sender.ID, Number: phone.Grouped(sender.Number)}
	for _, x := range list {
		if _, ours := p.Texts[x.Lang]; x.Name != p.Name || !ours {
			continue
		}
		at.Have++
		if x.Usable() {
			at.Usable++
		}
	}
	return at
}

// preview fills a text in with the business's own name and purpose.
func preview(t *tenant.Tenant, text template.Text, lang string) views.PhonePreview {
	tag, purpose := tagOf(lang), "…"
	for _, p := range t.Purposes {
		if title := p.Titles[tag]; title != "" {
			purpose = title
			break
		}
	}
	return views.PhonePreview{From: t.BrandName, Body: text.Fill(t.BrandName, purpose), Tag: tag, Replies: text.Replies, Link: text.Link}
}

// tagOf returns the BCP 47 tag of Meta's code.
func tagOf(lang string) string { return strings.ReplaceAll(lang, "_", "-") }

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
