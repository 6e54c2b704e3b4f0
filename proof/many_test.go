package proof_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"assent/fault"
	"assent/proof"
)

// archived puts bundles into one archive.
func archived(t testing.TB, bundles ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	m := proof.NewManyWriter(&b)
	for _, one := range bundles {
		if err := m.Add(func(w io.Writer) error { _, err := w.Write(one); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil || m.Len() != len(bundles) {
		t.Fatal(m.Len(), err)
	}
	return b.Bytes()
}

// verifyMany returns the verdict over an archive, and those of its bundles.
func verifyMany(t testing.TB, b []byte, pins proof.Pins) (proof.ManyReport, []string, error) {
	t.Helper()
	var each []string
	m, err := proof.VerifyMany(t.Context(), bytes.NewReader(b), int64(len(b)), pins, func(name string, r proof.Report) error {
		each = append(each, name+" "+string(r.Verdict))
		return nil
	})
	return m, each, err
}

func TestMany(t *testing.T) {
	h := newHouse(t, 1)
	p := story(h)
	good, other := h.bundle(p.material(proof.Court)), h.bundle(p.material(proof.Meta))
	broken := bytes.Replace(good, []byte("PROOF OF CONSENT"), []byte("PROOF OF NOTHING"), 1)
	tests := []struct {
		name    string
		bundles [][]byte
		verdict proof.Verdict
		each    string
	}{
		{"two", [][]byte{good, other}, proof.Consistent, "00001.zip consistent, 00002.zip consistent"},
		{"one of two broken", [][]byte{broken, other}, proof.Invalid, "00001.zip invalid, 00002.zip consistent"},
		{"one is none", [][]byte{good, []byte("hello")}, proof.Invalid, "00001.zip consistent, 00002.zip unreadable"},
		{"an archive in an archive", [][]byte{archived(t, good)}, proof.Invalid, "00001.zip invalid"},
		{"none", nil, proof.Invalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := archived(t, tt.bundles...)
			if !bytes.Equal(b, archived(t, tt.bundles...)) {
				t.Error("another archive the second time")
			}
			if !proof.IsMany(bytes.NewReader(b), int64(len(b))) {
				t.Error("it does not look like an archive of bundles")
			}
			m, each, err := verifyMany(t, b, proof.Pins{})
			if err != nil || m.Verdict != tt.verdict || strings.Join(each, ", ") != tt.each || m.Bundles != len(tt.bundles) {
				t.Errorf("%v %+v %q", err, m, each)
			}
			if (m.ExitCode() == 0) != (tt.verdict == proof.Consistent) {
				t.Errorf("exit %d", m.ExitCode())
			}
		})
	}
	if proof.IsMany(bytes.NewReader(good), int64(len(good))) || proof.IsMany(strings.NewReader("hello"), 5) {
		t.Error("a bundle looks like an archive of bundles")
	}
	if _, err := proof.VerifyMany(t.Context(), bytes.NewReader(archived(t, good)), int64(len(archived(t, good))), proof.Pins{}, func(string, proof.Report) error {
		return io.ErrShortWrite
	}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("the caller's error is lost: %v", err)
	}
}

// What a failed bundle wrote is not in the archive.
func TestManyWriterWithoutTheFailed(t *testing.T) {
	var b bytes.Buffer
	m := proof.NewManyWriter(&b)
	if err := m.Add(func(w io.Writer) error { _, err := w.Write([]byte("half")); return errors.Join(err, io.ErrClosedPipe) }); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil || bytes.Contains(b.Bytes(), []byte("half")) {
		t.Errorf("%v %q", err, b.Bytes())
	}
}

// zipOf makes a zip of files in the order that is given.
func zipOf(t testing.TB, method uint16, files ...proof.File) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		head := &zip.FileHeader{Name: f.Name, Method: method}
		create := z.CreateHeader
		if method == zip.Store { // sizes before the data, as it has to be
			head.CRC32, head.CompressedSize64, head.UncompressedSize64 = crc32.ChecksumIEEE(f.Data), uint64(len(f.Data)), uint64(len(f.Data))
			create = z.CreateRaw
		}
		w, err := create(head)
		if err == nil {
			_, err = w.Write(f.Data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileArchivesOfBundles(t *testing.T) {
	h := newHouse(t, 1)
	good := h.bundle(story(h).material(proof.Meta))
	b := archived(t, good, good)
	list := []byte("{\n \"bundles\": []\n}\n")
	file := func(name string, data []byte) proof.File { return proof.File{Name: name, Data: data} }
	swap := func(old, new string) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(new)) }
	tests := []struct {
		name string
		b    []byte
		want string // in the error; else the archive is not valid
	}{
		{"nothing", nil, "too short"},
		{"no zip", bytes.Repeat([]byte("x"), 100), "no zip"},
		{"a bundle alone", good, "belongs"},
		{"no index", zipOf(t, zip.Store, file("00001.zip", good)), "belongs"},
		{"index first", zipOf(t, zip.Store, file("index.json", list), file("00001.zip", good)), "belongs"},
		{"a gap", zipOf(t, zip.Store, file("00002.zip", good), file("index.json", list)), "belongs"},
		{"another name", zipOf(t, zip.Store, file("../00001.zip", good), file("index.json", list)), "belongs"},
		{"twice", zipOf(t, zip.Store, file("00001.zip", good), file("00001.zip", good), file("index.json", list)), "belongs"},
		{"a bomb", zipOf(t, zip.Deflate, file("00001.zip", make([]byte, 64<<20)), file("index.json", list)), "compressed"},
		{"a large index", zipOf(t, zip.Store, file("index.json", make([]byte, 17<<20))), "too large"},
		{"no JSON", zipOf(t, zip.Store, file("index.json", []byte("{"))), "index cannot be read"},
		{"another spelling", zipOf(t, zip.Store, file("index.json", []byte(`{"bundles":[]}`))), "not written"},
		{"another member", zipOf(t, zip.Store, file("index.json", []byte("{\n \"bundles\": [],\n \"x\": 1\n}\n"))), "not written"},
		{"something behind", append(bytes.Clone(b), 'x'), "behind"},
		{"something before", append([]byte("x"), b...), "around"},
		{"cut", b[:len(b)-1], "behind"},
		{"a name that differs", bytes.Replace(b, []byte("00002.zip"), []byte("00009.zip"), 1), "another name"},
		{"left out of the index", zipOf(t, zip.Store, file("00001.zip", good), file("index.json", list)), ""},
		{"a changed bundle", bytes.Replace(b, []byte("PROOF OF CONSENT"), []byte("PROOF OF NOTHING"), 1), ""},
		{"changed bundles", swap("PROOF OF CONSENT", "PROOF OF NOTHING"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, _, err := verifyMany(t, tt.b, proof.Pins{})
			if tt.want == "" {
				if err != nil || m.Verdict != proof.Invalid || len(m.Detail) == 0 {
					t.Errorf("%v %+v", err, m)
				}
				return
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v %+v", err, m)
			}
		})
	}
	t.Run("bundles that share bytes", func(t *testing.T) {
		// The directory's second entry is led to the first one's place.
		evil := bytes.Clone(b)
		at := bytes.LastIndex(evil, []byte("00002.zip")) - 4
		copy(evil[at:], []byte{0, 0, 0, 0})
		if _, _, err := verifyMany(t, evil, proof.Pins{}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
	t.Run("the index of another", func(t *testing.T) {
		c := archived(t, good)
		var sum string
		if _, after, ok := strings.Cut(string(c), `"sha256": "`); ok {
			sum = after[:64]
		}
		m, _, err := verifyMany(t, bytes.ReplaceAll(c, []byte(sum), []byte(strings.Repeat("0", 64))), proof.Pins{})
		if err == nil && m.Verdict == proof.Consistent {
			t.Errorf("%+v", m)
		}
	})
}

func FuzzMany(f *testing.F) {
	h := newHouse(f, 1)
	good := archived(f, []byte("no bundle"))
	f.Add(good)
	f.Add(archived(f, h.bundle(story(h).material(proof.Meta))))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, each, err := verifyMany(t, b, proof.Pins{})
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		if err == nil && m.Bundles != len(each) {
			t.Fatal(fmt.Sprint(m, each))
		}
	})
}
