package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"assent/fault"
)

// A backup is one gzip stream (RFC 1952) of JSON Lines in UTF-8:
//
//	{"format":"assent-backup","version":1, …,"tables":[…]}   BackupHeader
//	{"table":"settings"}
//	["base_url","aHR0cHM6Ly8="]                               one row
//	…                                                         each table in the header's order
//	{"end":{"rows":1234,"sha256":"…"}}
//
// A row is an array in the order of the table's columns: text as a string, a
// number as a number, true and false as 1 and 0, bytes in base64 (RFC 4648,
// section 4), none as null. The SHA-256 is of every byte before the last line,
// as they are before compression. docs/backup.md says it in full.

// BackupFormat and BackupVersion name the format of backups.
const (
	BackupFormat  = "assent-backup"
	BackupVersion = 1
)

// BackupHeader is a backup's first line.
type BackupHeader struct {
	Format     string        `json:"format"`
	Version    int           `json:"version"`
	Program    string        `json:"program"`    // version of Assent that made it
	Made       time.Time     `json:"made"`       // when its state was read
	Schema     int64         `json:"schema"`     // newest migration
	Keyset     []byte        `json:"keyset"`     // sealed under the master key, which is not in the backup
	Checkpoint []byte        `json:"checkpoint"` // newest signed one; null for none
	LogSize    int64         `json:"log_size"`
	Tables     []BackupTable `json:"tables"`
}

// BackupTable says what follows of one table.
type BackupTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Kinds   []string `json:"kinds"` // text, int or bytes
	Rows    int64    `json:"rows"`
}

// Rows returns how many rows the backup holds in all.
func (h *BackupHeader) Rows() (n int64) {
	for _, t := range h.Tables {
		n += t.Rows
	}
	return n
}

// BackupEnd is a backup's last line.
type BackupEnd struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// settingsCopied leaves out of the settings what belongs to this database and
// not to the installation: which migrations made it, and an unfinished restore.
const settingsCopied = ` WHERE name NOT LIKE 'migration/%' AND name <> '` + SettingRestoring + `'`

// Backup writes one consistent state of the database to w while others go on
// writing, in constant memory. progress, which may be nil, is told how many rows
// are written of how many.
func (s *Store) Backup(ctx context.Context, w io.Writer, program string, progress func(done, total int64)) (h BackupHeader, end BackupEnd, err error) {
	defer fault.Wrap(&err, "store.Backup")
	err = s.ReadOnly(ctx, func(ctx context.Context, tx *Tx) error {
		tables, err := tx.tables(ctx)
		if err != nil {
			return err
		}
		if h, err = tx.backupHeader(ctx, tables); err != nil {
			return err
		}
		h.Program, h.Made = program, s.opts.Now().UTC().Truncate(time.Millisecond)
		b := newBackupWriter(w, h.Rows(), progress)
		if err := b.object(h); err != nil {
			return err
		}
		for i, t := range tables {
			if err := tx.backupTable(ctx, b, t, h.Tables[i].Rows); err != nil {
				return err
			}
		}
		end, err = b.end()
		return err
	})
	return h, end, err
}

func (t *Tx) backupHeader(ctx context.Context, tables []table) (h BackupHeader, err error) {
	h = BackupHeader{Format: BackupFormat, Version: BackupVersion}
	if err := t.queryRow(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&h.Schema); err != nil {
		return h, err
	}
	if h.Keyset, err = t.Setting(ctx, "keyset"); err != nil {
		return h, err
	}
	head, err := t.LogHead(ctx)
	if err != nil {
		return h, err
	}
	h.LogSize = head.Size
	last, ok, err := t.LastCheckpoint(ctx)
	if err != nil {
		return h, err
	}
	if ok {
		h.Checkpoint = last.Note
	}
	for _, tab := range tables {
		b := BackupTable{Name: tab.name, Columns: tab.columns}
		for _, kind := range tab.kinds {
			if kind == "bool" { // SQLite has none, and a backup is the same from both
				kind = "int"
			}
			b.Kinds = append(b.Kinds, kind)
		}
		if err := t.queryRow(ctx, `SELECT count(*) FROM `+tab.name+tab.filter()).Scan(&b.Rows); err != nil {
			return h, err
		}
		h.Tables = append(h.Tables, b)
	}
	return h, nil
}

// filter is the WHERE of what a backup holds of the table.
func (t table) filter() string {
	if t.name == "settings" {
		return settingsCopied
	}
	return ""
}

// backupTable streams a table in the order in which the database has it.
func (t *Tx) backupTable(ctx context.Context, b *backupWriter, tab table, want int64) error {
	if err := b.object(map[string]string{"table": tab.name}); err != nil {
		return err
	}
	values, dst := make([]any, len(tab.columns)), make([]any, len(tab.columns))
	for i := range values {
		dst[i] = &values[i]
	}
	got := int64(0)
	rows, err := t.query(ctx, `SELECT `+strings.Join(tab.columns, ", ")+` FROM `+tab.name+tab.filter())
	err = eachRow(rows, err, func(scan func(...any) error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := scan(dst...); err != nil {
			return err
		}
		got++
		return b.row(values)
	})
	if err == nil && got != want {
		err = fmt.Errorf("store: table %s has %d rows and then %d in one state", tab.name, want, got)
	}
	return err
}

// backupWriter writes lines, sums them and compresses them.
type backupWriter struct {
	buf      *bufio.Writer
	zip      *gzip.Writer
	sum      hash.Hash
	line     []byte
	done     int64
	total    int64
	progress func(done, total int64)
}

func newBackupWriter(w io.Writer, total int64, progress func(done, total int64)) *backupWriter {
	b := &backupWriter{buf: bufio.NewWriterSize(w, 64<<10), sum: sha256.New(), total: total, progress: progress}
	b.zip, _ = gzip.NewWriterLevel(b.buf, gzip.BestSpeed) // the level is a known one
	return b
}

// write writes the line that stands in b.line.
func (b *backupWriter) write() error {
	b.line = append(b.line, '\n')
	b.sum.Write(b.line)
	_, err := b.zip.Write(b.line)
	return err
}

func (b *backupWriter) object(v any) (err error) {
	if b.line, err = json.Marshal(v); err != nil {
		return err
	}
	return b.write()
}

// row writes a row as it was scanned.
func (b *backupWriter) row(values []any) error {
	b.line = append(b.line[:0], '[')
	for i, v := range values {
		if i > 0 {
			b.line = append(b.line, ',')
		}
		switch v := v.(type) {
		case nil:
			b.line = append(b.line, "null"...)
		case int64:
			b.line = strconv.AppendInt(b.line, v, 10)
		case bool:
			n := byte('0')
			if v {
				n = '1'
			}
			b.line = append(b.line, n)
		case []byte:
			b.line = append(b.line, '"')
			b.line = base64.StdEncoding.AppendEncode(b.line, v)
			b.line = append(b.line, '"')
		case string:
			if !utf8.ValidString(v) {
				return fmt.Errorf("store: text that is not UTF-8 cannot be backed up")
			}
			quoted, err := json.Marshal(v)
			if err != nil {
				return err
			}
			b.line = append(b.line, quoted...)
		default:
			return fmt.Errorf("store: a value of type %T cannot be backed up", v)
		}
	}
	b.line = append(b.line, ']')
	b.done++
	if b.progress != nil && b.done%256 == 0 {
		b.progress(b.done, b.total)
	}
	return b.write()
}

func (b *backupWriter) end() (end BackupEnd, err error) {
	end = BackupEnd{Rows: b.done, SHA256: hex.EncodeToString(b.sum.Sum(nil))}
	if err := b.object(map[string]BackupEnd{"end": end}); err != nil {
		return end, err
	}
	if err := b.zip.Close(); err != nil {
		return end, err
	}
	return end, b.buf.Flush()
}
