package lint_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"assent/funnel/lint"
	"assent/locale"
)

var update = flag.Bool("update", false, "write docs/lint.md anew")

const docs = "../../docs/lint.md"

// The table in docs/lint.md is that of the code.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- findings: written by go test ./funnel/lint -update -->\n"
	head, _, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no mark", docs)
	}
	want := head + mark + table()
	if *update {
		if err := os.WriteFile(docs, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is not what the rules say: go test ./funnel/lint -update", docs)
	}
}

var param = regexp.MustCompile(`<no value>`)

func table() string {
	var b strings.Builder
	b.WriteString("| code | severity | says | who wants it |\n|---|---|---|---|\n")
	for _, r := range lint.Rules() {
		var sources []string
		for _, s := range r.Sources {
			in := s.In
			if s.Must() {
				in = "**" + in + "**"
			}
			sources = append(sources, strings.TrimSpace(in+" "+s.Law))
		}
		f := lint.Finding{Code: r.Code, Params: map[string]string{}}
		says := param.ReplaceAllString(f.Says(locale.ForOperator("en")), "…")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Code, r.Severity, says, strings.Join(sources, " · "))
	}
	return b.String()
}
