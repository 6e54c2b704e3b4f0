package store

import (
	"context"
	"slices"
	"strings"

	"assent/chat"
	"assent/fault"
	"assent/optin"
)

// SettingRestoring is the setting that marks a database into which a backup is
// being copied. While it is there nothing but the restore may open it.
const SettingRestoring = "restoring"

// restoreRows and restoreBytes bound what one transaction of a restore copies.
const (
	restoreRows  = 500
	restoreBytes = 8 << 20
)

// Restore copies a backup into an empty database and leaves the mark of an
// unfinished restore on it: EndRestore takes it away once all was checked. A
// database that holds anything is a Conflict. progress may be nil.
func (s *Store) Restore(ctx context.Context, b *BackupReader, progress func(done, total int64)) (err error) {
	defer fault.Wrap(&err, "store.Restore")
	var here []table
	err = s.ReadOnly(ctx, func(ctx context.Context, tx *Tx) error {
		if here, err = tx.tables(ctx); err != nil {
			return err
		}
		var schema int64
		if err := tx.queryRow(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&schema); err != nil {
			return err
		}
		return b.fits(here, schema)
	})
	if err != nil {
		return err
	}
	if err := s.markRestore(ctx, here); err != nil {
		return err
	}
	l := &loader{s: s, total: b.BackupHeader.Rows(), progress: progress}
	err = b.Each(func(t *BackupTable, values []any) error {
		if l.table != t {
			if err := l.flush(ctx); err != nil {
				return err
			}
			l.table = t
			l.to = here[slices.IndexFunc(here, func(x table) bool { return x.name == t.Name })]
		}
		return l.add(ctx, values)
	})
	if err == nil {
		err = l.flush(ctx)
	}
	return err
}

// fits checks that the backup is of tables as they are here.
func (b *BackupReader) fits(here []table, schema int64) error {
	if b.Schema > schema {
		return fault.New(fault.Conflict, "The backup was made by a newer Assent, %s. Restore it with that version, or a later one.", quote(b.Program))
	}
	other := fault.New(fault.Conflict, "The backup was made by an Assent with other tables, %s. Restore it with that version, and then let this one bring it up to date.", quote(b.Program))
	if b.Schema != schema || len(here) != len(b.Tables) {
		return other
	}
	for _, t := range b.Tables {
		i := slices.IndexFunc(here, func(x table) bool { return x.name == t.Name })
		if i < 0 || !slices.Equal(slices.Sorted(slices.Values(here[i].columns)), slices.Sorted(slices.Values(t.Columns))) {
			return other
		}
	}
	return nil
}

var errNotEmpty = fault.New(fault.Conflict, "The database is not empty. Restore into a new one; one that a restore left unfinished must be deleted first.")

// markRestore marks an empty database, and refuses one that is not.
func (s *Store) markRestore(ctx context.Context, here []table) error {
	return s.ReadWrite(ctx, func(ctx context.Context, tx *Tx) error {
		for _, t := range here {
			if t.name == "log_head" {
				continue
			}
			where := ""
			if t.name == "settings" {
				where = ` WHERE name NOT LIKE 'migration/%'`
			}
			var n int64
			if err := tx.queryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM `+t.name+where+` LIMIT 1) x`).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return errNotEmpty
			}
		}
		head, err := tx.LogHead(ctx)
		if err != nil {
			return err
		}
		if head.Size > 0 {
			return errNotEmpty
		}
		if _, err := tx.exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2)`, SettingRestoring, []byte("unfinished")); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `DELETE FROM log_head`) // the backup brings its own
		return err
	})
}

// HoldMessages keeps messages that waited to be sent from being sent, and
// returns how many: whether they went out since the backup was made cannot be
// known, and a message is sent at most once.
func (t *Tx) HoldMessages(ctx context.Context) (int64, error) {
	if _, err := t.exec(ctx, `DELETE FROM jobs WHERE kind = $1`, optin.JobSend); err != nil {
		return 0, err
	}
	res, err := t.exec(ctx, `UPDATE messages SET state = $1 WHERE state = $2`, string(chat.Unclear), string(chat.Queued))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// EndRestore takes the mark of an unfinished restore away.
func (t *Tx) EndRestore(ctx context.Context) error {
	return t.one(ctx, `DELETE FROM settings WHERE name = $1`, SettingRestoring)
}

// loader gathers rows of a table and writes them in slices, as any bulk work.
type loader struct {
	s        *Store
	table    *BackupTable
	to       table
	rows     [][]any
	bytes    int
	done     int64
	total    int64
	progress func(done, total int64)
}

func (l *loader) add(ctx context.Context, values []any) error {
	for i, column := range l.table.Columns {
		switch v := values[i].(type) {
		case []byte:
			l.bytes += len(v)
		case string:
			l.bytes += len(v)
		case int64:
			if l.to.kinds[slices.Index(l.to.columns, column)] == "bool" {
				values[i] = v != 0
			}
		}
	}
	l.rows = append(l.rows, values)
	if len(l.rows) < restoreRows && l.bytes < restoreBytes {
		return nil
	}
	return l.flush(ctx)
}

// flush writes what was gathered, in inserts of a power of two of rows, so that
// few statements are prepared.
func (l *loader) flush(ctx context.Context) error {
	if len(l.rows) == 0 {
		return nil
	}
	head := `INSERT INTO ` + l.table.Name + ` (` + strings.Join(l.table.Columns, ", ") + `) VALUES `
	err := l.s.ReadWrite(ctx, func(ctx context.Context, tx *Tx) error {
		for rest := l.rows; len(rest) > 0; {
			n := rowsPerInsert
			for n > len(rest) {
				n /= 2
			}
			if _, err := tx.exec(ctx, head+placeholders(n, len(l.table.Columns)), slices.Concat(rest[:n]...)...); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.done += int64(len(l.rows))
	l.rows, l.bytes = nil, 0
	if l.progress != nil {
		l.progress(l.done, l.total)
	}
	return nil
}
