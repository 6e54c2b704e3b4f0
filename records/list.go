package records

import (
	"context"
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/ledger"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
)

// Query chooses consents of one business. Empty fields choose all.
type Query struct {
	Business string // id; required
	Search   string // a number in any spelling, a BSUID, the id of a consent, an event or a person, or a checkpoint as receipts print it
	State    consent.State
	Scope    consent.Scope
	Purpose  string // key
	Funnel   string // slug or id
	InForce  bool   // only those by which something may be sent
	Cursor   string // Page.Next of the page before; List only
	Limit    int    // rows on a page: 0 means 50, at most 200; List only
	Mask     bool   // show of numbers what an operator needs to tell them apart, and no more
}

// Row is one consent in a list: one person and one purpose.
type Row struct {
	Consent      string // id
	Subject      string // id of the person
	Number       string // E.164, masked where the query says so; empty where none is known
	BSUID        string // masked likewise
	Name         string // as the profile said it with the act that Method is of; empty where the query masks
	State        consent.State
	Again        bool // more came before a yes than one stop: perhaps another yes
	Held         bool // the yes waits for the person to answer anew: nothing may be sent
	Stopped      bool // a stop reached what was never given
	Grade        consent.Grade
	Scope        consent.Scope
	Basis        consent.Basis
	Purpose      string // key
	PurposeTitle string // in the business's language
	Funnel       string // slug; empty where no funnel was in play
	Version      int    // of the funnel
	Language     string // of the words
	EntryPoint   string // label; of the act that Method is of
	Method       string // how the newest yes was said; where there never was one, the newest no
	EndedMethod  string // how it was ended or stopped, where it is
	GivenAt      time.Time
	EndedAt      time.Time
	ValidUntil   time.Time
	When         time.Time // the newest change
	Event        string    // id of the act that decides the state
	Simulated    bool      // an act that the state rests on came through a simulated sender
	Unreadable   bool      // the key that opens who it is was destroyed, or something is damaged

	Campaign funnel.Campaign // the ad or post that led to the act that Method is of
}

// Page is one page of a list, newest change first.
type Page struct {
	Rows []Row
	Next string // cursor of the next page; empty on the last
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

// List returns a page of consents.
func (s *Service) List(ctx context.Context, q Query) (page Page, err error) {
	defer fault.Wrap(&err, "records.List")
	t, err := s.tenant(q.Business)
	if err != nil {
		return page, err
	}
	if err := s.check(t, q); err != nil {
		return page, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		page = Page{Rows: []Row{}}
		f, err := s.filter(ctx, r, t, q)
		if err != nil {
			return err
		}
		f.Limit = limit + 1
		if f.AfterTime, f.AfterID, err = parseCursor(q.Cursor); err != nil {
			return err
		}
		list, err := r.Consents(ctx, f)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			page.Next = cursor(list[limit-1])
		}
		page.Rows, err = s.rows(ctx, r, t, list, q.Mask)
		return err
	})
	return page, err
}

// Count returns how many consents the query chooses.
func (s *Service) Count(ctx context.Context, q Query) (n int, err error) {
	defer fault.Wrap(&err, "records.Count")
	t, err := s.tenant(q.Business)
	if err != nil {
		return 0, err
	}
	if err := s.check(t, q); err != nil {
		return 0, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		f, err := s.filter(ctx, r, t, q)
		if err != nil {
			return err
		}
		n, err = r.CountMatching(ctx, f)
		return err
	})
	return n, err
}

func (s *Service) tenant(id string) (*tenant.Tenant, error) {
	if t, ok := s.directory.Tenant(id); ok {
		return t, nil
	}
	return nil, fault.New(fault.NotFound, "There is no such business.")
}

// check refuses states, scopes, purposes and funnels that there are none of. The
// error names those that there are, and not what was asked for: that may be a
// number in the wrong field.
func (s *Service) check(t *tenant.Tenant, q Query) error {
	switch q.State {
	case "", consent.Unknown, consent.Refused, consent.Given, consent.Renewed, consent.Withdrawn, consent.Expired, consent.Revoked, consent.Invalidated:
	default:
		return fault.Field("state", "There is no such state of a consent.")
	}
	if q.Scope != "" && !q.Scope.Valid() {
		return fault.Field("scope", "The scope is marketing or transactional.")
	}
	if _, ok := t.Purpose(q.Purpose); q.Purpose != "" && !ok {
		var keys []string
		for _, p := range t.Purposes {
			keys = append(keys, p.Key)
		}
		return fault.Field("purpose", "There is no such purpose. There are: %s.", strings.Join(keys, ", "))
	}
	if _, ok := s.funnelID(t, q.Funnel); q.Funnel != "" && !ok {
		var slugs []string
		for _, f := range s.directory.Funnels(t.ID) {
			slugs = append(slugs, f.Slug)
		}
		return fault.Field("funnel", "There is no such funnel. There are: %s.", strings.Join(slugs, ", "))
	}
	return nil
}

// funnelID returns the id of the business's funnel with the slug or id.
func (s *Service) funnelID(t *tenant.Tenant, name string) (id string, ok bool) {
	f, _, ok := s.directory.Funnel(name)
	if !ok {
		f, _, ok = s.directory.FunnelByID(name)
	}
	if !ok || f.Business != t.ID {
		return "", false
	}
	return f.ID, true
}

// filter turns a query into what the store understands.
func (s *Service) filter(ctx context.Context, r Reader, t *tenant.Tenant, q Query) (f consent.Filter, err error) {
	f = consent.Filter{Business: t.ID, State: q.State, Scope: q.Scope, Purpose: q.Purpose, Funnel: q.Funnel, InForce: q.InForce}
	if id, ok := s.funnelID(t, q.Funnel); ok {
		f.Funnel = id
	}
	if text := strings.TrimSpace(q.Search); text != "" {
		f.Subjects, err = s.search(ctx, r, t, text)
	}
	return f, err
}

// search returns the people that the text names: whole identifiers only, for
// they are kept as hashes. Nobody is an empty list, not nil.
func (s *Service) search(ctx context.Context, r Reader, t *tenant.Tenant, text string) ([]string, error) {
	found := []string{}
	if evidence.ValidID(strings.ToLower(text)) {
		return s.searchID(ctx, r, t, strings.ToLower(text))
	}
	if shortCheckpoint.MatchString(strings.ToLower(text)) {
		people, err := s.searchCheckpoint(ctx, r, t, strings.ToLower(text))
		if err != nil || len(people) > 0 {
			return people, err
		}
	}
	var lookUps []tenant.LookUp
	if n, err := phone.Parse(text, t.Country); err == nil {
		lookUps = t.LookUps(tenant.Account{Number: n}, "")
	}
	portfolios := map[string]bool{}
	for _, sender := range t.Senders {
		if !portfolios[sender.Portfolio] {
			portfolios[sender.Portfolio] = true
			lookUps = append(lookUps, t.LookUps(tenant.Account{BSUID: text, Parent: text}, sender.Portfolio)...)
		}
	}
	for _, l := range lookUps {
		i, ok, err := r.IdentifierByHash(ctx, t.ID, l.Hash)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, i.Subject)
		}
	}
	return found, nil
}

// searchID finds a consent's, an event's or a person's id. An event's is what a
// receipt prints as its record.
func (s *Service) searchID(ctx context.Context, r Reader, t *tenant.Tenant, id string) ([]string, error) {
	c, ok, err := r.FindConsent(ctx, id)
	if err != nil {
		return nil, err
	}
	if ok && c.Business == t.ID {
		return []string{c.Subject}, nil
	}
	e, ok, err := r.FindEvent(ctx, id)
	if err != nil {
		return nil, err
	}
	if ok {
		id = e.Subject // whose business it is, subject looks
	}
	return s.survivors(ctx, r, t, id)
}

// survivors returns the people of the business that those with the ids are, or
// turned out to be.
func (s *Service) survivors(ctx context.Context, r Reader, t *tenant.Tenant, ids ...string) ([]string, error) {
	found := []string{}
	for _, id := range ids {
		sub, err := s.subject(ctx, r, t, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(found, sub.ID) {
			found = append(found, sub.ID)
		}
	}
	return found, nil
}

// The bounds of a search for a checkpoint: the newest checkpoints, and the
// entries that one of them was the first to cover.
const (
	maxCheckpointsSearched = 50_000
	maxEntriesSearched     = 1000
)

// searchCheckpoint finds the people whose events came into the log under the
// checkpoint that a receipt prints in short: the first that covers them.
func (s *Service) searchCheckpoint(ctx context.Context, r Reader, t *tenant.Tenant, short string) ([]string, error) {
	list, err := r.NewestCheckpoints(ctx, maxCheckpointsSearched)
	if err != nil {
		return nil, err
	}
	var subjects []string
	for i, signed := range list {
		if c, err := ledger.ParseCheckpoint(signed.Note); err != nil || c.Short() != short {
			continue
		}
		begin := int64(0)
		if i+1 < len(list) {
			begin = list[i+1].Size
		}
		events, err := r.EventsFrom(ctx, begin, int(min(signed.Size-begin, maxEntriesSearched)))
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if e.Subject != "" && e.Business == t.ID {
				subjects = append(subjects, e.Subject)
			}
		}
	}
	return s.survivors(ctx, r, t, subjects...)
}

var shortCheckpoint = regexp.MustCompile(`^[0-9a-f]{8}$`)

// subject returns the person with the id, or the one that they turned out to be.
func (s *Service) subject(ctx context.Context, r Reader, t *tenant.Tenant, id string) (subject.Subject, error) {
	for range maxMerges {
		sub, ok, err := r.FindSubject(ctx, id)
		if err != nil {
			return sub, err
		}
		if !ok || sub.Business != t.ID {
			return sub, errNoPerson
		}
		if sub.MergedInto == "" {
			return sub, nil
		}
		id = sub.MergedInto
	}
	return subject.Subject{}, errNoPerson
}

// maxMerges bounds how often somebody can have turned out to be somebody else:
// a damaged database must not lead in a circle.
const maxMerges = 64

var errNoPerson = fault.New(fault.NotFound, "There is no such person.")

// cursor names the last row of a page.
func cursor(c consent.Consent) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.ChangedAt.UnixMicro(), 36) + "." + c.ID))
}

func parseCursor(text string) (at time.Time, id string, err error) {
	if text == "" {
		return at, "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	us, id, ok := strings.Cut(string(b), ".")
	n, err2 := strconv.ParseInt(us, 36, 64)
	if err != nil || err2 != nil || !ok || !evidence.ValidID(id) {
		return at, "", fault.Field("cursor", "This page of the list does not exist. Begin at the first page.")
	}
	return time.UnixMicro(n).UTC(), id, nil
}
