package store

import (
	"context"

	"assent/records"
)

// SubjectIDs returns up to limit ids of people behind the id, in their order.
func (t *Tx) SubjectIDs(ctx context.Context, after string, limit int) ([]string, error) {
	return t.subjectIDs(ctx, `SELECT id FROM subjects WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// Crowd reads everything that is kept of the people whose ids lie between the
// two, these included, as a few queries over ranges.
func (t *Tx) Crowd(ctx context.Context, first, last string) (c records.Crowd, err error) {
	for _, read := range []func(context.Context, *records.Crowd, string, string) error{
		t.crowdSubjects, t.crowdMerged, t.crowdEvents, t.crowdConsents, t.crowdIdentifiers, t.crowdSuppressions,
	} {
		if err := read(ctx, &c, first, last); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (t *Tx) crowdSubjects(ctx context.Context, c *records.Crowd, first, last string) error {
	rows, err := t.query(ctx, `SELECT `+subjectColumns+` FROM subjects WHERE id >= $1 AND id <= $2 ORDER BY id`, first, last)
	return eachRow(rows, err, func(scan func(...any) error) error {
		s, err := scanSubject(scan)
		c.Subjects = append(c.Subjects, s)
		return err
	})
}

func (t *Tx) crowdMerged(ctx context.Context, c *records.Crowd, first, last string) error {
	rows, err := t.query(ctx, `SELECT merged_into, id FROM subjects WHERE merged_into >= $1 AND merged_into <= $2 AND merged_into <> '' ORDER BY merged_into, id`, first, last)
	return eachRow(rows, err, func(scan func(...any) error) error {
		var m records.Merged
		err := scan(&m.Into, &m.ID)
		c.Merged = append(c.Merged, m)
		return err
	})
}

func (t *Tx) crowdEvents(ctx context.Context, c *records.Crowd, first, last string) (err error) {
	c.Events, err = t.events(ctx, `SELECT `+eventColumns+`, l.n FROM events e JOIN leaves l ON l.event = e.id
		WHERE e.subject >= $1 AND e.subject <= $2 AND e.subject <> '' ORDER BY e.subject, e.seq, e.id`, first, last)
	return err
}

func (t *Tx) crowdConsents(ctx context.Context, c *records.Crowd, first, last string) error {
	rows, err := t.query(ctx, `SELECT `+consentColumns+`, c.state FROM consents c WHERE c.subject >= $1 AND c.subject <= $2 ORDER BY c.subject, c.purpose`, first, last)
	return eachRow(rows, err, func(scan func(...any) error) error {
		var row records.ConsentRow
		dest, finish := consentDest(&row.Consent)
		err := scan(append(dest, &row.Stored)...)
		finish()
		c.Consents = append(c.Consents, row)
		return err
	})
}

func (t *Tx) crowdIdentifiers(ctx context.Context, c *records.Crowd, first, last string) error {
	rows, err := t.query(ctx, `SELECT `+identifierColumns+` FROM identifiers WHERE subject >= $1 AND subject <= $2 ORDER BY subject, kind, hash`, first, last)
	return eachRow(rows, err, func(scan func(...any) error) error {
		i, err := scanIdentifier(scan)
		c.Identifiers = append(c.Identifiers, i)
		return err
	})
}

func (t *Tx) crowdSuppressions(ctx context.Context, c *records.Crowd, first, last string) (err error) {
	c.Suppressions, err = t.suppressions(ctx, `SELECT s.id, s.business, s.subject, s.scope, s.purpose, s.reason, s.at, s.salt, s.event, COALESCE(e.purpose, '')
		FROM suppressions s LEFT JOIN suppression_ends e ON e.suppression = s.id
		WHERE s.subject >= $1 AND s.subject <= $2 ORDER BY s.subject, s.at, s.id, COALESCE(e.purpose, '')`, first, last)
	return err
}

// SuppressingHashes returns those of the hashes that any suppression of any
// business falls under, each once.
func (t *Tx) SuppressingHashes(ctx context.Context, hashes [][]byte) (list [][]byte, err error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	// A statement for every count would be prepared and kept: some hashes are
	// asked for twice instead.
	args := make([]any, (len(hashes)+hashStep-1)/hashStep*hashStep)
	for i := range args {
		args[i] = hashes[min(i, len(hashes)-1)]
	}
	rows, err := t.query(ctx, `SELECT DISTINCT hash FROM suppression_hashes WHERE hash IN (`+in(1, len(args))+`) ORDER BY hash`, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var h []byte
		err := scan(&h)
		list = append(list, h)
		return err
	})
	return list, err
}

// hashStep is how many hashes more or less make another statement.
const hashStep = 100
