package store

import (
	"context"
	"time"

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

// Standings returns who the hashes lead to and where they stand.
func (t *Tx) Standings(ctx context.Context, business string, hashes [][]byte) (list []permit.Standing, err error) {
	args, n := padded(hashes, business)
	rows, err := t.run.query(ctx, `SELECT i.hash, s.id, s.platform, s.reassigned, `+standingColumns+`
		FROM identifiers i JOIN subjects s ON s.id = i.subject LEFT JOIN consents c ON c.subject = s.id
		WHERE i.business = $1 AND i.hash IN (`+in(2, n)+`)`, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var st permit.Standing
		var hash []byte
		dest, finish := consentDest(&st.Consent)
		if err := scan(append([]any{&hash, &st.Subject, &st.Platform, &st.Reassigned}, dest...)...); err != nil {
			return err
		}
		finish()
		copy(st.Hash[:], hash)
		list = append(list, st)
		return nil
	})
	return list, err
}

// standingColumns are consentColumns of a consent that may be absent.
const standingColumns = `COALESCE(c.id, ''), COALESCE(c.business, ''), COALESCE(c.subject, ''), COALESCE(c.purpose, ''), COALESCE(c.scope, ''), COALESCE(c.simulated, false), COALESCE(c.version, ''), COALESCE(c.lang, ''),
	COALESCE(c.first_at, 0), COALESCE(c.given_at, 0), COALESCE(c.given_event, ''), COALESCE(c.grade, ''), COALESCE(c.basis, ''), COALESCE(c.until_at, 0), COALESCE(c.ended_at, 0), COALESCE(c.ended_event, ''), COALESCE(c.end_state, ''), COALESCE(c.refused_at, 0), COALESCE(c.held_at, 0), COALESCE(c.changed_at, 0)`

// Stops returns the suppressions that the hashes fall under.
func (t *Tx) Stops(ctx context.Context, business string, hashes [][]byte) (list []permit.Stop, err error) {
	args, n := padded(hashes, business)
	rows, err := t.run.query(ctx, `SELECT h.hash, s.id, s.scope, s.purpose, s.reason, COALESCE(e.purpose, '')
		FROM suppression_hashes h JOIN suppressions s ON s.id = h.suppression LEFT JOIN suppression_ends e ON e.suppression = s.id
		WHERE s.business = $1 AND h.hash IN (`+in(2, n)+`) ORDER BY h.hash, s.id, COALESCE(e.purpose, '')`, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var st permit.Stop
		var hash []byte
		var ended string
		if err := scan(&hash, &st.ID, &st.Scope, &st.Purpose, &st.Reason, &ended); err != nil {
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
