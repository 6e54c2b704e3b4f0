package records

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/phone"
	"assent/proof"
	"assent/subject"
	"assent/tenant"
)

// fate is what an erasure is about to destroy, as it was read.
type fate struct {
	t        *tenant.Tenant
	root     subject.Subject   // zero where nobody is known, and only forms are
	members  []subject.Subject // the root, and those who turned out to be the same
	accounts []tenant.Account  // what the person is known by
	lines    [][]byte          // keyed hashes of their numbers' lines
	asked    [][]byte          // and those under which questions by template are counted
	requests []string          // forms that are destroyed
	others   []string          // forms that somebody else confirmed: the number's hash goes
	keys     []string          // ids of the data keys
	rows     []string          // for each key: see digestOf
	left     []Left
	stopped  bool             // a stop of an erasure stands already
	book     []subject.Errand // what Meta's contact book is asked to forget
	facts    Facts
	bare     bool // they are too young and were only asked: nothing is kept, not even a stop
	given    bool // the forms were chosen by whoever asks, and not by a person
}

// fateOf reads what there is to destroy, or says why nothing may be or can be.
func (s *Service) fateOf(ctx context.Context, t *tenant.Tenant, e Erasure) (f *fate, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		f = &fate{t: t}
		ring := s.keyring(r, t)
		if err := s.who(ctx, ring, f, e); err != nil {
			return err
		}
		if f.root.ID != "" {
			if err := s.readMembers(ctx, ring, f, e); err != nil {
				return err
			}
		}
		f.readLines(&s.inst.Secrets)
		if err := namesNobody(e.Reason, f.accounts); err != nil {
			return err
		}
		if f.requests, f.others, err = f.forms(ctx, r); err != nil {
			return err
		}
		if f.root.ID == "" && len(f.requests) == 0 {
			return errNothingKept
		}
		return f.readKeys(ctx, r)
	})
	return f, err
}

var (
	errNothingKept = fault.New(fault.NotFound, "Nothing is kept of this person, or they were erased before.")
	errOnHold      = fault.New(fault.Conflict, "A legal hold stands on this person's records: nothing of them is erased until an operator lifts it.")
	errNoExport    = fault.New(fault.Conflict, "This business keeps a proof of everybody before they are erased. Export the proof for court first, and then erase.")
)

// who finds the person who is meant.
func (s *Service) who(ctx context.Context, ring *keyring, f *fate, e Erasure) (err error) {
	id := e.Subject
	if id == "" {
		f.accounts = []tenant.Account{e.Account}
		if id, err = s.byAccount(ctx, ring, e.Account); err != nil || id == "" {
			return err
		}
	}
	if f.root, err = s.subject(ctx, ring.r, f.t, id); err != nil {
		return err
	}
	if !f.root.Erased() {
		return nil
	}
	d, ok, err := ring.r.Destruction(ctx, f.root.KeyID())
	if err != nil {
		return err
	}
	if ok { // once more, where the sentinel was out of reach
		if err := s.remember(ctx, []string{d.Key}, d.Event); err != nil {
			return err
		}
	}
	return errNothingKept
}

// byAccount returns the id of who is known by the account, or nothing.
func (s *Service) byAccount(ctx context.Context, ring *keyring, a tenant.Account) (string, error) {
	asked := map[string]bool{}
	for _, sender := range append(slices.Clone(ring.t.Senders), senderOf(ring.t)) {
		if asked[sender.Portfolio] {
			continue
		}
		asked[sender.Portfolio] = true
		for _, l := range ring.t.LookUps(a, sender.Portfolio) {
			i, ok, err := ring.r.IdentifierByHash(ctx, ring.t.ID, l.Hash)
			if err != nil || ok {
				return i.Subject, err
			}
		}
	}
	return "", nil
}

// readMembers reads who the person is, and whether they may be erased.
func (s *Service) readMembers(ctx context.Context, ring *keyring, f *fate, e Erasure) error {
	if f.root.Held && !e.again {
		return errOnHold
	}
	ids, err := absorbedBy(ctx, ring.r, f.root.ID)
	if err != nil {
		return err
	}
	f.members = []subject.Subject{f.root}
	for _, id := range ids {
		m, err := ring.r.Subject(ctx, id)
		if err != nil {
			return err
		}
		f.members = append(f.members, m)
	}
	stops := 0
	for i := range f.members {
		m := &f.members[i]
		known, err := s.identified(ctx, ring, m)
		if err != nil {
			return err
		}
		for _, id := range known {
			if a := accountBy(id); !a.IsZero() {
				f.accounts = append(f.accounts, a)
			}
			if err := s.forget(f, id); err != nil {
				return err
			}
		}
		list, err := ring.r.SuppressionsOf(ctx, m.ID)
		if err != nil {
			return err
		}
		stops += len(list)
		f.stopped = f.stopped || f.root.Locked() && slices.ContainsFunc(list, func(s subject.Suppression) bool { return s.Reason == subject.ByErasure })
	}
	if err := f.readConsents(ctx, ring.r); err != nil {
		return err
	}
	f.bare = e.younger && f.root.Seq == 1 && len(f.members) == 1 && stops == 0 && len(f.left) == 0 && !f.root.Reassigned
	if f.t.ExportFirst && !e.again && !e.due && !f.bare {
		if ok, err := s.exported(ctx, ring, &f.root); err != nil || !ok {
			return errOr(err, errNoExport)
		}
	}
	return nil
}

// accountBy returns the account that an identifier is of.
func accountBy(id Identified) (a tenant.Account) {
	switch id.Kind {
	case subject.Line:
		a.Number, _ = phone.ParseE164(id.Value)
	case subject.BSUID:
		a.BSUID = id.Value
	case subject.ParentBSUID:
		a.Parent = id.Value
	}
	return a
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// readConsents notes what will be left of the person's consents.
func (f *fate) readConsents(ctx context.Context, r Reader) error {
	list, err := r.ConsentsOf(ctx, f.root.ID)
	if err != nil {
		return err
	}
	states, err := r.ConsentStates(ctx, f.root.ID)
	for _, c := range list {
		f.left = append(f.left, Left{ID: c.ID, Purpose: c.Purpose, Scope: string(c.Scope), State: string(states[c.ID])})
	}
	return err
}

// exported reports whether a proof for court was made of all that there is.
func (s *Service) exported(ctx context.Context, ring *keyring, sub *subject.Subject) (bool, error) {
	list, err := ring.r.EventsOf(ctx, sub.ID)
	if err != nil {
		return false, err
	}
	last := int64(-1)
	for _, e := range list {
		if e.Seq > 0 {
			last = max(last, e.Leaf)
		}
	}
	for _, e := range list {
		if e.Leaf < last || e.Name != string(evidence.ProofExported) {
			continue
		}
		told, err := s.tell(ctx, ring, e)
		if err != nil {
			return false, err
		}
		if told.Audience == proof.Court {
			return true, nil
		}
	}
	return false, nil
}

// readLines makes the hashes under which the person's numbers are looked up.
func (f *fate) readLines(secrets *tenant.Secrets) {
	for _, a := range f.accounts {
		if a.Number.IsZero() {
			continue
		}
		line, asked := f.t.LineHash(a.Number), secrets.TemplateHash(a.Number)
		if !slices.ContainsFunc(f.lines, func(l []byte) bool { return string(l) == string(line) }) {
			f.lines, f.asked = append(f.lines, line), append(f.asked, asked)
		}
	}
}

// forms returns the forms that belong to the person, and those in which their
// number was typed but which somebody else confirmed.
func (f *fate) forms(ctx context.Context, r Reader) (mine, others []string, err error) {
	seen := map[string]bool{}
	add := func(q funnel.Request) {
		if seen[q.ID] || q.Business != f.t.ID {
			return
		}
		seen[q.ID] = true
		own := q.Subject == "" || slices.ContainsFunc(f.members, func(m subject.Subject) bool { return m.ID == q.Subject })
		switch {
		case !own:
			others = append(others, q.ID)
		case len(q.WrappedKey) > 0:
			mine = append(mine, q.ID)
		}
	}
	for _, line := range f.lines {
		typed, err := r.RequestsByLine(ctx, f.t.ID, line)
		if err != nil {
			return nil, nil, err
		}
		for _, q := range typed {
			add(q)
		}
	}
	for _, m := range f.members {
		confirmed, err := r.RequestsOf(ctx, m.ID)
		if err != nil {
			return nil, nil, err
		}
		asked, err := r.RequestsAsked(ctx, m.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, q := range confirmed {
			add(q)
		}
		for _, q := range asked {
			if len(q.Line) == 0 || seen[q.ID] { // somebody else's number may have been typed
				add(q)
			}
		}
	}
	slices.Sort(mine)
	slices.Sort(others)
	return mine, others, nil
}

// readKeys names the keys, and digests what is left of what they sealed.
func (f *fate) readKeys(ctx context.Context, r Reader) error {
	for _, m := range f.members {
		f.keys = append(f.keys, m.KeyID())
	}
	for _, q := range f.requests {
		f.keys = append(f.keys, "r/"+q)
	}
	for _, key := range f.keys {
		rows, err := rowsUnder(ctx, r, key)
		if err != nil {
			return err
		}
		f.rows = append(f.rows, rows)
	}
	return nil
}

// unchanged is Stale where there is more or less to destroy than was read.
func (f *fate) unchanged(ctx context.Context, r Reader) error {
	if f.given {
		return nil // EmptyRequest finds what is gone already
	}
	mine, others, err := f.forms(ctx, r)
	if err != nil {
		return err
	}
	if !sameIDs(mine, f.requests) || !sameIDs(others, f.others) {
		return errMovedOn
	}
	if f.root.ID == "" {
		return nil
	}
	now, err := r.Subject(ctx, f.root.ID)
	if err != nil || now.Held || now.MergedInto != "" || now.LockedUntil != f.root.LockedUntil {
		return staleUnless(err)
	}
	ids, err := absorbedBy(ctx, r, f.root.ID)
	if err != nil || len(ids)+1 != len(f.members) {
		return staleUnless(err)
	}
	return nil
}

// effects says in words what is destroyed.
func (f *fate) effects() (list []string) {
	for _, m := range f.members {
		list = append(list, "destroyed the key of subject "+m.ID)
	}
	for _, q := range f.requests {
		list = append(list, "destroyed the key of form "+q)
	}
	return list
}

// rowsUnder digests the rows of the events that a data key seals.
func rowsUnder(ctx context.Context, r Reader, key string) (string, error) {
	list, err := eventsUnder(ctx, r, key)
	return digestOf(list), err
}

// eventsUnder returns the events that a data key seals.
func eventsUnder(ctx context.Context, r Reader, key string) (list []evidence.Logged, err error) {
	kind, id, _ := strings.Cut(key, "/")
	var found []evidence.Logged
	switch kind {
	case "s":
		found, err = r.EventsOf(ctx, id)
	case "r":
		var q funnel.Request
		if q, err = r.Request(ctx, id); err != nil {
			return nil, err
		}
		var first evidence.Logged
		if first, err = r.Event(ctx, q.Event); err != nil {
			return nil, err
		}
		found, err = r.EventsOfRequest(ctx, id)
		found = append(found, first)
	}
	for _, e := range found {
		if e.Key == key {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b evidence.Logged) int { return int(a.Leaf - b.Leaf) })
	return list, err
}

// digestOf is SHA-256, in hexadecimal, over the events in the order of the log,
// each a line of its columns separated by a space: id, business, subject,
// request, name, running number, when it was done and when it arrived in
// microseconds, and SHA-256 of what is sealed and of the webhook slice. What
// the rows say that the events' signatures no longer vouch for stays as it was.
func digestOf(list []evidence.Logged) string {
	h := sha256.New()
	for _, e := range list {
		fmt.Fprintf(h, "%s %s %q %q %s %d %d %d %x %x\n", e.ID, e.Business, e.Subject, e.Request, e.Name, e.Seq, e.At.UnixMicro(), e.Arrived.UnixMicro(), sha256.Sum256(e.Sealed), sha256.Sum256(e.Raw))
	}
	return hex.EncodeToString(h.Sum(nil))
}
