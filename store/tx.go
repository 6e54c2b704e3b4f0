package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/ledger"
)

// Tx is the database as one closure sees it. Its methods are grouped in files
// by noun. A Tx of ReadOnly refuses to write.
type Tx struct {
	dialect *dialect
	run     runner
	topics  []string
	leaves  []leaf
	counts  map[funnel.Count]int
	fold    bool
}

// Notify tells those who watch, after the commit, that something about the
// topic has changed, for example "request/<id>".
func (t *Tx) Notify(topic string) { t.topics = append(t.topics, topic) }

// InsertEvent keeps an event. Its leaf is appended to the log in the same
// transaction. A subject's running number is taken once only: a second event
// with it is a Conflict.
func (t *Tx) InsertEvent(ctx context.Context, r evidence.Record) error {
	_, err := t.exec(ctx, `INSERT INTO events (id, business, subject, request, name, jwt, key_id, sealed, raw, seq, at, arrived_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		r.ID, r.Business, r.Subject, r.Request, r.Name, r.JWT, r.Key, r.Sealed, r.Raw, r.Seq, micros(r.At), micros(r.Arrived))
	if err != nil {
		return err
	}
	t.leaves = append(t.leaves, leaf{r.ID, ledger.LeafHash(r.JWT)})
	return nil
}

func (t *Tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.run.exec(ctx, query, speakable(args)...)
}

func (t *Tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.run.query(ctx, query, speakable(args)...)
}

func (t *Tx) queryRow(ctx context.Context, query string, args ...any) row {
	return t.run.queryRow(ctx, query, speakable(args)...)
}

// speakable puts U+FFFD in place of what PostgreSQL's text cannot hold, U+0000
// and bytes that are not UTF-8, on both databases: who asks for an id with such
// in it finds nothing, and what quotes such can be kept. Evidence is bytes, and
// never changed.
func speakable(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok && (!utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0) {
			args[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return args
}

// one runs a statement that must touch exactly one row; otherwise what the
// caller read is stale.
func (t *Tx) one(ctx context.Context, query string, args ...any) error {
	res, err := t.exec(ctx, query, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n != 1 {
		return errStale
	}
	return nil
}

// inserted runs an INSERT … ON CONFLICT DO NOTHING, or a conditional UPDATE, and
// reports whether a row came of it.
func (t *Tx) inserted(ctx context.Context, query string, args ...any) (bool, error) {
	res, err := t.exec(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// has reports whether a query counts anything.
func (t *Tx) has(ctx context.Context, query string, args ...any) (bool, error) {
	var n int
	err := t.queryRow(ctx, query, args...).Scan(&n)
	return n > 0, err
}

var errStale = fault.New(fault.Stale, "That has changed in the meantime. Try again.")

// found turns the absence of a row into a plain false.
func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// micros is how instants are stored: microseconds since 1970 in UTC, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant is the inverse of micros.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// maxReason bounds a reason that is kept, in bytes.
const maxReason = 2000

// bounded returns a reason as it is kept: it may quote what came from outside.
func bounded(reason string) string { return reason[:min(len(reason), maxReason)] }

// in returns "$from, $from+1 …" for n arguments.
func in(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// eachRow scans every row by fn and closes the rows.
func eachRow(rows *sql.Rows, err error, fn func(scan func(...any) error) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
