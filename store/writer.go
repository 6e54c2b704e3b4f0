package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"assent/fault"
	"assent/funnel"
	"assent/job"
	"assent/ledger"
	"assent/limit"
)

// The batching writer. A caller hands in a closure and waits. The writer takes
// all closures that wait, runs them in one transaction, appends the leaves of
// their events to the log, commits, and only then answers each caller: so an
// answer means durable and in the log, and the disk's flush and the log's lock
// are paid once a batch.
//
// What closures count (Using) is counted before they run, for all of them at once.
//
//	together   all closures, no savepoints      ── an error or a panic ──▶
//	apart      each behind a savepoint          ── a savepoint fails ────▶
//	alone      each in a transaction of its own
//
// A closure may therefore run several times and keeps no state between runs.
// It gets the writer's context: a statement cancelled by one caller would take
// the whole batch with it.

// task is a closure that waits to be written, with what it counts.
type task struct {
	fn     func(context.Context, *Tx) error
	uses   []limit.Use
	totals []int // what the uses came to
	err    error
	topics []string
	leaves []leaf
	counts map[funnel.Count]int
	fold   bool
	done   chan struct{}
}

// leaf is an event whose place in the log is given at the end of the batch.
type leaf struct {
	event string
	hash  ledger.Hash
}

var errClosed = fault.New(fault.Unavailable, "The server is stopping. Try again in a moment.")

// ReadWrite runs fn in a transaction that other closures may share, and
// returns once it is durable. An error from fn undoes what fn wrote and nothing
// else. fn may run several times. Once it waits in the queue the write stands, and
// the end of ctx changes nothing: whoever left would read what fn notes for its
// caller while fn writes it, and would not know what became of the write.
func (s *Store) ReadWrite(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return s.hand(ctx, &task{fn: fn})
}

// Using is ReadWrite for a closure that counts uses: it is told how often each
// happened in its window by now, in their order, this one among them. An error
// from fn undoes what it counted too; whoever was written in the same batch may
// have been told of it.
//
// All uses of a batch are written before its closures run, in one order: two
// batches that count the same networks wait for each other, and never crosswise.
func (s *Store) Using(ctx context.Context, uses []limit.Use, fn func(ctx context.Context, tx *Tx, totals []int) error) error {
	t := &task{uses: uses}
	t.fn = func(ctx context.Context, tx *Tx) error { return fn(ctx, tx, t.totals) }
	return s.hand(ctx, t)
}

// hand hands in a task and waits until it is answered.
func (s *Store) hand(ctx context.Context, t *task) error {
	t.done = make(chan struct{})
	queue := s.queue
	if job.IsLater(ctx) {
		queue = s.later
	}
	s.closedMu.RLock()
	if s.closed {
		s.closedMu.RUnlock()
		return errClosed
	}
	select {
	case queue <- t:
		s.closedMu.RUnlock()
	case <-ctx.Done():
		s.closedMu.RUnlock()
		return s.dialect.translate(ctx.Err())
	}
	<-t.done
	return s.dialect.translate(t.err)
}

// writer is one connection that writes, with its prepared statements.
type writer struct {
	prepared
	s     *Store
	holds bool // what nobody waits for is left in its queue (fold.go)
}

func (s *Store) startWriters(ctx context.Context) error {
	ended := make(chan struct{}, s.opts.Writers)
	for range s.opts.Writers {
		w := &writer{s: s}
		if err := w.connect(ctx); err != nil {
			return err
		}
		go func() { w.loop(); ended <- struct{}{} }()
	}
	go func() {
		for range s.opts.Writers {
			<-ended
		}
		close(s.done)
	}()
	return nil
}

func (w *writer) connect(ctx context.Context) (err error) {
	w.prepared, err = prepare(ctx, w.s.write)
	return err
}

// loop writes batch after batch until the queues are closed and empty.
func (w *writer) loop() {
	queue, later := w.s.queue, w.s.later
	for queue != nil || later != nil {
		patient := later
		if w.holds {
			patient = nil
		}
		select {
		case t, ok := <-queue:
			if ok {
				w.batch(w.s.closing, t, nil)
			} else {
				queue = nil
			}
		case t, ok := <-patient:
			if ok {
				w.batch(w.s.closing, nil, t)
			} else {
				later = nil
			}
		case fn := <-w.s.pauses:
			fn(w)
		}
	}
	w.emptyAtEnd()
	w.close()
}

// batch writes a first task and, while there is room and time, what else waits:
// always those who wait for an answer before what nobody waits for. Once one of
// them is in the batch it ends soon, for they are answered at its end, and takes
// only few of the others, so that these are written too however many ask.
func (w *writer) batch(ctx context.Context, first, later *task) {
	started := time.Now()
	var tasks []*task
	err := w.transaction(ctx, func(b *batchRun) error {
		g := gathering{w: w, first: first, later: later}
		for wave := g.next(b.room()); len(wave) > 0; wave = g.next(b.room()) {
			tasks = append(tasks, wave...)
			if err := b.count(ctx, wave); err != nil {
				return err
			}
			for _, t := range wave {
				if err := b.run(ctx, t); err != nil {
					return err
				}
			}
			if !w.s.dialect.grows || time.Since(started) >= w.s.opts.BatchTime {
				break
			}
		}
		return b.finish(ctx, tasks)
	})
	if err != nil {
		w.apart(ctx, tasks)
	}
	if d := time.Since(started); d > 250*time.Millisecond {
		w.s.log.Warn("slow batch", "closures", len(tasks), "took", d)
	}
	w.answer(tasks)
	w.s.written.Store(true)
}

// apart writes the tasks of a failed batch again, each behind a savepoint, so
// that one that fails takes nobody with it.
func (w *writer) apart(ctx context.Context, tasks []*task) {
	err := w.transaction(ctx, func(b *batchRun) error {
		if err := b.count(ctx, tasks); err != nil {
			return err
		}
		for _, t := range tasks {
			if _, err := w.conn.ExecContext(ctx, "SAVEPOINT closure"); err != nil {
				return err
			}
			t.err = b.run(ctx, t)
			if t.err != nil {
				if w.s.dialect.retriable(t.err) {
					return t.err
				}
				t.topics, t.leaves, t.counts = nil, nil, nil
				if _, err := w.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT closure"); err != nil {
					return err
				}
			}
			if _, err := w.conn.ExecContext(ctx, "RELEASE SAVEPOINT closure"); err != nil {
				return err
			}
		}
		if err := b.discount(ctx, tasks); err != nil {
			return err
		}
		return b.finish(ctx, tasks)
	})
	if err == nil {
		return
	}
	for _, t := range tasks {
		w.alone(ctx, t)
	}
}

// alone writes one task in a transaction of its own, and again where the
// database says that a repetition may succeed.
func (w *writer) alone(ctx context.Context, t *task) {
	for attempt := range 10 {
		t.err = w.transaction(ctx, func(b *batchRun) error {
			if err := b.count(ctx, []*task{t}); err != nil {
				return err
			}
			if err := b.run(ctx, t); err != nil {
				return err
			}
			return b.finish(ctx, []*task{t})
		})
		if t.err == nil {
			return
		}
		t.topics, t.leaves, t.counts = nil, nil, nil
		if !w.s.dialect.retriable(t.err) {
			return
		}
		time.Sleep(time.Duration(attempt+1) * 3 * time.Millisecond)
	}
}

// answer tells each caller what became of its closure.
func (w *writer) answer(tasks []*task) {
	var topics []string
	for _, t := range tasks {
		if t.err == nil {
			topics = append(topics, t.topics...)
			if t.fold {
				w.s.erased.Store(true)
			}
		}
		close(t.done)
	}
	w.s.announce(topics)
}

// transaction runs fn between BEGIN and COMMIT. After any failure the
// connection is rolled back, or replaced where even that fails.
func (w *writer) transaction(ctx context.Context, fn func(*batchRun) error) error {
	if _, err := w.conn.ExecContext(ctx, w.s.dialect.begin); err != nil {
		w.reconnect(ctx)
		if _, err = w.conn.ExecContext(ctx, w.s.dialect.begin); err != nil {
			return err
		}
	}
	err := fn(&batchRun{w: w})
	if err == nil {
		if _, err = w.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	if _, rollbackErr := w.conn.ExecContext(ctx, "ROLLBACK"); rollbackErr != nil {
		w.reconnect(ctx)
	}
	return err
}

// reconnect replaces a connection that the database has given up.
func (w *writer) reconnect(ctx context.Context) {
	w.drop()
	fresh, err := prepare(ctx, w.s.write)
	if err != nil {
		w.s.log.Error("the database is out of reach", "error", err)
		return
	}
	w.prepared = fresh
}

var errBadConn = fmt.Errorf("store: connection given up: %w", driver.ErrBadConn)
