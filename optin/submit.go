package optin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/limit"
	"assent/phone"
	"assent/tenant"
	"assent/vault"
)

// Submission is a form that was posted.
type Submission struct {
	Slug      string
	Lang      string   // of the page
	Purposes  []string // keys of the boxes ticked
	Phone     string
	Country   string // ISO code chosen beside the number; may be empty
	Name      string
	Fields    map[string]string // what was typed into the funnel's own fields, by key
	OfAge     bool              // the box of the age statement is ticked
	Shown     string            // the page's signed field
	Entry     string            // code of the entry point; may be empty
	Page      string            // address of the page, without its query; of a page of another site its origin alone
	IP        string            // empty unless the funnel keeps it
	UserAgent string

	// Network is that of the sender (limit.Network), under which forms are counted;
	// empty for this machine, which no limit binds.
	Network string
	Trap    bool   // a field that people do not see was filled in
	Proof   string // of work (package altcha), where the funnel asks for it
}

// Submitted is what became of a form.
type Submitted struct {
	Token string // of the request's public address; empty where nothing is kept
}

// ErrNothingTicked says that the form asks for nothing: no box is ticked and
// nothing rests on a contract, so nothing about the person is kept (rule 1).
var ErrNothingTicked = fault.Field("purpose", "Tick what you would like to receive.")

// ErrEnded says that the funnel takes nobody any more.
var ErrEnded = fault.New(fault.Gone, "This sign-up has ended.")

// ErrMute says that the business has no WhatsApp number in use: nobody could
// confirm, so nothing is asked and nothing is kept.
var ErrMute = fault.New(fault.Unavailable, "Signing up is not possible just now: the business has no WhatsApp number connected.")

// ErrAge says that the box of the age statement is left alone: nothing about the
// person is kept (rule 8).
var ErrAge = fault.Field("age", "Tick the box if you are old enough. If you are not, nothing is kept.")

// maxName bounds a person's name, in characters.
const maxName = 100

// Submit makes a request of a form. It proves nothing about a number and
// touches no consent (rule 1). When it returns, the request and its event are
// durable and in the log.
func (s *Service) Submit(ctx context.Context, in Submission) (out Submitted, err error) {
	defer s.door.enter()()
	f, v, ok, err := s.funnelOf(ctx, &in)
	if err != nil {
		return out, err
	}
	if !ok {
		return out, errNotFound
	}
	if f.State != funnel.Published {
		return out, ErrEnded
	}
	t, ok := s.directory.Tenant(f.Business)
	if !ok {
		return out, errNotFound
	}
	if !t.Reachable() {
		return out, ErrMute
	}
	shown, proven := s.openShown(in.Shown, f.ID)
	if proven { // the version that was served is the evidence, even if archived since (rule 2)
		v, _ = s.directory.Version(shown.Version)
		in.Lang, in.Entry = shown.Lang, s.provenEntry(shown.Entry, in.Entry)
	}
	typed, line, err := typedOf(t, v, in)
	if err != nil {
		return out, err
	}
	if v.MinAge > 0 && !in.OfAge {
		return out, ErrAge
	}
	ticked := tickedOf(v, in.Purposes)
	if len(ticked) == 0 && len(v.Stated()) == 0 {
		return out, ErrNothingTicked
	}
	now := s.now()
	r, token, err := s.newRequest(t, v, in, now)
	if err != nil {
		return out, err
	}
	r.Ticked, r.Line = ticked, line
	r.Shown = proven
	if proven {
		r.Page, r.Notice = shown.Page, shown.Notice
	}
	e, err := s.enter(t, v, in, s.doubt(v, in, &typed, shown, proven, now), now)
	if err != nil {
		return out, err
	}
	for {
		record, err := s.requested(t, v, &r, in, typed, shown, proven, now)
		if err != nil {
			s.gauge.left(e, nil, err)
			return out, err
		}
		doubts, err := s.keep(ctx, e, r, record, now)
		if err != nil || len(doubts) == 0 {
			return Submitted{Token: token}, err
		}
		typed.Doubts = append(typed.Doubts, doubts...)
		e = entry{} // which is counted now
	}
}

// keep writes a request with its event, and what is counted of it in the same
// transaction. Where that is over a limit, or tells of doubts that the event does
// not know, the count alone is written.
func (s *Service) keep(ctx context.Context, e entry, r funnel.Request, record evidence.Record, now time.Time) (doubts []string, err error) {
	var totals []int
	var over limit.Use
	var full bool
	err = s.store.Using(ctx, e.uses(), func(ctx context.Context, w Writer, came []int) error {
		totals = came
		if over, full = e.over(totals); full {
			return nil
		}
		if doubts = e.doubts(totals); len(doubts) > 0 {
			return nil
		}
		if err := w.InsertRequest(ctx, r); err != nil {
			return err
		}
		if err := w.InsertEvent(ctx, record); err != nil {
			return err
		}
		return s.countRequest(ctx, w, &r, funnel.CountSubmitted, now)
	})
	s.gauge.left(e, totals, err)
	if err == nil && full {
		err = tooMany(over, now)
	}
	return doubts, err
}

// funnelOf returns the funnel that a form was posted to. What the page proves to
// have shown, and the entry point that led to it, are in the Directory then too,
// if they are anywhere.
func (s *Service) funnelOf(ctx context.Context, in *Submission) (f *funnel.Funnel, v *tenant.Version, ok bool, err error) {
	err = s.known(ctx, func() bool {
		f, v, ok = s.directory.Funnel(in.Slug)
		return ok
	}, func(ctx context.Context, r Reader) (bool, error) { return r.HasFunnel(ctx, in.Slug) })
	if err != nil || !ok {
		return f, v, ok, err
	}
	if shown, ours := funnel.OpenShown(s.inst.Secrets.Shown, in.Shown); ours {
		err = s.known(ctx, func() bool { _, ok := s.directory.Version(shown.Version); return ok }, nil)
		if err != nil {
			return f, v, ok, err
		}
	}
	if in.Entry == "" {
		return f, v, ok, nil
	}
	err = s.known(ctx, func() bool { _, ok := s.directory.Entry(in.Entry); return ok }, func(ctx context.Context, r Reader) (bool, error) {
		return r.HasEntryPoint(ctx, in.Entry)
	})
	return f, v, ok, err
}

// openShown returns what the page proves to have shown. A field that is
// missing, not ours, of another funnel or of a defective version proves nothing.
func (s *Service) openShown(field, funnelID string) (funnel.Shown, bool) {
	shown, ok := funnel.OpenShown(s.inst.Secrets.Shown, field)
	if !ok {
		return funnel.Shown{}, false
	}
	v, ok := s.directory.Version(shown.Version)
	if !ok || v.Funnel != funnelID || v.Defective || v.Notices[shown.Lang].SHA256 != shown.Notice {
		return funnel.Shown{}, false
	}
	return shown, true
}

// provenEntry returns the code of the entry point that a page proves, else the
// one that was posted: but only a page's own proof says that it was a form on
// another site.
func (s *Service) provenEntry(id, posted string) string {
	if e, ok := s.directory.EntryByID(id); ok {
		return e.Code
	}
	if e, ok := s.directory.Entry(posted); ok && e.Kind == funnel.EntryEmbed {
		return ""
	}
	return posted
}

// pageKind returns as what the evidence names the page of a request: a form on
// the business's own site is a document of its own kind. What a page proved
// names the entry point too, so nobody can pass one off as the other.
func (s *Service) pageKind(entry string) string {
	if e, ok := s.directory.EntryByID(entry); ok && e.Kind == funnel.EntryEmbed {
		return evidence.ShownForm
	}
	return evidence.ShownPage
}

// typedOf checks what was typed, and returns the hash of the number's line.
func typedOf(t *tenant.Tenant, v *tenant.Version, in Submission) (typed funnel.Typed, line []byte, err error) {
	typed.Name, err = cleanName(in.Name)
	if err != nil {
		return typed, nil, err
	}
	if typed.Fields, err = v.Answers(in.Fields); err != nil {
		return typed, nil, err
	}
	number := strings.TrimSpace(in.Phone)
	if v.NumberField == funnel.NumberNone || number == "" && v.NumberField == funnel.NumberOptional {
		return typed, nil, nil
	}
	if number == "" {
		return typed, nil, ErrNumberRequired
	}
	region := strings.ToUpper(in.Country)
	if len(region) != 2 {
		region = t.Country
	}
	n, err := phone.Parse(number, region)
	if err != nil {
		return typed, nil, err
	}
	if !v.Serves(n.Region()) {
		return typed, nil, ErrCountry
	}
	typed.Number, typed.E164 = number, n.E164()
	return typed, t.LineHash(n), nil
}

// ErrNumberRequired says that the form needs a number.
var ErrNumberRequired = fault.Field("phone", "Enter your WhatsApp number.")

// ErrCountry says that the funnel is not offered in the number's country.
var ErrCountry = fault.Field("phone", "This is not offered for numbers of that country.")

// cleanName returns a name without characters that play tricks with text.
func cleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(funnel.Plain(name)), " ")
	if runes(name) > maxName {
		return "", fault.Field("name", "That name is too long. Use up to %d characters.", maxName)
	}
	return name, nil
}

// tickedOf returns the keys that name a box of the version, in its order.
func tickedOf(v *tenant.Version, keys []string) []string {
	ticked := []string{}
	for _, p := range v.Asked() {
		if slices.Contains(keys, p.Key) {
			ticked = append(ticked, p.Key)
		}
	}
	return ticked
}

// newRequest makes a request with a token, a code and a key of its own.
func (s *Service) newRequest(t *tenant.Tenant, v *tenant.Version, in Submission, now time.Time) (r funnel.Request, token string, err error) {
	if token, err = vault.NewToken(s.rand); err != nil {
		return r, "", err
	}
	_, lang := v.Text(in.Lang)
	hash := vault.HashToken(token)
	r = funnel.Request{
		TokenHash: hash[:], Business: t.ID, Version: v.ID, Lang: lang, State: funnel.Requested,
		Notice: v.Notices[lang].SHA256, CreatedAt: now, ExpiresAt: now.Add(funnel.RequestLife), CodeHash: s.codeHash(s.Code(token, 0)),
	}
	if e, ok := s.directory.Entry(in.Entry); ok && e.Funnel == v.Funnel {
		r.Entry = e.ID
	}
	r.ID, err = s.newID(now)
	return r, token, err
}

// Code returns the code of a request's attempt, as the page shows it.
func (s *Service) Code(token string, attempt int) string {
	return vault.Code(s.inst.Secrets.Code, token, attempt)
}

func (s *Service) codeHash(code string) []byte {
	h := s.inst.Secrets.Codes.Hash("code", code)
	return h[:]
}

// requested signs the request's event and seals what was typed.
func (s *Service) requested(t *tenant.Tenant, v *tenant.Version, r *funnel.Request, in Submission, typed funnel.Typed, shown funnel.Shown, proven bool, now time.Time) (record evidence.Record, err error) {
	key, wrapped, err := s.inst.Master.NewDataKey(s.rand, requestKeyID(r.ID))
	if err != nil {
		return record, err
	}
	r.WrappedKey = wrapped
	body, err := json.Marshal(typed)
	if err != nil {
		return record, err
	}
	r.Sealed = key.Seal(typedContext(r.ID), body)
	e := evidence.Event{
		Name: evidence.ConsentRequested, IssuedAt: now, Time: now, Language: r.Lang, Funnel: v.Funnel, FunnelVersion: v.ID, EntryPoint: r.Entry,
		Method: "form", Page: in.Page, Typed: typed.Number, E164: typed.E164, PersonName: typed.Name, IP: in.IP, UserAgent: in.UserAgent,
		Act: evidence.Act{Kind: "post", Ticked: r.Ticked},
	}
	if e.Notice, err = evidence.ParseDigest(r.Notice); err != nil {
		return record, err
	}
	if proven {
		if e.Shown, err = shownDigests(s.pageKind(r.Entry), shown.Page, evidence.ShownNotice, shown.Notice); err != nil {
			return record, err
		}
	}
	e.Reason = reason(typed.Doubts)
	if e.Extra, err = formClaims(v, r.Lang, typed); err != nil {
		return record, err
	}
	for _, p := range v.Purposes {
		c := evidence.Choice{Purpose: p.Key, Scope: string(p.Scope), Basis: string(p.Basis), Outcome: string(consent.OutcomeRequested)}
		if p.Basis == consent.ByConsent && !slices.Contains(r.Ticked, p.Key) {
			e.Act.Unticked = append(e.Act.Unticked, p.Key)
			continue
		}
		e.Choices = append(e.Choices, c)
	}
	if sender := t.Sender(""); sender != nil {
		e.Simulated = sender.Simulated
	}
	if e.ID, err = s.newID(now); err != nil {
		return record, err
	}
	r.Event = e.ID
	record, err = t.Issue(s.rand, e, requestKeyID(r.ID), key, nil)
	record.Request = r.ID
	return record, err
}

// formClaims discloses what the funnel's own fields hold and what was stated of
// the age, each on its own.
func formClaims(v *tenant.Version, lang string, typed funnel.Typed) (map[string]evidence.RawJSON, error) {
	claims, err := ageClaim(v, lang)
	if err != nil || len(typed.Fields) == 0 {
		return claims, err
	}
	if claims == nil {
		claims = map[string]evidence.RawJSON{}
	}
	claims[funnel.ClaimForm], err = json.Marshal(v.Form(lang, typed.Fields))
	return claims, err
}

// ageClaim discloses the statement of age that belongs to a yes, where the
// version asks for one (rule 8).
func ageClaim(v *tenant.Version, lang string) (map[string]evidence.RawJSON, error) {
	if v.MinAge == 0 {
		return nil, nil
	}
	said, err := json.Marshal(v.AgeStatement(lang))
	return map[string]evidence.RawJSON{funnel.ClaimAge: said}, err
}

// typedContext is the place to which what was typed is bound.
func typedContext(request string) string { return "request/" + request + "/typed" }

// openTyped returns what the person typed into the form.
func (s *Service) openTyped(r *funnel.Request) (typed funnel.Typed, key vault.DataKey, err error) {
	if key, err = s.openRequestKey(r); err != nil {
		return typed, key, err
	}
	body, err := key.Open(typedContext(r.ID), r.Sealed)
	if err != nil {
		return typed, key, err
	}
	return typed, key, json.Unmarshal(body, &typed)
}
