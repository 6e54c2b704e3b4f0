package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"assent/fault"
)

// Limits of what is read.
const (
	MaxRow     = 1 << 20 // bytes of one row
	MaxColumns = 1000
)

// Reader reads rows by the names of their columns.
type Reader interface {
	// Columns returns the names in the header row; nil for JSON Lines, where
	// each row has its own.
	Columns() []string
	// Next returns the next row: its cells by column, the empty ones left out,
	// and the number of the line where it begins, from 1. At the end the error
	// is io.EOF. An Invalid fault is about this row; Invalid faults of CSV that
	// cannot be followed further repeat.
	Next() (row map[string]string, line int, err error)
}

// NewReader returns the reader of a format. A byte order mark is passed over.
// An unusable header row is an Invalid fault.
func NewReader(r io.Reader, f Format) (Reader, error) {
	lines := &bounded{r: bufio.NewReaderSize(r, 64<<10)}
	if mark, err := lines.r.Peek(3); err == nil && bytes.Equal(mark, []byte("\ufeff")) {
		lines.r.Discard(3)
	}
	switch f {
	case CSV:
		return newCSVReader(lines)
	case JSONLines:
		return &jsonReader{r: lines.r}, nil
	}
	return nil, fmt.Errorf("table: there is no format %q", f)
}

// errLong is what bounded returns where a row does not end.
var errLong = errors.New("table: row too long")

// bounded fails if more than MaxRow bytes are asked for between two rewinds, so
// that a quote that never closes cannot fill the memory.
type bounded struct {
	r    *bufio.Reader
	read int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.read >= MaxRow {
		return 0, errLong
	}
	n, err := b.r.Read(p[:min(len(p), 4096)])
	b.read += n
	return n, err
}

type csvReader struct {
	r       *csv.Reader
	source  *bounded
	columns []string
	failed  error // what ended the reading for good
}

func newCSVReader(source *bounded) (*csvReader, error) {
	c := &csvReader{r: csv.NewReader(source), source: source}
	c.r.ReuseRecord = true
	header, err := c.record()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "The file is empty; its first row must name the columns.")
	}
	if err != nil {
		return nil, err
	}
	if len(header) > MaxColumns {
		return nil, fault.New(fault.Invalid, "The file has more than %d columns.", MaxColumns)
	}
	for i, name := range header {
		c.columns = append(c.columns, Original(name))
		if name == "" {
			return nil, fault.New(fault.Invalid, "Column %d has no name in the first row.", i+1)
		}
		if slices.Contains(c.columns[:i], c.columns[i]) {
			return nil, fault.New(fault.Invalid, "Column %d has the name of another.", i+1)
		}
	}
	return c, nil
}

func (c *csvReader) Columns() []string { return slices.Clone(c.columns) }

func (c *csvReader) Next() (map[string]string, int, error) {
	record, err := c.record()
	if err != nil {
		line := 0
		var p *csv.ParseError
		if errors.As(err, &p) {
			line = p.StartLine
		}
		return nil, line, err
	}
	line, _ := c.r.FieldPos(0)
	row := make(map[string]string, len(record))
	for i, cell := range record {
		if cell != "" {
			row[c.columns[i]] = Original(cell)
		}
	}
	return row, line, nil
}

// record reads one row. A wrong number of cells is of this row alone; what
// cannot be told from the next row ends the reading.
func (c *csvReader) record() ([]string, error) {
	if c.failed != nil {
		return nil, c.failed
	}
	c.source.read = 0
	record, err := c.r.Read()
	var p *csv.ParseError
	switch {
	case err == nil:
		for _, cell := range record {
			if !utf8.ValidString(cell) {
				line, _ := c.r.FieldPos(0)
				return nil, fault.New(fault.Invalid, "The row at line %d is not in UTF-8. Save the file as CSV UTF-8.", line)
			}
		}
		return record, nil
	case errors.Is(err, io.EOF):
		c.failed = io.EOF
	case errors.Is(err, csv.ErrFieldCount) && errors.As(err, &p):
		return nil, fault.New(fault.Invalid, "The row at line %d has another number of cells than the first row.", p.StartLine).Because(err)
	case errors.Is(err, errLong):
		c.failed = fault.New(fault.TooLarge, "A row is longer than %d bytes; a quotation mark may not be closed.", MaxRow)
	case errors.As(err, &p):
		c.failed = fault.New(fault.Invalid, "The row at line %d is no CSV: a quotation mark is missing or misplaced.", p.StartLine).Because(err)
	default:
		c.failed = fmt.Errorf("table: read: %w", err)
	}
	return nil, c.failed
}

type jsonReader struct {
	r      *bufio.Reader
	line   int
	failed error
}

func (j *jsonReader) Columns() []string { return nil }

func (j *jsonReader) Next() (map[string]string, int, error) {
	for {
		text, err := j.text()
		if err != nil {
			return nil, j.line, err
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			row, err := j.row(text)
			return row, j.line, err
		}
	}
}

// text reads one line.
func (j *jsonReader) text() ([]byte, error) {
	if j.failed != nil {
		return nil, j.failed
	}
	j.line++
	var text []byte
	for {
		part, err := j.r.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case len(text) > MaxRow:
			j.failed = fault.New(fault.TooLarge, "Line %d is longer than %d bytes.", j.line, MaxRow)
			return nil, j.failed
		case err == nil:
			return text, nil
		case errors.Is(err, io.EOF):
			j.failed = io.EOF
			if len(text) == 0 {
				return nil, io.EOF
			}
			return text, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			j.failed = fmt.Errorf("table: read: %w", err)
			return nil, j.failed
		}
	}
}

// row reads one object of strings; numbers, true and false are taken as they
// are written.
func (j *jsonReader) row(text []byte) (map[string]string, error) {
	invalid := fault.New(fault.Invalid, "Line %d is no JSON object of plain values.", j.line)
	var raw map[string]json.RawMessage
	if !utf8.Valid(text) || json.Unmarshal(text, &raw) != nil || raw == nil || len(raw) > MaxColumns {
		return nil, invalid
	}
	row := make(map[string]string, len(raw))
	for name, value := range raw {
		var s string
		switch value[0] {
		case '"':
			if err := json.Unmarshal(value, &s); err != nil {
				return nil, invalid.Because(err)
			}
		case '{', '[':
			return nil, invalid
		case 'n': // null
		default:
			s = string(value)
		}
		if s != "" {
			row[name] = s
		}
	}
	return row, nil
}
