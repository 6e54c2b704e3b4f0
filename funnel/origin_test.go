package funnel_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"assent/fault"
	"assent/funnel"
)

func TestParseOrigin(t *testing.T) {
	for _, tt := range []struct {
		site, want, local string // local: where the installation is on this machine; the same if empty
	}{
		{"https://shop.example", "https://shop.example", ""},
		{" https://Shop.Example/ ", "https://shop.example", ""},
		{"HTTPS://shop.example:443", "https://shop.example", ""},
		{"https://shop.example:8443", "https://shop.example:8443", ""},
		{"https://bäckerei.example", "https://xn--bckerei-5wa.example", ""},
		{"https://192.0.2.7", "https://192.0.2.7", ""},
		{"https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443", ""},
		{"https://[2001:db8::1]", "https://[2001:db8::1]", ""},
		{"http://localhost:3000", "", "http://localhost:3000"},
		{"http://127.0.0.1:80", "", "http://127.0.0.1"},
		{"http://[::1]:3000", "", "http://[::1]:3000"},
		{"http://localhost.evil.example", "", ""}, {"http://shop.example", "", ""}, {"ftp://localhost", "", ""},
		{"", "", ""}, {"null", "", ""}, {"*", "", ""}, {"https://*", "", ""}, {"https://*.shop.example", "", ""}, {"shop.example", "", ""},
		{"//shop.example", "", ""}, {"https://", "", ""}, {"https:shop.example", "", ""}, {"https:///path", "", ""},
		{"https://shop.example/de", "", ""}, {"https://shop.example?a", "", ""}, {"https://shop.example?", "", ""}, {"https://shop.example#a", "", ""}, {"https://shop.example#", "", ""},
		{"https://me@shop.example", "", ""}, {"https://shop.example:0", "", ""}, {"https://shop.example:", "", ""}, {"https://shop.example:070", "", ""},
		{"https://shop.example:65536", "", ""}, {"https://shop.example:x", "", ""}, {"https://shop.example;script-src", "", ""}, {"https://shop.example'self'", "", ""},
		{"https://shop .example", "", ""}, {"https://" + strings.Repeat("a", 300) + ".example", "", ""}, {"javascript:alert(1)", "", ""}, {"data:text/html,x", "", ""},
	} {
		for _, local := range []bool{false, true} {
			want := tt.want
			if local && tt.local != "" {
				want = tt.local
			}
			got, err := funnel.ParseOrigin(tt.site, local)
			if got != want || (err == nil) != (want != "") || err != nil && fault.FieldOf(err) != "origins" {
				t.Errorf("%q, local %v: %q, %v", tt.site, local, got, err)
			}
		}
	}
}

func TestParseOrigins(t *testing.T) {
	got, err := funnel.ParseOrigins("https://b.example\r\n\n https://a.example, https://B.example/;", false)
	if err != nil || !slices.Equal(got, []string{"https://a.example", "https://b.example"}) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := funnel.ParseOrigins(" \n", false); err != nil || got == nil || len(got) > 0 {
		t.Errorf("none: %q, %v", got, err)
	}
	for text, want := range map[string]string{
		"https://a.example\nhttp://b.example":      "line 2, http://b.example: Only sites under https:// can be allowed.",
		"https://a.example\r\n\r\nwww.b.example":   "line 3, www.b.example: The https:// at its beginning is missing.",
		"https://a.example/shop":                   "line 1, https://a.example/shop: Leave out what stands behind the name: a site is allowed with all of its pages.",
		"https://a.example https://*.b.example":    "line 1, https://*.b.example: The name of a site has letters, digits, hyphens and dots only. A * stands for nothing: list each site.",
		"https://me@a.example":                     "line 1, https://me@a.example: Write each site as https:// and its name, for example https://shop.example.",
		"https://a.example\nhttps://b.example:070": "line 2, https://b.example:070: A port is a number from 1 to 65535.",
	} {
		var wrong *funnel.WrongOrigin
		if _, err := funnel.ParseOrigins(text, false); !errors.As(err, &wrong) || err.Error() != want || !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "origins" {
			t.Errorf("%q: %v", text, err)
		}
	}
	var many strings.Builder
	for i := range funnel.MaxOrigins + 1 {
		fmt.Fprintf(&many, "https://s%d.example\n", i)
	}
	if _, err := funnel.ParseOrigins(many.String(), false); err == nil {
		t.Error("any number is taken")
	}
}

func TestLocal(t *testing.T) {
	for base, want := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost:8080": true, "http://[::1]:1": true, "https://assent.example": false, "http://10.0.0.1": false, "http://localhost.example": false, ":": false,
	} {
		if funnel.Local(base) != want {
			t.Errorf("%s: %v", base, !want)
		}
	}
}

// What ParseOrigin returns is an origin and nothing else: it stands in headers.
func FuzzParseOrigin(f *testing.F) {
	for _, s := range []string{"https://shop.example:8443/", "http://localhost:3000", "https://[::1]", "https://bäckerei.example", "https://a;b"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, site string, local bool) {
		origin, err := funnel.ParseOrigin(site, local)
		if err != nil {
			return
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme+"://"+u.Host != origin || u.Scheme != "https" && !funnel.Loopback(u.Hostname()) || strings.ContainsAny(origin, " ;,'\"*\r\n\t\\@") {
			t.Fatalf("%q became %q", site, origin)
		}
		if again, err := funnel.ParseOrigin(origin, local); err != nil || again != origin {
			t.Fatalf("%q became %q and that %q, %v", site, origin, again, err)
		}
	})
}
