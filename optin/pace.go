package optin

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"assent/business"
	"assent/chat"
	"assent/phone"
)

// The pace of sending (docs/sending.md). A number has a turn in each of its
// paces. A pair of number and person has one in six seconds; as a person who
// acts is answered at once, some of its turns may lie ahead of their time.
const (
	pairPace  = 6 * time.Second
	pairBurst = 9

	within  = time.Second      // how long a message waits for its turn in the job that sends it
	again   = 30 * time.Second // how soon a message that is held looks again
	soonest = 50 * time.Millisecond
)

// about returns what may keep a message from being sent: its number, account
// and token, and its template.
func (o *outgoing) about() []string {
	list := []string{o.sender.AboutSender(), o.sender.AboutWABA(), o.sender.AboutToken()}
	if o.content.Template != "" {
		list = append(list, business.AboutTemplate(o.sender.WABA, o.content.Template, o.m.Lang))
	}
	return list
}

// aboutPair is the key of what the sender writes to the person.
func (o *outgoing) aboutPair() string {
	h := o.t.Index.Hash("pair", o.sender.ID+"/"+o.content.To+o.content.BSUID)
	return "pair/" + hex.EncodeToString(h[:])
}

// aboutCap is the key of the templates that the sender writes to the person.
func (o *outgoing) aboutCap() string { return "templates/" + o.aboutPair() }

// start gives a message its turn, asks once more whether it may go, and marks it
// as on its way. It returns how long the message has to wait, or whether it is
// this run's to send: of two that want to, one does.
func (s *Service) start(ctx context.Context, o *outgoing) (wait time.Duration, mine bool, err error) {
	alarm, err := s.newID(s.now())
	if err != nil {
		return 0, false, err
	}
	begin := func(ctx context.Context, w Writer) error {
		mine, err = s.begin(ctx, w, o)
		return err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) (err error) {
		mine = false
		if wait, err = s.turn(ctx, w, o, alarm); err != nil || wait > 0 {
			return err
		}
		return begin(ctx, w)
	})
	if err != nil || wait == 0 || wait > within {
		return wait, mine, err
	}
	// The turn is ours. A stop that comes until then still counts.
	if s.sleep(ctx, wait) != nil {
		return wait, false, nil
	}
	return 0, mine, s.store.ReadWrite(ctx, begin)
}

// begin drops a message that a stop or a closed window has overtaken, and marks
// any other as on its way.
func (s *Service) begin(ctx context.Context, w Writer, o *outgoing) (mine bool, err error) {
	now, late := s.now(), *o
	if err := s.mayGo(ctx, w, &late, now); err != nil {
		return false, err
	}
	if late.drop != "" {
		if err := s.countUnsent(ctx, w, &o.m); err != nil {
			return false, err
		}
		return false, w.SetMessage(ctx, o.m.ID, chat.Dropped, 0, nil, now)
	}
	return w.StartMessage(ctx, o.m.ID, now)
}

// turn returns how long a message has to wait: for an alarm to be resolved, for
// a pause to end, for the portfolio's limit, or for its turn. If that is not
// longer than within, the turn is taken.
func (s *Service) turn(ctx context.Context, w Writer, o *outgoing, alarm string) (time.Duration, error) {
	now, about := s.now(), o.about()
	held, err := w.HeldBy(ctx, about)
	if err != nil {
		return 0, err
	}
	if held == business.HoldsAll || held == business.HoldsTemplates && o.content.Template != "" {
		return again, nil
	}
	pair := o.aboutPair()
	about = append(about, pair)
	if o.content.Template != "" {
		about = append(about, o.aboutCap())
	}
	until, err := w.PausedUntil(ctx, about)
	if err != nil || until.After(now) {
		return until.Sub(now), err
	}
	turn, err := w.NextTurn(ctx, pair, pairBurst, pairPace)
	if err != nil || turn.After(now) {
		return turn.Sub(now), err
	}
	if turn, err = w.NextTurn(ctx, o.sender.AboutSender(), 0, o.sender.Pace()); err != nil || turn.Sub(now) > within {
		return max(turn.Sub(now)-within/2, soonest), err
	}
	if o.content.Template != "" {
		if wait, err := s.share(ctx, w, o, alarm, now); err != nil || wait > 0 {
			return wait, err
		}
	}
	if _, err = w.TakeTurn(ctx, pair, pairPace, pairBurst, now); err != nil {
		return 0, err
	}
	turn, err = w.TakeTurn(ctx, o.sender.AboutSender(), o.sender.Pace(), 0, now)
	return min(max(turn.Sub(now), 0), within), err
}

// share spends one of the people to whom the portfolio may write first in 24
// hours, and returns how long to wait where none is left.
func (s *Service) share(ctx context.Context, w Writer, o *outgoing, alarm string, now time.Time) (time.Duration, error) {
	n, err := phone.ParseE164(o.content.To)
	if err != nil {
		return 0, err
	}
	portfolio := o.sender.AboutPortfolio()
	state, err := accountState(ctx, w, portfolio)
	if err != nil {
		return 0, err
	}
	ok, free, err := w.TakeShare(ctx, portfolio, s.inst.Secrets.TemplateHash(n), business.TierLimit(state.Limit), now)
	if err != nil {
		return 0, err
	}
	if ok {
		return 0, w.ResolveAlarmsAbout(ctx, business.AlarmLimit, portfolio, now)
	}
	_, err = w.RaiseAlarm(ctx, business.Alarm{ID: alarm, Business: o.t.ID, Sender: o.sender.ID, Kind: business.AlarmLimit, About: portfolio, Name: state.Limit}, now)
	return min(max(free.Sub(now), soonest), time.Hour), err
}

// accountState reads what Meta last said of a number, an account or a portfolio.
func accountState(ctx context.Context, r Reader, about string) (state business.AccountState, err error) {
	doc, err := r.AccountState(ctx, about)
	if err != nil || doc == nil {
		return state, err
	}
	return state, errors.Join(err, json.Unmarshal(doc, &state))
}

// sleep waits, or returns why it does not.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
