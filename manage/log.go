package manage

import (
	"context"
	"sync"
	"time"

	"assent/fault"
	"assent/funnel"
	"assent/ledger"
)

// SignCheckpoint signs the head of the log, if it has grown since the last
// checkpoint, and reports whether it did. The head is read from what is
// committed, so that nothing is signed that could still be rolled back.
func (s *Service) SignCheckpoint(ctx context.Context) (signed bool, err error) {
	defer fault.Wrap(&err, "manage.SignCheckpoint")
	var head ledger.Head
	var last ledger.Signed
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		if head, err = r.LogHead(ctx); err != nil {
			return err
		}
		last, _, err = r.LastCheckpoint(ctx)
		return err
	})
	if err != nil || head.Size <= last.Size {
		return false, err
	}
	note, err := s.inst.Log.Sign(head.Size, head.Root())
	if err != nil {
		return false, err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		return w.InsertCheckpoint(ctx, ledger.Signed{Size: head.Size, Note: note, SignedAt: s.clock()}, last.Size)
	})
	if fault.Is(err, fault.Stale) {
		return false, nil // another process was first
	}
	return err == nil, err
}

// checkpointEvery is how often RunCheckpoints looks at the log: a new leaf is under a
// signed checkpoint within a second.
const checkpointEvery = 250 * time.Millisecond

// RunCheckpoints signs checkpoints until ctx ends.
func (s *Service) RunCheckpoints(ctx context.Context) {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		if _, err := s.SignCheckpoint(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("the log's checkpoint cannot be signed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// counts gathers views and scans in memory; a crash may lose one second of them.
type counts struct {
	mu sync.Mutex
	n  map[funnel.Count]int
}

// Count counts a view or a scan. It never blocks on the database.
func (s *Service) Count(funnelID, entry, lang string, kind funnel.CountKind) {
	c := funnel.Count{Funnel: funnelID, Entry: entry, Lang: lang, Hour: funnel.HourOf(s.now()), Kind: kind}
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	if s.counts.n == nil {
		s.counts.n = map[funnel.Count]int{}
	}
	s.counts.n[c]++
}

// FlushCounts writes what was counted.
func (s *Service) FlushCounts(ctx context.Context) error {
	s.counts.mu.Lock()
	n := s.counts.n
	s.counts.n = nil
	s.counts.mu.Unlock()
	if len(n) == 0 {
		return nil
	}
	err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.AddCounts(ctx, n) })
	if err != nil && ctx.Err() == nil { // not written: they wait for the next second
		s.counts.mu.Lock()
		defer s.counts.mu.Unlock()
		if s.counts.n == nil {
			s.counts.n = map[funnel.Count]int{}
		}
		for c, more := range n {
			s.counts.n[c] += more
		}
	}
	return err
}

// lateAfter is how long a leaf may wait for its checkpoint before the server
// calls itself not ready.
const lateAfter = 10 * time.Second

// LogInTime returns an Unavailable fault if the log has grown and no checkpoint
// was signed for long.
func (s *Service) LogInTime(ctx context.Context) error {
	return s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		head, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		signed, _, err := r.LastCheckpoint(ctx)
		if err != nil {
			return err
		}
		if head.Size <= signed.Size {
			s.aheadSince.Store(0)
			return nil
		}
		now := s.now().UnixNano()
		s.aheadSince.CompareAndSwap(0, now)
		if time.Duration(now-s.aheadSince.Load()) > lateAfter {
			return fault.New(fault.Unavailable, "The log's checkpoint is late.")
		}
		return nil
	})
}
