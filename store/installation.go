package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"assent/business"
	"assent/tenant"
)

// Setting returns a value that is fixed at first start, or nil.
func (t *Tx) Setting(ctx context.Context, name string) ([]byte, error) {
	var v []byte
	_, err := found(t.queryRow(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&v))
	return v, err
}

// FixSetting keeps a value for ever and returns the one that is kept: where
// two processes start together, the first one's.
func (t *Tx) FixSetting(ctx context.Context, name string, value []byte) ([]byte, error) {
	if _, err := t.exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
		return nil, err
	}
	return t.Setting(ctx, name)
}

// InsertBusiness keeps a business with its data key and index key, wrapped.
func (t *Tx) InsertBusiness(ctx context.Context, b business.Business, wrapped []byte, now time.Time) error {
	doc, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO businesses (id, slug, doc, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)`,
		b.ID, b.Slug, string(doc), wrapped, micros(now))
	t.Notify(TopicDirectory)
	return err
}

// TopicDirectory is announced when a business, a sender or a funnel changed.
const TopicDirectory = "directory"

// Businesses calls each with every business and its wrapped secrets, oldest first.
func (t *Tx) Businesses(ctx context.Context, each func(b business.Business, wrapped []byte) error) error {
	rows, err := t.query(ctx, `SELECT doc, wrapped FROM businesses ORDER BY created_at, id`)
	return eachRow(rows, err, func(scan func(...any) error) error {
		var doc string
		var wrapped []byte
		if err := scan(&doc, &wrapped); err != nil {
			return err
		}
		var b business.Business
		if err := json.Unmarshal([]byte(doc), &b); err != nil {
			return err
		}
		return each(b, wrapped)
	})
}

// InsertSigningKey keeps a signing key; it is never changed or deleted.
func (t *Tx) InsertSigningKey(ctx context.Context, k tenant.SigningKey) error {
	_, err := t.exec(ctx, `INSERT INTO signing_keys (kid, business, public, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)`,
		k.ID, k.Business, k.Public, k.Wrapped, micros(k.Created))
	return err
}

// SigningKeys returns every signing key of every business, oldest first.
func (t *Tx) SigningKeys(ctx context.Context) (keys []tenant.SigningKey, err error) {
	rows, err := t.query(ctx, `SELECT kid, business, public, wrapped, created_at FROM signing_keys ORDER BY created_at, kid`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var k tenant.SigningKey
		var at int64
		if err := scan(&k.ID, &k.Business, &k.Public, &k.Wrapped, &at); err != nil {
			return err
		}
		k.Created = instant(at)
		keys = append(keys, k)
		return nil
	})
	return keys, err
}

// InsertSender keeps a sender. Its secrets come sealed.
func (t *Tx) InsertSender(ctx context.Context, s business.Sender, sealed []byte, now time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO senders (id, business, phone_number_id, waba, portfolio, number, simulated, rate, app, host, ended_at, removed_at, sealed, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		s.ID, s.Business, phoneNumberID(s), s.WABA, s.Portfolio, s.Number, s.Simulated, s.Rate, s.App, s.Host, micros(s.EndedAt), micros(s.RemovedAt), sealed, micros(now))
	t.Notify(TopicDirectory)
	return err
}

// phoneNumberID is how a sender's id at Meta is kept. Each is kept once; that of a
// sender that was removed makes room for one that is connected anew.
func phoneNumberID(s business.Sender) string {
	if s.RemovedAt.IsZero() {
		return s.PhoneNumberID
	}
	return s.PhoneNumberID + removedMark + s.ID
}

const removedMark = "/removed/"

// Senders calls each with every sender, those that were removed too, its secrets still sealed, oldest first.
func (t *Tx) Senders(ctx context.Context, each func(s business.Sender, sealed []byte) error) error {
	rows, err := t.query(ctx, `SELECT id, business, phone_number_id, waba, portfolio, number, simulated, rate, app, host, ended_at, removed_at, sealed FROM senders ORDER BY created_at, id`)
	return eachRow(rows, err, func(scan func(...any) error) error {
		var s business.Sender
		var sealed []byte
		var ended, removed int64
		if err := scan(&s.ID, &s.Business, &s.PhoneNumberID, &s.WABA, &s.Portfolio, &s.Number, &s.Simulated, &s.Rate, &s.App, &s.Host, &ended, &removed, &sealed); err != nil {
			return err
		}
		s.EndedAt, s.RemovedAt = instant(ended), instant(removed)
		s.PhoneNumberID, _, _ = strings.Cut(s.PhoneNumberID, removedMark)
		return each(s, sealed)
	})
}

// SetSender replaces what is known of a sender, and its secrets, sealed. Whose it is
// stays.
func (t *Tx) SetSender(ctx context.Context, s business.Sender, sealed []byte) error {
	t.Notify(TopicDirectory)
	return t.one(ctx, `UPDATE senders SET sealed = $2, rate = $3, app = $4, ended_at = $5, phone_number_id = $6, waba = $7, portfolio = $8, number = $9, host = $10, removed_at = $11 WHERE id = $1`,
		s.ID, sealed, s.Rate, s.App, micros(s.EndedAt), phoneNumberID(s), s.WABA, s.Portfolio, s.Number, s.Host, micros(s.RemovedAt))
}

// HasSender reports whether a sender is kept that Meta knows by the id.
func (t *Tx) HasSender(ctx context.Context, phoneNumberID string) (bool, error) {
	return t.has(ctx, `SELECT count(*) FROM senders WHERE phone_number_id = $1`, phoneNumberID)
}
