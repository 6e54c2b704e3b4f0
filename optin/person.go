package optin

import (
	"bytes"
	"context"
	"slices"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// person is what is known of the account behind an act, at one moment.
type person struct {
	subject      subject.Subject
	key          vault.DataKey
	fresh        bool  // never seen: to be inserted
	wasSeq       int64 // the running number that was read
	account      tenant.Account
	portfolio    string
	at           time.Time // of the act
	identifiers  []subject.Identifier
	keep         []joining // seen now, and not yet joined to this person
	consents     map[string]consent.Consent
	suppressions []subject.Suppression
	absorbed     []subject.Subject // others that this webhook shows to be the same person (rule 22)
	left         []bystander       // others whose number now belongs to this account (rule 24)
	took         bool              // the number was another's before
	lineless     bool              // the number that the account shows is another's by now
	apart        phone.Number      // the number that it shows, and that an operator said is another's
	old          string            // the subject that had the account before a change of number
	stopped      bool              // nobody is known who had it, and stops are kept for it
}

// joining is an identifier that is to be joined to a person, and the subject
// that it belonged to until now, if any.
type joining struct {
	tenant.LookUp
	from string
	left subject.Identifier // with the time at which they gave it up, if they did
}

// person finds who the account is, or makes somebody new; where it is known who
// it is about, the account may be empty. Identifiers are joined only where one
// webhook names both, or a change message (rules 22 and 23).
func (s *Service) person(ctx context.Context, r Reader, t *tenant.Tenant, sender *business.Sender, a tenant.Account, from inbound, at, now time.Time) (*person, error) {
	p := &person{account: a, portfolio: sender.Portfolio, at: at, consents: map[string]consent.Consent{}}
	found := from.subject
	if from.was != nil {
		if err := s.formerly(ctx, r, t, p, *from.was); err != nil {
			return nil, err
		}
	}
	if found == "" {
		var err error
		if found, err = s.identify(ctx, r, t, p, from.was != nil, from.own); err != nil {
			return nil, err
		}
		if found, err = p.rejoin(ctx, r, found); err != nil {
			return nil, err
		}
	}
	if found == "" {
		if err := s.newPerson(t, p, now); err != nil {
			return nil, err
		}
		p.doubt()
		return p, s.suppressionsOf(ctx, r, t, p) // who is new may have been erased before (rule 18)
	}
	var err error
	if p.subject, err = whoNow(ctx, r, found); err != nil {
		return nil, err
	}
	if p.subject.Business != t.ID { // an id that somebody of another business gave
		return nil, errNotFound
	}
	if p.subject.Erased() { // a status of a message to somebody who was erased since
		return nil, errNothing
	}
	found = p.subject.ID
	p.wasSeq = p.subject.Seq
	if p.key, err = s.inst.Master.OpenDataKey(p.subject.KeyID(), p.subject.Wrapped); err != nil {
		return nil, err
	}
	if p.identifiers, err = r.IdentifiersOf(ctx, found); err != nil {
		return nil, err
	}
	return p, s.standing(ctx, r, t, p)
}

// whoNow returns the subject, or who it turned out to be.
func whoNow(ctx context.Context, r Reader, id string) (sub subject.Subject, err error) {
	for next := id; next != ""; next = sub.MergedInto {
		if sub, err = r.Subject(ctx, next); err != nil {
			return sub, err
		}
	}
	return sub, nil
}

// identify looks the account's identifiers up and returns the subject that
// they lead to, or nothing for an account never seen. What somebody gave up
// before leads nowhere. Where they lead to two, the one whose account id matches
// is the person; the other is the same person too, unless it is already known by
// another account of the portfolio, or an operator said that it is not: then the
// account counts as one that shows no number. moved says that the account has just
// come to its number, own that an act of its own shows the number.
func (s *Service) identify(ctx context.Context, r Reader, t *tenant.Tenant, p *person, moved, own bool) (string, error) {
	var line *subject.Identifier
	var byID, byParent, gaveUp string
	for _, l := range t.LookUps(p.account, p.portfolio) {
		i, ok, err := r.IdentifierByHash(ctx, t.ID, l.Hash)
		switch {
		case err != nil:
			return "", err
		case !ok:
			p.keep = append(p.keep, joining{LookUp: l})
		case !i.Theirs(p.at):
			p.keep = append(p.keep, joining{LookUp: l, from: i.Subject})
			if l.Kind == subject.Line {
				gaveUp = i.Subject
			}
		case l.Kind == subject.Line:
			line = &i
		case byID == "":
			byID = i.Subject
		case i.Subject != byID:
			byParent = i.Subject
		}
	}
	if byParent != "" {
		if err := s.sameParent(ctx, r, p, byID, byParent); err != nil {
			return "", err
		}
	}
	p.took = gaveUp != "" && gaveUp != byID && gaveUp != p.old // who comes back to their own number takes it from nobody
	if line == nil || line.Subject == byID || line.Subject == p.old {
		return byID, nil
	}
	if byID != "" && !own {
		since, err := partedAt(ctx, r, line.Subject, byID)
		if err != nil {
			return "", err
		}
		if !since.IsZero() && (!moved || !p.at.After(since)) {
			p.apart, p.account.Number, p.account.WAID = p.account.Number, phone.Number{}, ""
			return byID, nil
		}
	}
	other, err := r.Subject(ctx, line.Subject)
	if err != nil {
		return "", err
	}
	since, err := joinedAt(ctx, r, line)
	if err != nil {
		return "", err
	}
	taken, err := p.knownOtherwise(ctx, r, line.Subject)
	if err != nil {
		return "", err
	}
	switch {
	case slices.ContainsFunc(p.absorbed, func(a subject.Subject) bool { return a.ID == other.ID }): // by the parent's id
		return byID, nil
	case taken && since.After(p.at): // what comes late takes no number back
		p.lineless = true
		return byID, nil
	case taken, moved && since.Before(p.at): // the number is now with this account; who had it is another person
		gone, err := s.bystander(ctx, r, &other, line)
		if err != nil {
			return "", err
		}
		p.left, p.took = append(p.left, gone), true
	case byID != "":
		p.absorbed = append(p.absorbed, other)
	default:
		return line.Subject, nil
	}
	for _, l := range t.LookUps(p.account, p.portfolio) {
		if l.Kind == subject.Line {
			p.keep = append(p.keep, joining{LookUp: l, from: line.Subject})
		}
	}
	return byID, nil
}

// sameParent notes that the account, which leads to byID, shows the parent's id of
// somebody else: in another portfolio of one business they are one person, unless
// an operator said that they are not. In this portfolio nobody has two accounts.
func (s *Service) sameParent(ctx context.Context, r Reader, p *person, byID, byParent string) error {
	since, err := partedAt(ctx, r, byParent, byID)
	if err != nil || !since.IsZero() {
		return err
	}
	taken, err := p.knownOtherwise(ctx, r, byParent)
	if err != nil || taken {
		return err
	}
	other, err := r.Subject(ctx, byParent)
	if err == nil {
		p.absorbed = append(p.absorbed, other)
	}
	return err
}

// knownOtherwise reports whether a subject, to whom the account's id does not lead,
// is known by an account of the portfolio.
func (p *person) knownOtherwise(ctx context.Context, r Reader, id string) (bool, error) {
	if p.account.BSUID == "" {
		return false, nil
	}
	ids, err := r.IdentifiersOf(ctx, id)
	return slices.ContainsFunc(ids, func(i subject.Identifier) bool { return i.Kind == subject.BSUID && i.Scope == p.portfolio }), err
}

// partedAt returns when an operator last said that two are not the same person,
// themselves or as subjects that turned out to be them; zero where nobody did. A
// webhook that shows both again is no news: only what the account itself does
// joins them once more, or a change of number after it (rule 22).
func partedAt(ctx context.Context, r Reader, one, two string) (at time.Time, err error) {
	ones, err := membersOf(ctx, r, one)
	if err != nil {
		return at, err
	}
	twos, err := membersOf(ctx, r, two)
	if err != nil {
		return at, err
	}
	for _, id := range ones {
		list, err := r.PartingsOf(ctx, id)
		if err != nil {
			return at, err
		}
		for _, p := range list {
			if other, _ := p.Of(id); slices.Contains(twos, other) && p.At.After(at) {
				at = p.At
			}
		}
	}
	return at, nil
}

// membersOf returns the subject and all that turned out to be them.
func membersOf(ctx context.Context, r Reader, id string) ([]string, error) {
	ids := []string{id}
	for i := 0; i < len(ids); i++ {
		more, err := r.MergedInto(ctx, ids[i])
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	return ids, nil
}

// joinedAt returns when the act was done that joined an identifier to whom it
// belongs to.
func joinedAt(ctx context.Context, r Reader, i *subject.Identifier) (time.Time, error) {
	e, ok, err := r.FindEvent(ctx, i.Event)
	if err != nil || ok {
		return e.At, err
	}
	return i.SeenAt, nil
}

// newPerson makes a subject with a key of its own.
func (s *Service) newPerson(t *tenant.Tenant, p *person, now time.Time) (err error) {
	id, err := s.newID(now)
	if err != nil {
		return err
	}
	p.fresh = true
	p.subject = subject.Subject{ID: id, Business: t.ID, CreatedAt: now, Country: p.account.Country()}
	p.key, p.subject.Wrapped, err = s.inst.Master.NewDataKey(s.rand, p.subject.KeyID())
	return err
}

// standing reads where the person stands: consents and suppressions, those of
// subjects that turned out to be the same person included.
func (s *Service) standing(ctx context.Context, r Reader, t *tenant.Tenant, p *person) error {
	p.consents = map[string]consent.Consent{}
	own, err := r.ConsentsOf(ctx, p.subject.ID)
	if err != nil {
		return err
	}
	for _, c := range own {
		p.consents[c.Purpose] = c
	}
	for _, other := range p.absorbed {
		if err := s.takeOver(ctx, r, p, &other); err != nil {
			return err
		}
		if other.PlatformAt.After(p.subject.PlatformAt) { // WhatsApp's own stop came with the number (rule 19)
			p.subject.Platform, p.subject.PlatformAt = other.Platform, other.PlatformAt
		}
		p.subject.Held = p.subject.Held || other.Held // a legal hold follows
		theirs, err := r.ConsentsOf(ctx, other.ID)
		if err != nil {
			return err
		}
		for _, c := range theirs {
			p.consents[c.Purpose] = s.absorb(p, c)
		}
	}
	p.doubt()
	return s.suppressionsOf(ctx, r, t, p)
}

// takeOver joins what a subject was known by to the person that it turned out
// to be.
func (s *Service) takeOver(ctx context.Context, r Reader, p *person, other *subject.Subject) error {
	key, err := s.inst.Master.OpenDataKey(other.KeyID(), other.Wrapped)
	if err != nil {
		return err
	}
	ids, err := r.IdentifiersOf(ctx, other.ID)
	if err != nil {
		return err
	}
	for _, i := range ids {
		if slices.ContainsFunc(p.keep, func(k joining) bool { return bytes.Equal(k.Hash, i.Hash) }) {
			continue // seen in this very webhook
		}
		value, err := key.Open(identifierContext(other.ID, i.Kind), i.Sealed)
		if err != nil {
			return err
		}
		p.keep = append(p.keep, joining{tenant.LookUp{Kind: i.Kind, Hash: i.Hash, Value: string(value), Scope: i.Scope}, other.ID, i})
	}
	theirs, err := r.SuppressionsOf(ctx, other.ID)
	p.suppressions = append(p.suppressions, theirs...)
	return err
}

// absorb merges a consent of a subject that is the same person.
func (s *Service) absorb(p *person, c consent.Consent) consent.Consent {
	mine, ok := p.consents[c.Purpose]
	if !ok {
		mine = c
		mine.ID, mine.Subject = "", p.subject.ID
		return mine
	}
	mine.Position = mine.Position.Merge(c.Position)
	if mine.Position.GivenEvent == c.Position.GivenEvent {
		mine.Simulated, mine.Version, mine.Lang, mine.Entry = c.Simulated, c.Version, c.Lang, c.Entry
	}
	return mine
}

// suppressionsOf reads every stop that the person falls under: by their own
// acts, and by what they are known by.
func (s *Service) suppressionsOf(ctx context.Context, r Reader, t *tenant.Tenant, p *person) error {
	known, err := s.knownAs(p)
	if err != nil {
		return err
	}
	var hashes [][]byte
	for _, a := range known {
		hashes = append(hashes, s.inst.Secrets.SuppressionHashes(a)...)
	}
	byHash, err := r.SuppressionsByHash(ctx, t.ID, hashes)
	if err != nil {
		return err
	}
	mine, err := r.SuppressionsOf(ctx, p.subject.ID)
	if err != nil {
		return err
	}
	for _, sup := range append(byHash, mine...) {
		if !slices.ContainsFunc(p.suppressions, func(o subject.Suppression) bool { return o.ID == sup.ID }) {
			p.suppressions = append(p.suppressions, sup)
		}
	}
	return nil
}

// knownAs returns everything that the person is known by: the account as it
// shows itself now, what was joined to it before and was not given up before the
// act, and what this very webhook joins, such as the ids of somebody who turned
// out to be the same person.
func (s *Service) knownAs(p *person) ([]tenant.Account, error) {
	return s.accounts(p, func(i *subject.Identifier) bool { return i.Theirs(p.at) })
}

// accounts returns what the person is known by, of which theirs says that it is
// theirs.
func (s *Service) accounts(p *person, theirs func(*subject.Identifier) bool) ([]tenant.Account, error) {
	accounts := []tenant.Account{p.account}
	add := func(kind subject.Kind, value string) error {
		switch kind {
		case subject.Line:
			n, err := phone.ParseE164(value)
			if err != nil {
				return err
			}
			accounts = append(accounts, tenant.Account{Number: n})
		case subject.BSUID:
			accounts = append(accounts, tenant.Account{BSUID: value})
		case subject.ParentBSUID:
			accounts = append(accounts, tenant.Account{Parent: value})
		}
		return nil
	}
	for _, i := range p.identifiers {
		if !theirs(&i) {
			continue
		}
		value, err := p.key.Open(identifierContext(p.subject.ID, i.Kind), i.Sealed)
		if err != nil {
			return nil, err
		}
		if err := add(i.Kind, string(value)); err != nil {
			return nil, err
		}
	}
	for _, k := range p.keep {
		if !theirs(&k.left) {
			continue
		}
		if err := add(k.Kind, k.Value); err != nil {
			return nil, err
		}
	}
	return accounts, nil
}

// identifierContext is the place to which a sealed identifier is bound.
func identifierContext(subjectID string, kind subject.Kind) string {
	return subject.SealContext(subjectID, kind)
}

// address returns where a message to the person goes: to the number where one
// is known, else to the BSUID; never to what they gave up.
func (s *Service) address(p *person) (to, bsuid string, err error) {
	known, err := s.accounts(p, func(i *subject.Identifier) bool { return i.LeftAt.IsZero() })
	if err != nil {
		return "", "", err
	}
	for _, a := range known {
		if to == "" && !a.Number.IsZero() && !p.lineless {
			to = a.Number.E164()
		}
		if bsuid == "" {
			bsuid = a.BSUID
		}
	}
	if to != "" {
		bsuid = ""
	}
	return to, bsuid, nil
}

// position returns where the person stands on a purpose. A stop that was said
// before the purpose was ever offered counts (rule 18).
func (p *person) position(purpose consent.Purpose) consent.Position {
	if c, ok := p.consents[purpose.Key]; ok {
		return c.Position
	}
	return subject.Seed(purpose, p.suppressions)
}

// meets adds to an event under which stops the person stood on the purposes that
// it does something to for the first time: their rows begin there.
func (p *person) meets(e *evidence.Event) {
	for _, c := range e.Choices {
		if _, met := p.consents[c.Purpose]; met {
			continue
		}
		for _, sup := range p.suppressions {
			if sup.Bears(consent.Purpose{Key: c.Purpose, Scope: consent.Scope(c.Scope)}) {
				e.Effects = append(e.Effects, evidence.EffectUnder(sup.ID, c.Purpose))
			}
		}
	}
}

// fill adds what the evidence says of the account.
func (p *person) fill(e *evidence.Event, name string) {
	e.Subject = p.subject.ID
	e.E164, e.WAID = p.account.Number.E164(), p.account.WAID
	e.BSUID, e.ParentBSUID = p.account.BSUID, p.account.Parent
	e.PersonName = name
}
