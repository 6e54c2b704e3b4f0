package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assent/fault"
	"assent/internal/apptest"
	"assent/manage"
	"assent/optin"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/tenant"
	"assent/vault"
)

var testKey = func() (key [32]byte) { copy(key[:], "a key of tests, and of tests only"); return key }()

// lived returns an installation in which some people came and went.
func lived(t *testing.T, db storetest.Database, people int) *apptest.App {
	t.Helper()
	app := apptest.NewWith(t, apptest.Options{Database: db.Name})
	for n := range people {
		number := "+49170123" + string(rune('0'+n/10%10)) + string(rune('0'+n%10)) + "67"
		app.OptIn(number, apptest.Offers)
		if n%2 == 0 {
			app.Say(number, "STOP")
		}
	}
	app.Settle()
	return app
}

// dump returns what a backup of the store holds, each table's rows sorted.
func dump(t *testing.T, s *store.Store) map[string][]string {
	t.Helper()
	var b bytes.Buffer
	if _, _, err := s.Backup(t.Context(), &b, "test", nil); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	eachRowOf(t, b.Bytes(), func(tab *store.BackupTable, values []any) error {
		row, err := json.Marshal(values)
		all[tab.Name] = append(all[tab.Name], string(row))
		return err
	})
	for _, rows := range all {
		slices.Sort(rows)
	}
	return all
}

func eachRowOf(t *testing.T, backup []byte, fn func(*store.BackupTable, []any) error) {
	t.Helper()
	r, err := store.ReadBackup(bytes.NewReader(backup))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Each(fn); err != nil {
		t.Fatal(err)
	}
}

// restored copies a backup into the database and returns it, still marked.
func restored(t *testing.T, db storetest.Database, backup []byte) *store.Store {
	t.Helper()
	s := db.Open(t, store.Options{RunTwice: true})
	r, err := store.ReadBackup(bytes.NewReader(backup))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// holds audits a restored database.
func holds(t *testing.T, app *apptest.App, s *store.Store) {
	t.Helper()
	m, err := openRestored(t, app, s, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.SignCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := records.New(store.As[records.Reader, records.Writer](s), m.Directory(), m.Installation(), app.Clock.Now, rand.Reader).Audit(t.Context(), records.AuditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK || report.Events == 0 || report.People == 0 {
		t.Errorf("the copy does not hold: %+v", report)
	}
}

func openRestored(t *testing.T, app *apptest.App, s *store.Store, restoring bool) (*manage.Service, error) {
	return manage.Open(t.Context(), vault.MasterKey(testKey), apptest.BaseURL, manage.Config{
		Store: store.As[manage.Reader, manage.Writer](s), Directory: &tenant.Directory{}, Log: slog.New(slog.DiscardHandler), Now: app.Clock.Now, Rand: rand.Reader, Restoring: restoring,
	})
}

var kinds = map[string]func(testing.TB) storetest.Database{"sqlite": storetest.SQLite, "postgres": storetest.Postgres}

func TestBackupComesBackOnEachDatabase(t *testing.T) {
	for _, pair := range [][2]string{{"sqlite", "sqlite"}, {"sqlite", "postgres"}, {"postgres", "sqlite"}, {"postgres", "postgres"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			from := kinds[pair[0]](t)
			app := lived(t, from, 3)
			odd := "it's \"odd\" \u2028 \\ \U0001F600\n"
			if _, err := from.Raw(t).Exec(`INSERT INTO idempotency (api_key, hash, request, status, body, created_at) VALUES ($1, $2, $3, 1, $4, 9223372036854775807)`,
				odd, []byte{0, 1, 0xff}, []byte{}, []byte("\x00")); err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			var last int64
			h, end, err := app.Store.Backup(t.Context(), &b, "test", func(done, total int64) { last = done })
			if err != nil {
				t.Fatal(err)
			}
			if h.Rows() != end.Rows || last > end.Rows || h.LogSize == 0 || len(h.Checkpoint) == 0 {
				t.Errorf("%+v, %+v, progress to %d", h, end, last)
			}
			if h.Tables[0].Name != "settings" {
				t.Errorf("the first table is %s", h.Tables[0].Name)
			}
			copied := restored(t, kinds[pair[1]](t), b.Bytes())
			if diff := cmp.Diff(dump(t, app.Store), dump(t, copied)); diff != "" {
				t.Errorf("-from +to:\n%s", diff)
			}
			if _, err := openRestored(t, app, copied, false); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), "did not finish") {
				t.Errorf("an unfinished restore was opened: %v", err)
			}
			holds(t, app, copied)
			if err := copied.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.EndRestore(ctx) }); err != nil {
				t.Fatal(err)
			}
			if _, err := openRestored(t, app, copied, false); err != nil {
				t.Errorf("a finished restore: %v", err)
			}
		})
	}
}

// A backup is of one moment, whatever is written meanwhile.
func TestBackupUnderLoad(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		app := lived(t, db, 2)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		submit := func() {
			_, err := app.Optin.Submit(context.Background(), optin.Submission{Slug: apptest.Chat, Lang: "en", Purposes: []string{apptest.Offers}, Shown: app.Shown(apptest.Chat, "en")})
			if err != nil {
				t.Error(err)
			}
		}
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						submit()
					}
				}
			})
		}
		for range 3 {
			r, w := io.Pipe()
			go func() {
				_, _, err := app.Store.Backup(context.Background(), w, "test", nil)
				w.CloseWithError(err)
			}()
			submit() // while it is under way: nobody has read a byte yet
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			holds(t, app, restored(t, storetest.SQLite(t), b))
		}
		close(stop)
		wg.Wait()
	})
}

func TestRestoreRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		app := lived(t, storetest.SQLite(t), 1)
		var b bytes.Buffer
		if _, _, err := app.Store.Backup(t.Context(), &b, "test", nil); err != nil {
			t.Fatal(err)
		}
		into := func(s *store.Store, change func(*store.BackupHeader)) error {
			r, err := store.ReadBackup(bytes.NewReader(b.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			change(&r.BackupHeader)
			return s.Restore(t.Context(), r, nil)
		}
		s := db.Open(t, store.Options{})
		for says, change := range map[string]func(*store.BackupHeader){
			"newer Assent":             func(h *store.BackupHeader) { h.Schema++ },
			"an Assent with other tab": func(h *store.BackupHeader) { h.Tables = h.Tables[1:] },
			"with other tables":        func(h *store.BackupHeader) { h.Tables[0].Columns = []string{"name", "worth"} },
		} {
			if err := into(s, change); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), says) {
				t.Errorf("got %v, want one that says %q", err, says)
			}
		}
		if err := into(s, func(*store.BackupHeader) {}); err != nil {
			t.Fatal(err)
		}
		for _, full := range []*store.Store{s, app.Store} {
			if err := into(full, func(*store.BackupHeader) {}); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), "not empty") {
				t.Errorf("restored over what was there: %v", err)
			}
		}
	})
}

// unzipped and zipped let a test change the lines of a backup.
func unzipped(t testing.TB, b []byte) []string {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(text), "\n")
}

func zipped(lines ...string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, l := range lines {
		io.WriteString(z, l)
	}
	z.Close()
	return b.Bytes()
}

func readAll(backup []byte) error {
	r, err := store.ReadBackup(bytes.NewReader(backup))
	if err != nil {
		return err
	}
	return r.Each(func(*store.BackupTable, []any) error { return nil })
}

func TestDamagedBackupsAreRefused(t *testing.T) {
	app := lived(t, storetest.SQLite(t), 1)
	var buf bytes.Buffer
	if _, _, err := app.Store.Backup(t.Context(), &buf, "test", nil); err != nil {
		t.Fatal(err)
	}
	whole := buf.Bytes()
	lines := unzipped(t, whole)
	lines = lines[:len(lines)-1] // nothing follows the last line
	last := len(lines) - 1
	with := func(i int, line string) []byte {
		changed := slices.Clone(lines)
		changed[i] = line
		return zipped(changed...)
	}
	tests := []struct {
		name   string
		backup []byte
		says   string
	}{
		{"nothing", nil, "no backup of Assent"},
		{"no gzip", []byte("SQLite format 3\x00"), "no backup of Assent"},
		{"something else", zipped("{}\n"), "no backup of Assent"},
		{"another format", with(0, strings.Replace(lines[0], `"version":1`, `"version":2`, 1)), "of format 2"},
		{"a strange table", with(0, strings.Replace(lines[0], `"name":"settings"`, `"name":"settings; DROP"`, 1)), "describes a table wrongly"},
		{"cut in the middle", whole[:len(whole)/2], "ends too early"},
		{"cut before its end", whole[:len(whole)-3], "ends too early"},
		{"without its last line", zipped(lines[:last]...), "ends too early"},
		{"a row left out", zipped(slices.Delete(slices.Clone(lines), 5, 6)...), "damaged"},
		{"a row twice", zipped(slices.Insert(slices.Clone(lines), 3, lines[3])...), "damaged"},
		{"a row changed", with(2, strings.Replace(lines[2], `["`, `["x`, 1)), "SHA-256"},
		{"a row that is none", with(2, "[1]\n"), "cannot be read"},
		{"the sum changed", with(last, strings.Replace(lines[last], `"sha256":"`, `"sha256":"0`, 1)), "SHA-256"},
		{"something after its end", zipped(append(slices.Clone(lines), "more\n")...), "follows its end"},
		{"an endless line", zipped(lines[0], strings.Repeat(" ", 65<<20)), "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := readAll(tt.backup)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), tt.says) {
				t.Errorf("got %v, want one that says %q", err, tt.says)
			}
		})
	}
	if err := readAll(whole); err != nil {
		t.Error(err)
	}
	for i := 0; i < len(whole); i += 1 + len(whole)/500 {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x10
		// The gzip header's own time and system say nothing of the content.
		if err := readAll(changed); err == nil && i > 9 {
			t.Errorf("byte %d changed, and nobody noticed", i)
		}
	}
}

func FuzzReadBackup(f *testing.F) {
	f.Add(`{"format":"assent-backup","version":1,"tables":[{"name":"a","columns":["x","y","z"],"kinds":["text","int","bytes"],"rows":1}]}` + "\n" + `{"table":"a"}` + "\n" + `["a",1,"AA=="]` + "\n" + `{"end":{"rows":1,"sha256":""}}` + "\n")
	f.Add("{}\n")
	f.Add(`{"format":"assent-backup","version":1,"tables":[{"name":"a","columns":["x"],"kinds":["text"],"rows":9223372036854775807}]}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if err := readAll(zipped(text)); err != nil && fault.Message(err) == "" {
			t.Errorf("an error without words: %v", err)
		}
	})
}
