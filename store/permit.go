package store

import (
	"context"
	"database/sql"
	"time"

	"assent/consent"
	"assent/permit"
)

// padded returns the hashes as arguments behind the first ones, repeated up to
// a power of two, so that few statements are prepared.
func padded(hashes [][]byte, first ...any) (args []any, n int) {
	n = 1
	for n < len(hashes) {
		n *= 2
	}
	args = append(make([]any, 0, len(first)+n), first...)
	for i := range n {
		args = append(args, hashes[min(i, len(hashes)-1)])
	}
	return args, n
}

// Standings returns who the hashes lead to and where they stand. It reads few
// columns, for each costs the driver as much as a row.
func (t *Tx) Standings(ctx context.Context, business string, hashes [][]byte, purpose string) (list []permit.Standing, err error) {
	args, n := padded(hashes, business, purpose)
	rows, err := t.run.query(ctx, `SELECT i.hash, s.platform, s.reassigned, c.id, c.purpose, c.simulated, c.grade,
			c.first_at, c.given_at, c.until_at, c.ended_at, c.end_state, c.refused_at, c.held_at
		FROM identifiers i JOIN subjects s ON s.id = i.subject LEFT JOIN consents c ON c.subject = s.id AND ($2 = '' OR c.purpose = $2)
		WHERE i.business = $1 AND i.hash IN (`+in(3, n)+`)`, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var st permit.Standing
		var hash sql.RawBytes
		var id, key, grade, end sql.NullString
		var simulated sql.NullBool
		var first, given, until, ended, refused, held sql.NullInt64
		if err := scan(&hash, &st.Platform, &st.Reassigned, &id, &key, &simulated, &grade, &first, &given, &until, &ended, &end, &refused, &held); err != nil {
			return err
		}
		copy(st.Hash[:], hash)
		st.ConsentID, st.Purpose, st.Simulated = id.String, key.String, simulated.Bool
		st.Position = consent.Position{
			Grade: consent.Grade(grade.String), End: consent.State(end.String), FirstAt: instant(first.Int64), GivenAt: instant(given.Int64),
			Until: instant(until.Int64), EndedAt: instant(ended.Int64), RefusedAt: instant(refused.Int64), HeldAt: instant(held.Int64),
		}
		list = append(list, st)
		return nil
	})
	return list, err
}

// Stops returns the suppressions that the hashes fall under, without what the
// decision does not need.
func (t *Tx) Stops(ctx context.Context, business string, hashes [][]byte) (list []permit.Stop, err error) {
	args, n := padded(hashes, business)
	rows, err := t.run.query(ctx, `SELECT h.hash, s.id, s.scope, s.purpose, COALESCE(e.purpose, '')
		FROM suppression_hashes h JOIN suppressions s ON s.id = h.suppression LEFT JOIN suppression_ends e ON e.suppression = s.id
		WHERE s.business = $1 AND h.hash IN (`+in(2, n)+`) ORDER BY h.hash, s.id, COALESCE(e.purpose, '')`, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var st permit.Stop
		var hash []byte
		var ended string
		if err := scan(&hash, &st.ID, &st.Scope, &st.Purpose, &ended); err != nil {
			return err
		}
		copy(st.Hash[:], hash)
		if n := len(list); n == 0 || list[n-1].ID != st.ID || list[n-1].Hash != st.Hash {
			list = append(list, st)
		}
		if ended != "" {
			last := &list[len(list)-1]
			last.Ended = append(last.Ended, ended)
		}
		return nil
	})
	return list, err
}

// PendingLines returns those of the hashes for which an open request waits.
func (t *Tx) PendingLines(ctx context.Context, business string, hashes [][]byte, now time.Time) (lines [][]byte, err error) {
	const most = 256
	for len(hashes) > 0 {
		part := hashes[:min(len(hashes), most)]
		hashes = hashes[len(part):]
		args, n := padded(part, business, micros(now))
		rows, err := t.run.query(ctx, `SELECT DISTINCT line FROM requests WHERE business = $1 AND expires_at > $2 AND state = 'requested' AND line IN (`+in(3, n)+`)`, args...)
		err = eachRow(rows, err, func(scan func(...any) error) error {
			var line []byte
			if err := scan(&line); err != nil {
				return err
			}
			lines = append(lines, line)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return lines, nil
}
