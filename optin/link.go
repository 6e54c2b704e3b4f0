package optin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"assent/chat"
	"assent/evidence"
	"assent/fault"
	"assent/locale"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// Every receipt and every answer to HELP carries a link to the person's settings:
// what they agreed to, and how to stop it. Its token is the person's id,
// enciphered, so nothing of it is stored and it is the same in every message. It
// works for LinkLife after the newest message to them (rule 28). Where an operator
// found that a record was two people's, links that were sent before may be in the
// other one's chat: they open nothing, and new ones are made of the event that
// says so (rule 22).

// LinkLife is how long the link to a person's settings works after the last
// message to them.
const LinkLife = 60 * 24 * time.Hour

var errNoLink = fault.New(fault.NotFound, "This link does not work, or not any more. Write HELP in the chat with the business for a new one.")

// Wish is what a person asks for on their settings' page and confirms by a tap in
// the chat: the page proves nothing about who reads it (rule 28).
type Wish string

// The wishes.
const (
	WantsRecord  = Wish(chat.Record) // their own record, to download
	WantsErasure = Wish(chat.Erase)
)

// Link is what stands behind the address of a person's settings.
type Link struct {
	Token      string // of the settings, whatever led here
	Business   string
	Subject    string
	Lang       string          // in which the person was last spoken to; may be empty
	Number     string          // of the business, to write to
	Simulated  bool            // the number is
	WindowOpen bool            // a message can go to the person now
	Codes      map[Wish]string // what asks for it in the chat, sent by the person themselves
	Until      time.Time       // set behind a tap's link alone: until then the record may be downloaded
	sender     string
}

// OpenLink returns what stands behind a token. It is NotFound for whatever is not
// one, or not any more: the person was erased or is locked, their number went to
// another account (rule 24), or nobody has written to them for LinkLife.
func (s *Service) OpenLink(ctx context.Context, token string) (l Link, err error) {
	defer fault.Wrap(&err, "optin.OpenLink")
	id, ok := vault.OpenID(s.inst.Secrets.Link, token)
	if !ok {
		return l, errNoLink
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		l, err = s.linkOf(ctx, r, uuid.UUID(id).String())
		return err
	})
	return l, err
}

// linkOf returns the link of a person's id, or of a tap's.
func (s *Service) linkOf(ctx context.Context, r Reader, id string) (l Link, err error) {
	now := s.now()
	_, known, err := r.FindSubject(ctx, id)
	if err != nil {
		return l, err
	}
	of := id
	if !known {
		if of, err = partedBy(ctx, r, id); err != nil {
			return l, err
		}
	}
	if of == "" {
		q, ok, err := r.Question(ctx, id)
		if err != nil || !ok || q.Kind != chat.Grant || !now.Before(q.ExpiresAt) {
			return l, errOr(err, errNoLink)
		}
		l.Until, of = q.ExpiresAt, q.Subject
	}
	sub, err := s.settled(ctx, r, of, id)
	if err != nil {
		return l, err
	}
	if id, err = linkID(ctx, r, sub.ID); err != nil {
		return l, err
	}
	t, ok := s.directory.Tenant(sub.Business)
	if !ok {
		return l, errNoLink
	}
	last, err := s.lastMessage(ctx, r, sub.ID)
	if err != nil || !now.Before(last.Add(LinkLife)) {
		return l, errOr(err, errNoLink)
	}
	l.Token, l.Business, l.Subject, l.Lang, l.WindowOpen = s.linkToken(id), t.ID, sub.ID, sub.Lang, sub.WindowOpen(now)
	l.Codes = map[Wish]string{WantsRecord: s.wishCode(sub.ID, WantsRecord, now), WantsErasure: s.wishCode(sub.ID, WantsErasure, now)}
	if sender := t.Sender(sub.Sender); sender != nil {
		l.sender, l.Number, l.Simulated = sender.ID, sender.Number, sender.Simulated
	}
	return l, nil
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// settled returns the person whom the subject turned out to be, as long as all on
// the way there are still who they were: nobody was parted from them since the
// link was made, which was when its id was.
func (s *Service) settled(ctx context.Context, r Reader, subjectID, made string) (sub subject.Subject, err error) {
	since, _ := evidence.TimeOf(made)
	for next := subjectID; next != ""; next = sub.MergedInto {
		if sub, err = r.Subject(ctx, next); err != nil {
			return sub, err
		}
		if sub.Erased() || sub.Locked() || sub.Reassigned {
			return sub, errNoLink
		}
		event, err := linkID(ctx, r, next)
		if err != nil {
			return sub, err
		}
		if at, _ := evidence.TimeOf(event); event != next && at.After(since) {
			return sub, errNoLink
		}
	}
	return sub, nil
}

// linkID returns the id behind the link to somebody's settings: their own or, where
// they kept the record that was two people's, of the event that says so last.
func linkID(ctx context.Context, r Reader, subjectID string) (string, error) {
	id := subjectID
	list, err := r.PartingsOf(ctx, subjectID)
	for _, p := range list { // oldest first
		if p.Subject == subjectID {
			id = p.Event
		}
	}
	return id, err
}

// partedBy returns who kept a record when the event parted somebody from it; empty
// where it is no such event.
func partedBy(ctx context.Context, r Reader, event string) (subjectID string, err error) {
	e, ok, err := r.FindEvent(ctx, event)
	if err != nil || !ok {
		return "", err
	}
	list, err := r.PartingsOf(ctx, e.Subject)
	if slices.ContainsFunc(list, func(p subject.Parting) bool { return p.Event == event }) {
		subjectID = e.Subject
	}
	return subjectID, err
}

// lastMessage returns when the person was last written to, under whatever id.
func (s *Service) lastMessage(ctx context.Context, r Reader, subjectID string) (last time.Time, err error) {
	ids, err := r.MergedInto(ctx, subjectID)
	if err != nil {
		return last, err
	}
	for _, id := range append(ids, subjectID) {
		at, err := r.LastMessageAt(ctx, id)
		if err != nil {
			return last, err
		}
		if at.After(last) {
			last = at
		}
	}
	return last, nil
}

// linkToken returns the token of an id.
func (s *Service) linkToken(id string) string {
	u, err := uuid.Parse(id)
	if err != nil { // ids are ours
		panic(err)
	}
	return vault.SealID(s.inst.Secrets.Link, u)
}

func (s *Service) linkAddress(token string) string { return s.inst.BaseURL + "/p/" + token }

// addLink adds the link to the person's settings to a message. It reports false
// where there is nothing to show, or the link would not work.
func (d *deed) addLink(lang string, c *chat.Content) (bool, error) {
	if d.p.fresh && len(d.records) == 0 || d.p.subject.Reassigned {
		return false, nil
	}
	id, err := d.linkID()
	if err != nil {
		return false, err
	}
	c.Secret = d.s.linkToken(id)
	c.Text = strings.TrimPrefix(c.Text+"\n\n"+locale.For(lang).T("chat.settings.link", "Link", d.s.linkAddress(c.Secret)), "\n\n")
	return true, nil
}

// help answers HELP: whom to reach, and where the settings are.
func (d *deed) help() error {
	lang := d.language()
	c := chat.Content{Text: locale.For(lang).T("chat.help", "Business", d.t.BrandName, "Contact", d.t.Helper())}
	if _, err := d.addLink(lang, &c); err != nil {
		return err
	}
	if _, err := d.say(chat.KindAnswer, lang, "", c); err != nil {
		return err
	}
	return d.askReworded()
}

// settingsWord answers the keyword with the link alone.
func (d *deed) settingsWord() error {
	if d.p.fresh {
		return d.answer(d.language(), "chat.settings.none")
	}
	lang := d.language()
	var c chat.Content
	switch ok, err := d.addLink(lang, &c); {
	case err != nil:
		return err
	case !ok:
		return d.help()
	}
	if _, err := d.say(chat.KindAnswer, lang, "", c); err != nil {
		return err
	}
	return d.askReworded()
}

// LinkStop is a stop on the settings' page.
type LinkStop struct {
	Purpose string // the purpose's key; empty for everything
	Lang    string // of the page
	Page    string // SHA-256 of the page that was shown, hex; empty where that cannot be told
}

// StopByLink stops messages to the person whose link it is, effective when it
// returns. The page acknowledges it, and the chat does not.
func (s *Service) StopByLink(ctx context.Context, token string, ls LinkStop) (err error) {
	defer fault.Wrap(&err, "optin.StopByLink")
	l, t, err := s.openSettings(ctx, token)
	if err != nil {
		return err
	}
	st := stop{reason: subject.ByPerson, method: MethodPage, act: evidence.Act{Kind: "page"}, lang: ls.Lang, purpose: ls.Purpose, silent: true}
	if ls.Purpose != "" {
		p, ok := t.Purpose(ls.Purpose)
		if !ok {
			return fault.Field("purpose", "There is no such purpose.")
		}
		st.scope = p.Scope
	}
	if st.shown, err = shownDigests(evidence.ShownPage, ls.Page); err != nil {
		return err
	}
	return s.deed(ctx, t, t.Sender(l.sender), tenant.Account{}, time.Time{}, inbound{subject: l.Subject}, func(_ context.Context, d *deed) error { return d.stop(st) })
}

// MethodPage is the method of what is done on the settings' page.
const MethodPage = "preference page"

// openSettings opens a link that may act: that of a tap only hands out.
func (s *Service) openSettings(ctx context.Context, token string) (Link, *tenant.Tenant, error) {
	l, err := s.OpenLink(ctx, token)
	if err != nil {
		return l, nil, err
	}
	t, ok := s.directory.Tenant(l.Business)
	if !ok || !l.Until.IsZero() || l.sender == "" {
		return l, nil, errNoLink
	}
	return l, t, nil
}
