package proof_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/internal/outside"
	"assent/ledger"
	"assent/proof"
)

// parties are outsiders that vouch for the house's log.
type parties struct {
	witness   *outside.Witness
	authority *outside.Authority
}

func newParties(t testing.TB) parties {
	return parties{outside.NewWitness("witness.test/w", 1), outside.NewAuthority(t, start.AddDate(-1, 0, 0), start.AddDate(1, 0, 0), outside.TimestampingOnly)}
}

// anchor returns what the parties say of the log as it stands, at an instant.
func (h *house) anchor(p parties, events []proof.LoggedEvent, at time.Time) proof.Anchor {
	h.t.Helper()
	plain, err := h.log.Sign(h.head.Size, h.head.Root())
	h.must(err)
	text, _, _ := strings.Cut(string(plain), "\n\n")
	tree := ledger.Tree{Size: h.head.Size, Root: h.head.Root(), Hashes: h}
	a := proof.Anchor{Checkpoint: append(bytes.Clone(plain), p.witness.Cosign(text+"\n", at)...), Witnesses: []string{p.witness.VerifierKey()},
		Tokens: []proof.AnchorToken{{Name: "free", Response: p.authority.Stamp(h.t, plain, at, true), Chain: p.authority.Chain()}}, Paths: map[int64][]ledger.Hash{}}
	for _, e := range events {
		a.Paths[e.Index], err = tree.Inclusion(context.Background(), e.Index)
		h.must(err)
	}
	return a
}

func anchored(h *house, p parties, after time.Duration) proof.Material {
	m := story(h).material(proof.Court)
	m.Anchors = []proof.Anchor{h.anchor(p, m.Events, h.now.Add(after))}
	return m
}

func (p parties) pins(t testing.TB, h *house) proof.Pins {
	t.Helper()
	pins := h.pins()
	w, err := ledger.ParseWitness(p.witness.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	pins.Witnesses, pins.Roots = []ledger.Witness{w}, []*x509.Certificate{p.authority.Root}
	return pins
}

func wordsOf(r proof.Report, name string) string {
	for _, c := range r.Checks {
		if c.Name == name {
			return c.Words + " " + strings.Join(c.Detail, "; ")
		}
	}
	return ""
}

func TestAnchors(t *testing.T) {
	h, p := newHouse(t, 1), newParties(t)
	m := anchored(h, p, time.Minute)
	b := h.bundle(m)
	files := unzip(t, b)
	for _, name := range []string{"anchors/001.tlog-proof", fmt.Sprintf("timestamps/%d.checkpoint", ledgerSize(t, m)), fmt.Sprintf("timestamps/%d-free.tsr", ledgerSize(t, m)), "timestamps/free.pem", "keys/witnesses.vkey"} {
		if files[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	t.Run("by keys of one's own", func(t *testing.T) {
		r := verify(t, b, p.pins(t, h))
		if r.Verdict != proof.Valid || r.Anchored != len(m.Events) || len(r.Anchors) != 2 {
			t.Fatalf("%s", dump(r))
		}
		for _, a := range r.Anchors {
			if !a.Pinned || a.Events != len(m.Events) || a.InTime != a.Events || !a.First.Equal(a.Last) {
				t.Errorf("%+v", a)
			}
		}
	})
	t.Run("by the bundle's keys", func(t *testing.T) {
		r := verify(t, b, h.pins())
		if r.Verdict != proof.Valid || r.Anchored != len(m.Events) || !strings.Contains(wordsOf(r, proof.CheckAnchors), "only hints") {
			t.Errorf("%s", dump(r))
		}
	})
	t.Run("by another witness and another root", func(t *testing.T) {
		other := newParties(t)
		other.witness = outside.NewWitness("witness.test/w", 2)
		r := verify(t, b, other.pins(t, h))
		if failed(r) != proof.CheckAnchors || !strings.Contains(wordsOf(r, proof.CheckAnchors), "not of an authority") {
			t.Errorf("%s", dump(r))
		}
	})
	t.Run("too late for grade A", func(t *testing.T) {
		h := newHouse(t, 1)
		r := verify(t, h.bundle(anchored(h, p, 25*time.Hour)), h.pins())
		if failed(r) != "" || r.Anchored != 0 || len(r.Anchors) != 2 {
			t.Errorf("%s", dump(r))
		}
	})
	t.Run("by nobody", func(t *testing.T) {
		h := newHouse(t, 1)
		r := verify(t, h.bundle(story(h).material(proof.Court)), h.pins())
		if failed(r) != "" || r.Anchors != nil || !strings.Contains(wordsOf(r, proof.CheckAnchors), "No outside party") {
			t.Errorf("%s", dump(r))
		}
	})
}

func ledgerSize(t testing.TB, m proof.Material) int64 {
	t.Helper()
	cp, err := ledger.ParseCheckpoint(m.Anchors[0].Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	return cp.Size
}

// A pin takes the place of the witnesses that the bundle names, in the verifier
// in JavaScript too.
func TestPinnedWitnessInJavaScript(t *testing.T) {
	needNode(t)
	h, p := newHouse(t, 1), newParties(t)
	m := anchored(h, p, time.Minute)
	m.Anchors[0].Tokens = nil
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		h.must(os.WriteFile(path, data, 0o600))
		return path
	}
	bundle := write("good.zip", h.bundle(m))
	own, other := p.witness.VerifierKey(), outside.NewWitness("witness.test/w", 2).VerifierKey()
	for _, tt := range []struct {
		name, pins string
		exit       int
		says       string
	}{
		{"its own", own, 0, "consistent"},
		{"its own beside another", other + "\n" + own, 0, "consistent"},
		{"another", other, 1, "its anchor has neither a cosignature nor a time-stamp"},
		{"none", "", 0, "consistent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, exit := run(t, "--witness", write("witnesses", []byte(tt.pins+"\n")), bundle)
			if exit != tt.exit || !strings.Contains(out, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s", exit, tt.exit, tt.says, out)
			}
		})
	}
}

// Anchors that a business makes up, though it commits to them, are found.
func TestWrongAnchors(t *testing.T) {
	p := newParties(t)
	for _, tt := range []struct {
		name   string
		change func(h *house, m *proof.Material)
		want   string
	}{
		{"a token over another checkpoint", func(h *house, m *proof.Material) {
			m.Anchors[0].Tokens[0].Response = p.authority.Stamp(t, []byte("other"), h.now, true)
		}, "other bytes"},
		{"a token that is none", func(h *house, m *proof.Material) { m.Anchors[0].Tokens[0].Response = []byte("x") }, "time-stamp"},
		{"a token of a certificate for servers", func(h *house, m *proof.Material) {
			ext := outside.TimestampingOnly
			ext.Critical = false
			plain := m.Anchors[0].Checkpoint[:bytes.LastIndex(m.Anchors[0].Checkpoint, []byte("— "))]
			m.Anchors[0].Tokens[0].Response = outside.NewAuthority(t, start.AddDate(-1, 0, 0), start.AddDate(1, 0, 0), ext).Stamp(t, plain, h.now, true)
		}, "not for time-stamping alone"},
		{"a cosignature by nobody known", func(h *house, m *proof.Material) { m.Anchors[0].Witnesses = nil }, "not known here"},
		{"a cosignature by another key", func(h *house, m *proof.Material) {
			m.Anchors[0].Witnesses = []string{outside.NewWitness("witness.test/w", 9).VerifierKey()}
		}, "not known here"},
		{"nobody's word", func(h *house, m *proof.Material) {
			plain := m.Anchors[0].Checkpoint[:bytes.LastIndex(m.Anchors[0].Checkpoint, []byte("— "))]
			m.Anchors[0].Checkpoint, m.Anchors[0].Tokens, m.Anchors[0].Witnesses = plain, nil, nil
		}, "nobody vouches"},
		{"a path to another leaf", func(h *house, m *proof.Material) {
			a, b := m.Events[0].Index, m.Events[1].Index
			m.Anchors[0].Paths[a], m.Anchors[0].Paths[b] = m.Anchors[0].Paths[b], m.Anchors[0].Paths[a]
		}, "does not lead"},
		{"a word from before the act", func(h *house, m *proof.Material) {
			m.Anchors[0] = h.anchor(p, m.Events, start.Add(-time.Hour))
		}, "was signed after"},
		{"a head that is later than the bundle's", func(h *house, m *proof.Material) {
			other := newHouse(t, 1)
			story(other)
			other.noise(400)
			m.Anchors[0] = other.anchor(p, m.Events, h.now)
		}, "no earlier head"},
		{"another log's checkpoint", func(h *house, m *proof.Material) {
			other := newHouse(t, 9)
			other.noise(400)
			a := other.anchor(p, nil, h.now)
			plain := a.Checkpoint[:bytes.LastIndex(a.Checkpoint, []byte("— "))]
			m.Anchors[0].Tokens[0].Response = p.authority.Stamp(t, plain, h.now, true)
		}, "other bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, 1)
			m := anchored(h, p, time.Minute)
			tt.change(h, &m)
			b := h.bundle(m)
			// Not by the verifier in JavaScript: it leaves what only X.509 can say
			// of time-stamps to this one and to openssl.
			r, err := proof.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), h.pins())
			if err != nil {
				t.Fatal(err)
			}
			if failed(r) != proof.CheckAnchors || !strings.Contains(wordsOf(r, proof.CheckAnchors), tt.want) {
				t.Errorf("want %q: %s", tt.want, dump(r))
			}
		})
	}
}

// Files of outside parties that the manifest does not know, or that are missing,
// are found as any others are.
func TestEveryAnchorFileCounts(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(anchored(h, newParties(t), time.Minute)))
	for name, data := range files {
		if !strings.HasPrefix(name, "anchors/") && !strings.HasPrefix(name, "timestamps/") && name != "keys/witnesses.vkey" {
			continue
		}
		left := maps.Clone(files)
		delete(left, name)
		mustFail(t, left, name+" left out")
		mustFail(t, changed(files, name, append(bytes.Clone(data), '\n')), name+" with a line break at its end")
		flipped := bytes.Clone(data)
		flipped[len(flipped)/2] ^= 1
		mustFail(t, changed(files, name, flipped), name+" with a bit changed")
	}
	for _, name := range []string{"anchors/099.tlog-proof", "anchors/x", "timestamps/x", "timestamps/1.checkpoint", "timestamps/1-a.tsr", "timestamps/b.pem"} {
		mustFail(t, changed(files, name, []byte("x")), name+" added")
	}
}
