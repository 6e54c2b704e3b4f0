package store

import (
	"context"

	"assent/vault"
)

// InsertDestruction records that a data key was destroyed, and by which event.
// A key that was destroyed before stays destroyed as it was.
func (t *Tx) InsertDestruction(ctx context.Context, d vault.Destruction) error {
	_, err := t.exec(ctx, `INSERT INTO destructions (key_id, event, at) VALUES ($1, $2, $3) ON CONFLICT (key_id) DO NOTHING`, d.Key, d.Event, micros(d.At))
	return err
}

// Destruction returns when and by which event a data key was destroyed, or false
// if it was not.
func (t *Tx) Destruction(ctx context.Context, key string) (d vault.Destruction, ok bool, err error) {
	var at int64
	ok, err = found(t.queryRow(ctx, `SELECT key_id, event, at FROM destructions WHERE key_id = $1`, key).Scan(&d.Key, &d.Event, &at))
	d.At = instant(at)
	return d, ok, err
}

// DestructionsAfter returns up to limit destructions of keys with larger ids, in
// their order.
func (t *Tx) DestructionsAfter(ctx context.Context, key string, limit int) (list []vault.Destruction, err error) {
	rows, err := t.query(ctx, `SELECT key_id, event, at FROM destructions WHERE key_id > $1 ORDER BY key_id LIMIT $2`, key, limit)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var d vault.Destruction
		var at int64
		if err := scan(&d.Key, &d.Event, &at); err != nil {
			return err
		}
		d.At = instant(at)
		list = append(list, d)
		return nil
	})
	return list, err
}
