package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"assent/store"
	"assent/store/migrations"
)

// Most of the time of a test that needs a database went into making its tables, so they
// are made once and copied.

// sqliteTemplate returns the file of a database that has the schema, made once a process.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "assent-schema")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "assent.db")
	if err := applySchema(name); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
})

// postgresTemplate returns the name of a database on the test server that has the schema.
// It stays there for all processes whose migrations are the same, under a name that they
// decide; it can be dropped at any time.
var postgresTemplate = sync.OnceValues(func() (string, error) {
	server, name := os.Getenv("ASSENT_TEST_POSTGRES"), "assent_template_"+schemaSum("postgres")
	db, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	defer db.Close()
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close() // it ends the lock
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtext($1))`, name); err != nil {
		return "", err
	}
	var there bool
	if err := conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil || there {
		return name, err
	}
	half := "assent_test_" + random() // whoever is killed here leaves no half a template
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+half); err != nil {
		return "", err
	}
	if err := applySchema(on(server, half)); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+half+" RENAME TO "+name)
	return name, err
})

// applySchema makes the tables in the database.
func applySchema(name string) error {
	s, err := store.Open(context.Background(), name, store.Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

// schemaSum names the migrations of a kind of database.
func schemaSum(kind string) string {
	h := sha256.New()
	err := fs.WalkDir(migrations.FS, kind, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(migrations.FS, path)
		h.Write([]byte(path))
		h.Write(body)
		return err
	})
	if err != nil {
		panic(err) // they are in the program
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
