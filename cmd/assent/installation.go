package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assent/fault"
	"assent/manage"
	"assent/store"
	"assent/tenant"
	"assent/vault"
)

// databaseFlags are what every command that opens the database takes.
type databaseFlags struct {
	Database      string `help:"A file (SQLite), or an address such as postgres://user@host/name." default:"assent.db" placeholder:"NAME"`
	BaseURL       string `help:"Where people reach the server, for example https://consent.example.com." default:"http://127.0.0.1:8080" placeholder:"URL"`
	MasterKey     string `help:"The master key: 32 bytes in base64. Better set in the environment." placeholder:"KEY"`
	MasterKeyFile string `help:"A file that holds the master key. Without it, NAME.key beside a SQLite database." type:"path" placeholder:"FILE"`
	KMS           string `name:"kms" help:"Where the master key is kept instead: file:PATH." placeholder:"ADDRESS"`
	Sentinel      string `help:"A file outside the database that remembers what left the house and what was erased. Without it, NAME.head beside a SQLite database." type:"path" placeholder:"FILE"`

	restoring bool // a backup is being restored into the database
}

// installation is an opened database with its keys.
type installation struct {
	store    *store.Store
	manage   *manage.Service
	log      *slog.Logger
	sentinel *sentinel // nil where none is kept
}

// open opens the installation. note is told what the operator should know.
func (f databaseFlags) open(ctx context.Context, opts store.Options, log *slog.Logger, note func(string)) (*installation, error) {
	if u, err := url.Parse(f.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.New(fault.Invalid, "The base URL %q is no address. Write it as https://consent.example.com.", f.BaseURL)
	}
	kms, err := f.wrapper(note)
	if err != nil {
		return nil, err
	}
	opts.Log = log
	s, err := store.Open(ctx, f.Database, opts)
	if err != nil {
		return nil, err
	}
	m, err := manage.Open(ctx, kms, strings.TrimRight(f.BaseURL, "/"), manage.Config{
		Store: store.As[manage.Reader, manage.Writer](s), Directory: &tenant.Directory{}, Log: log, Now: time.Now, Rand: rand.Reader, Restoring: f.restoring,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	i := &installation{store: s, manage: m, log: log}
	if file := f.sentinelFile(); file != "" {
		if i.sentinel, err = openSentinel(file, m.Installation().Log.VerifierKey()); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		m.Installation().Sentinel = i.sentinel
	}
	return i, nil
}

// wrapper returns what seals the keyset: the service that --kms names, or the
// master key.
func (f databaseFlags) wrapper(note func(string)) (vault.Wrapper, error) {
	if f.KMS != "" {
		return vault.OpenKMS(f.KMS)
	}
	key, err := f.masterKey(note)
	return vault.MasterKey(key), err
}

// masterKey finds the master key: as given, in the file, or beside the SQLite
// file, where it is made at first start.
func (f databaseFlags) masterKey(note func(string)) (key [vault.KeySize]byte, err error) {
	if f.MasterKey != "" {
		return vault.ParseMasterKey(f.MasterKey)
	}
	file := f.MasterKeyFile
	if file == "" {
		if strings.HasPrefix(f.Database, "postgres") {
			return key, fault.New(fault.Invalid, "Set ASSENT_MASTER_KEY (32 bytes in base64) or ASSENT_MASTER_KEY_FILE: with PostgreSQL the key is not kept beside the data.")
		}
		file = f.Database + ".key"
	}
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		return vault.ParseMasterKey(string(text))
	case !errors.Is(err, fs.ErrNotExist) || f.MasterKeyFile != "":
		return key, fault.New(fault.Invalid, "The master key file %s cannot be read.", file).Because(err)
	}
	if _, err := os.Stat(f.Database); err == nil {
		return key, fault.New(fault.Invalid, "The database %s is there, but its key file %s is not. Bring the key back: without it nothing personal can be read.", f.Database, file)
	}
	return newKeyFile(file, note)
}

// newKeyFile makes a master key in a file that only its owner may read.
func newKeyFile(file string, note func(string)) (key [vault.KeySize]byte, err error) {
	if key, err = vault.NewKey(rand.Reader); err != nil {
		return key, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return key, fault.New(fault.Invalid, "The folder of %s cannot be made.", file).Because(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return key, fault.New(fault.Invalid, "The master key file %s cannot be made.", file).Because(err)
	}
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(key[:]))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return key, err
	}
	note("A new master key is in " + file + ". Keep a copy of it somewhere else: without it nothing personal in the database can be read.")
	return key, nil
}

// tellIssuer tells where the address at which the server is reached now is not
// the one that evidence names.
func (i *installation) tellIssuer(note func(string)) {
	if in := i.manage.Installation(); in.BaseURL != in.IssuerURL {
		note("Evidence goes on naming " + in.IssuerURL + ", the address of the first start, for what was signed under it must verify for ever; keep its keys reachable there. " + in.BaseURL + " is for pages and links.")
	}
}

// tellNobody tells how the first operator is made, where there is none.
func (i *installation) tellNobody(ctx context.Context, note func(string)) error {
	known, err := i.manage.Operators(ctx)
	if err == nil && len(known) == 0 {
		note("Nobody can sign in at " + i.manage.Installation().BaseURL + "/admin yet. Add somebody: assent user add you@example.com")
	}
	return err
}

func (i *installation) close() error { return i.store.Close() }
