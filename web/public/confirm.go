package public

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"assent/funnel"
	"assent/locale"
	"assent/optin"
	"assent/tenant"
	views "assent/views/public"
	"assent/web/landing"
)

// personal sets the headers of pages that only one person should see.
func personal(c echo.Context) {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Referrer-Policy", "no-referrer")
}

// chatAddress is the click-to-chat link: it opens WhatsApp with the text filled
// in, or the simulated phone. The number is the business's.
func chatAddress(number, text string, simulated bool) string {
	digits := strings.TrimPrefix(number, "+")
	text = strings.ReplaceAll(url.QueryEscape(text), "+", "%20") // WhatsApp takes a plus for a plus
	if simulated {
		return "/sim/chat?phone=" + digits + "&text=" + text
	}
	return "https://wa.me/" + digits + "?text=" + text
}

// stateOf returns the word for where a request stands, for programs.
func stateOf(p optin.Pending) string {
	if p.State == funnel.Requested && p.Expired {
		return "expired"
	}
	return string(p.State)
}

// viewState returns where a request stands, for its page. Once its time is over
// there is only one thing to say: a new code can be had.
func viewState(p optin.Pending) views.State {
	switch p.State {
	case funnel.Confirmed:
		return views.Confirmed
	case funnel.Closed:
		return views.Closed
	}
	switch {
	case p.Expired:
		return views.Expired
	case p.State == funnel.Deferred:
		return views.Other
	}
	return views.Waiting
}

// Confirm answers GET /r/{request}.
func (h *Handler) Confirm(c echo.Context) error {
	personal(c)
	token := c.Param("request")
	p, err := h.Optin.Pending(c.Request().Context(), token)
	if err != nil {
		return err
	}
	h.share(c, p.Version)
	model, err := h.confirmModel(token, p)
	if err != nil {
		return err
	}
	if h.frame(c, p.Version) {
		model = inFrame(model, p.Version.Slug)
	}
	return respondPage(c, http.StatusOK, views.ConfirmPage(model))
}

// confirmModel returns the confirm page of a request.
func (h *Handler) confirmModel(token string, p optin.Pending) (m views.Confirm, err error) {
	at := "/r/" + token
	m = views.Confirm{
		Loc: locale.For(p.Lang, p.Version.Language), Lang: p.Lang, Business: landing.Business(p.Version.Version, p.Lang), State: viewState(p), Mode: views.ModeChat, Sent: p.Asked,
		Events: at + "/events?seen=" + mark(p), ChatURL: chatAddress(p.Number, p.Text, p.Simulate), Simulated: p.Simulate, ChatText: p.Text,
		Expires: p.Expires.In(time.Local), Now: h.Now().In(time.Local), NewCode: at + "/code", Restart: "/f/" + p.Version.Slug + "?lang=" + p.Lang,
	}
	if p.Mode == funnel.ModeTemplate {
		m.Mode = views.ModeTemplate
	}
	if p.CanAsk && !p.Asked {
		m.Template = at + "/template"
	}
	if m.State == views.Confirmed {
		m.Outcomes = outcomes(p.Version, p.Lang, p.Agreed)
		m.Made = madeAt(p.ID)
		if text, _ := p.Version.Text(p.Lang); len(m.Outcomes) > 0 {
			m.Thanks, m.Next = text.Thanks, text.Next
		}
	}
	if m.State == views.Waiting && !m.Sent {
		m.QR, err = h.symbols.svg(h.Installation.BaseURL+"/r/"+token+"/chat", m.Loc.T("confirm.act"))
	}
	return m, err
}

// outcomes says what the person agreed to by this request. What they decided
// later or elsewhere no public page tells (rule 28).
func outcomes(v *tenant.Version, lang string, agreed []string) (list []views.Outcome) {
	text, _ := v.Text(lang)
	for _, p := range v.Purposes {
		if slices.Contains(agreed, p.Key) {
			said := text.Purposes[p.Key]
			list = append(list, views.Outcome{Title: said.Title, Words: said.Words})
		}
	}
	return list
}

// madeAt returns when a request was made: its id is a UUIDv7 and holds the time
// (RFC 9562, section 5.7). Zero if it is none.
func madeAt(id string) time.Time {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 {
		return time.Time{}
	}
	sec, nsec := u.Time().UnixTime()
	return time.Unix(sec, nsec).In(time.Local)
}

// ConfirmChat answers GET /r/{request}/chat, which the QR code holds: to
// WhatsApp while that helps, else to the page, which tells why not.
func (h *Handler) ConfirmChat(c echo.Context) error {
	personal(c)
	token := c.Param("request")
	p, err := h.Optin.Pending(c.Request().Context(), token)
	if err != nil {
		return err
	}
	if viewState(p) != views.Waiting {
		return c.Redirect(http.StatusFound, "/r/"+token)
	}
	return c.Redirect(http.StatusFound, chatAddress(p.Number, p.Text, p.Simulate))
}

// ConfirmState answers GET /r/{request}/state.
func (h *Handler) ConfirmState(c echo.Context) error {
	personal(c)
	p, err := h.Optin.Pending(c.Request().Context(), c.Param("request"))
	if err != nil {
		return err
	}
	h.share(c, p.Version)
	return c.JSONBlob(http.StatusOK, stateJSON(p))
}

// stateJSON is small and holds nothing but a word of ours.
func stateJSON(p optin.Pending) []byte { return []byte(`{"state":"` + stateOf(p) + `"}`) }

// Renew answers POST /r/{request}/code.
func (h *Handler) Renew(c echo.Context) error { return h.act(c, h.Optin.Renew) }

// AskTemplate answers POST /r/{request}/template.
func (h *Handler) AskTemplate(c echo.Context) error {
	return h.act(c, func(ctx context.Context, token string) error {
		return h.Optin.AskTemplate(ctx, token, h.limits.network(c))
	})
}

// act does something to the request of the address, and goes back to its page.
func (h *Handler) act(c echo.Context, do func(ctx context.Context, token string) error) error {
	personal(c)
	if err := h.limits.allow(c, true); err != nil {
		return err
	}
	token, suffix := c.Param("request"), ""
	if c.Request().Header.Get(echo.HeaderOrigin) != "" { // perhaps a form on the business's own site
		if p, err := h.Optin.Pending(c.Request().Context(), token); err == nil {
			h.share(c, p.Version)
		}
	}
	if query(c, frameParam) != "" {
		suffix = "?" + frameParam + "=1"
	}
	if err := do(c.Request().Context(), token); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/r/"+token+suffix)
}
