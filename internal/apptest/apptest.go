// Package apptest builds a whole Assent for tests: a real database in a
// temporary folder, a business with a simulated sender and published funnels,
// and the simulator, which reaches the webhook without a network. Time stands
// still unless a test moves it, and nothing runs in the background: Settle does
// what waits.
package apptest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"assent/account"
	"assent/certificate"
	"assent/funnel"
	"assent/job"
	"assent/manage"
	"assent/optin"
	"assent/permit"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/tenant"
	"assent/vault"
	"assent/web/hook"
	"assent/web/respond"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
)

// BaseURL is where the installation believes to be.
const BaseURL = "http://127.0.0.1:8080"

// App is a running installation without its web server.
type App struct {
	T         testing.TB
	Clock     *Clock
	Store     *store.Store
	Manage    *manage.Service
	Optin     *optin.Service
	Permit    *permit.Service
	Records   *records.Service
	Templates *manage.Templates
	Numbers   *manage.Connections
	Surfaces  *manage.Surfaces
	Simulator *simulator.Simulator
	Business  string // id of the sample business
	Sender    string // id of its simulated sender
	Log       *slog.Logger

	queue job.Queue
}

// Options change how an App is made. The zero value is what New uses.
type Options struct {
	Database string           // else a SQLite file in a temporary folder
	Store    store.Options    // RunTwice is set by New
	Clock    func() time.Time // else a Clock that stands still at Start
	Log      *slog.Logger     // else nothing is logged
	Empty    bool             // no business, sender or funnel
	Limits   *optin.Limits    // else the default
}

// New returns an installation with the sample business. Every closure of a
// write runs twice, for it must keep no state.
func New(t testing.TB) *App {
	t.Helper()
	return NewWith(t, Options{Store: store.Options{RunTwice: true}})
}

// NewWith is New with options.
func NewWith(t testing.TB, o Options) *App {
	t.Helper()
	a := &App{T: t, Clock: &Clock{now: Start, real: o.Clock}, Log: o.Log}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	if o.Database == "" {
		o.Database = storetest.SQLite(t).Name
	}
	o.Store.Log = a.Log
	ctx := context.Background()
	var err error
	if a.Store, err = store.Open(ctx, o.Database, o.Store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Store.Close(); err != nil {
			t.Error(err)
		}
	})
	a.queue = a.Store.Queue()
	var kek [32]byte
	copy(kek[:], "a key of tests, and of tests only")
	directory := &tenant.Directory{}
	a.Manage, err = manage.Open(ctx, vault.MasterKey(kek), BaseURL, manage.Config{
		Store: store.As[manage.Reader, manage.Writer](a.Store), Directory: directory, Log: a.Log, Now: a.Clock.Now, Rand: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Simulator = simulator.New(simulator.Options{Now: a.Clock.Now, Parallel: 1, Client: &http.Client{Transport: transport.InProcess(a.webhook())}})
	t.Cleanup(a.Simulator.Close)
	played, err := whatsapp.New(whatsapp.Options{BaseURL: BaseURL + "/sim/graph", Transport: transport.InProcess(a.Simulator.Handler())})
	if err != nil {
		t.Fatal(err)
	}
	a.Records = records.New(store.As[records.Reader, records.Writer](a.Store), directory, a.Manage.Installation(), a.Clock.Now, rand.Reader).WithCertificates(certificate.Of)
	carrier := transport.New(nil, played)
	a.Templates = a.Manage.Templates(carrier)
	a.Numbers = a.Templates.Connections(carrier)
	a.Surfaces = a.Manage.Surfaces(carrier)
	a.Optin = optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](a.Store), Directory: directory, Installation: a.Manage.Installation(),
		Transport: carrier, Eraser: a.Records, Log: a.Log, Now: a.Clock.Now, Sleep: a.Clock.Sleep, Rand: rand.Reader, Refresh: a.Manage.Reload, Limits: o.Limits,
	})
	a.Permit = permit.New(store.As[permit.Reader, permit.Reader](a.Store), directory, &a.Manage.Installation().Secrets, a.Clock.Now, true)
	if !o.Empty {
		a.found()
	}
	return a
}

// webhook is the address that the simulator posts to: the real handler.
func (a *App) webhook() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = respond.ErrorHandler(a.Log)
	e.POST("/webhooks/whatsapp", func(c echo.Context) error {
		return hook.New(hook.Config{Directory: a.Manage.Directory(), Inbox: a.Optin}).Receive(c)
	})
	return e
}

// Directory returns the snapshot of businesses, senders and funnels.
func (a *App) Directory() *tenant.Directory { return a.Manage.Directory() }

// Tenant returns the sample business.
func (a *App) Tenant() *tenant.Tenant {
	a.T.Helper()
	t, ok := a.Directory().Tenant(a.Business)
	if !ok {
		a.T.Fatal("the sample business is not in the directory")
	}
	return t
}

// Signup makes a sign-up link for a purpose of the funnel, in its own language, and
// returns it.
func (a *App) Signup(slug, purpose string) *funnel.Signup {
	a.T.Helper()
	_, v, ok := a.Directory().Funnel(slug)
	if !ok {
		a.T.Fatalf("there is no funnel %s", slug)
	}
	lang := v.Language
	entry, err := a.Surfaces.CreateSignup(context.Background(), a.Business, manage.NewSignup{
		Slug: slug, Sender: a.Sender, Label: "App", Privacy: "https://sonnentor.example/privacy", Accepted: true,
		SignupVersion: funnel.SignupVersion{Lang: lang, Purpose: purpose, Message: v.SignupMessage(lang, purpose), Confirmation: "Welcome."},
	}, "rosa")
	if err != nil {
		a.T.Fatal(err)
	}
	su, _ := a.Tenant().SignupOf(entry)
	return su
}

// APIKey returns the text of a new key of the sample business.
func (a *App) APIKey(scopes ...account.Scope) string {
	a.T.Helper()
	text, err := a.Manage.AddAPIKey(context.Background(), a.Business, "test", scopes)
	if err != nil {
		a.T.Fatal(err)
	}
	return text
}

// RunCheckpoints signs checkpoints in the background until the test ends, as
// exports wait for one.
func (a *App) RunCheckpoints() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { a.Manage.RunCheckpoints(ctx); close(ended) }()
	a.T.Cleanup(func() { stop(); <-ended })
}

// Start is where the clock stands at first.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Clock is a clock that a test moves. It is safe for concurrent use.
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	real func() time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	if c.real != nil {
		return c.real()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep waits by this clock: it moves it forward, and waits itself only where the
// clock is the machine's.
func (c *Clock) Sleep(_ context.Context, d time.Duration) error {
	if c.real != nil {
		time.Sleep(d)
	} else {
		c.Advance(d)
	}
	return nil
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
