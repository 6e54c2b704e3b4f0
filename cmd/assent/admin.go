package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"assent/account"
	"assent/business"
	"assent/fault"
	"assent/store"
	"assent/tenant"
)

// with opens the installation for one of the operator's commands.
func (f databaseFlags) with(ctx context.Context, std streams, fn func(*installation) error) error {
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	inst, err := f.open(ctx, store.Options{Writers: 1, Readers: 2}, log, func(s string) { fmt.Fprintln(std.err, s) })
	if err != nil {
		return err
	}
	if err := fn(inst); err != nil {
		inst.close()
		return err
	}
	return inst.close()
}

type userCommands struct {
	Add     userAdd     `cmd:"" help:"Add a person. The password is read from standard input."`
	List    userList    `cmd:"" help:"List everybody."`
	Disable userDisable `cmd:"" help:"Keep a person out, and end their sessions."`
	Reset   userReset   `cmd:"" help:"Give a person a new password, read from standard input, and let them in again."`
}

type userAdd struct {
	databaseFlags
	Login string `arg:"" help:"What they sign in with, for example an e-mail address."`
	Name  string `help:"Their name." placeholder:"NAME"`
}

// Help is shown below the flags.
func (userAdd) Help() string {
	return `Examples:
  assent user add lea@example.com --name Lea
  assent user add lea@example.com < password.txt`
}

// Run adds an operator.
func (c *userAdd) Run(ctx context.Context, std streams) error {
	password, err := readPassword(std)
	if err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		if err := i.manage.AddOperator(ctx, c.Login, c.Name, password); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s may sign in now.\n", c.Login)
		return nil
	})
}

// readPassword reads a line from standard input.
func readPassword(std streams) (string, error) {
	if f, ok := std.in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprint(std.err, "Password (at least 10 characters, shown as you type): ")
		}
	}
	line, err := bufio.NewReader(io.LimitReader(std.in, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

type userList struct{ databaseFlags }

// Help is shown below the flags.
func (userList) Help() string {
	return `Examples:
  assent user list`
}

// Run lists operators.
func (c *userList) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error {
		list, err := i.manage.Operators(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "LOGIN\tNAME\tROLE\tSTATE")
		for _, o := range list {
			state := "active"
			if o.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", o.Login, o.Name, o.Role, state)
		}
		return w.Flush()
	})
}

type userDisable struct {
	databaseFlags
	Login string `arg:"" help:"Whom to keep out."`
}

// Help is shown below the flags.
func (userDisable) Help() string {
	return `Examples:
  assent user disable lea@example.com`
}

// Run disables an operator.
func (c *userDisable) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error {
		if err := i.manage.SetOperator(ctx, c.Login, "", true); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s is kept out.\n", c.Login)
		return nil
	})
}

type userReset struct {
	databaseFlags
	Login string `arg:"" help:"Who gets a new password."`
}

// Help is shown below the flags.
func (userReset) Help() string {
	return `Examples:
  assent user reset lea@example.com`
}

// Run gives an operator a new password.
func (c *userReset) Run(ctx context.Context, std streams) error {
	password, err := readPassword(std)
	if err != nil {
		return err
	}
	if password == "" {
		return fault.Field("password", "Give the new password on standard input.")
	}
	return c.with(ctx, std, func(i *installation) error {
		if err := i.manage.SetOperator(ctx, c.Login, password, false); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s has a new password.\n", c.Login)
		return nil
	})
}

type apiKeyCommands struct {
	Add    apiKeyAdd    `cmd:"" help:"Make an API key of a business. It is shown once."`
	List   apiKeyList   `cmd:"" help:"List every key."`
	Revoke apiKeyRevoke `cmd:"" help:"End a key."`
}

type apiKeyAdd struct {
	databaseFlags
	Business string   `arg:"" help:"Short name of the business."`
	Name     string   `help:"What the key is for." default:"api" placeholder:"NAME"`
	Scope    []string `help:"What it may do: check, write, read, export." default:"check" enum:"check,write,read,export"`
}

// Help is shown below the flags.
func (apiKeyAdd) Help() string {
	return `Examples:
  assent apikey add sonne
  assent apikey add sonne --name shop --scope check --scope write`
}

// Run makes an API key.
func (c *apiKeyAdd) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error {
		t, err := i.tenant(c.Business)
		if err != nil {
			return err
		}
		scopes := make([]account.Scope, len(c.Scope))
		for n, s := range c.Scope {
			scopes[n] = account.Scope(s)
		}
		text, err := i.manage.AddAPIKey(ctx, t.ID, c.Name, scopes)
		if err != nil {
			return err
		}
		fmt.Fprintln(std.out, text)
		return nil
	})
}

// tenant returns the business with the short name.
func (i *installation) tenant(slug string) (*tenant.Tenant, error) {
	t, ok := i.manage.Directory().TenantBySlug(slug)
	if !ok {
		return nil, fault.New(fault.NotFound, "There is no business %s. `assent business list` shows them.", slug)
	}
	return t, nil
}

type apiKeyList struct{ databaseFlags }

// Help is shown below the flags.
func (apiKeyList) Help() string {
	return `Examples:
  assent apikey list`
}

// Run lists API keys.
func (c *apiKeyList) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error {
		list, err := i.manage.APIKeys(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tKEY\tNAME\tBUSINESS\tSCOPES\tSTATE")
		for _, k := range list {
			state, slug := "active", k.Business
			if !k.RevokedAt.IsZero() {
				state = "revoked"
			}
			if t, ok := i.manage.Directory().Tenant(k.Business); ok {
				slug = t.Slug
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Hint, k.Name, slug, strings.Trim(fmt.Sprint(k.Scopes), "[]"), state)
		}
		return w.Flush()
	})
}

type apiKeyRevoke struct {
	databaseFlags
	ID string `arg:"" help:"The key's id, as apikey list shows it."`
}

// Help is shown below the flags.
func (apiKeyRevoke) Help() string {
	return `Examples:
  assent apikey revoke 019cadc6-9a80-7d23-aad9-c0fcaba29d06`
}

// Run ends an API key.
func (c *apiKeyRevoke) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error { return i.manage.RevokeAPIKey(ctx, c.ID) })
}

type businessCommand struct {
	Add  businessAdd  `cmd:"" help:"Add a business."`
	List businessList `cmd:"" help:"List every business."`
	Keep businessKeep `cmd:"" help:"Show or set how long a business keeps what, and what an erasure does."`
}

type businessAdd struct {
	databaseFlags
	Slug      string `arg:"" help:"Short name for addresses, for example sonnentor."`
	LegalName string `help:"Legal name, as consent words give it." required:"" placeholder:"NAME"`
	BrandName string `help:"Name as people know it." placeholder:"NAME"`
	Address   string `help:"Postal address, in one line." placeholder:"TEXT"`
	Contact   string `help:"E-mail address or telephone number." placeholder:"TEXT"`
	Human     string `help:"Whom people can ask." placeholder:"TEXT"`
	NoticeURL string `help:"Address of the privacy notice." placeholder:"URL"`
	Language  string `help:"Default language." default:"en" placeholder:"TAG"`
	Country   string `help:"Default country, two letters." default:"DE" placeholder:"CC"`
	BareStop  string `help:"What a bare STOP ends." default:"all" enum:"all,marketing"`
}

// Help is shown below the flags.
func (businessAdd) Help() string {
	return `Examples:
  assent business add sonne --legal-name 'Sonne GmbH' --brand-name Sonne --address 'Hauptstraße 1, 10115 Berlin'`
}

// Run adds a business.
func (c *businessAdd) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error {
		id, err := i.manage.AddBusinessBy(ctx, business.Business{
			Slug: c.Slug, LegalName: c.LegalName, BrandName: c.BrandName, Address: c.Address, Contact: c.Contact, Human: c.Human,
			NoticeURL: c.NoticeURL, Language: c.Language, Country: c.Country, BareStop: business.Width(c.BareStop),
		}, operator())
		if err != nil {
			return err
		}
		fmt.Fprintln(std.out, id)
		return nil
	})
}

type businessList struct{ databaseFlags }

// Help is shown below the flags.
func (businessList) Help() string {
	return `Examples:
  assent business list`
}

// Run lists businesses.
func (c *businessList) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error {
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tLEGAL NAME\tFUNNELS\tSENDERS\tKEYS")
		for _, t := range i.manage.Directory().Tenants() {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s/b/%s/.well-known/jwks.json\n", t.Slug, t.LegalName, len(i.manage.Directory().Funnels(t.ID)), len(t.Senders), i.manage.Installation().BaseURL, t.Slug)
		}
		return w.Flush()
	})
}

type migrateCommand struct{ databaseFlags }

// Help is shown below the flags.
func (migrateCommand) Help() string {
	return `Examples:
  assent migrate
  assent migrate --database postgres://assent@db/assent`
}

// Run brings the database up to date.
func (c *migrateCommand) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(*installation) error {
		fmt.Fprintln(std.out, "The database is up to date.")
		return nil
	})
}

type versionCommand struct{}

// version is set by the linker in releases.
var version = "dev"

// Help is shown below the flags.
func (versionCommand) Help() string {
	return `Examples:
  assent version
  assent --version`
}

// Run prints the version.
func (versionCommand) Run(std streams) error {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	_, err := fmt.Fprintf(std.out, "assent %s, commit %s, %s\n", version, commit, runtime.Version())
	return err
}
