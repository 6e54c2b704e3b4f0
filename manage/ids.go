package manage

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"assent/business"
	"assent/chat"
	"assent/fault"
	"assent/funnel"
	"assent/tenant"
)

var (
	metaID   = regexp.MustCompile(`^[0-9]{1,64}$`)
	e164Form = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	// An app secret is 32 hexadecimal digits, and an access token of Meta's begins so. Both
	// tell one from the other where they stand in each other's place; neither is required.
	secretForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
	tokenForm  = regexp.MustCompile(`^EAA[0-9A-Za-z]{20,}$`)
)

// idOf is one of a number's ids, and the field in which it is typed.
type idOf struct{ field, value string }

func idsOf(s *business.Sender) []idOf {
	return []idOf{{"number", s.Number}, {"phone_number_id", s.PhoneNumberID}, {"waba", s.WABA}, {"portfolio", s.Portfolio}, {"app", s.App}, {"host", s.Host}}
}

// idsFit says everything that is wrong with a number's ids, joined.
func (s *Connections) idsFit(ctx context.Context, sender *business.Sender) error {
	var list []error
	if !e164Form.MatchString(sender.Number) {
		list = append(list, fault.Field("number", "Give the number with its country code, for example +4930123456."))
	}
	if err := s.phoneNumberIDFits(sender); err != nil {
		list = append(list, err)
	}
	switch {
	case !metaID.MatchString(sender.WABA):
		list = append(list, fault.Field("waba", "The id of the WhatsApp Business Account has digits only."))
	case sender.WABA == sender.PhoneNumberID:
		list = append(list, fault.Field("waba", "This is the phone number id once more. The account's id stands beside it."))
	}
	if sender.Portfolio != "" && !metaID.MatchString(sender.Portfolio) {
		list = append(list, fault.Field("portfolio", "The id of the business portfolio has digits only."))
	}
	if sender.Host != "" {
		return errors.Join(append(list, s.wires.Reachable(ctx, sender.Host))...)
	}
	switch {
	case !metaID.MatchString(sender.App):
		list = append(list, fault.Field("app", "The app id has digits only."))
	case sender.App == sender.WABA, sender.App == sender.PhoneNumberID:
		list = append(list, fault.Field("app", "This is an id of the number or its account. The app has one of its own."))
	}
	return errors.Join(list...)
}

func (s *Service) phoneNumberIDFits(sender *business.Sender) error {
	switch there, _, known := s.directory.Sender(sender.PhoneNumberID); {
	case !metaID.MatchString(sender.PhoneNumberID):
		return fault.Field("phone_number_id", "The phone number id has digits only. It is not the number itself.")
	case "+"+sender.PhoneNumberID == sender.Number:
		return fault.Field("phone_number_id", "This is the number itself. Meta gives it an id of its own.")
	case known && there.ID != sender.ID:
		return errConnected
	}
	return nil
}

// secretsFit says everything that is wrong with the secrets of a number that is
// connected, joined.
func secretsFit(sender *business.Sender) error {
	if sender.Host != "" {
		return tokenFits(sender.Secrets.Token)
	}
	secret := ""
	if len(sender.Secrets.AppSecrets) > 0 {
		secret = sender.Secrets.AppSecrets[0]
	}
	return errors.Join(checkSecret(secret), tokenFits(sender.Secrets.Token))
}

func tokenFits(token string) error {
	switch {
	case token == "":
		return fault.Field("token", "Give the access token.")
	case strings.ContainsFunc(token, unprintable):
		return fault.Field("token", "The access token has a space or a sign in it that no token has. Copy it again.")
	case secretForm.MatchString(token):
		return fault.Field("token", "This looks like the app secret. The access token is longer and begins with EAA.")
	}
	return nil
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

func checkSecret(secret string) error {
	switch {
	case secret == "" || strings.ContainsFunc(secret, unprintable):
		return fault.Field("app_secret", "Give the app secret. It has letters and digits only.")
	case tokenForm.MatchString(secret):
		return fault.Field("app_secret", "This is the access token. The app secret has 32 letters and digits.")
	}
	return nil
}

// SetIDs sets right how Meta, or a provider, knows a number of a business. Its secrets,
// and what was done by it, stay as they are, and once messages went by it the number
// does too; what was parked because nothing here spoke for it is handled again.
func (s *Connections) SetIDs(ctx context.Context, ids business.Sender, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Connections.SetIDs")
	_, sender, err := s.senderOf(ids.Business, ids.ID)
	if err != nil {
		return err
	}
	if ids.Host = strings.TrimRight(ids.Host, "/"); sender.Host == "" {
		ids.Host = ""
	} else {
		ids.App = ""
	}
	if sender.Host != "" && ids.Host == "" {
		return fault.Field("host", "Give the provider's address as https://waba-v2.360dialog.io.")
	}
	if err := errors.Join(s.idsFit(ctx, &ids), s.sameNumber(ctx, sender, &ids)); err != nil {
		return err
	}
	err = s.changeSender(ctx, ids.Business, ids.ID, actor, "number's ids corrected", func(c *business.Sender) error {
		c.Number, c.PhoneNumberID, c.WABA, c.Portfolio, c.App, c.Host = ids.Number, ids.PhoneNumberID, ids.WABA, ids.Portfolio, ids.App, ids.Host
		return nil
	})
	if err != nil {
		return err
	}
	return s.replayMendable(ctx, actor)
}

// sameNumber refuses to make another number of one by which messages went: what was
// agreed by it names it.
func (s *Connections) sameNumber(ctx context.Context, sender, ids *business.Sender) error {
	if ids.Number == sender.Number && ids.PhoneNumberID == sender.PhoneNumberID {
		return nil
	}
	var sent []chat.SendCount
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		sent, err = r.SendCounts(ctx, sender.ID, time.Time{})
		return err
	})
	if err != nil || len(sent) == 0 {
		return err
	}
	field := "phone_number_id"
	if ids.Number != sender.Number {
		field = "number"
	}
	return fault.Field(field, "Messages went by this number already, so it stays as it is. To use another number, connect that one.")
}

// Removal is what taking a number away means.
type Removal struct {
	Funnels []*funnel.Funnel // that are published, and lead to it now
	Next    *business.Sender // the number that they lead to then; nil where there is none
}

// Refused reports whether the number cannot be removed: published funnels would lead
// nowhere.
func (r Removal) Refused() bool { return len(r.Funnels) > 0 && r.Next == nil }

// Removal returns what would become of a business's funnels without a number.
func (s *Service) Removal(businessID, senderID string) (r Removal, err error) {
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return r, err
	}
	return s.removal(t, sender), nil
}

func (s *Service) removal(t *tenant.Tenant, sender *business.Sender) (r Removal) {
	for _, other := range t.Senders {
		if other.ID != sender.ID && other.InUse() {
			r.Next = other
			break
		}
	}
	if t.Sender("") != sender {
		return r
	}
	for _, f := range s.directory.Funnels(t.ID) {
		if f.State == funnel.Published {
			r.Funnels = append(r.Funnels, f)
		}
	}
	return r
}

// RemoveSender takes a number away: its secrets are deleted, it sends nothing, and what
// is written to it is not heard any more. What was done by it stays as it is, and the
// number can be connected anew. It is refused while published funnels have no other.
func (s *Service) RemoveSender(ctx context.Context, businessID, senderID, actor string) (err error) {
	defer fault.Wrap(&err, "manage.RemoveSender")
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return err
	}
	if s.removal(t, sender).Refused() {
		return fault.New(fault.Conflict, "Published funnels lead to this number, and there is no other. Connect another number first, or take the funnels out of use.")
	}
	now := s.clock()
	return s.changeSenderWith(ctx, businessID, senderID, actor, "number removed", func(c *business.Sender) error {
		c.Secrets, c.RemovedAt = business.Secrets{}, now
		return nil
	}, func(ctx context.Context, w Writer) error { return endAlarmsOf(ctx, w, t, sender, actor, now) })
}

// endAlarmsOf ends the open alarms about a number, and about its token; not one that holds
// another number of the business too.
func endAlarmsOf(ctx context.Context, w Writer, t *tenant.Tenant, sender *business.Sender, actor string, now time.Time) error {
	return endAlarmsAbout(ctx, w, t.ID, actor, now, func(a business.Alarm) bool {
		return (a.Sender == sender.ID || a.About == sender.AboutToken() || a.About == sender.AboutSender()) && !heldWithout(t, sender, a.About)
	})
}
