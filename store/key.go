package store

import "context"

// KeyOwner returns the business of a data key, "s/" and a person's id or "r/" and
// a request's, or false where there is none such.
func (t *Tx) KeyOwner(ctx context.Context, key string) (business string, ok bool, err error) {
	table, id := keyTable(key)
	if table == "" {
		return "", false, nil
	}
	ok, err = found(t.queryRow(ctx, `SELECT business FROM `+table+` WHERE id = $1`, id).Scan(&business))
	return business, ok, err
}

// EmptyKey takes the wrapped bytes of a data key away for good, with what would
// still lead to its person: their identifiers, or what a request holds.
func (t *Tx) EmptyKey(ctx context.Context, key string) error {
	table, id := keyTable(key)
	switch table {
	case "subjects":
		if _, err := t.exec(ctx, `DELETE FROM identifiers WHERE subject = $1`, id); err != nil {
			return err
		}
		return t.one(ctx, `UPDATE subjects SET wrapped = $1 WHERE id = $2`, []byte{}, id)
	case "requests":
		return t.one(ctx, `UPDATE requests SET wrapped = $1, sealed = $1, line = NULL WHERE id = $2`, []byte{}, id)
	}
	return errStale
}

// keyTable returns the table and the id of a data key.
func keyTable(key string) (table, id string) {
	if len(key) < 3 {
		return "", ""
	}
	switch key[:2] {
	case "s/":
		return "subjects", key[2:]
	case "r/":
		return "requests", key[2:]
	}
	return "", ""
}
