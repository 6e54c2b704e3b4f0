package main

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assent/fault"
	"assent/ledger"
)

// testLog signs checkpoints of a log of its own.
func testLog(t *testing.T) (vkey string, sign func(size int64) []byte) {
	t.Helper()
	key, vkey, err := ledger.GenerateKey(rand.Reader, "consent.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return vkey, func(size int64) []byte {
		note, err := signer.Sign(size, ledger.LeafHash([]byte{byte(size)}))
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

const (
	keyA = "s/018f0000-0000-7000-8000-00000000000a"
	keyB = "r/018f0000-0000-7000-8000-00000000000b"
)

func TestSentinelRemembers(t *testing.T) {
	vkey, sign := testLog(t)
	file := filepath.Join(t.TempDir(), "assent.db.head")
	open := func() *sentinel {
		t.Helper()
		s, err := openSentinel(file, vkey)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if s.newest() != nil || s.keys() != nil {
		t.Error("a new sentinel remembers something")
	}
	for _, size := range []int64{5, 9, 7, 9} {
		if err := s.Left(t.Context(), sign(size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Left(t.Context(), []byte("no checkpoint")); err == nil {
		t.Error("something else left the house")
	}
	for range 2 {
		if err := s.Destroyed(t.Context(), keyA, "event-a"); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := os.ReadFile(file)
	if n := strings.Count(string(text), "\n"); n != 5 { // two of its own, 5, 9 and one destroyed
		t.Errorf("%d lines:\n%s", n, text)
	}
	again := open()
	if string(again.newest()) != string(sign(9)) || !slices.Equal(again.keys(), []string{keyA}) {
		t.Errorf("it forgot: %q, %v", again.newest(), again.keys())
	}
	// Another process writes to the same file, and both are remembered.
	if err := s.Left(t.Context(), sign(12)); err != nil {
		t.Fatal(err)
	}
	if err := again.Destroyed(t.Context(), keyB, "event-b"); err != nil {
		t.Fatal(err)
	}
	if both := open(); both.size != 12 || len(both.keys()) != 2 {
		t.Errorf("one of two processes was forgotten: %d, %v", both.size, both.keys())
	}
	if err := again.afterRestore(); err != nil {
		t.Fatal(err)
	}
	if after := open(); after.newest() != nil || len(after.keys()) != 2 {
		t.Errorf("after a restore: %q, %v", after.newest(), after.keys())
	}
	if err := again.Left(t.Context(), sign(3)); err != nil {
		t.Fatal(err)
	}
	if after := open(); after.size != 3 {
		t.Errorf("what left after a restore is not remembered: %d", after.size)
	}
}

func TestSentinelStaysSmall(t *testing.T) {
	vkey, sign := testLog(t)
	file := filepath.Join(t.TempDir(), "head")
	s, err := openSentinel(file, vkey)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Destroyed(t.Context(), keyA, "event-a"); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for size := range int64(staleLines + 10) {
		lines.WriteString("left " + b64(sign(size+1)) + "\n")
	}
	if err := s.add(lines.String()); err != nil {
		t.Fatal(err)
	}
	again, err := openSentinel(file, vkey)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Size() > 2000 || info.Mode().Perm() != 0o600 || again.size != staleLines+10 || len(again.keys()) != 1 {
		t.Errorf("%v, %v, %d, %v", info.Size(), err, again.size, again.keys())
	}
	if left, _ := filepath.Glob(file + ".new-*"); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestSentinelRefuses(t *testing.T) {
	vkey, sign := testLog(t)
	other, _ := testLog(t)
	head := sentinelFirst + "\nlog " + vkey + "\n"
	left := "left " + b64(sign(4)) + "\n"
	tests := []struct {
		name, text string
		kind       fault.Kind
		says       string // nothing: it is good
	}{
		{"good", head + left, 0, ""},
		{"cut while a line was written", head + left + left[:20], 0, ""},
		{"empty", "", fault.Invalid, "damaged in line 1"},
		{"another file", "hello\nworld\n", fault.Invalid, "damaged in line 1"},
		{"no log", sentinelFirst + "\n" + left, fault.Invalid, "damaged in line 2"},
		{"another log", sentinelFirst + "\nlog " + other + "\n" + left, fault.Conflict, "another log"},
		{"a damaged checkpoint", head + strings.Replace(left, "left ", "left %", 1), fault.Invalid, "damaged in line 3"},
		{"no checkpoint", head + "left aGVsbG8=\n", fault.Invalid, "damaged in line 3"},
		{"a damaged key", head + "destroyed s/../.. event\n", fault.Invalid, "damaged in line 3"},
		{"an unknown line", head + left + "forgotten\n", fault.Invalid, "damaged in line 4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "head")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := openSentinel(file, vkey)
			if tt.says == "" {
				if err != nil || s.size != 4 {
					t.Fatalf("%v", err)
				}
				if err := s.Left(t.Context(), sign(8)); err != nil {
					t.Fatal(err)
				}
				if again, err := openSentinel(file, vkey); err != nil || again.size != 8 {
					t.Errorf("after a cut line: %v", err)
				}
				return
			}
			if !fault.Is(err, tt.kind) || !strings.Contains(fault.Message(err), tt.says) {
				t.Errorf("got %v, want one that says %q", err, tt.says)
			}
		})
	}
}
