package store

import (
	"context"
	"fmt"

	"assent/vault"
)

// wrappedColumns are where wrapped keys and secrets may change: the tables, and
// their columns. Signing keys are not among them: their rows are evidence.
var wrappedColumns = map[string]string{"subjects": "wrapped", "requests": "wrapped", "day_keys": "wrapped", "businesses": "wrapped", "senders": "sealed"}

// WrappedAfter returns up to limit wrapped keys or secrets of a table behind the
// id, in the order of ids. Those that were destroyed are left out.
func (t *Tx) WrappedAfter(ctx context.Context, table, id string, limit int) (list []vault.Wrapped, err error) {
	column := wrappedColumns[table]
	if column == "" {
		return nil, fmt.Errorf("store: no keys are wrapped in %s", table)
	}
	rows, err := t.query(ctx, `SELECT id, `+column+` FROM `+table+` WHERE id > $1 AND length(`+column+`) > 0 ORDER BY id LIMIT $2`, id, limit)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var w vault.Wrapped
		err := scan(&w.ID, &w.Bytes)
		list = append(list, w)
		return err
	})
	return list, err
}

// Rewrap puts a key or secret that was wrapped anew in the place of the one that
// was read, and reports whether that was still there: what was destroyed
// meanwhile does not come back.
func (t *Tx) Rewrap(ctx context.Context, table, id string, old, wrapped []byte) (bool, error) {
	column := wrappedColumns[table]
	if column == "" {
		return false, fmt.Errorf("store: no keys are wrapped in %s", table)
	}
	return t.inserted(ctx, `UPDATE `+table+` SET `+column+` = $1 WHERE id = $2 AND `+column+` = $3`, wrapped, id, old)
}

// ReplaceSetting changes a setting from one value to another. Where it is not the
// one that was read, that is Stale.
func (t *Tx) ReplaceSetting(ctx context.Context, name string, old, value []byte) error {
	return t.one(ctx, `UPDATE settings SET value = $1 WHERE name = $2 AND value = $3`, value, name, old)
}
