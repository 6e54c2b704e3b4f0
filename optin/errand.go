package optin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"assent/business"
	"assent/evidence"
	"assent/fault"
	"assent/job"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// JobErrand is the kind of the jobs that ask WhatsApp something about a person.
// Their Ref is the errand.
const JobErrand = "errand"

const (
	errandLife = 7 * 24 * time.Hour // then it is given up, and an alarm stays
	blockAfter = 5 * time.Second    // the acknowledgement goes first: behind the block nothing does
)

// RunErrand is the handler of JobErrand. What fails raises an alarm, which ends
// when the next one succeeds; what may succeed later is tried again for a week.
// Asking twice does no harm.
func (s *Service) RunErrand(ctx context.Context, j job.Job) error {
	var e subject.Errand
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		var ok bool
		if e, ok, err = r.Errand(ctx, j.Ref); err == nil && !ok {
			err = errNothing
		}
		return err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil {
		return err
	}
	t, ok := s.directory.Tenant(e.Business)
	if !ok {
		return errLagging
	}
	sender := t.Sender(e.Sender)
	if sender == nil || sender.ID != e.Sender { // the number is gone, and with it what Meta lets us do
		return s.endErrand(ctx, &e, nil)
	}
	release, free := s.slots.take(sender)
	if !free {
		return job.Snooze(busy)
	}
	defer release()
	err = s.ask(ctx, t, sender, &e)
	var refused *SendError
	switch {
	case err == nil:
		return s.endErrand(ctx, &e, sender)
	case !errors.As(err, &refused):
		return err
	}
	if err := s.alarmErrand(ctx, t, sender, &e, refused); err != nil {
		return err
	}
	b := wire.Code(refused.Code).Behaviour()
	later := refused.Retry || refused.Unclear || refused.Code == 0 || b.Do == wire.ActStopSending || b.Do == wire.ActPauseSender
	if later && s.now().Sub(e.CreatedAt) < errandLife {
		return err
	}
	return s.endErrand(ctx, &e, nil)
}

// ask does the errand.
func (s *Service) ask(ctx context.Context, t *tenant.Tenant, sender *business.Sender, e *subject.Errand) error {
	plain, err := t.Key.Open(e.Context(), e.Sealed)
	if err != nil {
		return err
	}
	var about subject.Addressee
	if err := json.Unmarshal(plain, &about); err != nil {
		return err
	}
	switch e.Kind {
	case subject.Forget:
		return s.transport.Forget(ctx, sender, about.BSUID)
	case subject.Unblock:
		return s.transport.Unblock(ctx, sender, about.Number, about.BSUID)
	}
	return s.transport.Block(ctx, sender, about.Number, about.BSUID)
}

// aboutErrands is what an alarm about a number's errands of a kind is about.
func aboutErrands(sender *business.Sender, kind subject.ErrandKind) string {
	return "errand/" + string(kind) + "/" + sender.ID
}

// endErrand forgets an errand. A sender through which it was done has no open
// alarm about such errands any more.
func (s *Service) endErrand(ctx context.Context, e *subject.Errand, done *business.Sender) error {
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if done != nil {
			if err := w.ResolveAlarmsAbout(ctx, errandAlarm[e.Kind], aboutErrands(done, e.Kind), s.now()); err != nil {
				return err
			}
		}
		return w.DropErrand(ctx, e.ID)
	})
}

var errandAlarm = map[subject.ErrandKind]business.AlarmKind{subject.Forget: business.AlarmForget, subject.Block: business.AlarmBlock, subject.Unblock: business.AlarmUnblock}

func (s *Service) alarmErrand(ctx context.Context, t *tenant.Tenant, sender *business.Sender, e *subject.Errand, refused *SendError) error {
	id, err := s.newID(s.now())
	if err != nil {
		return err
	}
	s.log.Warn("WhatsApp did not do what it was asked about a person", "errand", e.ID, "kind", e.Kind, "code", refused.Code)
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		_, err := w.RaiseAlarm(ctx, business.Alarm{
			ID: id, Business: t.ID, Sender: sender.ID, Kind: errandAlarm[e.Kind], About: aboutErrands(sender, e.Kind), Name: sender.Number,
			Holds: business.HoldsNothing, Code: refused.Code, Detail: unnumbered(refused.Details),
		}, s.now())
		return err
	})
}

// notMe handles what somebody says who did not ask for this.
func (d *deed) notMe(method string, act evidence.Act) error {
	if err := d.stop(stop{reason: subject.NotMe, method: method, act: act}); err != nil {
		return err
	}
	return d.block()
}

// block has WhatsApp block the account that said that it was not they, where the
// business wants that, once the acknowledgement has gone.
func (d *deed) block() error {
	if !d.t.BlockNotMe {
		return nil
	}
	return d.errand(subject.Block, d.now.Add(blockAfter))
}

// errand has WhatsApp asked something about the person, by the number of the deed.
func (d *deed) errand(kind subject.ErrandKind, at time.Time) error {
	var about subject.Addressee
	var err error
	if about.Number, about.BSUID, err = d.s.address(d.p); err != nil {
		return err
	}
	e := subject.Errand{Business: d.t.ID, Sender: d.sender.ID, Subject: d.p.subject.ID, Kind: kind, CreatedAt: d.now, RunAt: at}
	if e.ID, err = d.s.newID(d.now); err != nil {
		return err
	}
	plain, err := json.Marshal(about)
	if err != nil {
		return fault.New(fault.Internal, "Whom it is about cannot be written.").Because(err)
	}
	e.Sealed = d.t.Key.Seal(e.Context(), plain)
	d.later(func(ctx context.Context, w Writer) error { return w.InsertErrand(ctx, e) })
	return nil
}

// MethodUnblock is the method of an operator's event that ends a block.
const MethodUnblock = "unblocked in WhatsApp"

// Unblock has WhatsApp end the block of a person who said once that it was not they, and
// wants to be heard again. Nothing is agreed by that, and no stop ends.
func (s *Service) Unblock(ctx context.Context, businessID, subjectID, operator string) (err error) {
	defer fault.Wrap(&err, "optin.Unblock")
	return s.reaching(ctx, businessID, subjectID, func(_ context.Context, d *deed) error {
		to, bsuid, err := d.s.address(d.p)
		if err != nil {
			return err
		}
		if !d.saidNotMe() || to == "" && bsuid == "" || d.sender.ID == "" || !d.sender.RemovedAt.IsZero() {
			return errUnreached
		}
		e := evidence.Event{Name: evidence.OperatorActed, Method: MethodUnblock, Act: evidence.Act{Kind: "operator"}, Operator: operator, Effects: []string{"WhatsApp is asked to end the block"}}
		if _, err := d.event(e); err != nil {
			return err
		}
		d.later(func(ctx context.Context, w Writer) error { return w.DropErrandsOf(ctx, d.p.subject.ID, subject.Block) })
		return d.errand(subject.Unblock, d.now)
	})
}

// saidNotMe reports whether the person, or who wrote from their account, said that it was
// not they: who did may be blocked.
func (d *deed) saidNotMe() bool {
	return slices.ContainsFunc(d.p.suppressions, func(sup subject.Suppression) bool { return sup.Reason == subject.NotMe })
}
