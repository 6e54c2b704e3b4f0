package store

import (
	"context"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/optin"
	"assent/subject"
)

// EmptySubject takes a person's data key away for good, and all else that the
// row says of them; the number and the head of their chain are those of s. It
// is Stale if the running number is not the one that was read.
func (t *Tx) EmptySubject(ctx context.Context, s subject.Subject, wasSeq int64) error {
	t.Fold()
	return t.one(ctx, `UPDATE subjects SET wrapped = $3, seq = $4, head = $5, lang = '', country = '', platform = '', platform_at = 0, reassigned = $6, sender = '', window_at = 0,
		locked_until = 0, held = $6 WHERE id = $1 AND seq = $2`, s.ID, wasSeq, []byte{}, s.Seq, s.Head, false)
}

// DropIdentifiers deletes what a person is known by, also where a template's status
// named them, and what is remembered under it.
func (t *Tx) DropIdentifiers(ctx context.Context, subjectID string) error {
	t.Fold()
	if _, err := t.exec(ctx, `UPDATE messages SET recipient = NULL WHERE recipient IN (SELECT hash FROM identifiers WHERE subject = $1)`, subjectID); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM arrivals WHERE (business, hash) IN (SELECT business, hash FROM identifiers WHERE subject = $1)`, subjectID); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM identifiers WHERE subject = $1`, subjectID)
	return err
}

// RequestsOf returns the requests that the person confirmed, or closed by a no.
func (t *Tx) RequestsOf(ctx context.Context, subjectID string) ([]funnel.Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM requests WHERE subject = $1 AND subject <> '' ORDER BY id`, subjectID)
}

// RequestsAsked returns the requests that the person was asked about in the chat
// and that nobody confirmed.
func (t *Tx) RequestsAsked(ctx context.Context, subjectID string) ([]funnel.Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM requests
		WHERE subject = '' AND id IN (SELECT request FROM questions WHERE subject = $1 AND request <> '') ORDER BY id`, subjectID)
}

// RequestsByLine returns every request for which a number of the line was typed.
func (t *Tx) RequestsByLine(ctx context.Context, business string, line []byte) ([]funnel.Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM requests WHERE line = $1 AND business = $2 ORDER BY id`, line, business)
}

// UnconfirmedBefore returns up to limit requests behind the id that were made
// before the time, were never confirmed, and still hold what was typed.
func (t *Tx) UnconfirmedBefore(ctx context.Context, business string, before time.Time, after string, limit int) ([]funnel.Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM requests
		WHERE id > $1 AND business = $2 AND created_at < $3 AND state <> 'confirmed' AND subject = '' AND length(wrapped) > 0 ORDER BY id LIMIT $4`,
		after, business, micros(before), limit)
}

// TouchRequest reports whether the request's key is still there, and sees to it
// that it stays until the transaction ends.
func (t *Tx) TouchRequest(ctx context.Context, id string) (bool, error) {
	return t.inserted(ctx, `UPDATE requests SET attempt = attempt WHERE id = $1 AND length(wrapped) > 0`, id)
}

// EmptyRequest takes a request's data key away for good, with what was typed and
// chosen, its message and its codes. Its page and its codes lead nowhere since.
// It is Stale if that was done before.
func (t *Tx) EmptyRequest(ctx context.Context, id string) error {
	t.Fold()
	t.Notify(TopicRequest(id))
	for _, q := range []string{
		`DELETE FROM jobs WHERE kind = '` + optin.JobSend + `' AND ref = (SELECT message FROM requests WHERE id = $1)`,
		`UPDATE messages SET sealed = ` + t.dialect.none + `, lang = '', wamid_hash = NULL, recipient = NULL, state = CASE WHEN state = 'queued' THEN 'dropped' ELSE state END
			WHERE id = (SELECT message FROM requests WHERE id = $1)`,
		`DELETE FROM spent_codes WHERE request = $1`,
	} {
		if _, err := t.exec(ctx, q, id); err != nil {
			return err
		}
	}
	gone := []byte("erased " + id) // token and code are unique, and hashes of nothing
	return t.one(ctx, `UPDATE requests SET wrapped = $2, sealed = $2, line = NULL, token_hash = $3, code_hash = $3, ticked = '[]', agreed = '', message = 'erased',
		state = CASE WHEN state = 'requested' THEN 'closed' ELSE state END WHERE id = $1 AND length(wrapped) > 0`, id, []byte{}, gone)
}

// UnlineRequest takes the hash of the number that was typed off a request, whose
// confirmation is another person's.
func (t *Tx) UnlineRequest(ctx context.Context, id string) error {
	t.Fold()
	_, err := t.exec(ctx, `UPDATE requests SET line = NULL WHERE id = $1`, id)
	return err
}

// EmptyChat takes away what was said to a person and asked of them, and what
// waits to be.
func (t *Tx) EmptyChat(ctx context.Context, subjectID string) error {
	t.Fold()
	for _, q := range []string{
		`DELETE FROM jobs WHERE kind = '` + optin.JobSend + `' AND ref IN (SELECT id FROM messages WHERE subject = $1 AND subject <> '')`,
		`UPDATE messages SET sealed = ` + t.dialect.none + `, lang = '', wamid_hash = NULL, recipient = NULL, state = CASE WHEN state = 'queued' THEN 'dropped' ELSE state END
			WHERE subject = $1 AND subject <> ''`,
		`DELETE FROM questions WHERE subject = $1 AND subject <> ''`,
		`DELETE FROM jobs WHERE kind = '` + optin.JobErrand + `' AND ref IN (SELECT id FROM errands WHERE subject = $1 AND subject <> '')`,
		`DELETE FROM errands WHERE subject = $1 AND subject <> ''`,
	} {
		if _, err := t.exec(ctx, q, subjectID); err != nil {
			return err
		}
	}
	return nil
}

// DropTemplateAsks forgets when the business asked the number by template.
func (t *Tx) DropTemplateAsks(ctx context.Context, line []byte, business string) error {
	t.Fold()
	_, err := t.exec(ctx, `DELETE FROM template_asks WHERE line = $1 AND business = $2`, line, business)
	return err
}

// ForgetConsents leaves of a person's consents the purposes and the states, in
// no list.
func (t *Tx) ForgetConsents(ctx context.Context, subjectID string) error {
	t.Fold()
	_, err := t.exec(ctx, `UPDATE consents SET hidden = $2, simulated = $3, version = '', lang = '', entry = '', first_at = 0, given_at = 0, given_event = '', grade = '', basis = '', until_at = 0,
		ended_at = 0, ended_event = '', end_state = '', refused_at = 0, held_at = 0, changed_at = 0 WHERE subject = $1`, subjectID, true, false)
	return err
}

// EndedBefore returns up to limit people behind the id for whom everything ended
// before the time, and who are neither locked nor held.
func (t *Tx) EndedBefore(ctx context.Context, business string, before time.Time, after string, limit int) (ids []string, err error) {
	return t.subjectIDs(ctx, `SELECT s.id FROM subjects s WHERE s.id > $1 AND s.business = $2 AND length(s.wrapped) > 0 AND s.merged_into = '' AND NOT s.held AND s.locked_until = 0
		AND s.created_at < $3 AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.subject = s.id
			AND (c.changed_at >= $3 OR c.state IN ('`+string(consent.Given)+`', '`+string(consent.Renewed)+`') AND (c.until_at = 0 OR c.until_at >= $3)))
		ORDER BY s.id LIMIT $4`, after, business, micros(before), limit)
}

// LockedBefore returns up to limit people behind the id whose lock ends before
// the time, and who are not held.
func (t *Tx) LockedBefore(ctx context.Context, business string, before time.Time, after string, limit int) (ids []string, err error) {
	return t.subjectIDs(ctx, `SELECT id FROM subjects WHERE id > $1 AND business = $2 AND locked_until > 0 AND locked_until <= $3 AND merged_into = '' AND NOT held ORDER BY id LIMIT $4`,
		after, business, micros(before), limit)
}

func (t *Tx) subjectIDs(ctx context.Context, query string, args ...any) (ids []string, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// SuppressionsEndedBy returns the suppressions for which the event ended
// anything, oldest first.
func (t *Tx) SuppressionsEndedBy(ctx context.Context, event string) ([]subject.Suppression, error) {
	return t.suppressions(ctx, `SELECT s.id, s.business, s.subject, s.scope, s.purpose, s.reason, s.at, s.salt, s.event, COALESCE(e.purpose, '')
		FROM suppressions s LEFT JOIN suppression_ends e ON e.suppression = s.id
		WHERE s.id IN (SELECT suppression FROM suppression_ends WHERE event = $1) ORDER BY s.at, s.id, COALESCE(e.purpose, '')`, event)
}

// Fold says that what this transaction took away must soon be gone from the
// write-ahead log of SQLite too, which keeps older pages until it is folded in.
func (t *Tx) Fold() { t.fold = true }

// SetKeeping replaces how long a business keeps what.
func (t *Tx) SetKeeping(ctx context.Context, businessID string, k business.Keeping) error {
	return t.EditBusiness(ctx, businessID, func(b *business.Business) error {
		b.Keeping = k
		return nil
	})
}

// ActsOf returns up to limit of what operators did to a business's records as a
// whole, newest first.
func (t *Tx) ActsOf(ctx context.Context, businessID string, limit int) ([]evidence.Logged, error) {
	return t.events(ctx, `SELECT `+eventColumns+`, l.n FROM events e JOIN leaves l ON l.event = e.id
		WHERE e.business = $1 AND e.name = 'operator.acted' AND e.subject = '' ORDER BY e.id DESC LIMIT $2`, businessID, limit)
}
