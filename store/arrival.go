package store

import (
	"context"
	"time"

	"assent/chat"
)

// PutArrival remembers what led to the newest message of an account that was no act.
func (t *Tx) PutArrival(ctx context.Context, a chat.Arrival) error {
	_, err := t.exec(ctx, `INSERT INTO arrivals (business, hash, campaign, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (business, hash) DO UPDATE SET campaign = $3, at = $4`, a.Business, a.Hash, a.Campaign, micros(a.At))
	return err
}

// Arrival returns what is remembered under the hash, or false for nothing.
func (t *Tx) Arrival(ctx context.Context, business string, hash []byte) (a chat.Arrival, ok bool, err error) {
	a.Business, a.Hash = business, hash
	var at int64
	err = t.queryRow(ctx, `SELECT campaign, at FROM arrivals WHERE business = $1 AND hash = $2`, business, hash).Scan(&a.Campaign, &at)
	a.At = instant(at)
	ok, err = found(err)
	return a, ok, err
}

// DropArrival forgets what is remembered under the hash.
func (t *Tx) DropArrival(ctx context.Context, business string, hash []byte) error {
	_, err := t.exec(ctx, `DELETE FROM arrivals WHERE business = $1 AND hash = $2`, business, hash)
	return err
}

// DropArrivals forgets what led to messages from before the time.
func (t *Tx) DropArrivals(ctx context.Context, before time.Time) error {
	_, err := t.exec(ctx, `DELETE FROM arrivals WHERE at < $1`, micros(before))
	return err
}
