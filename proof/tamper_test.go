package proof_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assent/evidence"
	"assent/fault"
	"assent/proof"
)

// mustFail verifies changed files, packed anew with good checksums, under the
// keys in the bundle: the weaker check.
func mustFail(t *testing.T, files map[string][]byte, what string) {
	t.Helper()
	b := rezip(t, files)
	got := hinted(b)
	if got != proof.Invalid && got != proof.Unreadable {
		t.Errorf("%s: %s", what, got)
	}
	agree(t, b, got, what)
}

func changed(files map[string][]byte, name string, data []byte) map[string][]byte {
	m := maps.Clone(files)
	m[name] = data
	return m
}

func TestEveryFileCounts(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(story(h).material(proof.Court)))
	for name, data := range files {
		left := maps.Clone(files)
		delete(left, name)
		mustFail(t, left, name+" left out")
		mustFail(t, changed(files, name, append(bytes.Clone(data), '\n')), name+" with a line break at its end")
		mustFail(t, changed(files, name, data[:len(data)-1]), name+" without its last byte")
		mustFail(t, changed(files, name, nil), name+" emptied")
		for other, theirs := range files {
			if other > name && path.Ext(other) == path.Ext(name) && !bytes.Equal(data, theirs) {
				mustFail(t, changed(changed(files, name, theirs), other, data), name+" and "+other+" exchanged")
			}
		}
	}
	for _, name := range []string{"events/008.sd-jwt", "events/008.tlog-proof", "events/note", "note.txt", "keys/x", "webhooks/001.json", "webhooks/x",
		"shown/page-" + evidence.Sum([]byte("x")).String() + ".html", "shown/x"} {
		mustFail(t, changed(files, name, []byte("x")), name+" added")
	}
}

// TestEveryByteCounts changes bytes of every file. The cheap files are changed
// at every place, the events and proofs at places drawn at random beside one of
// each class (TestEveryClassOfBytesCounts).
func TestEveryByteCounts(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(story(h).material(proof.Court)))
	names := slices.Sorted(maps.Keys(files))
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "file")
		data := bytes.Clone(files[name])
		i := rapid.IntRange(0, len(data)-1).Draw(rt, "at")
		data[i] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		b := rezip(t, changed(files, name, data))
		agree(t, b, hinted(b), fmt.Sprintf("%s, byte %d", name, i))
		r, err := proof.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), h.pins())
		if err == nil && r.Verdict != proof.Invalid {
			rt.Fatalf("%s, byte %d changed from %q to %q: %s", name, i, files[name][i], data[i], r.Verdict)
		}
	})
}

func TestEveryClassOfBytesCounts(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(story(h).material(proof.Court)))
	at := func(name string, i int, what string) {
		t.Helper()
		data := bytes.Clone(files[name])
		data[i] ^= 1
		mustFail(t, changed(files, name, data), fmt.Sprintf("%s: %s (byte %d)", name, what, i))
	}
	for name, data := range files {
		switch {
		case strings.HasSuffix(name, ".sd-jwt"):
			jwt, _, _ := bytes.Cut(data, []byte("~"))
			for start, end := 0, 0; start < len(jwt); start = end + 1 { // header, payload, signature
				end = start + bytes.IndexByte(append(bytes.Clone(jwt[start:]), '.'), '.')
				at(name, start, "a part's first byte")
				at(name, (start+end)/2, "a part's middle")
				at(name, end-1, "a part's last byte")
				at(name, min(end, len(data)-1), "what ends a part")
			}
			for i := len(jwt) + 1; i < len(data); { // each disclosure
				n := bytes.IndexByte(data[i:], '~')
				at(name, i, "a disclosure's first byte")
				at(name, i+n/2, "a disclosure's middle")
				at(name, i+n-1, "a disclosure's last byte")
				at(name, i+n, "what ends a disclosure")
				cut := append(bytes.Clone(data[:i]), data[i+n+1:]...)
				mustFail(t, changed(files, name, cut), name+": a disclosure left out")
				mustFail(t, changed(files, name, append(bytes.Clone(data), data[i:i+n+1]...)), name+": a disclosure twice")
				i += n + 1
			}
		default:
			for i, line := 0, 0; i < len(data); line++ { // each line: first, middle, last byte, its end
				n := bytes.IndexByte(append(bytes.Clone(data[i:]), '\n'), '\n')
				if strings.HasSuffix(name, ".txt") && line > 3 && line%10 != 0 {
					i += n + 1
					continue // the words of README.txt are all of one class
				}
				for _, k := range []int{i, i + n/2, i + n - 1, i + n} {
					if k >= i && k < len(data) {
						at(name, k, fmt.Sprintf("line %d", line+1))
					}
				}
				i += n + 1
			}
		}
	}
}

func TestPayloadFieldsCount(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(story(h).material(proof.Court)))
	const name = "events/004.sd-jwt"
	jwt, rest, _ := strings.Cut(string(files[name]), "~")
	parts := strings.Split(jwt, ".")
	for _, part := range []int{0, 1} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[part])
		h.must(err)
		var fields map[string]any
		h.must(json.Unmarshal(raw, &fields))
		for field := range fields {
			other := maps.Clone(fields)
			delete(other, field)
			raw, err := json.Marshal(other)
			h.must(err)
			forged := slices.Clone(parts)
			forged[part] = base64.RawURLEncoding.EncodeToString(raw)
			mustFail(t, changed(files, name, []byte(strings.Join(forged, ".")+"~"+rest)), "without "+field)
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	h := newHouse(t, 1)
	b := h.bundle(story(h).material(proof.Court))
	i := bytes.Index(b, []byte("<h1>Offers"))
	b[i+5] ^= 1
	r := verify(t, b, h.pins())
	if failed(r) != "files manifest shown" || !strings.Contains(dump(r), "html is damaged") {
		t.Errorf("failing %q\n%s", failed(r), dump(r))
	}
}

// entry is a file of a hostile zip.
type entry struct {
	name string
	data string
	edit func(*zip.FileHeader)
}

func hostile(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.edit != nil {
			e.edit(h)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(e.data))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHostileArchives(t *testing.T) {
	h := newHouse(t, 1)
	good := h.bundle(story(h).material(proof.Court))
	mode := func(m fs.FileMode) func(*zip.FileHeader) { return func(h *zip.FileHeader) { h.SetMode(m) } }
	zeros := strings.Repeat("\x00", 65<<20)
	lying := hostile(t, entry{name: "a", data: strings.Repeat("a", 10000)})
	// The unpacked size in the central directory: 24 bytes into its header.
	central := bytes.LastIndex(lying, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lying[central+24:], 10)
	renamed := hostile(t, entry{name: "checkpoint", data: "a"})
	copy(renamed[30:], "chickpoint") // the name before the data; the directory's stays
	many := make([]entry, 0, 17_000)
	for i := range 17_000 {
		many = append(many, entry{name: fmt.Sprintf("f%d", i)})
	}
	tests := []struct {
		name string
		b    []byte
		says string
	}{
		{"empty", nil, "too short"},
		{"text", []byte("this is a text and no zip archive at all"), "no zip"},
		{"cut", good[:len(good)-100], "no zip"},
		{"something behind", append(bytes.Clone(good), "x"...), "something behind"},
		{"something before", append([]byte("x"), good...), "around the zip"},
		{"a path that leaves", hostile(t, entry{name: "../../etc/passwd"}), "no name"},
		{"an absolute path", hostile(t, entry{name: "/etc/passwd"}), "no name"},
		{"a drive", hostile(t, entry{name: `C:\x`}), "no name"},
		{"a dotted path", hostile(t, entry{name: "events/./001.sd-jwt"}), "no name"},
		{"a hidden name", hostile(t, entry{name: ".profile"}), "no name"},
		{"a name with a line break", hostile(t, entry{name: "a\nb"}), "no name"},
		{"an endless name", hostile(t, entry{name: strings.Repeat("a", 300)}), "no name"},
		{"a directory", hostile(t, entry{name: "events/"}), "no name"},
		{"a link", hostile(t, entry{"checkpoint", "/etc/passwd", mode(fs.ModeSymlink | 0o777)}), "no regular file"},
		{"a device", hostile(t, entry{"checkpoint", "", mode(fs.ModeDevice | 0o666)}), "no regular file"},
		{"set user id", hostile(t, entry{"checkpoint", "", mode(fs.ModeSetuid | 0o755)}), "no regular file"},
		{"one name twice", hostile(t, entry{name: "checkpoint", data: "a"}, entry{name: "checkpoint", data: "b"}), "twice"},
		{"a comment", hostile(t, entry{"checkpoint", "a", func(h *zip.FileHeader) { h.Comment = "look here" }}), "comment"},
		{"another name before the data", renamed, "another name"},
		{"a bomb", hostile(t, entry{name: "certificate.pdf", data: zeros}), "too large"},
		{"a bomb that lies", lying, ""},
		{"an endless event", hostile(t, entry{name: "events/001.sd-jwt", data: zeros[:3<<20]}), "too large"},
		{"too many files", hostile(t, many...), "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agree(t, tt.b, hinted(tt.b), tt.name)
			r, err := proof.Verify(t.Context(), bytes.NewReader(tt.b), int64(len(tt.b)), h.pins())
			if tt.says == "" {
				if err == nil && r.Verdict != proof.Invalid {
					t.Errorf("verdict %s", r.Verdict)
				}
				return
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), tt.says) {
				t.Errorf("err = %v, want an invalid fault that says %q", err, tt.says)
			}
			if u := proof.UnreadableReport(err); u.ExitCode() != 2 || u.Verdict != proof.Unreadable || u.Words == "" {
				t.Errorf("report %+v", u)
			}
		})
	}
}

// TestNestingIsBounded: a reader that recurses would run out of stack, which no
// program survives.
func TestNestingIsBounded(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(story(h).material(proof.Court)))
	deep := strings.Repeat("[", 1<<20)
	for name, data := range map[string]string{
		"manifest.json":     `{"files":` + deep,
		"keys/jwks.json":    `{"keys":` + deep,
		"webhooks/004.json": `{"event":` + deep + strings.Repeat("]", 1<<20) + `}`,
		"events/004.sd-jwt": "e30." + base64.RawURLEncoding.EncodeToString([]byte(deep[:500_000])) + ".AA~" + base64.RawURLEncoding.EncodeToString([]byte(`["s","a",`+deep[:100_000])) + "~",
	} {
		mustFail(t, changed(files, name, []byte(data)), name+" nested without end")
	}
}

func TestManyBombsAreBounded(t *testing.T) {
	h := newHouse(t, 1)
	one := hostile(t, entry{name: "f", data: strings.Repeat("\x00", 60<<20)})
	z, err := zip.NewReader(bytes.NewReader(one), int64(len(one)))
	h.must(err)
	packed, err := z.File[0].OpenRaw()
	h.must(err)
	zeros, err := io.ReadAll(packed)
	h.must(err)
	var out bytes.Buffer
	bombs := zip.NewWriter(&out)
	for i := range 9 {
		header := z.File[0].FileHeader
		header.Name = fmt.Sprintf("f%d", i)
		header.Flags &^= 8 // the sizes stand in the header, not behind the data
		w, err := bombs.CreateRaw(&header)
		h.must(err)
		w.Write(zeros)
	}
	h.must(bombs.Close())
	b := out.Bytes()
	agree(t, b, proof.Unreadable, "many bombs")
	_, err = proof.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), h.pins())
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("540 MB in %d bytes: %v", len(b), err)
	}
}

func TestVerifyStops(t *testing.T) {
	h := newHouse(t, 1)
	b := h.bundle(story(h).material(proof.Court))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := proof.Verify(ctx, bytes.NewReader(b), int64(len(b)), h.pins()); err == nil {
		t.Error("it goes on after it was cancelled")
	}
}

func FuzzVerify(f *testing.F) {
	h := newHouse(f, 1)
	good := h.bundle(story(h).material(proof.Court))
	files := map[string]bool{}
	for name, data := range unzip(f, good) {
		files[name+"\x00"+string(data)] = true
	}
	f.Add(good)
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := proof.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), h.pins())
		if err != nil || r.Verdict == proof.Invalid {
			return
		}
		for name, data := range unzip(t, b) {
			if !files[name+"\x00"+string(data)] {
				t.Errorf("%s was changed and is %s", name, r.Verdict)
			}
		}
	})
}

// FuzzFiles changes one file of a good bundle.
func FuzzFiles(f *testing.F) {
	h := newHouse(f, 1)
	files := unzip(f, h.bundle(story(h).material(proof.Court)))
	for name, data := range files {
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		old, ok := files[name]
		if !ok && strings.HasSuffix(name, "/") || ok && bytes.Equal(old, data) {
			return
		}
		b := rezip(t, changed(files, name, data))
		if r, err := proof.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), h.pins()); err == nil && r.Verdict != proof.Invalid {
			t.Errorf("%q was changed and the bundle is %s", name, r.Verdict)
		}
	})
}
