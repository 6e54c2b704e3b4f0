package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"assent/fault"
	"assent/store"
)

type serveCommand struct {
	databaseFlags
	outsideFlags
	Addr         string   `help:"Where to listen." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Simulator    bool     `help:"Play WhatsApp's side for simulated senders. Anybody can then act as anybody."`
	GraphURL     string   `help:"WhatsApp's Graph API." default:"https://graph.facebook.com" placeholder:"URL"`
	GraphVersion string   `help:"Version of the Graph API." default:"v25.0" placeholder:"VERSION"`
	Proxy        []string `help:"Networks of the proxies before the server, whose X-Forwarded-For is believed." placeholder:"CIDR"`
	MetricsToken string   `help:"Who knows it may read /metrics from elsewhere than this machine." placeholder:"TOKEN"`
	Writers      int      `help:"Writers per process on PostgreSQL." default:"4" placeholder:"N"`
	LogJSON      bool     `help:"Log as JSON."`
	AfterRestore bool     `help:"Go on from a restored backup that is behind what left the house. It is noted in the log." env:"-"`
}

// Help is shown by assent serve --help.
func (serveCommand) Help() string {
	return `Examples:
  assent serve --database /var/lib/assent/assent.db --base-url https://consent.example.com
  ASSENT_MASTER_KEY_FILE=/run/secrets/key assent serve --database postgres://assent@db/assent`
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(ctx context.Context, std streams) error {
	var handler slog.Handler = slog.NewTextHandler(std.err, nil)
	if c.LogJSON {
		handler = slog.NewJSONHandler(std.err, nil)
	}
	log := slog.New(handler)
	inst, err := c.open(ctx, store.Options{Writers: c.Writers}, log, func(s string) { fmt.Fprintln(std.err, s) })
	if err != nil {
		return err
	}
	if err := inst.guard(ctx, c.AfterRestore, func(s string) { fmt.Fprintln(std.err, s) }); err != nil {
		return errors.Join(err, inst.close())
	}
	site, err := newSite(inst, siteOptions{simulator: c.Simulator, graphURL: c.GraphURL, graphVersion: c.GraphVersion, metricsToken: c.MetricsToken, proxies: c.Proxy, outside: c.outsideFlags})
	if err != nil {
		return errors.Join(err, inst.close())
	}
	inst.tellIssuer(func(s string) { fmt.Fprintln(std.err, s) })
	if err := inst.tellNobody(ctx, func(s string) { fmt.Fprintln(std.err, s) }); err != nil {
		return errors.Join(err, inst.close())
	}
	listener, err := listen(c.Addr) // last, so that nobody comes to a server that cannot start
	if err != nil {
		return errors.Join(err, inst.close())
	}
	defer listener.Close()
	return site.serve(ctx, listener, func() { log.Info("serving", "addr", listener.Addr().String(), "database", inst.store.Kind()) })
}

type healthCommand struct {
	URL string `arg:"" optional:"" help:"Address to ask." default:"http://127.0.0.1:8080/healthz"`
}

// Help is shown by assent health --help.
func (healthCommand) Help() string {
	return `Prints one line. Exit status: 0 it is well, 1 it is not, or does not answer.

Examples:
  assent health
  assent health https://consent.example.com/readyz`
}

// Run asks a running server how it is; container health checks use it.
func (c *healthCommand) Run(ctx context.Context, std streams) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return fault.New(fault.Invalid, "The address %s cannot be read.", c.URL)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fault.New(fault.Unavailable, "The server does not answer at %s.", c.URL).Because(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "The server answers %s with status %d.", c.URL, res.StatusCode)
	}
	fmt.Fprintf(std.out, "The server is well: %s answers.\n", c.URL)
	return nil
}
