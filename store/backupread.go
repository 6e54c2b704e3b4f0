package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"

	"assent/fault"
)

// maxBackupLine bounds one line of a backup, in bytes: the largest row is a
// webhook body of 3 MB, or a text that was shown.
const maxBackupLine = 64 << 20

// BackupReader reads a backup from its beginning to its end, once. What it
// refuses is an Invalid fault that says why.
type BackupReader struct {
	BackupHeader
	End BackupEnd // once all was read

	zip   *gzip.Reader
	lines *bufio.Reader
	sum   hash.Hash
	long  []byte
	rows  int64
}

var (
	errNoBackup = fault.New(fault.Invalid, "That is no backup of Assent.")
	errCut      = fault.New(fault.Invalid, "The backup ends too early: it was cut off while it was written or copied. Use another one.")
	errUnread   = fault.New(fault.Invalid, "The backup is damaged or cannot be read. Use another one.")
	errSum      = fault.New(fault.Invalid, "The backup is damaged: its content is not what its SHA-256 says. Use another one.")
)

// damaged says what is wrong with a backup.
func damaged(format string, args ...any) error {
	return fault.New(fault.Invalid, "The backup is damaged: %s. Use another one.", fmt.Sprintf(format, args...))
}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// ReadBackup reads the header of a backup.
func ReadBackup(r io.Reader) (*BackupReader, error) {
	zip, err := gzip.NewReader(r)
	switch {
	case err == nil:
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errNoBackup.Because(err)
	default: // it was encrypted, and what it decrypts from is damaged
		return nil, errUnread.Because(err)
	}
	b := &BackupReader{zip: zip, lines: bufio.NewReaderSize(zip, 64<<10), sum: sha256.New()}
	line, err := b.line()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(line, &b.BackupHeader); err != nil || b.Format != BackupFormat {
		return nil, errNoBackup
	}
	if b.Version != BackupVersion {
		return nil, fault.New(fault.Invalid, "The backup is of format %d, and this Assent reads format %d. Use the Assent that made it, %s.", b.Version, BackupVersion, quote(b.Program))
	}
	b.sum.Write(line)
	for _, t := range b.Tables {
		if !identifier.MatchString(t.Name) || len(t.Columns) == 0 || len(t.Columns) != len(t.Kinds) || len(t.Columns) > 256 || t.Rows < 0 {
			return nil, damaged("its header describes a table wrongly")
		}
		for i, c := range t.Columns {
			if !identifier.MatchString(c) || t.Kinds[i] != "text" && t.Kinds[i] != "int" && t.Kinds[i] != "bytes" {
				return nil, damaged("its header describes a table wrongly")
			}
		}
	}
	return b, nil
}

// quote keeps what a file says from writing on the terminal.
func quote(s string) string { return fmt.Sprintf("%.40q", s) }

// line returns the next line with its end. It lasts until the next call.
func (b *BackupReader) line() ([]byte, error) {
	b.long = b.long[:0]
	for {
		part, err := b.lines.ReadSlice('\n')
		switch {
		case err == nil && len(b.long) == 0:
			return part, nil
		case err == nil:
			b.long = append(b.long, part...)
			return b.long, nil
		case errors.Is(err, bufio.ErrBufferFull):
			if b.long = append(b.long, part...); len(b.long) > maxBackupLine {
				return nil, damaged("a row is too long")
			}
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errCut.Because(err)
		case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
			return nil, errSum.Because(err)
		default:
			return nil, errUnread.Because(err)
		}
	}
}

// Each calls row with every row of every table, in their order, and then checks
// that the backup is whole. An argument is nil, a string, an int64 or bytes, and
// the caller may keep it.
func (b *BackupReader) Each(row func(t *BackupTable, values []any) error) error {
	for i := range b.Tables {
		t := &b.Tables[i]
		var section struct {
			Table string `json:"table"`
		}
		line, err := b.line()
		if err != nil {
			return err
		}
		if err := json.Unmarshal(line, &section); err != nil || section.Table != t.Name {
			return damaged("table %s does not begin where it should", t.Name)
		}
		b.sum.Write(line)
		for range t.Rows {
			if line, err = b.line(); err != nil {
				return err
			}
			b.sum.Write(line)
			values, err := decodeRow(t, line)
			if err != nil {
				return damaged("a row of table %s cannot be read", t.Name)
			}
			b.rows++
			if err := row(t, values); err != nil {
				return err
			}
		}
	}
	return b.finish()
}

// finish reads the last line and compares the sums.
func (b *BackupReader) finish() error {
	line, err := b.line()
	if err != nil {
		return err
	}
	var last struct {
		End *BackupEnd `json:"end"`
	}
	if err := json.Unmarshal(line, &last); err != nil || last.End == nil {
		return damaged("it holds more rows than it says")
	}
	if last.End.Rows != b.rows || last.End.SHA256 != hex.EncodeToString(b.sum.Sum(nil)) {
		return errSum
	}
	b.End = *last.End
	// Reading to the very end checks the compression's own sum, too.
	switch _, err := b.lines.ReadByte(); {
	case err == nil:
		return damaged("something follows its end")
	case !errors.Is(err, io.EOF):
		return errCut.Because(err)
	}
	return nil
}

// decodeRow reads a row, each value of the kind that its column has.
func decodeRow(t *BackupTable, line []byte) ([]any, error) {
	raw := make([]json.RawMessage, 0, len(t.Columns))
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	if len(raw) != len(t.Columns) {
		return nil, errNoBackup
	}
	values := make([]any, len(raw))
	for i, r := range raw {
		if bytes.Equal(r, []byte("null")) {
			continue
		}
		switch t.Kinds[i] {
		case "int":
			var n int64
			if err := json.Unmarshal(r, &n); err != nil {
				return nil, err
			}
			values[i] = n
		case "text":
			var s string
			if err := json.Unmarshal(r, &s); err != nil {
				return nil, err
			}
			values[i] = s
		default:
			var s string
			if err := json.Unmarshal(r, &s); err != nil {
				return nil, err
			}
			b, err := base64.StdEncoding.Strict().DecodeString(s)
			if err != nil {
				return nil, err
			}
			values[i] = b
		}
	}
	return values, nil
}
