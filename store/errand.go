package store

import (
	"context"

	"assent/job"
	"assent/optin"
	"assent/subject"
)

// InsertErrand keeps what WhatsApp is to be asked about a person, and the job
// that asks.
func (t *Tx) InsertErrand(ctx context.Context, e subject.Errand) error {
	_, err := t.exec(ctx, `INSERT INTO errands (id, business, sender, subject, kind, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.ID, e.Business, e.Sender, e.Subject, string(e.Kind), e.Sealed, micros(e.CreatedAt))
	if err != nil {
		return err
	}
	return t.Enqueue(ctx, job.Job{ID: e.ID, Kind: optin.JobErrand, Ref: e.ID, RunAt: e.RunAt})
}

// Errand returns the errand with the id, or false where it was done.
func (t *Tx) Errand(ctx context.Context, id string) (e subject.Errand, ok bool, err error) {
	var at int64
	err = t.queryRow(ctx, `SELECT id, business, sender, subject, kind, sealed, created_at FROM errands WHERE id = $1`, id).
		Scan(&e.ID, &e.Business, &e.Sender, &e.Subject, &e.Kind, &e.Sealed, &at)
	e.CreatedAt = instant(at)
	ok, err = found(err)
	return e, ok, err
}

// DropErrandsOf forgets the errands of the kind about a person, which nobody wants any
// more. A job that is left finds nothing.
func (t *Tx) DropErrandsOf(ctx context.Context, subjectID string, kind subject.ErrandKind) error {
	_, err := t.exec(ctx, `DELETE FROM errands WHERE subject = $1 AND subject <> '' AND kind = $2`, subjectID, string(kind))
	return err
}

// DropErrand forgets an errand that is done or given up, and whom it was about.
func (t *Tx) DropErrand(ctx context.Context, id string) error {
	t.Fold()
	_, err := t.exec(ctx, `DELETE FROM errands WHERE id = $1`, id)
	return err
}
