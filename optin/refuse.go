package optin

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/job"
	"assent/phone"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// refused does what the table of error codes asks for (wire.Behaviour) about a
// send that did not go well.
func (s *Service) refused(ctx context.Context, o *outgoing, err error) error {
	var r *SendError
	switch {
	case !errors.As(err, &r):
		return err
	case r.Unclear:
		s.log.Warn("it is unclear whether a message went out; its status will tell", "message", o.m.ID, "error", err)
		return nil
	case r.Code == 0 && r.Retry: // nothing left this machine
		return errors.Join(err, s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.RequeueMessage(ctx, o.m.ID, s.now()) }))
	}
	alarm, err := s.newID(s.now())
	if err != nil {
		return err
	}
	b := wire.Code(r.Code).Behaviour()
	waits := b.Do == wire.ActRetry || b.Do == wire.ActPauseSender || b.Do == wire.ActPausePair || b.Do == wire.ActStopSending
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		err := s.consequence(ctx, w, o, trouble{r.Code, r.Details}, alarm)
		switch {
		case err != nil:
			return err
		case waits:
			return w.RequeueMessage(ctx, o.m.ID, s.now())
		}
		if err := s.countUnsent(ctx, w, &o.m); err != nil {
			return err
		}
		return w.SetMessage(ctx, o.m.ID, chat.Failed, r.Code, nil, s.now())
	})
	switch {
	case err != nil:
		return err
	case b.Do == wire.ActPlatformStop:
		return s.stoppedThere(ctx, o)
	case waits:
		s.log.Warn("a message waits", "message", o.m.ID, "code", r.Code, "does", b.Do)
		return job.Snooze(max(b.After, soonest))
	}
	s.log.Warn("a message was refused", "message", o.m.ID, "kind", o.m.Kind, "code", r.Code)
	return nil
}

// stoppedThere records that the person of a message has stopped marketing in
// WhatsApp, which the platform told in its answer.
func (s *Service) stoppedThere(ctx context.Context, o *outgoing) error {
	a := tenant.Account{BSUID: o.content.BSUID}
	if o.content.To != "" {
		n, err := phone.ParseE164(o.content.To)
		if err != nil {
			return err
		}
		a = tenant.Account{Number: n}
	}
	return s.deed(ctx, o.t, o.sender, a, s.now(), inbound{subject: o.m.Subject}, func(_ context.Context, d *deed) error { return d.platformStop("error 131050") })
}

// trouble is what the platform said against a message.
type trouble struct {
	code    int
	details string
}

// consequence does what an error means beyond its own message. alarm is the id
// of the alarm, if there is one.
func (s *Service) consequence(ctx context.Context, w Writer, o *outgoing, e trouble, alarm string) error {
	now, b := s.now(), wire.Code(e.code).Behaviour()
	rest := func(about string, d time.Duration) error { return w.Pause(ctx, about, d, e.code, now) }
	raise := func(kind business.AlarmKind, holds business.Holds, about, name string) error {
		return s.raise(ctx, w, o, e, business.Alarm{ID: alarm, Kind: kind, About: about, Name: name, Holds: holds})
	}
	wide := aboutOf(b.Width, o.sender)
	switch b.Do {
	case wire.ActPauseSender:
		return rest(wide, b.After)
	case wire.ActPausePair:
		return rest(o.aboutPair(), b.After)
	case wire.ActStopSending:
		return raise(stopKind(b.Width), business.HoldsAll, wide, o.sender.Number)
	case wire.ActStopCampaigns:
		return raise(business.AlarmReported, business.HoldsTemplates, wide, o.sender.Number)
	case wire.ActStopTemplate:
		if o.content.Template != "" {
			return raise(business.AlarmTemplate, business.HoldsTemplates, business.AboutTemplate(o.sender.WABA, o.content.Template, o.m.Lang), o.content.Template)
		}
	case wire.ActAlarm:
		return raise(business.AlarmRefused, business.HoldsNothing, o.aboutCode(e.code), o.sender.Number)
	}
	switch b.Effect {
	case wire.EffectWindowClosed:
		if o.m.Subject != "" {
			return w.CloseWindow(ctx, o.m.Subject, o.m.CreatedAt)
		}
	case wire.EffectCapReached, wire.EffectUnreachable:
		return rest(o.aboutCap(), max(b.After, 24*time.Hour))
	}
	return nil
}

// raise opens an alarm about what the platform said, at the message's business and at
// each other whose messages it holds too: who shares a token or an account waits as well,
// and has to see why.
func (s *Service) raise(ctx context.Context, w Writer, o *outgoing, e trouble, a business.Alarm) error {
	a.Code, a.Detail = e.code, unnumbered(e.details)
	for _, sender := range s.alarmed(o.sender, a.About) {
		at := a
		at.Business, at.Sender = sender.Business, sender.ID
		if sender.Business != o.sender.Business {
			id, err := s.newID(s.now())
			if err != nil {
				return err
			}
			if at.ID = id; a.Name == o.sender.Number {
				at.Name = sender.Number
			}
		}
		fresh, err := w.RaiseAlarm(ctx, at, s.now())
		if err != nil {
			return err
		}
		if fresh {
			s.log.Error("an alarm is open", "kind", at.Kind, "sender", at.Sender, "code", at.Code, "holds", at.Holds)
		}
	}
	return nil
}

// alarmed returns of each business that an alarm about the key concerns one number; of
// the business that met its cause the one by which it did. They are always in the same
// order, so that two who raise the same alarms do not wait for each other.
func (s *Service) alarmed(met *business.Sender, about string) []*business.Sender {
	list := s.directory.HeldBy(about)
	i := slices.IndexFunc(list, func(x *business.Sender) bool { return x.Business == met.Business })
	if i < 0 {
		return append(list, met)
	}
	list[i] = met
	return list
}

// aboutCode is the key of an alarm that shows a code.
func (o *outgoing) aboutCode(code int) string {
	return "code/" + strconv.Itoa(code) + "/" + o.sender.ID
}

// complained does what an error means that the platform tells of a number and not of
// a message: what holds or slows the number does so here too, all else is shown. The
// body says no time, so the same one counts once a day; one from long ago does nothing.
func (s *Service) complained(ctx context.Context, t *tenant.Tenant, sender *business.Sender, el *wire.Element, body evidence.Digest) error {
	now := s.now()
	if said := el.EntryTime.Time(); !said.IsZero() && now.Sub(said) > consent.MaxDelay {
		return nil
	}
	alarm, err := s.newID(now)
	if err != nil {
		return err
	}
	e := trouble{int(el.Error.Code), el.Error.Data.Details}
	o := outgoing{t: t, sender: sender}
	seen := t.Index.Hash("error", sender.ID+"/"+now.Format(time.DateOnly)+"/"+strconv.Itoa(el.Slice.Offset)+"/"+body.String())
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.MarkSeen(ctx, seen[:], "", now); err != nil {
			return err
		}
		switch el.Error.Code.Behaviour().Do {
		case wire.ActPauseSender, wire.ActStopSending, wire.ActStopCampaigns:
			return s.consequence(ctx, w, &o, e, alarm)
		}
		return s.raise(ctx, w, &o, e, business.Alarm{ID: alarm, Kind: business.AlarmRefused, About: o.aboutCode(e.code), Name: sender.Number, Holds: business.HoldsNothing})
	})
	if isSeen(err) {
		return nil
	}
	return err
}

// aboutOf returns the key of all that an error of the width reaches.
func aboutOf(w wire.Width, s *business.Sender) string {
	switch w {
	case wire.WidthApp:
		return s.AboutToken()
	case wire.WidthWABA:
		return s.AboutWABA()
	}
	return s.AboutSender()
}

// stopKind is the kind of an alarm that stops everything.
func stopKind(w wire.Width) business.AlarmKind {
	switch w {
	case wire.WidthApp:
		return business.AlarmToken
	case wire.WidthWABA:
		return business.AlarmRestricted
	}
	return business.AlarmAccount
}

var longNumber = regexp.MustCompile(`[0-9][0-9 ()-]{5,}[0-9]`)

// unnumbered takes long numbers out of the platform's words: they may be those
// of people.
func unnumbered(text string) string {
	const most = 300
	runes := []rune(longNumber.ReplaceAllString(text, "…"))
	return string(runes[:min(len(runes), most)])
}

// advance moves a message to the state that a status tells, and does what a
// failure means that came so late: after the platform had taken the message on.
func (s *Service) advance(ctx context.Context, t *tenant.Tenant, sender *business.Sender, m chat.Message, state chat.MessageState, e trouble, wamid []byte) error {
	failed := state == chat.Failed
	o := outgoing{m: m, t: t, sender: sender}
	if failed {
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error { return s.openMessage(ctx, r, &o) })
		switch {
		case errors.Is(err, errNothing): // erased since
			failed = false
		case err != nil:
			return err
		}
	}
	alarm, err := s.newID(s.now())
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if state == chat.Failed {
			if err := s.countUnsent(ctx, w, &m); err != nil {
				return err
			}
		}
		if err := w.SetMessage(ctx, m.ID, state, e.code, wamid, s.now()); err != nil || !failed {
			return err
		}
		return s.consequence(ctx, w, &o, e, alarm)
	})
}
