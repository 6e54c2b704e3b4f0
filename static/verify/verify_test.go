package verify_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	verifier "assent/docs/verify"
	"assent/locale"
	"assent/static/verify"
)

// A template of what is wrong: words with a space, in a call that says it.
var (
	template = regexp.MustCompile(`'([a-z{“][^'\n]* [^'\n]*)'|"([a-z{“][^"\n]* [^"\n]*)"`)
	asked    = regexp.MustCompile(`["'\x60](verify\.[a-z_0-9.]+[a-z0-9])["'\x60]`)
)

// slug makes a message's id of a template, as the page does.
func slug(s string) string {
	s = regexp.MustCompile(`\{\w+\}`).ReplaceAllString(strings.ToLower(s), "")
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(s, "_"), "_")
}

// What the verifier finds is said in every language: its own words are the
// English ones.
func TestFindingsHaveWords(t *testing.T) {
	english := locale.For("en").All("verify.detail.")
	said := map[string]bool{}
	for line := range strings.Lines(verifier.Source()) {
		if !strings.Contains(line, "must(") && !strings.Contains(line, "add(") && !strings.Contains(line, "? e.say :") && !strings.Contains(line, "missing =") && !strings.Contains(line, ", '") {
			continue
		}
		line, _, _ = strings.Cut(line, " // ")
		for _, m := range template.FindAllStringSubmatch(line, -1) {
			words := m[1] + m[2]
			if id := "verify.detail." + slug(words); english[id] == words {
				said[id] = true
			} else if strings.Contains(line, "must(") || strings.Contains(line, "add(") {
				t.Errorf("%q has no message %s", words, id)
			}
		}
	}
	for id, words := range english {
		if !said[id] {
			t.Errorf("%s is said nowhere: %q", id, words)
		}
	}
}

func TestMessagesAreUsed(t *testing.T) {
	page, err := os.ReadFile("../../views/public/verify.templ")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	messages := locale.For("en").All("verify.")
	for _, m := range asked.FindAllStringSubmatch(verify.Script()+string(page), -1) {
		if used[m[1]] = true; messages[m[1]] == "" && m[1] != "verify.kind" && m[1] != "verify.detail" {
			t.Errorf("%s is asked for and does not exist", m[1])
		}
	}
	// Ids that are put together: each part of a family must be one that occurs.
	families := regexp.MustCompile(`^verify\.(detail\..*|kind\.(notice|page|form|message|asset)|verdict\.(valid|consistent|invalid|unreadable)(\.text)?|keys\.(log|jwks|witness)(\.hint)?|` +
		`check\.(files|keys|signatures|checkpoint|inclusion|export|manifest|shown|webhooks|sequence|order|states|notice|anchors)\.(ok|fail|none|some))$`)
	for id := range messages {
		if !used[id] && !families.MatchString(id) {
			t.Errorf("%s is used nowhere", id)
		}
	}
}

// Keys that nobody compared are hints: they are not said to hold.
func TestKeysOfTheBundleAreOnlyHints(t *testing.T) {
	if s := verify.Script(); !strings.Contains(s, "c.name === 'keys' && !r.pinned") || strings.Contains(s, "t(c.ok ? 'verify.ok'") {
		t.Error("the page says of keys that nobody brought that they hold")
	}
	for _, tag := range locale.Tags() {
		m := locale.For(tag).All("verify.")
		if none := m["verify.check.keys.none"]; none == "" || none == m["verify.check.keys.ok"] || m["verify.note"] == "" || m["verify.note"] == m["verify.ok"] {
			t.Errorf("%s: %q", tag, none)
		}
	}
}

func TestPageIsWhole(t *testing.T) {
	for name, text := range map[string]string{"script": verify.Script(), "style": verify.Style()} {
		for _, bad := range []string{"</script", "</style", "<!--", "url(\"/", "http://", "//# source"} {
			if strings.Contains(strings.ToLower(text), bad) {
				t.Errorf("the %s holds %q", name, bad)
			}
		}
	}
	if regexp.MustCompile(`(?m)^(import|export) `).MatchString(verify.Script()) || strings.Contains(verify.Script(), "process.argv") {
		t.Error("the script is not one module without the command")
	}
	for _, want := range []string{"default-src 'none'", "connect-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "form-action 'none'"} {
		if !strings.Contains(verify.Policy(), want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	if n := len(verify.Script()) + len(verify.Style()); n > 100_000 {
		t.Errorf("script and style have %d bytes", n)
	}
}
