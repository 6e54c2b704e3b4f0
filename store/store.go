// Package store holds all of Assent's SQL: one text for SQLite (embedded, the
// default) and PostgreSQL, run through database/sql on both.
//
// Everything is written through one door, ReadWrite, behind which a writer
// gathers the closures that wait, runs them in one transaction, appends the
// leaves of their new events to the log, and commits once (writer.go). Reading
// goes through ReadOnly and never waits for the writer.
//
// House rules for SQL: $n placeholders; times are integer microseconds UTC, 0
// for none; no SELECT *; every ORDER BY ends in a unique column; errors are
// recognised by code. What must differ between the databases is a named field
// of dialect, with the reason.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assent/fault"
)

// Options are the settings of a store. The zero value is good for production.
type Options struct {
	Writers      int              // writers per process on PostgreSQL; 0 means 4. SQLite has one
	BatchRows    int              // most rows written in a batch; 0 means 500
	BatchTime    time.Duration    // a batch takes no more closures after this; 0 means 20 ms
	Readers      int              // most reading connections; 0 means 8
	RunTwice     bool             // tests: run each closure twice, for it keeps no state
	Now          func() time.Time // 0 means time.Now; for log lines and notices only
	Log          *slog.Logger     // nil means slog.Default()
	SkipMigrate  bool             // refuse instead of bringing an older database up to date
	CacheKilo    int              // SQLite page cache per connection in KiB; 0 means 16,384
	CheckpointAt int              // SQLite: pages in the WAL before all wait until it is copied; 0 means 16,000 (64 MB)
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect *dialect
	read    *sql.DB
	write   *sql.DB
	opts    Options
	log     *slog.Logger

	readers *readers

	queue    chan *task    // those who wait for an answer
	later    chan *task    // what nobody waits for (job.Later)
	done     chan struct{} // closed when the writers have ended
	closing  context.Context
	close    context.CancelFunc
	closedMu sync.RWMutex
	closed   bool
	beside   sync.WaitGroup // what runs beside the writers

	pauses  chan func(*writer) // what the writer of SQLite does between two batches
	written atomic.Bool        // since the write-ahead log was last copied
	erased  atomic.Bool        // the write-ahead log holds what was erased
	left    bool               // there was a write-ahead log before the file was opened

	watchMu  sync.Mutex
	watchers map[int]func(topics []string)
	watchSeq int
}

// Open opens the database that the name says: a postgres:// address, or a file
// for SQLite, which is made if it is not there. Unless told otherwise it brings
// the schema up to date; it refuses a database of a newer program, and one
// whose applied migrations are not the ones that this program knows.
func Open(ctx context.Context, name string, opts Options) (_ *Store, err error) {
	defer fault.Wrap(&err, "store.Open")
	if opts.Writers <= 0 {
		opts.Writers = 4
	}
	if opts.BatchRows <= 0 {
		opts.BatchRows = 500
	}
	if opts.BatchTime <= 0 {
		opts.BatchTime = 20 * time.Millisecond
	}
	if opts.Readers <= 0 {
		opts.Readers = 8
	}
	if opts.CacheKilo <= 0 {
		opts.CacheKilo = 16384
	}
	if opts.CheckpointAt <= 0 {
		opts.CheckpointAt = 16000
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	s := &Store{opts: opts, log: opts.Log, queue: make(chan *task, 4096), later: make(chan *task, 4096), done: make(chan struct{}), pauses: make(chan func(*writer)), watchers: map[int]func([]string){}, readers: newReaders(opts.Readers)}
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		s.dialect = postgresDialect
		err = s.openPostgres(name)
	} else {
		s.dialect = sqliteDialect
		s.opts.Writers = 1
		err = s.openSQLite(name)
	}
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		s.read.Close()
		s.write.Close()
		return nil, err
	}
	s.closing, s.close = context.WithCancel(context.Background())
	if err := s.startWriters(ctx); err != nil {
		s.read.Close()
		s.write.Close()
		return nil, err
	}
	if s.dialect.backfill != "" {
		s.beside.Go(s.tendLog)
	}
	return s, nil
}

func (s *Store) openPostgres(url string) (err error) {
	if s.write, err = sql.Open("pgx", url); err != nil {
		return fault.New(fault.Invalid, "The database address cannot be read. It should look like postgres://user:password@host:5432/name.").Because(err)
	}
	s.write.SetMaxOpenConns(s.opts.Writers + 1) // one more for migrations
	s.write.SetMaxIdleConns(s.opts.Writers)
	if s.read, err = sql.Open("pgx", url); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(s.opts.Readers + 1) // one more for Ping
	s.read.SetMaxIdleConns(s.opts.Readers)
	return nil
}

func (s *Store) openSQLite(file string) (err error) {
	log, err := os.Stat(file + "-wal")
	s.left = err == nil && log.Size() > 0
	if s.write, err = sql.Open("sqlite", sqliteDSN(file, s.opts, false)); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	// The writer makes the file; only then can others open it for reading.
	if err := s.makeFile(); err != nil {
		return fault.New(fault.Unavailable, "The database file cannot be opened or made. Check that the folder exists and may be written to.").Because(err)
	}
	if s.read, err = sql.Open("sqlite", sqliteDSN(file, s.opts, true)); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(s.opts.Readers + 1) // one more for Ping
	s.read.SetMaxIdleConns(s.opts.Readers)
	return nil
}

// openPatience is how long a file is waited for that another process makes.
const openPatience = 10 * time.Second

// makeFile makes the file with its write-ahead log, unless it is there. Where two
// do that at once, SQLite gives one of them up without waiting (both hold the file
// and want it alone), so that one tries again.
func (s *Store) makeFile() error {
	for end := time.Now().Add(openPatience); ; time.Sleep(20 * time.Millisecond) {
		err := s.write.Ping()
		if err == nil || !s.dialect.retriable(err) || time.Now().After(end) {
			return err
		}
	}
}

// Kind returns "sqlite" or "postgres".
func (s *Store) Kind() string { return s.dialect.name }

// Close ends the writers after what waits has been written, and closes the
// database.
func (s *Store) Close() error {
	s.closedMu.Lock()
	already := s.closed
	s.closed = true
	if !already {
		close(s.queue)
		close(s.later)
	}
	s.closedMu.Unlock()
	if already {
		return nil
	}
	<-s.done
	s.close()
	s.beside.Wait()
	s.readers.close()
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Watch calls fn with the topics of each committed batch, until stop is
// called. fn must not block.
func (s *Store) Watch(fn func(topics []string)) (stop func()) {
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.watchSeq++
	id := s.watchSeq
	s.watchers[id] = fn
	return func() {
		s.watchMu.Lock()
		defer s.watchMu.Unlock()
		delete(s.watchers, id)
	}
}

func (s *Store) announce(topics []string) {
	if len(topics) == 0 {
		return
	}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	for _, fn := range s.watchers {
		fn(topics)
	}
}

// runner executes statements, prepared once for each connection.
type runner interface {
	exec(ctx context.Context, query string, args ...any) (sql.Result, error)
	query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	queryRow(ctx context.Context, query string, args ...any) row
}
