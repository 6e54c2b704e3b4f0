package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"assent/fault"
	"assent/manage"
	"assent/vault"
)

type keysCommands struct {
	List   keysList   `cmd:"" help:"List the keys, never what they are made of."`
	Rotate keysRotate `cmd:"" help:"Put new keys in the place of old ones."`
}

type keysList struct {
	databaseFlags
	JSON bool `name:"json" help:"One JSON object a key."`
}

// Help is shown below the flags.
func (keysList) Help() string {
	return `What each key protects, and what its loss or theft means, is in docs/keys.md.

Examples:
  assent keys list
  assent keys list --json | jq 'select(.kind == "signing")'`
}

// Run lists the keys.
func (c *keysList) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		list, err := i.manage.ListKeys(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			e := json.NewEncoder(std.out)
			for _, k := range list {
				if err := e.Encode(k); err != nil {
					return err
				}
			}
			return nil
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KIND\tBUSINESS\tSTATE\tMADE\tFOR\tID")
		for _, k := range list {
			state, made := "in force", "-"
			if !k.InForce {
				state = "old"
			}
			if !k.Made.IsZero() {
				made = k.Made.UTC().Format("2006-01-02 15:04")
			}
			business := k.Business
			if business == "" {
				business = "-"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Kind, business, state, made, k.For, k.ID)
		}
		return w.Flush()
	})
}

type keysRotate struct {
	databaseFlags
	Signing    bool          `help:"A new key signs a business's events." xor:"what" required:""`
	Keyset     bool          `help:"A new key of the keyset wraps data keys and secrets." xor:"what" required:""`
	Master     bool          `help:"Another master key seals the keyset." xor:"what" required:""`
	Business   string        `help:"With --signing: short name of the business, or all." default:"all" placeholder:"NAME"`
	Rewrap     bool          `help:"With --keyset: wrap by the new key what older ones wrapped."`
	NewKeyFile string        `help:"With --master: the file of the new master key; made if it is not there." type:"path" placeholder:"FILE"`
	Wait       time.Duration `help:"With --keyset: how long running servers have to learn the new key before it is used." default:"15s" placeholder:"TIME"`
	Actor      string        `help:"Who rotates; it is recorded." placeholder:"NAME"`
}

// Help is shown below the flags.
func (keysRotate) Help() string {
	return `Old keys go on opening and verifying what they made. Running servers take new ones up within seconds, but for --master, which they need at their next start. Every rotation is an event in the log. docs/keys.md says when to rotate what.

Examples:
  assent keys rotate --signing --business sonnentor
  assent keys rotate --keyset --rewrap
  assent keys rotate --master --new-key-file new.key`
}

// Run rotates a key.
func (c *keysRotate) Run(ctx context.Context, std streams) error {
	switch {
	case c.Master && c.NewKeyFile == "":
		return fault.Field("new-key-file", "Name the file of the new master key with --new-key-file. It is made if it is not there.")
	case c.Rewrap && !c.Keyset:
		return fault.Field("rewrap", "--rewrap goes with --keyset.")
	}
	if err := c.there(); err != nil {
		return err
	}
	actor := c.Actor
	if actor == "" {
		actor = operator()
	}
	return c.with(ctx, std, func(i *installation) error {
		switch {
		case c.Signing:
			return c.signing(ctx, std, i.manage, actor)
		case c.Keyset:
			return c.keyset(ctx, std, i.manage, actor)
		}
		return c.master(ctx, std, i.manage, actor)
	})
}

func (c *keysRotate) signing(ctx context.Context, std streams, m *manage.Service, actor string) error {
	made, err := m.RotateSigning(ctx, actor, c.Business)
	for _, k := range made {
		fmt.Fprintf(std.out, "%s signs with %s now. Old keys stay published, and what they signed verifies.\n", k.Business, k.ID)
	}
	return err
}

func (c *keysRotate) keyset(ctx context.Context, std streams, m *manage.Service, actor string) error {
	wait := func(ctx context.Context) error {
		if c.Wait > 0 {
			fmt.Fprintf(std.err, "Running servers have %s to learn the new key.\n", c.Wait)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.Wait):
			return nil
		}
	}
	id, err := m.RotateKeyset(ctx, actor, wait)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "Key %d of the keyset wraps now. The others still open what they wrapped.\n", id)
	if !c.Rewrap {
		return nil
	}
	meter := newMeter(std.err)
	n, err := m.Rewrap(ctx, func(done int) { meter.show(int64(done), int64(done)) })
	meter.clear()
	fmt.Fprintf(std.out, "Wrapped anew: %d keys and secrets. Signing keys stay as they are wrapped; `assent keys rotate --signing` makes new ones.\n", n)
	return err
}

func (c *keysRotate) master(ctx context.Context, std streams, m *manage.Service, actor string) error {
	_, err := os.Stat(c.NewKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := newKeyFile(c.NewKeyFile, func(string) {}); err != nil {
			return err
		}
	}
	to, err := vault.OpenKMS("file:" + c.NewKeyFile)
	if err != nil {
		return err
	}
	if err := m.RotateMaster(ctx, actor, to); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The key in %s opens this installation now, and the one before does not.\n", c.NewKeyFile)
	where := "set ASSENT_MASTER_KEY_FILE or ASSENT_MASTER_KEY to it"
	if c.MasterKey == "" && c.KMS == "" && c.MasterKeyFile == "" && !strings.HasPrefix(c.Database, "postgres") {
		where = "move it to " + c.Database + ".key"
	}
	fmt.Fprintf(std.out, "Next: %s before anything starts again; keep a copy elsewhere; and keep the old key for as long as there are backups made before now.\n", where)
	return nil
}
