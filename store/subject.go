package store

import (
	"context"
	"time"

	"assent/subject"
)

// InsertSubject keeps a new person.
func (t *Tx) InsertSubject(ctx context.Context, s subject.Subject) error {
	_, err := t.exec(ctx, `INSERT INTO subjects (id, business, wrapped, seq, head, lang, country, platform, platform_at, reassigned, merged_into, sender, window_at, created_at, locked_until, held)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		s.ID, s.Business, s.Wrapped, s.Seq, s.Head, s.Lang, s.Country, string(s.Platform), micros(s.PlatformAt), s.Reassigned, s.MergedInto, s.Sender, micros(s.WindowAt), micros(s.CreatedAt),
		micros(s.LockedUntil), s.Held)
	return err
}

// AdvanceSubject replaces what is kept of a person, if their running number is
// still the one that was read; otherwise it is Stale.
func (t *Tx) AdvanceSubject(ctx context.Context, s subject.Subject, wasSeq int64) error {
	return t.one(ctx, `UPDATE subjects SET seq = $3, head = $4, lang = $5, country = $6, platform = $7, platform_at = $8, reassigned = $9, merged_into = $10, sender = $11,
		window_at = CASE WHEN window_at > $12 THEN window_at ELSE $12 END, locked_until = $13, held = $14 WHERE id = $1 AND seq = $2`,
		s.ID, wasSeq, s.Seq, s.Head, s.Lang, s.Country, string(s.Platform), micros(s.PlatformAt), s.Reassigned, s.MergedInto, s.Sender, micros(s.WindowAt),
		micros(s.LockedUntil), s.Held)
}

// OpenWindow notes that the person wrote at the time, to the sender, unless they
// were erased.
func (t *Tx) OpenWindow(ctx context.Context, id, sender string, at time.Time) error {
	_, err := t.exec(ctx, `UPDATE subjects SET sender = $2, window_at = $3 WHERE id = $1 AND window_at < $3 AND length(wrapped) > 0`, id, sender, micros(at))
	return err
}

// CloseWindow notes that the platform holds the window for closed, unless the
// person has written since what was sent at the time.
func (t *Tx) CloseWindow(ctx context.Context, id string, sentAt time.Time) error {
	_, err := t.exec(ctx, `UPDATE subjects SET window_at = 0 WHERE id = $1 AND window_at <= $2`, id, micros(sentAt))
	return err
}

const subjectColumns = `id, business, wrapped, seq, head, lang, country, platform, platform_at, reassigned, merged_into, sender, window_at, created_at, locked_until, held`

func scanSubject(scan func(...any) error) (s subject.Subject, err error) {
	var platformAt, windowAt, createdAt, lockedUntil int64
	err = scan(&s.ID, &s.Business, &s.Wrapped, &s.Seq, &s.Head, &s.Lang, &s.Country, &s.Platform, &platformAt, &s.Reassigned, &s.MergedInto, &s.Sender, &windowAt, &createdAt, &lockedUntil, &s.Held)
	s.PlatformAt, s.WindowAt, s.CreatedAt = instant(platformAt), instant(windowAt), instant(createdAt)
	s.LockedUntil = instant(lockedUntil)
	return s, err
}

// Subject returns the person with the id.
func (t *Tx) Subject(ctx context.Context, id string) (subject.Subject, error) {
	return scanSubject(t.queryRow(ctx, `SELECT `+subjectColumns+` FROM subjects WHERE id = $1`, id).Scan)
}

// MergedInto returns the ids of the subjects that turned out to be this one. The
// second condition is that of the index.
func (t *Tx) MergedInto(ctx context.Context, id string) (ids []string, err error) {
	rows, err := t.query(ctx, `SELECT id FROM subjects WHERE merged_into = $1 AND merged_into <> '' ORDER BY id`, id)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var other string
		if err := scan(&other); err != nil {
			return err
		}
		ids = append(ids, other)
		return nil
	})
	return ids, err
}

// JoinIdentifier joins an identifier to a person. from is the subject that it
// was read with, or empty for one never seen; if that has changed it is Stale.
func (t *Tx) JoinIdentifier(ctx context.Context, i subject.Identifier, from string) error {
	if from != "" {
		return t.one(ctx, `UPDATE identifiers SET subject = $4, sealed = $5, event = $6, seen_at = $7, left_at = $8, left_event = $9 WHERE business = $1 AND hash = $2 AND subject = $3`,
			i.Business, i.Hash, from, i.Subject, i.Sealed, i.Event, micros(i.SeenAt), micros(i.LeftAt), i.LeftEvent)
	}
	ok, err := t.inserted(ctx, `INSERT INTO identifiers (business, hash, kind, subject, scope, sealed, event, seen_at, left_at, left_event) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (business, hash) DO NOTHING`, i.Business, i.Hash, string(i.Kind), i.Subject, i.Scope, i.Sealed, i.Event, micros(i.SeenAt), micros(i.LeftAt), i.LeftEvent)
	if err == nil && !ok {
		err = errStale
	}
	return err
}

// LeaveIdentifier notes that the person gave an identifier up. It is Stale if it
// is another's meanwhile.
func (t *Tx) LeaveIdentifier(ctx context.Context, i subject.Identifier) error {
	return t.one(ctx, `UPDATE identifiers SET left_at = $4, left_event = $5 WHERE business = $1 AND hash = $2 AND subject = $3`,
		i.Business, i.Hash, i.Subject, micros(i.LeftAt), i.LeftEvent)
}

const identifierColumns = `business, hash, kind, subject, scope, sealed, event, seen_at, left_at, left_event`

func scanIdentifier(scan func(...any) error) (i subject.Identifier, err error) {
	var at, left int64
	err = scan(&i.Business, &i.Hash, &i.Kind, &i.Subject, &i.Scope, &i.Sealed, &i.Event, &at, &left, &i.LeftEvent)
	i.SeenAt, i.LeftAt = instant(at), instant(left)
	return i, err
}

// IdentifierByHash returns the identifier of the business with the keyed hash.
func (t *Tx) IdentifierByHash(ctx context.Context, business string, hash []byte) (subject.Identifier, bool, error) {
	i, err := scanIdentifier(t.queryRow(ctx, `SELECT `+identifierColumns+` FROM identifiers WHERE business = $1 AND hash = $2`, business, hash).Scan)
	ok, err := found(err)
	return i, ok, err
}

// Flagged returns those of the hashes under which the business knows somebody who
// stopped marketing in WhatsApp itself, whether that is sure or not.
func (t *Tx) Flagged(ctx context.Context, business string, hashes [][]byte) ([][]byte, error) {
	return t.among(ctx, `SELECT i.hash FROM identifiers i JOIN subjects s ON s.id = i.subject WHERE i.business = $1 AND s.platform <> '' AND i.hash IN (`+in(2, hashesAtOnce)+`)`, hashes, business)
}

// IdentifiersOf returns what a person is known by.
func (t *Tx) IdentifiersOf(ctx context.Context, subjectID string) (is []subject.Identifier, err error) {
	rows, err := t.query(ctx, `SELECT `+identifierColumns+` FROM identifiers WHERE subject = $1 ORDER BY kind, hash`, subjectID)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		i, err := scanIdentifier(scan)
		is = append(is, i)
		return err
	})
	return is, err
}

// InsertSuppression keeps a stop. It is never changed; EndSuppression adds to it.
func (t *Tx) InsertSuppression(ctx context.Context, s subject.Suppression) error {
	_, err := t.exec(ctx, `INSERT INTO suppressions (id, business, subject, scope, purpose, reason, at, salt, event) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		s.ID, s.Business, s.Subject, string(s.Scope), s.Purpose, string(s.Reason), micros(s.At), s.Salt, s.Event)
	if err != nil {
		return err
	}
	for _, hash := range s.Hashes {
		if _, err := t.exec(ctx, `INSERT INTO suppression_hashes (hash, suppression) VALUES ($1, $2) ON CONFLICT (hash, suppression) DO NOTHING`, hash, s.ID); err != nil {
			return err
		}
	}
	for _, purpose := range s.Ended {
		if err := t.EndSuppression(ctx, s.ID, purpose, s.Event); err != nil {
			return err
		}
	}
	return nil
}

// EndSuppression records that a later act ended a suppression for a purpose.
func (t *Tx) EndSuppression(ctx context.Context, id, purpose, event string) error {
	_, err := t.exec(ctx, `INSERT INTO suppression_ends (suppression, purpose, event) VALUES ($1, $2, $3) ON CONFLICT (suppression, purpose) DO NOTHING`, id, purpose, event)
	return err
}

// SuppressionsByHash returns the suppressions of the business that any of the
// hashes falls under, oldest first, each once and without its hashes.
func (t *Tx) SuppressionsByHash(ctx context.Context, business string, hashes [][]byte) ([]subject.Suppression, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	args := []any{business}
	for _, h := range hashes {
		args = append(args, h)
	}
	return t.suppressions(ctx, `SELECT s.id, s.business, s.subject, s.scope, s.purpose, s.reason, s.at, s.salt, s.event, COALESCE(e.purpose, '')
		FROM suppressions s LEFT JOIN suppression_ends e ON e.suppression = s.id
		WHERE s.business = $1 AND s.id IN (SELECT suppression FROM suppression_hashes WHERE hash IN (`+in(2, len(hashes))+`))
		ORDER BY s.at, s.id, COALESCE(e.purpose, '')`, args...)
}

// SuppressionsOf returns the suppressions that acts of the person made.
func (t *Tx) SuppressionsOf(ctx context.Context, subjectID string) ([]subject.Suppression, error) {
	return t.suppressions(ctx, `SELECT s.id, s.business, s.subject, s.scope, s.purpose, s.reason, s.at, s.salt, s.event, COALESCE(e.purpose, '')
		FROM suppressions s LEFT JOIN suppression_ends e ON e.suppression = s.id
		WHERE s.subject = $1 ORDER BY s.at, s.id, COALESCE(e.purpose, '')`, subjectID)
}

func (t *Tx) suppressions(ctx context.Context, query string, args ...any) (list []subject.Suppression, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var s subject.Suppression
		var at int64
		var ended string
		if err := scan(&s.ID, &s.Business, &s.Subject, &s.Scope, &s.Purpose, &s.Reason, &at, &s.Salt, &s.Event, &ended); err != nil {
			return err
		}
		s.At = instant(at)
		if n := len(list); n == 0 || list[n-1].ID != s.ID {
			list = append(list, s)
		}
		if ended != "" {
			last := &list[len(list)-1]
			last.Ended = append(last.Ended, ended)
		}
		return nil
	})
	return list, err
}
