package records

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"assent/consent"
	"assent/ledger"
	"assent/proof"
)

// addAnchors adds, for each event, the first checkpoint that outside parties
// vouch for and that holds it.
func (g *gatherer) addAnchors(ctx context.Context) error {
	indexes := make([]int64, len(g.m.Events))
	for i, e := range g.m.Events {
		indexes[i] = e.Index
	}
	slices.Sort(indexes)
	for len(indexes) > 0 {
		said, err := g.r.AnchorsFrom(ctx, indexes[0]+1)
		if err != nil || len(said) == 0 {
			return err // those that follow are not anchored either
		}
		n, _ := slices.BinarySearch(indexes, said[0].Size)
		a, err := g.s.anchorOf(ctx, g.r, said)
		if err != nil {
			return err
		}
		cp, err := ledger.ParseCheckpoint(a.Checkpoint)
		if err != nil {
			return err
		}
		tree := ledger.Tree{Size: cp.Size, Root: cp.Root, Hashes: g.r}
		for _, index := range indexes[:n] {
			if a.Paths[index], err = tree.Inclusion(ctx, index); err != nil {
				return err
			}
		}
		g.m.Anchors = append(g.m.Anchors, a)
		indexes = indexes[n:]
	}
	return nil
}

// anchorOf puts together what several parties said of one checkpoint.
func (s *Service) anchorOf(ctx context.Context, r Reader, said []ledger.Anchor) (a proof.Anchor, err error) {
	a.Paths = map[int64][]ledger.Hash{}
	list, err := r.Checkpoints(ctx, said[0].Size-1, 1)
	if err != nil {
		return a, err
	}
	if len(list) == 0 || list[0].Size != said[0].Size {
		return a, fmt.Errorf("records: the anchored checkpoint over %d entries is missing", said[0].Size)
	}
	plain := list[0].Note
	a.Checkpoint = bytes.Clone(plain)
	for _, one := range said {
		switch one.Kind {
		case ledger.Cosigned:
			line, ok := bytes.CutPrefix(one.Proof, plain)
			if !ok {
				return a, fmt.Errorf("records: witness %s cosigned another checkpoint over %d entries", one.Name, one.Size)
			}
			a.Checkpoint = append(a.Checkpoint, line...)
			a.Witnesses = append(a.Witnesses, string(one.Key))
		case ledger.Stamped:
			a.Tokens = append(a.Tokens, proof.AnchorToken{Name: one.Name, Response: one.Proof, Chain: one.Key})
		}
	}
	return a, nil
}

// Anchoring is the outside party that was first to vouch for an event.
type Anchoring struct {
	Kind ledger.AnchorKind
	Name string
	At   time.Time
}

// anchoring returns who vouched first for the entry of the log at an index, or
// nil while nobody has.
func anchoring(ctx context.Context, r Reader, index int64) (*Anchoring, error) {
	said, err := r.AnchorsFrom(ctx, index+1)
	if err != nil {
		return nil, err
	}
	// A time-stamp counts by the certificates that were named for it; without any,
	// what it is worth is left to the verifier.
	said = slices.DeleteFunc(said, func(a ledger.Anchor) bool { return a.Kind == ledger.Stamped && len(a.Key) == 0 })
	if len(said) == 0 {
		return nil, nil
	}
	first := slices.MinFunc(said, func(a, b ledger.Anchor) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name)) })
	return &Anchoring{first.Kind, first.Name, first.At}, nil
}

// gradeOf returns the grade of a consent as it is now known: a B whose act an
// outside party vouched for within a day is an A. Acts through simulated senders
// never are.
func gradeOf(ctx context.Context, r Reader, c consent.Consent) (consent.Grade, *Anchoring, error) {
	p := c.Position
	if p.GivenEvent == "" {
		return p.Grade, nil, nil
	}
	index, ok, err := r.FindLeaf(ctx, p.GivenEvent)
	if err != nil || !ok { // one that is missing is the audit's to find
		return p.Grade, nil, err
	}
	by, err := anchoring(ctx, r, index)
	if err == nil && by != nil && !c.Simulated {
		return p.Grade.Anchored(p.GivenAt, by.At), by, nil
	}
	return p.Grade, by, err
}
