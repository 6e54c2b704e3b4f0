package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"assent/ledger"
	"assent/limit"
)

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

func (b *batchRun) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := b.w.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	b.rows++
	return st.ExecContext(ctx, args...)
}

func (b *batchRun) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := b.w.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (b *batchRun) queryRow(ctx context.Context, query string, args ...any) row {
	st, err := b.w.stmt(ctx, query)
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
