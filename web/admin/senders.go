package admin

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
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
	"assent/manage"
	"assent/phone"
	"assent/template"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
	"assent/web/metaword"
)

// Senders is what is done with WhatsApp numbers.
type Senders interface {
	Connect(ctx context.Context, sender business.Sender, actor string) (string, error)
	ReplaceToken(ctx context.Context, businessID, senderID, token, actor string) error
	AddAppSecret(ctx context.Context, businessID, senderID, secret, actor string) error
	RemoveAppSecret(ctx context.Context, businessID, senderID string, n int, actor string) error
	RenewVerifyToken(ctx context.Context, businessID, senderID, actor string) error
	EndSender(ctx context.Context, businessID, senderID string, end bool, actor string) error
	SetIDs(ctx context.Context, ids business.Sender, actor string) error
	Removal(businessID, senderID string) (manage.Removal, error)
	RemoveSender(ctx context.Context, businessID, senderID, actor string) error
	Check(ctx context.Context, businessID, senderID string) ([]business.Step, error)
	Wire(ctx context.Context, businessID, senderID, actor string) error
	WebhookAddress(*business.Sender) string
	Standing(ctx context.Context, businessID, senderID string) (business.AccountState, error)
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
		state, err := h.Senders.Standing(c.Request().Context(), t.ID, s.ID)
		if err != nil {
			return err
		}
		shown := views.Sender{URL: senderAddress(s.ID), Number: s.Number, Name: state.Name, Host: s.Host, Simulated: s.Simulated, Ended: !s.InUse(), Checked: !state.CheckedAt.IsZero()}
		for _, step := range state.Steps {
			if step.Open() {
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
	sender := typedIDs(c, t.ID)
	if c.QueryParam("by") == "provider" {
		sender.App, sender.Secrets.Token = "", typed(c, "key")
		if sender.Host == "" {
			sender.Host = "https://" // empty would be Meta's own
		}
	} else {
		sender.Host, sender.Secrets = "", business.Secrets{Token: typed(c, "token"), AppSecrets: []string{typed(c, "app_secret")}}
	}
	id, err := h.Senders.Connect(c.Request().Context(), sender, operator(c).Login)
	if fault.Is(err, fault.Invalid) {
		return h.connect(c, http.StatusUnprocessableEntity, typedValues(c), connectProblems(c, err))
	}
	if err != nil {
		return err
	}
	if _, err := h.Senders.Check(c.Request().Context(), t.ID, id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, senderAddress(id))
}

var idFields = []string{"number", "phone_number_id", "waba", "portfolio", "host", "app"}

func typed(c echo.Context, name string) string { return strings.TrimSpace(c.FormValue(name)) }

// typedIDs reads what a form says of how Meta knows a number.
func typedIDs(c echo.Context, businessID string) business.Sender {
	return business.Sender{
		Business: businessID, Number: strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(typed(c, "number")), PhoneNumberID: typed(c, "phone_number_id"),
		WABA: typed(c, "waba"), Portfolio: typed(c, "portfolio"), App: typed(c, "app"), Host: typed(c, "host"),
	}
}

// typedValues are the ids as they were typed. Secrets are never filled in again.
func typedValues(c echo.Context) map[string]string {
	values := map[string]string{}
	for _, name := range idFields {
		values[name] = c.FormValue(name)
	}
	return values
}

// connectProblems says everything that is wrong, in the order of the form.
func connectProblems(c echo.Context, err error) (list ui.Problems) {
	found := wrongs(localizer(c), err)
	for _, name := range append(slices.Clone(idFields), "app_secret", "token") {
		for _, p := range found {
			if p.Field != name {
				continue
			}
			if name == "token" && c.QueryParam("by") == "provider" {
				p.Field = "key"
			}
			list = append(list, p)
		}
	}
	return list
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
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	state, err := h.Senders.Standing(c.Request().Context(), t.ID, s.ID)
	if err != nil {
		return err
	}
	loc := localizer(c)
	m := views.SenderPage{
		Frame: h.frame(c, phone.Grouped(s.Number), inSenders), Now: h.Now().In(time.Local), Back: inSenders, Number: s.Number, Simulated: s.Simulated, Provider: s.Host != "",
		Ended: s.EndedAt, Address: h.Senders.WebhookAddress(s), Verified: state.VerifiedAt, Checked: state.CheckedAt, Secrets: appSecrets(s, state), Signer: state.LastSigner(s.Secrets.AppSecrets) + 1,
		Act: senderAddress(s.ID), Problems: problems,
		IDs: []views.Fact{{Label: loc.T("admin.connect.phone_number_id"), Value: s.PhoneNumberID}, {Label: loc.T("admin.connect.waba"), Value: s.WABA}},
	}
	for _, f := range []struct{ name, value string }{{"portfolio", s.Portfolio}, {"app", s.App}, {"host", s.Host}} {
		if f.value != "" {
			m.IDs = append(m.IDs, views.Fact{Label: loc.T("admin.connect." + f.name), Value: f.value})
		}
	}
	m.Unreachable = !s.Simulated && state.VerifiedAt.IsZero() && state.EventAt.IsZero() && unreachable(m.Address)
	if s.Host == "" {
		m.Menu = senderAddress(s.ID) + "/menu"
	}
	if state.VerifiedAt.IsZero() {
		m.VerifyToken = s.Secrets.VerifyToken
	}
	for _, step := range state.Steps {
		m.Steps = append(m.Steps, shownStep(loc, s, step))
		if step.State == business.StepWaiting {
			m.Frame.Refresh = senderRefresh
		}
	}
	if len(m.Steps) > 0 && m.Missing() == 0 {
		m.Next = h.afterConnecting(loc, t)
	}
	return show(c, status, views.OneSender(m))
}

// senderRefresh is how often, in seconds, the page of a number looks whether Meta has
// reviewed its template.
const senderRefresh = 15

// afterConnecting is what comes next where a number is connected.
func (h *Handler) afterConnecting(loc locale.Localizer, t *tenant.Tenant) (list []layout.NavItem) {
	for _, f := range h.Directory.Funnels(t.ID) {
		if f.State == funnel.Published {
			list = append(list, layout.NavItem{Label: loc.T("admin.sender.next.try", "Funnel", h.funnelTitle(loc, f.Slug)), URL: "/f/" + f.Slug})
		}
		if len(list) == 3 {
			break
		}
	}
	if len(list) == 0 {
		return []layout.NavItem{{Label: loc.T("admin.sender.next.funnel"), URL: inFunnels + "/new"}}
	}
	return list
}

// shownStep is a step with what to click where, and the button that does it where
// the API can.
func shownStep(loc locale.Localizer, s *business.Sender, step business.Step) views.Step {
	shown := views.Step{Key: string(step.Key), State: string(step.State), Needed: !step.Optional, Detail: metaWord(loc, "status", step.Detail)}
	shown.Found = loc.T("admin.step.found")
	if id := "admin.refused." + metaword.Key(step.Detail); loc.Has(id) {
		shown.Detail = views.Word{Says: loc.T(id)}
	} else if id := "admin.step." + shown.Key + ".found"; loc.Has(id) && plainList.MatchString(step.Detail) {
		shown.Found = loc.T(id)
	}
	help := "admin.step." + shown.Key + ".do"
	if s.Host != "" && (step.Key == business.StepToken || step.Key == business.StepWebhook || step.Key == business.StepEvent) {
		help = "admin.step." + shown.Key + ".provider"
	}
	if particular := "admin.step." + shown.Key + "." + step.Why; step.Why != "" && loc.Has(particular) {
		help = particular
	}
	if step.Optional && step.State != business.StepWaiting {
		shown.State = "optional"
		if step.Why == "" {
			help = "admin.step." + shown.Key + ".optional"
		}
	}
	shown.Help = loc.T(help)
	shownWay(loc, s, step, &shown)
	return shown
}

// plainList are ids or names of what Meta calls so, as opposed to what it says.
var plainList = regexp.MustCompile(`^[a-z0-9_]+(, [a-z0-9_]+)*$`)

// shownWay adds to a step the button that does it, or the way to where it is set right.
func shownWay(loc locale.Localizer, s *business.Sender, step business.Step, shown *views.Step) {
	first := step.Why == business.WhyToken || step.Why == business.WhyAccount // before this one can be done
	ids := func() { shown.Link, shown.To = senderAddress(s.ID)+"/ids", loc.T("admin.sender.ids.edit") }
	switch {
	case step.Key == business.StepNumber && (step.Why == business.WhyToken || step.Why == business.WhyUnregistered):
	case step.Key == business.StepNumber && step.Why != "":
		ids()
	case step.Key == business.StepApp && step.Why == string(business.AppSecretWrong):
		shown.Link, shown.To = "#app_secret", loc.T("admin.step.app.to_secret")
	case step.Key == business.StepApp && step.Why != "":
		ids()
	case first:
	case step.Key == business.StepAccount, step.Key == business.StepWebhook && s.Host != "":
		shown.Act = senderAddress(s.ID) + "/subscribe"
	case step.Key == business.StepTemplate && step.Why != "":
		shown.Link, shown.To = inTemplates, loc.T("admin.step.template.link")
	case step.Key == business.StepTemplate && step.State == business.StepWaiting:
		shown.Help = loc.T("admin.step.template.waiting")
	case step.Key == business.StepTemplate:
		shown.Act = senderAddress(s.ID) + "/template"
	}
}

// unreachable reports whether Meta cannot send anything to an address: it is not HTTPS, or
// one of this machine or of a private network.
func unreachable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
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

// appSecrets lists a number's app secrets by place and date, the oldest first, with when
// each last signed.
func appSecrets(s *business.Sender, state business.AccountState) (list []views.AppSecret) {
	for n, secret := range s.Secrets.AppSecrets {
		shown := views.AppSecret{Since: s.Secrets.AppSecretSince(n), Signed: state.Signed[business.SecretMark(secret)]}
		if shown.Signed.IsZero() && !state.SignedSince.IsZero() {
			if shown.Quiet = shown.Since; shown.Quiet.Before(state.SignedSince) {
				shown.Quiet = state.SignedSince
			}
		}
		if len(s.Secrets.AppSecrets) > 1 {
			shown.Remove = secretAddress(s, n)
		}
		list = append(list, shown)
	}
	return list
}

// secretAddress is the page that asks before the n-th app secret is removed, from 0 on.
func secretAddress(s *business.Sender, n int) string {
	return senderAddress(s.ID) + "/secrets/" + strconv.Itoa(n) + "/remove"
}

var errNoSecret = fault.New(fault.NotFound, "The number has no such secret.")

// RemoveAppSecretPage answers GET /admin/senders/{id}/secrets/{n}/remove: what will
// happen, asked once.
func (h *Handler) RemoveAppSecretPage(c echo.Context) error {
	return h.askRemoveAppSecret(c, http.StatusOK, "")
}

func (h *Handler) askRemoveAppSecret(c echo.Context, status int, unsure string) error {
	_, s, err := h.sender(c)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.Param("n"))
	of := len(s.Secrets.AppSecrets)
	if err != nil || n < 0 || n >= of || of == 1 { // the last one stays
		return errNoSecret
	}
	state, err := h.Senders.Standing(c.Request().Context(), s.Business, s.ID)
	if err != nil {
		return err
	}
	return show(c, status, views.RemoveSecretPage(views.RemoveSecret{
		Frame: h.frame(c, localizer(c).T("admin.sender.secret.remove", "N", localizer(c).Number(n+1)), inSenders), Now: h.Now().In(time.Local),
		Number: s.Number, Act: secretAddress(s, n), Back: senderAddress(s.ID), N: n + 1, Of: of,
		Secret: appSecrets(s, state)[n], Signer: state.LastSigner(s.Secrets.AppSecrets) + 1, Unsure: unsure,
	}))
}

// RemoveAppSecret answers POST /admin/senders/{id}/secrets/{n}/remove. It takes nothing
// away for who has not ticked that they are sure, nor where the secrets are others by
// now than the page told: the place would mean another one.
func (h *Handler) RemoveAppSecret(c echo.Context) error {
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	of := strconv.Itoa(len(s.Secrets.AppSecrets))
	switch {
	case c.FormValue("of") != of:
		return h.askRemoveAppSecret(c, http.StatusConflict, localizer(c).T("admin.sender.secret.remove.changed"))
	case c.FormValue("sure") == "":
		return h.askRemoveAppSecret(c, http.StatusUnprocessableEntity, localizer(c).T("editor.defective.not_sure"))
	}
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return errNoSecret
	}
	return h.changeSender(c, func(ctx context.Context, _ *tenant.Tenant, s *business.Sender) error {
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

// SenderIDs answers GET /admin/senders/{id}/ids: how Meta knows the number.
func (h *Handler) SenderIDs(c echo.Context) error {
	_, s, err := h.sender(c)
	if err != nil {
		return err
	}
	values := map[string]string{"number": phone.Grouped(s.Number), "phone_number_id": s.PhoneNumberID, "waba": s.WABA, "portfolio": s.Portfolio, "app": s.App, "host": s.Host}
	return h.senderIDs(c, http.StatusOK, s, values, nil)
}

func (h *Handler) senderIDs(c echo.Context, status int, s *business.Sender, values map[string]string, problems ui.Problems) error {
	return show(c, status, views.ConnectPage(views.Connect{
		Frame: h.frame(c, localizer(c).T("admin.sender.ids.edit"), inSenders), Act: senderAddress(s.ID) + "/ids", Back: senderAddress(s.ID),
		Number: s.Number, Provider: s.Host != "", Values: values, Problems: problems,
	}))
}

// SetSenderIDs answers POST /admin/senders/{id}/ids, and asks Meta anew how the number is
// connected.
func (h *Handler) SetSenderIDs(c echo.Context) error {
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	ids := typedIDs(c, t.ID)
	ids.ID = s.ID
	err = h.Senders.SetIDs(c.Request().Context(), ids, operator(c).Login)
	if fault.Is(err, fault.Invalid) {
		return h.senderIDs(c, http.StatusUnprocessableEntity, s, typedValues(c), connectProblems(c, err))
	}
	if err != nil {
		return err
	}
	return h.changeSender(c, func(context.Context, *tenant.Tenant, *business.Sender) error { return nil })
}

// RemoveSenderPage answers GET /admin/senders/{id}/remove: what will happen, asked once.
func (h *Handler) RemoveSenderPage(c echo.Context) error {
	return h.askRemoveSender(c, http.StatusOK, "")
}

func (h *Handler) askRemoveSender(c echo.Context, status int, unsure string) error {
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	r, err := h.Senders.Removal(t.ID, s.ID)
	if err != nil {
		return err
	}
	m := views.RemoveSender{
		Frame: h.frame(c, localizer(c).T("admin.sender.remove"), inSenders), Number: s.Number, Act: senderAddress(s.ID) + "/remove", Back: senderAddress(s.ID),
		Connect: inSenders + "/new", Refused: r.Refused(), Unsure: unsure,
	}
	if r.Next != nil {
		m.Next = r.Next.Number
	}
	for _, f := range r.Funnels {
		m.Funnels = append(m.Funnels, layout.NavItem{Label: h.funnelTitle(m.Frame.Loc, f.Slug), URL: inFunnels + "/" + f.Slug})
	}
	return show(c, status, views.RemoveSenderPage(m))
}

// RemoveSender answers POST /admin/senders/{id}/remove. It takes nothing away for who has
// not ticked that they are sure.
func (h *Handler) RemoveSender(c echo.Context) error {
	t, s, err := h.sender(c)
	if err != nil {
		return err
	}
	if c.FormValue("sure") == "" {
		return h.askRemoveSender(c, http.StatusUnprocessableEntity, localizer(c).T("editor.defective.not_sure"))
	}
	err = h.Senders.RemoveSender(c.Request().Context(), t.ID, s.ID, operator(c).Login)
	if fault.Is(err, fault.Conflict) { // a funnel was published meanwhile
		return h.askRemoveSender(c, http.StatusConflict, "")
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, inSenders)
}
