package store

import (
	"context"
	"strings"
	"time"

	"assent/account"
)

// InsertOperator keeps an operator. A login that exists is a Conflict.
func (t *Tx) InsertOperator(ctx context.Context, o account.Operator, password string) error {
	ok, err := t.inserted(ctx, `INSERT INTO operators (id, login, name, password, role, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (login) DO NOTHING`,
		o.ID, o.Login, o.Name, password, string(o.Role), o.Disabled, micros(o.CreatedAt))
	if err == nil && !ok {
		err = account.ErrLoginTaken
	}
	return err
}

const operatorColumns = `o.id, o.login, o.name, o.role, o.disabled, o.created_at`

func scanOperator(scan func(...any) error, more ...any) (o account.Operator, err error) {
	var at int64
	err = scan(append([]any{&o.ID, &o.Login, &o.Name, &o.Role, &o.Disabled, &at}, more...)...)
	o.CreatedAt = instant(at)
	return o, err
}

// OperatorByLogin returns the operator and the hash of their password.
func (t *Tx) OperatorByLogin(ctx context.Context, login string) (o account.Operator, password string, ok bool, err error) {
	o, err = scanOperator(t.queryRow(ctx, `SELECT `+operatorColumns+`, o.password FROM operators o WHERE o.login = $1`, login).Scan, &password)
	ok, err = found(err)
	return o, password, ok, err
}

// Operators returns every operator, by login.
func (t *Tx) Operators(ctx context.Context) (list []account.Operator, err error) {
	rows, err := t.query(ctx, `SELECT `+operatorColumns+` FROM operators o ORDER BY o.login`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		o, err := scanOperator(scan)
		list = append(list, o)
		return err
	})
	return list, err
}

// SetOperator changes an operator's password, if one is given, and whether
// they are disabled, and ends their sessions.
func (t *Tx) SetOperator(ctx context.Context, login, password string, disabled bool) error {
	if err := t.one(ctx, `UPDATE operators SET password = CASE WHEN $2 = '' THEN password ELSE $2 END, disabled = $3 WHERE login = $1`, login, password, disabled); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM sessions WHERE operator = (SELECT id FROM operators WHERE login = $1)`, login)
	return err
}

// InsertSession keeps a session under the hash of its id.
func (t *Tx) InsertSession(ctx context.Context, hash []byte, operator string, now, expires time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO sessions (hash, operator, created_at, expires_at) VALUES ($1, $2, $3, $4)`, hash, operator, micros(now), micros(expires))
	return err
}

// SessionOperator returns whose session it is, if it has not ended and they
// are not disabled.
func (t *Tx) SessionOperator(ctx context.Context, hash []byte, now time.Time) (o account.Operator, ok bool, err error) {
	o, err = scanOperator(t.queryRow(ctx, `SELECT `+operatorColumns+` FROM sessions s JOIN operators o ON o.id = s.operator
		WHERE s.hash = $1 AND s.expires_at > $2 AND o.disabled = $3`, hash, micros(now), false).Scan)
	ok, err = found(err)
	return o, ok, err
}

// DeleteSession ends a session.
func (t *Tx) DeleteSession(ctx context.Context, hash []byte) error {
	_, err := t.exec(ctx, `DELETE FROM sessions WHERE hash = $1`, hash)
	return err
}

// DropSessions deletes sessions that have ended.
func (t *Tx) DropSessions(ctx context.Context, now time.Time) error {
	_, err := t.exec(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, micros(now))
	return err
}

// InsertAPIKey keeps an API key under its hash.
func (t *Tx) InsertAPIKey(ctx context.Context, k account.APIKey, hash []byte) error {
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = string(s)
	}
	_, err := t.exec(ctx, `INSERT INTO api_keys (id, business, hash, name, hint, scopes, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		k.ID, k.Business, hash, k.Name, k.Hint, strings.Join(scopes, " "), micros(k.CreatedAt), micros(k.RevokedAt))
	return err
}

const apiKeyColumns = `id, business, name, hint, scopes, created_at, revoked_at`

func scanAPIKey(scan func(...any) error) (k account.APIKey, err error) {
	var scopes string
	var created, revoked int64
	err = scan(&k.ID, &k.Business, &k.Name, &k.Hint, &scopes, &created, &revoked)
	for _, s := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, account.Scope(s))
	}
	k.CreatedAt, k.RevokedAt = instant(created), instant(revoked)
	return k, err
}

// APIKeyByHash returns the key, if it was not revoked.
func (t *Tx) APIKeyByHash(ctx context.Context, hash []byte) (k account.APIKey, ok bool, err error) {
	k, err = scanAPIKey(t.queryRow(ctx, `SELECT `+apiKeyColumns+` FROM api_keys WHERE hash = $1 AND revoked_at = 0`, hash).Scan)
	ok, err = found(err)
	return k, ok, err
}

// APIKeys returns every key, revoked ones too, oldest first.
func (t *Tx) APIKeys(ctx context.Context) (list []account.APIKey, err error) {
	rows, err := t.query(ctx, `SELECT `+apiKeyColumns+` FROM api_keys ORDER BY created_at, id`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		k, err := scanAPIKey(scan)
		list = append(list, k)
		return err
	})
	return list, err
}

// RevokeAPIKey ends a key.
func (t *Tx) RevokeAPIKey(ctx context.Context, id string, now time.Time) error {
	return t.one(ctx, `UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0`, id, micros(now))
}

// Replay returns the kept answer to the key's earlier use.
func (t *Tx) Replay(ctx context.Context, apiKey string, hash []byte) (r account.Replay, ok bool, err error) {
	ok, err = found(t.queryRow(ctx, `SELECT request, status, body FROM idempotency WHERE api_key = $1 AND hash = $2`, apiKey, hash).Scan(&r.Request, &r.Status, &r.Body))
	return r, ok, err
}

// KeepReplay keeps an answer for repetitions of the call.
func (t *Tx) KeepReplay(ctx context.Context, apiKey string, hash []byte, r account.Replay, now time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO idempotency (api_key, hash, request, status, body, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (api_key, hash) DO NOTHING`,
		apiKey, hash, r.Request, r.Status, r.Body, micros(now))
	return err
}
