package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assent/records"
)

// cli runs the program in this process.
func cli(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(context.Background(), args, streams{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

func TestAuditVerifyExport(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "a.db")
	must := func(code int, out, errs string) string {
		t.Helper()
		if code != 0 {
			t.Fatalf("exit %d: %s%s", code, out, errs)
		}
		return out
	}
	must(cli("business", "add", "sonnentor", "--legal-name", "Sonnentor GmbH", "--database", db))
	list := filepath.Join(dir, "list.csv")
	must(cli("export", "--database", db, "--out", list, "--actor", "mia"))
	if b, err := os.ReadFile(list); err != nil || !strings.HasPrefix(string(b), "consent_id,") {
		t.Errorf("%q, %v", b, err)
	}
	if out := must(cli("audit", "--database", db)); !strings.Contains(out, "Everything holds: 2 events,") || !strings.Contains(out, "note  No checkpoint from elsewhere") {
		t.Error(out)
	}
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a list is not written over", []string{"export", "--database", db, "--out", list}, 1, "is there already"},
		{"a table to standard output", []string{"export", "--database", db, "--format", "jsonl"}, 0, ""},
		{"proofs need a folder", []string{"export", "--database", db, "--format", "proof"}, 1, "--out"},
		{"proofs of nobody", []string{"export", "--database", db, "--format", "proof", "--out", filepath.Join(dir, "proofs")}, 0, "0 proofs"},
		{"an archive needs a file", []string{"export", "--database", db, "--format", "proofs"}, 1, "--out"},
		{"an archive of nobody", []string{"export", "--database", db, "--format", "proofs", "--out", filepath.Join(dir, "proofs.zip")}, 0, "0 proofs"},
		{"an archive is not written over", []string{"export", "--database", db, "--format", "proofs", "--out", list}, 1, "is there already"},
		{"no bundle in it", []string{"verify", filepath.Join(dir, "proofs.zip")}, 1, "holds no bundle"},
		{"no such business", []string{"export", "--database", db, "--business", "rival"}, 1, "no business rival"},
		{"no such state", []string{"export", "--database", db, "--state", "happy"}, 2, "state"},
		{"no database to export", []string{"export", "--database", filepath.Join(dir, "none.db")}, 1, "There is no database"},
		{"no database to audit", []string{"audit", "--database", filepath.Join(dir, "none.db")}, 2, "There is no database"},
		{"no checkpoint", []string{"audit", "--database", db, "--checkpoint", filepath.Join(dir, "none")}, 2, "cannot be opened"},
		{"another log's checkpoint", []string{"audit", "--database", db, "--checkpoint", list}, 1, "not signed by this log"},
		{"no bundle", []string{"verify", list}, 2, "no proof bundle"},
		{"no file", []string{"verify"}, 2, "file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := cli(tt.args...)
			if code != tt.code || !strings.Contains(out+errs, tt.says) {
				t.Errorf("exit %d, want %d that says %q\n%s%s", code, tt.code, tt.says, out, errs)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("an audit made a database")
	}
	tamper(t, db)
	code, out, errs := cli("audit", "--database", db, "--json")
	var report records.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 1 || report.OK || len(report.Checks) == 0 {
		t.Errorf("after a change: exit %d, %v\n%s%s", code, err, out, errs)
	}
}

// tamper changes an event past the triggers.
func tamper(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{`DROP TRIGGER events_no_update`, `UPDATE events SET at = at - 86400000000`} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}
