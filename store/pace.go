package store

import (
	"context"
	"time"
)

// pauseAgain is within which time after a pause a further one is longer.
const pauseAgain = time.Minute

// longestPause bounds what grows with each further pause.
const longestPause = time.Hour

// Pause lets something rest. Where its last pause ended less than a minute ago,
// this one is four times as long, up to an hour.
func (t *Tx) Pause(ctx context.Context, about string, rest time.Duration, code int, now time.Time) error {
	var until, n int64
	ok, err := found(t.queryRow(ctx, `SELECT until_at, n FROM send_pauses WHERE about = $1`, about).Scan(&until, &n))
	if err != nil {
		return err
	}
	if ok && instant(until).Add(pauseAgain).After(now) {
		n++
	} else {
		n = 0
	}
	for i := int64(0); i < n && rest < longestPause; i++ {
		rest = min(4*rest, longestPause)
	}
	_, err = t.exec(ctx, `INSERT INTO send_pauses (about, until_at, n, code) VALUES ($1, $2, $3, $4)
		ON CONFLICT (about) DO UPDATE SET until_at = CASE WHEN send_pauses.until_at > $2 THEN send_pauses.until_at ELSE $2 END, n = $3, code = $4`,
		about, micros(now.Add(rest)), n, code)
	return err
}

// PausedUntil returns until when any of what is named rests; zero for nothing.
func (t *Tx) PausedUntil(ctx context.Context, about []string) (time.Time, error) {
	var us int64
	err := t.queryRow(ctx, `SELECT COALESCE(MAX(until_at), 0) FROM send_pauses WHERE about IN (`+in(1, len(about))+`)`, texts(about)...).Scan(&us)
	return instant(us), err
}

// TakeTurn takes the next turn of something that may happen once in each pace,
// and returns when that is. Up to burst turns may lie ahead of their time.
func (t *Tx) TakeTurn(ctx context.Context, about string, pace time.Duration, burst int, now time.Time) (time.Time, error) {
	var us int64
	err := t.queryRow(ctx, `INSERT INTO send_turns (about, at) VALUES ($1, $2)
		ON CONFLICT (about) DO UPDATE SET at = CASE WHEN send_turns.at > $3 THEN send_turns.at + $4 ELSE $2 END RETURNING at`,
		about, micros(now.Add(pace)), micros(now), pace.Microseconds()).Scan(&us)
	return turn(us, pace, burst), err
}

// NextTurn returns when the next turn is, and takes none.
func (t *Tx) NextTurn(ctx context.Context, about string, burst int, pace time.Duration) (time.Time, error) {
	var us int64
	ok, err := found(t.queryRow(ctx, `SELECT at FROM send_turns WHERE about = $1`, about).Scan(&us))
	if !ok {
		return time.Time{}, err
	}
	return turn(us+pace.Microseconds(), pace, burst), nil
}

// turn is when a turn may be used after which the next one begins at us.
func turn(us int64, pace time.Duration, burst int) time.Time {
	return instant(us).Add(-time.Duration(1+burst) * pace)
}

// TakeShare counts a person to whom a portfolio writes first, who is counted once
// in a day, and reports whether the limit allows it. If not, it returns when the
// oldest share ends; a negative limit is none.
func (t *Tx) TakeShare(ctx context.Context, portfolio string, hash []byte, limit int, now time.Time) (ok bool, free time.Time, err error) {
	from := micros(now.Add(-24 * time.Hour))
	if known, err := t.has(ctx, `SELECT count(*) FROM send_shares WHERE portfolio = $1 AND hash = $2 AND at > $3`, portfolio, hash, from); known || err != nil {
		return known, free, err
	}
	if limit >= 0 {
		var n int
		var oldest int64
		if err := t.queryRow(ctx, `SELECT count(*), COALESCE(MIN(at), 0) FROM send_shares WHERE portfolio = $1 AND at > $2`, portfolio, from).Scan(&n, &oldest); err != nil {
			return false, free, err
		}
		if n >= limit {
			return false, instant(oldest).Add(24 * time.Hour), nil
		}
	}
	_, err = t.exec(ctx, `INSERT INTO send_shares (portfolio, hash, at) VALUES ($1, $2, $3) ON CONFLICT (portfolio, hash) DO UPDATE SET at = $3`, portfolio, hash, micros(now))
	return err == nil, free, err
}

// DropPace forgets turns, pauses, shares and counts that bind nobody any more.
func (t *Tx) DropPace(ctx context.Context, now time.Time) error {
	for q, before := range map[string]time.Time{
		`DELETE FROM send_turns WHERE at < $1`:          now,
		`DELETE FROM send_pauses WHERE until_at < $1`:   now.Add(-pauseAgain),
		`DELETE FROM send_shares WHERE at < $1`:         now.Add(-24 * time.Hour),
		`DELETE FROM limit_counts WHERE until_at <= $1`: now,
	} {
		if _, err := t.exec(ctx, q, micros(before)); err != nil {
			return err
		}
	}
	return nil
}
