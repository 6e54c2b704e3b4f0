package standard_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
	"pgregory.net/rapid"

	"assent/standard"
)

// noNetwork refuses every document: a record needs none.
type noNetwork struct{ t testing.TB }

func (n noNetwork) LoadDocument(u string) (*ld.RemoteDocument, error) {
	n.t.Errorf("a reader of the record would fetch %q", u)
	return nil, ld.NewJsonLdError(ld.LoadingDocumentFailed, u)
}

// canonical returns the statements of a record in the canonical form of RDF.
func canonical(t testing.TB, record []byte) string {
	t.Helper()
	var doc any
	if err := json.Unmarshal(record, &doc); err != nil {
		t.Fatal(err)
	}
	o := ld.NewJsonLdOptions("")
	o.Format, o.Algorithm, o.DocumentLoader, o.SafeMode = "application/n-quads", ld.AlgorithmURDNA2015, noNetwork{t}, true
	out, err := ld.NewJsonLdProcessor().Normalize(doc, o)
	if err != nil {
		t.Fatalf("it does not canonicalise: %v\n%s", err, record)
	}
	return out.(string)
}

var (
	inBrackets = regexp.MustCompile(`<([^<>]+)>`)
	literals   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// Every address in a record is a term that exists, or one of the record's own.
func TestStatements(t *testing.T) {
	known := terms(t)
	used := map[string]bool{}
	for _, tt := range examples {
		record, err := standard.DPV(tt.record)
		if err != nil {
			t.Fatal(err)
		}
		quads := canonical(t, record)
		golden(t, tt.name+".nq", []byte(quads))
		for _, m := range inBrackets.FindAllStringSubmatch(literals.ReplaceAllString(quads, `""`), -1) {
			own := strings.HasPrefix(m[1], "urn:uuid:"+tt.record.ID) || strings.HasPrefix(m[1], "ni:///sha-256;") ||
				m[1] == tt.record.Business.StopAt || m[1] == tt.record.Business.PolicyURL
			if used[m[1]] = true; !own && !known[m[1]] {
				t.Errorf("%s: <%s> is no known term", tt.name, m[1])
			}
		}
	}
	for term := range known {
		if !used[term] && !strings.HasPrefix(term, "https://w3id.org/dpv/loc#") && !strings.Contains(term, "Consent") {
			t.Errorf("<%s> is listed and in no example", term)
		}
	}
}

// strings in statements, unescaped as N-Quads escapes them.
var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\b`, "\b", `\f`, "\f")

// Any record is JSON-LD that says what it holds, the same each time.
func TestAnyRecordCanonicalises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := genRecord().Draw(rt, "record")
		record, err := standard.DPV(r)
		if err != nil {
			rt.Fatal(err)
		}
		said := unescape.Replace(canonical(t, record))
		for _, s := range spoken(r) {
			if !strings.Contains(said, `"`+s+`"`) && s != "" {
				rt.Fatalf("%q is lost in\n%s", s, said)
			}
		}
	})
}
