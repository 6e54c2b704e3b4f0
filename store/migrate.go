package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"assent/fault"
	"assent/store/migrations"
)

// migrate brings the schema up to date, or with SkipMigrate refuses one that is
// not. It refuses a schema that is newer than this program, and one to which
// other files were applied than those that this program holds.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations.FS, s.dialect.name)
	if err != nil {
		return err
	}
	opts := []goose.ProviderOption{goose.WithVerbose(false)}
	gooseDialect := goose.DialectSQLite3
	if s.dialect == postgresDialect {
		gooseDialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(gooseDialect, s.write, files, opts...)
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fault.New(fault.Unavailable, "The database cannot be reached. Check its address and that it runs.").Because(err)
	}
	if current > target {
		return fault.New(fault.Conflict, "This database was made by a newer Assent. Start that version, or a later one.")
	}
	if current < target && s.opts.SkipMigrate {
		return fault.New(fault.Conflict, "This database is from an older Assent. Run `assent migrate` first.")
	}
	if err := up(ctx, provider, current, target); err != nil {
		return err
	}
	return s.checkMigrations(ctx, files, provider.ListSources())
}

// up applies what is missing. SQLite has no lock for migrations: where two
// processes start together, one of them fails and finds that the other has
// come further.
func up(ctx context.Context, provider *goose.Provider, current, target int64) error {
	for current < target {
		_, err := provider.Up(ctx)
		if err == nil {
			return nil
		}
		var now int64
		for range 100 {
			var readErr error
			if now, readErr = provider.GetDBVersion(ctx); readErr == nil && now > current {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if now <= current {
			return err
		}
		current = now
	}
	return nil
}

// formerly holds the sum of each file that was put right after it had been applied
// somewhere. What either makes has the same schema; where its rows differ is said.
var formerly = map[string]string{
	// It also took the state of those who had been erased, who have nothing else left: an
	// audit names them where there were any.
	"00021_stopped_only.sql": "2b29bbd121fe069150fab32e3496218f08346af75468239820f7da6a6860c096",
}

// checkMigrations compares the files that were applied with those of this
// program: an applied file that changed since would leave two installations
// with one version and two schemas.
func (s *Store) checkMigrations(ctx context.Context, files fs.FS, sources []*goose.Source) error {
	for _, src := range sources {
		body, err := fs.ReadFile(files, path.Base(src.Path))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		name := "migration/" + path.Base(src.Path)
		var kept []byte
		err = s.write.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&kept)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = s.write.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, []byte(hex.EncodeToString(sum[:])))
			if err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		before, mended := formerly[path.Base(src.Path)]
		if string(kept) != hex.EncodeToString(sum[:]) && !(mended && string(kept) == before) {
			return fault.New(fault.Conflict, "The migration %s was changed after it had been applied to this database. Use the Assent that made it.", path.Base(src.Path))
		}
	}
	return nil
}
