package main

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"assent/job"
	"assent/manage"
	"assent/optin"
	"assent/permit"
	"assent/store"
	"assent/whatsapp/transport"
)

// engine is a running installation: the use cases, and the work that goes on
// beside requests.
type engine struct {
	*installation
	optin     *optin.Service
	permit    *permit.Service
	templates *manage.Templates
	numbers   *manage.Connections
	surfaces  *manage.Surfaces
	jobs      *job.Runner
	inbox     chan struct{}
	reload    chan struct{}

	parties     []manage.OutsideParty // that vouch for the log
	anchorEvery time.Duration
}

func newEngine(inst *installation, transport *transport.Transport, simulator bool) *engine {
	m := inst.manage
	r := &engine{installation: inst, inbox: make(chan struct{}, 1), reload: make(chan struct{}, 1)}
	r.optin = optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](inst.store), Directory: m.Directory(), Installation: m.Installation(),
		Transport: transport, Eraser: inst.records(), Log: inst.log, Now: time.Now, Rand: rand.Reader, Refresh: m.Reload,
	})
	r.permit = permit.New(store.As[permit.Reader, permit.Reader](inst.store), m.Directory(), &m.Installation().Secrets, time.Now, simulator)
	r.templates = m.Templates(transport)
	r.numbers = r.templates.Connections(transport)
	r.surfaces = m.Surfaces(transport)
	r.jobs = job.NewRunner(inst.store.Queue(), time.Now, inst.log)
	r.jobs.Handle(optin.JobSend, r.optin.Deliver)
	r.jobs.Handle(optin.JobErase, r.optin.EraseWhoAsked)
	r.jobs.Handle(optin.JobYounger, r.optin.EraseYounger)
	r.jobs.Handle(optin.JobErrand, r.optin.RunErrand)
	return r
}

// run does the work beside requests until ctx ends, and returns when all of it
// has stopped.
func (r *engine) run(ctx context.Context) {
	stop := r.store.Watch(func(topics []string) {
		if slices.Contains(topics, store.TopicInbox) {
			wake(r.inbox)
		}
		if slices.Contains(topics, store.TopicDirectory) {
			wake(r.reload)
		}
		if slices.Contains(topics, job.Topic) {
			r.jobs.Wake()
		}
	})
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { r.manage.RunCheckpoints(ctx) })
	wg.Go(func() { r.manage.RunAnchors(ctx, r.parties, r.anchorEvery) })
	wg.Go(func() { r.jobs.Run(ctx) })
	wg.Go(func() { r.handleInbox(ctx) })
	wg.Go(func() { r.every(ctx, time.Second, "counts", r.manage.FlushCounts) })
	wg.Go(func() {
		r.every(ctx, 2*time.Second, "expiry", func(ctx context.Context) error { _, err := r.optin.ExpireRequests(ctx); return err })
	})
	wg.Go(func() { r.every(ctx, time.Hour, "webhook bodies", r.optin.DropInbox) })
	wg.Go(func() { r.every(ctx, time.Hour, "parked webhooks", r.optin.AlarmParked) })
	wg.Go(func() { r.every(ctx, time.Hour, "templates", r.templates.PollAll) })
	wg.Go(func() { r.every(ctx, time.Minute, "templates under review", r.templates.PollReviews) })
	wg.Go(func() { r.every(ctx, 24*time.Hour, "retention", r.records().RetainAll) })
	wg.Go(func() { r.reloadDirectory(ctx) })
	wg.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := r.manage.FlushCounts(last); err != nil {
		r.log.Error("the last second of counts is lost", "error", err)
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// every calls fn now and then.
func (r *engine) every(ctx context.Context, pause time.Duration, what string, fn func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("work beside requests failed and will be tried again", "what", what, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// handleInbox handles webhook bodies as they come, and looks for those of other
// processes, or of a run before this one, each second.
func (r *engine) handleInbox(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		n, err := r.optin.HandleInbox(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("the webhook inbox cannot be read", "error", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-r.inbox:
		case <-tick.C:
		}
	}
}

// reloadDirectory follows changes to businesses, senders and funnels: at once
// where they are made in this process, within five seconds where in another.
func (r *engine) reloadDirectory(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.reload:
		case <-tick.C:
		}
		if err := r.manage.Reload(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("businesses and funnels cannot be read anew", "error", err)
		}
	}
}
