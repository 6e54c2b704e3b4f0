package optin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/phone"
	"assent/subject"
	"assent/template"
	"assent/tenant"
	"assent/vault"
)

// Limits of the confirmation by template (rule 10).
const (
	templateEvery = 30 * 24 * time.Hour // once per number and business
	templateCap   = 3                   // per number across the installation in that time
)

// TemplateLife is how long WhatsApp tries to deliver a confirmation template:
// the time to live that the shipped templates are created with. None is sent to
// arrive after its request has ended.
const TemplateLife = template.Life

// AskTemplate sends the confirmation template to the number that was typed, on
// the person's separate act from the network, which is counted as that of a form
// is. Whether a message really goes is told to nobody: the answer is the same for
// a number that said stop, that was asked before, or that many forms named.
func (s *Service) AskTemplate(ctx context.Context, token, network string) (err error) {
	defer fault.Wrap(&err, "optin.AskTemplate")
	if !vault.ValidToken(token) {
		return errNotFound
	}
	hash := vault.HashToken(token)
	var r funnel.Request
	err = s.store.ReadOnly(ctx, func(ctx context.Context, rd Reader) error {
		r, err = rd.RequestByToken(ctx, hash[:])
		return err
	})
	if err != nil {
		return err
	}
	v, t, ok, err := s.versionOf(ctx, &r)
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	sender := t.Sender("")
	if r.Message != "" {
		return nil // asked for before
	}
	if v.Template == "" || len(r.Line) == 0 || len(r.Ticked) == 0 || sender == nil || !r.LooksOpen(s.now().Add(TemplateLife)) {
		return errNoMessage
	}
	typed, key, err := s.openTyped(&r)
	if err != nil {
		return err
	}
	if silenced(typed.Doubts) {
		return errNoMessage
	}
	now := s.now()
	list := s.asking(&r, v, network, typed.Doubts, now)
	if err := s.room(ctx, list, now); err != nil {
		return err
	}
	m, q, shown, err := s.templateMessage(ctx, t, v, sender, &r, typed, key)
	if err != nil {
		return err
	}
	quiet, err := s.unwelcome(ctx, t, v, &r, typed)
	if err != nil {
		return err
	}
	number, err := phone.ParseE164(typed.E164)
	if err != nil {
		return err
	}
	line := s.inst.Secrets.TemplateHash(number)
	// What is asked for is counted, and not what goes: else the counts would tell
	// which numbers are sent nothing.
	err = s.store.Using(ctx, usesOf(list), func(ctx context.Context, w Writer, totals []int) error {
		if err := w.SetRequestMessage(ctx, r.ID, m.ID); err != nil {
			return err
		}
		if over, full := fullest(list, totals); full {
			return tooMany(over, now)
		}
		if quiet || r.Overheard() {
			return nil
		}
		ok, err := w.NoteTemplateAsk(ctx, line, t.ID, now, now.Add(-templateEvery), templateCap)
		if err != nil || !ok {
			return err
		}
		if err := w.KeepShown(ctx, shown, now); err != nil {
			return err
		}
		if err := w.InsertQuestion(ctx, q); err != nil {
			return err
		}
		return enqueueSend(ctx, w, m)
	})
	if isStale(err) {
		return nil // a second click
	}
	return err
}

// errNoMessage says that a sign-up goes on only where the person writes first.
var errNoMessage = fault.New(fault.Conflict, "No message can be sent for this sign-up. Use the WhatsApp link instead.")

// room reports, without counting, that something that is asked for is full
// already: most of a flood ends here, and writes nothing.
func (s *Service) room(ctx context.Context, list []counted, now time.Time) error {
	if len(list) == 0 {
		return nil
	}
	return s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		totals, err := r.Uses(ctx, usesOf(list))
		if err != nil {
			return err
		}
		for i := range totals {
			totals[i]++
		}
		if over, full := fullest(list, totals); full {
			return tooMany(over, now)
		}
		return nil
	})
}

// unwelcome reports whether a message would not be welcome at the number: it
// said stop, it said no a short while ago, or it was put into many forms.
func (s *Service) unwelcome(ctx context.Context, t *tenant.Tenant, v *tenant.Version, r *funnel.Request, typed funnel.Typed) (yes bool, err error) {
	if slices.Contains(typed.Doubts, doubtNumber) {
		return true, nil
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, rd Reader) (err error) {
		if yes, err = s.saidStop(ctx, rd, t, v, r, typed.E164); yes || err != nil {
			return err
		}
		yes, err = s.saidNo(ctx, rd, t, r, typed.E164)
		return err
	})
	return yes, err
}

// saidNo reports whether the number's person refused everything that is asked
// for within the time after which a number may be asked again.
func (s *Service) saidNo(ctx context.Context, rd Reader, t *tenant.Tenant, r *funnel.Request, e164 string) (bool, error) {
	n, err := phone.ParseE164(e164)
	if err != nil {
		return false, err
	}
	i, ok, err := rd.IdentifierByHash(ctx, t.ID, t.LineHash(n))
	if err != nil || !ok {
		return false, err
	}
	list, err := rd.ConsentsOf(ctx, i.Subject)
	if err != nil {
		return false, err
	}
	since := s.now().Add(-templateEvery)
	refused := 0
	for _, c := range list {
		if slices.Contains(r.Ticked, c.Purpose) && c.Position.State() == consent.Refused && c.Position.RefusedAt.After(since) {
			refused++
		}
	}
	return refused == len(r.Ticked), nil
}

// templateMessage composes the template for a request.
func (s *Service) templateMessage(ctx context.Context, t *tenant.Tenant, v *tenant.Version, sender *business.Sender, r *funnel.Request, typed funnel.Typed, key vault.DataKey) (m chat.Message, q chat.Question, shown funnel.Document, err error) {
	now := s.now()
	mid, err := s.newID(now)
	if err != nil {
		return m, q, shown, err
	}
	qid, err := s.newID(now)
	if err != nil {
		return m, q, shown, err
	}
	text, lang := v.Text(r.Lang)
	words, wordsLang, err := s.templateWords(ctx, sender, v.Template, lang, t.Language)
	if err != nil {
		return m, q, shown, err
	}
	titles := make([]string, len(r.Ticked))
	for i, purpose := range r.Ticked {
		titles[i] = text.Purposes[purpose].Title
	}
	c := chat.Content{To: typed.E164, Template: v.Template, Params: []string{t.BrandName, strings.Join(titles, ", ")}}
	for i, answer := range []chat.Answer{chat.Yes, chat.No, chat.NotMe} {
		b := chat.Button{Payload: chat.Payload{Answer: answer, Question: qid}.Seal(s.inst.Secrets.Payload)}
		if i < len(words.Replies) {
			b.Title = words.Replies[i]
		}
		c.Buttons = append(c.Buttons, b)
	}
	rendered := c
	rendered.Text = words.Fill(c.Params...)
	shown = shownMessage(rendered)
	q = chat.Question{
		ID: qid, Business: t.ID, Version: v.ID, Lang: lang, Purposes: r.Ticked, Request: r.ID, Entry: r.Entry,
		Kind: chat.Template, Match: chat.MatchSame, Shown: shown.SHA256, AskedAt: now, ExpiresAt: now.Add(chat.Life),
	}
	body, err := json.Marshal(c)
	if err != nil {
		return m, q, shown, err
	}
	m = chat.Message{
		ID: mid, Business: t.ID, Sender: sender.ID, Kind: chat.KindTemplate, Lang: wordsLang, Key: requestKeyID(r.ID),
		Sealed: key.Seal(messageContext(mid), body), About: qid, State: chat.Queued, CreatedAt: now,
	}
	return m, q, shown, nil
}

// templateWords returns what the template says, in the language that it has of
// those wished for: as it is at Meta, else as the library has it. One that is
// known of in no language is tried in the first.
func (s *Service) templateWords(ctx context.Context, sender *business.Sender, name string, wishes ...string) (template.Text, string, error) {
	var texts map[string]template.Text
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		texts, err = usableTexts(ctx, r, sender, name)
		return err
	})
	if err != nil {
		return template.Text{}, "", err
	}
	wishes = append(wishes, "en")
	if lang, ok := template.Pick(texts, wishes...); ok {
		return texts[lang], lang, nil
	}
	piece, ok := template.Named(name)
	if !ok {
		piece, _ = template.Find(template.OptIn)
	}
	lang, _ := template.Pick(piece.Texts, wishes...)
	return piece.Texts[lang], template.Code(wishes[0]), nil
}

// usableTexts returns what a template of the sender's account says in the languages
// in which Meta has it approved as utility.
func usableTexts(ctx context.Context, r Reader, sender *business.Sender, name string) (map[string]template.Text, error) {
	texts := map[string]template.Text{}
	list, err := r.Templates(ctx, sender.WABA)
	for _, t := range list {
		if t.Name == name && t.Usable() && t.Text.Body != "" {
			texts[t.Lang] = t.Text
		}
	}
	return texts, err
}

// saidStop reports whether the number has stopped any purpose that is asked for.
func (s *Service) saidStop(ctx context.Context, rd Reader, t *tenant.Tenant, v *tenant.Version, r *funnel.Request, e164 string) (stopped bool, err error) {
	n, err := phone.ParseE164(e164)
	if err != nil {
		return false, err
	}
	list, err := s.stopsOf(ctx, rd, t, n)
	if err != nil {
		return false, err
	}
	for _, sup := range list {
		for _, key := range r.Ticked {
			if p, ok := v.Purpose(key); ok && sup.Covers(p.Consent()) {
				stopped = true
			}
		}
	}
	return stopped, nil
}

// stopsOf returns the stops that stand for a number, those of other businesses of
// the legal entity among them (rule 21).
func (s *Service) stopsOf(ctx context.Context, rd Reader, t *tenant.Tenant, n phone.Number) ([]subject.Suppression, error) {
	hashes := s.inst.Secrets.SuppressionHashes(tenant.Account{Number: n})
	list, err := rd.SuppressionsByHash(ctx, t.ID, hashes)
	if err != nil {
		return nil, err
	}
	for _, id := range s.directory.Kin(t) {
		theirs, err := rd.SuppressionsByHash(ctx, id, hashes)
		if err != nil {
			return nil, err
		}
		for _, sup := range theirs {
			if sup.Purpose == "" {
				sup.Ended = nil
				list = append(list, sup)
			}
		}
	}
	return list, nil
}
