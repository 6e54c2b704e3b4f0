package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"assent/consent"
	"assent/fault"
	"assent/locale"
	"assent/optin"
	"assent/phone"
	"assent/records"
	"assent/subject"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
	"assent/whatsapp/wire"
)

// Stops is what an operator does about stops.
type Stops interface {
	Withdraw(ctx context.Context, w optin.Withdrawal) (optin.Withdrawn, error)
	LiftStops(ctx context.Context, businessID, subjectID, note, operator string) error
	Reach(ctx context.Context, businessID, subjectID string) (optin.Reach, error)
	SendLink(ctx context.Context, businessID, subjectID, channel, operator string) error
	ConfirmStop(ctx context.Context, businessID, subjectID, operator string) error
	Unblock(ctx context.Context, businessID, subjectID, operator string) error
}

const enterStop = "/admin/stop"

// How a stop reached the business, in the words of the evidence, and what else
// than a wish it was.
var (
	stopSources = []string{"telephone", "letter", "e-mail", "in person", "other"}
	stopReasons = []subject.Reason{subject.ByOperator, subject.Complaint, subject.Minor, subject.Legal}
)

// sourceWord is how a stop reached the business, in the operator's language; as it
// was written where that was another program's word.
func sourceWord(loc locale.Localizer, source string) string {
	if id := "admin.source." + strings.NewReplacer(" ", "_", "-", "").Replace(source); slices.Contains(stopSources, source) {
		return loc.T(id)
	}
	return source
}

const (
	maxStopWords = 2000
	stopAll      = "all"
)

// EnterStopPage answers GET /admin/stop and GET /admin/people/{id}/stop.
func (h *Handler) EnterStopPage(c echo.Context) error {
	return h.enterStop(c, http.StatusOK, nil, c.QueryParam("done") != "")
}

func (h *Handler) enterStop(c echo.Context, status int, problems ui.Problems, entered bool) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	loc := localizer(c)
	m := views.EnterStop{Frame: h.frame(c, loc.T("admin.enter_stop"), inConsents), Act: enterStop, Back: inConsents, To: c.FormValue("to"), Words: c.FormValue("words"), Problems: problems, Entered: entered}
	if id := c.Param("id"); id != "" {
		p, err := h.stoppable(c, t, id)
		if err != nil {
			return err
		}
		m.Person, m.Act, m.Back = h.person(loc, t, p, nil).Number, personAddress(id)+"/stop", personAddress(id)
		for _, s := range p.Stops {
			if !s.Reason.EndsByAct() && len(s.Covers) > 0 {
				m.Lift = personAddress(id) + "/lift"
			}
		}
	}
	m.What = whatOptions(loc, t, c.FormValue("what"))
	for _, s := range stopSources {
		m.Sources = append(m.Sources, ui.Option{Value: s, Label: sourceWord(loc, s), Selected: s == c.FormValue("source")})
	}
	for _, r := range stopReasons {
		m.Reasons = append(m.Reasons, ui.Option{Value: string(r), Label: loc.T("admin.because." + string(r)), Selected: string(r) == c.FormValue("reason")})
	}
	return show(c, status, views.EnterStopPage(m))
}

// stoppable returns a person for whom a stop can be entered: of somebody whose
// record is locked or erased, nothing is known that it could be for.
func (h *Handler) stoppable(c echo.Context, t *tenant.Tenant, id string) (records.Person, error) {
	p, err := h.Records.Person(c.Request().Context(), t.ID, id)
	if err == nil && (!p.ErasedAt.IsZero() || !p.LockedUntil.IsZero()) {
		err = fault.New(fault.NotFound, "The record is locked or erased. Enter the stop by the number.")
	}
	return p, err
}

func whatOptions(loc locale.Localizer, t *tenant.Tenant, chosen string) []ui.Option {
	list := []ui.Option{
		{Value: stopAll, Label: loc.T("admin.enter_stop.all"), Selected: chosen == stopAll},
		{Value: string(consent.Marketing), Label: loc.T("scope.marketing"), Selected: chosen == string(consent.Marketing)},
	}
	for _, p := range t.Purposes {
		list = append(list, ui.Option{Value: "purpose " + p.Key, Label: titleOf(loc, t, p.Key, ""), Selected: chosen == "purpose "+p.Key})
	}
	return list
}

// EnterStop answers POST /admin/stop and POST /admin/people/{id}/stop. The stop
// counts before the answer.
func (h *Handler) EnterStop(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	w, err := h.withdrawal(c, t)
	if err == nil {
		_, err = h.Stops.Withdraw(c.Request().Context(), w)
	}
	if fault.Is(err, fault.Invalid) && fault.FieldOf(err) != "" {
		return h.enterStop(c, http.StatusUnprocessableEntity, ui.Problems{problem(localizer(c), err)}, false)
	}
	if err != nil {
		return err
	}
	if w.Subject != "" {
		return c.Redirect(http.StatusSeeOther, personAddress(w.Subject))
	}
	return c.Redirect(http.StatusSeeOther, enterStop+"?done=1")
}

// withdrawal reads what an operator entered.
func (h *Handler) withdrawal(c echo.Context, t *tenant.Tenant) (w optin.Withdrawal, err error) {
	w = optin.Withdrawal{Business: t.ID, Subject: c.Param("id"), Reason: subject.Reason(c.FormValue("reason")), Channel: c.FormValue("source"), Words: strings.TrimSpace(c.FormValue("words")), Operator: operator(c).ID}
	if w.Subject != "" {
		if _, err := h.stoppable(c, t, w.Subject); err != nil {
			return w, err
		}
	} else if w.Account, err = named(c.FormValue("to")); err != nil {
		return w, err
	}
	switch what := c.FormValue("what"); {
	case what == stopAll:
	case what == string(consent.Marketing):
		w.Scope = consent.Marketing
	default:
		key, ok := strings.CutPrefix(what, "purpose ")
		if _, there := t.Purpose(key); !ok || !there {
			return w, fault.Field("what", "Choose what shall stop.")
		}
		w.Purpose = key
	}
	if !slices.Contains(stopSources, w.Channel) {
		return w, fault.Field("source", "Choose how it was said.")
	}
	if n := utf8.RuneCountInString(w.Words); n == 0 || n > maxStopWords {
		return w, fault.Field("words", "Say in a few words what was said: it stands in the record.")
	}
	return w, nil
}

// named reads the account of somebody who need not be known.
func named(text string) (a tenant.Account, err error) {
	text = strings.TrimSpace(text)
	if wire.IsBSUID(text) {
		a.BSUID = text
		return a, nil
	}
	plain := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "/", "").Replace(text)
	if a.Number, err = phone.ParseE164(plain); err != nil {
		return a, fault.Field("to", "Give the number with + and its country code, or a WhatsApp user id.")
	}
	return a, nil
}

// LiftStops answers POST /admin/people/{id}/lift.
func (h *Handler) LiftStops(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	if _, err := h.stoppable(c, t, c.Param("id")); err != nil {
		return err
	}
	err := h.Stops.LiftStops(c.Request().Context(), t.ID, c.Param("id"), strings.TrimSpace(c.FormValue("note")), operator(c).ID)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		p := problem(localizer(c), err)
		p.Field = "note"
		return h.enterStop(c, http.StatusUnprocessableEntity, ui.Problems{p}, false)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, personAddress(c.Param("id")))
}
