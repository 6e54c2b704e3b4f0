package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"

	"assent/funnel"
)

// InsertRequest keeps an opt-in under way.
func (t *Tx) InsertRequest(ctx context.Context, r funnel.Request) error {
	ticked, err := json.Marshal(r.Ticked)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO requests (id, token_hash, business, version, lang, entry, state, ticked, shown, notice, page, line, wrapped, sealed, code_hash, attempt, created_at, expires_at, event, subject, message, agreed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		r.ID, r.TokenHash, r.Business, r.Version, r.Lang, r.Entry, string(r.State), string(ticked), r.Shown, r.Notice, r.Page, nullable(r.Line), r.WrappedKey, r.Sealed,
		r.CodeHash, r.Attempt, micros(r.CreatedAt), micros(r.ExpiresAt), r.Event, r.Subject, r.Message, strings.Join(r.Agreed, " "))
	return err
}

const requestColumns = `id, token_hash, business, version, lang, entry, state, ticked, shown, notice, page, line, wrapped, sealed, code_hash, attempt, created_at, expires_at, event, subject, message, agreed`

func scanRequest(scan func(...any) error) (r funnel.Request, err error) {
	var ticked, agreed string
	var created, expires int64
	err = scan(&r.ID, &r.TokenHash, &r.Business, &r.Version, &r.Lang, &r.Entry, &r.State, &ticked, &r.Shown, &r.Notice, &r.Page, &r.Line, &r.WrappedKey, &r.Sealed,
		&r.CodeHash, &r.Attempt, &created, &expires, &r.Event, &r.Subject, &r.Message, &agreed)
	if err != nil {
		return r, err
	}
	r.CreatedAt, r.ExpiresAt, r.Agreed = instant(created), instant(expires), strings.Fields(agreed)
	return r, json.Unmarshal([]byte(ticked), &r.Ticked)
}

// Request returns the request with the id.
func (t *Tx) Request(ctx context.Context, id string) (funnel.Request, error) {
	return scanRequest(t.queryRow(ctx, `SELECT `+requestColumns+` FROM requests WHERE id = $1`, id).Scan)
}

// RequestByToken returns the request whose public address has the token.
func (t *Tx) RequestByToken(ctx context.Context, tokenHash []byte) (funnel.Request, error) {
	return scanRequest(t.queryRow(ctx, `SELECT `+requestColumns+` FROM requests WHERE token_hash = $1`, tokenHash).Scan)
}

// RequestByCode returns the request of the business that the code belongs to,
// and whether the code is the one in force or an older one.
func (t *Tx) RequestByCode(ctx context.Context, business string, codeHash []byte) (r funnel.Request, current, ok bool, err error) {
	r, err = scanRequest(t.queryRow(ctx, `SELECT `+requestColumns+` FROM requests WHERE code_hash = $1 AND business = $2 ORDER BY id DESC LIMIT 1`, codeHash, business).Scan)
	if ok, err = found(err); ok || err != nil {
		return r, ok, ok, err
	}
	r, err = scanRequest(t.queryRow(ctx, `SELECT `+requestColumns+` FROM requests WHERE business = $2 AND id = (SELECT request FROM spent_codes WHERE code_hash = $1)`, codeHash, business).Scan)
	ok, err = found(err)
	return r, false, ok, err
}

// SetRequest moves a request to another state, if it is still in the one that
// was read; otherwise it is Stale.
func (t *Tx) SetRequest(ctx context.Context, id string, from, to funnel.RequestState, subject string) error {
	t.Notify(TopicRequest(id))
	return t.one(ctx, `UPDATE requests SET state = $3, subject = CASE WHEN $4 = '' THEN subject ELSE $4 END WHERE id = $1 AND state = $2`, id, string(from), string(to), subject)
}

// ExpireRequest ends an open request whose time is over. It is Stale if the
// request was answered, or got a new code and more time, meanwhile.
func (t *Tx) ExpireRequest(ctx context.Context, id string, now time.Time) error {
	t.Notify(TopicRequest(id))
	return t.one(ctx, `UPDATE requests SET state = 'deferred' WHERE id = $1 AND state = 'requested' AND expires_at <= $2`, id, micros(now))
}

// ConfirmRequest confirms a request, if it is still in the state that was read,
// and adds to the purposes that were said yes to: its page shows them.
func (t *Tx) ConfirmRequest(ctx context.Context, id string, from funnel.RequestState, subject string, agreed []string) error {
	t.Notify(TopicRequest(id))
	return t.one(ctx, `UPDATE requests SET state = 'confirmed', subject = $3, agreed = agreed || ' ' || $4 WHERE id = $1 AND state = $2`, id, string(from), subject, strings.Join(agreed, " "))
}

// TopicRequest is announced when the request with the id has changed.
func TopicRequest(id string) string { return "request/" + id }

// RenewCode gives an open request a new code and more time. The old code still
// leads to its question.
func (t *Tx) RenewCode(ctx context.Context, r funnel.Request, newHash []byte, expires time.Time) error {
	if _, err := t.exec(ctx, `INSERT INTO spent_codes (code_hash, request) VALUES ($1, $2) ON CONFLICT (code_hash) DO NOTHING`, r.CodeHash, r.ID); err != nil {
		return err
	}
	t.Notify(TopicRequest(r.ID))
	return t.one(ctx, `UPDATE requests SET code_hash = $3, attempt = $4, expires_at = $5, state = 'requested' WHERE id = $1 AND attempt = $2 AND (state IN ('requested', 'deferred') OR state = 'closed' AND subject = '')`,
		r.ID, r.Attempt, newHash, r.Attempt+1, micros(expires))
}

// SetRequestMessage notes that the person asked for the template message.
func (t *Tx) SetRequestMessage(ctx context.Context, id, message string) error {
	t.Notify(TopicRequest(id))
	return t.one(ctx, `UPDATE requests SET message = $2 WHERE id = $1 AND message = ''`, id, message)
}

// OpenRequestsByLine returns the open requests for which a number of the line
// was typed.
func (t *Tx) OpenRequestsByLine(ctx context.Context, business string, line []byte) ([]funnel.Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM requests WHERE line = $1 AND business = $2 AND state = 'requested' ORDER BY id`, line, business)
}

// OpenRequestsOf returns the open requests that the person was asked about in
// the chat.
func (t *Tx) OpenRequestsOf(ctx context.Context, subjectID string) ([]funnel.Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM requests
		WHERE state = 'requested' AND id IN (SELECT request FROM questions WHERE subject = $1 AND request <> '') ORDER BY id`, subjectID)
}

// ExpiredRequests returns open requests whose time is over, the oldest first.
func (t *Tx) ExpiredRequests(ctx context.Context, now time.Time, limit int) ([]funnel.Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM requests WHERE state = 'requested' AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`, micros(now), limit)
}

func (t *Tx) requests(ctx context.Context, query string, args ...any) (list []funnel.Request, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		r, err := scanRequest(scan)
		list = append(list, r)
		return err
	})
	return list, err
}

// nullable turns an empty slice into SQL's NULL.
func nullable(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// NoteWrongCode counts a wrong code from an account and returns how many there
// were in the hour.
func (t *Tx) NoteWrongCode(ctx context.Context, accountHash []byte, hour int64) (n int, err error) {
	err = t.queryRow(ctx, `INSERT INTO wrong_codes (hash, hour, n) VALUES ($1, $2, 1) ON CONFLICT (hash, hour) DO UPDATE SET n = wrong_codes.n + 1 RETURNING n`, accountHash, hour).Scan(&n)
	return n, err
}

// WrongCodes returns how many wrong codes an account sent in the hour.
func (t *Tx) WrongCodes(ctx context.Context, accountHash []byte, hour int64) (n int, err error) {
	_, err = found(t.queryRow(ctx, `SELECT n FROM wrong_codes WHERE hash = $1 AND hour = $2`, accountHash, hour).Scan(&n))
	return n, err
}

// NoteTemplateAsk records that a number is asked by template, unless it was
// since the given time by this business, or anybody asked it max times since, or
// it is not to be asked by this business.
func (t *Tx) NoteTemplateAsk(ctx context.Context, line []byte, business string, now, since time.Time, max int) (bool, error) {
	if err := t.lockLine(ctx, line); err != nil {
		return false, err
	}
	var mine, all int
	err := t.queryRow(ctx, `SELECT count(*) FILTER (WHERE business = $2 AND (asked_at > $3 OR silent)), count(*) FILTER (WHERE asked_at > $3) FROM template_asks WHERE line = $1`,
		line, business, micros(since)).Scan(&mine, &all)
	if err != nil || mine > 0 || all >= max {
		return false, err
	}
	return t.inserted(ctx, `INSERT INTO template_asks (line, business, asked_at, silent) VALUES ($1, $2, $3, $4) ON CONFLICT (line, business, asked_at) DO NOTHING`, line, business, micros(now), false)
}

// TemplatesSilenced reports whether the business is not to ask the number by
// template any more.
func (t *Tx) TemplatesSilenced(ctx context.Context, line []byte, business string) (silenced bool, err error) {
	return t.has(ctx, `SELECT count(*) FROM template_asks WHERE line = $1 AND business = $2 AND silent`, line, business)
}

// SilenceTemplates says whether the business is not to ask a number by template
// any more, which it has asked before.
func (t *Tx) SilenceTemplates(ctx context.Context, line []byte, business string, silent bool) error {
	_, err := t.exec(ctx, `UPDATE template_asks SET silent = $3 WHERE line = $1 AND business = $2`, line, business, silent)
	return err
}

// lockLine lets nobody else decide about the line until the transaction ends.
// Two lines that share the first 64 bits of their hashes wait for each other,
// and nothing worse.
func (t *Tx) lockLine(ctx context.Context, line []byte) error {
	if t.dialect.lockLine == "" {
		return nil
	}
	var key [8]byte
	copy(key[:], line)
	_, err := t.exec(ctx, t.dialect.lockLine, int64(binary.BigEndian.Uint64(key[:])))
	return err
}
