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

	within  = 250 * time.Millisecond // how long a message waits for its turn in the job that sends it
	again   = 30 * time.Second       // how soon a message that is held looks again
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
	var turn time.Time
	var begun bool
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) (err error) {
		mine, begun = false, false
		if o.content.Template != "" { // what is dropped spends nobody of the portfolio's limit
			if begun, err = s.overtaken(ctx, w, o); err != nil || begun {
				return err
			}
		}
		if turn, wait, err = s.turn(ctx, w, o, alarm); err != nil || wait > 0 {
			return err
		}
		if begun = !turn.After(s.now()); !begun {
			return nil
		}
		return begin(ctx, w)
	})
	if err != nil || wait > 0 || begun {
		return wait, mine, err
	}
	// The turn is ours. A stop that comes until then still counts.
	if s.sleep(ctx, turn.Sub(s.now())) != nil {
		return soonest, false, nil
	}
	err = s.store.ReadWrite(ctx, begin)
	return 0, mine, err
}

// begin drops a message that a stop or a closed window has overtaken, and marks
// any other as on its way.
func (s *Service) begin(ctx context.Context, w Writer, o *outgoing) (mine bool, err error) {
	if dropped, err := s.overtaken(ctx, w, o); err != nil || dropped {
		return false, err
	}
	return w.StartMessage(ctx, o.m.ID, s.now())
}

// overtaken drops a message that must not go any more, and reports whether it did.
func (s *Service) overtaken(ctx context.Context, w Writer, o *outgoing) (dropped bool, err error) {
	now, late := s.now(), *o
	if err := s.mayGo(ctx, w, &late, now); err != nil || late.drop == "" {
		return false, err
	}
	if err := s.countUnsent(ctx, w, &o.m); err != nil {
		return false, err
	}
	return true, w.SetMessage(ctx, o.m.ID, chat.Dropped, 0, nil, now)
}

// aboutLine is the key of the line of messages that wait for a turn of the number.
func (o *outgoing) aboutLine() string { return "line/" + o.sender.ID }

// turn returns how long a message has to wait before it is looked at again: for
// an alarm to be resolved, for a pause to end, for the portfolio's limit, or for
// its turn. Otherwise the turn is the message's, and at most within ahead.
//
// A message takes a place in the number's line when it is first looked at, and is
// looked at again when that comes: so of many that wait, each is looked at about
// twice, and not all of them all the time. What it sends by is a turn taken then:
// however late the looks are, no two messages go closer than the pace, and no
// turn is lost. Where the number is idle nobody stands in line.
func (s *Service) turn(ctx context.Context, w Writer, o *outgoing, alarm string) (turn time.Time, wait time.Duration, err error) {
	now := s.now()
	if wait, err = s.resting(ctx, w, o, now); err != nil || wait > 0 {
		return turn, wait, err
	}
	place, number := o.m.TurnAt, o.sender.AboutSender()
	if turn, err = w.NextTurn(ctx, number, 0, o.sender.Pace()); err != nil {
		return turn, 0, err
	}
	if place.IsZero() && turn.After(now) {
		if place, err = w.TakeTurn(ctx, o.aboutLine(), o.sender.Pace(), 0, now); err != nil {
			return turn, 0, err
		}
	}
	if place.Sub(now) <= within && turn.Sub(now) > within { // many come at once: it stands in line anew
		if place, err = w.TakeTurn(ctx, o.aboutLine(), o.sender.Pace(), 0, now); err != nil {
			return turn, 0, err
		}
		place = later(place, turn)
	}
	if ahead := place.Sub(now); ahead > within {
		return turn, ahead - within/2, w.KeepTurn(ctx, o.m.ID, place)
	}
	if o.content.Template != "" {
		if wait, err := s.share(ctx, w, o, alarm, now); err != nil || wait > 0 {
			return turn, wait, err
		}
	}
	if _, err = w.TakeTurn(ctx, o.aboutPair(), pairPace, pairBurst, now); err != nil {
		return turn, 0, err
	}
	turn, err = w.TakeTurn(ctx, number, o.sender.Pace(), 0, now)
	return turn, 0, err
}

// resting returns how long a message has to wait for an alarm, for a pause, or
// for the pair of number and person.
func (s *Service) resting(ctx context.Context, w Writer, o *outgoing, now time.Time) (time.Duration, error) {
	about := o.about()
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
	return max(turn.Sub(now), 0), err
}

// later returns the later of two instants.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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
