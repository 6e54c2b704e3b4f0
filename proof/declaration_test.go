package proof_test

import (
	"fmt"
	"strings"
	"testing"

	"assent/evidence"
	"assent/proof"
)

// A court gets drafts that state the hash of every file there was; nobody else does.
func TestDeclaration(t *testing.T) {
	h := newHouse(t, 1)
	p := story(h)
	for _, audience := range []proof.Audience{proof.Court, proof.Regulator, proof.Meta, proof.Subject} {
		m := p.material(audience)
		m.Declarant = proof.Declarant{LegalName: "Sonnentor GmbH", Number: "+494012345"}
		m.Extra = []proof.File{{Name: "record.jsonld", Data: []byte("{}\n")}}
		files := unzip(t, h.bundle(m))
		text, ok := files["declaration.txt"]
		export := fmt.Sprintf("events/%03d.sd-jwt", len(m.Events)+1)
		if ok != (audience == proof.Court) {
			t.Errorf("%s: a declaration is there: %v", audience, ok)
		}
		for name, data := range files {
			proofs := strings.HasSuffix(name, ".tlog-proof")
			if !ok || proofs || name == "declaration.txt" || name == "README.txt" || name == "manifest.json" || name == "checkpoint" || name == export {
				continue
			}
			if line := evidence.Sum(data).String() + "  " + name + "\n"; !strings.Contains(string(text), line) {
				t.Errorf("%s is not in the report of hashes", name)
			}
		}
		if ok {
			for _, want := range []string{"not legal advice", "902(11)", "902(13)", "902(14)", "SECTION 63(4)", "statement of\ntruth", "SHA-256", "app secret", "Sonnentor GmbH", "+494012345"} {
				if !strings.Contains(string(text), want) {
					t.Errorf("the drafts do not say %q", want)
				}
			}
			if strings.Contains(string(text), "%!") {
				t.Error("a verb is left")
			}
		}
		readme := string(files["README.txt"])
		if !strings.Contains(readme, "record.jsonld") || strings.Contains(readme, "receipt.json") || strings.Contains(readme, "declaration.txt") != ok {
			t.Errorf("%s: README.txt names other files than there are", audience)
		}
	}
}
