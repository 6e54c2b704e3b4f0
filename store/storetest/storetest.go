// Package storetest gives tests a database of their own, of each kind, and
// holds the one suite that both kinds must pass.
//
// SQLite is always there. PostgreSQL runs where ASSENT_TEST_POSTGRES names a
// server on which databases may be made; without it the subtest is skipped
// with a line that says so, and fails where ASSENT_TEST_REQUIRE is set, as CI
// does.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"assent/store"
)

// Database is an empty database that lasts as long as the test.
type Database struct {
	Kind string // sqlite or postgres
	Name string // as store.Open takes it
}

// SQLite returns a database in a file of the test's own folder. With KEEPDB set
// the file stays, and its name is logged.
func SQLite(tb testing.TB) Database {
	tb.Helper()
	dir := tb.TempDir()
	if os.Getenv("KEEPDB") != "" {
		var err error
		if dir, err = os.MkdirTemp("", "assent-test"); err != nil {
			tb.Fatal(err)
		}
		tb.Logf("the database stays in %s", dir)
	}
	return Database{"sqlite", filepath.Join(dir, "assent.db")}
}

// Postgres returns a fresh database on the test server, or skips.
func Postgres(tb testing.TB) Database {
	tb.Helper()
	server := os.Getenv("ASSENT_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
			tb.Fatal("ASSENT_TEST_POSTGRES is not set, and nothing may be skipped here")
		}
		tb.Skip("skipped: ASSENT_TEST_POSTGRES names no PostgreSQL server")
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatal(err)
	}
	name := "assent_test_" + random()
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if os.Getenv("KEEPDB") == "" {
			if _, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
				tb.Error(err)
			}
		}
		db.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatal(err)
	}
	u.Path = "/" + name
	return Database{"postgres", u.String()}
}

func random() string {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand never fails
	return hex.EncodeToString(b[:])
}

// Default returns a database of the kind that ASSENT_TEST_ON names: SQLite, or
// postgres. CI runs the tests of the use cases once on each.
func Default(tb testing.TB) Database {
	tb.Helper()
	if os.Getenv("ASSENT_TEST_ON") == "postgres" {
		return Postgres(tb)
	}
	return SQLite(tb)
}

// Each runs fn as a subtest on a fresh database of each kind.
func Each(t *testing.T, fn func(t *testing.T, db Database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// Open opens the database and closes it when the test ends.
func (db Database) Open(tb testing.TB, opts store.Options) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), db.Name, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Raw returns a connection past the store, for tests that look or meddle.
func (db Database) Raw(tb testing.TB) *sql.DB {
	tb.Helper()
	driver, name := "pgx", db.Name
	if db.Kind == "sqlite" {
		driver, name = "sqlite", "file:"+db.Name+"?_pragma=busy_timeout(10000)"
	}
	raw, err := sql.Open(driver, name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { raw.Close() })
	return raw
}
