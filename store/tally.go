package store

import (
	"context"

	"assent/consent"
	"assent/ledger"
	"assent/records"
)

// Tally counts what an audit must meet, and what hangs in the air, all of one
// state of the database.
func (t *Tx) Tally(ctx context.Context) (n records.Tally, err error) {
	if err := t.queryRow(ctx, `SELECT edge FROM log_head WHERE id = 1`).Scan(&n.Edge); err != nil {
		return n, err
	}
	for _, c := range []struct {
		dst   *int64
		query string
	}{
		{&n.Events, `SELECT count(*) FROM events`},
		{&n.Leaves, `SELECT count(*) FROM leaves`},
		{&n.Nodes, `SELECT count(*) FROM nodes`},
		{&n.Subjects, `SELECT count(*) FROM subjects`},
		{&n.StrayEvents, `SELECT count(*) FROM events e WHERE e.subject <> '' AND NOT EXISTS (SELECT 1 FROM subjects s WHERE s.id = e.subject)`},
		{&n.StrayConsents, `SELECT count(*) FROM consents c WHERE NOT EXISTS (SELECT 1 FROM subjects s WHERE s.id = c.subject)`},
		{&n.StrayIdentifiers, `SELECT count(*) FROM identifiers i WHERE NOT EXISTS (SELECT 1 FROM subjects s WHERE s.id = i.subject)`},
		{&n.StraySuppressions, `SELECT count(*) FROM suppressions p WHERE NOT EXISTS (SELECT 1 FROM subjects s WHERE s.id = p.subject)`},
		{&n.StrayHashes, `SELECT count(*) FROM suppression_hashes h WHERE NOT EXISTS (SELECT 1 FROM suppressions p WHERE p.id = h.suppression)`},
		{&n.StrayEnds, `SELECT count(*) FROM suppression_ends x WHERE NOT EXISTS (SELECT 1 FROM suppressions p WHERE p.id = x.suppression)`},
		{&n.StrayAnchors, `SELECT count(*) FROM anchors a WHERE NOT EXISTS (SELECT 1 FROM parties p WHERE p.id = a.party)`},
	} {
		if err := t.queryRow(ctx, c.query).Scan(c.dst); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Leaves returns up to limit leaves from n on.
func (t *Tx) Leaves(ctx context.Context, n int64, limit int) (list []records.Leaf, err error) {
	rows, err := t.query(ctx, `SELECT n, event, hash FROM leaves WHERE n >= $1 ORDER BY n LIMIT $2`, n, limit)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var l records.Leaf
		err := scan(&l.N, &l.Event, &l.Hash)
		list = append(list, l)
		return err
	})
	return list, err
}

// Node returns a stored node of the tree, or nil.
func (t *Tx) Node(ctx context.Context, level int, n int64) (hash []byte, err error) {
	_, err = found(t.queryRow(ctx, `SELECT hash FROM nodes WHERE level = $1 AND n = $2`, level, n).Scan(&hash))
	return hash, err
}

// ConsentStates returns the states of a person's consents as their rows say
// them, by the consents' ids.
func (t *Tx) ConsentStates(ctx context.Context, subjectID string) (map[string]consent.State, error) {
	states := map[string]consent.State{}
	rows, err := t.query(ctx, `SELECT id, state FROM consents WHERE subject = $1 ORDER BY id`, subjectID)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var id, state string
		err := scan(&id, &state)
		states[id] = consent.State(state)
		return err
	})
	return states, err
}

// SuppressionDetail returns the hashes of a suppression and its ends.
func (t *Tx) SuppressionDetail(ctx context.Context, id string) (hashes [][]byte, ends []records.End, err error) {
	rows, err := t.query(ctx, `SELECT hash FROM suppression_hashes WHERE suppression = $1 ORDER BY hash`, id)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var h []byte
		err := scan(&h)
		hashes = append(hashes, h)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	rows, err = t.query(ctx, `SELECT purpose, event FROM suppression_ends WHERE suppression = $1 ORDER BY purpose`, id)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var e records.End
		err := scan(&e.Purpose, &e.Event)
		ends = append(ends, e)
		return err
	})
	return hashes, ends, err
}

// ShownAfter returns the shown text behind the hash, in the order of hashes, or
// false: one at a time, for a text may be large.
func (t *Tx) ShownAfter(ctx context.Context, sha256 string) (s records.ShownRow, ok bool, err error) {
	var at int64
	ok, err = found(t.queryRow(ctx, `SELECT sha256, kind, content_type, body, created_at FROM shown_texts WHERE sha256 > $1 ORDER BY sha256 LIMIT 1`, sha256).
		Scan(&s.SHA256, &s.Kind, &s.ContentType, &s.Body, &at))
	s.CreatedAt = instant(at)
	return s, ok, err
}

// ShownKind returns what kind of text has the hash, or false.
func (t *Tx) ShownKind(ctx context.Context, sha256 string) (kind string, ok bool, err error) {
	ok, err = found(t.queryRow(ctx, `SELECT kind FROM shown_texts WHERE sha256 = $1`, sha256).Scan(&kind))
	return kind, ok, err
}

// VersionsAfter returns up to limit funnel versions behind the id, as kept.
func (t *Tx) VersionsAfter(ctx context.Context, id string, limit int) (list []records.VersionRow, err error) {
	rows, err := t.query(ctx, `SELECT id, funnel, number, doc, event, published_at FROM funnel_versions WHERE id > $1 ORDER BY id LIMIT $2`, id, limit)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var v records.VersionRow
		var doc string
		var at int64
		err := scan(&v.ID, &v.Funnel, &v.Number, &doc, &v.Event, &at)
		v.Doc, v.PublishedAt = []byte(doc), instant(at)
		list = append(list, v)
		return err
	})
	return list, err
}

var _ ledger.Hashes = (*Tx)(nil)
