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

// Database is a database that lasts as long as the test.
type Database struct {
	Kind string // sqlite or postgres
	Name string // as store.Open takes it
}

// SQLite returns a database with the schema of this program and nothing else in it, in a
// file of the test's own folder. With KEEPDB set the file stays, and its name is logged.
func SQLite(tb testing.TB) Database {
	tb.Helper()
	db := EmptySQLite(tb)
	made, err := sqliteTemplate()
	if err == nil {
		err = os.WriteFile(db.Name, made, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// EmptySQLite is SQLite without a schema: the file is not there yet.
func EmptySQLite(tb testing.TB) Database {
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

// Postgres returns a database with the schema of this program and nothing else in it, on
// the test server, or skips.
func Postgres(tb testing.TB) Database {
	tb.Helper()
	return newPostgres(tb, true)
}

// EmptyPostgres is Postgres without a schema.
func EmptyPostgres(tb testing.TB) Database {
	tb.Helper()
	return newPostgres(tb, false)
}

func newPostgres(tb testing.TB, schema bool) Database {
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
	name, create := "assent_test_"+random(), "CREATE DATABASE "
	create += name
	if schema {
		template, err := postgresTemplate()
		if err != nil {
			tb.Fatal(err)
		}
		create += " TEMPLATE " + template
	}
	if _, err := db.Exec(create); err != nil {
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
	return Database{"postgres", on(server, name)}
}

// on returns the server's address with another database.
func on(server, database string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // it was opened
	}
	u.Path = "/" + database
	return u.String()
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

// EachEmpty is Each without a schema.
func EachEmpty(t *testing.T, fn func(t *testing.T, db Database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, EmptySQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, EmptyPostgres(t)) })
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
