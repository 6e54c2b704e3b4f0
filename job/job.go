// Package job holds durable work: what the outside world does slowly or fails
// at. A job is enqueued in the transaction of its cause, runs at least once,
// and comes again after a failure; each handler is therefore safe to run twice.
// A job's arguments are ids, never personal data.
package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Job is one piece of work.
type Job struct {
	ID       string
	Kind     string
	Ref      string // what it is about: the id of a message, a request …
	RunAt    time.Time
	Attempts int // how often it was claimed, this time included
}

// Topic is announced when a job was enqueued.
const Topic = "jobs"

// Queue is where jobs are kept. The store implements it.
type Queue interface {
	// Claim takes up to limit jobs that are due and hides them until the lease ends.
	Claim(ctx context.Context, now, lease time.Time, limit int) ([]Job, error)
	// Finish removes a job that is done.
	Finish(ctx context.Context, id string) error
	// Retry lets a job come again.
	Retry(ctx context.Context, id string, at time.Time, reason string) error
	// Next returns when the next job is due, or false if none waits.
	Next(ctx context.Context) (time.Time, bool, error)
}

// Handler does the work of one kind of job. It returns nil when there is
// nothing more to do, Snooze to come again without fault, Final to give up.
type Handler func(ctx context.Context, j Job) error

// Snooze is an error that lets the job come again after the duration, without
// counting as a failure.
type Snooze time.Duration

func (s Snooze) Error() string { return fmt.Sprintf("come again in %s", time.Duration(s)) }

// Final wraps an error after which the job is given up.
type Final struct{ Err error }

func (f Final) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f Final) Unwrap() error { return f.Err }

// Runner claims jobs and runs their handlers.
type Runner struct {
	queue    Queue
	handlers map[string]Handler
	now      func() time.Time
	log      *slog.Logger
	wake     chan struct{}
	workers  int
}

const (
	lease    = 2 * time.Minute
	claimMax = 64
	longest  = 500 * time.Millisecond // between two looks at the queue
)

// NewRunner returns a runner. Call Run to start it.
func NewRunner(q Queue, now func() time.Time, log *slog.Logger) *Runner {
	return &Runner{queue: q, handlers: map[string]Handler{}, now: now, log: log, wake: make(chan struct{}, 1), workers: 256}
}

// Handle sets the handler of a kind. Call it before Run.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Wake lets the runner look at the queue now. It never blocks.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and returns after the handlers under way have.
func (r *Runner) Run(ctx context.Context) {
	ctx = Later(ctx)
	slots := make(chan struct{}, r.workers)
	var running sync.WaitGroup
	defer running.Wait()
	for ctx.Err() == nil {
		now := r.now()
		jobs, err := r.queue.Claim(ctx, now, now.Add(lease), claimMax)
		if err != nil && ctx.Err() == nil {
			r.log.Error("jobs cannot be claimed", "error", err)
		}
		for _, j := range jobs {
			slots <- struct{}{}
			running.Add(1)
			go func() {
				defer func() { <-slots; running.Done() }()
				r.run(ctx, j)
			}()
		}
		if len(jobs) == claimMax {
			continue
		}
		r.sleep(ctx)
	}
}

// sleep waits until the next job is due, but not longer than longest, for
// another process may have enqueued one.
func (r *Runner) sleep(ctx context.Context) {
	wait := longest
	if at, ok, err := r.queue.Next(ctx); err == nil && ok {
		wait = min(max(at.Sub(r.now()), time.Millisecond), longest)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.wake:
	case <-timer.C:
	}
}

// run runs one job and records what became of it. The record is written even
// where the runner is being stopped.
func (r *Runner) run(ctx context.Context, j Job) {
	err := r.call(ctx, j)
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var snooze Snooze
	var final Final
	switch {
	case err == nil:
		err = r.queue.Finish(keep, j.ID)
	case ctx.Err() != nil: // it was interrupted, which is no failure
		err = r.queue.Retry(keep, j.ID, r.now(), "")
	case errors.As(err, &snooze):
		err = r.queue.Retry(keep, j.ID, r.now().Add(time.Duration(snooze)), "")
	case errors.As(err, &final):
		r.log.Error("job given up", "kind", j.Kind, "job", j.ID, "error", err)
		err = r.queue.Finish(keep, j.ID)
	default:
		wait := Backoff(j.Attempts)
		r.log.Warn("job failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempts, "again_in", wait, "error", err)
		err = r.queue.Retry(keep, j.ID, r.now().Add(wait), err.Error())
	}
	if err != nil {
		r.log.Error("a job's end cannot be recorded; it will come again", "kind", j.Kind, "job", j.ID, "error", err)
	}
}

func (r *Runner) call(ctx context.Context, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	h, ok := r.handlers[j.Kind]
	if !ok {
		return fmt.Errorf("no handler for jobs of kind %q", j.Kind)
	}
	ctx, cancel := context.WithTimeout(ctx, lease-10*time.Second)
	defer cancel()
	return h(ctx, j)
}

// Backoff returns how long a job waits after its n-th failure: 1 s, 4 s, 16 s …
// up to an hour.
func Backoff(n int) time.Duration {
	wait := time.Second
	for range min(max(n, 1), 10) - 1 {
		wait *= 4
	}
	return min(wait, time.Hour)
}
