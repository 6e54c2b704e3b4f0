package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"assent/business"
	"assent/fault"
	"assent/phone"
	"assent/proof"
	"assent/records"
	"assent/tenant"
)

type eraseCommand struct {
	databaseFlags
	Business    string `help:"Short name of the business. Not needed where there is one only." placeholder:"NAME"`
	Subject     string `help:"The person, by the id of their record." placeholder:"ID" xor:"who" required:""`
	Number      string `help:"The person, by their number in any spelling." placeholder:"+49…" xor:"who" required:""`
	Recipient   string `help:"The person, by their WhatsApp account id (BSUID)." placeholder:"BSUID" xor:"who" required:""`
	Reason      string `help:"Why; it is kept for good, so it must not name the person." placeholder:"TEXT"`
	ExportFirst string `help:"Write a proof for court into this folder before anything is erased." type:"path" placeholder:"DIR"`
	LockFor     string `help:"Do not erase yet: stop everything and lock the record until this day." placeholder:"2029-12-31"`
	Actor       string `help:"Who erases; it is recorded." placeholder:"NAME"`
}

// Help is shown below the flags.
func (eraseCommand) Help() string {
	return `Destroys what is kept of a person: the key under which it is sealed, the forms in which their number was typed, and what they are known by. It cannot be undone. The log stays whole, other people's proofs too, and nothing is sent to the person any more unless they opt in again.

A legal hold stops it: assent hold. What it reaches and what it does not, backups above all, is in docs/erasure.md.

Examples:
  assent erase --number "+49 170 1234567" --reason "asked by letter"
  assent erase --subject 019cadcd-0320-7f7e-a4ed-1e23289de26b --export-first kept/
  assent erase --number "+49 170 1234567" --lock-for 2029-12-31`
}

// Run erases a person, or locks their record.
func (c *eraseCommand) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		t, err := i.only(c.Business)
		if err != nil {
			return err
		}
		e := records.Erasure{Business: t.ID, Subject: c.Subject, Reason: c.Reason, Method: "command", Actor: c.Actor}
		if e.Actor == "" {
			e.Actor = operator()
		}
		if e.Account, err = c.account(t); err != nil {
			return err
		}
		if c.ExportFirst != "" {
			if err := c.export(ctx, std, i, t, e); err != nil {
				return err
			}
		}
		out, err := c.carryOut(ctx, i, e)
		if out.Event != "" {
			tellErased(std.out, out)
		}
		return err
	})
}

func (c *eraseCommand) carryOut(ctx context.Context, i *installation, e records.Erasure) (records.Erased, error) {
	if c.LockFor == "" {
		return i.records().Erase(ctx, e)
	}
	until, err := time.ParseInLocation(time.DateOnly, c.LockFor, time.Local)
	if err != nil {
		return records.Erased{}, fault.Field("lock-for", "Write the day as 2029-12-31.")
	}
	return i.records().Lock(ctx, e, until)
}

// account returns what the person is known by.
func (c *eraseCommand) account(t *tenant.Tenant) (a tenant.Account, err error) {
	a.BSUID = c.Recipient
	if c.Number != "" {
		a.Number, err = phone.Parse(c.Number, t.Country)
	}
	return a, err
}

// export writes a proof for court before the erasure.
func (c *eraseCommand) export(ctx context.Context, std streams, i *installation, t *tenant.Tenant, e records.Erasure) error {
	id, err := i.records().Find(ctx, t.ID, e.Subject, e.Account)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.ExportFirst, 0o700); err != nil {
		return fault.New(fault.Invalid, "The folder %s cannot be made.", c.ExportFirst).Because(err)
	}
	signing, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { i.manage.RunCheckpoints(signing); close(done) }()
	defer func() { stop(); <-done }()
	name := filepath.Join(c.ExportFirst, "proof-"+id+".zip")
	err = writeFile(name, func(w io.Writer) error {
		return i.records().ProofOfPerson(ctx, t.ID, id, proof.Court, e.Actor, w)
	})
	if err == nil {
		fmt.Fprintf(std.err, "The proof is in %s. It names the person: keep it as safe as you must, and no longer.\n", name)
	}
	return err
}

// only returns the business that is named, or the only one.
func (i *installation) only(slug string) (*tenant.Tenant, error) {
	if all := i.manage.Directory().Tenants(); slug == "" && len(all) == 1 {
		return all[0], nil
	}
	if slug == "" {
		return nil, fault.Field("business", "Say with --business which one is meant. `assent business list` shows them.")
	}
	return i.tenant(slug)
}

// tellErased says what an erasure did.
func tellErased(w io.Writer, out records.Erased) {
	switch {
	case !out.LockedUntil.IsZero():
		fmt.Fprintf(w, "Locked until %s, and erased then. Nothing is sent any more.\n", out.LockedUntil.Local().Format(time.DateOnly))
	case out.Subject == "":
		fmt.Fprintf(w, "Nobody is known by that. Forms in which it had been typed, and which are destroyed: %d.\n", out.Requests)
	default:
		fmt.Fprintf(w, "Erased. Data keys destroyed: %d. Nothing is sent to this person unless they opt in again.\n", len(out.Keys))
	}
	if out.Subject != "" {
		fmt.Fprintf(w, "  person  %s\n", out.Subject)
	}
	fmt.Fprintf(w, "  event   %s\n", out.Event)
}

// holdCommand sets and lifts legal holds.
type holdCommand struct {
	databaseFlags
	Business string `help:"Short name of the business. Not needed where there is one only." placeholder:"NAME"`
	Subject  string `arg:"" help:"The person, by the id of their record." placeholder:"ID"`
	Lift     bool   `help:"Lift the hold instead of setting it."`
	Reason   string `help:"Why; it is kept with the person." required:"" placeholder:"TEXT"`
	Actor    string `help:"Who does it; it is recorded." placeholder:"NAME"`
}

// Help is shown below the flags.
func (holdCommand) Help() string {
	return `A legal hold stops erasure and retention for one person, until it is lifted.

Examples:
  assent hold 019cadcd-0320-7f7e-a4ed-1e23289de26b --reason "case 12/2026"
  assent hold 019cadcd-0320-7f7e-a4ed-1e23289de26b --lift --reason "case 12/2026 is closed"`
}

// Run sets or lifts a hold.
func (c *holdCommand) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		t, err := i.only(c.Business)
		if err != nil {
			return err
		}
		who := c.Actor
		if who == "" {
			who = operator()
		}
		if err := i.records().Hold(ctx, t.ID, c.Subject, !c.Lift, c.Reason, who); err != nil {
			return err
		}
		said := "A legal hold stands: nothing of this person is erased until it is lifted."
		if c.Lift {
			said = "The legal hold is lifted."
		}
		_, err = fmt.Fprintln(std.out, said)
		return err
	})
}

// retainCommand runs retention once.
type retainCommand struct {
	databaseFlags
}

// Help is shown below the flags.
func (retainCommand) Help() string {
	return `Erases what its time has come for: forms that nobody confirmed, people for whom everything ended long ago, and those whose lock ends. A running server does it once a day; this does it now. What it did is an event of each business.

Examples:
  assent retain`
}

// Run runs retention for every business.
func (c *retainCommand) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		var errs []error
		for _, t := range i.manage.Directory().Tenants() {
			done, err := i.records().Retain(ctx, t.ID)
			errs = append(errs, err)
			fmt.Fprintf(std.out, "%s: forms %d, people %d, locks that ended %d.\n", t.Slug, done.Forms, done.People, done.Locks)
		}
		return errors.Join(errs...)
	})
}

// businessKeep shows and sets how long a business keeps what.
type businessKeep struct {
	databaseFlags
	Slug            string  `arg:"" help:"Short name of the business."`
	AfterErasure    *string `help:"What becomes of consents that messages rested on: erase or lock." placeholder:"WHAT"`
	LockDays        *int    `help:"For how many days they are locked; 0 for 3 years." placeholder:"DAYS"`
	ExportFirst     *bool   `help:"Nobody is erased before a proof of them was exported for court." negatable:""`
	UnconfirmedDays *int    `help:"How long forms are kept that nobody confirmed; 0 for 30 days." placeholder:"DAYS"`
	EndedDays       *int    `help:"How long people are kept for whom everything ended; 0 for 5 years." placeholder:"DAYS"`
	Actor           string  `help:"Who sets it; it is recorded." placeholder:"NAME"`
}

// Help is shown below the flags.
func (businessKeep) Help() string {
	return `Without a setting it shows what is in force. What is not named stays as it is.

Examples:
  assent business keep sonne
  assent business keep sonne --after-erasure lock --lock-days 1095
  assent business keep sonne --unconfirmed-days 14 --export-first`
}

// Run shows or sets.
func (c *businessKeep) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		t, err := i.tenant(c.Slug)
		if err != nil {
			return err
		}
		k := c.changed(t.Keeping)
		if k != t.Keeping {
			who := c.Actor
			if who == "" {
				who = operator()
			}
			if err := i.records().SetKeeping(ctx, t.ID, k, who); err != nil {
				return err
			}
		}
		after := "erase"
		if k.AfterErasure != "" {
			after = string(k.AfterErasure)
		}
		const day = 24 * time.Hour
		_, err = fmt.Fprintf(std.out, "after an erasure   %s\nlocked for         %d days\nexport first       %v\nunconfirmed forms  %d days\nended              %d days\n",
			after, k.LockFor()/day, k.ExportFirst, k.Unconfirmed()/day, k.Ended()/day)
		return err
	})
}

// changed returns the settings with those that were named.
func (c *businessKeep) changed(k business.Keeping) business.Keeping {
	if c.AfterErasure != nil {
		k.AfterErasure = business.AfterErasure(*c.AfterErasure)
	}
	if c.ExportFirst != nil {
		k.ExportFirst = *c.ExportFirst
	}
	for _, x := range []struct {
		to   *int
		from *int
	}{{&k.LockDays, c.LockDays}, {&k.UnconfirmedDays, c.UnconfirmedDays}, {&k.EndedDays, c.EndedDays}} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	return k
}
