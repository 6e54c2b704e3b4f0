package proof_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"assent/ledger"
	"assent/proof"
)

// authority is a time-stamping authority of openssl's.
type authority struct {
	t   *testing.T
	dir string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	needTools(t, "openssl")
	a := &authority{t, t.TempDir()}
	a.write("tsa.cnf", `[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:true
[leaf]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = leaf.pem
certs = root.pem
signer_key = leaf.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
`)
	a.write("serial", "01\n")
	a.run("req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root", "-days", "2", "-config", "tsa.cnf", "-extensions", "root")
	a.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=Clock", "-config", "tsa.cnf")
	a.run("x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "1", "-extfile", "tsa.cnf", "-extensions", "leaf", "-out", "leaf.pem")
	return a
}

func (a *authority) write(name, text string) {
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) run(args ...string) {
	a.t.Helper()
	c := exec.Command("openssl", args...)
	c.Dir = a.dir
	if out, err := c.CombinedOutput(); err != nil {
		a.t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
}

func (a *authority) read(name string) []byte {
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// stamp returns a token over data.
func (a *authority) stamp(data []byte) []byte {
	a.write("data", string(data))
	a.run("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "data.tsq")
	a.run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "data.tsq", "-out", "data.tsr")
	return a.read("data.tsr")
}

// cosign appends a witness's line to a checkpoint.
func cosign(t *testing.T, checkpoint []byte, w *torchwood.CosignatureSigner) []byte {
	t.Helper()
	text, _, _ := strings.Cut(string(checkpoint), "\n\n")
	signed, err := note.Sign(&note.Note{Text: text + "\n"}, w)
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(checkpoint), signed[bytes.Index(signed, []byte("\n\n"))+2:]...)
}

// TestVerifierInJavaScriptReadsAnchors gives it bundles whose manifest fits, so
// that only the anchors themselves can be wrong.
func TestVerifierInJavaScriptReadsAnchors(t *testing.T) {
	needNode(t)
	clock := newAuthority(t)
	witness := func(seed byte) *torchwood.CosignatureSigner {
		w, err := torchwood.NewCosignatureSigner("witness.example/w", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := witness(1)
	vkey := w.Verifier().String() + "\n"
	type files map[string][]byte
	tests := []struct {
		name   string
		change func(f files, h *house, size string)
		exit   int
		says   string
	}{
		{"both", func(files, *house, string) {}, 0, "anchors  count=1 cosignatures=1 tokens=1"},
		{"a cosignature alone", func(f files, _ *house, size string) {
			for name := range f {
				if strings.HasPrefix(name, "timestamps/") {
					delete(f, name)
				}
			}
		}, 0, "count=1 cosignatures=1 tokens=0"},
		{"a token alone", func(f files, _ *house, size string) {
			delete(f, "keys/witnesses.vkey")
			head, _, _ := bytes.Cut(f["anchors/004.tlog-proof"], []byte("\n\n"))
			f["anchors/004.tlog-proof"] = append(append(head, "\n\n"...), f["timestamps/"+size+".checkpoint"]...)
		}, 0, "count=1 cosignatures=0 tokens=1"},
		{"neither", func(f files, _ *house, size string) {
			head, _, _ := bytes.Cut(f["anchors/004.tlog-proof"], []byte("\n\n"))
			f["anchors/004.tlog-proof"] = append(append(head, "\n\n"...), f["timestamps/"+size+".checkpoint"]...)
			delete(f, "timestamps/"+size+"-clock.tsr")
		}, 1, "its anchor has neither a cosignature nor a time-stamp"},
		{"another witness's key", func(f files, _ *house, _ string) {
			f["keys/witnesses.vkey"] = []byte(witness(2).Verifier().String() + "\n")
		}, 1, "a key that is not known here"},
		{"no witness's key", func(f files, _ *house, _ string) { delete(f, "keys/witnesses.vkey") }, 1, "a key that is not known here"},
		{"a cosignature changed", func(f files, _ *house, _ string) {
			p := f["anchors/004.tlog-proof"]
			p[len(p)-10] ^= 1
		}, 1, "FAIL  anchors"},
		{"a token over something else", func(f files, _ *house, size string) {
			f["timestamps/"+size+"-clock.tsr"] = clock.stamp([]byte("something else"))
		}, 1, "is a time-stamp over something else"},
		{"a token without its checkpoint", func(f files, _ *house, size string) { delete(f, "timestamps/"+size+".checkpoint") }, 1, "is a time-stamp over something else"},
		{"a checkpoint of another size", func(f files, h *house, size string) {
			c, err := h.log.Sign(7, ledger.Hash{1})
			h.must(err)
			f["timestamps/"+size+".checkpoint"] = c
		}, 1, "its anchor contradicts the log"},
		{"a split view", func(f files, h *house, size string) {
			var n int64
			fmt.Sscan(size, &n)
			c, err := h.log.Sign(n, ledger.Hash{1})
			h.must(err)
			f["timestamps/"+size+".checkpoint"] = c
			f["timestamps/"+size+"-clock.tsr"] = clock.stamp(c)
		}, 1, "its anchor contradicts the log"},
		{"another event's", func(f files, _ *house, _ string) {
			f["anchors/005.tlog-proof"] = f["anchors/004.tlog-proof"]
		}, 1, "the proof does not lead to the log's root"},
		{"of no event", func(f files, _ *house, _ string) { f["anchors/099.tlog-proof"] = f["anchors/004.tlog-proof"] }, 1, "is out of place"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, 1)
			p := story(h)
			m := p.material(proof.Court)
			size, root := h.head.Size, h.head.Root()
			signed, err := h.log.Sign(size, root)
			h.must(err)
			index := p.events[3].Index
			path, err := ledger.Tree{Size: size, Root: root, Hashes: h}.Inclusion(context.Background(), index)
			h.must(err)
			name := fmt.Sprint(size)
			f := files{
				"keys/witnesses.vkey":                []byte(vkey),
				"anchors/004.tlog-proof":             ledger.Proof{Index: index, Path: path, Checkpoint: cosign(t, signed, w)}.Bytes(),
				"timestamps/" + name + ".checkpoint": signed,
				"timestamps/" + name + "-clock.tsr":  clock.stamp(signed),
				"timestamps/clock.pem":               append(clock.read("leaf.pem"), clock.read("root.pem")...),
			}
			tt.change(f, h, name)
			for name, data := range f {
				m.Extra = append(m.Extra, proof.File{Name: name, Data: data})
			}
			b := h.bundle(m)
			file := filepath.Join(t.TempDir(), "proof.zip")
			h.must(os.WriteFile(file, b, 0o600))
			out, exit := run(t, file)
			if exit != tt.exit || !strings.Contains(out, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s", exit, tt.exit, tt.says, out)
			}
			if tt.name == "both" {
				all := unzip(t, b)
				want := "timestamps/" + name + "-clock.tsr is a time-stamp"
				if out := follow(t, all, all["README.txt"]); !strings.Contains(out, want) || strings.Contains(out, "FAIL") {
					t.Errorf("the steps of README.txt do not say %q:\n%s", want, out)
				}
			}
		})
	}
}
