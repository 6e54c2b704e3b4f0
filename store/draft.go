package store

import (
	"context"
	"encoding/json"

	"assent/business"
	"assent/funnel"
)

// InsertDraft keeps a new draft. Where its funnel has one already, that is a
// conflict.
func (t *Tx) InsertDraft(ctx context.Context, d funnel.Draft) error {
	doc, err := json.Marshal(d.Version)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO funnel_drafts (id, business, funnel, doc, revision, author, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		d.ID, d.Business, d.Funnel, string(doc), d.Revision, d.Author, micros(d.ChangedAt))
	return err
}

// SetDraft replaces a draft that is still at the revision; else it is stale.
func (t *Tx) SetDraft(ctx context.Context, d funnel.Draft, was int) error {
	doc, err := json.Marshal(d.Version)
	if err != nil {
		return err
	}
	return t.one(ctx, `UPDATE funnel_drafts SET doc = $3, revision = $4, author = $5, changed_at = $6 WHERE id = $1 AND revision = $2`,
		d.ID, was, string(doc), d.Revision, d.Author, micros(d.ChangedAt))
}

// DeleteDraft deletes a draft that is still at the revision; else it is stale.
func (t *Tx) DeleteDraft(ctx context.Context, id string, revision int) error {
	return t.one(ctx, `DELETE FROM funnel_drafts WHERE id = $1 AND revision = $2`, id, revision)
}

// Drafts returns the drafts of a business, oldest first.
func (t *Tx) Drafts(ctx context.Context, businessID string) (ds []funnel.Draft, err error) {
	rows, err := t.query(ctx, `SELECT id, business, funnel, doc, revision, author, changed_at FROM funnel_drafts WHERE business = $1 ORDER BY id`, businessID)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var d funnel.Draft
		var doc string
		var at int64
		if err := scan(&d.ID, &d.Business, &d.Funnel, &doc, &d.Revision, &d.Author, &at); err != nil {
			return err
		}
		d.ChangedAt = instant(at)
		if err := json.Unmarshal([]byte(doc), &d.Version); err != nil {
			return err
		}
		ds = append(ds, d)
		return nil
	})
	return ds, err
}

// EditBusiness changes what a business says of itself. Where somebody else
// changes it at the same moment, that is stale.
func (t *Tx) EditBusiness(ctx context.Context, id string, edit func(*business.Business) error) error {
	var doc string
	if err := t.queryRow(ctx, `SELECT doc FROM businesses WHERE id = $1`, id).Scan(&doc); err != nil {
		return err
	}
	var b business.Business
	if err := json.Unmarshal([]byte(doc), &b); err != nil {
		return err
	}
	if err := edit(&b); err != nil {
		return err
	}
	next, err := json.Marshal(b)
	if err != nil {
		return err
	}
	t.Notify(TopicDirectory)
	return t.one(ctx, `UPDATE businesses SET doc = $2 WHERE id = $1 AND doc = $3`, id, string(next), doc)
}
