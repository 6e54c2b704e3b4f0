package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"assent/fault"
)

// dialect is all that differs between the two databases.
type dialect struct {
	name string

	// begin opens a writing transaction. SQLite takes the write lock at once:
	// a transaction that reads before it writes would fail with BUSY.
	begin string

	// beginRead gives ReadOnly one consistent state: SQLite's transactions
	// always have one, PostgreSQL's have to ask for it.
	beginRead string

	// lockHead reads the head of the log and keeps other writers from it.
	// SQLite has one writer and does not know FOR UPDATE.
	lockHead string

	// bytes says of an argument that it is a byte string, which PostgreSQL
	// cannot tell. SQLite knows, and would copy it for a CAST.
	bytes func(arg string) string

	// none is an empty byte string, written out.
	none string

	// fold empties the write-ahead log, so that no older page stays in it.
	// PostgreSQL's is its own matter: see docs/erasure.md.
	fold string

	// backfill copies the write-ahead log into the database, as far as nobody is in
	// the way, beside what is written meanwhile. PostgreSQL does so by itself.
	backfill string

	// restart has the next write begin the write-ahead log anew, where all of it is
	// copied.
	restart string

	// lockLine keeps other writers from what is decided of a number's line, until
	// the transaction ends: PostgreSQL locks rows, and one that is not there yet
	// cannot be. SQLite has one writer, and needs none.
	lockLine string

	// grows lets a batch take what comes in while it is written. On PostgreSQL
	// what a batch counts must be locked before anything else is.
	grows bool

	// claimJobs takes jobs that are due. On PostgreSQL several processes do so
	// at once, and the plain statement hands one job to several of them.
	claimJobs string

	// retriable reports an error after which the same transaction may succeed:
	// a deadlock or a serialization failure.
	retriable func(error) bool

	// duplicate reports a violation of a unique key, and of nothing else.
	duplicate func(error) bool

	// interrupted reports that the database or disk is at fault, so that the
	// caller may come back later.
	interrupted func(error) bool
}

var sqliteDialect = &dialect{
	name:      "sqlite",
	grows:     true,
	begin:     "BEGIN IMMEDIATE",
	beginRead: "BEGIN DEFERRED",
	lockHead:  `SELECT edge FROM log_head WHERE id = 1`,
	bytes:     func(arg string) string { return arg },
	none:      `x''`,
	fold:      `PRAGMA wal_checkpoint(TRUNCATE)`,
	backfill:  `PRAGMA wal_checkpoint(PASSIVE)`,
	restart:   `PRAGMA wal_checkpoint(RESTART)`,
	claimJobs: `UPDATE jobs SET claimed_at = $1, attempts = attempts + 1, run_at = $2
		WHERE id IN (SELECT id FROM jobs WHERE run_at <= $1 ORDER BY run_at, id LIMIT $3)
		RETURNING id, kind, ref, attempts`,
	retriable: func(err error) bool { return sqliteCode(err)&0xff == sqlite3.SQLITE_BUSY },
	duplicate: func(err error) bool {
		code := sqliteCode(err)
		return code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || code == sqlite3.SQLITE_CONSTRAINT_UNIQUE
	},
	interrupted: func(err error) bool {
		switch sqliteCode(err) & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY:
			return true
		}
		return false
	},
}

var postgresDialect = &dialect{
	name:      "postgres",
	begin:     "BEGIN",
	beginRead: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	lockHead:  `SELECT edge FROM log_head WHERE id = 1 FOR UPDATE`,
	lockLine:  `SELECT pg_advisory_xact_lock($1)`,
	bytes:     func(arg string) string { return "CAST(" + arg + " AS BYTEA)" },
	none:      `CAST('' AS BYTEA)`,
	claimJobs: `UPDATE jobs SET claimed_at = $1, attempts = attempts + 1, run_at = $2
		WHERE id IN (SELECT id FROM jobs WHERE run_at <= $1 ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING id, kind, ref, attempts`,
	retriable: func(err error) bool {
		code := pgCode(err)
		return code == "40001" || code == "40P01"
	},
	duplicate: func(err error) bool { return pgCode(err) == "23505" },
	interrupted: func(err error) bool {
		code := pgCode(err)
		var conn *pgconn.ConnectError
		return errors.As(err, &conn) || connectionLost(err) || strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57") || strings.HasPrefix(code, "58")
	},
}

// connectionLost reports that the connection ended while it was used: the server
// went, or somebody ended it. Whether a COMMIT that was under way was done is not
// known; whoever writes again finds out.
func connectionLost(err error) bool {
	var network *net.OpError
	for _, lost := range []error{driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return errors.As(err, &network) || pgconn.SafeToRetry(err)
}

// translate gives errors of the database the kinds that callers know.
func (d *dialect) translate(err error) error {
	var known *fault.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return fault.New(fault.NotFound, "There is no such record.").Because(err)
	case d.duplicate(err):
		return fault.New(fault.Conflict, "That exists already.").Because(err)
	case d.interrupted(err) || d.retriable(err):
		return fault.New(fault.Unavailable, "The database cannot take that right now. Try again in a moment.").Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "That took too long. Try again in a moment.").Because(err)
	}
	return err
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// sqliteDSN returns the driver's address of a file. busy_timeout comes first,
// for the other pragmas may already meet a lock; synchronous=FULL because an
// answer means durable; the write-ahead log is copied beside the writer (fold.go), and
// by a commit only where that does not keep up; double-quoted strings are refused as
// PostgreSQL does.
func sqliteDSN(file string, opts Options, readOnly bool) string {
	pragmas := []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		fmt.Sprintf("wal_autocheckpoint(%d)", 4*opts.CheckpointAt),
		fmt.Sprintf("cache_size(-%d)", opts.CacheKilo),
		"temp_store(MEMORY)", "trusted_schema(0)", "cell_size_check(1)",
	}
	q := url.Values{"_txlock": {"immediate"}, "_dqs": {"0"}}
	if readOnly {
		pragmas = append(pragmas, "query_only(1)")
		q.Set("_txlock", "deferred")
	} else {
		pragmas = append(pragmas, "secure_delete(1)") // what is erased is overwritten, and not just forgotten
	}
	q["_pragma"] = pragmas
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}
