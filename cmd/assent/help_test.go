package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// program runs the program in this process.
func program(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

func TestCommandsThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		args, says string
	}{
		{"serv", "There is no command \"serv\". Did you mean `assent serve`? `assent --help` shows what there is."},
		{"Demo", "Did you mean `assent demo`?"},
		{"users list", "Did you mean `assent user`?"},
		{"exprot --format csv", "Did you mean `assent export`?"},
		{"user ad", "There is no command \"ad\" of assent user. Did you mean `assent user add`? `assent user --help` shows what there is."},
		{"user remove", "There is no command \"remove\" of assent user. `assent user --help` shows what there is."},
		{"add", "Did you mean `assent user add`, or `assent apikey add`, or `assent business add`?"},
		{"xyzzy", "There is no command \"xyzzy\". `assent --help` shows what there is."},
		{"help nonsense", "There is no command \"nonsense\"."},
		{"user add --nam x", "did you mean \"--name\""},
		{"user disable", "Run `assent user disable --help`"},
		{"user", "user disable"},
		{"", "Try everything on this machine"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			code, out, errs := program(t, strings.Fields(tt.args)...)
			if code != 2 || out != "" || !strings.Contains(errs, tt.says) {
				t.Errorf("exit %d\n%s\n%s", code, out, errs)
			}
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	code, version, _ := program(t, "version")
	if code != 0 || !strings.HasPrefix(version, "assent dev, commit ") {
		t.Errorf("exit %d: %s", code, version)
	}
	if code, out, errs := program(t, "--version"); code != 0 || out != version || errs != "" {
		t.Errorf("--version: exit %d: %s%s", code, out, errs)
	}
	for asked, same := range map[string]string{"help": "--help", "help serve": "serve --help", "help user add": "user add --help", "help user": "user --help"} {
		code, out, errs := program(t, strings.Fields(asked)...)
		_, want, _ := program(t, strings.Fields(same)...)
		if code != 0 || errs != "" || out != want || !strings.HasPrefix(out, "Usage: assent") {
			t.Errorf("%s: exit %d: %s%s", asked, code, out, errs)
		}
	}
}

// TestEveryCommandHasExamples, and its help says the defaults.
func TestEveryCommandHasExamples(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("assent"), kong.Bind(streams{}))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, leaf := range parser.Model.Leaves(true) {
		n++
		code, out, _ := program(t, append(strings.Fields(strings.TrimPrefix(leaf.Path(), "assent ")), "--help")...)
		if code != 0 || !strings.Contains(out, "Examples:\n") || !strings.Contains(out, "\n    assent "+leaf.Path()) {
			t.Errorf("%s: exit %d, no examples:\n%s", leaf.Path(), code, out)
		}
	}
	if n < 15 {
		t.Errorf("%d commands only", n)
	}
	_, out, _ := program(t, "serve", "--help")
	for _, want := range []string{"Default: 127.0.0.1:8080.", "Default: assent.db.", "Default: 4.", "($ASSENT_ADDR)"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("assent serve --help lacks %q:\n%s", want, out)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"serv", "serve", 1}, {"exprot", "export", 2}, {"kitten", "sitting", 3}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestHealthSaysHowItIs(t *testing.T) {
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(503)
		}
	}))
	defer well.Close()
	if code, out, errs := program(t, "health", well.URL+"/healthz"); code != 0 || out != "The server is well: "+well.URL+"/healthz answers.\n" || errs != "" {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
	if code, out, errs := program(t, "health", well.URL+"/readyz"); code != 1 || out != "" || !strings.Contains(errs, "with status 503") {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
	if code, out, errs := program(t, "health", "http://127.0.0.1:1/healthz"); code != 1 || out != "" || !strings.Contains(errs, "does not answer at http://127.0.0.1:1") {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
}

// TestServeListensLast: with a bad key nothing is printed of an address, and
// nobody can come to it.
func TestServeListensLast(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("no key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := []string{"serve", "--database", filepath.Join(dir, "a.db"), "--addr", taken.Addr().String()}
	code, out, errs := program(t, append(at, "--master-key-file", key)...)
	if code != 1 || out != "" || !strings.Contains(errs, "key") || strings.Contains(errs, "--addr") || strings.Contains(errs, "serving") {
		t.Errorf("a bad key and a taken address: exit %d: %s%s", code, out, errs)
	}
	code, _, errs = program(t, at...)
	if code != 1 || !strings.Contains(errs, "cannot be listened on") || strings.Contains(errs, "msg=serving") {
		t.Errorf("a taken address: exit %d: %s", code, errs)
	}
}

// TestAnotherBaseURLIsTold: which of the two addresses stays in the evidence.
func TestAnotherBaseURLIsTold(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0") // each start ends there, after all has been told
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := []string{"serve", "--database", filepath.Join(t.TempDir(), "a.db"), "--addr", taken.Addr().String(), "--base-url"}
	const first, then = "https://one.example", "https://two.example"
	for _, tt := range []struct {
		url  string
		told bool
	}{{first, false}, {first + "/", false}, {then, true}, {first, false}} {
		_, _, errs := program(t, append(at, tt.url)...)
		line := "Evidence goes on naming " + first + ", the address of the first start"
		if strings.Contains(errs, line) != tt.told || strings.Contains(errs, then+" is for pages and links.\n") != tt.told {
			t.Errorf("%s: %s", tt.url, errs)
		}
	}
}
