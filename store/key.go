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

// EmptyKey takes the wrapped bytes of a data key away for good.
func (t *Tx) EmptyKey(ctx context.Context, key string) error {
	table, id := keyTable(key)
	if table == "" {
		return errStale
	}
	return t.one(ctx, `UPDATE `+table+` SET wrapped = $1 WHERE id = $2`, []byte{}, id)
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
