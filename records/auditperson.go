package records

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
	"assent/subject"
)

// crowdSize is how many people are read at once.
const crowdSize = 128

// people checks every person: their events, their chain, and all that follows
// from these. Some are read at once, each crowd in a transaction of its own, and
// several crowds are checked at the same time.
func (a *audit) people(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan []string, 2*runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	var met atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for ids := range next {
				if err := a.crowds(ctx, ids, next, &met); err != nil {
					cancel(err)
				}
			}
		})
	}
	err := a.eachCrowd(ctx, next)
	close(next)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err == nil {
		err = a.partedMeanwhile(ctx)
	}
	if err == nil {
		err = a.lookAgain(ctx)
	}
	if n := met.Load(); err == nil && n < a.tally.Subjects {
		a.found.add(CheckChains, "%d of %d people lead to nobody", a.tally.Subjects-n, a.tally.Subjects)
	}
	return err
}

// eachCrowd sends everybody's ids, some at a time.
func (a *audit) eachCrowd(ctx context.Context, next chan<- []string) error {
	after := ""
	for {
		var ids []string
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			ids, err = r.SubjectIDs(ctx, after, 100*crowdSize)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		if last := ids[len(ids)-1]; last > after {
			after = last
		} else { // an id that is no text: nothing can be asked for behind it
			a.found.add(CheckChains, "the ids of people are out of order")
			return nil
		}
		for crowd := range slices.Chunk(ids, crowdSize) {
			select {
			case next <- crowd:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// crowds checks a crowd, and those that wait behind it for as long as a
// transaction may last: each new one starts with nothing in memory.
func (a *audit) crowds(ctx context.Context, ids []string, next <-chan []string, met *atomic.Int64) error {
	return a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		for start := time.Now(); ; {
			n, err := a.crowd(ctx, r, ids)
			if err != nil {
				return err
			}
			met.Add(n)
			a.step(n)
			if time.Since(start) > auditLasts {
				return nil
			}
			select { // whoever fills it needs to read too, so nobody waits here
			case more, ok := <-next:
				if !ok {
					return nil
				}
				ids = more
			default:
				return nil
			}
		}
	})
}

// auditLasts is how long an audit keeps to one state of the database: what is
// written meanwhile cannot be folded into the file.
const auditLasts = 250 * time.Millisecond

// crowd checks some people, and returns how many of them there are or lead to
// somebody.
func (a *audit) crowd(ctx context.Context, r Reader, ids []string) (n int64, err error) {
	c, err := readCrowd(ctx, r, ids[0], ids[len(ids)-1])
	if err != nil {
		return 0, err
	}
	var lives []*life
	for _, id := range c.inTheirOrder {
		sub := c.people[id].subject
		if sub.MergedInto != "" { // they are checked as the one who they are
			root, led, err := leads(ctx, c, &sub)
			if err != nil {
				return 0, err
			}
			if led {
				n++
				if err := a.changed(ctx, c, id, root); err != nil {
					return 0, err
				}
			}
			continue
		}
		l, err := a.gather(ctx, c, sub)
		if err != nil {
			return 0, err
		}
		if l != nil {
			lives = append(lives, l)
			n++
		}
	}
	if err := c.lookUp(ctx, a.hashesOf(lives)); err != nil {
		return 0, err
	}
	for _, l := range lives {
		if err := a.person(ctx, c, l); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// leads returns the one, themselves, whom somebody leads to who turned out to be
// somebody else, and whether there is one.
func leads(ctx context.Context, r Reader, sub *subject.Subject) (root string, ok bool, err error) {
	root = sub.MergedInto
	for range maxMerges {
		other, ok, err := r.FindSubject(ctx, root)
		if err != nil || !ok {
			return "", false, err
		}
		if other.MergedInto == "" {
			return root, true, nil
		}
		root = other.MergedInto
	}
	return "", false, nil
}

// changed notes somebody who turned out to be another since the audit began, for
// a second look: that other may have been checked before, and without them. What
// the other did before the audit began everybody saw.
func (a *audit) changed(ctx context.Context, r Reader, id, root string) error {
	events, err := r.EventsOf(ctx, root)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(events, func(e evidence.Logged) bool { return e.Leaf >= a.tally.Leaves }) {
		a.mu.Lock()
		a.again = append(a.again, id)
		a.mu.Unlock()
	}
	return nil
}

// partedMeanwhile notes those who were given their own record back since the audit
// began: whoever met them before met only somebody who leads to another, and that
// other may have been checked after, and without them.
func (a *audit) partedMeanwhile(ctx context.Context) error {
	return a.eachParting(ctx, func(ctx context.Context, r Reader, p subject.Parting) error {
		leaf, err := r.LeafOf(ctx, p.OtherEvent)
		if fault.Is(err, fault.NotFound) { // which is found in its own place
			return nil
		}
		if err == nil && leaf >= a.tally.Leaves {
			a.again = append(a.again, p.Other)
		}
		return err
	})
}

// lookAgain checks those who changed during the audit as who they are by now,
// and with them everybody who is the same person. They were counted already.
func (a *audit) lookAgain(ctx context.Context) error {
	people, consents := a.persons.Load(), a.consents.Load()
	for _, id := range a.again {
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			sub, ok, err := r.FindSubject(ctx, id)
			if err != nil || !ok {
				return err
			}
			root := id
			if sub.MergedInto != "" {
				if root, ok, err = leads(ctx, r, &sub); err != nil || !ok {
					return err
				}
			}
			c, err := readCrowd(ctx, r, root, root)
			if err != nil {
				return err
			}
			l, err := a.gather(ctx, c, c.people[root].subject)
			if err != nil || l == nil {
				return err
			}
			return a.person(ctx, c, l)
		})
		if err != nil {
			return err
		}
	}
	a.persons.Store(people)
	a.consents.Store(consents)
	return nil
}

// hashesOf returns every hash by which stops of these people may be found.
func (a *audit) hashesOf(lives []*life) (hashes [][]byte) {
	asked := map[string]bool{}
	for _, l := range lives {
		for _, o := range l.events {
			for _, h := range l.suppressionHashes(accountOf(&o.v.Event)) {
				if !asked[string(h)] {
					asked[string(h)] = true
					hashes = append(hashes, h)
				}
			}
		}
	}
	return hashes
}

// person checks one person.
func (a *audit) person(ctx context.Context, r Reader, l *life) error {
	checks := []func(context.Context, Reader, *life) error{a.chains, a.identifiers, a.partedOf, a.stopsOf, a.consentsOf, a.textsOf}
	if l.root.Erased() { // nothing can be told of what they did
		checks = []func(context.Context, Reader, *life) error{a.chains, a.stopsOf, a.textsOf}
	}
	for _, check := range append(checks, a.erasedOf) {
		if err := check(ctx, r, l); err != nil {
			return err
		}
	}
	a.persons.Add(1)
	return nil
}

// gather reads a person's subjects and events.
func (a *audit) gather(ctx context.Context, r Reader, root subject.Subject) (*life, error) {
	t, ok := a.s.directory.Tenant(root.Business)
	if !ok {
		a.found.add(CheckChains, "person %s belongs to no business", root.ID)
		return nil, nil
	}
	rings := map[string]*keyring{t.ID: a.s.keyring(r, t)}
	l := &life{t: t, secrets: &a.s.inst.Secrets, ring: rings[t.ID], root: root, members: map[string]*subject.Subject{root.ID: &root}}
	ids, err := absorbedBy(ctx, r, root.ID)
	if err != nil {
		return nil, err
	}
	if len(ids) > maxMerges {
		a.found.add(CheckChains, "person %s: more than %d turned out to be them", root.ID, maxMerges)
	}
	for _, id := range ids {
		other, err := r.Subject(ctx, id)
		if err != nil {
			return nil, err
		}
		if other.Business != root.Business {
			a.found.add(CheckChains, "person %s turned out to be one of another business", id)
		}
		l.members[id] = &other
	}
	for id := range l.members {
		events, err := r.EventsOf(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			hash := ledger.LeafHash(e.JWT)
			a.met.add(e.Leaf, e.ID, hash)
			o, ok, err := a.open(ctx, rings, r, e)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			o.hash = hash
			if a.verify(o); o.v != nil {
				a.compare(o)
				l.events = append(l.events, o)
			}
		}
	}
	inOrder(l.events)
	return l, nil
}

// chains checks that each subject's events follow each other, and that its row
// follows from them.
func (a *audit) chains(ctx context.Context, r Reader, l *life) error {
	for id, sub := range l.members {
		var seq int64
		var head evidence.Digest
		for _, o := range l.events {
			if o.Subject != id || o.Seq == 0 { // the row is what the event says, or what its erasure saw
				continue
			}
			if o.Seq != seq+1 || !o.gone && o.v.Previous != head {
				a.found.add(CheckChains, "person %s: event %s does not follow the one before it", id, o.ID)
			}
			seq, head = o.Seq, evidence.Digest(o.hash)
		}
		if sub.Seq != seq || sub.Head != head.String() || seq == 0 {
			a.found.add(CheckChains, "person %s: the row says that there are %d events, and there are %d", id, sub.Seq, seq)
		}
		if made, ok := evidence.TimeOf(id); !ok || !made.Equal(sub.CreatedAt) {
			a.found.add(CheckChains, "person %s: the row says another day of its making", id)
		}
		if sub.MergedInto != "" && !sub.Erased() && !l.linked(id, sub.MergedInto) {
			a.found.add(CheckChains, "person %s: no event says that they turned out to be %s", id, sub.MergedInto)
		}
	}
	return a.joined(ctx, r, l)
}

// linked reports whether an event of the other says that the subject is the
// same person, and nothing came in between that they did themselves.
func (l *life) linked(id, other string) bool {
	return slices.ContainsFunc(l.events, func(o *opened) bool {
		return o.Subject == other && slices.Contains(o.joins(), id) && !l.actsAfter(id, o)
	})
}

// joins returns the ids of those whom the event shows to be the same person.
func (o *opened) joins() (ids []string) {
	if o.v.Name != evidence.IdentityLinked {
		return nil
	}
	for _, effect := range o.v.Effects {
		if words := strings.Fields(effect); len(words) > 2 && words[0] == "subject" {
			ids = append(ids, words[1])
		}
	}
	return ids
}

// joined checks that whoever the events show to be the same person is part of the
// life, unless an operator parted them from it since.
func (a *audit) joined(ctx context.Context, r Reader, l *life) error {
	for _, o := range l.events {
		for _, id := range o.joins() {
			if l.members[id] != nil {
				continue
			}
			list, err := r.PartingsOf(ctx, id)
			if err != nil {
				return err
			}
			parted := false
			for _, p := range list {
				if p.Other == id {
					leaf, err := r.LeafOf(ctx, p.OtherEvent)
					if err != nil && !fault.Is(err, fault.NotFound) {
						return err
					}
					parted = parted || err == nil && leaf > o.Leaf
				}
			}
			if !parted {
				a.found.add(CheckChains, "person %s: event %s says that %s turned out to be them, and they are somebody else", l.root.ID, o.ID, quoted(id))
			}
		}
	}
	return nil
}

// consentsOf checks that every consent is what the events make it.
func (a *audit) consentsOf(ctx context.Context, r Reader, l *life) error {
	l.replay()
	wrong, err := a.projections(ctx, r, l)
	if err != nil {
		return err
	}
	for _, w := range wrong {
		a.found.add(CheckConsents, "%s", w)
	}
	for id, sub := range l.members {
		if st := l.portrait[id]; st.platform != sub.Platform || !st.platformAt.Equal(sub.PlatformAt) {
			a.found.add(CheckChains, "person %s: WhatsApp's own stop is not what the events make it", id)
		}
		if st := l.portrait[id]; st.reassigned != sub.Reassigned {
			a.found.add(CheckIdentifiers, "person %s: whether their number was another's is not what the events make it", id)
		}
		if st := l.portrait[id]; st.held != sub.Held || !st.lockedUntil.Equal(sub.LockedUntil) {
			a.found.add(CheckErasures, "person %s: a lock or a legal hold is not what the events make it", id)
		}
	}
	return nil
}

// projections returns what is wrong with the consents of a life.
func (a *audit) projections(ctx context.Context, r Reader, l *life) (wrong []string, err error) {
	n := int64(0)
	for id := range l.members {
		rows, err := r.ConsentsOf(ctx, id)
		if err != nil {
			return nil, err
		}
		states, err := r.ConsentStates(ctx, id)
		if err != nil {
			return nil, err
		}
		want := l.portrait[id].consents
		met := map[string]bool{}
		for _, c := range rows {
			n++
			met[c.Purpose] = true
			st := want[c.Purpose]
			if st == nil {
				wrong = append(wrong, fmt.Sprintf("consent %s (%s) follows from no event", c.ID, quoted(c.Purpose)))
				continue
			}
			for _, column := range st.differs(c, states[c.ID]) {
				wrong = append(wrong, fmt.Sprintf("consent %s (%s): its %s is not what the events make it", c.ID, quoted(c.Purpose), column))
			}
		}
		for purpose := range want {
			if !met[purpose] {
				wrong = append(wrong, fmt.Sprintf("person %s: the consent to %s is missing", id, quoted(purpose)))
			}
		}
	}
	if len(wrong) == 0 {
		a.consents.Add(n)
	}
	return wrong, nil
}

// quoted keeps what a changed row says from writing on the terminal.
func quoted(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return fmt.Sprintf("%q", s)
}

func (a *audit) textsOf(ctx context.Context, r Reader, l *life) error {
	for _, o := range l.events {
		if err := a.named(ctx, r, o); err != nil {
			return err
		}
	}
	return nil
}
