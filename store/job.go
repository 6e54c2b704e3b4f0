package store

import (
	"context"
	"time"

	"assent/job"
)

// Enqueue keeps a job. A job of the same kind about the same thing that still
// waits is the same job.
func (t *Tx) Enqueue(ctx context.Context, j job.Job) error {
	_, err := t.exec(ctx, `INSERT INTO jobs (id, kind, ref, run_at, attempts, claimed_at, last_error) VALUES ($1, $2, $3, $4, 0, 0, '') ON CONFLICT (kind, ref) DO NOTHING`,
		j.ID, j.Kind, j.Ref, micros(j.RunAt))
	t.Notify(job.Topic)
	return err
}

// ClaimJobs takes up to limit jobs that are due, and hides them until the
// lease ends: if the process dies, they come again then.
func (t *Tx) ClaimJobs(ctx context.Context, now, lease time.Time, limit int) (jobs []job.Job, err error) {
	rows, err := t.query(ctx, t.dialect.claimJobs, micros(now), micros(lease), limit)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var j job.Job
		if err := scan(&j.ID, &j.Kind, &j.Ref, &j.Attempts); err != nil {
			return err
		}
		jobs = append(jobs, j)
		return nil
	})
	return jobs, err
}

// FinishJob removes a job that is done.
func (t *Tx) FinishJob(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `DELETE FROM jobs WHERE id = $1`, id)
	return err
}

// RetryJob lets a job come again at the time, with the reason why. Without a reason
// it only waits, and this look does not count among its attempts.
func (t *Tx) RetryJob(ctx context.Context, id string, at time.Time, reason string) error {
	_, err := t.exec(ctx, `UPDATE jobs SET run_at = $2, last_error = $3, attempts = CASE WHEN $3 = '' AND attempts > 0 THEN attempts - 1 ELSE attempts END WHERE id = $1`, id, micros(at), bounded(reason))
	return err
}

// NextJob returns when the next job is due, or false if none waits.
func (t *Tx) NextJob(ctx context.Context) (at time.Time, ok bool, err error) {
	var us int64
	ok, err = found(t.queryRow(ctx, `SELECT run_at FROM jobs ORDER BY run_at, id LIMIT 1`).Scan(&us))
	return instant(us), ok, err
}
