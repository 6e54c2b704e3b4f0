package table

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Format is how a table is written.
type Format string

// The formats.
const (
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
)

// ContentType returns the format's media type.
func (f Format) ContentType() string {
	if f == JSONLines {
		return "application/x-ndjson"
	}
	return "text/csv; charset=utf-8; header=present"
}

// Writer writes rows.
type Writer interface {
	// Row writes one row, with a cell for each column.
	Row(cells ...string) error
	// Flush writes what is still held back. It does not close anything.
	Flush() error
}

// NewWriter returns the writer of a format. CSV begins with the header row, also
// where no row follows. It is an error to name no column, or one twice.
func NewWriter(w io.Writer, f Format, columns ...string) (Writer, error) {
	if err := checkColumns(columns); err != nil {
		return nil, err
	}
	switch f {
	case CSV:
		c := &csvWriter{w: csv.NewWriter(w), columns: len(columns)}
		c.w.UseCRLF = true // RFC 4180, section 2, rule 1
		return c, c.Row(columns...)
	case JSONLines:
		j := &jsonWriter{w: bufio.NewWriter(w)}
		for _, name := range columns {
			quoted, err := quote(name)
			if err != nil {
				return nil, err
			}
			j.names = append(j.names, quoted)
		}
		return j, nil
	}
	return nil, fmt.Errorf("table: there is no format %q", f)
}

func checkColumns(columns []string) error {
	if len(columns) == 0 {
		return fmt.Errorf("table: no columns")
	}
	for i, name := range columns {
		if name == "" || slices.Contains(columns[:i], name) {
			return fmt.Errorf("table: the column %q has no name or another's", name)
		}
	}
	return nil
}

type csvWriter struct {
	w       *csv.Writer
	columns int
	cells   []string
}

// lineBreaks makes all line breaks within cells alike: encoding/csv drops a
// carriage return that stands alone.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func (c *csvWriter) Row(cells ...string) error {
	if len(cells) != c.columns {
		return fmt.Errorf("table: a row of %d cells in %d columns", len(cells), c.columns)
	}
	c.cells = c.cells[:0]
	for _, cell := range cells {
		c.cells = append(c.cells, Neutral(lineBreaks.Replace(strings.ToValidUTF8(cell, "\uFFFD"))))
	}
	if err := c.w.Write(c.cells); err != nil {
		return fmt.Errorf("table: write row: %w", err)
	}
	return nil
}

func (c *csvWriter) Flush() error {
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("table: write: %w", err)
	}
	return nil
}

type jsonWriter struct {
	w     *bufio.Writer
	names [][]byte
}

func (j *jsonWriter) Row(cells ...string) error {
	if len(cells) != len(j.names) {
		return fmt.Errorf("table: a row of %d cells in %d columns", len(cells), len(j.names))
	}
	before := byte('{')
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		value, err := quote(cell)
		if err != nil {
			return err
		}
		j.w.WriteByte(before)
		j.w.Write(j.names[i])
		j.w.WriteByte(':')
		j.w.Write(value)
		before = ','
	}
	if before == '{' {
		j.w.WriteByte('{')
	}
	// bufio keeps the first error and returns it from here on.
	if _, err := j.w.WriteString("}\n"); err != nil {
		return fmt.Errorf("table: write row: %w", err)
	}
	return nil
}

func (j *jsonWriter) Flush() error {
	if err := j.w.Flush(); err != nil {
		return fmt.Errorf("table: write: %w", err)
	}
	return nil
}

func quote(s string) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// Neutral returns a cell as CSV holds it, so that no spreadsheet runs it.
func Neutral(cell string) string {
	if runs(strings.TrimLeft(cell, "'")) && !isE164(cell) {
		return "'" + cell
	}
	return cell
}

// Original takes away what Neutral put before a cell, or a careful hand before
// a number.
func Original(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && runs(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}

// runs reports whether a spreadsheet would run the cell, also after the spaces
// and full-width forms that some of them overlook.
func runs(cell string) bool {
	cell = strings.TrimLeft(cell, " \u00a0\ufeff")
	r, _ := utf8.DecodeRuneInString(cell)
	return cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", r)
}

// isE164 reports whether the cell is + and 1 to 15 digits.
func isE164(cell string) bool {
	digits, ok := strings.CutPrefix(cell, "+")
	if !ok || len(digits) < 1 || len(digits) > 15 {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}
