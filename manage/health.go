package manage

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"assent/business"
	"assent/chat"
	"assent/fault"
	"assent/funnel"
	"assent/template"
	"assent/tenant"
)

// Health is how a business stands with WhatsApp, and with the people it writes to.
type Health struct {
	Senders []SenderHealth
	Funnels []FunnelHealth // of a week, those whose yeses most stops follow first
}

// SenderHealth is how one number stands.
type SenderHealth struct {
	Sender                     *business.Sender
	Number, Account, Portfolio business.AccountState
	Rung                       business.Rung // of the account
	Templates                  []template.Template
	Spans                      []Span
	Alarms                     []business.Alarm // about it, its account, its token or a template; open ones first
}

// Span is what became of a number's messages in the last days.
type Span struct {
	Days           int
	Templates, All chat.Sends
}

// FunnelHealth is how many said yes in a funnel, and how many stopped what they had
// said yes to there.
type FunnelHealth struct {
	Slug               string
	Confirmed, Stopped int64
}

// spans are the times that figures of sends are told of, in days.
var spans = []int{1, 7, 30}

const healthAlarms = 200

// Health returns how a business stands.
func (s *Service) Health(ctx context.Context, businessID string) (h Health, err error) {
	defer fault.Wrap(&err, "manage.Health")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return h, errNoBusiness
	}
	now := s.clock()
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		h = Health{}
		alarms, err := r.Alarms(ctx, t.ID, healthAlarms)
		if err != nil {
			return err
		}
		for _, sender := range t.Senders {
			one, err := healthOf(ctx, r, sender, alarms, now)
			if err != nil {
				return err
			}
			h.Senders = append(h.Senders, one)
		}
		h.Funnels, err = s.funnelsHealth(ctx, r, t.ID, funnel.DayOf(now)-business.StoppedWithin+1, funnel.DayOf(now)+1)
		return err
	})
	return h, err
}

func healthOf(ctx context.Context, r Reader, sender *business.Sender, alarms []business.Alarm, now time.Time) (h SenderHealth, err error) {
	h.Sender = sender
	for about, into := range map[string]*business.AccountState{sender.AboutSender(): &h.Number, sender.AboutWABA(): &h.Account, sender.AboutPortfolio(): &h.Portfolio} {
		if *into, err = readState(ctx, r, about); err != nil {
			return h, err
		}
	}
	if sender.Portfolio == "" { // one row speaks for both
		h.Portfolio = h.Account
	}
	h.Rung = h.Account.Rung(now)
	if h.Templates, err = r.Templates(ctx, sender.WABA); err != nil {
		return h, err
	}
	for _, days := range spans {
		counts, err := r.SendCounts(ctx, sender.ID, now.AddDate(0, 0, -days))
		if err != nil {
			return h, err
		}
		h.Spans = append(h.Spans, Span{Days: days, Templates: chat.Tally(counts, chat.KindTemplate), All: chat.Tally(counts, "")})
	}
	about := []string{sender.AboutSender(), sender.AboutWABA(), sender.AboutToken()}
	for _, a := range alarms {
		if a.Sender == sender.ID || slices.Contains(about, a.About) {
			h.Alarms = append(h.Alarms, a)
		}
	}
	return h, nil
}

func readState(ctx context.Context, r Reader, about string) (state business.AccountState, err error) {
	doc, err := r.AccountState(ctx, about)
	if err != nil || doc == nil {
		return state, err
	}
	return state, json.Unmarshal(doc, &state)
}

// funnelsHealth returns the figures of the days from one on and before another.
func (s *Service) funnelsHealth(ctx context.Context, r Reader, businessID string, from, until int64) (list []FunnelHealth, err error) {
	for _, f := range s.directory.Funnels(businessID) {
		rows, err := r.CountsByDay(ctx, funnel.CountQuery{Funnel: f.ID, From: from, Until: until})
		if err != nil {
			return nil, err
		}
		one := FunnelHealth{Slug: f.Slug}
		for _, row := range rows {
			one.Confirmed += row.Figures[funnel.CountConfirmed]
			one.Stopped += row.Figures[funnel.CountStopped]
		}
		if one.Confirmed+one.Stopped > 0 {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b FunnelHealth) int {
		return cmp.Or(cmp.Compare(b.Stopped*max(a.Confirmed, 1), a.Stopped*max(b.Confirmed, 1)), cmp.Compare(a.Slug, b.Slug))
	})
	return list, nil
}

// judge pauses the templates of a number where too many of them fail, or too many
// people stop. An operator who resolves the alarm lets them go, and what came before
// is not held against the number again.
func (s *Templates) judge(ctx context.Context, t *tenant.Tenant, sender *business.Sender) error {
	now := s.clock()
	var found []business.Alarm
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		found = nil
		past, err := r.Alarms(ctx, t.ID, healthAlarms)
		if err != nil {
			return err
		}
		pause := func(kind business.AlarmKind, n, all int64) {
			found = append(found, business.Alarm{
				Business: t.ID, Sender: sender.ID, Kind: kind, About: sender.AboutSender(), Name: sender.Number, Holds: business.HoldsTemplates,
				Detail: strconv.FormatInt(n, 10) + " / " + strconv.FormatInt(all, 10),
			})
		}
		since := now.Add(-business.FailedWithin)
		if lifted := liftedAt(past, business.AlarmFailing, sender); lifted.After(since) {
			since = lifted
		}
		counts, err := r.SendCounts(ctx, sender.ID, since)
		if err != nil {
			return err
		}
		sends := chat.Tally(counts, chat.KindTemplate)
		if failed, all := int64(sends.Failed), int64(sends.Left); business.TooMany(failed, all, business.MostFailed, business.EnoughSends) {
			pause(business.AlarmFailing, failed, all)
		}
		from := funnel.DayOf(now) - business.StoppedWithin + 1
		if lifted := liftedAt(past, business.AlarmLeaving, sender); !lifted.IsZero() {
			from = max(from, funnel.DayOf(lifted)+1)
		}
		list, err := s.funnelsHealth(ctx, r, t.ID, from, funnel.DayOf(now)+1)
		if err != nil {
			return err
		}
		var confirmed, stopped int64
		for _, f := range list {
			confirmed, stopped = confirmed+f.Confirmed, stopped+f.Stopped
		}
		if business.TooMany(stopped, confirmed, business.MostStopped, business.EnoughYeses) {
			pause(business.AlarmLeaving, stopped, confirmed)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return s.raiseAll(ctx, found, now)
}

// liftedAt returns when an operator last lifted the pause.
func liftedAt(past []business.Alarm, kind business.AlarmKind, sender *business.Sender) (at time.Time) {
	for _, a := range past {
		if a.Kind == kind && a.About == sender.AboutSender() && a.ResolvedAt.After(at) {
			at = a.ResolvedAt
		}
	}
	return at
}

func (s *Templates) raiseAll(ctx context.Context, list []business.Alarm, now time.Time) (err error) {
	for i := range list {
		if list[i].ID, err = s.newID(); err != nil {
			return err
		}
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for _, a := range list {
			if _, err := w.RaiseAlarm(ctx, a, now); err != nil {
				return err
			}
		}
		return nil
	})
}
