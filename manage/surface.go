package manage

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/phone"
	"assent/tenant"
)

// Meta keeps for a business, beside templates, links by which people sign up, links
// with a text behind them, and what a chat offers to tap.

// Surface is what managing them needs of Meta.
type Surface interface {
	Signups(ctx context.Context, from *business.Sender) (map[string]funnel.SignupVersion, error)
	CreateSignup(ctx context.Context, from *business.Sender, privacy, name string, v funnel.SignupVersion, accepted bool) (id string, err error)
	UpdateSignup(ctx context.Context, from *business.Sender, id string, v funnel.SignupVersion) error
	SetShortLink(ctx context.Context, from *business.Sender, code, text string) (funnel.ShortLink, error)
	DeleteShortLink(ctx context.Context, from *business.Sender, code string) error
	HasShortLink(ctx context.Context, from *business.Sender, code string) (bool, error)
	Menu(ctx context.Context, from *business.Sender) (business.Menu, error)
	SetMenu(ctx context.Context, from *business.Sender, m business.Menu) error
}

// Surfaces are the use cases of what Meta keeps. It is safe for concurrent use.
type Surfaces struct {
	*Service
	meta Surface
}

// Surfaces returns the use cases that ask Meta.
func (s *Service) Surfaces(m Surface) *Surfaces { return &Surfaces{s, m} }

// NewSignup is a sign-up link that is to be made.
type NewSignup struct {
	Slug     string // of the funnel
	Sender   string // id of a number of the account
	Label    string // by which the business knows it
	Privacy  string
	Accepted bool // the terms of marketing messages
	funnel.SignupVersion
}

// CreateSignup makes a sign-up link, an entry point of its own, with the event that
// says what it shows.
func (s *Surfaces) CreateSignup(ctx context.Context, businessID string, in NewSignup, actor string) (entry string, err error) {
	defer fault.Wrap(&err, "manage.Surfaces.CreateSignup")
	t, f, err := s.ownFunnel(businessID, in.Slug)
	if err != nil {
		return "", err
	}
	_, sender, err := s.senderOf(businessID, in.Sender)
	if err != nil {
		return "", err
	}
	if !SignupsOffered(sender) && !sender.Simulated {
		return "", fault.Field("sender", "WhatsApp offers no sign-up links to numbers of this country.")
	}
	if f.State != funnel.Published {
		return "", fault.Field("purpose", "The funnel is not published.")
	}
	if in.Privacy == "" || !noticeAddress(in.Privacy) {
		return "", fault.Field("privacy", "Give the address of the privacy notice.")
	}
	e, err := s.newEntry(funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntrySignup, Label: in.Label})
	if err != nil {
		return "", err
	}
	v := in.SignupVersion
	v.Entry, v.Number, v.Version, v.Off = e.ID, 1, f.Version, false
	shown, err := s.signupVersion(&v)
	if err != nil {
		return "", err
	}
	id, err := s.meta.CreateSignup(ctx, sender, in.Privacy, e.Label, v, in.Accepted)
	if err != nil {
		return "", err
	}
	su := funnel.Signup{Entry: e.ID, Business: t.ID, WABA: sender.WABA, MetaID: id, Privacy: in.Privacy}
	err = s.keepSignup(ctx, t, v, shown, "sign-up link made", actor, func(ctx context.Context, w Writer) error {
		if err := w.InsertEntryPoint(ctx, e); err != nil {
			return err
		}
		first := e.Version(1)
		first.At = s.clock()
		if err := w.InsertEntryVersion(ctx, first); err != nil {
			return err
		}
		return w.InsertSignup(ctx, su)
	})
	return e.ID, err
}

// SignupsOffered reports whether WhatsApp offers sign-up links to the number.
func SignupsOffered(sender *business.Sender) bool {
	n, err := phone.ParseE164(sender.Number)
	return err == nil && funnel.HasSignup(n.Region())
}

// signupVersion checks what a link is to show, and returns the bytes that stand for
// it as evidence.
func (s *Surfaces) signupVersion(v *funnel.SignupVersion) (shown funnel.Document, err error) {
	of, ok := s.directory.Version(v.Version)
	if !ok || of.Defective {
		return shown, fault.Field("purpose", "The funnel's words were found defective.")
	}
	if err := v.Check(of.Version); err != nil {
		return shown, err
	}
	return shownSignup(v)
}

// shownSignup returns the bytes of what a link shows, and notes their hash.
func shownSignup(v *funnel.SignupVersion) (shown funnel.Document, err error) {
	body, err := json.Marshal(struct {
		Text string `json:"text"`
	}{v.Message})
	if err != nil {
		return shown, err
	}
	shown = funnel.NewDocument(evidence.ShownMessage, "application/json", body)
	v.Shown = shown.SHA256
	return shown, nil
}

// keepSignup keeps what a link shows from now on, with the event that says it and
// what else fn writes first.
func (s *Surfaces) keepSignup(ctx context.Context, t *tenant.Tenant, v funnel.SignupVersion, shown funnel.Document, method, actor string, fn func(context.Context, Writer) error) error {
	record, err := s.operatorActed(t, actor, method, funnel.ClaimSignups, []funnel.SignupVersion{v})
	if err != nil {
		return err
	}
	v.Event, v.Author, v.At = record.ID, actor, record.At
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := fn(ctx, w); err != nil {
			return err
		}
		if shown.SHA256 != "" {
			if err := w.KeepShown(ctx, shown, v.At); err != nil {
				return err
			}
		}
		if err := w.InsertSignupVersion(ctx, v); err != nil {
			return err
		}
		return w.InsertEvent(ctx, record)
	})
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "Somebody else has changed this link meanwhile. Look at it again.").Because(err)
	}
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// ChangeSignup has a link show other texts, or switches it off or on. The words of
// the funnel are those of its published version.
func (s *Surfaces) ChangeSignup(ctx context.Context, businessID, entry string, to funnel.SignupVersion, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Surfaces.ChangeSignup")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return errNoBusiness
	}
	su, ok := t.SignupOf(entry)
	if !ok {
		return errNoSignup
	}
	e, ok := s.directory.EntryByID(entry)
	if !ok {
		return errNoSignup
	}
	f, _, ok := s.directory.FunnelByID(e.Funnel)
	sender := accountSender(t, su.WABA)
	if !ok || sender == nil {
		return errNoSignup
	}
	v := su.Now()
	old := v
	v.Message, v.Confirmation, v.Promo, v.Website, v.Off = to.Message, to.Confirmation, to.Promo, to.Website, to.Off
	if v.Message != old.Message || v.Confirmation != old.Confirmation { // it shows the words of today
		v.Version = f.Version
	}
	if v.Promo == "" && old.Promo != "" || v.Website == "" && old.Website != "" {
		return fault.Field("promo", "What WhatsApp was told of promo code and website can be changed, and not taken back. Make another link.")
	}
	if v == old {
		return nil
	}
	v.Number++
	shown, err := s.signupVersion(&v)
	if v.Off && fault.Is(err, fault.Invalid) { // switching off is never refused
		v = old
		v.Number, v.Off = old.Number+1, true
		shown, err = shownSignup(&v)
	}
	if err != nil {
		return err
	}
	if v.Shown != old.Shown { // until WhatsApp has answered, nobody can tell what it shows
		unsure := v
		unsure.Shown = ""
		if err := s.keepSignup(ctx, t, unsure, funnel.Document{}, "sign-up link changes", actor, func(context.Context, Writer) error { return nil }); err != nil {
			return err
		}
		v.Number++
	}
	if err := s.meta.UpdateSignup(ctx, sender, su.MetaID, v); err != nil {
		return err
	}
	return s.keepSignup(ctx, t, v, shown, "sign-up link changed", actor, func(context.Context, Writer) error { return nil })
}

var errNoSignup = fault.New(fault.NotFound, "There is no such sign-up link.")

// accountSender returns a number of the account that is in use, or else its first.
func accountSender(t *tenant.Tenant, waba string) (found *business.Sender) {
	for _, s := range t.Senders {
		if s.WABA == waba && (found == nil || !found.InUse() && s.InUse()) {
			found = s
		}
	}
	return found
}

// SignupsAtMeta returns what the sign-up links of the account of a sender say at Meta
// now, by their ids there: also those that were made elsewhere.
func (s *Surfaces) SignupsAtMeta(ctx context.Context, businessID, senderID string) (list map[string]funnel.SignupVersion, err error) {
	defer fault.Wrap(&err, "manage.Surfaces.SignupsAtMeta")
	_, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return nil, err
	}
	return s.meta.Signups(ctx, sender)
}

// ShortLink returns WhatsApp's own link of a printed code, if it has one.
func (s *Surfaces) ShortLink(ctx context.Context, businessID, code string) (l funnel.ShortLink, ok bool, err error) {
	defer fault.Wrap(&err, "manage.Surfaces.ShortLink")
	e, err := s.entryOf(businessID, code)
	if err != nil {
		return l, false, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		l, ok, err = r.ShortLink(ctx, e.ID)
		return err
	})
	return l, ok, err
}

// ShortText is what WhatsApp's own link of a printed code holds: its text in the
// funnel's own language, for such a link knows nobody's.
func (s *Surfaces) ShortText(e *funnel.EntryPoint) string {
	_, v, ok := s.directory.FunnelByID(e.Funnel)
	if !ok {
		return ""
	}
	return v.EntryText(v.Language, e).Text()
}

// SetShortLink has WhatsApp keep a link for a printed code that opens the chat, or
// has the link that there is hold the code's text of today.
func (s *Surfaces) SetShortLink(ctx context.Context, businessID, code, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Surfaces.SetShortLink")
	e, err := s.entryOf(businessID, code)
	if err != nil {
		return err
	}
	before, had, err := s.ShortLink(ctx, businessID, code)
	if err != nil {
		return err
	}
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return errNoBusiness
	}
	sender := t.Sender(before.Sender)
	text := s.ShortText(e)
	switch {
	case sender == nil || had && sender.ID != before.Sender:
		return fault.Field("short", "The number of this link is not connected any more.")
	case !e.Chat:
		return fault.Field("short", "Only a code that opens the chat can be WhatsApp's own.")
	case len([]rune(text)) > funnel.MaxShortText:
		return fault.Field("short", "The chat's text has more than %d characters, which WhatsApp does not keep. Give the code a shorter text of its own.", funnel.MaxShortText)
	case had && before.Text == text:
		return nil
	}
	made, err := s.meta.SetShortLink(ctx, sender, before.Code, text)
	if err != nil && had {
		if made, err = s.anotherShortLink(ctx, sender, before.Code, text, err); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	made.Entry = e.ID
	record, err := s.operatorActed(t, actor, "short link set", "short_link", map[string]string{"entry": e.ID, "sender": sender.ID, "code": made.Code, "text": text})
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.PutShortLink(ctx, made); err != nil {
			return err
		}
		return w.InsertEvent(ctx, record)
	})
}

// anotherShortLink makes another link where the one with the code was deleted at Meta;
// else what kept it from being changed is the error.
func (s *Surfaces) anotherShortLink(ctx context.Context, sender *business.Sender, code, text string, cause error) (made funnel.ShortLink, err error) {
	if there, err := s.meta.HasShortLink(ctx, sender, code); err != nil || there {
		return made, cause
	}
	return s.meta.SetShortLink(ctx, sender, "", text)
}

// DeleteShortLink ends WhatsApp's own link of a printed code: whoever scans it is
// told there that it has expired.
func (s *Surfaces) DeleteShortLink(ctx context.Context, businessID, code, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Surfaces.DeleteShortLink")
	l, ok, err := s.ShortLink(ctx, businessID, code)
	if err != nil || !ok {
		return err
	}
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return errNoBusiness
	}
	if _, sender, err := s.senderOf(businessID, l.Sender); err == nil { // else the number was removed, and nothing can be asked
		if err := s.deleteAtMeta(ctx, sender, l.Code); err != nil {
			return err
		}
	}
	record, err := s.operatorActed(t, actor, "short link deleted", "short_link", map[string]string{"entry": l.Entry, "sender": l.Sender, "code": l.Code})
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.DeleteShortLink(ctx, l.Entry); err != nil {
			return err
		}
		return w.InsertEvent(ctx, record)
	})
}

// deleteAtMeta deletes a short link; one that was deleted at Meta already is.
func (s *Surfaces) deleteAtMeta(ctx context.Context, sender *business.Sender, code string) error {
	err := s.meta.DeleteShortLink(ctx, sender, code)
	if err == nil {
		return nil
	}
	if there, unknown := s.meta.HasShortLink(ctx, sender, code); unknown != nil || there {
		return err
	}
	return nil
}

// Menu returns what a chat with the number offers to tap, as Meta says it now.
func (s *Surfaces) Menu(ctx context.Context, businessID, senderID string) (m business.Menu, err error) {
	defer fault.Wrap(&err, "manage.Surfaces.Menu")
	_, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return m, err
	}
	return s.meta.Menu(ctx, sender)
}

// SetMenu sets what a chat with the number offers to tap; an empty menu takes it
// away.
func (s *Surfaces) SetMenu(ctx context.Context, businessID, senderID string, m business.Menu, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Surfaces.SetMenu")
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return err
	}
	if err := m.Check(); err != nil {
		return err
	}
	if err := s.meta.SetMenu(ctx, sender, m); err != nil {
		return err
	}
	record, err := s.operatorActed(t, actor, "chat menu set", "menu", map[string]any{"sender": sender.ID, "menu": m})
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertEvent(ctx, record) })
}

// Languages returns the languages that a business speaks: its own, then those of
// its published funnels.
func (s *Surfaces) Languages(t *tenant.Tenant) []string {
	list := []string{t.Language}
	for _, f := range s.directory.Funnels(t.ID) {
		_, v, ok := s.directory.FunnelByID(f.ID)
		if !ok || f.State != funnel.Published {
			continue
		}
		for _, lang := range v.Languages() {
			if !slices.Contains(list, lang) {
				list = append(list, lang)
			}
		}
	}
	return slices.DeleteFunc(list, func(lang string) bool { return !locale.Speaks(lang) })
}

// ProposeMenu returns the commands that Assent itself answers, in the languages of
// the business: to stop, to reach somebody, to see the settings.
func (s *Surfaces) ProposeMenu(t *tenant.Tenant) (m business.Menu) {
	seen := map[string]bool{}
	for _, lang := range s.Languages(t) {
		loc := locale.For(lang)
		for _, w := range []consent.Word{consent.Stop, consent.Help, consent.Settings} {
			name := consent.WordIn(lang, w)
			if name == "" || strings.Contains(name, " ") || seen[name] || len(m.Commands) == business.MaxCommands {
				continue
			}
			seen[name] = true
			m.Commands = append(m.Commands, business.Command{Name: name, Hint: loc.T("chat.menu." + string(w))})
		}
	}
	return m
}
