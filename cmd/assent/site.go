package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"assent/certificate"
	"assent/fault"
	"assent/ledger"
	"assent/manage"
	"assent/records"
	"assent/store"
	"assent/web"
	"assent/web/admin"
	"assent/web/api"
	"assent/web/hook"
	"assent/web/public"
	"assent/web/respond"
	"assent/web/session"
	"assent/web/sim"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
)

type siteOptions struct {
	simulator    bool
	gallery      bool
	graphURL     string
	graphVersion string
	metricsToken string
	proxies      []string // networks whose X-Forwarded-For is believed
	outside      outsideFlags
}

// site is the running program: the engine, the doors, and the simulator.
type site struct {
	*engine
	web  *web.Site
	sim  *simulator.Simulator
	meta *transport.Transport
}

// newSite wires the program together. It takes over the installation.
func newSite(inst *installation, o siteOptions) (*site, error) {
	s := &site{}
	if o.simulator {
		s.sim = newSimulator(inst.manage.Directory(), inst.manage.Installation().BaseURL, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.web.ServeHTTP(w, r) }))
	}
	var err error
	if s.meta, err = newTransport(o.graphURL, o.graphVersion, s.sim); err != nil {
		return nil, err
	}
	s.engine = newEngine(inst, s.meta, o.simulator)
	log, err := ledger.ParseVerifier(inst.manage.Installation().Log.VerifierKey())
	if err != nil {
		return nil, err
	}
	if s.parties, err = o.outside.parties(log); err != nil {
		return nil, err
	}
	s.anchorEvery = o.outside.AnchorEvery
	config := s.config(o)
	if config.ClientIP, err = web.ClientIPBehind(o.proxies); err != nil {
		return nil, err
	}
	s.web = web.New(config)
	return s, nil
}

func (s *site) config(o siteOptions) web.Config {
	m, log := s.manage, s.log
	d, installation := m.Directory(), m.Installation()
	proofs := records.New(store.As[records.Reader, records.Writer](s.store), d, installation, time.Now, rand.Reader).WithCertificates(certificate.Of)
	c := web.Config{
		BaseURL: installation.BaseURL, Logger: log, Now: time.Now, Rand: rand.Reader, Directory: d,
		Public: public.New(public.Config{Optin: s.optin, Manage: m, Records: proofs, Directory: d, Installation: installation, Log: log, Now: time.Now, Watch: s.store.Watch}),
		Hook:   hook.New(hook.Config{Directory: d, Inbox: s.optin, Wake: func() { wake(s.inbox) }, Notes: s.numbers}),
		API: api.New(api.Config{
			Keys: m, Check: s.permit, Optin: s.optin, Proof: proofs, Replays: store.As[api.ReplayReader, api.ReplayWriter](s.store),
			Secret: installation.Secrets.Limit, Now: time.Now, Rand: rand.Reader,
		}),
		Admin: admin.New(admin.Config{
			Sessions: session.New(m, strings.HasPrefix(installation.BaseURL, "https://")), Records: proofs, Permits: s.permit, Manage: m, Ledger: logStates{m, s.parties}, Alarms: m, Healths: m, Templates: s.templates, Ages: s.optin, Senders: s.numbers, Surfaces: s.surfaces, Stops: s.optin, PublicLog: o.outside.PublicLog, Operators: m.Operators, Directory: d, Installation: installation,
			Simulator: o.simulator, Gallery: o.gallery, Log: log, Now: time.Now,
		}),
		VerifierKey: installation.Log.VerifierKey(), MetricsToken: o.metricsToken, Log: m, PublicLog: o.outside.PublicLog, Ready: s.ready,
	}
	if s.sim != nil {
		c.Sim = sim.New(sim.Config{Simulator: s.sim, BaseURL: installation.BaseURL, Now: time.Now})
	}
	return c
}

// ready reports why requests should go elsewhere: the database does not answer,
// or the log's checkpoints are late.
func (s *site) ready(ctx context.Context) error {
	if err := s.store.Ping(ctx); err != nil {
		return fault.New(fault.Unavailable, "The database does not answer.").Because(err)
	}
	return s.manage.LogInTime(ctx)
}

// setPace sets what of Go's runtime decides how fast requests are answered, unless
// the environment does.
func setPace() {
	if os.Getenv("GOGC") == "" {
		// Requests leave much garbage and little that stays, so a larger heap
		// costs some megabytes and saves a tenth of the work.
		debug.SetGCPercent(300)
	}
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < 4 {
		// Where one or two processors are busy without a pause, the runtime looks at
		// the network once in 10 ms. With more threads than processors the system
		// shares them out, and a form beside a flood of webhooks waits less.
		runtime.GOMAXPROCS(4)
	}
}

// serve answers requests until ctx ends: then it stops taking them, lets those
// under way finish, and ends the work beside them.
func (s *site) serve(ctx context.Context, listener net.Listener, ready func()) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var beside sync.WaitGroup
	beside.Go(func() { s.run(work) })
	server := &http.Server{Handler: s.web, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	respond.DefaultDeadlines.Apply(server)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	setPace()
	ready()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		s.web.Stop()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err = server.Shutdown(limit); err != nil {
			err = errors.Join(err, server.Close())
		}
	}
	if s.sim != nil {
		s.sim.Close()
	}
	stopWork()
	beside.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.close())
}

// logStates tells operators of the log.
type logStates struct {
	*manage.Service
	parties []manage.OutsideParty
}

// Outsiders returns how it stands with those who vouch for the log.
func (l logStates) Outsiders(ctx context.Context) ([]manage.AnchorState, error) {
	return l.AnchorStates(ctx, l.parties)
}
