package permit

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Many callers ask about one recipient each, and a statement costs the driver
// as much for one as for twenty. So calls that wait while others are read are
// read together, in one state of the database. Nobody waits for company: a call
// that comes alone is read alone.

// lookUp is what one call has to read.
type lookUp struct {
	Query
	known *facts // of all that were read together
	err   error
	done  chan struct{}
}

// gatherer reads calls together. It has no goroutine while nothing waits.
type gatherer struct {
	store   Store
	now     func() time.Time
	mu      sync.Mutex
	waiting []*lookUp
	readers int // goroutines at work
}

const (
	maxTogether = 256              // hashes read at once, unless one call has more
	bigCall     = 64               // hashes from which a call gains nothing by company
	readTimeout = 10 * time.Second // of one read, whoever asked for it
)

// maxReaders is how many reads go on at once: the fewer, the more are read
// together, and the other cores have the rest of the work.
var maxReaders = max(1, runtime.NumCPU()/2)

// read reads what the call needs, alone or with others.
func (g *gatherer) read(ctx context.Context, l *lookUp) (*facts, error) {
	if len(l.Hashes) >= bigCall {
		g.readBatch([]*lookUp{l})
		return l.known, l.err
	}
	l.done = make(chan struct{})
	g.mu.Lock()
	g.waiting = append(g.waiting, l)
	start := g.readers < maxReaders
	if start {
		g.readers++
	}
	g.mu.Unlock()
	if start {
		go g.work()
	}
	select {
	case <-l.done:
		return l.known, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// work reads until nothing waits. Before each read it lets those run that are
// ready to, for they may be about to ask; on an idle machine that costs nothing.
func (g *gatherer) work() {
	for {
		runtime.Gosched()
		batch := g.next()
		if batch == nil {
			return
		}
		g.readBatch(batch)
		for _, l := range batch {
			close(l.done)
		}
	}
}

// next takes the calls that are read together: those of one business, up to
// maxTogether hashes.
func (g *gatherer) next() (batch []*lookUp) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.readers--
		return nil
	}
	n := 0
	rest := g.waiting[:0:0]
	for _, l := range g.waiting {
		if len(batch) > 0 && (l.Business != batch[0].Business || n+len(l.Hashes) > maxTogether) {
			rest = append(rest, l)
			continue
		}
		batch = append(batch, l)
		n += len(l.Hashes)
	}
	g.waiting = rest
	return batch
}

func (g *gatherer) readBatch(batch []*lookUp) {
	all := Query{Business: batch[0].Business, Kin: batch[0].Kin, Purpose: batch[0].Purpose, Now: g.now()}
	for _, l := range batch {
		all.Hashes, all.Stops, all.Lines = append(all.Hashes, l.Hashes...), append(all.Stops, l.Stops...), append(all.Lines, l.Lines...)
		if l.Purpose != all.Purpose {
			all.Purpose = ""
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	var known *facts
	err := g.store.ReadOnce(ctx, func(ctx context.Context, r Reader) (err error) {
		known, err = read(ctx, r, all)
		return err
	})
	for _, l := range batch {
		l.known, l.err = known, err
	}
}
