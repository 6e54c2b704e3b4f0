package proof_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/evidence"
	"assent/proof"
)

// The small verifier shows that docs/proof-format.md is enough for a stranger
// with another language and its standard library.
const smallVerifier = "../docs/verify/verify.py"

// needPython ends a test where Python or its library for Ed25519 is missing; it
// fails where nothing may be skipped.
func needPython(t *testing.T) {
	t.Helper()
	needTools(t, "python3")
	if out, err := exec.Command("python3", "-c", "import cryptography").CombinedOutput(); err != nil {
		if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
			t.Fatalf("python3-cryptography is not installed: %s", out)
		}
		t.Skip("python3-cryptography is not installed")
	}
}

func runPython(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, err := exec.Command("python3", append([]string{smallVerifier}, args...)...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() >= 0 {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

func TestSmallVerifier(t *testing.T) {
	needPython(t)
	h, other, third := newHouse(t, 1), newHouse(t, 9), newHouse(t, 3)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		h.must(os.WriteFile(path, data, 0o600))
		return path
	}
	keys := func(k evidence.KeySet) []byte { b, err := json.Marshal(k); h.must(err); return b }
	p := story(h)
	court, meta := write("court.zip", h.bundle(p.material(proof.Court))), write("meta.zip", h.bundle(p.material(proof.Meta)))
	p.next(evidence.Event{Name: evidence.ReceiptSent, Subject: "s1", Simulated: true})
	simulated := write("simulated.zip", h.bundle(p.material(proof.Court)))
	vouched := write("vouched.zip", third.bundle(anchored(third, newParties(t), time.Minute)))
	log, jwks := write("log.vkey", []byte(h.log.VerifierKey()+"\n")), write("jwks.json", keys(h.keys))
	log2, jwks2 := write("log2.vkey", []byte(other.log.VerifierKey())), write("jwks2.json", keys(other.keys))
	tests := []struct {
		name string
		args []string
		exit int
		says string
	}{
		{"for a court", []string{court}, 0, "consistent"},
		{"for Meta, much of it hidden", []string{meta}, 0, "consistent"},
		{"own keys", []string{"--log-key", log, "--jwks", jwks, court}, 0, "valid "},
		{"one own key", []string{"--log-key", log, court}, 0, "consistent"},
		{"another's log", []string{"--log-key", log2, "--jwks", jwks, court}, 1, "the bundle's log key is not yours"},
		{"another's business", []string{"--log-key", log, "--jwks", jwks2, court}, 1, "is not among yours"},
		{"simulated", []string{simulated}, 0, "SIMULATED: 1 of 8 events"},
		{"with outside anchors", []string{vouched}, 0, "outside anchors were not looked at"},
		{"no bundle", []string{court, jwks}, 2, "it is no zip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, exit := runPython(t, tt.args...)
			if exit != tt.exit || !strings.Contains(out, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s", exit, tt.exit, tt.says, out)
			}
		})
	}
}

// TestSmallVerifierIsSmall: who reads it wants to be done in an hour.
func TestSmallVerifierIsSmall(t *testing.T) {
	b, err := os.ReadFile(smallVerifier)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines++
		}
	}
	if lines >= 300 {
		t.Errorf("%d lines", lines)
	}
}
