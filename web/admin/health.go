package admin

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/chat"
	"assent/locale"
	"assent/manage"
	views "assent/views/admin"
)

const inHealth = "/admin/health"

// Healths tells how a business stands with WhatsApp.
type Healths interface {
	Health(ctx context.Context, businessID string) (manage.Health, error)
}

// HealthPage answers GET /admin/health.
func (h *Handler) HealthPage(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	found, err := h.Healths.Health(c.Request().Context(), t.ID)
	if err != nil {
		return err
	}
	loc := localizer(c)
	m := views.Health{
		Frame: h.frame(c, loc.T("admin.health"), inHealth), Now: h.Now().In(time.Local), Alarms: inAlarms,
		Failed: business.MostFailed, EnoughSends: business.EnoughSends, Stopped: business.MostStopped, EnoughYeses: business.EnoughYeses,
	}
	for _, s := range found.Senders {
		m.Senders = append(m.Senders, senderHealth(loc, s))
	}
	for _, f := range found.Funnels {
		m.Funnels = append(m.Funnels, views.FunnelHealth{Name: f.Slug, URL: inFunnels + "/" + f.Slug, Confirmed: int(f.Confirmed), Stopped: int(f.Stopped)})
	}
	return show(c, http.StatusOK, views.HealthPage(m))
}

func senderHealth(loc locale.Localizer, s manage.SenderHealth) views.SenderHealth {
	m := views.SenderHealth{Number: s.Sender.Number, URL: senderAddress(s.Sender.ID), Rung: int(s.Rung), Ended: !s.Sender.InUse()}
	m.Offline = s.Number.Status != "" && s.Number.Status != "CONNECTED"
	for _, f := range []struct{ name, value string }{
		{"quality", s.Number.Quality}, {"limit", s.Portfolio.Limit}, {"throughput", s.Number.Throughput}, {"status", s.Number.Status},
		{"account", s.Account.Status}, {"review", s.Account.Review}, {"violation", s.Account.Violation}, {"ban", s.Account.Ban}, {"ban", s.Account.BanDate},
	} {
		if f.value != "" {
			w := metaWord(loc, f.name, f.value)
			m.Facts = append(m.Facts, views.Fact{Label: loc.T("admin.health." + f.name), Value: w.Says, Meta: w.Meta})
		}
	}
	for _, r := range s.Account.Restrictions {
		m.Limits = append(m.Limits, views.Limit{What: metaWord(loc, "restriction", r.Type), Until: r.Until})
	}
	states := map[string]int{}
	for _, t := range s.Templates {
		states[t.Status]++
	}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		m.Templates = append(m.Templates, views.TemplateCount{State: metaWord(loc, "template", state), N: states[state]})
	}
	for _, x := range s.Spans {
		m.Spans = append(m.Spans, views.Span{
			Days: x.Days, Sent: x.All.Left, Arrived: x.All.Arrived, Read: x.All.Read, Failed: x.All.Failed, Templates: x.Templates.Left, TemplatesFailed: x.Templates.Failed,
		})
		m.Codes = failures(loc, x.All) // of the longest, which is the last
	}
	if n := len(m.Spans); n > 0 {
		m.Quiet = m.Spans[n-1].Sent == 0
		m.Unused = m.Quiet && s.Number.EventAt.IsZero()
	}
	m.History = history(loc, s)
	for _, a := range s.Alarms {
		if a.Open() && a.Holds != business.HoldsNothing {
			m.Held = append(m.Held, views.Alarm{Kind: string(a.Kind), Holds: string(a.Holds), Detail: alarmDetail(loc, a), Since: a.Since, Resolve: inAlarms + "/" + a.ID + "/resolve"})
		}
	}
	return m
}

// failures lists why messages failed, the most frequent first.
func failures(loc locale.Localizer, s chat.Sends) (list []views.Failure) {
	for code, n := range s.Codes {
		list = append(list, views.Failure{Code: code, Meaning: metaCode(loc, code), N: n})
	}
	slices.SortFunc(list, func(a, b views.Failure) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Code, b.Code)) })
	return list
}

// history lists what Meta told and which alarms there were, the newest first.
func history(loc locale.Localizer, s manage.SenderHealth) (list []views.Happened) {
	notices := slices.Concat(s.Number.Notices, s.Account.Notices)
	if s.Sender.Portfolio != "" {
		notices = append(notices, s.Portfolio.Notices...)
	}
	for _, n := range notices {
		list = append(list, views.Happened{When: n.At, Words: told(loc, n)})
	}
	for _, a := range s.Alarms {
		list = append(list, views.Happened{When: a.Since, Ended: a.ResolvedAt, Alarm: string(a.Kind), Words: alarmDetail(loc, a)})
	}
	slices.SortStableFunc(list, func(a, b views.Happened) int { return b.When.Compare(a.When) })
	return list
}

// told says what Meta told: where its words are known here in the operator's, and else as
// it came.
func told(loc locale.Localizer, n business.Notice) views.Word {
	family := n.Field
	if n.Field == "account_update" {
		family = "account"
	}
	raw := n.Field + ": " + n.Type
	if n.Text != "" {
		raw += " – " + n.Text
	}
	w, label := metaChange(loc, family, n.Type), "admin.health."+family
	if !w.Known() || n.Text != "" || !loc.Has(label) {
		return views.Word{Says: raw, Meta: raw}
	}
	return views.Word{Says: loc.T(label) + ": " + w.Says, Meta: raw}
}
