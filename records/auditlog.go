package records

import (
	"bytes"
	"context"
	"iter"
	"runtime"
	"sync"
	"time"

	"assent/evidence"
	"assent/ledger"
)

// auditChunk is how many leaves are read at a time.
const auditChunk = 512

// stretch is some of the log, read and with its hashes made.
type stretch struct {
	leaves []Leaf
	events map[int64]*stretched // by leaf; those that were not met before
	met    bool                 // the others were, and are what their leaves say
	err    error
}

// stretched is an event of a stretch with the hash that its leaf should have.
type stretched struct {
	evidence.Logged
	hash ledger.Hash
}

// log walks the leaves in their order: each is the hash of one event, the tree
// follows from them, and every checkpoint is the head that the tree had.
// What was met with its person is not read again. Stretches of the log are read
// and hashed on all cores, with the events that belong to no person, which are
// checked there and then; here they are put together in their order.
func (a *audit) log(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	cps := &checkpoints{a: a}
	inOrder, wait := a.stretches(ctx)
	defer wait()
	defer cancel()
	for out := range inOrder {
		st := <-out
		if st.err != nil {
			return st.err
		}
		more := false
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			more, err = a.walk(ctx, r, st, cps)
			return err
		})
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return a.endOfLog(context.WithoutCancel(ctx), cps)
}

// stretches reads the log on all cores and yields it in its order, until the
// context ends; wait waits until nobody reads any more.
func (a *audit) stretches(ctx context.Context) (inOrder <-chan chan stretch, wait func()) {
	type job struct {
		from int64
		out  chan stretch // holds one: whoever has read goes on to the next
	}
	cores := runtime.GOMAXPROCS(0)
	jobs, order := make(chan job), make(chan chan stretch, cores) // what is read ahead is held in memory
	var wg sync.WaitGroup
	for range cores {
		wg.Go(func() {
			for j := range jobs {
				j.out <- a.stretch(ctx, j.from)
			}
		})
	}
	wg.Go(func() {
		defer close(order)
		defer close(jobs)
		for from := int64(0); from < a.tally.Leaves; from += auditChunk {
			j := job{from, make(chan stretch, 1)}
			select {
			case order <- j.out:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				j.out <- stretch{err: ctx.Err()}
				return
			}
		}
	})
	return order, wg.Wait
}

// stretch reads some of the log, and of the events there those that were not met
// yet; it checks those that belong to nobody.
func (a *audit) stretch(ctx context.Context, from int64) (st stretch) {
	st.err = a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		if st.leaves, err = r.Leaves(ctx, from, auditChunk); err != nil || len(st.leaves) == 0 {
			return err
		}
		st.met = a.met.agrees(from, st.leaves)
		var events []evidence.Logged
		for first, end := range a.unmet(st) {
			some, err := r.EventsFrom(ctx, first, int(end-first))
			if err != nil {
				return err
			}
			for _, e := range some {
				if e.Leaf < end { // where one is missing, others come up
					events = append(events, e)
				}
			}
		}
		st.events = make(map[int64]*stretched, len(events))
		for _, e := range events {
			st.events[e.Leaf] = &stretched{e, ledger.LeafHash(e.JWT)}
		}
		return a.ownerless(ctx, r, events)
	})
	return st
}

// unmet yields the ranges of a stretch whose events must be read: all of it where
// the leaves are not what was met.
func (a *audit) unmet(st stretch) iter.Seq2[int64, int64] {
	return func(yield func(first, end int64) bool) {
		for i := 0; i < len(st.leaves); i++ {
			j := i
			for j < len(st.leaves) && !(st.met && a.met.has(st.leaves[j].N)) {
				j++
			}
			if j > i && !yield(st.leaves[i].N, st.leaves[j-1].N+1) {
				return
			}
			i = j
		}
	}
}

// walk appends a stretch's leaves to the tree. It reports whether the walk may
// go on.
func (a *audit) walk(ctx context.Context, r Reader, st stretch, cps *checkpoints) (bool, error) {
	before := a.head.Size
	defer func() { a.step(a.head.Size - before) }()
	for _, l := range st.leaves {
		if a.head.Size == a.tally.Leaves { // what came since is for the next audit
			return false, nil
		}
		if l.N != a.head.Size {
			a.found.add(CheckLog, "leaf %d is missing", a.head.Size)
			return false, nil
		}
		var arrived *time.Time
		switch e := st.events[l.N]; {
		case e == nil && st.met && a.met.has(l.N): // with its person
			at, _ := evidence.TimeOf(l.Event) // which its row was compared with
			a.inTime(l.Event, at)
			arrived = &at
		case e == nil:
			a.found.add(CheckLog, "leaf %d: its event %s is missing", l.N, l.Event)
		case e.ID != l.Event:
			a.found.add(CheckLog, "leaf %d names another event than %s", l.N, e.ID)
		default:
			if !bytes.Equal(e.hash[:], l.Hash) {
				a.found.add(CheckLog, "leaf %d is not the hash of event %s", l.N, e.ID)
			}
			if e.Subject != "" && !a.met.has(l.N) {
				a.found.add(CheckChains, "event %s is of a person, and was not met among what is anybody's", e.ID)
			}
			a.inTime(e.ID, e.Arrived)
			arrived = &e.Arrived
		}
		if len(l.Hash) != ledger.HashSize {
			a.found.add(CheckLog, "leaf %d is no hash", l.N)
			return false, nil
		}
		for _, node := range a.head.Append(nil, ledger.Hash(l.Hash)) {
			if node.Level == 0 {
				continue
			}
			stored, err := r.Node(ctx, node.Level, node.Index)
			if err != nil {
				return false, err
			}
			if !bytes.Equal(stored, node.Hash[:]) {
				a.found.add(CheckTree, "node %d of level %d is missing or not what its leaves make it", node.Index, node.Level)
			}
		}
		if err := cps.at(ctx, r, arrived); err != nil {
			return false, err
		}
	}
	return len(st.leaves) > 0, nil
}

// inTime checks that an event was signed when it went into the log.
func (a *audit) inTime(event string, arrived time.Time) {
	if arrived.Before(a.latest.Add(-clockMargin)) {
		a.found.add(CheckTimes, "event %s is dated %s, and stands behind one of %s", event, stamp(arrived), stamp(a.latest))
	}
	if arrived.After(a.now.Add(clockMargin)) {
		a.found.add(CheckTimes, "event %s is dated in the future", event)
		return
	}
	if arrived.After(a.latest) {
		a.latest = arrived
	}
}

// endOfLog compares the whole with the head row and counts the nodes.
func (a *audit) endOfLog(ctx context.Context, cps *checkpoints) error {
	if a.head.Size != a.tally.Leaves {
		a.found.add(CheckLog, "the leaves end at %d, and there are %d", a.head.Size, a.tally.Leaves)
	}
	if a.head.Size != a.stored.Size || a.head.Root() != a.stored.Root() {
		a.found.add(CheckTree, "the log's head row is not the head of its leaves")
	}
	nodes := int64(0)
	for n := a.head.Size >> ledger.TileHeight; n > 0; n >>= ledger.TileHeight {
		nodes += n
	}
	if nodes != a.tally.Nodes {
		a.found.add(CheckTree, "there are %d nodes, and there should be %d", a.tally.Nodes, nodes)
	}
	return a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		if err := cps.rest(ctx, r); err != nil {
			return err
		}
		// A server signs each entry within a second, or when it starts again.
		if n := a.head.Size - cps.covered; n > 0 && a.latest.Before(a.now.Add(-clockMargin)) && cps.after <= cps.covered {
			a.found.add(CheckCheckpoints, "the last %d entries are under no checkpoint: one is missing, or the server has not run since", n)
		}
		return nil
	})
}

// checkpoints walks the checkpoints beside the leaves.
type checkpoints struct {
	a       *audit
	read    bool
	next    []ledger.Signed
	after   int64     // sizes up to here were read
	covered int64     // the largest size that a checkpoint is over
	last    time.Time // when the one before was signed
}

// fill reads the checkpoints that come next.
func (c *checkpoints) fill(ctx context.Context, r Reader) error {
	if len(c.next) > 0 || c.read {
		return nil
	}
	list, err := r.Checkpoints(ctx, c.after, 100)
	if err != nil {
		return err
	}
	c.next, c.read = list, len(list) == 0
	if len(list) > 0 {
		c.after = list[len(list)-1].Size
	}
	return nil
}

// at checks what was signed over the tree as it now stands. arrived is when its
// last event did, nil where that is not known.
func (c *checkpoints) at(ctx context.Context, r Reader, arrived *time.Time) error {
	a := c.a
	if a.kept != nil && a.kept.Size == a.head.Size {
		a.agreed = a.kept.Root == a.head.Root()
	}
	if err := c.fill(ctx, r); err != nil {
		return err
	}
	for len(c.next) > 0 && c.next[0].Size == a.head.Size {
		signed := c.next[0]
		c.next, c.covered = c.next[1:], signed.Size
		cp, err := ledger.OpenCheckpoint(signed.Note, a.verifier)
		switch {
		case err != nil:
			a.found.add(CheckCheckpoints, "the checkpoint over %d entries was not signed by the log", signed.Size)
		case cp.Size != signed.Size:
			a.found.add(CheckCheckpoints, "the checkpoint over %d entries stands in the place of one over %d", cp.Size, signed.Size)
		case cp.Root != a.head.Root():
			a.found.add(CheckCheckpoints, "the checkpoint over %d entries is of another tree", signed.Size)
		}
		c.dated(signed, arrived)
		if err := c.fill(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// dated checks when a checkpoint says that it was signed: that is not signed
// itself, but it cannot lie before what it covers, nor out of order.
func (c *checkpoints) dated(signed ledger.Signed, arrived *time.Time) {
	at := signed.SignedAt
	switch {
	case at.Before(c.last), arrived != nil && at.Before(arrived.Add(-clockMargin)):
		c.a.found.add(CheckCheckpoints, "the checkpoint over %d entries is back-dated", signed.Size)
	case at.After(c.a.now.Add(clockMargin)):
		c.a.found.add(CheckCheckpoints, "the checkpoint over %d entries is dated in the future", signed.Size)
	default:
		c.last = at
	}
}

// rest finds checkpoints over more than there is. Those over what came since
// the audit began are for the next.
func (c *checkpoints) rest(ctx context.Context, r Reader) error {
	head, err := r.LogHead(ctx)
	if err != nil {
		c.a.found.add(CheckTree, "the log's head row is damaged")
		return nil //nolint:nilerr // that is the finding
	}
	for {
		if err := c.fill(ctx, r); err != nil || len(c.next) == 0 {
			return err
		}
		for _, signed := range c.next {
			if signed.Size > head.Size || signed.Size <= c.a.head.Size {
				c.a.found.add(CheckCheckpoints, "there is a checkpoint over %d entries, and the log has %d", signed.Size, head.Size)
			}
		}
		c.next = nil
	}
}
