package ui

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

var (
	markup = regexp.MustCompile(`<[^>]*>`)
	href   = regexp.MustCompile(`<a href="([^"]*)"`)
)

func links(text string) (list []string) {
	for _, m := range href.FindAllStringSubmatch(linked(text), -1) {
		list = append(list, html.UnescapeString(m[1]))
	}
	return list
}

func TestWordsLinkAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"Privacy notice: https://rosa.example/privacy":              "https://rosa.example/privacy",
		"See https://rosa.example/privacy. I can stop.":             "https://rosa.example/privacy",
		"(https://rosa.example/a?b=1&c=2#d)":                        "https://rosa.example/a?b=1&c=2#d",
		"الخصوصية: https://rosa.example/ar، ويمكنني":                "https://rosa.example/ar",
		"詳細はhttps://rosa.example/jaをご覧ください。":                        "https://rosa.example/ja",
		"https://a.example/ and https://b.example/":                 "https://a.example/ https://b.example/",
		"http://rosa.example/":                                      "",
		"javascript:alert(1) data:text/html,x //rosa.example":       "",
		"https://rosa.example@evil.example/":                        "",
		"https://":                                                  "",
		"https://localhost/":                                        "",
		`https://rosa.example/"onclick="x`:                          "https://rosa.example/",
		"https://rosa.example/<script>":                             "https://rosa.example/",
		"https://rosa.ex\u200bample/":                               "",
		"https://rosa.example\u202e/moc.live":                       "",
		"https://shop.rosä.example/ https://rosa.example/größe":     "",
		"hhttps://rosa.example/":                                    "https://rosa.example/",
		"https://[::1]/ https://.example/ https://rosa.example:8/x": "https://rosa.example:8/x",
	} {
		if got := strings.Join(links(text), " "); got != want {
			t.Errorf("%q links %q, want %q", text, got, want)
		}
	}
	if got := linked("a https://rosa.example/?a&b"); got != `a <a href="https://rosa.example/?a&amp;b" target="_blank" rel="noopener noreferrer">https://rosa.example/?a&amp;b</a>` {
		t.Error(got)
	}
}

// Whatever the words are, they are shown byte for byte, and every link is https,
// reads as it leads, and hides nobody's name.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{"https://rosa.example/privacy.", "https://a@b.example/", "<b>https://x.example", "https://https://x.example/'", "\x00https://\u202ex.example", "&lt;https://x.example/%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := linked(text)
		if got := html.UnescapeString(markup.ReplaceAllString(out, "")); got != html.UnescapeString(html.EscapeString(text)) {
			t.Fatalf("%q is shown as %q", text, got)
		}
		if strings.Count(out, "<a ")*2 != strings.Count(out, "<") {
			t.Fatalf("%q holds other markup: %q", text, out)
		}
		for _, to := range links(text) {
			if !strings.HasPrefix(to, "https://") || strings.ContainsAny(to, "@ \t\n") && strings.Contains(strings.SplitN(to[8:], "/", 2)[0], "@") || !strings.Contains(text, to) {
				t.Fatalf("%q links %q", text, to)
			}
		}
	})
}
