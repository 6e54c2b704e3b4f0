package store

import (
	"context"

	"assent/subject"
)

// InsertParting keeps that an operator said that two are not the same person.
func (t *Tx) InsertParting(ctx context.Context, p subject.Parting) error {
	_, err := t.exec(ctx, `INSERT INTO partings (event, business, subject, other, other_event, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		p.Event, p.Business, p.Subject, p.Other, p.OtherEvent, micros(p.At))
	return err
}

// PartingsOf returns the partings in which the subject was one of the two,
// oldest first.
func (t *Tx) PartingsOf(ctx context.Context, subjectID string) (list []subject.Parting, err error) {
	return t.partings(ctx, `SELECT event, business, subject, other, other_event, at FROM partings WHERE subject = $1
		UNION ALL SELECT event, business, subject, other, other_event, at FROM partings WHERE other = $1 ORDER BY 6, 1`, subjectID)
}

// PartingsAfter returns up to limit partings behind the event's id.
func (t *Tx) PartingsAfter(ctx context.Context, event string, limit int) ([]subject.Parting, error) {
	return t.partings(ctx, `SELECT event, business, subject, other, other_event, at FROM partings WHERE event > $1 ORDER BY event LIMIT $2`, event, limit)
}

func (t *Tx) partings(ctx context.Context, query string, args ...any) (list []subject.Parting, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var p subject.Parting
		var at int64
		err := scan(&p.Event, &p.Business, &p.Subject, &p.Other, &p.OtherEvent, &at)
		p.At = instant(at)
		list = append(list, p)
		return err
	})
	return list, err
}
