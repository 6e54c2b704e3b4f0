package store

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"strconv"

	"assent/consent"
	"assent/permit"
	"assent/subject"
)

// The kinds of rows that Facts reads in one statement, beside standings.
const (
	stopRow    = 2
	pendingRow = 3
)

// Facts returns where the people behind the hashes stand, and what may stand
// against a message to them. One statement reads it all, few columns wide: a
// statement costs the driver as much as many rows, a column as much as a row, and
// a thousand parameters more than all rows. So the hashes come in one.
func (t *Tx) Facts(ctx context.Context, q permit.Query) (list []permit.Standing, stops []permit.Stop, pending [][]byte, err error) {
	asked := joined(q.Hashes, q.Stops, q.Lines)
	if len(asked) == 0 {
		return nil, nil, nil, nil
	}
	blob := t.dialect.bytes("$4")
	stopsFrom, linesFrom := len(q.Hashes), len(q.Hashes)+len(q.Stops)
	args := []any{q.Business, q.Purpose, micros(q.Now), asked, stopsFrom, linesFrom, len(asked) / hashSize}
	kin := ""
	for _, id := range q.Kin {
		args = append(args, id)
		kin += ", $" + strconv.Itoa(len(args))
	}
	rows, err := t.run.query(ctx, `WITH RECURSIVE asked (n, hash) AS (
			SELECT 1, substr(`+blob+`, 1, 32) UNION ALL SELECT n + 1, substr(`+blob+`, n * 32 + 1, 32) FROM asked WHERE n < $7)
		SELECT 1, i.hash, s.platform, s.reassigned OR i.left_at > 0, COALESCE(c.id, ''), COALESCE(c.purpose, ''), COALESCE(c.simulated, FALSE), COALESCE(c.grade, ''),
			COALESCE(c.end_state, ''), COALESCE(c.first_at, 0), COALESCE(c.given_at, 0), COALESCE(c.until_at, 0), COALESCE(c.ended_at, 0), COALESCE(c.refused_at, 0), COALESCE(c.held_at, 0)
			FROM asked a CROSS JOIN identifiers i JOIN subjects s ON s.id = i.subject LEFT JOIN consents c ON c.subject = s.id AND ($2 = '' OR c.purpose = $2)
			WHERE a.n <= $5 AND i.business = $1 AND i.hash = a.hash
		UNION ALL
		SELECT 2, h.hash, s.scope, s.business <> $1, s.id, s.purpose, FALSE, COALESCE(e.purpose, ''), s.reason, s.at, 0, 0, 0, 0, 0
			FROM asked a CROSS JOIN suppression_hashes h JOIN suppressions s ON s.id = h.suppression LEFT JOIN suppression_ends e ON e.suppression = s.id
			WHERE a.n > $5 AND a.n <= $6 AND h.hash = a.hash AND s.business IN ($1`+kin+`)
		UNION ALL
		SELECT 3, r.line, '', FALSE, '', '', FALSE, '', '', 0, 0, 0, 0, 0, 0
			FROM asked a CROSS JOIN requests r
			WHERE a.n > $6 AND r.line = a.hash AND r.business = $1 AND r.expires_at > $3 AND r.state = 'requested'`,
		args...)
	index := map[string]int{} // one suppression has a row for each of its ends
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var kind int
		var hash sql.RawBytes
		var st permit.Standing
		var text, grade, end string
		var first, given, until, ended, refused, held int64
		if err := scan(&kind, &hash, &text, &st.Reassigned, &st.ConsentID, &st.Purpose, &st.Simulated, &grade, &end, &first, &given, &until, &ended, &refused, &held); err != nil {
			return err
		}
		switch kind {
		case pendingRow:
			pending = append(pending, bytes.Clone(hash))
			return nil
		case stopRow:
			key := st.ConsentID + string(hash)
			i, ok := index[key]
			if !ok {
				i = len(stops)
				index[key] = i
				stop := permit.Stop{Hash: [32]byte(hash)}
				stop.ID, stop.Scope, stop.Purpose, stop.Kin = st.ConsentID, consent.Scope(text), st.Purpose, st.Reassigned
				stop.Reason, stop.At = subject.Reason(end), instant(first)
				stops = append(stops, stop)
			}
			if grade != "" {
				stops[i].Ended = append(stops[i].Ended, grade)
			}
			return nil
		}
		st.Hash, st.Platform = [32]byte(hash), consent.PlatformFlag(text)
		st.Position = consent.Position{
			Grade: consent.Grade(grade), End: consent.State(end), FirstAt: instant(first), GivenAt: instant(given),
			Until: instant(until), EndedAt: instant(ended), RefusedAt: instant(refused), HeldAt: instant(held),
		}
		list = append(list, st)
		return nil
	})
	return list, stops, pending, err
}

const hashSize = 32

// joined puts hashes behind each other, each list in order of its hashes, for
// neighbours in an index share its pages.
func joined(lists ...[][]byte) (all []byte) {
	for _, list := range lists {
		slices.SortFunc(list, bytes.Compare)
		for _, h := range list {
			all = append(all, h...)
		}
	}
	return all
}
