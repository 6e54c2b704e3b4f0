package proof_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"assent/internal/outside"
	"assent/ledger"
	"assent/proof"
)

// bad is input that must be refused, and the words in which each verifier says
// why.
type bad struct {
	name string
	make func(t *testing.T, h *house) []byte
	says string
	js   string
}

// yesFile is the event of the yes in the bundles of these tests.
const yesFile = "events/004.sd-jwt"

// jwt returns a JWT with the header and payload, signed as is told.
func jwt(header, payload string, sign func(signed []byte) []byte) string {
	enc := base64.RawURLEncoding.EncodeToString
	signed := enc([]byte(header)) + "." + enc([]byte(payload))
	return signed + "." + enc(sign([]byte(signed)))
}

// withEvent is a bundle of a court in which the event of the yes is another.
func withEvent(change func(h *house, jwt, disclosures string) string) func(*testing.T, *house) []byte {
	return func(t *testing.T, h *house) []byte {
		files := unzip(t, h.bundle(story(h).material(proof.Court)))
		head, disclosures, _ := strings.Cut(string(files[yesFile]), "~")
		return rezip(t, changed(files, yesFile, []byte(change(h, head, disclosures))))
	}
}

// signed is a bundle in which the business itself signed the event of the yes as
// it is changed, with one disclosure more.
func signed(change func(payload map[string]any, digest string), disclosure string) func(*testing.T, *house) []byte {
	return withEvent(func(h *house, whole, disclosures string) string {
		parts := strings.Split(whole, ".")
		header, err := base64.RawURLEncoding.DecodeString(parts[0])
		h.must(err)
		raw, err := base64.RawURLEncoding.DecodeString(parts[1])
		h.must(err)
		var payload map[string]any
		h.must(json.Unmarshal(raw, &payload))
		encoded := base64.RawURLEncoding.EncodeToString([]byte(disclosure))
		sum := sha256.Sum256([]byte(encoded))
		change(payload, base64.RawURLEncoding.EncodeToString(sum[:]))
		raw, err = json.Marshal(payload)
		h.must(err)
		return jwt(string(header), string(raw), func(b []byte) []byte { return ed25519.Sign(h.key, b) }) + "~" + disclosures + encoded + "~"
	})
}

// disclosedToo puts the digest among those of the payload's properties.
func disclosedToo(payload map[string]any, digest string) {
	payload["_sd"] = append(payload["_sd"].([]any), digest)
}

// withFile is a bundle of a court in which a file is another.
func withFile(name string, data func(t *testing.T, h *house, files map[string][]byte) []byte) func(*testing.T, *house) []byte {
	return func(t *testing.T, h *house) []byte {
		m := story(h).material(proof.Court)
		m.Extra = []proof.File{{Name: "certificate.pdf", Data: []byte("%PDF of this person")}}
		files := unzip(t, h.bundle(m))
		return rezip(t, changed(files, name, data(t, h, files)))
	}
}

// stamped is a bundle with a time-stamp by the authority over what is told.
func stamped(authority func(t *testing.T) *outside.Authority, data func(plain []byte) []byte) func(*testing.T, *house) []byte {
	return func(t *testing.T, h *house) []byte {
		m := anchored(h, newParties(t), time.Minute)
		a := &m.Anchors[0]
		plain, err := ledger.WithoutCosignatures(a.Checkpoint, h.verifier)
		h.must(err)
		by := authority(t)
		a.Tokens[0].Response, a.Tokens[0].Chain = by.Stamp(t, data(plain), h.now, true), by.Chain()
		return h.bundle(m)
	}
}

func authorityFrom(from, to time.Time) func(*testing.T) *outside.Authority {
	return func(t *testing.T) *outside.Authority {
		return outside.NewAuthority(t, from, to, outside.TimestampingOnly)
	}
}

func archive(entries ...entry) func(*testing.T, *house) []byte {
	return func(t *testing.T, _ *house) []byte { return hostile(t, entries...) }
}

// headOf signs a head of the log's size and root under the origin, by the log's key.
func headOf(origin string) func(t *testing.T, h *house, files map[string][]byte) []byte {
	return func(_ *testing.T, h *house, files map[string][]byte) []byte {
		text, _, _ := strings.Cut(string(files["checkpoint"]), "\n\n")
		_, rest, _ := strings.Cut(text, "\n")
		signer, err := note.NewSigner(h.logKey)
		h.must(err)
		out, err := note.Sign(&note.Note{Text: origin + "\n" + rest + "\n"}, signer)
		h.must(err)
		return out
	}
}

func badInput() []bad {
	many := make([]entry, 0, 17_000)
	for i := range 17_000 {
		many = append(many, entry{name: fmt.Sprintf("f%d", i)})
	}
	zeros := strings.Repeat("\x00", 65<<20)
	header := func(alg string) string { return `{"alg":"` + alg + `","typ":"consent-event+sd-jwt","kid":"%s"}` }
	payload := func(whole string) string {
		b, _ := base64.RawURLEncoding.DecodeString(strings.Split(whole, ".")[1])
		return string(b)
	}
	return []bad{
		{"a zip bomb", archive(entry{name: "certificate.pdf", data: zeros}), `"certificate.pdf" is too large`, "“certificate.pdf” is too large"},
		{"a path that leaves", archive(entry{name: "../../etc/passwd"}), `"../../etc/passwd" is no name`, "“../../etc/passwd” is no name"},
		{"an absolute path", archive(entry{name: "/etc/passwd"}), `"/etc/passwd" is no name`, "“/etc/passwd” is no name"},
		{"thousands of files", archive(many...), "it holds more than 16100 files", "it holds more than 16100 files"},
		{"one name twice", archive(entry{name: "checkpoint", data: "a"}, entry{name: "checkpoint", data: "b"}), `"checkpoint" is in it twice`, "“checkpoint” is in it twice"},

		{"a JWT without its signature", withEvent(func(_ *house, j, d string) string { return j[:strings.LastIndex(j, ".")] + "~" + d }), "a JWT has three parts", "a JWT has three parts"},
		{"a JWT with a signature cut short", withEvent(func(_ *house, j, d string) string { return j[:len(j)-14] + "~" + d }), "key did not sign this", "its key did not sign it"},
		{"an SD-JWT without its end", withEvent(func(_ *house, j, d string) string { return j + "~" + strings.TrimSuffix(d, "~") }), "must end with a tilde", "must end with a tilde"},
		{"a padded JWT", withEvent(func(_ *house, j, d string) string { return j + "==~" + d }), "not canonical base64url", "it is not canonical base64"},
		{"a JWT with a line break at its end", withEvent(func(_ *house, j, d string) string { return j + "\n~" + d }), "not canonical base64url", "it is not canonical base64"},
		{"a padded disclosure", withEvent(func(_ *house, j, d string) string { return j + "~" + strings.TrimSuffix(d, "~") + "=~" }), "not canonical base64url", "it is not canonical base64"},
		{"no algorithm", withEvent(func(h *house, j, d string) string {
			return jwt(fmt.Sprintf(header("none"), h.signer.KeyID()), payload(j), func([]byte) []byte { return nil }) + "~" + d
		}), `the algorithm is "none", not EdDSA`, "it is of the algorithm none, not EdDSA"},
		{"HMAC with the public key", withEvent(func(h *house, j, d string) string {
			return jwt(fmt.Sprintf(header("HS256"), h.signer.KeyID()), payload(j), func(b []byte) []byte {
				mac := hmac.New(sha256.New, h.signer.Public())
				mac.Write(b)
				return mac.Sum(nil)
			}) + "~" + d
		}), `the algorithm is "HS256", not EdDSA`, "it is of the algorithm HS256, not EdDSA"},
		{"another key", withEvent(func(h *house, j, d string) string {
			return jwt(fmt.Sprintf(header("EdDSA"), h.signer.KeyID()), payload(j), func(b []byte) []byte {
				return ed25519.Sign(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), b)
			}) + "~" + d
		}), "key did not sign this", "its key did not sign it"},
		{"a disclosure twice", withEvent(func(_ *house, j, d string) string { return j + "~" + d + d[:strings.Index(d, "~")+1] }), "a disclosure stands twice", "a disclosure stands twice"},
		{"a disclosure that nobody signed", withEvent(func(_ *house, j, d string) string {
			return j + "~" + d + base64.RawURLEncoding.EncodeToString([]byte(`["salt","note","x"]`)) + "~"
		}), "belong to no digest", "a disclosure belongs to no digest"},
		{"the reserved name _sd", signed(disclosedToo, `["salt","_sd",["x"]]`), `the reserved name "_sd"`, "the claim _sd stands twice, or belongs in the clear"},
		{"the reserved name ...", signed(disclosedToo, `["salt","...","x"]`), `the reserved name "..."`, "the claim ... stands twice, or belongs in the clear"},
		{"an issuer that is disclosed", signed(disclosedToo, `["salt","iss","https://other.example"]`), `the claim "iss" stands twice`, "the claim iss stands twice, or belongs in the clear"},
		{"a time limit that is disclosed", signed(disclosedToo, `["salt","exp",1]`), `the claim "exp" is disclosed and belongs in the clear`, "the claim exp stands twice, or belongs in the clear"},
		{"a digest twice", signed(func(p map[string]any, digest string) { disclosedToo(p, digest); disclosedToo(p, digest) }, `["salt","note","x"]`), "a digest stands twice", "a digest stands twice"},
		{"null for a member in the clear", signed(func(p map[string]any, digest string) { disclosedToo(p, digest); p["suppressions"] = nil }, `["salt","note","x"]`), "the payload is not that of an event", "its payload is not that of an event"},
		{"null in a list", signed(disclosedToo, `["salt","effects",["a",null]]`), `the claim "effects" cannot be read`, "the claim effects cannot be read"},
		{"null for a claim of any form", signed(disclosedToo, `["salt","presentation",null]`), `the claim "presentation" cannot be read`, "the claim presentation cannot be read"},
		{"null for a member of a choice", signed(func(p map[string]any, digest string) {
			p["choices"] = append(p["choices"].([]any), map[string]any{"...": digest})
		}, `["salt",{"purpose":"offers","scope":"marketing","outcome":"noted","note":null}]`), "a choice cannot be read", "a choice cannot be read"},

		{"a checkpoint for another origin", withFile("checkpoint", headOf("other.example/log")), "it is of the log other.example/log, not log.example/assent", "the checkpoint is of another log"},
		{"a checkpoint of another log", withFile("checkpoint", func(t *testing.T, _ *house, _ map[string][]byte) []byte {
			other := newHouse(t, 9)
			return unzip(t, other.bundle(story(other).material(proof.Court)))["checkpoint"]
		}), "the log did not sign it", "the log did not sign the checkpoint"},
		{"a proof of another entry", withFile("events/004.tlog-proof", func(_ *testing.T, _ *house, files map[string][]byte) []byte { return files["events/003.tlog-proof"] }),
			"event 004: the proof does not lead to the log's root", "event 4: the proof does not lead to the log's root"},
		{"a proof for another tree", withFile("events/004.tlog-proof", func(t *testing.T, _ *house, _ map[string][]byte) []byte {
			other := newHouse(t, 1)
			p := story(other)
			other.noise(50)
			return unzip(t, other.bundle(p.material(proof.Court)))["events/004.tlog-proof"]
		}), "event 004: its proof ends in another checkpoint", "event 4: its proof ends in another checkpoint"},
		{"a token for another hash", stamped(authorityFrom(start.AddDate(-1, 0, 0), start.AddDate(1, 0, 0)), func([]byte) []byte { return []byte("other") }),
			"it is over other bytes", "is a time-stamp over something else"},
		{"an authority whose certificate had expired", stamped(authorityFrom(start.AddDate(-2, 0, 0), start.AddDate(-1, 0, 0)), func(plain []byte) []byte { return plain }),
			"its certificate was not valid when it was signed", left},
		{"a certificate of another person", withFile("certificate.pdf", func(*testing.T, *house, map[string][]byte) []byte { return []byte("%PDF of someone else") }),
			"certificate.pdf was changed", "certificate.pdf was changed"},
	}
}

// saidBy is what a report says of what is wrong.
func saidBy(r proof.Report) string {
	said := []string{r.Words}
	for _, c := range r.Failed() {
		said = append(append(said, c.Words), c.Detail...)
	}
	return strings.Join(said, "\n")
}

// TestBadInput: whatever is wrong is refused with a reason of its own.
func TestBadInput(t *testing.T) {
	for _, tt := range badInput() {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, 1)
			b := tt.make(t, h)
			r, err := proof.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), h.pins())
			if err != nil {
				r = proof.UnreadableReport(err)
			}
			if said := saidBy(r); r.ExitCode() == 0 || !strings.Contains(said, tt.says) {
				t.Errorf("%s, and it does not say %q:\n%s", r.Verdict, tt.says, said)
			}
		})
	}
}

// left is what the other verifiers leave to others: they hold all else, and say
// what they did not look at.
const left = ""

func TestBadInputInJavaScript(t *testing.T) {
	needNode(t)
	badInputElsewhere(t, func(args ...string) string { out, _ := run(t, args...); return out }, func(tt bad) string { return tt.js })
}

// TestBadInputInPython: the small verifier gives the reasons of the other, and
// leaves outside anchors to it.
func TestBadInputInPython(t *testing.T) {
	needPython(t)
	anchored := map[string]bool{"a token for another hash": true, "an authority whose certificate had expired": true}
	badInputElsewhere(t, func(args ...string) string { out, _ := runPython(t, args...); return out }, func(tt bad) string {
		if anchored[tt.name] {
			return left
		}
		return tt.js
	})
}

// badInputElsewhere looks at what a verifier that was written from
// docs/proof-format.md says of bad input.
func badInputElsewhere(t *testing.T, verify func(args ...string) string, words func(bad) string) {
	dir := t.TempDir()
	cases, args := badInput(), []string(nil)
	for i, tt := range cases {
		file := filepath.Join(dir, fmt.Sprintf("%02d.zip", i))
		if err := os.WriteFile(file, tt.make(t, newHouse(t, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	out := verify(args...)
	for i, tt := range cases {
		// The report of each file ends with its verdict and name.
		said, rest, ok := strings.Cut(out, args[i]+"\n")
		if !ok {
			t.Fatalf("%s: no verdict:\n%s", tt.name, out)
		}
		out = rest
		lines := strings.Split(said, "\n")
		verdict, want := proof.Verdict(strings.TrimSpace(lines[len(lines)-1])), words(tt)
		switch refused := verdict == proof.Invalid || verdict == proof.Unreadable; {
		case want == left && verdict != proof.Consistent:
			t.Errorf("%s: %s; is what it leaves to others still theirs?\n%s", tt.name, verdict, said)
		case want != left && (!refused || !strings.Contains(said, want)):
			t.Errorf("%s: %s, and it does not say %q:\n%s", tt.name, verdict, want, said)
		}
	}
}
