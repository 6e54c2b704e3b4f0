package optin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/locale"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
	"assent/whatsapp/wire"
)

// message decides what an inbound message is. What is no act of consent is
// answered by silence (rule 27).
func (d *deed) message(ctx context.Context, m *wire.Message) error {
	switch {
	case m.Text != nil:
		return d.text(ctx, m.Text.Body, "message")
	case m.Edit != nil && m.Edit.Message.Text != nil: // an edited message is a new act (rule 3)
		if err := d.text(ctx, m.Edit.Message.Text.Body, "edited message"); err != nil {
			return err
		}
		return d.noteEdit(ctx, m.Edit.OriginalMessageID)
	case m.Button != nil:
		return d.tap(ctx, m.Button.Payload, m.Button.Text)
	case m.Interactive != nil && m.Interactive.ListReply != nil: // other software's
		return d.foreign(ctx, m.Interactive.ListReply.ID, m.Interactive.ListReply.Title)
	case m.Interactive != nil && m.Interactive.ButtonReply != nil:
		return d.tap(ctx, m.Interactive.ButtonReply.ID, m.Interactive.ButtonReply.Title)
	case m.Revoke != nil:
		return d.deleted(ctx, m.Revoke.OriginalMessageID)
	case len(m.Contacts) > 0:
		return d.contact(m.Contacts)
	case saysStop(m.Caption()): // what is under a picture is said too, and gives nothing
		return d.stopWord("caption", evidence.Act{Kind: "message", Text: bounded(m.Caption())}, "")
	default: // a reaction is no act; nor is a picture
		return nil
	}
}

// foreign handles a button or a list row that is not ours: its words or what
// stands behind it may still be a keyword, such as "stop promotions".
func (d *deed) foreign(ctx context.Context, payload, title string) error {
	if consent.Keyword(title) != consent.Stop && consent.Keyword(payload) == consent.Stop {
		title = payload
	}
	return d.text(ctx, title, "button")
}

// text handles a text: a stop word, a request's code, an entry point's code, a
// sentence that is a stop, or another keyword.
func (d *deed) text(ctx context.Context, text, kind string) error {
	act := evidence.Act{Kind: kind, Text: bounded(text)}
	word, purpose := consent.KeywordFor(text, d.t.StopNames())
	if lang := consent.LanguageOf(text); locale.Speaks(lang) {
		d.heard = lang
	}
	if word == consent.Stop {
		return d.stopWord("keyword", act, purpose)
	}
	codes := codesIn(text)
	for _, code := range codes {
		r, current, ok, err := d.read.RequestByCode(ctx, d.t.ID, d.s.codeHash(code))
		if err != nil {
			return err
		}
		if ok {
			return d.confirm(ctx, r, current, code, text, act)
		}
	}
	if w, err := d.wishIn(ctx, codes); err != nil {
		return err
	} else if w != "" {
		return d.askWish(ctx, w, d.language())
	}
	if done, err := d.entryCode(ctx, text, act); done || err != nil {
		return err
	}
	switch word {
	case consent.NoWord:
		if consent.AsksToStop(text) {
			return d.stopWord("sentence", act, "")
		}
		if done, err := d.typedNumber(ctx, text); done || err != nil {
			return err
		}
	case consent.Help:
		return d.help()
	case consent.Settings:
		return d.settingsWord()
	case consent.Start:
		return d.startWord()
	}
	return d.wrongCode(ctx, codes)
}

// stopWord handles a stop, bare or with a purpose: a keyword or a sentence.
func (d *deed) stopWord(method string, act evidence.Act, purpose string) error {
	st := stop{reason: subject.ByPerson, method: method, act: act, purpose: purpose}
	if purpose != "" {
		p, _ := d.t.Purpose(purpose)
		st.scope = p.Scope
	} else {
		var err error
		if st.scope, err = d.bareScope(); err != nil {
			return err
		}
	}
	return d.stop(st)
}

// bareScope returns how far a bare stop of the person reaches: as far as it does
// for any number that is known, or may be theirs (rule 15).
func (d *deed) bareScope() (consent.Scope, error) {
	known, err := d.s.knownAs(d.p)
	if err != nil {
		return "", err
	}
	for _, a := range append(known, tenant.Account{Number: d.p.apart}) {
		if width := d.t.BareStopFor(a.CallingCode(), d.at); width == business.StopAll {
			return width.Scope(), nil
		}
	}
	return business.StopMarketing.Scope(), nil
}

// startWord answers START with the words: the keyword itself is no consent, for
// nothing was shown with it.
func (d *deed) startWord() error {
	version, newest := "", time.Time{} // the words that the person last met
	for _, c := range d.p.consents {
		if c.Version != "" && (version == "" || c.ChangedAt.After(newest)) {
			version, newest = c.Version, c.ChangedAt
		}
	}
	v, ok, err := d.version(version)
	if err != nil {
		return err
	}
	if ok { // the funnel's words of today
		var f *funnel.Funnel
		f, v, ok = d.s.directory.FunnelByID(v.Funnel)
		ok = ok && f.State == funnel.Published
	}
	if !ok {
		for _, f := range d.s.directory.Funnels(d.t.ID) {
			if f.State == funnel.Published {
				v, ok = d.s.directory.Version(f.Version)
				break
			}
		}
	}
	if !ok {
		return nil
	}
	_, lang := v.Text(d.language())
	d.count(v, "", lang, funnel.CountWrote)
	return d.ask(question{v: v, lang: lang, purposes: offered(v)})
}

// confirm handles a message with a request's code (rules 2 to 4, 7, 9, 16).
func (d *deed) confirm(ctx context.Context, r funnel.Request, current bool, code, text string, act evidence.Act) error {
	v, ok, err := d.version(r.Version)
	if err != nil || !ok {
		return err
	}
	prefilled := v.Prefill(r.Lang, r.Ticked, code)
	if prefilled.StopIn(text, d.names(v)...) {
		return d.stopWord("keyword", act, "")
	}
	if f, _, ok := d.s.directory.FunnelByID(v.Funnel); !ok || f.State == funnel.Defective {
		return d.answer(r.Lang, "chat.ended")
	}
	if !v.Serves(d.p.account.Country()) {
		return d.answer(r.Lang, "chat.country", "Country", d.speak(r.Lang).Country(d.p.account.Country()))
	}
	if r.State == funnel.Confirmed && current && d.holds(&r, v) {
		if theirs, err := d.isThem(ctx, r.Subject); err != nil || theirs {
			return errors.Join(err, d.already(r.Lang))
		}
	}
	match, err := d.match(&r)
	if err != nil {
		return err
	}
	y := yes{v: v, lang: r.Lang, said: r.Ticked, request: &r, match: match, act: act, method: "prefilled message", entry: r.Entry}
	for _, p := range v.Asked() {
		if !slices.Contains(r.Ticked, p.Key) {
			y.declined = append(y.declined, p.Key)
		}
	}
	for _, p := range v.Stated() {
		y.stated = append(y.stated, p.Key)
	}
	if y.shown, err = shownDigests(d.s.pageKind(r.Entry), r.Page, evidence.ShownNotice, r.Notice); err != nil {
		return err
	}
	if prefilled.Same(text) && r.State != funnel.Confirmed && d.overtaken(y) {
		return d.give(y)
	}
	if why := d.doubt(&r, v, current, match, prefilled.Same(text)); why != "" {
		return d.askAgain(r, v, match, why)
	}
	return d.give(y)
}

// names returns by what the business and its purposes are called, in every
// language: a prefilled text may have them in it.
func (d *deed) names(v *tenant.Version) []string {
	names := []string{d.t.BrandName, d.t.LegalName, v.Controller.BrandName, v.Controller.LegalName}
	for _, p := range d.t.Purposes {
		for _, title := range p.Titles {
			names = append(names, title)
		}
	}
	for _, text := range v.Texts {
		for _, p := range text.Purposes {
			names = append(names, p.Title)
		}
	}
	return names
}

// holds reports whether anything that the request asked for is in force.
func (d *deed) holds(r *funnel.Request, v *tenant.Version) bool {
	return slices.ContainsFunc(v.Purposes, func(p funnel.Purpose) bool {
		return (p.Basis == consent.ByContract || slices.Contains(r.Ticked, p.Key)) && d.p.position(p.Consent()).InForce()
	})
}

// overtaken reports whether everything that is said yes to was stopped after
// it was said, or was said too long ago: it is recorded, gives nothing, and is
// answered by silence (rule 16).
func (d *deed) overtaken(y yes) bool {
	said := append(slices.Clone(y.said), y.stated...)
	return len(said) > 0 && !slices.ContainsFunc(said, func(key string) bool {
		p, ok := y.v.Purpose(key)
		pos := d.p.position(p.Consent())
		// What was said within seconds after the stop gives nothing either, but
		// the person was there after it, and is asked.
		return ok && (pos.Accepts(d.at, d.now) != consent.OutcomeNoted || d.now.Sub(d.at) <= consent.MaxDelay && !d.at.Before(pos.EndedAt))
	})
}

// match compares the typed number with the account that writes (rule 4).
func (d *deed) match(r *funnel.Request) (chat.Match, error) {
	if len(r.Line) == 0 {
		return chat.MatchNone, nil
	}
	known, err := d.s.knownAs(d.p)
	if err != nil {
		return "", err
	}
	match := chat.MatchUnknown
	for _, a := range known {
		if a.Number.IsZero() {
			continue
		}
		if slices.Equal(d.t.LineHash(a.Number), r.Line) {
			return chat.MatchSame, nil
		}
		match = chat.MatchDiffers
	}
	return match, nil
}

// doubt returns why a message with a code does not give by itself, as the id of
// the sentence that the chat then shows, or nothing.
func (d *deed) doubt(r *funnel.Request, v *tenant.Version, current bool, match chat.Match, same bool) string {
	switch {
	case r.State == funnel.Confirmed:
		return "chat.why.used"
	case r.State == funnel.Closed:
		return "chat.why.stopped"
	case !current, r.State == funnel.Deferred, !d.now.Before(r.ExpiresAt):
		return "chat.why.expired"
	case !r.Shown, v.Defective, d.from.forwarded: // a page that somebody else saw
		return "chat.why.unseen"
	case !same:
		return "chat.why.changed"
	case match == chat.MatchDiffers, match == chat.MatchUnknown:
		return "chat.why.other_number"
	}
	return ""
}

// askAgain shows the words with buttons. Where another number was typed, that
// number's request ends here: a code never joins a typed number to an account.
func (d *deed) askAgain(r funnel.Request, v *tenant.Version, match chat.Match, why string) error {
	v, ok := d.s.sound(v)
	if !ok {
		return d.answer(r.Lang, "chat.ended")
	}
	lang := r.Lang
	if _, ok := v.Texts[lang]; !ok {
		lang = v.Language
	}
	purposes := slices.DeleteFunc(slices.Clone(r.Ticked), func(key string) bool { _, ok := v.Purpose(key); return !ok })
	for _, p := range v.Stated() {
		purposes = append(purposes, p.Key)
	}
	if asked, _ := split(v, purposes); len(asked) == 0 { // only what rests on a contract: there is nothing to ask
		purposes = offered(v)
	}
	q := question{v: v, lang: lang, purposes: purposes, entry: r.Entry, match: match, why: why}
	open := r.State == funnel.Requested
	switch {
	case open && (match == chat.MatchDiffers || match == chat.MatchUnknown):
		line, err := d.s.templateLine(&r)
		if err != nil {
			return err
		}
		d.later(func(ctx context.Context, w Writer) error {
			if err := w.SetRequest(ctx, r.ID, funnel.Requested, funnel.Deferred, ""); err != nil {
				return err
			}
			return silent(ctx, w, &r, line)
		})
	case open && d.now.Before(r.ExpiresAt):
		q.request = r.ID
	}
	return d.ask(q)
}

// sound returns the version, or where it was found defective the one that its
// funnel has now: words that are known to be wrong are shown to nobody (rule 2).
func (s *Service) sound(v *tenant.Version) (*tenant.Version, bool) {
	if !v.Defective {
		return v, true
	}
	f, now, ok := s.directory.FunnelByID(v.Funnel)
	return now, ok && f.State == funnel.Published && !now.Defective
}

// entryCode handles the code of a printed entry point: it only ever asks.
func (d *deed) entryCode(ctx context.Context, text string, act evidence.Act) (done bool, err error) {
	words := tokens(text)
	for _, word := range words {
		e, ok := d.s.directory.Entry(strings.ToUpper(word))
		if !ok {
			continue
		}
		f, v, ok := d.s.directory.FunnelByID(e.Funnel)
		if !ok || f.Business != d.t.ID {
			continue
		}
		lang := d.languageOf(v, e.Code, text)
		if v.EntryText(lang, e).StopIn(text, d.names(v)...) {
			return true, d.stopWord("keyword", act, "")
		}
		if f.State != funnel.Published || e.Off {
			return true, d.answer(lang, "chat.ended")
		}
		if !v.Serves(d.p.account.Country()) {
			return true, d.answer(lang, "chat.country", "Country", d.speak(lang).Country(d.p.account.Country()))
		}
		d.count(v, e.ID, lang, funnel.CountWrote)
		return true, d.ask(question{v: v, lang: lang, purposes: offered(v), entry: e.ID, why: "chat.why.entry"})
	}
	return false, d.laggingEntry(ctx, words)
}

// languageOf returns in which of the version's languages the text greets, or
// else the person's, or the version's own.
func (d *deed) languageOf(v *tenant.Version, code, text string) string {
	for _, lang := range v.Languages() {
		t, _ := v.Text(lang)
		if greeting := consent.FoldText(t.Greeting); greeting != "" && strings.Contains(consent.FoldText(text), greeting) {
			return lang
		}
	}
	_, lang := v.Text(d.language())
	return lang
}

// maxWrongCodes is how many wrong codes an account may send in an hour before
// it meets silence (rule 28).
const maxWrongCodes = 5

// wrongCode answers a text that looks like it holds a code of ours, but does
// not. A text without any is not for us.
func (d *deed) wrongCode(ctx context.Context, codes []string) error {
	if !slices.ContainsFunc(codes, looksRandom) {
		return nil
	}
	account := d.s.accountHash(d.t, d.p.account)
	hour := hourOf(d.now)
	n, err := d.read.WrongCodes(ctx, account, hour)
	if err != nil {
		return err
	}
	d.later(func(ctx context.Context, w Writer) error {
		_, err := w.NoteWrongCode(ctx, account, hour)
		return err
	})
	if n >= maxWrongCodes {
		return nil
	}
	return d.answer(d.language(), "chat.code_unknown")
}

// accountHash returns the hash under which an account's wrong codes are counted.
func (s *Service) accountHash(t *tenant.Tenant, a tenant.Account) []byte {
	id := a.BSUID
	if id == "" {
		id = a.WAID
	}
	h := t.Index.Hash("wrong", id)
	return h[:]
}

// maxCodes is how many words of one message are looked up as codes.
const maxCodes = 8

// codesIn returns the words of the text that have the form of a request's code.
func codesIn(text string) (codes []string) {
	for _, word := range tokens(text) {
		if code, ok := vault.FoldCode(word); ok && !slices.Contains(codes, code) {
			if codes = append(codes, code); len(codes) == maxCodes {
				break
			}
		}
	}
	return codes
}

// looksRandom reports whether a word is rather a code than a word of ten
// letters: it has digits and letters.
func looksRandom(code string) bool {
	return strings.ContainsAny(code, "0123456789") && strings.ContainsAny(code, "ABCDEFGHJKMNPQRSTVWXYZ")
}

// tokens returns the words of a text: runs of letters and digits. Codes stand
// near the end, so the last words are kept where there are very many.
func tokens(text string) []string {
	if len(text) > 8192 {
		text = text[len(text)-8192:]
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) > 256 {
		words = words[len(words)-256:]
	}
	return words
}

// bounded cuts what a person wrote to what is kept of it as evidence; the whole
// is in the webhook slice.
func bounded(text string) string {
	if r := []rune(text); len(r) > 4096 {
		return string(r[:4096])
	}
	return text
}
