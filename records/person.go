package records

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/ledger"
	"assent/proof"
	"assent/subject"
	"assent/tenant"
)

// Person is everything that is kept of one person: what they are known by,
// where they stand, and the story of it.
type Person struct {
	ID          string
	Business    string
	Number      string // E.164, or empty
	Name        string // as the profile last said it
	Username    string // of an account that shows no number, as the profile last said it
	Country     string // ISO code
	Language    string // in which they were last spoken to
	Identifiers []Identified
	Absorbed    []string // ids of the subjects that turned out to be this person
	Consents    []Standing
	Events      []Event // newest first
	Stops       []Stop  // newest first
	Platform    consent.PlatformFlag
	PlatformAt  time.Time
	Reassigned  bool        // the number was last seen with another account
	Checkpoint  *Checkpoint // the newest; nil before the first
	CreatedAt   time.Time
	Held        bool      // a legal hold stands: nothing is erased
	LockedUntil time.Time // of somebody who asked to be erased; zero otherwise. Only Reveal shows more
	ErasedAt    time.Time // zero for who is not; the story then says what still shows
}

// Standing is where the person stands on one purpose.
type Standing struct {
	Consent    string // id
	Purpose    string // key
	Title      string
	Scope      consent.Scope
	Basis      consent.Basis
	State      consent.State
	Again      bool // with more than one yes
	Grade      consent.Grade
	Anchored   *Anchoring // who outside vouched first for the yes; nil while nobody has
	Since      time.Time  // of the act that decides the state
	GivenAt    time.Time
	EndedAt    time.Time
	RefusedAt  time.Time
	ValidUntil time.Time
	Held       bool   // waits for the person to answer anew: nothing may be sent
	Event      string // the act that decides the state; empty where that is a no
	Funnel     string // slug
	Version    int
	VersionID  string
	Language   string // of the words
	Words      string // the exact words of the version that the newest yes or no answered
	Agreed     bool   // Words were answered with a yes
	Notice     string // SHA-256 of the whole notice; see Service.Shown
	Simulated  bool
}

// Event is one act of the story, with what its signature vouches for.
type Event struct {
	ID        string
	Name      evidence.Name
	Subject   string // whose; empty for a request's
	Request   string
	At        time.Time // when it was done
	ArrivedAt time.Time // when it reached us
	Seq       int64     // in the person's chain; 0 for none
	Leaf      int64     // place in the log
	LeafHash  string    // hex
	// Problem says why the event cannot be shown: its key was destroyed, or it
	// is not as it was signed. Then only what stands above is known.
	Problem string

	Choices    []Choice
	Act        evidence.Act
	Method     string
	Match      string
	Language   string
	Funnel     string // slug
	Version    int
	VersionID  string
	EntryPoint string // label
	Page       string
	Shown      []Shown
	Typed      string
	Number     string
	BSUID      string
	Person     string // profile name
	Username   string // of an account that showed no number
	MessageID  string
	Sender     string // the business's number
	Requested  string // the event that this one answers
	Reason     string
	Effects    []string
	Operator   string
	Audience   proof.Audience // for whom a proof was exported
	IP         string
	UserAgent  string
	Form       funnel.Form         // what the funnel's own fields held
	Age        funnel.AgeStatement // what was stated of the age
	Campaign   funnel.Campaign     // the ad or post that led to it, as WhatsApp says
	Webhook    bool                // the bytes that brought it are kept
	Simulated  bool
}

// Choice is what an event did to one purpose.
type Choice struct {
	evidence.Choice
	Title string
	Words string // the exact words, where the event names a funnel version
}

// Shown is something that the person saw.
type Shown struct {
	Kind   string
	SHA256 string
}

// Stop is a suppression.
type Stop struct {
	ID      string
	Scope   consent.Scope // empty for everything
	Purpose string        // key, where it stops one purpose only
	Title   string        // of the purpose
	Reason  subject.Reason
	At      time.Time
	Event   string
	Ended   []string // keys of the purposes for which a later act ended it
	Covers  []string // keys of the business's purposes for which it is in force
}

// Checkpoint is a signed head of the log.
type Checkpoint struct {
	Size     int64
	Root     string // base64
	Short    string // as receipts print it
	SignedAt time.Time
}

// Person returns everything about a person, or about the one that they turned
// out to be. It is NotFound where the business has nobody of the id.
func (s *Service) Person(ctx context.Context, businessID, subjectID string) (p Person, err error) {
	defer fault.Wrap(&err, "records.Person")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return p, errNoPerson
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		sub, err := s.subject(ctx, r, t, subjectID)
		if err != nil {
			return err
		}
		if sub.Locked() {
			p = Person{ID: sub.ID, Business: sub.Business, CreatedAt: sub.CreatedAt, LockedUntil: sub.LockedUntil, Held: sub.Held}
			return nil
		}
		p, err = s.portrait(ctx, s.keyring(r, t), &sub)
		return err
	})
	return p, err
}

// Reveal is Person for somebody who is locked, too. That an operator looked, and
// why, is an event of the business's.
func (s *Service) Reveal(ctx context.Context, businessID, subjectID, reason, actor string) (p Person, err error) {
	defer fault.Wrap(&err, "records.Reveal")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return p, errNoPerson
	}
	if strings.TrimSpace(reason) == "" {
		return p, fault.Field("reason", "Say why you look: it is recorded.")
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		sub, err := s.subject(ctx, r, t, subjectID)
		if err != nil {
			return err
		}
		p, err = s.portrait(ctx, s.keyring(r, t), &sub)
		return err
	})
	if err != nil {
		return Person{}, err
	}
	now := s.now()
	e := evidence.Event{Name: evidence.OperatorActed, Time: now, Operator: actor, Act: evidence.Act{Kind: "operator"}, Method: "look at a locked person",
		Reason: reason, Effects: []string{"looked at subject " + p.ID}}
	record, _, err := s.issue(t, nil, e, t.KeyID(), t.Key, now)
	if err != nil {
		return Person{}, err
	}
	if err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertEvent(ctx, record) }); err != nil {
		return Person{}, err
	}
	return p, nil
}

func (s *Service) portrait(ctx context.Context, ring *keyring, sub *subject.Subject) (p Person, err error) {
	p = Person{
		ID: sub.ID, Business: sub.Business, Country: sub.Country, Language: sub.Lang, CreatedAt: sub.CreatedAt,
		Platform: sub.Platform, PlatformAt: sub.PlatformAt, Reassigned: sub.Reassigned, Held: sub.Held, LockedUntil: sub.LockedUntil,
	}
	if sub.Erased() {
		d, _, err := ring.r.Destruction(ctx, sub.KeyID())
		if err != nil {
			return p, err
		}
		p.ErasedAt = d.At
	}
	if p.Identifiers, err = s.identified(ctx, ring, sub); err != nil {
		return p, err
	}
	for _, id := range p.Identifiers {
		if id.Kind == subject.Line && p.Number == "" {
			p.Number = id.Value
		}
	}
	if p.Absorbed, err = absorbedBy(ctx, ring.r, sub.ID); err != nil {
		return p, err
	}
	list, err := ring.r.ConsentsOf(ctx, sub.ID)
	if err != nil {
		return p, err
	}
	states, err := ring.r.ConsentStates(ctx, sub.ID)
	if err != nil {
		return p, err
	}
	for _, c := range list {
		st := s.standing(ring.t, c)
		if sub.Erased() { // the state is all that is left
			st.State = states[c.ID]
		}
		if st.Grade, st.Anchored, err = gradeOf(ctx, ring.r, c); err != nil {
			return p, err
		}
		p.Consents = append(p.Consents, st)
	}
	if err := s.story(ctx, ring, &p); err != nil {
		return p, err
	}
	for i := range p.Consents {
		p.Consents[i].Again = p.yeses(p.Consents[i].Purpose) > 1
	}
	if err := s.stops(ctx, ring, &p); err != nil {
		return p, err
	}
	return p, s.newest(ctx, ring.r, &p)
}

// yeses counts the acts of the story that gave the purpose.
func (p *Person) yeses(purpose string) (n int) {
	for _, e := range p.Events {
		for _, c := range e.Choices {
			if c.Purpose == purpose && (c.Outcome == string(consent.OutcomeGiven) || c.Outcome == string(consent.OutcomeRenewed)) {
				n++
			}
		}
	}
	return n
}

// absorbedBy returns everybody who turned out to be the person, directly or
// through another.
func absorbedBy(ctx context.Context, r Reader, id string) (all []string, err error) {
	wait := []string{id}
	for len(wait) > 0 && len(all) <= maxMerges {
		ids, err := r.MergedInto(ctx, wait[0])
		if err != nil {
			return nil, err
		}
		wait = wait[1:]
		for _, other := range ids {
			if other != id && !slices.Contains(all, other) {
				all, wait = append(all, other), append(wait, other)
			}
		}
	}
	return all, nil
}

// standing shows a consent with its words.
func (s *Service) standing(t *tenant.Tenant, c consent.Consent) Standing {
	p := c.Position
	out := Standing{
		Consent: c.ID, Purpose: c.Purpose, Title: titleOf(t, c.Purpose, t.Language), Scope: c.Scope, Basis: p.Basis, State: p.State(), Grade: p.Grade,
		GivenAt: p.GivenAt, EndedAt: p.EndedAt, RefusedAt: p.RefusedAt, ValidUntil: p.Until, Held: held(c), Event: decisive(p),
		Language: c.Lang, Simulated: c.Simulated, Agreed: !p.GivenAt.IsZero() && (p.InForce() || !p.RefusedAt.After(p.GivenAt)),
	}
	switch {
	case out.Held:
		out.Since = p.HeldAt
	case p.InForce():
		out.Since = p.GivenAt
	case out.State == consent.Refused:
		out.Since = p.RefusedAt
	default:
		out.Since = p.EndedAt
	}
	if v, ok := s.directory.Version(c.Version); ok {
		out.Funnel, out.Version, out.VersionID = v.Slug, v.Number, v.ID
		text, lang := v.Text(c.Lang)
		out.Words, out.Notice = text.Purposes[c.Purpose].Words, v.Notices[lang].SHA256
	}
	return out
}

// stops lists the suppressions that acts of the person made.
func (s *Service) stops(ctx context.Context, ring *keyring, p *Person) error {
	for _, id := range append([]string{p.ID}, p.Absorbed...) {
		list, err := ring.r.SuppressionsOf(ctx, id)
		if err != nil {
			return err
		}
		for _, sup := range list {
			stop := Stop{ID: sup.ID, Scope: sup.Scope, Purpose: sup.Purpose, Reason: sup.Reason, At: sup.At, Event: sup.Event, Ended: sup.Ended}
			if sup.Purpose != "" {
				stop.Title = titleOf(ring.t, sup.Purpose, ring.t.Language)
			}
			for _, purpose := range ring.t.Purposes {
				if sup.Covers(purpose.Consent()) {
					stop.Covers = append(stop.Covers, purpose.Key)
				}
			}
			p.Stops = append(p.Stops, stop)
		}
	}
	slices.SortFunc(p.Stops, func(a, b Stop) int { return b.At.Compare(a.At) })
	return nil
}

// newest adds the log's newest checkpoint.
func (s *Service) newest(ctx context.Context, r Reader, p *Person) error {
	signed, ok, err := r.LastCheckpoint(ctx)
	if err != nil || !ok {
		return err
	}
	cp, err := ledger.ParseCheckpoint(signed.Note)
	if err != nil {
		return nil //nolint:nilerr // a damaged checkpoint is audit's to find
	}
	p.Checkpoint = &Checkpoint{Size: cp.Size, Root: base64.StdEncoding.EncodeToString(cp.Root[:]), Short: cp.Short(), SignedAt: signed.SignedAt}
	return nil
}

// Shown returns bytes that people were shown, by their hash. It is NotFound
// unless the business has shown them.
func (s *Service) Shown(ctx context.Context, businessID, sha256 string) (d funnel.Document, err error) {
	defer fault.Wrap(&err, "records.Shown")
	if _, err := evidence.ParseDigest(sha256); err != nil {
		return d, errNoDocument
	}
	if _, err := s.tenant(businessID); err != nil {
		return d, err
	}
	ok := false
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		d, ok, err = r.FindShown(ctx, sha256)
		return err
	})
	if err != nil {
		return funnel.Document{}, err
	}
	if !ok || evidence.Sum(d.Body).String() != sha256 {
		return funnel.Document{}, errNoDocument
	}
	return d, nil
}

var errNoDocument = fault.New(fault.NotFound, "There is no such text.")
