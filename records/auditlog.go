package records

import (
	"bytes"
	"context"
	"time"

	"assent/evidence"
	"assent/ledger"
)

// auditChunk is how many leaves are read at a time.
const auditChunk = 512

// log walks the leaves in their order: each is the hash of one event, the tree
// follows from them, and every checkpoint is the head that the tree had.
// Events that belong to no person are checked here, the others with their
// person.
func (a *audit) log(ctx context.Context) error {
	cps := &checkpoints{a: a}
	for {
		more := false
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			leaves, err := r.Leaves(ctx, a.head.Size, auditChunk)
			if err != nil || len(leaves) == 0 {
				return err
			}
			events, err := r.EventsFrom(ctx, leaves[0].N, int(leaves[len(leaves)-1].N-leaves[0].N)+1)
			if err != nil {
				return err
			}
			byLeaf := make(map[int64]*evidence.Logged, len(events))
			for i := range events {
				byLeaf[events[i].Leaf] = &events[i]
			}
			if more, err = a.walk(ctx, r, leaves, byLeaf, cps); err != nil {
				return err
			}
			return a.ownerless(ctx, r, events)
		})
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return a.endOfLog(ctx, cps)
}

// walk appends leaves to the tree. It reports whether the walk may go on.
func (a *audit) walk(ctx context.Context, r Reader, leaves []Leaf, events map[int64]*evidence.Logged, cps *checkpoints) (bool, error) {
	for _, l := range leaves {
		if a.head.Size == a.tally.Leaves { // what came since is for the next audit
			return false, nil
		}
		if l.N != a.head.Size {
			a.found.add(CheckLog, "leaf %d is missing", a.head.Size)
			return false, nil
		}
		e := events[l.N]
		switch {
		case e == nil:
			a.found.add(CheckLog, "leaf %d: its event %s is missing", l.N, l.Event)
		case e.ID != l.Event:
			a.found.add(CheckLog, "leaf %d names another event than %s", l.N, e.ID)
		default:
			if h := ledger.LeafHash(e.JWT); !bytes.Equal(h[:], l.Hash) {
				a.found.add(CheckLog, "leaf %d is not the hash of event %s", l.N, e.ID)
			}
			a.inTime(e)
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
		if err := cps.at(ctx, r, e); err != nil {
			return false, err
		}
		a.step(1)
	}
	return true, nil
}

// inTime checks that an event was signed when it went into the log.
func (a *audit) inTime(e *evidence.Logged) {
	if e.Arrived.Before(a.latest.Add(-clockMargin)) {
		a.found.add(CheckTimes, "event %s is dated %s, and stands behind one of %s", e.ID, stamp(e.Arrived), stamp(a.latest))
	}
	if e.Arrived.After(a.now.Add(clockMargin)) {
		a.found.add(CheckTimes, "event %s is dated in the future", e.ID)
		return
	}
	if e.Arrived.After(a.latest) {
		a.latest = e.Arrived
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

// at checks what was signed over the tree as it now stands. e is its last event.
func (c *checkpoints) at(ctx context.Context, r Reader, e *evidence.Logged) error {
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
		c.dated(signed, e)
		if err := c.fill(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// dated checks when a checkpoint says that it was signed: that is not signed
// itself, but it cannot lie before what it covers, nor out of order.
func (c *checkpoints) dated(signed ledger.Signed, e *evidence.Logged) {
	at := signed.SignedAt
	switch {
	case at.Before(c.last), e != nil && at.Before(e.Arrived.Add(-clockMargin)):
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
