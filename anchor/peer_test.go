package anchor_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	_ "modernc.org/sqlite"

	"assent/anchor"
	"assent/internal/outside"
	"assent/ledger"
)

// need finds a program, or skips with a line that says what is missing; where
// ASSENT_TEST_REQUIRE is set, as in CI, it fails.
func need(t *testing.T, name, how string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if out, err := exec.Command("go", "env", "GOPATH").Output(); err == nil {
		path = filepath.Join(strings.TrimSpace(string(out)), "bin", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
		t.Fatalf("%s is missing (%s), and nothing may be skipped here", name, how)
	}
	t.Skipf("skipped: %s is missing (%s)", name, how)
	return ""
}

// litewitness starts torchwood's witness, which knows one log.
func litewitness(t *testing.T, origin, vkey string) anchor.Witness {
	t.Helper()
	program := need(t, "litewitness", "go install filippo.io/torchwood/cmd/litewitness@v0.9.0")
	dir := t.TempDir()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	fingerprint := serveAgent(t, filepath.Join(dir, "agent.sock"), private)
	knowLog(t, filepath.Join(dir, "witness.db"), origin, vkey)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.Command(program, "-name", "witness.test/w1", "-key", fingerprint, "-ssh-agent", filepath.Join(dir, "agent.sock"),
		"-db", filepath.Join(dir, "witness.db"), "-listen", addr)
	var logs strings.Builder
	cmd.Stderr, cmd.Stdout = &logs, &logs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it is gone already if not
		cmd.Wait()         //nolint:errcheck // killed
		if t.Failed() {
			t.Log(logs.String())
		}
	})
	for range 200 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	return anchor.Witness{Witness: witnessKey(t, outside.Holding("witness.test/w1", private).VerifierKey()), URL: "http://" + addr}
}

// serveAgent holds the key as ssh-agent would, and returns its fingerprint.
func serveAgent(t *testing.T, socket string, key ed25519.PrivateKey) string {
	t.Helper()
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(ring, c) //nolint:errcheck // ends with the connection
		}
	}()
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return ssh.FingerprintSHA256(signer.PublicKey())
}

// knowLog tells a witness of a log, as its own tool would: that one cannot be
// had, so its table is filled.
func knowLog(t *testing.T, file, origin, vkey string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	empty := ledger.Head{}.Root()
	for _, q := range []struct {
		text string
		args []any
	}{
		{`CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL)`, nil},
		{`CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin))`, nil},
		{`INSERT INTO log VALUES ($1, 0, $2)`, []any{origin, empty.String()}},
		{`INSERT INTO key VALUES ($1, $2)`, []any{origin, vkey}},
	} {
		if _, err := db.Exec(q.text, q.args...); err != nil {
			t.Fatal(err)
		}
	}
}

// opensslAuthority serves time-stamps made by openssl, by a certificate of a
// root of its own.
func opensslAuthority(t *testing.T, days string) anchor.Authority {
	t.Helper()
	openssl := need(t, "openssl", "apt-get install openssl")
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command(openssl, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	config := "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\ncerts=root.pem\nsigner_digest=sha256\n" +
		"default_policy=1.3.6.1.4.1.13762.3\ndigests=sha256\naccuracy=secs:1\ness_cert_id_alg=sha256\n" +
		"[ext]\nextendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\n"
	for name, text := range map[string]string{"tsa.cnf": config, "serial": "01"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Test root", "-days", "30")
	run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test authority")
	run("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out", "tsa.pem", "-days", days, "-extfile", "tsa.cnf", "-extensions", "ext")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		q, a := filepath.Join(dir, "q.tsq"), filepath.Join(dir, "a.tsr")
		if err := os.WriteFile(q, query, 0o600); err != nil {
			t.Error(err)
		}
		cmd := exec.Command(openssl, "ts", "-reply", "-config", "tsa.cnf", "-section", "one", "-queryfile", q, "-out", a)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("openssl ts: %v\n%s", err, out)
		}
		answer, err := os.ReadFile(a)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		w.Write(answer) //nolint:errcheck // the client is gone if not
	}))
	t.Cleanup(srv.Close)
	chain, err := os.ReadFile(filepath.Join(dir, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := anchor.ParseAuthority("test "+srv.URL, chain)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// opensslVerifies lets openssl check a token, as anybody would.
func opensslVerifies(t *testing.T, data, token, chain []byte) error {
	t.Helper()
	dir := t.TempDir()
	for name, b := range map[string][]byte{"data": data, "token.tsr": token, "ca.pem": chain} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(context.Background(), "openssl", "ts", "-verify", "-data", "data", "-in", "token.tsr", "-CAfile", "ca.pem")
	cmd.Dir = dir
	return cmd.Run()
}
