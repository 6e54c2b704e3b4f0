package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	pages "assent/views/public"
	"assent/web/landing"
	"assent/web/respond"
)

var errNoPreview = fault.New(fault.NotFound, "There is no such preview.")

// sampleCode stands in previews where each person has a code of their own.
const sampleCode = "7K2MQ9X4TB"

// Preview answers GET /admin/funnels/drafts/{draft}/preview/{view}: the draft as
// people will meet it, from the same components, in a frame of the editor.
// Nothing can be sent from it.
func (h *Handler) Preview(c echo.Context) error {
	t, d, err := h.draftOf(c)
	if err != nil {
		return err
	}
	view := c.Param("view")
	if view == "all" {
		f := h.frame(c, localizer(c).T("editor.preview"), inFunnels)
		frameOwn(c)
		return show(c, http.StatusOK, views.PreviewsPage(f, draftAddress(d.ID)+"/preview/", url.QueryEscape(c.QueryParam("lang"))))
	}
	v := &d.Version
	if err := v.RenderBodies(); err != nil {
		return err
	}
	page, err := h.preview(t, v, view, c.QueryParam("lang"))
	if err != nil {
		return err
	}
	framedSample(c)
	return show(c, http.StatusOK, page)
}

// frameOwn lets the page show pages of ours in frames.
func frameOwn(c echo.Context) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentSecurityPolicy, header.Get(echo.HeaderContentSecurityPolicy)+"; frame-src 'self'")
}

// framedSample lets pages of ours show the answer in a frame. Nothing can be sent
// from it.
func framedSample(c echo.Context) {
	respond.Framed(c, "'self'")
	header := c.Response().Header()
	header.Set(echo.HeaderContentSecurityPolicy, strings.Replace(header.Get(echo.HeaderContentSecurityPolicy), "form-action 'self'", "form-action 'none'", 1))
}

func (h *Handler) preview(t *tenant.Tenant, v *funnel.Version, view, wish string) (templ.Component, error) {
	_, lang := v.Text(wish)
	p := landing.Of(v, lang, t.Country, h.Installation.BaseURL)
	frame := layout.Public{Loc: p.Loc, Title: p.Headline, Business: p.Business, Languages: p.Languages, NoIndex: true}
	switch view {
	case "page":
		return pages.LandingPage(p), nil
	case "chat":
		return views.ChatPage(views.Chat{Public: frame, Bubbles: bubbles(t, v, lang)}), nil
	case "print":
		qr, err := drawn(h.Installation.BaseURL+"/f/"+url.PathEscape(v.Slug), p.Headline)
		return views.PrintPage(views.Print{Public: frame, Headline: p.Headline, Text: p.Text, QR: qr, Code: h.Installation.BaseURL + "/f/" + v.Slug}), err
	}
	return nil, errNoPreview
}

// bubbles plays the chat through: the message that the person sends, what comes
// back, and the welcome.
func bubbles(t *tenant.Tenant, v *funnel.Version, lang string) (list []views.Bubble) {
	text, _ := v.Text(lang)
	loc := locale.For(lang)
	var keys, words []string
	for _, p := range v.Asked() {
		keys = append(keys, p.Key)
	}
	for _, p := range v.Purposes {
		words = append(words, text.Purposes[p.Key].Words)
	}
	say := func(s string, in bool, buttons ...string) {
		list = append(list, views.Bubble{Text: s, Inbound: in, Buttons: buttons})
	}
	yes := loc.T("chat.button.yes")
	if v.Mode == funnel.ModeQR {
		say(v.EntryPrefill(lang, "SHOP01").Text(), true)
		for _, key := range keys {
			question := loc.T("chat.question", "Business", t.BrandName, "Words", text.Purposes[key].Words)
			if v.MinAge > 0 {
				question += "\n\n" + loc.T("chat.question_age", "Words", text.Age)
			}
			say(question, false, yes, loc.T("chat.button.no"))
			say(yes, true)
		}
	} else {
		say(v.Prefill(lang, keys, sampleCode).Text(), true)
	}
	receipt := loc.T("chat.receipt.given", "Business", t.BrandName, "Words", strings.Join(words, "\n\n"), "Purpose", "")
	say(receipt+"\n\n"+loc.T("chat.receipt.stop"), false, loc.T("chat.button.not_me"))
	promotes := v.Welcome != funnel.WelcomePromotion || slices.ContainsFunc(v.Asked(), func(p funnel.Purpose) bool { return p.Scope == "marketing" })
	if v.Welcome != funnel.WelcomeNone && text.Welcome != "" && promotes {
		say(text.Welcome, false)
	}
	return list
}
