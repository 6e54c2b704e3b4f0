package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"filippo.io/age"

	"assent/fault"
	"assent/manage"
	"assent/records"
	"assent/store"
	"assent/vault"
)

type restoreCommand struct {
	databaseFlags
	Src      string `arg:"" help:"The backup." type:"path"`
	Identity string `help:"A file with the age identity that the backup was encrypted for." type:"path" placeholder:"FILE"`
	Erasures string `help:"A file with the ids of data keys that were destroyed since the backup: a sentinel's, or one id a line." type:"path" placeholder:"FILE"`
}

// Help is shown below the flags.
func (restoreCommand) Help() string {
	return `Copies a backup into a new, empty database, destroys again what was erased since the backup was made, and audits the copy. Nothing may open the database before all of that has succeeded.

What was erased since is known from the sentinel (assent.db.head beside the database, or --sentinel) and from --erasures. Messages that waited to be sent when the backup was made are not sent.

Exit status: 0 restored and everything holds, 1 refused, or something does not hold, 2 the backup cannot be read or is damaged.

Examples:
  assent restore nightly.backup --database /var/lib/assent/assent.db
  assent restore nightly.backup.age --identity key.txt --database postgres://assent@db/assent --sentinel /var/lib/assent/head`
}

// Run restores a backup.
func (c *restoreCommand) Run(ctx context.Context, std streams) error {
	kms, err := c.restoreKey()
	if err != nil {
		return err
	}
	erased, err := c.erasures()
	if err != nil {
		return err
	}
	// Everything is read once before anything is written.
	var header store.BackupHeader
	err = c.read(func(b *store.BackupReader) error {
		header = b.BackupHeader
		return b.Each(func(*store.BackupTable, []any) error { return nil })
	})
	if err != nil {
		report(err, std.err)
		return exitCode(2)
	}
	if header.Keyset != nil {
		if _, err := vault.OpenMaster(ctx, kms, header.Keyset); err != nil {
			return fault.New(fault.Invalid, "The master key does not open the keys in this backup. Give the key that the installation had when the backup was made.").Because(err)
		}
	}
	if err := c.copy(ctx, std); err != nil {
		return err
	}
	return c.finish(ctx, std, header, erased)
}

// restoreKey finds the master key and makes none: a backup opens with the one
// that its installation had.
func (c *restoreCommand) restoreKey() (vault.Wrapper, error) {
	if c.KMS == "" && c.MasterKey == "" && c.MasterKeyFile == "" && !strings.HasPrefix(c.Database, "postgres") {
		if _, err := os.Stat(c.Database + ".key"); err != nil {
			return nil, fault.New(fault.Invalid, "The master key is missing: it is not in the backup. Put it at %s, or name its file with --master-key-file.", c.Database+".key")
		}
		c.MasterKeyFile = c.Database + ".key"
	}
	return c.wrapper(func(string) {})
}

// ageMagic is how a file begins that age encrypted.
var ageMagic = []byte("age-encryption.org/")

// read opens the backup, decrypts it if need be, and hands it to fn.
func (c *restoreCommand) read(fn func(*store.BackupReader) error) error {
	f, err := os.Open(c.Src)
	if err != nil {
		return fault.New(fault.NotFound, "%s cannot be opened; check that it is there and readable.", c.Src)
	}
	defer f.Close()
	buf := bufio.NewReaderSize(f, 64<<10)
	in := io.Reader(buf)
	if start, _ := buf.Peek(len(ageMagic)); bytes.Equal(start, ageMagic) {
		if in, err = c.decrypt(buf); err != nil {
			return err
		}
	}
	b, err := store.ReadBackup(in)
	if err != nil {
		return err
	}
	return fn(b)
}

func (c *restoreCommand) decrypt(r io.Reader) (io.Reader, error) {
	if c.Identity == "" {
		return nil, fault.New(fault.Invalid, "The backup is encrypted. Name the file with its age identity with --identity.")
	}
	f, err := os.Open(c.Identity)
	if err != nil {
		return nil, fault.New(fault.NotFound, "%s cannot be opened; check that it is there and readable.", c.Identity)
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s holds no age identity, AGE-SECRET-KEY-1….", c.Identity)
	}
	in, err := age.Decrypt(r, identities...)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The backup does not open with that identity, or its beginning is damaged.").Because(err)
	}
	return in, nil
}

// copy copies the backup into the database. A SQLite file that was made for it
// and could not be filled is taken away again.
func (c *restoreCommand) copy(ctx context.Context, std streams) error {
	fresh := c.there() != nil
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelError}))
	s, err := store.Open(ctx, c.Database, store.Options{Writers: 1, Readers: 2, Log: log})
	if err != nil {
		return err
	}
	meter := newMeter(std.err)
	err = c.read(func(b *store.BackupReader) error { return s.Restore(ctx, b, meter.show) })
	meter.clear()
	err = errors.Join(err, s.Close())
	if err != nil && fresh {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			os.Remove(c.Database + suffix) //nolint:errcheck // what is left is marked as unfinished
		}
	}
	return err
}

// finish destroys again what was erased since, audits the copy, and lets others
// open it.
func (c *restoreCommand) finish(ctx context.Context, std streams, header store.BackupHeader, erased []string) error {
	note := func(s string) { fmt.Fprintln(std.err, s) }
	_, statErr := os.Stat(c.sentinelFile())
	c.restoring = true
	var found records.Report
	err := c.with(ctx, std, func(i *installation) error {
		if i.sentinel != nil && statErr == nil {
			erased = append(erased, i.sentinel.keys()...)
		} else if c.Erasures == "" {
			note("No sentinel is there, so nothing tells what was erased since the backup was made. If anything was, erase it again.")
		}
		n, err := i.records().EraseAgain(ctx, operator(), erased)
		if err != nil {
			return err
		}
		if n > 0 {
			note(fmt.Sprintf("Data keys that were destroyed since the backup was made, and are destroyed again now: %d.", n))
		}
		held, err := i.manage.HoldMessages(ctx)
		if err != nil {
			return err
		}
		if held > 0 {
			note(fmt.Sprintf("Messages that waited to be sent, and are not sent now, for they may have gone out since: %d.", held))
		}
		if _, err := i.manage.SignCheckpoint(ctx); err != nil {
			return err
		}
		meter := newMeter(std.err)
		found, err = i.records().Audit(ctx, records.AuditOptions{Checkpoint: header.Checkpoint, Progress: meter.show})
		meter.clear()
		if err != nil || !found.OK {
			return err
		}
		if err := i.manage.EndRestore(ctx); err != nil {
			return err
		}
		return i.tellBehind(ctx, note)
	})
	if err != nil {
		return err
	}
	if err := writeReport(std.out, found); err != nil {
		return err
	}
	if !found.OK {
		return fault.New(fault.Conflict, "The backup was copied, but does not hold. The copy stays marked as unfinished, and nothing will serve it.")
	}
	fmt.Fprintf(std.out, "Restored the state of %s.\n", header.Made.UTC().Format("2006-01-02 15:04:05 UTC"))
	return nil
}

// tellBehind tells where a server will refuse to go on from what was restored.
func (i *installation) tellBehind(ctx context.Context, note func(string)) error {
	if i.sentinel == nil || i.sentinel.newest() == nil {
		return nil
	}
	err := i.manage.Continues(ctx, i.sentinel.newest())
	if fault.Is(err, fault.Conflict) {
		note(fault.Message(err) + " A server refuses to start here without --after-restore.")
		return nil
	}
	return err
}

// maxErasures bounds what is read of a list of erasures, in bytes.
const maxErasures = 256 << 20

// erasures reads the list of destroyed keys, if one was named.
func (c *restoreCommand) erasures() (keys []string, err error) {
	if c.Erasures == "" {
		return nil, nil
	}
	f, err := os.Open(c.Erasures)
	if err != nil {
		return nil, fault.New(fault.NotFound, "%s cannot be opened; check that it is there and readable.", c.Erasures)
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, maxErasures))
	for n := 1; lines.Scan(); n++ {
		word, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if word == "destroyed" {
			word, _, _ = strings.Cut(rest, " ")
		}
		switch {
		case manage.ValidKeyID(word):
			keys = append(keys, word)
		case word == "", word == "assent", word == "log", word == "left", word == "restored":
		default:
			return nil, fault.New(fault.Invalid, "Line %d of %s names no data key. A line is s/ and a person's id, r/ and a request's, or a line of a sentinel.", n, c.Erasures)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fault.New(fault.Invalid, "%s cannot be read.", c.Erasures).Because(err)
	}
	return keys, nil
}
