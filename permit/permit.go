// Package permit answers "may I send?": for one recipient or a thousand at
// once, with the reason where the answer is no.
package permit

import (
	"context"
	"time"

	"assent/consent"
	"assent/fault"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// Store is what the check needs of the database.
type Store interface {
	// ReadOnce runs fn, which runs one statement, on the newest state.
	ReadOnce(ctx context.Context, fn func(context.Context, Reader) error) error
}

// Reader reads in one statement, so of one state of the database.
type Reader interface {
	// Facts returns, for each hash under which an identifier is known, who it
	// leads to and where they stand: one row for each purpose, or for the one
	// that is named; or one row with no consent. Beside these it returns the
	// suppressions that stop hashes fall under, without what the decision does
	// not need, and those lines for which an open request waits.
	Facts(ctx context.Context, q Query) (standings []Standing, stops []Stop, pending [][]byte, err error)
}

// Query is what is asked of the database for one or many questions of a business.
type Query struct {
	Business string
	Kin      []string // others with which it shares stops
	Purpose  string   // the one that all ask about, or empty
	Hashes   [][]byte
	Stops    [][]byte // hashes of suppressions
	Lines    [][]byte
	Now      time.Time
}

// Standing is where the person behind an identifier stands on one purpose.
type Standing struct {
	Hash       [32]byte
	Platform   consent.PlatformFlag
	Reassigned bool
	ConsentID  string // empty where there is no consent
	Purpose    string
	Simulated  bool
	Position   consent.Position // without the events that it rests on
}

// Stop is a suppression with the hash by which it was found.
type Stop struct {
	Hash [32]byte
	Kin  bool // of another business of the legal entity
	subject.Suppression
}

// against reports whether the stop stands against the purpose. One of another
// business of the entity does, unless it named a purpose of theirs, until the
// person says yes here (rules 18 and 21).
func (s *Stop) against(p consent.Purpose, pos consent.Position) bool {
	if !s.Kin {
		return s.Covers(p)
	}
	whole := subject.Suppression{Scope: s.Scope}
	return s.Purpose == "" && whole.Covers(p) && (!s.Reason.EndsByAct() || !pos.GivenAt.After(s.At.Add(consent.TieMargin)))
}

// Item is one question.
type Item struct {
	To        string // E.164, with its plus
	Recipient string // BSUID
	Purpose   string // a purpose's key, or
	Scope     consent.Scope
}

// Answer is the answer to one question.
type Answer struct {
	Allowed    bool
	Reason     consent.Reason
	State      consent.State
	Grade      consent.Grade
	ConsentID  string
	ValidUntil time.Time
	Unsure     bool // allowed, and WhatsApp's own marketing stop perhaps stands: one send may try (rule 19)
}

// MaxItems is the most questions of one call.
const MaxItems = 1000

// Service is the use cases of permitting. It is safe for concurrent use.
type Service struct {
	gather    gatherer
	directory *tenant.Directory
	secrets   *tenant.Secrets
	now       func() time.Time
	simulator bool
}

// New returns the use cases. simulatorRuns says whether consents given through
// a simulated sender count as if of grade B.
func New(store Store, directory *tenant.Directory, secrets *tenant.Secrets, now func() time.Time, simulatorRuns bool) *Service {
	return &Service{gather: gatherer{store: store, now: now}, directory: directory, secrets: secrets, now: now, simulator: simulatorRuns}
}

// asked is a question with what it is looked up by.
type asked struct {
	purposes []consent.Purpose
	reason   consent.Reason // why it cannot even be looked up
	lookUps  [][32]byte
	stops    [][32]byte
	line     []byte
}

// Check answers the questions of a business, in their order.
func (s *Service) Check(ctx context.Context, businessID string, items []Item) (answers []Answer, err error) {
	defer fault.Wrap(&err, "permit.Check")
	if len(items) == 0 || len(items) > MaxItems {
		return nil, fault.Field("items", "Ask about 1 to %d items at once.", MaxItems)
	}
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return nil, fault.New(fault.NotFound, "There is no such business.")
	}
	questions := make([]asked, len(items))
	l := &lookUp{Query: Query{Business: t.ID, Kin: s.directory.Kin(t), Purpose: onePurpose(items)}}
	for i, item := range items {
		q := &questions[i]
		s.prepare(t, item, q)
		for j := range q.lookUps {
			l.Hashes = append(l.Hashes, q.lookUps[j][:])
		}
		for j := range q.stops {
			l.Stops = append(l.Stops, q.stops[j][:])
		}
		if q.line != nil {
			l.Lines = append(l.Lines, q.line)
		}
	}
	known, err := s.gather.read(ctx, l)
	if err != nil {
		return nil, err
	}
	now := s.now()
	answers = make([]Answer, len(items))
	for i := range questions {
		answers[i] = s.answer(&questions[i], known, now)
	}
	return answers, nil
}

// prepare resolves what a question names.
func (s *Service) prepare(t *tenant.Tenant, item Item, q *asked) {
	var a tenant.Account
	switch {
	case (item.To == "") == (item.Recipient == ""):
		q.reason = consent.ReasonInvalidIdentifier
		return
	case item.To != "":
		n, err := phone.ParseE164(item.To)
		if err != nil {
			q.reason = consent.ReasonInvalidIdentifier
			return
		}
		a.Number = n
		q.line = t.LineHash(n)
		q.lookUps = append(q.lookUps, [32]byte(q.line))
	case !wire.IsBSUID(item.Recipient):
		q.reason = consent.ReasonInvalidIdentifier
		return
	default:
		a.BSUID = item.Recipient
		q.lookUps = s.byUserID(t, item.Recipient)
	}
	for _, h := range s.secrets.SuppressionHashes(a) {
		q.stops = append(q.stops, [32]byte(h))
	}
	q.purposes, q.reason = purposesOf(t, item)
}

// byUserID returns the hashes of a BSUID in each portfolio of the business, and
// as a parent BSUID.
func (s *Service) byUserID(t *tenant.Tenant, id string) (hashes [][32]byte) {
	portfolios := map[string]bool{}
	for _, sender := range t.Senders {
		portfolios[sender.Portfolio] = true
	}
	for p := range portfolios {
		for _, l := range t.LookUps(tenant.Account{BSUID: id}, p) {
			hashes = append(hashes, [32]byte(l.Hash))
		}
	}
	for _, l := range t.LookUps(tenant.Account{Parent: id}, "") {
		hashes = append(hashes, [32]byte(l.Hash))
	}
	return hashes
}

// purposesOf returns the purposes that the item asks about.
func purposesOf(t *tenant.Tenant, item Item) ([]consent.Purpose, consent.Reason) {
	if item.Purpose != "" {
		p, ok := t.Purpose(item.Purpose)
		if !ok {
			return nil, consent.ReasonUnknownPurpose
		}
		return []consent.Purpose{p.Consent()}, ""
	}
	var ps []consent.Purpose
	for _, p := range t.Purposes {
		if p.Scope == item.Scope {
			ps = append(ps, p.Consent())
		}
	}
	if len(ps) == 0 {
		return nil, consent.ReasonUnknownPurpose
	}
	return ps, ""
}

// facts is what was read for a whole call.
type facts struct {
	standings map[[32]byte][]Standing
	stops     map[[32]byte][]Stop
	pending   map[string]bool // lines
}

// onePurpose returns the purpose that all items ask about, or nothing.
func onePurpose(items []Item) string {
	for _, item := range items[1:] {
		if item.Purpose != items[0].Purpose {
			return ""
		}
	}
	return items[0].Purpose
}

// read reads the facts.
func read(ctx context.Context, r Reader, q Query) (*facts, error) {
	standings, stops, pending, err := r.Facts(ctx, q)
	if err != nil {
		return nil, err
	}
	f := &facts{standings: make(map[[32]byte][]Standing, len(standings)), stops: make(map[[32]byte][]Stop, len(stops)), pending: make(map[string]bool, len(pending))}
	for _, st := range standings {
		f.standings[st.Hash] = append(f.standings[st.Hash], st)
	}
	for _, st := range stops {
		f.stops[st.Hash] = append(f.stops[st.Hash], st)
	}
	for _, line := range pending {
		f.pending[string(line)] = true
	}
	return f, nil
}

// answer decides one question. Asked by scope, it is a yes only if every
// purpose of the scope is; if they differ, the purpose has to be named.
func (s *Service) answer(q *asked, f *facts, now time.Time) Answer {
	if q.reason != "" {
		return Answer{Reason: q.reason, State: consent.Unknown}
	}
	var first Answer
	allowed := 0
	for i, p := range q.purposes {
		a := s.decide(q, f, p, now)
		if a.Allowed {
			allowed++
		}
		if i == 0 || first.Allowed && !a.Allowed {
			first = a
		}
	}
	if allowed > 0 && allowed < len(q.purposes) {
		first.Allowed, first.Reason, first.Unsure = false, consent.ReasonPurposeRequired, false
	}
	return first
}

func (s *Service) decide(q *asked, f *facts, p consent.Purpose, now time.Time) Answer {
	facts := consent.Facts{Purpose: p, Pending: f.pending[string(q.line)]}
	var id string
	for _, h := range q.lookUps {
		for i := range f.standings[h] {
			st := &f.standings[h][i]
			facts.Platform, facts.Reassigned = st.Platform, st.Reassigned
			if st.Purpose == p.Key {
				id, facts.Position, facts.Simulated = st.ConsentID, st.Position, st.Simulated
			}
		}
	}
	for _, h := range q.stops {
		for _, stop := range f.stops[h] {
			facts.Suppressed = facts.Suppressed || stop.against(p, facts.Position)
		}
	}
	allowed, reason := consent.Decide(facts, now, s.simulator)
	return Answer{
		Allowed: allowed, Reason: reason, State: facts.Position.State(), Grade: facts.Position.Grade,
		ConsentID: id, ValidUntil: facts.Position.Until, Unsure: allowed && p.Scope == consent.Marketing && facts.Platform == consent.PlatformUnsure,
	}
}
