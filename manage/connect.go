package manage

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"assent/business"
	"assent/fault"
	"assent/funnel"
	"assent/template"
	"assent/vault"
)

// Wires is what connecting a number needs of Meta.
type Wires interface {
	Token(ctx context.Context, from *business.Sender) (business.Token, error)
	Subscription(ctx context.Context, from *business.Sender) (business.Subscription, error)
	Numbers(ctx context.Context, from *business.Sender) (map[string]string, error)
	Subscribed(ctx context.Context, from *business.Sender) ([]string, error)
	Subscribe(ctx context.Context, from *business.Sender, address string) error
	// Reachable says why a provider's address may not be asked, if so.
	Reachable(ctx context.Context, host string) error
}

// Connections are the use cases of connecting numbers. It is safe for
// concurrent use.
type Connections struct {
	*Templates
	wires Wires

	mu    sync.Mutex
	noted map[string]time.Time // when an event of a sender was last noted
}

// Connections returns the use cases that ask Meta how a number is connected.
func (t *Templates) Connections(w Wires) *Connections {
	return &Connections{Templates: t, wires: w, noted: map[string]time.Time{}}
}

// Connect adds a number to a business and returns its id. The token with which
// Meta verifies the webhook, or which a provider's webhooks carry, is made here.
func (s *Connections) Connect(ctx context.Context, sender business.Sender, actor string) (id string, err error) {
	defer fault.Wrap(&err, "manage.Connections.Connect")
	t, ok := s.directory.Tenant(sender.Business)
	if !ok {
		return "", errNoBusiness
	}
	if sender.Host = strings.TrimRight(sender.Host, "/"); sender.Host != "" {
		sender.App, sender.Secrets.AppSecrets = "", nil
	}
	if err := errors.Join(s.idsFit(ctx, &sender), secretsFit(&sender)); err != nil {
		return "", err
	}
	if sender.Secrets.VerifyToken, err = vault.NewToken(s.rand); err != nil {
		return "", err
	}
	sender.Secrets.Began(s.clock())
	if sender.Rate == 0 {
		sender.Rate = business.DefaultRate
	}
	if sender.ID, err = s.newID(); err != nil {
		return "", err
	}
	sealed, err := s.sealSender(&sender)
	if err != nil {
		return "", err
	}
	event, err := s.operatorActed(t, actor, "number connected", "connection", map[string]string{"sender": sender.ID, "phone_number_id": sender.PhoneNumberID, "waba": sender.WABA})
	if err != nil {
		return "", err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := s.insertSender(ctx, w, &sender, sealed); err != nil {
			return err
		}
		return w.InsertEvent(ctx, event)
	})
	if fault.Is(err, fault.Conflict) {
		return "", errConnected
	}
	if err != nil {
		return "", err
	}
	if err := s.Reload(ctx); err != nil {
		return "", err
	}
	return sender.ID, s.replayMendable(ctx, actor)
}

var errConnected = fault.Field("phone_number_id", "This number is connected already.")

// insertSender keeps a new sender, which meets what holds it from the first moment on.
func (s *Service) insertSender(ctx context.Context, w Writer, sender *business.Sender, sealed []byte) error {
	if err := w.InsertSender(ctx, *sender, sealed, s.clock()); err != nil {
		return err
	}
	return s.shareAlarms(ctx, w, sender)
}

// sealSender seals a sender's secrets.
func (s *Service) sealSender(sender *business.Sender) ([]byte, error) {
	body, err := json.Marshal(sender.Secrets)
	if err != nil {
		return nil, err
	}
	return s.inst.Master.WrapSecret(senderContext(sender.ID), body)
}

// changeSender changes a copy of a sender by fn, and keeps it with the event
// that says what was done.
func (s *Service) changeSender(ctx context.Context, businessID, senderID, actor, method string, fn func(*business.Sender) error) error {
	return s.changeSenderWith(ctx, businessID, senderID, actor, method, fn, func(context.Context, Writer) error { return nil })
}

// changeSenderWith is changeSender, with more that is written in the same transaction.
func (s *Service) changeSenderWith(ctx context.Context, businessID, senderID, actor, method string, fn func(*business.Sender) error, more func(context.Context, Writer) error) error {
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return err
	}
	changed := *sender
	if err := fn(&changed); err != nil {
		return err
	}
	sealed, err := s.sealSender(&changed)
	if err != nil {
		return err
	}
	particulars := map[string]string{"sender": sender.ID}
	noteChanges(particulars, sender, &changed)
	event, err := s.operatorActed(t, actor, method, "connection", particulars)
	if err != nil {
		return err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.SetSender(ctx, changed, sealed); err != nil {
			return err
		}
		if err := more(ctx, w); err != nil {
			return err
		}
		if err := s.shareAlarms(ctx, w, &changed); err != nil {
			return err
		}
		return w.InsertEvent(ctx, event)
	})
	if fault.Is(err, fault.Conflict) {
		return errConnected
	}
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// noteChanges adds what was changed of a number's ids, before and after.
func noteChanges(particulars map[string]string, before, after *business.Sender) {
	was := idsOf(before)
	for i, is := range idsOf(after) {
		if is.value != was[i].value {
			particulars[is.field], particulars[is.field+"_before"] = is.value, was[i].value
		}
	}
}

// maxSecrets is how many app secrets a number has at once: the present one, and
// those of a rotation.
const maxSecrets = 5

// AddAppSecret gives a sender one more app secret, which is taken for Meta's
// beside those that it has. What was parked for its signature is handled again.
func (s *Service) AddAppSecret(ctx context.Context, businessID, senderID, secret, actor string) (err error) {
	defer fault.Wrap(&err, "manage.AddAppSecret")
	err = s.changeSender(ctx, businessID, senderID, actor, "app secret added", func(c *business.Sender) error {
		if err := checkSecret(secret); err != nil {
			return err
		}
		if slices.Contains(c.Secrets.AppSecrets, secret) {
			return fault.Field("app_secret", "The number has this secret already.")
		}
		if len(c.Secrets.AppSecrets) == maxSecrets {
			return fault.Field("app_secret", "A number has at most %d app secrets. Remove one that is not in use any more.", maxSecrets)
		}
		c.Secrets.AddAppSecret(secret, s.clock())
		return nil
	})
	if err != nil {
		return err
	}
	return s.replayMendable(ctx, actor)
}

// RemoveAppSecret takes the n-th app secret away, from 0 on. The last one stays.
func (s *Service) RemoveAppSecret(ctx context.Context, businessID, senderID string, n int, actor string) (err error) {
	defer fault.Wrap(&err, "manage.RemoveAppSecret")
	return s.changeSender(ctx, businessID, senderID, actor, "app secret removed", func(c *business.Sender) error {
		switch {
		case n < 0 || n >= len(c.Secrets.AppSecrets):
			return fault.New(fault.NotFound, "The number has no such secret.")
		case len(c.Secrets.AppSecrets) == 1:
			return fault.Field("app_secret", "A number needs an app secret. Add the new one first.")
		}
		c.Secrets.RemoveAppSecret(n)
		return nil
	})
}

// RenewVerifyToken makes another token by which the webhook is verified. Meta, or
// the provider, has to be told it.
func (s *Connections) RenewVerifyToken(ctx context.Context, businessID, senderID, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Connections.RenewVerifyToken")
	token, err := vault.NewToken(s.rand)
	if err != nil {
		return err
	}
	err = s.changeSender(ctx, businessID, senderID, actor, "verify token replaced", func(c *business.Sender) error {
		c.Secrets.VerifyToken = token
		return nil
	})
	if err != nil {
		return err
	}
	return s.note(ctx, []string{senderID}, s.clock(), func(st *business.AccountState) { st.VerifiedAt = time.Time{} })
}

// EndSender stops using a number, or uses it again. One that is not in use sends
// nothing; a stop that is written to it still counts.
func (s *Service) EndSender(ctx context.Context, businessID, senderID string, end bool, actor string) (err error) {
	defer fault.Wrap(&err, "manage.EndSender")
	method := "number used again"
	if end {
		method = "number not used any more"
	}
	return s.changeSender(ctx, businessID, senderID, actor, method, func(c *business.Sender) error {
		c.EndedAt = time.Time{}
		if end {
			c.EndedAt = s.clock()
		}
		return nil
	})
}

// WebhookAddress is where the webhooks of a number shall come.
func (s *Service) WebhookAddress(sender *business.Sender) string {
	if sender.Host != "" { // its own address, for only the header speaks for it
		return s.inst.BaseURL + "/webhooks/whatsapp/" + sender.ID
	}
	return s.inst.BaseURL + "/webhooks/whatsapp"
}

// Check asks Meta how a number is connected, and returns every step with how it
// stands. Templates are read anew on the way.
func (s *Connections) Check(ctx context.Context, businessID, senderID string) (steps []business.Step, err error) {
	defer fault.Wrap(&err, "manage.Connections.Check")
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return nil, err
	}
	f := business.Finding{Refused: map[business.StepKey]string{}, Silent: map[business.StepKey]string{}}
	ask := func(err error, keys ...business.StepKey) {
		for _, key := range keys {
			switch {
			case err == nil:
			case fault.Is(err, fault.Unavailable):
				f.Silent[key] = fault.Message(err)
			default:
				f.Refused[key] = fault.Message(err)
			}
		}
	}
	f.Token, err = s.wires.Token(ctx, sender)
	ask(err, business.StepToken, business.StepRights, business.StepApp)
	f.Subscription, err = s.wires.Subscription(ctx, sender)
	ask(err, business.StepWebhook, business.StepFields)
	if sender.Host == "" {
		f.Numbers, err = s.wires.Numbers(ctx, sender)
		ask(err, business.StepNumber)
		f.Swapped = f.Refused[business.StepNumber] != "" && s.swapped(ctx, sender)
		f.Subscribed, err = s.wires.Subscribed(ctx, sender)
		ask(err, business.StepAccount)
	}
	ask(s.Poll(ctx, t, sender), business.StepTemplate)
	if _, err := s.heard(ctx, sender, &f); err != nil {
		return nil, err
	}
	if f.Templates > 0 { // what is asked for, WhatsApp has not answered
		delete(f.Refused, business.StepTemplate)
	}
	now := s.clock()
	steps = sender.Steps(f, s.WebhookAddress(sender), now)
	return steps, s.note(ctx, []string{sender.ID}, now, func(st *business.AccountState) { st.Steps, st.CheckedAt = steps, now })
}

// swapped reports whether the account's id and the number's have changed places: WhatsApp
// then knows each as the other.
func (s *Connections) swapped(ctx context.Context, sender *business.Sender) bool {
	other := *sender
	other.WABA, other.PhoneNumberID = sender.PhoneNumberID, sender.WABA
	numbers, err := s.wires.Numbers(ctx, &other)
	_, there := numbers[other.PhoneNumberID]
	return err == nil && there
}

// heard adds to a finding what is known here without asking Meta.
func (s *Connections) heard(ctx context.Context, sender *business.Sender, f *business.Finding) (state business.AccountState, err error) {
	list, err := s.List(ctx, sender.Business, sender.ID)
	if err != nil {
		return state, err
	}
	for _, x := range list {
		if x.Library != template.OptIn {
			continue
		}
		switch f.Templates++; {
		case x.Usable():
			f.Approved++
		case x.Status == template.Pending:
			f.Pending++
		}
	}
	f.Asks = s.asks(sender)
	state, err = s.AccountState(ctx, sender.AboutSender())
	if err != nil {
		return state, err
	}
	f.Verified, f.Event, f.Unsigned = state.VerifiedAt, state.EventAt, state.Unsigned
	address, err := s.AccountState(ctx, aboutAddress)
	f.Unverified = address.UnverifiedAt
	return state, err
}

// asks reports whether a published funnel that leads to the number asks by the library's
// template.
func (s *Service) asks(sender *business.Sender) bool {
	t, ok := s.directory.Tenant(sender.Business)
	if !ok || t.Sender("").ID != sender.ID { // it has one number at least
		return false
	}
	piece, _ := template.Find(template.OptIn)
	return slices.ContainsFunc(s.directory.Funnels(t.ID), func(f *funnel.Funnel) bool {
		v, ok := s.directory.Version(f.Version)
		return ok && f.State == funnel.Published && v.Mode == funnel.ModeTemplate && v.Template == piece.Name
	})
}

// Standing returns how a number stood when Meta was last asked, with what has become
// known since: webhooks tell of templates, and that they come.
func (s *Connections) Standing(ctx context.Context, businessID, senderID string) (state business.AccountState, err error) {
	defer fault.Wrap(&err, "manage.Connections.Standing")
	_, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return state, err
	}
	var f business.Finding
	if state, err = s.heard(ctx, sender, &f); err != nil {
		return state, err
	}
	state.Steps = f.Heard(state.Steps)
	return state, nil
}

// AccountState returns what is known of a number, an account or a portfolio.
func (s *Service) AccountState(ctx context.Context, about string) (state business.AccountState, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		doc, err := r.AccountState(ctx, about)
		if err != nil || doc == nil {
			return err
		}
		return json.Unmarshal(doc, &state)
	})
	return state, err
}

// Wire has the webhooks of a number come here, as far as the API can do that:
// it subscribes the account to the app, or tells a provider the address.
func (s *Connections) Wire(ctx context.Context, businessID, senderID, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Connections.Wire")
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return err
	}
	if err := s.wires.Subscribe(ctx, sender, s.WebhookAddress(sender)); err != nil {
		return err
	}
	event, err := s.operatorActed(t, actor, "webhooks subscribed", "connection", map[string]string{"sender": sender.ID})
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertEvent(ctx, event) })
}

// noteEvery is how often it is noted, at most, that an event came.
const noteEvery = time.Minute

// Verified notes that Meta had its challenge back from the address of senders.
func (s *Connections) Verified(ctx context.Context, senders []string) error {
	now := s.clock()
	return s.note(ctx, senders, now, func(st *business.AccountState) { st.VerifiedAt = now })
}

// aboutAddress is the key of what is known of the address to which webhooks come.
const aboutAddress = "webhooks"

// Unverified notes that somebody asked for the address of webhooks with a verify token that
// is none of a number here: an operator may have pasted another into Meta's page. Anybody
// can ask, so it is only a hint, and written once a minute.
func (s *Connections) Unverified(ctx context.Context) error {
	now := s.clock()
	if !s.noteNow("unverified", now) {
		return nil
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		return changeState(ctx, w, aboutAddress, now, func(st *business.AccountState) { st.UnverifiedAt = now })
	})
}

// Heard notes that a body came for which the secret of senders speaks, by the mark of the
// app secret that signed it (business.SecretMark), which is empty for a provider's. It is
// called for each body, and writes once a minute for each secret.
func (s *Connections) Heard(ctx context.Context, senders []string, mark string) error {
	now := s.clock()
	var fresh []string
	for _, id := range senders {
		if s.noteNow(id+" "+mark, now) {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for _, id := range fresh {
			about := (&business.Sender{ID: id}).AboutSender()
			err := changeState(ctx, w, about, now, func(st *business.AccountState) {
				if st.EventAt, st.Unsigned = now, 0; mark != "" {
					st.SignedBy(mark, s.appSecretsOf(id), now)
				}
			})
			if err != nil {
				return err
			}
			if err := w.ResolveAlarmsAbout(ctx, business.AlarmSignature, about, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) appSecretsOf(senderID string) []string {
	for _, x := range s.directory.Senders() {
		if x.ID == senderID {
			return x.Secrets.AppSecrets
		}
	}
	return nil
}

// unsignedAlarm is how many minutes with such webhooks, and none that is signed, open
// the alarm: anybody can send some.
const unsignedAlarm = 3

// Unsigned notes that a body came in the name of numbers, by Meta's ids of them, that
// no secret here signed: it is not kept, but whoever runs the number has to know that
// its app secret may be wrong. It writes once a minute.
func (s *Connections) Unsigned(ctx context.Context, phoneNumberIDs []string) error {
	now := s.clock()
	for _, name := range phoneNumberIDs {
		sender, _, ok := s.directory.Sender(name)
		if !ok || !s.noteNow("unsigned "+sender.ID, now) {
			continue
		}
		id, err := s.newID()
		if err != nil {
			return err
		}
		err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
			count := 0
			err := changeState(ctx, w, sender.AboutSender(), now, func(st *business.AccountState) { st.Unsigned++; count = st.Unsigned })
			if err != nil || count < unsignedAlarm {
				return err
			}
			_, err = w.RaiseAlarm(ctx, business.Alarm{
				ID: id, Business: sender.Business, Sender: sender.ID, Kind: business.AlarmSignature, About: sender.AboutSender(), Name: sender.Number, Holds: business.HoldsNothing,
			}, now)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// noteNow reports whether what the key names was not noted within the last minute,
// and remembers that it is now.
func (s *Connections) noteNow(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.noted[key]) < noteEvery {
		return false
	}
	s.noted[key] = now
	return true
}

func (s *Connections) note(ctx context.Context, senders []string, now time.Time, fn func(*business.AccountState)) error {
	if len(senders) == 0 {
		return nil
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for _, id := range senders {
			if err := changeState(ctx, w, (&business.Sender{ID: id}).AboutSender(), now, fn); err != nil {
				return err
			}
		}
		return nil
	})
}
