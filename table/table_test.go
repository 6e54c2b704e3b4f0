package table_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assent/fault"
	"assent/table"
)

func write(t testing.TB, f table.Format, columns []string, rows ...[]string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := table.NewWriter(&out, f, columns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// read returns all rows, up to the first error.
func read(f table.Format, text string) ([]map[string]string, error) {
	r, err := table.NewReader(strings.NewReader(text), f)
	if err != nil {
		return nil, err
	}
	var rows []map[string]string
	for {
		row, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

func TestWrite(t *testing.T) {
	columns := []string{"number", "name", "note"}
	rows := [][]string{{"+491701234567", "Zoë, \"Z\"", "a\nb"}, {"", "=HYPERLINK(1)", "<b>"}, {"", "", ""}}
	tests := []struct {
		format table.Format
		want   string
	}{
		{table.CSV, "number,name,note\r\n+491701234567,\"Zoë, \"\"Z\"\"\",\"a\r\nb\"\r\n,'=HYPERLINK(1),<b>\r\n,,\r\n"},
		{table.JSONLines, `{"number":"+491701234567","name":"Zoë, \"Z\"","note":"a\nb"}` + "\n" + `{"name":"=HYPERLINK(1)","note":"<b>"}` + "\n{}\n"},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, write(t, tt.format, columns, rows...)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.format, d)
		}
	}
	if got := write(t, table.CSV, columns); got != "number,name,note\r\n" {
		t.Errorf("no rows: %q", got)
	}
}

func TestNeutral(t *testing.T) {
	tests := []struct{ cell, want string }{
		{"", ""}, {"plain", "plain"}, {"'tis", "'tis"}, {"1-2", "1-2"},
		{"=1+1", "'=1+1"}, {"+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"}, {"-2", "'-2"}, {"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {" =1", "' =1"}, {"＝1", "'＝1"}, {"\ufeff=1", "'\ufeff=1"},
		{"+491701234567", "+491701234567"}, {"+1", "+1"}, {"+1234567890123456", "'+1234567890123456"}, {"+49 170", "'+49 170"}, {"+", "'+"},
		{"+49170\n=1", "'+49170\n=1"}, {"+４９", "'+４９"},
		{"'=1", "''=1"}, {"''=1", "'''=1"}, {"'+49170", "''+49170"},
	}
	for _, tt := range tests {
		if got := table.Neutral(tt.cell); got != tt.want {
			t.Errorf("Neutral(%q) = %q, want %q", tt.cell, got, tt.want)
		}
		if got := table.Original(tt.want); got != tt.cell {
			t.Errorf("Original(%q) = %q, want %q", tt.want, got, tt.cell)
		}
	}
	if got := table.Original("'+491701234567"); got != "+491701234567" {
		t.Errorf("a number that somebody protected is read as %q", got)
	}
}

func TestTablesComeBack(t *testing.T) {
	cell := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"=1", "'=1", "+49170", "-", "\"", ",", "a\nb", "null", "{"}))
	rapid.Check(t, func(t *rapid.T) {
		columns := []string{"=a", "b", "+49"}
		var rows [][]string
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			rows = append(rows, []string{cell.Draw(t, "a"), cell.Draw(t, "b"), cell.Draw(t, "c")})
		}
		for _, f := range []table.Format{table.CSV, table.JSONLines} {
			var want []map[string]string
			for _, row := range rows {
				m := map[string]string{}
				for i, c := range row {
					if f == table.CSV {
						c = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(c)
					}
					if c != "" {
						m[columns[i]] = c
					}
				}
				want = append(want, m)
			}
			var out bytes.Buffer
			w, err := table.NewWriter(&out, f, columns...)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if err := w.Row(row...); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			got, err := read(f, out.String())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%s (-written +read):\n%s", f, d)
			}
		}
	})
}

func TestWriterRefuses(t *testing.T) {
	for _, columns := range [][]string{nil, {""}, {"a", "a"}} {
		if _, err := table.NewWriter(io.Discard, table.CSV, columns...); err == nil {
			t.Errorf("columns %q", columns)
		}
	}
	if _, err := table.NewWriter(io.Discard, "xml", "a"); err == nil {
		t.Error("an unknown format")
	}
	for _, f := range []table.Format{table.CSV, table.JSONLines} {
		w, err := table.NewWriter(io.Discard, f, "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		if w.Row("1") == nil || w.Row("1", "2", "3") == nil {
			t.Errorf("%s: a row of another width", f)
		}
		broken, err := table.NewWriter(brokenPipe{}, f, "a")
		if err == nil {
			_ = broken.Row("1")
			err = broken.Flush()
		}
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: a broken pipe: %v", f, err)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestReadRefuses(t *testing.T) {
	long := strings.Repeat("a", table.MaxRow+5000)
	wide := strings.Repeat("a,", table.MaxColumns) + "b"
	tests := []struct {
		name   string
		format table.Format
		text   string
		kind   fault.Kind
		says   string
	}{
		{"empty", table.CSV, "", fault.Invalid, "first row must name"},
		{"unnamed column", table.CSV, "a,,b\n", fault.Invalid, "Column 2 has no name"},
		{"one name twice", table.CSV, "a,b,a\n", fault.Invalid, "Column 3 has the name"},
		{"too wide", table.CSV, wide + "\n", fault.Invalid, "more than 1000"},
		{"row too short", table.CSV, "a,b\n1\n", fault.Invalid, "line 2"},
		{"bad quote", table.CSV, "a,b\n1,2\n\"x\"y,2\n", fault.Invalid, "line 3"},
		{"open quote", table.CSV, "a\n\"x", fault.Invalid, "quotation mark"},
		{"endless quote", table.CSV, "a\n\"" + long, fault.TooLarge, "longer than"},
		{"not UTF-8", table.CSV, "a\n\xff\xfe\n", fault.Invalid, "UTF-8"},
		{"no object", table.JSONLines, "{}\n[1]\n", fault.Invalid, "Line 2"},
		{"null", table.JSONLines, "null\n", fault.Invalid, "Line 1"},
		{"nested", table.JSONLines, `{"a":{"b":1}}`, fault.Invalid, "plain values"},
		{"no JSON", table.JSONLines, "{", fault.Invalid, "Line 1"},
		{"not UTF-8 in JSON", table.JSONLines, "{\"a\":\"\xff\"}", fault.Invalid, "Line 1"},
		{"endless line", table.JSONLines, `{"a":"` + long, fault.TooLarge, "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.format, tt.text)
			if !fault.Is(err, tt.kind) || !strings.Contains(fault.Message(err), tt.says) {
				t.Errorf("err = %v, want %s that says %q", err, tt.kind, tt.says)
			}
		})
	}
	if _, err := table.NewReader(strings.NewReader(""), "xml"); err == nil {
		t.Error("an unknown format")
	}
}

func TestReadGoesOnAfterABadRow(t *testing.T) {
	for format, text := range map[table.Format]string{
		table.CSV:       "\ufeffa,b\n1,2\n3\n4,5\n",
		table.JSONLines: "\ufeff{\"a\":1,\"b\":\"2\"}\n\nnope\n{\"a\":\"4\",\"b\":true,\"c\":null}",
	} {
		r, err := table.NewReader(strings.NewReader(text), format)
		if err != nil {
			t.Fatal(err)
		}
		var lines []int
		var rows, bad int
		for {
			row, line, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			lines = append(lines, line)
			if err != nil {
				bad++
			} else {
				rows += len(row)
			}
		}
		want := []int{2, 3, 4}
		if format == table.JSONLines {
			want = []int{1, 3, 4}
		}
		if d := cmp.Diff(want, lines); d != "" || bad != 1 || rows != 4 {
			t.Errorf("%s: %d bad, %d cells, lines (-want +got):\n%s", format, bad, rows, d)
		}
	}
}

func TestConstantMemory(t *testing.T) {
	for _, f := range []table.Format{table.CSV, table.JSONLines} {
		r, w := io.Pipe()
		go func() {
			out, _ := table.NewWriter(w, f, "number", "state")
			for i := range 200_000 {
				if err := out.Row(fmt.Sprintf("+49170%07d", i), "given"); err != nil {
					break
				}
			}
			w.CloseWithError(out.Flush())
		}()
		in, err := table.NewReader(r, f)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := 0
		for {
			_, _, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if n != 200_000 || int64(after.HeapAlloc)-int64(before.HeapAlloc) > 2<<20 {
			t.Errorf("%s: %d rows, heap from %d to %d", f, n, before.HeapAlloc, after.HeapAlloc)
		}
	}
}

func TestContentType(t *testing.T) {
	if table.CSV.ContentType() == table.JSONLines.ContentType() {
		t.Error("two formats, one media type")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a,b\n1,\"2\n3\"\n", true)
	f.Add(`{"a":"1"}`+"\n", false)
	f.Fuzz(func(t *testing.T, text string, isCSV bool) {
		format := table.JSONLines
		if isCSV {
			format = table.CSV
		}
		rows, err := read(format, text)
		if err != nil && fault.Message(err) == "" {
			t.Errorf("%q: an error for nobody: %v", text, err)
		}
		for _, row := range rows {
			if _, err := json.Marshal(row); err != nil {
				t.Errorf("%q gives %q", text, row)
			}
		}
	})
}
