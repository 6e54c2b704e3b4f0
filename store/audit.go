package store

import (
	"context"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/subject"
)

// ConsentsByID returns a page of the filter's consents by id, behind
// f.AfterID: an order that no change disturbs, so that a walk meets each once.
func (t *Tx) ConsentsByID(ctx context.Context, f consent.Filter) ([]consent.Consent, error) {
	where, args, some := chosen(f)
	if !some {
		return nil, nil
	}
	where += ` AND c.id > ` + in(len(args)+1, 1) + ` ORDER BY c.id LIMIT ` + in(len(args)+2, 1)
	return t.consents(ctx, where, append(args, f.AfterID, f.Limit)...)
}

// CountMatching returns how many consents the filter chooses.
func (t *Tx) CountMatching(ctx context.Context, f consent.Filter) (n int, err error) {
	where, args, some := chosen(f)
	if !some {
		return 0, nil
	}
	err = t.queryRow(ctx, `SELECT count(*) FROM consents c`+where, args...).Scan(&n)
	return n, err
}

// FindConsent returns the consent with the id, or false.
func (t *Tx) FindConsent(ctx context.Context, id string) (c consent.Consent, ok bool, err error) {
	c, err = t.Consent(ctx, id)
	ok, err = found(err)
	return c, ok, err
}

// FindSubject returns the person with the id, or false.
func (t *Tx) FindSubject(ctx context.Context, id string) (s subject.Subject, ok bool, err error) {
	s, err = t.Subject(ctx, id)
	ok, err = found(err)
	return s, ok, err
}

// FindEvent returns the event with the id, or false.
func (t *Tx) FindEvent(ctx context.Context, id string) (e evidence.Record, ok bool, err error) {
	e, err = scanEvent(t.queryRow(ctx, `SELECT `+eventColumns+` FROM events e WHERE e.id = $1`, id).Scan)
	ok, err = found(err)
	return e, ok, err
}

// FindShown returns the bytes with the hash, or false.
func (t *Tx) FindShown(ctx context.Context, sha256 string) (d funnel.Document, ok bool, err error) {
	d, err = t.Shown(ctx, sha256)
	ok, err = found(err)
	return d, ok, err
}

// WrappedKey returns the wrapped data key with the id: "s/" and a person's id,
// or "r/" and a request's. It is nil where there is none.
func (t *Tx) WrappedKey(ctx context.Context, id string) (wrapped []byte, err error) {
	if len(id) < 3 {
		return nil, nil
	}
	query := `SELECT wrapped FROM subjects WHERE id = $1`
	switch id[:2] {
	case "s/":
	case "r/":
		query = `SELECT wrapped FROM requests WHERE id = $1`
	default:
		return nil, nil
	}
	_, err = found(t.queryRow(ctx, query, id[2:]).Scan(&wrapped))
	return wrapped, err
}

// SubjectsMatching returns up to limit people behind the id who have a consent
// that the filter chooses, in the order of ids, each once.
func (t *Tx) SubjectsMatching(ctx context.Context, f consent.Filter, after string, limit int) (ids []string, err error) {
	where, args, some := chosen(f)
	if !some {
		return nil, nil
	}
	where += ` AND c.subject > ` + in(len(args)+1, 1) + ` ORDER BY c.subject LIMIT ` + in(len(args)+2, 1)
	rows, err := t.query(ctx, `SELECT DISTINCT c.subject FROM consents c`+where, append(args, after, limit)...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// ShownByPrefix returns a text of the kind whose hash begins with the digits,
// or false.
func (t *Tx) ShownByPrefix(ctx context.Context, kind, digits string) (d funnel.Document, ok bool, err error) {
	// Digits are hexadecimal, so all that begin with them sort before digits + "g".
	err = t.queryRow(ctx, `SELECT sha256, kind, content_type, body FROM shown_texts WHERE sha256 >= $1 AND sha256 < $2 AND kind = $3 ORDER BY sha256 LIMIT 1`,
		digits, digits+"g", kind).Scan(&d.SHA256, &d.Kind, &d.ContentType, &d.Body)
	ok, err = found(err)
	return d, ok, err
}
