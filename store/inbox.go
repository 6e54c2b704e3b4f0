package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"assent/chat"
)

// DayKey returns a day's wrapped key, or nil.
func (t *Tx) DayKey(ctx context.Context, id string) ([]byte, error) {
	var wrapped []byte
	_, err := found(t.queryRow(ctx, `SELECT wrapped FROM day_keys WHERE id = $1`, id).Scan(&wrapped))
	return wrapped, err
}

// FixDayKey keeps a day's wrapped key and returns the one that is kept: where
// two processes make one together, the first one's.
func (t *Tx) FixDayKey(ctx context.Context, id string, wrapped []byte, now time.Time) ([]byte, error) {
	if _, err := t.exec(ctx, `INSERT INTO day_keys (id, wrapped, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, id, wrapped, micros(now)); err != nil {
		return nil, err
	}
	return t.DayKey(ctx, id)
}

// InsertDelivery keeps a webhook body. Once it is committed, Meta may have its 200.
func (t *Tx) InsertDelivery(ctx context.Context, d chat.Delivery) error {
	auth, err := json.Marshal(d.Authorised)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO inbox (id, key_id, sealed, authorised, signature, state, reason, received_at) VALUES ($1, $2, $3, $4, $5, 'new', '', $6)`,
		d.ID, d.Key, d.Sealed, string(auth), d.Signature, micros(d.ReceivedAt))
	t.Notify(TopicInbox)
	return err
}

// TopicInbox is announced when a webhook body was kept.
const TopicInbox = "inbox"

// NewDeliveries returns the ids of bodies that wait to be handled, oldest first.
func (t *Tx) NewDeliveries(ctx context.Context, after string, limit int) (ids []string, err error) {
	rows, err := t.query(ctx, `SELECT id FROM inbox WHERE state = 'new' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// Delivery returns the body with the id.
func (t *Tx) Delivery(ctx context.Context, id string) (d chat.Delivery, err error) {
	return scanDelivery(t.queryRow(ctx, `SELECT `+deliveryColumns+` FROM inbox WHERE id = $1`, id).Scan)
}

const deliveryColumns = `id, key_id, sealed, authorised, signature, state, reason, received_at`

func scanDelivery(scan func(...any) error) (d chat.Delivery, err error) {
	var auth string
	var at int64
	if err := scan(&d.ID, &d.Key, &d.Sealed, &auth, &d.Signature, &d.State, &d.Reason, &at); err != nil {
		return d, err
	}
	d.ReceivedAt = instant(at)
	return d, json.Unmarshal([]byte(auth), &d.Authorised)
}

// FinishDelivery marks a body as handled.
func (t *Tx) FinishDelivery(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `UPDATE inbox SET state = 'done' WHERE id = $1 AND state = 'new'`, id)
	return err
}

// ParkDelivery keeps a body that could not be handled, for the reason, under a
// key of its own: the key of its day is destroyed after 7 days, and this is
// kept until somebody has looked.
func (t *Tx) ParkDelivery(ctx context.Context, d chat.Delivery, wrapped []byte, now time.Time) error {
	if _, err := t.FixDayKey(ctx, d.Key, wrapped, now); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE inbox SET state = 'parked', reason = $2, key_id = $3, sealed = $4 WHERE id = $1 AND state = 'new'`, d.ID, bounded(d.Reason), d.Key, d.Sealed)
	return err
}

// ParkedDeliveries returns up to limit parked bodies, newest first and without
// what they say: those before the one with the id, or all of them if it is empty.
func (t *Tx) ParkedDeliveries(ctx context.Context, before string, limit int) (list []chat.Delivery, err error) {
	return t.parked(ctx, `SELECT `+parkedColumns+` FROM inbox WHERE state = 'parked' AND ($1 = '' OR id < $1) ORDER BY id DESC LIMIT $2`, before, limit)
}

// OldestParked returns up to limit parked bodies behind the one with the id, oldest
// first and without what they say.
func (t *Tx) OldestParked(ctx context.Context, after string, limit int) (list []chat.Delivery, err error) {
	return t.parked(ctx, `SELECT `+parkedColumns+` FROM inbox WHERE state = 'parked' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// parkedReasons is how many kinds of parked bodies are told apart.
const parkedReasons = 1000

// ParkedReasons returns for what bodies are parked, and whose secret signed them, with how
// many they are and the id of the newest: those with the newest first.
func (t *Tx) ParkedReasons(ctx context.Context) (list []chat.Parked, err error) {
	rows, err := t.query(ctx, `SELECT reason, authorised, count(*), max(id) FROM inbox WHERE state = 'parked' GROUP BY reason, authorised ORDER BY max(id) DESC LIMIT $1`, parkedReasons)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var p chat.Parked
		var auth string
		if err := scan(&p.Reason, &auth, &p.N, &p.Newest); err != nil {
			return err
		}
		list = append(list, p)
		return json.Unmarshal([]byte(auth), &list[len(list)-1].Authorised)
	})
	return list, err
}

// parkedColumns are those of deliveryColumns without the third.
const parkedColumns = `id, key_id, authorised, signature, state, reason, received_at`

func (t *Tx) parked(ctx context.Context, query string, args ...any) (list []chat.Delivery, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		d, err := scanDelivery(func(to ...any) error { return scan(slices.Delete(to, 2, 3)...) })
		list = append(list, d)
		return err
	})
	return list, err
}

// ParkedDelivery returns the parked body with the id.
func (t *Tx) ParkedDelivery(ctx context.Context, id string) (d chat.Delivery, ok bool, err error) {
	d, err = scanDelivery(t.queryRow(ctx, `SELECT `+deliveryColumns+` FROM inbox WHERE id = $1 AND state = 'parked'`, id).Scan)
	ok, err = found(err)
	return d, ok, err
}

// ReplayDelivery lets a parked body be handled again. It is Stale if it is not
// parked any more.
func (t *Tx) ReplayDelivery(ctx context.Context, id string) error {
	t.Notify(TopicInbox)
	return t.one(ctx, `UPDATE inbox SET state = 'new', reason = '' WHERE id = $1 AND state = 'parked'`, id)
}

// DiscardDelivery deletes a parked body and its key, so that nobody can read it any
// more. It is Stale if it is not parked any more.
func (t *Tx) DiscardDelivery(ctx context.Context, id string) error {
	var key string
	there, err := found(t.queryRow(ctx, `DELETE FROM inbox WHERE id = $1 AND state = 'parked' RETURNING key_id`, id).Scan(&key))
	if err != nil {
		return err
	}
	if !there {
		return errStale
	}
	// A key that is not its own is that of a day, which others need.
	_, err = t.exec(ctx, `DELETE FROM day_keys WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM inbox WHERE key_id = $1)`, key)
	return err
}

// HasParked reports whether a body is parked that the secret of any of the senders
// signed.
func (t *Tx) HasParked(ctx context.Context, senders []string) (bool, error) {
	for _, id := range senders {
		there, err := t.has(ctx, `SELECT count(*) FROM (SELECT id FROM inbox WHERE state = 'parked' AND authorised LIKE $1 LIMIT 1) AS one`, `%"`+id+`"%`)
		if err != nil || there {
			return there, err
		}
	}
	return false, nil
}

// CountParked returns how many bodies are parked.
func (t *Tx) CountParked(ctx context.Context) (n int, err error) {
	err = t.queryRow(ctx, `SELECT count(*) FROM inbox WHERE state = 'parked'`).Scan(&n)
	return n, err
}

// DropDeliveries deletes handled bodies that are older than the time, and the
// day keys that nothing needs any more: messages that are no act of consent
// are not kept beyond 7 days (rule 27). So are our answers to people of whom
// nothing else is kept, and counts of wrong codes. It returns how many rows of
// the fuller kind went: fewer than limit means that none is left.
func (t *Tx) DropDeliveries(ctx context.Context, before time.Time, limit int) (n int64, err error) {
	res, err := t.exec(ctx, `DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE state = 'done' AND received_at < $1 ORDER BY id LIMIT $2)`, micros(before), limit)
	if err != nil {
		return 0, err
	}
	// To nobody that is known: neither a template nor a message to a person.
	answers, err := t.exec(ctx, `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE subject = '' AND kind = 'answer' AND created_at < $1 ORDER BY created_at, id LIMIT $2)`, micros(before), limit)
	if err != nil {
		return 0, err
	}
	if _, err = t.exec(ctx, `DELETE FROM wrong_codes WHERE hour < $1`, before.Unix()/3600); err != nil {
		return 0, err
	}
	if _, err = t.exec(ctx, `DELETE FROM day_keys WHERE created_at < $1 AND id NOT IN (SELECT key_id FROM inbox)`, micros(before.Add(-24*time.Hour))); err != nil {
		return 0, err
	}
	m, err := answers.RowsAffected()
	if err != nil {
		return 0, err
	}
	n, err = res.RowsAffected()
	return max(n, m), err
}
