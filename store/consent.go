package store

import (
	"context"

	"assent/consent"
)

const consentColumns = `c.id, c.business, c.subject, c.purpose, c.scope, c.simulated, c.version, c.lang, c.entry,
	c.first_at, c.given_at, c.given_event, c.grade, c.basis, c.until_at, c.ended_at, c.ended_event, c.end_state, c.refused_at, c.held_at, c.changed_at, c.hidden`

// consentDest returns where consentColumns are scanned to, and what finishes
// the consent after the scan.
func consentDest(c *consent.Consent) (dest []any, finish func()) {
	var first, given, until, ended, refused, held, changed int64
	p := &c.Position
	dest = []any{&c.ID, &c.Business, &c.Subject, &c.Purpose, &c.Scope, &c.Simulated, &c.Version, &c.Lang, &c.Entry,
		&first, &given, &p.GivenEvent, &p.Grade, &p.Basis, &until, &ended, &p.EndedEvent, &p.End, &refused, &held, &changed, &c.Hidden}
	return dest, func() {
		p.FirstAt, p.GivenAt, p.Until = instant(first), instant(given), instant(until)
		p.EndedAt, p.RefusedAt, p.HeldAt = instant(ended), instant(refused), instant(held)
		c.ChangedAt = instant(changed)
	}
}

func scanConsent(scan func(...any) error) (c consent.Consent, err error) {
	dest, finish := consentDest(&c)
	err = scan(dest...)
	finish()
	return c, err
}

// PutConsent keeps the projection of a person's acts on one purpose.
func (t *Tx) PutConsent(ctx context.Context, c consent.Consent) error {
	p := c.Position
	_, err := t.exec(ctx, `INSERT INTO consents (id, business, subject, purpose, scope, state, simulated, version, lang,
			first_at, given_at, given_event, grade, basis, until_at, ended_at, ended_event, end_state, refused_at, held_at, changed_at, hidden, entry)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT (subject, purpose) DO UPDATE SET state = excluded.state, simulated = excluded.simulated, version = excluded.version, lang = excluded.lang,
			first_at = excluded.first_at, given_at = excluded.given_at, given_event = excluded.given_event, grade = excluded.grade, basis = excluded.basis, until_at = excluded.until_at,
			ended_at = excluded.ended_at, ended_event = excluded.ended_event, end_state = excluded.end_state, refused_at = excluded.refused_at, held_at = excluded.held_at, changed_at = excluded.changed_at, hidden = excluded.hidden, entry = excluded.entry`,
		c.ID, c.Business, c.Subject, c.Purpose, string(c.Scope), string(p.State()), c.Simulated, c.Version, c.Lang,
		micros(p.FirstAt), micros(p.GivenAt), p.GivenEvent, string(p.Grade), string(p.Basis), micros(p.Until),
		micros(p.EndedAt), p.EndedEvent, string(p.End), micros(p.RefusedAt), micros(p.HeldAt), micros(c.ChangedAt), c.Hidden, c.Entry)
	return err
}

// DeleteConsents removes the projections of a person who turned out to be
// another one; their events stay, and count for that other.
func (t *Tx) DeleteConsents(ctx context.Context, subjectID string) error {
	_, err := t.exec(ctx, `DELETE FROM consents WHERE subject = $1`, subjectID)
	return err
}

// Consent returns the consent with the id.
func (t *Tx) Consent(ctx context.Context, id string) (consent.Consent, error) {
	return scanConsent(t.queryRow(ctx, `SELECT `+consentColumns+` FROM consents c WHERE c.id = $1`, id).Scan)
}

// ConsentsOf returns where a person stands on every purpose that they met.
func (t *Tx) ConsentsOf(ctx context.Context, subjectID string) (cs []consent.Consent, err error) {
	rows, err := t.query(ctx, `SELECT `+consentColumns+` FROM consents c WHERE c.subject = $1 ORDER BY c.purpose`, subjectID)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		c, err := scanConsent(scan)
		cs = append(cs, c)
		return err
	})
	return cs, err
}

// chosen returns the WHERE clause of a filter without its cursor, and the
// clause's arguments. Who is locked or erased is in no list. It reports whether any row can match.
func chosen(f consent.Filter) (where string, args []any, some bool) {
	where, args = ` WHERE c.business = $1 AND NOT c.hidden`, append(args, f.Business)
	and := func(column, value string) {
		if value != "" {
			args = append(args, value)
			where += ` AND ` + column + ` = ` + in(len(args), 1)
		}
	}
	and(`c.state`, string(f.State))
	and(`c.scope`, string(f.Scope))
	and(`c.purpose`, f.Purpose)
	if f.InForce {
		where += ` AND c.state IN ('given', 'renewed') AND (c.held_at = 0 OR c.held_at < c.given_at)`
	}
	if f.Funnel != "" {
		args = append(args, f.Funnel)
		where += ` AND c.version IN (SELECT v.id FROM funnel_versions v WHERE v.funnel = ` + in(len(args), 1) + `)`
	}
	if f.Subjects != nil {
		where += ` AND c.subject IN (` + in(len(args)+1, len(f.Subjects)) + `)`
		for _, s := range f.Subjects {
			args = append(args, s)
		}
	}
	return where, args, f.Subjects == nil || len(f.Subjects) > 0
}

// Consents returns a page of the list, newest change first.
func (t *Tx) Consents(ctx context.Context, f consent.Filter) (cs []consent.Consent, err error) {
	where, args, some := chosen(f)
	if !some {
		return nil, nil
	}
	if f.AfterID != "" {
		where += ` AND (c.changed_at, c.id) < (` + in(len(args)+1, 2) + `)`
		args = append(args, micros(f.AfterTime), f.AfterID)
	}
	return t.consents(ctx, where+` ORDER BY c.changed_at DESC, c.id DESC LIMIT `+in(len(args)+1, 1), append(args, f.Limit)...)
}

// AgreedTo counts the consents in force that rest on the words of a funnel, by
// version and purpose. Who is locked or erased is not counted.
func (t *Tx) AgreedTo(ctx context.Context, business, funnelID string) (list []consent.Agreed, err error) {
	rows, err := t.query(ctx, `SELECT c.version, c.purpose, count(*) FROM consents c
		WHERE c.business = $1 AND NOT c.hidden AND c.state IN ('given', 'renewed') AND c.version IN (SELECT v.id FROM funnel_versions v WHERE v.funnel = $2)
		GROUP BY c.version, c.purpose ORDER BY c.version, c.purpose`, business, funnelID)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var a consent.Agreed
		err := scan(&a.Version, &a.Purpose, &a.People)
		list = append(list, a)
		return err
	})
	return list, err
}

func (t *Tx) consents(ctx context.Context, where string, args ...any) (cs []consent.Consent, err error) {
	rows, err := t.query(ctx, `SELECT `+consentColumns+` FROM consents c`+where, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		c, err := scanConsent(scan)
		cs = append(cs, c)
		return err
	})
	return cs, err
}
