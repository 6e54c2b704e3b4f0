package records_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/internal/apptest"
	"assent/ledger"
	"assent/manage"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/table"
	"assent/tenant"
	"assent/vault"
)

// What an audit makes of a change of each column of each table of evidence. A
// column that is not here fails the test until somebody decides.
const (
	exact  = ""        // any change is found
	coarse = "\x00day" // found if it is moved by a day: not signed, and bounded by its neighbours
)

var decided = map[string]map[string]string{
	"events": {"id": exact, "business": exact, "subject": exact, "request": exact, "name": exact, "jwt": exact, "key_id": exact,
		"sealed": exact, "raw": exact, "seq": exact, "at": exact, "arrived_at": exact},
	"leaves":      {"n": exact, "event": exact, "hash": exact},
	"nodes":       {"level": exact, "n": exact, "hash": exact},
	"log_head":    {"id": exact, "edge": exact},
	"checkpoints": {"size": exact, "note": exact, "signed_at": coarse},
	"parties":     {"id": exact, "kind": exact, "name": exact, "key": exact, "created_at": "when a party was first asked proves nothing"},
	"anchors":     {"size": exact, "party": exact, "proof": exact, "at": exact, "created_at": "when its word arrived; the word has its own time"},
	"consents": {"id": exact, "business": exact, "subject": exact, "purpose": exact, "scope": exact, "state": exact, "simulated": exact,
		"version": exact, "lang": exact, "first_at": exact, "given_at": exact, "given_event": exact, "grade": exact, "basis": exact, "until_at": exact,
		"ended_at": exact, "ended_event": exact, "end_state": exact, "refused_at": exact, "held_at": exact, "changed_at": exact, "hidden": exact,
		"entry": "which way in a stop is counted at is a figure and no evidence; rows from before the figures know none"},
	"suppressions": {"id": exact, "business": exact, "subject": exact, "scope": exact, "purpose": exact, "reason": exact, "at": exact,
		"salt": exact, "event": exact},
	"suppression_hashes": {"hash": exact, "suppression": exact},
	"suppression_ends":   {"suppression": exact, "purpose": exact, "event": exact},
	"shown_texts": {"sha256": exact, "kind": exact, "content_type": exact, "body": exact,
		"created_at": "when a text was first kept proves nothing; the events that name it have their own times"},
	"signing_keys": {"kid": exact, "business": exact, "public": exact, "wrapped": exact,
		"created_at": "only the order of keys hangs on it; each event names its key"},
	"subjects": {"id": exact, "business": exact, "wrapped": exact, "seq": exact, "head": exact, "platform": exact, "platform_at": exact,
		"merged_into": exact, "created_at": exact, "locked_until": exact, "held": exact, "reassigned": exact,
		"lang":    "in which to speak next; each event says in which it spoke",
		"country": "follows from the number, which is evidence",
		"sender":  "where to answer next", "window_at": "when free text may be answered"},
	"entry_versions": {"entry": exact, "number": exact, "funnel": exact, "label": exact, "chat": exact, "text": exact, "off": exact, "event": exact, "author": exact,
		"at": "when a code was changed; its event has its own time"},
	"signup_versions": {"entry": exact, "number": exact, "version": exact, "lang": exact, "purpose": exact, "message": exact, "confirmation": exact, "promo": exact, "website": exact,
		"off": exact, "shown": exact, "event": exact, "author": exact, "at": exact},
	"funnel_versions": {"id": exact, "funnel": exact, "number": exact, "doc": exact, "event": exact, "published_at": exact},
	"destructions":    {"key_id": exact, "event": exact, "at": exact},
	"partings":        {"event": exact, "business": exact, "subject": exact, "other": exact, "other_event": exact, "at": exact},
	"identifiers": {"business": exact, "hash": exact, "kind": exact, "subject": exact, "scope": exact, "sealed": exact, "event": exact,
		"seen_at": exact, "left_at": exact, "left_event": exact},
}

// kinds chooses the rows that are changed: one of each kind.
var kinds = map[string]string{
	"events":       `SELECT min(e.rowid) FROM events e LEFT JOIN destructions d ON d.key_id = e.key_id GROUP BY e.name, d.key_id IS NULL`,
	"consents":     `SELECT min(id) FROM consents GROUP BY state, hidden, changed_at = 0`,
	"suppressions": `SELECT min(rowid) FROM suppressions GROUP BY scope, purpose`,
	"shown_texts":  `SELECT min(rowid) FROM shown_texts GROUP BY kind`,
	"identifiers":  `SELECT min(hex(hash)) FROM identifiers GROUP BY kind`,
	"subjects":     `SELECT min(id) FROM subjects GROUP BY merged_into = '', platform, length(wrapped) = 0, locked_until > 0, held`,
	"destructions": `SELECT rowid FROM destructions`,
	// Of checkpoints, the newest says how far the log goes; one before it says
	// nothing that those after it do not say again.
	"checkpoints": `SELECT max(rowid) FROM checkpoints`,
}

// named is the expression that names a row where the table has no rowid.
var named = map[string]string{"consents": "id", "identifiers": "hex(hash)", "subjects": "id"}

// rowOf returns the expression that names a row of the table.
func rowOf(tbl string) string {
	if key, ok := named[tbl]; ok {
		return key
	}
	return "rowid"
}

// crime is an installation whose database is changed again and again.
type crime struct {
	file  []byte
	clock *apptest.Clock

	mu    sync.Mutex
	found map[string]bool // guarded by mu; the checks that found a change
}

// committed lets everything happen that makes a row, and takes the file. A tree
// has stored nodes only from its 256th entry on, and is then large.
func committed(t *testing.T, large bool) (*crime, []byte) {
	h := newHouseOn(t, storetest.SQLite(t)) // its file can be copied
	h.story()
	h.parted("+4915112340001")
	h.Signup(apptest.Chat, apptest.Offers)
	h.forget()
	for large && h.logSize() < 260 {
		h.export()
	}
	h.Settle()
	h.export() // under a checkpoint of its own
	h.Settle()
	h.anchor(newOutsiders(t, h))
	if report := auditOf(t, h, records.AuditOptions{}); !report.OK {
		t.Fatalf("before any change: %s", failed(report))
	}
	var note []byte
	err := h.Store.ReadOnly(t.Context(), func(ctx context.Context, r reader) error {
		signed, _, err := r.LastCheckpoint(ctx)
		note = signed.Note
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Store.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+h.db.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(run0(db, `PRAGMA wal_checkpoint(TRUNCATE)`), db.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(h.db.Name)
	if err != nil {
		t.Fatal(err)
	}
	h.later(time.Hour)
	return &crime{file: file, clock: h.Clock, found: map[string]bool{}}, note
}

func (h *house) export() {
	h.T.Helper()
	if err := h.records.Export(context.Background(), records.Query{Business: h.Business, State: "given"}, table.CSV, "mia", io.Discard); err != nil {
		h.T.Fatal(err)
	}
}

// change returns a copy of the database that was changed by hand.
func (c *crime) change(t *testing.T, fn func(*sql.DB) error) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "changed.db")
	if err := os.WriteFile(name, c.file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+name+"?_pragma=foreign_keys(0)&_pragma=ignore_check_constraints(1)&_pragma=synchronous(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	triggers, err := column[string](db, `SELECT name FROM sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		t.Fatal(err)
	}
	for _, trigger := range triggers {
		if _, err := db.Exec("DROP TRIGGER " + trigger); err != nil {
			t.Fatal(err)
		}
	}
	if err := fn(db); err != nil {
		t.Fatalf("the change fails: %v", err)
	}
	return name
}

// audit audits a database file. What does not even start is found too.
func (c *crime) audit(t *testing.T, name string, o records.AuditOptions) (report records.Report, started error) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), name, store.Options{Log: log, Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var kek [32]byte
	copy(kek[:], "a key of tests, and of tests only")
	directory := &tenant.Directory{}
	m, err := manage.Open(t.Context(), vault.MasterKey(kek), apptest.BaseURL, manage.Config{
		Store: store.As[manage.Reader, manage.Writer](s), Directory: directory, Log: log, Now: c.clock.Now, Rand: rand.Reader,
	})
	if err != nil {
		return report, err
	}
	r := records.New(store.As[records.Reader, records.Writer](s), directory, m.Installation(), c.clock.Now, rand.Reader)
	report, err = r.Audit(t.Context(), o)
	return report, err
}

// mustFind audits a changed copy and expects a finding.
func (c *crime) mustFind(t *testing.T, fn func(*sql.DB) error) {
	t.Helper()
	t.Parallel()
	report, err := c.audit(t, c.change(t, fn), records.AuditOptions{})
	if err == nil && report.OK {
		t.Error("not found")
	}
	if err == nil && ofLog.MatchString(t.Name()) && !strings.HasPrefix(failed(report), records.CheckLog+": ") {
		t.Errorf("found, and not by comparing the log with the events: %s", failed(report))
	}
	for _, check := range report.Checks {
		if !check.OK {
			c.mu.Lock()
			c.found[check.Name] = true
			c.mu.Unlock()
		}
		for _, secret := range []string{ada[1:], bela[1:], chidi[1:], dora[1:], "Ünlü"} {
			if strings.Contains(strings.Join(check.Detail, " "), secret) {
				t.Errorf("a finding names somebody: %s", check.Detail)
			}
		}
	}
}

// ofLog are the changes that make the leaves and the events unlike each other. Two
// leaves in each other's places are not: their events go with them, and the tree
// is another.
var ofLog = regexp.MustCompile(`/(edit|swap)/(leaves\.(event|hash)|events\.(id|jwt))\b|/edit/leaves\.n\b|/delete/(leaves|events)/`)

// everyCheck expects each check of an audit to have found some change.
func everyCheck(t *testing.T, crimes ...*crime) {
	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return // only some changes were made
	}
	report := auditOf(t, newHouse(t), records.AuditOptions{})
	if len(report.Checks) != 18 {
		t.Errorf("an audit makes %d checks", len(report.Checks))
	}
	for _, check := range report.Checks {
		found := check.Name == records.CheckCompared // which is another test's
		for _, c := range crimes {
			found = found || c.found[check.Name]
		}
		if !found {
			t.Errorf("the check %s found no change", check.Name)
		}
	}
}

func column[T any](db *sql.DB, query string, args ...any) (out []T, err error) {
	rows, err := db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// look opens the untouched database for planning.
func (c *crime) look(t *testing.T) *sql.DB {
	t.Helper()
	name := filepath.Join(t.TempDir(), "look.db")
	if err := os.WriteFile(name, c.file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestAuditFindsEveryChange(t *testing.T) {
	small, note := committed(t, false)
	large, _ := committed(t, true)
	t.Cleanup(func() { everyCheck(t, small, large) }) // when all that run beside each other are done
	t.Run("nothing changed", func(t *testing.T) {
		report, err := small.audit(t, small.change(t, func(*sql.DB) error { return nil }), records.AuditOptions{Checkpoint: note})
		if err != nil || !report.OK || !report.Compared {
			t.Errorf("%v, %s", err, failed(report))
		}
	})
	for tbl, columns := range decided {
		c := small
		if tbl == "nodes" {
			c = large
		}
		db := c.look(t)
		rows := rowsOf(t, db, tbl)
		if testing.Short() {
			rows = rows[:1]
		}
		c.edits(t, db, tbl, columns, rows)
		for _, row := range rows {
			if tbl == "anchors" {
				break // whoever loses an outsider's word has less of a proof, and nothing false
			}
			t.Run(fmt.Sprintf("delete/%s/%s", tbl, row), func(t *testing.T) {
				c.mustFind(t, func(db *sql.DB) error {
					return run(db, fmt.Sprintf(`DELETE FROM %s WHERE %s = %s`, tbl, rowOf(tbl), row))
				})
			})
		}
	}
	large.inserts(t)
	small.swaps(t, small.look(t))
}

// rowsOf returns the rows of a table that are changed, named by SQL literals.
func rowsOf(t *testing.T, db *sql.DB, tbl string) []string {
	t.Helper()
	query, ok := kinds[tbl]
	if !ok {
		query = fmt.Sprintf(`SELECT %s FROM %s WHERE %[1]s IN (SELECT min(%[1]s) FROM %[2]s UNION SELECT max(%[1]s) FROM %[2]s)`, rowOf(tbl), tbl)
	}
	rows, err := column[string](db, `SELECT quote(chosen) FROM (SELECT 0 AS chosen WHERE FALSE UNION ALL `+query+`)`)
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: no rows to change (%v)", tbl, err)
	}
	return rows
}

// edits changes each column of each chosen row.
func (c *crime) edits(t *testing.T, db *sql.DB, tbl string, columns map[string]string, rows []string) {
	names, err := column[string](db, `SELECT name FROM pragma_table_info($1)`, tbl)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		how, ok := columns[name]
		if !ok {
			t.Errorf("%s.%s: decide what an audit makes of a change of it", tbl, name)
			continue
		}
		if how != exact && how != coarse {
			continue
		}
		for _, row := range rows {
			for i, set := range changes(t, db, tbl, name, how) {
				t.Run(fmt.Sprintf("edit/%s.%s/%s/%d", tbl, name, row, i), func(t *testing.T) {
					c.mustFind(t, func(db *sql.DB) error {
						return run(db, fmt.Sprintf(`UPDATE %s SET %s = %s WHERE %s = %s`, tbl, name, set, rowOf(tbl), row))
					})
				})
			}
		}
	}
}

// changes returns expressions that change a column a little.
func changes(t *testing.T, db *sql.DB, tbl, name, how string) []string {
	t.Helper()
	kind, err := column[string](db, `SELECT type FROM pragma_table_info($1) WHERE name = $2`, tbl, name)
	if err != nil {
		t.Fatal(err)
	}
	isTime := name == "at" || strings.HasSuffix(name, "_at")
	switch {
	case how == coarse:
		return []string{name + " - 86400000000", name + " + 864000000000"}
	case kind[0] == "INTEGER" && isTime:
		return []string{name + " + 1000", name + " - 86400000000"} // a millisecond, a day
	case kind[0] == "INTEGER" && (name == "simulated" || name == "hidden" || name == "held"):
		return []string{"1 - " + name}
	case kind[0] == "INTEGER":
		return []string{name + " + 1000"}
	case kind[0] == "TEXT":
		return []string{fmt.Sprintf(`CASE WHEN %s = '' THEN 'given' ELSE %[1]s || 'x' END`, name)}
	default:
		return []string{fmt.Sprintf(`CASE WHEN %s IS NULL OR length(%[1]s) = 0 THEN x'00' ELSE CAST(substr(%[1]s, 1, length(%[1]s) - 1) || (CASE substr(%[1]s, -1) WHEN x'41' THEN x'42' ELSE x'41' END) AS BLOB) END`, name)}
	}
}

func run0(db *sql.DB, statement string) error {
	_, err := db.Exec(statement)
	return err
}

func run(db *sql.DB, statements ...string) error {
	for _, s := range statements {
		res, err := db.Exec(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			return fmt.Errorf("%s: no row", s)
		}
	}
	return nil
}

// inserts puts rows in. A shown text that no event names proves nothing, so it
// is none of these.
func (c *crime) inserts(t *testing.T) {
	const id = "'019cadcd-0320-7f7e-a4ed-1e23289de26b'"
	for name, statement := range map[string]string{
		"event": `INSERT INTO events SELECT ` + id + `, business, subject, request, name, jwt, key_id, sealed, raw, 0, at, arrived_at FROM events LIMIT 1`,
		"leaf":  `INSERT INTO leaves SELECT max(n) + 1, 'e', hash FROM leaves`, "node": `INSERT INTO nodes SELECT level, n + 1, hash FROM nodes LIMIT 1`,
		"high node":        `INSERT INTO nodes SELECT 2, 0, hash FROM nodes LIMIT 1`,
		"checkpoint":       `INSERT INTO checkpoints SELECT max(size) + 1, note, signed_at FROM checkpoints`,
		"early checkpoint": `INSERT INTO checkpoints SELECT 1, note, signed_at FROM checkpoints LIMIT 1`,
		"consent": `INSERT INTO consents SELECT ` + id + `, business, subject, 'else', scope, state, simulated, version, lang, first_at, given_at, given_event,
			grade, basis, until_at, ended_at, ended_event, end_state, refused_at, held_at, changed_at, 0, entry FROM consents LIMIT 1`,
		"destruction":             `INSERT INTO destructions SELECT 's/' || s.id, e.event, e.at FROM subjects s, destructions e WHERE length(s.wrapped) > 0 LIMIT 1`,
		"suppression":             `INSERT INTO suppressions SELECT ` + id + `, business, subject, scope, purpose, reason, at, salt, event FROM suppressions LIMIT 1`,
		"hash of a suppression":   `INSERT INTO suppression_hashes SELECT x'00', suppression FROM suppression_hashes LIMIT 1`,
		"end of a suppression":    `INSERT INTO suppression_ends SELECT s.id, 'offers', s.event FROM suppressions s WHERE s.id NOT IN (SELECT suppression FROM suppression_ends) LIMIT 1`,
		"signing key":             `INSERT INTO signing_keys SELECT 'else', business, public, wrapped, created_at FROM signing_keys LIMIT 1`,
		"subject":                 `INSERT INTO subjects SELECT ` + id + `, business, wrapped, seq, head, lang, country, platform, platform_at, reassigned, merged_into, sender, window_at, created_at, 0, 0 FROM subjects LIMIT 1`,
		"funnel version":          `INSERT INTO funnel_versions SELECT ` + id + `, funnel, 99, doc, event, published_at FROM funnel_versions LIMIT 1`,
		"identifier":              `INSERT INTO identifiers SELECT business, x'00', kind, subject, scope, sealed, event, seen_at, 0, '' FROM identifiers LIMIT 1`,
		"text unlike its hash":    `INSERT INTO shown_texts SELECT 'ff', kind, content_type, body, created_at FROM shown_texts LIMIT 1`,
		"subject that is another": `INSERT INTO subjects SELECT ` + id + `, business, wrapped, 0, '', lang, country, '', 0, 0, (SELECT max(id) FROM subjects), sender, window_at, created_at, 0, 0 FROM subjects LIMIT 1`,
	} {
		t.Run("insert/"+name, func(t *testing.T) { c.mustFind(t, func(db *sql.DB) error { return run(db, statement) }) })
	}
}

// swaps changes the places of two rows' values.
func (c *crime) swaps(t *testing.T, db *sql.DB) {
	for _, s := range []struct{ tbl, column string }{
		{"events", "jwt"}, {"events", "sealed"}, {"events", "seq"}, {"events", "arrived_at"}, {"leaves", "event"}, {"leaves", "hash"}, {"leaves", "n"},
		{"checkpoints", "note"}, {"checkpoints", "signed_at"}, {"consents", "state"}, {"consents", "given_event"}, {"suppressions", "salt"},
		{"suppressions", "event"}, {"suppressions", "subject"}, {"suppression_hashes", "suppression"}, {"shown_texts", "body"}, {"shown_texts", "sha256"},
		{"identifiers", "subject"}, {"identifiers", "hash"}, {"identifiers", "sealed"}, {"subjects", "head"}, {"subjects", "wrapped"}, {"subjects", "id"},
		{"funnel_versions", "doc"}, {"funnel_versions", "event"},
	} {
		t.Run("swap/"+s.tbl+"."+s.column, func(t *testing.T) {
			row := rowOf(s.tbl)
			pair, err := column[any](db, fmt.Sprintf(`SELECT min(%[3]s) FROM %[1]s UNION ALL SELECT min(%[3]s) FROM %[1]s WHERE %[2]s <> (SELECT %[2]s FROM %[1]s ORDER BY %[3]s LIMIT 1)`, s.tbl, s.column, row))
			if err != nil || len(pair) != 2 {
				t.Fatalf("no two rows that differ: %v", err)
			}
			c.mustFind(t, func(db *sql.DB) error {
				var x, y any
				read := fmt.Sprintf(`SELECT %s FROM %s WHERE %s = $1`, s.column, s.tbl, row)
				if err := db.QueryRow(read, pair[0]).Scan(&x); err != nil {
					return err
				}
				if err := db.QueryRow(read, pair[1]).Scan(&y); err != nil {
					return err
				}
				// Over a third value, for some are unique; rowids move with an integer key.
				set := fmt.Sprintf(`UPDATE %s SET %s = $1 WHERE %[2]s = $2`, s.tbl, s.column)
				if s.column != "n" && s.column != "id" && s.column != "hash" && s.column != "sha256" {
					set = fmt.Sprintf(`UPDATE %s SET %s = $1 WHERE %s = $2`, s.tbl, s.column, row)
					if _, err := db.Exec(set, third(x), pair[0]); err != nil {
						return err
					}
					if _, err := db.Exec(set, x, pair[1]); err != nil {
						return err
					}
					_, err := db.Exec(set, y, pair[0])
					return err
				}
				for _, move := range [][2]any{{third(x), x}, {x, y}, {y, third(x)}} {
					if _, err := db.Exec(set, move[0], move[1]); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// third returns a value of x's type that nothing has.
func third(x any) any {
	switch x.(type) {
	case int64:
		return int64(-7)
	case []byte:
		return []byte("nothing has this")
	}
	return "nothing has this"
}

// A tail that is cut off cleanly, with everything that hung on it (an outsider's
// word too), can be seen only by somebody who kept a checkpoint elsewhere.
func TestAuditOfACutTail(t *testing.T) {
	c, note := committed(t, false)
	cut := func(db *sql.DB) error {
		hashes, err := column[[]byte](db, `SELECT hash FROM leaves ORDER BY n`)
		if err != nil {
			return err
		}
		var head ledger.Head
		for _, h := range hashes[:len(hashes)-1] {
			head.Append(nil, ledger.Hash(h))
		}
		edge, err := head.MarshalBinary()
		if err != nil {
			return err
		}
		err = run(db, `DELETE FROM events WHERE id = (SELECT event FROM leaves ORDER BY n DESC LIMIT 1)`,
			`DELETE FROM leaves WHERE n = (SELECT max(n) FROM leaves)`, fmt.Sprintf(`DELETE FROM checkpoints WHERE size > %d`, head.Size),
			fmt.Sprintf(`DELETE FROM anchors WHERE size > %d`, head.Size))
		if err != nil {
			return err
		}
		_, err = db.Exec(`UPDATE log_head SET edge = $1`, edge)
		return err
	}
	name := c.change(t, cut)
	report, err := c.audit(t, name, records.AuditOptions{})
	if err != nil || !report.OK || report.Compared {
		t.Errorf("without a checkpoint: %v\n%s", err, failed(report))
	}
	if words := wordsOf(report, records.CheckCompared); !strings.Contains(words, "--checkpoint") || !strings.Contains(words, "could not show") {
		t.Errorf("the report does not say what it cannot know: %q", words)
	}
	report, err = c.audit(t, name, records.AuditOptions{Checkpoint: note})
	if err != nil || report.OK || !strings.Contains(failed(report), "cut off") {
		t.Errorf("with the checkpoint: %v, %s", err, failed(report))
	}
	for what, bad := range map[string][]byte{"garbage": []byte("no note"), "empty": {}, "changed": []byte(strings.Replace(string(note), "\n", "x\n", 1))} {
		if report, err := c.audit(t, name, records.AuditOptions{Checkpoint: bad}); err != nil || report.OK {
			t.Errorf("%s checkpoint: %v, ok %v", what, err, report.OK)
		}
	}
}

func wordsOf(r records.Report, name string) string {
	for _, c := range r.Checks {
		if c.Name == name {
			return c.Words
		}
	}
	return ""
}
