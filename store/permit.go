package store

import (
	"context"
	"database/sql"
	"time"

	"assent/consent"
	"assent/permit"
)

// padded returns the hashes as arguments behind the first ones, repeated up to
// a power of two, so that few statements are prepared. Without any, a hash that
// nothing has stands for them.
func padded(hashes [][]byte, first ...any) (args []any, n int) {
	if len(hashes) == 0 {
		return append(first, []byte{0}), 1
	}
	n = 1
	for n < len(hashes) {
		n *= 2
	}
	args = append(make([]any, 0, len(first)+2*n), first...)
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

// Bars returns what may stand against a message: the suppressions that the
// hashes fall under, without what the decision does not need, and those of the
// lines for which an open request waits. One statement reads both.
func (t *Tx) Bars(ctx context.Context, business string, hashes, lines [][]byte, now time.Time) (stops []permit.Stop, pending [][]byte, err error) {
	args, n := padded(hashes, business, micros(now))
	more, m := padded(lines)
	rows, err := t.run.query(ctx, `SELECT h.hash, s.id, s.scope, s.purpose, COALESCE(e.purpose, '')
			FROM suppression_hashes h JOIN suppressions s ON s.id = h.suppression LEFT JOIN suppression_ends e ON e.suppression = s.id
			WHERE s.business = $1 AND h.hash IN (`+in(3, n)+`)
		UNION ALL
		SELECT line, '', '', '', '' FROM requests WHERE business = $1 AND expires_at > $2 AND state = 'requested' AND line IN (`+in(3+n, m)+`)`, append(args, more...)...)
	index := map[string]int{} // one suppression has a row for each of its ends
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var st permit.Stop
		var hash []byte
		var ended string
		if err := scan(&hash, &st.ID, &st.Scope, &st.Purpose, &ended); err != nil {
			return err
		}
		if st.ID == "" {
			pending = append(pending, hash)
			return nil
		}
		copy(st.Hash[:], hash)
		i, ok := index[st.ID+string(hash)]
		if !ok {
			i = len(stops)
			index[st.ID+string(hash)] = i
			stops = append(stops, st)
		}
		if ended != "" {
			stops[i].Ended = append(stops[i].Ended, ended)
		}
		return nil
	})
	return stops, pending, err
}
