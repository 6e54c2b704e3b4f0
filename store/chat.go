package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"assent/chat"
)

// InsertQuestion keeps a question that is asked in a chat.
func (t *Tx) InsertQuestion(ctx context.Context, q chat.Question) error {
	purposes, err := json.Marshal(q.Purposes)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO questions (id, business, subject, version, lang, purposes, request, entry, kind, matched, shown, campaign, closed, asked_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		q.ID, q.Business, q.Subject, q.Version, q.Lang, string(purposes), q.Request, q.Entry, string(q.Kind), string(q.Match), q.Shown, q.Campaign, q.Closed, micros(q.AskedAt), micros(q.ExpiresAt))
	return err
}

const questionColumns = `id, business, subject, version, lang, purposes, request, entry, kind, matched, shown, campaign, closed, asked_at, expires_at`

func scanQuestion(scan func(...any) error) (q chat.Question, err error) {
	var purposes string
	var asked, expires int64
	if err := scan(&q.ID, &q.Business, &q.Subject, &q.Version, &q.Lang, &purposes, &q.Request, &q.Entry, &q.Kind, &q.Match, &q.Shown, &q.Campaign, &q.Closed, &asked, &expires); err != nil {
		return q, err
	}
	q.AskedAt, q.ExpiresAt = instant(asked), instant(expires)
	return q, json.Unmarshal([]byte(purposes), &q.Purposes)
}

// Question returns the question with the id.
func (t *Tx) Question(ctx context.Context, id string) (q chat.Question, ok bool, err error) {
	q, err = scanQuestion(t.queryRow(ctx, `SELECT `+questionColumns+` FROM questions WHERE id = $1`, id).Scan)
	ok, err = found(err)
	return q, ok, err
}

// AnswerQuestion keeps what is still to be answered of a question, and closes
// it where that is nothing. It is Stale if the question was closed meanwhile.
func (t *Tx) AnswerQuestion(ctx context.Context, q chat.Question) error {
	purposes, err := json.Marshal(q.Purposes)
	if err != nil {
		return err
	}
	return t.one(ctx, `UPDATE questions SET purposes = $2, closed = $3, shown = $4 WHERE id = $1 AND NOT closed`, q.ID, string(purposes), q.Closed, q.Shown)
}

// CloseQuestions closes the open questions that a person was asked until the time:
// their stop answers them.
func (t *Tx) CloseQuestions(ctx context.Context, subjectID string, until time.Time) error {
	_, err := t.exec(ctx, `UPDATE questions SET closed = $2 WHERE subject = $1 AND NOT closed AND asked_at <= $3 AND kind IN ('buttons', 'template')`, subjectID, true, micros(until))
	return err
}

// InsertMessage keeps an outbound message on its way.
func (t *Tx) InsertMessage(ctx context.Context, m chat.Message) error {
	_, err := t.exec(ctx, `INSERT INTO messages (id, business, sender, subject, kind, lang, key_id, sealed, about, state, code, created_at, changed_at, turn_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		m.ID, m.Business, m.Sender, m.Subject, string(m.Kind), m.Lang, m.Key, m.Sealed, m.About, string(m.State), m.Code, micros(m.CreatedAt), micros(m.CreatedAt), micros(m.TurnAt))
	return err
}

const messageColumns = `id, business, sender, subject, kind, lang, key_id, sealed, about, state, code, created_at, changed_at, turn_at`

func scanMessage(scan func(...any) error) (m chat.Message, err error) {
	var created, changed, turn int64
	err = scan(&m.ID, &m.Business, &m.Sender, &m.Subject, &m.Kind, &m.Lang, &m.Key, &m.Sealed, &m.About, &m.State, &m.Code, &created, &changed, &turn)
	m.CreatedAt, m.ChangedAt, m.TurnAt = instant(created), instant(changed), instant(turn)
	return m, err
}

// Message returns the outbound message with the id.
func (t *Tx) Message(ctx context.Context, id string) (m chat.Message, ok bool, err error) {
	m, err = scanMessage(t.queryRow(ctx, `SELECT `+messageColumns+` FROM messages WHERE id = $1`, id).Scan)
	ok, err = found(err)
	return m, ok, err
}

// MessageByWAMID returns the outbound message that the platform knows by the
// id of which the hash is given.
func (t *Tx) MessageByWAMID(ctx context.Context, hash []byte) (m chat.Message, ok bool, err error) {
	m, err = scanMessage(t.queryRow(ctx, `SELECT `+messageColumns+` FROM messages WHERE wamid_hash = $1`, hash).Scan)
	ok, err = found(err)
	return m, ok, err
}

// KnownWAMIDs returns those of the hashes by which the platform knows a message
// of ours.
func (t *Tx) KnownWAMIDs(ctx context.Context, hashes [][]byte) (known [][]byte, err error) {
	return t.among(ctx, `SELECT wamid_hash FROM messages WHERE wamid_hash IN (`+in(1, hashesAtOnce)+`)`, hashes)
}

// hashesAtOnce is how many hashes among looks up in one statement.
const hashesAtOnce = 64

// among returns those of the hashes that a query finds, whose last parameters are
// hashesAtOnce of them, behind what else it asks for.
func (t *Tx) among(ctx context.Context, query string, hashes [][]byte, before ...any) (known [][]byte, err error) {
	for chunk := range slices.Chunk(hashes, hashesAtOnce) {
		args := slices.Clone(before)
		for i := range hashesAtOnce { // a shorter chunk says its last one again, so that one statement is prepared
			args = append(args, chunk[min(i, len(chunk)-1)])
		}
		rows, err := t.query(ctx, query, args...)
		err = eachRow(rows, err, func(scan func(...any) error) error {
			var hash []byte
			if err := scan(&hash); err != nil {
				return err
			}
			known = append(known, hash)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// SetMessage moves a message to a state, where it is not already further, and
// keeps the hash of the platform's id for it, if one is given and the message was
// not erased.
func (t *Tx) SetMessage(ctx context.Context, id string, state chat.MessageState, code int, wamidHash []byte, now time.Time) error {
	var current chat.MessageState
	if err := t.queryRow(ctx, `SELECT state FROM messages WHERE id = $1`, id).Scan(&current); err != nil {
		return err
	}
	if state.After(current) {
		current = state
	} else {
		code = 0
	}
	_, err := t.exec(ctx, `UPDATE messages SET state = $2, code = CASE WHEN $3 = 0 THEN code ELSE $3 END, wamid_hash = CASE WHEN length(sealed) = 0 THEN NULL ELSE COALESCE($4, wamid_hash) END, changed_at = $5 WHERE id = $1`,
		id, string(current), code, nullable(wamidHash), micros(now))
	return err
}

// NoteRecipient keeps the hash of the account that a message to a number reached,
// unless the message was erased.
func (t *Tx) NoteRecipient(ctx context.Context, id string, account []byte) error {
	_, err := t.exec(ctx, `UPDATE messages SET recipient = $2 WHERE id = $1 AND length(sealed) > 0`, id, account)
	return err
}

// MessagesTo returns the messages of a business to a number that reached the
// account, oldest first.
func (t *Tx) MessagesTo(ctx context.Context, business string, account []byte) (list []chat.Message, err error) {
	rows, err := t.query(ctx, `SELECT `+messageColumns+` FROM messages WHERE recipient = $1 AND recipient IS NOT NULL AND business = $2 ORDER BY created_at, id`, account, business)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		m, err := scanMessage(scan)
		list = append(list, m)
		return err
	})
	return list, err
}

// StartMessage marks a queued message as on its way, which ends its wait in line, and
// reports whether it was still queued: of two that want to send it, one does.
func (t *Tx) StartMessage(ctx context.Context, id string, now time.Time) (bool, error) {
	return t.inserted(ctx, `UPDATE messages SET state = 'unclear', changed_at = $2, turn_at = 0 WHERE id = $1 AND state = 'queued'`, id, micros(now))
}

// RequeueMessage lets a message that was certainly not sent wait to be sent again.
func (t *Tx) RequeueMessage(ctx context.Context, id string, now time.Time) error {
	_, err := t.exec(ctx, `UPDATE messages SET state = 'queued', changed_at = $2 WHERE id = $1 AND state = 'unclear'`, id, micros(now))
	return err
}

// KeepTurn keeps a queued message's place in its number's line; the zero time takes
// it back.
func (t *Tx) KeepTurn(ctx context.Context, id string, turn time.Time) error {
	_, err := t.exec(ctx, `UPDATE messages SET turn_at = $2 WHERE id = $1`, id, micros(turn))
	return err
}

// LastMessageAt returns when the newest message to the person was queued that may
// have reached them; the zero time where there is none.
func (t *Tx) LastMessageAt(ctx context.Context, subjectID string) (time.Time, error) {
	var at int64
	err := t.queryRow(ctx, `SELECT COALESCE(MAX(created_at), 0) FROM messages WHERE subject = $1 AND state NOT IN ('dropped', 'failed')`, subjectID).Scan(&at)
	return instant(at), err
}

// SendCounts returns what became of the messages that a number was given to send
// since a time.
func (t *Tx) SendCounts(ctx context.Context, sender string, since time.Time) (list []chat.SendCount, err error) {
	rows, err := t.query(ctx, `SELECT kind, state, code, count(*) FROM messages WHERE sender = $1 AND created_at >= $2
		GROUP BY kind, state, code ORDER BY kind, state, code`, sender, micros(since))
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var c chat.SendCount
		if err := scan(&c.Kind, &c.State, &c.Code, &c.N); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	})
	return list, err
}
