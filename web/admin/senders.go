package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/phone"
	"assent/template"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
)

// Senders is what is done with WhatsApp numbers.
type Senders interface {
	Connect(ctx context.Context, sender business.Sender, actor string) (string, error)
	ReplaceToken(ctx context.Context, businessID, senderID, token, actor string) error
	AddAppSecret(ctx context.Context, businessID, senderID, secret, actor string) error
	RemoveAppSecret(ctx context.Context, businessID, senderID string, n int, actor string) error
	RenewVerifyToken(ctx context.Context, businessID, senderID, actor string) error
	EndSender(ctx context.Context, businessID, senderID string, end bool, actor string) error
	Check(ctx context.Context, businessID, senderID string) ([]business.Step, error)
	Wire(ctx context.Context, businessID, senderID, actor string) error
	WebhookAddress(*business.Sender) string
	AccountState(ctx context.Context, about string) (business.AccountState, error)
}

const inSenders = "/admin/senders"

func senderAddress(id string) string { return inSenders + "/" + id }

// SendersPage answers GET /admin/senders.
func (h *Handler) SendersPage(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	m := views.Senders{Frame: h.frame(c, localizer(c).T("admin.senders"), inSenders), New: inSenders + "/new", Provider: inSenders + "/new?by=provider", Health: inHealth}
	for _, s := range t.Senders {
		state, err := h.Senders.AccountState(c.Request().Context(), s.AboutSender())
		if err != nil {
			return err
		}
		shown := views.Sender{URL: senderAddress(s.ID), Number: s.Number, Name: state.Name, Host: s.Host, Simulated: s.Simulated, Ended: !s.InUse(), Checked: !state.CheckedAt.IsZero()}
		for _, step := range state.Steps {
			if step.State != business.StepDone {
				shown.Missing++
			}
		}
		m.List = append(m.List, shown)
	}
	h.warnOfUS(t, &m)
	return show(c, http.StatusOK, views.SendersPage(m))
}

// usSource is where Meta says that marketing templates are not delivered to
// numbers in the USA.
const usSource = "https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/per-user-limits"

// warnOfUS says on the page of numbers what WhatsApp delivers to nobody in the USA,
// where that is asked for there or where a number is of there.
func (h *Handler) warnOfUS(t *tenant.Tenant, m *views.Senders) {
	for _, f := range h.Directory.Funnels(t.ID) {
		v, ok := h.Directory.Version(f.Version)
		if ok && f.State == funnel.Published && slices.Contains(v.Countries, "US") && slices.ContainsFunc(v.Purposes, func(p funnel.Purpose) bool { return p.Scope == consent.Marketing }) {
			text, _ := v.Text(m.Frame.Loc.Tag())
			m.USFunnels = append(m.USFunnels, layout.NavItem{Label: text.Title, URL: versionsAddress(f.Slug)})
		}
	}
	american := slices.ContainsFunc(t.Senders, func(s *business.Sender) bool {
		n, err := phone.ParseE164(s.Number)
		return err == nil && s.InUse() && n.Region() == "US"
	})
	m.US = len(m.USFunnels) > 0 || american && slices.ContainsFunc(t.Purposes, func(p business.Purpose) bool { return p.Scope == consent.Marketing })
	m.USSource = usSource
}

// ConnectPage answers GET /admin/senders/new: by Meta, or ?by=provider.
func (h *Handler) ConnectPage(c echo.Context) error {
	values := map[string]string{}
	if c.QueryParam("by") == "provider" {
		values["host"] = "https://waba-v2.360dialog.io"
	}
	return h.connect(c, http.StatusOK, values, nil)
}

func (h *Handler) connect(c echo.Context, status int, values map[string]string, problems ui.Problems) error {
	if h.business(c) == nil {
		return errNoBusiness
	}
	m := views.Connect{
		Frame: h.frame(c, localizer(c).T("admin.senders.new"), inSenders), Act: inSenders + "/new", Back: inSenders, Other: inSenders + "/new?by=provider",
		Values: values, Problems: problems,
	}
	if c.QueryParam("by") == "provider" {
		m.Provider, m.Act, m.Other = true, inSenders+"/new?by=provider", inSenders+"/new"
	}
	return show(c, status, views.ConnectPage(m))
}

// Connect answers POST /admin/senders/new: the number is kept, and Meta asked at
// once which steps are missing.
func (h *Handler) Connect(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	value := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	sender := business.Sender{
		Business: t.ID, Number: strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(value("number")), PhoneNumberID: value("phone_number_id"),
		WABA: value("waba"), Portfolio: value("portfolio"),
	}
	provider := c.QueryParam("by") == "provider"
	if provider {
		sender.Host, sender.Secrets.Token = value("host"), value("key")
	} else {
		sender.App, sender.Secrets = value("app"), business.Secrets{Token: value("token"), AppSecrets: []string{value("app_secret")}}
	}
	id, err := h.Senders.Connect(c.Request().Context(), sender, operator(c).Login)
	if field := fault.FieldOf(err); fault.Is(err, fault.Invalid) && field != "" {
		if provider && field == "token" {
			field = "key"
		}
		values := map[string]string{}
		for _, name := range []string{"number", "phone_number_id", "waba", "portfolio", "host", "app"} {
			values[name] = c.FormValue(name)
		}
		p := problem(localizer(c), err)
		p.Field = field
		return h.connect(c, http.StatusUnprocessableEntity, values, ui.Problems{p})
	}
	if err != nil {
		return err
	}
	if _, err := h.Senders.Check(c.Request().Context(), t.ID, id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, senderAddress(id))
}

// sender returns the business at work and the number of the address.
func (h *Handler) sender(c echo.Context) (*tenant.Tenant, *business.Sender, error) {
	t := h.business(c)
	if t == nil {
		return nil, nil, errNoBusiness
	}
	if s := t.Sender(c.Param("id")); s != nil && s.ID == c.Param("id") {
		return t, s, nil
	}
	return nil, nil, fault.New(fault.NotFound, "The business has no such number.")
}

// SenderPage answers GET /admin/senders/{id}.
func (h *Handler) SenderPage(c echo.Context) error { return h.oneSender(c, http.StatusOK, nil) }

func (h *Handler) oneSender(c echo.Context, status int, problems ui.Problems) error {
	_, s, err := h.sender(c)
	if err != nil {
		return err
	}
	state, err := h.Senders.AccountState(c.Request().Context(), s.AboutSender())
	if err != nil {
		return err
	}
	loc := localizer(c)
	m := views.SenderPage{
		Frame: h.frame(c, s.Number, inSenders), Now: h.Now().In(time.Local), Back: inSenders, Number: s.Number, Simulated: s.Simulated, Provider: s.Host != "",
		Ended: s.EndedAt, Address: h.Senders.WebhookAddress(s), Verified: state.VerifiedAt, Checked: state.CheckedAt, Secrets: len(s.Secrets.AppSecrets),
		Act: senderAddress(s.ID), Problems: problems,
		IDs: []views.Fact{{Label: loc.T("admin.connect.phone_number_id"), Value: s.PhoneNumberID}, {Label: loc.T("admin.connect.waba"), Value: s.WABA}},
	}
	for _, f := range []struct{ name, value string }{{"portfolio", s.Portfolio}, {"app", s.App}, {"host", s.Host}} {
		if f.value != "" {
			m.IDs = append(m.IDs, views.Fact{Label: loc.T("admin.connect." + f.name), Value: f.value})
		}
	}
	if s.Host == "" {
		m.Menu = senderAddress(s.ID) + "/menu"
	}
	if state.VerifiedAt.IsZero() {
		m.VerifyToken = s.Secrets.VerifyToken
	}
	for _, step := range state.Steps {
		m.Steps = append(m.Steps, shownStep(loc, s, step))
	}
	return show(c, status, views.OneSender(m))
}

// shownStep is a step with what to click where, and the button that does it where
// the API can.
func shownStep(loc locale.Localizer, s *business.Sender, step business.Step) views.Step {
	shown := views.Step{Key: string(step.Key), State: string(step.State), Detail: step.Detail}
	if id := "admin.refused." + sentence(step.Detail); loc.Has(id) {
		shown.Detail = loc.T(id)
	}
	help := "admin.step." + shown.Key + ".do"
	if s.Host != "" && (step.Key == business.StepToken || step.Key == business.StepWebhook || step.Key == business.StepEvent) {
		help = "admin.step." + shown.Key + ".provider"
	}
	shown.Help = loc.T(help)
	switch {
	case step.Key == business.StepAccount, step.Key == business.StepWebhook && s.Host != "":
		shown.Act = senderAddress(s.ID) + "/subscribe"
	case step.Key == business.StepTemplate:
		shown.Act = senderAddress(s.ID) + "/template"
	}
	return shown
}

// changeSender does something with the number of the address, asks Meta anew how
// it is connected, and shows it.
func (h *Handler) changeSender(c echo.Context, fn func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error) error {
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	err = fn(ctx, t, s)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Unavailable) {
		return h.oneSender(c, http.StatusUnprocessableEntity, ui.Problems{problem(localizer(c), err)})
	}
	if err != nil {
		return err
	}
	if _, err := h.Senders.Check(ctx, t.ID, s.ID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, senderAddress(s.ID))
}

// CheckSender answers POST /admin/senders/{id}/check.
func (h *Handler) CheckSender(c echo.Context) error {
	return h.changeSender(c, func(context.Context, *tenant.Tenant, *business.Sender) error { return nil })
}

// SubscribeSender answers POST /admin/senders/{id}/subscribe.
func (h *Handler) SubscribeSender(c echo.Context) error {
	return h.changeSender(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		return h.Senders.Wire(ctx, t.ID, s.ID, operator(c).Login)
	})
}

// SubmitSenderTemplate answers POST /admin/senders/{id}/template: the text that
// asks for a confirmation goes to Meta in all languages.
func (h *Handler) SubmitSenderTemplate(c echo.Context) error {
	return h.changeSender(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		_, err := h.Templates.Submit(ctx, t.ID, s.ID, template.OptIn, nil, operator(c).Login)
		return err
	})
}

// ReplaceToken answers POST /admin/senders/{id}/token.
func (h *Handler) ReplaceToken(c echo.Context) error {
	return h.changeSender(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		return h.Senders.ReplaceToken(ctx, t.ID, s.ID, strings.TrimSpace(c.FormValue("token")), operator(c).Login)
	})
}

// AddAppSecret answers POST /admin/senders/{id}/secrets.
func (h *Handler) AddAppSecret(c echo.Context) error {
	return h.changeSender(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		return h.Senders.AddAppSecret(ctx, t.ID, s.ID, strings.TrimSpace(c.FormValue("app_secret")), operator(c).Login)
	})
}

// RemoveAppSecret answers POST /admin/senders/{id}/secrets/{n}/remove.
func (h *Handler) RemoveAppSecret(c echo.Context) error {
	return h.changeSender(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		n, err := strconv.Atoi(c.Param("n"))
		if err != nil {
			n = -1
		}
		return h.Senders.RemoveAppSecret(ctx, t.ID, s.ID, n, operator(c).Login)
	})
}

// RenewVerifyToken answers POST /admin/senders/{id}/verify-token.
func (h *Handler) RenewVerifyToken(c echo.Context) error {
	return h.changeSender(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		return h.Senders.RenewVerifyToken(ctx, t.ID, s.ID, operator(c).Login)
	})
}

// EndSender answers POST /admin/senders/{id}/end.
func (h *Handler) EndSender(c echo.Context) error {
	return h.changeSender(c, func(ctx context.Context, t *tenant.Tenant, s *business.Sender) error {
		return h.Senders.EndSender(ctx, t.ID, s.ID, c.FormValue("end") != "", operator(c).Login)
	})
}
