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
	ReadOnly(ctx context.Context, fn func(context.Context, Reader) error) error
}

// Reader reads one consistent state.
type Reader interface {
	// Standings returns, for each hash under which an identifier is known, who
	// it leads to and where they stand: one row for each purpose, or for the
	// one that is named; or one row with no consent.
	Standings(ctx context.Context, business string, hashes [][]byte, purpose string) ([]Standing, error)
	// Bars returns the suppressions that the hashes fall under, and those of the
	// lines for which an open request waits.
	Bars(ctx context.Context, business string, hashes, lines [][]byte, now time.Time) (stops []Stop, pending [][]byte, err error)
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
	subject.Suppression
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
	var lookUps, stops, lines [][]byte
	for i, item := range items {
		q := &questions[i]
		s.prepare(t, item, q)
		for j := range q.lookUps {
			lookUps = append(lookUps, q.lookUps[j][:])
		}
		for j := range q.stops {
			stops = append(stops, q.stops[j][:])
		}
		if q.line != nil {
			lines = append(lines, q.line)
		}
	}
	known, err := s.gather.read(ctx, &lookUp{business: t.ID, purpose: onePurpose(items), hashes: lookUps, stops: stops, lines: lines})
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

func standings(ctx context.Context, r Reader, business string, hashes [][]byte, purpose string) (map[[32]byte][]Standing, error) {
	found := make(map[[32]byte][]Standing, len(hashes))
	for len(hashes) > 0 {
		var chunk [][]byte
		chunk, hashes = cut(hashes)
		rows, err := r.Standings(ctx, business, chunk, purpose)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			found[row.Hash] = append(found[row.Hash], row)
		}
	}
	return found, nil
}

func bars(ctx context.Context, r Reader, business string, hashes, lines [][]byte, now time.Time) (stops map[[32]byte][]Stop, pending map[string]bool, err error) {
	stops, pending = map[[32]byte][]Stop{}, map[string]bool{}
	for len(hashes)+len(lines) > 0 {
		var someHashes, someLines [][]byte
		someHashes, hashes = cut(hashes)
		someLines, lines = cut(lines)
		rows, waiting, err := r.Bars(ctx, business, someHashes, someLines, now)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range rows {
			stops[row.Hash] = append(stops[row.Hash], row)
		}
		for _, line := range waiting {
			pending[string(line)] = true
		}
	}
	return stops, pending, nil
}

// chunkSize is how many hashes one statement looks up.
const chunkSize = 256

func cut(list [][]byte) (head, rest [][]byte) {
	n := min(len(list), chunkSize)
	return list[:n], list[n:]
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
		first.Allowed, first.Reason = false, consent.ReasonPurposeRequired
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
			facts.Suppressed = facts.Suppressed || stop.Covers(p)
		}
	}
	allowed, reason := consent.Decide(facts, now, s.simulator)
	return Answer{
		Allowed: allowed, Reason: reason, State: facts.Position.State(), Grade: facts.Position.Grade,
		ConsentID: id, ValidUntil: facts.Position.Until,
	}
}
