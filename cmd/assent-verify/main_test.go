package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDependencies keeps the verifier small: an auditor who reads it should not
// have to read a database driver or a web framework.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	allowed := map[string]bool{"assent/cmd/assent-verify": true, "assent/proof": true, "assent/proof/verifycmd": true, "assent/evidence": true,
		"assent/evidence/plain": true, "assent/evidence/sdjwt": true, "assent/ledger": true, "assent/consent": true, "assent/fault": true}
	for _, dep := range deps {
		// database/sql/driver alone is an interface that the UUID package names.
		if dep == "database/sql" {
			t.Errorf("it links %s", dep)
		}
		if strings.HasPrefix(dep, "assent/") && !allowed[dep] {
			t.Errorf("it links %s", dep)
		}
		for _, bad := range []string{"modernc.org", "jackc/pgx", "labstack", "a-h/templ", "gorilla", "fonts", "fpdf", "typesetting", "tink", "html/template"} {
			if strings.Contains(dep, bad) {
				t.Errorf("it links %s", dep)
			}
		}
	}
	if len(deps) < 50 {
		t.Errorf("go list names %d packages only", len(deps))
	}
}

func TestProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "assent-verify")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	text := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		exit int
		says string
	}{
		{"help", []string{"--help"}, 0, "Exit status"},
		{"nothing", nil, 2, "--help"},
		{"unknown flag", []string{"--nope", text}, 2, "--help"},
		{"no bundle", []string{text}, 2, "no proof bundle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := exec.Command(program, tt.args...)
			out, _ := c.CombinedOutput()
			if got := c.ProcessState.ExitCode(); got != tt.exit || !strings.Contains(string(out), tt.says) {
				t.Errorf("exit %d, want %d; it says %s", got, tt.exit, out)
			}
		})
	}
}
