package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"assent/consent"
	"assent/fault"
	"assent/proof"
	"assent/records"
	"assent/table"
)

type exportCommand struct {
	databaseFlags
	Business string `help:"Short name of the business. Not needed where there is one only." placeholder:"NAME"`
	Format   string `help:"csv, jsonl, proof for a bundle of each person in a folder, or proofs for all of them in one archive." default:"csv" enum:"csv,jsonl,proof,proofs"`
	Audience string `help:"For whom proofs are: court, regulator, meta or subject." default:"court" enum:"court,regulator,meta,subject"`
	State    string `help:"Only consents in this state." default:"" enum:",unknown,refused,given,renewed,withdrawn,expired,revoked,invalidated"`
	Scope    string `help:"Only marketing, or only transactional." default:"" enum:",marketing,transactional"`
	Purpose  string `help:"Only this purpose, by its key." placeholder:"KEY"`
	Funnel   string `help:"Only what came through this funnel." placeholder:"NAME"`
	Search   string `help:"Only the person with this number, account id or record id." placeholder:"TEXT"`
	Mask     bool   `help:"Show of numbers no more than tells them apart."`
	Out      string `help:"Where to write: a file, or with proof a folder. Without it a table goes to standard output." type:"path" placeholder:"PATH"`
	Actor    string `help:"Who exports; it is recorded." placeholder:"NAME"`
}

// Help is shown below the flags.
func (exportCommand) Help() string {
	return `Streams the chosen consents. The columns are described in docs/export.md. Every export is an event in the log, with who made it.

Examples:
  assent export > consents.csv
  assent export --state given --purpose offers --format jsonl --out offers.jsonl
  assent export --search "+49 170 1234567" --format proof --audience court --out proofs/
  assent export --purpose offers --format proofs --audience regulator --out offers.zip`
}

// Run exports records.
func (c *exportCommand) Run(ctx context.Context, std streams) error {
	if c.Format == "proof" && c.Out == "" {
		return fault.Field("out", "Say with --out into which folder the proofs go.")
	}
	if c.Format == "proofs" && c.Out == "" {
		return fault.Field("out", "Say with --out into which file the archive of proofs goes.")
	}
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		q, err := c.query(i)
		if err != nil {
			return err
		}
		if c.Format == "proof" || c.Format == "proofs" { // they would show a second history
			if err := i.guard(ctx, false, func(string) {}); err != nil {
				return err
			}
		}
		switch c.Format {
		case "proof":
			return c.proofs(ctx, std, i, q)
		case "proofs":
			return c.archive(ctx, std, i, q)
		}
		return c.table(ctx, std, i, q)
	})
}

// query returns what is asked for, of the business that is named or the only one.
func (c *exportCommand) query(i *installation) (q records.Query, err error) {
	q = records.Query{Search: c.Search, State: consent.State(c.State), Scope: consent.Scope(c.Scope), Purpose: c.Purpose, Funnel: c.Funnel, Mask: c.Mask}
	all := i.manage.Directory().Tenants()
	if c.Business == "" && len(all) == 1 {
		q.Business = all[0].ID
		return q, nil
	}
	if c.Business == "" {
		return q, fault.Field("business", "Say with --business which one is meant. `assent business list` shows them.")
	}
	t, err := i.tenant(c.Business)
	if err != nil {
		return q, err
	}
	q.Business = t.ID
	return q, nil
}

func (c *exportCommand) actor() string {
	if c.Actor != "" {
		return c.Actor
	}
	return operator()
}

func (c *exportCommand) table(ctx context.Context, std streams, i *installation, q records.Query) error {
	format := table.CSV
	if c.Format == "jsonl" {
		format = table.JSONLines
	}
	if c.Out == "" {
		return i.records().Export(ctx, q, format, c.actor(), std.out)
	}
	return writeFile(c.Out, func(w io.Writer) error { return i.records().Export(ctx, q, format, c.actor(), w) })
}

// signing signs checkpoints until the function that it returns is called: a proof
// waits for the log's next one, and no server may be running.
func signing(ctx context.Context, i *installation) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { i.manage.RunCheckpoints(ctx); close(done) }()
	return func() { cancel(); <-done }
}

// archiveGC is the garbage collector's percentage (debug.SetGCPercent) while many
// bundles are made: what waits for a checkpoint lives long, and would count twice.
const archiveGC = 50

// archive writes the bundles of all people among the chosen consents into one file.
func (c *exportCommand) archive(ctx context.Context, std streams, i *installation, q records.Query) error {
	defer signing(ctx, i)()
	defer debug.SetGCPercent(debug.SetGCPercent(archiveGC))
	var done records.Bundled
	meter := newMeter(std.err)
	err := writeFile(c.Out, func(w io.Writer) (err error) {
		done, err = i.records().Proofs(ctx, q, proof.Audience(c.Audience), c.actor(), w, func(done, all int) { meter.show(int64(done), int64(all)) })
		return err
	})
	meter.clear()
	if err != nil {
		return err
	}
	told(std, done, c.Out, c.Out)
	return nil
}

// proofs writes one bundle for each person among the chosen consents.
func (c *exportCommand) proofs(ctx context.Context, std streams, i *installation, q records.Query) error {
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return fault.New(fault.Invalid, "The folder %s cannot be made.", c.Out).Because(err)
	}
	defer signing(ctx, i)()
	var done records.Bundled
	err := i.records().EachPerson(ctx, q, func(id string) error {
		// A record's id and no number: names of files are seen by anybody.
		name := filepath.Join(c.Out, "proof-"+id+".zip")
		err := writeFile(name, func(w io.Writer) error {
			return i.records().ProofOfPerson(ctx, q.Business, id, proof.Audience(c.Audience), c.actor(), w)
		})
		if records.NoProofLeft(err) {
			done.Erased++
			return nil
		}
		done.Proofs++
		return err
	})
	if err == nil {
		told(std, done, c.Out, filepath.Join(c.Out, "proof-*.zip"))
	}
	return err
}

// told says what was written, and where.
func told(std streams, done records.Bundled, out, files string) {
	what := fmt.Sprintf("%d proofs are", done.Proofs)
	if done.Proofs == 1 {
		what = "1 proof is"
	}
	if done.Erased > 0 {
		what = fmt.Sprintf("%d of the people chosen were erased, so there is no proof of them. %s", done.Erased, what)
	}
	fmt.Fprintf(std.err, "%s in %s. Check with: assent verify %s\n", what, out, files)
}

// writeFile writes a file that only its owner may read. One that could not be
// written whole is taken away again.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fault.New(fault.Conflict, "%s is there already. Choose another name.", name)
	}
	if err != nil {
		return fault.New(fault.Invalid, "%s cannot be written.", name).Because(err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
