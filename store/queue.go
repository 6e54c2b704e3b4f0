package store

import (
	"context"
	"time"

	"assent/job"
)

// Queue is the store as job.Runner sees it.
func (s *Store) Queue() job.Queue { return queue{s} }

type queue struct{ s *Store }

// Claim implements job.Queue.
func (q queue) Claim(ctx context.Context, now, lease time.Time, limit int) (jobs []job.Job, err error) {
	// Most looks find nothing due; reading first keeps the writer free.
	at, ok, err := q.Next(ctx)
	if err != nil || !ok || at.After(now) {
		return nil, err
	}
	err = q.s.ReadWrite(ctx, func(ctx context.Context, tx *Tx) (err error) {
		jobs, err = tx.ClaimJobs(ctx, now, lease, limit)
		return err
	})
	return jobs, err
}

// Finish implements job.Queue.
func (q queue) Finish(ctx context.Context, id string) error {
	return q.s.ReadWrite(ctx, func(ctx context.Context, tx *Tx) error { return tx.FinishJob(ctx, id) })
}

// Retry implements job.Queue.
func (q queue) Retry(ctx context.Context, id string, at time.Time, reason string) error {
	return q.s.ReadWrite(ctx, func(ctx context.Context, tx *Tx) error { return tx.RetryJob(ctx, id, at, reason) })
}

// Next implements job.Queue.
func (q queue) Next(ctx context.Context) (at time.Time, ok bool, err error) {
	err = q.s.ReadOnly(ctx, func(ctx context.Context, tx *Tx) error {
		at, ok, err = tx.NextJob(ctx)
		return err
	})
	return at, ok, err
}
