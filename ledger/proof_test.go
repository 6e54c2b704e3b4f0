package ledger_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"assent/ledger"
)

const origin = "log.example.com/assent"

func newSigner(t testing.TB) (*ledger.Signer, ledger.Verifier) {
	t.Helper()
	return signerFrom(t, rand.Reader)
}

// fixedSigner is the same in every process of the fuzzer.
func fixedSigner(t testing.TB) (*ledger.Signer, ledger.Verifier) {
	t.Helper()
	return signerFrom(t, bytes.NewReader(make([]byte, 32)))
}

func signerFrom(t testing.TB, random io.Reader) (*ledger.Signer, ledger.Verifier) {
	t.Helper()
	skey, vkey, err := ledger.GenerateKey(random, origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	if s.VerifierKey() != vkey || s.Origin() != origin {
		t.Fatalf("signer %s %s, key %s", s.Origin(), s.VerifierKey(), vkey)
	}
	v, err := ledger.ParseVerifier(vkey + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func signed(t testing.TB, s *ledger.Signer, l *log) []byte {
	t.Helper()
	b, err := s.Sign(l.head.Size, l.head.Root())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newProof(t testing.TB, s *ledger.Signer, l *log, index int) ledger.Proof {
	t.Helper()
	path, err := l.tree(int(l.head.Size)).Inclusion(t.Context(), int64(index))
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Proof{Index: int64(index), Path: path, Checkpoint: signed(t, s, l)}
}

func TestGenerateKeyRepeats(t *testing.T) {
	seed := bytes.Repeat([]byte{9}, 32)
	a, _, err := ledger.GenerateKey(bytes.NewReader(seed), origin)
	if err != nil {
		t.Fatal(err)
	}
	b, _, _ := ledger.GenerateKey(bytes.NewReader(seed), origin)
	if a != b {
		t.Error("the key does not come from the reader")
	}
	for _, bad := range []string{"", "a b", "a+b", "a\n", "\xff"} {
		if _, _, err := ledger.GenerateKey(rand.Reader, bad); err == nil {
			t.Errorf("the origin %q was taken", bad)
		}
	}
	if _, _, err := ledger.GenerateKey(bytes.NewReader(seed[:31]), origin); err == nil {
		t.Error("a key of too few random bytes")
	}
}

func TestSignerDoesNotPrint(t *testing.T) {
	s, _ := newSigner(t)
	if s.GoString() != "ledger.Signer("+origin+")" || s.String() != s.GoString() {
		t.Errorf("the signer prints %q", s.GoString())
	}
}

func TestCheckpoint(t *testing.T) {
	s, v := newSigner(t)
	l := newLog(77)
	b := signed(t, s, l)
	c, err := ledger.OpenCheckpoint(b, v)
	if err != nil {
		t.Fatal(err)
	}
	if want := (ledger.Checkpoint{Origin: origin, Size: 77, Root: l.head.Root()}); c != want {
		t.Errorf("checkpoint %+v, want %+v", c, want)
	}
	if len(c.Short()) != 8 {
		t.Errorf("short hash %q", c.Short())
	}
	n, err := note.Open(b, note.VerifierList(v))
	if err != nil || !strings.HasPrefix(n.Text, origin+"\n77\n") {
		t.Errorf("x/mod reads %v, %v", n, err)
	}
	_, stranger := newSigner(t)
	if _, err := ledger.OpenCheckpoint(b, stranger); err == nil {
		t.Error("another log's key opens it")
	}
	if _, err := s.Sign(-1, ledger.Hash{}); err == nil {
		t.Error("a checkpoint over less than nothing")
	}
}

func TestCheckpointCountsOtherSignatures(t *testing.T) {
	s, v := newSigner(t)
	b := signed(t, s, newLog(3))
	skey, _, _ := ledger.GenerateKey(rand.Reader, "witness.example")
	w, err := ledger.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.Sign(3, ledger.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	line := other[bytes.Index(other, []byte("\n\n"))+2:]
	c, err := ledger.OpenCheckpoint(append(bytes.Clone(b), line...), v)
	if err != nil || c.Others != 1 {
		t.Errorf("Others = %d, %v", c.Others, err)
	}
	own := b[bytes.Index(b, []byte("\n\n"))+2:]
	if _, err := ledger.OpenCheckpoint(append(bytes.Clone(b), own...), v); err == nil {
		t.Error("a repeated signature line passes")
	}
}

func TestProofAgainstTorchwood(t *testing.T) {
	s, v := newSigner(t)
	l := newLog(300)
	p := newProof(t, s, l, 123)
	parsed, err := ledger.ParseProof(p.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	c, err := parsed.Verify(leaf(123), v)
	if err != nil || c.Size != 300 {
		t.Fatalf("Verify = %+v, %v", c, err)
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(origin), torchwood.SingleVerifierPolicy(v))
	if err := torchwood.VerifyProof(policy, leaf(123), p.Bytes()); err != nil {
		t.Errorf("torchwood refuses: %v", err)
	}
	if _, err := parsed.Verify(leaf(124), v); err == nil {
		t.Error("another leaf passes")
	}
}

func TestProofEveryByteCounts(t *testing.T) {
	s, v := newSigner(t)
	for _, size := range []int{1, 2, 300} {
		l := newLog(size)
		good := newProof(t, s, l, size/2).Bytes()
		for i := range good {
			for _, flip := range []byte{0x01, 0x02, 0x04, 0x20, 0x80} {
				bad := bytes.Clone(good)
				bad[i] ^= flip
				if verifies(bad, leaf(size/2), v) {
					t.Fatalf("size %d: byte %d changed from %q to %q still verifies", size, i, good[i], bad[i])
				}
			}
			if verifies(append(bytes.Clone(good[:i]), good[i+1:]...), leaf(size/2), v) {
				t.Fatalf("size %d: verifies without byte %d", size, i)
			}
			for _, more := range []byte("\nA= ") {
				if verifies(append(append(bytes.Clone(good[:i]), more), good[i:]...), leaf(size/2), v) {
					t.Fatalf("size %d: verifies with %q before byte %d", size, more, i)
				}
			}
		}
		if verifies(append(bytes.Clone(good), '\n'), leaf(size/2), v) {
			t.Fatal("verifies with a line break at the end")
		}
	}
}

func verifies(b []byte, h ledger.Hash, v ledger.Verifier) bool {
	p, err := ledger.ParseProof(b)
	if err != nil {
		return false
	}
	_, err = p.Verify(h, v)
	return err == nil
}

func TestParseProofRefusesExtraData(t *testing.T) {
	s, _ := newSigner(t)
	p := newProof(t, s, newLog(3), 1)
	extra := torchwood.FormatProofWithExtraData(p.Index, []byte("x"), p.Path, p.Checkpoint)
	if _, err := ledger.ParseProof(extra); err == nil {
		t.Error("bytes that nothing vouches for were read")
	}
	if _, err := ledger.ParseProof(append(p.Bytes(), make([]byte, 1<<20)...)); err == nil {
		t.Error("an endless proof was read")
	}
}

func FuzzParseProof(f *testing.F) {
	s, v := fixedSigner(f)
	p := newProof(f, s, newLog(9), 4)
	f.Add(p.Bytes())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ledger.ParseProof(b)
		if err != nil {
			return
		}
		if !bytes.Equal(got.Bytes(), b) {
			t.Errorf("%q comes back as %q", b, got.Bytes())
		}
		if _, err := got.Verify(leaf(4), v); err == nil && !bytes.Equal(b, p.Bytes()) {
			t.Errorf("another proof verifies: %q", b)
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	s, v := fixedSigner(f)
	good := signed(f, s, newLog(9))
	f.Add(good)
	f.Add([]byte("a\n1\n\n\n— a AAAA\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ledger.OpenCheckpoint(b, v); err == nil && !bytes.HasPrefix(b, good) {
			t.Errorf("another checkpoint opens: %q", b)
		}
	})
}
