package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"

	"filippo.io/age"

	"assent/fault"
	"assent/store"
)

type backupCommand struct {
	databaseFlags
	Dest      string   `arg:"" help:"The file to write. One that is there is never overwritten." type:"path"`
	Recipient []string `help:"Encrypt for this age recipient, age1…; may be repeated." placeholder:"AGE1…"`
}

// Help is shown below the flags.
func (backupCommand) Help() string {
	return `Writes one consistent state of the whole database into one file, while a server goes on. The file's format is in docs/backup.md. The master key is not in it, and not needed to make it: keep the key somewhere else, and not where the backups are.

Examples:
  assent backup /backups/assent-2026-11-24.backup
  assent backup --recipient age1… --database postgres://assent@db/assent nightly.backup.age`
}

// Run writes a backup.
func (c *backupCommand) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	var recipients []age.Recipient
	if len(c.Recipient) > 0 {
		var err error
		if recipients, err = age.ParseRecipients(strings.NewReader(strings.Join(c.Recipient, "\n"))); err != nil {
			return fault.Field("recipient", "A recipient is an age public key such as age1…; make one with age-keygen.")
		}
	}
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := store.Open(ctx, c.Database, store.Options{Writers: 1, Readers: 1, Log: log, SkipMigrate: true})
	if err != nil {
		return err
	}
	meter := newMeter(std.err)
	var h store.BackupHeader
	var end store.BackupEnd
	err = writeFile(c.Dest, func(w io.Writer) (err error) {
		h, end, err = backup(ctx, s, w, recipients, meter.show)
		return err
	})
	meter.clear()
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s holds %d rows and the log's first %d entries. SHA-256 of its content: %s\n", c.Dest, end.Rows, h.LogSize, end.SHA256)
	if recipients == nil {
		fmt.Fprintln(std.err, "It is not encrypted: it shows businesses, texts and how many people there are, and holds keys and personal data that open to whoever also has the master key. Encrypt it with --recipient.")
	}
	fmt.Fprintln(std.err, "The master key is not in it. Without the key nothing personal in it can be read; keep a copy of the key somewhere else.")
	return nil
}

// backup streams the database to w, encrypted if there are recipients.
func backup(ctx context.Context, s *store.Store, w io.Writer, recipients []age.Recipient, progress func(done, total int64)) (h store.BackupHeader, end store.BackupEnd, err error) {
	to := nopCloser{w}
	out := io.WriteCloser(to)
	if recipients != nil {
		if out, err = age.Encrypt(w, recipients...); err != nil {
			return h, end, err
		}
	}
	if h, end, err = s.Backup(ctx, out, version, progress); err != nil {
		return h, end, err
	}
	if err := out.Close(); err != nil {
		return h, end, err
	}
	if f, ok := w.(*os.File); ok {
		err = f.Sync()
	}
	return h, end, err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// operator names who works at the command line.
func operator() string {
	if u, err := user.Current(); err == nil {
		return "command line: " + u.Username
	}
	return "command line"
}
