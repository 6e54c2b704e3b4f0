package proof_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"assent/consent"
	"assent/evidence"
	"assent/ledger"
	"assent/proof"
)

func unzip(t testing.TB, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name], err = io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// rezip packs files again, deflated, in the order of their names.
func rezip(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(files[name])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBundleOfEveryAudience(t *testing.T) {
	for _, a := range []proof.Audience{proof.Court, proof.Regulator, proof.Meta, proof.Subject} {
		t.Run(string(a), func(t *testing.T) {
			h := newHouse(t, 1)
			p := story(h)
			b := h.bundle(p.material(a))
			r := verify(t, b, h.pins())
			if r.Verdict != proof.Valid || r.ExitCode() != 0 {
				t.Fatalf("verdict %s\n%s", r.Verdict, dump(r))
			}
			if r.Audience != a || r.Events != 7 || r.Issuer == "" || r.AsOf.IsZero() || r.Size != h.head.Size || len(r.States) != 2 || r.Simulated != 0 {
				t.Errorf("report %s", dump(r))
			}
			if again := verify(t, rezip(t, unzip(t, b)), h.pins()); again.Verdict != proof.Valid {
				t.Errorf("packed anew it is %s\n%s", again.Verdict, dump(again))
			}
		})
	}
}

func TestAudienceHides(t *testing.T) {
	tests := []struct {
		audience       proof.Audience
		shows, hides   []string
		hasNoFilesWith string
	}{
		{proof.Court, []string{number, wamid, "Zoë", "203.0.113.7", "Mozilla", "op-7", "op-1", "STOP"}, nil, "nothing/"},
		{proof.Regulator, []string{number, wamid, "Zoë", "op-7", "STOP"}, []string{"203.0.113.7", "Mozilla"}, "nothing/"},
		{proof.Meta, []string{number, "STOP"}, []string{wamid, "Zoë", "203.0.113.7", "Mozilla", "op-7", "op-1"}, "webhooks/"},
		{proof.Subject, []string{number, wamid, "Zoë", "203.0.113.7", "STOP"}, []string{"op-7", "op-1"}, "nothing/"},
	}
	for _, tt := range tests {
		t.Run(string(tt.audience), func(t *testing.T) {
			h := newHouse(t, 1)
			var all strings.Builder
			for name, data := range unzip(t, h.bundle(story(h).material(tt.audience))) {
				if strings.HasPrefix(name, tt.hasNoFilesWith) || strings.Contains(name, "4917") {
					t.Errorf("it holds %s", name)
				}
				all.Write(data)
				if !strings.HasSuffix(name, ".sd-jwt") {
					continue
				}
				s, err := evidence.Parse(string(data))
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range s.Disclosures {
					all.Write(d.Value)
				}
			}
			for _, s := range tt.shows {
				if !strings.Contains(all.String(), s) {
					t.Errorf("it does not show %q", s)
				}
			}
			for _, s := range tt.hides {
				if strings.Contains(all.String(), s) {
					t.Errorf("it shows %q", s)
				}
			}
		})
	}
}

func TestSameMaterialSameBytes(t *testing.T) {
	a, b := newHouse(t, 1), newHouse(t, 1)
	if !bytes.Equal(a.bundle(story(a).material(proof.Court)), b.bundle(story(b).material(proof.Court))) {
		t.Error("two writings of one bundle differ")
	}
}

func TestReadmeCountsDisclosures(t *testing.T) {
	h := newHouse(t, 1)
	p := story(h)
	text := string(unzip(t, h.bundle(p.material(proof.Court)))["README.txt"])
	for _, want := range []string{"consent.given            16 disclosures", h.log.VerifierKey(), "made for: court", "007  the export"} {
		if !strings.Contains(text, want) {
			t.Errorf("README.txt does not say %q:\n%s", want, text)
		}
	}
}

func TestVerdicts(t *testing.T) {
	h, other := newHouse(t, 1), newHouse(t, 9)
	b := h.bundle(story(h).material(proof.Court))
	tests := []struct {
		name    string
		pins    proof.Pins
		want    proof.Verdict
		exit    int
		failing string
	}{
		{"both keys", h.pins(), proof.Valid, 0, ""},
		{"both keys, strict", proof.Pins{LogKey: h.verifier, Keys: &h.keys, Strict: true}, proof.Valid, 0, ""},
		{"no keys", proof.Pins{}, proof.Consistent, 0, ""},
		{"log key only", proof.Pins{LogKey: h.verifier}, proof.Consistent, 0, ""},
		{"business's keys only", proof.Pins{Keys: &h.keys}, proof.Consistent, 0, ""},
		{"no keys, strict", proof.Pins{Strict: true}, proof.Invalid, 1, ""},
		{"another log", proof.Pins{LogKey: other.verifier, Keys: &h.keys}, proof.Invalid, 1, "keys checkpoint inclusion"},
		{"another business", proof.Pins{LogKey: h.verifier, Keys: &other.keys}, proof.Invalid, 1, "keys signatures export manifest shown webhooks sequence states"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := verify(t, b, tt.pins)
			if r.Verdict != tt.want || r.ExitCode() != tt.exit {
				t.Errorf("verdict %s, exit %d, want %s, %d\n%s", r.Verdict, r.ExitCode(), tt.want, tt.exit, dump(r))
			}
			for _, name := range strings.Fields(tt.failing) {
				if !slices.Contains(strings.Fields(failed(r)), name) {
					t.Errorf("%s holds; failing are %s", name, failed(r))
				}
			}
		})
	}
}

func TestSimulatedIsNamedFirst(t *testing.T) {
	h := newHouse(t, 1)
	p := story(h)
	p.next(evidence.Event{Name: evidence.ReceiptSent, Subject: "s1", Simulated: true})
	b := h.bundle(p.material(proof.Court))
	r := verify(t, b, h.pins())
	if r.Verdict != proof.Valid || r.Simulated != 1 || r.Checks[0].Name != proof.CheckSimulated || !strings.HasPrefix(r.Words, "SIMULATED") {
		t.Errorf("report %s", dump(r))
	}
	if !strings.Contains(string(unzip(t, b)["README.txt"]), "SIMULATED") {
		t.Error("README.txt does not say so")
	}
}

// TestDishonestBundles tells stories whose every signature is good.
func TestDishonestBundles(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*person, *proof.Material)
		failing string
		says    string
	}{
		{"a stop left out", func(p *person, m *proof.Material) { m.Events = m.Events[:len(m.Events)-1] },
			"sequence states", "the person's event number 3 is missing: the export event says there were 3"},
		{"one in the middle left out", func(p *person, m *proof.Material) { m.Events = slices.Delete(slices.Clone(m.Events), 4, 5) },
			"sequence", "the person's event number 2 is missing before event 005"},
		{"all left out", func(p *person, m *proof.Material) { m.Events, m.Shown = m.Events[:2], m.Shown[:1] },
			"sequence states", "the person's events number 1 to 3 are missing"},
		{"count too low", func(p *person, m *proof.Material) { m.Standing.Events = 2 }, "sequence", "there are more events than the 2"},
		{"another head", func(p *person, m *proof.Material) { m.Standing.Head = evidence.Sum([]byte("x")) }, "sequence", "the last event is not the one"},
		{"states that do not follow", func(p *person, m *proof.Material) { m.Standing.States[0].State = consent.Given },
			"states", "offers: the events make it withdrawn, the export event says given"},
		{"a state left out", func(p *person, m *proof.Material) { m.Standing.States = m.Standing.States[:1] }, "states", "says nothing about orders"},
		{"another scope", func(p *person, m *proof.Material) { m.Standing.States[1].Scope = consent.Marketing }, "states", "two things about orders"},
		{"notice published late", func(p *person, m *proof.Material) { m.Events = m.Events[1:] }, "notice", "its words were not published before it"},
		{"request left out", func(p *person, m *proof.Material) { m.Events = slices.Delete(slices.Clone(m.Events), 2, 3) },
			"order", "refers to an event that does not stand before it"},
		{"a choice hidden", func(p *person, m *proof.Material) {
			m.Events = slices.Clone(m.Events)
			last := &m.Events[len(m.Events)-1]
			last.Signed = last.Signed.Select(func(d evidence.Disclosure) bool { return !d.Element })
		}, "states", "event 006 hides 1 of its choices"},
		{"a number hidden", func(p *person, m *proof.Material) {
			m.Events = slices.Clone(m.Events)
			last := &m.Events[len(m.Events)-1]
			last.Signed = last.Signed.Select(func(d evidence.Disclosure) bool { return d.Name != evidence.ClaimSeq })
		}, "sequence states", "event 006 (consent.withdrawn) shows no number"},
		{"back-dated", func(p *person, m *proof.Material) {
			p.next(evidence.Event{Name: evidence.ReceiptSent, IssuedAt: start.Add(-1)})
			*m = p.material(proof.Court)
		}, "order", "event 007 says that it was signed before"},
		{"numbered twice", func(p *person, m *proof.Material) {
			p.seq--
			p.next(evidence.Event{Name: evidence.ReceiptSent})
			*m = p.material(proof.Court)
		}, "sequence", "event 007 has the number 3, which comes too late"},
		{"another's event put in between", func(p *person, m *proof.Material) {
			p.prev = evidence.Sum([]byte("another chain"))
			p.next(evidence.Event{Name: evidence.ReceiptSent})
			*m = p.material(proof.Court)
		}, "sequence", "event 007 does not follow the one before it"},
		{"two exports", func(p *person, m *proof.Material) {
			p.skip(evidence.Event{Name: evidence.ProofExported})
			*m = p.material(proof.Court)
		}, "export", "event 007 is an export, and not the last"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, 1)
			p := story(h)
			m := p.material(proof.Court)
			tt.change(p, &m)
			r := verify(t, h.bundle(m), h.pins())
			if r.Verdict != proof.Invalid || failed(r) != tt.failing {
				t.Errorf("%s: failing %q, want %q\n%s", r.Verdict, failed(r), tt.failing, dump(r))
			}
			if !strings.Contains(dump(r), tt.says) {
				t.Errorf("it does not say %q:\n%s", tt.says, dump(r))
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*proof.Material)
	}{
		{"no audience", func(m *proof.Material) { m.Audience = "" }},
		{"unknown audience", func(m *proof.Material) { m.Audience = "press" }},
		{"shown bytes lost", func(m *proof.Material) { m.Shown = m.Shown[1:] }},
		{"webhook lost", func(m *proof.Material) { m.Webhooks = m.Webhooks[1:] }},
		{"no log key", func(m *proof.Material) { m.LogKey = "" }},
		{"no keys", func(m *proof.Material) { m.Keys = evidence.KeySet{} }},
		{"one place twice", func(m *proof.Material) { m.Events = append(m.Events, m.Events[0]) }},
		{"a file that would overwrite", func(m *proof.Material) { m.Extra = []proof.File{{Name: "keys/jwks.json"}} }},
		{"a file that leaves", func(m *proof.Material) { m.Extra = []proof.File{{Name: "../x"}} }},
		{"a checkpoint of another's", func(m *proof.Material) { m.Extra = []proof.File{{Name: "checkpoint"}} }},
		{"an extension that is a path", func(m *proof.Material) { m.Shown[0].Ext = "t/../../x" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, 1)
			m := story(h).material(proof.Court)
			tt.change(&m)
			if _, err := proof.Prepare(m); err == nil {
				t.Error("prepared")
			}
		})
	}
}

func TestWriteRefusesAnotherExport(t *testing.T) {
	h := newHouse(t, 1)
	b, err := proof.Prepare(story(h).material(proof.Court))
	h.must(err)
	seal := h.seal(b, evidence.Event{})
	seal.Export = h.act(evidence.Event{Name: evidence.ProofExported, Export: json.RawMessage(`{}`)})
	if err := b.Write(io.Discard, seal); err == nil {
		t.Error("written with another bundle's export event")
	}
}

func TestExtraFilesAreCommittedTo(t *testing.T) {
	h := newHouse(t, 1)
	m := story(h).material(proof.Court)
	m.Extra = []proof.File{{Name: "certificate.pdf", Data: []byte("%PDF")}, {Name: "pictures/form.png", Data: []byte{0}}}
	b := h.bundle(m)
	if r := verify(t, b, h.pins()); r.Verdict != proof.Valid {
		t.Fatalf("%s", dump(r))
	}
	files := unzip(t, b)
	files["certificate.pdf"] = []byte("%PDf")
	if r := verify(t, rezip(t, files), h.pins()); failed(r) != proof.CheckManifest {
		t.Errorf("failing %q", failed(r))
	}
}

func TestCosignaturesAreNotTrustedBlindly(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(story(h).material(proof.Court)))
	w := newHouse(t, 7)
	line, err := w.log.Sign(1, ledger.Hash{})
	h.must(err)
	line = line[bytes.Index(line, []byte("\n\n"))+2:]
	for name := range files {
		if name == "checkpoint" || strings.HasSuffix(name, ".tlog-proof") {
			files[name] = append(files[name], line...)
		}
	}
	if r := verify(t, rezip(t, files), h.pins()); failed(r) != proof.CheckCheckpoint {
		t.Errorf("failing %q\n%s", failed(r), dump(r))
	}
}
