package proof_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	merkle "github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"assent/evidence"
	"assent/proof"
)

// needTools ends a test where a program is missing; it fails where nothing may
// be skipped.
func needTools(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
				t.Fatalf("%s is not installed", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
}

// unpack writes a bundle's files into a folder.
func unpack(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// follow runs what README.txt tells a person without Assent to run: its
// indented lines, as they stand.
func follow(t *testing.T, files map[string][]byte, readme []byte) string {
	t.Helper()
	var script strings.Builder
	_, steps, ok := strings.Cut(string(readme), "\nWITHOUT ASSENT\n")
	if !ok {
		t.Fatal("README.txt gives no steps")
	}
	for line := range strings.Lines(steps) {
		if command, ok := strings.CutPrefix(line, "     "); ok {
			script.WriteString(command)
		}
	}
	c := exec.Command("sh", "-c", script.String())
	c.Dir = unpack(t, files)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Logf("%v\n%s", err, out)
	}
	return string(out)
}

func TestReadmeLeadsToAVerdict(t *testing.T) {
	needTools(t, "sh", "openssl", "sha256sum", "base64", "sed", "grep", "cut", "tr", "sort", "paste", "cmp", "find")
	h := newHouse(t, 1)
	p := story(h)
	for _, audience := range []proof.Audience{proof.Court, proof.Meta} {
		t.Run(string(audience), func(t *testing.T) {
			files := unzip(t, h.bundle(p.material(audience)))
			readme := files["README.txt"]
			out := follow(t, files, readme)
			if strings.Contains(out, "FAIL") {
				t.Errorf("it fails:\n%s", out)
			}
			want := []string{"checkpoint is signed", "manifest.json is the one", "all files are as listed", "none was added",
				"the export shows what it must", "IN ALL: what these commands check holds",
				"leaf hash ", `"seq",1]`}
			for n := 1; n <= 7; n++ {
				want = append(want, fmt.Sprintf("events/%03d.sd-jwt is signed by the key ", n),
					fmt.Sprintf("events/%03d.tlog-proof leads to the log's root", n))
			}
			for name := range files {
				if strings.HasPrefix(name, "shown/") {
					want = append(want, name+" is as its name says")
				}
			}
			for _, w := range want {
				if !strings.Contains(out, w) {
					t.Errorf("it does not say %q:\n%s", w, out)
				}
			}
			for n, count := range countsIn(readme) {
				if w := fmt.Sprintf("events/%03d.sd-jwt has %d disclosures\n", n, count); !strings.Contains(out, w) {
					t.Errorf("README.txt counts %d disclosures of event %d; the commands disagree:\n%s", count, n, out)
				}
			}
		})
	}
}

// countsIn reads the table of README.txt: disclosures by event.
func countsIn(readme []byte) map[int]int {
	counts := map[int]int{}
	for line := range strings.Lines(string(readme)) {
		if f := strings.Fields(line); len(f) >= 5 && f[4] == "disclosures" {
			n, _ := strconv.Atoi(f[0])
			counts[n], _ = strconv.Atoi(f[3])
		}
	}
	return counts
}

// Whoever follows the steps sees each change, whatever else is in the zip.
func TestReadmeFindsChanges(t *testing.T) {
	needTools(t, "sh", "openssl", "sha256sum")
	h := newHouse(t, 1)
	p := story(h)
	files := unzip(t, h.bundle(p.material(proof.Court)))
	event := files["events/004.sd-jwt"]
	cut := bytes.LastIndexByte(event[:len(event)-1], '~') + 1
	foreign := append(bytes.Clone(event), files["events/005.sd-jwt"][bytes.IndexByte(files["events/005.sd-jwt"], '~')+1:]...)
	flip := func(name string, at int) map[string][]byte {
		b := bytes.Clone(files[name])
		b[(at+len(b))%len(b)] ^= 1
		return changed(files, name, b)
	}
	twice := files["events/007.sd-jwt"]
	twice = append(bytes.Clone(twice), twice[bytes.IndexByte(twice, '~')+1:]...)
	page := ""
	for name := range files {
		if strings.HasPrefix(name, "shown/page-") {
			page = name
		}
	}
	without := maps.Clone(files)
	delete(without, "webhooks/004.json")
	tests := []struct {
		name  string
		files []map[string][]byte // the changes of all of these at once: a run takes long
		says  []string
	}{
		{"events", []map[string][]byte{flip("events/003.sd-jwt", 200), changed(files, "events/004.sd-jwt", foreign), flip("events/005.sd-jwt", -10), changed(files, "events/007.sd-jwt", twice)},
			[]string{"events/003.sd-jwt FAILS: not signed", "events/004.sd-jwt FAILS: disclosure", "events/005.sd-jwt FAILS: disclosure", "events/007.sd-jwt FAILS: one twice"}},
		{"other files", []map[string][]byte{flip("checkpoint", 3), flip("manifest.json", 30), flip(page, 2), changed(files, "note.txt", []byte("x"))},
			[]string{"checkpoint FAILS: not signed", "manifest.json FAILS", page + " FAILS", "files FAIL: more or fewer", "files FAIL: others than listed"}},
		{"proof", []map[string][]byte{flip("events/002.tlog-proof", 60)}, []string{"events/002.tlog-proof FAILS"}},
		{"disclosure left out", []map[string][]byte{changed(files, "events/004.sd-jwt", event[:cut])}, []string{"files FAIL: others than listed"}},
		{"webhook", []map[string][]byte{flip("webhooks/004.json", 40)}, []string{"files FAIL: others than listed"}},
		{"left out", []map[string][]byte{without}, []string{"files FAIL: more or fewer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := tt.files[0]
			for _, more := range tt.files[1:] {
				for name, data := range more {
					if !bytes.Equal(data, files[name]) {
						all = changed(all, name, data)
					}
				}
			}
			out := follow(t, all, files["README.txt"])
			for _, want := range tt.says {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q:\n%s", want, out)
				}
			}
		})
	}
}

// TestSDJWTLibrary opens the events with a library that was not written here.
func TestSDJWTLibrary(t *testing.T) {
	const folder = "../internal/independent"
	needNode(t)
	if _, err := os.Stat(folder + "/node_modules/@sd-jwt/core"); err != nil {
		if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
			t.Fatal("run npm ci in internal/independent")
		}
		t.Skip("npm ci was not run in internal/independent")
	}
	library := func(files map[string][]byte) (string, error) {
		out, err := exec.Command(node(), folder+"/sdjwt.mjs", unpack(t, files)).CombinedOutput()
		return string(out), err
	}
	h := newHouse(t, 1)
	p := story(h)
	for _, audience := range []proof.Audience{proof.Court, proof.Regulator, proof.Meta, proof.Subject} {
		files := unzip(t, h.bundle(p.material(audience)))
		out, err := library(files)
		if err != nil {
			t.Fatalf("%s: %v\n%s", audience, err, out)
		}
		counts := countsIn(files["README.txt"])
		if len(counts) != 6 || strings.Count(out, "\n") != 7 {
			t.Errorf("%s: README.txt counts %v, the library says\n%s", audience, counts, out)
		}
		for n, count := range counts {
			s, err := evidence.Parse(string(files[fmt.Sprintf("events/%03d.sd-jwt", n)]))
			h.must(err)
			event, err := evidence.Verify(s, h.keys)
			h.must(err)
			if want := fmt.Sprintf("%03d %s %d disclosures\n", n, event.Name, count); !strings.Contains(out, want) {
				t.Errorf("%s: the library does not say %q:\n%s", audience, want, out)
			}
		}
	}
	files := unzip(t, h.bundle(p.material(proof.Court)))
	event := files["events/004.sd-jwt"]
	forged := bytes.Clone(event)
	forged[bytes.IndexByte(event, '.')+20] ^= 1
	if out, err := library(changed(files, "events/004.sd-jwt", forged)); err == nil {
		t.Errorf("a changed payload passes:\n%s", out)
	}
	// The library drops what fits nowhere; the count shows it.
	foreign := append(bytes.Clone(event), base64.RawURLEncoding.EncodeToString([]byte(`["c2FsdA","operator","somebody"]`))+"~"...)
	if out, err := library(changed(files, "events/004.sd-jwt", foreign)); err == nil || !strings.Contains(out, "disclosures") {
		t.Errorf("a foreign disclosure passes: %v\n%s", err, out)
	}
}

// TestMerkleLibrary follows the inclusion proofs with another implementation of
// RFC 6962, from the text of the files alone.
func TestMerkleLibrary(t *testing.T) {
	h := newHouse(t, 1)
	files := unzip(t, h.bundle(story(h).material(proof.Court)))
	decode := func(s string) []byte { b, err := base64.StdEncoding.DecodeString(s); h.must(err); return b }
	check := func(number int) error {
		text := string(files[fmt.Sprintf("events/%03d.tlog-proof", number)])
		head, checkpoint, _ := strings.Cut(text, "\n\n")
		lines, tree := strings.Split(head, "\n"), strings.Split(checkpoint, "\n")
		index, err := strconv.ParseUint(strings.TrimPrefix(lines[1], "index "), 10, 64)
		h.must(err)
		size, err := strconv.ParseUint(tree[1], 10, 64)
		h.must(err)
		var path [][]byte
		for _, line := range lines[2:] {
			path = append(path, decode(line))
		}
		jwt, _, _ := bytes.Cut(files[fmt.Sprintf("events/%03d.sd-jwt", number)], []byte("~"))
		return merkle.VerifyInclusion(rfc6962.DefaultHasher, index, size, rfc6962.DefaultHasher.HashLeaf(jwt), path, decode(tree[2]))
	}
	for n := 1; n <= 7; n++ {
		if err := check(n); err != nil {
			t.Errorf("event %03d: %v", n, err)
		}
	}
	files["events/001.sd-jwt"] = slices.Concat([]byte("x"), files["events/001.sd-jwt"])
	if check(1) == nil {
		t.Error("a changed leaf passes")
	}
}
