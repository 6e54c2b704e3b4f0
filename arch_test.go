// Package assent_test holds the tests of the repository as a whole: which
// package may import which, and that the documents tell the truth.
package assent_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed says for each package which of our packages it may import, and why
// there are any. A package that is not listed may not exist; an import that is
// not listed, and one that is listed and not made, fails the test.
var allowed = map[string]struct{ imports, reason string }{
	// ground: knows nothing of ours but kinds of failure
	"fault":  {"", "errors rise through every room"},
	"phone":  {"fault", "numbers are wrong in ways that people can mend"},
	"qr":     {"fault", "a text may be too long for a code"},
	"locale": {"", "words of the interface"},
	"static": {"", "CSS, scripts and images"},
	"table":  {"fault", "files come from outside"},

	// the verifier in JavaScript, for those without Assent and for the page /verify
	"docs":          {"", "guides that the admin UI shows"},
	"docs/verify":   {"", "a program for Node"},
	"static/verify": {"docs/verify static", "the script and style of one page that works from a disk"},

	// domain: knows neither SQL nor HTTP
	"consent":         {"", "what everything is about"},
	"evidence":        {"evidence/plain evidence/sdjwt", "an event is an SD-JWT, most of which is plain"},
	"evidence/plain":  {"", "JSON as we write it, read the quick way"},
	"evidence/sdjwt":  {"evidence/plain", "RFC 9901"},
	"ledger":          {"fault", "checkpoints and proofs come from outside"},
	"vault":           {"fault", "a wrong master key can be mended"},
	"template":        {"", "texts that Meta approves, and how they stand there"},
	"business":        {"consent fault template", "a business has purposes; a template's change opens alarms; what a chat offers may not fit"},
	"subject":         {"consent", "a suppression covers purposes"},
	"funnel":          {"consent fault", "a funnel offers purposes; a version may not be fit to publish"},
	"funnel/lint":     {"chat consent funnel locale phone qr static", "reads a version before it is published: texts, limits of messages and codes, colours"},
	"chat":            {"fault", "a message may not be fit to send"},
	"account":         {"fault", "a password may be too short"},
	"tenant":          {"business evidence funnel ledger phone subject vault", "a business with its keys, senders and funnels at hand"},
	"job":             {"", "work done later"},
	"altcha":          {"", "proofs of work, as others write them"},
	"limit":           {"", "how often something may happen, and under what it is counted"},
	"whatsapp/wire":   {"fault", "bodies come from outside"},
	"proof":           {"consent evidence fault ledger", "a bundle holds events under a checkpoint, and states are folded anew"},
	"standard":        {"fault", "records and receipts in the forms of two standards"},
	"proof/verifycmd": {"evidence fault ledger proof", "the command line of two programs"},

	// use cases: on the domain, each with the store interface that it needs
	"optin":   {"altcha business chat consent evidence fault funnel job ledger limit locale phone subject template tenant vault whatsapp/wire", "what the person opting in does; the chat speaks in their language"},
	"permit":  {"consent fault phone subject tenant whatsapp/wire", "may I send"},
	"records": {"business consent evidence fault funnel ledger phone proof standard subject table tenant vault", "list, prove, export, audit"},
	"manage":  {"account business chat consent evidence fault funnel funnel/lint ledger locale phone template tenant vault", "what the people who run it do; the first finding of the lint is said in English; a number's country decides what Meta offers"},

	// adapters
	"store":              {"account business chat consent evidence fault funnel job ledger limit manage optin permit records store/migrations subject template tenant vault", "all SQL; it implements what the use cases declare"},
	"store/migrations":   {"", "the schema"},
	"store/storetest":    {"store store/migrations", "databases for tests"},
	"certificate":        {"consent evidence fault funnel ledger locale paper/pdf paper/typeset proof records", "the certificate as a PDF"},
	"paper/fonts":        {"paper/pdf", "fonts, embedded"},
	"paper/pdf":          {"", "writes PDF"},
	"paper/typeset":      {"paper/fonts paper/pdf", "text becomes lines of glyphs"},
	"poster":             {"fault paper/pdf paper/typeset qr", "posters and sheets of codes"},
	"anchor":             {"fault ledger", "asks witnesses and time-stamp authorities"},
	"whatsapp":           {"fault whatsapp/wire", "the client of the Graph API"},
	"whatsapp/transport": {"business chat fault funnel optin template whatsapp whatsapp/wire", "carries optin's messages"},
	"whatsapp/simulator": {"fault phone whatsapp/wire", "plays WhatsApp's side"},
	"views/ui":           {"locale phone", "components"},
	"views/layout":       {"locale static views/ui", "frames"},
	"views/public":       {"locale static views/layout views/ui", "pages for people"},
	"views/admin":        {"locale views/layout views/ui", "pages for operators"},
	"views/sim":          {"locale phone views/layout views/ui", "the simulated phone"},
	"views/gallery":      {"locale qr views/admin views/layout views/public views/sim views/ui", "every page with sample data"},

	// doors: they know everything that they open
	"web/respond":       {"fault", "errors become answers in one place"},
	"web/hook":          {"business fault tenant whatsapp/wire", "Meta"},
	"web/api":           {"account consent evidence fault optin permit phone proof records standard tenant vault whatsapp/wire", "programs with an API key"},
	"web/metaword":      {"locale whatsapp/wire", "Meta's words in the operator's"},
	"web/sim":           {"fault locale phone qr views/sim views/ui web/metaword web/respond whatsapp/simulator whatsapp/wire", "the simulated phone"},
	"web/landing":       {"consent funnel locale phone static views/layout views/public views/ui", "one page for who is served it and who previews it"},
	"web/picture":       {"fault", "pictures come from outside"},
	"web/public":        {"altcha consent evidence fault funnel limit locale optin phone poster qr records standard static static/verify tenant views/layout views/public views/ui web/landing web/respond", "anyone"},
	"web/session":       {"account", "who is signed in"},
	"web/admin":         {"account business chat consent docs evidence fault funnel funnel/lint ledger locale manage optin permit phone poster proof qr records static subject table template tenant views/admin views/gallery views/layout views/public views/ui web/landing web/metaword web/picture web/respond web/session whatsapp/wire", "operators"},
	"web":               {"fault ledger static tenant web/admin web/api web/hook web/landing web/public web/respond web/sim", "every route"},
	"cmd/assent":        {"account anchor business certificate consent fault funnel/lint job ledger locale manage optin permit phone proof proof/verifycmd records store table template tenant vault web web/admin web/api web/hook web/public web/respond web/session web/sim whatsapp whatsapp/simulator whatsapp/transport", "wires everything"},
	"cmd/assent-verify": {"proof/verifycmd", "the offline verifier alone"},
	"bench":             {"business chat consent evidence funnel job ledger manage optin phone records store subject tenant vault whatsapp/simulator whatsapp/wire", "seeds and drives a whole program"},
	"internal/apptest":  {"account business certificate consent funnel job manage optin permit records store store/storetest tenant vault web/hook web/respond whatsapp whatsapp/simulator whatsapp/transport", "a whole installation for tests"},

	// help for tests and measurements
	"internal/outside": {"", "plays outside parties for tests"},
	"internal/citest":  {"", "counts tests in CI"},
}

const module = "assent"

// imports reads which of our packages each package imports, tests left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		name := strings.TrimPrefix(strings.TrimPrefix(fields[0], module), "/")
		all[name] = []string{}
		for _, imported := range fields[1:] {
			if rest, ok := strings.CutPrefix(imported, module+"/"); ok {
				all[name] = append(all[name], rest)
			}
		}
	}
	return all
}

func TestImports(t *testing.T) {
	for name, got := range imports(t) {
		if name == "" {
			continue
		}
		rule, ok := allowed[name]
		if !ok {
			t.Errorf("package %s has no line here: say what it may import, and why", name)
			continue
		}
		want := strings.Fields(rule.imports)
		for _, i := range got {
			if !slices.Contains(want, i) {
				t.Errorf("%s imports %s, which its line does not allow", name, i)
			}
		}
		for _, i := range want {
			if !slices.Contains(got, i) {
				t.Errorf("%s need not be allowed to import %s", name, i)
			}
		}
		if rule.reason == "" {
			t.Errorf("%s has no reason", name)
		}
	}
}

// Echo's types stay in the doors, SQL in the store.
func TestLibrariesStayInTheirRooms(t *testing.T) {
	rooms := map[string][]string{
		"github.com/labstack/echo": {"web", "internal/apptest", "bench"},
		"database/sql":             {"store", "bench"},
		"modernc.org/sqlite":       {"store", "bench"},
		"github.com/jackc/pgx":     {"store"},
		"github.com/a-h/templ":     {"views/", "web/"},
	}
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		name := strings.TrimPrefix(fields[0], module+"/")
		for _, imported := range fields[1:] {
			for library, where := range rooms {
				if strings.HasPrefix(imported, library) && !slices.ContainsFunc(where, func(w string) bool { return name == strings.TrimSuffix(w, "/") || strings.HasPrefix(name, w) }) {
					t.Errorf("%s imports %s", name, imported)
				}
			}
		}
	}
}

// modernc's SQLite works with exactly the libc of its own go.mod.
func TestLibcMatchesSQLite(t *testing.T) {
	ours, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "modernc.org/sqlite").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	libc := regexp.MustCompile(`modernc\.org/libc (v[0-9.]+)`)
	want, got := libc.FindSubmatch(theirs), libc.FindSubmatch(ours)
	if want == nil || got == nil || !bytes.Equal(want[1], got[1]) {
		t.Errorf("go.mod has libc %s, the driver wants %s", got, want)
	}
}

// Paths that the documents name exist.
func TestDocumentsNameRealPaths(t *testing.T) {
	path := regexp.MustCompile("`((?:[a-z]+/)+[a-z_]+\\.(?:go|md|sql|yaml|mjs)|(?:docs|store|views|web|whatsapp|cmd|internal|testdata)/[a-z/_-]+)`")
	docs, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(docs, more...) {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range path.FindAllSubmatch(text, -1) {
			if _, err := os.Stat(string(m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", doc, m[1])
			}
		}
	}
}
