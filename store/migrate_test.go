package store_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/fault"
	"assent/store"
	"assent/store/storetest"
)

// Both databases have the same migrations by name.
func TestMigrationsComeInPairs(t *testing.T) {
	names := func(kind string) (list []string) {
		files, err := fs.Glob(os.DirFS("migrations"), kind+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			list = append(list, filepath.Base(f))
		}
		return list
	}
	if diff := cmp.Diff(names("sqlite"), names("postgres")); diff != "" {
		t.Error(diff)
	}
	if len(names("sqlite")) == 0 {
		t.Error("no migrations were found")
	}
}

// columns reads the schema as "table.column null|not null".
func columns(t *testing.T, db storetest.Database) (list []string) {
	t.Helper()
	query := `SELECT table_name || '.' || column_name || ' ' || is_nullable FROM information_schema.columns WHERE table_schema = 'public'`
	if db.Kind == "sqlite" {
		query = `SELECT m.name || '.' || c.name || CASE WHEN c."notnull" OR c.pk > 0 THEN ' NO' ELSE ' YES' END FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`
	}
	rows, err := db.Raw(t).Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(c, "goose_") && !strings.HasPrefix(c, "sqlite_") {
			list = append(list, c)
		}
	}
	sort.Strings(list)
	return list
}

// Both databases end with the same tables, columns and nullability.
func TestSchemasAgree(t *testing.T) {
	lite, pg := storetest.EmptySQLite(t), storetest.EmptyPostgres(t)
	lite.Open(t, store.Options{})
	pg.Open(t, store.Options{})
	if diff := cmp.Diff(columns(t, lite), columns(t, pg)); diff != "" {
		t.Errorf("-sqlite +postgres:\n%s", diff)
	}
}

func TestOpenTwiceAndTogether(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, db storetest.Database) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				s, err := store.Open(context.Background(), db.Name, store.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				s.Close()
			})
		}
		wg.Wait()
		first := columns(t, db)
		db.Open(t, store.Options{})
		if diff := cmp.Diff(first, columns(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// Two processes may make one file: the one that finds it taken at that moment
// waits, where SQLite gives up at once.
func TestOpenGaveUpOnAFileInTheMaking(t *testing.T) {
	file := filepath.Join(t.TempDir(), "assent.db")
	raw, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.SetMaxOpenConns(1)
	for _, q := range []string{`CREATE TABLE other (a)`, `BEGIN IMMEDIATE`} {
		if _, err := raw.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	time.AfterFunc(200*time.Millisecond, func() {
		if _, err := raw.Exec(`ROLLBACK`); err != nil {
			t.Error(err)
		}
	})
	s, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestChangedMigrationIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, store.Options{})
		s.Close()
		_, err := db.Raw(t).Exec(`UPDATE settings SET value = $1 WHERE name = 'migration/00001_init.sql'`, []byte("another hash"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), db.Name, store.Options{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("opened with a changed migration: %v", err)
		}
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		db.Open(t, store.Options{}).Close()
		if _, err := db.Raw(t).Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), db.Name, store.Options{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("opened a newer database: %v", err)
		}
	})
}

func TestOlderDatabaseIsRefusedWhereToldTo(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, db storetest.Database) {
		if _, err := store.Open(t.Context(), db.Name, store.Options{SkipMigrate: true}); !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOpenErrorsSayWhatToDo(t *testing.T) {
	for name, db := range map[string]string{
		"no folder":     filepath.Join(t.TempDir(), "no", "such", "folder", "x.db"),
		"not a server":  "postgres://nobody@127.0.0.1:1/none?connect_timeout=1",
		"not a address": "postgres://%zz",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Open(t.Context(), db, store.Options{})
			if fault.Message(err) == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Evidence is insert-only: the database itself refuses a change.
func TestEvidenceIsInsertOnly(t *testing.T) {
	tables := []string{"events", "leaves", "nodes", "checkpoints", "parties", "anchors", "destructions", "shown_texts", "suppressions", "suppression_hashes", "suppression_ends", "funnel_versions", "version_defects", "signing_keys", "entry_versions", "partings", "signup_versions"}
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		db.Open(t, store.Options{})
		raw := db.Raw(t)
		query := `SELECT DISTINCT event_object_table FROM information_schema.triggers`
		if db.Kind == "sqlite" {
			query = `SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'`
		}
		rows, err := raw.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var guarded []string
		for rows.Next() {
			var table string
			if err := rows.Scan(&table); err != nil {
				t.Fatal(err)
			}
			guarded = append(guarded, table)
		}
		for _, table := range tables {
			if !slices.Contains(guarded, table) {
				t.Errorf("%s can be changed", table)
			}
		}
		s := db.Open(t, store.Options{})
		if err := s.ReadWrite(t.Context(), insert("e1")); err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{
			`UPDATE events SET name = 'x'`, `DELETE FROM events`, `UPDATE leaves SET n = 5`, `DELETE FROM leaves`,
		} {
			if _, err := raw.Exec(change); err == nil || !strings.Contains(err.Error(), "insert-only") {
				t.Errorf("%s: %v", change, err)
			}
		}
	})
}

// A database to which a migration was applied before it was put right was refused.
func TestMigrationThatWasPutRightIsTaken(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, db storetest.Database) {
		for _, tt := range []struct {
			name, sum string
			taken     bool
		}{
			{"00021_stopped_only.sql", "2b29bbd121fe069150fab32e3496218f08346af75468239820f7da6a6860c096", true},
			{"00021_stopped_only.sql", "", false},
			{"00021_stopped_only.sql", "00", false},
			{"00001_init.sql", "2b29bbd121fe069150fab32e3496218f08346af75468239820f7da6a6860c096", false},
			{"00001_init.sql", "", false},
		} {
			s, err := store.Open(t.Context(), db.Name, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var right []byte
			raw := db.Raw(t)
			if err := errors.Join(s.Close(), raw.QueryRow(`SELECT value FROM settings WHERE name = $1`, "migration/"+tt.name).Scan(&right)); err != nil {
				t.Fatal(err)
			}
			set := func(sum []byte) {
				t.Helper()
				if _, err := raw.Exec(`UPDATE settings SET value = $1 WHERE name = $2`, sum, "migration/"+tt.name); err != nil {
					t.Fatal(err)
				}
			}
			set([]byte(tt.sum))
			s, err = store.Open(t.Context(), db.Name, store.Options{})
			if (err == nil) != tt.taken {
				t.Errorf("%+v: %v", tt, err)
			}
			if err == nil {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			set(right)
		}
	})
}
