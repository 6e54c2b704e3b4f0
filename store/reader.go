package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// reader is one connection that reads, with its prepared statements. It stays
// with one closure from BEGIN to ROLLBACK, so a closure must not call ReadOnly
// itself: readers that each held one and waited for another would wait for ever.
type reader struct{ prepared }

// readers are the connections that read. The one used last is used next: its
// page cache knows most of what is asked often.
type readers struct {
	slots chan struct{} // one for each connection that nobody uses
	mu    sync.Mutex
	idle  []*reader // fewer than slots where some are not connected yet
}

func newReaders(n int) *readers {
	r := &readers{slots: make(chan struct{}, n)}
	for range n {
		r.slots <- struct{}{}
	}
	return r
}

// take waits for a connection; nil stands for one that is still to be made.
func (r *readers) take(ctx context.Context) (*reader, error) {
	select {
	case <-r.slots:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.idle) - 1
	if last < 0 {
		return nil, nil
	}
	one := r.idle[last]
	r.idle = r.idle[:last]
	return one, nil
}

// put gives a connection back, or nil for one that was dropped.
func (r *readers) put(one *reader) {
	if one != nil {
		r.mu.Lock()
		r.idle = append(r.idle, one)
		r.mu.Unlock()
	}
	r.slots <- struct{}{}
}

// close closes each connection as it becomes free. Whoever takes one later
// learns from the database that it is closed.
func (r *readers) close() {
	for range cap(r.slots) {
		<-r.slots
	}
	for _, one := range r.idle {
		one.close()
	}
	r.idle = nil
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
}

// ReadOnly runs fn on one consistent state of the database. It never waits for
// a writer. Where ctx ends, the next statement is not begun; one under way is
// let finish, for a cancelled one costs the connection.
func (s *Store) ReadOnly(ctx context.Context, fn func(context.Context, *Tx) error) error {
	r, err := s.readers.take(ctx)
	if err != nil {
		return s.dialect.translate(err)
	}
	if r, err = s.begin(ctx, r); err != nil {
		s.readers.put(nil)
		return s.dialect.translate(err)
	}
	ended := false
	defer func() { // after a panic too
		if !ended || r.end() != nil {
			r.drop()
			r = nil
		}
		s.readers.put(r)
	}()
	err = fn(ctx, &Tx{dialect: s.dialect, run: readRunner{r}})
	ended = true
	return s.dialect.translate(err)
}

// ReadOnce runs fn, which may run one statement, on the newest state of the
// database, and saves the two statements that a transaction would cost. Where it fails
// on a connection that was used before, it runs again on a fresh one, for the
// database may have given the old one up.
func (s *Store) ReadOnce(ctx context.Context, fn func(context.Context, *Tx) error) error {
	r, err := s.readers.take(ctx)
	if err != nil {
		return s.dialect.translate(err)
	}
	defer func() { s.readers.put(r) }()
	for {
		fresh := r == nil
		if fresh {
			if r, err = s.connect(ctx); err != nil {
				return s.dialect.translate(err)
			}
		}
		err = fn(ctx, &Tx{dialect: s.dialect, run: &onceRunner{readRunner: readRunner{r}}})
		if err == nil {
			return nil
		}
		r.drop()
		r = nil
		if fresh || ctx.Err() != nil {
			return s.dialect.translate(err)
		}
	}
}

// connect makes a reader.
func (s *Store) connect(ctx context.Context) (*reader, error) {
	p, err := prepare(ctx, s.read)
	if err != nil {
		return nil, err
	}
	return &reader{p}, nil
}

// begin starts a transaction on the reader, on a fresh connection where there is
// none or the database has given the old one up.
func (s *Store) begin(ctx context.Context, r *reader) (*reader, error) {
	if r != nil {
		if _, err := r.exec(ctx, s.dialect.beginRead); err == nil {
			return r, nil
		}
		r.drop()
	}
	r, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := r.exec(ctx, s.dialect.beginRead); err != nil {
		r.drop()
		return nil, err
	}
	return r, nil
}

// end ends the transaction: a read has nothing to keep.
func (r *reader) end() error {
	_, err := r.exec(context.Background(), "ROLLBACK")
	return err
}

func (r *reader) exec(ctx context.Context, query string) (sql.Result, error) {
	st, err := r.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(context.WithoutCancel(ctx))
}

func (r *reader) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.prepared.stmt(context.WithoutCancel(ctx), query)
}

// readRunner runs a closure's statements on its reader.
type readRunner struct{ r *reader }

func (r readRunner) exec(context.Context, string, ...any) (sql.Result, error) {
	return nil, errors.New("store: a write inside ReadOnly")
}

func (r readRunner) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := r.r.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(context.WithoutCancel(ctx), args...)
}

func (r readRunner) queryRow(ctx context.Context, query string, args ...any) row {
	st, err := r.r.stmt(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return st.QueryRowContext(context.WithoutCancel(ctx), args...)
}

// onceRunner runs one statement: two would see two states.
type onceRunner struct {
	readRunner
	ran bool
}

var errOnce = errors.New("store: a second statement inside ReadOnce")

func (o *onceRunner) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if o.ran {
		return nil, errOnce
	}
	o.ran = true
	return o.readRunner.query(ctx, query, args...)
}

func (o *onceRunner) queryRow(ctx context.Context, query string, args ...any) row {
	if o.ran {
		return failedRow{errOnce}
	}
	o.ran = true
	return o.readRunner.queryRow(ctx, query, args...)
}

// row is a *sql.Row, or one whose statement could not be prepared.
type row interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }
