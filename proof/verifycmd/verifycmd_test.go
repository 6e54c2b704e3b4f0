package verifycmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/ledger"
	"assent/proof"
	"assent/proof/verifycmd"
)

// kit is a bundle in a folder, with its keys beside it.
type kit struct{ dir, bundle, broken, logKey, logKeyFile, jwks, text string }

type tree struct{ nodes map[[2]int64]ledger.Hash }

func (t tree) Hashes(_ context.Context, level int, first int64, count int) ([]ledger.Hash, error) {
	out := make([]ledger.Hash, count)
	for i := range out {
		out[i] = t.nodes[[2]int64{int64(level), first + int64(i)}]
	}
	return out, nil
}

func newKit(t *testing.T) kit { return newKitOf(t, false) }

// newKitOf makes a bundle, of an event from a simulated sender if so said.
func newKitOf(t *testing.T, simulated bool) kit {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	random := bytes.NewReader(bytes.Repeat([]byte("some random bytes. "), 1000))
	key, err := evidence.GenerateKey(random)
	must(err)
	signer, err := evidence.NewSigner(key)
	must(err)
	keys, err := evidence.NewKeySet(signer.Public())
	must(err)
	skey, vkey, err := ledger.GenerateKey(random, "log.example")
	must(err)
	log, err := ledger.NewSigner(skey)
	must(err)
	var head ledger.Head
	nodes := tree{map[[2]int64]ledger.Hash{}}
	act := func(e evidence.Event) proof.LoggedEvent {
		e.Issuer, e.IssuedAt = "https://b.example", time.Unix(1_700_000_000, 0)
		e.ID, err = evidence.NewID(e.IssuedAt, random)
		must(err)
		s, err := signer.Sign(random, e)
		must(err)
		for _, n := range head.Append(nil, ledger.LeafHash([]byte(s.JWT))) {
			nodes.nodes[[2]int64{int64(n.Level), n.Index}] = n.Hash
		}
		return proof.LoggedEvent{Signed: s, Index: head.Size - 1}
	}
	given := act(evidence.Event{Name: evidence.ConsentGiven, Seq: 1, Simulated: simulated, E164: "+491701234567",
		Choices: []evidence.Choice{{Purpose: "\x1b[2Joffers", Scope: "marketing", Outcome: "given"}}})
	b, err := proof.Prepare(proof.Material{Audience: proof.Meta, Events: []proof.LoggedEvent{given}, Keys: keys, LogKey: vkey,
		Standing: proof.Standing{Chain: proof.Chain{Events: 1, Head: evidence.Digest(ledger.LeafHash([]byte(given.Signed.JWT)))},
			States: []proof.State{{Purpose: "\x1b[2Joffers", Scope: consent.Marketing, State: consent.Given}}}})
	must(err)
	seal := proof.Seal{Export: act(evidence.Event{Name: evidence.ProofExported, Export: b.Export()})}
	seal.Checkpoint, err = log.Sign(head.Size, head.Root())
	must(err)
	seal.Prove = func(i int64) ([]ledger.Hash, error) {
		return ledger.Tree{Size: head.Size, Root: head.Root(), Hashes: nodes}.Inclusion(t.Context(), i)
	}
	var zip bytes.Buffer
	must(b.Write(&zip, seal))

	dir := t.TempDir()
	file := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		must(os.WriteFile(name, data, 0o600))
		return name
	}
	jwks, err := json.Marshal(keys)
	must(err)
	broken := bytes.Replace(zip.Bytes(), []byte("PROOF OF CONSENT"), []byte("PROOF OF NOTHING"), 1)
	return kit{dir: dir, bundle: file("proof.zip", zip.Bytes()), broken: file("broken.zip", broken), logKey: vkey,
		logKeyFile: file("log.vkey", []byte(vkey+"\n")), jwks: file("jwks.json", jwks), text: file("text.zip", []byte("hello"))}
}

func TestVerify(t *testing.T) {
	k := newKit(t)
	tests := []struct {
		name    string
		command verifycmd.Command
		exit    int
		out     string // stdout says
		err     string // stderr says; empty: nothing
	}{
		{"no keys", verifycmd.Command{Files: []string{k.bundle}}, 0, "Consistent under the keys in the bundle", ""},
		{"no keys, strict", verifycmd.Command{Files: []string{k.bundle}, Strict: true}, 1, "NOT VALID in strict checking", ""},
		{"keys", verifycmd.Command{Files: []string{k.bundle}, LogKey: k.logKey, JWKS: k.jwks, Strict: true}, 0, "Valid under the keys that you brought", ""},
		{"key in a file", verifycmd.Command{Files: []string{k.bundle}, LogKey: k.logKeyFile, JWKS: k.jwks}, 0, "Valid under", ""},
		{"broken", verifycmd.Command{Files: []string{k.broken}}, 1, "README.txt was changed", ""},
		{"the worst of several", verifycmd.Command{Files: []string{k.bundle, k.broken}}, 1, "NOT VALID", ""},
		{"no bundle", verifycmd.Command{Files: []string{k.text, k.bundle}}, 2, "Consistent", "no proof bundle"},
		{"not there", verifycmd.Command{Files: []string{filepath.Join(k.dir, "none.zip")}}, 2, "", "cannot be opened"},
		{"a folder", verifycmd.Command{Files: []string{k.dir}}, 2, "", "no regular file"},
		{"log key not there", verifycmd.Command{Files: []string{k.bundle}, LogKey: "none"}, 2, "", "none cannot be opened"},
		{"log key no key", verifycmd.Command{Files: []string{k.bundle}, LogKey: k.jwks}, 2, "", "neither a verifier key nor"},
		{"log key malformed", verifycmd.Command{Files: []string{k.bundle}, LogKey: "a+b+c"}, 2, "", "neither a verifier key nor"},
		{"jwks no key set", verifycmd.Command{Files: []string{k.bundle}, JWKS: k.text}, 2, "", "no JWK Set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if exit := tt.command.Verify(t.Context(), &out, &errs); exit != tt.exit {
				t.Errorf("exit %d, want %d\n%s%s", exit, tt.exit, &out, &errs)
			}
			if !strings.Contains(out.String(), tt.out) {
				t.Errorf("stdout does not say %q:\n%s", tt.out, &out)
			}
			if (tt.err == "") != (errs.Len() == 0) || !strings.Contains(errs.String(), tt.err) {
				t.Errorf("stderr says %q, want %q", &errs, tt.err)
			}
			if strings.ContainsRune(out.String(), 0x1b) {
				t.Error("the bundle writes to the terminal")
			}
			if strings.Contains(out.String()+errs.String(), "170123") {
				t.Error("the number is in the output")
			}
		})
	}
}

// TestMarksOfWhatIsNoSuccess: keys that came with the bundle and simulated
// events are not marked ok.
func TestMarksOfWhatIsNoSuccess(t *testing.T) {
	k, simulated := newKit(t), newKitOf(t, true)
	tests := []struct {
		name    string
		command verifycmd.Command
		says    []string
	}{
		{"no keys", verifycmd.Command{Files: []string{k.bundle}}, []string{"  note  The keys are those in the bundle"}},
		{"one key", verifycmd.Command{Files: []string{k.bundle}, LogKey: k.logKey}, []string{"  note  The log's key is yours"}},
		{"no keys, strict", verifycmd.Command{Files: []string{k.bundle}, Strict: true}, []string{"  FAIL  The keys are those in the bundle"}},
		{"both keys", verifycmd.Command{Files: []string{k.bundle}, LogKey: k.logKey, JWKS: k.jwks, Strict: true}, []string{"  ok    The bundle's keys are the ones"}},
		{"simulated", verifycmd.Command{Files: []string{simulated.bundle}}, []string{"  !!    SIMULATED: 1 of", "  note  The keys", "\n  SIMULATED. Consistent"}},
		{"the rest holds", verifycmd.Command{Files: []string{simulated.bundle}}, []string{"  ok    "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			tt.command.Verify(t.Context(), &out, &errs)
			for _, want := range tt.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not say %q:\n%s%s", want, &out, &errs)
				}
			}
			if strings.Contains(out.String(), "ok    SIMULATED") {
				t.Error("simulated events are marked ok")
			}
		})
	}
}

func TestVerifyJSON(t *testing.T) {
	k := newKit(t)
	var out, errs bytes.Buffer
	c := verifycmd.Command{Files: []string{k.bundle, k.broken, k.text}, LogKey: k.logKey, JWKS: k.jwks, JSON: true}
	if exit := c.Verify(t.Context(), &out, &errs); exit != 2 {
		t.Errorf("exit %d", exit)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	want := []string{"valid", "invalid", "unreadable"}
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), &out)
	}
	for i, line := range lines {
		var got struct {
			File    string
			Verdict string
			Checks  []struct {
				Name  string
				OK    bool
				Words string
			}
			Pinned bool
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if got.Verdict != want[i] || got.File != c.Files[i] || got.Checks == nil || got.Pinned != (i < 2) {
			t.Errorf("line %d: %s", i, line)
		}
	}
}

func TestVerifyStops(t *testing.T) {
	k := newKit(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	if exit := (&verifycmd.Command{Files: []string{k.bundle}}).Verify(ctx, &out, &errs); exit != 2 || out.Len() > 0 {
		t.Errorf("exit %d, %q", exit, &out)
	}
}

// An archive of bundles is checked bundle by bundle, with a verdict over all.
func TestVerifyMany(t *testing.T) {
	k := newKit(t)
	archive := func(name string, files ...string) string {
		var b bytes.Buffer
		m := proof.NewManyWriter(&b)
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Add(func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(k.dir, name)
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good, bad := archive("good.zip", k.bundle, k.bundle), archive("bad.zip", k.bundle, k.broken, k.text)
	tests := []struct {
		name    string
		command verifycmd.Command
		exit    int
		out     []string
	}{
		{"good", verifycmd.Command{Files: []string{good}, LogKey: k.logKey, JWKS: k.jwks, Strict: true}, 0, []string{"ok    00001.zip  valid ", "ok    00002.zip  valid ", "All 2 bundles are valid"}},
		{"without keys", verifycmd.Command{Files: []string{good}}, 0, []string{"consistent", "anybody could have made"}},
		{"bad", verifycmd.Command{Files: []string{bad, k.bundle}}, 1, []string{"ok    00001.zip", "README.txt was changed", "FAIL  00003.zip  This is no proof bundle", "NOT VALID: 2 of 3 bundles fail.", "proof.zip"}},
		{"JSON", verifycmd.Command{Files: []string{bad}, JSON: true}, 1, []string{`bad.zip/00002.zip","verdict":"invalid"`, `bad.zip","verdict":"invalid"`, `"bundles":3`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if exit := tt.command.Verify(t.Context(), &out, &errs); exit != tt.exit || errs.Len() > 0 {
				t.Errorf("exit %d, %s", exit, errs.String())
			}
			for _, want := range tt.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, out.String())
				}
			}
		})
	}
	if exit := (&verifycmd.Command{Files: []string{good}}).Verify(t.Context(), failing{}, io.Discard); exit != 2 {
		t.Errorf("exit %d where nothing can be written", exit)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
