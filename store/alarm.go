package store

import (
	"context"
	"time"

	"assent/business"
)

// RaiseAlarm opens an alarm, and reports whether it is new: where one of the
// business and kind is open about the same, that one is counted up instead.
func (t *Tx) RaiseAlarm(ctx context.Context, a business.Alarm, now time.Time) (fresh bool, err error) {
	_, err = t.exec(ctx, `INSERT INTO alarms (id, business, sender, kind, about, name, holds, code, detail, n, since, seen_at, resolved_at, resolved_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10, 0, '')
		ON CONFLICT (business, kind, about) WHERE resolved_at = 0 DO UPDATE SET n = alarms.n + 1, seen_at = $10, code = $8, detail = $9, holds = $7`,
		a.ID, a.Business, a.Sender, string(a.Kind), a.About, a.Name, string(a.Holds), a.Code, bounded(a.Detail), micros(now))
	if err != nil {
		return false, err
	}
	return t.has(ctx, `SELECT count(*) FROM alarms WHERE id = $1`, a.ID)
}

// ResolveAlarm closes an open alarm, and reports whether it was open.
func (t *Tx) ResolveAlarm(ctx context.Context, businessID, id, by string, now time.Time) (bool, error) {
	return t.inserted(ctx, `UPDATE alarms SET resolved_at = $4, resolved_by = $3 WHERE id = $1 AND business = $2 AND resolved_at = 0`, id, businessID, by, micros(now))
}

// ResolveAlarmsAbout closes the open alarms of the kind about something, whose
// cause is gone.
func (t *Tx) ResolveAlarmsAbout(ctx context.Context, kind business.AlarmKind, about string, now time.Time) error {
	_, err := t.exec(ctx, `UPDATE alarms SET resolved_at = $3, resolved_by = $4 WHERE kind = $1 AND about = $2 AND resolved_at = 0`, string(kind), about, micros(now), business.ByCause)
	return err
}

const alarmColumns = `id, business, sender, kind, about, name, holds, code, detail, n, since, seen_at, resolved_at, resolved_by`

// Alarms returns up to limit alarms of a business: the open ones first, and of
// each kind those that were seen last.
func (t *Tx) Alarms(ctx context.Context, businessID string, limit int) ([]business.Alarm, error) {
	return t.alarms(ctx, `SELECT `+alarmColumns+` FROM alarms WHERE business = $1
		ORDER BY CASE WHEN resolved_at = 0 THEN 0 ELSE 1 END, seen_at DESC, id LIMIT $2`, businessID, limit)
}

// OpenAlarms returns the open alarms of a business, those that were seen last
// first.
func (t *Tx) OpenAlarms(ctx context.Context, businessID string) ([]business.Alarm, error) {
	return t.alarms(ctx, `SELECT `+alarmColumns+` FROM alarms WHERE business = $1 AND resolved_at = 0 ORDER BY seen_at DESC, id`, businessID)
}

// HeldBy returns what open alarms about any of the keys hold: all, templates, or
// nothing.
func (t *Tx) HeldBy(ctx context.Context, about []string) (business.Holds, error) {
	list, err := t.alarms(ctx, `SELECT `+alarmColumns+` FROM alarms WHERE resolved_at = 0 AND holds <> '' AND about IN (`+in(1, len(about))+`) ORDER BY holds, id`, texts(about)...)
	if err != nil || len(list) == 0 {
		return business.HoldsNothing, err
	}
	return list[0].Holds, nil // "all" comes before "templates"
}

func (t *Tx) alarms(ctx context.Context, query string, args ...any) (list []business.Alarm, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var a business.Alarm
		var since, seen, resolved int64
		err := scan(&a.ID, &a.Business, &a.Sender, &a.Kind, &a.About, &a.Name, &a.Holds, &a.Code, &a.Detail, &a.Count, &since, &seen, &resolved, &a.ResolvedBy)
		a.Since, a.SeenAt, a.ResolvedAt = instant(since), instant(seen), instant(resolved)
		list = append(list, a)
		return err
	})
	return list, err
}

// texts are strings as arguments of a statement.
func texts(list []string) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = s
	}
	return args
}

// AccountState returns what Meta last said of a number or an account, as JSON,
// or nil.
func (t *Tx) AccountState(ctx context.Context, about string) ([]byte, error) {
	var doc string
	ok, err := found(t.queryRow(ctx, `SELECT doc FROM account_states WHERE about = $1`, about).Scan(&doc))
	if !ok {
		return nil, err
	}
	return []byte(doc), nil
}

// SetAccountState keeps what Meta said of a number or an account.
func (t *Tx) SetAccountState(ctx context.Context, about string, doc []byte, now time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO account_states (about, doc, changed_at) VALUES ($1, $2, $3) ON CONFLICT (about) DO UPDATE SET doc = $2, changed_at = $3`,
		about, string(doc), micros(now))
	return err
}
