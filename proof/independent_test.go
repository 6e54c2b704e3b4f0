package proof_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"assent/evidence"
	"assent/proof"
)

// The verifier in JavaScript was written from docs/proof-format.md. Every bundle
// that the tests of this package look at is given to both, and both must come
// to the same verdict.
const verifier = "../docs/verify/verify.mjs"

// node is the path of Node, empty where there is none.
var node = sync.OnceValue(func() string { path, _ := exec.LookPath("node"); return path })

// needNode ends a test where there is no Node: it fails where nothing may be
// skipped.
func needNode(t testing.TB) {
	t.Helper()
	if node() != "" {
		return
	}
	if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
		t.Fatal("node is not installed")
	}
	t.Skip("node is not installed")
}

// waiting are the bundles that a test has collected for the other verifier,
// which is started once for all of them.
var waiting sync.Map // testing.TB → *collection

type collection struct {
	mu    sync.Mutex
	dir   string
	wants map[string]proof.Verdict // by file
	what  map[string]string
}

// hinted is the verdict under the keys in the bundle.
func hinted(b []byte) proof.Verdict {
	r, err := proof.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), proof.Pins{})
	if err != nil {
		return proof.Unreadable
	}
	return r.Verdict
}

// agree lets the other verifier look at a bundle when the test ends. It too
// must come to the verdict that is wanted, under the keys in the bundle.
func agree(t testing.TB, b []byte, want proof.Verdict, what string) {
	t.Helper()
	if node() == "" {
		return // TestVerifierInJavaScript says so
	}
	got, loaded := waiting.LoadOrStore(t, &collection{})
	c := got.(*collection)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !loaded {
		c.dir, c.wants, c.what = t.TempDir(), map[string]proof.Verdict{}, map[string]string{}
		t.Cleanup(func() { waiting.Delete(t); c.compare(t) })
	}
	file := filepath.Join(c.dir, fmt.Sprintf("%05d.zip", len(c.wants)))
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	c.wants[file], c.what[file] = want, what
}

func (c *collection) compare(t testing.TB) {
	args := []string{verifier}
	for file := range c.wants {
		args = append(args, file)
	}
	// The exit status is the worst of all; each has its line.
	out, err := exec.Command(node(), args...).Output()
	if err != nil && err.(*exec.ExitError) == nil {
		t.Fatal(err)
	}
	verdicts := map[string]proof.Verdict{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) == 2 && c.wants[f[1]] != "" {
			verdicts[f[1]] = proof.Verdict(f[0])
		}
	}
	for file, want := range c.wants {
		if got := verdicts[file]; got != want {
			t.Errorf("%s: the verifier in JavaScript says %q, ours %q", c.what[file], got, want)
		}
	}
}

// run starts the other verifier and returns what it prints and its exit status.
func run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, err := exec.Command(node(), append([]string{verifier}, args...)...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() < 0) {
		t.Fatal(err)
	} else if ok {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

func TestVerifierInJavaScript(t *testing.T) {
	needNode(t)
	h, other := newHouse(t, 1), newHouse(t, 9)
	p := story(h)
	p.next(evidence.Event{Name: evidence.ReceiptSent, Subject: "s1", Simulated: true})
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		h.must(os.WriteFile(path, data, 0o600))
		return path
	}
	keys := func(k evidence.KeySet) []byte { b, err := json.Marshal(k); h.must(err); return b }
	good := h.bundle(p.material(proof.Court))
	bundle, text := write("good.zip", good), write("text.zip", []byte("this is a text and no zip archive at all"))
	changed := write("changed.zip", bytes.Replace(good, []byte("<h1>Offers"), []byte("<h1>Offerz"), 1))
	log, jwks := write("log.vkey", []byte(h.log.VerifierKey()+"\n")), write("jwks.json", keys(h.keys))
	log2, jwks2 := write("log2.vkey", []byte(other.log.VerifierKey())), write("jwks2.json", keys(other.keys))
	tests := []struct {
		name string
		args []string
		exit int
		says string
	}{
		{"keys of the bundle", []string{bundle}, 0, "consistent"},
		{"keys of the bundle, strict", []string{"--strict", bundle}, 1, "invalid"},
		{"own keys", []string{"--log-key", log, "--jwks", jwks, "--strict", bundle}, 0, "valid"},
		{"one own key", []string{"--log-key", log, bundle}, 0, "consistent"},
		{"another's log", []string{"--log-key", log2, "--jwks", jwks, bundle}, 1, "the bundle's log key is not yours"},
		{"another's business", []string{"--log-key", log, "--jwks", jwks2, bundle}, 1, "is not among yours"},
		{"simulated", []string{bundle}, 0, "SIMULATED: 1 of 8 events"},
		{"changed", []string{changed}, 1, "is damaged"},
		{"not a bundle", []string{text}, 2, "it is no zip"},
		{"the worst counts", []string{bundle, changed, text}, 2, "unreadable"},
		{"no such file", []string{bundle + "x"}, 2, "no such file"},
		{"no such keys", []string{"--jwks", bundle, bundle}, 2, ""},
		{"nothing", nil, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, exit := run(t, tt.args...)
			if exit != tt.exit || !strings.Contains(out, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s", exit, tt.exit, tt.says, out)
			}
		})
	}
}
