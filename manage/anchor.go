package manage

import (
	"context"
	"slices"
	"sync"
	"time"

	"assent/fault"
	"assent/ledger"
)

// OutsideParty vouches for the log's checkpoints: a witness or a time-stamp
// authority.
type OutsideParty interface {
	// Party returns what is kept of it.
	Party() ledger.Party
	// Vouch asks it about a checkpoint signed by the log. known is how many
	// entries it last vouched for, and prove proves that the checkpoint continues
	// a smaller tree. An error that fault.Is calls Conflict says that it has seen
	// another log, or more of this one: asking again will not mend that.
	Vouch(ctx context.Context, signed []byte, known int64, prove func(context.Context, int64) ([]ledger.Hash, error)) (ledger.Anchor, error)
}

// AnchorState is how it stands with an outside party.
type AnchorState struct {
	ledger.Party
	Size    int64     // of the newest checkpoint that it vouched for; 0 for none
	At      time.Time // when it did
	Failed  int       // times in a row that it did not since
	Problem string    // why not, in words for people; empty where all is well
	Alarm   bool      // it has seen another log, or more of this one
}

// anchors remembers how it stands with the outside parties.
type anchors struct {
	mu     sync.Mutex
	states map[string]*AnchorState // by the party's id
	next   map[string]time.Time    // when to ask again
}

// How often outside parties are asked: at most that often while the log grows,
// and after failures at growing intervals up to the longest.
const (
	AnchorEvery   = 5 * time.Minute
	anchorLongest = time.Hour
)

// RunAnchors asks the parties to vouch for the log until ctx ends. Whatever they
// answer, nothing else waits for them.
func (s *Service) RunAnchors(ctx context.Context, parties []OutsideParty, every time.Duration) {
	if len(parties) == 0 {
		return
	}
	tick := time.NewTicker(min(every, time.Second))
	defer tick.Stop()
	for {
		if err := s.Anchor(ctx, parties, every); err != nil && ctx.Err() == nil {
			s.log.Error("the log cannot be anchored outside", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Anchor asks those parties whose turn it is to vouch for the newest checkpoint
// and keeps what they say. The error is of the database; what a party does wrong
// is in AnchorStates and in the log.
func (s *Service) Anchor(ctx context.Context, parties []OutsideParty, every time.Duration) (err error) {
	defer fault.Wrap(&err, "manage.Anchor")
	if !s.anyDue(parties) {
		return nil
	}
	var last ledger.Signed
	newest := map[string]ledger.Anchor{}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		var list []ledger.Anchor
		if last, _, err = r.LastCheckpoint(ctx); err == nil {
			list, err = r.NewestAnchors(ctx)
		}
		for _, a := range list {
			newest[a.ID()] = a
		}
		return err
	})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, len(parties))
	for i, p := range parties {
		id := p.Party().ID()
		if a := newest[id]; s.knownAnchor(p.Party(), a) || last.Size <= a.Size {
			continue
		}
		wg.Go(func() { errs[i] = s.ask(ctx, p, last, newest[id].Size, every) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// anyDue reports whether some party may be asked now.
func (s *Service) anyDue(parties []OutsideParty) bool {
	s.anchors.mu.Lock()
	defer s.anchors.mu.Unlock()
	now := s.clock()
	return slices.ContainsFunc(parties, func(p OutsideParty) bool { return !now.Before(s.anchors.next[p.Party().ID()]) })
}

// knownAnchor notes what the database knows of a party, perhaps by another
// process, and reports whether its turn has not come.
func (s *Service) knownAnchor(p ledger.Party, a ledger.Anchor) (wait bool) {
	s.anchors.mu.Lock()
	defer s.anchors.mu.Unlock()
	st := s.anchors.state(p)
	if a.Size > st.Size {
		st.Size, st.At = a.Size, a.At
	}
	return s.clock().Before(s.anchors.next[p.ID()])
}

// state returns the state of a party; mu is held.
func (a *anchors) state(p ledger.Party) *AnchorState {
	if a.states == nil {
		a.states, a.next = map[string]*AnchorState{}, map[string]time.Time{}
	}
	st := a.states[p.ID()]
	if st == nil {
		st = &AnchorState{Party: p}
		a.states[p.ID()] = st
	}
	return st
}

// ask asks one party.
func (s *Service) ask(ctx context.Context, p OutsideParty, last ledger.Signed, known int64, every time.Duration) error {
	cp, err := ledger.ParseCheckpoint(last.Note)
	if err != nil {
		return err
	}
	prove := func(ctx context.Context, old int64) (path []ledger.Hash, err error) {
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			path, err = ledger.Tree{Size: cp.Size, Root: cp.Root, Hashes: r}.Consistency(ctx, old)
			return err
		})
		return path, err
	}
	if err := s.inst.Left(ctx, last.Note); err != nil {
		return err
	}
	a, err := p.Vouch(ctx, last.Note, known, prove)
	if err == nil {
		a.Party, a.Size = p.Party(), cp.Size
		if err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertAnchor(ctx, a, s.clock()) }); err != nil {
			return err
		}
	}
	s.noteAnchor(p.Party(), a, err, every)
	return nil
}

// noteAnchor remembers how a party answered, and when to ask it again.
func (s *Service) noteAnchor(p ledger.Party, a ledger.Anchor, err error, every time.Duration) {
	s.anchors.mu.Lock()
	defer s.anchors.mu.Unlock()
	st := s.anchors.state(p)
	wait := every
	if err == nil {
		*st = AnchorState{Party: p, Size: a.Size, At: a.At}
	} else {
		st.Failed++
		st.Alarm = fault.Is(err, fault.Conflict)
		if st.Problem = fault.Message(err); st.Problem == "" {
			st.Problem = "It does not answer as it should."
		}
		wait = min(min(every, anchorLongest)<<min(st.Failed, 10), anchorLongest)
		s.log.Error("an outside party did not vouch for the log", "kind", p.Kind, "name", p.Name, "error", err)
	}
	s.anchors.next[p.ID()] = s.clock().Add(wait)
}

// AnchorStates returns how it stands with the parties, in their order.
func (s *Service) AnchorStates(ctx context.Context, parties []OutsideParty) (list []AnchorState, err error) {
	defer fault.Wrap(&err, "manage.AnchorStates")
	newest := map[string]ledger.Anchor{}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		all, err := r.NewestAnchors(ctx)
		for _, a := range all {
			newest[a.ID()] = a
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		s.knownAnchor(p.Party(), newest[p.Party().ID()])
	}
	s.anchors.mu.Lock()
	defer s.anchors.mu.Unlock()
	for _, p := range parties {
		list = append(list, *s.anchors.state(p.Party()))
	}
	return list, nil
}
