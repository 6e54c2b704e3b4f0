package store

import (
	"context"
	"errors"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
)

const eventColumns = `e.id, e.business, e.subject, e.request, e.name, e.jwt, e.key_id, e.sealed, e.raw, e.seq, e.at, e.arrived_at`

func scanEvent(scan func(...any) error, more ...any) (r evidence.Record, err error) {
	var at, arrived int64
	err = scan(append(eventDest(&r, &at, &arrived), more...)...)
	r.At, r.Arrived = instant(at), instant(arrived)
	return r, err
}

// eventDest says where eventColumns go.
func eventDest(r *evidence.Record, at, arrived *int64) []any {
	return []any{&r.ID, &r.Business, &r.Subject, &r.Request, &r.Name, &r.JWT, &r.Key, &r.Sealed, &r.Raw, &r.Seq, at, arrived}
}

// Event returns the event with the id.
func (t *Tx) Event(ctx context.Context, id string) (e evidence.Logged, err error) {
	e.Record, err = scanEvent(t.queryRow(ctx, `SELECT `+eventColumns+`, l.n FROM events e JOIN leaves l ON l.event = e.id WHERE e.id = $1`, id).Scan, &e.Leaf)
	return e, err
}

// EventsOf returns a person's events in their order; those without a running
// number, such as exports, come first.
func (t *Tx) EventsOf(ctx context.Context, subjectID string) ([]evidence.Logged, error) {
	return t.events(ctx, `SELECT `+eventColumns+`, l.n FROM events e JOIN leaves l ON l.event = e.id WHERE e.subject = $1 AND e.subject <> '' ORDER BY e.seq, e.id`, subjectID)
}

// EventsOfRequest returns what followed a request's own event and named nobody
// yet: that its message was sent, or that it expired. The conditions are those
// of the index.
func (t *Tx) EventsOfRequest(ctx context.Context, request string) ([]evidence.Logged, error) {
	return t.events(ctx, `SELECT `+eventColumns+`, l.n FROM events e JOIN leaves l ON l.event = e.id WHERE e.request = $1 AND e.request <> '' AND e.name <> 'consent.requested' AND e.subject = '' ORDER BY l.n`, request)
}

// EventsFrom returns up to limit events in the order of the log, from leaf n on.
func (t *Tx) EventsFrom(ctx context.Context, n int64, limit int) ([]evidence.Logged, error) {
	return t.events(ctx, `SELECT `+eventColumns+`, l.n FROM leaves l JOIN events e ON e.id = l.event WHERE l.n >= $1 ORDER BY l.n LIMIT $2`, n, limit)
}

func (t *Tx) events(ctx context.Context, query string, args ...any) (list []evidence.Logged, err error) {
	rows, err := t.query(ctx, query, args...)
	var e evidence.Logged // one for all rows, so that where they go is said once
	var at, arrived int64
	dest := append(eventDest(&e.Record, &at, &arrived), &e.Leaf)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		err := scan(dest...)
		e.At, e.Arrived = instant(at), instant(arrived)
		list = append(list, e)
		return err
	})
	return list, err
}

// LogHead returns the size of the log and its right edge.
func (t *Tx) LogHead(ctx context.Context) (head ledger.Head, err error) {
	var edge []byte
	if err := t.queryRow(ctx, `SELECT edge FROM log_head WHERE id = 1`).Scan(&edge); err != nil {
		return head, err
	}
	err = head.UnmarshalBinary(edge)
	return head, err
}

// LeafOf returns an event's place in the log.
func (t *Tx) LeafOf(ctx context.Context, event string) (n int64, err error) {
	err = t.queryRow(ctx, `SELECT n FROM leaves WHERE event = $1`, event).Scan(&n)
	return n, err
}

// FindLeaf returns an event's place in the log, or false if it has none.
func (t *Tx) FindLeaf(ctx context.Context, event string) (n int64, ok bool, err error) {
	ok, err = found(t.queryRow(ctx, `SELECT n FROM leaves WHERE event = $1`, event).Scan(&n))
	return n, ok, err
}

// Hashes returns consecutive hashes of a tile level; it makes a Tx the
// ledger.Hashes from which proofs and tiles are made.
func (t *Tx) Hashes(ctx context.Context, level int, first int64, count int) ([]ledger.Hash, error) {
	query, args := `SELECT n, hash FROM nodes WHERE n >= $1 AND n < $2 AND level = $3 ORDER BY n`, []any{first, first + int64(count), level}
	if level == 0 {
		query, args = `SELECT n, hash FROM leaves WHERE n >= $1 AND n < $2 ORDER BY n`, args[:2]
	}
	hashes := make([]ledger.Hash, 0, count)
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var n int64
		var b []byte
		if err := scan(&n, &b); err != nil {
			return err
		}
		if n != first+int64(len(hashes)) || len(b) != ledger.HashSize {
			return errLogDamaged
		}
		hashes = append(hashes, ledger.Hash(b))
		return nil
	})
	if err == nil && len(hashes) != count {
		err = errLogDamaged
	}
	return hashes, err
}

var errLogDamaged = errors.New("store: a hash of the log is missing or damaged")

// LastCheckpoint returns the newest checkpoint, or false if none was signed.
func (t *Tx) LastCheckpoint(ctx context.Context) (c ledger.Signed, ok bool, err error) {
	return t.checkpoint(ctx, `SELECT size, note, signed_at FROM checkpoints ORDER BY size DESC LIMIT 1`)
}

// CheckpointBefore returns the newest checkpoint that was signed before the
// instant, or false if there is none.
func (t *Tx) CheckpointBefore(ctx context.Context, at time.Time) (c ledger.Signed, ok bool, err error) {
	return t.checkpoint(ctx, `SELECT size, note, signed_at FROM checkpoints WHERE signed_at < $1 ORDER BY size DESC LIMIT 1`, micros(at))
}

func (t *Tx) checkpoint(ctx context.Context, query string, args ...any) (c ledger.Signed, ok bool, err error) {
	var at int64
	ok, err = found(t.queryRow(ctx, query, args...).Scan(&c.Size, &c.Note, &at))
	c.SignedAt = instant(at)
	return c, ok, err
}

// Checkpoints returns up to limit checkpoints over trees larger than size.
func (t *Tx) Checkpoints(ctx context.Context, size int64, limit int) ([]ledger.Signed, error) {
	return t.checkpoints(ctx, `SELECT size, note, signed_at FROM checkpoints WHERE size > $1 ORDER BY size LIMIT $2`, size, limit)
}

// NewestCheckpoints returns up to limit checkpoints, the newest first.
func (t *Tx) NewestCheckpoints(ctx context.Context, limit int) ([]ledger.Signed, error) {
	return t.checkpoints(ctx, `SELECT size, note, signed_at FROM checkpoints ORDER BY size DESC LIMIT $1`, limit)
}

func (t *Tx) checkpoints(ctx context.Context, query string, args ...any) (list []ledger.Signed, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var c ledger.Signed
		var at int64
		if err := scan(&c.Size, &c.Note, &at); err != nil {
			return err
		}
		c.SignedAt = instant(at)
		list = append(list, c)
		return nil
	})
	return list, err
}

// InsertCheckpoint keeps a checkpoint, if the newest one is still the one of
// the size that was read (0 for none); otherwise it is Stale and must not be
// shown to anybody.
func (t *Tx) InsertCheckpoint(ctx context.Context, c ledger.Signed, after int64) error {
	var newest int64
	if err := t.queryRow(ctx, `SELECT COALESCE(max(size), 0) FROM checkpoints`).Scan(&newest); err != nil {
		return err
	}
	if newest != after {
		return errStale
	}
	ok, err := t.inserted(ctx, `INSERT INTO checkpoints (size, note, signed_at) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING`, c.Size, c.Note, micros(c.SignedAt))
	if err == nil && !ok {
		err = errStale
	}
	t.Notify(TopicCheckpoint)
	return err
}

// TopicCheckpoint is announced when a checkpoint was signed.
const TopicCheckpoint = "checkpoint"

// Seen reports whether an inbound message or change was acted on before, and
// by which event.
func (t *Tx) Seen(ctx context.Context, hash []byte) (event string, ok bool, err error) {
	ok, err = found(t.queryRow(ctx, `SELECT event FROM seen WHERE hash = $1`, hash).Scan(&event))
	return event, ok, err
}

// MarkSeen records that an inbound message or change is acted on. Where it was
// before, ErrSeen ends the closure: the copy has nothing to do.
func (t *Tx) MarkSeen(ctx context.Context, hash []byte, event string, now time.Time) error {
	ok, err := t.inserted(ctx, `INSERT INTO seen (hash, event, at) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING`, hash, event, micros(now))
	if err == nil && !ok {
		return ErrSeen
	}
	return err
}

// ErrSeen says that another copy of a webhook was acted on first.
var ErrSeen = &fault.Error{Kind: fault.Conflict, Field: "seen", Message: "That was received before."}
