package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/subject"
)

// house is an installation whose commands are run beside it.
type house struct {
	*apptest.App
	db   storetest.Database
	dir  string
	head string // the sentinel
}

func newHouse(t *testing.T, db storetest.Database) *house {
	t.Helper()
	dir := t.TempDir()
	var kek [32]byte
	copy(kek[:], "a key of tests, and of tests only")
	t.Setenv("ASSENT_MASTER_KEY", base64.StdEncoding.EncodeToString(kek[:]))
	h := &house{apptest.NewWith(t, apptest.Options{Database: db.Name, Clock: time.Now}), db, dir, filepath.Join(dir, "head")}
	h.OptIn("+491701234567", apptest.Offers)
	h.OptIn("+491701234568", apptest.Offers)
	h.Settle()
	return h
}

// cli runs a command on the database and wants the exit code.
func (h *house) cli(t *testing.T, want int, db string, args ...string) string {
	t.Helper()
	code, out, errs := cli(append(args, "--database", db, "--sentinel", h.head)...)
	if code != want {
		t.Fatalf("%v: exit %d, want %d\n%s%s", args, code, want, out, errs)
	}
	return out + errs
}

// leave exports proofs, so that a checkpoint leaves the house.
func (h *house) leave(t *testing.T) {
	t.Helper()
	h.cli(t, 0, h.db.Name, "export", "--format", "proof", "--out", filepath.Join(h.dir, "proofs-"+time.Now().Format("150405.000000000")))
}

func (h *house) file(name string) string { return filepath.Join(h.dir, name) }

// start opens the database as a server does, and returns why it does not start.
func (h *house) start(t *testing.T, db string, afterRestore bool) error {
	t.Helper()
	f := databaseFlags{Database: db, BaseURL: apptest.BaseURL, MasterKey: os.Getenv("ASSENT_MASTER_KEY"), Sentinel: h.head}
	i, err := f.open(t.Context(), store.Options{}, h.Log, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer i.close()
	return i.guard(t.Context(), afterRestore, func(string) {})
}

func TestBackupAndRestore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		h := newHouse(t, db)
		h.leave(t)
		out := h.cli(t, 0, db.Name, "backup", h.file("one"))
		if !strings.Contains(out, "not encrypted") || !strings.Contains(out, "master key is not in it") {
			t.Error(out)
		}
		if info, err := os.Stat(h.file("one")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if out := h.cli(t, 1, db.Name, "backup", h.file("one")); !strings.Contains(out, "is there already") {
			t.Error(out)
		}
		fresh := h.file("fresh.db")
		if out := h.cli(t, 0, fresh, "restore", h.file("one")); !strings.Contains(out, "Everything holds") || !strings.Contains(out, "Restored the state of") || strings.Contains(out, "after-restore") {
			t.Error(out)
		}
		if err := h.start(t, fresh, false); err != nil {
			t.Errorf("a backup that is not behind: %v", err)
		}
		if out := h.cli(t, 1, fresh, "restore", h.file("one")); !strings.Contains(out, "not empty") {
			t.Error(out)
		}
		h.cli(t, 0, fresh, "audit")
	})
}

// An older backup would make a second history behind what others hold.
func TestOlderBackupDoesNotServe(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		h := newHouse(t, db)
		h.cli(t, 0, db.Name, "backup", h.file("old"))
		h.OptIn("+491701234569", apptest.Offers)
		h.leave(t)
		if err := h.start(t, db.Name, false); err != nil {
			t.Fatal(err)
		}
		older := h.file("older.db")
		if out := h.cli(t, 0, older, "restore", h.file("old")); !strings.Contains(out, "has left the house") || !strings.Contains(out, "--after-restore") {
			t.Error(out)
		}
		err := h.start(t, older, false)
		if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), "--after-restore") || !strings.Contains(fault.Message(err), "entries, but a checkpoint over") {
			t.Fatalf("it started: %v", err)
		}
		code, _, errs := cli("serve", "--addr", "127.0.0.1:0", "--database", older, "--sentinel", h.head)
		if code != 1 || !strings.Contains(errs, "older than what others hold") {
			t.Errorf("serve: exit %d, %s", code, errs)
		}
		if out := h.cli(t, 1, older, "export", "--format", "proof", "--out", h.file("too-early")); !strings.Contains(out, "older than what others hold") {
			t.Errorf("a proof was exported from a database that is behind: %s", out)
		}
		if err := h.start(t, older, true); err != nil {
			t.Fatal(err)
		}
		if err := h.start(t, older, false); err != nil {
			t.Errorf("once told, it starts again: %v", err)
		}
		if out := h.cli(t, 0, older, "audit"); !strings.Contains(out, "Everything holds") {
			t.Error(out)
		}
		if n := counted(t, older, evidence.OperatorActed); n != 1 {
			t.Errorf("%d events say that somebody went on from a backup", n)
		}
		// The database that was left behind is now the one with another history, once
		// something has left the new house that it does not have.
		h.cli(t, 0, older, "export", "--format", "proof", "--out", h.file("other-proofs"))
		if err := h.start(t, db.Name, false); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), "does not continue") && !strings.Contains(fault.Message(err), "has left the house") {
			t.Errorf("two histories: %v", err)
		}
	})
}

// counted returns how many events of the name a SQLite file holds.
func counted(t *testing.T, file string, name evidence.Name) (n int) {
	t.Helper()
	raw := storetest.Database{Kind: "sqlite", Name: file}.Raw(t)
	if err := raw.QueryRow(`SELECT count(*) FROM events WHERE name = $1`, string(name)).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEncryptedBackup(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*age.X25519Identity{"id": id, "stranger": stranger} {
		if err := os.WriteFile(h.file(name), []byte("# a comment\n"+key.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := h.cli(t, 0, h.db.Name, "backup", h.file("b.age"), "--recipient", id.Recipient().String()); strings.Contains(out, "not encrypted") {
		t.Error(out)
	}
	sealed, err := os.ReadFile(h.file("b.age"))
	if err != nil || !bytes.HasPrefix(sealed, ageMagic) {
		t.Fatalf("%.30q, %v", sealed, err)
	}
	for name, content := range map[string][]byte{"cut.age": sealed[:len(sealed)-100], "changed.age": flipped(sealed, len(sealed)/2), "head.age": flipped(sealed, 60)} {
		if err := os.WriteFile(h.file(name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no identity", []string{"b.age"}, 2, "--identity"},
		{"another's identity", []string{"b.age", "--identity", h.file("stranger")}, 2, "does not open with that identity"},
		{"no identity in the file", []string{"b.age", "--identity", h.file("b.age")}, 2, "holds no age identity"},
		{"no such file", []string{"b.age", "--identity", h.file("none")}, 2, "cannot be opened"},
		{"cut off", []string{"cut.age", "--identity", h.file("id")}, 2, "Use another one"},
		{"a byte changed", []string{"changed.age", "--identity", h.file("id")}, 2, "Use another one"},
		{"its head changed", []string{"head.age", "--identity", h.file("id")}, 2, "does not open"},
		{"as it should be", []string{"b.age", "--identity", h.file("id")}, 0, "Everything holds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := h.file(strings.ReplaceAll(tt.name, " ", "-") + ".db")
			if out := h.cli(t, tt.code, to, append([]string{"restore", h.file(tt.args[0])}, tt.args[1:]...)...); !strings.Contains(out, tt.says) {
				t.Errorf("want one that says %q:\n%s", tt.says, out)
			}
			if _, err := os.Stat(to); (err == nil) != (tt.code == 0) {
				t.Errorf("the database: %v", err)
			}
		})
	}
	if out := h.cli(t, 1, h.db.Name, "backup", h.file("c"), "--recipient", "ssh-none"); !strings.Contains(out, "age1") {
		t.Error(out)
	}
}

func flipped(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 4
	return b
}

func TestRestoreRefuses(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	h.cli(t, 0, h.db.Name, "backup", h.file("b"))
	whole, err := os.ReadFile(h.file("b"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"cut": whole[:len(whole)/2], "changed": flipped(whole, len(whole)/2), "list": []byte("s/nobody\n")} {
		if err := os.WriteFile(h.file(name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no backup", []string{h.file("none")}, 2, "cannot be opened"},
		{"a database is no backup", []string{h.db.Name}, 2, "no backup of Assent"},
		{"cut off", []string{h.file("cut")}, 2, "ends too early"},
		{"changed", []string{h.file("changed")}, 2, "Use another one"},
		{"another master key", []string{h.file("b"), "--master-key", base64.StdEncoding.EncodeToString(make([]byte, 32))}, 1, "does not open the keys in this backup"},
		{"a list of no keys", []string{h.file("b"), "--erasures", h.file("list")}, 1, "names no data key"},
		{"no list", []string{h.file("b"), "--erasures", h.file("none")}, 1, "cannot be opened"},
	}
	to := h.file("to.db")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if out := h.cli(t, tt.code, to, append([]string{"restore"}, tt.args...)...); !strings.Contains(out, tt.says) {
				t.Errorf("want one that says %q:\n%s", tt.says, out)
			}
			if _, err := os.Stat(to); err == nil {
				t.Error("a database was made")
			}
		})
	}
	t.Setenv("ASSENT_MASTER_KEY", "")
	if out := h.cli(t, 1, to, "restore", h.file("b")); !strings.Contains(out, "The master key is missing") {
		t.Error(out)
	}
	if out := h.cli(t, 1, h.file("none.db"), "backup", h.file("c")); !strings.Contains(out, "There is no database") {
		t.Error(out)
	}
}

// A restore that was killed leaves a database that nothing opens.
func TestUnfinishedRestoreIsNotServed(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	h.cli(t, 0, h.db.Name, "backup", h.file("b"))
	half := h.file("half.db")
	s, err := store.Open(t.Context(), half, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(h.file("b"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := store.ReadBackup(f)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Restore(ctx, b, func(done, _ int64) { cancel() }); err == nil {
		t.Fatal("it was not stopped")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"business", "list"}, {"export"}} {
		if out := h.cli(t, 1, half, args...); !strings.Contains(out, "did not finish") {
			t.Errorf("%v: %s", args, out)
		}
	}
	if out := h.cli(t, 1, half, "restore", h.file("b")); !strings.Contains(out, "not empty") {
		t.Error(out)
	}
}

// Whoever was erased after the backup was made stays erased.
func TestErasedStaysErased(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		h := newHouse(t, db)
		h.cli(t, 0, db.Name, "backup", h.file("old"))
		key := firstPerson(t, h)
		if _, err := h.Records.Erase(t.Context(), records.Erasure{Business: h.Business, Subject: key[2:], Reason: "asked for it", Method: "command", Actor: "mia"}); err != nil {
			t.Fatal(err)
		}
		h.Settle()
		if err := h.start(t, db.Name, false); err != nil { // the sentinel learns of it
			t.Fatal(err)
		}
		if text, err := os.ReadFile(h.head); err != nil || !strings.Contains(string(text), "destroyed "+key+" ") {
			t.Fatalf("the sentinel does not remember: %s, %v", text, err)
		}
		for name, args := range map[string][]string{"sentinel": {"--sentinel", h.head}, "list": {"--erasures", h.head, "--sentinel", h.file("other-head")}} {
			to := storetest.EmptySQLite(t)
			code, out, errs := cli(append([]string{"restore", h.file("old"), "--database", to.Name}, args...)...)
			if code != 0 || !strings.Contains(errs, "destroyed again now: ") || !strings.Contains(out, "Everything holds") {
				t.Errorf("%s: %s%s", name, out, errs)
			}
			var wrapped, left int
			if err := to.Raw(t).QueryRow(`SELECT length(wrapped), (SELECT count(*) FROM identifiers WHERE subject = $1) FROM subjects WHERE id = $1`, key[2:]).Scan(&wrapped, &left); err != nil {
				t.Fatal(err)
			}
			var noted int
			if err := to.Raw(t).QueryRow(`SELECT count(*) FROM destructions d JOIN events e ON e.id = d.event WHERE d.key_id = $1 AND e.name = 'subject.erased'`, key).Scan(&noted); err != nil {
				t.Fatal(err)
			}
			if wrapped != 0 || left != 0 || noted != 1 {
				t.Errorf("%s: a key of %d bytes came back, %d identifiers, %d destructions noted", name, wrapped, left, noted)
			}
		}
	})
}

func firstPerson(t *testing.T, h *house) (key string) {
	t.Helper()
	err := h.Store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.SubjectIDs(ctx, "", 1)
		if err == nil {
			key = subject.KeyID(list[0])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}
