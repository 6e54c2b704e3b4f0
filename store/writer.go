package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
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
	s     *Store
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	fold  bool // the write-ahead log holds what was erased
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
	w.stmts = map[string]*sql.Stmt{}
	w.conn, err = w.s.write.Conn(ctx)
	return err
}

// loop writes batch after batch until the queue is closed and empty. Where
// something was erased, it empties the write-ahead log when it has a moment.
func (w *writer) loop() {
	tick := time.NewTicker(foldPause)
	defer tick.Stop()
	first := time.After(foldFirst)
	queue, later := w.s.queue, w.s.later
	for queue != nil || later != nil {
		select {
		case t, ok := <-queue:
			if ok {
				w.batch(w.s.closing, t, nil)
			} else {
				queue = nil
			}
		case t, ok := <-later:
			if ok {
				w.batch(w.s.closing, nil, t)
			} else {
				later = nil
			}
		case <-first:
			w.fold = true
		case <-tick.C:
			w.foldIn(w.s.closing)
		}
	}
	w.foldAtEnd()
	w.conn.Close()
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
	w.restart(ctx)
}

// Between two looks at what the batch has had, and at who waits, so many tasks
// are taken at once.
const (
	maxWave  = 64
	maxLater = 4 // of those that nobody waits for, and in all where somebody does
)

// gathering takes the tasks of one batch from the queues, wave by wave.
type gathering struct {
	w            *writer
	first, later *task // what began the batch
	asked        bool  // somebody in the batch waits for an answer
	patient      int   // tasks in it that nobody waits for
}

// next returns the next wave, or none where nothing waits or the batch is to end.
func (g *gathering) next(room int) (wave []*task) {
	wave, g.first = take(wave, g.first, g.w.s.queue, min(room, maxWave)), nil
	g.asked = g.asked || len(wave) > 0
	most := min(room, maxWave) - len(wave)
	switch {
	case g.asked:
		most = min(most, maxLater-g.patient)
	case g.w.s.dialect.grows:
		most = min(most, maxLater)
	}
	n := len(wave)
	wave, g.later = take(wave, g.later, g.w.s.later, n+most), nil
	g.patient += len(wave) - n
	return wave
}

// take appends first, unless it is nil, and what waits in the queue, until they
// are so many.
func take(wave []*task, first *task, queue <-chan *task, most int) []*task {
	if first != nil {
		wave = append(wave, first)
	}
	for len(wave) < most {
		select {
		case t := <-queue:
			if t == nil { // the queue is closed and empty
				return wave
			}
			wave = append(wave, t)
		default:
			return wave
		}
	}
	return wave
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
			w.fold = w.fold || t.fold
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
	old := w.conn
	// A broken connection must not go back to the pool.
	old.Raw(func(any) error { return errBadConn }) //nolint:errcheck // that is its purpose
	old.Close()
	if err := w.connect(ctx); err != nil {
		w.conn = old
		w.s.log.Error("the database is out of reach", "error", err)
	}
}

var errBadConn = fmt.Errorf("store: connection given up: %w", driver.ErrBadConn)

// batchRun is one attempt at writing tasks in one transaction.
type batchRun struct {
	w    *writer
	rows int
}

// room returns how many rows more the batch may have.
func (b *batchRun) room() int { return b.w.s.opts.BatchRows - b.rows }

// count writes what the tasks count, and tells each task what its uses came to.
func (b *batchRun) count(ctx context.Context, tasks []*task) error {
	totals, err := b.addUses(ctx, usesOf(tasks, func(*task) int { return 1 }))
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(tasks) { // the last came to all of it
		t.totals = make([]int, len(t.uses))
		for i, u := range t.uses {
			t.totals[i] = totals[string(u.Hash)]
			totals[string(u.Hash)] -= u.N
		}
	}
	return nil
}

// discount takes back what failed tasks counted.
func (b *batchRun) discount(ctx context.Context, tasks []*task) error {
	_, err := b.addUses(ctx, usesOf(tasks, func(t *task) int {
		if t.err != nil {
			return -1
		}
		return 0
	}))
	return err
}

// usesOf returns what the tasks count, as often as times says, once for each hash
// and in the order of the hashes.
func usesOf(tasks []*task, times func(*task) int) []limit.Use {
	sums := map[string]limit.Use{}
	for _, t := range tasks {
		for _, u := range t.uses {
			if n := times(t) * u.N; n != 0 {
				sums[string(u.Hash)] = limit.Use{Hash: u.Hash, N: sums[string(u.Hash)].N + n, Until: u.Until}
			}
		}
	}
	return slices.SortedFunc(maps.Values(sums), func(x, y limit.Use) int { return bytes.Compare(x.Hash, y.Hash) })
}

// run runs one closure. A panic becomes its error.
func (b *batchRun) run(ctx context.Context, t *task) (err error) {
	times := 1
	if b.w.s.opts.RunTwice {
		times = 2
	}
	for i := range times {
		if i > 0 { // undo the first run: only the second counts
			if _, err := b.w.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT twice"); err != nil {
				return err
			}
		} else if times > 1 {
			if _, err := b.w.conn.ExecContext(ctx, "SAVEPOINT twice"); err != nil {
				return err
			}
		}
		if err := b.once(ctx, t); err != nil {
			return err
		}
	}
	if times > 1 {
		_, err = b.w.conn.ExecContext(ctx, "RELEASE SAVEPOINT twice")
	}
	return err
}

func (b *batchRun) once(ctx context.Context, t *task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a closure: %v\n%s", p, debug.Stack())
			b.w.s.log.Error("panic in a closure", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	tx := &Tx{dialect: b.w.s.dialect, run: writeRunner{b}}
	t.err, t.topics, t.leaves, t.counts, t.fold = nil, nil, nil, nil, false
	if err := t.fn(ctx, tx); err != nil {
		return err
	}
	t.topics, t.leaves, t.counts, t.fold = tx.topics, tx.leaves, tx.counts, tx.fold
	return nil
}

// finish writes what the tasks have in common: their counts, and their places in
// the log. The rows that every batch wants come last, and in one order.
func (b *batchRun) finish(ctx context.Context, tasks []*task) error {
	if err := b.addCounts(ctx, tasks); err != nil {
		return err
	}
	return b.appendLeaves(ctx, tasks)
}

// appendLeaves gives the new events their places in the log. The head row is
// locked last, so that nothing waits for it longer than it must.
func (b *batchRun) appendLeaves(ctx context.Context, tasks []*task) error {
	n := 0
	for _, t := range tasks {
		if t.err == nil {
			n += len(t.leaves)
		}
	}
	if n == 0 {
		return nil
	}
	var edge []byte
	if err := b.queryRow(ctx, b.w.s.dialect.lockHead).Scan(&edge); err != nil {
		return err
	}
	var head ledger.Head
	if err := head.UnmarshalBinary(edge); err != nil {
		return fmt.Errorf("store: the head of the log is damaged: %w", err)
	}
	leaves := newRows(b, "INSERT INTO leaves (n, event, hash) VALUES ", 3, "")
	nodes := newRows(b, "INSERT INTO nodes (level, n, hash) VALUES ", 3, "")
	var made []ledger.Node
	for _, t := range tasks {
		if t.err != nil {
			continue
		}
		for _, l := range t.leaves {
			if err := leaves.add(ctx, head.Size, l.event, l.hash[:]); err != nil {
				return err
			}
			made = head.Append(made[:0], l.hash)
			for _, node := range made {
				if node.Level == 0 {
					continue // the leaf itself
				}
				if err := nodes.add(ctx, node.Level, node.Index, node.Hash[:]); err != nil {
					return err
				}
			}
		}
	}
	if err := errors.Join(leaves.flush(ctx), nodes.flush(ctx)); err != nil {
		return err
	}
	edge, err := head.MarshalBinary()
	if err != nil {
		return err
	}
	_, err = b.exec(ctx, `UPDATE log_head SET edge = $1 WHERE id = 1`, edge)
	return err
}

// rows gathers rows into one INSERT of many, which PostgreSQL answers in one
// round trip.
type rows struct {
	b      *batchRun
	head   string
	width  int
	tail   string
	args   []any
	number int
}

const rowsPerInsert = 64

func newRows(b *batchRun, head string, width int, tail string) *rows {
	return &rows{b: b, head: head, width: width, tail: tail}
}

func (r *rows) add(ctx context.Context, args ...any) error {
	r.args = append(r.args, args...)
	r.number++
	if r.number == rowsPerInsert {
		return r.flush(ctx)
	}
	return nil
}

func (r *rows) flush(ctx context.Context) error {
	for r.number > 0 { // powers of two, so that few statements are prepared
		n := rowsPerInsert
		for n > r.number {
			n /= 2
		}
		if _, err := r.b.exec(ctx, r.head+placeholders(n, r.width)+r.tail, r.args[:n*r.width]...); err != nil {
			return err
		}
		r.args = append(r.args[:0], r.args[n*r.width:]...)
		r.number -= n
	}
	return nil
}

// placeholders returns "($1, $2), ($3, $4)" for two rows of two columns.
func placeholders(n, width int) string {
	var b strings.Builder
	arg := 1
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range width {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(arg))
			arg++
		}
		b.WriteByte(')')
	}
	return b.String()
}

func (b *batchRun) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := b.w.stmts[query]; ok {
		return st, nil
	}
	st, err := b.w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	b.w.stmts[query] = st
	return st, nil
}

func (b *batchRun) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := b.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	b.rows++
	return st.ExecContext(ctx, args...)
}

func (b *batchRun) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := b.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (b *batchRun) queryRow(ctx context.Context, query string, args ...any) row {
	st, err := b.stmt(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return st.QueryRowContext(ctx, args...)
}

// writeRunner runs a closure's statements on the writer's connection.
type writeRunner struct{ b *batchRun }

func (r writeRunner) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.b.exec(ctx, query, args...)
}

func (r writeRunner) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.b.query(ctx, query, args...)
}

func (r writeRunner) queryRow(ctx context.Context, query string, args ...any) row {
	return r.b.queryRow(ctx, query, args...)
}
