package records

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// Erasure asks for a person to be erased (rule 31).
type Erasure struct {
	Business string
	Subject  string         // the person's id, or
	Account  tenant.Account // what they are known by
	Reason   string         // kept for good: it must not name the person
	Method   string         // how it was asked for: command, api, admin …
	Actor    string         // who does it

	asked   bool // by the person themselves, in the chat
	younger bool // who is too young, and leaves nothing where they were only asked
	again   bool // it was done before, and a restored backup brought it back
	due     bool // the time to keep it is over
}

// Erased is what an erasure did.
type Erased struct {
	Subject     string    // id; empty where nobody was known, and only forms were destroyed
	Event       string    // that says so; empty where there was nothing to destroy
	Keys        []string  // ids of the data keys that were destroyed
	Requests    int       // forms among them
	Nothing     bool      // they were only asked, and no stop is kept
	LockedUntil time.Time // where the business locks first: when the erasure follows
}

// Erase destroys what is kept of a person: their data key and those of the
// forms in which their number was typed, what they are known by, and all that
// was said to them. The log keeps its entries, which say nothing without the
// keys, and a stop stays for every spelling of the number and for their ids. An
// event says what was destroyed, by whom and why.
//
// Where the business keeps what a message rested on for a while, the person is
// locked instead, see Lock. A legal hold is a Conflict. A person who was erased
// before is NotFound, and so is an account of which nothing is kept.
func (s *Service) Erase(ctx context.Context, e Erasure) (out Erased, err error) {
	defer fault.Wrap(&err, "records.Erase")
	t, err := s.tenant(e.Business)
	if err != nil {
		return out, err
	}
	if e.Subject == "" && e.Account.IsZero() {
		return out, fault.Field("subject", "Say who is meant: by a person's id, a number or an account id.")
	}
	for attempt := 0; ; attempt++ {
		now := s.now()
		f, err := s.fateOf(ctx, t, e)
		if err != nil {
			return out, err
		}
		if f.root.ID != "" && !f.root.Locked() && !e.again && !e.due {
			if until := AfterErasure(t.Keeping, f.facts, now); !until.IsZero() {
				return s.lock(ctx, t, e, f.root.ID, until)
			}
		}
		if out, err = s.carryOut(ctx, f, e, now); fault.Is(err, fault.Stale) && attempt < 50 {
			continue
		}
		return out, err
	}
}

// act is what led to an erasure.
func (e Erasure) act() evidence.Act {
	if e.asked {
		return evidence.Act{Kind: "button"}
	}
	return evidence.Act{Kind: "operator"}
}

// carryOut signs the event of a fate, writes, and tells the sentinel.
func (s *Service) carryOut(ctx context.Context, f *fate, e Erasure, now time.Time) (out Erased, err error) {
	w, err := s.verdict(f, e, now)
	if err != nil {
		return out, err
	}
	if err := s.store.ReadWrite(ctx, func(ctx context.Context, tx Writer) error { return s.destroy(ctx, tx, f, w) }); err != nil {
		return out, err
	}
	out = Erased{Subject: f.root.ID, Event: w.event.ID, Keys: f.keys, Requests: len(f.requests), Nothing: f.bare}
	return out, s.remember(ctx, f.keys, w.event.ID)
}

// remember tells the sentinel which keys were destroyed, so that no restored
// backup revives them.
func (s *Service) remember(ctx context.Context, keys []string, event string) error {
	for _, key := range keys {
		if err := s.inst.Destroyed(context.WithoutCancel(ctx), key, event); err != nil {
			return fault.New(fault.Unavailable, "It is erased, but that could not be noted outside the database. Erase again, or a restored backup would bring it back.").Because(err)
		}
	}
	return nil
}

// Destroyed is the claim "erased" of an event that destroyed data keys: which
// they are and what is left of what they sealed, so that any later change of
// these rows shows.
type Destroyed struct {
	Keys     []string `json:"keys"`               // ids of the data keys
	Rows     []string `json:"rows,omitempty"`     // for each key: see digestOf
	Consents []Left   `json:"consents,omitempty"` // what is left of the person's consents
}

// Left is what stays of the consent of an erased person.
type Left struct {
	ID      string `json:"id"`
	Purpose string `json:"purpose"`
	Scope   string `json:"scope"`
	State   string `json:"state"`
}

// claimErased is the name of the claim with a Destroyed.
const claimErased = "erased"

// verdict is the event of an erasure, signed, and what it puts in place.
type verdict struct {
	event evidence.Record
	root  subject.Subject // as it stands then; zero where nobody is known
	stop  *subject.Suppression
}

// verdict signs what is to be destroyed. What the event discloses is under the
// business's key, for the person's is gone with it, and names nobody.
func (s *Service) verdict(f *fate, e Erasure, now time.Time) (v verdict, err error) {
	claim, err := json.Marshal(Destroyed{Keys: f.keys, Rows: f.rows, Consents: f.left})
	if err != nil {
		return v, err
	}
	ev := evidence.Event{
		Name: evidence.SubjectErased, Time: now, Operator: e.Actor, Act: e.act(), Method: e.Method, Reason: e.Reason,
		Effects: f.effects(), Extra: map[string]evidence.RawJSON{claimErased: claim},
	}
	if f.root.ID == "" {
		ev.Name = evidence.OperatorActed
		v.event, _, err = s.issue(f.t, nil, ev, f.t.KeyID(), f.t.Key, now)
		return v, err
	}
	if !f.stopped && !f.bare {
		stop, digest, err := s.erasedStop(f, now)
		if err != nil {
			return v, err
		}
		v.stop, ev.Suppressions = stop, []evidence.Digest{digest}
	}
	v.event, v.root, err = s.issue(f.t, &f.root, ev, f.t.KeyID(), f.t.Key, now)
	if v.stop != nil {
		v.stop.Event = v.event.ID
	}
	return v, err
}

// issue signs an event, next in the person's chain where there is a person.
func (s *Service) issue(t *tenant.Tenant, sub *subject.Subject, e evidence.Event, keyID string, key vault.DataKey, now time.Time) (r evidence.Record, next subject.Subject, err error) {
	if e.ID, err = evidence.NewID(now, s.rand); err != nil {
		return r, next, err
	}
	e.IssuedAt, e.Simulated = now, senderOf(t).Simulated
	if sub != nil {
		e.Subject, e.Seq = sub.ID, sub.Seq+1
		if sub.Head != "" {
			if e.Previous, err = evidence.ParseDigest(sub.Head); err != nil {
				return r, next, err
			}
		}
	}
	if r, err = t.Issue(s.rand, e, keyID, key, nil); err != nil || sub == nil {
		return r, next, err
	}
	r.Subject, next = sub.ID, *sub
	leaf := ledger.LeafHash(r.JWT)
	next.Seq, next.Head = e.Seq, hex.EncodeToString(leaf[:])
	return r, next, nil
}

// erasedStop makes the stop that stays, and its commitment.
func (s *Service) erasedStop(f *fate, now time.Time) (*subject.Suppression, evidence.Digest, error) {
	stop := &subject.Suppression{Business: f.t.ID, Subject: f.root.ID, Reason: subject.ByErasure, At: now}
	var err error
	if stop.ID, err = evidence.NewID(now, s.rand); err != nil {
		return nil, evidence.Digest{}, err
	}
	seen := map[string]bool{}
	for _, a := range f.accounts {
		for _, h := range s.inst.Secrets.SuppressionHashes(a) {
			if !seen[string(h)] {
				seen[string(h)] = true
				stop.Hashes = append(stop.Hashes, h)
			}
		}
	}
	salt, err := evidence.NewSalt(s.rand)
	if err != nil {
		return nil, evidence.Digest{}, err
	}
	stop.Salt = salt[:]
	return stop, evidence.Commit(salt, stop.Fields()...), nil
}

// destroy carries a fate out. It is Stale where anything came to it since it was
// read. It may run several times, so it changes nothing of f and v.
func (s *Service) destroy(ctx context.Context, w Writer, f *fate, v verdict) error {
	if err := f.unchanged(ctx, w); err != nil {
		return err
	}
	for _, m := range f.members {
		last := m
		if m.ID == f.root.ID {
			last = v.root
		}
		if err := w.EmptySubject(ctx, last, m.Seq); err != nil {
			return err
		}
		if err := w.DropIdentifiers(ctx, m.ID); err != nil {
			return err
		}
		if err := w.EmptyChat(ctx, m.ID); err != nil {
			return err
		}
		if err := w.ForgetConsents(ctx, m.ID); err != nil {
			return err
		}
	}
	if err := f.destroyForms(ctx, w); err != nil {
		return err
	}
	// Whoever writes under one of the keys has touched its row before: what came
	// is here now, or will find the key gone.
	for i, key := range f.keys {
		if rows, err := rowsUnder(ctx, w, key); err != nil || rows != f.rows[i] {
			return staleUnless(err)
		}
	}
	if err := w.InsertEvent(ctx, v.event); err != nil {
		return err
	}
	if err := f.askToForget(ctx, w); err != nil {
		return err
	}
	for _, key := range f.keys {
		if err := w.InsertDestruction(ctx, vault.Destruction{Key: key, Event: v.event.ID, At: v.event.At}); err != nil {
			return err
		}
	}
	if v.stop == nil {
		return nil
	}
	return w.InsertSuppression(ctx, *v.stop)
}

// destroyForms destroys the forms of a fate, and what else hangs on the number.
func (f *fate) destroyForms(ctx context.Context, w Writer) error {
	for _, r := range f.requests {
		if err := w.EmptyRequest(ctx, r); err != nil {
			return err
		}
	}
	for _, r := range f.others {
		if err := w.UnlineRequest(ctx, r); err != nil {
			return err
		}
	}
	for _, line := range f.asked {
		if err := w.DropTemplateAsks(ctx, line, f.t.ID); err != nil {
			return err
		}
	}
	return nil
}

func staleUnless(err error) error {
	if err != nil {
		return err
	}
	return errMovedOn
}

var errMovedOn = fault.New(fault.Stale, "Something came in about the person meanwhile. Try again.")

// sameIDs compares lists of ids in any order.
func sameIDs(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
